// Property tests of the bitmap kernels against their scalar twins, in dirty and misaligned memory.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bitmapAll,
  bitmapAppend,
  bitmapCopy,
  bitmapCount,
  bitmapFill,
  bitmapFromSelection,
  bitmapKleene,
  bitmapLogic,
  bitmapNot,
  bitmapToBytes,
  bitmapToSelection,
  validityAnd,
} from '../../src/kernels/bitmap.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { bitsOf, bools, inArena, lengths, place, readBits } from './linear-memory.ts'
import * as twin from './reference/bitmap.ts'

const kernels = new Kernels()
const one = lengths(128, 700).chain((n) => fc.record({ n: fc.constant(n), a: bools(n) }))
const two = lengths(128, 700).chain((n) =>
  fc.record({ n: fc.constant(n), a: bools(n), b: bools(n), misalignment: fc.nat({ max: 9 }) }),
)

describe('bitmap kernels', () => {
  it('combine two bitmaps as the twin does', () => {
    fc.assert(
      fc.property(two, fc.constantFrom('and', 'or', 'andNot', 'xor'), ({ n, a, b, ...at }, op) =>
        inArena(kernels, () => {
          const expected = new Uint8Array((n + 7) >> 3)
          twin.logic(op, bitsOf(a), bitsOf(b), expected)
          const left = place(kernels, bitsOf(a), at.misalignment)
          const out = bitmapLogic(kernels, op, left, place(kernels, bitsOf(b)), n)
          expect(readBits(kernels, out, n)).toEqual(expected)
        }),
      ),
    )
  })

  it('negate a bitmap and leave zeros behind it', () => {
    fc.assert(
      fc.property(one, ({ n, a }) =>
        inArena(kernels, () => {
          const out = bitmapNot(kernels, place(kernels, bitsOf(a)), n)
          expect(readBits(kernels, out, n)).toEqual(bitsOf(a.map((bit) => !bit)))
        }),
      ),
    )
  })

  it('combine validities, of which none means all valid', () => {
    inArena(kernels, () => {
      const bits = place(kernels, bitsOf([true, false, true]))
      expect(validityAnd(kernels, 0, 0, 3)).toBe(0)
      expect(validityAnd(kernels, bits, 0, 3)).toBe(bits)
      expect(validityAnd(kernels, 0, bits, 3)).toBe(bits)
      expect(validityAnd(kernels, bits, bits, 3)).toBe(bits)
      const other = place(kernels, bitsOf([true, true, false]))
      expect(readBits(kernels, validityAnd(kernels, bits, other, 3), 3)[0]).toBe(0b001)
    })
  })

  it('do three-valued logic as the twin does, with and without validity', () => {
    const inputs = lengths(128, 400).chain((n) =>
      fc.record({
        n: fc.constant(n),
        a: bools(n),
        b: bools(n),
        aValid: fc.option(bools(n)),
        bValid: fc.option(bools(n)),
      }),
    )
    fc.assert(
      fc.property(inputs, fc.constantFrom('and', 'or'), ({ n, a, b, aValid, bValid }, op) =>
        inArena(kernels, () => {
          const all = bitsOf(a.map(() => true))
          const bits = [bitsOf(a), aValid ? bitsOf(aValid) : all] as const
          const more = [bitsOf(b), bValid ? bitsOf(bValid) : all] as const
          const [values, validity] = [new Uint8Array(all.length), new Uint8Array(all.length)]
          if (op === 'and') twin.kleeneAnd(...bits, ...more, values, validity)
          else twin.kleeneOr(...bits, ...more, values, validity)
          const out = bitmapKleene(
            kernels,
            op,
            { values: place(kernels, bits[0]), validity: aValid ? place(kernels, bits[1]) : 0 },
            { values: place(kernels, more[0]), validity: bValid ? place(kernels, more[1]) : 0 },
            n,
          )
          expect(readBits(kernels, out.values, n)).toEqual(values)
          if (aValid || bValid) expect(readBits(kernels, out.validity, n)).toEqual(validity)
          else expect(out.validity).toBe(0)
        }),
      ),
    )
  })

  it('count, and see whether all are set, whatever lies behind the bitmap', () => {
    fc.assert(
      fc.property(one, ({ n, a }) =>
        inArena(kernels, () => {
          const ptr = place(kernels, bitsOf(a))
          // Dirt in the unused bits of the last byte: a slice may have it.
          if (n & 7) kernels.u8[ptr + (n >> 3)]! |= 0xff << (n & 7)
          const set = twin.countSet(bitsOf(a))
          expect(bitmapCount(kernels, ptr, n)).toBe(set)
          expect(bitmapAll(kernels, ptr, n)).toBe(set === n)
        }),
      ),
    )
  })

  it('copy from any bit', () => {
    fc.assert(
      fc.property(one, fc.nat({ max: 40 }), ({ n, a }, from) =>
        inArena(kernels, () => {
          const start = Math.min(from, n)
          const expected = new Uint8Array((n - start + 7) >> 3)
          twin.copy(bitsOf(a), start, n - start, expected)
          const out = bitmapCopy(kernels, place(kernels, bitsOf(a)), start, n - start)
          expect(readBits(kernels, out, n - start)).toEqual(expected)
        }),
      ),
    )
  })

  it('append bitmaps, or ones, at any bit', () => {
    const parts = fc.array(
      fc.nat({ max: 150 }).chain((n) => fc.record({ a: bools(n), isAllSet: fc.boolean() })),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(parts, (list) =>
        inArena(kernels, () => {
          const total = list.reduce((sum, part) => sum + part.a.length, 0)
          const out = place(kernels, new Uint8Array((total + 7) >> 3))
          const expected = new Uint8Array((total + 7) >> 3)
          let at = 0
          for (const { a, isAllSet } of list) {
            const bits = bitsOf(isAllSet ? a.map(() => true) : a)
            twin.append(expected, at, bits, a.length)
            bitmapAppend(kernels, out, at, isAllSet ? 0 : place(kernels, bits), a.length)
            at += a.length
          }
          if (total > 0) expect(readBits(kernels, out, total)).toEqual(expected)
        }),
      ),
    )
  })

  it('set a range and no other bit', () => {
    fc.assert(
      fc.property(one, fc.nat(), fc.nat(), fc.boolean(), ({ n, a }, x, y, value) =>
        inArena(kernels, () => {
          const from = x % (n + 1)
          const length = y % (n - from + 1)
          const ptr = place(kernels, bitsOf(a))
          kernels.exports.bitmapSetRange(ptr, from, length, value ? 1 : 0)
          const expected = a.map((bit, i) => (i >= from && i < from + length ? value : bit))
          expect(readBits(kernels, ptr, n)).toEqual(bitsOf(expected))
          expect(readBits(kernels, bitmapFill(kernels, n, value), n)).toEqual(
            bitsOf(a.map(() => value)),
          )
        }),
      ),
    )
  })

  it('turn into bytes and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 5 }), (bytes, misalignment) =>
        inArena(kernels, () => {
          const n = bytes.length
          const expected = new Uint8Array((n + 7) >> 3)
          twin.fromBytes(bytes, expected)
          const bits = kernels.scratch(expected.length)
          kernels.exports.bitmapFromBytes(place(kernels, bytes, misalignment), n, bits)
          expect(readBits(kernels, bits, n)).toEqual(expected)
          const back = new Uint8Array(n)
          twin.toBytes(expected, n, back)
          expect(kernels.take(bitmapToBytes(kernels, bits, n), n)).toEqual(back)
        }),
      ),
    )
  })

  it('turn into a selection and back, sparse and dense', () => {
    fc.assert(
      fc.property(one, ({ n, a }) =>
        inArena(kernels, () => {
          const rows = new Uint32Array(n)
          const length = twin.toSelection(bitsOf(a), n, rows)
          const selection = bitmapToSelection(kernels, place(kernels, bitsOf(a)), n)
          expect(selection.length).toBe(length)
          const start = selection.rows >> 2
          expect(kernels.u32.slice(start, start + length)).toEqual(rows.slice(0, length))
          expect(readBits(kernels, bitmapFromSelection(kernels, selection, n), n)).toEqual(
            bitsOf(a),
          )
        }),
      ),
    )
  })
})
