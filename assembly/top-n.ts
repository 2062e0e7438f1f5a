// Rows by key in an order: what a top-N keeps, and what a batch changes in the first of them.
//
//   lists   a list's address u32 a key id, 0 for none
//   list    count u32, capacity u32 | prefixes u64 ..., in order | entries u32 ...
//   entry   order bytes u32, row bytes u32, mark u32 | order key (order-key.ts) | row (row-codec.ts)
//
// TN1  Rows that are equal in the order stand as they came.
// TN2  What leaves a list is freed when its change has been told: it waits in `gone` until then.
// TN3  When rows are never taken back, a list keeps no more than its first rows.
// TN4  A prefix is the first 8 bytes of an order key, zeros behind a shorter one, as a number: most
//      comparisons end with it and never see the entry, which is somewhere else in memory.
import { compareRuns, equalRuns } from './bytes'
import { heapAllocate, heapFree } from './heap'

const COUNT: usize = 0
const CAPACITY: usize = 4
const LIST_HEADER: usize = 8
const CAPACITY_MIN: u32 = 2

const ORDER_BYTES: usize = 0
const ROW_BYTES: usize = 4
const MARK: usize = 8
const ENTRY_HEADER: usize = 12

/** What topNApply returns beside DONE and EXHAUSTED: a row that is taken back and is not there. */
const DONE: u32 = 0xffffffff
const EXHAUSTED: u32 = 0xfffffffe

const INSERT: u8 = 0
const UPDATE_BEFORE: u8 = 1
const UPDATE_AFTER: u8 = 2
const DELETE: u8 = 3

/** How many of a list's rows are among the first `limit`; with ties also those equal to the last. */
function topOf(list: usize, limit: u32, ties: bool): u32 {
  if (!list) return 0
  const count = load<u32>(list, COUNT)
  if (count <= limit) return count
  if (!ties) return limit
  let top = limit
  const last = entryAt(list, limit - 1)
  while (top < count && sameOrder(entryAt(list, top), last)) top++
  return top
}

function prefixesOf(list: usize): usize {
  return list + LIST_HEADER
}

function entriesOf(list: usize): usize {
  return list + LIST_HEADER + ((<usize>load<u32>(list, CAPACITY)) << 3)
}

function listBytes(capacity: u32): usize {
  return LIST_HEADER + <usize>capacity * 12
}

function entryAt(list: usize, place: u32): usize {
  return load<u32>(entriesOf(list) + ((<usize>place) << 2))
}

function prefixOf(order: usize, bytes: u32): u64 {
  const all = bswap<u64>(load<u64>(order))
  return bytes >= 8 ? all : bytes ? all & ((<u64>-1) << ((<u64>(8 - bytes)) << 3)) : 0
}

/** Below 0, 0 or above 0 as the entry at a place sorts before, with or behind an order key. */
function compareAt(list: usize, place: u32, prefix: u64, order: usize, bytes: u32): i32 {
  const held = load<u64>(prefixesOf(list) + ((<usize>place) << 3))
  if (held != prefix) return held < prefix ? -1 : 1
  const entry = entryAt(list, place)
  return compareRuns(entry + ENTRY_HEADER, load<u32>(entry, ORDER_BYTES), order, bytes)
}

function sameOrder(a: usize, b: usize): bool {
  const bytes = load<u32>(a, ORDER_BYTES)
  return bytes == load<u32>(b, ORDER_BYTES) && equalRuns(a + ENTRY_HEADER, b + ENTRY_HEADER, bytes)
}

function rowOf(entry: usize): usize {
  return entry + ENTRY_HEADER + <usize>load<u32>(entry, ORDER_BYTES)
}

function sameRow(a: usize, b: usize): bool {
  if (a == b) return true
  const bytes = load<u32>(a, ROW_BYTES)
  return bytes == load<u32>(b, ROW_BYTES) && equalRuns(rowOf(a), rowOf(b), bytes)
}

/** The place before the first entry that sorts behind an order key; or, not `behind`, with it. */
function placeOf(list: usize, prefix: u64, order: usize, bytes: u32, behind: bool): u32 {
  let low: u32 = 0
  let high = load<u32>(list, COUNT)
  while (low < high) {
    const middle = (low + high) >> 1
    const sign = compareAt(list, middle, prefix, order, bytes)
    if (sign < 0 || (behind && sign == 0)) low = middle + 1
    else high = middle
  }
  return low
}

/** The list of a key with room for one more; 0 when memory is exhausted. */
function roomIn(heap: usize, slot: usize): usize {
  const list: usize = load<u32>(slot)
  const capacity = list ? load<u32>(list, CAPACITY) : 0
  if (list && load<u32>(list, COUNT) < capacity) return list
  const wanted = max<u32>(CAPACITY_MIN, capacity << 1)
  const fresh = heapAllocate(heap, listBytes(wanted))
  if (!fresh) return 0
  store<u32>(fresh, wanted, CAPACITY)
  if (list) {
    const count = load<u32>(list, COUNT)
    store<u32>(fresh, count, COUNT)
    memory.copy(prefixesOf(fresh), prefixesOf(list), (<usize>count) << 3)
    memory.copy(entriesOf(fresh), entriesOf(list), (<usize>count) << 2)
    heapFree(heap, list, listBytes(capacity))
  } else store<u32>(fresh, 0, COUNT)
  store<u32>(slot, <u32>fresh)
  return fresh
}

function newEntry(heap: usize, order: usize, orderBytes: u32, row: usize, rowBytes: u32): usize {
  const entry = heapAllocate(heap, ENTRY_HEADER + <usize>orderBytes + <usize>rowBytes)
  if (!entry) return 0
  store<u32>(entry, orderBytes, ORDER_BYTES)
  store<u32>(entry, rowBytes, ROW_BYTES)
  store<u32>(entry, 0, MARK)
  memory.copy(entry + ENTRY_HEADER, order, orderBytes)
  memory.copy(entry + ENTRY_HEADER + <usize>orderBytes, row, rowBytes)
  return entry
}

function insertAt(list: usize, place: u32, entry: usize, prefix: u64): void {
  const count = load<u32>(list, COUNT)
  const prefixes = prefixesOf(list)
  const entries = entriesOf(list)
  const first: usize = place
  // A few words move: a call to the host's copy would cost more.
  for (let at: usize = count; at > first; at--) {
    store<u64>(prefixes + (at << 3), load<u64>(prefixes + ((at - 1) << 3)))
    store<u32>(entries + (at << 2), load<u32>(entries + ((at - 1) << 2)))
  }
  store<u64>(prefixes + (first << 3), prefix)
  store<u32>(entries + (first << 2), <u32>entry)
  store<u32>(list, count + 1, COUNT)
}

function removeAt(list: usize, place: u32): void {
  const count = load<u32>(list, COUNT) - 1
  const prefixes = prefixesOf(list) + ((<usize>place) << 3)
  const entries = entriesOf(list) + ((<usize>place) << 2)
  memory.copy(prefixes, prefixes + 8, (<usize>(count - place)) << 3)
  memory.copy(entries, entries + 4, (<usize>(count - place)) << 2)
  store<u32>(list, count, COUNT)
}

/** Where a row that is taken back stands; the list's count when it does not. */
function find(list: usize, order: usize, orderBytes: u32, row: usize, rowBytes: u32): u32 {
  const count = load<u32>(list, COUNT)
  const prefix = prefixOf(order, orderBytes)
  for (let place = placeOf(list, prefix, order, orderBytes, false); place < count; place++) {
    const entry = entryAt(list, place)
    if (load<u32>(entry, ORDER_BYTES) != orderBytes) return count
    if (!equalRuns(entry + ENTRY_HEADER, order, orderBytes)) return count
    if (load<u32>(entry, ROW_BYTES) == rowBytes && equalRuns(rowOf(entry), row, rowBytes)) {
      return place
    }
  }
  return count
}

/**
 * Puts n rows into their keys' lists, or takes them out where the op (u8; 0: none does) says so.
 * `keep` is how many rows a list may have (all: 0xffffffff); with ties, also those equal to its last.
 * Entries that leave go to `gone` (u32 count, then u32 each), which has room for n and all that is in
 * the lists. Returns DONE, EXHAUSTED, or, when `strict`, a row that is taken back and is not there.
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
): u32 {
  let left: usize = load<u32>(gone)
  for (let i: usize = 0; i < <usize>n; i++) {
    const slot = lists + ((<usize>load<u32>(ids + (i << 2))) << 2)
    const order = orders + <usize>load<u32>(orderOffsets + (i << 2))
    const orderBytes = load<u32>(orderOffsets + (i << 2), 4) - load<u32>(orderOffsets + (i << 2))
    const row = rows + <usize>load<u32>(rowOffsets + (i << 2))
    const rowBytes = load<u32>(rowOffsets + (i << 2), 4) - load<u32>(rowOffsets + (i << 2))
    let list: usize = load<u32>(slot)
    if (ops && load<u8>(ops + i) & 1) {
      const place = list ? find(list, order, orderBytes, row, rowBytes) : 0
      if (!list || place == load<u32>(list, COUNT)) {
        if (strict) return <u32>i
        continue
      }
      store<u32>(gone + 4 + (left << 2), <u32>entryAt(list, place))
      left++
      removeAt(list, place)
      continue
    }
    // Most rows of a full list are behind its last: one comparison tells.
    const prefix = prefixOf(order, orderBytes)
    if (list && load<u32>(list, COUNT) >= keep) {
      const sign = compareAt(list, keep - 1, prefix, order, orderBytes)
      if (sign < 0 || (sign == 0 && !ties)) continue
    }
    const place = list ? placeOf(list, prefix, order, orderBytes, true) : 0
    list = roomIn(heap, slot)
    const entry = list ? newEntry(heap, order, orderBytes, row, rowBytes) : 0
    if (!entry) return EXHAUSTED
    insertAt(list, place, entry, prefix)
    // At most one more than before stays over; with ties a whole tail of equals may fall out.
    if (load<u32>(list, COUNT) > keep) left = trim(list, topOf(list, keep, ties), gone, left)
  }
  store<u32>(gone, <u32>left)
  return DONE
}

function trim(list: usize, top: u32, gone: usize, left: usize): usize {
  const count = load<u32>(list, COUNT)
  for (let place = top; place < count; place++) {
    store<u32>(gone + 4 + (left << 2), <u32>entryAt(list, place))
    left++
  }
  store<u32>(list, top, COUNT)
  return left
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
    if (top) memory.copy(entries + ((<usize>at) << 2), entriesOf(list), (<usize>top) << 2)
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
    const entry: usize = load<u32>(gone + 4 + (i << 2))
    const bytes = load<u32>(entry, ORDER_BYTES) + load<u32>(entry, ROW_BYTES)
    heapFree(heap, entry, ENTRY_HEADER + <usize>bytes)
  }
  store<u32>(gone, 0)
  for (let i: usize = 0; i < <usize>count; i++) {
    const slot = lists + ((<usize>load<u32>(ids + (i << 2))) << 2)
    const list: usize = load<u32>(slot)
    if (!list || load<u32>(list, COUNT)) continue
    heapFree(heap, list, listBytes(load<u32>(list, CAPACITY)))
    store<u32>(slot, 0)
  }
}
