// Nexmark's generator against its scalar twin, and against the numbers that the benchmark gives.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  EVENT_COLUMNS,
  EVENTS_OF_FIFTY,
  EventGenerator,
  type EventKind,
  type EventRange,
  type EventRules,
  type Events,
} from '../../src/kernels/generator.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { inArena } from './linear-memory.ts'
import { eventAt, eventRow, type EventRow, kindOf } from './reference/generator.ts'
import { readColumn } from './utf8-column.ts'

const kernels = new Kernels()
const KINDS = ['person', 'auction', 'bid'] as const

const rules = fc.record({
  seed: fc.oneof(fc.nat(), fc.maxSafeNat()),
  baseMs: fc.integer({ min: 0, max: 2e12 }),
  tps: fc.oneof(fc.integer({ min: 1, max: 2e7 }), fc.constantFrom(1, 1000, 1e7)),
})
const ranges = fc.record({
  from: fc.oneof(fc.nat({ max: 500 }), fc.integer({ min: 0, max: 1e12 })),
  places: fc.nat({ max: 400 }),
  group: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 300 })),
})

/** The numbers of events of a kind in a range, in their order. */
function twinEvents(kind: EventKind, { from, places, group }: EventRange): bigint[] {
  return Array.from({ length: places }, (_, i) => eventAt(BigInt(from + i), BigInt(group))).filter(
    (e) => kindOf(e) === kind,
  )
}

const readNumbers = ({ numbers, rows }: Events): bigint[] => [
  ...new BigUint64Array(kernels.take(numbers, rows * 8).buffer),
]

function readRows(generator: EventGenerator, kind: EventKind, events: Events): EventRow[] {
  const { rows } = events
  const columns = Object.entries(EVENT_COLUMNS[kind]).map(([name, column]) => {
    if (column.kind === 'utf8') {
      return [name, readColumn(kernels, generator.texts(column, events), rows)] as const
    }
    const bytes = kernels.take(generator.numbers(column, events), rows * 8)
    return [name, [...new BigInt64Array(bytes.buffer)]] as const
  })
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[row]!])),
  )
}

function withGenerator<T>(given: EventRules, run: (generator: EventGenerator) => T): T {
  const generator = new EventGenerator(kernels, given)
  try {
    return inArena(kernels, () => run(generator))
  } finally {
    generator.close()
  }
}

/** All rows of one kind in a range. */
const rowsOf = (given: EventRules, kind: EventKind, places: number): EventRow[] =>
  withGenerator(given, (generator) =>
    readRows(
      generator,
      kind,
      generator.events(kind, { from: 0, places, group: 1, rowsMax: places }),
    ),
  )

describe('events of a range', () => {
  it('are those of the twin, as far as there is room', () => {
    fc.assert(
      fc.property(rules, ranges, fc.nat({ max: 60 }), (given, range, rowsMax) =>
        withGenerator(given, (generator) => {
          for (const kind of KINDS) {
            const all = twinEvents(kind, range)
            const events = generator.events(kind, { ...range, rowsMax })
            expect(readNumbers(events)).toEqual(all.slice(0, rowsMax))
            // What is left of the range gives the rest.
            const from = range.from + events.places
            const rest = { ...range, from, places: range.places - events.places, rowsMax: 400 }
            expect(readNumbers(generator.events(kind, rest))).toEqual(all.slice(rowsMax))
          }
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('are one person, three auctions and 46 bids of fifty', () => {
    withGenerator({ seed: 1, baseMs: 0, tps: 1 }, (generator) => {
      const range = { from: 0, places: 5_000, group: 1, rowsMax: 5_000 }
      for (const kind of KINDS) {
        expect(generator.events(kind, range).rows).toBe(EVENTS_OF_FIFTY[kind] * 100)
      }
    })
  })
})

describe('rows', () => {
  it('are those of the twin, whatever the seed and the numbers', () => {
    fc.assert(
      fc.property(rules, ranges, (given, range) =>
        withGenerator(given, (generator) => {
          for (const kind of KINDS) {
            const events = generator.events(kind, { ...range, rowsMax: 40 })
            const numbers = readNumbers(events)
            expect(readRows(generator, kind, events)).toEqual(
              numbers.map((e) => eventRow(given, e)),
            )
          }
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  const given = { seed: 8, baseMs: 1_000_000, tps: 10_000 }

  it('of bids have the hot shares, sizes and prices of the benchmark', () => {
    const bids = rowsOf(given, 'bid', 100_000)
    const share = (test: (row: EventRow) => boolean) => bids.filter(test).length / bids.length
    expect(share(({ auction }) => (auction as bigint) % 100n === 0n)).toBeCloseTo(0.505, 2)
    expect(share(({ bidder }) => (bidder as bigint) % 100n === 1n)).toBeCloseTo(0.755, 1)
    expect(share(({ channel }) => !(channel as string).startsWith('channel-'))).toBeCloseTo(0.5, 1)
    expect(share(({ url }) => (url as string).includes('&channel_id='))).toBeCloseTo(0.45, 1)
    expect(share(({ price }) => (price as bigint) < 100_000n)).toBeCloseTo(0.5, 1)
    const size = bids.reduce((sum, { extra }) => sum + (extra as string).length, 0) / bids.length
    expect(size).toBeCloseTo(67.5, 0)
    const letters = bids.map(({ extra }) => extra as string).join('')
    expect(letters.split('c').length / letters.length).toBeCloseTo(1 / 26, 3)
  })

  it('of one channel have one URL', () => {
    const urls = new Map<unknown, Set<unknown>>()
    for (const { channel, url } of rowsOf(given, 'bid', 100_000)) {
      urls.set(channel, (urls.get(channel) ?? new Set()).add(url))
    }
    expect([...urls.values()].every((set) => set.size === 1)).toBe(true)
    // The one whose reversed bits are the least int32.
    expect([...urls.get('channel-1')!][0]).toMatch(/&channel_id=2147483648$/)
  })

  it('of auctions expire within the time of 3,332 events', () => {
    for (const { dateTime, expires } of rowsOf(given, 'auction', 50_000)) {
      const length = Number((expires as bigint) - (dateTime as bigint))
      expect(length).toBeGreaterThan(0)
      expect(length).toBeLessThanOrEqual(335)
    }
  })
})
