// Division of whole numbers: quotient and remainder of int32 and int64 columns and constants.
//
// DV1 An operand is a pointer and a step of 0 or 1: a vector, or (0) a constant, which is a block of
//     64 bytes filled with the value.
// DV2 The quotient truncates toward zero, the remainder has the dividend's sign, and a divisor of zero
//     gives null (outValidity).
// DV3 The least number by -1 overflows: the kernel returns the first such row that is not null, or
//     NONE. The remainder there is 0.

import { floatToWhole, wholeFits, wholeToFloat } from './floor-division'

const NONE: u32 = 0xffffffff
const SMALL: i64 = 0x8000000000000

/**
 * out = a / b (remainder 0) or a % b (1) in whole numbers, null where b is 0. outValidity gets the
 * rows that are valid and have a divisor. Returns the first row that overflows.
 *
 * In float64, two rows at a time: a quotient of 32-bit numbers is at least 2^-31 of itself away from
 * the next whole number, so its rounding to 53 bits cannot reach it, and truncation is exact.
 */
export function divideI32(
  remainder: u32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  const aNext = (<usize>aStep) << 5
  const bNext = (<usize>bStep) << 5
  for (let row: u32 = 0; row < n; row += 8, out += 32) {
    let valid: u32 = validity ? load<u8>(validity++) : 0xff
    if (n - row < 8) valid &= (1 << (n - row)) - 1
    const low = divideFour(remainder, v128.load(a), v128.load(b), out)
    const high = divideFour(remainder, v128.load(a, 16), v128.load(b, 16), out + 16)
    valid &= ~((low & 15) | ((high & 15) << 4))
    if (!remainder) {
      const bad = valid & ((low >> 4) | (high & 0xf0))
      if (bad) return row + ctz<u32>(bad)
    }
    store<u8>(outValidity++, valid)
    a += aNext
    b += bNext
  }
  return NONE
}

/** Bits 0 to 3: the divisor is zero; 4 to 7: the quotient overflows. */
function divideFour(remainder: u32, a: v128, b: v128, out: usize): u32 {
  const isZero = i32x4.eq(b, i32x4.splat(0))
  const isLeast = i32x4.eq(a, i32x4.splat(i32.MIN_VALUE))
  const overflows = v128.and(isLeast, i32x4.eq(b, i32x4.splat(-1)))
  const low = f64x2.div(f64x2.convert_low_i32x4_s(a), f64x2.convert_low_i32x4_s(b))
  const aHigh = i64x2.shuffle(a, a, 1, 1)
  const bHigh = i64x2.shuffle(b, b, 1, 1)
  const high = f64x2.div(f64x2.convert_low_i32x4_s(aHigh), f64x2.convert_low_i32x4_s(bHigh))
  const quotient = i64x2.shuffle(
    i32x4.trunc_sat_f64x2_s_zero(low),
    i32x4.trunc_sat_f64x2_s_zero(high),
    0,
    2,
  )
  if (remainder) {
    v128.store(out, v128.andnot(i32x4.sub(a, i32x4.mul(quotient, b)), overflows))
  } else {
    v128.store(out, quotient)
  }
  return i32x4.bitmask(isZero) | (i32x4.bitmask(overflows) << 4)
}

/** As divideI32, for int64. */
export function divideI64(
  remainder: u32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  const divisor = load<i64>(b)
  if (!bStep && aStep && divisor != 0 && divisor != -1) {
    const bytes = <usize>((n + 7) >> 3)
    if (validity) memory.copy(outValidity, validity, bytes)
    else setAll(outValidity, n)
    if (remainder) moduloConstant(a, divisor, n, out)
    else divideConstant(a, divisor, n, out)
    return NONE
  }
  const aNext = (<usize>aStep) << 3
  const bNext = (<usize>bStep) << 3
  for (let row: u32 = 0; row < n; row += 8) {
    const rows = min<u32>(8, n - row)
    let valid: u32 = validity ? load<u8>(validity++) : 0xff
    for (let i: u32 = 0; i < rows; i++, out += 8) {
      const x = load<i64>(a)
      let y = load<i64>(b)
      valid &= ~(u32(y == 0) << i)
      if (y == -1) {
        if (!remainder && x == i64.MIN_VALUE && (valid >> i) & 1) return row + i
        store<i64>(out, remainder ? 0 : 0 - x)
      } else {
        y = y == 0 ? 1 : y
        store<i64>(out, remainder ? x % y : x / y)
      }
      a += aNext
      b += bNext
    }
    store<u8>(outValidity++, valid & ((1 << rows) - 1))
  }
  return NONE
}

function setAll(validity: usize, n: u32): void {
  memory.fill(validity, 0xff, <usize>(n >> 3))
  if (n & 7) store<u8>(validity + <usize>(n >> 3), <u8>(((<u32>1) << (n & 7)) - 1))
}

function moduloConstant(a: usize, divisor: i64, n: u32, out: usize): void {
  // Numbers below 2^51 in float64, as in floor-division.ts: quotient, product and difference are exact.
  const isSmall = divisor > -SMALL && divisor < SMALL
  const divisors = f64x2.splat(<f64>divisor)
  for (const end = out + ((<usize>n) << 3); out < end; out += 16, a += 16) {
    const x = v128.load(a)
    if (isSmall && wholeFits(x)) {
      const dividend = wholeToFloat(x)
      const product = f64x2.mul(f64x2.trunc(f64x2.div(dividend, divisors)), divisors)
      v128.store(out, floatToWhole(f64x2.sub(dividend, product)))
    } else {
      store<i64>(out, load<i64>(a) % divisor)
      store<i64>(out, load<i64>(a, 8) % divisor, 8)
    }
  }
}

function divideConstant(a: usize, divisor: i64, n: u32, out: usize): void {
  const isSmall = divisor > -SMALL && divisor < SMALL
  const divisors = f64x2.splat(<f64>divisor)
  for (const end = out + ((<usize>n) << 3); out < end; out += 16, a += 16) {
    const x = v128.load(a)
    if (isSmall && wholeFits(x)) {
      v128.store(out, floatToWhole(f64x2.trunc(f64x2.div(wholeToFloat(x), divisors))))
    } else {
      store<i64>(out, load<i64>(a) / divisor)
      store<i64>(out, load<i64>(a, 8) / divisor, 8)
    }
  }
}
