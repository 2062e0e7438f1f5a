// Property tests of the comparison kernels against their scalar twins.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareIn, compareNumbers, type Comparison } from '../../src/kernels/compare.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { constantOperand, type NumericKind, vectorOperand } from '../../src/kernels/operand.ts'
import { inArena, lengths, place, readBits } from './linear-memory.ts'
import * as twin from './reference/compare.ts'

const kernels = new Kernels()
const OPS: readonly Comparison[] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge']

interface Numbers {
  readonly kind: NumericKind
  readonly lanes: number
  readonly array: (values: readonly (number | bigint)[]) => twin.NumericArray
  readonly value: fc.Arbitrary<number | bigint>
}

/** Values that collide often, and the extremes. */
const near = (min: number, max: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min: Math.max(min, -3), max: 3 }),
    fc.integer({ min, max }),
    fc.constantFrom(min, max),
  )
const nearBig = (min: bigint, max: bigint): fc.Arbitrary<bigint> =>
  fc.oneof(fc.bigInt({ min: 0n, max: 3n }), fc.bigInt({ min, max }), fc.constantFrom(min, max))
const float = fc.oneof(fc.constantFrom(0, -0, 1, -1, NaN, Infinity, -Infinity, 5e-324), fc.double())

const KINDS: readonly Numbers[] = [
  { kind: 'int8', lanes: 16, array: (v) => Int8Array.from(v as number[]), value: near(-128, 127) },
  {
    kind: 'int16',
    lanes: 8,
    array: (v) => Int16Array.from(v as number[]),
    value: near(-32768, 32767),
  },
  {
    kind: 'int32',
    lanes: 4,
    array: (v) => Int32Array.from(v as number[]),
    value: near(-(2 ** 31), 2 ** 31 - 1),
  },
  { kind: 'uint8', lanes: 16, array: (v) => Uint8Array.from(v as number[]), value: near(0, 255) },
  {
    kind: 'uint16',
    lanes: 8,
    array: (v) => Uint16Array.from(v as number[]),
    value: near(0, 65535),
  },
  {
    kind: 'uint32',
    lanes: 4,
    array: (v) => Uint32Array.from(v as number[]),
    value: near(0, 2 ** 32 - 1),
  },
  {
    kind: 'float32',
    lanes: 4,
    array: (v) => Float32Array.from(v as number[]),
    value: float.map(Math.fround),
  },
  { kind: 'float64', lanes: 2, array: (v) => Float64Array.from(v as number[]), value: float },
  {
    kind: 'int64',
    lanes: 2,
    array: (v) => BigInt64Array.from(v as bigint[]),
    value: nearBig(-(2n ** 63n), 2n ** 63n - 1n),
  },
  {
    kind: 'uint64',
    lanes: 2,
    array: (v) => BigUint64Array.from(v as bigint[]),
    value: nearBig(0n, 2n ** 64n - 1n),
  },
]

const pairs = ({
  lanes,
  value,
}: Numbers): fc.Arbitrary<{ a: (number | bigint)[]; b: (number | bigint)[] }> =>
  lengths(lanes * 4, 80).chain((n) => {
    const column = fc.array(value, { minLength: n, maxLength: n })
    return fc.record({ a: column, b: column })
  })

describe.each(KINDS)('comparison of $kind', (numbers) => {
  it('of two vectors equals the twin, at any alignment', () => {
    fc.assert(
      fc.property(
        pairs(numbers),
        fc.constantFrom(...OPS),
        fc.nat({ max: 9 }),
        ({ a, b }, op, off) =>
          inArena(kernels, () => {
            const expected = new Uint8Array((a.length + 7) >> 3)
            twin.compareVectors(op, numbers.array(a), numbers.array(b), expected)
            const left = vectorOperand(place(kernels, numbers.array(a), off))
            const right = vectorOperand(place(kernels, numbers.array(b)))
            const out = compareNumbers(kernels, numbers.kind, op, left, right, a.length)
            expect(readBits(kernels, out, a.length)).toEqual(expected)
          }),
      ),
    )
  })

  it('with a constant on either side equals the twin', () => {
    const mirrored = { eq: 'eq', ne: 'ne', lt: 'gt', le: 'ge', gt: 'lt', ge: 'le' } as const
    fc.assert(
      fc.property(pairs(numbers), fc.constantFrom(...OPS), numbers.value, ({ a }, op, constant) =>
        inArena(kernels, () => {
          const n = a.length
          const expected = new Uint8Array((n + 7) >> 3)
          twin.compareConstant(op, numbers.array(a), constant, expected)
          const vector = vectorOperand(place(kernels, numbers.array(a), 3))
          const fixed = constantOperand(kernels, numbers.kind, constant)
          const right = compareNumbers(kernels, numbers.kind, op, vector, fixed, n)
          expect(readBits(kernels, right, n)).toEqual(expected)
          const left = compareNumbers(kernels, numbers.kind, mirrored[op], fixed, vector, n)
          expect(readBits(kernels, left, n)).toEqual(expected)
        }),
      ),
    )
  })
})

describe('membership in a list', () => {
  const listLengths = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constantFrom(16, 17, 18, 40))

  it('of 4-byte values equals the twin, for lists that are scanned and lists that are searched', () => {
    const value = fc.oneof(fc.nat({ max: 60 }), fc.constantFrom(2 ** 32 - 1, 2 ** 31))
    const inputs = fc
      .tuple(lengths(8, 100), listLengths)
      .chain(([n, k]) =>
        fc.tuple(
          fc.array(value, { minLength: n, maxLength: n }),
          fc.array(value, { minLength: k, maxLength: k }),
        ),
      )
    fc.assert(
      fc.property(inputs, fc.nat({ max: 5 }), ([a, list], off) =>
        inArena(kernels, () => {
          const expected = new Uint8Array((a.length + 7) >> 3)
          twin.isIn(a, new Set(list), expected)
          const ptr = place(kernels, Uint32Array.from(a), off)
          const out = compareIn(kernels, ptr, a.length, Uint32Array.from(list))
          expect(readBits(kernels, out, a.length)).toEqual(expected)
        }),
      ),
    )
  })

  it('of 8-byte values equals the twin', () => {
    const value = nearBig(0n, 40n).map((x) => (x === 40n ? 2n ** 63n + 1n : x))
    const inputs = fc
      .tuple(lengths(8, 100), listLengths)
      .chain(([n, k]) =>
        fc.tuple(
          fc.array(value, { minLength: n, maxLength: n }),
          fc.array(value, { minLength: k, maxLength: k }),
        ),
      )
    fc.assert(
      fc.property(inputs, ([a, list]) =>
        inArena(kernels, () => {
          const expected = new Uint8Array((a.length + 7) >> 3)
          twin.isIn(a, new Set(list), expected)
          const ptr = place(kernels, BigUint64Array.from(a), 1)
          const out = compareIn(kernels, ptr, a.length, BigUint64Array.from(list))
          expect(readBits(kernels, out, a.length)).toEqual(expected)
        }),
      ),
    )
  })
})
