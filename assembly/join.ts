// Joins: rows of a side in chains by key, found by the rows of the other side.
//
//   heads  u32 a key id: the youngest row of the key, or NONE
//   next   u32 a row: the next older row of its key, or NONE
//
// J1  A row's number is its place in the side's columns; chains run from young to old.
// J2  A probe stops when its output is full, and goes on where its cursor stands: a hot key costs
//     no more memory than any other.
// J3  Blocks of 64: heads, and then the rows that they name, are touched before they are followed, so that
//     misses overlap.

const NONE: u32 = 0xffffffff
const BLOCK: u32 = 64

// Cursor: the probing row u32, the row of its chain that is next u32 (NONE: the chain's head),
// and the bounds of joinProbeBetween: least and greatest time of a match less the probing row's.
const AT_ROW: usize = 0
const AT_MATCH: usize = 4
const LOW: usize = 8
const HIGH: usize = 16

/** Keeps the loads of a touch from being dropped. */
const touched: usize = memory.data(4, 4)
/** The heads of a block that are rows. */
const blockRows: usize = memory.data(64 * 4, 16)

/** Puts rows first, first + 1, ... in front of the chains of their keys; NONE is no key. */
export function joinLink(ids: usize, n: u32, first: u32, heads: usize, next: usize): void {
  next += (<usize>first) << 2
  for (let i: u32 = 0; i < n; i++, ids += 4, next += 4) {
    const id = load<u32>(ids)
    if (id == NONE) continue
    const head = heads + ((<usize>id) << 2)
    store<u32>(next, load<u32>(head))
    store<u32>(head, first + i)
  }
}

/**
 * Pairs of probing rows (first + i, by key id) and rows of the other side that are not older than
 * row `oldest`. Writes at most `room` and returns how many; the cursor's row is n when all are done.
 */
export function joinProbe(
  cursor: usize,
  ids: usize,
  n: u32,
  first: u32,
  heads: usize,
  next: usize,
  oldest: u32,
  room: u32,
  outProbe: usize,
  outMatch: usize,
): u32 {
  let i = load<u32>(cursor, AT_ROW)
  let row = load<u32>(cursor, AT_MATCH)
  let found: u32 = 0
  let warm = i
  while (i < n) {
    if (i == warm) {
      touch(ids, i, n, heads, next)
      warm = i + BLOCK
    }
    if (row == NONE) {
      const id = load<u32>(ids + ((<usize>i) << 2))
      if (id != NONE) row = load<u32>(heads + ((<usize>id) << 2))
    }
    // NONE is greater than any row.
    while (row != NONE && row >= oldest) {
      if (found == room) {
        store<u32>(cursor, i, AT_ROW)
        store<u32>(cursor, row, AT_MATCH)
        return found
      }
      const at = (<usize>found) << 2
      store<u32>(outProbe + at, first + i)
      store<u32>(outMatch + at, row)
      found++
      row = load<u32>(next + ((<usize>row) << 2))
    }
    row = NONE
    i++
  }
  store<u32>(cursor, n, AT_ROW)
  store<u32>(cursor, NONE, AT_MATCH)
  return found
}

function touch(ids: usize, from: u32, n: u32, heads: usize, next: usize): void {
  let count: usize = 0
  for (const end = min<u32>(from + BLOCK, n); from < end; from++) {
    const id = load<u32>(ids + ((<usize>from) << 2))
    if (id == NONE) continue
    const row = load<u32>(heads + ((<usize>id) << 2))
    store<u32>(blockRows + (count << 2), row)
    count += usize(row != NONE)
  }
  let sum: u32 = 0
  for (let j: usize = 0; j < count; j++) {
    sum += load<u32>(next + ((<usize>load<u32>(blockRows + (j << 2))) << 2))
  }
  store<u32>(touched, sum)
}

/**
 * joinProbe() for rows whose time less the probing row's lies within the cursor's bounds. `times`
 * are the probing rows' (from row 0 of their side), `otherTimes` those of the other side.
 */
export function joinProbeBetween(
  cursor: usize,
  ids: usize,
  n: u32,
  first: u32,
  heads: usize,
  next: usize,
  times: usize,
  otherTimes: usize,
  room: u32,
  outProbe: usize,
  outMatch: usize,
): u32 {
  const low = load<i64>(cursor, LOW)
  const high = load<i64>(cursor, HIGH)
  let i = load<u32>(cursor, AT_ROW)
  let row = load<u32>(cursor, AT_MATCH)
  let found: u32 = 0
  for (; i < n; i++) {
    const id = load<u32>(ids + ((<usize>i) << 2))
    if (id == NONE) continue
    if (row == NONE) row = load<u32>(heads + ((<usize>id) << 2))
    const time = load<i64>(times + ((<usize>(first + i)) << 3))
    while (row != NONE) {
      const apart = load<i64>(otherTimes + ((<usize>row) << 3)) - time
      if (apart >= low && apart <= high) {
        if (found == room) {
          store<u32>(cursor, i, AT_ROW)
          store<u32>(cursor, row, AT_MATCH)
          return found
        }
        const at = (<usize>found) << 2
        store<u32>(outProbe + at, first + i)
        store<u32>(outMatch + at, row)
        found++
      }
      row = load<u32>(next + ((<usize>row) << 2))
    }
  }
  store<u32>(cursor, n, AT_ROW)
  store<u32>(cursor, NONE, AT_MATCH)
  return found
}

/** counts[rows[i]]++ */
export function joinCount(rows: usize, n: u32, counts: usize): void {
  for (const end = rows + ((<usize>n) << 2); rows < end; rows += 4) {
    const at = counts + ((<usize>load<u32>(rows)) << 2)
    store<u32>(at, load<u32>(at) + 1)
  }
}

/**
 * Counts matches of an outer side's rows, up for a probing row that comes and down for one that is
 * taken back (`takesBack`: u8 a probing row, from row `first`; 0: none). Writes the rows that now
 * have their first match or have lost their last one, n at most, and what the row without a match
 * does then: delete (3) or insert (0).
 */
export function joinTally(
  matches: usize,
  probes: usize,
  n: u32,
  first: u32,
  takesBack: usize,
  counts: usize,
  outRows: usize,
  outOps: usize,
): u32 {
  let out: u32 = 0
  for (let i: usize = 0; i < <usize>n; i++) {
    const row = load<u32>(matches + (i << 2))
    const at = counts + ((<usize>row) << 2)
    const count = load<u32>(at)
    const isBack = takesBack ? load<u8>(takesBack + load<u32>(probes + (i << 2)) - first) : 0
    // A row whose match was forgotten has none to lose.
    if (isBack && !count) continue
    store<u32>(at, isBack ? count - 1 : count + 1)
    if (count == u32(isBack != 0)) {
      store<u32>(outRows + ((<usize>out) << 2), row)
      store<u8>(outOps + out, isBack ? 0 : 3)
      out++
    }
  }
  return out
}

/** The rows of [from, to) whose u32 is (`wanted` 1) or is not (0) `value`; at most `room`. */
export function joinRows(
  values: usize,
  value: u32,
  wanted: u32,
  from: u32,
  to: u32,
  room: u32,
  out: usize,
): u32 {
  let found: u32 = 0
  for (let row = from; row < to && found < room; row++) {
    store<u32>(out + ((<usize>found) << 2), row)
    found += u32(u32(load<u32>(values + ((<usize>row) << 2)) == value) == wanted)
  }
  return found
}

/** Sets the bits of the ids that some row has. */
export function joinMark(ids: usize, n: u32, bits: usize): void {
  for (const end = ids + ((<usize>n) << 2); ids < end; ids += 4) {
    const id = load<u32>(ids)
    if (id == NONE) continue
    const at = bits + (id >> 3)
    store<u8>(at, <u32>load<u8>(at) | (1 << (id & 7)))
  }
}

/** ids[i] = map[ids[i]] */
export function joinRemap(ids: usize, n: u32, map: usize): void {
  for (const end = ids + ((<usize>n) << 2); ids < end; ids += 4) {
    const id = load<u32>(ids)
    if (id != NONE) store<u32>(ids, load<u32>(map + ((<usize>id) << 2)))
  }
}
