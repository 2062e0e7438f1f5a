// Quantiles of many values in little memory: compactors as in KLL (Karnin, Lang and Liberty 2016), all of one
// size, and with coins that alternate, so that the same rows give the same answer.
//
//   accumulator   that of a list of values (value-list.ts); its values are levels
//   level         count u32, coin u32 | 512 values i64;   the only level is as long as it has values
//
// Q1  A value of level h stands for 2^h. A full level is sorted, and every other value goes one level
//     up: the first of each pair, next time the second. So the count is exact, and up to 512 values
//     are all there.
// Q2  A compaction moves a rank by 2^h at most, and there are count / (512 * 2^h) of them: with h
//     levels above the first, ranks are off by h / 512 of the count at most, and mostly by far less,
//     as errors cancel out.
// Q3  Values are floats as integers of the same order; all NaNs are one, greater than all numbers.
import { floatOfI128 } from './int128'
import { canonical64 } from './key-kind'
import { ORDER_F64, ORDER_I128, ORDER_U64 } from './aggregate-program'
import { NO_MEMORY, TAKEN } from './value-items'
import { LIST_COUNT, LIST_USED, LIST_VALUES, listRoom } from './value-list'

const SIZE: u32 = 512
const ITEMS: usize = 8
const LEVEL_BYTES: u32 = 8 + 512 * 8
const LEVELS_MAX: u32 = 48

/** A level that is being sorted. */
const spare: usize = memory.data(512 * 8, 16)
/** Where the walk over each level is. */
const places: usize = memory.data(48 * 4, 16)

function keyOf(x: f64): i64 {
  const bits = <i64>canonical64(x)
  return bits ^ ((bits >> 63) & i64.MAX_VALUE)
}

function floatOf(key: i64): f64 {
  return reinterpret<f64>(key ^ ((key >> 63) & i64.MAX_VALUE))
}

/** A value of 64 or 128 bits as a float. */
export function floatAt(order: u32, p: usize): f64 {
  if (order == ORDER_F64) return load<f64>(p)
  if (order == ORDER_I128) return floatOfI128(p)
  return order == ORDER_U64 ? <f64>load<u64>(p) : <f64>load<i64>(p)
}

function levelsOf(sketch: usize): u32 {
  return (load<u32>(sketch, LIST_USED) + LEVEL_BYTES - 1) / LEVEL_BYTES
}

function levelAt(sketch: usize, level: u32): usize {
  return <usize>load<u32>(sketch, LIST_VALUES) + <usize>(level * LEVEL_BYTES)
}

/** Two sorted runs into one behind `to`. */
function mergeRuns(from: usize, middle: usize, end: usize, to: usize): void {
  let a = from
  let b = middle
  while (a < middle && b < end) {
    const x = load<i64>(a)
    const y = load<i64>(b)
    const isB = usize(y < x)
    store<i64>(to, select<i64>(y, x, isB))
    a += 8 - (isB << 3)
    b += isB << 3
    to += 8
  }
  for (; a < middle; a += 8, to += 8) store<i64>(to, load<i64>(a))
  for (; b < end; b += 8, to += 8) store<i64>(to, load<i64>(b))
}

/** The same of two runs of one length, from both ends at once: neither waits for the other. */
function mergeEqual(from: usize, bytes: usize, to: usize): void {
  let a = from
  let b = from + bytes
  let lastA = b - 8
  let lastB = b + bytes - 8
  let last = to + (bytes << 1) - 8
  for (const half = to + bytes; to < half; to += 8, last -= 8) {
    const x = load<i64>(a)
    const y = load<i64>(b)
    const isB = usize(y < x)
    store<i64>(to, select<i64>(y, x, isB))
    a += 8 - (isB << 3)
    b += isB << 3
    const u = load<i64>(lastA)
    const v = load<i64>(lastB)
    const isA = usize(v < u)
    store<i64>(last, select<i64>(u, v, isA))
    lastA -= isA << 3
    lastB -= 8 - (isA << 3)
  }
}

/** Where a run that begins at `from` ends. */
function runEnd(from: usize, end: usize): usize {
  let at = from + 8
  while (at < end && load<i64>(at - 8) <= load<i64>(at)) at += 8
  return min(at, end)
}

function sortFew(from: usize, end: usize): void {
  for (let i = from + 8; i < end; i += 8) {
    const key = load<i64>(i)
    let j = i
    for (; j > from && load<i64>(j - 8) > key; j -= 8) store<i64>(j, load<i64>(j - 8))
    store<i64>(j, key)
  }
}

/** Values in order: what came from the level below is in two runs, else runs of eight are merged. */
function sortLevel(at: usize): void {
  const bytes = (<usize>load<u32>(at)) << 3
  let from = at + ITEMS
  const end = from + bytes
  const middle = runEnd(from, end)
  if (middle >= end) return
  let to = spare
  if (runEnd(middle, end) >= end) {
    mergeRuns(from, middle, end, to)
    memory.copy(from, to, bytes)
    return
  }
  for (let run = from; run < end; run += 64) sortFew(run, min(run + 64, end))
  for (let width: usize = 64; width < bytes; width <<= 1) {
    for (let run: usize = 0; run < bytes; run += width << 1) {
      if (run + (width << 1) <= bytes) mergeEqual(from + run, width, to + run)
      else mergeRuns(from + run, from + min(run + width, bytes), from + bytes, to + run)
    }
    const other = from
    from = to
    to = other
  }
  if (from == spare) memory.copy(to, from, bytes)
}

/** Makes levels, empty ones, until there are so many; false when memory is exhausted. */
function grow(heap: usize, sketch: usize, levels: u32): bool {
  const used = load<u32>(sketch, LIST_USED)
  const wanted = levels * LEVEL_BYTES
  if (used >= wanted) return true
  const room = listRoom(heap, sketch, wanted - used)
  if (!room) return false
  memory.fill(room, 0, wanted - used)
  store<u32>(sketch, wanted, LIST_USED)
  return true
}

/** Puts a value into a level; a full one is compacted before. */
function push(heap: usize, sketch: usize, level: u32, key: i64): bool {
  if (!level && load<u32>(sketch, LIST_USED) < LEVEL_BYTES) return pushFirst(heap, sketch, key)
  if (level >= LEVELS_MAX || !grow(heap, sketch, level + 1)) return false
  if (load<u32>(levelAt(sketch, level)) == SIZE && !compact(heap, sketch, level)) return false
  const at = levelAt(sketch, level)
  const count = load<u32>(at)
  store<i64>(at + ITEMS + ((<usize>count) << 3), key)
  store<u32>(at, count + 1)
  return true
}

/** Into the only level, which grows. */
function pushFirst(heap: usize, sketch: usize, key: i64): bool {
  const used = load<u32>(sketch, LIST_USED)
  const bytes: u32 = used ? 8 : 16
  const room = listRoom(heap, sketch, bytes)
  if (!room) return false
  if (!used) store<u64>(room, 0)
  store<i64>(room + bytes - 8, key)
  store<u32>(sketch, used + bytes, LIST_USED)
  const at: usize = load<u32>(sketch, LIST_VALUES)
  store<u32>(at, load<u32>(at) + 1)
  return true
}

function compact(heap: usize, sketch: usize, level: u32): bool {
  sortLevel(levelAt(sketch, level))
  const coin = load<u32>(levelAt(sketch, level), 4)
  for (let i = coin; i < SIZE; i += 2) {
    // The level moves when the levels above it grow.
    const key = load<i64>(levelAt(sketch, level) + ITEMS + ((<usize>i) << 3))
    if (!push(heap, sketch, level + 1, key)) return false
  }
  store<u32>(levelAt(sketch, level), 0)
  store<u32>(levelAt(sketch, level), coin ^ 1, 4)
  return true
}

export function sketchValue(heap: usize, sketch: usize, x: f64): u32 {
  // Nearly always the first level has room.
  if (load<u32>(sketch, LIST_USED) >= LEVEL_BYTES) {
    const at: usize = load<u32>(sketch, LIST_VALUES)
    const held = load<u32>(at)
    if (held < SIZE) {
      store<i64>(at + ITEMS + ((<usize>held) << 3), keyOf(x))
      store<u32>(at, held + 1)
      store<u64>(sketch, load<u64>(sketch, LIST_COUNT) + 1, LIST_COUNT)
      return TAKEN
    }
  }
  if (!push(heap, sketch, 0, keyOf(x))) return NO_MEMORY
  store<u64>(sketch, load<u64>(sketch, LIST_COUNT) + 1, LIST_COUNT)
  return TAKEN
}

export function mergeQuantiles(heap: usize, from: usize, to: usize): u32 {
  const levels = levelsOf(from)
  for (let level: u32 = 0; level < levels; level++) {
    const at = levelAt(from, level)
    const count = load<u32>(at)
    for (let i: u32 = 0; i < count; i++) {
      if (!push(heap, to, level, load<i64>(at + ITEMS + ((<usize>i) << 3)))) return NO_MEMORY
    }
  }
  store<u64>(to, load<u64>(to, LIST_COUNT) + load<u64>(from, LIST_COUNT), LIST_COUNT)
  return TAKEN
}

/** Counts the values of a sketch that was read back. */
export function countQuantiles(sketch: usize): void {
  const levels = levelsOf(sketch)
  let count: u64 = 0
  for (let level: u32 = 0; level < levels; level++) {
    count += (<u64>load<u32>(levelAt(sketch, level))) << level
  }
  store<u64>(sketch, count, LIST_COUNT)
}

/** The quantile of sorted levels: between the values at two neighbouring ranks. */
function quantile(sketch: usize, fraction: f64): f64 {
  const levels = levelsOf(sketch)
  const last = load<u64>(sketch, LIST_COUNT) - 1
  const rank = fraction * <f64>last
  const low = min<u64>(last, <u64>Math.floor(rank))
  memory.fill(places, 0, (<usize>levels) << 2)
  let seen: u64 = 0
  let before: f64 = 0
  let isBetween: bool = false
  while (seen <= last) {
    let least: i64 = i64.MAX_VALUE
    let chosen: u32 = 0
    for (let level: u32 = 0; level < levels; level++) {
      const at = levelAt(sketch, level)
      const place = load<u32>(places + ((<usize>level) << 2))
      if (place == load<u32>(at)) continue
      const key = load<i64>(at + ITEMS + ((<usize>place) << 3))
      if (key >= least) continue
      least = key
      chosen = level
    }
    const slot = places + ((<usize>chosen) << 2)
    store<u32>(slot, load<u32>(slot) + 1)
    seen += (<u64>1) << chosen
    const value = floatOf(least)
    // Equal values may be infinite, and have no difference.
    if (isBetween) return value == before ? value : before + (value - before) * (rank - <f64>low)
    if (seen <= low) continue
    if (seen > low + 1 || <f64>low == rank || low == last) return value
    before = value
    isBetween = true
  }
  return before
}

/** Writes the quantiles of n groups as float64, where they have a value; `unit` is how many make one. */
export function aggregateQuantile(
  rows: usize,
  n: u32,
  offset: usize,
  fraction: f64,
  unit: f64,
  out: usize,
): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const sketch = <usize>load<u32>(rows + (i << 2)) + offset
    store<f64>(out + (i << 3), 0)
    if (!load<u64>(sketch, LIST_COUNT)) continue
    const levels = levelsOf(sketch)
    for (let level: u32 = 0; level < levels; level++) sortLevel(levelAt(sketch, level))
    store<f64>(out + (i << 3), quantile(sketch, fraction) / unit)
  }
}
