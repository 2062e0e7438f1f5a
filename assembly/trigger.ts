// Windows whose firing depends on their rows: which windows a row is in, and the words behind a window's
// accumulators that a trigger goes by.
//
//   accumulators | count u32, round u32, next i64, filled u32, 0        (the words are at `offset`)
//
// TR1  Count: rows since a multiple of the trigger's. Round: how many multiples the rows of this batch
//      have passed; 0 between batches.
// TR2  Next: the time of the next firing; NEVER before the first row.
// TR3  Filled: rows have come since the accumulators were emptied.
import { floatToWhole, floorDivide, floorQuotient, wholeFits } from './floor-division'

const COUNT: usize = 0
const ROUND: usize = 4
const NEXT: usize = 8
const FILLED: usize = 16

const TIME_MAX: i64 = 1 << 53
/** A window that no row is in: below every one that is alive. */
const NOWHERE: i64 = -(1 << 53) + 1
const LATE: u32 = 0xffffffff
const COMPLETES: u32 = 0x80000000

/** Times (i64) as milliseconds. Returns n, or the first row that is out of range. */
export function windowMillis(times: usize, n: u32, multiplier: u32, divisor: u32, out: usize): u32 {
  const divisors = f64x2.splat(<f64>divisor)
  const multipliers = i64x2.splat(<i64>multiplier)
  let i: usize = 0
  for (; i + 2 <= <usize>n; i += 2) {
    let two = v128.load(times + (i << 3))
    if (!wholeFits(two)) break
    if (divisor != 1) two = floatToWhole(floorQuotient(two, divisors))
    if (multiplier != 1) two = i64x2.mul(two, multipliers)
    v128.store(out + (i << 3), two)
  }
  for (; i < <usize>n; i++) {
    let time = load<i64>(times + (i << 3))
    if (divisor != 1) time = floorDivide(time, <i64>divisor)
    if (time > TIME_MAX || time < -TIME_MAX) return <u32>i
    store<i64>(out + (i << 3), time * <i64>multiplier)
  }
  return n
}

/**
 * The window (i64 a row) of this pass that a time is in, of windows of `size` that begin every `slide`;
 * NOWHERE when there is none. A pass has every so-manieth window: all rows of a window come in one pass,
 * in their order.
 */
export function slidingIndex(
  millis: usize,
  n: u32,
  size: f64,
  slide: f64,
  offset: f64,
  pass: u32,
  out: usize,
): void {
  const step = <i64>slide
  const shift = <i64>offset
  const passes = (<i64>size + step - 1) / step
  for (let i: usize = 0; i < <usize>n; i++) {
    const time = load<i64>(millis + (i << 3)) - shift
    const last = floorDivide(time, step)
    const ahead = last - <i64>pass
    const index = last - (ahead - floorDivide(ahead, passes) * passes)
    store<i64>(out + (i << 3), time - index * step < <i64>size ? index : NOWHERE)
  }
}

/** The window number `pass` of the `steps` that begin together, where a time is in it; else NOWHERE. */
export function cumulativeIndex(
  millis: usize,
  n: u32,
  step: f64,
  offset: f64,
  steps: u32,
  pass: u32,
  out: usize,
): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const first = floorDivide(load<i64>(millis + (i << 3)) - <i64>offset, <i64>step)
    const place = first - floorDivide(first, <i64>steps) * <i64>steps
    const isIn = place <= <i64>pass
    store<i64>(out + (i << 3), isIn ? first - place + <i64>pass : NOWHERE)
  }
}

/**
 * Counts rows (u32 pointers, 0 is none) up to `every`. At `rounds` (u32 a row) is how many multiples
 * its accumulators passed before it in this batch, with the highest bit set when it completes one;
 * 0xffffffff for none. Returns how many rounds there are.
 */
export function triggerRounds(rows: usize, n: u32, offset: usize, every: u32, rounds: usize): u32 {
  let most: u32 = 0
  for (let i: usize = 0; i < <usize>n; i++) {
    const row: usize = load<u32>(rows + (i << 2))
    if (!row) {
      store<u32>(rounds + (i << 2), LATE)
      continue
    }
    const words = row + offset
    const round = load<u32>(words, ROUND)
    const count = load<u32>(words, COUNT) + 1
    most = max<u32>(most, round + 1)
    store<u32>(rounds + (i << 2), count == every ? round | COMPLETES : round)
    store<u32>(words, count == every ? 0 : count, COUNT)
    store<u32>(words, round + <u32>(count == every), ROUND)
  }
  for (let i: usize = 0; i < <usize>n; i++) {
    const row: usize = load<u32>(rows + (i << 2))
    if (row) store<u32>(row + offset, 0, ROUND)
  }
  return most
}

/**
 * Notes that rows have come, and when accumulators without a time to fire at are to fire: at the next
 * multiple of the interval after the row's time (i64, or `now` without times). Without an interval
 * they have none. Returns the earliest such time of the rows; infinite when there is none.
 */
export function triggerTouch(
  rows: usize,
  n: u32,
  offset: usize,
  millis: usize,
  now: f64,
  interval: f64,
): f64 {
  let earliest: i64 = i64.MAX_VALUE
  const step = <i64>interval
  for (let i: usize = 0; i < <usize>n; i++) {
    const row: usize = load<u32>(rows + (i << 2))
    if (!row) continue
    const words = row + offset
    store<u32>(words, 1, FILLED)
    if (!step) continue
    let next = load<i64>(words, NEXT)
    if (next == i64.MAX_VALUE) {
      const time = millis ? load<i64>(millis + (i << 3)) : <i64>now
      next = (floorDivide(time, step) + 1) * step
      store<i64>(words, next, NEXT)
    }
    earliest = min<i64>(earliest, next)
  }
  return earliest == i64.MAX_VALUE ? Infinity : <f64>earliest
}

/** Keeps, of n ids and rows (u32 each), those that rows have come to; how many. */
export function triggerFilled(ids: usize, rows: usize, n: u32, offset: usize): u32 {
  let count: usize = 0
  for (let i: usize = 0; i < <usize>n; i++) {
    const row = load<u32>(rows + (i << 2))
    if (!load<u32>(<usize>row + offset, FILLED)) continue
    store<u32>(ids + (count << 2), load<u32>(ids + (i << 2)))
    store<u32>(rows + (count << 2), row)
    count++
  }
  return <u32>count
}

/**
 * Keeps those that are to fire by a time and that rows have come to, and sets when all that were to
 * fire will be next. The earliest time of all n, if it is before the one there, goes to `earliest` (f64).
 */
export function triggerDue(
  ids: usize,
  rows: usize,
  n: u32,
  offset: usize,
  now: f64,
  interval: f64,
  earliest: usize,
): u32 {
  const time = <i64>now
  const after = (floorDivide(time, <i64>interval) + 1) * <i64>interval
  let least = load<f64>(earliest)
  let count: usize = 0
  for (let i: usize = 0; i < <usize>n; i++) {
    const row = load<u32>(rows + (i << 2))
    const words = <usize>row + offset
    const next = load<i64>(words, NEXT)
    const isDue = next <= time
    if (isDue) store<i64>(words, after, NEXT)
    least = min<f64>(least, <f64>(isDue ? after : next))
    if (!isDue || !load<u32>(words, FILLED)) continue
    store<u32>(ids + (count << 2), load<u32>(ids + (i << 2)))
    store<u32>(rows + (count << 2), row)
    count++
  }
  store<f64>(earliest, least)
  return <u32>count
}

/**
 * Empties accumulators: n rows (u32 pointers) begin anew as the first `bytes` of `template`, and with
 * an offset no row has come to them. What they held outside themselves was given back before.
 */
export function rowsReset(rows: usize, n: u32, template: usize, bytes: usize, offset: usize): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const row: usize = load<u32>(rows + (i << 2))
    memory.copy(row, template, bytes)
    if (offset) store<u32>(row + offset, 0, FILLED)
  }
}

/** The words of n rows as columns: i64 count, i64 next, u8 filled (a byte a row). */
export function triggerExport(
  rows: usize,
  n: u32,
  offset: usize,
  counts: usize,
  nexts: usize,
  filled: usize,
): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const words: usize = <usize>load<u32>(rows + (i << 2)) + offset
    store<u64>(counts + (i << 3), load<u32>(words, COUNT))
    store<u64>(nexts + (i << 3), load<u64>(words, NEXT))
    store<u8>(filled + i, <u8>load<u32>(words, FILLED))
  }
}

/** Sets the words of n rows from such columns. */
export function triggerImport(
  rows: usize,
  n: u32,
  offset: usize,
  counts: usize,
  nexts: usize,
  filled: usize,
): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const words: usize = <usize>load<u32>(rows + (i << 2)) + offset
    store<u32>(words, <u32>load<u64>(counts + (i << 3)), COUNT)
    store<u64>(words, load<u64>(nexts + (i << 3)), NEXT)
    store<u32>(words, load<u8>(filled + i), FILLED)
  }
}

/**
 * Accumulators in a ring of `slots` a row, `stride` bytes each: where (u32) a row of the batch goes,
 * by how many rings' places have been filled (the words' `next`) and passed in this batch.
 */
export function ringRows(
  rows: usize,
  rounds: usize,
  n: u32,
  offset: usize,
  stride: u32,
  slots: u32,
  out: usize,
): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const row = load<u32>(rows + (i << 2))
    const round = <u64>(load<u32>(rounds + (i << 2)) & ~COMPLETES)
    const place = <u32>((load<u64>(<usize>row + offset, NEXT) + round) % <u64>slots)
    store<u32>(out + (i << 2), row + place * stride)
  }
}
