// Property tests of padding and repetition against their twins; what is too large is refused.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import { stringPad, stringRepeat } from '../../src/kernels/string-pad.ts'
import {
  columnArgument,
  type IntArgument,
  intConstant,
  utf8Constant,
} from '../../src/kernels/string.ts'
import { bitsOf, inArena, place } from './linear-memory.ts'
import { pad } from './reference/string-pad.ts'
import { placeColumn, readColumn, textColumns, texts } from './utf8-column.ts'

const kernels = new Kernels()
const skews = fc.nat({ max: 15 })
const ends = fc.constantFrom('start' as const, 'end' as const)
const lengths = fc.oneof(fc.integer({ min: -3, max: 90 }), fc.constantFrom(-(2 ** 31), 0))
const fills = fc.oneof(fc.constantFrom(' ', '0', '', 'é', 'ab', '-=😀'), texts)

const intColumn = (numbers: number[]): IntArgument => ({
  values: place(kernels, Int32Array.from(numbers)),
  stride: 4,
})

describe('pad', () => {
  it('fills up to a constant number of code points', () => {
    fc.assert(
      fc.property(textColumns, ends, lengths, fills, skews, (rows, end, length, fill, skew) =>
        inArena(kernels, () => {
          const column = placeColumn(kernels, rows, skew)
          const [count, text] = [intConstant(kernels, length), utf8Constant(kernels, fill)]
          const out = stringPad(kernels, end, column, rows.length, count, text, 0)
          expect(readColumn(kernels, out, rows.length)).toEqual(
            rows.map((row) => pad(row, end, length, fill)),
          )
        }),
      ),
    )
  })

  it('takes lengths and texts from columns, and leaves rows that do not count as they are', () => {
    const rows = fc.array(fc.tuple(texts, lengths, fills, fc.boolean()), { maxLength: 100 })
    fc.assert(
      fc.property(rows, ends, (given, end) =>
        inArena(kernels, () => {
          const column = placeColumn(
            kernels,
            given.map(([text]) => text),
          )
          const fill = placeColumn(
            kernels,
            given.map(([, , text]) => text),
            7,
          )
          const out = stringPad(
            kernels,
            end,
            column,
            given.length,
            intColumn(given.map(([, length, , counts]) => (counts ? length : 2 ** 31 - 1))),
            columnArgument(fill),
            place(kernels, bitsOf(given.map(([, , , counts]) => counts))),
          )
          expect(readColumn(kernels, out, given.length)).toEqual(
            given.map(([text, length, filler, counts]) =>
              counts ? pad(text, end, length, filler) : text,
            ),
          )
        }),
      ),
    )
  })
})

describe('repeat', () => {
  const counts = fc.integer({ min: -2, max: 9 })

  it('puts a text behind itself, as often as a constant or a column says', () => {
    const rows = fc.array(fc.tuple(texts, counts, fc.boolean()), { maxLength: 100 })
    fc.assert(
      fc.property(rows, counts, skews, (given, count, skew) =>
        inArena(kernels, () => {
          const words = given.map(([text]) => text)
          const column = placeColumn(kernels, words, skew)
          const n = given.length
          const all = stringRepeat(kernels, column, n, intConstant(kernels, count), 0)
          expect(readColumn(kernels, all, n)).toEqual(
            words.map((text) => text.repeat(Math.max(0, count))),
          )
          const numbers = intColumn(given.map(([, own, isOn]) => (isOn ? own : 2 ** 31 - 1)))
          const isOn = place(kernels, bitsOf(given.map(([, , on]) => on)))
          const some = stringRepeat(kernels, column, n, numbers, isOn)
          expect(readColumn(kernels, some, n)).toEqual(
            given.map(([text, own, on]) => (on ? text.repeat(Math.max(0, own)) : '')),
          )
        }),
      ),
    )
  })

  it('and a pad that take more than a column holds are refused', () => {
    inArena(kernels, () => {
      const column = placeColumn(kernels, ['abc', 'd'])
      const most = intConstant(kernels, 2 ** 31 - 1)
      const tooLarge = expect.objectContaining({
        code: 'RECORD_TOO_LARGE',
        message: expect.stringContaining('more than 2147483647 of one batch') as string,
      })
      expect(() => stringRepeat(kernels, column, 2, most, 0)).toThrow(tooLarge)
      const fill = utf8Constant(kernels, 'é')
      expect(() => stringPad(kernels, 'end', column, 2, most, fill, 0)).toThrow(tooLarge)
    })
  })
})
