// Decimals of more than 18 digits: 128-bit whole numbers, low word first, in units of 10^-scale.
//
// DC1 Operands are a pointer and a step of 0 or 1: a vector, or (0) a constant.
// DC2 A result fits when its magnitude is below the 128-bit number at `limit`, a power of ten of at most
//     10^38. As in cast.ts, the first row that does not fit and is not null is returned, or NONE; with
//     an outValidity such rows become null instead. Inputs are below 10^38 in magnitude; in null rows
//     they may be anything.

import { floatOf, multiplyHigh } from './int128'
import { isValid } from './validity'

// The sign bit of the lower lane.
const LOW_SIGN: usize = memory.data<u64>([0x8000000000000000, 0], 16)

type Add = u8
type Sub = u16

const NONE: u32 = 0xffffffff
const EQ: i32 = 0
const NE: i32 = 1
const LT: i32 = 2
const LE: i32 = 3
const GT: i32 = 4

/** Whether a magnitude is below another. */
function isBelow(low: u64, high: u64, limitLow: u64, limitHigh: u64): bool {
  return high < limitHigh || (high == limitHigh && low < limitLow)
}

/** Stores a number given by its sign (-1 or 0) and magnitude. */
function storeSigned(out: usize, low: u64, high: u64, sign: u64): void {
  const flipped = low ^ sign
  const result = flipped - sign
  store<u64>(out, result)
  store<u64>(out, (high ^ sign) + (u64(flipped == -1) & sign), 8)
}

/**
 * Marks row `row`, of which eight share a byte of outValidity: true when the row is at fault and must
 * be reported.
 */
function settle(row: u32, fits: bool, validity: usize, outValidity: usize): bool {
  const isLive = isValid(validity, row)
  if (!outValidity) return isLive && !fits
  const at = outValidity + <usize>(row >> 3)
  const before: u32 = row & 7 ? load<u8>(at) : 0
  store<u8>(at, before | (u32(isLive && fits) << (row & 7)))
  return false
}

/** out = a, int64 (isUnsigned 0) or uint64 (1), as decimals. */
export function decimalFromWhole(isUnsigned: u32, a: usize, n: u32, out: usize): void {
  for (const end = out + ((<usize>n) << 4); out < end; out += 16, a += 8) {
    const value = load<i64>(a)
    store<i64>(out, value)
    store<i64>(out, isUnsigned ? 0 : value >> 63, 8)
  }
}

/** out = a as int64 (isUnsigned 0) or uint64 (1). */
export function decimalToWhole(
  isUnsigned: u32,
  a: usize,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  for (let row: u32 = 0; row < n; row++, a += 16, out += 8) {
    const low = load<i64>(a)
    const high = load<i64>(a, 8)
    store<i64>(out, low)
    const fits = isUnsigned ? high == 0 : high == low >> 63
    if (settle(row, fits, validity, outValidity)) return row
  }
  return NONE
}

/** out = a + b (isSub 0) or a - b (1). */
export function decimalAdd(
  isSub: u32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  limit: usize,
  validity: usize,
  out: usize,
): u32 {
  return isSub
    ? addLoop<Sub>(a, aStep, b, bStep, n, limit, validity, out)
    : addLoop<Add>(a, aStep, b, bStep, n, limit, validity, out)
}

/**
 * Four rows an iteration, over the end (K4). Both operands are below 10^38, so a sum is below 2^127 and
 * its sign is right. Mostly the upper half alone says that it fits: it does in [-2^bits, 2^bits), where
 * 2^bits is at most the limit's upper half.
 */
function addLoop<Op>(
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  limit: usize,
  validity: usize,
  out: usize,
): u32 {
  const limitHigh = load<u64>(limit, 8)
  // Loaded, because V8 would build a constant anew in each iteration.
  const flip = v128.load(LOW_SIGN)
  const bits = 63 - clz<u64>(limitHigh | 1)
  const bias = i64x2(0, (<i64>1) << bits)
  const beyond = i64x2(0, (<i64>-2) << bits)
  const aNext = (<usize>aStep) << 4
  const bNext = (<usize>bStep) << 4
  for (let row: u32 = 0; row < n; row += 4, out += 64) {
    const first = addOne<Op>(v128.load(a), v128.load(b), flip)
    v128.store(out, first)
    const second = addOne<Op>(v128.load(a + aNext), v128.load(b + bNext), flip)
    v128.store(out, second, 16)
    a += aNext << 1
    b += bNext << 1
    const third = addOne<Op>(v128.load(a), v128.load(b), flip)
    v128.store(out, third, 32)
    const fourth = addOne<Op>(v128.load(a + aNext), v128.load(b + bNext), flip)
    v128.store(out, fourth, 48)
    a += aNext << 1
    b += bNext << 1
    const sums = v128.or(
      v128.or(i64x2.add(first, bias), i64x2.add(second, bias)),
      v128.or(i64x2.add(third, bias), i64x2.add(fourth, bias)),
    )
    // A limit in the lower half: the upper one says nothing.
    if (!limitHigh || v128.any_true(v128.and(sums, beyond))) {
      const at = firstBeyond(out, row, min<u32>(n, row + 4), limit, validity)
      if (at != NONE) return at
    }
  }
  return NONE
}

/** One row, with its carry from the lower lane to the upper: lanes are compared with the sign flipped. */
function addOne<Op>(a: v128, b: v128, flip: v128): v128 {
  const zero = i64x2.splat(0)
  if (sizeof<Op>() == sizeof<Add>()) {
    const flipped = v128.xor(a, flip)
    const sum = i64x2.add(flipped, b)
    const carry = i64x2.shuffle(zero, i64x2.gt_s(flipped, sum), 0, 2)
    return i64x2.sub(v128.xor(sum, flip), carry)
  }
  const borrow = i64x2.gt_s(v128.xor(b, flip), v128.xor(a, flip))
  return i64x2.add(i64x2.sub(a, b), i64x2.shuffle(zero, borrow, 0, 2))
}

/** The first row from `row` to `end`, of those at p, that reaches the limit and is not null. */
function firstBeyond(p: usize, row: u32, end: u32, limit: usize, validity: usize): u32 {
  const limitLow = load<u64>(limit)
  const limitHigh = load<u64>(limit, 8)
  for (; row < end; row++, p += 16) {
    const sign = <u64>(load<i64>(p, 8) >> 63)
    const low = (load<u64>(p) ^ sign) - sign
    const high = (load<u64>(p, 8) ^ sign) + u64(sign != 0 && low == 0)
    if (!isBelow(low, high, limitLow, limitHigh) && isValid(validity, row)) return row
  }
  return NONE
}

/** out = a * b. */
export function decimalMultiply(
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  limit: usize,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  const limitLow = load<u64>(limit)
  const limitHigh = load<u64>(limit, 8)
  const aNext = (<usize>aStep) << 4
  const bNext = (<usize>bStep) << 4
  for (let row: u32 = 0; row < n; row++, out += 16) {
    const aSign = <u64>(load<i64>(a, 8) >> 63)
    const bSign = <u64>(load<i64>(b, 8) >> 63)
    const x = (load<u64>(a) ^ aSign) - aSign
    const xTop = (load<u64>(a, 8) ^ aSign) + (u64(x == 0) & aSign)
    const y = (load<u64>(b) ^ bSign) - bSign
    const yTop = (load<u64>(b, 8) ^ bSign) + (u64(y == 0) & bSign)
    const low = x * y
    // Of the cross products only one has two factors, if the result is to fit.
    const top = select<u64>(xTop, yTop, xTop != 0)
    const other = select<u64>(y, x, xTop != 0)
    const cross = top * other
    // Below 2^64 when their leading zeros are 64 together: then there is no upper half to work out.
    const crossHigh = clz<u64>(top) + clz<u64>(other) >= 64 ? 0 : multiplyHigh(top, other)
    const base = multiplyHigh(x, y)
    const high = base + cross
    const fits =
      !crossHigh && high >= base && isBelow(low, high, limitLow, limitHigh) && !(xTop && yTop)
    storeSigned(out, low, high, aSign ^ bSign)
    if (settle(row, fits, validity, outValidity)) return row
    a += aNext
    b += bNext
  }
  return NONE
}

/** out = -a (isAbs 0), or a's magnitude (1). */
export function decimalNegate(isAbs: u32, a: usize, n: u32, out: usize): void {
  for (const end = out + ((<usize>n) << 4); out < end; out += 16, a += 16) {
    const high = load<u64>(a, 8)
    const low = load<u64>(a)
    const sign: u64 = isAbs ? <u64>(<i64>high >> 63) : -1
    const result = (low ^ sign) - sign
    store<u64>(out, result)
    store<u64>(out, (high ^ sign) + (u64(result == 0) & sign), 8)
  }
}

/** out = a / 10^digits, toward zero (rounding 0) or to the nearest and half away from zero (1). */
export function decimalScaleDown(
  rounding: u32,
  a: usize,
  n: u32,
  digits: u32,
  limit: usize,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  const limitLow = load<u64>(limit)
  const limitHigh = load<u64>(limit, 8)
  // All digits but the last are cut off; the last one says whether the magnitude goes up.
  for (let row: u32 = 0; row < n; row++, a += 16, out += 16) {
    const sign = <u64>(load<i64>(a, 8) >> 63)
    const low = (load<u64>(a) ^ sign) - sign
    store<u64>(out, low)
    store<u64>(out, (load<u64>(a, 8) ^ sign) + u64(sign != 0 && low == 0), 8)
    for (let left = digits - 1; left > 0;) {
      const step = min<u32>(left, 9)
      divideBy(out, powerOfTen(step))
      left -= step
    }
    const last = divideBy(out, 10)
    const up = u64(rounding && last >= 5)
    const quotient = load<u64>(out) + up
    const top = load<u64>(out, 8) + u64(up && quotient == 0)
    const fits = isBelow(quotient, top, limitLow, limitHigh)
    storeSigned(out, quotient, top, sign)
    if (settle(row, fits, validity, outValidity)) return row
  }
  return NONE
}

function powerOfTen(digits: u32): u64 {
  let power: u64 = 1
  for (; digits > 0; digits--) power *= 10
  return power
}

/** Divides the number at p by a divisor below 2^32, in four steps; returns the remainder. */
function divideBy(p: usize, divisor: u64): u64 {
  let rest: u64 = 0
  for (let at: usize = 16; at > 0;) {
    at -= 4
    const part = (rest << 32) | <u64>load<u32>(p + at)
    store<u32>(p + at, <u32>(part / divisor))
    rest = part % divisor
  }
  return rest
}

/** out (a bitmap) = a op b: 0 eq, 1 ne, 2 lt, 3 le, 4 gt, 5 ge. */
export function decimalCompare(
  op: i32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  out: usize,
): void {
  const aNext = (<usize>aStep) << 4
  const bNext = (<usize>bStep) << 4
  const onLess = u32(op == LT || op == LE || op == NE)
  const onEqual = u32(op == EQ || op == LE || op > GT)
  const onGreater = u32(op == NE || op >= GT)
  for (let left = <i32>n; left > 0; left -= 8) {
    const rows = <u32>min<i32>(left, 8)
    let bits: u32 = 0
    for (let i: u32 = 0; i < rows; i++) {
      const aHigh = load<i64>(a, 8)
      const bHigh = load<i64>(b, 8)
      const aLow = load<u64>(a)
      const bLow = load<u64>(b)
      const isEqual = aHigh == bHigh
      const isLess = aHigh < bHigh || (isEqual && aLow < bLow)
      const isSame = isEqual && aLow == bLow
      bits |= (isLess ? onLess : isSame ? onEqual : onGreater) << i
      a += aNext
      b += bNext
    }
    store<u8>(out++, bits)
  }
}

/** out (float64) = the nearest to a. */
export function decimalToFloat(a: usize, n: u32, out: usize): void {
  for (const end = out + ((<usize>n) << 3); out < end; out += 8, a += 16) {
    const sign = <u64>(load<i64>(a, 8) >> 63)
    const low = (load<u64>(a) ^ sign) - sign
    const high = (load<u64>(a, 8) ^ sign) + u64(sign != 0 && low == 0)
    const magnitude = floatOf(low, high)
    store<f64>(out, sign ? -magnitude : magnitude)
  }
}

/** out = a, whole float64, as decimals. */
export function decimalFromFloat(
  a: usize,
  n: u32,
  limit: usize,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  const limitLow = load<u64>(limit)
  const limitHigh = load<u64>(limit, 8)
  for (let row: u32 = 0; row < n; row++, a += 8, out += 16) {
    const value = load<f64>(a)
    const magnitude = Math.abs(value)
    const inRange = magnitude < 1.7e38
    const top = inRange ? Math.floor(magnitude / 18446744073709551616.0) : 0.0
    const low = inRange ? <u64>(magnitude - top * 18446744073709551616.0) : 0
    const high = <u64>top
    storeSigned(out, low, high, value < 0 ? -1 : 0)
    if (settle(row, inRange && isBelow(low, high, limitLow, limitHigh), validity, outValidity))
      return row
  }
  return NONE
}
