// Property tests of the calendar kernels against JavaScript's Date, in every unit.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import {
  CALENDAR_UNITS,
  calendarField,
  type CalendarField,
  truncateTime,
} from '../../src/kernels/temporal.ts'
import { inArena, lengths, place } from './linear-memory.ts'
import * as twin from './reference/temporal.ts'

const kernels = new Kernels()
const FIELDS: readonly CalendarField[] = [
  'year',
  'month',
  'day',
  'hour',
  'minute',
  'second',
  'dayOfWeek',
]
/** What Date can say, half of it within centuries, some at the turn of a day or a leap day. */
const RANGE_MS = 8_640_000_000_000_000
const time = fc.oneof(
  fc.integer({ min: -RANGE_MS + 400 * 86_400_000, max: RANGE_MS - 1 }),
  fc.integer({ min: -5_000_000_000_000, max: 5_000_000_000_000 }),
  fc.integer({ min: -200_000, max: 200_000 }).map((days) => days * 86_400_000),
  fc.integer({ min: 1600, max: 2400 }).map((year) => Date.UTC(year, 1, 29) - 1),
)
const times = lengths(2, 40).chain((n) => fc.array(time, { minLength: n, maxLength: n }))

/** Units a millisecond: microseconds and nanoseconds get a remainder that must not matter. */
const SCALES = [
  { unit: 'ms', perMillisecond: 1n, rest: 0n },
  { unit: 'us', perMillisecond: 1000n, rest: 999n },
  { unit: 'ns', perMillisecond: 1_000_000n, rest: 123_456n },
] as const

describe.each(SCALES)('time in $unit', ({ unit, perMillisecond, rest }) => {
  const unitsPerDay = Number(86_400_000n * perMillisecond)
  const inRange = (ms: number): boolean =>
    unit !== 'ns' || Math.abs(ms) < Number(2n ** 63n / 1_000_000n) - 366 * 86_400_000
  const column = (list: readonly number[]): BigInt64Array =>
    BigInt64Array.from(list, (ms) => BigInt(ms) * perMillisecond + rest)

  it.each(FIELDS)('has the %s that Date says', (field) => {
    fc.assert(
      fc.property(times, fc.nat({ max: 7 }), (all, off) =>
        inArena(kernels, () => {
          const list = all.filter(inRange)
          const ptr = place(kernels, column(list), off)
          const out = calendarField(kernels, field, ptr, list.length, unitsPerDay)
          const got = [...new Int32Array(kernels.take(out, list.length * 4).buffer)]
          expect(got).toEqual(list.map((ms) => twin.field(field, ms)))
        }),
      ),
    )
  })

  it.each(CALENDAR_UNITS)('truncates to the %s that Date says', (period) => {
    fc.assert(
      fc.property(times, fc.nat({ max: 7 }), (all, off) =>
        inArena(kernels, () => {
          const list = all.filter(inRange)
          const ptr = place(kernels, column(list), off)
          const out = truncateTime(kernels, period, ptr, list.length, unitsPerDay)
          const got = [...new BigInt64Array(kernels.take(out, list.length * 8).buffer)]
          const expected = list.map((ms) => BigInt(twin.truncate(period, ms)) * perMillisecond)
          expect(got).toEqual(expected)
        }),
      ),
    )
  })
})

describe('dates', () => {
  it('have calendar fields, and no time of day', () => {
    inArena(kernels, () => {
      const days = place(kernels, BigInt64Array.from([0n, -1n, 19_782n]))
      const of = (field: CalendarField): number[] => [
        ...new Int32Array(kernels.take(calendarField(kernels, field, days, 3, 1), 12).buffer),
      ]
      expect(of('year')).toEqual([1970, 1969, 2024])
      expect(of('month')).toEqual([1, 12, 2])
      expect(of('day')).toEqual([1, 31, 29])
      expect(of('dayOfWeek')).toEqual([4, 3, 4])
      expect(of('hour')).toEqual([0, 0, 0])
    })
  })
})
