// Property tests of the choice kernels against their scalar twins.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseFixed, chooseText } from '../../src/kernels/choose.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { vectorOperand } from '../../src/kernels/operand.ts'
import { columnArgument, utf8Constant } from '../../src/kernels/string.ts'
import { bitsOf, bools, inArena, lengths, place } from './linear-memory.ts'
import * as twin from './reference/choose.ts'

const kernels = new Kernels()
const ARRAYS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: Float64Array } as const

const inputs = lengths(16, 70).chain((n) =>
  fc.record({
    bits: bools(n),
    a: fc.array(fc.nat({ max: 255 }), { minLength: n, maxLength: n }),
    b: fc.array(fc.nat({ max: 255 }), { minLength: n, maxLength: n }),
    off: fc.nat({ max: 9 }),
  }),
)

/** 16-byte values: a number and a mark of its side. */
const pairs = (list: readonly number[], sign: bigint): BigInt64Array =>
  BigInt64Array.from(list.flatMap((x) => [sign * BigInt(x), sign]))

describe('choice', () => {
  it.each([1, 2, 4, 8] as const)('of %i-byte values equals the twin, constants too', (width) => {
    fc.assert(
      fc.property(inputs, fc.boolean(), fc.boolean(), ({ bits, a, b, off }, isFixedA, isFixedB) =>
        inArena(kernels, () => {
          const n = bits.length
          const array = (list: readonly number[]) => ARRAYS[width].from(list)
          const x = array(isFixedA ? a.map(() => 7) : a)
          const y = array(isFixedB ? b.map(() => 9) : b)
          const expected = array(a)
          twin.choose(bitsOf(bits), x, y, expected)
          const operand = (values: ReturnType<typeof array>, isFixed: boolean, value: number) =>
            isFixed
              ? {
                  ptr: place(kernels, array(Array.from({ length: 64 }, () => value))),
                  step: 0 as const,
                }
              : vectorOperand(place(kernels, values, off))
          const ptr = place(kernels, bitsOf(bits))
          const [left, right] = [operand(x, isFixedA, 7), operand(y, isFixedB, 9)]
          const out = chooseFixed(kernels, width, ptr, left, right, n)
          const got = new ARRAYS[width](kernels.take(out, n * width).buffer)
          expect(got).toEqual(expected)
        }),
      ),
    )
  })

  it('of 16-byte values takes both words of one side', () => {
    fc.assert(
      fc.property(inputs, ({ bits, a, b, off }) =>
        inArena(kernels, () => {
          const [x, y] = [pairs(a, 1n), pairs(b, -1n)]
          const operands = [x, y].map((array) => vectorOperand(place(kernels, array, off)))
          const ptr = place(kernels, bitsOf(bits))
          const out = chooseFixed(kernels, 16, ptr, operands[0]!, operands[1]!, bits.length)
          const got = new BigInt64Array(kernels.take(out, bits.length * 16).buffer)
          const word = (i: number): bigint => (bits[i >> 1] === true ? x : y)[i]!
          expect([...got]).toEqual([...got].map((_, i) => word(i)))
        }),
      ),
    )
  })

  it('of texts equals the twin, also with a constant and with slices', () => {
    const words = fc.uint8Array({ maxLength: 30 })
    const texts = lengths(8, 40).chain((n) =>
      fc.record({
        bits: bools(n),
        a: fc.array(words, { minLength: n, maxLength: n }),
        b: fc.array(words, { minLength: n, maxLength: n }),
        isFixed: fc.boolean(),
        base: fc.nat({ max: 9 }),
      }),
    )
    fc.assert(
      fc.property(texts, ({ bits, a, b, isFixed, base }) =>
        inArena(kernels, () => {
          const n = bits.length
          const fixed = new TextEncoder().encode('constant')
          const x = column(a, base)
          const y = column(isFixed ? b.map(() => fixed) : b, 0)
          const offsets = new Int32Array(n + 1)
          const bytes = new Uint8Array(x[1].length + y[1].length)
          const size = twin.chooseText(bitsOf(bits), x, y, offsets, bytes)
          const placed = ([o, v]: readonly [Int32Array, Uint8Array]) =>
            columnArgument({ offsets: place(kernels, o, 4), values: place(kernels, v, 3) })
          const right = isFixed ? utf8Constant(kernels, 'constant') : placed(y)
          const out = chooseText(kernels, place(kernels, bitsOf(bits)), placed(x), right, n)
          const gotOffsets = new Int32Array(kernels.take(out.offsets, (n + 1) * 4).buffer)
          expect(gotOffsets).toEqual(offsets)
          expect(kernels.take(out.values, size)).toEqual(bytes.slice(0, size))
        }),
      ),
    )
  })
})

/** Offsets that begin at `base`, and the bytes. */
function column(texts: readonly Uint8Array[], base: number): [Int32Array, Uint8Array] {
  const offsets = Int32Array.from({ length: texts.length + 1 }, () => base)
  texts.forEach((text, i) => (offsets[i + 1] = offsets[i]! + text.length))
  return [offsets, Uint8Array.from([...new Uint8Array(base), ...texts.flatMap((t) => [...t])])]
}
