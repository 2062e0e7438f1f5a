// Property tests of the 128-bit decimal kernels against bigint.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decimalArithmetic,
  decimalCompare,
  decimalConstant,
  decimalFromFloat,
  decimalFromWhole,
  decimalNegate,
  decimalScaleDown,
  decimalScaleUp,
  decimalToFloat,
  decimalToWhole,
} from '../../src/kernels/decimal.ts'
import type { CastResult } from '../../src/kernels/cast.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { NO_ROW, vectorOperand } from '../../src/kernels/operand.ts'
import { bitsOf, bools, inArena, lengths, place, readBits } from './linear-memory.ts'
import { divideRounded } from './reference/cast.ts'
import * as twin from './reference/decimal.ts'

const kernels = new Kernels()
const MOST = 10n ** 38n - 1n

const value = fc.oneof(
  fc.bigInt({ min: -MOST, max: MOST }),
  fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }),
  fc.bigInt({ min: -30n, max: 30n }),
  fc.constantFrom(
    0n,
    MOST,
    -MOST,
    2n ** 63n,
    -(2n ** 63n),
    2n ** 64n - 1n,
    2n ** 64n,
    -(2n ** 64n),
  ),
)
const columns = lengths(8, 30).chain((n) =>
  fc.record({
    a: fc.array(value, { minLength: n, maxLength: n }),
    b: fc.array(value, { minLength: n, maxLength: n }),
    valid: fc.option(bools(n)),
    off: fc.nat({ max: 9 }),
  }),
)
const precisions = fc.constantFrom(19, 25, 38)

function column(values: readonly bigint[], off = 0): number {
  const words = new BigInt64Array(values.length * 2)
  values.forEach((x, row) => twin.put(words, row, x))
  return place(kernels, words, off)
}

const valueAt = (ptr: number, row: number): bigint =>
  twin.at(new BigInt64Array(kernels.take(ptr + row * 16, 16).buffer), 0)

const within = (x: bigint, precision: number): bigint | undefined =>
  x < 10n ** BigInt(precision) && x > -(10n ** BigInt(precision)) ? x : undefined

/** The first misfit is reported, or becomes null; what fits is there. */
function check<T>(
  run: (isTry: boolean) => CastResult,
  expected: readonly (T | undefined)[],
  valid: readonly boolean[] | null,
  read: (ptr: number, row: number) => T,
): void {
  const isLive = (row: number): boolean => valid?.[row] !== false
  const first = expected.findIndex((x, row) => x === undefined && isLive(row))
  expect(run(false).badRow).toBe(first === -1 ? NO_ROW : first)
  const tried = run(true)
  const live = expected.map((x, row) => x !== undefined && isLive(row))
  expect(readBits(kernels, tried.validity, expected.length)).toEqual(bitsOf(live))
  expected.forEach((x, row) => {
    if (live[row]) expect(read(tried.values, row)).toBe(x)
  })
}

describe('128-bit decimals', () => {
  it.each(['add', 'sub', 'mul'] as const)('%s as bigint does, and report too many digits', (op) => {
    fc.assert(
      fc.property(columns, precisions, fc.boolean(), ({ a, b, valid, off }, precision, isFixed) =>
        inArena(kernels, () => {
          const n = a.length
          const other = (row: number): bigint => (isFixed ? 12_345n : b[row]!)
          const expected = a.map((x, row) => {
            const y = other(row)
            return within(op === 'add' ? x + y : op === 'sub' ? x - y : x * y, precision)
          })
          const right = isFixed ? decimalConstant(kernels, 12_345n) : vectorOperand(column(b))
          const left = vectorOperand(column(a, off))
          const bits = valid === null ? 0 : place(kernels, bitsOf(valid))
          const out = decimalArithmetic(kernels, op, left, right, n, precision, bits)
          const isLive = (row: number): boolean => valid?.[row] !== false
          const first = expected.findIndex((x, row) => x === undefined && isLive(row))
          expect(out.badRow).toBe(first === -1 ? NO_ROW : first)
          expected.slice(0, first === -1 ? n : first).forEach((x, row) => {
            if (isLive(row)) expect(valueAt(out.values, row)).toBe(x)
          })
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('report sums of 64 bits that have more than nineteen digits', () => {
    inArena(kernels, () => {
      const limit = 10n ** 19n
      const badRow = (values: bigint[], valid: boolean[]): number => {
        const [left, zero] = [vectorOperand(column(values)), decimalConstant(kernels, 0n)]
        const bits = place(kernels, bitsOf(valid))
        return decimalArithmetic(kernels, 'add', left, zero, values.length, 19, bits).badRow
      }
      expect(badRow([limit - 1n, limit, limit, 0n], [true, true, true, true])).toBe(1)
      expect(badRow([limit - 1n, limit, limit, 0n], [true, false, true, true])).toBe(2)
      expect(badRow([limit - 1n, 1n - limit, 0n, -limit], [true, true, true, true])).toBe(3)
    })
  })

  it('negate and take magnitudes', () => {
    fc.assert(
      fc.property(columns, ({ a, off }) =>
        inArena(kernels, () => {
          const neg = decimalNegate(kernels, 'neg', column(a, off), a.length)
          const abs = decimalNegate(kernels, 'abs', column(a, off), a.length)
          expect(a.map((_, row) => valueAt(neg, row))).toEqual(a.map((x) => -x))
          expect(a.map((_, row) => valueAt(abs, row))).toEqual(a.map((x) => (x < 0n ? -x : x)))
        }),
      ),
    )
  })

  it('compare in every way', () => {
    const tests = {
      eq: (x: bigint, y: bigint) => x === y,
      ne: (x: bigint, y: bigint) => x !== y,
      lt: (x: bigint, y: bigint) => x < y,
      le: (x: bigint, y: bigint) => x <= y,
      gt: (x: bigint, y: bigint) => x > y,
      ge: (x: bigint, y: bigint) => x >= y,
    }
    const ops = fc.constantFrom(...(Object.keys(tests) as (keyof typeof tests)[]))
    fc.assert(
      fc.property(columns, ops, ({ a, b, off }, op) =>
        inArena(kernels, () => {
          // Some are equal, and some in one word only.
          const right = b.map((y, row) =>
            row % 3 === 0 ? a[row]! : row % 3 === 1 ? a[row]! ^ 1n : y,
          )
          const operands = [vectorOperand(column(a, off)), vectorOperand(column(right))] as const
          const bits = decimalCompare(kernels, op, ...operands, a.length)
          const expected = a.map((x, row) => tests[op](x, right[row]!))
          expect(readBits(kernels, bits, a.length)).toEqual(bitsOf(expected))
        }),
      ),
    )
  })

  it('change their scale: up exactly, down toward zero or to the nearest', () => {
    fc.assert(
      fc.property(
        columns,
        precisions,
        fc.integer({ min: 1, max: 37 }),
        (input, precision, digits) =>
          inArena(kernels, () => {
            const { a, valid, off } = input
            const n = a.length
            const power = 10n ** BigInt(digits)
            const bits = valid === null ? 0 : place(kernels, bitsOf(valid))
            const from = { values: column(a, off), validity: bits }
            check(
              (isTry) => decimalScaleUp(kernels, digits, precision, from, n, isTry),
              a.map((x) => within(x * power, precision)),
              valid,
              valueAt,
            )
            for (const rounding of ['truncate', 'nearest'] as const) {
              check(
                (isTry) => decimalScaleDown(kernels, rounding, digits, precision, from, n, isTry),
                a.map((x) => within(divideRounded(x, power, rounding === 'nearest'), precision)),
                valid,
                valueAt,
              )
            }
          }),
      ),
    )
  })

  it.each(['int64', 'uint64'] as const)('come from %s and go to it', (kind) => {
    fc.assert(
      fc.property(columns, ({ a, valid, off }) =>
        inArena(kernels, () => {
          const n = a.length
          const fit = (x: bigint): bigint =>
            kind === 'uint64' ? BigInt.asUintN(64, x) : BigInt.asIntN(64, x)
          const small = BigUint64Array.from(a, (x) => BigInt.asUintN(64, x))
          const wide = decimalFromWhole(kernels, kind, place(kernels, small, off), n)
          expect(a.map((_, row) => valueAt(wide, row))).toEqual(a.map(fit))
          const bits = valid === null ? 0 : place(kernels, bitsOf(valid))
          const from = { values: column(a, off), validity: bits }
          check(
            (isTry) => decimalToWhole(kernels, kind, from, n, isTry),
            a.map((x) => (fit(x) === x ? x : undefined)),
            valid,
            (ptr, row) => fit(kernels.data.getBigInt64(ptr + row * 8, true)),
          )
        }),
      ),
    )
  })

  it('go to the nearest float64, and come from whole ones', () => {
    const floats = fc.oneof(
      value.map(Number),
      fc.double(),
      fc.constantFrom(NaN, Infinity, 1e38, -1e38, 1e19, 2 ** 64),
    )
    fc.assert(
      fc.property(columns, fc.array(floats, { maxLength: 20 }), precisions, ({ a, off }, list, p) =>
        inArena(kernels, () => {
          const out = decimalToFloat(kernels, column(a, off), a.length)
          const got = [...new Float64Array(kernels.take(out, a.length * 8).buffer)]
          expect(got).toEqual(a.map(Number))
          const whole = Float64Array.from(list, Math.trunc)
          const from = { values: place(kernels, whole, off), validity: 0 }
          check(
            (isTry) => decimalFromFloat(kernels, p, from, whole.length, isTry),
            [...whole].map((x) => (Number.isFinite(x) ? within(BigInt(x), p) : undefined)),
            null,
            valueAt,
          )
        }),
      ),
    )
  })
})
