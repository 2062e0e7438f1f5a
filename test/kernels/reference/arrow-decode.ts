// Scalar twins of the kernels that bring Arrow's buffers to ours: oracle of the tests, opponent of the
// benchmarks.

const isValid = (validity: Uint8Array | undefined, row: number): boolean =>
  validity === undefined || ((validity[row >> 3]! >> (row & 7)) & 1) === 1

/** 128-bit units to 64 bits, by words of 32; returns the first row that does not fit, or -1. */
export function decimalNarrow(
  from: Int32Array,
  validity: Uint8Array | undefined,
  n: number,
  out: Int32Array,
): number {
  for (let row = 0; row < n; row++) {
    const high = from[row * 4 + 1]!
    const sign = high >> 31
    const fits = from[row * 4 + 2] === sign && from[row * 4 + 3] === sign
    if (!fits && isValid(validity, row)) return row
    out[row * 2] = from[row * 4]!
    out[row * 2 + 1] = high
  }
  return -1
}

/** Row numbers of indices, 0xffffffff where null; returns the first row outside of `size`, or -1. */
export function dictionaryRows(
  from: Uint8Array | Uint16Array | Uint32Array,
  validity: Uint8Array | undefined,
  n: number,
  size: number,
  out: Uint32Array,
): number {
  for (let row = 0; row < n; row++) {
    if (!isValid(validity, row)) out[row] = 0xffffffff
    else if (from[row]! >= size) return row
    else out[row] = from[row]!
  }
  return -1
}

/** Offsets of 64 bits to 32, less the first; false when one does not fit. */
export function offsetsNarrow(from: BigInt64Array, n: number, out: Int32Array): boolean {
  for (let i = 0; i <= n; i++) {
    const offset = from[i]! - from[0]!
    if (offset < 0n || offset > 0x7fffffffn) return false
    out[i] = Number(offset)
  }
  return true
}
