// Property tests of the kernels that gather from chunks against their scalar twins.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CHUNK_ROWS,
  chunkedPutViews,
  chunkedTakeBits,
  chunkedTakeFixed,
  chunkedTakeViews,
  Chunks,
} from '../../src/kernels/chunked.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { inArena, lengths, place, readBits } from './linear-memory.ts'
import * as twin from './reference/chunked.ts'

const kernels = new Kernels()

const CHUNK_COUNT = 3

/** Row numbers in any order, on the borders of chunks often. */
const rowNumbers = lengths(8).chain((length) =>
  fc.array(
    fc.oneof(
      fc.nat({ max: CHUNK_COUNT * CHUNK_ROWS - 1 }),
      fc.constantFrom(0, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_COUNT * CHUNK_ROWS - 1),
    ),
    { minLength: length, maxLength: length },
  ),
)

const places = (rows: readonly number[]) => ({
  rows: place(kernels, Uint32Array.from(rows)),
  length: rows.length,
})

/** Bytes that differ from row to row. */
const filled = (bytes: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, i) => (i * 167 + (i >> 8) * 31 + seed) & 0xff)

function chunksOf(contents: readonly (Uint8Array | undefined)[], bitsPerRow: number): Chunks {
  const chunks = new Chunks(kernels, bitsPerRow)
  contents.forEach((content, i) => {
    if (content === undefined) return
    const chunk = chunks.make(i)
    kernels.u8.set(content, chunk)
  })
  return chunks
}

describe('chunks', () => {
  it('have the rows that a twin has: the shift is one', () => {
    expect(CHUNK_ROWS).toBe(2 ** twin.SHIFT)
  })

  it.each([1, 2, 4, 8, 16] as const)('give %i-byte values by row number', (width) => {
    const contents = [0, 1, 2].map((seed) => filled(CHUNK_ROWS * width, seed))
    const chunks = chunksOf(contents, width * 8)
    // The twin takes one byte of a value at a time.
    const planes = Array.from({ length: width }, (_, byte) =>
      contents.map((content) => content.filter((__, i) => i % width === byte)),
    )
    fc.assert(
      fc.property(rowNumbers, (rows) =>
        inArena(kernels, () => {
          const out = chunkedTakeFixed(kernels, width, chunks, places(rows))
          const expected = new Uint8Array(rows.length * width)
          planes.forEach((plane, byte) => {
            const column = new Uint8Array(rows.length)
            if (rows.length > 0) twin.take(plane, Uint32Array.from(rows), rows.length, column)
            column.forEach((value, i) => (expected[i * width + byte] = value))
          })
          expect(kernels.take(out, rows.length * width)).toEqual(expected)
        }),
      ),
    )
    chunks.close()
  })

  it('give bits by row number, ones where there is no bitmap', () => {
    const contents = [filled(CHUNK_ROWS / 8, 5), undefined, filled(CHUNK_ROWS / 8, 9)]
    const chunks = chunksOf(contents, 1)
    fc.assert(
      fc.property(rowNumbers, (rows) =>
        inArena(kernels, () => {
          const expected = new Uint8Array((rows.length + 7) >> 3)
          const set = twin.takeBits(contents, Uint32Array.from(rows), rows.length, expected)
          const out = chunkedTakeBits(kernels, chunks, places(rows))
          expect(readBits(kernels, out.bits, rows.length)).toEqual(expected)
          expect(out.zeros).toBe(rows.length - set)
        }),
      ),
    )
    chunks.close()
  })

  it('give texts by row number, from wherever their views say that they are', () => {
    const texts = fc.array(fc.uint8Array({ maxLength: 70 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(
        texts,
        fc.nat({ max: 9 }),
        fc.array(fc.nat(), { maxLength: 60 }),
        (values, base, picks) =>
          inArena(kernels, () => {
            const offsets = new Int32Array(values.length + 1).fill(base)
            values.forEach((value, i) => (offsets[i + 1] = offsets[i]! + value.length))
            const address = place(kernels, new Uint8Array(values.flatMap((value) => [...value])), 3)
            const chunks = new Chunks(kernels, 64)
            // Over a border of chunks: the last three rows of one, the others in the next.
            const early = Math.min(3, values.length)
            const first = CHUNK_ROWS - early
            const from = place(kernels, offsets, 4)
            chunkedPutViews(kernels, from, early, address, chunks.make(0) + first * 8)
            const rest = address + offsets[early]! - base
            const late = values.length - early
            chunkedPutViews(kernels, from + early * 4, late, rest, chunks.make(1))
            const rows = picks.map((pick) => first + (pick % values.length))

            const taken = chunkedTakeViews(kernels, chunks, places(rows))
            const views = [new Uint32Array(CHUNK_ROWS * 2), new Uint32Array(CHUNK_ROWS * 2)]
            const [addresses, sizes] = [
              new Uint32Array(values.length),
              new Uint32Array(values.length),
            ]
            twin.putViews(offsets, values.length, address, addresses, sizes)
            values.forEach((_, i) => {
              const row = first + i
              const view = views[row >>> twin.SHIFT]!
              view[(row % CHUNK_ROWS) * 2] = addresses[i]!
              view[(row % CHUNK_ROWS) * 2 + 1] = sizes[i]!
            })
            const total = rows.reduce((sum, row) => sum + values[row - first]!.length, 0)
            const [outOffsets, out] = [new Int32Array(rows.length + 1), new Uint8Array(total)]
            twin.takeViews(views, kernels.u8, Uint32Array.from(rows), rows.length, outOffsets, out)
            const at = taken.offsets >> 2
            expect(kernels.i32.slice(at, at + rows.length + 1)).toEqual(outOffsets)
            expect(kernels.take(taken.values, total)).toEqual(out)
            expect(Buffer.from(out)).toEqual(Buffer.concat(rows.map((row) => values[row - first]!)))
            chunks.close()
          }),
      ),
    )
  })
})
