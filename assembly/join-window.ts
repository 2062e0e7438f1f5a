// Joins of rows in windows: which slice of time a row is in, and chains that are there for one window.
import { floorDivide } from './floor-division'

const NONE: u32 = 0xffffffff

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
  for (let i: u32 = 0; i < n; i++, times += 8, out += 8) {
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
