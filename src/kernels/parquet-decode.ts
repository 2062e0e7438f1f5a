// The plain values of Parquet pages to columns. What returns CORRUPT (hybrid.ts) has found its input
// broken; what takes no end has been told how much there is.
import type { Kernels } from './module.ts'

/** Writes the dictionary's values of `bytes` bytes that n indices (all within it) name. */
export function dictionaryFixed(
  kernels: Kernels,
  bytes: 1 | 2 | 4 | 8 | 16,
  values: number,
  indices: number,
  n: number,
  out: number,
): void {
  const { exports } = kernels
  switch (bytes) {
    case 1:
      return exports.take8(values, indices, n, out)
    case 2:
      return exports.take16(values, indices, n, out)
    case 4:
      return exports.take32(values, indices, n, out)
    case 8:
      return exports.take64(values, indices, n, out)
    case 16:
      return exports.take128(values, indices, n, out)
  }
}

/**
 * Writes n offsets of the byte arrays that indices (all within the dictionary) name, behind the one that
 * is there. Returns their bytes.
 */
export function dictionaryOffsets(
  kernels: Kernels,
  offsets: number,
  indices: number,
  n: number,
  out: number,
): number {
  return kernels.exports.dictionaryOffsets(offsets, indices, n, out)
}

/** Copies their bytes to where dictionaryOffsets() has put them. */
export function dictionaryBytes(
  kernels: Kernels,
  dictionary: { readonly offsets: number; readonly values: number },
  indices: number,
  n: number,
  outOffsets: number,
  out: number,
): void {
  const { offsets, values } = dictionary
  kernels.exports.dictionaryBytes(offsets, values, indices, n, outOffsets, out)
}

/** Bytes of the next n byte arrays before `end`, or CORRUPT. */
export function plainBytesMeasure(kernels: Kernels, at: number, end: number, n: number): number {
  return kernels.exports.plainBytesMeasure(at, end, n) >>> 0
}

/**
 * Copies n measured byte arrays to `out`, where the column's byte outOffsets[0] is, and writes n offsets
 * behind that one. Returns where the next byte array begins.
 */
export function plainBytesDecode(
  kernels: Kernels,
  at: number,
  n: number,
  outOffsets: number,
  out: number,
): number {
  return kernels.exports.plainBytesDecode(at, n, outOffsets, out) >>> 0
}

/** Writes n offsets of values of `width` bytes behind the one that is there. */
export function evenOffsets(kernels: Kernels, width: number, n: number, offsets: number): void {
  kernels.exports.evenOffsets(width, n, offsets)
}

/** 96-bit timestamps to nanoseconds; returns the first that 64 bits cannot hold, or NO_ROW. */
export function int96ToNanos(kernels: Kernels, from: number, n: number, out: number): number {
  return kernels.exports.int96ToNanos(from, n, out) >>> 0
}

export function float16ToFloat32(kernels: Kernels, from: number, n: number, out: number): void {
  kernels.exports.float16ToFloat32(from, n, out)
}

/** Big-endian numbers to 8 or 16 bytes; returns the first that does not fit, or NO_ROW. */
export function decimalDecode(
  kernels: Kernels,
  from: { readonly offsets: number; readonly bytes: number },
  n: number,
  outBytes: 8 | 16,
  out: number,
): number {
  return kernels.exports.decimalDecode(from.offsets, from.bytes, n, outBytes, out) >>> 0
}

/** Values [first, first + n) of `total` whose bytes are split into `width` streams. */
export function byteStreamMerge(
  kernels: Kernels,
  from: number,
  total: number,
  first: number,
  n: number,
  width: number,
  out: number,
): void {
  kernels.exports.byteStreamMerge(from, total, first, n, width, out)
}

/** Moves the first `set` values to the n rows whose bit is set, in place. */
export function spreadFixed(
  kernels: Kernels,
  values: number,
  bytes: 1 | 2 | 4 | 8 | 16,
  validity: number,
  n: number,
  set: number,
): void {
  kernels.exports.spreadFixed(values, bytes, validity, n, set)
}

/** Spreads set + 1 offsets to n + 1, in place: nulls are empty. */
export function spreadOffsets(
  kernels: Kernels,
  offsets: number,
  validity: number,
  n: number,
  set: number,
): void {
  kernels.exports.spreadOffsets(offsets, validity, n, set)
}

/** Dense bits to the n rows whose bit of validity is set; the others are 0. */
export function spreadBits(
  kernels: Kernels,
  bits: number,
  validity: number,
  n: number,
  out: number,
): void {
  kernels.exports.spreadBits(bits, validity, n, out)
}
