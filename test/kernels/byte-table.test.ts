// The group table for keys of bytes: short ones, long ones, and those that differ only at their
// end.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteTable } from '../../src/kernels/byte-table.ts'
import { NO_GROUP } from '../../src/kernels/group-table.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { bitsOf, bools, inArena, place } from './linear-memory.ts'
import * as twin from './reference/group-table.ts'

const kernels = new Kernels()

const ids = (ptr: number, n: number): number[] => [
  ...new Uint32Array(kernels.take(ptr, n * 4).buffer),
]

/** Keys around the border of 16 and 32 bytes, with prefixes and zeros in common. */
const key = fc.oneof(
  fc.uint8Array({ maxLength: 3, max: 2 }),
  fc
    .tuple(fc.constantFrom(0, 1, 7, 8, 9, 15, 16, 17, 24, 25, 31, 32, 33, 64), fc.nat({ max: 3 }))
    .map(([length, last]) => {
      const bytes = new Uint8Array(length).fill(length < 8 ? 0 : 97)
      if (length > 0) bytes[length - 1] = last
      return bytes
    }),
)

const batchOf = fc
  .array(key, { minLength: 1, maxLength: 300 })
  .chain((keys) => fc.record({ keys: fc.constant(keys), valid: fc.option(bools(keys.length)) }))

function columnOf(keys: readonly Uint8Array[]): { offsets: Int32Array; data: Uint8Array } {
  const offsets = new Int32Array(keys.length + 1)
  keys.forEach((bytes, i) => (offsets[i + 1] = offsets[i]! + bytes.length))
  return { offsets, data: new Uint8Array(Buffer.concat(keys)) }
}

interface Batch {
  readonly keys: readonly Uint8Array[]
  readonly valid: readonly boolean[] | null
}

function insertAll(table: ByteTable, batches: readonly Batch[]): number[][] {
  const known = new Map<string, number>()
  return batches.map(({ keys, valid }) =>
    inArena(kernels, () => {
      const n = keys.length
      const { offsets, data } = columnOf(keys)
      const column = { offsets: place(kernels, offsets), values: place(kernels, data, 5) }
      const validity = valid === null ? 0 : place(kernels, bitsOf(valid))
      const out = kernels.scratch(n * 4)
      const expected = keys.map((bytes, i) => {
        const name = valid === null || valid[i] ? Buffer.from(bytes).toString('hex') : 'null'
        if (!known.has(name)) known.set(name, known.size)
        return known.get(name)!
      })
      table.insert(column, validity, n, out)
      expect(ids(out, n)).toEqual(expected)
      expect(table.size).toBe(known.size)
      expect(table.nullId).toBe(known.get('null') ?? NO_GROUP)
      table.find(column, validity, n, out)
      expect(ids(out, n)).toEqual(expected)
      const back = table.keys(out, n)
      const ends = new Int32Array(kernels.take(back.offsets, (n + 1) * 4).buffer)
      keys.forEach((bytes, i) => {
        const isNull = valid !== null && !valid[i]!
        const got = kernels.take(back.values + ends[i]!, ends[i + 1]! - ends[i]!)
        expect(got).toEqual(isNull ? new Uint8Array() : bytes)
      })
      return expected
    }),
  )
}

describe('a byte table', () => {
  it('gives ids in order of first appearance, and its keys back', () => {
    fc.assert(
      fc.property(fc.array(batchOf, { minLength: 1, maxLength: 3 }), (batches) => {
        const table = new ByteTable(kernels)
        insertAll(table, batches)
        table.clear()
        insertAll(table, batches)
        table.close()
      }),
    )
  })

  it('agrees with the twin over many keys, while it grows', () => {
    inArena(kernels, () => {
      const n = 20_000
      const keys = Array.from({ length: n }, (_, i) => {
        const number = Math.imul(i, 0x9e3779b1) >>> 17
        return Buffer.from(`key ${number}${number % 3 === 0 ? ' with a long tail' : ''}`)
      })
      const { offsets, data } = columnOf(keys)
      const expected = new Uint32Array(n)
      const reference = new twin.ByteTable()
      reference.insert(offsets, data, n, expected)
      const table = new ByteTable(kernels)
      const out = kernels.scratch(n * 4)
      const column = { offsets: place(kernels, offsets), values: place(kernels, data) }
      table.insert(column, 0, n, out)
      expect(ids(out, n)).toEqual([...expected])
      expect(table.size).toBe(reference.size)
      table.close()
    })
  })

  it('does not find what was never inserted', () => {
    inArena(kernels, () => {
      const [a, b, c] = ['a', 'a long key of many bytes', 'a long key of many byteS'].map((text) =>
        Buffer.from(text),
      )
      const place2 = (keys: readonly Uint8Array[]) => {
        const { offsets, data } = columnOf(keys)
        return { offsets: place(kernels, offsets), values: place(kernels, data) }
      }
      const table = new ByteTable(kernels)
      const out = kernels.scratch(16)
      table.insert(place2([a!, b!]), 0, 2, out)
      table.find(place2([c!, a!, b!, a!]), place(kernels, Uint8Array.of(0b0111)), 4, out)
      expect(ids(out, 4)).toEqual([NO_GROUP, 0, 1, NO_GROUP])
      table.close()
    })
  })

  it('compacts to the groups that live, in their order', () => {
    const inputs = batchOf.chain((batch) => fc.tuple(fc.constant(batch), bools(batch.keys.length)))
    fc.assert(
      fc.property(inputs, ([batch, lives]) =>
        inArena(kernels, () => {
          const table = new ByteTable(kernels)
          const [first] = insertAll(table, [batch])
          const { size } = table
          const live = Array.from({ length: size }, (_, id) => lives[id]!)
          const map = kernels.scratch(size * 4)
          table.compact(place(kernels, bitsOf(live)), map)
          let next = 0
          const expected = live.map((isLive) => (isLive ? next++ : NO_GROUP))
          expect(ids(map, size)).toEqual(expected)
          const { offsets, data } = columnOf(batch.keys)
          const column = { offsets: place(kernels, offsets), values: place(kernels, data) }
          const validity = batch.valid === null ? 0 : place(kernels, bitsOf(batch.valid))
          const n = batch.keys.length
          const out = kernels.scratch(n * 4)
          table.find(column, validity, n, out)
          expect(ids(out, n)).toEqual(first!.map((id) => expected[id]))
          table.insert(column, validity, n, out)
          expect(table.size).toBe(size)
          table.close()
        }),
      ),
    )
  })
})
