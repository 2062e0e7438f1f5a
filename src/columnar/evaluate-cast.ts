// Conversions: the casts that a user writes, and those that bring operands to a common type. A checked
// cast of a value that does not fit is CAST_FAILED, naming the row; a try cast gives null there.
import { DataflowError } from '../base/errors.ts'
import { castText, formatColumn, type TextType, tryCastText } from '../kernels/text-cast.ts'
import { castSteps } from './evaluate-cast-fixed.ts'
import { convertConstant } from './constant.ts'
import { constantNode, type Evaluation, type Node, stepNode } from './step.ts'
import {
  byteWidth,
  type DataType,
  sameType,
  typeName,
  UNITS_PER_SECOND,
  withNullable,
} from './type.ts'
import { Vector } from './vector.ts'

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
    const isText = from.kind === 'utf8' || type.kind === 'utf8'
    if (!isTry && !isText) {
      return constantNode(type, convertConstant(constant.value, from, type))
    }
  }
  if (from.kind === 'utf8') return fromText(node, type, text, isTry)
  if (type.kind === 'utf8') return toText(node, type)
  return castSteps(node, type, text, isTry)
}

/** The text kernels' name for a type. */
function textType(type: DataType): TextType {
  switch (type.kind) {
    case 'timestamp':
      return { kind: 'timestamp', scale: Math.log10(UNITS_PER_SECOND[type.unit]) }
    case 'decimal': {
      const kind = byteWidth(type) === 8 ? 'decimal64' : 'decimal128'
      return { kind, precision: type.precision, scale: type.scale }
    }
    case 'utf8':
    case 'binary':
    case 'duration':
    case 'list':
    case 'struct':
      throw new DataflowError(
        'TYPE_MISMATCH',
        `there is no cast between utf8 and ${typeName(type)}`,
      )
    default:
      return { kind: type.kind }
  }
}

function fromText(node: Node, type: DataType, text: string, isTry: boolean): Node {
  const as = textType(type)
  return stepNode(withNullable(type, type.nullable || isTry), (at) => {
    const column = node.step(at)
    const base = { type, length: at.n }
    if (isTry) {
      const { values, validity, nullCount } = tryCastText(at.kernels, as, column, at.n)
      return new Vector({ ...base, values, validity, nullCount })
    }
    const { values, problem } = castText(at.kernels, as, column, at.n)
    if (problem !== undefined) {
      const what = textAt(at, column, problem.row)
      const why = problem.reason === 'range' ? 'is out of range of' : 'is no'
      throw castFailed(text, `'${what}' ${why} ${typeName(type)}`, problem.row)
    }
    return new Vector({ ...base, values, validity: column.validity })
  })
}

function textAt({ kernels }: Evaluation, column: Vector, row: number): string {
  const view = kernels.data
  const start = view.getInt32(column.offsets + row * 4, true)
  const end = Math.min(view.getInt32(column.offsets + row * 4 + 4, true), start + 60)
  return new TextDecoder().decode(kernels.take(column.values + start, end - start))
}

function toText(node: Node, type: DataType): Node {
  const from = textType(node.type)
  return stepNode(type, (at) => {
    const vector = node.step(at)
    const text = formatColumn(at.kernels, from, vector, at.n)
    return new Vector({ ...text, type, length: at.n, validity: vector.validity })
  })
}

export function castFailed(text: string, why: string, row: number): DataflowError {
  return new DataflowError(
    'CAST_FAILED',
    `${text}: ${why} (row ${row} of the batch); use tryCast to get null instead`,
    { context: { row } },
  )
}
