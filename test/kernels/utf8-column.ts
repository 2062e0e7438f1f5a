// Utf8 columns for the tests of text kernels: arbitrary texts, and columns of them in linear memory
// that are slices (offsets do not begin at 0, the bytes at an odd address, other bytes before and
// behind).
import * as fc from 'fast-check'
import type { Kernels } from '../../src/kernels/module.ts'
import type { Utf8Column } from '../../src/kernels/string.ts'
import { lengths, place } from './linear-memory.ts'
import { decodeRows, encodeRows } from './reference/utf8.ts'

/** Texts that collide and nest often, long ones, and all of Unicode. */
export const texts: fc.Arbitrary<string> = fc.oneof(
  {
    arbitrary: fc.string({ unit: fc.constantFrom('a', 'b', 'ab', ' ', ','), maxLength: 8 }),
    weight: 4,
  },
  fc.string({
    unit: fc.constantFrom('a', 'b', 'A', 'ä', 'Ω', '€', '😀', 'ß', '\u3000'),
    maxLength: 40,
  }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 70 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
)

/** Columns of such texts, of all lengths around a word of 64 rows. */
export const textColumns: fc.Arbitrary<string[]> = lengths(64, 150).chain((n) =>
  fc.array(texts, { minLength: n, maxLength: n }),
)

/** Two columns of one length. */
export const textPairs: fc.Arbitrary<[string[], string[]]> = fc
  .array(fc.tuple(texts, fc.oneof(texts, fc.constant(undefined))), { maxLength: 150 })
  .map((rows) => [rows.map(([a]) => a), rows.map(([a, b]) => b ?? a)])

/** Places rows as a slice of a column; `skew` moves the bytes off their alignment. */
export function placeColumn(kernels: Kernels, rows: readonly string[], skew = 1): Utf8Column {
  const before = 'é before'
  const { offsets, values } = encodeRows([before, ...rows, 'behind'])
  const at = place(kernels, values, skew)
  return { offsets: place(kernels, offsets) + 4, values: at }
}

/** The rows of a column that a kernel wrote. */
export function readColumn(kernels: Kernels, column: Utf8Column, n: number): string[] {
  const offsets = new Int32Array(kernels.take(column.offsets, (n + 1) * 4).buffer)
  return decodeRows({ offsets, values: kernels.take(column.values, offsets[n]!) })
}
