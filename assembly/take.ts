// Gather by row numbers (a selection, or the matches of a join), and append of slices.
//
// TK1 A row number of 0xffffffff takes a null. Value kernels need no test for it: address arithmetic
//     wraps to the value before the first, which can be read (blocks have headers), and the result is
//     garbage under a validity bit that takeBits leaves unset. Row numbers need not ascend.
// TK2 utf8 and binary go in two passes: takeOffsets sizes, takeBytes copies.

const NO_ROW: u32 = 0xffffffff
const ONES: usize = memory.data<u8>([0xff])
const lastRows: usize = memory.data(64, 16)

/** out[i] = a[rows[i]], values of 1 byte. */
export function take8(a: usize, rows: usize, count: u32, out: usize): void {
  takeFixed<u8>(a, rows, count, out)
}

/** out[i] = a[rows[i]], values of 2 bytes. */
export function take16(a: usize, rows: usize, count: u32, out: usize): void {
  takeFixed<u16>(a, rows, count, out)
}

/** out[i] = a[rows[i]], values of 4 bytes. */
export function take32(a: usize, rows: usize, count: u32, out: usize): void {
  takeFixed<u32>(a, rows, count, out)
}

/** out[i] = a[rows[i]], values of 8 bytes. */
export function take64(a: usize, rows: usize, count: u32, out: usize): void {
  takeFixed<u64>(a, rows, count, out)
}

/** out[i] = a[rows[i]], values of 16 bytes. */
export function take128(a: usize, rows: usize, count: u32, out: usize): void {
  for (const end = rows + ((<usize>count) << 2); rows < end; rows += 4, out += 16) {
    v128.store(out, v128.load(a + ((<usize>load<u32>(rows)) << 4)))
  }
}

function takeFixed<T>(a: usize, rows: usize, count: u32, out: usize): void {
  const whole = count & ~3
  for (const end = rows + ((<usize>whole) << 2); rows < end; rows += 16, out += 4 * sizeof<T>()) {
    store<T>(out, load<T>(a + <usize>load<u32>(rows) * sizeof<T>()))
    store<T>(out, load<T>(a + <usize>load<u32>(rows, 4) * sizeof<T>()), sizeof<T>())
    store<T>(out, load<T>(a + <usize>load<u32>(rows, 8) * sizeof<T>()), 2 * sizeof<T>())
    store<T>(out, load<T>(a + <usize>load<u32>(rows, 12) * sizeof<T>()), 3 * sizeof<T>())
  }
  for (let left = count & 3; left > 0; left--, rows += 4, out += sizeof<T>()) {
    store<T>(out, load<T>(a + <usize>load<u32>(rows) * sizeof<T>()))
  }
}

/**
 * Gathers bits: bool values, or validity (0: all set), with 0 for 0xffffffff. Returns how many bits of
 * out are set: `count` means that no row is null.
 */
export function takeBits(bits: usize, rows: usize, count: u32, out: usize): u32 {
  // Without a bitmap each row reads a byte of ones.
  const mask = i32x4.splat(bits ? -1 : 0)
  if (!bits) bits = ONES
  let total: u32 = 0
  let left = count
  for (; left >= 16; left -= 16, rows += 64, out += 2) {
    const word = sixteenBits(bits, rows, mask)
    total += popcnt<u32>(word)
    store<u16>(out, word)
  }
  if (left) {
    memory.fill(lastRows, 0xff, 64)
    memory.copy(lastRows, rows, (<usize>left) << 2)
    const word = sixteenBits(bits, lastRows, mask)
    total += popcnt<u32>(word)
    store<u16>(out, word)
  }
  return total
}

/** The bits of 16 rows, 0 for a missing one: bytes are gathered, bits picked from all of them at once. */
function sixteenBits(bits: usize, rows: usize, mask: v128): u32 {
  const missing = i32x4.splat(-1)
  const a = v128.load(rows)
  const b = v128.load(rows, 16)
  const c = v128.load(rows, 32)
  const d = v128.load(rows, 48)
  const aLive = i32x4.ne(a, missing)
  const bLive = i32x4.ne(b, missing)
  const cLive = i32x4.ne(c, missing)
  const dLive = i32x4.ne(d, missing)
  const aByte = i32x4.shr_u(v128.and(a, v128.and(aLive, mask)), 3)
  const bByte = i32x4.shr_u(v128.and(b, v128.and(bLive, mask)), 3)
  const cByte = i32x4.shr_u(v128.and(c, v128.and(cLive, mask)), 3)
  const dByte = i32x4.shr_u(v128.and(d, v128.and(dLive, mask)), 3)
  // Two halves, so that one chain of lane loads does not wait for the other.
  let low = i8x16.splat(0)
  let high = low
  low = v128.load_lane<u8>(bits + <usize>i32x4.extract_lane(aByte, 0), low, 0)
  high = v128.load_lane<u8>(bits + <usize>i32x4.extract_lane(cByte, 0), high, 0)
  low = v128.load_lane<u8>(bits + <usize>i32x4.extract_lane(aByte, 1), low, 1)
  high = v128.load_lane<u8>(bits + <usize>i32x4.extract_lane(cByte, 1), high, 1)
  low = v128.load_lane<u8>(bits + <usize>i32x4.extract_lane(aByte, 2), low, 2)
  high = v128.load_lane<u8>(bits + <usize>i32x4.extract_lane(cByte, 2), high, 2)
  low = v128.load_lane<u8>(bits + <usize>i32x4.extract_lane(aByte, 3), low, 3)
  high = v128.load_lane<u8>(bits + <usize>i32x4.extract_lane(cByte, 3), high, 3)
  low = v128.load_lane<u8>(bits + <usize>i32x4.extract_lane(bByte, 0), low, 4)
  high = v128.load_lane<u8>(bits + <usize>i32x4.extract_lane(dByte, 0), high, 4)
  low = v128.load_lane<u8>(bits + <usize>i32x4.extract_lane(bByte, 1), low, 5)
  high = v128.load_lane<u8>(bits + <usize>i32x4.extract_lane(dByte, 1), high, 5)
  low = v128.load_lane<u8>(bits + <usize>i32x4.extract_lane(bByte, 2), low, 6)
  high = v128.load_lane<u8>(bits + <usize>i32x4.extract_lane(dByte, 2), high, 6)
  low = v128.load_lane<u8>(bits + <usize>i32x4.extract_lane(bByte, 3), low, 7)
  high = v128.load_lane<u8>(bits + <usize>i32x4.extract_lane(dByte, 3), high, 7)
  const bytes = i64x2.shuffle(low, high, 0, 2)
  const seven = i32x4.splat(7)
  const bit = i8x16.narrow_i16x8_s(
    i16x8.narrow_i32x4_s(v128.and(a, seven), v128.and(b, seven)),
    i16x8.narrow_i32x4_s(v128.and(c, seven), v128.and(d, seven)),
  )
  const bitOfByte = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0)
  const isSet = i8x16.ne(v128.and(bytes, i8x16.swizzle(bitOfByte, bit)), i8x16.splat(0))
  const live = i8x16.narrow_i16x8_s(
    i16x8.narrow_i32x4_s(aLive, bLive),
    i16x8.narrow_i32x4_s(cLive, dLive),
  )
  return i8x16.bitmask(v128.and(isSet, live))
}

/**
 * Writes count + 1 offsets of the taken values and returns the bytes they need; 0xffffffff when they
 * are more than an i32 offset can say.
 */
export function takeOffsets(offsets: usize, rows: usize, count: u32, out: usize): u32 {
  let total: u64 = 0
  store<u32>(out, 0)
  out += 4
  const whole = rows + ((<usize>(count & ~3)) << 2)
  for (; rows < whole; rows += 16, out += 16) {
    total += takenLength(offsets, load<u32>(rows))
    store<u32>(out, <u32>total)
    total += takenLength(offsets, load<u32>(rows, 4))
    store<u32>(out, <u32>total, 4)
    total += takenLength(offsets, load<u32>(rows, 8))
    store<u32>(out, <u32>total, 8)
    total += takenLength(offsets, load<u32>(rows, 12))
    store<u32>(out, <u32>total, 12)
  }
  for (let left = count & 3; left > 0; left--, rows += 4, out += 4) {
    total += takenLength(offsets, load<u32>(rows))
    store<u32>(out, <u32>total)
  }
  return total > 0x7fffffff ? 0xffffffff : <u32>total
}

function takenLength(offsets: usize, row: u32): u64 {
  const at = offsets + ((<usize>row) << 2)
  return select<u32>(load<u32>(at, 4) - load<u32>(at), 0, row != NO_ROW)
}

/** Copies the taken values' bytes to where takeOffsets put them. */
export function takeBytes(
  offsets: usize,
  bytes: usize,
  rows: usize,
  count: u32,
  outOffsets: usize,
  out: usize,
): void {
  let to = out + <usize>load<u32>(outOffsets)
  const whole = rows + ((<usize>(count & ~3)) << 2)
  for (; rows < whole; rows += 16, outOffsets += 16) {
    to = takeOne(offsets, bytes, load<u32>(rows), to, out + <usize>load<u32>(outOffsets, 4))
    to = takeOne(offsets, bytes, load<u32>(rows, 4), to, out + <usize>load<u32>(outOffsets, 8))
    to = takeOne(offsets, bytes, load<u32>(rows, 8), to, out + <usize>load<u32>(outOffsets, 12))
    to = takeOne(offsets, bytes, load<u32>(rows, 12), to, out + <usize>load<u32>(outOffsets, 16))
  }
  for (let left = count & 3; left > 0; left--, rows += 4, outOffsets += 4) {
    to = takeOne(offsets, bytes, load<u32>(rows), to, out + <usize>load<u32>(outOffsets, 4))
  }
}

/** Copies a row's bytes to where they end at `end`, and returns it; a missing row has none. */
function takeOne(offsets: usize, bytes: usize, row: u32, to: usize, end: usize): usize {
  if (end != to) {
    const from = bytes + <usize>load<u32>(offsets + ((<usize>row) << 2))
    // Most values are short: 16 bytes at once, over the end (what follows is written after).
    v128.store(to, v128.load(from))
    if (end > to + 16) copyRest(to, from, <u32>(end - to))
  }
  return end
}

/** What is behind the first 16 bytes. */
function copyRest(to: usize, from: usize, length: u32): void {
  v128.store(to, v128.load(from, 16), 16)
  if (length > 32) memory.copy(to + 32, from + 32, <usize>(length - 32))
}

/** Appends n + 1 offsets so that the first becomes `base`: for values put behind others. */
export function takeRebased(offsets: usize, n: u32, base: u32, out: usize): void {
  const shift = i32x4.splat(base - load<u32>(offsets))
  for (const end = out + ((<usize>(n + 1)) << 2); out < end; out += 16, offsets += 16) {
    v128.store(out, i32x4.add(v128.load(offsets), shift))
  }
}
