// Case mapping: every code point there is, and property tests of columns.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import { stringLower, stringUpper } from '../../src/kernels/string-case.ts'
import { inArena } from './linear-memory.ts'
import * as twin from './reference/string-case.ts'
import { placeColumn, readColumn, textColumns } from './utf8-column.ts'

const kernels = new Kernels()

describe('lower and upper', () => {
  it('map each code point as Unicode does', () => {
    for (let plane = 0; plane < 0x11; plane++) {
      const rows: string[] = []
      for (let point = plane << 16; point < (plane + 1) << 16; point++) {
        if (point < 0xd800 || point > 0xdfff) rows.push(String.fromCodePoint(point))
      }
      inArena(kernels, () => {
        const column = placeColumn(kernels, rows)
        const uppers = readColumn(kernels, stringUpper(kernels, column, rows.length), rows.length)
        const lowers = readColumn(kernels, stringLower(kernels, column, rows.length), rows.length)
        for (const [i, row] of rows.entries()) {
          if (uppers[i] !== twin.upper(row))
            expect([row, uppers[i]]).toEqual([row, twin.upper(row)])
          if (lowers[i] !== twin.lower(row))
            expect([row, lowers[i]]).toEqual([row, twin.lower(row)])
        }
      })
    }
  })

  it('map columns, ASCII or not', () => {
    fc.assert(
      fc.property(textColumns, fc.nat({ max: 15 }), (rows, skew) =>
        inArena(kernels, () => {
          const n = rows.length
          const column = placeColumn(kernels, rows, skew)
          expect(readColumn(kernels, stringUpper(kernels, column, n), n)).toEqual(
            rows.map(twin.upper),
          )
          expect(readColumn(kernels, stringLower(kernels, column, n), n)).toEqual(
            rows.map(twin.lower),
          )
        }),
      ),
    )
  })

  it('keep one code point for one', () => {
    inArena(kernels, () => {
      const column = placeColumn(kernels, ['Straße', 'İstanbul', 'ΑΣ', 'ﬁ', 'ȺȾ'])
      expect(readColumn(kernels, stringUpper(kernels, column, 5), 5)).toEqual([
        'STRAßE',
        'İSTANBUL',
        'ΑΣ',
        'ﬁ',
        'ȺȾ',
      ])
      expect(readColumn(kernels, stringLower(kernels, column, 5), 5)).toEqual([
        'straße',
        'istanbul',
        'ασ',
        'ﬁ',
        'ⱥⱦ',
      ])
    })
  })
})
