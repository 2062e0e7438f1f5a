// Parquet's delta encodings: DELTA_BINARY_PACKED integers, and byte arrays whose lengths (and shared
// prefixes) are such integers. The reader of integers is a state, so that a page is decoded a batch at a
// time; byte arrays need all lengths of a page first.
//
//   header  varint values a block | varint miniblocks a block | varint values | zigzag first value
//   block   zigzag smallest delta | a byte a miniblock: its bit width | miniblocks, packed
//   state   0 next byte u32 | 4 end u32 | 8 values a miniblock u32 | 12 miniblocks a block u32 |
//           16 values left in the page u32 | 20 left in the miniblock u32 | 24 bit width u32 |
//           28 next of the block's widths u32 | 32 last value i64 | 40 smallest delta i64 |
//           48 first value is due u32 | 52 bit in the next byte u32 | 56 values after the last block
//
// DL1 Nothing at or past `end` is input, and a header that promises what its bytes cannot hold is
//     CORRUPT. The sums wrap, as the format says.
import { UNPACK_WIDTH_MAX, unpackEights } from './bit-unpack'
import { copyRun } from './bytes'

const CORRUPT: u32 = 0xffffffff

const NEXT: usize = 0
const END: usize = 4
const MINI_VALUES: usize = 8
const MINIS: usize = 12
const VALUES_LEFT: usize = 16
const MINI_LEFT: usize = 20
const WIDTH: usize = 24
const WIDTHS: usize = 28
const LAST: usize = 32
const DELTA_MIN: usize = 40
const FIRST_DUE: usize = 48
const BIT: usize = 52
const MINIS_LEFT: usize = 56
const STATE_BYTES: usize = 64

const MINI_VALUES_MAX: u64 = 1 << 16

const eightDeltas: usize = memory.data(32, 16)

// The varint reader's second result.
let cursor: usize = 0

/** Reads a varint at `cursor` and moves it on; past the end, `cursor` becomes 0. */
function varint(end: usize): u64 {
  let value: u64 = 0
  for (let shift: u64 = 0; shift < 64; shift += 7) {
    if (!cursor || cursor >= end) break
    const byte = <u64>load<u8>(cursor++)
    value |= (byte & 127) << shift
    if (byte < 128) return value
  }
  cursor = 0
  return 0
}

function zigzag(end: usize): i64 {
  const value = varint(end)
  return <i64>(value >> 1) ^ -(<i64>(value & 1))
}

/** Begins a state at a page's integers; returns how many there are, or CORRUPT. */
export function deltaOpen(state: usize, start: usize, end: usize): u32 {
  memory.fill(state, 0, STATE_BYTES)
  cursor = start
  const block = varint(end)
  const minis = varint(end)
  const count = varint(end)
  const first = zigzag(end)
  if (!cursor || !minis || minis > 0xffff || count > 0x7fffffff) return CORRUPT
  const values = block / minis
  if (block % minis || values % 8 || !values || values > MINI_VALUES_MAX) return CORRUPT
  store<u32>(state, <u32>cursor, NEXT)
  store<u32>(state, <u32>end, END)
  store<u32>(state, <u32>values, MINI_VALUES)
  store<u32>(state, <u32>minis, MINIS)
  store<u32>(state, <u32>count, VALUES_LEFT)
  store<i64>(state, first, LAST)
  store<u32>(state, 1, FIRST_DUE)
  return <u32>count
}

/** Goes to the next miniblock, through the next block's header where one is due. */
function nextMiniblock(state: usize): bool {
  const end: usize = load<u32>(state, END)
  let minis = load<u32>(state, MINIS_LEFT)
  if (!minis) {
    cursor = load<u32>(state, NEXT)
    store<i64>(state, zigzag(end), DELTA_MIN)
    minis = load<u32>(state, MINIS)
    if (!cursor || end - cursor < <usize>minis) return false
    store<u32>(state, <u32>cursor, WIDTHS)
    store<u32>(state, <u32>cursor + minis, NEXT)
  }
  const widths: usize = load<u32>(state, WIDTHS)
  const width = <u32>load<u8>(widths)
  if (width > 64) return false
  store<u32>(state, <u32>widths + 1, WIDTHS)
  store<u32>(state, minis - 1, MINIS_LEFT)
  store<u32>(state, width, WIDTH)
  store<u32>(state, 0, BIT)
  // Only the values that the page still has need be there.
  const values = load<u32>(state, MINI_VALUES)
  const needed = min<u32>(values, load<u32>(state, VALUES_LEFT))
  if ((<u64>needed * width + 7) >> 3 > <u64>(end - <usize>load<u32>(state, NEXT))) return false
  store<u32>(state, values, MINI_LEFT)
  return true
}

/** Decodes the next n integers as i32 or i64 (`bytes` 4 or 8). Returns n, or CORRUPT. */
export function deltaDecode(state: usize, n: u32, bytes: u32, out: usize): u32 {
  const left = load<u32>(state, VALUES_LEFT)
  if (n > left) return CORRUPT
  return bytes == 4 ? decode<i32>(state, n, out) : decode<i64>(state, n, out)
}

function decode<T>(state: usize, n: u32, out: usize): u32 {
  const end = out + <usize>n * sizeof<T>()
  if (n && load<u32>(state, FIRST_DUE)) {
    store<T>(out, <T>load<i64>(state, LAST))
    out += sizeof<T>()
    store<u32>(state, 0, FIRST_DUE)
    store<u32>(state, load<u32>(state, VALUES_LEFT) - 1, VALUES_LEFT)
  }
  while (out < end) {
    if (!load<u32>(state, MINI_LEFT) && !nextMiniblock(state)) return CORRUPT
    const count = min<u32>(<u32>((end - out) / sizeof<T>()), load<u32>(state, MINI_LEFT))
    decodeRun<T>(state, count, out)
    out += <usize>count * sizeof<T>()
    store<u32>(state, load<u32>(state, MINI_LEFT) - count, MINI_LEFT)
    store<u32>(state, load<u32>(state, VALUES_LEFT) - count, VALUES_LEFT)
  }
  return n
}

/** `count` values of the miniblock at hand. */
function decodeRun<T>(state: usize, count: u32, out: usize): void {
  const width = <u64>load<u32>(state, WIDTH)
  const smallest = load<i64>(state, DELTA_MIN)
  const start: usize = load<u32>(state, NEXT)
  let bit = <u64>load<u32>(state, BIT)
  let value = load<i64>(state, LAST)
  const end = out + <usize>count * sizeof<T>()
  if (width && width <= UNPACK_WIDTH_MAX && !bit) {
    const eights = count >> 3
    value = sumEights<T>(start, <u32>width, eights, smallest, value, out)
    out += <usize>(eights << 3) * sizeof<T>()
    bit = <u64>(eights << 3) * width
  }
  if (!width) {
    for (; out < end; out += sizeof<T>()) store<T>(out, <T>(value += smallest))
  } else if (width <= 56) {
    const mask: u64 = ((<u64>1) << width) - 1
    for (; out < end; out += sizeof<T>(), bit += width) {
      const delta = (load<u64>(start + <usize>(bit >> 3)) >> (bit & 7)) & mask
      store<T>(out, <T>(value += smallest + <i64>delta))
    }
  } else {
    const mask: u64 = <u64>-1 >> (64 - width)
    for (; out < end; out += sizeof<T>(), bit += width) {
      const at = start + <usize>(bit >> 3)
      const shift = bit & 7
      // The ninth byte's bits come in at the top; none when the value begins a byte.
      const top = shift ? (<u64>load<u8>(at, 8)) << (64 - shift) : 0
      value += smallest + <i64>(((load<u64>(at) >> shift) | top) & mask)
      store<T>(out, <T>value)
    }
  }
  store<i64>(state, value, LAST)
  store<u32>(state, <u32>start + <u32>(bit >> 3), NEXT)
  store<u32>(state, <u32>bit & 7, BIT)
}

/** Eight values at a time: unpacked, then summed on from `value`; returns the last. */
function sumEights<T>(
  from: usize,
  width: u32,
  eights: u32,
  smallest: i64,
  value: i64,
  out: usize,
): i64 {
  if (sizeof<T>() == 8) {
    for (; eights; eights--, from += <usize>width) {
      unpackEights(from, width, 1, eightDeltas)
      for (let i: usize = 0; i < 32; i += 4, out += 8) {
        value += smallest + <i64>load<u32>(eightDeltas + i)
        store<i64>(out, value)
      }
    }
    return value
  }
  if (!eights) return value
  unpackEights(from, width, eights, out)
  const step = i32x4.splat(<i32>smallest)
  const zero = i32x4.splat(0)
  let last = i32x4.splat(<i32>value)
  for (const end = out + ((<usize>eights) << 5); out < end; out += 16) {
    let sums = i32x4.add(v128.load(out), step)
    sums = i32x4.add(sums, v128.shuffle<i32>(zero, sums, 0, 4, 5, 6))
    sums = i32x4.add(sums, v128.shuffle<i32>(zero, sums, 0, 1, 4, 5))
    sums = i32x4.add(sums, last)
    v128.store(out, sums)
    last = v128.shuffle<i32>(sums, sums, 3, 3, 3, 3)
  }
  return <i64>i32x4.extract_lane(last, 0)
}

/** Where the integers end, once all are decoded: the rest of the last miniblock is padding. */
export function deltaEnd(state: usize): u32 {
  const rest = <u64>load<u32>(state, MINI_LEFT) * load<u32>(state, WIDTH)
  const bytes = (rest + load<u32>(state, BIT) + 7) >> 3
  const end = load<u32>(state, END)
  return <u32>min<u64>(<u64>load<u32>(state, NEXT) + bytes, end)
}

/**
 * Lengths (i32) to offsets (n + 1, from 0). Returns the bytes in all, or CORRUPT when a length is
 * negative or the sum beyond `bytesMax`.
 */
export function lengthsToOffsets(lengths: usize, n: u32, bytesMax: u32, out: usize): u32 {
  let total: u32 = 0
  store<u32>(out, 0)
  for (const end = lengths + ((<usize>n) << 2); lengths < end; lengths += 4) {
    const length = load<u32>(lengths)
    if (length > bytesMax - total) return CORRUPT
    total += length
    out += 4
    store<u32>(out, total)
  }
  return total
}

/** Adds prefix lengths to suffix lengths, in place. 0 when one is negative or wants too much. */
export function prefixedLengths(prefixes: usize, lengths: usize, n: u32): u32 {
  let last: u32 = 0
  for (const end = lengths + ((<usize>n) << 2); lengths < end; lengths += 4, prefixes += 4) {
    const prefix = load<u32>(prefixes)
    const suffix = load<u32>(lengths)
    if (prefix > last || suffix > 0x7fffffff - prefix) return 0
    last = prefix + suffix
    store<u32>(lengths, last)
  }
  return 1
}

/** Joins each value's prefix of the value before with its suffix, to where the offsets say. */
export function prefixedBytes(
  prefixes: usize,
  suffixes: usize,
  offsets: usize,
  n: u32,
  out: usize,
): void {
  let last = out
  for (const end = offsets + ((<usize>n) << 2); offsets < end; offsets += 4, prefixes += 4) {
    const to = out + <usize>load<u32>(offsets)
    const prefix = load<u32>(prefixes)
    const suffix = load<u32>(offsets, 4) - load<u32>(offsets) - prefix
    memory.copy(to, last, <usize>prefix)
    copyRun(to + <usize>prefix, suffixes, suffix)
    suffixes += <usize>suffix
    last = to
  }
}
