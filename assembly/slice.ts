// One slice: its rows by key id, in order of key id, and its end (slice-layout.ts).
import { offsetsOfByte } from './bitmap'
import { heapFree } from './heap'
import {
  BLOCK_HEADER,
  CHUNK,
  FREE,
  FRESH_BLOCK,
  HEAP,
  INDEX,
  MAPPED,
  PAGES,
  PAGE_BITS,
  PAGE_BYTES,
  PAGE_COUNT,
  PAGE_MASK,
  ROW_BITS,
  SLICE_BYTES,
  STRIDE,
  forgetSlices,
  makeBlock,
  makeSlice,
  presentRows,
  resolveRowsOf,
} from './slice-layout'
import { unmap } from './slice-map'

/** A slice's index: it spans [index * size + offset, + size). */
export function sliceIndex(slice: usize): f64 {
  return <f64>load<i64>(slice, INDEX)
}

/** Accumulator rows in a slice. */
export function sliceRowCount(slice: usize): u32 {
  const pages: usize = load<u32>(slice, PAGES)
  const pagesEnd = pages + ((<usize>load<u32>(slice, PAGE_COUNT)) << 2)
  let count: u32 = 0
  for (let p = pages; p < pagesEnd; p += 4) {
    const page: usize = load<u32>(p)
    if (!page) continue
    for (let at = page; at < page + PAGE_BYTES; at += 4) {
      const block: usize = load<u32>(at)
      if (block) count += popcnt<u32>(presentRows(block))
    }
  }
  return count
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
  return <u32>resolveRowsOf(table, slice, ids, n, rows)
}

/** Lists those of n key ids that have a row in a slice, with the row, in their order. How many. */
export function sliceFind(
  table: usize,
  slice: usize,
  ids: usize,
  n: u32,
  outIds: usize,
  outRows: usize,
): u32 {
  const rowBits = load<u32>(table, ROW_BITS)
  const rowMask = (1 << rowBits) - 1
  const stride: usize = load<u32>(table, STRIDE)
  const pages: usize = load<u32>(slice, PAGES)
  const pageCount = load<u32>(slice, PAGE_COUNT)
  let count: usize = 0
  for (let i: usize = 0; i < <usize>n; i++) {
    const id = load<u32>(ids + (i << 2))
    const number = id >> rowBits
    const page = number >> PAGE_BITS
    if (page >= pageCount) continue
    const at: usize = load<u32>(pages + ((<usize>page) << 2))
    const block: usize = at ? <usize>load<u32>(at + ((<usize>(number & PAGE_MASK)) << 2)) : 0
    const place = <usize>(id & rowMask)
    if (!block) continue
    // Written in any case, and counted when it is there: rows come and go at random.
    store<u32>(outIds + (count << 2), id)
    store<u32>(outRows + (count << 2), <u32>(block + BLOCK_HEADER + place * stride))
    count += <usize>(load<u8>(block + place) != 0)
  }
  return <u32>count
}

/** Lists eight rows of a block, those whose bit is set; what is behind them is written, too. */
function listEight(present: u32, id: u32, row: u32, stride: u32, ids: usize, rows: usize): void {
  const offsets = i16x8.extend_low_i8x16_u(
    v128.load64_zero(offsetsOfByte + ((<usize>present) << 3)),
  )
  const low = i32x4.extend_low_i16x8_u(offsets)
  const high = i32x4.extend_high_i16x8_u(offsets)
  const strides = i32x4.splat(stride)
  v128.store(ids, i32x4.add(low, i32x4.splat(id)))
  v128.store(ids, i32x4.add(high, i32x4.splat(id)), 16)
  v128.store(rows, i32x4.add(i32x4.mul(low, strides), i32x4.splat(row)))
  v128.store(rows, i32x4.add(i32x4.mul(high, strides), i32x4.splat(row)), 16)
}

/**
 * Lists key ids and accumulator rows of a slice in order of key id, from id `from` on, at most
 * `most`. Fewer than `most` mean that there is no more.
 */
export function sliceScan(
  table: usize,
  slice: usize,
  from: u32,
  most: u32,
  ids: usize,
  rows: usize,
): u32 {
  const rowBits = load<u32>(table, ROW_BITS)
  const stride = load<u32>(table, STRIDE)
  const pageCount = load<u32>(slice, PAGE_COUNT)
  const pages: usize = load<u32>(slice, PAGES)
  const end = pageCount << PAGE_BITS
  let count: usize = 0
  // Of the first block, what comes before `from` has been listed.
  let wanted: u32 = 0xffff << (from & ((1 << rowBits) - 1))
  for (let number = from >> rowBits; number < end; number++, wanted = 0xffff) {
    const page: usize = load<u32>(pages + ((<usize>(number >> PAGE_BITS)) << 2))
    if (!page) {
      number |= PAGE_MASK
      continue
    }
    const block: usize = load<u32>(page + ((<usize>(number & PAGE_MASK)) << 2))
    if (!block) continue
    const id = number << rowBits
    const first = <u32>(block + BLOCK_HEADER)
    let present = presentRows(block) & wanted
    if (count + 16 <= <usize>most) {
      const low = present & 255
      listEight(low, id, first, stride, ids + (count << 2), rows + (count << 2))
      count += <usize>popcnt<u32>(low)
      const high = present >> 8
      const row = first + (stride << 3)
      listEight(high, id + 8, row, stride, ids + (count << 2), rows + (count << 2))
      count += <usize>popcnt<u32>(high)
      continue
    }
    for (; present; present &= present - 1) {
      if (count == <usize>most) return <u32>count
      const place = ctz<u32>(present)
      store<u32>(ids + (count << 2), id + place)
      store<u32>(rows + (count << 2), first + place * stride)
      count++
    }
  }
  return <u32>count
}

/**
 * Gives a slice back. What its accumulators hold outside themselves is the caller's to give back
 * before.
 */
export function sliceRelease(table: usize, slice: usize): void {
  const heap: usize = load<u32>(table, HEAP)
  if (load<u32>(slice, MAPPED)) {
    unmap(table, slice)
    forgetSlices(table)
  }
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
export function sliceMark(table: usize, slice: usize, bits: usize): void {
  const rowBits = load<u32>(table, ROW_BITS)
  const pages: usize = load<u32>(slice, PAGES)
  for (let p: u32 = 0; p < load<u32>(slice, PAGE_COUNT); p++) {
    const page: usize = load<u32>(pages + ((<usize>p) << 2))
    if (!page) continue
    for (let b: u32 = 0; b <= PAGE_MASK; b++) {
      const block: usize = load<u32>(page + ((<usize>b) << 2))
      if (!block) continue
      const first = ((p << PAGE_BITS) + b) << rowBits
      for (let present = presentRows(block); present; present &= present - 1) {
        const id = first + ctz<u32>(present)
        const at = bits + <usize>(id >> 3)
        store<u8>(at, load<u8>(at) | (1 << (<u8>id & 7)))
      }
    }
  }
}

/** Renames a row of a block; what it leaves is as the template. False when memory is exhausted. */
function moveRow(table: usize, slice: usize, block: usize, place: u32, id: u32): bool {
  const target = makeBlock(table, slice, id)
  if (!target) return false
  const stride: usize = load<u32>(table, STRIDE)
  const to = <usize>(id & ((1 << load<u32>(table, ROW_BITS)) - 1))
  const row = block + BLOCK_HEADER + <usize>place * stride
  store<u8>(target + to, 1)
  memory.copy(target + BLOCK_HEADER + to * stride, row, stride)
  store<u8>(block + <usize>place, 0)
  memory.copy(row, table + FRESH_BLOCK + BLOCK_HEADER, stride)
  return true
}

/**
 * Renames the key ids of a slice: `map` (u32 an old id) never raises an id, and keeps their order,
 * so that rows move down one after the other. Blocks and pages left empty go back. 0 when memory is
 * exhausted, else 1.
 */
export function sliceRemap(table: usize, slice: usize, map: usize): u32 {
  const rowBits = load<u32>(table, ROW_BITS)
  const pages: usize = load<u32>(slice, PAGES)
  const count = load<u32>(slice, PAGE_COUNT)
  for (let p: u32 = 0; p < count; p++) {
    const page: usize = load<u32>(pages + ((<usize>p) << 2))
    if (!page) continue
    for (let b: u32 = 0; b <= PAGE_MASK; b++) {
      const entry = page + ((<usize>b) << 2)
      const block: usize = load<u32>(entry)
      if (!block) continue
      const first = ((p << PAGE_BITS) + b) << rowBits
      for (let present = presentRows(block); present; present &= present - 1) {
        const place = ctz<u32>(present)
        const id = load<u32>(map + ((<usize>(first + place)) << 2))
        if (id != first + place && !moveRow(table, slice, block, place, id)) return 0
      }
      if (presentRows(block)) continue
      store<u32>(entry, 0)
      store<u32>(block, load<u32>(slice, FREE))
      store<u32>(slice, <u32>block, FREE)
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
