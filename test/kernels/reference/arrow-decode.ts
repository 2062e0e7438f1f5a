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

/** A view: a text of its own of up to 12 bytes, or a part of a buffer. */
export interface View {
  readonly length: number
  readonly inline?: Uint8Array
  readonly buffer: number
  readonly offset: number
}

/** The texts that views mean; the first row whose view is impossible instead. */
export function viewTexts(
  views: readonly View[],
  valid: readonly boolean[] | null,
  buffers: readonly Uint8Array[],
): number[][] | number {
  const out: number[][] = []
  for (const [row, { length, inline, buffer, offset }] of views.entries()) {
    if (valid !== null && !valid[row]) out.push([])
    else if (inline !== undefined) out.push([...inline])
    else if (buffers[buffer] === undefined || offset < 0) return row
    else out.push([...buffers[buffer].subarray(offset, offset + length)])
  }
  return out
}

/** Copies texts of views of four words; offsets from 0. */
export function viewsCopy(
  views: Uint32Array,
  viewBytes: Uint8Array,
  n: number,
  buffer: Uint8Array,
  offsets: Int32Array,
  values: Uint8Array,
): number {
  let at = 0
  for (let row = 0; row < n; row++) {
    const length = views[row * 4]!
    const isInline = length <= 12
    const from = isInline ? row * 16 + 4 : views[row * 4 + 3]!
    const bytes = isInline ? viewBytes : buffer
    for (let i = 0; i < length; i++) values[at + i] = bytes[from + i]!
    at += length
    offsets[row + 1] = at
  }
  return at
}
