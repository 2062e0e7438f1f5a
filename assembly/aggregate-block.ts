// A block's values and rows, made ready for the loops of aggregate.ts and aggregate-retract.ts.
//
// B1  Values are widened to 64 bits (floats to f64); what has 64 or 128 bits is read where it lies.
// B2  Where not all rows count, values and rows are moved together at the front of two buffers that
//     the next block overwrites.
import { isSet } from './key-kind'
import {
  ENTRY_FILTER,
  ENTRY_VALIDITY,
  KIND_128,
  KIND_64,
  KIND_BOOL,
  KIND_F32,
  KIND_I16,
  KIND_I32,
  KIND_I8,
  KIND_U16,
  KIND_U32,
  KIND_U8,
} from './aggregate-program'

export const BLOCK: u32 = 64
export const wide: usize = memory.data(64 * 16, 16)
export const wideRows: usize = memory.data(64 * 4, 16)

function widenBlock<T>(values: usize, at: usize, count: usize): void {
  values += at * sizeof<T>()
  for (let j: usize = 0; j < count; j++) {
    if (isFloat<T>()) store<f64>(wide + (j << 3), <f64>load<T>(values + j * sizeof<T>()))
    else store<i64>(wide + (j << 3), <i64>load<T>(values + j * sizeof<T>()))
  }
}

/** Where the block's values are, 8 (or 16) bytes each. */
export function widen(kind: u32, values: usize, at: usize, count: usize): usize {
  switch (kind) {
    case KIND_64:
      return values + (at << 3)
    case KIND_128:
      return values + (at << 4)
    case KIND_I32:
      widenBlock<i32>(values, at, count)
      break
    case KIND_U32:
      widenBlock<u32>(values, at, count)
      break
    case KIND_F32:
      widenBlock<f32>(values, at, count)
      break
    case KIND_I16:
      widenBlock<i16>(values, at, count)
      break
    case KIND_U16:
      widenBlock<u16>(values, at, count)
      break
    case KIND_I8:
      widenBlock<i8>(values, at, count)
      break
    case KIND_U8:
      widenBlock<u8>(values, at, count)
      break
    case KIND_BOOL:
      for (let j: usize = 0; j < count; j++) {
        store<u64>(wide + (j << 3), <u64>isSet(values, at + j))
      }
      break
    default:
      unreachable()
  }
  return wide
}

/** Moves the masked values to the front of `wide`, where they may lie already. */
export function compactValues(kind: u32, from: usize, mask: u64): void {
  let to = wide
  if (kind == KIND_128) {
    for (; mask; mask &= mask - 1, to += 16) {
      v128.store(to, v128.load(from + ((<usize>ctz<u64>(mask)) << 4)))
    }
  } else {
    for (; mask; mask &= mask - 1, to += 8) {
      store<u64>(to, load<u64>(from + ((<usize>ctz<u64>(mask)) << 3)))
    }
  }
}

export function compactRows(rows: usize, mask: u64): void {
  let to = wideRows
  for (; mask; mask &= mask - 1, to += 4) {
    store<u32>(to, load<u32>(rows + ((<usize>ctz<u64>(mask)) << 2)))
  }
}

/** The row of the block that is the place-th of the masked ones. */
export function rowOfPlace(mask: u64, place: usize): u32 {
  while (place--) mask &= mask - 1
  return <u32>ctz<u64>(mask)
}

/** The rows of the block at `at` that an entry takes: kept, valid and in the filter. */
export function maskOf(entry: usize, kept: usize, at: usize, full: u64): u64 {
  const validity: usize = load<u32>(entry, ENTRY_VALIDITY)
  const filter: usize = load<u32>(entry, ENTRY_FILTER)
  let mask = full
  if (kept) mask &= load<u64>(kept + (at >> 3))
  if (validity) mask &= load<u64>(validity + (at >> 3))
  if (filter) mask &= load<u64>(filter + (at >> 3))
  return mask
}
