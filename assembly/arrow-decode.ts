// What Arrow's buffers need before they are our columns, and after: decimals and offsets of other widths,
// and dictionary indices as the row numbers of a gather.
//
// AD1 Nothing that comes from outside is trusted: what does not fit is reported, and under a null nothing
//     is looked at.
//
// AD2 A view is 16 bytes: its length, then up to 12 bytes of text, or 4 of them, the number of a buffer
//     and an offset there. Views of 12 bytes and less have zeros behind their text.
import { copyRun } from './bytes'
import { isValid } from './validity'

const NONE: u32 = 0xffffffff

/** 128-bit integers to 64 bits. Returns the first row that is not null and does not fit, or 0xffffffff. */
export function decimalNarrow(a: usize, validity: usize, n: u32, out: usize): u32 {
  const zero = i64x2.splat(0)
  // Four rows an iteration, over the end (K4): they fit when the upper halves repeat the signs.
  for (let row: u32 = 0; row < n; row += 4, a += 64, out += 32) {
    const low = i64x2.shuffle(v128.load(a), v128.load(a, 16), 0, 2)
    const high = i64x2.shuffle(v128.load(a), v128.load(a, 16), 1, 3)
    const low2 = i64x2.shuffle(v128.load(a, 32), v128.load(a, 48), 0, 2)
    const high2 = i64x2.shuffle(v128.load(a, 32), v128.load(a, 48), 1, 3)
    v128.store(out, low)
    v128.store(out, low2, 16)
    const differs = v128.xor(high, i64x2.lt_s(low, zero))
    if (v128.any_true(v128.or(differs, v128.xor(high2, i64x2.lt_s(low2, zero))))) {
      const at = firstTooWide(a, validity, row, min<u32>(n, row + 4))
      if (at != NONE) return at
    }
  }
  return NONE
}

function firstTooWide(a: usize, validity: usize, row: u32, end: u32): u32 {
  for (; row < end; row++, a += 16) {
    if (load<i64>(a, 8) != load<i64>(a) >> 63 && isValid(validity, row)) return row
  }
  return NONE
}

/** 64-bit integers to 128 bits. */
export function decimalWiden(a: usize, n: u32, out: usize): void {
  for (const end = a + ((<usize>n) << 3); a < end; a += 8, out += 16) {
    const low = load<i64>(a)
    store<i64>(out, low)
    store<i64>(out, low >> 63, 8)
  }
}

/** n + 1 offsets of 64 bits to 32 bits, less the first. 0 when one does not fit, else 1. */
export function offsetsNarrow(a: usize, n: u32, out: usize): u32 {
  const first = load<u64>(a)
  let beyond: u64 = 0
  for (const end = a + ((<usize>n + 1) << 3); a < end; a += 8, out += 4) {
    const offset = load<u64>(a) - first
    beyond |= offset
    store<u32>(out, <u32>offset)
  }
  return beyond >> 31 ? 0 : 1
}

/**
 * Dictionary indices of 1, 2, 4 or 8 bytes to row numbers, 0xffffffff where null. Returns the first row
 * whose index is not below `size`, or 0xffffffff. Signed indices that are negative are too large.
 */
export function dictionaryRows(
  a: usize,
  bytes: u32,
  validity: usize,
  n: u32,
  size: u32,
  out: usize,
): u32 {
  switch (bytes) {
    case 1:
      return rowsOf<u8>(a, validity, n, size, out)
    case 2:
      return rowsOf<u16>(a, validity, n, size, out)
    case 4:
      return rowsOf<u32>(a, validity, n, size, out)
    default:
      return rowsOf<u64>(a, validity, n, size, out)
  }
}

function rowsOf<T>(a: usize, validity: usize, n: u32, size: u32, out: usize): u32 {
  let isBad: u32 = 0
  for (let row: u32 = 0; row < n; row++) {
    const index = <u64>load<T>(a + <usize>row * sizeof<T>())
    const isThere = u32(isValid(validity, row))
    isBad |= isThere & u32(index >= size)
    store<u32>(out + ((<usize>row) << 2), isThere ? <u32>index : NONE)
  }
  if (!isBad) return NONE
  let row: u32 = 0
  while (!isValid(validity, row) || <u64>load<T>(a + <usize>row * sizeof<T>()) < size) row++
  return row
}

/** The longest text that lies in its view. */
const INLINE_MAX: u32 = 12

/**
 * What part of each buffer some views mean: [from, to) as two u32 a buffer, from = to = 0 where none. `out`
 * has room for `buffers` of them and, at its end, a u64: all bytes. Returns the first row that is not null
 * and whose view is impossible, or 0xffffffff.
 */
export function viewExtents(views: usize, validity: usize, n: u32, buffers: u32, out: usize): u32 {
  const end = out + ((<usize>buffers) << 3)
  for (let at = out; at < end; at += 8) store<u64>(at, 0xffffffff)
  let bytes: u64 = 0
  for (let row: u32 = 0; row < n; row++, views += 16) {
    if (!isValid(validity, row)) continue
    const length = load<u32>(views)
    bytes += length
    if (length <= INLINE_MAX) continue
    const buffer = load<u32>(views, 8)
    const from = load<u32>(views, 12)
    // Lengths and offsets are signed in the format: a negative one is too large.
    if (buffer >= buffers || <i32>(length | from) < 0) return row
    const extent = out + ((<usize>buffer) << 3)
    store<u32>(extent, min(load<u32>(extent), from))
    store<u32>(extent, max(load<u32>(extent, 4), from + length), 4)
  }
  for (let at = out; at < end; at += 8) if (load<u32>(at) == NONE) store<u32>(at, 0)
  store<u64>(end, bytes)
  return NONE
}

/**
 * The texts of views one behind the other, and n + 1 offsets from 0. Nulls are empty. `starts` has for each
 * buffer where its byte 0 would be, as u32 that may wrap: what the views mean of it lies there.
 */
export function viewsCopy(
  views: usize,
  validity: usize,
  n: u32,
  starts: usize,
  offsets: usize,
  values: usize,
): void {
  let at: u32 = 0
  store<u32>(offsets, 0)
  for (let row: u32 = 0; row < n; row++, views += 16) {
    if (isValid(validity, row)) {
      const length = load<u32>(views)
      // No branch on where it lies: texts of both kinds come mixed. What is loaded for one in its view is
      // some buffer's start, and not used.
      const isInline = length <= INLINE_MAX
      const buffer = select<u32>(0, load<u32>(views, 8), isInline)
      const start = load<u32>(starts + ((<usize>buffer) << 2)) + load<u32>(views, 12)
      const from = select<usize>(views + 4, start, isInline)
      copyRun(values + at, from, length)
      at += length
    }
    offsets += 4
    store<u32>(offsets, at)
  }
}
