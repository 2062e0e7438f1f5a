// When sessions end: a wheel of 64 lists (session-layout.ts). Time is cut into buckets of a part of a
// gap; a session is in the list of the bucket in which it was due when it was put there.
//
// SW1  A session that grows stays where it is, and is moved on when its bucket comes: at most once a
//      gap of its life. One that is due earlier than it was (it fired, and has grown again) is moved
//      at once.
// SW2  A bucket that is past is worked off whole, so that what is due is found without looking at
//      what is not.
import {
  AT,
  FIRED,
  FLAGS,
  FOREVER,
  HEADS,
  ID,
  LATENESS,
  NEXT,
  PREVIOUS,
  SESSION_BYTES,
  SLOT,
  SLOTS,
  START,
  WATERMARK,
  WHEEL,
  WIDTH,
  bury,
  endOf,
  placeOf,
  removeAt,
} from './session-layout'

function bucketOf(table: usize, time: i64): i64 {
  const width = load<i64>(table, WIDTH)
  const bucket = time / width
  return bucket - <i64>(bucket * width > time)
}

/** The moment at which something is to be done with a session: it fires, or it is gone. */
function dueOf(table: usize, session: usize): i64 {
  const due = endOf(table, session) - 1
  return load<u32>(session, FLAGS) & FIRED ? due + load<i64>(table, LATENESS) : due
}

function slotOf(table: usize, due: i64): usize {
  return <usize>(max<i64>(bucketOf(table, due), load<i64>(table, AT)) & <i64>(SLOTS - 1))
}

export function takeOut(table: usize, session: usize): void {
  const slot: usize = load<u32>(session, SLOT)
  if (!slot) return
  const next: usize = load<u32>(session, NEXT)
  const previous: usize = load<u32>(session, PREVIOUS)
  if (next) store<u32>(next, <u32>previous, PREVIOUS)
  if (previous) store<u32>(previous, <u32>next, NEXT)
  else store<u32>(table + WHEEL + ((slot - 1) << 2), <u32>next)
  store<u32>(session, 0, SLOT)
}

/** Puts a session where it will be looked at in time; it is in no list. */
export function putIn(table: usize, session: usize): void {
  const slot = slotOf(table, dueOf(table, session))
  const list = table + WHEEL + (slot << 2)
  const next: usize = load<u32>(list)
  store<u32>(session, <u32>next, NEXT)
  store<u32>(session, 0, PREVIOUS)
  store<u32>(session, <u32>(slot + 1), SLOT)
  if (next) store<u32>(next, <u32>session, PREVIOUS)
  store<u32>(list, <u32>session)
}

/** What a session's state is at the watermark; puts it into the wheel anew when it has to be. */
export function settle(table: usize, session: usize): void {
  const flags = load<u32>(session, FLAGS)
  const hasFired: u32 = endOf(table, session) - 1 <= load<i64>(table, WATERMARK) ? FIRED : 0
  if ((flags & FIRED) == hasFired && load<u32>(session, SLOT)) return
  store<u32>(session, (flags & ~FIRED) | hasFired, FLAGS)
  takeOut(table, session)
  putIn(table, session)
}

function end(table: usize, session: usize): void {
  takeOut(table, session)
  const id = load<u32>(session, ID)
  const list: usize = load<u32>(<usize>load<u32>(table, HEADS) + ((<usize>id) << 2))
  removeAt(table, id, placeOf(list, load<i64>(session, START)) - 1)
  bury(table, session)
}

/**
 * Moves the watermark on, and lists the accumulators of up to `most` sessions that fire at it. Fewer
 * than `most` mean that there is no more; else it is to be called again. Sessions that are gone are
 * dead from now on (sessionDead).
 */
export function sessionDue(table: usize, watermarkMs: f64, most: u32, rows: usize): u32 {
  const watermark = <i64>max<f64>(min<f64>(watermarkMs, <f64>FOREVER), -(<f64>FOREVER))
  store<i64>(table, watermark, WATERMARK)
  const lateness = load<i64>(table, LATENESS)
  const target = bucketOf(table, watermark)
  let count: u32 = 0
  if (target < load<i64>(table, AT)) return 0
  for (let at = max<i64>(load<i64>(table, AT), target - <i64>(SLOTS - 1)); at <= target; at++) {
    store<i64>(table, at, AT)
    const slot = <usize>(at & <i64>(SLOTS - 1))
    let session: usize = load<u32>(table + WHEEL + (slot << 2))
    while (session) {
      const next: usize = load<u32>(session, NEXT)
      const due = dueOf(table, session)
      if (due > watermark) {
        if (slotOf(table, due) != slot) {
          takeOut(table, session)
          putIn(table, session)
        }
      } else {
        const flags = load<u32>(session, FLAGS)
        if (!(flags & FIRED)) {
          if (count == most) return count
          store<u32>(rows + ((<usize>count) << 2), <u32>(session + SESSION_BYTES))
          count++
          store<u32>(session, flags | FIRED, FLAGS)
        }
        if (endOf(table, session) - 1 + lateness <= watermark) end(table, session)
        else {
          takeOut(table, session)
          putIn(table, session)
        }
      }
      session = next
    }
  }
  return count
}

/** The earliest moment at which a session is due; infinite when there is none. */
export function sessionNextDue(table: usize): f64 {
  let earliest: i64 = FOREVER
  const from = max<i64>(load<i64>(table, AT), 0)
  for (let at = from; at < from + <i64>SLOTS; at++) {
    let session: usize = load<u32>(table + WHEEL + ((<usize>(at & <i64>(SLOTS - 1))) << 2))
    for (; session; session = load<u32>(session, NEXT)) {
      earliest = min<i64>(earliest, dueOf(table, session))
    }
    // What is in later lists is due later.
    if (earliest != FOREVER && load<i64>(table, AT) > 0 && bucketOf(table, earliest) <= at) break
  }
  return earliest == FOREVER ? Infinity : <f64>earliest
}
