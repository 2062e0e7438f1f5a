// The slots of a group table (group-table.ts): from a key to its group id + 1, by open addressing and
// linear probing. `K` is the form of a slot.
//
//   narrow, u32   key u32 | tag u32                   while all keys are below 2^32
//   wide, u64     key u64 | tag u32 | unused u32
//
// G1  A tag is an id + 1; it is 0 in an empty slot, whatever its key says.
// G2  The place of a key is the top bits of its hash, and the same in both forms: slots that are moved
//     are read and written in order.
// G3  Narrow slots are half the bytes, so that half as many of them miss the caches; a probe compares
//     64 bits in both forms, so that a key of more than 32 bits is not found among narrow ones.
import { allocate } from './arena'

export const SLOTS: usize = 0
export const CAPACITY: usize = 4
export const SIZE: usize = 8
export const NULL_ID: usize = 12
export const KEYS: usize = 16
export const KEYS_MAX: usize = 20
/** How far a slot's number is shifted to be its offset: 3 when slots are narrow, 4 when wide. */
export const SHIFT: usize = 24
export const CONTROL_BYTES: usize = 32

export const MISSING: u32 = 0xffffffff

const BLOCK: usize = 64

const movedKeys: usize = memory.data(64 * 8, 16)
const movedTags: usize = memory.data(64 * 4, 16)

/** Bytes of all slots. */
export function slotBytes(table: usize): usize {
  return (<usize>load<u32>(table, CAPACITY)) << (<usize>load<u32>(table, SHIFT))
}

/** How far a slot's number is shifted to be its offset. */
export function slotShift<K>(): usize {
  return sizeof<K>() == 4 ? 3 : 4
}

/** How far a hash is shifted to be a slot's number. */
export function hashShift(capacity: u32): u64 {
  return 64 - <u64>ctz<u32>(capacity)
}

/** A key's hash; its top bits are the key's place. */
export function hashOf(key: u64): u64 {
  const h = key * 0x9e3779b97f4a7c15
  return (h ^ (h >> 32)) * 0xd6e8feb86659fd93
}

/** Empty slots of `capacity << shift` bytes; 0 when memory is exhausted. */
export function emptySlots(capacity: u32, shift: usize): usize {
  const bytes = (<usize>capacity) << shift
  const slots = allocate(bytes)
  if (slots) memory.fill(slots, 0, bytes)
  return slots
}

/** Where a key is, or the empty slot that is its place; from `slot` on. */
export function probeFrom<K>(slot: usize, slots: usize, end: usize, key: u64): usize {
  // One branch, taken where another key is in the way: found and empty are not told apart here.
  while (<i32>(load<u32>(slot, sizeof<K>()) != 0) & <i32>(<u64>load<K>(slot) != key)) {
    slot += sizeof<K>() << 1
    if (slot == end) slot = slots
  }
  return slot
}

/** Fills an empty slot. */
export function fillSlot<K>(slot: usize, key: u64, tag: u32): void {
  store<K>(slot, <K>key)
  store<u32>(slot, tag, sizeof<K>())
}

/**
 * Puts keys that `to` does not hold into it; those of `from` that are there, and where there is a
 * `map` from id to id, those that it keeps, under their new ids.
 */
export function moveSlots<From, To>(
  from: usize,
  fromCapacity: u32,
  to: usize,
  capacity: u32,
  map: usize,
): void {
  const fromEnd = from + ((<usize>fromCapacity) << slotShift<From>())
  const toEnd = to + ((<usize>capacity) << slotShift<To>())
  const shift = hashShift(capacity)
  while (from < fromEnd) {
    // What is in a slot is a coin's toss to the processor, so that these are collected first, without
    // a branch. A capacity is a multiple of the block.
    const blockEnd = from + (BLOCK << slotShift<From>())
    let count: usize = 0
    for (; from < blockEnd; from += sizeof<From>() << 1) {
      let tag = load<u32>(from, sizeof<From>())
      if (map) {
        const renamed = load<u32>(map + ((<usize>select<u32>(tag - 1, 0, tag != 0)) << 2)) + 1
        tag = select<u32>(renamed, 0, tag != 0)
      }
      store<u64>(movedKeys + (count << 3), <u64>load<From>(from))
      store<u32>(movedTags + (count << 2), tag)
      count += <usize>(tag != 0)
    }
    for (let j: usize = 0; j < count; j++) {
      const key = load<u64>(movedKeys + (j << 3))
      let slot = to + ((<usize>(hashOf(key) >> shift)) << slotShift<To>())
      while (load<u32>(slot, sizeof<To>())) {
        slot += sizeof<To>() << 1
        if (slot == toEnd) slot = to
      }
      fillSlot<To>(slot, key, load<u32>(movedTags + (j << 2)))
    }
  }
}
