// Bitmaps: validity, predicates, bool columns. Logic, counting, copies at any bit, and the way between
// a bitmap and a selection.
//
// BM1 Inputs and outputs start at bit 0, but for the bit positions that copy, append and setRange take.
// BM2 Loops go by words and write past the end (K4); bits from n to the end of the last byte are zero.
// BM3 A validity pointer of 0 reads as ones. The other pointers must be there.
//
// A bitmap becomes a selection by a table of 256 entries of 8 row offsets: one load, a widening to
// u32 and two stores a byte. Below about one set bit in ten, finding bits one by one is faster.

const ALL_SET: usize = memory.data<u64>([-1, -1], 16)
/** Of each byte, the places of its set bits: a byte each, the least first. */
export const offsetsOfByte: usize = memory.data(256 * 8, 16)

const AND: i32 = 0
const OR: i32 = 1
const AND_NOT: i32 = 2
const XOR: i32 = 3
const NOT: i32 = 4

fillOffsets()

function fillOffsets(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let at = offsetsOfByte + ((<usize>byte) << 3)
    for (let bit: u32 = 0; bit < 8; bit++) {
      if ((byte >> bit) & 1) store<u8>(at++, bit)
    }
  }
}

function byteLength(n: u32): usize {
  return <usize>((n + 7) >> 3)
}

function clearTail(bits: usize, n: u32): void {
  if (n & 7) {
    const last = bits + <usize>(n >> 3)
    store<u8>(last, <u32>load<u8>(last) & ((1 << (n & 7)) - 1))
  }
}

/** out = a op b: 0 and, 1 or, 2 a and not b, 3 xor, 4 not a. May work in place. */
export function bitmapLogic(op: i32, a: usize, b: usize, n: u32, out: usize): void {
  const start = out
  const end = out + byteLength(n)
  switch (op) {
    case AND:
      for (; out < end; out += 16, a += 16, b += 16) {
        v128.store(out, v128.and(v128.load(a), v128.load(b)))
      }
      break
    case OR:
      for (; out < end; out += 16, a += 16, b += 16) {
        v128.store(out, v128.or(v128.load(a), v128.load(b)))
      }
      break
    case AND_NOT:
      for (; out < end; out += 16, a += 16, b += 16) {
        v128.store(out, v128.andnot(v128.load(a), v128.load(b)))
      }
      break
    case XOR:
      for (; out < end; out += 16, a += 16, b += 16) {
        v128.store(out, v128.xor(v128.load(a), v128.load(b)))
      }
      break
    case NOT:
      for (; out < end; out += 16, a += 16) v128.store(out, v128.not(v128.load(a)))
      clearTail(start, n)
      break
    default:
      unreachable()
  }
}

/**
 * Three-valued logic (0 and, 1 or) on pairs of values and validity: false and null is false, true or
 * null is true, else null wins. Result values are false where the result is null.
 */
export function bitmapKleene(
  op: i32,
  a: usize,
  aValidity: usize,
  b: usize,
  bValidity: usize,
  n: u32,
  out: usize,
  outValidity: usize,
): void {
  const aStep: usize = aValidity ? 16 : 0
  const bStep: usize = bValidity ? 16 : 0
  if (!aValidity) aValidity = ALL_SET
  if (!bValidity) bValidity = ALL_SET
  // De Morgan: a or b is not (not a and not b); only the values are flipped, on the way in and out.
  const flip = op == OR ? i64x2.splat(-1) : i64x2.splat(0)
  const start = out
  const startValidity = outValidity
  for (const end = out + byteLength(n); out < end; out += 16, outValidity += 16) {
    const aKnown = v128.load(aValidity)
    const bKnown = v128.load(bValidity)
    const aTrue = v128.and(v128.xor(v128.load(a), flip), aKnown)
    const bTrue = v128.and(v128.xor(v128.load(b), flip), bKnown)
    const aFalse = v128.andnot(aKnown, aTrue)
    const bFalse = v128.andnot(bKnown, bTrue)
    const known = v128.or(v128.and(aKnown, bKnown), v128.or(aFalse, bFalse))
    v128.store(out, v128.and(v128.xor(v128.and(aTrue, bTrue), flip), known))
    v128.store(outValidity, known)
    a += 16
    b += 16
    aValidity += aStep
    bValidity += bStep
  }
  clearTail(start, n)
  clearTail(startValidity, n)
}

/** How many bits are set. */
export function bitmapCount(bits: usize, n: u32): u32 {
  let count: u64 = 0
  for (const end = bits + <usize>((n >> 6) << 3); bits < end; bits += 8) {
    count += popcnt<u64>(load<u64>(bits))
  }
  if (n & 63) count += popcnt<u64>(load<u64>(bits) & (((<u64>1) << (n & 63)) - 1))
  return <u32>count
}

/** 1 when all bits are set. */
export function bitmapAll(bits: usize, n: u32): u32 {
  for (const end = bits + <usize>((n >> 6) << 3); bits < end; bits += 8) {
    if (~load<u64>(bits)) return 0
  }
  return n & 63 ? u32((~load<u64>(bits) & (((<u64>1) << (n & 63)) - 1)) == 0) : 1
}

/** Copies n bits that start at bit `from` of the source to bit 0 of out. */
export function bitmapCopy(bits: usize, from: u32, n: u32, out: usize): void {
  bits += <usize>(from >> 3)
  const start = out
  const shift = <i32>(from & 7)
  // A word moved down, and the word one byte on moved up: they agree where both have bits.
  for (const end = out + byteLength(n); out < end; out += 16, bits += 16) {
    const low = i64x2.shr_u(v128.load(bits), shift)
    v128.store(out, v128.or(low, i64x2.shl(v128.load(bits, 1), (8 - shift) & 63)))
  }
  clearTail(start, n)
}

/**
 * Writes n bits from bit 0 of the source (0: n ones) at bit `at` of out. Bits before `at` stay; what
 * follows in the last byte is zero, and behind that the padding may be overwritten.
 */
export function bitmapAppend(out: usize, at: u32, bits: usize, n: u32): void {
  if (!n) return
  if (bits) {
    const shift = <i32>(at & 7)
    const first = out + <usize>(at >> 3)
    const kept = <u32>load<u8>(first) & ((1 << shift) - 1)
    const end = out + byteLength(at + n)
    // As in copy; the byte before the first is read, and its bits replaced by those that are kept.
    for (let to = first; to < end; to += 16, bits += 16) {
      const high = i64x2.shl(v128.load(bits), shift)
      v128.store(to, v128.or(high, i64x2.shr_u(v128.load(bits - 1), 8 - shift)))
    }
    store<u8>(first, kept | (<u32>load<u8>(first) & ~((1 << shift) - 1)))
  } else {
    bitmapSetRange(out, at, n, 1)
  }
  clearTail(out, at + n)
}

/** Sets n bits from bit `from` to value (0 or 1), and touches no other. */
export function bitmapSetRange(out: usize, from: u32, n: u32, value: u32): void {
  const end = from + n
  const firstFull = (from + 7) >> 3
  const endFull = end >> 3
  if (firstFull > endFull) {
    setBits(out + <usize>(from >> 3), ((1 << n) - 1) << (from & 7), value)
    return
  }
  if (from & 7) setBits(out + <usize>(from >> 3), 0xff << (from & 7), value)
  memory.fill(out + <usize>firstFull, value ? 0xff : 0, <usize>(endFull - firstFull))
  if (end & 7) setBits(out + <usize>endFull, (1 << (end & 7)) - 1, value)
}

function setBits(at: usize, mask: u32, value: u32): void {
  const byte = <u32>load<u8>(at)
  store<u8>(at, value ? byte | mask : byte & ~mask)
}

/** A bit for each byte: set when the byte is not zero. */
export function bitmapFromBytes(bytes: usize, n: u32, out: usize): void {
  const start = out
  const zero = i8x16.splat(0)
  for (const end = bytes + <usize>n; bytes < end; bytes += 16, out += 2) {
    store<u16>(out, i8x16.bitmask(i8x16.ne(v128.load(bytes), zero)))
  }
  clearTail(start, n)
}

/** A byte for each bit: 0 or 1. */
export function bitmapToBytes(bits: usize, n: u32, out: usize): void {
  const bitOfLane = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128)
  const one = i8x16.splat(1)
  for (const end = out + <usize>n; out < end; out += 16, bits += 2) {
    const both = i16x8.splat(load<u16>(bits))
    const spread = i8x16.shuffle(both, both, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1)
    const set = i8x16.eq(v128.and(spread, bitOfLane), bitOfLane)
    v128.store(out, v128.and(set, one))
  }
}

/** The rows whose bit is set, ascending u32; returns how many. */
export function bitmapToSelection(bits: usize, n: u32, out: usize): u32 {
  const count = bitmapCount(bits, n)
  if (count * 10 < n) sparseSelection(bits, n, out)
  else denseSelection(bits, n, out)
  return count
}

function sparseSelection(bits: usize, n: u32, out: usize): void {
  for (let base: u32 = 0; base < n; base += 64, bits += 8) {
    let word = load<u64>(bits)
    if (n - base < 64) word &= ((<u64>1) << (n - base)) - 1
    while (word) {
      store<u32>(out, base + <u32>ctz<u64>(word))
      out += 4
      word &= word - 1
    }
  }
}

function denseSelection(bits: usize, n: u32, out: usize): void {
  const eight = i32x4.splat(8)
  let low = i32x4.splat(0)
  let high = i32x4.splat(0)
  for (const end = bits + byteLength(n); bits < end; bits++) {
    const byte = <u32>load<u8>(bits)
    const offsets = v128.load_ext<u8>(offsetsOfByte + ((<usize>byte) << 3))
    v128.store(out, i32x4.add(low, i32x4.extend_low_i16x8_u(offsets)))
    v128.store(out, i32x4.add(high, i32x4.extend_high_i16x8_u(offsets)), 16)
    out += (<usize>popcnt<u32>(byte)) << 2
    low = i32x4.add(low, eight)
    high = low
  }
}

/**
 * A bitmap of n bits in which the rows of a selection are set. `scratch` has room for n bytes: a byte
 * a row is written without waiting for the one before, as a bit a row cannot be.
 */
export function bitmapFromSelection(
  rows: usize,
  count: u32,
  n: u32,
  scratch: usize,
  out: usize,
): void {
  memory.fill(scratch, 0, <usize>n)
  const end = rows + ((<usize>count) << 2)
  for (; rows + 12 < end; rows += 16) {
    store<u8>(scratch + <usize>load<u32>(rows), 1)
    store<u8>(scratch + <usize>load<u32>(rows, 4), 1)
    store<u8>(scratch + <usize>load<u32>(rows, 8), 1)
    store<u8>(scratch + <usize>load<u32>(rows, 12), 1)
  }
  for (; rows < end; rows += 4) store<u8>(scratch + <usize>load<u32>(rows), 1)
  bitmapFromBytes(scratch, n, out)
}
