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
//
// Eight packed values take `width` bytes. A swizzle brings the bytes of each to a lane, a multiplication
// by 2^(7 - shift) stands in for the shift by lane that WASM lacks, up to 25 bits.
// (The format: https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE)

const CORRUPT: u32 = 0xffffffff

const NEXT: usize = 0
const END: usize = 4
const WIDTH: usize = 8
const LEFT: usize = 12
const PACKED: usize = 16
const VALUE: usize = 20
const BIT: usize = 24

const WIDTH_SIMD_MAX: u32 = 25
// By width: swizzle and multipliers of the lower four values, then of the upper four.
const lanes: usize = memory.data(26 * 64, 16)

fillLanes()

function fillLanes(): void {
  for (let width: u32 = 1; width <= WIDTH_SIMD_MAX; width++) {
    const at = lanes + ((<usize>width) << 6)
    for (let i: u32 = 0; i < 8; i++) {
      // The upper four are loaded from the byte in which the fifth value begins.
      const bit = (i & 3) * width + (i < 4 ? 0 : (4 * width) & 7)
      const half = at + (i < 4 ? 0 : 32)
      for (let byte: u32 = 0; byte < 4; byte++) {
        store<u8>(half + <usize>((i & 3) * 4 + byte), (bit >> 3) + byte)
      }
      store<u32>(half + 16 + <usize>((i & 3) * 4), 1 << (7 - (bit & 7)))
    }
  }
}

/** Begins a state at `bytes` bytes of runs. */
export function hybridOpen(state: usize, start: usize, bytes: u32, width: u32): void {
  memory.fill(state, 0, 32)
  store<u32>(state, <u32>start, NEXT)
  store<u32>(state, <u32>start + bytes, END)
  store<u32>(state, width, WIDTH)
}

/** Reads the next run's header; false when there is none, or it is broken. */
function nextRun(state: usize): bool {
  const end: usize = load<u32>(state, END)
  const width = load<u32>(state, WIDTH)
  let at: usize = load<u32>(state, NEXT)
  let count: u32 = 0
  while (!count) {
    let header: u32 = 0
    let shift: u32 = 0
    let byte: u32
    do {
      if (at >= end || shift > 28) return false
      byte = load<u8>(at++)
      header |= (byte & 127) << shift
      shift += 7
    } while (byte & 128)
    count = header >> 1
    if (header & 1) {
      if (count > 0x1fffffff) return false
      // Some writers leave out the padding of the last group.
      const whole = min<u64>(<u64>count * width, <u64>(end - at))
      if (width) count = <u32>min<u64>((<u64>count) << 3, (whole << 3) / width)
      else count <<= 3
      store<u32>(state, 1, PACKED)
      store<u32>(state, 0, BIT)
    } else {
      const bytes = (width + 7) >> 3
      if (end - at < <usize>bytes) return false
      const value = <u32>(load<u64>(at) & (((<u64>1) << ((<u64>bytes) << 3)) - 1))
      if (width < 32 && value >> width) return false
      store<u32>(state, 0, PACKED)
      store<u32>(state, value, VALUE)
      at += <usize>bytes
    }
  }
  store<u32>(state, count, LEFT)
  store<u32>(state, <u32>at, NEXT)
  return true
}

/** Moves a packed run's position on by `count` values. */
function advance(state: usize, count: u32): void {
  const bits = <u64>load<u32>(state, BIT) + <u64>count * load<u32>(state, WIDTH)
  store<u32>(state, load<u32>(state, NEXT) + <u32>(bits >> 3), NEXT)
  store<u32>(state, <u32>bits & 7, BIT)
}

function taken(state: usize, count: u32): void {
  store<u32>(state, load<u32>(state, LEFT) - count, LEFT)
}

/** Decodes n values into u32. Returns the largest (0 of none), or CORRUPT. */
export function hybridDecode32(state: usize, n: u32, out: usize): u32 {
  let largest: u32 = 0
  while (n) {
    if (!load<u32>(state, LEFT) && !nextRun(state)) return CORRUPT
    const count = min<u32>(n, load<u32>(state, LEFT))
    if (load<u32>(state, PACKED)) {
      largest = max<u32>(largest, unpack32(state, count, out))
      advance(state, count)
    } else {
      const value = load<u32>(state, VALUE)
      largest = max<u32>(largest, value)
      fill32(out, count, value)
    }
    taken(state, count)
    out += (<usize>count) << 2
    n -= count
  }
  return largest
}

function fill32(out: usize, count: u32, value: u32): void {
  const all = i32x4.splat(value)
  const end = out + ((<usize>count) << 2)
  for (; out + 16 <= end; out += 16) v128.store(out, all)
  for (; out < end; out += 4) store<u32>(out, value)
}

function unpack32(state: usize, count: u32, out: usize): u32 {
  const width = load<u32>(state, WIDTH)
  if (!width) {
    fill32(out, count, 0)
    return 0
  }
  const start: usize = load<u32>(state, NEXT)
  const mask: u64 = ((<u64>1) << width) - 1
  let bit = <u64>load<u32>(state, BIT)
  let largest: u32 = 0
  let left = count
  // To a byte's border, on from there eight at once, and the rest one by one.
  let single: u32 = width > WIDTH_SIMD_MAX ? left : 0
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

function unpackOne(start: usize, bit: u64, mask: u64, out: usize): u32 {
  const value = <u32>((load<u64>(start + <usize>(bit >> 3)) >> (bit & 7)) & mask)
  store<u32>(out, value)
  return value
}

function unpackEights(from: usize, width: u32, eights: u32, out: usize): u32 {
  const at = lanes + ((<usize>width) << 6)
  const lowBytes = v128.load(at)
  const lowShift = v128.load(at, 16)
  const highBytes = v128.load(at, 32)
  const highShift = v128.load(at, 48)
  const mask = i32x4.splat((1 << width) - 1)
  const upper = <usize>((4 * width) >> 3)
  let largest = i32x4.splat(0)
  for (const end = out + ((<usize>eights) << 5); out < end; out += 32, from += <usize>width) {
    const low = unpackFour(from, lowBytes, lowShift, mask)
    const high = unpackFour(from + upper, highBytes, highShift, mask)
    v128.store(out, low)
    v128.store(out, high, 16)
    largest = i32x4.max_u(largest, i32x4.max_u(low, high))
  }
  largest = i32x4.max_u(
    largest,
    i8x16.shuffle(largest, largest, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7),
  )
  return max<u32>(i32x4.extract_lane(largest, 0), i32x4.extract_lane(largest, 1))
}

function unpackFour(from: usize, bytes: v128, shift: v128, mask: v128): v128 {
  const lane = i32x4.mul(i8x16.swizzle(v128.load(from), bytes), shift)
  return v128.and(i32x4.shr_u(lane, 7), mask)
}

/** Decodes n values of up to 8 bits into bytes. Returns the largest (0 of none), or CORRUPT. */
export function hybridDecode8(state: usize, n: u32, out: usize): u32 {
  const width = <u64>load<u32>(state, WIDTH)
  const mask: u64 = ((<u64>1) << width) - 1
  let largest: u32 = 0
  while (n) {
    if (!load<u32>(state, LEFT) && !nextRun(state)) return CORRUPT
    const count = min<u32>(n, load<u32>(state, LEFT))
    if (load<u32>(state, PACKED)) {
      const start: usize = load<u32>(state, NEXT)
      let bit = <u64>load<u32>(state, BIT)
      for (const end = out + <usize>count; out < end; out++, bit += width) {
        const value = <u32>((<u64>load<u16>(start + <usize>(bit >> 3)) >> (bit & 7)) & mask)
        largest = max<u32>(largest, value)
        store<u8>(out, value)
      }
      advance(state, count)
    } else {
      const value = load<u32>(state, VALUE)
      largest = max<u32>(largest, value)
      memory.fill(out, <u8>value, <usize>count)
      out += <usize>count
    }
    taken(state, count)
    n -= count
  }
  return largest
}

/**
 * Decodes n values of one bit behind the first `at` bits of out, as bitmapAppend() does. Returns how
 * many are set, or CORRUPT.
 */
export function hybridDecodeBits(state: usize, n: u32, out: usize, at: u32): u32 {
  let set: u32 = 0
  while (n) {
    if (!load<u32>(state, LEFT) && !nextRun(state)) return CORRUPT
    const count = min<u32>(n, load<u32>(state, LEFT))
    if (load<u32>(state, PACKED)) {
      set += hybridAppendBits(load<u32>(state, NEXT), load<u32>(state, BIT), count, out, at)
      advance(state, count)
    } else {
      const value = load<u32>(state, VALUE)
      repeatBit(value, count, out, at)
      if (value) set += count
    }
    taken(state, count)
    at += count
    n -= count
  }
  return set
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

function repeatBit(value: u32, count: u32, out: usize, at: u32): void {
  const ones: u64 = value ? <u64>-1 : 0
  while (count) {
    const few = min<u32>(count, 56)
    putBits(out, at, ones & (((<u64>1) << few) - 1))
    at += few
    count -= few
  }
}

/** Up to 56 bits at a bit; those above become 0. */
function putBits(out: usize, at: u32, word: u64): void {
  const to = out + <usize>(at >> 3)
  const shift = <u64>(at & 7)
  store<u64>(to, (<u64>load<u8>(to) & (((<u64>1) << shift) - 1)) | (word << shift))
}
