// Scalar twins of the gather kernels: oracle of the tests, opponent of the benchmarks.
import type { NumericArray } from './compare.ts'

export const NO_ROW = 0xffffffff

/** out[i] = a[rows[i]]. */
export function take<T extends NumericArray>(a: T, rows: Uint32Array, count: number, out: T): void {
  for (let i = 0; i < count; i++) out[i] = a[rows[i]!]!
}

/** Gathers bits; a missing row gives 0. Returns how many are set. */
export function takeBits(
  bits: Uint8Array | undefined,
  rows: Uint32Array,
  count: number,
  out: Uint8Array,
): number {
  let total = 0
  out.fill(0)
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (row === NO_ROW) continue
    if (bits === undefined || ((bits[row >> 3]! >> (row & 7)) & 1) !== 0) {
      out[i >> 3]! |= 1 << (i & 7)
      total++
    }
  }
  return total
}

/** Gathers utf8 or binary values; returns their bytes. */
export function takeVariable(
  offsets: Int32Array,
  bytes: Uint8Array,
  rows: Uint32Array,
  count: number,
  outOffsets: Int32Array,
  out: Uint8Array,
): number {
  let at = 0
  outOffsets[0] = 0
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (row !== NO_ROW) {
      const start = offsets[row]!
      const end = offsets[row + 1]!
      for (let from = start; from < end; from++) out[at++] = bytes[from]!
    }
    outOffsets[i + 1] = at
  }
  return at
}
