// Conversions between columns of fixed width: numbers, bools, decimals, times. Each is a short list of
// kernels, chosen when compiling; most are one, or none where only the type's name changes.
//
// EC1 Whole numbers are exact or do not fit; floats truncate to whole numbers and round to decimals (half
//     away from zero), decimals truncate to whole numbers and round to smaller scales.
// EC2 Time in a coarser unit goes down, also before 1970; a number and a time convert by the count of
//     the time's unit.
import { DataflowError } from '../base/errors.ts'
import { arithmetic, unary } from '../kernels/arithmetic.ts'
import {
  castFromBool,
  type CastInput,
  castNumbers,
  type CastResult,
  castToBool,
  rescaleDown,
  rescaleFloor,
  rescaleUp,
} from '../kernels/cast.ts'
import type { Kernels } from '../kernels/module.ts'
import { constantOperand, NO_ROW, type NumericKind, vectorOperand } from '../kernels/operand.ts'
import { columnReader } from './column-reader.ts'
import { unitsPerDay } from './constant.ts'
import { castFailed } from './evaluate-cast-text.ts'
import { checkedRows, type Evaluation, type Node, stepNode } from './step.ts'
import { byteWidth, type DataType, typeName, withNullable } from './type.ts'
import { Vector } from './vector.ts'

/** One kernel of a conversion. */
type Stage = (kernels: Kernels, input: CastInput, n: number, isTry: boolean) => CastResult

/**
 * The node's values in another type of fixed width.
 * @throws TYPE_MISMATCH when there is no such conversion
 */
export function castSteps(node: Node, type: DataType, text: string, isTry: boolean): Node {
  const stages = stagesOf(node.type, type)
  if (stages === undefined) {
    throw new DataflowError(
      'TYPE_MISMATCH',
      `${text}: there is no cast from ${typeName(node.type)} to ${typeName(type)}`,
    )
  }
  const step = (at: Evaluation): Vector => {
    const vector = node.step(at)
    let column: CastInput = { values: vector.values, validity: checkedRows(at, vector.validity) }
    for (const stage of stages) {
      const result = stage(at.kernels, column, at.n, isTry)
      if (result.badRow !== NO_ROW) throw outOfRange(at, vector, type, text, result.badRow)
      column = result
    }
    const validity = isTry ? column.validity : vector.validity
    return new Vector({ type, length: at.n, values: column.values, validity })
  }
  return stepNode(withNullable(type, type.nullable || isTry), step, isTry ? [node] : undefined)
}

function outOfRange(
  { kernels }: Evaluation,
  vector: Vector,
  type: DataType,
  text: string,
  row: number,
): DataflowError {
  const wide = 'as' in vector.type ? { ...vector.type, as: 'bigint' as const } : vector.type
  const reader = columnReader(wide, text)
  reader.bind(kernels, vector)
  return castFailed(text, `${String(reader.get(row))} is out of range of ${typeName(type)}`, row)
}

/** Undefined when there is no conversion. */
function stagesOf(from: DataType, to: DataType): readonly Stage[] | undefined {
  const [a, b] = [numberOf(from), numberOf(to)]
  if (from.kind === 'bool') return b && [fromBool('int64'), ...wholeTo(to)]
  if (to.kind === 'bool') return a && [toBool(a)]
  if (a === undefined || b === undefined) return undefined
  if (from.kind === 'decimal') return decimalTo(from, to)
  if (to.kind === 'decimal') return toDecimal(a, to)
  if (isTemporal(from) && isTemporal(to)) {
    return (from.kind === 'duration') === (to.kind === 'duration') ? timeTo(from, to) : undefined
  }
  return number(a, b)
}

/** The number that a type's values are in memory. */
function numberOf(type: DataType): NumericKind | undefined {
  switch (type.kind) {
    case 'timestamp':
    case 'duration':
      return 'int64'
    case 'date':
      return 'int32'
    case 'decimal':
      return byteWidth(type) === 8 ? 'int64' : undefined
    case 'bool':
    case 'utf8':
    case 'binary':
    case 'list':
    case 'struct':
      return undefined
    default:
      return type.kind
  }
}

const isTemporal = (type: DataType): boolean =>
  type.kind === 'timestamp' || type.kind === 'date' || type.kind === 'duration'

const number = (from: NumericKind, to: NumericKind): readonly Stage[] =>
  from === to ? [] : [(kernels, input, n, isTry) => castNumbers(kernels, from, to, input, n, isTry)]

const fromBool =
  (to: NumericKind): Stage =>
  (kernels, { values, validity }, n) => ({
    values: castFromBool(kernels, to, values, n),
    validity,
    badRow: NO_ROW,
  })

const toBool =
  (from: NumericKind): Stage =>
  (kernels, { values, validity }, n) => ({
    values: castToBool(kernels, from, values, n),
    validity,
    badRow: NO_ROW,
  })

const up =
  (factor: number, limit: number): Stage =>
  (kernels, input, n, isTry) =>
    rescaleUp(kernels, factor, limit, input, n, isTry)

const down =
  (rounding: 'truncate' | 'nearest', divisor: number, limit: number): Stage =>
  (kernels, input, n, isTry) =>
    rescaleDown(kernels, rounding, divisor, limit, input, n, isTry)

const floor =
  (divisor: number): Stage =>
  (kernels, { values, validity }, n) => ({
    values: rescaleFloor(kernels, divisor, values, n),
    validity,
    badRow: NO_ROW,
  })

/** A float64 kernel with a constant: scaling to and from decimals. */
const scale =
  (op: 'mul' | 'div', by: number): Stage =>
  (kernels, { values, validity }, n) => {
    const operand = constantOperand(kernels, 'float64', by)
    const scaled = arithmetic(kernels, 'float64', op, vectorOperand(values), operand, n, 0)
    return { values: scaled.values, validity, badRow: NO_ROW }
  }

const rounded: Stage = (kernels, { values, validity }, n) => ({
  values: unary(kernels, 'float64', 'round', values, n, 0).values,
  validity,
  badRow: NO_ROW,
})

/** From int64 to any type of numbers. */
function wholeTo(to: DataType): readonly Stage[] {
  return to.kind === 'decimal' ? toDecimal('int64', to) : number('int64', numberOf(to)!)
}

/** Units of 10^-scale, of at most `precision` digits. */
function toDecimal(
  from: NumericKind,
  { scale: digits, precision }: DataType & { kind: 'decimal' },
): readonly Stage[] {
  const limit = 10 ** precision
  if (from === 'float32' || from === 'float64') {
    const wide = number(from, 'float64')
    const whole = number('float64', 'int64')
    return [...wide, scale('mul', 10 ** digits), rounded, ...whole, up(1, limit)]
  }
  return [...number(from, 'int64'), up(10 ** digits, limit)]
}

function decimalTo(from: DataType & { kind: 'decimal' }, to: DataType): readonly Stage[] {
  if (to.kind === 'decimal') {
    const limit = 10 ** to.precision
    if (to.scale < from.scale) return [down('nearest', 10 ** (from.scale - to.scale), limit)]
    const isWider = to.precision - to.scale >= from.precision - from.scale
    if (to.scale === from.scale && isWider) return []
    return [up(10 ** (to.scale - from.scale), limit)]
  }
  if (to.kind === 'float64' || to.kind === 'float32') {
    const float = [...number('int64', 'float64'), scale('div', 10 ** from.scale)]
    return [...float, ...number('float64', to.kind)]
  }
  const whole = from.scale === 0 ? [] : [down('truncate', 10 ** from.scale, 0)]
  return [...whole, ...number('int64', numberOf(to)!)]
}

/** Dates count days, timestamps and durations their unit. */
function timeTo(from: DataType, to: DataType): readonly Stage[] {
  const [a, b] = [unitsPerDay(from), unitsPerDay(to)]
  const wide = from.kind === 'date' ? number('int32', 'int64') : []
  const narrow = to.kind === 'date' ? number('int64', 'int32') : []
  const rescale = a === b ? [] : b > a ? [up(b / a, 0)] : [floor(a / b)]
  return [...wide, ...rescale, ...narrow]
}
