// Property tests of comparison, prefix and suffix against the twins and JavaScript.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import {
  type CompareOperator,
  stringAffix,
  stringCompare,
} from '../../src/kernels/string-compare.ts'
import { columnArgument, utf8Constant } from '../../src/kernels/string.ts'
import { bitsOf, inArena, readBits } from './linear-memory.ts'
import * as twin from './reference/string-compare.ts'
import { encodeRows } from './reference/utf8.ts'
import { placeColumn, textColumns, textPairs, texts } from './utf8-column.ts'

const kernels = new Kernels()
const OPERATORS: Record<CompareOperator, (order: number) => boolean> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
}
const operators = fc.constantFrom(...(Object.keys(OPERATORS) as CompareOperator[]))

/** A text, or one of the rows, or the beginning or end of one. */
const against = (rows: string[]): fc.Arbitrary<string> =>
  rows.length === 0
    ? texts
    : fc.oneof(
        texts,
        fc.constantFrom(...rows),
        fc
          .tuple(fc.constantFrom(...rows), fc.integer({ min: -20, max: 20 }))
          .map(([row, cut]) => [...row].slice(cut).join('')),
        fc
          .tuple(fc.constantFrom(...rows), fc.nat({ max: 20 }))
          .map(([row, cut]) => [...row].slice(0, cut).join('')),
      )
const withConstant = textColumns.chain((rows) => fc.tuple(fc.constant(rows), against(rows)))

describe('comparison', () => {
  it('with a constant', () => {
    fc.assert(
      fc.property(withConstant, operators, fc.nat({ max: 15 }), ([rows, text], operator, skew) =>
        inArena(kernels, () => {
          const n = rows.length
          const column = placeColumn(kernels, rows, skew)
          const out = stringCompare(kernels, operator, column, utf8Constant(kernels, text), n)
          const wanted = new Uint8Array((n + 7) >> 3)
          twin.stringCompare(
            encodeRows(rows),
            encodeRows([text]),
            true,
            OPERATORS[operator],
            wanted,
          )
          expect(readBits(kernels, out, n)).toEqual(wanted)
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('of two columns', () => {
    fc.assert(
      fc.property(textPairs, operators, ([a, b], operator) =>
        inArena(kernels, () => {
          const n = a.length
          const right = columnArgument(placeColumn(kernels, b, 5))
          const out = stringCompare(kernels, operator, placeColumn(kernels, a), right, n)
          const wanted = new Uint8Array((n + 7) >> 3)
          twin.stringCompare(encodeRows(a), encodeRows(b), false, OPERATORS[operator], wanted)
          expect(readBits(kernels, out, n)).toEqual(wanted)
        }),
      ),
      { numRuns: 1_000 },
    )
  })
})

describe('prefix and suffix', () => {
  it('of a constant', () => {
    fc.assert(
      fc.property(withConstant, fc.nat({ max: 15 }), ([rows, text], skew) =>
        inArena(kernels, () => {
          const n = rows.length
          const column = placeColumn(kernels, rows, skew)
          const constant = utf8Constant(kernels, text)
          expect(readBits(kernels, stringAffix(kernels, 'start', column, constant, n), n)).toEqual(
            bitsOf(rows.map((row) => row.startsWith(text))),
          )
          expect(readBits(kernels, stringAffix(kernels, 'end', column, constant, n), n)).toEqual(
            bitsOf(rows.map((row) => row.endsWith(text))),
          )
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('of a column', () => {
    const pairs = fc.array(
      texts.chain((text) => fc.tuple(fc.constant(text), against([text]))),
      { maxLength: 130 },
    )
    fc.assert(
      fc.property(pairs, (rows) =>
        inArena(kernels, () => {
          const n = rows.length
          const a = placeColumn(
            kernels,
            rows.map(([text]) => text),
          )
          const b = columnArgument(
            placeColumn(
              kernels,
              rows.map(([, affix]) => affix),
            ),
          )
          expect(readBits(kernels, stringAffix(kernels, 'start', a, b, n), n)).toEqual(
            bitsOf(rows.map(([text, affix]) => text.startsWith(affix))),
          )
          expect(readBits(kernels, stringAffix(kernels, 'end', a, b, n), n)).toEqual(
            bitsOf(rows.map(([text, affix]) => text.endsWith(affix))),
          )
        }),
      ),
    )
  })
})
