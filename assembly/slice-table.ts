// The slices of event time by index, and the way of a batch to its accumulator rows
// (slice-layout.ts).
import { allocate, release } from './arena'
import { heapClose, heapNew } from './heap'
import {
  BLOCK,
  CAPACITY,
  CAPACITY_MIN,
  CREATED,
  DONE,
  EXHAUSTED,
  FIRST_INDEX,
  HEAP,
  INDEX_MAX,
  LAST_INDEX,
  LAST_KNOWN,
  LAST_SLICE,
  LATE,
  MAP,
  MULTIPLIER,
  FAR,
  NEXT_CREATED,
  OFFSET,
  SIZE,
  STRIDE,
  TEMPLATE,
  blockSlices,
  resolveRows,
} from './slice-layout'
import { addSlice, mapPlace } from './slice-map'

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
  const table = allocate(TEMPLATE + <usize>stride)
  if (!table) return 0
  memory.fill(table, 0, TEMPLATE)
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
  memory.copy(table + TEMPLATE, template, stride)
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
  store<u32>(table, 0, LAST_KNOWN)
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

// True when rows of the block that was resolved last may be late.
let blockIsLate: bool = false
// Where resolveKnown() stopped: the index that has no slice yet, or that it is out of range.
let missingIndex: i64 = 0
let isOutOfRange: bool = false

/**
 * How far from a slice's start a time is in it by one comparison: not at the ends of 64 bits, which
 * wrap.
 */
function spanFrom(start: i64, size: i64): u64 {
  return <u64>(start + FAR) < <u64>(FAR << 1) ? <u64>size : 0
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
 * Resolves the block's slices (0: late) from row j on, until one is not there; returns where it stops.
 * What makes slices is not in this loop, so that the loop has the registers.
 */
function resolveKnown(table: usize, timestamps: usize, j: usize, count: usize): usize {
  const size = load<i64>(table, SIZE)
  const offset = load<i64>(table, OFFSET)
  const multiplier = load<i64>(table, MULTIPLIER)
  const firstIndex = load<i64>(table, FIRST_INDEX)
  const map: usize = load<u32>(table, MAP)
  const capacity = load<u32>(table, CAPACITY)
  const mapEnd = map + ((<usize>capacity) << 4)
  // Shifted by whole slices, times are not negative: one division without signs.
  const base = FAR / size
  const shift = base * size - offset
  let index = load<i64>(table, LAST_INDEX)
  let slice: usize = load<u32>(table, LAST_SLICE)
  let start = index * size + offset
  // The slice of the row before may have been a late one.
  let isLate = blockIsLate || !slice
  let span: u64 = load<u32>(table, LAST_KNOWN) ? spanFrom(start, size) : 0
  for (; j < count; j++) {
    const time = load<i64>(timestamps + (j << 3)) * multiplier
    if (<u64>(time - start) >= span) {
      const shifted = time + shift
      if (shifted >= 0) {
        const quotient = <i64>(<u64>shifted / <u64>size)
        index = quotient - base
        start = time - (shifted - quotient * size)
      } else {
        index = indexOf(time, size, offset)
        start = index * size + offset
      }
      isOutOfRange = <u64>(index + INDEX_MAX) > <u64>(INDEX_MAX << 1)
      if (isOutOfRange) return j
      span = spanFrom(start, size)
      slice = 0
      if (index >= firstIndex) {
        let at = map + (mapPlace(index, capacity) << 4)
        while (load<i64>(at) != index && load<u32>(at, 8)) {
          at += 16
          if (at == mapEnd) at = map
        }
        slice = load<u32>(at, 8)
        if (!slice) {
          missingIndex = index
          blockIsLate = isLate
          store<u32>(table, 0, LAST_KNOWN)
          return j
        }
      }
      isLate = isLate || !slice
    }
    store<u32>(blockSlices + (j << 2), <u32>slice)
  }
  blockIsLate = isLate
  store<i64>(table, index, LAST_INDEX)
  store<u32>(table, <u32>slice, LAST_SLICE)
  store<u32>(table, 1, LAST_KNOWN)
  return count
}

/** As resolveKnown(), and makes what is not there: DONE, a place out of range, or BLOCK: exhausted. */
function resolveSlices(table: usize, timestamps: usize, count: usize): usize {
  blockIsLate = false
  let j = resolveKnown(table, timestamps, 0, count)
  while (j < count) {
    if (isOutOfRange) return j
    if (!addSlice(table, missingIndex)) return BLOCK
    j = resolveKnown(table, timestamps, j, count)
  }
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
  let live: u32 = 0
  for (let at: u32 = 0; at < n; at += BLOCK) {
    const count: usize = min<u32>(BLOCK, n - at)
    const status = resolveSlices(table, timestamps + ((<usize>at) << 3), count)
    if (status != DONE) return status == BLOCK ? EXHAUSTED : at + <u32>status
    if (!resolveRows(table, ids + ((<usize>at) << 2), count, rows + ((<usize>at) << 2))) {
      return EXHAUSTED
    }
    const mask = blockIsLate ? liveMask(count) : <u64>-1 >> (64 - <u64>count)
    live += <u32>popcnt<u64>(mask)
    store<u64>(kept + (<usize>at >> 3), mask)
  }
  store<u32>(table, n - live, LATE)
  return DONE
}
