// Accumulators into accumulators: what a sliding window does with its slices, and the end of a
// slice.
import { dropBytes, holdsBytes, offerBytes } from './aggregate-bytes'
import {
  DONE,
  ENTRIES,
  ENTRY_BYTES,
  ENTRY_COUNT_OFFSET,
  ENTRY_OFFSET,
  ENTRY_OP,
  EXHAUSTED,
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
  OP_SUM_F64,
  OP_SUM_I128,
  OP_SUM_I64,
  OP_SUM_U64,
  PROGRAM_HEADER,
} from './aggregate-program'
import { addDecimal, lessI128 } from './int128'

const BLOCK: usize = 64

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
function mergeOne(op: u32, from: usize, to: usize, offset: usize, counter: usize): bool {
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
    default:
      store<u64>(b, load<u64>(b) + load<u64>(a))
      return true
  }
}

/**
 * Merges n accumulator rows into n others (pointers, u32 each); `from` comes after `to` in the
 * order of rows. Returns as aggregateUpdate() does, with the row that overflows among the n.
 */
export function aggregateMerge(program: usize, from: usize, to: usize, n: u32): u32 {
  const heap: usize = load<u32>(program, HEAP)
  const entries = program + PROGRAM_HEADER
  const count = load<u32>(program, ENTRIES)
  // Entry by entry over a block, so that the operation's branch is one the processor has just
  // taken.
  for (let at: usize = 0; at < <usize>n; at += BLOCK) {
    const end = min<usize>(at + BLOCK, n)
    for (let e: u32 = 0; e < count; e++) {
      const entry = entries + <usize>e * ENTRY_BYTES
      const op = load<u32>(entry, ENTRY_OP)
      const offset: usize = load<u32>(entry, ENTRY_OFFSET)
      const counter: usize = load<u32>(entry, ENTRY_COUNT_OFFSET)
      for (let i = at; i < end; i++) {
        const a: usize = load<u32>(from + (i << 2))
        const b: usize = load<u32>(to + (i << 2))
        if (holdsBytes(op)) {
          const held: usize = load<u32>(a + offset)
          const bytes = load<u32>(a + offset, 4)
          if (held && !offerBytes(op, heap, b + offset, held, bytes)) return EXHAUSTED
        } else if (!mergeOne(op, a, b, offset, counter)) {
          store<u32>(program, e, FAILED)
          return <u32>i
        }
      }
    }
  }
  return DONE
}

/** Gives back what n accumulator rows hold outside themselves. */
export function aggregateRelease(program: usize, rows: usize, n: u32): void {
  const heap: usize = load<u32>(program, HEAP)
  const entries = program + PROGRAM_HEADER
  const end = entries + <usize>load<u32>(program, ENTRIES) * ENTRY_BYTES
  for (let entry = entries; entry < end; entry += ENTRY_BYTES) {
    if (!holdsBytes(load<u32>(entry, ENTRY_OP))) continue
    const offset: usize = load<u32>(entry, ENTRY_OFFSET)
    for (let i: usize = 0; i < <usize>n; i++) {
      dropBytes(heap, <usize>load<u32>(rows + (i << 2)) + offset)
    }
  }
}
