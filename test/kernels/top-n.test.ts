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
      keep: fc.integer({ min: 1, max: 4 }),
    })
    fc.assert(
      fc.property(scenario, ({ batches, isChangelog, keep }) => {
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
            table.apply(lists, rows, { limit, ties: false }, { gone, strict: false })
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
      { numRuns: 500 },
    )
  })
})

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
