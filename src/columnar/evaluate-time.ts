// Parts of timestamps and dates, and truncation, in UTC.
import { DataflowError } from '../base/errors.ts'
import { type CallExpression, expressionText } from './expression.ts'
import type { Node } from './step.ts'
import type { DataType } from './type.ts'

export function timeStep(
  expression: CallExpression,
  _nodes: readonly Node[],
  _type: DataType,
): Node {
  throw new DataflowError('UNSUPPORTED', `${expressionText(expression)} has no kernel`)
}
