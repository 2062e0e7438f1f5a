// Property tests of the kernels that encode Parquet's plain values, against their scalar twins.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import {
  decimalEncode,
  extremesBytes,
  extremesFixed,
  plainBytesEncode,
} from '../../src/kernels/parquet-encode.ts'
import { inArena, place } from './linear-memory.ts'
import * as twin from './reference/parquet-encode.ts'

const kernels = new Kernels()
const texts = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 40 })

function offsetsOf(values: readonly Uint8Array[], base: number): Int32Array {
  let sum = base
  return Int32Array.from([base, ...values.map((value) => (sum += value.length))])
}

describe('plain values', () => {
  it('of byte arrays are their lengths and bytes, also of a slice', () => {
    fc.assert(
      fc.property(texts, fc.nat({ max: 20 }), (values, base) =>
        inArena(kernels, () => {
          const offsets = offsetsOf(values, base)
          const bytes = Uint8Array.from([...new Uint8Array(base), ...values.flatMap((v) => [...v])])
          const expected = new Uint8Array(values.length * 4 + bytes.length)
          const size = twin.plainBytes(offsets, bytes, values.length, expected)
          const out = kernels.scratch(expected.length)
          const [at, from] = [place(kernels, offsets, 4), place(kernels, bytes, 1)]
          expect(plainBytesEncode(kernels, at, from, values.length, out)).toBe(size)
          expect(kernels.take(out, size)).toEqual(expected.subarray(0, size))
        }),
      ),
    )
  })

  it('of 128-bit integers are big-endian', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (source) =>
        inArena(kernels, () => {
          const bytes = source.subarray(0, source.length - (source.length % 16))
          const out = kernels.scratch(bytes.length)
          decimalEncode(kernels, place(kernels, bytes, 5), bytes.length / 16, out)
          for (let at = 0; at < bytes.length; at += 16) {
            const expected = bytes.slice(at, at + 16).toReversed()
            expect(kernels.take(out + at, 16)).toEqual(expected)
          }
        }),
      ),
    )
  })
})

describe('extremes', () => {
  const kinds = [
    ['int32', fc.int32Array({ maxLength: 60 })],
    ['uint32', fc.uint32Array({ maxLength: 60 })],
    ['int64', fc.bigInt64Array({ maxLength: 60 })],
    ['uint64', fc.bigUint64Array({ maxLength: 60 })],
    ['float32', fc.float32Array({ maxLength: 60 })],
    ['float64', fc.float64Array({ maxLength: 60 })],
  ] as const

  it.each(kinds)('of %s are those of the twin; NaN is left out', (kind, arrays) => {
    fc.assert(
      fc.property(
        arrays as fc.Arbitrary<Float64Array>,
        fc.constantFrom(0, 1, 5),
        (values, misalignment) =>
          inArena(kernels, () => {
            const expected = twin.extremes(values, values.length)
            const ptr = place(kernels, values, misalignment)
            const got = extremesFixed(kernels, kind, ptr, values.length)
            expect(got === undefined).toBe(expected === undefined)
            // A zero has no sign here.
            expect(got?.smallest == expected?.[0]).toBe(true)
            expect(got?.largest == expected?.[1]).toBe(true)
          }),
      ),
    )
  })

  it('of texts compare bytes without sign, and shorter before longer', () => {
    const similar = fc.array(
      fc
        .array(fc.constantFrom(0, 1, 127, 128, 255), { maxLength: 20 })
        .map((v) => Uint8Array.from(v)),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(fc.oneof(texts, similar), (values) =>
        inArena(kernels, () => {
          const offsets = offsetsOf(values, 0)
          const bytes = Uint8Array.from(values.flatMap((value) => [...value]))
          const rows = twin.extremesBytes(offsets, bytes, values.length)
          const [at, from] = [place(kernels, offsets), place(kernels, bytes, 3)]
          const got = extremesBytes(kernels, at, from, values.length)
          expect(got && [got.smallest, got.largest]).toEqual(rows)
        }),
      ),
    )
  })
})
