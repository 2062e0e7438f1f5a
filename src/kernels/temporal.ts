// Calendar fields and truncation of int64 time in UTC, into the arena. Time in days (a date cast to
// int64) is time of one unit a day.
import { assert } from '../base/assert.ts'
import type { Kernels } from './module.ts'

const DATE_PARTS = { year: 0, month: 1, day: 2 } as const
const SECONDS = { hour: 3600, minute: 60, second: 1 } as const
const SECONDS_PER_DAY = 86_400
// 1970-01-01 was a Thursday: the fourth day after a Sunday; and the Monday before was three days ago.
const DAYS_AFTER_SUNDAY = 4
const DAYS_AFTER_MONDAY = 3

export type CalendarField = keyof typeof DATE_PARTS | keyof typeof SECONDS | 'dayOfWeek'
/** What time is truncated to. */
export const CALENDAR_UNITS = [
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'quarter',
  'year',
] as const

export type CalendarUnit = (typeof CALENDAR_UNITS)[number]

export const isCalendarUnit = (name: string): name is CalendarUnit =>
  (CALENDAR_UNITS as readonly string[]).includes(name)

/** A field of each time as int32; the day of the week counts from Sunday, 0. */
export function calendarField(
  kernels: Kernels,
  field: CalendarField,
  values: number,
  n: number,
  unitsPerDay: number,
): number {
  const out = kernels.scratch(n * 4)
  const { exports } = kernels
  switch (field) {
    case 'year':
    case 'month':
    case 'day':
      exports.temporalDate(DATE_PARTS[field], values, n, unitsPerDay, out)
      break
    case 'dayOfWeek':
      exports.temporalCycle(values, n, unitsPerDay, DAYS_AFTER_SUNDAY, 7, out)
      break
    case 'hour':
    case 'minute':
    case 'second': {
      if (unitsPerDay < SECONDS_PER_DAY) {
        assert(unitsPerDay === 1, `${unitsPerDay} units a day`)
        kernels.u8.fill(0, out, out + n * 4)
        break
      }
      const unit = (unitsPerDay / SECONDS_PER_DAY) * SECONDS[field]
      exports.temporalCycle(values, n, unit, 0, field === 'hour' ? 24 : 60, out)
      break
    }
  }
  return out
}

/** The start of the period that each time is in; weeks begin on Monday. */
export function truncateTime(
  kernels: Kernels,
  unit: CalendarUnit,
  values: number,
  n: number,
  unitsPerDay: number,
): number {
  const out = kernels.scratch(n * 8)
  const { exports } = kernels
  switch (unit) {
    case 'second':
    case 'minute':
    case 'hour': {
      const period = (unitsPerDay / SECONDS_PER_DAY) * SECONDS[unit]
      exports.temporalTruncate(values, n, Math.max(1, period), 0, out)
      break
    }
    case 'day':
      exports.temporalTruncate(values, n, unitsPerDay, 0, out)
      break
    case 'week': {
      const monday = -DAYS_AFTER_MONDAY * unitsPerDay
      exports.temporalTruncate(values, n, unitsPerDay * 7, monday, out)
      break
    }
    case 'month':
      exports.temporalTruncateMonths(values, n, unitsPerDay, 1, out)
      break
    case 'quarter':
      exports.temporalTruncateMonths(values, n, unitsPerDay, 3, out)
      break
    case 'year':
      exports.temporalTruncateMonths(values, n, unitsPerDay, 12, out)
      break
  }
  return out
}
