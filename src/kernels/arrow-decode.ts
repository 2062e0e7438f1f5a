// Arrow's buffers to our columns and back: decimals, offsets and dictionary indices of other widths.
import type { Kernels } from './module.ts'

/** 128-bit decimals to 64 bits; returns the first row that does not fit, or NO_ROW. */
export function decimalNarrow(
  kernels: Kernels,
  from: number,
  validity: number,
  n: number,
  out: number,
): number {
  return kernels.exports.decimalNarrow(from, validity, n, out) >>> 0
}

/** 64-bit decimals to 128 bits. */
export function decimalWiden(kernels: Kernels, from: number, n: number, out: number): void {
  kernels.exports.decimalWiden(from, n, out)
}

/** n + 1 offsets of 64 bits to 32 bits, less the first; false when one does not fit. */
export function offsetsNarrow(kernels: Kernels, from: number, n: number, out: number): boolean {
  return kernels.exports.offsetsNarrow(from, n, out) === 1
}

export interface DictionaryIndices {
  readonly values: number
  readonly bytes: 1 | 2 | 4 | 8
  readonly validity: number
  readonly length: number
}

/** Row numbers of a dictionary of `size` values; returns the first row outside of it, or NO_ROW. */
export function dictionaryRows(
  kernels: Kernels,
  { values, bytes, validity, length }: DictionaryIndices,
  size: number,
  out: number,
): number {
  return kernels.exports.dictionaryRows(values, bytes, validity, length, size, out) >>> 0
}

/** Views of texts, 16 bytes each. */
export interface TextViews {
  readonly values: number
  readonly validity: number
  readonly length: number
}

/** Part [from, to) of a buffer. */
export interface ViewExtent {
  readonly from: number
  readonly to: number
}

export interface ViewExtents {
  /** What the views mean of each buffer. */
  readonly extents: readonly ViewExtent[]
  /** Of all texts. */
  readonly bytes: number
  /** The first row whose view is impossible, or NO_ROW; then the rest says nothing. */
  readonly bad: number
}

/** What part of each of so many buffers the views mean. */
export function viewExtents(
  kernels: Kernels,
  { values, validity, length }: TextViews,
  buffers: number,
): ViewExtents {
  const out = kernels.scratch(buffers * 8 + 8)
  const bad = kernels.exports.viewExtents(values, validity, length, buffers, out) >>> 0
  const words = kernels.u32.subarray(out >>> 2, (out >>> 2) + buffers * 2)
  const extents = Array.from({ length: buffers }, (_, i): ViewExtent => {
    return { from: words[i * 2]!, to: words[i * 2 + 1]! }
  })
  return { extents, bytes: Number(kernels.data.getBigUint64(out + buffers * 8, true)), bad }
}

/**
 * The texts of views as a column in the arena.
 * @param starts by buffer where the part that the views mean was placed
 */
export function viewsCopy(
  kernels: Kernels,
  { values, validity, length }: TextViews,
  { extents, bytes }: ViewExtents,
  starts: readonly number[],
): { readonly offsets: number; readonly values: number } {
  const table = kernels.scratch(starts.length * 4)
  const firsts = Uint32Array.from(starts, (start, i) => start - extents[i]!.from)
  kernels.u32.set(firsts, table >>> 2)
  const offsets = kernels.scratch((length + 1) * 4)
  const texts = kernels.scratch(bytes)
  kernels.exports.viewsCopy(values, validity, length, table, offsets, texts)
  return { offsets, values: texts }
}
