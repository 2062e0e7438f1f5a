// LZ4 frames. What returns CORRUPT (hybrid.ts) has found its input broken.
import type { Kernels } from './module.ts'

/** Decompresses a frame to exactly `outBytes` bytes; returns outBytes, or CORRUPT. */
export function lz4Frame(
  kernels: Kernels,
  from: number,
  bytes: number,
  out: number,
  outBytes: number,
): number {
  return kernels.exports.lz4Frame(from, bytes, out, outBytes) >>> 0
}
