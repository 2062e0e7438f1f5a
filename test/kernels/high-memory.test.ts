// Linear memory beyond 2 GiB, where a pointer is negative to JavaScript's signed shifts: bindings that
// write arguments or read answers through a view. Memory that nobody has touched costs nothing.
import { expect, it } from 'vitest'
import { viewExtents, viewsCopy } from '../../src/kernels/arrow-decode.ts'
import { levelsOffsets, levelsRowEnd, levelsValidity } from '../../src/kernels/levels.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { extremesBytes } from '../../src/kernels/parquet-encode.ts'
import {
  intConstant,
  stringConcat,
  stringSide,
  stringSubstring,
  utf8Constant,
} from '../../src/kernels/string.ts'
import { stringReplace } from '../../src/kernels/string-search.ts'
import { timestampRange } from '../../src/kernels/timestamp.ts'
import { place } from './linear-memory.ts'
import { placeColumn, readColumn } from './utf8-column.ts'

const kernels = new Kernels()
kernels.allocate(0x7fff_ff00)
const ROWS = ['millrace', '', 'Mühle']
const column = placeColumn(kernels, ROWS)
const texts = (made: { offsets: number; values: number }) => readColumn(kernels, made, ROWS.length)

it('lies where this test is about', () => {
  expect(column.offsets).toBeGreaterThan(2 ** 31)
})

it('takes counts and texts as constants of text functions', () => {
  const three = intConstant(kernels, 3)
  expect(texts(stringSide(kernels, 'left', column, 3, three))).toEqual(['mil', '', 'Müh'])
  const two = intConstant(kernels, 2)
  expect(texts(stringSubstring(kernels, column, 3, three, two))).toEqual(['lr', '', 'le'])
  const [from, to] = [utf8Constant(kernels, 'l'), utf8Constant(kernels, '-')]
  expect(texts(stringReplace(kernels, column, 3, from, to))).toEqual(['mi--race', '', 'Müh-e'])
  const parts = [{ ...column, stride: 4 as const }, to]
  expect(texts(stringConcat(kernels, parts, 3))).toEqual(['millrace-', '-', 'Mühle-'])
})

it('gives the extremes of times and texts', () => {
  const times = place(kernels, BigInt64Array.of(5n, -7n, 3n))
  expect(timestampRange(kernels, times, 0, 3)).toEqual({ least: -7n, greatest: 5n })
  expect(extremesBytes(kernels, column.offsets, column.values, 3)).toEqual({
    smallest: 1,
    largest: 0,
  })
})

it('gives slots, items and missing rows of levels', () => {
  // [[1, null], null]
  const levels = { defs: place(kernels, Uint8Array.of(3, 2, 0)), reps: 0, length: 3 }
  const reps = place(kernels, Uint8Array.of(0, 1, 0))
  expect(levelsRowEnd(kernels, reps, 0, 3, 4)).toEqual({ end: 3, missing: 2 })
  const validity = levelsValidity(kernels, levels, { def: 1, rep: 0, ancestor: 0 })
  expect(validity).toMatchObject({ slots: 3, valid: 2 })
  const lists = { ...levels, reps }
  expect(levelsOffsets(kernels, lists, { def: 1, rep: 0, ancestor: 0 }, 1)).toMatchObject({
    slots: 2,
    items: 2,
  })
})

it('copies the texts that views mean', () => {
  const long = new TextEncoder().encode('a text of a buffer')
  const view = Uint32Array.of(long.length, 0, 0, 0)
  new Uint8Array(view.buffer).set(long.subarray(0, 4), 4)
  const views = { values: place(kernels, view), validity: 0, length: 1 }
  const extents = viewExtents(kernels, views, 1)
  expect(extents.extents).toEqual([{ from: 0, to: long.length }])
  const copy = viewsCopy(kernels, views, extents, [place(kernels, long)])
  expect(readColumn(kernels, copy, 1)).toEqual(['a text of a buffer'])
})
