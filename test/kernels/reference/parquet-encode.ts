// Scalar twins of the kernels that encode Parquet's plain values: oracle of the tests, opponent of the
// benchmarks.

/** Byte arrays, a u32 length before each; returns the bytes. */
export function plainBytes(
  offsets: Int32Array,
  bytes: Uint8Array,
  n: number,
  out: Uint8Array,
): number {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
  let to = 0
  for (let i = 0; i < n; i++) {
    const start = offsets[i]!
    const end = offsets[i + 1]!
    view.setUint32(to, end - start, true)
    to += 4
    for (let at = start; at < end; at++) out[to++] = bytes[at]!
  }
  return to
}

type Numbers =
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

/** The smallest and the largest number; NaN is none. */
export function extremes(
  values: Numbers,
  n: number,
): [number | bigint, number | bigint] | undefined {
  let row = 0
  while (row < n && Number.isNaN(values[row]!)) row++
  if (row >= n) return undefined
  let smallest = values[row]!
  let largest = smallest
  for (; row < n; row++) {
    const value = values[row]!
    if (value < smallest) smallest = value
    else if (value > largest) largest = value
  }
  return [smallest, largest]
}

/** The rows of the first smallest and the first largest text, byte by byte. */
export function extremesBytes(
  offsets: Int32Array,
  bytes: Uint8Array,
  n: number,
): [number, number] | undefined {
  if (n === 0) return undefined
  const compare = (a: number, b: number): number => {
    const aBytes = offsets[a + 1]! - offsets[a]!
    const bBytes = offsets[b + 1]! - offsets[b]!
    for (let i = 0; i < Math.min(aBytes, bBytes); i++) {
      const difference = bytes[offsets[a]! + i]! - bytes[offsets[b]! + i]!
      if (difference !== 0) return difference
    }
    return aBytes - bBytes
  }
  let smallest = 0
  let largest = 0
  for (let row = 1; row < n; row++) {
    if (compare(row, smallest) < 0) smallest = row
    else if (compare(row, largest) > 0) largest = row
  }
  return [smallest, largest]
}

/** 128-bit integers, as bytes, with the highest byte first. */
export function decimals(from: Uint8Array, n: number, out: Uint8Array): void {
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < 16; i++) out[row * 16 + i] = from[row * 16 + 15 - i]!
  }
}
