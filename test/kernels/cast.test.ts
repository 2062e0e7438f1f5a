// Property tests of the casts and rescalings against their scalar twins.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  castFromBool,
  castNumbers,
  castToBool,
  rescaleDown,
  rescaleFloor,
  rescaleUp,
} from '../../src/kernels/cast.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { NO_ROW, NUMERIC_KINDS, type NumericKind, writeNumber } from '../../src/kernels/operand.ts'
import { bitsOf, bools, inArena, lengths, place, readBits } from './linear-memory.ts'
import * as twin from './reference/cast.ts'

const kernels = new Kernels()
const KINDS = Object.keys(NUMERIC_KINDS) as NumericKind[]

/** Numbers around every type's bounds, as far as the kind holds them. */
function valuesOf(kind: NumericKind): fc.Arbitrary<number | bigint> {
  const powers = [0, 7, 8, 15, 16, 31, 32, 51, 52, 53, 62, 63, 64]
  const edges = powers.flatMap((p) => [2n ** BigInt(p), -(2n ** BigInt(p))])
  const whole = fc
    .tuple(fc.constantFrom(...edges), fc.bigInt({ min: -2n, max: 2n }))
    .map(([edge, by]) => edge + by)
  if (kind === 'float32' || kind === 'float64') {
    const float = fc.oneof(
      whole.map(Number),
      fc.double(),
      fc.integer({ min: -400, max: 400 }).map((x) => x / 4),
      fc.constantFrom(NaN, Infinity, -Infinity, -0),
    )
    return kind === 'float32' ? float.map(Math.fround) : float
  }
  const bits = NUMERIC_KINDS[kind].bytes * 8
  const fit = (x: bigint): bigint =>
    kind.startsWith('u') ? BigInt.asUintN(bits, x) : BigInt.asIntN(bits, x)
  const any = fc.oneof(whole, fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }), fc.bigInt(-9n, 9n))
  return any.map((x) => (bits === 64 ? fit(x) : Number(fit(x))))
}

function putNumbers(kind: NumericKind, values: readonly (number | bigint)[], off: number): number {
  const width = NUMERIC_KINDS[kind].bytes
  const bytes = new Uint8Array(values.length * width)
  values.forEach((v, i) => writeNumber(new DataView(bytes.buffer), i * width, kind, v))
  return place(kernels, bytes, off)
}

const ARRAYS = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const

function numberAt(kind: NumericKind, ptr: number, row: number): number | bigint {
  const width = NUMERIC_KINDS[kind].bytes
  return new ARRAYS[kind](kernels.take(ptr + row * width, width).buffer)[0]!
}

const same = (a: number | bigint, b: number | bigint): boolean =>
  a === b || (Number.isNaN(a) && Number.isNaN(b))

describe.each(KINDS)('cast from %s', (from) => {
  const columns = lengths(8, 40).chain((n) =>
    fc.record({
      values: fc.array(valuesOf(from), { minLength: n, maxLength: n }),
      valid: fc.option(bools(n)),
      off: fc.nat({ max: 5 }),
    }),
  )

  it.each(KINDS)(
    'to %s equals the twin, reports the first that does not fit, or nulls it',
    (to) => {
      fc.assert(
        fc.property(columns, ({ values, valid, off }) =>
          inArena(kernels, () => {
            const n = values.length
            const expected = values.map((value) => twin.castValue(value, to))
            const isValid = (row: number): boolean => valid?.[row] !== false
            const first = expected.findIndex((value, row) => value === undefined && isValid(row))
            const column = {
              values: putNumbers(from, values, off),
              validity: valid ? place(kernels, bitsOf(valid)) : 0,
            }
            const strict = castNumbers(kernels, from, to, column, n, false)
            expect(strict.badRow).toBe(first === -1 ? NO_ROW : first)
            const tried = castNumbers(kernels, from, to, column, n, true)
            expect(tried.badRow).toBe(NO_ROW)
            const live = expected.map((value, row) => value !== undefined && isValid(row))
            expect(readBits(kernels, tried.validity, n)).toEqual(bitsOf(live))
            expected.forEach((value, row) => {
              if (value === undefined || !isValid(row)) return
              const got = numberAt(to, tried.values, row)
              if (!same(got, value)) expect.fail(`row ${row}: ${values[row]} -> ${got}`)
            })
          }),
        ),
        { numRuns: 1_000 },
      )
    },
  )

  it('to bool is false for 0 only', () => {
    fc.assert(
      fc.property(columns, ({ values, off }) =>
        inArena(kernels, () => {
          const bits = castToBool(kernels, from, putNumbers(from, values, off), values.length)
          const expected = values.map((value) => Number(value) !== 0)
          expect(readBits(kernels, bits, values.length)).toEqual(bitsOf(expected))
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('from bool is 0 or 1', () => {
    fc.assert(
      fc.property(lengths(16, 60).chain(bools), (list) =>
        inArena(kernels, () => {
          const out = castFromBool(kernels, from, place(kernels, bitsOf(list)), list.length)
          const got = list.map((_, row) => Number(numberAt(from, out, row)))
          expect(got).toEqual(list.map(Number))
        }),
      ),
      { numRuns: 1_000 },
    )
  })
})

describe('rescaling of int64', () => {
  const value = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }),
    fc.bigInt({ min: -2000n, max: 2000n }),
    fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 51n, -(2n ** 51n), 2n ** 51n - 1n),
  )
  const columns = lengths(8, 40).chain((n) =>
    fc.record({
      values: fc.array(value, { minLength: n, maxLength: n }),
      valid: fc.option(bools(n)),
      off: fc.nat({ max: 5 }),
    }),
  )
  const powers = fc.constantFrom(
    1n,
    10n,
    1000n,
    86_400n,
    3_600_000n,
    10n ** 9n,
    86_400n * 10n ** 9n,
  )
  const limits = fc.constantFrom(0n, 10n ** 4n, 10n ** 18n)

  it('up multiplies what stays below the limit', () => {
    fc.assert(
      fc.property(columns, powers, limits, ({ values, valid, off }, factor, limit) =>
        inArena(kernels, () => {
          const expected = values.map((x) => {
            const product = x * factor
            const fits =
              limit === 0n
                ? BigInt.asIntN(64, product) === product
                : product < limit && product > -limit
            return fits ? product : undefined
          })
          const column = {
            values: place(kernels, BigInt64Array.from(values), off),
            validity: valid ? place(kernels, bitsOf(valid)) : 0,
          }
          check(
            (isTry) =>
              rescaleUp(kernels, Number(factor), Number(limit), column, values.length, isTry),
            expected,
            valid,
          )
        }),
      ),
    )
  })

  it('down divides toward zero, or to the nearest and half away from zero', () => {
    fc.assert(
      fc.property(
        columns,
        powers,
        limits,
        fc.boolean(),
        ({ values, valid, off }, by, limit, near) =>
          inArena(kernels, () => {
            const expected = values.map((x) => {
              const quotient = twin.divideRounded(x, by, near)
              return limit === 0n || (quotient < limit && quotient > -limit) ? quotient : undefined
            })
            const column = {
              values: place(kernels, BigInt64Array.from(values), off),
              validity: valid ? place(kernels, bitsOf(valid)) : 0,
            }
            const n = values.length
            const rounding = near ? 'nearest' : 'truncate'
            check(
              (isTry) =>
                rescaleDown(kernels, rounding, Number(by), Number(limit), column, n, isTry),
              expected,
              valid,
            )
          }),
      ),
    )
  })

  it('to a coarser unit goes down, also before the epoch', () => {
    fc.assert(
      fc.property(columns, powers, ({ values, off }, by) =>
        inArena(kernels, () => {
          const expected = new BigInt64Array(values.length)
          twin.rescaleFloor(BigInt64Array.from(values), by, expected)
          const ptr = place(kernels, BigInt64Array.from(values), off)
          const out = rescaleFloor(kernels, Number(by), ptr, values.length)
          expect(new BigInt64Array(kernels.take(out, values.length * 8).buffer)).toEqual(expected)
        }),
      ),
    )
  })
})

/** The first misfit is reported, or becomes null; what fits is there. */
function check(
  run: (isTry: boolean) => { values: number; validity: number; badRow: number },
  expected: readonly (bigint | undefined)[],
  valid: readonly boolean[] | null,
): void {
  const isValid = (row: number): boolean => valid?.[row] !== false
  const first = expected.findIndex((x, row) => x === undefined && isValid(row))
  expect(run(false).badRow).toBe(first === -1 ? NO_ROW : first)
  const tried = run(true)
  const live = expected.map((x, row) => x !== undefined && isValid(row))
  expect(readBits(kernels, tried.validity, expected.length)).toEqual(bitsOf(live))
  expected.forEach((x, row) => {
    if (live[row]) expect(kernels.data.getBigInt64(tried.values + row * 8, true)).toBe(x)
  })
}
