// A list of entries in an order: one page, or a directory of pages when it is long, so that a row that
// comes or goes moves a page's rest and not the list's. top-n.ts keeps one a key.
//
//   page        count u32, capacity u32 | prefixes u64 ..., in order | entries u32 ...
//   directory   count u32 (of all pages), capacity u32 with the top bit set, pages u32, 0 | pages u32 ...
//   entry       order bytes u32, row bytes u32, mark u32 | order key (order-key.ts) | row (row-codec.ts)
//
// SL1  Entries that are equal in the order stand as they came.
// SL2  A prefix is the first 8 bytes of an order key, zeros behind a shorter one, as a number: most
//      comparisons end with it and never see the entry, which is somewhere else in memory.
// SL3  The pages of a directory have entries: one that loses its last is let go, unless it is the only one.
import { compareRuns, equalRuns } from './bytes'
import { heapAllocate, heapFree } from './heap'

const COUNT: usize = 0
const CAPACITY: usize = 4
const PAGE_HEADER: usize = 8
const PAGES: usize = 8
const DIRECTORY_HEADER: usize = 16
const IS_DIRECTORY: u32 = 0x80000000
const CAPACITY_MIN: u32 = 2
/** Rows of a page. */
const PAGE_ROWS: u32 = 256
const DIRECTORY_MIN: u32 = 8

const ORDER_BYTES: usize = 0
const ROW_BYTES: usize = 4
export const MARK: usize = 8
const ENTRY_HEADER: usize = 12

/** A row of 0 is copied into the entry later. */
export function newEntry(
  heap: usize,
  order: usize,
  orderBytes: u32,
  row: usize,
  rowBytes: u32,
): usize {
  const entry = heapAllocate(heap, ENTRY_HEADER + <usize>orderBytes + <usize>rowBytes)
  if (!entry) return 0
  store<u32>(entry, orderBytes, ORDER_BYTES)
  store<u32>(entry, rowBytes, ROW_BYTES)
  store<u32>(entry, 0, MARK)
  memory.copy(entry + ENTRY_HEADER, order, orderBytes)
  if (row) memory.copy(entry + ENTRY_HEADER + <usize>orderBytes, row, rowBytes)
  return entry
}

export function freeEntry(heap: usize, entry: usize): void {
  const bytes = load<u32>(entry, ORDER_BYTES) + load<u32>(entry, ROW_BYTES)
  heapFree(heap, entry, ENTRY_HEADER + <usize>bytes)
}

export function sameOrder(a: usize, b: usize): bool {
  const bytes = load<u32>(a, ORDER_BYTES)
  return bytes == load<u32>(b, ORDER_BYTES) && equalRuns(a + ENTRY_HEADER, b + ENTRY_HEADER, bytes)
}

export function rowOf(entry: usize): usize {
  return entry + ENTRY_HEADER + <usize>load<u32>(entry, ORDER_BYTES)
}

export function sameRow(a: usize, b: usize): bool {
  if (a == b) return true
  const bytes = load<u32>(a, ROW_BYTES)
  return bytes == load<u32>(b, ROW_BYTES) && equalRuns(rowOf(a), rowOf(b), bytes)
}

export function prefixOf(order: usize, bytes: u32): u64 {
  const all = bswap<u64>(load<u64>(order))
  return bytes >= 8 ? all : bytes ? all & ((<u64>-1) << ((<u64>(8 - bytes)) << 3)) : 0
}

export function countOf(list: usize): u32 {
  return list ? load<u32>(list, COUNT) : 0
}

function isDirectory(list: usize): bool {
  return (load<u32>(list, CAPACITY) & IS_DIRECTORY) != 0
}

function prefixesOf(page: usize): usize {
  return page + PAGE_HEADER
}

function entriesOf(page: usize): usize {
  return page + PAGE_HEADER + ((<usize>load<u32>(page, CAPACITY)) << 3)
}

function pageBytes(capacity: u32): usize {
  return PAGE_HEADER + <usize>capacity * 12
}

function directoryBytes(capacity: u32): usize {
  return DIRECTORY_HEADER + ((<usize>capacity) << 2)
}

function pageAt(list: usize, number: u32): usize {
  return load<u32>(list + DIRECTORY_HEADER + ((<usize>number) << 2))
}

function inPage(page: usize, place: u32): usize {
  return load<u32>(entriesOf(page) + ((<usize>place) << 2))
}

/** The entry at a place of a list that has so many. */
export function entryAt(list: usize, place: u32): usize {
  if (!isDirectory(list)) return inPage(list, place)
  // The last one is asked for most.
  if (place + 1 == load<u32>(list, COUNT)) {
    const page = pageAt(list, load<u32>(list, PAGES) - 1)
    return inPage(page, load<u32>(page, COUNT) - 1)
  }
  let number: u32 = 0
  for (; place >= load<u32>(pageAt(list, number), COUNT); number++) {
    place -= load<u32>(pageAt(list, number), COUNT)
  }
  return inPage(pageAt(list, number), place)
}

/** Below 0, 0 or above 0 as the entry at a place sorts before, with or behind an order key. */
function compareIn(page: usize, place: u32, prefix: u64, order: usize, bytes: u32): i32 {
  const held = load<u64>(prefixesOf(page) + ((<usize>place) << 3))
  if (held != prefix) return held < prefix ? -1 : 1
  const entry = inPage(page, place)
  return compareRuns(entry + ENTRY_HEADER, load<u32>(entry, ORDER_BYTES), order, bytes)
}

/** The same of a list. */
export function compareAt(list: usize, place: u32, prefix: u64, order: usize, bytes: u32): i32 {
  if (!isDirectory(list)) return compareIn(list, place, prefix, order, bytes)
  const entry = entryAt(list, place)
  return compareRuns(entry + ENTRY_HEADER, load<u32>(entry, ORDER_BYTES), order, bytes)
}

/** The place before the first entry that sorts behind an order key; or, not `behind`, with it. */
function placeOf(page: usize, prefix: u64, order: usize, bytes: u32, behind: bool): u32 {
  let low: u32 = 0
  let high = load<u32>(page, COUNT)
  while (low < high) {
    const middle = (low + high) >> 1
    const sign = compareIn(page, middle, prefix, order, bytes)
    if (sign < 0 || (behind && sign == 0)) low = middle + 1
    else high = middle
  }
  return low
}

/** The last page whose first entry sorts before an order key; or, `behind`, with it. */
function pageOf(list: usize, prefix: u64, order: usize, bytes: u32, behind: bool): u32 {
  let low: u32 = 1
  let high = load<u32>(list, PAGES)
  while (low < high) {
    const middle = (low + high) >> 1
    const sign = compareIn(pageAt(list, middle), 0, prefix, order, bytes)
    if (sign < 0 || (behind && sign == 0)) low = middle + 1
    else high = middle
  }
  return low - 1
}

function newPage(heap: usize, capacity: u32): usize {
  const page = heapAllocate(heap, pageBytes(capacity))
  if (!page) return 0
  store<u32>(page, 0, COUNT)
  store<u32>(page, capacity, CAPACITY)
  return page
}

/** Moves the entries of a page from a place on behind those of another. */
function moveRest(page: usize, place: u32, to: usize): void {
  const rest: usize = load<u32>(page, COUNT) - place
  const from: usize = place
  const at: usize = load<u32>(to, COUNT)
  memory.copy(prefixesOf(to) + (at << 3), prefixesOf(page) + (from << 3), rest << 3)
  memory.copy(entriesOf(to) + (at << 2), entriesOf(page) + (from << 2), rest << 2)
  store<u32>(page, place, COUNT)
  store<u32>(to, <u32>(at + rest), COUNT)
}

/** A list with room for so many pages, with those of another, which is let go; 0: no memory. */
function newDirectory(heap: usize, list: usize, capacity: u32): usize {
  const fresh = heapAllocate(heap, directoryBytes(capacity))
  if (!fresh) return 0
  store<u32>(fresh, load<u32>(list, COUNT), COUNT)
  store<u32>(fresh, capacity | IS_DIRECTORY, CAPACITY)
  if (!isDirectory(list)) {
    store<u32>(fresh, 1, PAGES)
    store<u32>(fresh, <u32>list, DIRECTORY_HEADER)
    return fresh
  }
  const pages = load<u32>(list, PAGES)
  store<u32>(fresh, pages, PAGES)
  memory.copy(fresh + DIRECTORY_HEADER, list + DIRECTORY_HEADER, (<usize>pages) << 2)
  heapFree(heap, list, directoryBytes(load<u32>(list, CAPACITY) & ~IS_DIRECTORY))
  return fresh
}

/** Puts an entry into a list, behind its equals; false when memory is exhausted. */
export function insertEntry(heap: usize, slot: usize, entry: usize, prefix: u64): bool {
  const order = entry + ENTRY_HEADER
  const bytes = load<u32>(entry, ORDER_BYTES)
  let list: usize = load<u32>(slot)
  if (list && isDirectory(list)) return insertPaged(heap, slot, entry, prefix)
  const count = list ? load<u32>(list, COUNT) : 0
  const capacity = list ? load<u32>(list, CAPACITY) : 0
  if (count == capacity) {
    if (capacity == PAGE_ROWS) {
      const directory = newDirectory(heap, list, DIRECTORY_MIN)
      if (!directory) return false
      store<u32>(slot, <u32>directory)
      return insertPaged(heap, slot, entry, prefix)
    }
    const fresh = newPage(heap, max<u32>(CAPACITY_MIN, capacity << 1))
    if (!fresh) return false
    if (list) {
      moveRest(list, 0, fresh)
      heapFree(heap, list, pageBytes(capacity))
    }
    list = fresh
    store<u32>(slot, <u32>list)
  }
  insertAt(list, placeOf(list, prefix, order, bytes, true), entry, prefix)
  return true
}

function insertPaged(heap: usize, slot: usize, entry: usize, prefix: u64): bool {
  const order = entry + ENTRY_HEADER
  const bytes = load<u32>(entry, ORDER_BYTES)
  let list: usize = load<u32>(slot)
  const number = pageOf(list, prefix, order, bytes, true)
  let page = pageAt(list, number)
  let place = placeOf(page, prefix, order, bytes, true)
  if (load<u32>(page, COUNT) == PAGE_ROWS) {
    const pages = load<u32>(list, PAGES)
    if (pages == (load<u32>(list, CAPACITY) & ~IS_DIRECTORY)) {
      list = newDirectory(heap, list, pages << 1)
      if (!list) return false
      store<u32>(slot, <u32>list)
    }
    const fresh = newPage(heap, PAGE_ROWS)
    if (!fresh) return false
    // What comes in order leaves full pages behind.
    const isLast = number + 1 == pages && place == PAGE_ROWS
    const half = isLast ? PAGE_ROWS : PAGE_ROWS >> 1
    moveRest(page, half, fresh)
    const at = list + DIRECTORY_HEADER + ((<usize>(number + 1)) << 2)
    memory.copy(at + 4, at, (<usize>(pages - number - 1)) << 2)
    store<u32>(at, <u32>fresh)
    store<u32>(list, pages + 1, PAGES)
    if (place > half || isLast) {
      page = fresh
      place -= half
    }
  }
  insertAt(page, place, entry, prefix)
  store<u32>(list, load<u32>(list, COUNT) + 1, COUNT)
  return true
}

function insertAt(page: usize, place: u32, entry: usize, prefix: u64): void {
  const count = load<u32>(page, COUNT)
  const prefixes = prefixesOf(page)
  const entries = entriesOf(page)
  const first: usize = place
  // A few words move: a call to the host's copy would cost more.
  for (let at: usize = count; at > first; at--) {
    store<u64>(prefixes + (at << 3), load<u64>(prefixes + ((at - 1) << 3)))
    store<u32>(entries + (at << 2), load<u32>(entries + ((at - 1) << 2)))
  }
  store<u64>(prefixes + (first << 3), prefix)
  store<u32>(entries + (first << 2), <u32>entry)
  store<u32>(page, count + 1, COUNT)
}

function removeAt(page: usize, place: u32): void {
  const count = load<u32>(page, COUNT) - 1
  const prefixes = prefixesOf(page) + ((<usize>place) << 3)
  const entries = entriesOf(page) + ((<usize>place) << 2)
  memory.copy(prefixes, prefixes + 8, (<usize>(count - place)) << 3)
  memory.copy(entries, entries + 4, (<usize>(count - place)) << 2)
  store<u32>(page, count, COUNT)
}

/** Takes the first entry with this order and this row out; 0 when there is none. */
export function takeOut(
  heap: usize,
  list: usize,
  order: usize,
  orderBytes: u32,
  row: usize,
  rowBytes: u32,
): usize {
  const prefix = prefixOf(order, orderBytes)
  const paged = isDirectory(list)
  const pages: u32 = paged ? load<u32>(list, PAGES) : 1
  let number = paged ? pageOf(list, prefix, order, orderBytes, false) : 0
  let page = paged ? pageAt(list, number) : list
  let place = placeOf(page, prefix, order, orderBytes, false)
  for (; ; place++) {
    if (place == load<u32>(page, COUNT)) {
      if (++number == pages) return 0
      page = pageAt(list, number)
      place = 0
    }
    const entry = inPage(page, place)
    if (load<u32>(entry, ORDER_BYTES) != orderBytes) return 0
    if (!equalRuns(entry + ENTRY_HEADER, order, orderBytes)) return 0
    if (load<u32>(entry, ROW_BYTES) != rowBytes || !equalRuns(rowOf(entry), row, rowBytes)) continue
    removeAt(page, place)
    if (paged) {
      store<u32>(list, load<u32>(list, COUNT) - 1, COUNT)
      if (!load<u32>(page, COUNT) && pages > 1) dropPage(heap, list, number)
    }
    return entry
  }
}

function dropPage(heap: usize, list: usize, number: u32): void {
  const pages = load<u32>(list, PAGES) - 1
  const page = pageAt(list, number)
  heapFree(heap, page, pageBytes(load<u32>(page, CAPACITY)))
  const at = list + DIRECTORY_HEADER + ((<usize>number) << 2)
  memory.copy(at, at + 4, (<usize>(pages - number)) << 2)
  store<u32>(list, pages, PAGES)
}

/** Writes the entries [from, to) of a list. */
export function copyEntries(list: usize, from: u32, to: u32, out: usize): void {
  if (from >= to) return
  if (!isDirectory(list)) {
    memory.copy(out, entriesOf(list) + ((<usize>from) << 2), (<usize>(to - from)) << 2)
    return
  }
  let before: u32 = 0
  for (let number: u32 = 0; before < to; number++) {
    const page = pageAt(list, number)
    const count = load<u32>(page, COUNT)
    const first = max<u32>(from, before)
    const end = min<u32>(to, before + count)
    if (first < end) {
      const bytes = (<usize>(end - first)) << 2
      memory.copy(out, entriesOf(page) + ((<usize>(first - before)) << 2), bytes)
      out += bytes
    }
    before += count
  }
}

/** Keeps the first `top` entries of a list only, which are some; the others are the caller's. */
export function cutAt(heap: usize, list: usize, top: u32): void {
  if (isDirectory(list)) {
    let left = top
    for (let number: u32 = 0; number < load<u32>(list, PAGES);) {
      const page = pageAt(list, number)
      const count = load<u32>(page, COUNT)
      store<u32>(page, min<u32>(count, left), COUNT)
      left -= min<u32>(count, left)
      if (load<u32>(page, COUNT)) number++
      else dropPage(heap, list, number)
    }
  }
  store<u32>(list, top, COUNT)
}

/** Gives a list back; its entries are the caller's. */
export function freeList(heap: usize, list: usize): void {
  const capacity = load<u32>(list, CAPACITY)
  if (!isDirectory(list)) {
    heapFree(heap, list, pageBytes(capacity))
    return
  }
  for (let number: u32 = 0; number < load<u32>(list, PAGES); number++) {
    const page = pageAt(list, number)
    heapFree(heap, page, pageBytes(load<u32>(page, CAPACITY)))
  }
  heapFree(heap, list, directoryBytes(capacity & ~IS_DIRECTORY))
}
