// Parquet's hybrid of run-length and bit-packed runs: definition and repetition levels, dictionary
// indices, bools. A reader is a small state in linear memory, so that a page of any length is decoded
// a batch at a time.
//
//   run     varint h; h & 1: (h >> 1) groups of 8 values, `width` bits each, least significant first
//                     else:  one value of (width + 7) / 8 bytes, (h >> 1) times
//   state   0 next byte u32 | 4 end u32 | 8 width u32 | 12 values left in the run u32 |
//           16 run is packed u32 | 20 the repeated value u32 | 24 bit in the next byte u32
//
// HY1 Nothing is read as input from `end` on (what K4 lets a load touch there is masked away), and no
//     value is `width` bits or more: a run that breaks this, or that is missing, is CORRUPT.
// HY2 A decoder that returns CORRUPT has written at most n values, and its state is of no more use.
// (The format: https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE)
import { UNPACK_WIDTH_MAX, unpackEights, unpackOne } from './bit-unpack'

const CORRUPT: u32 = 0xffffffff

const NEXT: usize = 0
const END: usize = 4
const WIDTH: usize = 8
const LEFT: usize = 12
const PACKED: usize = 16
const VALUE: usize = 20
const BIT: usize = 24

const SEVEN_BYTES: u64 = 0xffffffffffffff

/** Begins a state at `bytes` bytes of runs. */
export function hybridOpen(state: usize, start: usize, bytes: u32, width: u32): void {
  memory.fill(state, 0, 32)
  store<u32>(state, <u32>start, NEXT)
  store<u32>(state, <u32>start + bytes, END)
  store<u32>(state, width, WIDTH)
}

// What nextRun() has found beside the place where the run's values begin.
let runLeft: u32 = 0
let runIsPacked: bool = false
let runValue: u32 = 0

/** Reads the header of the run at `at`; returns where its values begin, 0 when it is broken. */
function nextRun(at: usize, end: usize, width: u32): usize {
  runLeft = 0
  while (!runLeft) {
    if (at >= end) return 0
    let header = <u32>load<u8>(at++)
    if (header > 127) {
      header &= 127
      for (let shift: u32 = 7, byte: u32 = 128; byte & 128; shift += 7) {
        if (at >= end || shift > 28) return 0
        byte = load<u8>(at++)
        header |= (byte & 127) << shift
      }
    }
    const count = header >> 1
    runIsPacked = (header & 1) != 0
    if (runIsPacked) {
      if (count > 0x1fffffff) return 0
      runLeft = count << 3
      // Some writers leave out the padding of the last group.
      const there = <u64>(end - at)
      if (<u64>count * width > there) runLeft = <u32>((there << 3) / width)
    } else {
      const bytes = (width + 7) >> 3
      if (end - at < <usize>bytes) return 0
      runValue = <u32>(load<u64>(at) & (((<u64>1) << ((<u64>bytes) << 3)) - 1))
      if (width < 32 && runValue >> width) return 0
      runLeft = count
      at += <usize>bytes
    }
  }
  return at
}

/** Leaves a state where a decoder has stopped. */
function save(state: usize, at: usize, left: u32, isPacked: bool, value: u32, bit: u64): void {
  store<u32>(state, <u32>at, NEXT)
  store<u32>(state, left, LEFT)
  store<u32>(state, u32(isPacked), PACKED)
  store<u32>(state, value, VALUE)
  store<u32>(state, <u32>bit, BIT)
}

/**
 * Decodes n values into u32; up to 12 bytes behind them are written, too. Returns the largest (0 of
 * none), or CORRUPT.
 */
export function hybridDecode32(state: usize, n: u32, out: usize): u32 {
  return decode<u32>(state, n, out)
}

/** As hybridDecode32(), of values of up to 8 bits into bytes; nothing behind them is written. */
export function hybridDecode8(state: usize, n: u32, out: usize): u32 {
  return decode<u8>(state, n, out)
}

function decode<T>(state: usize, n: u32, out: usize): u32 {
  const end: usize = load<u32>(state, END)
  const width = load<u32>(state, WIDTH)
  let at: usize = load<u32>(state, NEXT)
  let left = load<u32>(state, LEFT)
  let isPacked = load<u32>(state, PACKED) != 0
  let value = load<u32>(state, VALUE)
  let bit = <u64>load<u32>(state, BIT)
  let largest: u32 = 0
  while (n) {
    if (!left) {
      at = nextRun(at, end, width)
      if (!at) return CORRUPT
      left = runLeft
      isPacked = runIsPacked
      value = runValue
      bit = 0
    }
    const count = min<u32>(n, left)
    if (isPacked) {
      if (sizeof<T>() == 4) largest = max<u32>(largest, unpack32(at, bit, width, count, out))
      else largest = max<u32>(largest, unpack8(at, bit, width, count, out))
      bit += <u64>count * width
      at += <usize>(bit >> 3)
      bit &= 7
    } else {
      largest = max<u32>(largest, value)
      if (sizeof<T>() == 4) fill32(out, count, value)
      else memory.fill(out, <u8>value, <usize>count)
    }
    left -= count
    out += <usize>count * sizeof<T>()
    n -= count
  }
  save(state, at, left, isPacked, value, bit)
  return largest
}

function fill32(out: usize, count: u32, value: u32): void {
  const all = i32x4.splat(value)
  for (const end = out + ((<usize>count) << 2); out < end; out += 16) v128.store(out, all)
}

function unpack32(start: usize, bit: u64, width: u32, count: u32, out: usize): u32 {
  if (!width) {
    memory.fill(out, 0, (<usize>count) << 2)
    return 0
  }
  const mask: u64 = ((<u64>1) << width) - 1
  let largest: u32 = 0
  let left = count
  // To a byte's border, on from there eight at once, and the rest one by one.
  let single: u32 = width > UNPACK_WIDTH_MAX ? left : 0
  while (single < left && (bit + <u64>single * width) & 7) single++
  for (; single; single--, left--) {
    largest = max<u32>(largest, unpackOne(start, bit, mask, out))
    bit += width
    out += 4
  }
  if (left >= 8) {
    const from = start + <usize>(bit >> 3)
    largest = max<u32>(largest, unpackEights(from, width, left >> 3, out))
    bit += <u64>(left & ~7) * width
    out += (<usize>left & ~7) << 2
    left &= 7
  }
  for (; left; left--) {
    largest = max<u32>(largest, unpackOne(start, bit, mask, out))
    bit += width
    out += 4
  }
  return largest
}

function unpack8(start: usize, bit: u64, width: u32, count: u32, out: usize): u32 {
  const mask: u64 = ((<u64>1) << width) - 1
  let largest: u32 = 0
  for (const end = out + <usize>count; out < end; out++, bit += width) {
    const value = <u32>((<u64>load<u16>(start + <usize>(bit >> 3)) >> (bit & 7)) & mask)
    largest = max<u32>(largest, value)
    store<u8>(out, value)
  }
  return largest
}

/**
 * Decodes n values of one bit behind the first `to` bits of out, as bitmapAppend() does. Returns how many
 * are set, or CORRUPT.
 */
export function hybridDecodeBits(state: usize, n: u32, out: usize, to: u32): u32 {
  const end: usize = load<u32>(state, END)
  let at: usize = load<u32>(state, NEXT)
  let left = load<u32>(state, LEFT)
  let isPacked = load<u32>(state, PACKED) != 0
  let value = load<u32>(state, VALUE)
  let bit = <u64>load<u32>(state, BIT)
  // Whole bytes are written; `pending` bits of the next one wait in `word`.
  out += <usize>(to >> 3)
  let pending = <u64>(to & 7)
  let word = <u64>load<u8>(out) & (((<u64>1) << pending) - 1)
  let set: u64 = 0
  while (n) {
    if (!left) {
      at = nextRun(at, end, 1)
      if (!at) return CORRUPT
      left = runLeft
      isPacked = runIsPacked
      value = runValue
      bit = 0
    }
    let count = min<u32>(n, left)
    left -= count
    n -= count
    const repeated: u64 = <u64>0 - <u64>value
    // A load at any bit gives 57 good ones: seven bytes at a time leave all bit positions as they are.
    for (; count >= 56; count -= 56, out += 7) {
      const bits = (isPacked ? load<u64>(at) >> bit : repeated) & SEVEN_BYTES
      store<u64>(out, word | (bits << pending))
      word = bits >> (56 - pending)
      set += popcnt<u64>(bits)
      at += isPacked ? 7 : 0
    }
    if (count) {
      const bits = (isPacked ? load<u64>(at) >> bit : repeated) & (((<u64>1) << count) - 1)
      word |= bits << pending
      store<u64>(out, word)
      pending += count
      out += <usize>(pending >> 3)
      word >>= pending & ~7
      pending &= 7
      set += popcnt<u64>(bits)
      bit += count
      at += isPacked ? <usize>(bit >> 3) : 0
      bit &= 7
    }
  }
  store<u64>(out, word)
  save(state, at, left, isPacked, value, bit)
  return <u32>set
}

/** As bitmapAppend(), of bits that start anywhere in a byte; returns how many are set. */
export function hybridAppendBits(from: usize, fromBit: u32, count: u32, out: usize, at: u32): u32 {
  let set: u64 = 0
  let bit = <u64>fromBit
  while (count) {
    // A load at any bit gives 57 good ones.
    const few = min<u32>(count, 56)
    const word = (load<u64>(from + <usize>(bit >> 3)) >> (bit & 7)) & (((<u64>1) << few) - 1)
    putBits(out, at, word)
    set += popcnt<u64>(word)
    bit += few
    at += few
    count -= few
  }
  return <u32>set
}

/** Up to 56 bits at a bit; those above become 0. */
function putBits(out: usize, at: u32, word: u64): void {
  const to = out + <usize>(at >> 3)
  const shift = <u64>(at & 7)
  store<u64>(to, (<u64>load<u8>(to) & (((<u64>1) << shift) - 1)) | (word << shift))
}
