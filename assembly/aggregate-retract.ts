// Rows taken back from accumulators: what an updating stream does with the earlier half of a change.
// Counts, sums and moments know how; src/operators/aggregation.ts refuses the others before it comes here.
//
// R1  The caller adds a batch's rows before it takes others back, so that a row that comes and goes in
//     one batch was there.
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
import { removeMoments } from './aggregate-moments'
import {
  DONE,
  ENTRIES,
  ENTRY_BYTES,
  ENTRY_KIND,
  ENTRY_OFFSET,
  ENTRY_OP,
  ENTRY_VALUES,
  FAILED,
  KIND_128,
  OP_COUNT_TRUE,
  OP_MOMENTS_I64,
  OP_SUM_F64,
  OP_SUM_I128,
  OP_SUM_I64,
  OP_SUM_U64,
  PROGRAM_HEADER,
} from './aggregate-program'
import { addDecimal } from './int128'

function subtract(rows: usize, offset: usize, count: usize): void {
  for (let j: usize = 0; j < count; j++) {
    const p = <usize>load<u32>(rows + (j << 2)) + offset
    store<u64>(p, load<u64>(p) - 1)
  }
}

function subtractMasked(rows: usize, offset: usize, mask: u64): void {
  for (; mask; mask &= mask - 1) {
    const p = <usize>load<u32>(rows + ((<usize>ctz<u64>(mask)) << 2)) + offset
    store<u64>(p, load<u64>(p) - 1)
  }
}

function retractI64(p: usize, v: i64): bool {
  const a = load<i64>(p)
  const rest = a - v
  store<i64>(p, rest)
  return ((a ^ v) & (a ^ rest)) >= 0
}

function retractU64(p: usize, v: u64): bool {
  const a = load<u64>(p)
  store<u64>(p, a - v)
  return v <= a
}

function retractI128(p: usize, v: usize, kind: u32): bool {
  const low = load<u64>(v)
  const high = kind == KIND_128 ? load<i64>(v, 8) : <i64>low >> 63
  return addDecimal(p, 0 - low, ~high + <i64>(low == 0))
}

/** Takes values back; returns the place that leaves the type's range, else `count`. */
function retract(
  op: u32,
  kind: u32,
  rows: usize,
  offset: usize,
  values: usize,
  count: usize,
): usize {
  if (op == OP_SUM_F64) {
    for (let j: usize = 0; j < count; j++) {
      const p = <usize>load<u32>(rows + (j << 2)) + offset
      store<f64>(p, load<f64>(p) - load<f64>(values + (j << 3)))
    }
    return count
  }
  for (let j: usize = 0; j < count; j++) {
    const p = <usize>load<u32>(rows + (j << 2)) + offset
    const v = values + (j << (kind == KIND_128 ? 4 : 3))
    let isIn: bool = true
    switch (op) {
      case OP_SUM_I64:
        isIn = retractI64(p, load<i64>(v))
        break
      case OP_SUM_U64:
        isIn = retractU64(p, load<u64>(v))
        break
      case OP_SUM_I128:
        isIn = retractI128(p, v, kind)
        break
      default:
        unreachable()
    }
    if (!isIn) return j
  }
  return count
}

/** Rows of any operation but counts, side by side; the place that cannot go, else `count`. */
function remove(
  op: u32,
  kind: u32,
  rows: usize,
  offset: usize,
  values: usize,
  count: usize,
): usize {
  return op >= OP_MOMENTS_I64
    ? removeMoments(op, rows, offset, values, count)
    : retract(op, kind, rows, offset, values, count)
}

function retractBlock(entry: usize, rows: usize, at: usize, mask: u64, full: u64): u32 {
  const op = load<u32>(entry, ENTRY_OP)
  const offset: usize = load<u32>(entry, ENTRY_OFFSET)
  if (op <= OP_COUNT_TRUE) {
    if (op == OP_COUNT_TRUE) mask &= load<u64>(<usize>load<u32>(entry, ENTRY_VALUES) + (at >> 3))
    if (mask == full) subtract(rows, offset, <usize>popcnt<u64>(full))
    else subtractMasked(rows, offset, mask)
    return DONE
  }
  const kind = load<u32>(entry, ENTRY_KIND)
  const count = <usize>popcnt<u64>(full)
  const values = widen(kind, load<u32>(entry, ENTRY_VALUES), at, count)
  if (mask == full) {
    const place = remove(op, kind, rows, offset, values, count)
    return place < count ? <u32>(at + place) : DONE
  }
  compactValues(kind, values, mask)
  compactRows(rows, mask)
  const taken = <usize>popcnt<u64>(mask)
  const place = remove(op, kind, wideRows, offset, wide, taken)
  return place < taken ? <u32>at + rowOfPlace(mask, place) : DONE
}

/** Takes n rows back from accumulators; arguments and result as of aggregateUpdate(). */
export function aggregateRetract(program: usize, rows: usize, kept: usize, n: u32): u32 {
  const entries = program + PROGRAM_HEADER
  const end = entries + <usize>load<u32>(program, ENTRIES) * ENTRY_BYTES
  for (let at: usize = 0; at < <usize>n; at += BLOCK) {
    const count = min<u32>(BLOCK, n - <u32>at)
    const full: u64 = <u64>-1 >> <u64>(BLOCK - count)
    for (let entry = entries; entry < end; entry += ENTRY_BYTES) {
      const mask = maskOf(entry, kept, at, full)
      if (!mask) continue
      const status = retractBlock(entry, rows + (at << 2), at, mask, full)
      if (status != DONE) {
        store<u32>(program, <u32>((entry - entries) / ENTRY_BYTES), FAILED)
        return status
      }
    }
  }
  return DONE
}
