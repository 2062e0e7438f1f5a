// Accumulators that hold memory outside their row, whatever they are: offered values, merged, dropped.
// What each does is in its own file.
import { dropArg, mergeArg, offerArgs } from './aggregate-arg'
import { dropBytes, offerBytes } from './aggregate-bytes'
import { wide, widen } from './aggregate-block'
import {
  ENTRY_KIND,
  ENTRY_OFFSET,
  ENTRY_OFFSETS,
  ENTRY_OP,
  ENTRY_VALUES,
  HEAP,
  OP_ARG_MIN,
  OP_DISTINCT_128,
  OP_DISTINCT_64,
  OP_DISTINCT_BYTES,
  OP_DISTINCT_F64,
  OP_LAST_BYTES,
  OP_MIN_BYTES,
  OP_MOMENTS_I64,
} from './aggregate-program'
import { dropIndex, mergeDistinct, offerDistinct, reviveDistinct } from './distinct-set'
import { canonical64 } from './key-kind'

/** True for the operations whose accumulators hold memory. */
export function holdsMemory(op: u32): bool {
  return op >= OP_MIN_BYTES && op < OP_MOMENTS_I64
}

/** Bytes of a value in a list; 0 for texts and bytes. */
function widthOf(op: u32): u32 {
  return op == OP_DISTINCT_BYTES ? 0 : op == OP_DISTINCT_128 ? 16 : 8
}

function offer(op: u32, heap: usize, accumulator: usize, p: usize, bytes: u32): bool {
  if (op <= OP_LAST_BYTES) return offerBytes(op, heap, accumulator, p, bytes)
  return offerDistinct(heap, accumulator, widthOf(op), p, bytes)
}

/** Offers the masked values of a block; false when memory is exhausted. */
export function offerBlock(heap: usize, entry: usize, rows: usize, at: usize, mask: u64): bool {
  const op = load<u32>(entry, ENTRY_OP)
  if (op >= OP_ARG_MIN) return offerArgs(heap, entry, rows, at, mask)
  const offset: usize = load<u32>(entry, ENTRY_OFFSET)
  if (op <= OP_LAST_BYTES || op == OP_DISTINCT_BYTES) {
    const data: usize = load<u32>(entry, ENTRY_VALUES)
    const offsets = <usize>load<u32>(entry, ENTRY_OFFSETS) + (at << 2)
    for (; mask; mask &= mask - 1) {
      const j = (<usize>ctz<u64>(mask)) << 2
      const start = load<u32>(offsets + j)
      const bytes = load<u32>(offsets + j, 4) - start
      const accumulator = <usize>load<u32>(rows + j) + offset
      if (!offer(op, heap, accumulator, data + start, bytes)) return false
    }
    return true
  }
  return offerFixed(op, heap, entry, rows, at, mask)
}

function offerFixed(op: u32, heap: usize, entry: usize, rows: usize, at: usize, mask: u64): bool {
  const offset: usize = load<u32>(entry, ENTRY_OFFSET)
  const width = widthOf(op)
  const shift: usize = width == 16 ? 4 : 3
  const count = <usize>(64 - clz<u64>(mask))
  const values = widen(load<u32>(entry, ENTRY_KIND), load<u32>(entry, ENTRY_VALUES), at, count)
  if (op == OP_DISTINCT_F64) {
    for (let j: usize = 0; j < count; j++) {
      store<u64>(wide + (j << 3), canonical64(load<f64>(values + (j << 3))))
    }
    return offerValues(op, heap, rows, offset, wide, shift, mask)
  }
  return offerValues(op, heap, rows, offset, values, shift, mask)
}

function offerValues(
  op: u32,
  heap: usize,
  rows: usize,
  offset: usize,
  values: usize,
  shift: usize,
  mask: u64,
): bool {
  const width: u32 = 1 << (<u32>shift)
  for (; mask; mask &= mask - 1) {
    const j = <usize>ctz<u64>(mask)
    const accumulator = <usize>load<u32>(rows + (j << 2)) + offset
    if (!offer(op, heap, accumulator, values + (j << shift), width)) return false
  }
  return true
}

/** One accumulator into another, which came before it; false when memory is exhausted. */
export function mergeHeld(entry: usize, heap: usize, from: usize, to: usize): bool {
  const op = load<u32>(entry, ENTRY_OP)
  if (op <= OP_LAST_BYTES) {
    const held: usize = load<u32>(from)
    return !held || offerBytes(op, heap, to, held, load<u32>(from, 4))
  }
  if (op >= OP_ARG_MIN) return mergeArg(entry, heap, from, to)
  return mergeDistinct(heap, from, to, widthOf(op))
}

/** Gives back what an accumulator holds. */
export function dropHeld(entry: usize, heap: usize, accumulator: usize): void {
  const op = load<u32>(entry, ENTRY_OP)
  if (op >= OP_ARG_MIN) {
    dropArg(entry, heap, accumulator)
    return
  }
  dropBytes(heap, accumulator)
  if (op >= OP_DISTINCT_64) dropIndex(heap, accumulator)
}

/**
 * Makes accumulators whole whose lists were read back by aggregateSetBytes(). Returns false when memory is
 * exhausted.
 */
export function aggregateRevive(program: usize, entry: usize, rows: usize, n: u32): bool {
  const heap: usize = load<u32>(program, HEAP)
  const op = load<u32>(entry, ENTRY_OP)
  const offset: usize = load<u32>(entry, ENTRY_OFFSET)
  for (let i: usize = 0; i < <usize>n; i++) {
    const accumulator = <usize>load<u32>(rows + (i << 2)) + offset
    if (!reviveDistinct(heap, accumulator, widthOf(op))) return false
  }
  return true
}
