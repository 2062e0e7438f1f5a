// How time, dates and decimals look in a row, both ways. A conversion that would lose something
// says why as a string instead, and the caller (who knows column and row) makes the error.
//
// R1  What a row reads, a row may write: units -> row value -> units is the identity.
import { type TimeUnit, UNITS_PER_SECOND } from './type.ts'

export const DAY_MS = 86_400_000

/** Days since 1970-01-01, or why the Date is none. */
export function wholeDays(date: Date): number | string {
  const days = date.getTime() / DAY_MS
  if (Number.isNaN(days)) return 'it is an invalid Date'
  return Number.isInteger(days) ? days : 'it has a time of day; a date is midnight UTC'
}

/** A row's milliseconds in the unit of 's' and 'ms' columns, or why they are none. */
export function coarseUnits(ms: number, unit: 's' | 'ms'): number | string {
  if (!Number.isInteger(ms)) return 'it must be whole milliseconds'
  if (unit === 'ms') return ms
  return ms % 1000 === 0 ? ms / 1000 : 'it must be whole seconds, given in milliseconds'
}

/** Whole milliseconds in the unit of 'us' and 'ns' columns. */
export const fineUnits = (ms: number, unit: 'us' | 'ns'): bigint =>
  BigInt(ms) * BigInt(UNITS_PER_SECOND[unit] / 1000)

/**
 * True for units whose row value is a number of milliseconds; the others' are bigints in the unit.
 */
export const isCoarse = (unit: TimeUnit): unit is 's' | 'ms' => unit === 's' || unit === 'ms'

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?$/

/** `'-12.5'` at scale 2 is -1250n; or why it is none. */
export function decimalUnits(text: string, precision: number, scale: number): bigint | string {
  const match = DECIMAL.exec(text)
  const whole = match?.[2] ?? ''
  const fraction = match?.[3] ?? ''
  if (match === null || whole.length + fraction.length === 0) return 'it must look like -12.50'
  const kept = fraction.slice(0, scale)
  if (/[1-9]/.test(fraction.slice(scale))) return `it has more than ${scale} digits after the point`
  const digits = (whole + kept.padEnd(scale, '0')).replace(/^0+/, '')
  if (digits.length > precision)
    return `it has more than ${precision - scale} digits before the point`
  const units = BigInt(digits === '' ? '0' : digits)
  return match[1] === '-' ? -units : units
}

/** -1250n at scale 2 is `'-12.50'`. */
export function decimalText(units: bigint, scale: number): string {
  const negative = units < 0n
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`
  return negative ? `-${text}` : text
}
