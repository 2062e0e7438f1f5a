// How windows keep their state; slice-table.ts is the table of slices, slice.ts what one slice
// does, slice-merge.ts merges slices.
//
//   table   control | ring: the slices of RING_SLICES indices in a row, u32 each | a fresh block
//   map     open addressing: slice index i64 | slice u32 (0: empty), unused u32
//   slice   control -> page table u32[] -> pages of 64 u32: a block each (0: none)
//                   -> chunks of blocks: next u32, bytes u32, 8 B unused | blocks ...
//   block   a byte a row: it is there | accumulator rows of key ids in a row
//
// S1  Rows do not move while their slice lives and its key ids keep their names, so that pointers to them
//     can be held.
// S2  A block has 16 rows, or fewer where rows are long. Ids are given in order of first appearance, so
//     keys that are alive together lie together: what is made, walked, merged and given back goes by
//     blocks. A walk over the blocks gives rows in order of key id without a sort.
// S3  A row that is not there is as the template says: taking it needs no more than its byte.
//     Where key ids come in their order (all keys, one slice), those from the first on have rows: these
//     are found without a look at the block, which with many keys is a miss of the cache less.
// S4  A row of a slice below the first live one is late: it gets no accumulators, and is counted.
// S5  A batch goes in blocks of 64 rows: first their slices, then their accumulators.
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
export const LAST_START: usize = 64
export const LAST_SPAN: usize = 72
export const RING_START: usize = 80
export const RING_SPAN: usize = 88
export const RING_FIRST: usize = 96
export const INVERSE: usize = 104
export const ROW_BITS: usize = 112
export const BLOCK_BYTES: usize = 116
/** Rows in a row that were not in the ring. */
export const RING_MISSES: usize = 120
export const RING: usize = 128
export const RING_SLICES: u32 = 256
export const FRESH_BLOCK: usize = RING + 1024

export const INDEX: usize = 0
export const PAGES: usize = 8
export const PAGE_COUNT: usize = 12
/** Blocks that were given back while the slice lives, linked by their first words. */
export const FREE: usize = 16
export const CHUNK: usize = 20
export const TOP: usize = 24
export const END: usize = 28
export const NEXT_CREATED: usize = 32
export const MAPPED: usize = 36
/** Key ids below it all have rows: they are alive, so that a compaction of the keys leaves their names. */
export const FULL: usize = 40
export const SLICE_BYTES: usize = 44

export const BLOCK_HEADER: usize = 16
const ROW_BITS_MAX: u32 = 4
/** Rows share a block while they take no more than this together. */
const SHARED_BYTES_MAX: u32 = 512
/** Blocks of a page. */
export const PAGE_BITS: u32 = 6
export const PAGE_MASK: u32 = 63
export const PAGE_BYTES: usize = 256
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
/** What stands for the block of a late row: its bytes are written, and never read. */
const noBlock: usize = memory.data(16, 16)

/** How many rows share a block, as a power of two. */
export function rowBitsOf(stride: u32): u32 {
  let bits = ROW_BITS_MAX
  while (bits && stride << bits > SHARED_BYTES_MAX) bits--
  return bits
}

export function blockBytesOf(stride: u32, rowBits: u32): usize {
  return (BLOCK_HEADER + ((<usize>stride) << rowBits) + 15) & ~15
}

/** Writes a block without a row: each is as the template. */
export function writeFreshBlock(block: usize, stride: usize, rowBits: u32, template: usize): void {
  memory.fill(block, 0, blockBytesOf(<u32>stride, rowBits))
  let row = block + BLOCK_HEADER
  for (let i: u32 = 0; i < 1 << rowBits; i++, row += stride) memory.copy(row, template, stride)
}

/** A slice that is not in the map; 0 when memory is exhausted. */
export function makeSlice(table: usize): usize {
  const heap: usize = load<u32>(table, HEAP)
  const slice = heapAllocate(heap, SLICE_BYTES)
  if (!slice) return 0
  memory.fill(slice, 0, SLICE_BYTES)
  return slice
}

/** Forgets which slices are where: the next row looks into the map. */
export function forgetSlices(table: usize): void {
  store<u64>(table, 0, LAST_SPAN)
  store<u64>(table, 0, RING_SPAN)
}

/** Where a slice keeps a block, by the number that its key ids begin with; 0: exhausted. */
export function entryOf(table: usize, slice: usize, block: u32): usize {
  const page = block >> PAGE_BITS
  let at: usize = 0
  if (page < load<u32>(slice, PAGE_COUNT)) {
    at = load<u32>(<usize>load<u32>(slice, PAGES) + ((<usize>page) << 2))
  }
  if (!at) at = newPage(table, slice, page)
  return at ? at + ((<usize>(block & PAGE_MASK)) << 2) : 0
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

/** Copies a block's bytes. */
export function copyBlock(from: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, v128.load(from + at))
}

/** Memory for a block of the slice, with anything in it; 0 when memory is exhausted. */
export function takeBlock(table: usize, slice: usize): usize {
  const free: usize = load<u32>(slice, FREE)
  if (free) {
    store<u32>(slice, load<u32>(free), FREE)
    return free
  }
  const size: usize = load<u32>(table, BLOCK_BYTES)
  let top: usize = load<u32>(slice, TOP)
  if (top + size > <usize>load<u32>(slice, END)) {
    const old: usize = load<u32>(slice, CHUNK)
    const before: usize = old ? <usize>load<u32>(old, 4) : CHUNK_BYTES_MIN >> 1
    const bytes = max<usize>(min<usize>(before << 1, CHUNK_BYTES_MAX), CHUNK_HEADER + size)
    const chunk = heapAllocate(load<u32>(table, HEAP), bytes)
    if (!chunk) return 0
    store<u32>(chunk, <u32>old)
    store<u32>(chunk, <u32>bytes, 4)
    store<u32>(slice, <u32>chunk, CHUNK)
    store<u32>(slice, <u32>(chunk + bytes), END)
    top = chunk + CHUNK_HEADER
  }
  store<u32>(slice, <u32>(top + size), TOP)
  return top
}

/** Makes the block of a key id, without a row. Finds it when it is there; 0 when memory is exhausted. */
export function makeBlock(table: usize, slice: usize, id: u32): usize {
  const entry = entryOf(table, slice, id >> load<u32>(table, ROW_BITS))
  if (!entry) return 0
  let block: usize = load<u32>(entry)
  if (block) return block
  block = takeBlock(table, slice)
  if (!block) return 0
  copyBlock(table + FRESH_BLOCK, block, load<u32>(table, BLOCK_BYTES))
  store<u32>(entry, <u32>block)
  return block
}

/** Takes the rows of the batch's block from row j on, until a block is not there; where it stops. */
function knownRows(table: usize, ids: usize, j: usize, count: usize, rows: usize): usize {
  const rowBits = load<u32>(table, ROW_BITS)
  const rowMask = (1 << rowBits) - 1
  const stride: usize = load<u32>(table, STRIDE)
  for (; j < count; j++) {
    const slice: usize = load<u32>(blockSlices + (j << 2))
    const id = load<u32>(ids + (j << 2))
    let block = noBlock
    if (slice) {
      const number = id >> rowBits
      const page = number >> PAGE_BITS
      if (page >= load<u32>(slice, PAGE_COUNT)) return j
      const at: usize = load<u32>(<usize>load<u32>(slice, PAGES) + ((<usize>page) << 2))
      if (!at) return j
      block = load<u32>(at + ((<usize>(number & PAGE_MASK)) << 2))
      if (!block) return j
    }
    const place = <usize>(id & rowMask)
    store<u8>(block + place, 1)
    const row = block + BLOCK_HEADER + place * stride
    store<u32>(rows + (j << 2), slice ? <u32>row : 0)
  }
  return count
}

/**
 * Resolves the block's accumulator rows from its slices; false when memory is exhausted. What makes
 * pages and blocks is not in the loop, so that this has the registers.
 */
export function resolveRows(table: usize, ids: usize, count: usize, rows: usize): bool {
  let j = knownRows(table, ids, 0, count, rows)
  for (; j < count; j = knownRows(table, ids, j, count, rows)) {
    const slice: usize = load<u32>(blockSlices + (j << 2))
    if (!makeBlock(table, slice, load<u32>(ids + (j << 2)))) return false
  }
  return true
}

/** As knownRows(), of one slice; rows that are known to be there need no byte. */
function knownRowsOf(
  table: usize,
  slice: usize,
  ids: usize,
  j: usize,
  count: usize,
  rows: usize,
): usize {
  const rowBits = load<u32>(table, ROW_BITS)
  const rowMask = (1 << rowBits) - 1
  const stride: usize = load<u32>(table, STRIDE)
  const pages: usize = load<u32>(slice, PAGES)
  const pageCount = load<u32>(slice, PAGE_COUNT)
  const full = load<u32>(slice, FULL)
  for (; j < count; j++) {
    const id = load<u32>(ids + (j << 2))
    const number = id >> rowBits
    const page = number >> PAGE_BITS
    if (page >= pageCount) return j
    const at: usize = load<u32>(pages + ((<usize>page) << 2))
    if (!at) return j
    const block: usize = load<u32>(at + ((<usize>(number & PAGE_MASK)) << 2))
    if (!block) return j
    const place = <usize>(id & rowMask)
    store<u8>(select<usize>(noBlock, block, id < full) + place, 1)
    store<u32>(rows + (j << 2), <u32>(block + BLOCK_HEADER + place * stride))
  }
  return count
}

/** The greatest of up to 64 ids. */
function greatest(ids: usize, count: usize): u32 {
  const end = ids + (count << 2)
  let most = i32x4.splat(0)
  for (; ids + 16 <= end; ids += 16) most = i32x4.max_u(most, v128.load(ids))
  const low = max<u32>(i32x4.extract_lane(most, 0), i32x4.extract_lane(most, 1))
  const high = max<u32>(i32x4.extract_lane(most, 2), i32x4.extract_lane(most, 3))
  let id = max<u32>(low, high)
  for (; ids < end; ids += 4) id = max<u32>(id, load<u32>(ids))
  return id
}

/** The rows of key ids that all have one, and of which the greatest is `most`. */
function fullRowsOf(
  table: usize,
  slice: usize,
  ids: usize,
  count: usize,
  most: u32,
  rows: usize,
): void {
  const rowBits = load<u32>(table, ROW_BITS)
  const pages: usize = load<u32>(slice, PAGES)
  const end = rows + (count << 2)
  if (most >> rowBits <= PAGE_MASK) {
    // One page: what few keys have.
    const page: usize = load<u32>(pages)
    for (let at = ids, to = rows; to < end; at += 4, to += 4) {
      store<u32>(to, load<u32>(page + ((<usize>(load<u32>(at) >> rowBits)) << 2)))
    }
  } else {
    for (let at = ids, to = rows; to < end; at += 4, to += 4) {
      const number = load<u32>(at) >> rowBits
      const page: usize = load<u32>(pages + ((<usize>(number >> PAGE_BITS)) << 2))
      store<u32>(to, load<u32>(page + ((<usize>(number & PAGE_MASK)) << 2)))
    }
  }
  // From blocks to rows, four at a time: what is behind the ids may be read, of the rows not be written.
  const rowMask = i32x4.splat((1 << rowBits) - 1)
  const strides = i32x4.splat(load<u32>(table, STRIDE))
  const header = i32x4.splat(<i32>BLOCK_HEADER)
  let to = rows
  for (; to + 16 <= end; to += 16, ids += 16) {
    const offsets = i32x4.mul(v128.and(v128.load(ids), rowMask), strides)
    v128.store(to, i32x4.add(i32x4.add(v128.load(to), header), offsets))
  }
  const mask = (1 << rowBits) - 1
  for (; to < end; to += 4, ids += 4) {
    const offset = BLOCK_HEADER + <usize>(load<u32>(ids) & mask) * <usize>load<u32>(table, STRIDE)
    store<u32>(to, load<u32>(to) + <u32>offset)
  }
}

/** Sees which key ids behind those that have rows have theirs by now. */
function extendFull(table: usize, slice: usize): void {
  const rowBits = load<u32>(table, ROW_BITS)
  const perBlock: u32 = 1 << rowBits
  const pages: usize = load<u32>(slice, PAGES)
  const end = load<u32>(slice, PAGE_COUNT) << PAGE_BITS
  let full = load<u32>(slice, FULL)
  for (let number = full >> rowBits; number < end; number++) {
    const page: usize = load<u32>(pages + ((<usize>(number >> PAGE_BITS)) << 2))
    const block: usize = page ? <usize>load<u32>(page + ((<usize>(number & PAGE_MASK)) << 2)) : 0
    if (!block) break
    const first = ctz<u32>(~presentRows(block))
    full = (number << rowBits) + first
    if (first < perBlock) break
  }
  store<u32>(slice, full, FULL)
}

/** Takes the rows of any number of key ids in one slice; false when memory is exhausted. */
export function resolveRowsOf(
  table: usize,
  slice: usize,
  ids: usize,
  count: usize,
  rows: usize,
): bool {
  const full = load<u32>(slice, FULL)
  for (let at: usize = 0; at < count; at += BLOCK) {
    const end = min<usize>(at + BLOCK, count)
    const skip = at << 2
    const most = full ? greatest(ids + skip, end - at) : 0
    if (most < full) {
      fullRowsOf(table, slice, ids + skip, end - at, most, rows + skip)
      continue
    }
    let j = knownRowsOf(table, slice, ids, at, end, rows)
    for (; j < end; j = knownRowsOf(table, slice, ids, j, end, rows)) {
      if (!makeBlock(table, slice, load<u32>(ids + (j << 2)))) return false
    }
  }
  extendFull(table, slice)
  return true
}

/** The rows of a block that are there, a bit each. */
export function presentRows(block: usize): u32 {
  return <u32>i8x16.bitmask(i8x16.ne(v128.load(block), i8x16.splat(0)))
}
