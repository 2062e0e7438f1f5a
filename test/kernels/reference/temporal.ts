// Scalar twins of the calendar kernels, by JavaScript's Date: oracle of the tests, opponent of the
// benchmarks. Milliseconds; a finer unit is brought to it first.
import type { CalendarField, CalendarUnit } from '../../../src/kernels/temporal.ts'

export function field(name: CalendarField, milliseconds: number): number {
  const date = new Date(milliseconds)
  switch (name) {
    case 'year':
      return date.getUTCFullYear()
    case 'month':
      return date.getUTCMonth() + 1
    case 'day':
      return date.getUTCDate()
    case 'hour':
      return date.getUTCHours()
    case 'minute':
      return date.getUTCMinutes()
    case 'second':
      return date.getUTCSeconds()
    case 'dayOfWeek':
      return date.getUTCDay()
  }
}

/** The start of the period, in milliseconds. */
export function truncate(unit: CalendarUnit, milliseconds: number): number {
  const date = new Date(milliseconds)
  const day = 86_400_000
  switch (unit) {
    case 'second':
      return Math.floor(milliseconds / 1000) * 1000
    case 'minute':
      return Math.floor(milliseconds / 60_000) * 60_000
    case 'hour':
      return Math.floor(milliseconds / 3_600_000) * 3_600_000
    case 'day':
      return Math.floor(milliseconds / day) * day
    case 'week':
      return Math.floor(milliseconds / day - ((date.getUTCDay() + 6) % 7)) * day
    case 'month':
      return date.setUTCDate(1) - mod(milliseconds, day)
    case 'quarter':
      return (
        date.setUTCMonth(date.getUTCMonth() - (date.getUTCMonth() % 3), 1) - mod(milliseconds, day)
      )
    case 'year':
      return date.setUTCMonth(0, 1) - mod(milliseconds, day)
  }
}

const mod = (a: number, b: number): number => ((a % b) + b) % b

export function years(a: BigInt64Array, out: Int32Array): void {
  for (let i = 0; i < a.length; i++) out[i] = new Date(Number(a[i]!)).getUTCFullYear()
}

export function hours(a: BigInt64Array, out: Int32Array): void {
  for (let i = 0; i < a.length; i++) out[i] = new Date(Number(a[i]!)).getUTCHours()
}

export function truncateToHours(a: BigInt64Array, out: BigInt64Array): void {
  for (let i = 0; i < a.length; i++) {
    const milliseconds = Number(a[i]!)
    out[i] = BigInt(Math.floor(milliseconds / 3_600_000) * 3_600_000)
  }
}
