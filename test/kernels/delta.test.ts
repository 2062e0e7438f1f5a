// Property tests of the delta kernels against their scalar twins.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DELTA_STATE_BYTES,
  deltaDecode,
  deltaEnd,
  deltaOpen,
  lengthsToOffsets,
  prefixedBytes,
  prefixedLengths,
} from '../../src/kernels/delta.ts'
import { CORRUPT } from '../../src/kernels/hybrid.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { inArena, place } from './linear-memory.ts'
import * as twin from './reference/delta.ts'

const kernels = new Kernels()

const integers = fc.oneof(
  fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 300 }),
  fc.array(fc.bigInt({ min: -20n, max: 20n }), { maxLength: 300 }),
  fc.array(fc.bigInt({ min: 0n, max: 1n }), { maxLength: 700 }).map((steps) => {
    let sum = 0n
    return steps.map((step) => (sum += step))
  }),
)
const shape = fc.constantFrom([128, 4], [128, 1], [256, 8], [32, 4], [8, 1])
const pieces = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 })

function decodeAll(
  bytes: Uint8Array,
  width: 4 | 8,
  sizes: readonly number[],
): bigint[] | 'corrupt' {
  const start = place(kernels, bytes, 5)
  const state = kernels.scratch(DELTA_STATE_BYTES)
  const count = deltaOpen(kernels, state, start, start + bytes.length)
  if (count === CORRUPT) return 'corrupt'
  const got: bigint[] = []
  for (let i = 0; got.length < count; i++) {
    const n = Math.min(sizes[i % sizes.length]!, count - got.length)
    const out = kernels.scratch(n * width)
    if (deltaDecode(kernels, state, n, width, out) === CORRUPT) return 'corrupt'
    const view = kernels.data
    for (let row = 0; row < n; row++) {
      const at = out + row * width
      got.push(width === 8 ? view.getBigInt64(at, true) : BigInt(view.getInt32(at, true)))
    }
  }
  expect(deltaDecode(kernels, state, 1, width, kernels.scratch(8))).toBe(CORRUPT)
  expect(deltaEnd(kernels, state)).toBeLessThanOrEqual(start + bytes.length)
  return got
}

describe('delta-packed integers', () => {
  it.each([4, 8] as const)('decode to %i bytes in pieces of any size', (width) => {
    fc.assert(
      fc.property(integers, shape, pieces, (values, [block, minis], sizes) =>
        inArena(kernels, () => {
          const bytes = twin.deltaEncode(values, block, minis)
          expect(twin.deltaDecode(bytes).values).toEqual(values)
          const expected = width === 8 ? values : values.map((value) => BigInt.asIntN(32, value))
          expect(decodeAll(bytes, width, sizes)).toEqual(expected)
        }),
      ),
    )
  })

  it('end where what follows begins', () => {
    fc.assert(
      fc.property(integers, fc.uint8Array({ maxLength: 20 }), (values, rest) =>
        inArena(kernels, () => {
          const bytes = twin.deltaEncode(values)
          const start = place(kernels, Uint8Array.from([...bytes, ...rest]))
          const state = kernels.scratch(DELTA_STATE_BYTES)
          const count = deltaOpen(kernels, state, start, start + bytes.length + rest.length)
          deltaDecode(kernels, state, count, 8, kernels.scratch(count * 8))
          expect(deltaEnd(kernels, state) - start).toBe(bytes.length)
        }),
      ),
    )
  })

  it('are refused when they are cut off, and decode as the twin says when bytes are changed', () => {
    fc.assert(
      fc.property(integers, fc.nat(), fc.nat({ max: 255 }), fc.boolean(), (values, at, byte, cut) =>
        inArena(kernels, () => {
          const bytes = twin.deltaEncode(values)
          const changedAt = at % bytes.length
          const changed = cut ? bytes.slice(0, changedAt) : bytes.with(changedAt, byte)
          let expected: bigint[] | 'corrupt'
          try {
            expected =
              changed.length > 0 && isReasonable(changed) ? twin.deltaDecode(changed).values : []
          } catch {
            expected = 'corrupt'
          }
          const got = isReasonable(changed) ? decodeAll(changed, 8, [64]) : []
          if (expected === 'corrupt' || got === 'corrupt')
            expect(['corrupt', expected]).toContain(got)
          else if (changed.length > 0) expect(got).toEqual(expected)
        }),
      ),
      { numRuns: 1_000 },
    )
  })
})

/** False where a changed header promises more than a test should decode. */
function isReasonable(bytes: Uint8Array): boolean {
  return bytes.length > 4 && bytes[0] === 128 && bytes[1] === 1 && bytes[2] === 4 && bytes[3]! < 128
}

describe('byte arrays by deltas', () => {
  const texts = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 60 })

  it('get offsets from their lengths, within the bytes that there are', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: -3, max: 3 }), (values, slack) =>
        inArena(kernels, () => {
          const lengths = Int32Array.from(values, (value) => value.length)
          const total = values.reduce((sum, value) => sum + value.length, 0)
          const out = kernels.scratch((values.length + 1) * 4)
          const max = Math.max(0, total + slack)
          const got = lengthsToOffsets(kernels, place(kernels, lengths), values.length, max, out)
          expect(got).toBe(max < total ? CORRUPT : total)
          if (got === CORRUPT) return
          let sum = 0
          const offsets = [0, ...values.map((value) => (sum += value.length))]
          const at = out >> 2
          expect([...kernels.u32.subarray(at, at + values.length + 1)]).toEqual(offsets)
        }),
      ),
    )
  })

  it('refuse negative lengths and prefixes longer than the value before', () => {
    inArena(kernels, () => {
      const out = kernels.scratch(64)
      const offsets = (lengths: number[]): number =>
        lengthsToOffsets(
          kernels,
          place(kernels, Int32Array.from(lengths)),
          lengths.length,
          100,
          out,
        )
      expect(offsets([3, -1])).toBe(CORRUPT)
      const joined = (prefixes: number[], suffixes: number[]): boolean => {
        const [a, b] = [prefixes, suffixes].map((n) => place(kernels, Int32Array.from(n)))
        return prefixedLengths(kernels, a!, b!, prefixes.length)
      }
      expect(joined([0, 3], [3, 1])).toBe(true)
      expect(joined([0, 4], [3, 1])).toBe(false)
      expect(joined([1], [1])).toBe(false)
      expect(joined([0, -1], [3, 1])).toBe(false)
      expect(joined([0, 1], [3, -5])).toBe(false)
    })
  })

  it('join shared prefixes with their suffixes', () => {
    fc.assert(
      fc.property(
        texts,
        fc.array(fc.nat({ max: 40 }), { minLength: 60, maxLength: 60 }),
        (suffixes, wanted) =>
          inArena(kernels, () => {
            const values: Uint8Array[] = []
            const prefixes = suffixes.map((suffix, i) => {
              const last = values.at(-1) ?? new Uint8Array()
              const prefix = Math.min(wanted[i]!, last.length)
              values.push(Uint8Array.from([...last.subarray(0, prefix), ...suffix]))
              return prefix
            })
            const n = values.length
            const prefixPtr = place(kernels, Int32Array.from(prefixes))
            const lengths = place(
              kernels,
              Int32Array.from(suffixes, ({ length }) => length),
            )
            const bytes = place(kernels, Uint8Array.from(suffixes.flatMap((s) => [...s])), 1)
            expect(prefixedLengths(kernels, prefixPtr, lengths, n)).toBe(true)
            const offsets = kernels.scratch((n + 1) * 4)
            const total = lengthsToOffsets(kernels, lengths, n, 1 << 20, offsets)
            const out = kernels.scratch(total)
            prefixedBytes(kernels, prefixPtr, bytes, offsets, n, out)
            expect([...kernels.take(out, total)]).toEqual(values.flatMap((value) => [...value]))
          }),
      ),
    )
  })
})
