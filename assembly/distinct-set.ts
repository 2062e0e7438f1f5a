// Sets of values in accumulators, for exact distinct counts: a list of the values as they came
// (value-list.ts), and once there are many an index of it by hash.
//
//   index   open addressing: hash u32, place u32 (0: empty; where the value is, and one)
//
// D1  Few values are compared one by one. An index has twice as many entries as values at least.
// D2  An entry's place follows from its hash by a multiplication, so that an index has any size.
// D3  The list says all: an index is made from it, after an import too.
// D4  The index of values of 8 bytes is another one: distinct-words.ts.
import { equalRuns } from './bytes'
import { indexWords, offerWord } from './distinct-words'
import { heapAllocate, heapFree } from './heap'
import {
  LIST_COUNT,
  LIST_INDEX,
  LIST_INDEX_SIZE,
  LIST_USED,
  LIST_VALUES,
  LIST_ZERO,
  listAppend,
  listRoom,
  listStep,
  roomFor,
} from './value-list'
import { hashOf128, hashOfRun } from './value-hash'

const FEW: u64 = 8
const INDEX_BYTES_MIN: u32 = 256

function hashOf(width: u32, p: usize, bytes: u32): u32 {
  return <u32>((width ? hashOf128(p) : hashOfRun(p, bytes)) >> 32)
}

/** True when the value in the list is this one. */
function holds(at: usize, width: u32, p: usize, bytes: u32): bool {
  if (width) return !v128.any_true(v128.xor(v128.load(at), v128.load(p)))
  return load<u32>(at) == bytes && equalRuns(at + 4, p, bytes)
}

/** The entry of a value, or the empty one that it would take. */
function entryOf(set: usize, hash: u32, width: u32, p: usize, bytes: u32): usize {
  const index: usize = load<u32>(set, LIST_INDEX)
  const size = load<u32>(set, LIST_INDEX_SIZE)
  const end = index + ((<usize>size) << 3)
  const values: usize = <usize>load<u32>(set, LIST_VALUES) - 1
  let entry = index + ((<usize>((<u64>hash * <u64>size) >> 32)) << 3)
  let place: usize = load<u32>(entry, 4)
  while (place && (load<u32>(entry) != hash || !holds(values + place, width, p, bytes))) {
    entry += 8
    if (entry == end) entry = index
    place = load<u32>(entry, 4)
  }
  return entry
}

/** Makes an index of so many values, or more; false when memory is exhausted. */
function reindex(heap: usize, set: usize, width: u32, count: u32): bool {
  if (width == 8) return indexWords(heap, set, count)
  const bytes = roomFor(max<u32>(INDEX_BYTES_MIN, count << 4))
  const fresh = bytes ? heapAllocate(heap, bytes) : 0
  if (!fresh) return false
  memory.fill(fresh, 0, bytes)
  const size = bytes >> 3
  const end = fresh + ((<usize>size) << 3)
  const values: usize = load<u32>(set, LIST_VALUES)
  const used = load<u32>(set, LIST_USED)
  for (let place: u32 = 0; place < used;) {
    const at = values + place
    const hash = hashOf(width, width ? at : at + 4, width ? width : load<u32>(at))
    let entry = fresh + ((<usize>((<u64>hash * <u64>size) >> 32)) << 3)
    while (load<u32>(entry, 4)) {
      entry += 8
      if (entry == end) entry = fresh
    }
    store<u32>(entry, hash)
    store<u32>(entry, place + 1, 4)
    place += listStep(width, at)
  }
  dropIndex(heap, set)
  store<u32>(set, <u32>fresh, LIST_INDEX)
  store<u32>(set, size, LIST_INDEX_SIZE)
  return true
}

/** Offers a value; false when memory is exhausted. Width 0 is texts and bytes. */
export function offerDistinct(heap: usize, set: usize, width: u32, p: usize, bytes: u32): bool {
  if (width == 8) return offerWord(heap, set, p)
  const count = load<u64>(set, LIST_COUNT)
  const isIndexed = load<u32>(set, LIST_INDEX) != 0
  if (!isIndexed && count < FEW) {
    let at: usize = load<u32>(set, LIST_VALUES)
    const end = at + <usize>load<u32>(set, LIST_USED)
    for (; at < end; at += listStep(width, at)) if (holds(at, width, p, bytes)) return true
    return listAppend(heap, set, width, p, bytes)
  }
  if (!isIndexed && !reindex(heap, set, width, (<u32>count) << 1)) return false
  const hash = hashOf(width, p, bytes)
  let entry = entryOf(set, hash, width, p, bytes)
  if (load<u32>(entry, 4)) return true
  if ((<u32>count + 1) << 1 > load<u32>(set, LIST_INDEX_SIZE)) {
    if (!reindex(heap, set, width, (<u32>count) << 1)) return false
    entry = entryOf(set, hash, width, p, bytes)
  }
  const place = load<u32>(set, LIST_USED)
  if (!listAppend(heap, set, width, p, bytes)) return false
  store<u32>(entry, hash)
  store<u32>(entry, place + 1, 4)
  return true
}

/** Adds the values of a set to another; false when memory is exhausted. */
export function mergeDistinct(heap: usize, from: usize, to: usize, width: u32): bool {
  let at: usize = load<u32>(from, LIST_VALUES)
  const used = load<u32>(from, LIST_USED)
  if (!used) return true
  if (!load<u32>(to, LIST_USED)) {
    const room = listRoom(heap, to, used)
    if (!room) return false
    memory.copy(room, at, used)
    store<u32>(to, used, LIST_USED)
    store<u64>(to, load<u64>(from, LIST_COUNT), LIST_COUNT)
    return !load<u32>(from, LIST_INDEX) || copyIndex(heap, from, to)
  }
  const end = at + used
  for (; at < end; at += listStep(width, at)) {
    const p = width ? at : at + 4
    if (!offerDistinct(heap, to, width, p, width ? width : load<u32>(at))) return false
  }
  return true
}

function copyIndex(heap: usize, from: usize, to: usize): bool {
  const size = load<u32>(from, LIST_INDEX_SIZE)
  const bytes = (<usize>size) << 3
  const fresh = heapAllocate(heap, bytes)
  if (!fresh) return false
  memory.copy(fresh, load<u32>(from, LIST_INDEX), bytes)
  store<u32>(to, <u32>fresh, LIST_INDEX)
  store<u32>(to, size, LIST_INDEX_SIZE)
  store<u32>(to, load<u32>(from, LIST_ZERO), LIST_ZERO)
  return true
}

/** Counts the values of a set that was read back, and makes its index. */
export function reviveDistinct(heap: usize, set: usize, width: u32): bool {
  let at: usize = load<u32>(set, LIST_VALUES)
  const end = at + <usize>load<u32>(set, LIST_USED)
  let count: u64 = 0
  for (; at < end; at += listStep(width, at)) count++
  store<u64>(set, count, LIST_COUNT)
  return count <= FEW || reindex(heap, set, width, <u32>count)
}

export function dropIndex(heap: usize, set: usize): void {
  const index: usize = load<u32>(set, LIST_INDEX)
  if (index) heapFree(heap, index, (<usize>load<u32>(set, LIST_INDEX_SIZE)) << 3)
  store<u32>(set, 0, LIST_INDEX)
  store<u32>(set, 0, LIST_INDEX_SIZE)
  store<u32>(set, 0, LIST_ZERO)
}
