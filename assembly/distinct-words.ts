// Sets of values of 8 bytes (distinct-set.ts): the index has the values themselves, so that one that is known
// costs a look at one place, and not at the list, too.
//
//   index   open addressing: the value u64; 0 is empty, so that the set says of zero itself whether it has it
//
// W1  At most two thirds of an index are taken.
// W2  A block's places are touched before they are looked at, so that misses overlap.
import { heapAllocate, heapFree } from './heap'
import { hashOf64 } from './value-hash'
import {
  LIST_COUNT,
  LIST_INDEX,
  LIST_INDEX_SIZE,
  LIST_USED,
  LIST_VALUES,
  LIST_ZERO,
  listAppend,
  roomFor,
} from './value-list'

const FEW: u32 = 8
const INDEX_BYTES_MIN: u32 = 256

const blockHashes: usize = memory.data(64 * 4, 16)
/** Keeps the loads of a touch from being dropped. */
const touched: usize = memory.data(4, 4)

function hashOf(word: u64): u32 {
  return <u32>(hashOf64(word) >> 32)
}

/** The offset of a hash's place in an index of so many. */
function placeOf(hash: u32, size: u32): usize {
  return (<usize>((<u64>hash * <u64>size) >> 32)) << 3
}

/** The place of a value that is not 0, or the empty one that it would take. */
function entryOf(index: usize, size: u32, hash: u32, word: u64): usize {
  const end = index + ((<usize>size) << 3)
  let entry = index + placeOf(hash, size)
  let held = load<u64>(entry)
  while (held && held != word) {
    entry += 8
    if (entry == end) entry = index
    held = load<u64>(entry)
  }
  return entry
}

/** Makes the index of what is in the list, with room for so many; false when memory is exhausted. */
export function indexWords(heap: usize, set: usize, count: u32): bool {
  const bytes = roomFor(max<u32>(INDEX_BYTES_MIN, count << 4))
  const fresh = bytes ? heapAllocate(heap, bytes) : 0
  if (!fresh) return false
  memory.fill(fresh, 0, bytes)
  const size = bytes >> 3
  let at: usize = load<u32>(set, LIST_VALUES)
  for (const end = at + <usize>load<u32>(set, LIST_USED); at < end; at += 8) {
    const word = load<u64>(at)
    if (word) store<u64>(entryOf(fresh, size, hashOf(word), word), word)
    else store<u32>(set, 1, LIST_ZERO)
  }
  const old: usize = load<u32>(set, LIST_INDEX)
  if (old) heapFree(heap, old, (<usize>load<u32>(set, LIST_INDEX_SIZE)) << 3)
  store<u32>(set, <u32>fresh, LIST_INDEX)
  store<u32>(set, size, LIST_INDEX_SIZE)
  return true
}

/** Offers one of few values: they are compared one by one. */
function offerFew(heap: usize, set: usize, p: usize, word: u64): bool {
  let at: usize = load<u32>(set, LIST_VALUES)
  const end = at + <usize>load<u32>(set, LIST_USED)
  for (; at < end; at += 8) if (load<u64>(at) == word) return true
  return listAppend(heap, set, 8, p, 8)
}

function offerHashed(heap: usize, set: usize, p: usize, hash: u32): bool {
  const word = load<u64>(p)
  const count = load<u32>(set, LIST_COUNT)
  if (!load<u32>(set, LIST_INDEX)) {
    if (count < FEW) return offerFew(heap, set, p, word)
    if (!indexWords(heap, set, count << 1)) return false
  }
  if (!word) {
    if (load<u32>(set, LIST_ZERO)) return true
    store<u32>(set, 1, LIST_ZERO)
    return listAppend(heap, set, 8, p, 8)
  }
  const size = load<u32>(set, LIST_INDEX_SIZE)
  let entry = entryOf(load<u32>(set, LIST_INDEX), size, hash, word)
  if (load<u64>(entry)) return true
  if ((count + 1) * 3 > size << 1) {
    if (!indexWords(heap, set, size)) return false
    entry = entryOf(load<u32>(set, LIST_INDEX), load<u32>(set, LIST_INDEX_SIZE), hash, word)
  }
  store<u64>(entry, word)
  return listAppend(heap, set, 8, p, 8)
}

/** Offers a value of 8 bytes; false when memory is exhausted. */
export function offerWord(heap: usize, set: usize, p: usize): bool {
  return offerHashed(heap, set, p, hashOf(load<u64>(p)))
}

/**
 * Offers the masked values of a block to the sets at `offset` of their rows; false when memory is
 * exhausted.
 */
export function offerWords(
  heap: usize,
  rows: usize,
  offset: usize,
  values: usize,
  mask: u64,
): bool {
  let sum: u32 = 0
  for (let left = mask; left; left &= left - 1) {
    const j = <usize>ctz<u64>(left)
    const set = <usize>load<u32>(rows + (j << 2)) + offset
    const hash = hashOf(load<u64>(values + (j << 3)))
    store<u32>(blockHashes + (j << 2), hash)
    // A set without an index has one of size 0 at address 0, which can be read.
    sum += load<u32>(
      <usize>load<u32>(set, LIST_INDEX) + placeOf(hash, load<u32>(set, LIST_INDEX_SIZE)),
    )
  }
  store<u32>(touched, sum)
  for (; mask; mask &= mask - 1) {
    const j = <usize>ctz<u64>(mask)
    const set = <usize>load<u32>(rows + (j << 2)) + offset
    if (!offerHashed(heap, set, values + (j << 3), load<u32>(blockHashes + (j << 2)))) return false
  }
  return true
}
