// Search in utf8 columns: contains, indexOf, split and replace. A column is (offsets, values).
//
// S1  An argument of a row is a column or a constant: (offsets, values, stride), the stride in
//     bytes being 4 for a column and 0 for a constant of offsets [0, length]. Numbers likewise
//     (pointer, stride).
// S2  Results are written as a column: n + 1 offsets from 0, and the bytes behind each other; the
//     bytes written are returned. The caller gives enough room: the input's bytes, or what
//     replaceBytes says.
// S3  Bytes under null rows are worked on like others; validity is the caller's.
import { copyRun, countCodePoints, equalRuns, findRun } from './bytes'

/**
 * Which rows contain a text. The column's bytes are searched as one run, since matches are rare as
 * a rule; a match is then given to its row, and the rest of that row is skipped.
 */
export function stringContainsConstant(
  offsets: usize,
  values: usize,
  n: u32,
  text: usize,
  length: u32,
  out: usize,
): void {
  memory.fill(out, length ? 0 : 0xff, (n + 7) >> 3)
  if (!length) {
    if (n & 7) store<u8>(out + (n >> 3), <u8>(((<u32>1) << (n & 7)) - 1))
    return
  }
  const first = i8x16.splat(load<u8>(text))
  const last = i8x16.splat(load<u8>(text + length - 1))
  const end = values + load<u32>(offsets + ((<usize>n) << 2))
  let at = values + load<u32>(offsets)
  let row: u32 = 0
  while (at + length <= end) {
    let hits = i8x16.bitmask(
      v128.and(i8x16.eq(v128.load(at), first), i8x16.eq(v128.load(at + length - 1), last)),
    )
    let next = at + 16
    while (hits) {
      const p = at + ctz<u32>(hits)
      if (p + length > end) return
      if (length <= 2 || equalRuns(p + 1, text + 1, length - 2)) {
        const place = <u32>(p - values)
        while (load<u32>(offsets + ((<usize>(row + 1)) << 2)) <= place) row++
        const rowEnd = load<u32>(offsets + ((<usize>(row + 1)) << 2))
        if (place + length <= rowEnd) {
          const byte = out + (row >> 3)
          store<u8>(byte, load<u8>(byte) | <u8>((<u32>1) << (row & 7)))
          next = values + rowEnd
          break
        }
      }
      hits &= hits - 1
    }
    at = next
  }
}

/** Which rows of a contain the same row of b. */
export function stringContainsColumns(
  aOffsets: usize,
  aValues: usize,
  bOffsets: usize,
  bValues: usize,
  n: u32,
  out: usize,
): void {
  let a = load<u32>(aOffsets)
  let b = load<u32>(bOffsets)
  for (let row: u32 = 0; row < n; row += 64) {
    const rows = min<u32>(64, n - row)
    let word: u64 = 0
    for (let i: u32 = 0; i < rows; i++) {
      const at = (<usize>(row + i + 1)) << 2
      const aEnd = load<u32>(aOffsets + at)
      const bEnd = load<u32>(bOffsets + at)
      const hit = bEnd == b || findRun(aValues + a, aEnd - a, bValues + b, bEnd - b) >= 0
      word |= u64(hit) << i
      a = aEnd
      b = bEnd
    }
    store<u64>(out + (row >> 3), word)
  }
}

/** Where each row has a text first, in code points; -1 when it has not. */
export function stringIndexOf(
  offsets: usize,
  values: usize,
  n: u32,
  textOffsets: usize,
  textValues: usize,
  textStride: u32,
  out: usize,
): void {
  let start = load<u32>(offsets)
  for (let row: u32 = 0; row < n; row++) {
    const at = (<usize>row) << 2
    const end = load<u32>(offsets + at, 4)
    const t = textOffsets + row * textStride
    const text = load<u32>(t)
    const size = load<u32>(t, 4) - text
    const run = values + start
    let place = size ? findRun(run, end - start, textValues + text, size) : 0
    if (place > 0) place = countCodePoints(run, place)
    store<i32>(out + at, place)
    start = end
  }
}

/**
 * The part number `index` (from 0; -1 is the last) of each row cut at a delimiter; empty when there
 * is no such part. An empty delimiter cuts nothing.
 */
export function stringSplitPart(
  offsets: usize,
  values: usize,
  n: u32,
  delimiterOffsets: usize,
  delimiterValues: usize,
  delimiterStride: u32,
  indices: usize,
  indexStride: u32,
  outOffsets: usize,
  outValues: usize,
): u32 {
  let to = outValues
  store<u32>(outOffsets, 0)
  for (let row: u32 = 0; row < n; row++) {
    const start = load<u32>(offsets + ((<usize>row) << 2))
    const end = load<u32>(offsets + ((<usize>row) << 2), 4)
    const d = delimiterOffsets + row * delimiterStride
    const delimiter = delimiterValues + load<u32>(d)
    const size = load<u32>(d, 4) - load<u32>(d)
    const index = load<i32>(indices + row * indexStride)
    const length = selectPart(values + start, values + end, delimiter, size, index)
    copyRun(to, partStart, length)
    to += length
    store<u32>(outOffsets + ((<usize>row) << 2), <u32>(to - outValues), 4)
  }
  return <u32>(to - outValues)
}

let partStart: usize = 0

// Sets partStart and returns the part's length.
function selectPart(start: usize, end: usize, delimiter: usize, size: u32, index: i32): u32 {
  let left = index
  if (index < 0) {
    // From the end: count the parts first.
    left += 1 + <i32>countMatches(start, end, delimiter, size)
    if (left < 0) {
      partStart = start
      return 0
    }
  }
  let p = start
  while (true) {
    const place = size ? findRun(p, <u32>(end - p), delimiter, size) : -1
    if (!left || place < 0) {
      partStart = p
      return left ? 0 : place < 0 ? <u32>(end - p) : place
    }
    p += place + size
    left--
  }
}

function countMatches(start: usize, end: usize, text: usize, size: u32): u32 {
  if (!size) return 0
  let count: u32 = 0
  let p = start
  while (true) {
    const place = findRun(p, <u32>(end - p), text, size)
    if (place < 0) return count
    count++
    p += place + size
  }
}

/** Bytes that stringReplace will write, as a float64 (it may not fit a column). */
export function stringReplaceBytes(
  offsets: usize,
  values: usize,
  n: u32,
  textOffsets: usize,
  textValues: usize,
  textStride: u32,
  withOffsets: usize,
  withStride: u32,
): f64 {
  let bytes: i64 = <i64>load<u32>(offsets + ((<usize>n) << 2)) - <i64>load<u32>(offsets)
  for (let row: u32 = 0; row < n; row++) {
    const start = values + load<u32>(offsets + ((<usize>row) << 2))
    const end = values + load<u32>(offsets + ((<usize>row) << 2), 4)
    const t = textOffsets + row * textStride
    const w = withOffsets + row * withStride
    const size = load<u32>(t, 4) - load<u32>(t)
    const growth = <i64>(load<u32>(w, 4) - load<u32>(w)) - <i64>size
    bytes += growth * <i64>countMatches(start, end, textValues + load<u32>(t), size)
  }
  return <f64>bytes
}

/** Each row with every occurrence of a text replaced; an empty text occurs nowhere. */
export function stringReplace(
  offsets: usize,
  values: usize,
  n: u32,
  textOffsets: usize,
  textValues: usize,
  textStride: u32,
  withOffsets: usize,
  withValues: usize,
  withStride: u32,
  outOffsets: usize,
  outValues: usize,
): u32 {
  let to = outValues
  store<u32>(outOffsets, 0)
  for (let row: u32 = 0; row < n; row++) {
    let p = values + load<u32>(offsets + ((<usize>row) << 2))
    const end = values + load<u32>(offsets + ((<usize>row) << 2), 4)
    const t = textOffsets + row * textStride
    const w = withOffsets + row * withStride
    const text = textValues + load<u32>(t)
    const size = load<u32>(t, 4) - load<u32>(t)
    const replacement = withValues + load<u32>(w)
    const replacementSize = load<u32>(w, 4) - load<u32>(w)
    let place = size ? findRun(p, <u32>(end - p), text, size) : -1
    while (place >= 0) {
      copyRun(to, p, place)
      to += place
      copyRun(to, replacement, replacementSize)
      to += replacementSize
      p += place + size
      place = findRun(p, <u32>(end - p), text, size)
    }
    copyRun(to, p, <u32>(end - p))
    to += end - p
    store<u32>(outOffsets + ((<usize>row) << 2), <u32>(to - outValues), 4)
  }
  return <u32>(to - outValues)
}
