// Property tests of the kernels that decode Parquet's plain values, against their scalar twins.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CORRUPT } from '../../src/kernels/hybrid.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { NO_ROW } from '../../src/kernels/operand.ts'
import {
  byteStreamMerge,
  decimalDecode,
  dictionaryBytes,
  dictionaryFixed,
  dictionaryOffsets,
  evenOffsets,
  float16ToFloat32,
  int96ToNanos,
  plainBytesDecode,
  plainBytesMeasure,
  spreadBits,
  spreadFixed,
  spreadOffsets,
} from '../../src/kernels/parquet-decode.ts'
import { bitsOf, bools, inArena, lengths, place, readBits } from './linear-memory.ts'
import * as twin from './reference/parquet-decode.ts'

const kernels = new Kernels()
const texts = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 40 })

function plain(values: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(
    values.flatMap((value) => [...new Uint8Array(Uint32Array.of(value.length).buffer), ...value]),
  )
}

function offsetsOf(values: readonly Uint8Array[]): Int32Array {
  let sum = 0
  return Int32Array.from([0, ...values.map((value) => (sum += value.length))])
}

const readOffsets = (ptr: number, n: number): number[] => [
  ...kernels.i32.subarray(ptr >> 2, (ptr >> 2) + n + 1),
]

describe('plain byte arrays', () => {
  it('become offsets and bytes, on from where the column is', () => {
    fc.assert(
      fc.property(texts, fc.nat({ max: 60 }), fc.nat({ max: 5 }), (values, base, misalignment) =>
        inArena(kernels, () => {
          const page = plain(values)
          const start = place(kernels, page, misalignment)
          const end = start + page.length
          const n = values.length
          const total = plainBytesMeasure(kernels, start, end, n)
          const outOffsets = kernels.scratch((n + 1) * 4)
          const out = kernels.scratch(base + total)
          kernels.u32[outOffsets >> 2] = base
          expect(plainBytesDecode(kernels, start, n, outOffsets, out + base)).toBe(end)
          expect(readOffsets(outOffsets, n)).toEqual([...offsetsOf(values)].map((at) => at + base))
          expect([...kernels.take(out + base, total)]).toEqual(values.flatMap((v) => [...v]))
        }),
      ),
    )
  })

  it('are measured as the twin does, also when lengths are wrong or the page is cut', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 })
    fc.assert(
      fc.property(texts, changes, fc.nat({ max: 5 }), (values, changed, cut) =>
        inArena(kernels, () => {
          const page = plain(values)
          for (const [at, byte] of changed) if (page.length > 0) page[at % page.length] = byte
          const there = page.subarray(0, Math.max(0, page.length - cut))
          const n = values.length
          const bytes = twin.plainBytes(
            there,
            n,
            new Int32Array(n + 1),
            new Uint8Array(page.length),
          )
          const start = place(kernels, there, 1)
          const got = plainBytesMeasure(kernels, start, start + there.length, n)
          expect(got).toBe(bytes < 0 ? CORRUPT : bytes)
        }),
      ),
    )
  })

  it('of one length get offsets without being read', () => {
    inArena(kernels, () => {
      const offsets = kernels.scratch(6 * 4)
      kernels.u32[offsets >> 2] = 7
      evenOffsets(kernels, 16, 5, offsets)
      expect(readOffsets(offsets, 5)).toEqual([7, 23, 39, 55, 71, 87])
    })
  })
})

describe('dictionaries', () => {
  it.each([1, 2, 4, 8, 16] as const)('of %i-byte values give what the indices name', (width) => {
    const inputs = fc
      .uint8Array({ minLength: width, maxLength: width * 20 })
      .chain((bytes) =>
        fc.tuple(
          fc.constant(bytes),
          fc.array(fc.nat({ max: Math.floor(bytes.length / width) - 1 }), { maxLength: 80 }),
        ),
      )
    fc.assert(
      fc.property(inputs, fc.nat({ max: 7 }), ([bytes, indices], misalignment) =>
        inArena(kernels, () => {
          const n = indices.length
          const out = kernels.scratch(n * width)
          const rows = place(kernels, Uint32Array.from(indices))
          dictionaryFixed(kernels, width, place(kernels, bytes, misalignment), rows, n, out)
          const expected = indices.flatMap((i) => [...bytes.subarray(i * width, (i + 1) * width)])
          expect([...kernels.take(out, n * width)]).toEqual(expected)
        }),
      ),
    )
  })

  it('of byte arrays give what the indices name, on from where the column is', () => {
    const inputs = fc
      .array(fc.uint8Array({ maxLength: 50 }), { minLength: 1, maxLength: 20 })
      .chain((values) =>
        fc.tuple(
          fc.constant(values),
          fc.array(fc.nat({ max: values.length - 1 }), { maxLength: 80 }),
          fc.nat({ max: 40 }),
        ),
      )
    fc.assert(
      fc.property(inputs, ([values, indices, base]) =>
        inArena(kernels, () => {
          const n = indices.length
          const bytes = Uint8Array.from(values.flatMap((value) => [...value]))
          const dictionary = {
            offsets: place(kernels, offsetsOf(values)),
            values: place(kernels, bytes, 5),
          }
          const rows = place(kernels, Uint32Array.from(indices))
          const outOffsets = kernels.scratch((n + 1) * 4)
          kernels.u32[outOffsets >> 2] = base
          const total = dictionaryOffsets(kernels, dictionary.offsets, rows, n, outOffsets)
          const out = kernels.scratch(base + total)
          dictionaryBytes(kernels, dictionary, rows, n, outOffsets, out)
          const [offsets, expected] = [new Int32Array(n + 1), new Uint8Array(total)]
          const wanted = Uint32Array.from(indices)
          twin.dictionaryBytes(offsetsOf(values), bytes, wanted, n, offsets, expected)
          expect(readOffsets(outOffsets, n)).toEqual([...offsets].map((at) => at + base))
          expect(kernels.take(out + base, total)).toEqual(expected)
        }),
      ),
    )
  })
})

describe('conversions', () => {
  it('of 96-bit timestamps equal the twin, and stop at the first that does not fit', () => {
    const nanos = fc.bigInt({ min: -5n, max: 86_400_000_000_005n })
    const day = fc.oneof(
      fc.integer({ min: 2_333_836, max: 2_547_340 }),
      fc.constantFrom(2_333_836, 2_333_837, 2_547_338, 2_547_339, 0, -1, 2 ** 31 - 1),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(nanos, day), { maxLength: 20 }), (times) =>
        inArena(kernels, () => {
          const from = kernels.scratch(times.length * 12) + 1
          times.forEach(([n, d], i) => {
            kernels.data.setBigInt64(from + i * 12, n, true)
            kernels.data.setInt32(from + i * 12 + 8, d, true)
          })
          const out = kernels.scratch(times.length * 8)
          const expected = times.map(([n, d]) => twin.int96ToNanos(n, d))
          const bad = expected.indexOf(undefined)
          expect(int96ToNanos(kernels, from, times.length, out)).toBe(bad < 0 ? NO_ROW : bad)
          const good = bad < 0 ? times.length : bad
          const got = kernels.i64.slice(out >> 3, (out >> 3) + good)
          expect([...got]).toEqual(expected.slice(0, good))
        }),
      ),
    )
  })

  it.each([8, 16] as const)('of big-endian numbers to %i bytes equal the twin', (width) => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 20 }), (values) =>
        inArena(kernels, () => {
          const offsets = place(kernels, offsetsOf(values))
          const bytes = place(kernels, Uint8Array.from(values.flatMap((v) => [...v])), 3)
          const out = kernels.scratch(values.length * width)
          const expected = values.map((value) => twin.decimal(value, width))
          const bad = expected.indexOf(undefined)
          const got = decimalDecode(kernels, { offsets, bytes }, values.length, width, out)
          expect(got).toBe(bad < 0 ? NO_ROW : bad)
          expected.slice(0, bad < 0 ? values.length : bad).forEach((value, i) => {
            const low = kernels.data.getBigUint64(out + i * width, true)
            const high = width === 8 ? 0n : kernels.data.getBigUint64(out + i * 16 + 8, true)
            expect(BigInt.asIntN(width * 8, (high << 64n) | low)).toBe(value)
          })
        }),
      ),
    )
  })

  it('of half floats are exact, all 65,536', () => {
    inArena(kernels, () => {
      const halves = Uint16Array.from({ length: 65_536 }, (_, i) => i)
      const out = kernels.scratch(65_536 * 4)
      float16ToFloat32(kernels, place(kernels, halves, 1), 65_536, out)
      const got = kernels.f32.subarray(out >> 2, (out >> 2) + 65_536)
      halves.forEach((half, i) => expect(Object.is(got[i], twin.float16(half))).toBe(true))
    })
  })

  it.each([1, 2, 4, 8, 12, 16])('of split bytes join values of %i bytes', (width) => {
    fc.assert(
      fc.property(lengths(16, 90), fc.nat({ max: 20 }), fc.nat({ max: 20 }), (n, first, behind) =>
        inArena(kernels, () => {
          const total = first + n + behind
          const bytes = Uint8Array.from(
            { length: total * width },
            (_, i) => (i * 7 + (i >> 8)) & 255,
          )
          const expected = new Uint8Array(n * width)
          twin.byteStreamMerge(bytes, total, first, n, width, expected)
          const out = kernels.scratch(n * width)
          byteStreamMerge(kernels, place(kernels, bytes, 3), total, first, n, width, out)
          expect(kernels.take(out, n * width)).toEqual(expected)
        }),
      ),
    )
  })
})

describe('spreading', () => {
  const rows = lengths(8, 200).chain((n) => bools(n))

  it.each([1, 2, 4, 8, 16] as const)('puts values of %i bytes where rows are valid', (width) => {
    fc.assert(
      fc.property(rows, (isValid) =>
        inArena(kernels, () => {
          const n = isValid.length
          const set = isValid.filter(Boolean).length
          const dense = Uint8Array.from({ length: set * width }, (_, i) => i * 13 + 1)
          const values = kernels.scratch(n * width)
          kernels.u8.set(dense, values)
          spreadFixed(kernels, values, width, place(kernels, bitsOf(isValid)), n, set)
          let next = 0
          isValid.forEach((valid, row) => {
            if (!valid) return
            const got = kernels.take(values + row * width, width)
            expect(got).toEqual(dense.subarray(next, next + width))
            next += width
          })
        }),
      ),
    )
  })

  it('gives nulls no bytes in offsets', () => {
    fc.assert(
      fc.property(rows, (isValid) =>
        inArena(kernels, () => {
          const n = isValid.length
          const set = isValid.filter(Boolean).length
          const offsets = kernels.scratch((n + 1) * 4)
          kernels.u32.set(
            Uint32Array.from({ length: set + 1 }, (_, i) => i * 3 + 2),
            offsets >> 2,
          )
          spreadOffsets(kernels, offsets, place(kernels, bitsOf(isValid)), n, set)
          let at = 2
          const expected = [2, ...isValid.map((valid) => (valid ? (at += 3) : at))]
          expect(readOffsets(offsets, n)).toEqual(expected)
        }),
      ),
    )
  })

  it('puts bits where rows are valid, and 0 elsewhere', () => {
    fc.assert(
      fc.property(rows, bools(201), (isValid, source) =>
        inArena(kernels, () => {
          const n = isValid.length
          const out = kernels.scratch((n >> 3) + 1)
          const bits = place(kernels, bitsOf(source))
          spreadBits(kernels, bits, place(kernels, bitsOf(isValid)), n, out)
          let next = 0
          const expected = isValid.map((valid) => valid && source[next++]!)
          expect(readBits(kernels, out, n)).toEqual(bitsOf(expected))
        }),
      ),
    )
  })
})
