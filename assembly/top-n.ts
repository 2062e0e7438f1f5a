// Rows by key in an order: what a top-N keeps, and what a batch changes in the first of them.
//
//   lists   a sorted list's address (sorted-list.ts) u32 a key id, 0 for none
//
// TN1  Rows that are equal in the order stand as they came.
// TN2  What leaves a list is freed when its change has been told: it waits in `gone` until then.
// TN3  When rows are never taken back, a list keeps no more than its first rows; and of rows that come, only
//      those that stay are encoded: topNApply() makes room for them, topNPlaced() says which, topNFill().
import {
  compareAt,
  copyEntries,
  countOf,
  cutAt,
  entryAt,
  freeEntry,
  freeList,
  insertEntry,
  MARK,
  newEntry,
  prefixOf,
  rowOf,
  sameOrder,
  sameRow,
  takeOut,
} from './sorted-list'

/** What topNApply returns beside DONE and EXHAUSTED: a row that is taken back and is not there. */
const DONE: u32 = 0xffffffff
const EXHAUSTED: u32 = 0xfffffffe

const INSERT: u8 = 0
const UPDATE_BEFORE: u8 = 1
const UPDATE_AFTER: u8 = 2
const DELETE: u8 = 3

/** How many of a list's rows are among the first `limit`; with ties also those equal to the last. */
function topOf(list: usize, limit: u32, ties: bool): u32 {
  const count = countOf(list)
  if (count <= limit) return count
  if (!ties) return limit
  let top = limit
  const last = entryAt(list, limit - 1)
  while (top < count && sameOrder(entryAt(list, top), last)) top++
  return top
}

/**
 * Puts n rows into their keys' lists, or takes them out where the op (u8; 0: none does) says so.
 * `keep` is how many rows a list may have (all: 0xffffffff); with ties, also those equal to its last.
 * Entries that leave go to `gone` (u32 count, then u32 each), which has room for n and all that is in
 * the lists. Returns DONE, EXHAUSTED, or, when `strict`, a row that is taken back and is not there.
 * `placed` (0: none) is for rows that are not encoded yet, when no row is taken back: u32 each gets its
 * entry, which has room for it; 0 when it was not put into its list.
 */
export function topNApply(
  heap: usize,
  lists: usize,
  ids: usize,
  ops: usize,
  orderOffsets: usize,
  orders: usize,
  rowOffsets: usize,
  rows: usize,
  n: u32,
  keep: u32,
  ties: bool,
  strict: bool,
  gone: usize,
  placed: usize,
): u32 {
  let left: usize = load<u32>(gone)
  if (placed) memory.fill(placed, 0, (<usize>n) << 2)
  for (let i: usize = 0; i < <usize>n; i++) {
    const slot = lists + ((<usize>load<u32>(ids + (i << 2))) << 2)
    const order = orders + <usize>load<u32>(orderOffsets + (i << 2))
    const orderBytes = load<u32>(orderOffsets + (i << 2), 4) - load<u32>(orderOffsets + (i << 2))
    let row: usize = 0
    if (!placed) row = rows + <usize>load<u32>(rowOffsets + (i << 2))
    const rowBytes = load<u32>(rowOffsets + (i << 2), 4) - load<u32>(rowOffsets + (i << 2))
    let list: usize = load<u32>(slot)
    if (ops && load<u8>(ops + i) & 1) {
      const entry = list ? takeOut(heap, list, order, orderBytes, row, rowBytes) : 0
      if (!entry) {
        if (strict) return <u32>i
        continue
      }
      store<u32>(gone + 4 + (left << 2), <u32>entry)
      left++
      continue
    }
    // Most rows of a full list are behind its last: one comparison tells.
    const prefix = prefixOf(order, orderBytes)
    if (countOf(list) >= keep) {
      const sign = compareAt(list, keep - 1, prefix, order, orderBytes)
      if (sign < 0 || (sign == 0 && !ties)) continue
    }
    const entry = newEntry(heap, order, orderBytes, row, rowBytes)
    if (!entry || !insertEntry(heap, slot, entry, prefix)) return EXHAUSTED
    if (placed) store<u32>(placed + (i << 2), <u32>entry)
    list = load<u32>(slot)
    // At most one more than before stays over; with ties a whole tail of equals may fall out.
    const count = countOf(list)
    if (count <= keep) continue
    const top = topOf(list, keep, ties)
    copyEntries(list, top, count, gone + 4 + (left << 2))
    left += count - top
    if (top < count) cutAt(heap, list, top)
  }
  store<u32>(gone, <u32>left)
  return DONE
}

/** Of n placed rows, those that have not left again: their numbers and, in place, their entries. How many. */
export function topNPlaced(gone: usize, placed: usize, n: u32, rows: usize): u32 {
  const left: usize = load<u32>(gone)
  for (let i: usize = 1; i <= left; i++) store<u32>(load<u32>(gone + (i << 2)), 1, MARK)
  let kept: usize = 0
  for (let i: usize = 0; i < <usize>n; i++) {
    const entry: usize = load<u32>(placed + (i << 2))
    if (!entry || load<u32>(entry, MARK)) continue
    store<u32>(placed + (kept << 2), <u32>entry)
    store<u32>(rows + (kept << 2), <u32>i)
    kept++
  }
  for (let i: usize = 1; i <= left; i++) store<u32>(load<u32>(gone + (i << 2)), 0, MARK)
  return <u32>kept
}

/** Copies encoded rows to where n entries have room for them. `numbers` (0: 0, 1, ...) says which. */
export function topNFill(
  entries: usize,
  numbers: usize,
  n: u32,
  rowOffsets: usize,
  rows: usize,
): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const row = numbers ? <usize>load<u32>(numbers + (i << 2)) : i
    const start = load<u32>(rowOffsets + (row << 2))
    const bytes = load<u32>(rowOffsets + (row << 2), 4) - start
    memory.copy(rowOf(load<u32>(entries + (i << 2))), rows + <usize>start, bytes)
  }
}

/** How many rows are among the first of `count` keys. */
export function topNSize(lists: usize, ids: usize, count: u32, limit: u32, ties: bool): u32 {
  let size: u32 = 0
  for (let i: usize = 0; i < <usize>count; i++) {
    size += topOf(load<u32>(lists + ((<usize>load<u32>(ids + (i << 2))) << 2)), limit, ties)
  }
  return size
}

/** The first rows of `count` keys: where each key's begin (count + 1 u32), and their entries. */
export function topNFirst(
  lists: usize,
  ids: usize,
  count: u32,
  limit: u32,
  ties: bool,
  starts: usize,
  entries: usize,
): void {
  let at: u32 = 0
  for (let i: usize = 0; i < <usize>count; i++) {
    store<u32>(starts + (i << 2), at)
    const list: usize = load<u32>(lists + ((<usize>load<u32>(ids + (i << 2))) << 2))
    const top = topOf(list, limit, ties)
    copyEntries(list, 0, top, entries + ((<usize>at) << 2))
    at += top
  }
  store<u32>(starts + ((<usize>count) << 2), at)
}

/** The addresses of the rows of n entries. */
export function topNRows(entries: usize, n: u32, rows: usize): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    store<u32>(rows + (i << 2), <u32>rowOf(load<u32>(entries + (i << 2))))
  }
}

let changed: usize = 0
let outRows: usize = 0
let outOps: usize = 0
let outRanks: usize = 0

function tell(entry: usize, op: u8, rank: u32): void {
  store<u32>(outRows + (changed << 2), <u32>rowOf(entry))
  store<u8>(outOps + changed, op)
  if (outRanks) store<u64>(outRanks + (changed << 3), rank)
  changed++
}

/** The changes of one key whose rows have no ranks: what left, what came. */
function tellRows(before: usize, held: u32, after: usize, now: u32, isOne: bool): void {
  if (isOne && held && now) {
    const old: usize = load<u32>(before)
    const fresh: usize = load<u32>(after)
    if (sameRow(old, fresh)) return
    tell(old, UPDATE_BEFORE, 0)
    tell(fresh, UPDATE_AFTER, 0)
    return
  }
  for (let i: usize = 0; i < <usize>held; i++) store<u32>(load<u32>(before + (i << 2)), 1, MARK)
  for (let i: usize = 0; i < <usize>now; i++) {
    const entry: usize = load<u32>(after + (i << 2))
    store<u32>(entry, load<u32>(entry, MARK) ? 2 : 3, MARK)
  }
  for (let i: usize = 0; i < <usize>held; i++) {
    const entry: usize = load<u32>(before + (i << 2))
    if (load<u32>(entry, MARK) == 1) tell(entry, DELETE, 0)
    // It may only have fallen behind the first rows, and come back.
    store<u32>(entry, 0, MARK)
  }
  for (let i: usize = 0; i < <usize>now; i++) {
    const entry: usize = load<u32>(after + (i << 2))
    if (load<u32>(entry, MARK) == 3) tell(entry, INSERT, 0)
    store<u32>(entry, 0, MARK)
  }
}

/** The changes of one key whose rows have ranks: place by place. */
function tellRanks(before: usize, held: u32, after: usize, now: u32, ties: bool): void {
  let oldRank: u32 = 0
  let freshRank: u32 = 0
  for (let i: u32 = 0; i < max<u32>(held, now); i++) {
    const at = (<usize>i) << 2
    const old: usize = i < held ? <usize>load<u32>(before + at) : 0
    const fresh: usize = i < now ? <usize>load<u32>(after + at) : 0
    if (old && !(ties && i && sameOrder(old, load<u32>(before + at - 4)))) oldRank = i + 1
    if (fresh && !(ties && i && sameOrder(fresh, load<u32>(after + at - 4)))) freshRank = i + 1
    if (old && fresh && oldRank == freshRank && sameRow(old, fresh)) continue
    if (old) tell(old, fresh ? UPDATE_BEFORE : DELETE, oldRank)
    if (fresh) tell(fresh, old ? UPDATE_AFTER : INSERT, freshRank)
  }
}

/**
 * The changelog of the first rows of `count` keys, from what topNFirst() gave before to what it gave
 * after: addresses of rows, ops (u8) and, unless `ranks` is 0, their ranks (i64). Returns how many.
 */
export function topNChanges(
  beforeStarts: usize,
  before: usize,
  afterStarts: usize,
  after: usize,
  count: u32,
  isOne: bool,
  ties: bool,
  rows: usize,
  ops: usize,
  ranks: usize,
): u32 {
  changed = 0
  outRows = rows
  outOps = ops
  outRanks = ranks
  for (let i: usize = 0; i < <usize>count; i++) {
    const b = load<u32>(beforeStarts + (i << 2))
    const a = load<u32>(afterStarts + (i << 2))
    const held = load<u32>(beforeStarts + (i << 2), 4) - b
    const now = load<u32>(afterStarts + (i << 2), 4) - a
    const olds = before + ((<usize>b) << 2)
    const news = after + ((<usize>a) << 2)
    if (ranks) tellRanks(olds, held, news, now, ties)
    else tellRows(olds, held, news, now, isOne)
  }
  return <u32>changed
}

/** Frees the entries in `gone`, and the lists of `count` keys that are empty. */
export function topNForget(heap: usize, lists: usize, ids: usize, count: u32, gone: usize): void {
  const left: usize = load<u32>(gone)
  for (let i: usize = 0; i < left; i++) {
    freeEntry(heap, load<u32>(gone + 4 + (i << 2)))
  }
  store<u32>(gone, 0)
  for (let i: usize = 0; i < <usize>count; i++) {
    const slot = lists + ((<usize>load<u32>(ids + (i << 2))) << 2)
    const list: usize = load<u32>(slot)
    if (!list || countOf(list)) continue
    freeList(heap, list)
    store<u32>(slot, 0)
  }
}

/** The rows at the first or last entry of `count` keys' lists, by address; 0 where there is none. */
export function topNEnds(lists: usize, ids: usize, count: u32, isLast: bool, rows: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const list: usize = load<u32>(lists + ((<usize>load<u32>(ids + (i << 2))) << 2))
    const held = countOf(list)
    store<u32>(rows + (i << 2), held ? <u32>rowOf(entryAt(list, isLast ? held - 1 : 0)) : 0)
  }
}

/**
 * The rows at a fraction of the way through `count` keys' lists, by address: the one at the rank below and the
 * one above it, 0 where there is none; and how far between them the fraction lies (f64).
 */
export function topNQuantiles(
  lists: usize,
  ids: usize,
  count: u32,
  fraction: f64,
  below: usize,
  above: usize,
  between: usize,
): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const list: usize = load<u32>(lists + ((<usize>load<u32>(ids + (i << 2))) << 2))
    const held = countOf(list)
    if (!held) {
      store<u32>(below + (i << 2), 0)
      store<u32>(above + (i << 2), 0)
      store<f64>(between + (i << 3), 0)
      continue
    }
    const rank = fraction * <f64>(held - 1)
    const low = min<u32>(held - 1, <u32>Math.floor(rank))
    const high = min<u32>(held - 1, low + 1)
    store<u32>(below + (i << 2), <u32>rowOf(entryAt(list, low)))
    store<u32>(above + (i << 2), <u32>rowOf(entryAt(list, high)))
    store<f64>(between + (i << 3), rank - <f64>low)
  }
}

/** Frees the lists of `count` keys, and all that is in them. `room` has a page's entries, 256 u32. */
export function topNClear(heap: usize, lists: usize, ids: usize, count: u32, room: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const slot = lists + ((<usize>load<u32>(ids + (i << 2))) << 2)
    const list: usize = load<u32>(slot)
    if (!list) continue
    const held = countOf(list)
    for (let from: u32 = 0; from < held; from += 256) {
      const to = min<u32>(held, from + 256)
      copyEntries(list, from, to, room)
      for (let j: usize = 0; j < <usize>(to - from); j++)
        freeEntry(heap, load<u32>(room + (j << 2)))
    }
    freeList(heap, list)
    store<u32>(slot, 0)
  }
}
