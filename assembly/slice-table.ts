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

/**
 * How far from a slice's start a time is in it by one comparison: not at the ends of 64 bits, which
 * wrap.
 */
function spanFrom(start: i64, size: i64): u64 {
  return start < FAR && start > -FAR ? <u64>size : 0
}

/**
 * Resolves the block's slices (0: late): DONE, a place with a time out of range, or BLOCK:
 * exhausted.
 */
function resolveSlices(table: usize, timestamps: usize, count: usize): usize {
  const size = load<i64>(table, SIZE)
  const offset = load<i64>(table, OFFSET)
  const multiplier = load<i64>(table, MULTIPLIER)
  const firstIndex = load<i64>(table, FIRST_INDEX)
  let index = load<i64>(table, LAST_INDEX)
  let slice: usize = load<u32>(table, LAST_SLICE)
  let start = index * size + offset
  // The slice of the row before the block may have been a late one.
  let isLate = !slice
  let span: u64 = load<u32>(table, LAST_KNOWN) ? spanFrom(start, size) : 0
  for (let j: usize = 0; j < count; j++) {
    const time = load<i64>(timestamps + (j << 3)) * multiplier
    if (<u64>(time - start) >= span) {
      // Floored division; then a time before the offset belongs to the slice before.
      index = time / size
      let rest = time - index * size
      const isNegative = rest >> 63
      rest += size & isNegative
      const isBefore = (rest - offset) >> 63
      index += isNegative + isBefore
      if (index > INDEX_MAX || index < -INDEX_MAX) return j
      start = time - rest + offset - (size & isBefore)
      span = spanFrom(start, size)
      slice = 0
      if (index >= firstIndex) {
        slice = findSlice(table, index)
        if (!slice) slice = addSlice(table, index)
        if (!slice) return BLOCK
      }
      isLate = isLate || !slice
    }
    store<u32>(blockSlices + (j << 2), <u32>slice)
  }
  blockIsLate = isLate
  store<i64>(table, index, LAST_INDEX)
  store<u32>(table, <u32>slice, LAST_SLICE)
  store<u32>(table, 1, LAST_KNOWN)
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
