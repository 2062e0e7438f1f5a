// What writing Parquet needs beside hybrid-encode and snappy: byte arrays with their lengths, big-endian
// decimals, and the smallest and largest value of a column for its statistics.
//
// PE1 Inputs are dense: nulls have been left out before.
import { compareRuns, copyRunBy32 } from './bytes'

/** The places of 16 bytes from the last to the first. */
const REVERSED: usize = memory.data<u64>([0x08090a0b0c0d0e0f, 0x0001020304050607], 16)
const lanes: usize = memory.data(32, 16)

/** Writes n byte arrays, a u32 length before each; returns the bytes. */
export function plainBytesEncode(offsets: usize, bytes: usize, n: u32, out: usize): u32 {
  const start = out
  for (const end = offsets + ((<usize>n) << 2); offsets < end; offsets += 4) {
    const from = load<u32>(offsets)
    const length = load<u32>(offsets, 4) - from
    store<u32>(out, length)
    copyRunBy32(out + 4, bytes + <usize>from, length)
    out += 4 + <usize>length
  }
  return <u32>(out - start)
}

/** 128-bit integers as big-endian bytes. */
export function decimalEncode(a: usize, n: u32, out: usize): void {
  // Loaded, because V8 would build a constant anew in each iteration.
  const order = v128.load(REVERSED)
  for (; n; n--, a += 16, out += 16) v128.store(out, i8x16.swizzle(v128.load(a), order))
}

// The smallest and the largest value are written to out and out + 8. Of no values (NaN is none), the
// smallest is above the largest.

/** Extremes of i32. */
export function extremesI32(a: usize, n: u32, out: usize): void {
  let low = i32x4.splat(0x7fffffff)
  let high = i32x4.splat(0x80000000)
  for (; n >= 4; n -= 4, a += 16) {
    const values = v128.load(a)
    low = i32x4.min_s(low, values)
    high = i32x4.max_s(high, values)
  }
  mergeLanes<i32>(low, high, a, n, out)
}

/** Extremes of u32. */
export function extremesU32(a: usize, n: u32, out: usize): void {
  let low = i32x4.splat(-1)
  let high = i32x4.splat(0)
  for (; n >= 4; n -= 4, a += 16) {
    const values = v128.load(a)
    low = i32x4.min_u(low, values)
    high = i32x4.max_u(high, values)
  }
  mergeLanes<u32>(low, high, a, n, out)
}

/** Extremes of i64. */
export function extremesI64(a: usize, n: u32, out: usize): void {
  extremes64<i64>(a, n, 0, out)
}

/** Extremes of u64. */
export function extremesU64(a: usize, n: u32, out: usize): void {
  extremes64<u64>(a, n, i64.MIN_VALUE, out)
}

/**
 * Unsigned values compare as signed ones do once their top bit is flipped. Two vectors are put in
 * order, lane by lane, with one comparison and three exclusive ors; the lower one may be the least,
 * the upper one the most.
 */
function extremes64<T>(a: usize, n: u32, flipped: i64, out: usize): void {
  const flip = i64x2.splat(flipped)
  let low = i64x2.splat(i64.MAX_VALUE)
  let high = i64x2.splat(i64.MIN_VALUE)
  // Two of each, for a comparison of 64 bits is long on its way.
  let low2 = low
  let high2 = high
  for (; n >= 8; n -= 8, a += 64) {
    let left = v128.load(a)
    let right = v128.load(a, 16)
    let left2 = v128.load(a, 32)
    let right2 = v128.load(a, 48)
    if (!isSigned<T>()) {
      left = v128.xor(left, flip)
      right = v128.xor(right, flip)
      left2 = v128.xor(left2, flip)
      right2 = v128.xor(right2, flip)
    }
    const swap = v128.and(v128.xor(left, right), i64x2.gt_s(left, right))
    const swap2 = v128.and(v128.xor(left2, right2), i64x2.gt_s(left2, right2))
    low = least64(low, v128.xor(left, swap))
    high = most64(high, v128.xor(right, swap))
    low2 = least64(low2, v128.xor(left2, swap2))
    high2 = most64(high2, v128.xor(right2, swap2))
  }
  low = v128.xor(least64(low, low2), flip)
  high = v128.xor(most64(high, high2), flip)
  mergeLanes<T>(low, high, a, n, out)
}

function least64(a: v128, b: v128): v128 {
  return v128.bitselect(b, a, i64x2.gt_s(a, b))
}

function most64(a: v128, b: v128): v128 {
  return v128.bitselect(b, a, i64x2.gt_s(b, a))
}

/** Extremes of f32. */
export function extremesF32(a: usize, n: u32, out: usize): void {
  let low = f32x4.splat(f32.POSITIVE_INFINITY)
  let high = f32x4.splat(f32.NEGATIVE_INFINITY)
  // Of NaN, pmin and pmax take the first operand.
  for (; n >= 4; n -= 4, a += 16) {
    const values = v128.load(a)
    low = f32x4.pmin(low, values)
    high = f32x4.pmax(high, values)
  }
  mergeLanes<f32>(low, high, a, n, out)
}

/** Extremes of f64. */
export function extremesF64(a: usize, n: u32, out: usize): void {
  let low = f64x2.splat(f64.POSITIVE_INFINITY)
  let high = f64x2.splat(f64.NEGATIVE_INFINITY)
  // Four of each, for a comparison of floats is long on its way.
  let low2 = low
  let low3 = low
  let low4 = low
  let high2 = high
  let high3 = high
  let high4 = high
  for (; n >= 8; n -= 8, a += 64) {
    const values = v128.load(a)
    const values2 = v128.load(a, 16)
    const values3 = v128.load(a, 32)
    const values4 = v128.load(a, 48)
    low = f64x2.pmin(low, values)
    high = f64x2.pmax(high, values)
    low2 = f64x2.pmin(low2, values2)
    high2 = f64x2.pmax(high2, values2)
    low3 = f64x2.pmin(low3, values3)
    high3 = f64x2.pmax(high3, values3)
    low4 = f64x2.pmin(low4, values4)
    high4 = f64x2.pmax(high4, values4)
  }
  low = f64x2.pmin(f64x2.pmin(low, low2), f64x2.pmin(low3, low4))
  high = f64x2.pmax(f64x2.pmax(high, high2), f64x2.pmax(high3, high4))
  mergeLanes<f64>(low, high, a, n, out)
}

/** Two vectors of extremes, and the n values that made no vector any more. */
function mergeLanes<T>(low: v128, high: v128, a: usize, n: u32, out: usize): void {
  v128.store(lanes, low)
  v128.store(lanes, high, 16)
  let smallest = load<T>(lanes)
  let largest = load<T>(lanes, 16)
  for (let at: usize = sizeof<T>(); at < 16; at += sizeof<T>()) {
    if (load<T>(lanes + at) < smallest) smallest = load<T>(lanes + at)
    if (load<T>(lanes + at, 16) > largest) largest = load<T>(lanes + at, 16)
  }
  for (const end = a + <usize>n * sizeof<T>(); a < end; a += sizeof<T>()) {
    if (load<T>(a) < smallest) smallest = load<T>(a)
    if (load<T>(a) > largest) largest = load<T>(a)
  }
  store<T>(out, smallest)
  store<T>(out, largest, 8)
}

/**
 * The rows of the first smallest and the first largest byte array, as unsigned bytes compare, u32 each
 * at out; n is above 0.
 */
export function extremesBytes(offsets: usize, bytes: usize, n: u32, out: usize): void {
  let smallest: u32 = 0
  let largest: u32 = 0
  let low = prefixOf(offsets, bytes, 0)
  let high = low
  for (let row: u32 = 1; row < n; row++) {
    // Most rows are told apart by their first eight bytes.
    const prefix = prefixOf(offsets, bytes, row)
    if (prefix > low && prefix < high) continue
    if (compare(offsets, bytes, row, smallest) < 0) {
      smallest = row
      low = prefix
    } else if (compare(offsets, bytes, row, largest) > 0) {
      largest = row
      high = prefix
    }
  }
  store<u32>(out, smallest)
  store<u32>(out, largest, 4)
}

/** The first eight bytes, the first of them on top; zeros for those that are not there. */
function prefixOf(offsets: usize, bytes: usize, row: u32): u64 {
  const at = offsets + ((<usize>row) << 2)
  const start = load<u32>(at)
  const length = load<u32>(at, 4) - start
  const prefix = bswap<u64>(load<u64>(bytes + <usize>start))
  if (length >= 8) return prefix
  return length ? prefix & ((<u64>-1) << (64 - ((<u64>length) << 3))) : 0
}

function compare(offsets: usize, bytes: usize, row: u32, other: u32): i32 {
  const a = offsets + ((<usize>row) << 2)
  const b = offsets + ((<usize>other) << 2)
  const aStart = load<u32>(a)
  const bStart = load<u32>(b)
  return compareRuns(
    bytes + <usize>aStart,
    load<u32>(a, 4) - aStart,
    bytes + <usize>bStart,
    load<u32>(b, 4) - bStart,
  )
}
