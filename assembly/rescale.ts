// Whole numbers times and by a constant: between units of time, and between scales of decimals that are
// held in 64 bits.
//
// RS1 As in cast.ts: the first row that does not fit and is not null, or NONE; with an outValidity such
//     rows become null instead.
// RS2 Factors and limits are float64 that are whole (powers of ten up to 10^22 and units of time are).

import { floatToWhole, floorDivideLarge, floorQuotient, wholeFits } from './floor-division'

const NONE: u32 = 0xffffffff

/** out = a * factor; a result fits when its magnitude is below limit (0: any int64 fits). */
export function rescaleUp(
  a: usize,
  n: u32,
  factor: f64,
  limit: f64,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  const by = <i64>factor
  const factors = i64x2.splat(by)
  const most = limit == 0 ? i64.MAX_VALUE / by : (<i64>limit - 1) / by
  const least = limit == 0 ? i64.MIN_VALUE / by : -most
  const mosts = i64x2.splat(most)
  const leasts = i64x2.splat(least)
  for (let row: u32 = 0; row < n; row += 8, a += 64, out += 64) {
    let good: u32 = 0
    for (let i: usize = 0; i < 64; i += 16) {
      const x = v128.load(a + i)
      v128.store(out + i, i64x2.mul(x, factors))
      const fits = v128.and(i64x2.le_s(x, mosts), i64x2.ge_s(x, leasts))
      good |= i64x2.bitmask(fits) << (<u32>i >> 3)
    }
    let valid: u32 = validity ? load<u8>(validity++) : 0xff
    if (n - row < 8) valid &= (1 << (n - row)) - 1
    if (outValidity) {
      store<u8>(outValidity++, valid & good)
    } else if (valid & ~good) {
      return row + ctz<u32>(valid & ~good)
    }
  }
  return NONE
}

/** out = floor(a / divisor): how time goes to a coarser unit. The divisor is above 0. */
export function rescaleFloor(a: usize, n: u32, divisor: f64, out: usize): void {
  const divisors = f64x2.splat(divisor)
  for (const end = out + ((<usize>n) << 3); out < end; out += 16, a += 16) {
    const x = v128.load(a)
    if (wholeFits(x)) v128.store(out, floatToWhole(floorQuotient(x, divisors)))
    else v128.store(out, floorDivideLarge(x, <i64>divisor))
  }
}

/**
 * out = a / divisor, toward zero (rounding 0) or to the nearest and half away from zero (1): how
 * decimals go to a smaller scale. A result fits when its magnitude is below limit (0: any).
 */
export function rescaleDown(
  rounding: u32,
  a: usize,
  n: u32,
  divisor: f64,
  limit: f64,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  const by = <i64>divisor
  const half = rounding ? by >> 1 : 0
  const end = limit == 0 ? i64.MAX_VALUE : <i64>limit
  for (let row: u32 = 0; row < n; row += 8) {
    const rows = min<u32>(8, n - row)
    let good: u32 = 0
    for (let i: u32 = 0; i < rows; i++, a += 8, out += 8) {
      const x = load<i64>(a)
      let quotient = x / by
      // The remainder decides, not x plus a half, which may overflow.
      const rest = x - quotient * by
      if (half && (rest < 0 ? -rest : rest) >= by - half) quotient += x < 0 ? -1 : 1
      store<i64>(out, quotient)
      good |= u32(limit == 0 || (quotient < end && quotient > -end)) << i
    }
    let valid: u32 = validity ? load<u8>(validity++) : 0xff
    valid &= (1 << rows) - 1
    if (outValidity) {
      store<u8>(outValidity++, valid & good)
    } else if (valid & ~good) {
      return row + ctz<u32>(valid & ~good)
    }
  }
  return NONE
}
