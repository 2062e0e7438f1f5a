// Accumulators that hold memory outside their row, whatever they are: offered values, merged, dropped.
// What each does is in its own file.
import { dropArg, mergeArg, offerArgs } from './aggregate-arg'
import { wide, widen } from './aggregate-block'
import { dropBytes, offerBytes } from './aggregate-bytes'
import {
  DONE,
  ENTRY_KIND,
  ENTRY_OFFSET,
  ENTRY_OFFSETS,
  ENTRY_OP,
  ENTRY_ORDER,
  ENTRY_PARAMETER,
  ENTRY_VALUES,
  EXHAUSTED,
  HEAP,
  KIND_128,
  KIND_BYTES,
  OP_APPROX_DISTINCT,
  OP_ARG_MAX,
  OP_ARG_MIN,
  OP_COLLECT,
  OP_DISTINCT_64,
  OP_DISTINCT_BYTES,
  OP_DISTINCT_F64,
  OP_LAST_BYTES,
  OP_MIN_BYTES,
  OP_MOMENTS_I64,
  OP_QUANTILE,
  OP_TOP_N,
  ORDER_F64,
} from './aggregate-program'
import { dropIndex, mergeDistinct, offerDistinct, reviveDistinct } from './distinct-set'
import { offerWords } from './distinct-words'
import { mergeSketch, sketchHash } from './hyper-log-log'
import { canonical64 } from './key-kind'
import { countQuantiles, floatAt, mergeQuantiles, sketchValue } from './quantile-sketch'
import { hashOf128, hashOf64, hashOfRun } from './value-hash'
import {
  NO_MEMORY,
  TAKEN,
  collectFixed,
  collectValue,
  countValues,
  isBelowAll,
  rankValue,
} from './value-items'
import { LIST_USED, LIST_VALUES, listStep } from './value-list'

/** True for the operations whose accumulators hold memory. */
export function holdsMemory(op: u32): bool {
  return op >= OP_MIN_BYTES && op < OP_MOMENTS_I64
}

/** Bytes of a value in a list; 0 for texts and bytes. */
function widthOf(entry: usize): u32 {
  const kind = load<u32>(entry, ENTRY_KIND)
  return kind == KIND_BYTES ? 0 : kind == KIND_128 ? 16 : 8
}

function isArg(op: u32): bool {
  return op == OP_ARG_MIN || op == OP_ARG_MAX
}

function hashOf(width: u32, p: usize, bytes: u32): u64 {
  if (width == 8) return hashOf64(load<u64>(p))
  return width ? hashOf128(p) : hashOfRun(p, bytes)
}

function memoryStatus(isDone: bool): u32 {
  return isDone ? TAKEN : NO_MEMORY
}

function offer(entry: usize, heap: usize, accumulator: usize, p: usize, bytes: u32): u32 {
  const op = load<u32>(entry, ENTRY_OP)
  if (op <= OP_LAST_BYTES) return memoryStatus(offerBytes(op, heap, accumulator, p, bytes))
  const width = widthOf(entry)
  switch (op) {
    case OP_COLLECT:
      return collectValue(entry, heap, accumulator, width, p, bytes)
    case OP_TOP_N:
      return rankValue(entry, heap, accumulator, width, p, bytes)
    case OP_APPROX_DISTINCT:
      return sketchHash(heap, accumulator, hashOf(width, p, bytes))
    case OP_QUANTILE:
      return sketchValue(heap, accumulator, floatAt(load<u32>(entry, ENTRY_ORDER), p))
    default:
      return memoryStatus(offerDistinct(heap, accumulator, width, p, bytes))
  }
}

/**
 * Offers the masked values of a block. Returns DONE, EXHAUSTED, or the row of the block whose value is
 * refused.
 */
export function offerBlock(heap: usize, entry: usize, rows: usize, at: usize, mask: u64): u32 {
  const op = load<u32>(entry, ENTRY_OP)
  if (isArg(op)) return offerArgs(heap, entry, rows, at, mask) ? DONE : EXHAUSTED
  const offset: usize = load<u32>(entry, ENTRY_OFFSET)
  const kind = load<u32>(entry, ENTRY_KIND)
  const data: usize = load<u32>(entry, ENTRY_VALUES)
  if (kind != KIND_BYTES) return offerFixed(op, heap, entry, rows, at, mask)
  const offsets = <usize>load<u32>(entry, ENTRY_OFFSETS) + (at << 2)
  for (; mask; mask &= mask - 1) {
    const j = <usize>ctz<u64>(mask)
    const start = load<u32>(offsets + (j << 2))
    const bytes = load<u32>(offsets + (j << 2), 4) - start
    const accumulator = <usize>load<u32>(rows + (j << 2)) + offset
    const status = offer(entry, heap, accumulator, data + start, bytes)
    if (status != TAKEN) return status == NO_MEMORY ? EXHAUSTED : <u32>j
  }
  return DONE
}

function offerFixed(op: u32, heap: usize, entry: usize, rows: usize, at: usize, mask: u64): u32 {
  const offset: usize = load<u32>(entry, ENTRY_OFFSET)
  const kind = load<u32>(entry, ENTRY_KIND)
  const count = <usize>(64 - clz<u64>(mask))
  let values = widen(kind, load<u32>(entry, ENTRY_VALUES), at, count)
  const isFloat = op == OP_APPROX_DISTINCT && load<u32>(entry, ENTRY_ORDER) == ORDER_F64
  if (op == OP_DISTINCT_F64 || isFloat) {
    for (let j: usize = 0; j < count; j++) {
      store<u64>(wide + (j << 3), canonical64(load<f64>(values + (j << 3))))
    }
    values = wide
  }
  if (kind != KIND_128 && (op == OP_DISTINCT_64 || op == OP_DISTINCT_F64)) {
    return offerWords(heap, rows, offset, values, mask) ? DONE : EXHAUSTED
  }
  if (kind != KIND_128 && op >= OP_COLLECT) return offerListed(op, heap, entry, rows, values, mask)
  const shift: usize = kind == KIND_128 ? 4 : 3
  for (; mask; mask &= mask - 1) {
    const j = <usize>ctz<u64>(mask)
    const accumulator = <usize>load<u32>(rows + (j << 2)) + offset
    const status = offer(entry, heap, accumulator, values + (j << shift), 8)
    if (status != TAKEN) return status == NO_MEMORY ? EXHAUSTED : <u32>j
  }
  return DONE
}

/** offer() of values of 8 bytes to lists and sketches: what an entry says is read once a block. */
function offerListed(
  op: u32,
  heap: usize,
  entry: usize,
  rows: usize,
  values: usize,
  mask: u64,
): u32 {
  const offset: usize = load<u32>(entry, ENTRY_OFFSET)
  const order = load<u32>(entry, ENTRY_ORDER)
  const most = <u64>load<u32>(entry, ENTRY_PARAMETER)
  for (; mask; mask &= mask - 1) {
    const j = <usize>ctz<u64>(mask)
    const accumulator = <usize>load<u32>(rows + (j << 2)) + offset
    const p = values + (j << 3)
    let status = TAKEN
    if (op == OP_COLLECT) status = collectFixed(most, heap, accumulator, p)
    else if (op == OP_QUANTILE) status = sketchValue(heap, accumulator, floatAt(order, p))
    else if (op == OP_APPROX_DISTINCT) {
      status = sketchHash(heap, accumulator, hashOf64(load<u64>(p)))
    } else if (!isBelowAll(order, most, accumulator, 8, p)) {
      status = rankValue(entry, heap, accumulator, 8, p, 8)
    }
    if (status != TAKEN) return status == NO_MEMORY ? EXHAUSTED : <u32>j
  }
  return DONE
}

/**
 * One accumulator into another, which came before it. Returns DONE, EXHAUSTED, or 0 when a value is
 * refused.
 */
export function mergeHeld(entry: usize, heap: usize, from: usize, to: usize): u32 {
  const op = load<u32>(entry, ENTRY_OP)
  let isDone: bool = true
  if (op <= OP_LAST_BYTES) {
    const held: usize = load<u32>(from)
    isDone = !held || offerBytes(op, heap, to, held, load<u32>(from, 4))
  } else if (isArg(op)) isDone = mergeArg(entry, heap, from, to)
  else if (op == OP_APPROX_DISTINCT) isDone = mergeSketch(heap, from, to) == TAKEN
  else if (op == OP_QUANTILE) isDone = mergeQuantiles(heap, from, to) == TAKEN
  else if (op <= OP_DISTINCT_BYTES) isDone = mergeDistinct(heap, from, to, widthOf(entry))
  else return mergeValues(entry, heap, from, to)
  return isDone ? DONE : EXHAUSTED
}

function mergeValues(entry: usize, heap: usize, from: usize, to: usize): u32 {
  const width = widthOf(entry)
  let at: usize = load<u32>(from, LIST_VALUES)
  const end = at + <usize>load<u32>(from, LIST_USED)
  for (; at < end; at += listStep(width, at)) {
    const status = offer(entry, heap, to, width ? at : at + 4, width ? width : load<u32>(at))
    if (status != TAKEN) return status == NO_MEMORY ? EXHAUSTED : 0
  }
  return DONE
}

/** Gives back what an accumulator holds. */
export function dropHeld(entry: usize, heap: usize, accumulator: usize): void {
  const op = load<u32>(entry, ENTRY_OP)
  if (isArg(op)) {
    dropArg(entry, heap, accumulator)
    return
  }
  dropBytes(heap, accumulator)
  if (op >= OP_DISTINCT_64 && op <= OP_DISTINCT_BYTES) dropIndex(heap, accumulator)
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
    if (op <= OP_DISTINCT_BYTES) {
      if (!reviveDistinct(heap, accumulator, widthOf(entry))) return false
    } else if (op == OP_QUANTILE) countQuantiles(accumulator)
    else if (op != OP_APPROX_DISTINCT) countValues(accumulator, widthOf(entry))
  }
  return true
}
