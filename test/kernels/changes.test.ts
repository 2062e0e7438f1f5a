// Net changes by key against scalar twins.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  changeList,
  countDistinctValues,
  firstRows,
  lastRows,
  presentRows,
  retractedRows,
  rowsByTime,
  touchedKeys,
  upsertRows,
} from '../../src/kernels/changes.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { bitsOf, inArena, lengths, place, readBits } from './linear-memory.ts'
import * as twin from './reference/changes.ts'

const kernels = new Kernels()

const u32 = (ptr: number, n: number): number[] => [
  ...kernels.u32.subarray(ptr >>> 2, (ptr >>> 2) + n),
]
const u8 = (ptr: number, n: number): number[] => [...kernels.u8.subarray(ptr, ptr + n)]

const someIds = fc
  .tuple(lengths(8, 200), fc.constantFrom(1, 3, 50))
  .chain(([n, keys]) => fc.array(fc.nat({ max: keys - 1 }), { minLength: n, maxLength: n }))

/** Ids as a key index gives them: a new one is the next. */
const denseIds = fc
  .tuple(fc.nat({ max: 5 }), fc.array(fc.nat({ max: 8 }), { maxLength: 100 }))
  .map(([known, steps]) => {
    let next = known
    const ids = steps.map((step) => (step >= next ? next++ : step))
    return { known, ids: Uint32Array.from(ids) }
  })

const zeroes = (n: number): number => place(kernels, new Uint32Array(n))

describe('the keys of a batch', () => {
  it('are numbered in order of first appearance, and leave no stamp', () => {
    fc.assert(
      fc.property(someIds, (numbers) =>
        inArena(kernels, () => {
          const ids = Uint32Array.from(numbers)
          const stamps = zeroes(64)
          const keys = touchedKeys(kernels, place(kernels, ids), ids.length, stamps)
          const expected = twin.touched(ids)
          expect(u32(keys.ids, keys.count)).toEqual(expected.ids)
          expect(u32(keys.locals, ids.length)).toEqual(expected.locals)
          expect(u32(stamps, 64)).toEqual(Array.from({ length: 64 }, () => 0))
          const last = lastRows(kernels, keys, ids.length)
          expect(u32(last.rows, last.length)).toEqual(
            expected.ids.map((id) => numbers.lastIndexOf(id)),
          )
        }),
      ),
    )
  })

  it('have a row that counts by time, when it beats the time that is held', () => {
    const time = fc.bigInt({ min: -3n, max: 3n })
    const inputs = someIds.chain((numbers) => {
      const n = numbers.length
      return fc.record({
        numbers: fc.constant(numbers),
        times: fc.array(time, { minLength: n, maxLength: n }),
        held: fc.array(fc.option(time, { nil: undefined }), { minLength: 50, maxLength: 50 }),
        keep: fc.constantFrom('first', 'last'),
      })
    })
    fc.assert(
      fc.property(inputs, ({ numbers, times, held, keep }) =>
        inArena(kernels, () => {
          const ids = Uint32Array.from(numbers)
          const n = ids.length
          const keys = touchedKeys(kernels, place(kernels, ids), n, zeroes(64))
          const own = held.slice(0, keys.count)
          const order = { times: place(kernels, BigInt64Array.from(times)), n, keep } as const
          const rows = rowsByTime(kernels, keys, order, {
            times: place(
              kernels,
              BigInt64Array.from(own, (one) => one ?? 99n),
            ),
            isHeld: place(kernels, bitsOf(own.map((one) => one !== undefined))),
          })
          const { locals } = twin.touched(ids)
          expect(u32(rows.rows, rows.length)).toEqual(
            twin.rowsByTime(locals, times, keep === 'last', own),
          )
        }),
      ),
    )
  })

  it('are new at the first row of each', () => {
    fc.assert(
      fc.property(denseIds, ({ known, ids }) =>
        inArena(kernels, () => {
          const rows = firstRows(kernels, place(kernels, ids), ids.length, known)
          expect(u32(rows.rows, rows.length)).toEqual(twin.firstRows(ids, known))
        }),
      ),
    )
  })
})

describe('a changelog', () => {
  it('leads from the rows before to the rows after', () => {
    const address = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5 }))
    const pairs = lengths(8, 100).chain((n) =>
      fc.array(fc.tuple(address, address, fc.boolean()), { minLength: n, maxLength: n }),
    )
    fc.assert(
      fc.property(pairs, fc.boolean(), (all, hasSame) =>
        inArena(kernels, () => {
          const before = Uint32Array.from(all, ([old]) => old)
          const after = Uint32Array.from(all, ([, fresh]) => fresh)
          const same = all.map(([, , isSame]) => isSame)
          const list = changeList(
            kernels,
            place(kernels, before),
            place(kernels, after),
            hasSame ? place(kernels, bitsOf(same)) : 0,
            all.length,
          )
          const expected = twin.changeList(before, after, (i) => hasSame && same[i]!)
          expect(u32(list.rows, list.length)).toEqual(expected.map(({ row }) => row))
          expect(u8(list.ops, list.length)).toEqual(expected.map(({ op }) => op))
          expect(u32(list.places, list.length)).toEqual(expected.map((one) => one.place))
        }),
      ),
    )
  })

  it('has an upsert form', () => {
    const key = fc.constantFrom('', 'a', 'b', 'a key of more than sixteen bytes', 'a key')
    const rows = fc.array(fc.tuple(fc.nat({ max: 3 }), key), { maxLength: 100 })
    fc.assert(
      fc.property(rows, (all) =>
        inArena(kernels, () => {
          const keys = all.map(([, text]) => text)
          const offsets = new Int32Array(all.length + 1)
          keys.forEach((text, i) => {
            offsets[i + 1] = offsets[i]! + text.length
          })
          const encoded = {
            offsets: place(kernels, offsets),
            values: place(kernels, new TextEncoder().encode(keys.join(''))),
          }
          const ops = all.map(([op]) => op)
          const form = upsertRows(
            kernels,
            place(kernels, Uint8Array.from(ops)),
            encoded,
            all.length,
          )
          const expected = twin.upsert(ops, keys)
          expect(u32(form.rows.rows, form.rows.length)).toEqual(expected.map(({ row }) => row))
          expect(u8(form.ops, form.rows.length)).toEqual(expected.map(({ op }) => op))
        }),
      ),
    )
  })

  it('says which rows take one back, and counts rows up and down', () => {
    const ops = lengths(16, 200).chain((n) =>
      fc.array(fc.nat({ max: 3 }), { minLength: n, maxLength: n }),
    )
    fc.assert(
      fc.property(ops, fc.nat({ max: 15 }), (all, misalignment) =>
        inArena(kernels, () => {
          const ptr = place(kernels, Uint8Array.from(all), misalignment)
          const { bits, count } = retractedRows(kernels, ptr, all.length)
          const isBack = all.map((op) => op % 2 === 1)
          expect(readBits(kernels, bits, all.length)).toEqual(bitsOf(isBack))
          expect(count).toBe(isBack.filter(Boolean).length)
          const ids = Uint32Array.from(all, (_, i) => i % 3)
          for (const known of [ptr, 0]) {
            const counts = zeroes(3)
            kernels.exports.changesCount(place(kernels, ids), known, all.length, counts)
            const sums = [0, 0, 0]
            isBack.forEach((back, i) => {
              sums[i % 3]! += back && known !== 0 ? -1 : 1
            })
            expect([...kernels.i32.subarray(counts >>> 2, (counts >>> 2) + 3)]).toEqual(sums)
          }
        }),
      ),
    )
  })

  it('counts different values by key', () => {
    const values = lengths(8, 200).chain((n) =>
      fc.array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 3 })), { minLength: n, maxLength: n }),
    )
    fc.assert(
      fc.property(values, fc.boolean(), (all, hasOps) =>
        inArena(kernels, () => {
          const ids = Uint32Array.from(all, ([id]) => id)
          // A value is of one key.
          const keys = ids.map((id) => id % 3)
          const ops = hasOps ? Uint8Array.from(all, ([, op]) => op) : undefined
          const [counts, totals] = [new Int32Array(10), new BigInt64Array(3)]
          const [ownCounts, ownTotals] = [place(kernels, counts), place(kernels, totals)]
          const coming = {
            ids: place(kernels, ids),
            keys: place(kernels, keys),
            ops: ops === undefined ? 0 : place(kernels, ops),
            n: all.length,
          }
          const missing = countDistinctValues(kernels, coming, ownCounts, ownTotals)
          expect(missing).toBe(twin.countDistinctValues(ids, keys, ops, counts, totals))
          expect(kernels.i32.slice(ownCounts >>> 2, (ownCounts >>> 2) + 10)).toEqual(counts)
          expect(kernels.i64.slice(ownTotals / 8, ownTotals / 8 + 3)).toEqual(totals)
        }),
      ),
    )
  })

  it('knows rows whose count is above zero', () => {
    const counts = fc.array(fc.bigInt({ min: -2n, max: 2n ** 40n }), { maxLength: 50 })
    fc.assert(
      fc.property(counts, (all) =>
        inArena(kernels, () => {
          const offsets = Int32Array.from({ length: all.length + 1 }, (_, i) => i * 5)
          const encoded = { offsets: place(kernels, offsets), values: 1000 }
          const held = place(kernels, BigInt64Array.from(all))
          const out = presentRows(kernels, encoded, held, all.length)
          expect(u32(out, all.length)).toEqual(
            all.map((count, i) => (count > 0n ? 1000 + i * 5 : 0)),
          )
        }),
      ),
    )
  })
})
