// Parquet's delta encodings. What returns CORRUPT (hybrid.ts) has found its input broken.
import type { Kernels } from './module.ts'

/** Bytes of linear memory that a reader's state takes. */
export const DELTA_STATE_BYTES = 64

/** Begins at delta-packed integers; returns how many there are, or CORRUPT. */
export function deltaOpen(kernels: Kernels, state: number, start: number, end: number): number {
  return kernels.exports.deltaOpen(state, start, end) >>> 0
}

/** Writes the next n integers of 4 or 8 bytes; returns n, or CORRUPT. */
export function deltaDecode(
  kernels: Kernels,
  state: number,
  n: number,
  bytes: 4 | 8,
  out: number,
): number {
  return kernels.exports.deltaDecode(state, n, bytes, out) >>> 0
}

/** Where the integers' bytes end, when all have been decoded. */
export function deltaEnd(kernels: Kernels, state: number): number {
  return kernels.exports.deltaEnd(state) >>> 0
}

/** Writes n + 1 offsets; returns the bytes, or CORRUPT when they are more than `bytesMax`. */
export function lengthsToOffsets(
  kernels: Kernels,
  lengths: number,
  n: number,
  bytesMax: number,
  out: number,
): number {
  return kernels.exports.lengthsToOffsets(lengths, n, bytesMax, out) >>> 0
}

/** Adds prefix lengths to suffix lengths in place; false when they cannot be. */
export function prefixedLengths(
  kernels: Kernels,
  prefixes: number,
  lengths: number,
  n: number,
): boolean {
  return kernels.exports.prefixedLengths(prefixes, lengths, n) === 1
}

/** Joins prefixes of the values before with the suffixes, to where the offsets say. */
export function prefixedBytes(
  kernels: Kernels,
  prefixes: number,
  suffixes: number,
  offsets: number,
  n: number,
  out: number,
): void {
  kernels.exports.prefixedBytes(prefixes, suffixes, offsets, n, out)
}
