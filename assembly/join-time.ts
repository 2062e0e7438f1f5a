// Joins of rows by their times: rows whose time is over, and versions of a row by time.
//
// JM1  The times of a side are i64 by row. A row that is gone has the key id NONE.
// JM2  Versions of a key are chained from the latest time to the earliest; of one time, the one that
//      came last comes first.
// JM3  A sweep notes the least time of each whole block of rows that it has looked at, and passes over
//      blocks whose least time is not below its bound. What is not noted is 0x8080...: below any bound.

const NONE: u32 = 0xffffffff

// Progress of a sweep: the next row u32, rows that went u32, the least time of those that stay i64, and
// of those of the block that it is in i64.
const NEXT_ROW: usize = 0
const GONE: usize = 4
const LEAST: usize = 8
const BLOCK_LEAST: usize = 16

/** Rows that share one noted least time. */
const BLOCK_ROWS: u32 = 1024

/**
 * Lets the rows before `to` go whose time is below `bound`, and writes those among them that have
 * no match (all, without counts), `room` at most. The sweep is over when its next row is `to`.
 */
export function joinSweep(
  sweep: usize,
  ids: usize,
  times: usize,
  counts: usize,
  leasts: usize,
  to: u32,
  bound: i64,
  room: u32,
  out: usize,
): u32 {
  let row = load<u32>(sweep, NEXT_ROW)
  let gone = load<u32>(sweep, GONE)
  let least = load<i64>(sweep, LEAST)
  let blockLeast = load<i64>(sweep, BLOCK_LEAST)
  let found: u32 = 0
  while (row < to && found < room) {
    if (row % BLOCK_ROWS == 0) {
      blockLeast = i64.MAX_VALUE
      const noted = load<i64>(leasts + ((<usize>(row / BLOCK_ROWS)) << 3))
      if (noted >= bound && to - row >= BLOCK_ROWS) {
        least = min<i64>(least, noted)
        row += BLOCK_ROWS
        continue
      }
    }
    const at = (<usize>row) << 2
    const id = load<u32>(ids + at)
    const time = load<i64>(times + (at << 1))
    // Without branches: rows go as their times have it, which nothing foretells.
    const isHere = u32(id != NONE)
    const goes = isHere & u32(time < bound)
    blockLeast = min<i64>(blockLeast, select<i64>(time, i64.MAX_VALUE, isHere ^ goes))
    store<u32>(ids + at, id | (0 - goes))
    gone += goes
    store<u32>(out + ((<usize>found) << 2), row)
    found += counts ? goes & u32(!load<u32>(counts + at)) : goes
    row++
    const isFull = row % BLOCK_ROWS == 0
    if (isFull) store<i64>(leasts + ((<usize>(row / BLOCK_ROWS - 1)) << 3), blockLeast)
    if (isFull || row == to) least = min<i64>(least, blockLeast)
  }
  store<u32>(sweep, row, NEXT_ROW)
  store<u32>(sweep, gone, GONE)
  store<i64>(sweep, least, LEAST)
  store<i64>(sweep, blockLeast, BLOCK_LEAST)
  return found
}

/** The rows of [from, to) that are not gone and whose time is below `bound`; `room` at most. */
export function joinBefore(
  ids: usize,
  times: usize,
  from: u32,
  to: u32,
  bound: i64,
  room: u32,
  out: usize,
): u32 {
  let found: u32 = 0
  for (let row = from; row < to && found < room; row++) {
    const at = (<usize>row) << 2
    store<u32>(out + ((<usize>found) << 2), row)
    const isIn = load<u32>(ids + at) != NONE && load<i64>(times + (at << 1)) < bound
    found += u32(isIn)
  }
  return found
}

/** Puts rows [first, first + n) into the chains of their keys, by time (ids and times by row). */
export function joinLinkByTime(
  ids: usize,
  times: usize,
  n: u32,
  first: u32,
  heads: usize,
  next: usize,
): void {
  const end = ids + ((<usize>(first + n)) << 2)
  let at = ids + ((<usize>first) << 2)
  let link = next + ((<usize>first) << 2)
  for (let row = first; at < end; at += 4, link += 4, row++) {
    const id = load<u32>(at)
    if (id == NONE) continue
    const head = heads + ((<usize>id) << 2)
    const time = load<i64>(times + ((<usize>row) << 3))
    const latest = load<u32>(head)
    // What arrives nearly always is the latest of its key.
    if (latest == NONE || load<i64>(times + ((<usize>latest) << 3)) <= time) {
      store<u32>(link, latest)
      store<u32>(head, row)
    } else linkBehind(times, time, row, next, latest)
  }
}

/** Puts a row behind those of its key that are later, of which `before` is one. */
function linkBehind(times: usize, time: i64, row: u32, next: usize, before: u32): void {
  let link = next + ((<usize>before) << 2)
  let other = load<u32>(link)
  while (other != NONE && load<i64>(times + ((<usize>other) << 3)) > time) {
    link = next + ((<usize>other) << 2)
    other = load<u32>(link)
  }
  store<u32>(next + ((<usize>row) << 2), other)
  store<u32>(link, row)
}

/**
 * The version at a time: for each of n rows (key id, time) the first of its chain that is not later,
 * or NONE; also where that one only says that there is no version from then on (`ends`: u8 a row,
 * whose lowest bit says so; 0: none does).
 */
export function joinVersions(
  ids: usize,
  times: usize,
  n: u32,
  heads: usize,
  next: usize,
  versionTimes: usize,
  ends: usize,
  out: usize,
): void {
  for (let i: u32 = 0; i < n; i++, ids += 4, times += 8, out += 4) {
    const id = load<u32>(ids)
    let row = NONE
    if (id != NONE) {
      const time = load<i64>(times)
      row = load<u32>(heads + ((<usize>id) << 2))
      while (row != NONE && load<i64>(versionTimes + ((<usize>row) << 3)) > time) {
        row = load<u32>(next + ((<usize>row) << 2))
      }
      if (row != NONE && ends && load<u8>(ends + row) & 1) row = NONE
    }
    store<u32>(out, row)
  }
}

/**
 * Lets versions go that no time from `bound` on needs: of each key all behind the first that is not
 * later than `bound`. That one goes too when it says that there is none. Returns how many went.
 */
export function joinForgetVersions(
  ids: usize,
  times: usize,
  keys: u32,
  heads: usize,
  next: usize,
  ends: usize,
  bound: i64,
): u32 {
  let gone: u32 = 0
  for (let key: u32 = 0; key < keys; key++, heads += 4) {
    let link = heads
    let row = load<u32>(link)
    while (row != NONE && load<i64>(times + ((<usize>row) << 3)) > bound) {
      link = next + ((<usize>row) << 2)
      row = load<u32>(link)
    }
    if (row == NONE) continue
    if (!ends || !(load<u8>(ends + row) & 1)) {
      link = next + ((<usize>row) << 2)
      row = load<u32>(link)
    }
    store<u32>(link, NONE)
    for (; row != NONE; row = load<u32>(next + ((<usize>row) << 2))) {
      store<u32>(ids + ((<usize>row) << 2), NONE)
      gone++
    }
  }
  return gone
}
