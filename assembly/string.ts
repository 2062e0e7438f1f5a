// Utf8 columns: lengths, concatenation, parts by code points, reversal, trimming, and validation of bytes.
//
// T1  A column is (offsets, values); an argument that may be constant has a stride in bytes, 4 or
//     0, for its offsets (then [0, length]) or its i32 numbers.
// T2  Results are n + 1 offsets from 0 and the bytes behind each other; the bytes written are
//     returned. The caller gives room for the bytes of all inputs.
// T3  Columns hold valid UTF-8: who reads bytes from outside calls utf8Validate once a buffer.
import {
  copyRun,
  countCodePoints,
  isAsciiRun,
  isAsciiWhite,
  lastCodePoints,
  skipCodePoints,
} from './bytes'

// Bytes of each row, as i32.
function byteLength(offsets: usize, n: u32, out: usize): void {
  for (let i: u32 = 0; i < n; i += 4) {
    const at = offsets + ((<usize>i) << 2)
    v128.store(out + ((<usize>i) << 2), i32x4.sub(v128.load(at, 4), v128.load(at)))
  }
}

/** Code points of each row, as i32. */
export function stringLength(offsets: usize, values: usize, n: u32, out: usize): void {
  const base = load<u32>(offsets)
  if (isAsciiRun(values + base, load<u32>(offsets + ((<usize>n) << 2)) - base)) {
    byteLength(offsets, n, out)
    return
  }
  let start = base
  for (let row: u32 = 0; row < n; row++) {
    const end = load<u32>(offsets + ((<usize>row) << 2), 4)
    store<u32>(out + ((<usize>row) << 2), countCodePoints(values + start, end - start))
    start = end
  }
}

/**
 * Each row's texts behind each other. `parts` holds three u32 a part: offsets, values, stride. The
 * caller has checked that the sum fits.
 */
export function stringConcat(
  parts: usize,
  count: u32,
  n: u32,
  outOffsets: usize,
  outValues: usize,
): u32 {
  const partsEnd = parts + count * 12
  let to = outValues
  store<u32>(outOffsets, 0)
  for (let row: u32 = 0; row < n; row++) {
    for (let part = parts; part < partsEnd; part += 12) {
      const at = load<u32>(part) + row * load<u32>(part, 8)
      const start = load<u32>(at)
      const length = load<u32>(at, 4) - start
      copyRun(to, load<u32>(part, 4) + start, length)
      to += length
    }
    store<u32>(outOffsets + ((<usize>row) << 2), <u32>(to - outValues), 4)
  }
  return <u32>(to - outValues)
}

/**
 * From code point `start` (from 0; below 0 it counts from the end, no further than the beginning)
 * at most `length` code points, as JavaScript's substr.
 */
export function stringSubstring(
  offsets: usize,
  values: usize,
  n: u32,
  starts: usize,
  startStride: u32,
  lengths: usize,
  lengthStride: u32,
  outOffsets: usize,
  outValues: usize,
): u32 {
  const base = load<u32>(offsets)
  const ascii = isAsciiRun(values + base, load<u32>(offsets + ((<usize>n) << 2)) - base)
  let to = outValues
  store<u32>(outOffsets, 0)
  let from = load<i32>(starts)
  let length = max<i32>(load<i32>(lengths), 0)
  let end = values + base
  for (let row: u32 = 0; row < n; row++) {
    const at = (<usize>row) << 2
    let p = end
    end = values + load<u32>(offsets + at, 4)
    if (startStride) from = load<i32>(starts + row * startStride)
    if (lengthStride) length = max<i32>(load<i32>(lengths + row * lengthStride), 0)
    const bytes = <u32>(end - p)
    let start = from
    if (start < 0) start = max<i32>(start + <i32>(ascii ? bytes : countCodePoints(p, bytes)), 0)
    let taken: u32
    if (ascii) {
      p += min<u32>(start, bytes)
      taken = min<u32>(length, <u32>(end - p))
    } else {
      p = skipCodePoints(p, end, start)
      taken = <u32>(skipCodePoints(p, end, length) - p)
    }
    copyRun(to, p, taken)
    to += taken
    store<u32>(outOffsets + at, <u32>(to - outValues), 4)
  }
  return <u32>(to - outValues)
}

/**
 * The first (or with `right` the last) `count` code points of each row; a count below 0 leaves so many
 * out at the other end.
 */
export function stringSide(
  right: bool,
  offsets: usize,
  values: usize,
  n: u32,
  counts: usize,
  countStride: u32,
  outOffsets: usize,
  outValues: usize,
): u32 {
  return right
    ? cutRows<Right>(offsets, values, n, counts, countStride, outOffsets, outValues)
    : cutRows<Left>(offsets, values, n, counts, countStride, outOffsets, outValues)
}

// Tags, told apart by their size: no row asks which side is wanted.
type Left = u8
type Right = u16

function cutRows<Side>(
  offsets: usize,
  values: usize,
  n: u32,
  counts: usize,
  countStride: u32,
  outOffsets: usize,
  outValues: usize,
): u32 {
  const isRight = sizeof<Side>() == sizeof<Right>()
  const base = load<u32>(offsets)
  const ascii = isAsciiRun(values + base, load<u32>(offsets + ((<usize>n) << 2)) - base)
  let to = outValues
  store<u32>(outOffsets, 0)
  let end = values + base
  let count = load<i32>(counts)
  for (let row: u32 = 0; row < n; row++) {
    const at = (<usize>row) << 2
    const p = end
    end = values + load<u32>(offsets + at, 4)
    if (countStride) count = load<i32>(counts + row * countStride)
    const points = <u32>(count < 0 ? -count : count)
    const fromStart = count >= 0 != isRight
    // Where the row is cut in two.
    let cut: usize
    if (ascii) {
      const bytes = min<u32>(points, <u32>(end - p))
      cut = fromStart ? p + bytes : end - bytes
    } else {
      cut = fromStart ? skipCodePoints(p, end, points) : lastCodePoints(p, end, points)
    }
    const from = isRight ? cut : p
    const taken = <u32>((isRight ? end : cut) - from)
    copyRun(to, from, taken)
    to += taken
    store<u32>(outOffsets + at, <u32>(to - outValues), 4)
  }
  return <u32>(to - outValues)
}

/** The code points of each row from the last to the first. */
export function stringReverse(
  offsets: usize,
  values: usize,
  n: u32,
  outOffsets: usize,
  outValues: usize,
): u32 {
  const base = load<u32>(offsets)
  store<u32>(outOffsets, 0)
  let start = base
  for (let row: u32 = 0; row < n; row++) {
    const at = (<usize>row) << 2
    const end = load<u32>(offsets + at, 4)
    const to = outValues + (start - base)
    if (isAsciiRun(values + start, end - start)) reverseBytes(values + start, values + end, to)
    else reverseCodePoints(values + start, values + end, to)
    start = end
    store<u32>(outOffsets + at, end - base, 4)
  }
  return start - base
}

// Sixteen bytes at a time from the end; what is left at the start is less, and read forward.
function reverseBytes(p: usize, end: usize, to: usize): void {
  const last = i8x16(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
  while (end - p >= 16) {
    end -= 16
    v128.store(to, i8x16.swizzle(v128.load(end), last))
    to += 16
  }
  const left = i8x16.splat(<i8>(16 - (end - p)))
  v128.store(to, i8x16.swizzle(v128.load(p), i8x16.sub(last, left)))
}

function reverseCodePoints(p: usize, end: usize, to: usize): void {
  while (end > p) {
    let start = end - 1
    while (start > p && (load<u8>(start) & 0xc0) == 0x80) start--
    store<u32>(to, load<u32>(start))
    to += end - start
    end = start
  }
}

/**
 * Each row without white space at its start (bit 1 of `ends`), its end (bit 2) or both, as JavaScript's
 * trimStart, trimEnd and trim.
 */
export function stringTrim(
  ends: u32,
  offsets: usize,
  values: usize,
  n: u32,
  outOffsets: usize,
  outValues: usize,
): u32 {
  let to = outValues
  store<u32>(outOffsets, 0)
  let start = load<u32>(offsets)
  for (let row: u32 = 0; row < n; row++) {
    const at = (<usize>row) << 2
    let p = values + start
    start = load<u32>(offsets + at, 4)
    let end = values + start
    if (ends & 1) {
      while (p < end) {
        const white = whiteAtStart(p, end)
        if (!white) break
        p += white
      }
    }
    if (ends & 2) {
      while (p < end) {
        const white = whiteAtEnd(p, end)
        if (!white) break
        end -= white
      }
    }
    const length = <u32>(end - p)
    copyRun(to, p, length)
    to += length
    store<u32>(outOffsets + at, <u32>(to - outValues), 4)
  }
  return <u32>(to - outValues)
}

// Bytes of the white space character at p, or 0.
function whiteAtStart(p: usize, end: usize): u32 {
  const byte = load<u8>(p)
  if (byte < 0x80) return u32(isAsciiWhite(byte))
  if (byte == 0xc2) return end - p >= 2 && load<u8>(p, 1) == 0xa0 ? 2 : 0
  return end - p >= 3 && isWideWhite(p) ? 3 : 0
}

// Bytes of the white space character before end, or 0.
function whiteAtEnd(p: usize, end: usize): u32 {
  const byte = load<u8>(end - 1)
  if (byte < 0x80) return u32(isAsciiWhite(byte))
  if (end - p >= 2 && load<u16>(end - 2) == 0xa0c2) return 2
  return end - p >= 3 && isWideWhite(end - 3) ? 3 : 0
}

// U+1680, U+2000..200A, U+2028, U+2029, U+202F, U+205F, U+3000, U+FEFF.
function isWideWhite(p: usize): bool {
  const text = load<u32>(p) & 0xffffff
  if ((text & 0xffff) == 0x80e2) {
    const last = text >> 16
    return last <= 0x8a || last == 0xa8 || last == 0xa9 || last == 0xaf
  }
  return text == 0x9f81e2 || text == 0x8080e3 || text == 0xbfbbef || text == 0x809ae1
}

/** The place of the first byte that does not belong to valid UTF-8, or 0xffffffff. */
export function utf8Validate(bytes: usize, length: u32): u32 {
  let p = bytes
  const end = bytes + length
  while (p < end) {
    while (p + 32 <= end && !i8x16.bitmask(v128.or(v128.load(p), v128.load(p, 16)))) {
      p += 32
    }
    // What lies behind the end is somebody's data, and no part of this text.
    if (p >= end) break
    const ascii = ctz<u32>(i8x16.bitmask(v128.load(p)) | 0x10000)
    if (ascii) {
      p += min<usize>(ascii, end - p)
    } else {
      const size = validSequence(p, end)
      if (!size) return <u32>(p - bytes)
      p += size
    }
  }
  return 0xffffffff
}

/**
 * The bytes of n values are UTF-8 together: does each begin where a character does? Returns the first
 * that does not, or 0xffffffff.
 */
export function utf8Borders(offsets: usize, bytes: usize, n: u32): u32 {
  for (let i: u32 = 0; i < n; i++, offsets += 4) {
    const start = load<u32>(offsets)
    if (start < load<u32>(offsets, 4) && (load<u8>(bytes + <usize>start) & 0xc0) == 0x80) return i
  }
  return 0xffffffff
}

// Bytes of the sequence at p (Unicode, table 3-7: nothing overlong, no surrogate, at most
// U+10FFFF), or 0.
function validSequence(p: usize, end: usize): u32 {
  const lead = load<u8>(p)
  const left = end - p
  const second = load<u8>(p, 1)
  if (lead < 0xc2 || left < 2) return 0
  if (lead < 0xe0) return (second & 0xc0) == 0x80 ? 2 : 0
  if (left < 3 || (load<u8>(p, 2) & 0xc0) != 0x80) return 0
  if (lead < 0xf0) {
    const least: u8 = lead == 0xe0 ? 0xa0 : 0x80
    const most: u8 = lead == 0xed ? 0x9f : 0xbf
    return second >= least && second <= most ? 3 : 0
  }
  if (lead > 0xf4 || left < 4 || (load<u8>(p, 3) & 0xc0) != 0x80) return 0
  const least: u8 = lead == 0xf0 ? 0x90 : 0x80
  const most: u8 = lead == 0xf4 ? 0x8f : 0xbf
  return second >= least && second <= most ? 4 : 0
}
