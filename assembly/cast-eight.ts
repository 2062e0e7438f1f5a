// Shared: casts of eight values at a time, from S to D, in SIMD where WASM has the lanes for it. Not
// listed in index.ts.

import { floatToWhole } from './floor-division'

// In pairs of lanes: the mask of the lower half, 2^52, 2^84 (plus 2^63, for the sign), and the bias: 2^84
// plus 2^52 (plus 2^63).
const UNSIGNED_HALVES: usize = memory.data<u64>(
  [
    0xffffffff, 0xffffffff, 0x4330000000000000, 0x4330000000000000, 0x4530000000000000,
    0x4530000000000000, 0x4530000000100000, 0x4530000000100000,
  ],
  16,
)
const SIGNED_HALVES: usize = memory.data<u64>(
  [
    0xffffffff, 0xffffffff, 0x4330000000000000, 0x4330000000000000, 0x4530000080000000,
    0x4530000080000000, 0x4530000080100000, 0x4530000080100000,
  ],
  16,
)

/** Values that always fit. */
export function castEight<S, D>(a: usize, out: usize): void {
  if (isFloat<D>() && sizeof<D>() == 8 && sizeof<S>() >= 4) {
    const step = 2 * sizeof<S>()
    v128.store(out, twoFloats<S>(a))
    v128.store(out, twoFloats<S>(a + step), 16)
    v128.store(out, twoFloats<S>(a + 2 * step), 32)
    v128.store(out, twoFloats<S>(a + 3 * step), 48)
  } else if (isFloat<S>() && sizeof<S>() == 8 && isFloat<D>()) {
    const low = f32x4.demote_f64x2_zero(v128.load(a))
    const second = f32x4.demote_f64x2_zero(v128.load(a, 16))
    const third = f32x4.demote_f64x2_zero(v128.load(a, 32))
    const high = f32x4.demote_f64x2_zero(v128.load(a, 48))
    v128.store(out, i64x2.shuffle(low, second, 0, 2))
    v128.store(out, i64x2.shuffle(third, high, 0, 2), 16)
  } else if (isInteger<S>() && isInteger<D>() && sizeof<D>() == 2 * sizeof<S>()) {
    // Widening by one step: 8 bytes of S make 16 of D.
    v128.store(out, v128.load_ext<S>(a))
    if (sizeof<S>() > 1) v128.store(out, v128.load_ext<S>(a, 8), 16)
    if (sizeof<S>() > 2) {
      v128.store(out, v128.load_ext<S>(a, 16), 32)
      v128.store(out, v128.load_ext<S>(a, 24), 48)
    }
  } else if (sizeof<S>() == 1 && isInteger<D>() && sizeof<D>() == 4) {
    const half = v128.load_ext<S>(a)
    if (isSigned<S>()) {
      v128.store(out, i32x4.extend_low_i16x8_s(half))
      v128.store(out, i32x4.extend_high_i16x8_s(half), 16)
    } else {
      v128.store(out, i32x4.extend_low_i16x8_u(half))
      v128.store(out, i32x4.extend_high_i16x8_u(half), 16)
    }
  } else {
    castOne<S, D>(a, out)
    castOne<S, D>(a + sizeof<S>(), out + sizeof<D>())
    castOne<S, D>(a + 2 * sizeof<S>(), out + 2 * sizeof<D>())
    castOne<S, D>(a + 3 * sizeof<S>(), out + 3 * sizeof<D>())
    castOne<S, D>(a + 4 * sizeof<S>(), out + 4 * sizeof<D>())
    castOne<S, D>(a + 5 * sizeof<S>(), out + 5 * sizeof<D>())
    castOne<S, D>(a + 6 * sizeof<S>(), out + 6 * sizeof<D>())
    castOne<S, D>(a + 7 * sizeof<S>(), out + 7 * sizeof<D>())
  }
}

function castOne<S, D>(a: usize, out: usize): void {
  store<D>(out, <D>load<S>(a))
}

/** Two values of 4 bytes, or float64, as float64. */
function twoFloats<S>(a: usize): v128 {
  if (sizeof<S>() == 8) return v128.load(a)
  if (isFloat<S>()) return f64x2.promote_low_f32x4(v128.load64_zero(a))
  if (isSigned<S>()) return f64x2.convert_low_i32x4_s(v128.load64_zero(a))
  return f64x2.convert_low_i32x4_u(v128.load64_zero(a))
}

/**
 * n int64 (or uint64) as float64. Each half of a number becomes the low bits of a large float whose
 * exponent gives it its weight, 2^32 or 1; both floats are exact, and so is the first without its bias:
 * one rounding, at the sum.
 */
export function wideToFloats<S>(a: usize, n: u32, out: usize): void {
  // Loaded, because V8 would build a constant anew in each iteration.
  const halves = isSigned<S>() ? SIGNED_HALVES : UNSIGNED_HALVES
  const lowMask = v128.load(halves)
  const low = v128.load(halves, 16)
  const high = v128.load(halves, 32)
  const bias = v128.load(halves, 48)
  for (const end = out + ((<usize>n) << 3); out < end; out += 32, a += 32) {
    const x = v128.load(a)
    const y = v128.load(a, 16)
    const xHigh = f64x2.sub(v128.xor(i64x2.shr_u(x, 32), high), bias)
    const yHigh = f64x2.sub(v128.xor(i64x2.shr_u(y, 32), high), bias)
    v128.store(out, f64x2.add(xHigh, v128.or(v128.and(x, lowMask), low)))
    v128.store(out, f64x2.add(yHigh, v128.or(v128.and(y, lowMask), low)), 16)
  }
}

/** Values that may not fit: stores eight, and returns a bit for each that does. */
export function castEightChecked<S, D>(a: usize, out: usize): u32 {
  if (sizeof<S>() == 8 && isInteger<S>() && isSigned<S>() && sizeof<D>() == 4 && isSigned<D>()) {
    return narrowFour(a, out) | (narrowFour(a + 32, out + 16) << 4)
  }
  if (isFloat<S>() && sizeof<S>() == 8 && isInteger<D>() && isSigned<D>()) {
    if (sizeof<D>() == 4) return truncateFour(a, out) | (truncateFour(a + 32, out + 16) << 4)
    if (sizeof<D>() == 8) {
      const low = truncateTwo(a, out) | (truncateTwo(a + 16, out + 16) << 2)
      return low | (truncateTwo(a + 32, out + 32) << 4) | (truncateTwo(a + 48, out + 48) << 6)
    }
  }
  let good = checkOne<S, D>(a, out)
  good |= checkOne<S, D>(a + sizeof<S>(), out + sizeof<D>()) << 1
  good |= checkOne<S, D>(a + 2 * sizeof<S>(), out + 2 * sizeof<D>()) << 2
  good |= checkOne<S, D>(a + 3 * sizeof<S>(), out + 3 * sizeof<D>()) << 3
  good |= checkOne<S, D>(a + 4 * sizeof<S>(), out + 4 * sizeof<D>()) << 4
  good |= checkOne<S, D>(a + 5 * sizeof<S>(), out + 5 * sizeof<D>()) << 5
  good |= checkOne<S, D>(a + 6 * sizeof<S>(), out + 6 * sizeof<D>()) << 6
  good |= checkOne<S, D>(a + 7 * sizeof<S>(), out + 7 * sizeof<D>()) << 7
  return good
}

function checkOne<S, D>(a: usize, out: usize): u32 {
  const value = load<S>(a)
  const result = <D>value
  store<D>(out, result)
  if (isFloat<S>()) {
    // Truncation gives the extremes for what is beyond them; these bounds are exact in float64.
    const x = <f64>value
    if (sizeof<D>() == 8) {
      return isSigned<D>()
        ? u32(x >= -9223372036854775808.0) & u32(x < 9223372036854775808.0)
        : u32(x > -1.0) & u32(x < 18446744073709551616.0)
    }
    const bits = <i32>sizeof<D>() * 8
    const end = <f64>((<u64>1) << (isSigned<D>() ? bits - 1 : bits))
    return u32(x > (isSigned<D>() ? -end - 1.0 : -1.0)) & u32(x < end)
  }
  return u32(<S>result == value) & u32(value < 0 == result < 0)
}

/** Four int64 as int32: they fit when the upper half repeats the lower half's sign. */
function narrowFour(a: usize, out: usize): u32 {
  const first = v128.load(a)
  const second = v128.load(a, 16)
  const lower = i32x4.shuffle(first, second, 0, 2, 4, 6)
  const upper = i32x4.shuffle(first, second, 1, 3, 5, 7)
  v128.store(out, lower)
  return i32x4.bitmask(i32x4.eq(upper, i32x4.shr_s(lower, 31)))
}

/** Four float64 as int32. */
function truncateFour(a: usize, out: usize): u32 {
  const low = v128.load(a)
  const high = v128.load(a, 16)
  v128.store(
    out,
    i64x2.shuffle(i32x4.trunc_sat_f64x2_s_zero(low), i32x4.trunc_sat_f64x2_s_zero(high), 0, 2),
  )
  return i64x2.bitmask(isInt32(low)) | (i64x2.bitmask(isInt32(high)) << 2)
}

function isInt32(x: v128): v128 {
  return v128.and(f64x2.gt(x, f64x2.splat(-2147483649.0)), f64x2.lt(x, f64x2.splat(2147483648.0)))
}

/** Two float64 as int64: magnitudes below 2^51 in SIMD, others one by one. */
function truncateTwo(a: usize, out: usize): u32 {
  const x = v128.load(a)
  if (v128.all_true<i64>(f64x2.lt(f64x2.abs(x), f64x2.splat(2251799813685248.0)))) {
    v128.store(out, floatToWhole(f64x2.trunc(x)))
    return 3
  }
  return checkOne<f64, i64>(a, out) | (checkOne<f64, i64>(a + 8, out + 8) << 1)
}
