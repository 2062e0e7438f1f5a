// A block of up to 64 keys against the slots of a group table (group-table.ts): places, ids, new keys.
// Slots that do not live in the cache are all touched before the first is probed, so that their misses
// overlap.
import {
  CAPACITY,
  KEYS,
  MISSING,
  NULL_ID,
  SHIFT,
  SIZE,
  SLOTS,
  fillSlot,
  hashOf,
  hashShift,
  probeFrom,
  slotBytes,
  slotShift,
} from './group-slots'

// Slots up to this size live in the cache: touching them first would only cost.
const CACHED_BYTES: usize = 1 << 18

const blockSlots: usize = memory.data(64 * 4, 16)
const touched: usize = memory.data(4, 4)

/** Gives a key the next id. */
function appendKey(table: usize, key: u64): u32 {
  const id = load<u32>(table, SIZE)
  store<u64>(<usize>load<u32>(table, KEYS) + ((<usize>id) << 3), key)
  store<u32>(table, id + 1, SIZE)
  return id
}

function nullGroup(table: usize, insert: bool): u32 {
  let id = load<u32>(table, NULL_ID)
  if (id == MISSING && insert) {
    id = appendKey(table, 0)
    store<u32>(table, id, NULL_ID)
  }
  return id
}

/** Notes each key's place, and touches them all when the slots do not live in the cache. */
function locate(table: usize, keys: usize, count: usize): void {
  const slots: usize = load<u32>(table, SLOTS)
  const hashed = hashShift(load<u32>(table, CAPACITY))
  const shift: usize = load<u32>(table, SHIFT)
  for (let j: usize = 0; j < count; j++) {
    const slot = slots + ((<usize>(hashOf(load<u64>(keys + (j << 3))) >> hashed)) << shift)
    store<u32>(blockSlots + (j << 2), <u32>slot)
  }
  if (slotBytes(table) <= CACHED_BYTES) return
  let sum: u32 = 0
  for (let j: usize = 0; j < count; j++) sum += load<u32>(load<u32>(blockSlots + (j << 2)))
  store<u32>(touched, sum)
}

/** Puts a new key into the empty slot that is its place; its tag. */
function fillNew<K>(table: usize, slot: usize, key: u64): u32 {
  const tag = appendKey(table, key) + 1
  fillSlot<K>(slot, key, tag)
  return tag
}

/** Finds or inserts the keys of a block without nulls, in slots that live in the cache. */
function insertCached<K>(table: usize, keys: usize, count: usize, out: usize): void {
  const slots: usize = load<u32>(table, SLOTS)
  const end = slots + slotBytes(table)
  const hashed = hashShift(load<u32>(table, CAPACITY))
  for (const last = out + (count << 2); out < last; out += 4, keys += 8) {
    const key = load<u64>(keys)
    const slot = probeFrom<K>(
      slots + ((<usize>(hashOf(key) >> hashed)) << slotShift<K>()),
      slots,
      end,
      key,
    )
    let tag = load<u32>(slot, sizeof<K>())
    if (!tag) tag = fillNew<K>(table, slot, key)
    store<u32>(out, tag - 1)
  }
}

/** Finds or inserts the keys of a block without nulls whose places are noted. */
function insertLocated<K>(table: usize, keys: usize, count: usize, out: usize): void {
  const slots: usize = load<u32>(table, SLOTS)
  const end = slots + slotBytes(table)
  for (let j: usize = 0; j < count; j++) {
    const key = load<u64>(keys + (j << 3))
    const slot = probeFrom<K>(load<u32>(blockSlots + (j << 2)), slots, end, key)
    let tag = load<u32>(slot, sizeof<K>())
    if (!tag) tag = fillNew<K>(table, slot, key)
    store<u32>(out + (j << 2), tag - 1)
  }
}

/** Finds the keys of a block without nulls whose places are noted. */
function findLocated<K>(table: usize, keys: usize, count: usize, out: usize): void {
  const slots: usize = load<u32>(table, SLOTS)
  const end = slots + slotBytes(table)
  for (let j: usize = 0; j < count; j++) {
    const key = load<u64>(keys + (j << 3))
    const slot = probeFrom<K>(load<u32>(blockSlots + (j << 2)), slots, end, key)
    // An empty slot's tag is 0, and 0 - 1 is MISSING.
    store<u32>(out + (j << 2), load<u32>(slot, sizeof<K>()) - 1)
  }
}

/** Finds, or inserts, the keys of a block of which those in `valid` are not null. */
function probeNullable<K>(
  table: usize,
  keys: usize,
  valid: u64,
  count: usize,
  out: usize,
  insert: bool,
): void {
  const slots: usize = load<u32>(table, SLOTS)
  const end = slots + slotBytes(table)
  for (let j: usize = 0; j < count; j++, valid >>= 1) {
    let id: u32
    if (valid & 1) {
      const key = load<u64>(keys + (j << 3))
      const slot = probeFrom<K>(load<u32>(blockSlots + (j << 2)), slots, end, key)
      let tag = load<u32>(slot, sizeof<K>())
      if (!tag && insert) tag = fillNew<K>(table, slot, key)
      id = tag - 1
    } else id = nullGroup(table, insert)
    store<u32>(out + (j << 2), id)
  }
}

/** Finds or inserts the keys of a block of which those in `valid` are not null. */
export function insertBlock<K>(
  table: usize,
  keys: usize,
  valid: u64,
  count: usize,
  out: usize,
): void {
  const isFull = <usize>popcnt<u64>(valid) == count
  if (isFull && slotBytes(table) <= CACHED_BYTES) {
    insertCached<K>(table, keys, count, out)
    return
  }
  locate(table, keys, count)
  if (isFull) insertLocated<K>(table, keys, count, out)
  else probeNullable<K>(table, keys, valid, count, out, true)
}

/** Finds the keys of a block of which those in `valid` are not null. */
export function findBlock<K>(
  table: usize,
  keys: usize,
  valid: u64,
  count: usize,
  out: usize,
): void {
  locate(table, keys, count)
  if (<usize>popcnt<u64>(valid) == count) findLocated<K>(table, keys, count, out)
  else probeNullable<K>(table, keys, valid, count, out, false)
}
