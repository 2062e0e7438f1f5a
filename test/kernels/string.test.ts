// Property tests of lengths, concatenation, parts, trimming and validation against their twins.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isDataflowError } from '../../src/base/errors.ts'
import { Kernels } from '../../src/kernels/module.ts'
import {
  columnArgument,
  areUtf8,
  firstInvalidUtf8,
  type IntArgument,
  intConstant,
  stringConcat,
  stringLength,
  stringReverse,
  stringSide,
  stringSubstring,
  stringTrim,
  utf8Constant,
  utf8Output,
} from '../../src/kernels/string.ts'
import { inArena, place } from './linear-memory.ts'
import * as twin from './reference/string.ts'
import { encodeRows } from './reference/utf8.ts'
import { placeColumn, readColumn, textColumns, textPairs, texts } from './utf8-column.ts'

const kernels = new Kernels()
const skews = fc.nat({ max: 15 })

function intColumn(numbers: number[]): IntArgument {
  return { values: place(kernels, Int32Array.from(numbers)), stride: 4 }
}

function readI32(ptr: number, n: number): number[] {
  return [...new Int32Array(kernels.take(ptr, n * 4).buffer)]
}

describe('length', () => {
  it('counts code points', () => {
    fc.assert(
      fc.property(textColumns, skews, (rows, skew) =>
        inArena(kernels, () => {
          const n = rows.length
          const column = placeColumn(kernels, rows, skew)
          const points = new Int32Array(n)
          twin.stringLength(encodeRows(rows), points)
          expect(readI32(stringLength(kernels, column, n), n)).toEqual([...points])
        }),
      ),
    )
  })
})

describe('concat', () => {
  it('puts columns and constants behind each other', () => {
    fc.assert(
      fc.property(textPairs, texts, ([a, b], constant) =>
        inArena(kernels, () => {
          const parts = [
            columnArgument(placeColumn(kernels, a, 3)),
            utf8Constant(kernels, constant),
            columnArgument(placeColumn(kernels, b)),
          ]
          const out = stringConcat(kernels, parts, a.length)
          expect(readColumn(kernels, out, a.length)).toEqual(
            a.map((row, i) => row + constant + b[i]!),
          )
        }),
      ),
    )
  })

  it('refuses a column beyond 2 GB', () => {
    try {
      utf8Output(kernels, 1, 2 ** 31)
      expect.unreachable()
    } catch (error) {
      expect(isDataflowError(error) && error.code).toBe('RECORD_TOO_LARGE')
    }
  })
})

describe('substring', () => {
  const places = fc.oneof(
    fc.integer({ min: -8, max: 20 }),
    fc.constantFrom(-(2 ** 31), 2 ** 31 - 1),
  )

  it('takes code points from a start, for all rows', () => {
    fc.assert(
      fc.property(textColumns, places, places, skews, (rows, start, length, skew) =>
        inArena(kernels, () => {
          const column = placeColumn(kernels, rows, skew)
          const [from, count] = [intConstant(kernels, start), intConstant(kernels, length)]
          const out = stringSubstring(kernels, column, rows.length, from, count)
          expect(readColumn(kernels, out, rows.length)).toEqual(
            rows.map((row) => twin.substring(row, start, length)),
          )
        }),
      ),
    )
  })

  it('takes starts and lengths from columns', () => {
    const rows = fc.array(fc.tuple(texts, places, places), { maxLength: 100 })
    fc.assert(
      fc.property(rows, (input) =>
        inArena(kernels, () => {
          const out = stringSubstring(
            kernels,
            placeColumn(
              kernels,
              input.map(([text]) => text),
            ),
            input.length,
            intColumn(input.map(([, start]) => start)),
            intColumn(input.map(([, , length]) => length)),
          )
          expect(readColumn(kernels, out, input.length)).toEqual(
            input.map((row) => twin.substring(...row)),
          )
        }),
      ),
    )
  })
})

describe('left and right', () => {
  const counts = fc.oneof(
    fc.integer({ min: -20, max: 20 }),
    fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 0),
  )
  const sides = fc.constantFrom('left' as const, 'right' as const)

  it('take as many code points as a constant says, or leave so many out', () => {
    fc.assert(
      fc.property(textColumns, sides, counts, skews, (rows, side, count, skew) =>
        inArena(kernels, () => {
          const column = placeColumn(kernels, rows, skew)
          const out = stringSide(kernels, side, column, rows.length, intConstant(kernels, count))
          expect(readColumn(kernels, out, rows.length)).toEqual(
            rows.map((row) => twin.side(row, side, count)),
          )
        }),
      ),
    )
  })

  it('take counts from a column', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(texts, counts), { maxLength: 100 }), sides, (rows, side) =>
        inArena(kernels, () => {
          const column = placeColumn(
            kernels,
            rows.map(([text]) => text),
          )
          const numbers = intColumn(rows.map(([, count]) => count))
          const out = stringSide(kernels, side, column, rows.length, numbers)
          expect(readColumn(kernels, out, rows.length)).toEqual(
            rows.map(([text, count]) => twin.side(text, side, count)),
          )
        }),
      ),
    )
  })
})

describe('reverse', () => {
  it('gives the code points from the last to the first', () => {
    fc.assert(
      fc.property(textColumns, skews, (rows, skew) =>
        inArena(kernels, () => {
          const out = stringReverse(kernels, placeColumn(kernels, rows, skew), rows.length)
          expect(readColumn(kernels, out, rows.length)).toEqual(rows.map(twin.reverse))
        }),
      ),
    )
  })
})

describe('trim', () => {
  const white = fc.string({
    unit: fc.constantFrom(
      ...' \t\n\v\f\r\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\ufeff',
    ),
    maxLength: 4,
  })
  const notWhite = fc.constantFrom('\u200b', '\u0085', 'é', '\u00a1', '\u3001', '\u2030', '')
  const padded = fc.tuple(white, notWhite, texts, notWhite, white).map((parts) => parts.join(''))

  it('drops what JavaScript takes for white space', () => {
    fc.assert(
      fc.property(fc.array(padded, { maxLength: 100 }), skews, (rows, skew) =>
        inArena(kernels, () => {
          const column = placeColumn(kernels, rows, skew)
          for (const trim of ['trim', 'trimStart', 'trimEnd'] as const) {
            const out = stringTrim(kernels, trim, column, rows.length)
            expect(readColumn(kernels, out, rows.length)).toEqual(rows.map((row) => row[trim]()))
          }
        }),
      ),
    )
  })
})

function isValid(input: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(input)
    return true
  } catch {
    // Not valid: that is the answer.
    return false
  }
}

describe('UTF-8 validation', () => {
  const valid = texts.map((text) => new TextEncoder().encode(text))
  const anyBytes = fc.uint8Array({ maxLength: 8 })
  const edges = fc
    .constantFrom(
      [0xc0, 0x80],
      [0xc1, 0xbf],
      [0xe0, 0x9f, 0xbf],
      [0xed, 0xa0, 0x80],
      [0xed, 0x9f, 0xbf],
      [0xf0, 0x8f, 0xbf, 0xbf],
      [0xf4, 0x8f, 0xbf, 0xbf],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0xe2, 0x82],
      [0xf0, 0x9f, 0x98],
      [0x80],
      [0xff],
    )
    .map((edge) => Uint8Array.from(edge))
  const mixed = fc
    .array(fc.oneof(valid, valid, anyBytes, edges), { maxLength: 6 })
    .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])))

  it('gives the place of the first bad sequence', () => {
    fc.assert(
      fc.property(mixed, skews, (input, skew) =>
        inArena(kernels, () => {
          const found = firstInvalidUtf8(kernels, place(kernels, input, skew), input.length)
          expect(found).toBe(twin.firstInvalidUtf8(input))
          expect(found === -1).toBe(isValid(input))
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('does not take what lies behind a text that ends with a block for a part of it', () => {
    for (const length of [32, 64, 96]) {
      const text = new Uint8Array(length).fill(0x61)
      inArena(kernels, () => {
        const ptr = place(kernels, text)
        expect(kernels.u8[ptr + length]).toBe(0xa5)
        expect(firstInvalidUtf8(kernels, ptr, length)).toBe(-1)
      })
    }
  })

  it('of a column asks each value by itself', () => {
    const pieces = fc.array(fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.constant('é')))
    fc.assert(
      fc.property(pieces, fc.nat({ max: 30 }), fc.boolean(), (words, cut, isCut) =>
        inArena(kernels, () => {
          const whole = new TextEncoder().encode(words.join(''))
          const at = Math.min(cut, whole.length)
          const values = isCut
            ? [whole.subarray(0, at), whole.subarray(at)]
            : words.map((word) => new TextEncoder().encode(word))
          const offsets = place(kernels, offsetsOfParts(values))
          const got = areUtf8(kernels, offsets, place(kernels, whole, 2), values.length)
          expect(got).toBe(values.every(isValid))
        }),
      ),
    )
    inArena(kernels, () => {
      const bad = place(kernels, Uint8Array.of(0x61, 0xff))
      expect(areUtf8(kernels, place(kernels, Int32Array.of(0, 2)), bad, 1)).toBe(false)
    })
  })
})

function offsetsOfParts(values: readonly Uint8Array[]): Int32Array {
  let sum = 0
  return Int32Array.from([0, ...values.map((value) => (sum += value.length))])
}
