// How windows keep their state; slice-table.ts is the table of slices, slice.ts what one slice
// does.
//
//   table   control | template of an accumulator row
//   map     open addressing: slice index i64 | slice u32 (0: empty), unused u32
// slice   control -> page table u32[] -> pages of 256 u32, a key id each -> accumulator row (0:
// none)
//                   -> chunks of rows: next u32, bytes u32, 8 B unused | rows ...
//
// S1  Rows never move while their slice lives, so a page holds pointers, and a row is found by two
//     loads.
// S2  Pages exist where keys do: ids are given in order of first appearance, so keys that are alive
//     together lie together. A walk over the pages gives rows in order of key id without a sort.
// S3  A row of a slice below the first live one is late: it gets no accumulators, and is counted.
// S4  A batch goes in blocks of 64 rows, one step of the way (slice, page, row) for all of them at
//     a time, so that the misses of a step overlap.
// S5  The division by the slice size is skipped while rows stay in the slice of the row before.
import { heapAllocate, heapFree } from './heap'

export const HEAP: usize = 0
export const STRIDE: usize = 4
export const MAP: usize = 8
export const CAPACITY: usize = 12
export const SLICES: usize = 16
export const CREATED: usize = 20
export const LATE: usize = 24
export const LAST_SLICE: usize = 28
export const SIZE: usize = 32
export const OFFSET: usize = 40
export const MULTIPLIER: usize = 48
export const FIRST_INDEX: usize = 56
export const LAST_INDEX: usize = 64
export const LAST_KNOWN: usize = 72
export const TEMPLATE: usize = 80

export const INDEX: usize = 0
export const PAGES: usize = 8
export const PAGE_COUNT: usize = 12
export const ROWS: usize = 16
export const CHUNK: usize = 20
export const TOP: usize = 24
export const END: usize = 28
export const NEXT_CREATED: usize = 32
export const MAPPED: usize = 36
export const SLICE_BYTES: usize = 40

export const PAGE_BITS: u32 = 8
export const PAGE_MASK: u32 = 255
export const PAGE_BYTES: usize = 1024
const PAGES_MIN: u32 = 4
const CHUNK_HEADER: usize = 16
const CHUNK_BYTES_MIN: usize = 512
const CHUNK_BYTES_MAX: usize = 1 << 14
export const CAPACITY_MIN: u32 = 64

export const DONE: u32 = 0xffffffff
export const EXHAUSTED: u32 = 0xfffffffe
export const INDEX_MAX: i64 = 1 << 53
export const FAR: i64 = 1 << 62

export const BLOCK: u32 = 64
export const blockSlices: usize = memory.data(64 * 4, 16)
export const blockEntries: usize = memory.data(64 * 4, 16)
/** What holds no row: a late row's entry. */
const NO_ENTRY: usize = memory.data(4, 4)

/** A slice that is not in the map; 0 when memory is exhausted. */
export function makeSlice(table: usize): usize {
  const heap: usize = load<u32>(table, HEAP)
  const slice = heapAllocate(heap, SLICE_BYTES)
  if (!slice) return 0
  memory.fill(slice, 0, SLICE_BYTES)
  return slice
}

/** Where a slice keeps the row of a key id; the page is made when it is not there. 0: exhausted. */
export function entryOf(table: usize, slice: usize, id: u32): usize {
  const page = id >> PAGE_BITS
  if (page < load<u32>(slice, PAGE_COUNT)) {
    const at: usize = load<u32>(<usize>load<u32>(slice, PAGES) + ((<usize>page) << 2))
    if (at) return at + ((<usize>(id & PAGE_MASK)) << 2)
  }
  const fresh = newPage(table, slice, page)
  return fresh ? fresh + ((<usize>(id & PAGE_MASK)) << 2) : 0
}

/** Makes a page; 0 when memory is exhausted. */
function newPage(table: usize, slice: usize, page: u32): usize {
  const heap: usize = load<u32>(table, HEAP)
  const count = load<u32>(slice, PAGE_COUNT)
  if (page >= count) {
    let wanted = max<u32>(PAGES_MIN, count)
    while (wanted <= page) wanted <<= 1
    const pages = heapAllocate(heap, (<usize>wanted) << 2)
    if (!pages) return 0
    const old: usize = load<u32>(slice, PAGES)
    memory.copy(pages, old, (<usize>count) << 2)
    memory.fill(pages + ((<usize>count) << 2), 0, (<usize>(wanted - count)) << 2)
    if (old) heapFree(heap, old, (<usize>count) << 2)
    store<u32>(slice, <u32>pages, PAGES)
    store<u32>(slice, wanted, PAGE_COUNT)
  }
  const fresh = heapAllocate(heap, PAGE_BYTES)
  if (!fresh) return 0
  memory.fill(fresh, 0, PAGE_BYTES)
  store<u32>(<usize>load<u32>(slice, PAGES) + ((<usize>page) << 2), <u32>fresh)
  return fresh
}

/** A fresh accumulator row; 0 when memory is exhausted. */
function newRow(table: usize, slice: usize): usize {
  const stride: usize = load<u32>(table, STRIDE)
  let top: usize = load<u32>(slice, TOP)
  if (top + stride > <usize>load<u32>(slice, END)) {
    const old: usize = load<u32>(slice, CHUNK)
    const before: usize = old ? <usize>load<u32>(old, 4) : CHUNK_BYTES_MIN >> 1
    const bytes = max<usize>(min<usize>(before << 1, CHUNK_BYTES_MAX), CHUNK_HEADER + stride)
    const chunk = heapAllocate(load<u32>(table, HEAP), bytes)
    if (!chunk) return 0
    store<u32>(chunk, <u32>old)
    store<u32>(chunk, <u32>bytes, 4)
    store<u32>(slice, <u32>chunk, CHUNK)
    store<u32>(slice, <u32>(chunk + bytes), END)
    top = chunk + CHUNK_HEADER
  }
  for (let at: usize = 0; at < stride; at += 8) {
    store<u64>(top + at, load<u64>(table + TEMPLATE + at))
  }
  store<u32>(slice, <u32>(top + stride), TOP)
  store<u32>(slice, load<u32>(slice, ROWS) + 1, ROWS)
  return top
}

/**
 * Finds where the block's slices keep their rows, from row j on, until a page is not there; returns
 * where it stops. A late row gets NO_ENTRY.
 */
function knownEntries(ids: usize, j: usize, count: usize): usize {
  for (; j < count; j++) {
    const slice: usize = load<u32>(blockSlices + (j << 2))
    let entry = NO_ENTRY
    if (slice) {
      const id = load<u32>(ids + (j << 2))
      const page = id >> PAGE_BITS
      if (page >= load<u32>(slice, PAGE_COUNT)) return j
      const at: usize = load<u32>(<usize>load<u32>(slice, PAGES) + ((<usize>page) << 2))
      if (!at) return j
      entry = at + ((<usize>(id & PAGE_MASK)) << 2)
    }
    store<u32>(blockEntries + (j << 2), <u32>entry)
  }
  return count
}

/** Reads the rows from j on, until one is not there; returns where it stops. */
function knownRows(j: usize, count: usize, rows: usize): usize {
  for (; j < count; j++) {
    const row = load<u32>(load<u32>(blockEntries + (j << 2)))
    if (!row && load<u32>(blockSlices + (j << 2))) return j
    store<u32>(rows + (j << 2), row)
  }
  return count
}

/**
 * Resolves the block's accumulator rows from its slices; false when memory is exhausted. What makes
 * pages and rows is not in the loops, so that these have the registers.
 */
export function resolveRows(table: usize, ids: usize, count: usize, rows: usize): bool {
  for (let j = knownEntries(ids, 0, count); j < count; j = knownEntries(ids, j, count)) {
    const slice: usize = load<u32>(blockSlices + (j << 2))
    if (!newPage(table, slice, load<u32>(ids + (j << 2)) >> PAGE_BITS)) return false
  }
  for (let j = knownRows(0, count, rows); j < count; j = knownRows(j, count, rows)) {
    const row = newRow(table, load<u32>(blockSlices + (j << 2)))
    if (!row) return false
    store<u32>(load<u32>(blockEntries + (j << 2)), <u32>row)
  }
  return true
}

/** The same when all of the rows are in one slice. */
export function resolveRowsOf(
  table: usize,
  slice: usize,
  ids: usize,
  count: usize,
  rows: usize,
): bool {
  const pages: usize = load<u32>(slice, PAGES)
  const pageCount = load<u32>(slice, PAGE_COUNT)
  for (let j: usize = 0; j < count; j++) {
    const id = load<u32>(ids + (j << 2))
    const page = id >> PAGE_BITS
    let row: usize = 0
    if (page < pageCount) {
      const at: usize = load<u32>(pages + ((<usize>page) << 2))
      if (at) row = load<u32>(at + ((<usize>(id & PAGE_MASK)) << 2))
    }
    if (!row) return makeRowsOf(table, slice, ids, j, count, rows)
    store<u32>(rows + (j << 2), <u32>row)
  }
  return true
}

/** Goes on from `j`, and makes what is not there. */
function makeRowsOf(
  table: usize,
  slice: usize,
  ids: usize,
  j: usize,
  count: usize,
  rows: usize,
): bool {
  for (; j < count; j++) {
    const entry = entryOf(table, slice, load<u32>(ids + (j << 2)))
    if (!entry) return false
    let row: usize = load<u32>(entry)
    if (!row) {
      row = newRow(table, slice)
      if (!row) return false
      store<u32>(entry, <u32>row)
    }
    store<u32>(rows + (j << 2), <u32>row)
  }
  return true
}
