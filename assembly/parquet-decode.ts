// The plain values of Parquet pages as columns: byte arrays, 96-bit timestamps, big-endian decimals,
// streams of split bytes, and dense values spread to the rows that are not null.
//
// PD1 A kernel with an end checks each length against it, and reads nothing of a value that passes it:
//     it returns CORRUPT. The others read exactly what n says; the caller has checked that it is there.
// PD2 Spreading works in place, from the last row to the first; what lies under a null is garbage, but
//     a bool's or an offset's, which are 0 and the neighbour's.
import { copyRunBy32 } from './bytes'

const CORRUPT: u32 = 0xffffffff
const NONE: u32 = 0xffffffff
// Days from the Julian period's start to 1970.
const JULIAN_EPOCH: i64 = 2440588
const DAY_NS: i64 = 86400000000000
const DAYS_MAX: i64 = 106751

/** Bytes of the n next byte arrays (a u32 length each before its bytes), or CORRUPT. */
export function plainBytesMeasure(at: usize, end: usize, n: u32): u32 {
  let total: u32 = 0
  for (; n; n--) {
    if (end - at < 4) return CORRUPT
    const length = load<u32>(at)
    at += 4
    if (<usize>length > end - at) return CORRUPT
    at += <usize>length
    total += length
  }
  return total
}

/**
 * Copies n byte arrays that plainBytesMeasure() has passed to out, which begins at offset outOffsets[0]
 * of the column, and writes outOffsets[1] to outOffsets[n]. Returns where the next one begins.
 */
export function plainBytesDecode(at: usize, n: u32, outOffsets: usize, out: usize): usize {
  let offset = load<u32>(outOffsets)
  for (; n; n--) {
    const length = load<u32>(at)
    at += 4
    copyRunBy32(out, at, length)
    at += <usize>length
    out += <usize>length
    offset += length
    outOffsets += 4
    store<u32>(outOffsets, offset)
  }
  return at
}

/** Writes outOffsets[1] to outOffsets[n] of values of one width, on from outOffsets[0]. */
export function evenOffsets(width: u32, n: u32, outOffsets: usize): void {
  let offset = load<u32>(outOffsets)
  for (const end = outOffsets + ((<usize>n) << 2); outOffsets < end;) {
    outOffsets += 4
    offset += width
    store<u32>(outOffsets, offset)
  }
}

/**
 * 96-bit timestamps (nanoseconds of the day, then the Julian day) to nanoseconds since 1970. Returns the
 * first that 64 bits cannot hold, or 0xffffffff.
 */
export function int96ToNanos(a: usize, n: u32, out: usize): u32 {
  for (let i: u32 = 0; i < n; i++, a += 12, out += 8) {
    const nanos = load<i64>(a)
    const days = <i64>load<i32>(a, 8) - JULIAN_EPOCH
    if (days < -DAYS_MAX || days >= DAYS_MAX || nanos < 0 || nanos > DAY_NS) return i
    store<i64>(out, days * DAY_NS + nanos)
  }
  return NONE
}

/**
 * Big-endian two's complement numbers of any length to integers of 8 or 16 bytes. Returns the first that
 * does not fit, or 0xffffffff.
 */
export function decimalDecode(
  offsets: usize,
  bytes: usize,
  n: u32,
  outBytes: u32,
  out: usize,
): u32 {
  for (let i: u32 = 0; i < n; i++, offsets += 4, out += <usize>outBytes) {
    const start = load<u32>(offsets)
    let length = load<u32>(offsets, 4) - start
    let at = bytes + <usize>start
    const sign = length ? <u64>(<i64>load<i8>(at) >> 63) : 0
    for (; length > outBytes; length--) {
      if (<u64>load<i8>(at++) != sign) return i
    }
    let high = sign
    let low = sign
    for (const end = at + <usize>length; at < end; at++) {
      high = (high << 8) | (low >> 56)
      low = (low << 8) | <u64>load<u8>(at)
    }
    // What was cut off must be the sign's extension of what is left.
    if ((outBytes == 8 ? low : high) >> 63 != sign >> 63) return i
    store<u64>(out, low)
    if (outBytes == 16) store<u64>(out, high, 8)
  }
  return NONE
}

/**
 * Values [first, first + n) of `total` whose bytes are split into `width` streams, one after another:
 * BYTE_STREAM_SPLIT.
 */
export function byteStreamMerge(
  a: usize,
  total: u32,
  first: u32,
  n: u32,
  width: u32,
  out: usize,
): void {
  a += <usize>first
  const step = <usize>width
  let done: u32 = 0
  if (width == 4) done = mergeFour(a, total, n, out)
  else if (width == 8) done = mergeEight(a, total, n, out)
  for (let stream: u32 = 0; stream < width; stream++, a += <usize>total, out++) {
    let to = out + <usize>(done * width)
    for (let from = a + <usize>done, end = a + <usize>n; from < end; from++, to += step) {
      store<u8>(to, load<u8>(from))
    }
  }
}

function mergeFour(a: usize, total: u32, n: u32, out: usize): u32 {
  const stride = <usize>total
  let i: u32 = 0
  for (; i + 16 <= n; i += 16, a += 16, out += 64) {
    const s0 = v128.load(a)
    const s1 = v128.load(a + stride)
    const s2 = v128.load(a + 2 * stride)
    const s3 = v128.load(a + 3 * stride)
    const even01 = lowBytes(s0, s1)
    const even23 = lowBytes(s2, s3)
    v128.store(out, lowPairs(even01, even23))
    v128.store(out, highPairs(even01, even23), 16)
    const odd01 = highBytes(s0, s1)
    const odd23 = highBytes(s2, s3)
    v128.store(out, lowPairs(odd01, odd23), 32)
    v128.store(out, highPairs(odd01, odd23), 48)
  }
  return i
}

function mergeEight(a: usize, total: u32, n: u32, out: usize): u32 {
  const stride = <usize>total
  let i: u32 = 0
  for (; i + 8 <= n; i += 8, a += 8, out += 64) {
    const s01 = lowBytes(v128.load64_zero(a), v128.load64_zero(a + stride))
    const s23 = lowBytes(v128.load64_zero(a + 2 * stride), v128.load64_zero(a + 3 * stride))
    const s45 = lowBytes(v128.load64_zero(a + 4 * stride), v128.load64_zero(a + 5 * stride))
    const s67 = lowBytes(v128.load64_zero(a + 6 * stride), v128.load64_zero(a + 7 * stride))
    const low0 = lowPairs(s01, s23)
    const low4 = lowPairs(s45, s67)
    const high0 = highPairs(s01, s23)
    const high4 = highPairs(s45, s67)
    v128.store(out, v128.shuffle<i32>(low0, low4, 0, 4, 1, 5))
    v128.store(out, v128.shuffle<i32>(low0, low4, 2, 6, 3, 7), 16)
    v128.store(out, v128.shuffle<i32>(high0, high4, 0, 4, 1, 5), 32)
    v128.store(out, v128.shuffle<i32>(high0, high4, 2, 6, 3, 7), 48)
  }
  return i
}

function lowBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
}

function highBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
}

function lowPairs(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
}

function highPairs(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
}

/** Moves the first `set` values, of `bytes` bytes, to the n rows whose bit is set, in place. */
export function spreadFixed(values: usize, bytes: u32, validity: usize, n: u32, set: u32): void {
  switch (bytes) {
    case 1:
      spread<u8>(values, validity, n, set)
      break
    case 2:
      spread<u16>(values, validity, n, set)
      break
    case 4:
      spread<u32>(values, validity, n, set)
      break
    case 8:
      spread<u64>(values, validity, n, set)
      break
    case 16:
      spreadWide(values, validity, n, set)
      break
    default:
      unreachable()
  }
}

function spread<T>(values: usize, validity: usize, n: u32, set: u32): void {
  let from = values + <usize>set * sizeof<T>()
  for (let row = n; row > 0;) {
    row--
    from -= bitAt(validity, row) * sizeof<T>()
    store<T>(values + <usize>row * sizeof<T>(), load<T>(from))
  }
}

function spreadWide(values: usize, validity: usize, n: u32, set: u32): void {
  let from = values + ((<usize>set) << 4)
  for (let row = n; row > 0;) {
    row--
    from -= bitAt(validity, row) << 4
    v128.store(values + ((<usize>row) << 4), v128.load(from))
  }
}

function bitAt(bits: usize, row: u32): usize {
  return (<usize>load<u8>(bits + <usize>(row >> 3)) >> (<usize>row & 7)) & 1
}

/** Spreads the set + 1 offsets of dense values to n + 1: a null is empty. In place. */
export function spreadOffsets(offsets: usize, validity: usize, n: u32, set: u32): void {
  let from = offsets + ((<usize>set) << 2)
  for (let row = n; row > 0;) {
    store<u32>(offsets + ((<usize>row) << 2), load<u32>(from))
    row--
    from -= bitAt(validity, row) << 2
  }
  store<u32>(offsets, load<u32>(from))
}

/** Spreads dense bits to the n rows whose bit of validity is set, others 0, out of place. */
export function spreadBits(bits: usize, validity: usize, n: u32, out: usize): void {
  let from: usize = 0
  for (let row: u32 = 0; row < n; row += 8, out++) {
    let mask = <u32>load<u8>(validity + <usize>(row >> 3))
    if (n - row < 8) mask &= (1 << (n - row)) - 1
    let word = <u32>load<u16>(bits + (from >> 3)) >> (<u32>from & 7)
    from += <usize>popcnt<u32>(mask)
    let byte: u32 = 0
    while (mask) {
      const lowest = mask & (0 - mask)
      if (word & 1) byte |= lowest
      word >>= 1
      mask ^= lowest
    }
    store<u8>(out, byte)
  }
}

/** As takeOffsets(), of rows that are all there, on from out[0]. Returns the bytes; they may pass 2 GiB. */
export function dictionaryOffsets(offsets: usize, indices: usize, n: u32, out: usize): f64 {
  const first = load<u32>(out)
  let total: u64 = first
  for (const end = indices + ((<usize>n) << 2); indices < end; indices += 4) {
    const at = offsets + ((<usize>load<u32>(indices)) << 2)
    total += <u64>(load<u32>(at, 4) - load<u32>(at))
    out += 4
    store<u32>(out, <u32>total)
  }
  return <f64>(total - first)
}

/** Copies the values that indices name to where dictionaryOffsets() put them. */
export function dictionaryBytes(
  offsets: usize,
  bytes: usize,
  indices: usize,
  n: u32,
  outOffsets: usize,
  out: usize,
): void {
  let to = out + <usize>load<u32>(outOffsets)
  for (const end = indices + ((<usize>n) << 2); indices < end; indices += 4) {
    const at = offsets + ((<usize>load<u32>(indices)) << 2)
    const from = load<u32>(at)
    const length = load<u32>(at, 4) - from
    copyRunBy32(to, bytes + <usize>from, length)
    to += <usize>length
  }
}

/** IEEE half precision to single. */
export function float16ToFloat32(a: usize, n: u32, out: usize): void {
  for (const end = out + ((<usize>n) << 2); out < end; out += 4, a += 2) {
    const half = <u32>load<u16>(a)
    const sign = (half & 0x8000) << 16
    const magnitude = half & 0x7fff
    let bits: u32
    if (magnitude >= 0x7c00) bits = (magnitude << 13) | 0x7f800000
    else if (magnitude >= 0x400) bits = (magnitude << 13) + 0x38000000
    // Subnormal: its steps are of 2^-24.
    else bits = reinterpret<u32>(<f32>magnitude * <f32>5.9604644775390625e-8)
    store<u32>(out, sign | bits)
  }
}
