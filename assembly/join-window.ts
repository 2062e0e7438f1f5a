// Joins of rows in windows: which slice of time a row is in, and chains that are there for one window.
import { floorDivide, floorQuotient, wholeFits } from './floor-division'

const NONE: u32 = 0xffffffff
/** Times below 2^51 times this are far from the end of int64. */
const MULTIPLIER_SMALL: i64 = 1 << 11

/**
 * The number of the slice, as f64, of n times: floor((time * multiplier - offset) / size). Returns
 * the first row whose time is out of range, or NONE.
 */
export function joinSlices(
  times: usize,
  n: u32,
  size: i64,
  offset: i64,
  multiplier: i64,
  out: usize,
): u32 {
  const most = (i64.MAX_VALUE >> 1) / multiplier
  let start: i64 = 0
  let end: i64 = 0
  let slice: f64 = 0
  let i: u32 = 0
  if (multiplier < MULTIPLIER_SMALL) {
    const sizes = f64x2.splat(<f64>size)
    const offsets = i64x2.splat(offset)
    const multipliers = i64x2.splat(multiplier)
    for (; i + 2 <= n; i += 2, times += 16, out += 16) {
      const two = v128.load(times)
      const at = i64x2.sub(multiplier == 1 ? two : i64x2.mul(two, multipliers), offsets)
      if (!wholeFits(two) || !wholeFits(at)) break
      v128.store(out, floorQuotient(at, sizes))
    }
  }
  for (; i < n; i++, times += 8, out += 8) {
    const time = load<i64>(times)
    if (time > most || time < -most) return i
    const at = time * multiplier - offset
    if (at < start || at >= end) {
      const quotient = floorDivide(at, size)
      start = quotient * size
      end = start + size
      slice = <f64>quotient
    }
    store<f64>(out, slice)
  }
  return NONE
}

/** Empties the chains of these keys. */
export function joinForget(ids: usize, n: u32, heads: usize): void {
  for (const end = ids + ((<usize>n) << 2); ids < end; ids += 4) {
    const id = load<u32>(ids)
    if (id != NONE) store<u32>(heads + ((<usize>id) << 2), NONE)
  }
}
