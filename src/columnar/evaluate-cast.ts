// Conversions: the casts that a user writes, and those that bring operands to a common type. A checked
// cast of a value that does not fit is CAST_FAILED, naming the row; a try cast gives null there.
import { convertConstant } from './constant.ts'
import { castSteps } from './evaluate-cast-fixed.ts'
import { fromText, toText } from './evaluate-cast-text.ts'
import { constantNode, type Node } from './step.ts'
import { type DataType, sameType } from './type.ts'

/**
 * The node's values in another type.
 * @param text the expression, for errors
 * @param isTry null instead of an error
 * @throws TYPE_MISMATCH when there is no such conversion
 */
export function convert(node: Node, type: DataType, text: string, isTry: boolean): Node {
  const { type: from, constant } = node
  if (sameType(from, type)) return node
  if (constant !== undefined) {
    if (constant.value === null) return constantNode(type, null)
    const value = convertConstant(constant.value, from, type)
    if (value !== undefined) return constantNode(type, value)
  }
  if (from.kind === 'utf8') return fromText(node, type, text, isTry)
  if (type.kind === 'utf8') return toText(node, type)
  return castSteps(node, type, text, isTry)
}
