// Sorted lists by key against a twin with arrays: what is in them, what is first, and what is gone.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import { ALL_ROWS, TopNTable } from '../../src/kernels/top-n.ts'
import { inArena, place } from './linear-memory.ts'
import { TopNTwin } from './reference/top-n.ts'

const kernels = new Kernels()
const KEYS = 4

interface Entry {
  readonly order: string
  readonly row: string
}

interface Change extends Entry {
  readonly key: number
  readonly op: number
}

const change: fc.Arbitrary<Change> = fc.record({
  key: fc.nat({ max: KEYS - 1 }),
  op: fc.constantFrom(0, 0, 2, 1, 3),
  order: fc.constantFrom('', 'a', 'ab', 'b', 'an order key of more than sixteen bytes'),
  row: fc.constantFrom('', 'x', 'y', 'a row of more than sixteen bytes, and some more'),
})

const column = (texts: readonly string[]) => {
  const offsets = new Int32Array(texts.length + 1)
  texts.forEach((text, i) => {
    offsets[i + 1] = offsets[i]! + text.length
  })
  const values = place(kernels, new TextEncoder().encode(texts.join('')), 1)
  return { offsets: place(kernels, offsets), values }
}

const byOrder = (a: Entry, b: Entry): number =>
  Buffer.compare(Buffer.from(a.order), Buffer.from(b.order))

describe("a top-N's lists", () => {
  it('equal sorted arrays after every batch, whether rows are taken back or not', () => {
    const scenario = fc.record({
      batches: fc.array(fc.array(change, { maxLength: 20 }), { maxLength: 5 }),
      isChangelog: fc.boolean(),
      isPlaced: fc.boolean(),
      keep: fc.integer({ min: 1, max: 4 }),
    })
    fc.assert(
      fc.property(scenario, ({ batches, isChangelog, isPlaced, keep }) => {
        const allocated = kernels.exports.allocated()
        const table = new TopNTable(kernels)
        const lists = kernels.allocate(KEYS * 4)
        kernels.u8.fill(0, lists, lists + KEYS * 4)
        const twin = new TopNTwin<Entry>(byOrder)
        const limit = isChangelog ? ALL_ROWS : keep
        for (const batch of batches) {
          inArena(kernels, () => {
            const before = table.first(lists, allKeys(), { limit, ties: false })
            const gone = table.newGone(batch.length + before.length)
            const ops = Uint8Array.from(batch, ({ op }) => op)
            const rows = {
              ids: place(
                kernels,
                Uint32Array.from(batch, ({ key }) => key),
              ),
              ops: isChangelog ? place(kernels, ops) : 0,
              orders: column(batch.map(({ order }) => order)),
              rows: column(batch.map(({ row }) => row)),
              n: batch.length,
            }
            if (isPlaced && !isChangelog) {
              const { offsets } = rows.rows
              const placed = { ...rows, rowOffsets: offsets }
              const staying = table.place(lists, placed, { limit, ties: false }, gone)
              table.fill(staying.entries, staying.rows, rows.rows, staying.length)
            } else table.apply(lists, rows, { limit, ties: false }, { gone, strict: false })
            for (const { key, op, ...entry } of batch) {
              if (!isChangelog || op % 2 === 0) twin.insert(key, entry, limit)
              else twin.remove(key, (o) => o.order === entry.order && o.row === entry.row)
            }
            table.forget(lists, allKeys(), gone)
            const first = table.first(lists, allKeys(), { limit: keep, ties: false })
            const expected = Array.from({ length: KEYS }, (_, key) =>
              (twin.lists[key] ?? []).slice(0, keep).map(({ row }) => row),
            )
            expect(textsOf(table, first.entries, first.length)).toEqual(expected.flat())
            // Entries are where their rows are; what a quantile lies between are two of them.
            const all = table.first(lists, allKeys(), { limit: ALL_ROWS, ties: false })
            const addresses = table.rows(all.entries, all.length)
            for (const fraction of [0, 0.3, 0.5, 1]) {
              const { below, above, between } = table.quantiles(lists, allKeys(), fraction)
              for (let id = 0; id < KEYS; id++) {
                const { u32, f64 } = kernels
                const from = u32[(all.starts >>> 2) + id]!
                const held = u32[(all.starts >>> 2) + id + 1]! - from
                const rank = fraction * Math.max(0, held - 1)
                const addressAt = (i: number) =>
                  held === 0 ? 0 : u32[(addresses >>> 2) + from + i]!
                const low = Math.floor(rank)
                expect(u32[(below >>> 2) + id]).toBe(addressAt(low))
                expect(u32[(above >>> 2) + id]).toBe(
                  addressAt(Math.min(low + 1, Math.max(0, held - 1))),
                )
                expect(f64[between / 8 + id]).toBe(rank - low)
              }
            }
            const empty = expected.map((list) => list.length === 0)
            expect(empty).toEqual(
              [...kernels.u32.subarray(lists >>> 2, (lists >>> 2) + KEYS)].map((at) => at === 0),
            )
          })
        }
        table.close()
        kernels.release(lists)
        expect(kernels.exports.allocated() - allocated).toBeLessThanOrEqual(2 << 20)
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([1, 2, 3])('equal sorted arrays when they are long, seed %i', (seed) => {
    let state = seed
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return (state >>> 8) % below
    }
    const isChangelog = seed !== 2
    const keep = isChangelog ? ALL_ROWS : 700
    const table = new TopNTable(kernels)
    const lists = kernels.allocate(4)
    kernels.u32[lists >>> 2] = 0
    const twin = new TopNTwin<Entry>(byOrder)
    for (let round = 0; round < 60; round++) {
      // It grows for a while, and then goes away.
      const isShrinking = isChangelog && round >= 30
      const batch = Array.from({ length: 120 }, (_, i): Change => {
        const held = twin.lists[0] ?? []
        const isGone = isChangelog && held.length > 0 && random(10) < (isShrinking ? 9 : 2)
        // The third's rows come in order.
        const order = seed === 3 ? 1_000_000 + round * 120 + i : random(400)
        const entry = isGone
          ? held[random(held.length)]!
          : { order: `an order ${order}`, row: `${round} ${i}` }
        if (isGone) twin.remove(0, (o) => o === entry)
        else twin.insert(0, entry, keep)
        return { key: 0, op: isGone ? 3 : 0, ...entry }
      })
      inArena(kernels, () => {
        const rows = {
          ids: place(kernels, new Uint32Array(batch.length)),
          ops: isChangelog
            ? place(
                kernels,
                Uint8Array.from(batch, ({ op }) => op),
              )
            : 0,
          orders: column(batch.map(({ order }) => order)),
          rows: column(batch.map(({ row }) => row)),
          n: batch.length,
        }
        const ids = { ids: place(kernels, new Uint32Array(1)), count: 1 }
        const gone = table.newGone(batch.length * 2 + keptMost(twin))
        const limit = { limit: keep, ties: false }
        expect(table.apply(lists, rows, limit, { gone, strict: true })).toBeUndefined()
        table.forget(lists, ids, gone)
        const first = table.first(lists, ids, { limit: ALL_ROWS, ties: false })
        const expected = twin.lists[0]!.map(({ row }) => row)
        expect(textsOf(table, first.entries, first.length)).toEqual(expected)
        const some = table.first(lists, ids, { limit: 300, ties: true })
        const last = twin.lists[0]![299]
        const ends = twin.lists[0]!.findLastIndex(({ order }) => order === last?.order)
        expect(some.length).toBe(last === undefined ? expected.length : ends + 1)
      })
    }
    table.close()
    kernels.release(lists)
  })
})

const keptMost = (twin: TopNTwin<Entry>): number => twin.lists[0]?.length ?? 0

const allKeys = () => ({
  ids: place(
    kernels,
    Uint32Array.from({ length: KEYS }, (_, key) => key),
  ),
  count: KEYS,
})

/** The rows of entries, by the bytes that each entry says it has. */
function textsOf(table: TopNTable, entries: number, n: number): string[] {
  const rows = table.rows(entries, n)
  const { u32 } = kernels
  return Array.from({ length: n }, (_, i) => {
    const bytes = kernels.data.getUint32(u32[(entries >>> 2) + i]! + 4, true)
    return new TextDecoder().decode(kernels.take(u32[(rows >>> 2) + i]!, bytes))
  })
}
