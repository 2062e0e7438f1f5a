// Lists of values in accumulators, as columns (assembly/value-items.ts), and what sketches in their place
// tell: distinct counts and quantiles.
import { aggregateFixed, type ValueKind } from './aggregate.ts'
import type { ByteColumn } from './byte-table.ts'
import type { Kernels } from './module.ts'

/** The items of n lists: offsets (i32, n + 1) and what they lie in. */
export interface ListItems {
  readonly offsets: number
  readonly count: number
  readonly items: { readonly values: number; readonly offsets: number }
}

/** The items of lists whose bytes are a column of n rows, in the arena. */
export function listItems(
  kernels: Kernels,
  { offsets, values }: ByteColumn,
  n: number,
  kind: ValueKind,
): ListItems {
  const { exports } = kernels
  const width = kind === 'bytes' ? 0 : kind === 128 ? 16 : 8
  const ends = kernels.scratch((n + 1) * 4)
  const count = exports.listItemOffsets(offsets, values, n, width, ends)
  const pointers = kernels.scratch(count * 4)
  exports.listItemPointers(offsets, values, n, width, pointers)
  if (kind !== 'bytes') {
    const items = { values: aggregateFixed(kernels, pointers, count, 0, kind), offsets: 0 }
    return { offsets: ends, count, items }
  }
  const textEnds = kernels.scratch((count + 1) * 4)
  const texts = kernels.scratch(exports.listTextOffsets(pointers, count, textEnds))
  exports.listTextData(pointers, count, texts)
  return { offsets: ends, count, items: { values: texts, offsets: textEnds } }
}

/** The estimates of n sketches, as an i64 column's values, in the arena. */
export function aggregateEstimate(
  kernels: Kernels,
  rows: number,
  n: number,
  offset: number,
): number {
  const out = kernels.scratch(n * 8)
  kernels.exports.aggregateEstimate(rows, n, offset, out)
  return out
}

/** The quantiles of n sketches, as a float64 column's values, in the arena. */
export function aggregateQuantile(
  kernels: Kernels,
  rows: number,
  n: number,
  of: { readonly offset: number; readonly fraction: number; readonly unit: number },
): number {
  const out = kernels.scratch(n * 8)
  kernels.exports.aggregateQuantile(rows, n, of.offset, of.fraction, of.unit, out)
  return out
}
