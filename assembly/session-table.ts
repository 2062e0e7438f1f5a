// Sessions by key: the way of a batch to its accumulators (session-layout.ts). Rows are taken one after
// the other, as they come; what they merge is merged by the caller once their values are in.
import { allocate, release } from './arena'
import { heapClose, heapNew } from './heap'
import {
  AGAIN,
  AT,
  COUNT,
  DEAD,
  DIVISOR,
  FLAGS,
  FOREVER,
  GAP,
  HEADS,
  HEADS_CAPACITY,
  HEAP,
  ID,
  IS_AGAIN,
  IS_DEAD,
  ITEMS,
  LAST,
  LATE,
  LATENESS,
  LINK,
  MULTIPLIER,
  NEXT,
  SESSIONS,
  SESSION_BYTES,
  START,
  STRIDE,
  TEMPLATE,
  WATERMARK,
  WIDTH,
  bury,
  endOf,
  freeSession,
  insertAt,
  newSession,
  placeOf,
  removeAt,
  reserveHeads,
} from './session-layout'
import { settle, takeOut } from './session-wheel'

const EXHAUSTED: u32 = 0xffffffff
const OUT_OF_RANGE: u32 = 0xfffffffe
const MERGED: u32 = 0x80000000
const TIME_MAX: i64 = 1 << 53

/**
 * A table for accumulators of `stride` bytes (a multiple of 8) that start as `template`. Times times
 * `multiplier` by `divisor` are milliseconds, as gap and lateness are. 0 when memory is exhausted.
 */
export function sessionTableNew(
  stride: u32,
  template: usize,
  gap: f64,
  lateness: f64,
  multiplier: u32,
  divisor: u32,
): usize {
  const table = allocate(TEMPLATE + <usize>stride)
  if (!table) return 0
  memory.fill(table, 0, TEMPLATE)
  const heap = heapNew()
  if (!heap) {
    release(table)
    return 0
  }
  store<u32>(table, <u32>heap, HEAP)
  store<u32>(table, stride, STRIDE)
  store<i64>(table, <i64>gap, GAP)
  store<i64>(table, <i64>lateness, LATENESS)
  store<i64>(table, -FOREVER, WATERMARK)
  store<i64>(table, max<i64>(1, <i64>gap / 16), WIDTH)
  store<i64>(table, -FOREVER, AT)
  store<i64>(table, <i64>multiplier, MULTIPLIER)
  store<i64>(table, <i64>divisor, DIVISOR)
  memory.copy(table + TEMPLATE, template, stride)
  return table
}

/** Gives everything back: sessions, accumulators, and what lies in the heap. */
export function sessionTableClose(table: usize): void {
  heapClose(load<u32>(table, HEAP))
  const heads: usize = load<u32>(table, HEADS)
  if (heads) release(heads)
  release(table)
}

/** The heap of the table; byte accumulators keep their values there, too. */
export function sessionTableHeap(table: usize): usize {
  return load<u32>(table, HEAP)
}

/** Open sessions, those included that have fired and take late rows. */
export function sessionCount(table: usize): u32 {
  return load<u32>(table, SESSIONS)
}

/** Late rows of the last sessionAssign(). */
export function sessionLate(table: usize): u32 {
  return load<u32>(table, LATE)
}

function milliseconds(table: usize, time: i64): i64 {
  const divisor = load<i64>(table, DIVISOR)
  if (divisor == 1) {
    // Beyond this, the product would not fit; it is out of range anyway.
    if (time > TIME_MAX || time < -TIME_MAX) return FOREVER
    return time * load<i64>(table, MULTIPLIER)
  }
  const quotient = time / divisor
  return quotient - <i64>(quotient * divisor > time)
}

// The merges of the batch that is being assigned: from and to, u32 each.
let mergesFrom: usize = 0
let mergesTo: usize = 0
let merges: u32 = 0

/** The session that a row belongs to: 0 when it is late, 1 when memory is exhausted. */
function sessionOf(table: usize, id: u32, time: i64): usize {
  const gap = load<i64>(table, GAP)
  const list: usize = load<u32>(<usize>load<u32>(table, HEADS) + ((<usize>id) << 2))
  const place: u32 = list ? placeOf(list, time + gap) : 0
  let session: usize = 0
  if (place) session = load<u32>(list + ITEMS + ((<usize>(place - 1)) << 2))
  if (!session || load<i64>(session, LAST) + gap < time) {
    const last = time + gap - 1
    if (last + load<i64>(table, LATENESS) <= load<i64>(table, WATERMARK)) return 0
    session = newSession(table, id, time, time)
    return session && insertAt(table, place, session) ? session : 1
  }
  if (place > 1) {
    const earlier: usize = load<u32>(list + ITEMS + ((<usize>(place - 2)) << 2))
    if (load<i64>(earlier, LAST) + gap >= time) {
      store<u32>(mergesFrom + ((<usize>merges) << 2), <u32>(session + SESSION_BYTES))
      store<u32>(mergesTo + ((<usize>merges) << 2), <u32>(earlier + SESSION_BYTES))
      merges++
      store<i64>(earlier, load<i64>(session, LAST), LAST)
      removeAt(table, id, place - 1)
      takeOut(table, session)
      bury(table, session)
      session = earlier
    }
  }
  store<i64>(session, min<i64>(load<i64>(session, START), time), START)
  store<i64>(session, max<i64>(load<i64>(session, LAST), time), LAST)
  return session
}

/** Notes a session that has fired and has got another row. */
function noteAgain(table: usize, session: usize): void {
  const flags = load<u32>(session, FLAGS)
  if (flags & IS_AGAIN) return
  store<u32>(session, flags | IS_AGAIN, FLAGS)
  store<u32>(session, load<u32>(table, AGAIN), LINK)
  store<u32>(table, <u32>session, AGAIN)
}

/**
 * Finds or makes the accumulators of n (time, key id), ids below `idCount`: a pointer (u32) at `rows`,
 * 0 for a late row, with the bitmap `kept` of those that are not late. At `from` and `to` (n u32
 * each) are the accumulators that are one session by now: to be merged in that order, one by one,
 * when the batch's values are in. Returns how many those are; 0xfffffffe - row when a row's time is
 * out of range; 0xffffffff when memory is exhausted.
 */
export function sessionAssign(
  table: usize,
  times: usize,
  ids: usize,
  n: u32,
  idCount: u32,
  rows: usize,
  kept: usize,
  from: usize,
  to: usize,
): u32 {
  if (!reserveHeads(table, idCount)) return EXHAUSTED
  mergesFrom = from
  mergesTo = to
  merges = 0
  const watermark = load<i64>(table, WATERMARK)
  let live: u32 = 0
  let bits: u64 = 0
  for (let i: usize = 0; i < <usize>n; i++) {
    const time = milliseconds(table, load<i64>(times + (i << 3)))
    if (time > TIME_MAX || time < -TIME_MAX) return OUT_OF_RANGE - <u32>i
    const session = sessionOf(table, load<u32>(ids + (i << 2)), time)
    if (session == 1) return EXHAUSTED
    if (session) {
      settle(table, session)
      if (endOf(table, session) - 1 <= watermark) noteAgain(table, session)
      bits |= (<u64>1) << (<u64>i & 63)
      live++
    }
    store<u32>(rows + (i << 2), session ? <u32>(session + SESSION_BYTES) : 0)
    if ((i & 63) == 63 || i + 1 == <usize>n) {
      store<u64>(kept + ((i >> 6) << 3), bits)
      bits = 0
    }
  }
  store<u32>(table, n - live, LATE)
  return merges
}

/**
 * As sessionAssign(), up to and with the first row that makes two sessions one: that row's accumulators are
 * those of the one, and `merge` (from and to, u32 each) says which go into which before it. At `starts`
 * and `ends` (i64) is when each row's session began and ends as of that row. Returns how many rows are
 * done, with the highest bit set when the last of them has merged; or as sessionAssign().
 */
export function sessionAssignUpToMerge(
  table: usize,
  times: usize,
  ids: usize,
  n: u32,
  idCount: u32,
  rows: usize,
  kept: usize,
  starts: usize,
  ends: usize,
  merge: usize,
): u32 {
  if (!reserveHeads(table, idCount)) return EXHAUSTED
  mergesFrom = merge
  mergesTo = merge + 4
  merges = 0
  const watermark = load<i64>(table, WATERMARK)
  let live: u32 = 0
  let bits: u64 = 0
  let i: usize = 0
  while (i < <usize>n && !merges) {
    const time = milliseconds(table, load<i64>(times + (i << 3)))
    if (time > TIME_MAX || time < -TIME_MAX) return OUT_OF_RANGE - <u32>i
    const session = sessionOf(table, load<u32>(ids + (i << 2)), time)
    if (session == 1) return EXHAUSTED
    if (session) {
      settle(table, session)
      const end = endOf(table, session)
      if (end - 1 <= watermark) noteAgain(table, session)
      store<i64>(starts + (i << 3), load<i64>(session, START))
      store<i64>(ends + (i << 3), end)
      bits |= (<u64>1) << (<u64>i & 63)
      live++
    }
    store<u32>(rows + (i << 2), session ? <u32>(session + SESSION_BYTES) : 0)
    if ((i & 63) == 63) {
      store<u64>(kept + ((i >> 6) << 3), bits)
      bits = 0
    }
    i++
  }
  if (i & 63) store<u64>(kept + ((i >> 6) << 3), bits)
  store<u32>(table, <u32>i - live, LATE)
  return merges ? <u32>i | MERGED : <u32>i
}

/**
 * Lists, and forgets, the accumulators of sessions that had fired and got more rows since the last
 * call; before sessionDead(). How many.
 */
export function sessionAgain(table: usize, rows: usize): u32 {
  let count: usize = 0
  let session: usize = load<u32>(table, AGAIN)
  while (session) {
    const flags = load<u32>(session, FLAGS)
    store<u32>(session, flags & ~IS_AGAIN, FLAGS)
    // It may have grown into a session that is yet to fire.
    if (!(flags & IS_DEAD) && endOf(table, session) - 1 <= load<i64>(table, WATERMARK)) {
      store<u32>(rows + (count++ << 2), <u32>(session + SESSION_BYTES))
    }
    session = load<u32>(session, LINK)
  }
  store<u32>(table, 0, AGAIN)
  return <u32>count
}

/** Key ids, starts and ends of the sessions that n accumulators belong to. */
export function sessionBounds(
  table: usize,
  rows: usize,
  n: u32,
  ids: usize,
  starts: usize,
  ends: usize,
): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const session: usize = <usize>load<u32>(rows + (i << 2)) - SESSION_BYTES
    store<u32>(ids + (i << 2), load<u32>(session, ID))
    store<i64>(starts + (i << 3), load<i64>(session, START))
    store<i64>(ends + (i << 3), endOf(table, session))
  }
}

/** Lists up to `most` dead sessions' accumulators, which are to be given back by sessionFree(). */
export function sessionDead(table: usize, most: u32, rows: usize): u32 {
  let count: u32 = 0
  let session: usize = load<u32>(table, DEAD)
  for (; session && count < most; session = load<u32>(session, NEXT)) {
    store<u32>(rows + ((<usize>count) << 2), <u32>(session + SESSION_BYTES))
    count++
  }
  store<u32>(table, <u32>session, DEAD)
  return count
}

/** Gives sessions back, whose accumulators hold nothing any more. */
export function sessionFree(table: usize, rows: usize, n: u32): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    freeSession(table, <usize>load<u32>(rows + (i << 2)) - SESSION_BYTES)
  }
}

/**
 * Lists up to `most` accumulators of open sessions, by key id, from where `cursor` (key id u32, place
 * u32) stands, and moves it on. 0 when there is no more.
 */
export function sessionScan(table: usize, cursor: usize, most: u32, rows: usize): u32 {
  const heads: usize = load<u32>(table, HEADS)
  const capacity = load<u32>(table, HEADS_CAPACITY)
  let id = load<u32>(cursor)
  let place = load<u32>(cursor, 4)
  let count: u32 = 0
  for (; id < capacity; id++, place = 0) {
    const list: usize = load<u32>(heads + ((<usize>id) << 2))
    if (!list) continue
    for (; place < load<u32>(list, COUNT) && count < most; place++) {
      const session = load<u32>(list + ITEMS + ((<usize>place) << 2))
      store<u32>(rows + ((<usize>count) << 2), session + <u32>SESSION_BYTES)
      count++
    }
    if (count == most) break
  }
  store<u32>(cursor, id)
  store<u32>(cursor, place, 4)
  return count
}

/**
 * Makes sessions as they were: n key ids below `idCount`, starts and ends. Pointers to their fresh
 * accumulators go to `rows`. 0 when memory is exhausted, else 1.
 */
export function sessionRestore(
  table: usize,
  ids: usize,
  starts: usize,
  ends: usize,
  n: u32,
  idCount: u32,
  rows: usize,
): u32 {
  if (!reserveHeads(table, idCount)) return 0
  const gap = load<i64>(table, GAP)
  for (let i: usize = 0; i < <usize>n; i++) {
    const start = load<i64>(starts + (i << 3))
    const id = load<u32>(ids + (i << 2))
    const session = newSession(table, id, start, load<i64>(ends + (i << 3)) - gap)
    const list: usize = load<u32>(<usize>load<u32>(table, HEADS) + ((<usize>id) << 2))
    if (!session || !insertAt(table, list ? placeOf(list, start) : 0, session)) return 0
    settle(table, session)
    store<u32>(rows + (i << 2), <u32>(session + SESSION_BYTES))
  }
  return 1
}

/** Sets the bits of the key ids that have a session. */
export function sessionMark(table: usize, bits: usize): void {
  const heads: usize = load<u32>(table, HEADS)
  const capacity: usize = load<u32>(table, HEADS_CAPACITY)
  for (let id: usize = 0; id < capacity; id++) {
    if (!load<u32>(heads + (id << 2))) continue
    const at = bits + (id >> 3)
    store<u8>(at, load<u8>(at) | (1 << (<u8>id & 7)))
  }
}

/** Renames the key ids: `map` (u32 an old id) never raises one, and keeps their order. */
export function sessionRemap(table: usize, map: usize): void {
  const heads: usize = load<u32>(table, HEADS)
  const capacity: usize = load<u32>(table, HEADS_CAPACITY)
  for (let id: usize = 0; id < capacity; id++) {
    const list: usize = load<u32>(heads + (id << 2))
    if (!list) continue
    const fresh = load<u32>(map + (id << 2))
    store<u32>(heads + (id << 2), 0)
    store<u32>(heads + ((<usize>fresh) << 2), <u32>list)
    for (let i: usize = 0; i < <usize>load<u32>(list, COUNT); i++) {
      store<u32>(<usize>load<u32>(list + ITEMS + (i << 2)), fresh, ID)
    }
  }
}
