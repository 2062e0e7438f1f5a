// Property tests of powers and logarithms against JavaScript's: at most two units in the last place apart
// (each is within one of the truth), and the same where the result is infinite or no number.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exponential, power } from '../../src/kernels/exponential.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { constantOperand, vectorOperand } from '../../src/kernels/operand.ts'
import { inArena, lengths, place } from './linear-memory.ts'
import { EXPONENTIAL } from './reference/exponential.ts'

const kernels = new Kernels()
const ULPS_MAX = 2n

const special = fc.constantFrom(0, -0, 1, -1, 2, 0.5, 10, -2, NaN, Infinity, -Infinity, 5e-324)
const float = fc.oneof(
  fc.double({ min: -20, max: 20 }),
  fc.integer({ min: -1100, max: 1100 }),
  fc.double(),
  special,
)
const columns = <T>(value: fc.Arbitrary<T>) =>
  lengths(2, 40).chain((n) => fc.array(value, { minLength: n, maxLength: n }))
const skews = fc.nat({ max: 9 })

/** Floats as integers in their order: neighbours are one apart. */
function ordinal(x: number): bigint {
  const bits = new BigInt64Array(Float64Array.of(x).buffer)[0]!
  return bits < 0n ? -(bits & 0x7fff_ffff_ffff_ffffn) : bits
}

function expectNear(got: number, wanted: number, of: string): void {
  if (!Number.isFinite(wanted)) {
    expect(got, of).toBe(wanted)
    return
  }
  const distance = ordinal(got) - ordinal(wanted)
  expect(distance <= ULPS_MAX && distance >= -ULPS_MAX, `${of}: ${got}, not ${wanted}`).toBe(true)
}

const readFloats = (ptr: number, n: number): Float64Array =>
  new Float64Array(kernels.take(ptr, n * 8).buffer)

describe('powers and logarithms', () => {
  const ops = fc.constantFrom('exp' as const, 'ln' as const, 'log10' as const, 'log2' as const)

  it('of one number are those of JavaScript', () => {
    fc.assert(
      fc.property(columns(float), ops, skews, (numbers, op, skew) =>
        inArena(kernels, () => {
          const a = place(kernels, Float64Array.from(numbers), skew)
          const got = readFloats(exponential(kernels, op, a, numbers.length), numbers.length)
          numbers.forEach((x, i) => expectNear(got[i]!, EXPONENTIAL[op](x), `${op}(${x})`))
        }),
      ),
    )
  })

  it('of two numbers are those of JavaScript, also of a constant', () => {
    fc.assert(
      fc.property(
        columns(fc.tuple(float, float)),
        fc.oneof(float, fc.constant(2)),
        skews,
        (pairs, constant, skew) =>
          inArena(kernels, () => {
            const n = pairs.length
            const [x, y] = [pairs.map(([base]) => base), pairs.map(([, exponent]) => exponent)]
            const a = vectorOperand(place(kernels, Float64Array.from(x), skew))
            const b = vectorOperand(place(kernels, Float64Array.from(y)))
            const c = constantOperand(kernels, 'float64', constant)
            const both = readFloats(power(kernels, a, b, n), n)
            const toConstant = readFloats(power(kernels, a, c, n), n)
            const ofConstant = readFloats(power(kernels, c, b, n), n)
            for (let i = 0; i < n; i++) {
              expectNear(both[i]!, x[i]! ** y[i]!, `${x[i]} ** ${y[i]}`)
              expectNear(toConstant[i]!, x[i]! ** constant, `${x[i]} ** ${constant}`)
              expectNear(ofConstant[i]!, constant ** y[i]!, `${constant} ** ${y[i]}`)
            }
          }),
      ),
    )
  })

  it('are exact where a reader would look', () => {
    inArena(kernels, () => {
      const tens = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`))
      const twos = Float64Array.from({ length: 60 }, (_, i) => 2 ** (i - 30))
      const log10 = exponential(kernels, 'log10', place(kernels, tens), 23)
      expect([...readFloats(log10, 23)]).toEqual(Array.from({ length: 23 }, (_, i) => i))
      const log2 = exponential(kernels, 'log2', place(kernels, twos), 60)
      expect([...readFloats(log2, 60)]).toEqual(Array.from({ length: 60 }, (_, i) => i - 30))
    })
  })
})
