// Parquet's RLE/bit-packed hybrid: readers as states in linear memory, and the encoder.
import type { Kernels } from './module.ts'

/** What a kernel returns whose input breaks its format. */
export const CORRUPT = 0xffffffff

/** Bytes of linear memory that a reader's state takes. */
export const HYBRID_STATE_BYTES = 32

/** Begins at `bytes` bytes of runs of values of `width` bits (0 to 32). */
export function hybridOpen(
  kernels: Kernels,
  state: number,
  start: number,
  bytes: number,
  width: number,
): void {
  kernels.exports.hybridOpen(state, start, bytes, width)
}

/** Writes n u32; returns the largest (0 of none), or CORRUPT. */
export function hybridDecode32(kernels: Kernels, state: number, n: number, out: number): number {
  return kernels.exports.hybridDecode32(state, n, out) >>> 0
}

/** Writes n bytes, of values of up to 8 bits; returns the largest, or CORRUPT. */
export function hybridDecode8(kernels: Kernels, state: number, n: number, out: number): number {
  return kernels.exports.hybridDecode8(state, n, out) >>> 0
}

/** Writes n bits behind the first `at` bits of `out`; returns how many are set, or CORRUPT. */
export function hybridDecodeBits(
  kernels: Kernels,
  state: number,
  n: number,
  out: number,
  at: number,
): number {
  return kernels.exports.hybridDecodeBits(state, n, out, at) >>> 0
}

/** Writes n bits that begin at bit `fromBit` (below 8) behind the first `at` bits of `out`. */
export function hybridAppendBits(
  kernels: Kernels,
  from: number,
  fromBit: number,
  n: number,
  out: number,
  at: number,
): void {
  kernels.exports.hybridAppendBits(from, fromBit, n, out, at)
}

/** Bytes that n encoded values take at most. */
export function hybridBound(kernels: Kernels, n: number, width: number): number {
  return kernels.exports.hybridBound(n, width) >>> 0
}

/** Encodes n u32 of 1 to 32 bits; `out` has room for hybridBound() bytes. Returns the bytes. */
export function hybridEncode32(
  kernels: Kernels,
  values: number,
  n: number,
  width: number,
  out: number,
): number {
  return kernels.exports.hybridEncode32(values, n, width, out) >>> 0
}

/** As hybridEncode32(), of bytes. */
export function hybridEncode8(
  kernels: Kernels,
  values: number,
  n: number,
  width: number,
  out: number,
): number {
  return kernels.exports.hybridEncode8(values, n, width, out) >>> 0
}

/** Encodes n bits of which `set` are set (`bits` may be 0 when all are). Returns the bytes. */
export function hybridEncodeBits(
  kernels: Kernels,
  bits: number,
  n: number,
  set: number,
  out: number,
): number {
  return kernels.exports.hybridEncodeBits(bits, n, set, out) >>> 0
}
