// Shared by families: floor division of int64 by a positive constant, two rows at a time. Not listed in
// index.ts.
//
// Whole numbers below 2^51 go through float64 exactly: added to 2^52 + 2^51 they are the low bits of a
// float. A correctly rounded quotient of them has the right floor, since the true one is at least
// 1 / divisor, more than half an ulp, away from the next whole number. Larger ones (nanoseconds) go
// without the divisor's powers of two, by shifts, and what still does not fit is divided one by one.
//
// The first half of each function is small, so that it is inlined into the loops.

const MAGIC: f64 = 6755399441055744.0
const MAGIC_BITS: i64 = 0x4338000000000000
const HALF_RANGE: i64 = 0x8000000000000

/** Both lanes as float64; wholeFits must hold. */
export function wholeToFloat(x: v128): v128 {
  return f64x2.sub(i64x2.add(x, i64x2.splat(MAGIC_BITS)), f64x2.splat(MAGIC))
}

/** Both lanes, whole floats below 2^51, as int64. */
export function floatToWhole(x: v128): v128 {
  return i64x2.sub(f64x2.add(x, f64x2.splat(MAGIC)), i64x2.splat(MAGIC_BITS))
}

/** Whether both lanes are in [-2^51, 2^51). */
export function wholeFits(x: v128): bool {
  return !v128.any_true(i64x2.shr_u(i64x2.add(x, i64x2.splat(HALF_RANGE)), 52))
}

/** The floor of both lanes by a divisor, as float64; wholeFits must hold. */
export function floorQuotient(x: v128, divisors: v128): v128 {
  return f64x2.floor(f64x2.div(wholeToFloat(x), divisors))
}

/** The floor of both lanes, of any size, by a divisor. */
export function floorDivideLarge(x: v128, divisor: i64): v128 {
  const shift = <i32>ctz<i64>(divisor)
  const odd = divisor >> shift
  const y = i64x2.shr_s(x, shift)
  if (wholeFits(y)) return floatToWhole(floorQuotient(y, f64x2.splat(<f64>odd)))
  const low = floorDivide(i64x2.extract_lane(y, 0), odd)
  return i64x2.replace_lane(i64x2.splat(low), 1, floorDivide(i64x2.extract_lane(y, 1), odd))
}

/** The floor of x / divisor, for a divisor above 0. */
export function floorDivide(x: i64, divisor: i64): i64 {
  const quotient = x / divisor
  return quotient - i64(x - quotient * divisor < 0)
}
