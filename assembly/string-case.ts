// Lower and upper case of utf8 columns: a column of ASCII as one run by SIMD, other text code point
// by code point with Unicode's simple mappings (case-ranges.ts), so it is the same in every locale.
//
// A1  One code point maps to one, as in SQL engines: 'Straße' becomes 'STRAßE'.
// A2  A mapped code point has at most 3/2 of the bytes (two become three): the caller gives that
//     room.
// A3  Bytes that are not UTF-8 stay as they are.
import { LOWER_RANGES, LOWER_WORDS, UPPER_RANGES, UPPER_WORDS } from './case-ranges'
import { isAsciiRun } from './bytes'

// Differences of the code points below DIRECT (Latin, Greek, Cyrillic), filled from the ranges at
// first use: i32 each, upper then lower.
const DIRECT: u32 = 0x600
const direct: usize = memory.data(DIRECT * 4 * 2, 16)
let filled = false

/** Writes each row in upper (or lower) case as a column; returns the bytes written. */
export function stringCase(
  upper: bool,
  offsets: usize,
  values: usize,
  n: u32,
  outOffsets: usize,
  outValues: usize,
): u32 {
  const base = load<u32>(offsets)
  const bytes = load<u32>(offsets + ((<usize>n) << 2)) - base
  // The first letter that changes, sixteen times.
  const first = i8x16.splat(upper ? 0x61 : 0x41)
  if (mapAscii(first, values + base, bytes, outValues)) {
    for (let i: u32 = 0; i <= n; i += 4) {
      const at = (<usize>i) << 2
      v128.store(outOffsets + at, i32x4.sub(v128.load(offsets + at), i32x4.splat(base)))
    }
    return bytes
  }
  fillDirect()
  let to = outValues
  store<u32>(outOffsets, 0)
  for (let row: u32 = 0; row < n; row++) {
    const at = (<usize>row) << 2
    to = caseRow(
      upper,
      first,
      values + load<u32>(offsets + at),
      values + load<u32>(offsets + at, 4),
      to,
    )
    store<u32>(outOffsets + at, <u32>(to - outValues), 4)
  }
  return <u32>(to - outValues)
}

// Maps a run as if it were ASCII, and says whether it was: one pass, given up where it is not.
function mapAscii(first: v128, run: usize, bytes: u32, out: usize): bool {
  let i: u32 = 0
  for (; i + 64 <= bytes; i += 64) {
    const a = v128.load(run + i)
    const b = v128.load(run + i, 16)
    const c = v128.load(run + i, 32)
    const d = v128.load(run + i, 48)
    if (i8x16.bitmask(v128.or(v128.or(a, b), v128.or(c, d)))) return false
    v128.store(out + i, asciiCase(a, first))
    v128.store(out + i, asciiCase(b, first), 16)
    v128.store(out + i, asciiCase(c, first), 32)
    v128.store(out + i, asciiCase(d, first), 48)
  }
  if (!isAsciiRun(run + i, bytes - i)) return false
  for (; i < bytes; i += 16) v128.store(out + i, asciiCase(v128.load(run + i), first))
  return true
}

// Flips bit 5 of the letters of the other case.
function asciiCase(bytes: v128, first: v128): v128 {
  const letters = i8x16.lt_u(i8x16.sub(bytes, first), i8x16.splat(26))
  return v128.xor(bytes, v128.and(letters, i8x16.splat(0x20)))
}

function caseRow(upper: bool, first: v128, start: usize, end: usize, out: usize): usize {
  let p = start
  let to = out
  while (p < end) {
    const bytes = v128.load(p)
    const ascii = min<usize>(ctz<u32>(i8x16.bitmask(bytes) | 0x10000), end - p)
    v128.store(to, asciiCase(bytes, first))
    p += ascii
    to += ascii
    // A run of letters that are not ASCII, as most scripts have between blanks.
    while (p < end && load<u8>(p) >= 0x80) {
      const length = sequenceLength(p, end)
      if (!length) {
        store<u8>(to++, load<u8>(p++))
        continue
      }
      to = encode(mapped(upper, decode(p, length)), to)
      p += length
    }
  }
  return to
}

// Bytes of the sequence at p, 2 to 4; 0 when it is not one.
function sequenceLength(p: usize, end: usize): u32 {
  const lead = load<u8>(p)
  const length: u32 = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
  if (lead < 0xc2 || lead > 0xf4 || p + length > end) return 0
  for (let i: u32 = 1; i < length; i++) if ((load<u8>(p + i) & 0xc0) != 0x80) return 0
  return length
}

function decode(p: usize, length: u32): u32 {
  const lead = <u32>load<u8>(p)
  const second = <u32>load<u8>(p, 1) & 0x3f
  if (length == 2) return ((lead & 0x1f) << 6) | second
  const third = <u32>load<u8>(p, 2) & 0x3f
  if (length == 3) return ((lead & 0x0f) << 12) | (second << 6) | third
  return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | (<u32>load<u8>(p, 3) & 0x3f)
}

function encode(point: u32, to: usize): usize {
  if (point < 0x80) {
    store<u8>(to, point)
    return to + 1
  }
  if (point < 0x800) {
    store<u16>(to, 0x80c0 | (point >> 6) | ((point & 0x3f) << 8))
    return to + 2
  }
  const last = (0x80 | (point & 0x3f)) << 8
  if (point < 0x10000) {
    const middle = 0x80 | ((point >> 6) & 0x3f)
    store<u32>(to, 0xe0 | (point >> 12) | (middle << 8) | (last << 8))
    return to + 3
  }
  const second = 0x80 | ((point >> 12) & 0x3f)
  const third = 0x80 | ((point >> 6) & 0x3f)
  store<u32>(to, 0xf0 | (point >> 18) | (second << 8) | (third << 16) | (last << 16))
  return to + 4
}

function mapped(upper: bool, point: u32): u32 {
  if (point < DIRECT) return point + load<u32>(direct + ((point + (upper ? 0 : DIRECT)) << 2))
  const words = upper ? UPPER_WORDS : LOWER_WORDS
  // The last range that begins at or before the point.
  let low: u32 = 0
  let high = upper ? UPPER_RANGES : LOWER_RANGES
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((load<u32>(words + ((<usize>middle) << 3)) & 0x1fffff) <= point) low = middle
    else high = middle
  }
  const word = load<u64>(words + ((<usize>low) << 3))
  const first = <u32>word & 0x1fffff
  const last = <u32>(word >> 21) & 0x1fffff
  const skips = <u32>(word >> 42) & 1
  if (point > last || (point - first) & skips) return point
  return point + <u32>(<i64>word >> 43)
}

function fillDirect(): void {
  if (filled) return
  filled = true
  fillFrom(UPPER_WORDS, UPPER_RANGES, direct)
  fillFrom(LOWER_WORDS, LOWER_RANGES, direct + DIRECT * 4)
}

function fillFrom(words: usize, count: u32, table: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const word = load<u64>(words + ((<usize>i) << 3))
    const last = min(<u32>(word >> 21) & 0x1fffff, DIRECT - 1)
    const step = 1 + (<u32>(word >> 42) & 1)
    for (let point = <u32>word & 0x1fffff; point <= last; point += step) {
      store<i32>(table + (point << 2), <i32>(<i64>word >> 43))
    }
  }
}
