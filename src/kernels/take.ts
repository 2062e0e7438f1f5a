// Gather by row numbers, into the arena; row 0xffffffff takes a null.
import { DataflowError } from '../base/errors.ts'
import { bitmapBytes } from './bitmap.ts'
import type { Kernels } from './module.ts'

/** Row numbers at a pointer: a selection, or a join's matches. */
export interface Rows {
  readonly rows: number
  readonly length: number
}

/** The numbers from one on, in the arena. */
export function rowsFrom(kernels: Kernels, first: number, length: number): Rows {
  const rows = kernels.scratch(length * 4)
  const { u32 } = kernels
  const base = rows >>> 2
  for (let i = 0; i < length; i++) u32[base + i] = first + i
  return { rows, length }
}

/** A gathered utf8 or binary column. */
export interface TakenBytes {
  readonly offsets: number
  readonly values: number
}

/** Bits of what can be taken whole, by its bytes: the end of the kernels' names. */
export const BITS_TAKEN = { 1: 8, 2: 16, 4: 32, 8: 64, 16: 128 } as const

/** Values of 1, 2, 4, 8 or 16 bytes. */
export function takeFixed(
  kernels: Kernels,
  bytes: keyof typeof BITS_TAKEN,
  values: number,
  { rows, length }: Rows,
): number {
  const out = kernels.scratch(length * bytes)
  kernels.exports[`take${BITS_TAKEN[bytes]}`](values, rows, length, out)
  return out
}

/** Bits (0: all set, so that only row 0xffffffff gives 0) and how many of the result are not set. */
export function takeBits(
  kernels: Kernels,
  bits: number,
  { rows, length }: Rows,
): { bits: number; zeros: number } {
  const out = kernels.scratch(bitmapBytes(length))
  const zeros = length - kernels.exports.takeBits(bits, rows, length, out)
  return { bits: out, zeros }
}

/** @throws RECORD_TOO_LARGE when the result's bytes do not fit 32-bit offsets */
export function takeVariable(
  kernels: Kernels,
  offsets: number,
  values: number,
  { rows, length }: Rows,
): TakenBytes {
  const outOffsets = kernels.scratch((length + 1) * 4)
  const bytes = kernels.exports.takeOffsets(offsets, rows, length, outOffsets) >>> 0
  if (bytes === 0xffffffff) {
    throw new DataflowError(
      'RECORD_TOO_LARGE',
      `${length} values of one column take more than 2 GiB; lower batchRows`,
    )
  }
  const out = kernels.scratch(bytes)
  kernels.exports.takeBytes(offsets, values, rows, length, outOffsets, out)
  return { offsets: outOffsets, values: out }
}

/** Writes n + 1 offsets at `out` so that the first becomes `base`. */
export function takeRebased(
  kernels: Kernels,
  offsets: number,
  n: number,
  base: number,
  out: number,
): void {
  kernels.exports.takeRebased(offsets, n, base, out)
}
