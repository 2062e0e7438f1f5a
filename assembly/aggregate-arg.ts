// argMin and argMax: the value of one column in the row where another is least, or greatest.
//
//   accumulator   value 16 B | by 16 B | count u64 (0 or 1: whether there is a row)
//
// G1  Fixed widths lie in the accumulator, widened to 64 bits or 128 wide; of texts and bytes there is an
//     accumulator of bytes (aggregate-bytes.ts) in their place.
// G2  Of equals the first row stays. A NaN is greater than all numbers.
import { wide, widen } from './aggregate-block'
import { dropBytes, keepBytes } from './aggregate-bytes'
import {
  ENTRY_BY_KIND,
  ENTRY_BY_OFFSETS,
  ENTRY_BY_VALUES,
  ENTRY_KIND,
  ENTRY_OFFSET,
  ENTRY_OFFSETS,
  ENTRY_OP,
  ENTRY_ORDER,
  ENTRY_VALUES,
  KIND_128,
  KIND_BYTES,
  OP_ARG_MIN,
  ORDER_F64,
  ORDER_I128,
  ORDER_I64,
  ORDER_U64,
} from './aggregate-program'
import { compareRuns } from './bytes'
import { lessI128 } from './int128'

const BY: usize = 16
const HAS: usize = 32

const second: usize = memory.data(64 * 8, 16)

/** True when a value of an order comes before another. */
export function lessValue(order: u32, a: usize, aBytes: u32, b: usize, bBytes: u32): bool {
  switch (order) {
    case ORDER_I64:
      return load<i64>(a) < load<i64>(b)
    case ORDER_U64:
      return load<u64>(a) < load<u64>(b)
    case ORDER_F64: {
      const x = load<f64>(a)
      const y = load<f64>(b)
      return x < y || (y != y && x == x)
    }
    case ORDER_I128:
      return lessI128(a, b)
    default:
      return compareRuns(a, aBytes, b, bBytes) < 0
  }
}

/** Keeps a value of a kind where an accumulator has its place; false when memory is exhausted. */
function keep(kind: u32, heap: usize, to: usize, p: usize, bytes: u32): bool {
  if (kind == KIND_BYTES) return keepBytes(heap, to, p, bytes)
  if (kind == KIND_128) v128.store(to, v128.load(p))
  else store<u64>(to, load<u64>(p))
  return true
}

function offer(
  entry: usize,
  heap: usize,
  to: usize,
  by: usize,
  byBytes: u32,
  value: usize,
  bytes: u32,
): bool {
  const byKind = load<u32>(entry, ENTRY_BY_KIND)
  if (load<u64>(to, HAS)) {
    const isBytes = byKind == KIND_BYTES
    const held = isBytes ? <usize>load<u32>(to, BY) : to + BY
    const heldBytes = isBytes ? load<u32>(to, BY + 4) : 0
    const order = load<u32>(entry, ENTRY_ORDER)
    const isBetter =
      load<u32>(entry, ENTRY_OP) == OP_ARG_MIN
        ? lessValue(order, by, byBytes, held, heldBytes)
        : lessValue(order, held, heldBytes, by, byBytes)
    if (!isBetter) return true
  }
  if (!keep(byKind, heap, to + BY, by, byBytes)) return false
  if (!keep(load<u32>(entry, ENTRY_KIND), heap, to, value, bytes)) return false
  store<u64>(to, 1, HAS)
  return true
}

function isWord(kind: u32): bool {
  return kind != KIND_128 && kind != KIND_BYTES
}

function shiftOf(kind: u32): usize {
  return kind == KIND_128 ? 4 : 3
}

function less<T>(x: T, y: T): bool {
  if (!isFloat<T>()) return x < y
  return x < y || (y != y && x == x)
}

/** Offers the masked rows of a block, where both columns are of 8 bytes. */
function offerWords<T>(
  isMin: bool,
  rows: usize,
  offset: usize,
  values: usize,
  bys: usize,
  mask: u64,
): void {
  for (; mask; mask &= mask - 1) {
    const j = <usize>ctz<u64>(mask)
    const to = <usize>load<u32>(rows + (j << 2)) + offset
    const by = load<T>(bys + (j << 3))
    if (load<u64>(to, HAS)) {
      const held = load<T>(to, BY)
      if (!(isMin ? less<T>(by, held) : less<T>(held, by))) continue
    } else store<u64>(to, 1, HAS)
    store<T>(to, by, BY)
    store<u64>(to, load<u64>(values + (j << 3)))
  }
}

/** Offers the masked rows of a block; false when memory is exhausted. */
export function offerArgs(heap: usize, entry: usize, rows: usize, at: usize, mask: u64): bool {
  const offset: usize = load<u32>(entry, ENTRY_OFFSET)
  const kind = load<u32>(entry, ENTRY_KIND)
  const byKind = load<u32>(entry, ENTRY_BY_KIND)
  const count = <usize>(64 - clz<u64>(mask))
  const ends = <usize>load<u32>(entry, ENTRY_OFFSETS) + (at << 2)
  const byEnds = <usize>load<u32>(entry, ENTRY_BY_OFFSETS) + (at << 2)
  let values: usize = load<u32>(entry, ENTRY_VALUES)
  let bys: usize = load<u32>(entry, ENTRY_BY_VALUES)
  if (kind != KIND_BYTES) {
    values = widen(kind, values, at, count)
    // The other column may be widened, too.
    if (values == wide) {
      memory.copy(second, wide, count << 3)
      values = second
    }
  }
  if (byKind != KIND_BYTES) bys = widen(byKind, bys, at, count)
  if (isWord(kind) && isWord(byKind)) {
    const isMin = load<u32>(entry, ENTRY_OP) == OP_ARG_MIN
    const order = load<u32>(entry, ENTRY_ORDER)
    if (order == ORDER_F64) offerWords<f64>(isMin, rows, offset, values, bys, mask)
    else if (order == ORDER_U64) offerWords<u64>(isMin, rows, offset, values, bys, mask)
    else offerWords<i64>(isMin, rows, offset, values, bys, mask)
    return true
  }
  for (; mask; mask &= mask - 1) {
    const j = <usize>ctz<u64>(mask)
    let value = values + (j << shiftOf(kind))
    let by = bys + (j << shiftOf(byKind))
    let bytes: u32 = 0
    let byBytes: u32 = 0
    if (kind == KIND_BYTES) {
      const start = load<u32>(ends + (j << 2))
      value = values + start
      bytes = load<u32>(ends + (j << 2), 4) - start
    }
    if (byKind == KIND_BYTES) {
      const start = load<u32>(byEnds + (j << 2))
      by = bys + start
      byBytes = load<u32>(byEnds + (j << 2), 4) - start
    }
    const to = <usize>load<u32>(rows + (j << 2)) + offset
    if (!offer(entry, heap, to, by, byBytes, value, bytes)) return false
  }
  return true
}

/** One accumulator into another, which came before it; false when memory is exhausted. */
export function mergeArg(entry: usize, heap: usize, from: usize, to: usize): bool {
  if (!load<u64>(from, HAS)) return true
  const isBytes = load<u32>(entry, ENTRY_KIND) == KIND_BYTES
  const isByBytes = load<u32>(entry, ENTRY_BY_KIND) == KIND_BYTES
  const value = isBytes ? <usize>load<u32>(from) : from
  const by = isByBytes ? <usize>load<u32>(from, BY) : from + BY
  return offer(entry, heap, to, by, load<u32>(from, BY + 4), value, load<u32>(from, 4))
}

/** Gives back what an accumulator holds. */
export function dropArg(entry: usize, heap: usize, accumulator: usize): void {
  if (load<u32>(entry, ENTRY_KIND) == KIND_BYTES) dropBytes(heap, accumulator)
  if (load<u32>(entry, ENTRY_BY_KIND) == KIND_BYTES) dropBytes(heap, accumulator + BY)
}
