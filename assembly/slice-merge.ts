// Slices into another, block by block (slice-layout.ts): what a sliding window does with its slices.
// For accumulators that hold nothing outside themselves; aggregate-merge.ts merges the others by row.
//
// SM1  A block that the other slice has not is copied, rows that are not there included: they are as the
//      template.
// SM2  Each entry goes over all of a block's rows in a loop of one operation, without asking which are there:
//      what is as the template changes nothing. Where few are there, row by row.
// SM3  A block of all the slices goes before the next, so that what they merge into stays in the cache.
import { mergeOne } from './aggregate-pair'
import {
  ENTRIES,
  ENTRY_BYTES,
  ENTRY_COUNT_OFFSET,
  ENTRY_OFFSET,
  ENTRY_OP,
  FAILED,
  OP_COUNT,
  OP_COUNT_TRUE,
  OP_MAX_F64,
  OP_MAX_I64,
  OP_MAX_U64,
  OP_MIN_F64,
  OP_MIN_I64,
  OP_MIN_U64,
  OP_SUM_F64,
  OP_SUM_I64,
  OP_SUM_U64,
  PROGRAM_HEADER,
} from './aggregate-program'
import {
  BLOCK_BYTES,
  BLOCK_HEADER,
  DONE,
  EXHAUSTED,
  PAGES,
  PAGE_BITS,
  PAGE_COUNT,
  PAGE_MASK,
  ROW_BITS,
  STRIDE,
  copyBlock,
  entryOf,
  presentRows,
  takeBlock,
} from './slice-layout'

function addAll(a: usize, b: usize, stride: usize, end: usize): void {
  for (; a < end; a += stride, b += stride) store<u64>(b, load<u64>(b) + load<u64>(a))
}

function addFloats(a: usize, b: usize, stride: usize, end: usize): void {
  for (; a < end; a += stride, b += stride) store<f64>(b, load<f64>(b) + load<f64>(a))
}

/** False when one of the sums overflows. */
function addSigned(a: usize, b: usize, stride: usize, end: usize): bool {
  let bad: i64 = 0
  for (; a < end; a += stride, b += stride) {
    const x = load<i64>(b)
    const y = load<i64>(a)
    const sum = x + y
    bad |= (x ^ sum) & (y ^ sum)
    store<i64>(b, sum)
  }
  return bad >= 0
}

/** The same: sums of neither reach 2^63, and so the sign tells. */
function addUnsigned(a: usize, b: usize, stride: usize, end: usize): bool {
  let bad: i64 = 0
  for (; a < end; a += stride, b += stride) {
    const sum = load<i64>(b) + load<i64>(a)
    bad |= sum
    store<i64>(b, sum)
  }
  return bad >= 0
}

function minima<T>(a: usize, b: usize, stride: usize, end: usize): void {
  for (; a < end; a += stride, b += stride) {
    const held = load<T>(b)
    const v = load<T>(a)
    store<T>(b, select<T>(v, held, isFloat<T>() ? v < held || held != held : v < held))
  }
}

function maxima<T>(a: usize, b: usize, stride: usize, end: usize): void {
  for (; a < end; a += stride, b += stride) {
    const held = load<T>(b)
    const v = load<T>(a)
    store<T>(b, select<T>(v, held, isFloat<T>() ? v > held || v != v : v > held))
  }
}

/** One entry over a block; false when a sum overflows. */
function mergeAll(
  entry: usize,
  from: usize,
  to: usize,
  stride: usize,
  count: usize,
  present: u32,
): bool {
  const op = load<u32>(entry, ENTRY_OP)
  const offset: usize = load<u32>(entry, ENTRY_OFFSET)
  const a = from + offset
  const b = to + offset
  const end = a + count * stride
  switch (op) {
    case OP_COUNT:
    case OP_COUNT_TRUE:
      addAll(a, b, stride, end)
      return true
    case OP_SUM_I64:
      return addSigned(a, b, stride, end)
    case OP_SUM_U64:
      return addUnsigned(a, b, stride, end)
    case OP_SUM_F64:
      addFloats(a, b, stride, end)
      return true
    case OP_MIN_I64:
      minima<i64>(a, b, stride, end)
      return true
    case OP_MAX_I64:
      maxima<i64>(a, b, stride, end)
      return true
    case OP_MIN_U64:
      minima<u64>(a, b, stride, end)
      return true
    case OP_MAX_U64:
      maxima<u64>(a, b, stride, end)
      return true
    case OP_MIN_F64:
      minima<f64>(a, b, stride, end)
      return true
    case OP_MAX_F64:
      maxima<f64>(a, b, stride, end)
      return true
    default:
      return mergeSome(entry, from, to, stride, present)
  }
}

/** One entry over some rows, a bit each. */
function mergeSome(entry: usize, from: usize, to: usize, stride: usize, present: u32): bool {
  const op = load<u32>(entry, ENTRY_OP)
  const offset: usize = load<u32>(entry, ENTRY_OFFSET)
  const counter: usize = load<u32>(entry, ENTRY_COUNT_OFFSET)
  let isGood = true
  for (; present; present &= present - 1) {
    const at = <usize>ctz<u32>(present) * stride
    isGood = mergeOne(op, from + at, to + at, offset, counter) && isGood
  }
  return isGood
}

/** Merges a block into another; DONE, or the number of the entry whose sum overflows. */
function mergeBlock(table: usize, source: usize, target: usize, program: usize): u32 {
  const stride: usize = load<u32>(table, STRIDE)
  const perBlock: usize = 1 << load<u32>(table, ROW_BITS)
  const present = presentRows(source)
  const isSparse = popcnt<u32>(present) << 2 <= <u32>perBlock
  const count = load<u32>(program, ENTRIES)
  v128.store(target, v128.or(v128.load(target), v128.load(source)))
  const from = source + BLOCK_HEADER
  const to = target + BLOCK_HEADER
  let entry = program + PROGRAM_HEADER
  for (let e: u32 = 0; e < count; e++, entry += ENTRY_BYTES) {
    const isGood = isSparse
      ? mergeSome(entry, from, to, stride, present)
      : mergeAll(entry, from, to, stride, perBlock, present)
    if (!isGood) return e
  }
  return DONE
}

/** The block of a slice by its place in a page; 0 when it is not there. */
function blockAt(slice: usize, page: u32, place: usize): usize {
  if (page >= load<u32>(slice, PAGE_COUNT)) return 0
  const blocks: usize = load<u32>(<usize>load<u32>(slice, PAGES) + ((<usize>page) << 2))
  return blocks ? <usize>load<u32>(blocks + (place << 2)) : 0
}

/**
 * Merges n slices (u32 each at `slices`), the earliest first, into another, whose rows came before; the
 * program's accumulators hold no memory outside themselves. Returns 0xffffffff when done, 0xfffffffe when
 * memory is exhausted, else 0: a sum overflows, and the program says which.
 */
export function sliceMerge(table: usize, slices: usize, n: u32, into: usize, program: usize): u32 {
  const blockBytes: usize = load<u32>(table, BLOCK_BYTES)
  const end = slices + ((<usize>n) << 2)
  let pages: u32 = 0
  for (let at = slices; at < end; at += 4) {
    pages = max<u32>(pages, load<u32>(load<u32>(at), PAGE_COUNT))
  }
  for (let number: u32 = 0; number < pages << PAGE_BITS; number++) {
    const page = number >> PAGE_BITS
    let target = blockAt(into, page, <usize>(number & PAGE_MASK))
    for (let at = slices; at < end; at += 4) {
      const source = blockAt(load<u32>(at), page, <usize>(number & PAGE_MASK))
      if (!source) continue
      if (target) {
        const entry = mergeBlock(table, source, target, program)
        if (entry == DONE) continue
        store<u32>(program, entry, FAILED)
        return 0
      }
      const place = entryOf(table, into, number)
      target = place ? takeBlock(table, into) : 0
      if (!target) return EXHAUSTED
      store<u32>(place, <u32>target)
      copyBlock(source, target, blockBytes)
    }
  }
  return DONE
}
