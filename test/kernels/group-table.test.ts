// The group table for keys of up to 8 bytes: ids against the twin, keys back, find, nulls,
// compaction.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GroupTable, NO_GROUP } from '../../src/kernels/group-table.ts'
import { type FixedKeyKind, keyBytes } from '../../src/kernels/key-kind.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { bitsOf, bools, inArena, place } from './linear-memory.ts'
import * as twin from './reference/group-table.ts'

const kernels = new Kernels()
const KINDS: readonly FixedKeyKind[] = [1, 2, 4, 8]

const ids = (ptr: number, n: number): number[] => [
  ...new Uint32Array(kernels.take(ptr, n * 4).buffer),
]

/** A batch of keys, from few to many distinct ones, of 32 bits and of more, and which are null. */
const batchOf = fc
  .tuple(
    fc.integer({ min: 1, max: 400 }),
    fc.constantFrom(2, 40, 100_000),
    fc.oneof(fc.constant(0), fc.nat()),
  )
  .chain(([n, distinct, seed]) =>
    fc.record({
      keys: fc.array(fc.nat({ max: distinct }), { minLength: n, maxLength: n }),
      // Spread over 64 bits, so that high bits decide, too.
      spread: fc.constant(BigInt(seed) * 0x100000001n + 1n),
      valid: fc.option(bools(n)),
    }),
  )

interface Batch {
  readonly keys: readonly number[]
  readonly spread: bigint
  readonly valid: readonly boolean[] | null
}

/** Runs batches through the table and its twin; returns each batch's ids. */
function insertAll(table: GroupTable, kind: FixedKeyKind, batches: readonly Batch[]): number[][] {
  const reference = new twin.GroupTable()
  const bytes = keyBytes(kind)
  return batches.map(({ keys, spread, valid }) =>
    inArena(kernels, () => {
      const n = keys.length
      const wide = BigUint64Array.from(keys, (key) =>
        BigInt.asUintN(bytes * 8, BigInt(key) * spread),
      )
      const words = new Uint32Array(wide.buffer)
      const narrow = new Uint8Array(n * bytes)
      const all = new Uint8Array(wide.buffer)
      for (let i = 0; i < n; i++) narrow.set(all.subarray(i * 8, i * 8 + bytes), i * bytes)
      const expected = new Uint32Array(n)
      for (let i = 0; i < n; i++) {
        const isNull = valid !== null && !valid[i]!
        if (isNull) expected[i] = reference.insertNull()
        else reference.insert(words.subarray(i * 2), 1, expected.subarray(i))
      }
      const validity = valid === null ? 0 : place(kernels, bitsOf(valid))
      const values = place(kernels, narrow, 1)
      const out = kernels.scratch(n * 4)
      table.insert(values, validity, n, out)
      const got = ids(out, n)
      expect(got).toEqual([...expected])
      expect(table.size).toBe(reference.size)
      expect(table.nullId).toBe(reference.nullId)
      table.find(values, validity, n, out)
      expect(ids(out, n)).toEqual(got)
      // The keys come back as they went in.
      const keysBack = kernels.take(table.keys(out, n), n * bytes)
      const zeroed = narrow.map((byte, at) =>
        valid?.[Math.floor(at / bytes)] === false ? 0 : byte,
      )
      expect(keysBack).toEqual(zeroed)
      return got
    }),
  )
}

const idsOf = (kind: FixedKeyKind, array: Float32Array | Float64Array | Uint8Array, n: number) =>
  inArena(kernels, () => {
    const table = new GroupTable(kernels, kind)
    const out = kernels.scratch(n * 4)
    table.insert(place(kernels, array), 0, n, out)
    const got = ids(out, n)
    const back = kernels.take(table.keys(out, n), kind === 'bool' ? 1 : n * keyBytes(kind))
    table.close()
    return { got, back }
  })

describe('a group table', () => {
  it.each(KINDS)('of %s-byte keys gives ids in order of first appearance', (kind) => {
    fc.assert(
      fc.property(fc.array(batchOf, { minLength: 1, maxLength: 4 }), (batches) => {
        const table = new GroupTable(kernels, kind)
        insertAll(table, kind, batches)
        table.clear()
        expect(table.size).toBe(0)
        insertAll(table, kind, batches)
        table.close()
      }),
      { numRuns: 1_000 },
    )
  })

  it('takes -0 for 0, all NaNs for one, and a bool for 0 or 1', () => {
    const numbers = [1.5, 0, -0, NaN, -NaN, 1.5]
    for (const [kind, Type] of [
      ['float32', Float32Array],
      ['float64', Float64Array],
    ] as const) {
      const { got, back } = idsOf(kind, Type.from(numbers), 6)
      expect(got).toEqual([0, 1, 1, 2, 2, 0])
      expect([...new Type(back.buffer)]).toEqual([1.5, 0, 0, NaN, NaN, 1.5])
    }
    expect(idsOf('bool', Uint8Array.of(0b0110_1001), 8)).toEqual({
      got: [0, 1, 1, 0, 1, 0, 0, 1],
      back: Uint8Array.of(0b0110_1001),
    })
  })

  it('does not find what was never inserted', () => {
    inArena(kernels, () => {
      const table = new GroupTable(kernels, 4)
      const out = kernels.scratch(16)
      table.insert(place(kernels, Uint32Array.of(1, 2)), 0, 2, out)
      table.find(
        place(kernels, Uint32Array.of(2, 3, 0, 1)),
        place(kernels, Uint8Array.of(0b1011)),
        4,
        out,
      )
      expect(ids(out, 4)).toEqual([1, NO_GROUP, NO_GROUP, 0])
      expect(table.size).toBe(2)
      table.close()
    })
  })

  it('keeps its ids when keys of more than 32 bits come after others', () => {
    inArena(kernels, () => {
      for (const n of [1, 63, 64, 5000, 40_000]) {
        const table = new GroupTable(kernels, 8)
        const low = BigUint64Array.from({ length: n }, (_, i) => BigInt(i * 977))
        // The same lower words: they tell the keys apart no more.
        const high = low.map((key) => key + (1n << 32n))
        const [lows, highs] = [place(kernels, low), place(kernels, high)]
        const out = kernels.scratch(n * 4)
        const numbers = (from: number) => Array.from({ length: n }, (_, i) => from + i)
        table.insert(lows, 0, n, out)
        expect(ids(out, n)).toEqual(numbers(0))
        table.find(highs, 0, n, out)
        expect(ids(out, n)).toEqual(numbers(0).fill(NO_GROUP))
        table.insert(highs, 0, n, out)
        expect(ids(out, n)).toEqual(numbers(n))
        table.find(lows, 0, n, out)
        expect(ids(out, n)).toEqual(numbers(0))
        const back = kernels.take(table.keys(out, n), n * 8)
        expect([...new BigUint64Array(back.buffer)]).toEqual([...low])
        table.clear()
        table.insert(lows, 0, n, out)
        expect(ids(out, n)).toEqual(numbers(0))
        table.close()
      }
    })
  })

  it('compacts to the groups that live, in their order, and goes on from there', () => {
    const inputs = batchOf.chain((batch) => fc.tuple(fc.constant(batch), bools(batch.keys.length)))
    fc.assert(
      fc.property(inputs, ([batch, lives]) =>
        inArena(kernels, () => {
          const table = new GroupTable(kernels, 8)
          const [first] = insertAll(table, 8, [batch])
          const { size } = table
          const live = Array.from({ length: size }, (_, id) => lives[id]!)
          const map = kernels.scratch(size * 4)
          table.compact(place(kernels, bitsOf(live)), map)
          let next = 0
          const expected = live.map((isLive) => (isLive ? next++ : NO_GROUP))
          expect(ids(map, size)).toEqual(expected)
          expect(table.size).toBe(next)
          const wide = BigUint64Array.from(batch.keys, (key) =>
            BigInt.asUintN(64, BigInt(key) * batch.spread),
          )
          const validity = batch.valid === null ? 0 : place(kernels, bitsOf(batch.valid))
          const n = wide.length
          const out = kernels.scratch(n * 4)
          table.find(place(kernels, wide), validity, n, out)
          expect(ids(out, n)).toEqual(first!.map((id) => expected[id]))
          table.insert(place(kernels, wide), validity, n, out)
          expect(table.size).toBe(size)
          expect(ids(out, n).filter((_, i) => live[first![i]!])).toEqual(
            first!.filter((id) => live[id]).map((id) => expected[id]),
          )
          table.close()
        }),
      ),
    )
  })

  it('gives all its memory back', () => {
    const before = kernels.exports.allocated()
    inArena(kernels, () => {
      const n = 50_000
      const table = new GroupTable(kernels, 4)
      const keys = place(
        kernels,
        Uint32Array.from({ length: n }, (_, i) => i * 7),
      )
      const out = kernels.scratch(n * 4)
      table.insert(keys, 0, n, out)
      expect(table.size).toBe(n)
      table.close()
    })
    // What the arena keeps for the next batch.
    expect(kernels.exports.allocated() - before).toBeLessThanOrEqual(2 << 20)
  })
})
