// Aggregation by group: a program (aggregate-program.ts) over blocks of 64 rows, each row with a
// pointer to its group's accumulators.
//
// A1  All entries of the program go over a block before the next: the block's accumulator rows come
//     into the cache once, whatever the aggregates are, and each entry's loop knows one operation
//     only.
// A2  A block's values are widened to 64 bits, and to those rows that count (kept, valid, in the
//     filter) when these are not all; so there is one loop an operation, and not one a type and
//     nullability.
// A3  Rows are taken in their order: float sums have one canonical order of addition.
// A4  FIRST goes backwards over a block and stores where its count is still 0; the entry that
//     counts comes later in the program.
// A5  In min and max a NaN is greater than all numbers, as in PostgreSQL and DuckDB.
import {
  BLOCK,
  compactRows,
  compactValues,
  maskOf,
  rowOfPlace,
  wide,
  wideRows,
  widen,
} from './aggregate-block'
import { holdsMemory, offerBlock } from './aggregate-held'
import { addMoments } from './aggregate-moments'
import { addDecimal, lessI128 } from './int128'
import {
  DONE,
  ENTRIES,
  ENTRY_BYTES,
  ENTRY_COUNT_OFFSET,
  ENTRY_KIND,
  ENTRY_OFFSET,
  ENTRY_OP,
  ENTRY_VALUES,
  EXHAUSTED,
  FAILED,
  HEAP,
  KIND_128,
  OP_COUNT_TRUE,
  OP_FIRST_128,
  OP_FIRST_64,
  OP_LAST_128,
  OP_LAST_64,
  OP_MAX_F64,
  OP_MAX_I128,
  OP_MAX_I64,
  OP_MAX_U64,
  OP_MIN_F64,
  OP_MIN_I128,
  OP_MIN_I64,
  OP_MIN_U64,
  OP_MOMENTS_F64,
  OP_MOMENTS_I128,
  OP_MOMENTS_I64,
  OP_MOMENTS_U64,
  OP_SUM_F64,
  OP_SUM_I128,
  OP_SUM_I64,
  OP_SUM_U64,
  PROGRAM_HEADER,
} from './aggregate-program'

function add(rows: usize, offset: usize, count: usize): void {
  for (let j: usize = 0; j < count; j++) {
    const p = <usize>load<u32>(rows + (j << 2)) + offset
    store<u64>(p, load<u64>(p) + 1)
  }
}

function addMasked(rows: usize, offset: usize, mask: u64): void {
  for (; mask; mask &= mask - 1) {
    const p = <usize>load<u32>(rows + ((<usize>ctz<u64>(mask)) << 2)) + offset
    store<u64>(p, load<u64>(p) + 1)
  }
}

/** The sum kernels return the place in the block whose value overflows, else `count`. */
function sumI64(rows: usize, offset: usize, values: usize, count: usize): usize {
  for (let j: usize = 0; j < count; j++) {
    const p = <usize>load<u32>(rows + (j << 2)) + offset
    const a = load<i64>(p)
    const v = load<i64>(values + (j << 3))
    const sum = a + v
    if (((a ^ sum) & (v ^ sum)) < 0) return j
    store<i64>(p, sum)
  }
  return count
}

function sumU64(rows: usize, offset: usize, values: usize, count: usize): usize {
  for (let j: usize = 0; j < count; j++) {
    const p = <usize>load<u32>(rows + (j << 2)) + offset
    const a = load<u64>(p)
    const sum = a + load<u64>(values + (j << 3))
    // The result is an int64: it must not reach 2^63, and cannot pass 2^64 unseen.
    if (sum < a || <i64>sum < 0) return j
    store<u64>(p, sum)
  }
  return count
}

function sumF64(rows: usize, offset: usize, values: usize, count: usize): void {
  for (let j: usize = 0; j < count; j++) {
    const p = <usize>load<u32>(rows + (j << 2)) + offset
    store<f64>(p, load<f64>(p) + load<f64>(values + (j << 3)))
  }
}

function sumI128(rows: usize, offset: usize, values: usize, count: usize, kind: u32): usize {
  for (let j: usize = 0; j < count; j++) {
    const p = <usize>load<u32>(rows + (j << 2)) + offset
    const v = values + (j << (kind == KIND_128 ? 4 : 3))
    const low = load<u64>(v)
    const high = kind == KIND_128 ? load<i64>(v, 8) : <i64>low >> 63
    if (!addDecimal(p, low, high)) return j
  }
  return count
}

function minimum<T>(rows: usize, offset: usize, values: usize, count: usize): void {
  for (let j: usize = 0; j < count; j++) {
    const p = <usize>load<u32>(rows + (j << 2)) + offset
    const held = load<T>(p)
    const v = load<T>(values + (j << 3))
    store<T>(p, select<T>(v, held, isFloat<T>() ? v < held || held != held : v < held))
  }
}

function maximum<T>(rows: usize, offset: usize, values: usize, count: usize): void {
  for (let j: usize = 0; j < count; j++) {
    const p = <usize>load<u32>(rows + (j << 2)) + offset
    const held = load<T>(p)
    const v = load<T>(values + (j << 3))
    store<T>(p, select<T>(v, held, isFloat<T>() ? v > held || v != v : v > held))
  }
}

function extremeI128(rows: usize, offset: usize, values: usize, count: usize, op: u32): void {
  for (let j: usize = 0; j < count; j++) {
    const p = <usize>load<u32>(rows + (j << 2)) + offset
    const v = values + (j << 4)
    if (op == OP_MIN_I128 ? lessI128(v, p) : lessI128(p, v)) v128.store(p, v128.load(v))
  }
}

function first(entry: usize, rows: usize, values: usize, count: usize): void {
  const offset: usize = load<u32>(entry, ENTRY_OFFSET)
  const counter: usize = load<u32>(entry, ENTRY_COUNT_OFFSET)
  const isWide = load<u32>(entry, ENTRY_OP) == OP_FIRST_128
  while (count--) {
    const row: usize = load<u32>(rows + (count << 2))
    if (load<u64>(row + counter)) continue
    if (isWide) v128.store(row + offset, v128.load(values + (count << 4)))
    else store<u64>(row + offset, load<u64>(values + (count << 3)))
  }
}

function last(rows: usize, offset: usize, values: usize, count: usize, isWide: bool): void {
  for (let j: usize = 0; j < count; j++) {
    const p = <usize>load<u32>(rows + (j << 2)) + offset
    if (isWide) v128.store(p, v128.load(values + (j << 4)))
    else store<u64>(p, load<u64>(values + (j << 3)))
  }
}

/** One operation over values of 64 or 128 bits; returns the place that overflows, else `count`. */
function update(entry: usize, op: u32, rows: usize, values: usize, count: usize): usize {
  const offset: usize = load<u32>(entry, ENTRY_OFFSET)
  switch (op) {
    case OP_SUM_I64:
      return sumI64(rows, offset, values, count)
    case OP_SUM_U64:
      return sumU64(rows, offset, values, count)
    case OP_SUM_F64:
      sumF64(rows, offset, values, count)
      break
    case OP_SUM_I128:
      return sumI128(rows, offset, values, count, load<u32>(entry, ENTRY_KIND))
    case OP_MIN_I64:
      minimum<i64>(rows, offset, values, count)
      break
    case OP_MAX_I64:
      maximum<i64>(rows, offset, values, count)
      break
    case OP_MIN_U64:
      minimum<u64>(rows, offset, values, count)
      break
    case OP_MAX_U64:
      maximum<u64>(rows, offset, values, count)
      break
    case OP_MIN_F64:
      minimum<f64>(rows, offset, values, count)
      break
    case OP_MAX_F64:
      maximum<f64>(rows, offset, values, count)
      break
    case OP_MIN_I128:
    case OP_MAX_I128:
      extremeI128(rows, offset, values, count, op)
      break
    case OP_FIRST_64:
    case OP_FIRST_128:
      first(entry, rows, values, count)
      break
    case OP_LAST_64:
    case OP_LAST_128:
      last(rows, offset, values, count, op == OP_LAST_128)
      break
    case OP_MOMENTS_I64:
    case OP_MOMENTS_U64:
    case OP_MOMENTS_F64:
    case OP_MOMENTS_I128:
      addMoments(op, rows, offset, values, count)
      break
    default:
      unreachable()
  }
  return count
}

function updateBlock(heap: usize, entry: usize, rows: usize, at: usize, mask: u64, full: u64): u32 {
  const op = load<u32>(entry, ENTRY_OP)
  const offset: usize = load<u32>(entry, ENTRY_OFFSET)
  if (op <= OP_COUNT_TRUE) {
    if (op == OP_COUNT_TRUE) mask &= load<u64>(<usize>load<u32>(entry, ENTRY_VALUES) + (at >> 3))
    if (mask == full) add(rows, offset, <usize>popcnt<u64>(full))
    else addMasked(rows, offset, mask)
    return DONE
  }
  if (holdsMemory(op)) {
    const status = offerBlock(heap, entry, rows, at, mask)
    return status >= EXHAUSTED ? status : <u32>at + status
  }
  const kind = load<u32>(entry, ENTRY_KIND)
  const count = <usize>popcnt<u64>(full)
  let values = widen(kind, load<u32>(entry, ENTRY_VALUES), at, count)
  if (mask == full) {
    const place = update(entry, op, rows, values, count)
    return place < count ? <u32>(at + place) : DONE
  }
  compactValues(kind, values, mask)
  compactRows(rows, mask)
  const taken = <usize>popcnt<u64>(mask)
  const place = update(entry, op, wideRows, wide, taken)
  return place < taken ? <u32>at + rowOfPlace(mask, place) : DONE
}

/**
 * Runs a program over n rows. `rows` has a pointer to accumulators (u32) a row, `kept` (a bitmap,
 * or 0 for all) says which rows take part. Returns 0xffffffff when done, 0xfffffffe when memory is
 * exhausted, else a row whose sum overflows, with its entry's number in the program.
 */
export function aggregateUpdate(program: usize, rows: usize, kept: usize, n: u32): u32 {
  const heap: usize = load<u32>(program, HEAP)
  const entries = program + PROGRAM_HEADER
  const end = entries + <usize>load<u32>(program, ENTRIES) * ENTRY_BYTES
  for (let at: usize = 0; at < <usize>n; at += BLOCK) {
    const count = min<u32>(BLOCK, n - <u32>at)
    const full: u64 = <u64>-1 >> <u64>(BLOCK - count)
    for (let entry = entries; entry < end; entry += ENTRY_BYTES) {
      const mask = maskOf(entry, kept, at, full)
      if (!mask) continue
      const status = updateBlock(heap, entry, rows + (at << 2), at, mask, full)
      if (status != DONE) {
        store<u32>(program, <u32>((entry - entries) / ENTRY_BYTES), FAILED)
        return status
      }
    }
  }
  return DONE
}

/**
 * The row whose sum overflows, when compiled code (src/kernels/aggregate-code.ts) has added up a whole
 * block, from row `at` on, and saw that an entry's sum left its range: the block's sums are undone, which
 * wraps back exactly, and added again up to that row.
 */
export function aggregateOverflowRow(
  program: usize,
  index: u32,
  rows: usize,
  kept: usize,
  at: u32,
  n: u32,
): u32 {
  const entry = program + PROGRAM_HEADER + <usize>index * ENTRY_BYTES
  const kind = load<u32>(entry, ENTRY_KIND)
  const offset: usize = load<u32>(entry, ENTRY_OFFSET)
  const count = min<u32>(BLOCK, n - at)
  const mask = maskOf(entry, kept, at, <u64>-1 >> <u64>(BLOCK - count))
  compactValues(kind, widen(kind, load<u32>(entry, ENTRY_VALUES), at, count), mask)
  compactRows(rows + ((<usize>at) << 2), mask)
  const taken = <usize>popcnt<u64>(mask)
  for (let j: usize = 0; j < taken; j++) {
    const p = <usize>load<u32>(wideRows + (j << 2)) + offset
    store<i64>(p, load<i64>(p) - load<i64>(wide + (j << 3)))
  }
  return at + rowOfPlace(mask, update(entry, load<u32>(entry, ENTRY_OP), wideRows, wide, taken))
}
