// From a key of up to 8 bytes to a dense group id (u32, in order of first appearance): open
// addressing, linear probing, the key inline in its slot, at most half full.
//
//   slot   key u64 | id + 1 u32, 0 when empty | unused u32
//   keys   u64 a group id: what is emitted, and what the slots are rebuilt from
//
// T1  Keys are values zero-extended to 64 bits; floats are canonical (key-kind.ts). Null has an id
//     too.
// T2  Rows go in blocks of 64: load and hash all, touch all slots (independent misses overlap),
//     then probe.
// T3  Only the head of a block may grow the table, so that slots stay where they are within it.
// T4  The place of a key is the top bits of its hash: growth then reads and writes in order.
import { allocate, release } from './arena'
import { canonical32, canonical64, isSet } from './key-kind'
import {
  KEY_BOOL,
  KEY_FIXED_1,
  KEY_FIXED_2,
  KEY_FIXED_4,
  KEY_FIXED_8,
  KEY_FLOAT_32,
} from './key-kind'

const SLOTS: usize = 0
const CAPACITY: usize = 4
const SIZE: usize = 8
const NULL_ID: usize = 12
const KEYS: usize = 16
const KEYS_MAX: usize = 20
const CONTROL_BYTES: usize = 24

const BLOCK: u32 = 64
const MISSING: u32 = 0xffffffff
const CAPACITY_MIN: u32 = 256
// Small tables grow by four: most will grow on, and each growth places all keys anew.
const QUADRUPLED_BELOW: u32 = 1 << 18
// Tables up to this size live in the cache: touching their slots first would only cost.
const CACHED_CAPACITY: u32 = 1 << 14

const blockKeys: usize = memory.data(64 * 8, 16)
const blockSlots: usize = memory.data(64 * 4, 16)
const touched: usize = memory.data(4, 4)

function place(key: u64, capacity: u32): usize {
  let h = key * 0x9e3779b97f4a7c15
  h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93
  return (<usize>(h >> (64 - <u64>ctz<u32>(capacity)))) << 4
}

/** A new table, or 0 when memory is exhausted. */
export function groupTableNew(): usize {
  const table = allocate(CONTROL_BYTES)
  if (!table) return 0
  memory.fill(table, 0, CONTROL_BYTES)
  store<u32>(table, MISSING, NULL_ID)
  if (!grow(table, CAPACITY_MIN) || !reserveKeys(table, CAPACITY_MIN >> 1)) {
    groupTableClose(table)
    return 0
  }
  return table
}

/** Gives the table's memory back. */
export function groupTableClose(table: usize): void {
  release(load<u32>(table, SLOTS))
  release(load<u32>(table, KEYS))
  release(table)
}

/** Groups that have an id: ids are below this. */
export function groupTableSize(table: usize): u32 {
  return load<u32>(table, SIZE)
}

/** Forgets all keys, and keeps the memory. */
export function groupTableClear(table: usize): void {
  memory.fill(load<u32>(table, SLOTS), 0, (<usize>load<u32>(table, CAPACITY)) << 4)
  store<u32>(table, 0, SIZE)
  store<u32>(table, MISSING, NULL_ID)
}

function zeroedSlots(capacity: u32): usize {
  const slots = allocate((<usize>capacity) << 4)
  if (slots) memory.fill(slots, 0, (<usize>capacity) << 4)
  return slots
}

/** Puts a key that is not in the table at the first empty slot from its place on. */
function settle(slots: usize, capacity: u32, key: u64, tag: u32): void {
  let slot = slots + place(key, capacity)
  const end = slots + ((<usize>capacity) << 4)
  while (load<u32>(slot, 8)) {
    slot += 16
    if (slot == end) slot = slots
  }
  store<u64>(slot, key)
  store<u32>(slot, tag, 8)
}

function replaceSlots(table: usize, slots: usize, capacity: u32): void {
  release(load<u32>(table, SLOTS))
  store<u32>(table, <u32>slots, SLOTS)
  store<u32>(table, capacity, CAPACITY)
}

function grow(table: usize, capacity: u32): bool {
  const slots = zeroedSlots(capacity)
  if (!slots) return false
  let old: usize = load<u32>(table, SLOTS)
  const end = old + ((<usize>load<u32>(table, CAPACITY)) << 4)
  for (; old < end; old += 16) {
    const tag = load<u32>(old, 8)
    if (tag) settle(slots, capacity, load<u64>(old), tag)
  }
  replaceSlots(table, slots, capacity)
  return true
}

function reserveKeys(table: usize, groups: u32): bool {
  const most = load<u32>(table, KEYS_MAX)
  if (groups <= most) return true
  const wanted = max<u32>(groups, most << 1)
  const keys = allocate((<usize>wanted) << 3)
  if (!keys) return false
  const old: usize = load<u32>(table, KEYS)
  memory.copy(keys, old, (<usize>load<u32>(table, SIZE)) << 3)
  release(old)
  store<u32>(table, <u32>keys, KEYS)
  store<u32>(table, wanted, KEYS_MAX)
  return true
}

function reserve(table: usize, more: u32): bool {
  const groups = load<u32>(table, SIZE) + more
  let capacity = load<u32>(table, CAPACITY)
  if (groups > capacity >> 1) {
    while (groups > capacity >> 1) capacity <<= capacity < QUADRUPLED_BELOW ? 2 : 1
    if (!grow(table, capacity)) return false
  }
  return reserveKeys(table, groups)
}

/** A row's key. The type says how it is read; i8 stands for the bits of a bool column. */
function keyAt<T>(values: usize, row: usize): u64 {
  if (isFloat<T>()) {
    if (sizeof<T>() == 4) return canonical32(load<f32>(values + (row << 2)))
    return canonical64(load<f64>(values + (row << 3)))
  }
  if (isSigned<T>()) return <u64>isSet(values, row)
  return <u64>load<T>(values + row * sizeof<T>())
}

function loadBlock<T>(table: usize, values: usize, at: usize, count: usize): void {
  const slots: usize = load<u32>(table, SLOTS)
  const capacity = load<u32>(table, CAPACITY)
  for (let j: usize = 0; j < count; j++) {
    const key = keyAt<T>(values, at + j)
    store<u64>(blockKeys + (j << 3), key)
    store<u32>(blockSlots + (j << 2), <u32>(slots + place(key, capacity)))
  }
  if (capacity <= CACHED_CAPACITY) return
  let sum: u32 = 0
  for (let j: usize = 0; j < count; j++) sum += load<u32>(load<u32>(blockSlots + (j << 2)), 8)
  store<u32>(touched, sum)
}

/** Reads rows [at, at + count) of a key column into the block, with their places in the table. */
function loadKeys(table: usize, kind: u32, values: usize, at: usize, count: usize): void {
  switch (kind) {
    case KEY_FIXED_8:
      return loadBlock<u64>(table, values, at, count)
    case KEY_FIXED_4:
      return loadBlock<u32>(table, values, at, count)
    case KEY_FIXED_2:
      return loadBlock<u16>(table, values, at, count)
    case KEY_FIXED_1:
      return loadBlock<u8>(table, values, at, count)
    case KEY_BOOL:
      return loadBlock<i8>(table, values, at, count)
    case KEY_FLOAT_32:
      return loadBlock<f32>(table, values, at, count)
    default:
      return loadBlock<f64>(table, values, at, count)
  }
}

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

/** Finds the rows of a block of one kind, without nulls, in a table that lies in the cache. */
function findCached<T>(table: usize, values: usize, at: usize, count: usize, out: usize): void {
  const slots: usize = load<u32>(table, SLOTS)
  const capacity = load<u32>(table, CAPACITY)
  const end = slots + ((<usize>capacity) << 4)
  const shift = 64 - <u64>ctz<u32>(capacity)
  values += at * sizeof<T>()
  out += at << 2
  for (const last = out + (count << 2); out < last; out += 4, values += sizeof<T>()) {
    const key = <u64>load<T>(values)
    let h = key * 0x9e3779b97f4a7c15
    h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93
    let slot = slots + ((<usize>(h >> shift)) << 4)
    let tag = load<u32>(slot, 8)
    if (load<u64>(slot) != key || !tag) {
      while (tag && load<u64>(slot) != key) {
        slot += 16
        if (slot == end) slot = slots
        tag = load<u32>(slot, 8)
      }
      if (!tag) {
        tag = appendKey(table, key) + 1
        store<u64>(slot, key)
        store<u32>(slot, tag, 8)
      }
    }
    store<u32>(out, tag - 1)
  }
}

function probe(
  table: usize,
  validity: usize,
  at: usize,
  count: usize,
  out: usize,
  insert: bool,
): void {
  const slots: usize = load<u32>(table, SLOTS)
  const end = slots + ((<usize>load<u32>(table, CAPACITY)) << 4)
  for (let j: usize = 0; j < count; j++) {
    const to = out + ((at + j) << 2)
    if (validity && !isSet(validity, at + j)) {
      store<u32>(to, nullGroup(table, insert))
      continue
    }
    const key = load<u64>(blockKeys + (j << 3))
    let slot: usize = load<u32>(blockSlots + (j << 2))
    let tag = load<u32>(slot, 8)
    while (tag && load<u64>(slot) != key) {
      slot += 16
      if (slot == end) slot = slots
      tag = load<u32>(slot, 8)
    }
    if (!tag && insert) {
      tag = appendKey(table, key) + 1
      store<u64>(slot, key)
      store<u32>(slot, tag, 8)
    }
    // An empty slot's tag is 0, and 0 - 1 is MISSING.
    store<u32>(to, tag - 1)
  }
}

/**
 * Writes the group id of each row, with new ids for new keys. 0 when memory is exhausted, else 1.
 */
export function groupTableInsert(
  table: usize,
  kind: u32,
  values: usize,
  validity: usize,
  n: u32,
  out: usize,
): u32 {
  for (let at: u32 = 0; at < n; at += BLOCK) {
    const count = min<u32>(BLOCK, n - at)
    if (!reserve(table, count)) return 0
    if (!validity && kind == KEY_FIXED_8 && load<u32>(table, CAPACITY) <= CACHED_CAPACITY) {
      findCached<u64>(table, values, at, count, out)
      continue
    }
    loadKeys(table, kind, values, at, count)
    probe(table, validity, at, count, out, true)
  }
  return 1
}

/** Writes the group id of each row, 0xffffffff where the key is not in the table. */
export function groupTableFind(
  table: usize,
  kind: u32,
  values: usize,
  validity: usize,
  n: u32,
  out: usize,
): void {
  for (let at: u32 = 0; at < n; at += BLOCK) {
    const count = min<u32>(BLOCK, n - at)
    loadKeys(table, kind, values, at, count)
    probe(table, validity, at, count, out, false)
  }
}

/**
 * Drops the groups whose bit in `live` is not set; the rest keep their order under new dense ids,
 * and `map` (u32 an old id) gets the new id or 0xffffffff. 0 when memory is exhausted (nothing has
 * changed then).
 */
export function groupTableCompact(table: usize, live: usize, map: usize): u32 {
  const size = load<u32>(table, SIZE)
  let kept: u32 = 0
  for (let id: u32 = 0; id < size; id++) kept += <u32>isSet(live, id)
  let capacity = CAPACITY_MIN
  while (kept > capacity >> 2) capacity <<= 1
  const slots = zeroedSlots(capacity)
  if (!slots) return 0
  const keys: usize = load<u32>(table, KEYS)
  const nullId = load<u32>(table, NULL_ID)
  if (nullId != MISSING && !isSet(live, nullId)) store<u32>(table, MISSING, NULL_ID)
  let next: u32 = 0
  for (let id: u32 = 0; id < size; id++) {
    const alive = isSet(live, id)
    store<u32>(map + ((<usize>id) << 2), alive ? next : MISSING)
    if (!alive) continue
    const key = load<u64>(keys + ((<usize>id) << 3))
    store<u64>(keys + ((<usize>next) << 3), key)
    if (id == nullId) store<u32>(table, next, NULL_ID)
    else settle(slots, capacity, key, next + 1)
    next++
  }
  store<u32>(table, next, SIZE)
  replaceSlots(table, slots, capacity)
  return 1
}

/**
 * Writes the keys of groups as a column of that kind again. Bits of a bool column are all written.
 */
export function groupTableKeys(table: usize, kind: u32, ids: usize, n: u32, out: usize): void {
  const keys: usize = load<u32>(table, KEYS)
  if (kind == KEY_BOOL) memory.fill(out, 0, (n + 7) >> 3)
  for (let i: usize = 0; i < <usize>n; i++) {
    const key = load<u64>(keys + ((<usize>load<u32>(ids + (i << 2))) << 3))
    if (kind == KEY_FIXED_1) store<u8>(out + i, <u8>key)
    else if (kind == KEY_FIXED_2) store<u16>(out + (i << 1), <u16>key)
    else if (kind == KEY_FIXED_4 || kind == KEY_FLOAT_32) store<u32>(out + (i << 2), <u32>key)
    else if (kind == KEY_BOOL) {
      const byte = out + (i >> 3)
      store<u8>(byte, load<u8>(byte) | ((<u8>key) << (<u8>i & 7)))
    } else store<u64>(out + (i << 3), key)
  }
}

/** The id of null, or 0xffffffff when null has none. */
export function groupTableNullId(table: usize): u32 {
  return load<u32>(table, NULL_ID)
}
