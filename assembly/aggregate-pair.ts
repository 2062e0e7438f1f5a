// One row of accumulators into another, and its end: what aggregate-merge.ts does with many, and over.ts
// row by row.
import { dropHeld, holdsMemory, mergeHeld } from './aggregate-held'
import { mergeMoments } from './aggregate-moments'
import {
  DONE,
  ENTRIES,
  ENTRY_BYTES,
  ENTRY_COUNT_OFFSET,
  ENTRY_OFFSET,
  ENTRY_OP,
  FAILED,
  HEAP,
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
import { addDecimal, lessI128 } from './int128'

function mergeMinimum<T>(from: usize, to: usize): void {
  const a = load<T>(to)
  const b = load<T>(from)
  if (b < a || a != a) store<T>(to, b)
}

function mergeMaximum<T>(from: usize, to: usize): void {
  const a = load<T>(to)
  const b = load<T>(from)
  if (b > a || b != b) store<T>(to, b)
}

/** One entry from one accumulator to another; false when a sum overflows. */
export function mergeOne(op: u32, from: usize, to: usize, offset: usize, counter: usize): bool {
  const a = from + offset
  const b = to + offset
  switch (op) {
    case OP_SUM_I64: {
      const x = load<i64>(b)
      const y = load<i64>(a)
      const sum = x + y
      store<i64>(b, sum)
      return ((x ^ sum) & (y ^ sum)) >= 0
    }
    case OP_SUM_U64: {
      const sum = load<u64>(b) + load<u64>(a)
      store<u64>(b, sum)
      return <i64>sum >= 0
    }
    case OP_SUM_F64:
      store<f64>(b, load<f64>(b) + load<f64>(a))
      return true
    case OP_SUM_I128:
      return addDecimal(b, load<u64>(a), load<i64>(a, 8))
    case OP_MIN_I64:
      mergeMinimum<i64>(a, b)
      return true
    case OP_MAX_I64:
      mergeMaximum<i64>(a, b)
      return true
    case OP_MIN_U64:
      mergeMinimum<u64>(a, b)
      return true
    case OP_MAX_U64:
      mergeMaximum<u64>(a, b)
      return true
    case OP_MIN_F64:
      mergeMinimum<f64>(a, b)
      return true
    case OP_MAX_F64:
      mergeMaximum<f64>(a, b)
      return true
    case OP_MIN_I128:
      if (lessI128(a, b)) v128.store(b, v128.load(a))
      return true
    case OP_MAX_I128:
      if (lessI128(b, a)) v128.store(b, v128.load(a))
      return true
    case OP_FIRST_64:
      if (!load<u64>(to + counter)) store<u64>(b, load<u64>(a))
      return true
    case OP_FIRST_128:
      if (!load<u64>(to + counter)) v128.store(b, v128.load(a))
      return true
    case OP_LAST_64:
      if (load<u64>(from + counter)) store<u64>(b, load<u64>(a))
      return true
    case OP_LAST_128:
      if (load<u64>(from + counter)) v128.store(b, v128.load(a))
      return true
    case OP_MOMENTS_I64:
    case OP_MOMENTS_U64:
    case OP_MOMENTS_F64:
    case OP_MOMENTS_I128:
      mergeMoments(a, b)
      return true
    default:
      store<u64>(b, load<u64>(b) + load<u64>(a))
      return true
  }
}

/**
 * Merges one row of accumulators into another, which came before it. Returns DONE, EXHAUSTED, or 0 when a
 * sum overflows: the program says which.
 */
export function mergeRow(program: usize, from: usize, to: usize): u32 {
  const heap: usize = load<u32>(program, HEAP)
  const count = load<u32>(program, ENTRIES)
  let entry = program + PROGRAM_HEADER
  for (let e: u32 = 0; e < count; e++, entry += ENTRY_BYTES) {
    const op = load<u32>(entry, ENTRY_OP)
    const offset: usize = load<u32>(entry, ENTRY_OFFSET)
    if (holdsMemory(op)) {
      const status = mergeHeld(entry, heap, from + offset, to + offset)
      if (status == DONE) continue
      store<u32>(program, e, FAILED)
      return status
    } else if (!mergeOne(op, from, to, offset, load<u32>(entry, ENTRY_COUNT_OFFSET))) {
      store<u32>(program, e, FAILED)
      return 0
    }
  }
  return DONE
}

/** True when accumulators of the program hold memory outside their rows. */
export function holdsAny(program: usize): bool {
  const entries = program + PROGRAM_HEADER
  const end = entries + <usize>load<u32>(program, ENTRIES) * ENTRY_BYTES
  for (let entry = entries; entry < end; entry += ENTRY_BYTES) {
    if (holdsMemory(load<u32>(entry, ENTRY_OP))) return true
  }
  return false
}

/** Gives back what one row of accumulators holds outside itself. */
export function dropRow(program: usize, row: usize): void {
  const heap: usize = load<u32>(program, HEAP)
  const entries = program + PROGRAM_HEADER
  const end = entries + <usize>load<u32>(program, ENTRIES) * ENTRY_BYTES
  for (let entry = entries; entry < end; entry += ENTRY_BYTES) {
    if (!holdsMemory(load<u32>(entry, ENTRY_OP))) continue
    dropHeld(entry, heap, row + <usize>load<u32>(entry, ENTRY_OFFSET))
  }
}
