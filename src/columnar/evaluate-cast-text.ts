// Conversions between text and other types, and the error of a cast that fails.
import { DataflowError } from '../base/errors.ts'
import { castText, formatColumn, type TextType, tryCastText } from '../kernels/text-cast.ts'
import { checkedRows, type Evaluation, type Node, stepNode } from './step.ts'
import { byteWidth, type DataType, typeName, UNITS_PER_SECOND, withNullable } from './type.ts'
import { Vector } from './vector.ts'

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

/** Text read as a type. */
export function fromText(node: Node, type: DataType, text: string, isTry: boolean): Node {
  const as = textType(type)
  return stepNode(withNullable(type, type.nullable || isTry), (at) => {
    const column = node.step(at)
    const base = { type, length: at.n }
    if (isTry) {
      const { values, validity, nullCount } = tryCastText(at.kernels, as, column, at.n)
      return new Vector({ ...base, values, validity, nullCount })
    }
    const rows = { ...column.parts(), validity: checkedRows(at, column.validity) }
    const { values, problem } = castText(at.kernels, as, rows, at.n)
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

/** Values written as text. */
export function toText(node: Node, type: DataType): Node {
  const from = textType(node.type)
  return stepNode(
    type,
    (at) => {
      const vector = node.step(at)
      const text = formatColumn(at.kernels, from, vector, at.n)
      return new Vector({ ...text, type, length: at.n, validity: vector.validity })
    },
    [node],
  )
}

/** The error of a checked cast. */
export function castFailed(text: string, why: string, row: number): DataflowError {
  return new DataflowError(
    'CAST_FAILED',
    `${text}: ${why} (row ${row} of the batch); use tryCast to get null instead`,
    { context: { row } },
  )
}
