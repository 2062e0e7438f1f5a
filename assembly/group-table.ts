// From a key of up to 8 bytes to a dense group id (u32, in order of first appearance): open
// addressing, linear probing, the key inline in its slot (group-slots.ts), at most half full.
//
//   keys   u64 a group id: what is emitted
//
// T1  Keys are values zero-extended to 64 bits; floats are canonical (key-kind.ts). Null has an id
//     too.
// T2  Rows go in blocks of 64: load and hash all, touch all slots (independent misses overlap),
//     then probe.
// T3  Only the head of a block may grow or widen the table, so that slots stay where they are within
//     it.
// T4  Slots are narrow until the first key of more than 32 bits, and wide from then on: ids, dates and
//     32-bit numbers never need wide ones, hashes and float64 do at once, when there is little to move.
import { allocate, release } from './arena'
import { findBlock, insertBlock } from './group-probe'
import {
  CAPACITY,
  CONTROL_BYTES,
  KEYS,
  KEYS_MAX,
  MISSING,
  NULL_ID,
  SHIFT,
  SIZE,
  SLOTS,
  emptySlots,
  moveSlots,
  slotBytes,
} from './group-slots'
import { canonical32, canonical64, isSet } from './key-kind'
import {
  KEY_BOOL,
  KEY_FIXED_1,
  KEY_FIXED_2,
  KEY_FIXED_4,
  KEY_FIXED_8,
  KEY_FLOAT_32,
  KEY_FLOAT_64,
} from './key-kind'

const BLOCK: u32 = 64
const CAPACITY_MIN: u32 = 256
const NARROW: u32 = 3
const WIDE: u32 = 4
// Small tables grow by four: most will grow on, and each growth places all keys anew.
const QUADRUPLED_BELOW: u32 = 1 << 18

const blockKeys: usize = memory.data(64 * 8, 16)

/** A new table, or 0 when memory is exhausted. */
export function groupTableNew(): usize {
  const table = allocate(CONTROL_BYTES)
  if (!table) return 0
  memory.fill(table, 0, CONTROL_BYTES)
  store<u32>(table, MISSING, NULL_ID)
  if (!rebuild(table, CAPACITY_MIN, NARROW, 0) || !reserveKeys(table, CAPACITY_MIN >> 1)) {
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
  memory.fill(load<u32>(table, SLOTS), 0, slotBytes(table))
  store<u32>(table, 0, SIZE)
  store<u32>(table, MISSING, NULL_ID)
}

/**
 * Moves what is in the slots into new ones; where there is a `map` from id to id, only those that it
 * keeps, under their new ids. False when memory is exhausted: nothing has changed then.
 */
function rebuild(table: usize, capacity: u32, shift: u32, map: usize): bool {
  const slots = emptySlots(capacity, shift)
  if (!slots) return false
  const old: usize = load<u32>(table, SLOTS)
  const oldCapacity = load<u32>(table, CAPACITY)
  if (shift == NARROW) moveSlots<u32, u32>(old, oldCapacity, slots, capacity, map)
  else if (load<u32>(table, SHIFT) == NARROW) {
    moveSlots<u32, u64>(old, oldCapacity, slots, capacity, map)
  } else moveSlots<u64, u64>(old, oldCapacity, slots, capacity, map)
  release(old)
  store<u32>(table, <u32>slots, SLOTS)
  store<u32>(table, capacity, CAPACITY)
  store<u32>(table, shift, SHIFT)
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
    if (!rebuild(table, capacity, load<u32>(table, SHIFT), 0)) return false
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

function loadBlock<T>(values: usize, at: usize, count: usize): usize {
  for (let j: usize = 0; j < count; j++) store<u64>(blockKeys + (j << 3), keyAt<T>(values, at + j))
  return blockKeys
}

/** Where the keys of rows [at, at + count) of a key column are as 64 bits each. */
function loadKeys(kind: u32, values: usize, at: usize, count: usize): usize {
  switch (kind) {
    case KEY_FIXED_8:
      return values + (at << 3)
    case KEY_FIXED_4:
      return loadBlock<u32>(values, at, count)
    case KEY_FIXED_2:
      return loadBlock<u16>(values, at, count)
    case KEY_FIXED_1:
      return loadBlock<u8>(values, at, count)
    case KEY_BOOL:
      return loadBlock<i8>(values, at, count)
    case KEY_FLOAT_32:
      return loadBlock<f32>(values, at, count)
    default:
      return loadBlock<f64>(values, at, count)
  }
}

/** True when one of the keys does not fit a narrow slot. */
function needWide(keys: usize, count: usize): bool {
  const end = keys + (count << 3)
  let pairs = i64x2.splat(0)
  for (; keys + 16 <= end; keys += 16) pairs = v128.or(pairs, v128.load(keys))
  const all = i64x2.extract_lane(pairs, 0) | i64x2.extract_lane(pairs, 1)
  return (<u64>all | (keys < end ? load<u64>(keys) : 0)) >> 32 != 0
}

/** The rows of a block that are not null, a bit each. */
function validOf(validity: usize, at: usize, count: u32): u64 {
  const all = <u64>-1 >> <u64>(BLOCK - count)
  return validity ? load<u64>(validity + (at >> 3)) & all : all
}

function isWideKind(kind: u32): bool {
  return kind == KEY_FIXED_8 || kind == KEY_FLOAT_64
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
  for (let at: u32 = 0; at < n; at += BLOCK, out += BLOCK << 2) {
    const count = min<u32>(BLOCK, n - at)
    if (!reserve(table, count)) return 0
    const keys = loadKeys(kind, values, at, count)
    if (load<u32>(table, SHIFT) == NARROW && isWideKind(kind) && needWide(keys, count)) {
      if (!rebuild(table, load<u32>(table, CAPACITY), WIDE, 0)) return 0
    }
    const valid = validOf(validity, at, count)
    if (load<u32>(table, SHIFT) == NARROW) insertBlock<u32>(table, keys, valid, count, out)
    else insertBlock<u64>(table, keys, valid, count, out)
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
  for (let at: u32 = 0; at < n; at += BLOCK, out += BLOCK << 2) {
    const count = min<u32>(BLOCK, n - at)
    const keys = loadKeys(kind, values, at, count)
    const valid = validOf(validity, at, count)
    if (load<u32>(table, SHIFT) == NARROW) findBlock<u32>(table, keys, valid, count, out)
    else findBlock<u64>(table, keys, valid, count, out)
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
  for (let id: u32 = 0; id < size; id++) {
    const isLive = isSet(live, id)
    store<u32>(map + ((<usize>id) << 2), isLive ? kept : MISSING)
    kept += <u32>isLive
  }
  let capacity = CAPACITY_MIN
  while (kept > capacity >> 2) capacity <<= 1
  capacity = min<u32>(capacity, load<u32>(table, CAPACITY))
  if (!rebuild(table, capacity, load<u32>(table, SHIFT), map)) return 0
  const keys: usize = load<u32>(table, KEYS)
  for (let id: u32 = 0; id < size; id++) {
    // One that is dropped is overwritten by the next.
    const at = min<u32>(load<u32>(map + ((<usize>id) << 2)), id)
    store<u64>(keys + ((<usize>at) << 3), load<u64>(keys + ((<usize>id) << 3)))
  }
  const nullId = load<u32>(table, NULL_ID)
  if (nullId != MISSING) store<u32>(table, load<u32>(map + ((<usize>nullId) << 2)), NULL_ID)
  store<u32>(table, kept, SIZE)
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
