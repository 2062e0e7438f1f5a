// Lists of values (value-list.ts) as columns: from a column of their bytes to offsets and items, and the
// accumulators that are such lists: all values in the order in which they came, or the greatest, sorted.
//
// VI1  A list of collected values has a limit, and a value beyond it is refused: nothing is left out unseen.
// VI2  Of the greatest, equals stay in their order, and a NaN is greater than all numbers.
import { lessValue } from './aggregate-arg'
import { ENTRY_ORDER, ENTRY_PARAMETER } from './aggregate-program'
import {
  LIST_CAPACITY,
  LIST_COUNT,
  LIST_USED,
  LIST_VALUES,
  listAppend,
  listRoom,
  listStep,
} from './value-list'

/** What becomes of a value. */
export const TAKEN: u32 = 0
export const NO_MEMORY: u32 = 1
export const REFUSED: u32 = 2

export function collectValue(
  entry: usize,
  heap: usize,
  list: usize,
  width: u32,
  p: usize,
  bytes: u32,
): u32 {
  if (load<u64>(list, LIST_COUNT) >= <u64>load<u32>(entry, ENTRY_PARAMETER)) return REFUSED
  return listAppend(heap, list, width, p, bytes) ? TAKEN : NO_MEMORY
}

/** collectValue() of 8 bytes: nearly always there is room. */
export function collectFixed(most: u64, heap: usize, list: usize, p: usize): u32 {
  const count = load<u64>(list, LIST_COUNT)
  if (count >= most) return REFUSED
  const used = load<u32>(list, LIST_USED)
  if (used + 8 > load<u32>(list, LIST_CAPACITY)) {
    return listAppend(heap, list, 8, p, 8) ? TAKEN : NO_MEMORY
  }
  store<u64>(<usize>load<u32>(list, LIST_VALUES) + used, load<u64>(p))
  store<u32>(list, used + 8, LIST_USED)
  store<u64>(list, count + 1, LIST_COUNT)
  return TAKEN
}

/** Whether a list of values of one width is full, and its last value is not less than this one. */
export function isBelowAll(order: u32, most: u64, list: usize, width: u32, p: usize): bool {
  const used = load<u32>(list, LIST_USED)
  if (!used || load<u64>(list, LIST_COUNT) < most) return false
  return !lessValue(order, <usize>load<u32>(list, LIST_VALUES) + used - width, 0, p, 0)
}

/** Puts a value among the greatest so far, when it is one of them. */
export function rankValue(
  entry: usize,
  heap: usize,
  list: usize,
  width: u32,
  p: usize,
  bytes: u32,
): u32 {
  const most = <u64>load<u32>(entry, ENTRY_PARAMETER)
  const count = load<u64>(list, LIST_COUNT)
  const order = load<u32>(entry, ENTRY_ORDER)
  const used = load<u32>(list, LIST_USED)
  const values: usize = load<u32>(list, LIST_VALUES)
  let place: u32 = 0
  while (place < used) {
    const at = values + place
    const step = listStep(width, at)
    if (lessValue(order, width ? at : at + 4, step - 4, p, bytes)) break
    place += step
  }
  if (place == used && count >= most) return TAKEN
  const size = width ? width : bytes + 4
  if (!listRoom(heap, list, size)) return NO_MEMORY
  const at = <usize>load<u32>(list, LIST_VALUES) + place
  memory.copy(at + size, at, used - place)
  if (width == 8) store<u64>(at, load<u64>(p))
  else if (width == 16) v128.store(at, v128.load(p))
  else {
    store<u32>(at, bytes)
    memory.copy(at + 4, p, bytes)
  }
  store<u32>(list, used + size, LIST_USED)
  store<u64>(list, count + 1, LIST_COUNT)
  if (count + 1 > most) dropLast(list, width, place)
  return TAKEN
}

/** The last value goes; from `place` on the list is looked through. */
function dropLast(list: usize, width: u32, place: u32): void {
  const values: usize = load<u32>(list, LIST_VALUES)
  const used = load<u32>(list, LIST_USED)
  let next = place + listStep(width, values + place)
  while (next < used) {
    place = next
    next = place + listStep(width, values + place)
  }
  store<u32>(list, place, LIST_USED)
  store<u64>(list, load<u64>(list, LIST_COUNT) - 1, LIST_COUNT)
}

/** Counts the values of a list that was read back. */
export function countValues(list: usize, width: u32): void {
  let at: usize = load<u32>(list, LIST_VALUES)
  const end = at + <usize>load<u32>(list, LIST_USED)
  let count: u64 = 0
  for (; at < end; at += listStep(width, at)) count++
  store<u64>(list, count, LIST_COUNT)
}

/** Writes the offsets (n + 1) of the items of n lists, whose bytes are a column; how many items. */
export function listItemOffsets(offsets: usize, data: usize, n: u32, width: u32, out: usize): u32 {
  let count: u32 = 0
  store<u32>(out, 0)
  for (let i: usize = 0; i < <usize>n; i++) {
    let at = data + <usize>load<u32>(offsets + (i << 2))
    const end = data + <usize>load<u32>(offsets + (i << 2), 4)
    for (; at < end; at += listStep(width, at)) count++
    store<u32>(out + (i << 2), count, 4)
  }
  return count
}

/** Writes a pointer (u32) to each item of the lists. */
export function listItemPointers(
  offsets: usize,
  data: usize,
  n: u32,
  width: u32,
  out: usize,
): void {
  let at = data + <usize>load<u32>(offsets)
  const end = data + <usize>load<u32>(offsets + ((<usize>n) << 2))
  for (; at < end; at += listStep(width, at), out += 4) store<u32>(out, <u32>at)
}

/** Writes the offsets (count + 1) of items that are texts or bytes; returns their sum. */
export function listTextOffsets(pointers: usize, count: u32, out: usize): u32 {
  let sum: u32 = 0
  store<u32>(out, 0)
  for (let i: usize = 0; i < <usize>count; i++) {
    sum += load<u32>(<usize>load<u32>(pointers + (i << 2)))
    store<u32>(out + (i << 2), sum, 4)
  }
  return sum
}

/** Writes the bytes of such items end to end. */
export function listTextData(pointers: usize, count: u32, out: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const item: usize = load<u32>(pointers + (i << 2))
    const bytes: usize = load<u32>(item)
    memory.copy(out, item + 4, bytes)
    out += bytes
  }
}
