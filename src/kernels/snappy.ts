// Snappy's block format. What returns CORRUPT (hybrid.ts) has found its input broken.
import type { Kernels } from './module.ts'

/** Bytes when decompressed, as the block says, or CORRUPT. */
export function snappyLength(kernels: Kernels, from: number, bytes: number): number {
  return kernels.exports.snappyLength(from, bytes) >>> 0
}

/** Decompresses exactly `outBytes` bytes; returns outBytes, or CORRUPT. */
export function snappyDecompress(
  kernels: Kernels,
  from: number,
  bytes: number,
  out: number,
  outBytes: number,
): number {
  return kernels.exports.snappyDecompress(from, bytes, out, outBytes) >>> 0
}

/** Bytes that n bytes take at most when compressed. */
export function snappyBound(kernels: Kernels, n: number): number {
  return kernels.exports.snappyBound(n) >>> 0
}

/** Compresses; `out` has room for snappyBound() bytes. Returns the bytes. */
export function snappyCompress(kernels: Kernels, from: number, n: number, out: number): number {
  return kernels.exports.snappyCompress(from, n, out) >>> 0
}
