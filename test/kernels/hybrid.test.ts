// Property tests of the hybrid kernels against their scalar twins: runs of both kinds in any mixture, read
// in pieces of any size, whole, cut short and from random bytes.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CORRUPT,
  HYBRID_STATE_BYTES,
  hybridAppendBits,
  hybridBound,
  hybridDecode32,
  hybridDecode8,
  hybridDecodeBits,
  hybridEncode32,
  hybridEncode8,
  hybridEncodeBits,
  hybridOpen,
} from '../../src/kernels/hybrid.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { bitsOf, bools, inArena, lengths, place, readBits } from './linear-memory.ts'
import * as twin from './reference/hybrid.ts'

const kernels = new Kernels()

const valuesOf = (width: number, max = 200): fc.Arbitrary<number[]> => {
  const value = fc.integer({ min: 0, max: 2 ** width - 1 })
  return fc
    .array(
      fc.oneof(
        fc.array(value, { maxLength: 40 }),
        fc
          .tuple(value, fc.integer({ min: 1, max: 60 }))
          .map(([v, n]) => Array.from({ length: n }, () => v)),
      ),
      { maxLength: 6 },
    )
    .map((runs) => (runs.flat() as number[]).slice(0, max))
}

/** Runs as a writer may make them: packed ones hold a multiple of 8 values. */
const encoded = (width: number): fc.Arbitrary<{ bytes: Uint8Array; values: number[] }> => {
  const value = fc.integer({ min: 0, max: 2 ** width - 1 })
  const packed = fc
    .integer({ min: 1, max: 9 })
    .chain((groups) => fc.array(value, { minLength: groups * 8, maxLength: groups * 8 }))
    .map((values) => ({ bytes: twin.hybridEncodePacked(values, width), values }))
  const repeated = fc.tuple(value, fc.integer({ min: 1, max: 300 })).map(([v, count]) => ({
    bytes: twin.hybridEncodeRepeated(v, count, width),
    values: Array.from({ length: count }, () => v),
  }))
  return fc.array(fc.oneof(packed, repeated), { minLength: 1, maxLength: 6 }).map((runs) => ({
    bytes: Uint8Array.from(runs.flatMap((run) => [...run.bytes])),
    values: runs.flatMap((run) => run.values),
  }))
}

const pieces = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 8 })

function open(bytes: Uint8Array, width: number): number {
  const state = kernels.scratch(HYBRID_STATE_BYTES)
  hybridOpen(kernels, state, place(kernels, bytes, 3), bytes.length, width)
  return state
}

describe('hybrid runs', () => {
  it('of any width decode to u32 in pieces of any size', () => {
    const inputs = fc
      .integer({ min: 0, max: 32 })
      .chain((width) => fc.tuple(fc.constant(width), encoded(width), pieces))
    fc.assert(
      fc.property(inputs, ([width, { bytes, values }, sizes]) =>
        inArena(kernels, () => {
          const state = open(bytes, width)
          const got: number[] = []
          for (let i = 0; got.length < values.length; i++) {
            const n = Math.min(sizes[i % sizes.length]!, values.length - got.length)
            const out = kernels.scratch(n * 4)
            const largest = hybridDecode32(kernels, state, n, out)
            const piece = [...kernels.u32.subarray(out >> 2, (out >> 2) + n)]
            expect(largest).toBe(Math.max(...piece))
            got.push(...piece)
          }
          expect(got).toEqual(values)
          if (width > 0) expect(hybridDecode32(kernels, state, 1, kernels.scratch(4))).toBe(CORRUPT)
        }),
      ),
    )
  })

  it('of up to 8 bits decode to bytes', () => {
    const inputs = fc
      .integer({ min: 0, max: 8 })
      .chain((width) => fc.tuple(fc.constant(width), encoded(width), pieces))
    fc.assert(
      fc.property(inputs, ([width, { bytes, values }, sizes]) =>
        inArena(kernels, () => {
          const state = open(bytes, width)
          const got: number[] = []
          for (let i = 0; got.length < values.length; i++) {
            const n = Math.min(sizes[i % sizes.length]!, values.length - got.length)
            const out = kernels.scratch(n)
            expect(hybridDecode8(kernels, state, n, out)).not.toBe(CORRUPT)
            got.push(...kernels.take(out, n))
          }
          expect(got).toEqual(values)
        }),
      ),
    )
  })

  it('of one bit decode to a bitmap, behind the bits that are there', () => {
    fc.assert(
      fc.property(encoded(1), pieces, bools(13), ({ bytes, values }, sizes, before) =>
        inArena(kernels, () => {
          const state = open(bytes, 1)
          const out = place(kernels, bitsOf(before), 0)
          const room = kernels.scratch(values.length >> 3)
          expect(room).toBeGreaterThan(out)
          let done = 0
          for (let i = 0; done < values.length; i++) {
            const n = Math.min(sizes[i % sizes.length]!, values.length - done)
            const set = hybridDecodeBits(kernels, state, n, out, before.length + done)
            expect(set).toBe(values.slice(done, done + n).filter((bit) => bit === 1).length)
            done += n
          }
          const all = [...before, ...values.map((bit) => bit === 1)]
          expect(readBits(kernels, out, all.length)).toEqual(bitsOf(all))
        }),
      ),
    )
  })

  it('from random bytes decode as the twin says, or are refused as it says', () => {
    const inputs = fc.tuple(
      fc.uint8Array({ maxLength: 60 }),
      fc.integer({ min: 0, max: 32 }),
      fc.integer({ min: 1, max: 300 }),
    )
    fc.assert(
      fc.property(inputs, ([bytes, width, n]) =>
        inArena(kernels, () => {
          const expected = new Uint32Array(n)
          const largest = twin.hybridDecode(bytes, width, n, expected)
          const out = kernels.scratch(n * 4)
          const got = hybridDecode32(kernels, open(bytes, width), n, out)
          expect(got).toBe(largest ?? CORRUPT)
          if (largest !== undefined) {
            expect(kernels.u32.slice(out >> 2, (out >> 2) + n)).toEqual(expected)
          }
        }),
      ),
      { numRuns: 1000 },
    )
  })
})

describe('hybrid encoding', () => {
  it('of u32 gives the twin its values back, in the bytes that the twin makes', () => {
    const inputs = fc
      .integer({ min: 1, max: 32 })
      .chain((width) => fc.tuple(fc.constant(width), valuesOf(width)))
    fc.assert(
      fc.property(inputs, ([width, values]) =>
        inArena(kernels, () => {
          const n = values.length
          const bound = hybridBound(kernels, n, width)
          const out = kernels.scratch(bound)
          const from = place(kernels, Uint32Array.from(values), 4)
          const bytes = hybridEncode32(kernels, from, n, width, out)
          expect(bytes).toBeLessThanOrEqual(bound)
          const expected = new Uint8Array(bound)
          const size = twin.hybridEncode(Uint32Array.from(values), n, width, expected)
          expect(kernels.take(out, bytes)).toEqual(expected.subarray(0, size))
          const decoded = new Uint32Array(n)
          expect(twin.hybridDecode(kernels.take(out, bytes), width, n, decoded)).toBeDefined()
          expect([...decoded]).toEqual(values)
        }),
      ),
    )
  })

  it('of bytes equals that of u32', () => {
    const inputs = fc
      .integer({ min: 1, max: 8 })
      .chain((width) => fc.tuple(fc.constant(width), valuesOf(width)))
    fc.assert(
      fc.property(inputs, ([width, values]) =>
        inArena(kernels, () => {
          const n = values.length
          const [a, b] = [0, 0].map(() => kernels.scratch(hybridBound(kernels, n, width)))
          const narrow = place(kernels, Uint8Array.from(values), 1)
          const wide = place(kernels, Uint32Array.from(values))
          const bytes = hybridEncode8(kernels, narrow, n, width, a!)
          expect(bytes).toBe(hybridEncode32(kernels, wide, n, width, b!))
          expect(kernels.take(a!, bytes)).toEqual(kernels.take(b!, bytes))
        }),
      ),
    )
  })

  it('of bits decodes to them', () => {
    fc.assert(
      fc.property(
        lengths(8, 200).chain((n) => bools(n)),
        (values) =>
          inArena(kernels, () => {
            const n = values.length
            const set = values.filter(Boolean).length
            const out = kernels.scratch(n + 16)
            const bits = set === n ? 0 : place(kernels, bitsOf(values))
            const bytes = hybridEncodeBits(kernels, bits, n, set, out)
            const decoded = new Uint8Array(n)
            expect(twin.hybridDecode(kernels.take(out, bytes), 1, n, decoded)).toBeDefined()
            expect([...decoded]).toEqual(values.map(Number))
          }),
      ),
    )
  })

  it('appends bits from anywhere in a byte', () => {
    const inputs = fc.tuple(bools(300), fc.nat({ max: 7 }), fc.nat({ max: 200 }), bools(11))
    fc.assert(
      fc.property(inputs, ([source, from, n, before]) =>
        inArena(kernels, () => {
          const out = place(kernels, bitsOf(before))
          expect(kernels.scratch(n >> 3)).toBeGreaterThan(out)
          hybridAppendBits(kernels, place(kernels, bitsOf(source), 1), from, n, out, before.length)
          const all = [...before, ...source.slice(from, from + n)]
          expect(readBits(kernels, out, all.length)).toEqual(bitsOf(all))
        }),
      ),
    )
  })
})
