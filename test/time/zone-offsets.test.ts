// The offsets of time zones against Intl, asked moment by moment.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkedTimeZone, ZoneOffsets } from '../../src/time/zone-offsets.ts'
import { localTime, ZONES } from './naive-zone.ts'

const HOUR = 3_600_000

const moments = fc.oneof(
  fc.integer({ min: Date.UTC(1960, 0), max: Date.UTC(2040, 0) }),
  // Around the changes of some zones.
  fc
    .tuple(
      fc.constantFrom(
        Date.UTC(2024, 2, 31, 1),
        Date.UTC(2024, 9, 27, 1),
        Date.UTC(2023, 10, 5, 6),
        Date.UTC(2024, 3, 6, 15),
        Date.UTC(2011, 11, 30, 10),
        Date.UTC(2018, 10, 4, 3),
      ),
      fc.integer({ min: -3 * HOUR, max: 3 * HOUR }),
    )
    .map(([at, by]) => at + by),
)

const zones = new Map(ZONES.map((zone) => [zone, new ZoneOffsets(zone)]))

describe('the clock of a time zone', () => {
  it('is that of Intl', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), moments, (zone, ms) => {
        expect(zones.get(zone)!.localMs(ms)).toBe(localTime(zone, ms))
      }),
      { numRuns: 1_000 },
    )
  })

  it('shows a time first, and an earlier one no more, as a walk by the minute finds', () => {
    const minutes = Array.from({ length: 12 * 60 }, (_, i) => (i - 6 * 60) * 60_000)
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), moments, fc.nat(2), (zone, ms, back) => {
        const start = Math.floor(ms / 60_000) * 60_000
        const walk = minutes.map((by) => ({ ms: start + by, local: localTime(zone, start + by) }))
        const local = localTime(zone, start) - back * 30 * 60_000
        const offsets = zones.get(zone)!
        const first = walk.find((each) => each.local >= local)!
        const last = walk.findLast((each) => each.local < local)!
        expect(offsets.firstAt(local)).toBe(first.ms)
        expect(offsets.endAt(local)).toBe(last.ms + 60_000)
        const from = walk.filter((each) => each.ms >= start).map((each) => each.local)
        expect(offsets.leastLocalFrom(start)).toBe(Math.min(...from))
      }),
      { numRuns: 1_000 },
    )
  })

  it('goes on to the ends of what a date can be', () => {
    const berlin = zones.get('Europe/Berlin')!
    expect(berlin.localMs(2 ** 53)).toBeGreaterThan(2 ** 53)
    expect(Number.isFinite(berlin.localMs(-(2 ** 53)))).toBe(true)
  })

  it('of no zone is refused, with the name that was meant', () => {
    expect(() => checkedTimeZone('Europe/Berln')).toThrow(
      "'Europe/Berln' is no time zone; name one such as 'Europe/Berlin'. Did you mean 'Europe/Berlin'?",
    )
    for (const wrong of ['', 'Mars/Olympus', 7, null]) {
      expect(() => checkedTimeZone(wrong)).toThrow(/is no time zone/)
    }
  })
})
