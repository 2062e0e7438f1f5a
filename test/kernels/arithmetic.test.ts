// Property tests of the arithmetic kernels (binary, division, unary) against their scalar twins.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Arithmetic,
  arithmetic,
  divide,
  unary,
  roundDigits,
} from '../../src/kernels/arithmetic.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { constantOperand, NO_ROW, vectorOperand } from '../../src/kernels/operand.ts'
import { bitsOf, bools, inArena, lengths, place, readBits } from './linear-memory.ts'
import * as twin from './reference/arithmetic.ts'

const kernels = new Kernels()
const INTEGER_OPS = ['add', 'sub', 'mul', 'min', 'max'] as const
const FLOAT_OPS: readonly Arithmetic[] = [...INTEGER_OPS, 'div']

const int32 = fc.oneof(
  fc.integer({ min: -50, max: 50 }),
  fc.integer({ min: -70_000, max: 70_000 }),
  fc.integer(),
  fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, -1, 0, 1),
)
const int64 = fc.oneof(
  fc.bigInt({ min: -50n, max: 50n }),
  fc.bigInt({ min: -(2n ** 33n), max: 2n ** 33n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, -(2n ** 31n), 2n ** 32n, -1n, 0n, 1n),
)
const float = fc.oneof(fc.double(), fc.constantFrom(0, -0, 0.5, 1.5, 2.5, NaN, Infinity, -Infinity))

/** Two columns of n values, their validity, and how far off alignment they lie. */
const columns = <T>(value: fc.Arbitrary<T>, lanes: number) =>
  lengths(lanes, 70).chain((n) => {
    const column = fc.array(value, { minLength: n, maxLength: n })
    return fc.record({
      a: column,
      b: column,
      valid: fc.option(bools(n)),
      off: fc.nat({ max: 9 }),
    })
  })

const bitmap = (valid: readonly boolean[] | null): Uint8Array | undefined =>
  valid === null ? undefined : bitsOf(valid)
const placed = (bits: Uint8Array | undefined): number =>
  bits === undefined ? 0 : place(kernels, bits)

describe('whole numbers', () => {
  it('of 32 bits equal the twin, and report the first overflow that is not null', () => {
    fc.assert(
      fc.property(columns(int32, 16), fc.constantFrom(...INTEGER_OPS), ({ a, b, valid, off }, op) =>
        inArena(kernels, () => {
          const [x, y] = [Int32Array.from(a), Int32Array.from(b)]
          const expected = new Int32Array(a.length)
          const badRow = twin.int32(op, x, y, bitmap(valid), expected)
          const left = vectorOperand(place(kernels, x, off))
          const right = vectorOperand(place(kernels, y))
          const n = a.length
          const out = arithmetic(kernels, 'int32', op, left, right, n, placed(bitmap(valid)))
          expect(out.badRow).toBe(badRow)
          const rows = badRow === NO_ROW ? n : badRow
          const got = new Int32Array(kernels.take(out.values, n * 4).buffer)
          for (let i = 0; i < rows; i++) {
            if (valid === null || valid[i]) expect(got[i]).toBe(expected[i])
          }
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('of 64 bits equal the twin, and report the first overflow that is not null', () => {
    fc.assert(
      fc.property(columns(int64, 8), fc.constantFrom(...INTEGER_OPS), ({ a, b, valid, off }, op) =>
        inArena(kernels, () => {
          const [x, y] = [BigInt64Array.from(a), BigInt64Array.from(b)]
          const expected = new BigInt64Array(a.length)
          const badRow = twin.int64(op, x, y, bitmap(valid), expected)
          const left = vectorOperand(place(kernels, x, off))
          const right = vectorOperand(place(kernels, y))
          const n = a.length
          const out = arithmetic(kernels, 'int64', op, left, right, n, placed(bitmap(valid)))
          expect(out.badRow).toBe(badRow)
          const rows = badRow === NO_ROW ? n : badRow
          const got = new BigInt64Array(kernels.take(out.values, n * 8).buffer)
          for (let i = 0; i < rows; i++) {
            if (valid === null || valid[i]) expect(got[i]).toBe(expected[i])
          }
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('meet a constant on either side, and report its overflow at the row', () => {
    fc.assert(
      fc.property(columns(int32, 16), int32, fc.constantFrom(...INTEGER_OPS), ({ a }, c, op) =>
        inArena(kernels, () => {
          const n = a.length
          const [x, y] = [Int32Array.from(a), new Int32Array(n).fill(c)]
          const vector = vectorOperand(place(kernels, x))
          const constant = constantOperand(kernels, 'int32', c)
          for (const isLeft of [true, false]) {
            const expected = new Int32Array(n)
            const badRow = twin.int32(op, isLeft ? y : x, isLeft ? x : y, undefined, expected)
            const out = isLeft
              ? arithmetic(kernels, 'int32', op, constant, vector, n, 0)
              : arithmetic(kernels, 'int32', op, vector, constant, n, 0)
            expect(out.badRow).toBe(badRow)
            if (badRow === NO_ROW) {
              expect(new Int32Array(kernels.take(out.values, n * 4).buffer)).toEqual(expected)
            }
          }
        }),
      ),
    )
  })

  it('divide toward zero, give null for a zero divisor, and report the one overflow', () => {
    const ops = fc.constantFrom('idiv' as const, 'mod' as const)
    fc.assert(
      fc.property(columns(int32, 8), ops, ({ a, b, valid }, op) =>
        inArena(kernels, () => {
          const n = a.length
          const [x, y] = [Int32Array.from(a), Int32Array.from(b)]
          const expected = new Int32Array(n)
          const validity = new Uint8Array((n + 7) >> 3)
          const badRow = twin.divideInt32(op, x, y, bitmap(valid), expected, validity)
          const left = vectorOperand(place(kernels, x, 4))
          const right = vectorOperand(place(kernels, y))
          const out = divide(kernels, 'int32', op, left, right, n, placed(bitmap(valid)))
          expect(out.badRow).toBe(badRow)
          if (badRow !== NO_ROW) return
          expect(readBits(kernels, out.validity, n)).toEqual(validity)
          const got = new Int32Array(kernels.take(out.values, n * 4).buffer)
          for (let i = 0; i < n; i++) {
            if ((validity[i >> 3]! >> (i & 7)) & 1) expect(got[i]! + 0).toBe(expected[i]! + 0)
          }
        }),
      ),
    )
    fc.assert(
      fc.property(columns(int64, 8), ops, ({ a, b, valid }, op) =>
        inArena(kernels, () => {
          const n = a.length
          const [x, y] = [BigInt64Array.from(a), BigInt64Array.from(b)]
          const expected = new BigInt64Array(n)
          const validity = new Uint8Array((n + 7) >> 3)
          const badRow = twin.divideInt64(op, x, y, bitmap(valid), expected, validity)
          const left = vectorOperand(place(kernels, x, 4))
          const right = vectorOperand(place(kernels, y))
          const out = divide(kernels, 'int64', op, left, right, n, placed(bitmap(valid)))
          expect(out.badRow).toBe(badRow)
          if (badRow !== NO_ROW) return
          expect(readBits(kernels, out.validity, n)).toEqual(validity)
          const got = new BigInt64Array(kernels.take(out.values, n * 8).buffer)
          for (let i = 0; i < n; i++) {
            if ((validity[i >> 3]! >> (i & 7)) & 1) expect(got[i]).toBe(expected[i])
          }
        }),
      ),
    )
  })

  it('lose no sign: neg and abs of the least number are reported', () => {
    fc.assert(
      fc.property(columns(int64, 2), fc.constantFrom('neg', 'abs'), ({ a, valid }, op) =>
        inArena(kernels, () => {
          const n = a.length
          const expected = new BigInt64Array(n)
          const badRow = twin.unaryInt64(op, BigInt64Array.from(a), bitmap(valid), expected)
          const ptr = place(kernels, BigInt64Array.from(a), 3)
          const out = unary(kernels, 'int64', op, ptr, n, placed(bitmap(valid)))
          expect(out.badRow).toBe(badRow)
          const got = new BigInt64Array(kernels.take(out.values, n * 8).buffer)
          if (badRow === NO_ROW) expect(got).toEqual(expected)
        }),
      ),
    )
    fc.assert(
      fc.property(columns(int32, 4), fc.constantFrom('neg', 'abs'), ({ a, valid }, op) =>
        inArena(kernels, () => {
          const n = a.length
          const expected = new Int32Array(n)
          const badRow = twin.unaryInt32(op, Int32Array.from(a), bitmap(valid), expected)
          const ptr = place(kernels, Int32Array.from(a), 3)
          const out = unary(kernels, 'int32', op, ptr, n, placed(bitmap(valid)))
          expect(out.badRow).toBe(badRow)
          const got = new Int32Array(kernels.take(out.values, n * 4).buffer)
          if (badRow === NO_ROW) expect(got).toEqual(expected)
        }),
      ),
    )
  })
})

describe('floats', () => {
  it.each(['float32', 'float64'] as const)('%s equal the twin, bit for bit but for NaN', (kind) => {
    const arrayOf = (values: readonly number[]): Float32Array | Float64Array =>
      kind === 'float32' ? Float32Array.from(values) : Float64Array.from(values)
    fc.assert(
      fc.property(columns(float, 16), fc.constantFrom(...FLOAT_OPS), ({ a, b, off }, op) =>
        inArena(kernels, () => {
          const n = a.length
          const [x, y, expected] = [arrayOf(a), arrayOf(b), arrayOf(a)]
          twin.float(op, x, y, expected)
          const left = vectorOperand(place(kernels, x, off))
          const out = arithmetic(kernels, kind, op, left, vectorOperand(place(kernels, y)), n, 0)
          const bytes = kernels.take(out.values, expected.byteLength).buffer
          const got = kind === 'float32' ? new Float32Array(bytes) : new Float64Array(bytes)
          expect(got).toEqual(expected)
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('round to digits as the twin does', () => {
    const written = fc.tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.nat({ max: 5 }))
    const value = fc.oneof(
      float,
      written.map(([whole, digits]) => Number(`${whole}e-${digits}`)),
    )
    const places = fc.oneof(fc.integer({ min: -5, max: 6 }), fc.constantFrom(-308, -20, 25, 308))
    fc.assert(
      fc.property(columns(value, 2), places, ({ a, off }, digits) =>
        inArena(kernels, () => {
          const expected = new Float64Array(a.length)
          twin.roundDigits(Float64Array.from(a), digits, expected)
          const ptr = place(kernels, Float64Array.from(a), off)
          const out = roundDigits(kernels, ptr, digits, a.length)
          expect(new Float64Array(kernels.take(out, a.length * 8).buffer)).toEqual(expected)
        }),
      ),
    )
  })

  it('round, take magnitudes and roots as the twin does', () => {
    const ops = Object.keys(twin.FLOAT_UNARY) as (keyof typeof twin.FLOAT_UNARY)[]
    const value = fc.oneof(float, fc.constantFrom(0.49999999999999994, -0.5, 2 ** 52 + 1, -3.5))
    fc.assert(
      fc.property(columns(value, 2), fc.constantFrom(...ops), ({ a, off }, op) =>
        inArena(kernels, () => {
          const n = a.length
          const expected = new Float64Array(n)
          twin.unaryFloat(op, Float64Array.from(a), expected)
          const ptr = place(kernels, Float64Array.from(a), off)
          const out = unary(kernels, 'float64', op, ptr, n, 0)
          expect(new Float64Array(kernels.take(out.values, n * 8).buffer)).toEqual(expected)
          if (op !== 'neg' && op !== 'abs') return
          const small = Float32Array.from(a)
          const [from, wanted] = [Float64Array.from(small), new Float64Array(n)]
          twin.unaryFloat(op, from, wanted)
          const half = unary(kernels, 'float32', op, place(kernels, small, off), n, 0)
          const got = new Float32Array(kernels.take(half.values, n * 4).buffer)
          expect(Float64Array.from(got)).toEqual(wanted)
        }),
      ),
    )
  })
})
