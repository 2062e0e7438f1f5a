// Functions of one number: sign and rounding.
//
// UN1 Integer overflow (the least number has no opposite) is reported as the first row that is not null
//     under `validity` (0: no row is null), or NONE.

import { isValid } from './validity'

const NEG: i32 = 0
const ABS: i32 = 1
const FLOOR: i32 = 2
const CEIL: i32 = 3
const ROUND: i32 = 4
const SQRT: i32 = 5
const SIGN: i32 = 6

const NONE: u32 = 0xffffffff

// In pairs of lanes: the number just below a half, so that 0.49999999999999994 does not round up; the
// sign; one. Loaded, because V8 would build a constant anew in each iteration.
const LANES: usize = memory.data<u64>(
  [
    0x3fdfffffffffffff, 0x3fdfffffffffffff, 0x8000000000000000, 0x8000000000000000,
    0x3ff0000000000000, 0x3ff0000000000000,
  ],
  16,
)

type Neg = u8
type Abs = u16

/** out = op a: 0 neg, 1 abs; returns the first row that overflows (the least number). */
export function unaryI32(op: i32, a: usize, n: u32, validity: usize, out: usize): u32 {
  return op == NEG
    ? signLoop<i32, Neg>(a, n, validity, out)
    : signLoop<i32, Abs>(a, n, validity, out)
}

/** As unaryI32, for int64. */
export function unaryI64(op: i32, a: usize, n: u32, validity: usize, out: usize): u32 {
  return op == NEG
    ? signLoop<i64, Neg>(a, n, validity, out)
    : signLoop<i64, Abs>(a, n, validity, out)
}

/** Negates or takes the magnitude; only the least number stays negative, or itself. */
function signLoop<T, Op>(a: usize, n: u32, validity: usize, out: usize): u32 {
  const least = v128.splat<T>(sizeof<T>() == 4 ? <T>i32.MIN_VALUE : <T>i64.MIN_VALUE)
  const lanes = 16 / sizeof<T>()
  for (let row: u32 = 0; row < n; row += lanes, a += 16, out += 16) {
    const x = v128.load(a)
    v128.store(out, sizeof<Op>() == sizeof<Neg>() ? v128.neg<T>(x) : v128.abs<T>(x))
    let bad = <u32>v128.bitmask<T>(v128.eq<T>(x, least))
    for (; bad; bad &= bad - 1) {
      const at = row + ctz<u32>(bad)
      if (at < n && isValid(validity, at)) return at
    }
  }
  return NONE
}

/** out = op a: 0 neg, 1 abs. */
export function unaryF32(op: i32, a: usize, n: u32, out: usize): void {
  const end = out + ((<usize>n) << 2)
  if (op == NEG) for (; out < end; out += 16, a += 16) v128.store(out, f32x4.neg(v128.load(a)))
  else for (; out < end; out += 16, a += 16) v128.store(out, f32x4.abs(v128.load(a)))
}

/** out = op a: 0 neg, 1 abs, 2 floor, 3 ceil, 4 round (half away from zero), 5 sqrt, 6 sign. */
export function unaryF64(op: i32, a: usize, n: u32, out: usize): void {
  const end = out + ((<usize>n) << 3)
  switch (op) {
    case NEG:
      for (; out < end; out += 16, a += 16) v128.store(out, f64x2.neg(v128.load(a)))
      break
    case ABS:
      for (; out < end; out += 16, a += 16) v128.store(out, f64x2.abs(v128.load(a)))
      break
    case FLOOR:
      for (; out < end; out += 16, a += 16) v128.store(out, f64x2.floor(v128.load(a)))
      break
    case CEIL:
      for (; out < end; out += 16, a += 16) v128.store(out, f64x2.ceil(v128.load(a)))
      break
    case ROUND: {
      const half = v128.load(LANES)
      const sign = v128.load(LANES, 16)
      for (; out < end; out += 16, a += 16) v128.store(out, halfAway(v128.load(a), half, sign))
      break
    }
    case SQRT:
      for (; out < end; out += 16, a += 16) v128.store(out, f64x2.sqrt(v128.load(a)))
      break
    case SIGN: {
      // A zero keeps its sign, and what is no number is none.
      const zero = f64x2.splat(0)
      const sign = v128.load(LANES, 16)
      const one = v128.load(LANES, 32)
      for (; out < end; out += 16, a += 16) {
        const x = v128.load(a)
        const size = v128.and(f64x2.gt(v128.andnot(x, sign), zero), one)
        v128.store(out, v128.or(v128.or(v128.and(x, sign), size), f64x2.ne(x, x)))
      }
      break
    }
    default:
      unreachable()
  }
}

function halfAway(x: v128, half: v128, sign: v128): v128 {
  return f64x2.trunc(f64x2.add(x, v128.or(half, v128.and(x, sign))))
}

/**
 * Rounds to a multiple of 1 / factor, or with `isWhole` of factor, half away from zero. What has no such
 * digits (from 2 to the 52 on in these units), and what would become infinite, stays as it is.
 */
export function roundDigitsF64(isWhole: bool, a: usize, factor: f64, n: u32, out: usize): void {
  const half = v128.load(LANES)
  const sign = v128.load(LANES, 16)
  const units = f64x2.splat(factor)
  const most = f64x2.splat(4503599627370496)
  const infinite = f64x2.splat(Infinity)
  for (const end = out + ((<usize>n) << 3); out < end; out += 16, a += 16) {
    const x = v128.load(a)
    const scaled = isWhole ? f64x2.div(x, units) : f64x2.mul(x, units)
    const whole = halfAway(scaled, half, sign)
    const y = isWhole ? f64x2.mul(whole, units) : f64x2.div(whole, units)
    const isRounded = v128.and(f64x2.lt(f64x2.abs(scaled), most), f64x2.lt(f64x2.abs(y), infinite))
    v128.store(out, v128.bitselect(y, x, isRounded))
  }
}
