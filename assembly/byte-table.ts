// From a key of bytes (utf8, binary, or several columns row-encoded) to a dense group id, as the
// group table does for short fixed keys: same blocks, same probing, same order of ids.
//
//   slot   first 16 bytes, zero-filled | hash u64 | length u32 | id + 1 u32, 0 when empty
//   keys   offsets u32 (size + 1), data: the bytes of each group id, end to end
//
// Y1  A key of up to 16 bytes is whole in its slot: prefix and length decide. A longer one compares
//     its hash, and then its bytes in the key store.
// Y2  T2 to T4 of group-table.ts hold here, too. Null has an id of its own.
import { allocate, release } from './arena'
import { hashOf, INLINE, place, prefixOf, same } from './byte-key'
import { isSet } from './key-kind'

const SLOTS: usize = 0
const CAPACITY: usize = 4
const SIZE: usize = 8
const NULL_ID: usize = 12
const OFFSETS: usize = 16
const OFFSETS_MAX: usize = 20
const DATA: usize = 24
const DATA_MAX: usize = 28
const CONTROL_BYTES: usize = 32

const BLOCK: u32 = 64
const MISSING: u32 = 0xffffffff
const CAPACITY_MIN: u32 = 256
// Small tables grow by four: most will grow on, and each growth places all keys anew.
const QUADRUPLED_BELOW: u32 = 1 << 18
const CACHED_CAPACITY: u32 = 1 << 13

const blockPrefixes: usize = memory.data(64 * 16, 16)
const blockHashes: usize = memory.data(64 * 8, 16)
const blockSlots: usize = memory.data(64 * 4, 16)
const touched: usize = memory.data(4, 4)
/** A new table, or 0 when memory is exhausted. */
export function byteTableNew(): usize {
  const table = allocate(CONTROL_BYTES)
  if (!table) return 0
  memory.fill(table, 0, CONTROL_BYTES)
  store<u32>(table, MISSING, NULL_ID)
  if (!grow(table, CAPACITY_MIN) || !reserveKeys(table, CAPACITY_MIN >> 1, 4096)) {
    byteTableClose(table)
    return 0
  }
  store<u32>(load<u32>(table, OFFSETS), 0)
  return table
}

/** Gives the table's memory back. */
export function byteTableClose(table: usize): void {
  release(load<u32>(table, SLOTS))
  release(load<u32>(table, OFFSETS))
  release(load<u32>(table, DATA))
  release(table)
}

/** Groups that have an id: ids are below this. */
export function byteTableSize(table: usize): u32 {
  return load<u32>(table, SIZE)
}

/** Forgets all keys, and keeps the memory. */
export function byteTableClear(table: usize): void {
  memory.fill(load<u32>(table, SLOTS), 0, (<usize>load<u32>(table, CAPACITY)) << 5)
  store<u32>(table, 0, SIZE)
  store<u32>(table, MISSING, NULL_ID)
}

function zeroedSlots(capacity: u32): usize {
  const slots = allocate((<usize>capacity) << 5)
  if (slots) memory.fill(slots, 0, (<usize>capacity) << 5)
  return slots
}

/** The first empty slot from the hash's place on. */
function vacant(slots: usize, capacity: u32, hash: u64): usize {
  let slot = slots + place(hash, capacity)
  const end = slots + ((<usize>capacity) << 5)
  while (load<u32>(slot, 28)) {
    slot += 32
    if (slot == end) slot = slots
  }
  return slot
}

function fill(slot: usize, prefix: v128, hash: u64, bytes: usize, id: u32): void {
  v128.store(slot, prefix)
  store<u64>(slot, hash, 16)
  store<u32>(slot, <u32>bytes, 24)
  store<u32>(slot, id + 1, 28)
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
  const end = old + ((<usize>load<u32>(table, CAPACITY)) << 5)
  for (; old < end; old += 32) {
    if (!load<u32>(old, 28)) continue
    const slot = vacant(slots, capacity, load<u64>(old, 16))
    v128.store(slot, v128.load(old))
    v128.store(slot, v128.load(old, 16), 16)
  }
  replaceSlots(table, slots, capacity)
  return true
}

function usedBytes(table: usize): usize {
  const offsets: usize = load<u32>(table, OFFSETS)
  return load<u32>(offsets + ((<usize>load<u32>(table, SIZE)) << 2))
}

function reserveKeys(table: usize, groups: u32, bytes: usize): bool {
  const most = load<u32>(table, OFFSETS_MAX)
  if (groups > most) {
    const wanted = max<u32>(groups, most << 1)
    const offsets = allocate((<usize>wanted + 1) << 2)
    if (!offsets) return false
    const old: usize = load<u32>(table, OFFSETS)
    memory.copy(offsets, old, (<usize>load<u32>(table, SIZE) + 1) << 2)
    release(old)
    store<u32>(table, <u32>offsets, OFFSETS)
    store<u32>(table, wanted, OFFSETS_MAX)
  }
  const bytesMax: usize = load<u32>(table, DATA_MAX)
  if (bytes <= bytesMax) return true
  const wanted = max<usize>(bytes, bytesMax << 1)
  const data = allocate(wanted)
  if (!data) return false
  const old: usize = load<u32>(table, DATA)
  if (old) memory.copy(data, old, usedBytes(table))
  release(old)
  store<u32>(table, <u32>data, DATA)
  store<u32>(table, <u32>wanted, DATA_MAX)
  return true
}

function reserve(table: usize, more: u32, bytes: usize): bool {
  const groups = load<u32>(table, SIZE) + more
  let capacity = load<u32>(table, CAPACITY)
  if (groups > capacity >> 1) {
    while (groups > capacity >> 1) capacity <<= capacity < QUADRUPLED_BELOW ? 2 : 1
    if (!grow(table, capacity)) return false
  }
  return reserveKeys(table, groups, usedBytes(table) + bytes)
}

function loadKeys(table: usize, offsets: usize, data: usize, at: usize, count: usize): void {
  const slots: usize = load<u32>(table, SLOTS)
  const capacity = load<u32>(table, CAPACITY)
  let start: usize = load<u32>(offsets + (at << 2))
  for (let j: usize = 0; j < count; j++) {
    const end: usize = load<u32>(offsets + ((at + j) << 2), 4)
    const prefix = prefixOf(data + start, end - start)
    const hash = hashOf(prefix, data + start, end - start)
    v128.store(blockPrefixes + (j << 4), prefix)
    store<u64>(blockHashes + (j << 3), hash)
    store<u32>(blockSlots + (j << 2), <u32>(slots + place(hash, capacity)))
    start = end
  }
  if (capacity <= CACHED_CAPACITY) return
  let sum: u32 = 0
  for (let j: usize = 0; j < count; j++) sum += load<u32>(load<u32>(blockSlots + (j << 2)), 28)
  store<u32>(touched, sum)
}

function appendKey(table: usize, p: usize, bytes: usize): u32 {
  const id = load<u32>(table, SIZE)
  const offset = <usize>load<u32>(table, OFFSETS) + ((<usize>id) << 2)
  const start: usize = load<u32>(offset)
  memory.copy(<usize>load<u32>(table, DATA) + start, p, bytes)
  store<u32>(offset, <u32>(start + bytes), 4)
  store<u32>(table, id + 1, SIZE)
  return id
}

function nullGroup(table: usize, insert: bool): u32 {
  let id = load<u32>(table, NULL_ID)
  if (id == MISSING && insert) {
    id = appendKey(table, 0, 0)
    store<u32>(table, id, NULL_ID)
  }
  return id
}

/** True when the key of a taken slot is this one. */
function holds(table: usize, slot: usize, j: usize, p: usize, bytes: usize): bool {
  if (load<u64>(slot, 16) != load<u64>(blockHashes + (j << 3))) return false
  if (<usize>load<u32>(slot, 24) != bytes) return false
  const differs = v128.xor(v128.load(slot), v128.load(blockPrefixes + (j << 4)))
  if (v128.any_true(differs)) return false
  return bytes <= INLINE || isKey(table, load<u32>(slot, 28) - 1, p, bytes)
}

/** True when the bytes of a group's key behind the prefix are these. */
function isKey(table: usize, id: usize, p: usize, bytes: usize): bool {
  const start: usize = load<u32>(<usize>load<u32>(table, OFFSETS) + (id << 2))
  return same(<usize>load<u32>(table, DATA) + start, p, bytes)
}

function probeBlock(
  table: usize,
  offsets: usize,
  data: usize,
  validity: usize,
  at: usize,
  count: usize,
  out: usize,
  insert: bool,
): void {
  const slots: usize = load<u32>(table, SLOTS)
  const last = slots + ((<usize>load<u32>(table, CAPACITY)) << 5)
  let start: usize = load<u32>(offsets + (at << 2))
  for (let j: usize = 0; j < count; j++) {
    const end: usize = load<u32>(offsets + ((at + j) << 2), 4)
    const p = data + start
    const bytes = end - start
    start = end
    const to = out + ((at + j) << 2)
    if (validity && !isSet(validity, at + j)) {
      store<u32>(to, nullGroup(table, insert))
      continue
    }
    let slot: usize = load<u32>(blockSlots + (j << 2))
    let tag = load<u32>(slot, 28)
    while (tag && !holds(table, slot, j, p, bytes)) {
      slot += 32
      if (slot == last) slot = slots
      tag = load<u32>(slot, 28)
    }
    if (!tag && insert) {
      const id = appendKey(table, p, bytes)
      const prefix = v128.load(blockPrefixes + (j << 4))
      fill(slot, prefix, load<u64>(blockHashes + (j << 3)), bytes, id)
      tag = id + 1
    }
    // An empty slot's tag is 0, and 0 - 1 is MISSING.
    store<u32>(to, tag - 1)
  }
}

/** Finds the rows of a block, without nulls, in a table that lies in the cache. */
function findCached(table: usize, offsets: usize, data: usize, count: usize, out: usize): void {
  const slots: usize = load<u32>(table, SLOTS)
  const capacity = load<u32>(table, CAPACITY)
  const last = slots + ((<usize>capacity) << 5)
  let start: usize = load<u32>(offsets)
  for (const stop = out + (count << 2); out < stop; out += 4) {
    offsets += 4
    const end: usize = load<u32>(offsets)
    const p = data + start
    const bytes = end - start
    const prefix = prefixOf(p, bytes)
    const hash = hashOf(prefix, p, bytes)
    let slot = slots + place(hash, capacity)
    let tag = load<u32>(slot, 28)
    while (tag) {
      const differs = v128.any_true(v128.xor(v128.load(slot), prefix))
      if (!(u32(differs) | u32(<usize>load<u32>(slot, 24) != bytes))) {
        if (bytes <= INLINE || (load<u64>(slot, 16) == hash && isKey(table, tag - 1, p, bytes)))
          break
      }
      slot += 32
      if (slot == last) slot = slots
      tag = load<u32>(slot, 28)
    }
    if (!tag) {
      tag = appendKey(table, p, bytes) + 1
      fill(slot, prefix, hash, bytes, tag - 1)
    }
    store<u32>(out, tag - 1)
    start = end
  }
}

/**
 * Writes the group id of each row, with new ids for new keys. 0 when memory is exhausted, else 1.
 */
export function byteTableInsert(
  table: usize,
  offsets: usize,
  data: usize,
  validity: usize,
  n: u32,
  out: usize,
): u32 {
  for (let at: u32 = 0; at < n; at += BLOCK) {
    const count = min<u32>(BLOCK, n - at)
    const first = offsets + ((<usize>at) << 2)
    const bytes = load<u32>(first + ((<usize>count) << 2)) - load<u32>(first)
    if (!reserve(table, count, bytes)) return 0
    if (!validity && load<u32>(table, CAPACITY) <= CACHED_CAPACITY) {
      findCached(table, first, data, count, out + ((<usize>at) << 2))
      continue
    }
    loadKeys(table, offsets, data, at, count)
    probeBlock(table, offsets, data, validity, at, count, out, true)
  }
  return 1
}

/** Writes the group id of each row, 0xffffffff where the key is not in the table. */
export function byteTableFind(
  table: usize,
  offsets: usize,
  data: usize,
  validity: usize,
  n: u32,
  out: usize,
): void {
  for (let at: u32 = 0; at < n; at += BLOCK) {
    const count = min<u32>(BLOCK, n - at)
    loadKeys(table, offsets, data, at, count)
    probeBlock(table, offsets, data, validity, at, count, out, false)
  }
}

/** As groupTableCompact(). */
export function byteTableCompact(table: usize, live: usize, map: usize): u32 {
  const size = load<u32>(table, SIZE)
  let kept: u32 = 0
  for (let id: u32 = 0; id < size; id++) kept += <u32>isSet(live, id)
  let capacity = CAPACITY_MIN
  while (kept > capacity >> 2) capacity <<= 1
  const slots = zeroedSlots(capacity)
  if (!slots) return 0
  const offsets: usize = load<u32>(table, OFFSETS)
  const data: usize = load<u32>(table, DATA)
  const nullId = load<u32>(table, NULL_ID)
  if (nullId != MISSING && !isSet(live, nullId)) store<u32>(table, MISSING, NULL_ID)
  let next: u32 = 0
  let start: usize = 0
  let used = data
  for (let id: u32 = 0; id < size; id++) {
    const end: usize = load<u32>(offsets + ((<usize>id) << 2), 4)
    const bytes = end - start
    const alive = isSet(live, id)
    store<u32>(map + ((<usize>id) << 2), alive ? next : MISSING)
    if (alive) {
      memory.copy(used, data + start, bytes)
      if (id == nullId) store<u32>(table, next, NULL_ID)
      else {
        const prefix = prefixOf(used, bytes)
        const hash = hashOf(prefix, used, bytes)
        fill(vacant(slots, capacity, hash), prefix, hash, bytes, next)
      }
      used += bytes
      store<u32>(offsets + ((<usize>next) << 2), <u32>(used - data), 4)
      next++
    }
    start = end
  }
  store<u32>(table, next, SIZE)
  replaceSlots(table, slots, capacity)
  return 1
}

/** Writes the offsets (n + 1) of a column of groups' keys, and returns its bytes. */
export function byteTableKeyOffsets(table: usize, ids: usize, n: u32, out: usize): u32 {
  const offsets: usize = load<u32>(table, OFFSETS)
  let sum: u32 = 0
  store<u32>(out, 0)
  for (let i: usize = 0; i < <usize>n; i++) {
    const at = offsets + ((<usize>load<u32>(ids + (i << 2))) << 2)
    sum += load<u32>(at, 4) - load<u32>(at)
    store<u32>(out + (i << 2), sum, 4)
  }
  return sum
}

/** Writes the bytes of groups' keys end to end. */
export function byteTableKeyData(table: usize, ids: usize, n: u32, out: usize): void {
  const offsets: usize = load<u32>(table, OFFSETS)
  const data: usize = load<u32>(table, DATA)
  for (let i: usize = 0; i < <usize>n; i++) {
    const at = offsets + ((<usize>load<u32>(ids + (i << 2))) << 2)
    const start: usize = load<u32>(at)
    const bytes = <usize>load<u32>(at, 4) - start
    v128.store(out, v128.load(data + start))
    if (bytes > 16) memory.copy(out + 16, data + start + 16, bytes - 16)
    out += bytes
  }
}

/** The id of null, or 0xffffffff when null has none. */
export function byteTableNullId(table: usize): u32 {
  return load<u32>(table, NULL_ID)
}
