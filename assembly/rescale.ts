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
  const most = limit == 0 ? i64.MAX_VALUE / by : (<i64>limit - 1) / by
  const least = limit == 0 ? i64.MIN_VALUE / by : -most
  // Eight rows fit for sure when each is in [-2^bits, 2^bits), which is most of what fits at all.
  const bits = most > 0 && factor < 4294967296.0 ? 63 - <i32>clz<i64>(most) : -1
  const bias = i64x2.splat(bits < 0 ? 0 : (<i64>1) << bits)
  const beyond = i64x2.splat(bits < 0 ? -1 : (<i64>-2) << bits)
  const halves = i32x4.splat(<i32>by)
  for (let row: u32 = 0; row < n; row += 8, a += 64, out += 64) {
    const sums = v128.or(
      v128.or(i64x2.add(v128.load(a), bias), i64x2.add(v128.load(a, 16), bias)),
      v128.or(i64x2.add(v128.load(a, 32), bias), i64x2.add(v128.load(a, 48), bias)),
    )
    let good: u32 = 0xff
    if (bits >= 0 && !v128.any_true(v128.and(sums, beyond))) {
      multiplyFour(a, halves, out)
      multiplyFour(a + 32, halves, out + 32)
      if (!outValidity) continue
    } else {
      good = multiplyEight(a, by, least, most, out)
    }
    let valid: u32 = validity ? load<u8>(validity + <usize>(row >> 3)) : 0xff
    if (n - row < 8) valid &= (1 << (n - row)) - 1
    if (outValidity) {
      store<u8>(outValidity++, valid & good)
    } else if (valid & ~good) {
      return row + ctz<u32>(valid & ~good)
    }
  }
  return NONE
}

/**
 * Four rows by a factor below 2^32, modulo 2^64: the products of the lower halves in 64 bits, those of
 * the upper halves in the 32 that remain. WASM's own product of int64 lanes takes longer.
 */
function multiplyFour(a: usize, factor: v128, out: usize): void {
  const first = v128.load(a)
  const second = v128.load(a, 16)
  const lower = i32x4.shuffle(first, second, 0, 2, 4, 6)
  const upper = i32x4.mul(i32x4.shuffle(first, second, 1, 3, 5, 7), factor)
  const zero = i32x4.splat(0)
  const firstHigh = i32x4.shuffle(zero, upper, 0, 4, 1, 5)
  const secondHigh = i32x4.shuffle(zero, upper, 2, 6, 3, 7)
  v128.store(out, i64x2.add(i64x2.extmul_low_i32x4_u(lower, factor), firstHigh))
  v128.store(out, i64x2.add(i64x2.extmul_high_i32x4_u(lower, factor), secondHigh), 16)
}

/** Eight rows one by one; returns a bit for each that fits. */
function multiplyEight(a: usize, by: i64, least: i64, most: i64, out: usize): u32 {
  let good: u32 = 0
  for (let i: usize = 0; i < 8; i++) {
    const x = load<i64>(a + (i << 3))
    store<i64>(out + (i << 3), x * by)
    good |= (u32(x >= least) & u32(x <= most)) << (<u32>i)
  }
  return good
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
