// Scalar twins of the choice kernels: oracle of the tests, opponent of the benchmarks.
import type { NumericArray } from './compare.ts'

/** out[i] = a[i] where the bit is set, else b[i]. */
export function choose<T extends NumericArray>(bits: Uint8Array, a: T, b: T, out: T): void {
  for (let i = 0; i < out.length; i++) {
    out[i] = ((bits[i >> 3]! >> (i & 7)) & 1) !== 0 ? a[i]! : b[i]!
  }
}

/** Chosen texts behind each other; returns their bytes. */
export function chooseText(
  bits: Uint8Array,
  a: readonly [Int32Array, Uint8Array],
  b: readonly [Int32Array, Uint8Array],
  outOffsets: Int32Array,
  out: Uint8Array,
): number {
  let at = 0
  for (let i = 0; i + 1 < outOffsets.length; i++) {
    const [offsets, bytes] = ((bits[i >> 3]! >> (i & 7)) & 1) !== 0 ? a : b
    for (let from = offsets[i]!; from < offsets[i + 1]!; from++) out[at++] = bytes[from]!
    outOffsets[i + 1] = at
  }
  return at
}
