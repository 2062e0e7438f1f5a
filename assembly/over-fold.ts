// Accumulators of many windows, one entry of the aggregation after the other: what over.ts does where no
// accumulator holds memory or looks at another. An entry's kind is looked at once for all rows, and not
// once a row: with a frame of ten rows that was half of a row's time. Not listed in index.ts.
//
// OF1  A visit (u32 a row) is the row's window; its lowest bit says that the row begins a block, whose
//      accumulators start anew.
// OF2  The first row at which a sum overflows is the answer, and of one row the first entry's: as if
//      row had come after row.
import { holdsAny, mergeOne } from './aggregate-pair'
import {
  DONE,
  ENTRIES,
  ENTRY_BYTES,
  ENTRY_OFFSET,
  ENTRY_OP,
  FAILED,
  OP_COUNT,
  OP_COUNT_TRUE,
  OP_FIRST_128,
  OP_FIRST_64,
  OP_LAST_128,
  OP_LAST_64,
  OP_MAX_F64,
  OP_MAX_I64,
  OP_MIN_F64,
  OP_MIN_I64,
  OP_MAX_I128,
  OP_MIN_I128,
  OP_MOMENTS_I64,
  OP_SUM_F64,
  OP_SUM_I128,
  PROGRAM_HEADER,
} from './aggregate-program'

const SUM: u32 = 0
const MIN: u32 = 1
const MAX: u32 = 2

/** The rows of a batch, and the accumulators that they come to. */
let visits: usize = 0
let own: usize = 0
let out: usize = 0
let times: usize = 0
let stride: usize = 0
let template: usize = 0

/** Whether each entry can be merged without the others; rows of `bytes` that start as `fresh`. */
export function foldsByEntry(program: usize, fresh: usize, bytes: usize): bool {
  template = fresh
  stride = bytes
  if (holdsAny(program)) return false
  const entries = program + PROGRAM_HEADER
  const end = entries + <usize>load<u32>(program, ENTRIES) * ENTRY_BYTES
  for (let entry = entries; entry < end; entry += ENTRY_BYTES) {
    const op = load<u32>(entry, ENTRY_OP)
    const isOfOrder =
      op == OP_FIRST_64 || op == OP_FIRST_128 || op == OP_LAST_64 || op == OP_LAST_128
    if (isOfOrder) return false
  }
  return true
}

/** As aggregate-pair.ts merges: what is there, and what comes to it. */
function combine<T>(kind: u32, there: T, more: T): T {
  if (kind == SUM) return <T>(there + more)
  // A branch on x64 where T is f64, as V8 has it: extremes of a frame change seldom, and are foretold.
  if (kind == MIN) return select<T>(more, there, u32(more < there) | u32(there != there))
  return select<T>(more, there, u32(more > there) | u32(more != more))
}

/** The row behind the last one of the row's time. */
function peersEnd(from: usize, n: usize): usize {
  const time = load<i64>(times + (from << 3))
  let to = from + 1
  while (to < n && load<i64>(times + (to << 3)) == time) to++
  return to
}

function foldTyped<T>(kind: u32, n: usize, offset: usize, sums: usize): void {
  const fresh = load<T>(template + offset)
  let from = own + offset
  let to = out + offset
  if (!times) {
    for (let i: usize = 0; i < n; i++, from += stride, to += stride) {
      const visit: usize = load<u32>(visits + (i << 2))
      const at = (visit & ~1) + sums
      const sum = combine<T>(kind, visit & 1 ? fresh : load<T>(at), load<T>(from))
      store<T>(at, sum)
      store<T>(to, combine<T>(kind, load<T>(to), sum))
    }
    return
  }
  for (let i: usize = 0; i < n;) {
    const end = peersEnd(i, n)
    for (let j = i; j < end; j++, from += stride) {
      const visit: usize = load<u32>(visits + (j << 2))
      const at = (visit & ~1) + sums
      store<T>(at, combine<T>(kind, visit & 1 ? fresh : load<T>(at), load<T>(from)))
    }
    for (; i < end; i++, to += stride) {
      const at: usize = (<usize>load<u32>(visits + (i << 2)) & ~1) + sums
      store<T>(to, combine<T>(kind, load<T>(to), load<T>(at)))
    }
  }
}

function bytesOf(op: u32): usize {
  if (op == OP_SUM_I128 || op == OP_MIN_I128 || op == OP_MAX_I128) return 16
  return op >= OP_MOMENTS_I64 ? 24 : 8
}

/** foldTyped() of any other entry; the first row at which a sum overflows, n when none does. */
function foldAny(op: u32, n: usize, offset: usize, sums: usize): usize {
  const bytes = bytesOf(op)
  for (let i: usize = 0; i < n;) {
    const end = times ? peersEnd(i, n) : i + 1
    for (let j = i; j < end; j++) {
      const visit: usize = load<u32>(visits + (j << 2))
      const window = (visit & ~1) + (sums - offset)
      if (visit & 1) {
        for (let at = offset; at < offset + bytes; at += 8) {
          store<u64>(window + at, load<u64>(template + at))
        }
      }
      if (!mergeOne(op, own + j * stride, window, offset, 0)) return j
    }
    for (; i < end; i++) {
      const window = (<usize>load<u32>(visits + (i << 2)) & ~1) + (sums - offset)
      if (!mergeOne(op, window, out + i * stride, offset, 0)) return i
    }
  }
  return n
}

/**
 * Adds n rows' accumulators to those of their windows, and those, as they are when a row has come (when
 * all rows of its time have, with times), to what is at `toOut` of each row.
 * @param sumsAt where in a window its accumulators are
 * Returns DONE or the first row at which a sum overflows: the program says which.
 */
export function foldRows(
  program: usize,
  rowVisits: usize,
  fromOwn: usize,
  peerTimes: usize,
  n: u32,
  sumsAt: usize,
  toOut: usize,
): u32 {
  visits = rowVisits
  own = fromOwn
  times = peerTimes
  out = toOut
  let rows: usize = n
  const count = load<u32>(program, ENTRIES)
  let entry = program + PROGRAM_HEADER
  for (let e: u32 = 0; e < count; e++, entry += ENTRY_BYTES) {
    const op = load<u32>(entry, ENTRY_OP)
    const offset: usize = load<u32>(entry, ENTRY_OFFSET)
    const sums = sumsAt + offset
    if (op == OP_COUNT || op == OP_COUNT_TRUE) foldTyped<u64>(SUM, rows, offset, sums)
    else if (op == OP_SUM_F64) foldTyped<f64>(SUM, rows, offset, sums)
    else if (op == OP_MIN_F64) foldTyped<f64>(MIN, rows, offset, sums)
    else if (op == OP_MAX_F64) foldTyped<f64>(MAX, rows, offset, sums)
    else if (op == OP_MIN_I64) foldTyped<i64>(MIN, rows, offset, sums)
    else if (op == OP_MAX_I64) foldTyped<i64>(MAX, rows, offset, sums)
    else {
      const good = foldAny(op, rows, offset, sums)
      if (good < rows) store<u32>(program, e, FAILED)
      rows = good
    }
  }
  return <u32>rows == n ? DONE : <u32>rows
}

function suffixTyped<T>(kind: u32, first: usize, last: usize, step: usize): void {
  let sum = load<T>(last)
  for (let at = last; at > first;) {
    at -= step
    sum = combine<T>(kind, load<T>(at), sum)
    store<T>(at, sum)
  }
}

/**
 * Accumulates rows from behind: the last of them, `step` bytes apart, into the one before, and so on to
 * the first. Returns DONE, or 0 when a sum overflows: the program says which.
 */
export function foldSuffixes(program: usize, first: usize, last: usize, step: usize): u32 {
  const count = load<u32>(program, ENTRIES)
  let entry = program + PROGRAM_HEADER
  for (let e: u32 = 0; e < count; e++, entry += ENTRY_BYTES) {
    const op = load<u32>(entry, ENTRY_OP)
    const offset: usize = load<u32>(entry, ENTRY_OFFSET)
    const from = first + offset
    const to = last + offset
    if (op == OP_COUNT || op == OP_COUNT_TRUE) suffixTyped<u64>(SUM, from, to, step)
    else if (op == OP_SUM_F64) suffixTyped<f64>(SUM, from, to, step)
    else if (op == OP_MIN_F64) suffixTyped<f64>(MIN, from, to, step)
    else if (op == OP_MAX_F64) suffixTyped<f64>(MAX, from, to, step)
    else if (op == OP_MIN_I64) suffixTyped<i64>(MIN, from, to, step)
    else if (op == OP_MAX_I64) suffixTyped<i64>(MAX, from, to, step)
    else {
      for (let at = last; at > first; at -= step) {
        if (mergeOne(op, at, at - step, offset, 0)) continue
        store<u32>(program, e, FAILED)
        return 0
      }
    }
  }
  return DONE
}
