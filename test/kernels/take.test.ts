// Property tests of the gather kernels against their scalar twins.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bitmapAppend } from '../../src/kernels/bitmap.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { takeBits, takeFixed, takeRebased, takeVariable } from '../../src/kernels/take.ts'
import { bitsOf, bools, inArena, lengths, place, readBits } from './linear-memory.ts'
import * as twin from './reference/take.ts'

const kernels = new Kernels()

/** Row numbers of a column of n rows, in any order, some of them missing. */
const rowsOf = (n: number, max = 100): fc.Arbitrary<number[]> =>
  lengths(8, max).chain((length) =>
    fc.array(
      n === 0
        ? fc.constant(twin.NO_ROW)
        : fc.oneof(fc.nat({ max: n - 1 }), fc.constant(twin.NO_ROW)),
      {
        minLength: length,
        maxLength: length,
      },
    ),
  )

const places = (rows: readonly number[]): { rows: number; length: number } => ({
  rows: place(kernels, Uint32Array.from(rows)),
  length: rows.length,
})

describe('take', () => {
  it.each([1, 2, 4, 8, 16] as const)('of %i-byte values gathers what rows say', (width) => {
    const inputs = fc
      .uint8Array({ minLength: width, maxLength: 40 * width })
      .chain((bytes) => fc.tuple(fc.constant(bytes), rowsOf(Math.floor(bytes.length / width))))
    fc.assert(
      fc.property(inputs, fc.nat({ max: 9 }), ([bytes, rows], misalignment) =>
        inArena(kernels, () => {
          const values = place(kernels, bytes, misalignment)
          const out = takeFixed(kernels, width, values, places(rows))
          rows.forEach((row, i) => {
            if (row === twin.NO_ROW) return
            const got = kernels.take(out + i * width, width)
            expect(got).toEqual(bytes.slice(row * width, (row + 1) * width))
          })
        }),
      ),
    )
  })

  it('of bits equals the twin, where no bitmap means all set and no row means 0', () => {
    const inputs = fc
      .integer({ min: 1, max: 200 })
      .chain((n) => fc.tuple(fc.option(bools(n)), rowsOf(n)))
    fc.assert(
      fc.property(inputs, ([source, rows]) =>
        inArena(kernels, () => {
          const bits = source === null ? undefined : bitsOf(source)
          const expected = new Uint8Array((rows.length + 7) >> 3)
          const set = twin.takeBits(bits, Uint32Array.from(rows), rows.length, expected)
          const out = takeBits(kernels, bits ? place(kernels, bits) : 0, places(rows))
          expect(readBits(kernels, out.bits, rows.length)).toEqual(expected)
          expect(out.zeros).toBe(rows.length - set)
        }),
      ),
    )
  })

  it('of strings equals the twin, also of a slice whose first offset is not 0', () => {
    const inputs = fc
      .array(fc.uint8Array({ maxLength: 50 }), { minLength: 1, maxLength: 30 })
      .chain((values) => fc.tuple(fc.constant(values), rowsOf(values.length), fc.nat({ max: 20 })))
    fc.assert(
      fc.property(inputs, ([values, rows, base]) =>
        inArena(kernels, () => {
          const offsets = offsetsOf(values, base)
          const bytes = new Uint8Array([...new Uint8Array(base), ...values.flatMap((v) => [...v])])
          const total = rows.reduce((sum, row) => sum + (values[row]?.length ?? 0), 0)
          const [outOffsets, out] = [new Int32Array(rows.length + 1), new Uint8Array(total)]
          twin.takeVariable(offsets, bytes, Uint32Array.from(rows), rows.length, outOffsets, out)
          const taken = takeVariable(
            kernels,
            place(kernels, offsets, 4),
            place(kernels, bytes, 3),
            places(rows),
          )
          const start = taken.offsets >> 2
          expect(kernels.i32.slice(start, start + rows.length + 1)).toEqual(outOffsets)
          expect(kernels.take(taken.values, total)).toEqual(out)
        }),
      ),
    )
  })

  it('refuses strings of more than 2 GiB', () => {
    inArena(kernels, () => {
      const offsets = place(kernels, Int32Array.from([0, 2 ** 30]))
      const rows = places([0, 0])
      expect(() => takeVariable(kernels, offsets, 64, rows)).toThrow(
        expect.objectContaining({ code: 'RECORD_TOO_LARGE' }),
      )
    })
  })

  it('appends slices: offsets are rebased, values and validity follow', () => {
    const slices = fc.array(
      fc.array(fc.option(fc.uint8Array({ maxLength: 12 })), { maxLength: 20 }),
      { maxLength: 5 },
    )
    fc.assert(
      fc.property(slices, fc.nat({ max: 9 }), (parts, base) =>
        inArena(kernels, () => {
          const all = parts.flat()
          const total = all.length
          const offsets = kernels.scratch((total + 1) * 4)
          const validity = place(kernels, new Uint8Array((total + 7) >> 3))
          kernels.u32[offsets >> 2] = 0
          let [rows, bytes] = [0, 0]
          for (const part of parts) {
            const values = part.map((value) => value ?? new Uint8Array())
            const from = place(kernels, offsetsOf(values, base), 4)
            takeRebased(kernels, from, part.length, bytes, offsets + rows * 4)
            const bits = place(kernels, bitsOf(part.map((value) => value !== null)))
            bitmapAppend(kernels, validity, rows, bits, part.length)
            rows += part.length
            bytes += values.reduce((sum, value) => sum + value.length, 0)
          }
          const expected = offsetsOf(
            all.map((value) => value ?? new Uint8Array()),
            0,
          )
          const start = offsets >> 2
          expect(kernels.i32.slice(start, start + total + 1)).toEqual(expected)
          if (total > 0) {
            const isValid = all.map((value) => value !== null)
            expect(readBits(kernels, validity, total)).toEqual(bitsOf(isValid))
          }
        }),
      ),
    )
  })
})

function offsetsOf(values: readonly Uint8Array[], base: number): Int32Array {
  const offsets = Int32Array.from({ length: values.length + 1 }, () => base)
  values.forEach((value, i) => (offsets[i + 1] = offsets[i]! + value.length))
  return offsets
}
