// Windows of the last n rows of each key against a ring that is looked through; and windows of a time that
// are let go.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AggregateEntry } from '../../src/kernels/aggregate.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { type OverExtent, OverTable } from '../../src/kernels/over.ts'
import { inArena, place } from './linear-memory.ts'
import { OverTwin } from './reference/over.ts'

const kernels = new Kernels()
const KEYS = 3

const ENTRIES: readonly AggregateEntry[] = [
  { op: 'sumF64', kind: 64, offset: 0, countOffset: 0 },
  { op: 'maxF64', kind: 64, offset: 8, countOffset: 0 },
]
const template = new Uint8Array(new Float64Array([0, -Infinity]).buffer)

interface Coming {
  readonly keys: readonly number[]
  readonly values: readonly number[]
  readonly times?: readonly bigint[]
}

function withTable(extent: OverExtent, use: (table: OverTable, windows: number) => void): void {
  const table = new OverTable(kernels, { template, entries: ENTRIES }, extent)
  const windows = kernels.allocate(KEYS * 4)
  kernels.u8.fill(0, windows, windows + KEYS * 4)
  use(table, windows)
  kernels.release(windows)
  table.close()
}

/** Sum and greatest of each row's window. */
function applied(table: OverTable, windows: number, { keys, values, times }: Coming): number[][] {
  return inArena(kernels, () => {
    const n = keys.length
    const own = table.start(kernels.scratch(n * table.stride), n)
    const ids = place(kernels, Uint32Array.from(keys))
    const column = place(kernels, Float64Array.from(values))
    ENTRIES.forEach((_, entry) =>
      table.program.bind(entry, { values: column, validity: 0, filter: 0, offsets: 0 }),
    )
    table.program.update(own.pointers, 0, n)
    const out = kernels.scratch(n * table.stride)
    const at = times === undefined ? 0 : place(kernels, BigInt64Array.from(times))
    table.apply(windows, { ids, times: at, n }, own.rows, out)
    return keys.map((_, i) => [
      kernels.f64[(out >>> 3) + i * 2]!,
      kernels.f64[(out >>> 3) + i * 2 + 1]!,
    ])
  })
}

describe('windows that end at a row', () => {
  it('of rows equal a ring, whatever the batches are', () => {
    const batch = fc.array(fc.tuple(fc.nat({ max: KEYS - 1 }), fc.integer({ min: -9, max: 9 })), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(
        fc.array(batch, { maxLength: 3 }),
        fc.integer({ min: 1, max: 6 }),
        (all, rows) => {
          const twin = new OverTwin(KEYS, rows)
          withTable({ kind: 'rows', rows }, (table, windows) => {
            for (const each of all) {
              const keys = each.map(([key]) => key)
              const values = each.map(([, value]) => value)
              const expected = each.map(([key, value]) => {
                const { sum, most } = twin.push(key, value)
                return [sum, most]
              })
              expect(applied(table, windows, { keys, values })).toEqual(expected)
            }
          })
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('of time let the windows go that no row can see', () => {
    withTable({ kind: 'range', span: 10n }, (table, windows) => {
      const coming = { keys: [0, 1, 1], values: [1, 2, 3], times: [0n, 5n, 12n] }
      expect(applied(table, windows, coming)).toEqual([
        [1, 1],
        [2, 2],
        [5, 3],
      ])
      expect(table.sweep(windows, KEYS, 12n)).toBe(1)
      expect(kernels.u32[windows >>> 2]).toBe(0)
      const again = { keys: [0, 1], values: [7, 7], times: [13n, 15n] }
      expect(applied(table, windows, again)).toEqual([
        [7, 7],
        [12, 7],
      ])
    })
  })

  it('of time reach to the ends of time', () => {
    const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n]
    withTable({ kind: 'range', span: 10n }, (table, windows) => {
      const times = [least, least + 3n, 0n, most - 10n, most]
      const coming = { keys: [0, 0, 0, 0, 0], values: [1, 2, 4, 8, 16], times }
      expect(applied(table, windows, coming).map(([sum]) => sum)).toEqual([1, 3, 4, 8, 24])
    })
  })

  it('of any frame and entries equal a look over all rows of the key', () => {
    fc.assert(
      fc.property(comings, extents, fc.boolean(), (all, extent, isOfOrder) => {
        // What goes entry by entry, and (with first and last among it) what goes row by row.
        const entries = isOfOrder ? [...WIDE, ...OF_ORDER] : WIDE
        const table = new OverTable(kernels, { template: wideTemplate(entries), entries }, extent)
        const windows = kernels.allocate(KEYS * 4)
        kernels.u8.fill(0, windows, windows + KEYS * 4)
        const seen: Seen[] = []
        let time = 0n
        for (const batch of all) {
          const rows = batch.map(({ after, ...row }) => ({ ...row, time: (time += after) }))
          const from = seen.length
          seen.push(...rows)
          const expected = rows.map((_, i) => told(frameOf(seen, from + i, rows.length, extent)))
          const got = inArena(kernels, () => {
            const { own, ids, times } = placed(table, rows, entries)
            const out = kernels.scratch(rows.length * table.stride)
            table.apply(windows, { ids, times, n: rows.length }, own, out)
            return rows.map((_, i) => toldBy(out + i * table.stride, isOfOrder))
          })
          const wanted = isOfOrder ? expected : expected.map((each) => each.slice(0, 8))
          expect(got).toEqual(wanted)
        }
        kernels.release(windows)
        table.close()
      }),
      { numRuns: 1_000 },
    )
  })

  it('name the first row at which a sum overflows, by its block or by its window', () => {
    const entries: AggregateEntry[] = [
      { op: 'count', kind: 64, offset: 0, countOffset: 0 },
      { op: 'sumI64', kind: 64, offset: 8, countOffset: 0 },
    ]
    const fresh = new Uint8Array(16)
    const most = 2n ** 63n - 1n
    /** The overflow of rows of one key whose values are these. */
    const overflowOf = (values: readonly bigint[], rows: number) =>
      inArena(kernels, () => {
        const table = new OverTable(kernels, { template: fresh, entries }, { kind: 'rows', rows })
        const n = values.length
        const windows = place(kernels, new Uint32Array(1))
        const own = table.start(kernels.scratch(n * 16), n)
        const column = place(kernels, BigInt64Array.from(values))
        const input = { values: column, validity: 0, filter: 0, offsets: 0 }
        entries.forEach((_, entry) => table.program.bind(entry, input))
        table.program.update(own.pointers, 0, n)
        const ids = place(kernels, new Uint32Array(n))
        const out = kernels.scratch(n * 16)
        const overflow = table.apply(windows, { ids, times: 0, n }, own.rows, out)
        table.close()
        return overflow
      })
    expect(overflowOf([most, -1n, 1n], 3)).toBeUndefined()
    // In the block, from the front.
    expect(overflowOf([1n, most, 0n], 3)).toEqual({ entry: 1, row: 1 })
    // In the window: the end of one block and the begin of the next.
    expect(overflowOf([0n, 0n, most, 1n], 3)).toEqual({ entry: 1, row: 3 })
    // In the end of a block, which no window from the front had seen: when the next block begins.
    expect(overflowOf([-most, most, 1n, 0n, 0n], 3)).toEqual({ entry: 1, row: 3 })
  })
})

/** One entry of each way to merge; values of int64, whose sums are far from overflow. */
const WIDE: readonly AggregateEntry[] = [
  { op: 'count', kind: 64, offset: 0, countOffset: 0 },
  { op: 'sumI64', kind: 64, offset: 8, countOffset: 0 },
  { op: 'minI64', kind: 64, offset: 16, countOffset: 0 },
  { op: 'maxI64', kind: 64, offset: 24, countOffset: 0 },
  { op: 'minU64', kind: 64, offset: 32, countOffset: 0 },
  { op: 'sumI128', kind: 64, offset: 40, countOffset: 0 },
  { op: 'momentsI64', kind: 64, offset: 56, countOffset: 0 },
]
const OF_ORDER: readonly AggregateEntry[] = [
  { op: 'first64', kind: 64, offset: 80, countOffset: 96 },
  { op: 'last64', kind: 64, offset: 88, countOffset: 96 },
  { op: 'count', kind: 64, offset: 96, countOffset: 96 },
]

interface Seen {
  readonly key: number
  readonly value: bigint
  readonly time: bigint
}

const comings = fc.array(
  fc.array(
    fc.record({
      key: fc.nat({ max: KEYS - 1 }),
      value: fc.bigInt({ min: 0n, max: 99n }),
      after: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 3n }), fc.constant(40n)),
    }),
    { maxLength: 24 },
  ),
  { maxLength: 3 },
)

const extents: fc.Arbitrary<OverExtent> = fc.oneof(
  fc.integer({ min: 1, max: 6 }).map((rows) => ({ kind: 'rows' as const, rows })),
  fc.bigInt({ min: 0n, max: 9n }).map((span) => ({ kind: 'range' as const, span })),
  fc.boolean().map((peers) => ({ kind: 'unbounded' as const, peers })),
)

function wideTemplate(entries: readonly AggregateEntry[]): Uint8Array {
  const words = new BigUint64Array(entries === WIDE ? 10 : 13)
  words[2] = 2n ** 63n - 1n
  words[3] = 2n ** 63n
  words[4] = 2n ** 64n - 1n
  return new Uint8Array(words.buffer)
}

function placed(table: OverTable, rows: readonly Seen[], entries: readonly AggregateEntry[]) {
  const n = rows.length
  const own = table.start(kernels.scratch(n * table.stride), n)
  const bigs = (of: (row: Seen) => bigint): number => place(kernels, BigInt64Array.from(rows, of))
  const values = bigs(({ value }) => value)
  entries.forEach((_, entry) =>
    table.program.bind(entry, { values, validity: 0, filter: 0, offsets: 0 }),
  )
  table.program.update(own.pointers, 0, n)
  const ids = place(
    kernels,
    Uint32Array.from(rows, ({ key }) => key),
  )
  return { own: own.rows, ids, times: bigs(({ time }) => time) }
}

/** The rows of a row's window, in order; what came in its batch after it may be a peer of its. */
function frameOf(seen: readonly Seen[], at: number, batchRows: number, extent: OverExtent): Seen[] {
  const row = seen[at]!
  const isPeer = (other: Seen, i: number): boolean =>
    i <= at || (seen.length - batchRows <= i && other.time === row.time)
  const hasPeers = extent.kind === 'range' || (extent.kind === 'unbounded' && extent.peers)
  const own = seen.filter(
    (other, i) => other.key === row.key && (hasPeers ? isPeer(other, i) : i <= at),
  )
  if (extent.kind === 'rows') return own.slice(-extent.rows)
  return extent.kind === 'range' ? own.filter(({ time }) => time >= row.time - extent.span) : own
}

/** What the entries are of a window's rows. */
function told(rows: readonly Seen[]): bigint[] {
  const values = rows.map(({ value }) => value)
  const sum = values.reduce((a, b) => a + b, 0n)
  const sorted = values.toSorted((a, b) => Number(a - b))
  const count = BigInt(values.length)
  const [least, most, mean] = [sorted[0]!, sorted.at(-1)!, micro(Number(sum) / Number(count))]
  return [count, sum, least, most, least, sum, count, mean, values[0]!, values.at(-1)!]
}

/** Means are floats, rounded each way that they come about. */
const micro = (mean: number): bigint => BigInt(Math.round(mean * 1e6))

function toldBy(row: number, isOfOrder: boolean): bigint[] {
  const at = row / 8
  const words = [0, 1, 2, 3, 4, 5, 7].map((word) => kernels.i64[at + word]!)
  const ofOrder = isOfOrder ? [kernels.i64[at + 10]!, kernels.i64[at + 11]!] : []
  return [...words, micro(kernels.f64[at + 8]!), ...ofOrder]
}
