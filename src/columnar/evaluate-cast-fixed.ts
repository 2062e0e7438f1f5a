// Conversions between columns of fixed width: numbers, bools, decimals, times. Each is a short list of
// kernels, chosen when compiling; most are one, or none where only the type's name changes.
//
// EC1 Whole numbers are exact or do not fit; floats truncate to whole numbers and round to decimals (half
//     away from zero), decimals truncate to whole numbers and round to smaller scales.
// EC2 Time in a coarser unit goes down, also before 1970; a number and a time convert by the count of
//     the time's unit.
import { DataflowError } from '../base/errors.ts'
import type { CastInput } from '../kernels/cast.ts'
import { NO_ROW } from '../kernels/operand.ts'
import { floor, fromBool, number, type Stage, toBool, up } from './cast-stage.ts'
import { columnReader } from './column-reader.ts'
import { unitsPerDay } from './constant.ts'
import { decimalTo, isWide, toDecimal, wideToBool } from './evaluate-cast-decimal.ts'
import { castFailed } from './evaluate-cast-text.ts'
import { floatNode } from './evaluate-floats.ts'
import { numericKind } from './numeric-kind.ts'
import { checkedRows, type Evaluation, type Node, stepNode } from './step.ts'
import { type DataType, typeName, withNullable } from './type.ts'
import { Vector } from './vector.ts'

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
  const target = withNullable(type, type.nullable || isTry)
  const cast = stepNode(target, step, isTry ? [node] : undefined)
  return type.kind === 'float64' ? floatNode(cast, 'cast', [node]) : cast
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
  const [a, b] = [numericKind(from), numericKind(to)]
  if (to.kind === 'bool') return isWide(from) ? [wideToBool] : a && [toBool(a)]
  if (from.kind === 'decimal')
    return to.kind === 'decimal' ? decimalTo(from, to) : b && decimalTo(from, to, b)
  if (from.kind === 'bool') {
    if (to.kind === 'decimal') return [fromBool('int64'), ...toDecimal('int64', to)]
    return b && [fromBool(b)]
  }
  if (a === undefined) return undefined
  if (to.kind === 'decimal') return toDecimal(a, to)
  if (b === undefined) return undefined
  if (isTemporal(from) && isTemporal(to)) {
    return (from.kind === 'duration') === (to.kind === 'duration') ? timeTo(from, to) : undefined
  }
  return number(a, b)
}

const isTemporal = (type: DataType): boolean =>
  type.kind === 'timestamp' || type.kind === 'date' || type.kind === 'duration'

/** Dates count days, timestamps and durations their unit. */
function timeTo(from: DataType, to: DataType): readonly Stage[] {
  const [a, b] = [unitsPerDay(from), unitsPerDay(to)]
  const wide = from.kind === 'date' ? number('int32', 'int64') : []
  const narrow = to.kind === 'date' ? number('int64', 'int32') : []
  const rescale = a === b ? [] : b > a ? [up(b / a, 0)] : [floor(a / b)]
  return [...wide, ...rescale, ...narrow]
}
