// One slice: its rows by key id, in order of key id, and its end (slice-layout.ts).
import { heapFree } from './heap'
import {
  BLOCK,
  CHUNK,
  HEAP,
  INDEX,
  LAST_KNOWN,
  LAST_SLICE,
  MAPPED,
  PAGES,
  PAGE_BITS,
  PAGE_BYTES,
  PAGE_COUNT,
  PAGE_MASK,
  ROWS,
  SLICE_BYTES,
  entryOf,
  makeSlice,
  resolveRowsOf,
} from './slice-layout'
import { unmap } from './slice-map'

/** A slice's index: it spans [index * size + offset, + size). */
export function sliceIndex(slice: usize): f64 {
  return <f64>load<i64>(slice, INDEX)
}

/** Accumulator rows in a slice. */
export function sliceRowCount(slice: usize): u32 {
  return load<u32>(slice, ROWS)
}

/** A slice that is not in the map, for the merge of others; 0 when memory is exhausted. */
export function sliceNew(table: usize): usize {
  return makeSlice(table)
}

/**
 * Finds, or makes, the accumulator rows of key ids in one slice. 0 when memory is exhausted, else
 * 1.
 */
export function sliceRows(table: usize, slice: usize, ids: usize, n: u32, rows: usize): u32 {
  for (let at: u32 = 0; at < n; at += BLOCK) {
    const skip = (<usize>at) << 2
    const count: usize = min<u32>(BLOCK, n - at)
    if (!resolveRowsOf(table, slice, ids + skip, count, rows + skip)) return 0
  }
  return 1
}

/** Lists those of n key ids that have a row in a slice, with the row, in their order. How many. */
export function sliceFind(slice: usize, ids: usize, n: u32, outIds: usize, outRows: usize): u32 {
  const pages: usize = load<u32>(slice, PAGES)
  const pageCount = load<u32>(slice, PAGE_COUNT)
  let count: usize = 0
  for (let i: usize = 0; i < <usize>n; i++) {
    const id = load<u32>(ids + (i << 2))
    const page = id >> PAGE_BITS
    if (page >= pageCount) continue
    const at: usize = load<u32>(pages + ((<usize>page) << 2))
    const row = at ? load<u32>(at + ((<usize>(id & PAGE_MASK)) << 2)) : 0
    if (!row) continue
    store<u32>(outIds + (count << 2), id)
    store<u32>(outRows + (count << 2), row)
    count++
  }
  return <u32>count
}

/**
 * Lists key ids and accumulator rows of a slice in order of key id, from id `from` on, at most
 * `most`. Fewer than `most` mean that there is no more.
 */
export function sliceScan(slice: usize, from: u32, most: u32, ids: usize, rows: usize): u32 {
  const pageCount = load<u32>(slice, PAGE_COUNT)
  const pages: usize = load<u32>(slice, PAGES)
  let count: u32 = 0
  let id = from
  for (let p = from >> PAGE_BITS; p < pageCount; p++) {
    const page: usize = load<u32>(pages + ((<usize>p) << 2))
    const end = (p + 1) << PAGE_BITS
    if (!page) {
      id = end
      continue
    }
    for (; id < end; id++) {
      const row = load<u32>(page + ((<usize>(id & PAGE_MASK)) << 2))
      if (!row) continue
      if (count == most) return count
      store<u32>(ids + ((<usize>count) << 2), id)
      store<u32>(rows + ((<usize>count) << 2), row)
      count++
    }
  }
  return count
}

/**
 * Gives a slice back. What its accumulators hold outside themselves is the caller's to give back
 * before.
 */
export function sliceRelease(table: usize, slice: usize): void {
  const heap: usize = load<u32>(table, HEAP)
  if (load<u32>(slice, MAPPED)) unmap(table, slice)
  if (load<u32>(table, LAST_SLICE) == <u32>slice) store<u32>(table, 0, LAST_KNOWN)
  const pages: usize = load<u32>(slice, PAGES)
  const count = load<u32>(slice, PAGE_COUNT)
  for (let p: usize = 0; p < <usize>count; p++) {
    const page: usize = load<u32>(pages + (p << 2))
    if (page) heapFree(heap, page, PAGE_BYTES)
  }
  if (pages) heapFree(heap, pages, (<usize>count) << 2)
  let chunk: usize = load<u32>(slice, CHUNK)
  while (chunk) {
    const next: usize = load<u32>(chunk)
    heapFree(heap, chunk, load<u32>(chunk, 4))
    chunk = next
  }
  heapFree(heap, slice, SLICE_BYTES)
}

/** Sets the bits of the key ids that a slice holds. */
export function sliceMark(slice: usize, bits: usize): void {
  const pages: usize = load<u32>(slice, PAGES)
  for (let p: u32 = 0; p < load<u32>(slice, PAGE_COUNT); p++) {
    const page: usize = load<u32>(pages + ((<usize>p) << 2))
    if (!page) continue
    for (let i: u32 = 0; i <= PAGE_MASK; i++) {
      if (!load<u32>(page + ((<usize>i) << 2))) continue
      const at = bits + (<usize>((p << PAGE_BITS) + i) >> 3)
      store<u8>(at, load<u8>(at) | (1 << (<u8>i & 7)))
    }
  }
}

/**
 * Renames the key ids of a slice: `map` (u32 an old id) never raises an id, and keeps their order,
 * so that this works in place. Pages left empty go back. 0 when memory is exhausted, else 1.
 */
export function sliceRemap(table: usize, slice: usize, map: usize): u32 {
  const pages: usize = load<u32>(slice, PAGES)
  const count = load<u32>(slice, PAGE_COUNT)
  for (let p: u32 = 0; p < count; p++) {
    const page: usize = load<u32>(pages + ((<usize>p) << 2))
    if (!page) continue
    for (let i: u32 = 0; i <= PAGE_MASK; i++) {
      const at = page + ((<usize>i) << 2)
      const row = load<u32>(at)
      if (!row) continue
      store<u32>(at, 0)
      const entry = entryOf(table, slice, load<u32>(map + ((<usize>((p << PAGE_BITS) + i)) << 2)))
      if (!entry) return 0
      store<u32>(entry, row)
    }
  }
  for (let p: usize = 0; p < <usize>count; p++) {
    const page: usize = load<u32>(pages + (p << 2))
    if (!page || !isEmpty(page)) continue
    heapFree(load<u32>(table, HEAP), page, PAGE_BYTES)
    store<u32>(pages + (p << 2), 0)
  }
  return 1
}

function isEmpty(page: usize): bool {
  for (let at: usize = 0; at < PAGE_BYTES; at += 16) {
    if (v128.any_true(v128.load(page + at))) return false
  }
  return true
}
