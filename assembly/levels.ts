// Definition and repetition levels (a byte each) to the validity and offsets of nested columns, as Arrow
// has them. A level pair is a leaf's entry; a node of the schema's tree sees the entries in which it
// has a slot.
//
//   slot        def >= ancestor (no list above is null or empty there) and rep <= the node's own
//   valid       def >= def of the node (it and all above are not null)
//   list item   an entry that repeats the list (rep = the list's), or a slot with def > that of a list
//               that is there
// (As Arrow does: https://github.com/apache/arrow/blob/main/cpp/src/parquet/level_conversion_inc.h)
import { isValid } from './validity'

/**
 * Where the entries of the next `rows` rows end: before the entry that begins one more row. The number of
 * rows that were not there is written to out.
 */
export function levelsRowEnd(reps: usize, from: u32, n: u32, rows: u32, out: usize): u32 {
  let i = from
  for (; i < n; i++) {
    if (!load<u8>(reps + <usize>i)) {
      if (!rows) break
      rows--
    }
  }
  store<u32>(out, rows)
  return i
}

/** How many of n levels are at least `level`. */
export function levelsCount(levels: usize, n: u32, level: u32): u32 {
  let count: u32 = 0
  for (const end = levels + <usize>n; levels < end; levels++)
    count += u32(load<u8>(levels) >= level)
  return count
}

/**
 * The validity of a node's slots. Writes to out how many slots and how many valid ones there are, u32
 * each. `reps` may be 0 when there are none.
 */
export function levelsValidity(
  defs: usize,
  reps: usize,
  n: u32,
  def: u32,
  rep: u32,
  ancestor: u32,
  bits: usize,
  out: usize,
): void {
  // Without repetitions there is nothing that they leave out: no level is above 255.
  if (!reps) {
    reps = defs
    rep = 255
  }
  const atLeast = i8x16.splat(<u8>ancestor)
  const atMost = i8x16.splat(<u8>rep)
  const there = i8x16.splat(<u8>def)
  let slots: u32 = 0
  let valid: u32 = 0
  let word: u64 = 0
  let pending: u64 = 0
  for (let i: u32 = 0; i < n; i += 16, defs += 16, reps += 16) {
    const levels = v128.load(defs)
    const isSeen = v128.and(i8x16.ge_u(levels, atLeast), i8x16.le_u(v128.load(reps), atMost))
    let seen = <u32>i8x16.bitmask(isSeen)
    if (n - i < 16) seen &= (1 << (n - i)) - 1
    let bitsThere = <u32>i8x16.bitmask(i8x16.ge_u(levels, there)) & seen
    valid += popcnt<u32>(bitsThere)
    // Entries without a slot leave no gap.
    for (let gaps = ~seen & 0xffff; gaps;) {
      const gap = 31 - clz<u32>(gaps)
      const below = (1 << gap) - 1
      bitsThere = (bitsThere & below) | ((bitsThere >> 1) & ~below)
      gaps ^= 1 << gap
    }
    word |= (<u64>bitsThere) << pending
    pending += popcnt<u32>(seen)
    slots += popcnt<u32>(seen)
    if (pending >= 32) {
      store<u32>(bits, <u32>word)
      bits += 4
      word >>= 32
      pending -= 32
    }
  }
  store<u32>(bits, <u32>word)
  store<u32>(out, slots)
  store<u32>(out, valid, 4)
}

/**
 * The offsets of a list's slots, on from 0: `def` is the level of a list that is there, perhaps empty,
 * `rep` that of its items. Returns the slots; the items are the last offset.
 */
export function levelsOffsets(
  defs: usize,
  reps: usize,
  n: u32,
  def: u32,
  rep: u32,
  ancestor: u32,
  offsets: usize,
): u32 {
  let slots: u32 = 0
  let items: u32 = 0
  for (let i: usize = 0; i < <usize>n; i++) {
    const level = <u32>load<u8>(defs + i)
    const repeated = <u32>load<u8>(reps + i)
    const isSeen = u32(level >= ancestor) & u32(repeated <= rep)
    // Written again until an entry begins a slot here.
    store<u32>(offsets + ((<usize>slots) << 2), items)
    slots += isSeen & u32(repeated < rep)
    items += isSeen & u32(level > def)
  }
  store<u32>(offsets + ((<usize>slots) << 2), items)
  return slots
}

// Writing goes the other way: entries begin as a column's rows, and each node on the way down to a leaf
// raises their levels, repeats them (lists), or ends them (nulls, empty lists). An entry that goes on
// knows its slot in the node's vector; one that has ended has the slot ENDED.

const ENDED: u32 = 0xffffffff

/** Raises the level of entries whose slot is valid, and ends the others. */
export function levelsDescend(slots: usize, defs: usize, n: u32, validity: usize): void {
  for (const end = defs + <usize>n; defs < end; defs++, slots += 4) {
    const slot = load<u32>(slots)
    if (slot == ENDED) continue
    if (isValid(validity, slot)) store<u8>(defs, load<u8>(defs) + 1)
    else store<u32>(slots, ENDED)
  }
}

/** How many entries there are once the lists at the slots are repeated into their items. */
export function levelsRepeatedCount(slots: usize, n: u32, offsets: usize): u32 {
  let count: u64 = 0
  for (const end = slots + ((<usize>n) << 2); slots < end; slots += 4) {
    const slot = load<u32>(slots)
    count += slot == ENDED ? 1 : <u64>max<u32>(1, itemsAt(offsets, slot))
  }
  return count > 0x7fffffff ? ENDED : <u32>count
}

function itemsAt(offsets: usize, slot: u32): u32 {
  const at = offsets + ((<usize>slot) << 2)
  return load<u32>(at, 4) - load<u32>(at)
}

/** Repeats each list into an entry an item, of level `rep` but for its first; an empty list ends. */
export function levelsRepeat(
  slots: usize,
  defs: usize,
  reps: usize,
  n: u32,
  offsets: usize,
  rep: u32,
  outSlots: usize,
  outDefs: usize,
  outReps: usize,
): void {
  for (const end = defs + <usize>n; defs < end; defs++, reps++, slots += 4) {
    const slot = load<u32>(slots)
    const def = load<u8>(defs)
    store<u8>(outReps, load<u8>(reps))
    const items: u32 = slot == ENDED ? 0 : itemsAt(offsets, slot)
    if (!items) {
      store<u32>(outSlots, ENDED)
      store<u8>(outDefs, def)
      outSlots += 4
      outDefs++
      outReps++
      continue
    }
    let item = load<u32>(offsets + ((<usize>slot) << 2))
    for (let i: u32 = 0; i < items; i++) {
      if (i) store<u8>(outReps, rep)
      store<u32>(outSlots, item++)
      store<u8>(outDefs, def + 1)
      outSlots += 4
      outDefs++
      outReps++
    }
  }
}

/** The slots of entries that reach the leaf, in order; returns how many. */
export function levelsSlots(slots: usize, n: u32, out: usize): u32 {
  const start = out
  for (const end = slots + ((<usize>n) << 2); slots < end; slots += 4) {
    const slot = load<u32>(slots)
    store<u32>(out, slot)
    out += <usize>(u32(slot != ENDED) << 2)
  }
  return <u32>((out - start) >> 2)
}
