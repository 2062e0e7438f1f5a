// Scalar twins of the kernels that decode Parquet's plain values: oracle of the tests, opponent of the
// benchmarks.

/** Byte arrays to offsets and bytes; returns the bytes, or -1 when a length passes the end. */
export function plainBytes(
  from: Uint8Array,
  n: number,
  outOffsets: Int32Array,
  out: Uint8Array,
): number {
  const view = new DataView(from.buffer, from.byteOffset, from.byteLength)
  let at = 0
  let to = 0
  outOffsets[0] = 0
  for (let i = 0; i < n; i++) {
    if (from.length - at < 4) return -1
    const length = view.getUint32(at, true)
    at += 4
    if (length > from.length - at) return -1
    for (let byte = 0; byte < length; byte++) out[to++] = from[at++]!
    outOffsets[i + 1] = to
  }
  return to
}

/** The values that indices name. */
export function dictionaryBytes(
  offsets: Int32Array,
  bytes: Uint8Array,
  indices: Uint32Array,
  n: number,
  outOffsets: Int32Array,
  out: Uint8Array,
): number {
  let to = 0
  outOffsets[0] = 0
  for (let i = 0; i < n; i++) {
    const index = indices[i]!
    for (let at = offsets[index]!; at < offsets[index + 1]!; at++) out[to++] = bytes[at]!
    outOffsets[i + 1] = to
  }
  return to
}

const DAY_NS = 86_400_000_000_000n

/** Nanoseconds since 1970; undefined where 64 bits cannot hold them. */
export function int96ToNanos(nanos: bigint, julianDay: number): bigint | undefined {
  if (nanos < 0n || nanos > DAY_NS) return undefined
  const days = BigInt(julianDay - 2_440_588)
  if (days < -106_751n || days >= 106_751n) return undefined
  return days * DAY_NS + nanos
}

/** A big-endian number of any length; undefined when `bytes` bytes cannot hold it. */
export function decimal(from: Uint8Array, bytes: number): bigint | undefined {
  let value = 0n
  for (const byte of from) value = (value << 8n) | BigInt(byte)
  value = BigInt.asIntN(from.length * 8, value)
  return BigInt.asIntN(bytes * 8, value) === value ? value : undefined
}

/** The streams of `width` bytes of all values, joined to values. */
export function byteStreamMerge(
  from: Uint8Array,
  total: number,
  first: number,
  n: number,
  width: number,
  out: Uint8Array,
): void {
  for (let stream = 0; stream < width; stream++) {
    for (let i = 0; i < n; i++) out[i * width + stream] = from[stream * total + first + i]!
  }
}

/** Dense values to the rows whose bit is set, others 0. */
export function spread<T extends Float64Array | Uint32Array | Uint8Array>(
  dense: T,
  validity: Uint8Array,
  n: number,
  out: T,
): void {
  let from = 0
  for (let row = 0; row < n; row++) {
    out[row] = (validity[row >> 3]! >> (row & 7)) & 1 ? dense[from++]! : 0
  }
}

/** IEEE half to single. */
export function float16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 31
  const fraction = half & 1023
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
