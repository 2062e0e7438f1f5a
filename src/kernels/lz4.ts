// LZ4 blocks and frames. What returns CORRUPT (hybrid.ts) has found its input broken.
import type { Kernels } from './module.ts'

/** Decompresses one block to exactly `outBytes` bytes; returns outBytes, or CORRUPT. */
export function lz4Block(
  kernels: Kernels,
  from: number,
  bytes: number,
  out: number,
  outBytes: number,
): number {
  return kernels.exports.lz4Block(from, bytes, out, outBytes) >>> 0
}

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
