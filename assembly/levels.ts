// Definition and repetition levels (a byte each) to the validity and offsets of nested columns, as Arrow
// has them. A level pair is a leaf's entry; a node of the schema's tree sees the entries in which it
// has a slot.
//
//   slot        def >= ancestor (no list above is null or empty there) and rep <= the node's own
//   valid       def >= def of the node (it and all above are not null)
//   list item   an entry that repeats the list (rep = the list's), or a slot with def > that of a list
//               that is there
// (As Arrow does: https://github.com/apache/arrow/blob/main/cpp/src/parquet/level_conversion_inc.h)

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
  let slots: u32 = 0
  let valid: u32 = 0
  let byte: u32 = 0
  for (let i: usize = 0; i < <usize>n; i++) {
    const level = <u32>load<u8>(defs + i)
    if (level < ancestor || (reps && <u32>load<u8>(reps + i) > rep)) continue
    const isThere = u32(level >= def)
    byte |= isThere << (slots & 7)
    valid += isThere
    slots++
    if (!(slots & 7)) {
      store<u8>(bits++, byte)
      byte = 0
    }
  }
  if (slots & 7) store<u8>(bits, byte)
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
    if (level < ancestor || repeated > rep) continue
    if (repeated < rep) {
      store<u32>(offsets + ((<usize>slots) << 2), items)
      slots++
    }
    items += u32(level > def)
  }
  store<u32>(offsets + ((<usize>slots) << 2), items)
  return slots
}
