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
