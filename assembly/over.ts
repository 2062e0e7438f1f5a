// Windows that end at a row: what an OVER aggregation keeps of each key, and what each row gets of it;
// over-window.ts has their layout.
//
// OV1  A key's rows are cut into blocks as long as the frame: so many rows, or so much time. A window
//      then is the end of the block before and the begin of its own (van Herk, Gil and Werman 1992): the
//      entries of the earlier list are accumulated from behind when their block is over, the current one
//      from the front. So each row costs four merges whatever the frame is, and nothing is taken back:
//      extremes work as sums do, and float sums lose nothing.
// OV2  Blocks depend on a key's rows only, not on batches: results are the same after a restore.
// OV3  Without a bound the current block is all there is, and it has no entries.
// OV4  A partial sum that leaves its type's range is an overflow, as in windows made of slices.
import { dropRow, mergeRow } from './aggregate-pair'
import { DONE, EXHAUSTED, FAILED } from './aggregate-program'
import { heapFree } from './heap'
import { foldRows } from './over-fold'
import {
  CAPACITY,
  COUNT,
  CURRENT,
  EARLIER,
  ENTRIES,
  ENTRY_HEADER,
  FIRST,
  LAST,
  RANGE,
  RANGE_UNBOUNDED,
  ROWS,
  SUM,
  append,
  beginOf,
  blockOf,
  clear,
  copyRow,
  endOf,
  enter,
  entryAt,
  folds,
  frame,
  heap,
  holds,
  program,
  stride,
  template,
  turned,
  use,
  useFrame,
  windowAt,
  BLOCK,
} from './over-window'

/** Rows of which both steps are done while they are in the first cache. */
const BLOCK_ROWS: usize = 512

function push(slot: usize, own: usize, time: i64): u32 {
  const window = windowAt(slot, time)
  if (!window) return EXHAUSTED
  const entered = enter(window, own, time)
  if (entered != DONE) return entered
  if (turned) {
    if (holds) dropRow(program, window + SUM)
    copyRow(template, window + SUM, stride)
  }
  const status = mergeRow(program, own, window + SUM)
  if (holds && frame < ROWS) dropRow(program, own)
  return status
}

function tell(window: usize, time: i64, out: usize): u32 {
  const end = endOf(window, time)
  if (!holds) {
    copyRow(end ? end : window + SUM, out, stride)
    return end ? mergeRow(program, window + SUM, out) : DONE
  }
  copyRow(template, out, stride)
  const status = end ? mergeRow(program, end, out) : DONE
  return status == DONE ? mergeRow(program, window + SUM, out) : status
}

/** n rows of accumulators side by side, as they start, and a pointer to each (u32). */
export function overRows(start: usize, bytes: u32, n: u32, rows: usize, pointers: usize): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const row = rows + i * <usize>bytes
    copyRow(start, row, bytes)
    store<u32>(pointers + (i << 2), <u32>row)
  }
}

/** Row by row: the accumulators of one may need those of another, or hold memory. */
function applyRows(windows: usize, ids: usize, own: usize, times: usize, n: u32, out: usize): u32 {
  const count: usize = n
  for (let from: usize = 0; from < count;) {
    const time = times ? load<i64>(times + (from << 3)) : 0
    let to = from + 1
    if (frame & RANGE_UNBOUNDED) while (to < count && load<i64>(times + (to << 3)) == time) to++
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

/**
 * The same in two steps: where each row goes, with the end of the earlier block that its window has at
 * `out`, and then the accumulators, entry by entry.
 */
function applyEntries(
  windows: usize,
  ids: usize,
  own: usize,
  times: usize,
  n: u32,
  visits: usize,
  out: usize,
): u32 {
  const count: usize = n
  for (let begun: usize = 0; begun < count;) {
    let from = begun
    let status = DONE
    while (from < count && from - begun < BLOCK_ROWS && status == DONE) {
      const time = times ? load<i64>(times + (from << 3)) : 0
      let to = from + 1
      if (frame & RANGE_UNBOUNDED) while (to < count && load<i64>(times + (to << 3)) == time) to++
      let row = from
      for (; row < to; row++) {
        const window = windowAt(windows + ((<usize>load<u32>(ids + (row << 2))) << 2), time)
        if (!window) return EXHAUSTED
        status = enter(window, own + row * stride, time)
        if (status != DONE) break
        store<u32>(visits + (row << 2), <u32>window | u32(turned))
      }
      if (status == EXHAUSTED) return EXHAUSTED
      for (; from < row; from++) {
        const window: usize = <usize>load<u32>(visits + (from << 2)) & ~1
        const end = endOf(window, time)
        copyRow(end ? end : template, out + from * stride, stride)
      }
    }
    // Rows before one that overflows by its block's end may overflow yet.
    const failed = load<u32>(program, FAILED)
    const rows = <u32>(from - begun)
    const peers = frame & RANGE_UNBOUNDED ? times + (begun << 3) : 0
    const at = begun * stride
    const folded = foldRows(program, visits + (begun << 2), own + at, peers, rows, SUM, out + at)
    if (folded != DONE) return <u32>begun + folded
    store<u32>(program, failed, FAILED)
    if (status != DONE) return <u32>from
    begun = from
  }
  return DONE
}

/**
 * Adds n rows, each in accumulators of its own, to the windows of their keys, in order of time, and
 * writes what each row's window amounts to. What the rows' accumulators hold outside themselves is taken.
 * @param ids u32 a row   @param own accumulators, side by side   @param times i64 a row; 0: none
 * @param visits room for u32 a row   @param out accumulators, side by side; what they hold is the caller's
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
  visits: usize,
  out: usize,
): u32 {
  use(aggregation, kind, extent, start, bytes)
  if (!folds) return applyRows(windows, ids, own, times, n, out)
  return applyEntries(windows, ids, own, times, n, visits, out)
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
  useFrame(kind, extent, bytes)
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
