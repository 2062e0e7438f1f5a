// Scalar twins of the kernels that gather from chunks: oracle of the tests, opponent of the benchmarks.
import type { NumericArray } from './compare.ts'

export const SHIFT = 13
const MASK = (1 << SHIFT) - 1

/** out[i] = the value of row rows[i]. */
export function take<T extends NumericArray>(
  chunks: readonly T[],
  rows: Uint32Array,
  count: number,
  out: T,
): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    out[i] = chunks[row >>> SHIFT]![row & MASK]!
  }
}

/** Gathers bits, of chunks that are not there ones. Returns how many are set. */
export function takeBits(
  chunks: readonly (Uint8Array | undefined)[],
  rows: Uint32Array,
  count: number,
  out: Uint8Array,
): number {
  let total = 0
  out.fill(0)
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    const bits = chunks[row >>> SHIFT]
    if (bits !== undefined && ((bits[(row & MASK) >> 3]! >> (row & 7)) & 1) === 0) continue
    out[i >> 3]! |= 1 << (i & 7)
    total++
  }
  return total
}

/** Addresses and lengths of n values that lie end to end from an address on. */
export function putViews(
  offsets: Int32Array,
  n: number,
  address: number,
  addresses: Uint32Array,
  lengths: Uint32Array,
): void {
  for (let i = 0; i < n; i++) {
    addresses[i] = address + offsets[i]! - offsets[0]!
    lengths[i] = offsets[i + 1]! - offsets[i]!
  }
}

/** The values that views (addresses at even places, lengths at odd ones) show; returns their bytes. */
export function takeViews(
  chunks: readonly Uint32Array[],
  memory: Uint8Array,
  rows: Uint32Array,
  count: number,
  outOffsets: Int32Array,
  out: Uint8Array,
): number {
  let at = 0
  outOffsets[0] = 0
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    const views = chunks[row >>> SHIFT]!
    const from = views[(row & MASK) * 2]!
    const end = from + views[(row & MASK) * 2 + 1]!
    for (let byte = from; byte < end; byte++) out[at++] = memory[byte]!
    outOffsets[i + 1] = at
  }
  return at
}
