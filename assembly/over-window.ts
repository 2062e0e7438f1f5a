// A window that ends at a row: its blocks, and how a row gets into them. For over.ts, which says what that is
// (OV1 to OV4). Not listed in index.ts.
//
//   windows   a window's address u32 a key id, 0 for none
//   window    block i64 | last time i64 | earlier list | current list | accumulators of the current block
//   list      entries u32, count u32, capacity u32, first u32
//   entry     time i64 | accumulators
import { dropRow, holdsAny, mergeRow } from './aggregate-pair'
import { DONE, EXHAUSTED, HEAP } from './aggregate-program'
import { heapAllocate, heapFree } from './heap'
import { foldsByEntry, foldSuffixes } from './over-fold'

/** Frames; of the odd ones, rows of one time see each other. */
export const RANGE_UNBOUNDED: u32 = 1
export const ROWS: u32 = 2
export const RANGE: u32 = 3

export const BLOCK: usize = 0
export const LAST: usize = 8
export const EARLIER: usize = 16
export const CURRENT: usize = 32
export const SUM: usize = 48

export const ENTRIES: usize = 0
export const COUNT: usize = 4
export const CAPACITY: usize = 8
export const FIRST: usize = 12
const CAPACITY_MIN: u32 = 4
export const ENTRY_HEADER: usize = 8

export let program: usize = 0
export let heap: usize = 0
export let frame: u32 = 0
export let size: i64 = 0
export let template: usize = 0
export let stride: usize = 0
export let holds: bool = false
/** Accumulators are merged entry by entry for all rows (over-fold.ts). */
export let folds: bool = false
/** The row that came last begins a block. */
export let turned: bool = false

/** The frame alone: so many rows (ROWS), or so much time. */
export function useFrame(kind: u32, extent: i64, bytes: u32): void {
  frame = kind
  size = extent
  stride = bytes
}

/** What the calls that follow are about. */
export function use(aggregation: usize, kind: u32, extent: i64, start: usize, bytes: u32): void {
  program = aggregation
  heap = load<u32>(aggregation, HEAP)
  template = start
  useFrame(kind, extent, bytes)
  holds = holdsAny(aggregation)
  folds = foldsByEntry(aggregation, start, bytes)
}

/** A row of accumulators is short, and whole words: a call to the host's copy would cost more. */
export function copyRow(from: usize, to: usize, bytes: usize): void {
  let at: usize = 0
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, v128.load(from + at))
  if (at < bytes) store<u64>(to + at, load<u64>(from + at))
}

export function entryAt(list: usize, place: u32): usize {
  return <usize>load<u32>(list, ENTRIES) + <usize>place * (ENTRY_HEADER + stride)
}

/** The block of a time: as long as the frame, but one unit at least. */
export function blockOf(time: i64): i64 {
  const length = max<i64>(1, size)
  const quotient = time / length
  return quotient * length > time ? quotient - 1 : quotient
}

export function windowAt(slot: usize, time: i64): usize {
  let window: usize = load<u32>(slot)
  if (window) return window
  window = heapAllocate(heap, SUM + stride)
  if (!window) return 0
  memory.fill(window, 0, SUM)
  copyRow(template, window + SUM, stride)
  if (frame == RANGE) store<i64>(window, blockOf(time), BLOCK)
  store<u32>(slot, <u32>window)
  return window
}

/** Puts accumulators behind a list; what they hold is then the list's. False: no memory. */
export function append(list: usize, time: i64, own: usize): bool {
  const count = load<u32>(list, COUNT)
  const capacity = load<u32>(list, CAPACITY)
  const entryBytes = ENTRY_HEADER + stride
  if (count == capacity) {
    let wanted = max<u32>(CAPACITY_MIN, capacity << 1)
    if (frame == ROWS && <i64>wanted > size) wanted = <u32>size
    const fresh = heapAllocate(heap, <usize>wanted * entryBytes)
    if (!fresh) return false
    const entries: usize = load<u32>(list, ENTRIES)
    if (entries) {
      memory.copy(fresh, entries, <usize>count * entryBytes)
      heapFree(heap, entries, <usize>capacity * entryBytes)
    }
    store<u32>(list, <u32>fresh, ENTRIES)
    store<u32>(list, wanted, CAPACITY)
  }
  const entry = entryAt(list, count)
  store<i64>(entry, time)
  copyRow(own, entry + ENTRY_HEADER, stride)
  store<u32>(list, count + 1, COUNT)
  return true
}

export function clear(list: usize): void {
  const count = load<u32>(list, COUNT)
  if (holds) {
    for (let place: u32 = 0; place < count; place++) {
      dropRow(program, entryAt(list, place) + ENTRY_HEADER)
    }
  }
  store<u32>(list, 0, COUNT)
  store<u32>(list, 0, FIRST)
}

/** The current block is over: it becomes the earlier one, unless it is too far back. */
function turn(window: usize, isNext: bool): u32 {
  turned = true
  clear(window + EARLIER)
  const earlier = v128.load(window, EARLIER)
  v128.store(window, v128.load(window, CURRENT), EARLIER)
  v128.store(window, earlier, CURRENT)
  const list = window + EARLIER
  if (!isNext) clear(list)
  // Of a block of rows the first one's window is the block itself.
  const least: u32 = frame == ROWS ? 1 : 0
  const count = load<u32>(list, COUNT)
  if (count <= least + 1) return DONE
  if (folds) {
    const first = entryAt(list, least) + ENTRY_HEADER
    const last = entryAt(list, count - 1) + ENTRY_HEADER
    return foldSuffixes(program, first, last, ENTRY_HEADER + stride)
  }
  for (let place = count; place > least + 1; place--) {
    const behind = entryAt(list, place - 1) + ENTRY_HEADER
    const status = mergeRow(program, behind, entryAt(list, place - 2) + ENTRY_HEADER)
    if (status != DONE) return status
  }
  return DONE
}

/** Puts a row into its window's block, a new one when it has to be; its accumulators are yet to follow. */
export function enter(window: usize, own: usize, time: i64): u32 {
  turned = false
  if (frame >= ROWS) {
    if (frame == ROWS) {
      if (<i64>load<u32>(window, CURRENT + COUNT) == size) {
        const status = turn(window, true)
        if (status != DONE) return status
      }
    } else {
      const block = blockOf(time)
      const held = load<i64>(window, BLOCK)
      if (block != held) {
        const status = turn(window, block == held + 1)
        if (status != DONE) return status
        store<i64>(window, block, BLOCK)
      }
    }
    if (!append(window + CURRENT, time, own)) return EXHAUSTED
  }
  store<i64>(window, time, LAST)
  return DONE
}

/** The place in the earlier list at which a window begins; its count when it does not reach there. */
export function beginOf(window: usize, time: i64): u32 {
  const list = window + EARLIER
  const count = load<u32>(list, COUNT)
  if (frame == ROWS) {
    const missing = <u32>size - load<u32>(window, CURRENT + COUNT)
    return missing > count ? 0 : count - missing
  }
  let first = load<u32>(list, FIRST)
  // Where time ends, so does the frame.
  const least = time < i64.MIN_VALUE + size ? i64.MIN_VALUE : time - size
  while (first < count && load<i64>(entryAt(list, first)) < least) first++
  store<u32>(list, first, FIRST)
  return first
}

/** The accumulators of the earlier block's rows that are in the window of the row that came last; 0: none. */
export function endOf(window: usize, time: i64): usize {
  const list = window + EARLIER
  const count = load<u32>(list, COUNT)
  if (!count) return 0
  const first = beginOf(window, time)
  return first < count ? entryAt(list, first) + ENTRY_HEADER : 0
}
