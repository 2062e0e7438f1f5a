// The slice table against its twin: rows by (slice, key id) through random times, ids, watermarks,
// releases and renamings.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import { type Slice, SliceTable } from '../../src/kernels/slice-table.ts'
import { bitsOf, inArena, lengths, place } from './linear-memory.ts'
import * as twin from './reference/slice-table.ts'

const kernels = new Kernels()
const templateOf = (stride: number): Uint8Array => Uint8Array.from({ length: stride }, (_, i) => i)
const template = templateOf(24)
/** Of rows that share a block with 15 others, with fewer, and with none. */
const stride = fc.constantFrom(8, 24, 40, 200, 264, 1000)

const u32 = (ptr: number, n: number): number[] => [
  ...new Uint32Array(kernels.take(ptr, n * 4).buffer),
]

/** Ids in one page, in many, and far from each other. */
const id = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 2000 }), fc.constantFrom(255, 256, 100_000))

interface Batch {
  readonly times: readonly number[]
  readonly ids: readonly number[]
  /** How far the watermark goes after the batch, in slices from the first live one. */
  readonly advance: number
}

const batch: fc.Arbitrary<Batch> = lengths(64, 90).chain((n) =>
  fc.record({
    times: fc
      .constantFrom(30, 400, 100_000)
      .chain((span) =>
        fc.array(fc.integer({ min: -span, max: span }), { minLength: n, maxLength: n }),
      ),
    ids: fc.array(id, { minLength: n, maxLength: n }),
    advance: fc.nat({ max: 4 }),
  }),
)

/** A row of the twin by its address, once it has been seen. */
class Rows {
  readonly #addresses = new Map<number, number>()
  readonly #taken = new Set<number>()

  match(row: number, address: number): boolean {
    const known = this.#addresses.get(row)
    if (known !== undefined) return known === address
    this.#addresses.set(row, address)
    const isNew = !this.#taken.has(address) && address % 8 === 0
    this.#taken.add(address)
    return isNew
  }

  forget(address: number): void {
    this.#taken.delete(address)
  }
}

function assign(table: SliceTable, reference: twin.SliceTable, rows: Rows, of: Batch): void {
  const n = of.ids.length
  const expected = new Int32Array(n)
  reference.assign(Float64Array.from(of.times), Uint32Array.from(of.ids), n, expected)
  const out = kernels.scratch(n * 4)
  const kept = kernels.scratch((n + 7) >> 3)
  const times = place(kernels, BigInt64Array.from(of.times, BigInt), 3)
  const bad = table.assign(times, place(kernels, Uint32Array.from(of.ids)), n, out, kept)
  expect(bad).toBeUndefined()
  const bits = kernels.take(kept, (n + 7) >> 3)
  u32(out, n).forEach((address, i) => {
    const isKept = ((bits[i >> 3]! >> (i & 7)) & 1) === 1
    const isRight = isKept ? rows.match(expected[i]!, address) : address === 0
    if (isKept !== (expected[i] !== -1) || !isRight) {
      expect.fail(`row ${i}: ${address} for ${expected[i]} of the twin`)
    }
  })
  expect(table.lateRows).toBe(expected.filter((row) => row === -1).length)
}

/** Ids and rows of a slice, some at a time. */
function scanned(table: SliceTable, slice: number, most: number): [number, number][] {
  const all: [number, number][] = []
  const ids = kernels.scratch(most * 4)
  const rows = kernels.scratch(most * 4)
  for (let from = 0; ; from = all.at(-1)![0] + 1) {
    const found = table.scan(slice, from, most, ids, rows)
    const addresses = u32(rows, found)
    u32(ids, found).forEach((key, i) => all.push([key, addresses[i]!]))
    if (found < most) return all
  }
}

/** What a slice has of ids, in their order, with rows; ids that it has not are among them. */
function foundOf(table: SliceTable, slice: number, ids: readonly number[]): [number, number][] {
  const asked = place(kernels, Uint32Array.from(ids))
  const [outIds, outRows] = [kernels.scratch(ids.length * 4), kernels.scratch(ids.length * 4)]
  const n = table.find(slice, asked, ids.length, outIds, outRows)
  const addresses = u32(outRows, n)
  return u32(outIds, n).map((key, i) => [key, addresses[i]!])
}

describe('a slice table', () => {
  it('finds the rows that its twin finds, and forgets those of released slices', () => {
    const inputs = fc.record({
      batches: fc.array(batch, { maxLength: 4 }),
      size: fc.integer({ min: 1, max: 50 }),
      shift: fc.double({ min: 0, max: 0.99, noNaN: true }),
      most: fc.constantFrom(1, 7, 1000),
      stride,
    })
    fc.assert(
      fc.property(inputs, ({ batches, size, shift, most, stride: bytes }) =>
        inArena(kernels, () => {
          const offset = Math.floor(shift * size)
          const grid = { size: BigInt(size), offset: BigInt(offset), multiplier: 1n }
          const table = new SliceTable(kernels, templateOf(bytes), grid)
          const reference = new twin.SliceTable(size, offset)
          const rows = new Rows()
          let live: Slice[] = []
          for (const of of batches) {
            assign(table, reference, rows, of)
            live.push(...table.created())
            live = live.toSorted((a, b) => a.index - b.index)
            expect(live.map((slice) => slice.index)).toEqual(reference.indices)
            for (const slice of live) {
              const got = scanned(table, slice.ptr, most)
              const rowOf = new Map(got)
              const expected = reference.rowsOf(slice.index)
              expect(got.map(([key]) => key)).toEqual(expected.map(([key]) => key))
              expect(got.every(([, at], i) => rows.match(expected[i]![1], at))).toBe(true)
              expect(table.rowCount(slice.ptr)).toBe(expected.length)
              expect(foundOf(table, slice.ptr, of.ids)).toEqual(
                of.ids.flatMap((key) => (rowOf.has(key) ? [[key, rowOf.get(key)!]] : [])),
              )
            }
            reference.first = (live[0]?.index ?? 0) + of.advance
            table.advance(reference.first)
            for (const slice of live.filter(({ index }) => index < reference.first)) {
              for (const [, address] of scanned(table, slice.ptr, 1000)) rows.forget(address)
              table.release(slice.ptr)
              reference.release(slice.index)
            }
            live = live.filter(({ index }) => index >= reference.first)
          }
          table.close()
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('starts every row as the template', () => {
    inArena(kernels, () => {
      const table = new SliceTable(kernels, template, { size: 10n, offset: 0n, multiplier: 1n })
      const n = 500
      const ids = place(
        kernels,
        Uint32Array.from({ length: n }, (_, i) => i),
      )
      const rows = kernels.scratch(n * 4)
      const slice = table.detached()
      table.rowsOf(slice, ids, n, rows)
      const addresses = u32(rows, n)
      for (const address of addresses) expect(kernels.take(address, 24)).toEqual(template)
      expect(new Set(addresses).size).toBe(n)
      table.rowsOf(slice, ids, n, rows)
      expect(u32(rows, n)).toEqual(addresses)
      table.release(slice)
      table.close()
    })
  })

  it('renames ids after a compaction, with their rows, and marks those it holds', () => {
    // Ids of two pages of blocks that rows share, and of many where they do not.
    const KEYS = 1200
    const inputs = fc.record({
      ids: fc.uniqueArray(fc.nat({ max: KEYS - 1 }), { minLength: 1, maxLength: 120 }),
      dead: fc.uniqueArray(fc.nat({ max: KEYS - 1 }), { maxLength: 400 }),
      stride,
    })
    fc.assert(
      fc.property(inputs, ({ ids, dead, stride: bytes }) =>
        inArena(kernels, () => {
          const grid = { size: 1n, offset: 0n, multiplier: 1n }
          const table = new SliceTable(kernels, templateOf(bytes), grid)
          const slice = table.detached()
          const rows = kernels.scratch(KEYS * 4)
          table.rowsOf(slice, place(kernels, Uint32Array.from(ids)), ids.length, rows)
          // Rows have to say whose they are, to the last of their bytes.
          const before = scanned(table, slice, 64)
          for (const [key, row] of before) kernels.data.setUint32(row + bytes - 4, key, true)
          const bits = place(kernels, new Uint8Array(KEYS / 8))
          table.mark(slice, bits)
          const held = new Set(ids)
          const isHeld = Array.from({ length: KEYS }, (_, key) => held.has(key))
          expect(kernels.take(bits, KEYS / 8)).toEqual(bitsOf(isHeld))
          // What is dead in other slices does not matter; what this one holds is alive.
          const gone = new Set(dead.filter((key) => !held.has(key)))
          let next = 0
          const map = Uint32Array.from({ length: KEYS }, (_, key) =>
            gone.has(key) ? 0xffffffff : next++,
          )
          table.remap(slice, place(kernels, map))
          const after = scanned(table, slice, 64)
          expect(
            after.map(([key, row]) => [key, kernels.data.getUint32(row + bytes - 4, true)]),
          ).toEqual(before.map(([key]) => [map[key], key]))
          expect(table.rowCount(slice)).toBe(before.length)
          // A row that was moved leaves one behind that is as good as new.
          const kept = new Map(after)
          const all = Uint32Array.from({ length: KEYS }, (_, key) => key)
          table.rowsOf(slice, place(kernels, all), KEYS, rows)
          const wrong = u32(rows, KEYS).filter((row, key) => {
            if (kept.has(key)) return row !== kept.get(key)
            return kernels.u8.subarray(row, row + bytes).some((byte, at) => byte !== (at & 255))
          })
          expect(wrong).toEqual([])
          table.close()
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('gives a key id the same row each time, in order or not, and after a compaction', () => {
    const KEYS = 400
    const someIds = fc.oneof(
      // All up to one, as a global aggregation has them; or any.
      fc.integer({ min: 1, max: KEYS }).map((n) => Array.from({ length: n }, (_, key) => key)),
      fc.array(fc.nat({ max: KEYS - 1 }), { minLength: 1, maxLength: 200 }),
    )
    const inputs = fc.record({
      batches: fc.array(someIds, { minLength: 1, maxLength: 5 }),
      after: fc.array(someIds, { minLength: 1, maxLength: 3 }),
      dead: fc.uniqueArray(fc.nat({ max: KEYS - 1 }), { maxLength: KEYS }),
      stride,
    })
    fc.assert(
      fc.property(inputs, ({ batches, after, dead, stride: bytes }) =>
        inArena(kernels, () => {
          const grid = { size: 1n, offset: 0n, multiplier: 1n }
          const table = new SliceTable(kernels, templateOf(bytes), grid)
          const slice = table.detached()
          let rowOf = new Map<number, number>()
          const take = (ids: readonly number[]): void => {
            const rows = kernels.scratch(ids.length * 4)
            table.rowsOf(slice, place(kernels, Uint32Array.from(ids)), ids.length, rows)
            u32(rows, ids.length).forEach((row, i) => {
              expect(row).toBe(rowOf.get(ids[i]!) ?? row)
              rowOf.set(ids[i]!, row)
            })
            const inOrder = [...rowOf].toSorted(([one], [two]) => one - two)
            expect(scanned(table, slice, 1000)).toEqual(inOrder)
            expect(new Set(rowOf.values()).size).toBe(rowOf.size)
          }
          for (const ids of batches) take(ids)
          const gone = new Set(dead.filter((key) => !rowOf.has(key)))
          let next = 0
          const map = Uint32Array.from({ length: KEYS }, (_, key) =>
            gone.has(key) ? 0xffffffff : next++,
          )
          table.remap(slice, place(kernels, map))
          const { size } = rowOf
          rowOf = new Map(scanned(table, slice, 1000))
          expect(rowOf.size).toBe(size)
          for (const ids of after) take(ids)
          table.close()
        }),
      ),
    )
  })

  it('takes times of any size: far slices, and an error beyond 2^53 of them', () => {
    inArena(kernels, () => {
      const far = 2n ** 63n - 1n
      const out = kernels.scratch(16)
      const kept = kernels.scratch(8)
      const ids = place(kernels, new Uint32Array(4))
      const times = place(kernels, BigInt64Array.of(0n, far, -far - 1n, 1n))
      const wide = new SliceTable(kernels, template, { size: 10_000n, offset: 7n, multiplier: 1n })
      expect(wide.assign(times, ids, 4, out, kept)).toBeUndefined()
      expect(wide.created().map(({ index }) => BigInt(index))).toEqual([
        -1n,
        (far - 7n) / 10_000n,
        (-far - 8n) / 10_000n - 1n,
      ])
      wide.close()
      const narrow = new SliceTable(kernels, template, { size: 1n, offset: 0n, multiplier: 1n })
      expect(narrow.assign(times, ids, 4, out, kept)).toBe(1)
      narrow.close()
    })
  })

  it('divides exactly at the borders of slices of any size', () => {
    const inputs = fc.record({
      size: fc.oneof(fc.bigInt(1n, 100n), fc.bigInt(1n, 2n ** 40n), fc.bigInt(1n, 2n ** 60n)),
      shift: fc.bigInt(0n, 2n ** 60n),
      base: fc.bigInt(-(2n ** 61n), 2n ** 61n),
      places: fc.array(
        fc.record({ slice: fc.nat({ max: 300 }), by: fc.integer({ min: -1, max: 1 }) }),
        {
          maxLength: 150,
        },
      ),
    })
    fc.assert(
      fc.property(inputs, ({ size, shift, base, places }) =>
        inArena(kernels, () => {
          const offset = shift % size
          const indexOf = (time: bigint): bigint => {
            const from = time - offset
            return from / size - (from % size < 0n ? 1n : 0n)
          }
          const first = indexOf(base)
          const times = places
            .map(({ slice, by }) => (first + BigInt(slice)) * size + offset + BigInt(by))
            .filter((time) => BigInt.asIntN(63, time) === time)
            .filter((time) => indexOf(time) ** 2n < 2n ** 106n)
          const n = times.length
          const table = new SliceTable(kernels, template, { size, offset, multiplier: 1n })
          const out = kernels.scratch(n * 4)
          const at = place(kernels, BigInt64Array.from(times), 3)
          const ids = place(kernels, new Uint32Array(n))
          expect(table.assign(at, ids, n, out, kernels.scratch((n + 7) >> 3))).toBeUndefined()
          const indexByRow = new Map(
            table.created().map(({ index, ptr }) => [scanned(table, ptr, 2)[0]![1], BigInt(index)]),
          )
          expect(u32(out, n).map((row) => indexByRow.get(row))).toEqual(times.map(indexOf))
          table.close()
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('gives all its memory back', () => {
    const before = kernels.exports.allocated()
    inArena(kernels, () => {
      const table = new SliceTable(kernels, template, { size: 1n, offset: 0n, multiplier: 1n })
      const n = 1000
      const rows = kernels.scratch(n * 4)
      const ids = place(
        kernels,
        Uint32Array.from({ length: n }, (_, i) => i * 50),
      )
      const times = place(
        kernels,
        BigInt64Array.from({ length: n }, (_, i) => BigInt(i)),
      )
      table.assign(times, ids, n, rows, kernels.scratch(n >> 3))
      table.close()
    })
    expect(kernels.exports.allocated() - before).toBeLessThanOrEqual(2 << 20)
  })
})
