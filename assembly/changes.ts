// The net changes of a batch by key: which keys a batch touches, which of its rows counts for a
// key, and the rows of a changelog that lead from what was to what is.
//
// CG1  Keys are dense ids; `stamps` has a u32 an id, zero between batches. Within a batch a touched
//      key has a local number, in order of first appearance.
// CG2  An update is two rows, before and after, next to each other. What did not change gives none.
// CG3  Row numbers are of the dense batch; MISSING is none.
import { equalRuns } from './bytes'
import { isSet } from './key-kind'

const MISSING: u32 = 0xffffffff
const INSERT: u8 = 0
const UPDATE_BEFORE: u8 = 1
const UPDATE_AFTER: u8 = 2
const DELETE: u8 = 3

/** Numbers the keys of n rows: local numbers to `locals`, ids to `touched`; how many there are. */
export function changesTouch(
  ids: usize,
  n: u32,
  stamps: usize,
  locals: usize,
  touched: usize,
): u32 {
  let count: u32 = 0
  for (let i: usize = 0; i < <usize>n; i++) {
    const id = load<u32>(ids + (i << 2))
    const stamp = stamps + ((<usize>id) << 2)
    let local = load<u32>(stamp)
    if (!local) {
      store<u32>(touched + ((<usize>count) << 2), id)
      local = ++count
      store<u32>(stamp, local)
    }
    store<u32>(locals + (i << 2), local - 1)
  }
  return count
}

/** Makes the stamps zero again. */
export function changesUntouch(touched: usize, count: u32, stamps: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    store<u32>(stamps + ((<usize>load<u32>(touched + (i << 2))) << 2), 0)
  }
}

/** The last row of each local number. */
export function changesLastRows(locals: usize, n: u32, rows: usize): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    store<u32>(rows + ((<usize>load<u32>(locals + (i << 2))) << 2), <u32>i)
  }
}

/**
 * The row of each local number that counts by time (i64 a row): the latest, of equal ones the last;
 * or the earliest, of equal ones the first. `held` (i64 a local number, where its bit in `isHeld` is
 * set) is the time to beat; a number whose rows do not gets MISSING.
 */
export function changesRowsByTime(
  locals: usize,
  times: usize,
  n: u32,
  isLast: bool,
  held: usize,
  isHeld: usize,
  count: u32,
  rows: usize,
): void {
  for (let i: usize = 0; i < <usize>count; i++) store<u32>(rows + (i << 2), MISSING)
  for (let i: usize = 0; i < <usize>n; i++) {
    const local: usize = load<u32>(locals + (i << 2))
    const time = load<i64>(times + (i << 3))
    const row = load<u32>(rows + (local << 2))
    let other: i64
    if (row != MISSING) other = load<i64>(times + ((<usize>row) << 3))
    else if (isSet(isHeld, local)) other = load<i64>(held + (local << 3))
    else {
      store<u32>(rows + (local << 2), <u32>i)
      continue
    }
    if (isLast ? time >= other : time < other) store<u32>(rows + (local << 2), <u32>i)
  }
}

/** The rows at which a key appears for the first time ever: ids from `known` on; how many. */
export function changesFirstRows(ids: usize, n: u32, known: u32, rows: usize): u32 {
  let next = known
  for (let i: usize = 0; i < <usize>n; i++) {
    store<u32>(rows + ((<usize>(next - known)) << 2), <u32>i)
    // A new key's id is the next one; what is written for others is written over.
    next += u32(load<u32>(ids + (i << 2)) == next)
  }
  return next - known
}

/**
 * The changelog of `count` keys from the rows before to the rows after (addresses u32, 0 for none;
 * a bit in `same`, when it is not 0, says that both are equal): addresses, ops (u8) and the place of
 * each row's key. Returns how many rows it has, at most twice the keys.
 */
export function changesList(
  before: usize,
  after: usize,
  same: usize,
  count: u32,
  rows: usize,
  ops: usize,
  places: usize,
): u32 {
  let n: usize = 0
  for (let i: usize = 0; i < <usize>count; i++) {
    const old = load<u32>(before + (i << 2))
    const fresh = load<u32>(after + (i << 2))
    if (!(old | fresh) || (same && old && fresh && isSet(same, i))) continue
    if (old) {
      store<u32>(rows + (n << 2), old)
      store<u8>(ops + n, fresh ? UPDATE_BEFORE : DELETE)
      store<u32>(places + (n << 2), <u32>i)
      n++
    }
    if (fresh) {
      store<u32>(rows + (n << 2), fresh)
      store<u8>(ops + n, old ? UPDATE_AFTER : INSERT)
      store<u32>(places + (n << 2), <u32>i)
      n++
    }
  }
  return <u32>n
}

/**
 * The upsert form of a changelog whose rows have encoded keys: an update's row before goes when its
 * row after comes next under the same key, and is a deletion otherwise. Rows that stay go to `rows`,
 * their ops to `out`; how many there are.
 */
export function changesUpsert(
  ops: usize,
  offsets: usize,
  values: usize,
  n: u32,
  rows: usize,
  out: usize,
): u32 {
  let kept: usize = 0
  for (let i: usize = 0; i < <usize>n; i++) {
    let op = load<u8>(ops + i)
    if (op == UPDATE_BEFORE) {
      const isPair = i + 1 < <usize>n && load<u8>(ops + i, 1) == UPDATE_AFTER
      if (isPair && isSameKey(offsets + (i << 2), values)) continue
      op = DELETE
    }
    store<u32>(rows + (kept << 2), <u32>i)
    store<u8>(out + kept, op)
    kept++
  }
  return <u32>kept
}

function isSameKey(offsets: usize, values: usize): bool {
  const start = load<u32>(offsets)
  const middle = load<u32>(offsets, 4)
  const bytes = middle - start
  return (
    load<u32>(offsets, 8) - middle == bytes && equalRuns(values + start, values + middle, bytes)
  )
}

/** A bitmap of the ops that take a row back (an odd op does), and how many they are. */
export function changesRetracted(ops: usize, n: u32, out: usize): u32 {
  let count: u32 = 0
  let at: usize = 0
  for (; at + 16 <= <usize>n; at += 16) {
    // The lowest bit of each byte becomes its sign.
    const mask = i8x16.bitmask(i16x8.shl(v128.load(ops + at), 7))
    store<u16>(out + (at >> 3), <u16>mask)
    count += popcnt<u32>(<u32>mask)
  }
  if (at < <usize>n) {
    const rest = <u32>n - <u32>at
    const mask = <u32>i8x16.bitmask(i16x8.shl(v128.load(ops + at), 7)) & ((1 << rest) - 1)
    store<u16>(out + (at >> 3), <u16>mask)
    count += popcnt<u32>(mask)
  }
  return count
}

/** Counts n rows by id (i32 an id): one up, or one down where the op (u8; 0: none) takes back. */
export function changesCount(ids: usize, ops: usize, n: u32, counts: usize): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const at = counts + ((<usize>load<u32>(ids + (i << 2))) << 2)
    const step: i32 = ops ? 1 - ((<i32>load<u8>(ops + i) & 1) << 1) : 1
    store<i32>(at, load<i32>(at) + step)
  }
}

/**
 * Counts n values by their ids (i32 an id), up or down as changesCount(), and the different values of each
 * key (i64 a key): those whose count is above zero. Returns the first row that takes back what is not there,
 * MISSING when there is none.
 */
export function changesDistinct(
  ids: usize,
  keys: usize,
  ops: usize,
  n: u32,
  counts: usize,
  totals: usize,
): u32 {
  for (let i: usize = 0; i < <usize>n; i++) {
    const at = counts + ((<usize>load<u32>(ids + (i << 2))) << 2)
    const total = totals + ((<usize>load<u32>(keys + (i << 2))) << 3)
    const count = load<i32>(at)
    if (ops && load<u8>(ops + i) & 1) {
      if (!count) return <u32>i
      store<i32>(at, count - 1)
      store<i64>(total, load<i64>(total) - <i64>(count == 1))
    } else {
      store<i32>(at, count + 1)
      store<i64>(total, load<i64>(total) + <i64>(count == 0))
    }
  }
  return MISSING
}

/** Addresses of encoded rows (offsets into values), 0 where a count (i64 a row) is not above zero. */
export function changesPresent(
  offsets: usize,
  values: usize,
  counts: usize,
  n: u32,
  out: usize,
): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const address = <u32>values + load<u32>(offsets + (i << 2))
    store<u32>(out + (i << 2), load<i64>(counts + (i << 3)) > 0 ? address : 0)
  }
}
