// JavaScript values as literals of expressions. A value beside a column takes that column's type where
// it fits: 15 is an int32 beside an int16, a float32 beside a float32, a decimal(2,0) beside a decimal;
// '2001-01-31' is a date beside a date, and a time beside a timestamp.
//
// L1  A literal is exact: what would be rounded takes a wider type, or is refused with TYPE_MISMATCH. Only
//     beside a float32 it is the nearest one, so that 0.1 finds what was written as 0.1; if there is any.
import { DataflowError } from '../base/errors.ts'
import type { LiteralExpression } from '../columnar/expression.ts'
import { isFloat } from '../columnar/expression-type.ts'
import {
  bool,
  date,
  type DataType,
  float64,
  int32,
  int64,
  type TimeUnit,
  typeName,
  uint64,
  UNITS_PER_SECOND,
  utf8,
  withNullable,
} from '../columnar/type.ts'
import { type TimeSpan, timeSpanMs } from './time-span.ts'

const DAY_MS = 86_400_000

/**
 * A value as a literal; `beside` is the type of the column that it meets, when there is one.
 * @throws TYPE_MISMATCH for what no literal can hold
 */
export function literalOf(value: unknown, beside?: DataType): LiteralExpression {
  const type = beside === undefined ? undefined : withNullable(beside, false)
  switch (typeof value) {
    case 'boolean':
      return { kind: 'literal', type: bool(), value }
    case 'number':
      return numberLiteral(value, type)
    case 'bigint':
      return bigintLiteral(value, type)
    case 'string':
      return stringLiteral(value, type)
    default:
      if (value instanceof Date) return dateLiteral(value, type)
      throw refusal(value, beside)
  }
}

/** Null of a type. */
export const nullLiteral = (type: DataType): LiteralExpression => ({
  kind: 'literal',
  type: withNullable(type, true),
  value: null,
})

function refusal(value: unknown, beside: DataType | undefined): DataflowError {
  const shown = value instanceof Uint8Array ? 'bytes' : (JSON.stringify(value) ?? String(value))
  const where = beside === undefined ? '' : ` beside ${typeName(beside)}`
  const hint = value === null || value === undefined ? '; ask with isNull()' : ''
  return new DataflowError('TYPE_MISMATCH', `${shown} is no literal${where}${hint}`)
}

function numberLiteral(value: number, beside: DataType | undefined): LiteralExpression {
  if (!Number.isFinite(value)) {
    throw new DataflowError('TYPE_MISMATCH', `${value} is no literal; only finite numbers are`)
  }
  if (beside?.kind === 'duration') return durationLiteral(value, beside.unit)
  if (beside !== undefined && isFloat(beside)) {
    return { kind: 'literal', type: isInRange(value, beside) ? beside : float64(), value }
  }
  if (beside?.kind === 'decimal') {
    const text = decimalLiteral(plainDigits(value))
    if (text !== undefined) return text
  }
  if (!Number.isInteger(value)) return { kind: 'literal', type: float64(), value }
  const wide = beside?.kind === 'int64' || beside?.kind === 'uint64'
  if (wide && Number.isSafeInteger(value)) return bigintLiteral(BigInt(value), beside)
  if (Math.abs(value) < 2 ** 31 && !wide) return { kind: 'literal', type: int32(), value }
  if (!Number.isSafeInteger(value)) return { kind: 'literal', type: float64(), value }
  return { kind: 'literal', type: int64({ as: 'number' }), value: String(value) }
}

/** Whether rounding a number to a float leaves it finite, and zero only when it was. */
const isInRange = (value: number, { kind }: DataType): boolean =>
  kind === 'float64' || (Number.isFinite(Math.fround(value)) && !Math.fround(value) === !value)

function bigintLiteral(value: bigint, beside: DataType | undefined): LiteralExpression {
  if (beside?.kind === 'decimal') return decimalLiteral(String(value))!
  if (beside !== undefined && isFloat(beside) && BigInt(Number(value)) === value) {
    return { kind: 'literal', type: float64(), value: Number(value) }
  }
  if (value >= -(2n ** 63n) && value < 2n ** 63n && !(beside?.kind === 'uint64' && value >= 0n)) {
    const type = beside?.kind === 'int64' ? beside : int64()
    return { kind: 'literal', type, value: String(value) }
  }
  if (value >= 0n && value < 2n ** 64n) {
    const type = beside?.kind === 'uint64' ? beside : uint64()
    return { kind: 'literal', type, value: String(value) }
  }
  throw new DataflowError('TYPE_MISMATCH', `${value} does not fit 64 bits`)
}

function stringLiteral(value: string, beside: DataType | undefined): LiteralExpression {
  switch (beside?.kind) {
    case 'timestamp':
      return timeLiteral(value, beside.unit)
    case 'date': {
      const time = parseTime(value)
      const isDay = time.digits === 0 && time.seconds % 86_400n === 0n
      if (!isDay || value.length > 10) return timeLiteral(value, 's')
      return { kind: 'literal', type: date(), value: Number(time.seconds / 86_400n) }
    }
    case 'duration':
      return durationLiteral(timeSpanMs(value as TimeSpan, 'a duration'), beside.unit)
    case 'decimal': {
      const literal = decimalLiteral(value)
      if (literal === undefined) {
        throw new DataflowError('TYPE_MISMATCH', `'${value}' is no decimal; write it as '-12.50'`)
      }
      return literal
    }
    default:
      return { kind: 'literal', type: utf8(), value }
  }
}

function dateLiteral(value: Date, beside: DataType | undefined): LiteralExpression {
  const ms = value.getTime()
  if (Number.isNaN(ms)) throw new DataflowError('TYPE_MISMATCH', 'an invalid Date is no literal')
  if (beside?.kind === 'date' && ms % DAY_MS === 0) {
    return { kind: 'literal', type: date(), value: ms / DAY_MS }
  }
  const unit = beside?.kind === 'timestamp' ? beside.unit : 'ms'
  return scaled('timestamp', BigInt(ms), 'ms', unit)
}

function durationLiteral(ms: number, unit: TimeUnit): LiteralExpression {
  return scaled('duration', BigInt(timeSpanMs(ms, 'a duration')), 'ms', unit)
}

const UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns']

/** A count of `unit`, in unit `to` when that is exact (else it keeps its own, which is finer). */
function scaled(
  kind: 'timestamp' | 'duration',
  count: bigint,
  unit: TimeUnit,
  to: TimeUnit,
): LiteralExpression {
  const [from, into] = [BigInt(UNITS_PER_SECOND[unit]), BigInt(UNITS_PER_SECOND[to])]
  const exact = (count * into) % from === 0n
  const value = exact ? (count * into) / from : count
  const type = { kind, nullable: false, unit: exact ? to : unit } as const
  return { kind: 'literal', type, value: String(value) }
}

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?\d\d)?$/

/** Seconds since 1970 of an ISO time (UTC when it says no zone), and its fraction's digits. */
function parseTime(text: string): { seconds: bigint; fraction: string; digits: number } {
  const match = TIME.exec(text.trim())
  const [, year, month, day, hour = '00', minute = '00', second = '00'] = match ?? []
  const zone = match?.[8] ?? 'Z'
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`
  const ms = match === null ? Number.NaN : Date.parse(iso)
  // Date.parse takes February 30 for March 2.
  const wrapped = !Number.isNaN(ms) && new Date(Date.UTC(+year!, +month! - 1, +day!)).getUTCDate()
  if (Number.isNaN(ms) || wrapped !== Number(day)) {
    throw new DataflowError(
      'TYPE_MISMATCH',
      `'${text}' is no time; write it as '2001-01-31' or '2001-01-31T14:00:00Z'`,
    )
  }
  const fraction = (match?.[7] ?? '').replace(/0+$/, '')
  return { seconds: BigInt(ms / 1000), fraction, digits: fraction.length }
}

function timeLiteral(text: string, unit: TimeUnit): LiteralExpression {
  const { seconds, fraction, digits } = parseTime(text)
  const own = UNITS[Math.ceil(digits / 3)]!
  const ownDigits = Math.ceil(digits / 3) * 3
  const count = BigInt(`${seconds}`) * 10n ** BigInt(ownDigits)
  return scaled('timestamp', count + BigInt(fraction.padEnd(ownDigits, '0') || '0'), own, unit)
}

/** A number's shortest text without an exponent, or with one when that would be very long. */
function plainDigits(value: number): string {
  const text = String(value)
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (match === null) return text
  const [, sign, whole, fraction = '', power] = match
  const exponent = Number(power)
  if (Math.abs(exponent) > 38) return text
  return exponent < 0
    ? `${sign}0.${'0'.repeat(-exponent - 1)}${whole}${fraction}`
    : `${sign}${whole}${fraction.padEnd(exponent, '0')}`
}

function decimalLiteral(text: string): LiteralExpression | undefined {
  const match = /^([+-]?)0*(\d*)(?:\.(\d*))?$/.exec(text)
  if (match === null || !/\d/.test(text)) return undefined
  const [, sign, whole = '', fraction = ''] = match
  const precision = Math.max(1, whole.length + fraction.length)
  if (precision > 38) return undefined
  const type = { kind: 'decimal', nullable: false, precision, scale: fraction.length } as const
  const digits = `${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`
  return { kind: 'literal', type, value: `${sign === '-' ? '-' : ''}${digits}` }
}
