// How sessions are kept; session-table.ts assigns rows to them, session-wheel.ts knows when they end.
//
//   table    control | wheel: 64 lists of sessions by when they are due | template of accumulators
//   heads    u32 a key id -> list: count u32, capacity u32, sessions u32[] by start   (0: none)
//   session  start i64, last i64, key id u32, next u32, previous u32, slot + 1 u32, flags u32,
//            link u32 | accumulators
//
// SN1  Sessions of a key lie more than a gap apart: a row meets two of them at most, and makes them
//      one. The earlier one stays; the other is dead, and lives on until its accumulators have been
//      merged and given back.
// SN2  Accumulators never move while their session lives: a row of a batch is a pointer to them.
// SN3  A session has fired when the watermark has reached its last moment, last + gap - 1. It is
//      gone when that is the allowed lateness ago.
import { allocate, release } from './arena'
import { heapAllocate, heapFree } from './heap'

export const HEAP: usize = 0
export const STRIDE: usize = 4
export const HEADS: usize = 8
export const HEADS_CAPACITY: usize = 12
export const SESSIONS: usize = 16
export const LATE: usize = 20
export const DEAD: usize = 24
export const AGAIN: usize = 28
export const GAP: usize = 32
export const LATENESS: usize = 40
export const WATERMARK: usize = 48
export const WIDTH: usize = 56
export const AT: usize = 64
export const MULTIPLIER: usize = 72
export const DIVISOR: usize = 80
export const WHEEL: usize = 88
export const SLOTS: usize = 64
export const TEMPLATE: usize = 344

export const START: usize = 0
export const LAST: usize = 8
export const ID: usize = 16
export const NEXT: usize = 20
export const PREVIOUS: usize = 24
export const SLOT: usize = 28
export const FLAGS: usize = 32
export const LINK: usize = 36
export const SESSION_BYTES: usize = 40

export const FIRED: u32 = 1
export const IS_AGAIN: u32 = 2
export const IS_DEAD: u32 = 4

export const COUNT: usize = 0
export const CAPACITY: usize = 4
export const ITEMS: usize = 8
const ITEMS_MIN: u32 = 2

/** Beyond every moment that there is, and before. */
export const FOREVER: i64 = 1 << 60

/** When the session's window ends. */
export function endOf(table: usize, session: usize): i64 {
  return load<i64>(session, LAST) + load<i64>(table, GAP)
}

/** A session without a place in its key's list; 0 when memory is exhausted. */
export function newSession(table: usize, id: u32, start: i64, last: i64): usize {
  const stride: usize = load<u32>(table, STRIDE)
  const session = heapAllocate(load<u32>(table, HEAP), SESSION_BYTES + stride)
  if (!session) return 0
  memory.fill(session, 0, SESSION_BYTES)
  store<i64>(session, start, START)
  store<i64>(session, last, LAST)
  store<u32>(session, id, ID)
  for (let at: usize = 0; at < stride; at += 8) {
    store<u64>(session + SESSION_BYTES + at, load<u64>(table + TEMPLATE + at))
  }
  store<u32>(table, load<u32>(table, SESSIONS) + 1, SESSIONS)
  return session
}

export function freeSession(table: usize, session: usize): void {
  const stride: usize = load<u32>(table, STRIDE)
  heapFree(load<u32>(table, HEAP), session, SESSION_BYTES + stride)
}

/** Room for key ids below `ids`; false when memory is exhausted. */
export function reserveHeads(table: usize, ids: u32): bool {
  const old = load<u32>(table, HEADS_CAPACITY)
  if (ids <= old) return true
  let capacity = max<u32>(1024, old)
  while (capacity < ids) capacity <<= 1
  const heads = allocate((<usize>capacity) << 2)
  if (!heads) return false
  const before: usize = load<u32>(table, HEADS)
  memory.copy(heads, before, (<usize>old) << 2)
  memory.fill(heads + ((<usize>old) << 2), 0, (<usize>(capacity - old)) << 2)
  if (before) release(before)
  store<u32>(table, <u32>heads, HEADS)
  store<u32>(table, capacity, HEADS_CAPACITY)
  return true
}

/** How many sessions of a list start at or before a time. */
export function placeOf(list: usize, time: i64): u32 {
  let high = load<u32>(list, COUNT)
  if (!high) return 0
  // Rows come more or less in order.
  const last: usize = load<u32>(list + ITEMS + ((<usize>(high - 1)) << 2))
  if (load<i64>(last, START) <= time) return high
  let low: u32 = 0
  high--
  while (low < high) {
    const middle = (low + high) >> 1
    const session: usize = load<u32>(list + ITEMS + ((<usize>middle) << 2))
    if (load<i64>(session, START) <= time) low = middle + 1
    else high = middle
  }
  return low
}

/** Puts a session into its key's list at a place; false when memory is exhausted. */
export function insertAt(table: usize, place: u32, session: usize): bool {
  const heap: usize = load<u32>(table, HEAP)
  const head = <usize>load<u32>(table, HEADS) + ((<usize>load<u32>(session, ID)) << 2)
  let list: usize = load<u32>(head)
  const count: u32 = list ? load<u32>(list, COUNT) : 0
  const capacity: u32 = list ? load<u32>(list, CAPACITY) : 0
  if (count == capacity) {
    const wanted = max<u32>(ITEMS_MIN, capacity << 1)
    const grown = heapAllocate(heap, ITEMS + ((<usize>wanted) << 2))
    if (!grown) return false
    store<u32>(grown, count, COUNT)
    store<u32>(grown, wanted, CAPACITY)
    if (list) {
      memory.copy(grown + ITEMS, list + ITEMS, (<usize>count) << 2)
      heapFree(heap, list, ITEMS + ((<usize>capacity) << 2))
    }
    list = grown
    store<u32>(head, <u32>list)
  }
  const at = list + ITEMS + ((<usize>place) << 2)
  memory.copy(at + 4, at, (<usize>(count - place)) << 2)
  store<u32>(at, <u32>session)
  store<u32>(list, count + 1, COUNT)
  return true
}

/** Takes the session at a place out of its key's list. */
export function removeAt(table: usize, id: u32, place: u32): void {
  const head = <usize>load<u32>(table, HEADS) + ((<usize>id) << 2)
  const list: usize = load<u32>(head)
  const count = load<u32>(list, COUNT) - 1
  if (!count) {
    heapFree(load<u32>(table, HEAP), list, ITEMS + ((<usize>load<u32>(list, CAPACITY)) << 2))
    store<u32>(head, 0)
    return
  }
  const at = list + ITEMS + ((<usize>place) << 2)
  memory.copy(at, at + 4, (<usize>(count - place)) << 2)
  store<u32>(list, count, COUNT)
}

/** A session that is in no list any more; its accumulators wait to be given back. */
export function bury(table: usize, session: usize): void {
  store<u32>(session, load<u32>(session, FLAGS) | IS_DEAD, FLAGS)
  store<u32>(session, load<u32>(table, DEAD), NEXT)
  store<u32>(table, <u32>session, DEAD)
  store<u32>(table, load<u32>(table, SESSIONS) - 1, SESSIONS)
}
