// Property tests of LIKE against regular expressions: the kernel on any pattern, and what a pattern is
// compiled to.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { likeSegments } from '../../src/columnar/like-pattern.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { likeProgram, stringLike } from '../../src/kernels/string-like.ts'
import { bitsOf, inArena, readBits } from './linear-memory.ts'
import { likeExpression } from './reference/string-like.ts'
import { placeColumn, textColumns, texts } from './utf8-column.ts'

const kernels = new Kernels()
const skews = fc.nat({ max: 15 })

/** Patterns that often match a row: a text with some of its code points blotted out, or none at all. */
const patterns = fc.oneof(
  fc
    .tuple(texts, fc.array(fc.constantFrom('%', '_', '%%', '%_'), { maxLength: 40 }))
    .map(([text, wild]) =>
      [...text]
        .map((point, i) => (i % 2 === 0 && wild[i >> 1]) || point.replace(/[%_\\]/, '\\$&'))
        .join(''),
    ),
  fc
    .array(fc.constantFrom('%', '%', '_', 'a', 'b', 'ab', 'ä', '😀', '\\\\', '\\%', '\\_', '\\a'))
    .map((parts) => parts.join('')),
)

const matches = (rows: readonly string[], pattern: string, skew: number): Uint8Array =>
  inArena(kernels, () => {
    const column = placeColumn(kernels, rows, skew)
    const program = likeProgram(likeSegments(pattern))
    return readBits(kernels, stringLike(kernels, program, column, rows.length), rows.length)
  })

const expected = (rows: readonly string[], pattern: string): Uint8Array => {
  const expression = likeExpression(pattern)
  return bitsOf(rows.map((row) => expression.test(row)))
}

describe('like', () => {
  it('takes the rows that a regular expression takes', () => {
    fc.assert(
      fc.property(textColumns, patterns, skews, (rows, pattern, skew) => {
        expect(matches(rows, pattern, skew), pattern).toEqual(expected(rows, pattern))
      }),
      { numRuns: 1_000 },
    )
  })

  it('takes rows that were made to match, and their neighbours', () => {
    const filled = fc.array(fc.tuple(texts, texts, texts), { minLength: 1, maxLength: 70 })
    const wild = fc.constantFrom('a%b%_', '%ab_%a', '_%b%_a', 'a__%ab%', '%_b%a%', '%_%_%')
    fc.assert(
      fc.property(filled, wild, skews, (triples, pattern, skew) => {
        const rows = triples.map((given) => {
          let part = 0
          return pattern.replaceAll('%', () => given[part++] ?? '').replaceAll('_', 'é')
        })
        expect(matches(rows, pattern, skew), pattern).toEqual(expected(rows, pattern))
        expect(expected(rows, pattern)).toEqual(bitsOf(rows.map(() => true)))
      }),
    )
  })

  it('compiles a pattern to what stands between the %', () => {
    expect(likeSegments('')).toEqual([[]])
    expect(likeSegments('%%')).toEqual([[], []])
    expect(likeSegments('a_%\\%_b%')).toEqual([
      [
        { skip: 0, text: 'a' },
        { skip: 1, text: '' },
      ],
      [
        { skip: 0, text: '%' },
        { skip: 1, text: 'b' },
      ],
      [],
    ])
    expect(() => likeSegments('50%\\')).toThrowError("the pattern '50%\\' ends with \\")
    expect(() => likeSegments(undefined)).toThrowError("a constant text, such as 'A%'")
  })
})
