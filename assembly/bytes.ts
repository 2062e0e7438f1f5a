// Runs of bytes: copy, equality, order, search. Text kernels work on these; nothing here knows
// rows.
//
// B1  Reads go up to 31 bytes behind a run and copies write up to 15 behind theirs, but where more is
//     said (K4 allows 64).
// B2  Bytewise order of UTF-8 is the order of code points.

/** Copies a run; up to 15 bytes behind it are written too. */
export function copyRun(out: usize, from: usize, length: u32): void {
  v128.store(out, v128.load(from))
  // Asked first, because V8 looks for interrupts wherever a loop begins.
  if (length <= 16) return
  for (let i: u32 = 16; i < length; i += 16) v128.store(out + i, v128.load(from + i))
}

/**
 * Copies a run; up to 31 bytes behind it are written too. Of texts around sixteen bytes it cannot be
 * foreseen which are longer, so all are copied as if they were.
 */
export function copyRunBy32(out: usize, from: usize, length: u32): void {
  const first = v128.load(from)
  const second = v128.load(from, 16)
  v128.store(out, first)
  v128.store(out, second, 16)
  if (length > 32) copyRun(out + 32, from + 32, length - 32)
}

/** True when two runs of one length hold the same bytes. */
export function equalRuns(a: usize, b: usize, length: u32): bool {
  let left = length
  let p = a
  let q = b
  while (left > 16) {
    if (v128.any_true(v128.xor(v128.load(p), v128.load(q)))) return false
    p += 16
    q += 16
    left -= 16
  }
  const different = i8x16.bitmask(i8x16.ne(v128.load(p), v128.load(q)))
  return (different & ((1 << left) - 1)) == 0
}

/** Below 0, 0 or above 0 as a sorts before, with or after b. */
export function compareRuns(a: usize, aLength: u32, b: usize, bLength: u32): i32 {
  const shorter = min(aLength, bLength)
  let i: u32 = 0
  while (i < shorter) {
    const different = i8x16.bitmask(i8x16.ne(v128.load(a + i), v128.load(b + i)))
    if (different) {
      const at = i + ctz<u32>(different)
      if (at >= shorter) break
      return <i32>load<u8>(a + at) - <i32>load<u8>(b + at)
    }
    i += 16
  }
  return aLength < bLength ? -1 : i32(aLength > bLength)
}

/**
 * The first place of a needle of at least one byte in a run, or -1. Looks for the needle's first
 * and last byte sixteen places at a time. Muła, "SIMD-friendly algorithms for substring
 * searching".
 */
export function findRun(run: usize, length: u32, needle: usize, needleLength: u32): i32 {
  if (needleLength > length) return -1
  const first = i8x16.splat(load<u8>(needle))
  const last = i8x16.splat(load<u8>(needle + needleLength - 1))
  const places = length - needleLength + 1
  for (let at: u32 = 0; at < places; at += 16) {
    const p = run + at
    let hits = i8x16.bitmask(
      v128.and(i8x16.eq(v128.load(p), first), i8x16.eq(v128.load(p + needleLength - 1), last)),
    )
    while (hits) {
      const place = at + ctz<u32>(hits)
      if (place >= places) return -1
      if (needleLength <= 2 || equalRuns(run + place + 1, needle + 1, needleLength - 2))
        return place
      hits &= hits - 1
    }
  }
  return -1
}

/** True when no byte of the run is above 0x7f. */
export function isAsciiRun(run: usize, length: u32): bool {
  let p = run
  const end = run + length
  while (p + 64 <= end) {
    const either = v128.or(
      v128.or(v128.load(p), v128.load(p, 16)),
      v128.or(v128.load(p, 32), v128.load(p, 48)),
    )
    if (i8x16.bitmask(either)) return false
    p += 64
  }
  while (p + 16 <= end) {
    if (i8x16.bitmask(v128.load(p))) return false
    p += 16
  }
  const rest = <u32>(end - p)
  return (i8x16.bitmask(v128.load(p)) & ((1 << rest) - 1)) == 0
}

/** How many code points begin in a run of UTF-8. */
export function countCodePoints(run: usize, length: u32): u32 {
  let count: u32 = 0
  let i: u32 = 0
  // A continuation byte is below -64 as a signed byte.
  const least = i8x16.splat(-64)
  while (i + 16 <= length) {
    count += popcnt<u32>(i8x16.bitmask(i8x16.ge_s(v128.load(run + i), least)))
    i += 16
  }
  const rest = i8x16.bitmask(i8x16.ge_s(v128.load(run + i), least))
  return count + popcnt<u32>(rest & ((1 << (length - i)) - 1))
}

/** Where code point number `count` of a run begins; its end when there are not so many. */
export function skipCodePoints(run: usize, end: usize, count: u32): usize {
  let p = run
  let left = count
  const least = i8x16.splat(-64)
  while (p + 16 <= end) {
    const begins = <u32>i8x16.bitmask(i8x16.ge_s(v128.load(p), least))
    const here = popcnt<u32>(begins)
    if (here > left) break
    left -= here
    p += 16
  }
  for (; p < end; p++) {
    if ((load<u8>(p) & 0xc0) != 0x80) {
      if (!left) return p
      left--
    }
  }
  return end
}

/** Where the last `count` code points of a run begin; its start when there are not so many. */
export function lastCodePoints(run: usize, end: usize, count: u32): usize {
  let p = end
  let left = count
  const least = i8x16.splat(-64)
  while (run + 16 <= p) {
    const here = popcnt<u32>(i8x16.bitmask(i8x16.ge_s(v128.load(p - 16), least)))
    if (here >= left) break
    left -= here
    p -= 16
  }
  while (left && p > run) {
    p--
    if ((load<u8>(p) & 0xc0) != 0x80) left--
  }
  return p
}

/** Blank, tab, line feed, vertical tab, form feed or carriage return. */
export function isAsciiWhite(byte: u8): bool {
  return byte == 0x20 || byte - 9 < 5
}
