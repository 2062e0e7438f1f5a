// The slices of event time by index, and the way of a batch to its accumulator rows
// (slice-layout.ts).
import { allocate, release } from './arena'
import { heapClose, heapNew } from './heap'
import {
  BLOCK,
  BLOCK_BYTES,
  CAPACITY,
  CAPACITY_MIN,
  CREATED,
  DONE,
  EXHAUSTED,
  FAR,
  FIRST_INDEX,
  FRESH_BLOCK,
  HEAP,
  INDEX,
  INDEX_MAX,
  INVERSE,
  LAST_SLICE,
  LAST_SPAN,
  LAST_START,
  LATE,
  MAP,
  MULTIPLIER,
  NEXT_CREATED,
  OFFSET,
  RING,
  RING_FIRST,
  RING_MISSES,
  RING_SLICES,
  RING_SPAN,
  RING_START,
  ROW_BITS,
  SIZE,
  STRIDE,
  blockBytesOf,
  blockSlices,
  forgetSlices,
  resolveRows,
  resolveRowsOf,
  rowBitsOf,
  writeFreshBlock,
} from './slice-layout'
import { addSlice, findSlice } from './slice-map'

/**
 * A table for accumulator rows of `stride` bytes (a multiple of 8) that start as `template`, over
 * slices [index * size + offset, + size) of timestamps times `multiplier`. 0 when memory is
 * exhausted.
 */
export function sliceTableNew(
  stride: u32,
  template: usize,
  size: i64,
  offset: i64,
  multiplier: i64,
): usize {
  const rowBits = rowBitsOf(stride)
  const blockBytes = blockBytesOf(stride, rowBits)
  const table = allocate(FRESH_BLOCK + blockBytes)
  if (!table) return 0
  memory.fill(table, 0, FRESH_BLOCK)
  const heap = heapNew()
  const map = allocate((<usize>CAPACITY_MIN) << 4)
  store<u32>(table, <u32>heap, HEAP)
  store<u32>(table, <u32>map, MAP)
  if (!heap || !map) {
    sliceTableClose(table)
    return 0
  }
  memory.fill(map, 0, (<usize>CAPACITY_MIN) << 4)
  store<u32>(table, CAPACITY_MIN, CAPACITY)
  store<u32>(table, stride, STRIDE)
  store<i64>(table, size, SIZE)
  store<i64>(table, offset, OFFSET)
  store<i64>(table, multiplier, MULTIPLIER)
  store<i64>(table, -INDEX_MAX, FIRST_INDEX)
  store<u32>(table, rowBits, ROW_BITS)
  store<u32>(table, <u32>blockBytes, BLOCK_BYTES)
  writeFreshBlock(table + FRESH_BLOCK, stride, rowBits, template)
  return table
}

/** Gives everything back: slices, accumulators, and what lies in the heap. */
export function sliceTableClose(table: usize): void {
  const heap: usize = load<u32>(table, HEAP)
  if (heap) heapClose(heap)
  release(load<u32>(table, MAP))
  release(table)
}

/** The heap of the table's small objects; byte accumulators keep their values there, too. */
export function sliceTableHeap(table: usize): usize {
  return load<u32>(table, HEAP)
}

/** Slices below `index` are over: their rows are late from now on. */
export function sliceTableAdvance(table: usize, index: f64): void {
  store<i64>(table, <i64>index, FIRST_INDEX)
  forgetSlices(table)
}

/** Late rows of the last sliceTableAssign(). */
export function sliceTableLate(table: usize): u32 {
  return load<u32>(table, LATE)
}

/** A slice that has come into being since the last such call, or 0 when there is no more. */
export function sliceTableCreated(table: usize): usize {
  const slice: usize = load<u32>(table, CREATED)
  if (slice) store<u32>(table, load<u32>(slice, NEXT_CREATED), CREATED)
  return slice
}

/** Slices of the ring before the one that it was moved for. */
const RING_BEHIND: i64 = 64
/** So many rows out of the ring move it: a few times that are far from the others do not. */
const RING_MISSES_MAX: u32 = 16
/** Times that are further from a ring's start than this would wrap. */
const RING_SPAN_MAX: i64 = 1 << 61

/** Added to a float, this leaves it rounded, in its last bits. */
const ROUNDING: f64 = 4503599627370496
const ROUNDED: i64 = 0xffff

/** Times in a slice are `span` from its start: not at the ends of 64 bits, which wrap. */
function spanFrom(start: i64, size: i64): u64 {
  return size < FAR && <u64>(start + FAR) < <u64>(FAR << 1) ? <u64>size : 0
}

/** The index of a time anywhere in 64 bits: floored division; before the offset is the slice before. */
function indexOf(time: i64, size: i64, offset: i64): i64 {
  const quotient = time / size
  let rest = time - quotient * size
  const isNegative = rest >> 63
  rest += size & isNegative
  return quotient + isNegative + ((rest - offset) >> 63)
}

/**
 * True when the block's times are all in one span: one comparison a row by its sign, without a branch.
 * `span` is above 0, and below 2^62.
 */
function allWithin(timestamps: usize, count: usize, multiplier: i64, start: i64, span: u64): bool {
  const last = <i64>span - 1
  let outside: i64 = 0
  let j: usize = 0
  if (multiplier == 1) {
    const starts = i64x2.splat(start)
    const lasts = i64x2.splat(last)
    let some = i64x2.splat(0)
    for (; j + 2 <= count; j += 2) {
      const from = i64x2.sub(v128.load(timestamps + (j << 3)), starts)
      some = v128.or(some, v128.or(from, i64x2.sub(lasts, from)))
    }
    outside = i64x2.extract_lane(some, 0) | i64x2.extract_lane(some, 1)
  }
  for (; j < count; j++) {
    const from = load<i64>(timestamps + (j << 3)) * multiplier - start
    outside |= from | (last - from)
  }
  return outside >= 0
}

/**
 * Resolves the block's slices from row j on while the ring has them; returns where it stops. Neighbours
 * are often in different slices, where times are out of order: so there is no branch to foresee, and
 * no division.
 */
function resolveKnown(table: usize, timestamps: usize, j: usize, count: usize): usize {
  const size = load<i64>(table, SIZE)
  const multiplier = load<i64>(table, MULTIPLIER)
  const start = load<i64>(table, RING_START)
  const span = load<u64>(table, RING_SPAN)
  const inverse = load<f64>(table, INVERSE)
  const ring = table + RING
  for (; j < count; j++) {
    const from = load<i64>(timestamps + (j << 3)) * multiplier - start
    if (<u64>from >= span) return j
    // Rounded to the nearest: the place, or the one behind it, as the rest tells.
    let place = reinterpret<i64>(<f64>from * inverse + ROUNDING) & ROUNDED
    place += (from - place * size) >> 63
    const slice = load<u32>(ring + ((<usize>place) << 2))
    if (!slice) return j
    store<u32>(blockSlices + (j << 2), slice)
  }
  return count
}

/** Lets the ring begin some slices before an index, and be empty. */
function moveRing(table: usize, index: i64): void {
  const size = load<i64>(table, SIZE)
  const first = max<i64>(index - RING_BEHIND, load<i64>(table, FIRST_INDEX))
  const span = size * <i64>RING_SLICES
  const isNear = size <= RING_SPAN_MAX / <i64>RING_SLICES
  const start = first * size + load<i64>(table, OFFSET)
  const isInside = isNear && spanFrom(start, size) != 0
  store<i64>(table, first, RING_FIRST)
  store<i64>(table, start, RING_START)
  store<u64>(table, isInside ? <u64>span : 0, RING_SPAN)
  store<f64>(table, 1.0 / <f64>size, INVERSE)
  store<u32>(table, 0, RING_MISSES)
  memory.fill(table + RING, 0, (<usize>RING_SLICES) << 2)
}

/** Lets the ring have a slice, when it is in its reach, or is to be. */
function keepInRing(table: usize, index: i64, slice: usize): void {
  let place = index - load<i64>(table, RING_FIRST)
  if (!load<u64>(table, RING_SPAN) || <u64>place >= <u64>RING_SLICES) {
    const misses = load<u32>(table, RING_MISSES) + 1
    store<u32>(table, misses, RING_MISSES)
    if (load<u64>(table, RING_SPAN) && misses < RING_MISSES_MAX) return
    moveRing(table, index)
    place = index - load<i64>(table, RING_FIRST)
  }
  store<u32>(table + RING + ((<usize>place) << 2), <u32>slice)
}

// True when rows of the block that was resolved last may be late.
let blockIsLate: bool = false

/**
 * Resolves one row whose slice the ring has not: makes the slice when there is none, and lets the ring have
 * it. DONE, a place out of range, or BLOCK: exhausted.
 */
function resolveOne(table: usize, time: i64, j: usize): usize {
  const size = load<i64>(table, SIZE)
  const offset = load<i64>(table, OFFSET)
  const index = indexOf(time, size, offset)
  if (<u64>(index + INDEX_MAX) > <u64>(INDEX_MAX << 1)) return j
  let slice: usize = 0
  if (index >= load<i64>(table, FIRST_INDEX)) {
    slice = findSlice(table, index)
    if (!slice) slice = addSlice(table, index)
    if (!slice) return BLOCK
    keepInRing(table, index, slice)
  } else {
    blockIsLate = true
  }
  store<u32>(blockSlices + (j << 2), <u32>slice)
  return DONE
}

/** Notes the slice of the block's last row, for the next block. */
function keepLast(table: usize, slice: usize): void {
  const size = load<i64>(table, SIZE)
  const start = slice ? load<i64>(slice, INDEX) * size + load<i64>(table, OFFSET) : 0
  store<u32>(table, <u32>slice, LAST_SLICE)
  store<i64>(table, start, LAST_START)
  store<u64>(table, slice ? spanFrom(start, size) : 0, LAST_SPAN)
}

/**
 * Resolves the slices of a block whose rows are not all in the last one (0: late). DONE, a place out of
 * range, or BLOCK: exhausted.
 */
function resolveSlices(table: usize, timestamps: usize, count: usize): usize {
  const multiplier = load<i64>(table, MULTIPLIER)
  let j = resolveKnown(table, timestamps, 0, count)
  for (; j < count; j = resolveKnown(table, timestamps, j + 1, count)) {
    const status = resolveOne(table, load<i64>(timestamps + (j << 3)) * multiplier, j)
    if (status != DONE) return status
  }
  keepLast(table, load<u32>(blockSlices + ((count - 1) << 2)))
  return DONE
}

function liveMask(count: usize): u64 {
  let mask: u64 = 0
  for (let j: usize = 0; j < count; j++) {
    mask |= (<u64>(load<u32>(blockSlices + (j << 2)) != 0)) << (<u64>j)
  }
  return mask
}

/**
 * Finds the accumulator row of each (timestamp, key id): a pointer (u32) at `rows`, 0 for a late
 * row, with the bitmap `kept` of those that are not late. Returns 0xffffffff when done, 0xfffffffe
 * when memory is exhausted, else a row whose timestamp is out of range.
 */
export function sliceTableAssign(
  table: usize,
  timestamps: usize,
  ids: usize,
  n: u32,
  rows: usize,
  kept: usize,
): u32 {
  const multiplier = load<i64>(table, MULTIPLIER)
  let live: u32 = 0
  for (let at: u32 = 0; at < n; at += BLOCK) {
    const count: usize = min<u32>(BLOCK, n - at)
    const times = timestamps + ((<usize>at) << 3)
    const blockIds = ids + ((<usize>at) << 2)
    const blockRows = rows + ((<usize>at) << 2)
    const span = load<u64>(table, LAST_SPAN)
    blockIsLate = false
    if (span && allWithin(times, count, multiplier, load<i64>(table, LAST_START), span)) {
      const slice: usize = load<u32>(table, LAST_SLICE)
      if (!resolveRowsOf(table, slice, blockIds, count, blockRows)) return EXHAUSTED
    } else {
      const status = resolveSlices(table, times, count)
      if (status != DONE) return status == BLOCK ? EXHAUSTED : at + <u32>status
      if (!resolveRows(table, blockIds, count, blockRows)) return EXHAUSTED
    }
    const mask = blockIsLate ? liveMask(count) : <u64>-1 >> (64 - <u64>count)
    live += <u32>popcnt<u64>(mask)
    store<u64>(kept + (<usize>at >> 3), mask)
  }
  store<u32>(table, n - live, LATE)
  return DONE
}
