// The time of a timer in the units of a stream, against bigint.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TimeUnit } from '../../src/columnar/type.ts'
import { CurrentTime } from '../../src/operators/event-times.ts'

const PER_MS: Readonly<Record<Exclude<TimeUnit, 's'>, bigint>> = {
  ms: 1n,
  us: 1_000n,
  ns: 1_000_000n,
}
/** What every unit can say. */
const MOST_MS = 9_223_372_036_854

const floorBy = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b

describe('the time of a timer', () => {
  it('is exact in every unit, and at the end of what the unit can say', () => {
    const times = fc.oneof(
      fc.integer({ min: -5_000, max: 5_000 }),
      fc.integer({ min: -MOST_MS, max: MOST_MS }),
      fc.double({ min: -MOST_MS, max: MOST_MS, noNaN: true }),
      fc.constantFrom(Infinity, -Infinity, 2 ** 53, MOST_MS, -MOST_MS, 2 ** 32, 2 ** 31),
    )
    fc.assert(
      fc.property(times, fc.constantFrom<TimeUnit[]>('s', 'ms', 'us', 'ns'), (ms, unit) => {
        const time = new CurrentTime()
        time.at(ms, unit)
        const within = Math.max(-MOST_MS, Math.min(MOST_MS, ms))
        const millis = BigInt(Math.floor(within))
        const expected = unit === 's' ? floorBy(millis, 1_000n) : millis * PER_MS[unit]
        expect(time.ms).toBe(ms)
        expect(BigInt(time.high) * 2n ** 32n + BigInt(time.low >>> 0)).toBe(expected)
        expect([time.low, time.high]).toEqual([time.low | 0, time.high | 0])
      }),
      { numRuns: 1_000 },
    )
  })
})
