// Windows that end at a row: what an OVER aggregation keeps of each key, and what each row gets of it.
//
//   windows   a window's address u32 a key id, 0 for none
//   window    block i64 | last time i64 | earlier list | current list | accumulators of the current block
//   list      entries u32, count u32, capacity u32, first u32
//   entry     time i64 | accumulators
//
// OV1  A key's rows are cut into blocks as long as the frame: so many rows, or so much time. A window
//      then is the end of the block before and the begin of its own (van Herk, Gil and Werman 1992): the
//      entries of the earlier list are accumulated from behind when their block is over, the current one
//      from the front. So each row costs four merges whatever the frame is, and nothing is taken back:
//      extremes work as sums do, and float sums lose nothing.
// OV2  Blocks depend on a key's rows only, not on batches: results are the same after a restore.
// OV3  Without a bound the current block is all there is, and it has no entries.
// OV4  A partial sum that leaves its type's range is an overflow, as in windows made of slices.
import { dropRow, holdsAny, mergeRow } from './aggregate-pair'
import { DONE, EXHAUSTED, HEAP } from './aggregate-program'
import { heapAllocate, heapFree } from './heap'

/** Frames; of the odd ones, rows of one time see each other. */
const RANGE_UNBOUNDED: u32 = 1
const ROWS: u32 = 2
const RANGE: u32 = 3

const BLOCK: usize = 0
const LAST: usize = 8
const EARLIER: usize = 16
const CURRENT: usize = 32
const SUM: usize = 48

const ENTRIES: usize = 0
const COUNT: usize = 4
const CAPACITY: usize = 8
const FIRST: usize = 12
const CAPACITY_MIN: u32 = 4
const ENTRY_HEADER: usize = 8

let program: usize = 0
let heap: usize = 0
let frame: u32 = 0
let size: i64 = 0
let template: usize = 0
let stride: usize = 0
let holds: bool = false

function use(aggregation: usize, kind: u32, extent: i64, start: usize, bytes: u32): void {
  program = aggregation
  heap = load<u32>(aggregation, HEAP)
  frame = kind
  size = extent
  template = start
  stride = bytes
  holds = holdsAny(aggregation)
}

/** A row of accumulators is short, and whole words: a call to the host's copy would cost more. */
function copyRow(from: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 8) store<u64>(to + at, load<u64>(from + at))
}

function entryAt(list: usize, place: u32): usize {
  return <usize>load<u32>(list, ENTRIES) + <usize>place * (ENTRY_HEADER + stride)
}

/** The block of a time: as long as the frame, but one unit at least. */
function blockOf(time: i64): i64 {
  const length = max<i64>(1, size)
  const quotient = time / length
  return quotient * length > time ? quotient - 1 : quotient
}

function windowAt(slot: usize, time: i64): usize {
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
function append(list: usize, time: i64, own: usize): bool {
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

function clear(list: usize): void {
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
  clear(window + EARLIER)
  const earlier = v128.load(window, EARLIER)
  v128.store(window, v128.load(window, CURRENT), EARLIER)
  v128.store(window, earlier, CURRENT)
  if (holds) dropRow(program, window + SUM)
  copyRow(template, window + SUM, stride)
  const list = window + EARLIER
  if (!isNext) clear(list)
  // Of a block of rows the first one's window is the block itself.
  const least: u32 = frame == ROWS ? 1 : 0
  for (let place = load<u32>(list, COUNT); place > least + 1; place--) {
    const behind = entryAt(list, place - 1) + ENTRY_HEADER
    const status = mergeRow(program, behind, entryAt(list, place - 2) + ENTRY_HEADER)
    if (status != DONE) return status
  }
  return DONE
}

function push(slot: usize, own: usize, time: i64): u32 {
  const window = windowAt(slot, time)
  if (!window) return EXHAUSTED
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
  const status = mergeRow(program, own, window + SUM)
  if (holds && frame < ROWS) dropRow(program, own)
  return status
}

/** The place in the earlier list at which a window begins; its count when it does not reach there. */
function beginOf(window: usize, time: i64): u32 {
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

function tell(window: usize, time: i64, out: usize): u32 {
  const list = window + EARLIER
  const count = load<u32>(list, COUNT)
  if (count) {
    const first = beginOf(window, time)
    if (first < count) {
      const end = entryAt(list, first) + ENTRY_HEADER
      if (!holds) {
        copyRow(end, out, stride)
        return mergeRow(program, window + SUM, out)
      }
      copyRow(template, out, stride)
      const status = mergeRow(program, end, out)
      return status == DONE ? mergeRow(program, window + SUM, out) : status
    }
  }
  if (!holds) {
    copyRow(window + SUM, out, stride)
    return DONE
  }
  copyRow(template, out, stride)
  return mergeRow(program, window + SUM, out)
}

/** n rows of accumulators side by side, as they start, and a pointer to each (u32). */
export function overRows(start: usize, bytes: u32, n: u32, rows: usize, pointers: usize): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const row = rows + i * <usize>bytes
    copyRow(start, row, bytes)
    store<u32>(pointers + (i << 2), <u32>row)
  }
}

/**
 * Adds n rows, each in accumulators of its own, to the windows of their keys, in order of time, and
 * writes what each row's window amounts to. What the rows' accumulators hold outside themselves is taken.
 * @param ids u32 a row   @param own accumulators, side by side   @param times i64 a row; 0: none
 * @param out accumulators, side by side; what they hold is the caller's
 * Returns DONE, EXHAUSTED, or a row at which a sum overflows: the program says which.
 */
export function overApply(
  aggregation: usize,
  windows: usize,
  ids: usize,
  own: usize,
  times: usize,
  n: u32,
  kind: u32,
  extent: i64,
  start: usize,
  bytes: u32,
  out: usize,
): u32 {
  use(aggregation, kind, extent, start, bytes)
  const count: usize = n
  for (let from: usize = 0; from < count;) {
    const time = times ? load<i64>(times + (from << 3)) : 0
    let to = from + 1
    if (kind & RANGE_UNBOUNDED) while (to < count && load<i64>(times + (to << 3)) == time) to++
    for (let i = from; i < to; i++) {
      const slot = windows + ((<usize>load<u32>(ids + (i << 2))) << 2)
      const status = push(slot, own + i * stride, time)
      if (status != DONE) return status == EXHAUSTED ? EXHAUSTED : <u32>i
    }
    for (let i = from; i < to; i++) {
      const window: usize = load<u32>(windows + ((<usize>load<u32>(ids + (i << 2))) << 2))
      const status = tell(window, time, out + i * stride)
      if (status != DONE) return status == EXHAUSTED ? EXHAUSTED : <u32>i
    }
    from = to
  }
  return DONE
}

/** Forgets the windows of keys below `keys` whose last row is before a time; how many. */
export function overSweep(
  aggregation: usize,
  windows: usize,
  keys: u32,
  bound: i64,
  bytes: u32,
): u32 {
  use(aggregation, RANGE, 0, 0, bytes)
  let gone: u32 = 0
  for (let id: usize = 0; id < <usize>keys; id++) {
    const slot = windows + (id << 2)
    const window: usize = load<u32>(slot)
    if (!window || load<i64>(window, LAST) >= bound) continue
    free(window)
    store<u32>(slot, 0)
    gone++
  }
  return gone
}

function free(window: usize): void {
  for (let list = window + EARLIER; list <= window + CURRENT; list += CURRENT - EARLIER) {
    clear(list)
    const entries: usize = load<u32>(list, ENTRIES)
    if (!entries) continue
    heapFree(heap, entries, <usize>load<u32>(list, CAPACITY) * (ENTRY_HEADER + stride))
  }
  if (holds) dropRow(program, window + SUM)
  heapFree(heap, window, SUM + stride)
}

/**
 * What windows are made of, for a snapshot: key ids, which part (1: of the current block), times and
 * accumulators, in the order of keys and rows, at most `most`; how many. The cursor (id u32, place u32)
 * says where to go on.
 */
export function overScan(
  windows: usize,
  keys: u32,
  cursor: usize,
  most: u32,
  kind: u32,
  extent: i64,
  bytes: u32,
  ids: usize,
  parts: usize,
  times: usize,
  rows: usize,
): u32 {
  frame = kind
  size = extent
  stride = bytes
  let found: usize = 0
  let id = load<u32>(cursor)
  let place = load<u32>(cursor, 4)
  for (; id < keys; id++, place = 0) {
    const window: usize = load<u32>(windows + ((<usize>id) << 2))
    if (!window) continue
    const list = window + EARLIER
    const first = frame == ROWS ? beginOf(window, 0) : load<u32>(list, FIRST)
    const earlier: u32 = frame < ROWS ? 0 : load<u32>(list, COUNT) - first
    const current: u32 = frame < ROWS ? 1 : load<u32>(window, CURRENT + COUNT)
    const all = earlier + current
    for (; place < all; place++, found++) {
      if (found == <usize>most) {
        store<u32>(cursor, id)
        store<u32>(cursor, place, 4)
        return most
      }
      const isCurrent = place >= earlier
      let entry = window + SUM - ENTRY_HEADER
      if (!isCurrent) entry = entryAt(list, first + place)
      else if (frame >= ROWS) entry = entryAt(window + CURRENT, place - earlier)
      store<u32>(ids + (found << 2), id)
      store<u8>(parts + found, u8(isCurrent))
      store<i64>(times + (found << 3), frame < ROWS ? load<i64>(window, LAST) : load<i64>(entry))
      store<u32>(rows + (found << 2), <u32>(entry + ENTRY_HEADER))
    }
  }
  store<u32>(cursor, id)
  store<u32>(cursor, 0, 4)
  return <u32>found
}

/** Puts n rows of what overScan() gave back, in their order; arguments and result as of overApply(). */
export function overRestore(
  aggregation: usize,
  windows: usize,
  ids: usize,
  parts: usize,
  own: usize,
  times: usize,
  n: u32,
  kind: u32,
  extent: i64,
  start: usize,
  bytes: u32,
): u32 {
  use(aggregation, kind, extent, start, bytes)
  for (let i: usize = 0; i < <usize>n; i++) {
    const slot = windows + ((<usize>load<u32>(ids + (i << 2))) << 2)
    const time = load<i64>(times + (i << 3))
    const row = own + i * stride
    const window = windowAt(slot, time)
    if (!window) return EXHAUSTED
    if (!load<u8>(parts + i)) {
      if (!append(window + EARLIER, time, row)) return EXHAUSTED
      // Its block is the next, whatever rows there are of it.
      store<i64>(window, frame == RANGE ? blockOf(time) + 1 : 0, BLOCK)
      continue
    }
    if (frame == RANGE) store<i64>(window, blockOf(time), BLOCK)
    const status = push(slot, row, time)
    if (status != DONE) return status == EXHAUSTED ? EXHAUSTED : <u32>i
  }
  return DONE
}
