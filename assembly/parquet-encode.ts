// What writing Parquet needs beside hybrid-encode and snappy: byte arrays with their lengths, big-endian
// decimals, and the smallest and largest value of a column for its statistics.
//
// PE1 Inputs are dense: nulls have been left out before.
import { compareRuns, copyRun } from './bytes'

const NONE: u32 = 0xffffffff

/** Writes n byte arrays, a u32 length before each; returns the bytes. */
export function plainBytesEncode(offsets: usize, bytes: usize, n: u32, out: usize): u32 {
  const start = out
  for (const end = offsets + ((<usize>n) << 2); offsets < end; offsets += 4) {
    const from = load<u32>(offsets)
    const length = load<u32>(offsets, 4) - from
    store<u32>(out, length)
    copyRun(out + 4, bytes + <usize>from, length)
    out += 4 + <usize>length
  }
  return <u32>(out - start)
}

/** 128-bit integers as big-endian bytes. */
export function decimalEncode(a: usize, n: u32, out: usize): void {
  for (; n; n--, a += 16, out += 16) {
    store<u64>(out, bswap<u64>(load<u64>(a, 8)))
    store<u64>(out, bswap<u64>(load<u64>(a)), 8)
  }
}

// The rows of the smallest and the largest value, u32 each, are written to out: NONE when there is none.

/** Extremes of i32. */
export function extremesI32(a: usize, n: u32, out: usize): void {
  extremes<i32>(a, n, out)
}

/** Extremes of u32. */
export function extremesU32(a: usize, n: u32, out: usize): void {
  extremes<u32>(a, n, out)
}

/** Extremes of i64. */
export function extremesI64(a: usize, n: u32, out: usize): void {
  extremes<i64>(a, n, out)
}

/** Extremes of u64. */
export function extremesU64(a: usize, n: u32, out: usize): void {
  extremes<u64>(a, n, out)
}

/** Extremes of f32, NaN left out. */
export function extremesF32(a: usize, n: u32, out: usize): void {
  extremes<f32>(a, n, out)
}

/** Extremes of f64, NaN left out. */
export function extremesF64(a: usize, n: u32, out: usize): void {
  extremes<f64>(a, n, out)
}

function extremes<T>(a: usize, n: u32, out: usize): void {
  let smallest = NONE
  let largest = NONE
  let low: T = 0
  let high: T = 0
  for (let row: u32 = 0; row < n; row++, a += sizeof<T>()) {
    const value = load<T>(a)
    if (isFloat<T>() && value != value) continue
    if (smallest == NONE) {
      smallest = largest = row
      low = high = value
    } else if (value < low) {
      smallest = row
      low = value
    } else if (value > high) {
      largest = row
      high = value
    }
  }
  store<u32>(out, smallest)
  store<u32>(out, largest, 4)
}

/** Extremes of byte arrays, byte by byte, unsigned. */
export function extremesBytes(offsets: usize, bytes: usize, n: u32, out: usize): void {
  let smallest = n ? 0 : NONE
  let largest = smallest
  for (let row: u32 = 1; row < n; row++) {
    if (compare(offsets, bytes, row, smallest) < 0) smallest = row
    else if (compare(offsets, bytes, row, largest) > 0) largest = row
  }
  store<u32>(out, smallest)
  store<u32>(out, largest, 4)
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
