// Comparison of utf8 (and binary) columns into bitmaps: equality, order, prefix and suffix. A
// column is (offsets, values): row i is the bytes from values + offsets[i] to values + offsets[i +
// 1].
//
// C1  An order is the set of signs it accepts, as bits: 1 less, 2 equal, 4 greater. So `lt` is 1,
//     `le` 3, `gt` 4, `ge` 6, `eq` 2, `ne` 5, and no row branches on it.
// C2  Bytes under null rows are compared like others; validity is the caller's.
// C3  What is compared with a column is a constant (pointer, length) or a column of the same
//     length.
import { compareRuns, equalRuns } from './bytes'

const EQUAL: u32 = 2
const NOT_EQUAL: u32 = 5

/** Compares each row with one text. */
export function stringCompareConstant(
  signs: u32,
  offsets: usize,
  values: usize,
  n: u32,
  text: usize,
  length: u32,
  out: usize,
): void {
  if (signs == EQUAL || signs == NOT_EQUAL) {
    equalConstant(offsets, values, n, text, length, u64(signs == EQUAL) - 1, out)
  } else {
    orderConstant(signs, offsets, values, n, text, length, out)
  }
}

// `flip` is all ones for "not equal". The first sixteen bytes are compared at once, with the
// length.
function equalConstant(
  offsets: usize,
  values: usize,
  n: u32,
  text: usize,
  length: u32,
  flip: u64,
  out: usize,
): void {
  const head = v128.load(text)
  const headMask: u32 = length >= 16 ? 0xffff : (1 << length) - 1
  let start = load<u32>(offsets)
  let next = offsets + 4
  for (let row: u32 = 0; row < n; row += 64) {
    const rows = min<u32>(64, n - row)
    let word: u64 = 0
    for (let i: u32 = 0; i < rows; i++) {
      const end = load<u32>(next)
      const p = values + start
      const same = i8x16.bitmask(i8x16.eq(v128.load(p), head)) & headMask
      let equal = u32(end - start == length) & u32(same == headMask)
      if (length > 16 && equal) equal = u32(equalRuns(p + 16, text + 16, length - 16))
      word |= (<u64>equal) << i
      start = end
      next += 4
    }
    store<u64>(out + (row >> 3), (word ^ flip) & (<u64>-1 >> (64 - rows)))
  }
}

// Mostly a row and the text differ within sixteen bytes; which one is less there is not to be foreseen,
// and has no branch.
function orderConstant(
  signs: u32,
  offsets: usize,
  values: usize,
  n: u32,
  text: usize,
  length: u32,
  out: usize,
): void {
  const head = v128.load(text)
  const greater = signs >> 2
  const lessOrGreater = (signs ^ greater) & 1
  let start = load<u32>(offsets)
  let next = offsets + 4
  for (let row: u32 = 0; row < n; row += 64) {
    const rows = min<u32>(64, n - row)
    let word: u64 = 0
    for (let i: u32 = 0; i < rows; i++) {
      const end = load<u32>(next)
      const p = values + start
      const size = end - start
      const bytes = v128.load(p)
      const different = ~i8x16.bitmask(i8x16.eq(bytes, head)) & 0xffff
      const shorter = min(size, length)
      let accepted: u32
      if (different && ctz<u32>(different) < shorter) {
        // Where they differ, at most is less.
        const atMost = i8x16.bitmask(i8x16.eq(i8x16.min_u(bytes, head), bytes))
        const isLess = u32((different & -different & atMost) != 0)
        accepted = greater ^ (lessOrGreater & isLess)
      } else if (shorter > 16) {
        accepted = accepts(signs, compareRuns(p + 16, size - 16, text + 16, length - 16))
      } else {
        accepted = accepts(signs, <i32>size - <i32>length)
      }
      word |= (<u64>accepted) << i
      start = end
      next += 4
    }
    store<u64>(out + (row >> 3), word)
  }
}

function orderOf(sign: i32): u32 {
  return 1 + i32(sign > 0) - i32(sign < 0)
}

function accepts(signs: u32, order: i32): u32 {
  return (signs >> orderOf(order)) & 1
}

/** Compares two columns row by row. */
export function stringCompareColumns(
  signs: u32,
  aOffsets: usize,
  aValues: usize,
  bOffsets: usize,
  bValues: usize,
  n: u32,
  out: usize,
): void {
  if (signs == EQUAL || signs == NOT_EQUAL) {
    equalColumns(aOffsets, aValues, bOffsets, bValues, n, u64(signs == EQUAL) - 1, out)
    return
  }
  let a = load<u32>(aOffsets)
  let b = load<u32>(bOffsets)
  for (let row: u32 = 0; row < n; row += 64) {
    const rows = min<u32>(64, n - row)
    let word: u64 = 0
    for (let i: u32 = 0; i < rows; i++) {
      const at = (<usize>(row + i + 1)) << 2
      const aEnd = load<u32>(aOffsets + at)
      const bEnd = load<u32>(bOffsets + at)
      const aSize = aEnd - a
      const bSize = bEnd - b
      const p = aValues + a
      const q = bValues + b
      word |= (<u64>accepts(signs, compareRuns(p, aSize, q, bSize))) << i
      a = aEnd
      b = bEnd
    }
    store<u64>(out + (row >> 3), word)
  }
}

// Lengths and the first sixteen bytes are compared without a branch: which rows are equal is not to be
// foreseen. `flip` as above.
function equalColumns(
  aOffsets: usize,
  aValues: usize,
  bOffsets: usize,
  bValues: usize,
  n: u32,
  flip: u64,
  out: usize,
): void {
  let a = load<u32>(aOffsets)
  let b = load<u32>(bOffsets)
  aOffsets += 4
  bOffsets += 4
  for (let row: u32 = 0; row < n; row += 64) {
    const rows = min<u32>(64, n - row)
    let word: u64 = 0
    for (let i: u32 = 0; i < rows; i++, aOffsets += 4, bOffsets += 4) {
      const aEnd = load<u32>(aOffsets)
      const bEnd = load<u32>(bOffsets)
      const size = aEnd - a
      const p = aValues + a
      const q = bValues + b
      const same = i8x16.bitmask(i8x16.eq(v128.load(p), v128.load(q)))
      // Bits from the length on count as equal.
      const head = same | (-1 << min<u32>(size, 16))
      let equal = u32(size == bEnd - b) & u32(head == -1)
      if (size > 16 && equal) equal = u32(equalRuns(p + 16, q + 16, size - 16))
      word |= (<u64>equal) << i
      a = aEnd
      b = bEnd
    }
    store<u64>(out + (row >> 3), (word ^ flip) & (<u64>-1 >> (64 - rows)))
  }
}

/** Which rows start (or with `suffix` end) with a text. */
export function stringAffixConstant(
  suffix: bool,
  offsets: usize,
  values: usize,
  n: u32,
  text: usize,
  length: u32,
  out: usize,
): void {
  const head = v128.load(text)
  const headMask: u32 = length >= 16 ? 0xffff : (1 << length) - 1
  const fromEnd = suffix ? <u32>-1 : 0
  let start = load<u32>(offsets)
  let next = offsets + 4
  for (let row: u32 = 0; row < n; row += 64) {
    const rows = min<u32>(64, n - row)
    let word: u64 = 0
    for (let i: u32 = 0; i < rows; i++) {
      const end = load<u32>(next)
      const size = end - start
      const fits = u32(size >= length)
      // A row that is too short is read at its start, whatever is there.
      const p = values + start + ((size - length) & fromEnd & (0 - fits))
      const same = i8x16.bitmask(i8x16.eq(v128.load(p), head)) & headMask
      let hit = fits & u32(same == headMask)
      if (length > 16 && hit) hit = u32(equalRuns(p + 16, text + 16, length - 16))
      word |= (<u64>hit) << i
      start = end
      next += 4
    }
    store<u64>(out + (row >> 3), word)
  }
}

/** Which rows of a start (or with `suffix` end) with the same row of b. */
export function stringAffixColumns(
  suffix: bool,
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
      const size = bEnd - b
      const hit =
        aEnd - a >= size && equalRuns(aValues + (suffix ? aEnd - size : a), bValues + b, size)
      word |= u64(hit) << i
      a = aEnd
      b = bEnd
    }
    store<u64>(out + (row >> 3), word)
  }
}
