// Property tests of contains, split and replace against JavaScript's own.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import {
  stringContains,
  stringIndexOf,
  stringReplace,
  stringSplitPart,
} from '../../src/kernels/string-search.ts'
import { columnArgument, intConstant, utf8Constant } from '../../src/kernels/string.ts'
import { bitsOf, inArena, place, readBits } from './linear-memory.ts'
import * as twin from './reference/string-search.ts'
import { placeColumn, readColumn, textColumns, texts } from './utf8-column.ts'

const kernels = new Kernels()
const needles = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', ' ', ',', 'ä', '😀'), maxLength: 4 }),
  texts,
)
const rowsWithNeedles = fc.array(fc.tuple(texts, needles, needles), { maxLength: 130 })

describe('contains', () => {
  it('a constant, never over the border of two rows', () => {
    fc.assert(
      fc.property(textColumns, needles, fc.nat({ max: 15 }), (rows, needle, skew) =>
        inArena(kernels, () => {
          const column = placeColumn(kernels, rows, skew)
          const out = stringContains(kernels, column, utf8Constant(kernels, needle), rows.length)
          expect(readBits(kernels, out, rows.length)).toEqual(
            bitsOf(rows.map((row) => row.includes(needle))),
          )
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('a column', () => {
    fc.assert(
      fc.property(rowsWithNeedles, (rows) =>
        inArena(kernels, () => {
          const out = stringContains(
            kernels,
            placeColumn(
              kernels,
              rows.map(([text]) => text),
            ),
            columnArgument(
              placeColumn(
                kernels,
                rows.map(([, needle]) => needle),
                7,
              ),
            ),
            rows.length,
          )
          expect(readBits(kernels, out, rows.length)).toEqual(
            bitsOf(rows.map(([text, needle]) => text.includes(needle))),
          )
        }),
      ),
    )
  })
})

describe('indexOf', () => {
  it('counts code points to the first place, of a constant', () => {
    fc.assert(
      fc.property(textColumns, needles, fc.nat({ max: 15 }), (rows, needle, skew) =>
        inArena(kernels, () => {
          const column = placeColumn(kernels, rows, skew)
          const out = stringIndexOf(kernels, column, rows.length, utf8Constant(kernels, needle))
          expect(readInts(out, rows.length)).toEqual(rows.map((row) => twin.indexOf(row, needle)))
        }),
      ),
    )
  })

  it('and of a column', () => {
    fc.assert(
      fc.property(rowsWithNeedles, (rows) =>
        inArena(kernels, () => {
          const [a, b] = [rows.map(([text]) => text), rows.map(([, needle]) => needle)]
          const parts = columnArgument(placeColumn(kernels, b, 7))
          const out = stringIndexOf(kernels, placeColumn(kernels, a), rows.length, parts)
          expect(readInts(out, rows.length)).toEqual(rows.map(([x, y]) => twin.indexOf(x, y)))
        }),
      ),
    )
  })
})

const readInts = (ptr: number, n: number): number[] => [
  ...new Int32Array(kernels.take(ptr, n * 4).buffer),
]

describe('splitPart', () => {
  it('with constants', () => {
    const indices = fc.integer({ min: -4, max: 4 })
    fc.assert(
      fc.property(textColumns, needles, indices, (rows, delimiter, index) =>
        inArena(kernels, () => {
          const out = stringSplitPart(
            kernels,
            placeColumn(kernels, rows),
            rows.length,
            utf8Constant(kernels, delimiter),
            intConstant(kernels, index),
          )
          expect(readColumn(kernels, out, rows.length)).toEqual(
            rows.map((row) => twin.splitPart(row, delimiter, index)),
          )
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('with columns', () => {
    const input = fc.array(fc.tuple(texts, needles, fc.integer({ min: -3, max: 3 })), {
      maxLength: 100,
    })
    fc.assert(
      fc.property(input, (rows) =>
        inArena(kernels, () => {
          const out = stringSplitPart(
            kernels,
            placeColumn(
              kernels,
              rows.map(([text]) => text),
            ),
            rows.length,
            columnArgument(
              placeColumn(
                kernels,
                rows.map(([, delimiter]) => delimiter),
              ),
            ),
            {
              values: place(
                kernels,
                Int32Array.from(rows, ([, , index]) => index),
              ),
              stride: 4,
            },
          )
          expect(readColumn(kernels, out, rows.length)).toEqual(
            rows.map((row) => twin.splitPart(...row)),
          )
        }),
      ),
    )
  })
})

describe('replace', () => {
  it('with constants, growing or shrinking', () => {
    fc.assert(
      fc.property(textColumns, needles, texts, (rows, needle, replacement) =>
        inArena(kernels, () => {
          const out = stringReplace(
            kernels,
            placeColumn(kernels, rows),
            rows.length,
            utf8Constant(kernels, needle),
            utf8Constant(kernels, replacement),
          )
          expect(readColumn(kernels, out, rows.length)).toEqual(
            rows.map((row) => twin.replace(row, needle, replacement)),
          )
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('with columns', () => {
    fc.assert(
      fc.property(rowsWithNeedles, (rows) =>
        inArena(kernels, () => {
          const column = (part: 0 | 1 | 2) =>
            placeColumn(
              kernels,
              rows.map((row) => row[part]),
            )
          const out = stringReplace(
            kernels,
            column(0),
            rows.length,
            columnArgument(column(1)),
            columnArgument(column(2)),
          )
          expect(readColumn(kernels, out, rows.length)).toEqual(
            rows.map((row) => twin.replace(...row)),
          )
        }),
      ),
    )
  })
})
