// Arithmetic on int32, int64, float32 and float64 columns, and on constants.
//
// AR1 An operand is a pointer and a step of 0 or 1: a vector, or (0) a constant, which is a block of
//     64 bytes filled with the value.
// AR2 Integer overflow is reported: the kernel returns the first row that overflows and is not null
//     under `validity` (0: no row is null), or NONE. Rows behind it may not be written.
// AR3 Floats follow IEEE 754: x / 0 is an infinity or NaN; min and max give NaN when an operand is NaN.
//
// Tags stand for operators, because AssemblyScript resolves only types at compile time; they are told
// apart by their size, and Min and Max by being floats.

import { isValid } from './validity'

type Add = u8
type Sub = u16
type Mul = u32
type Div = u64
type Min = f32
type Max = f64

const ADD: i32 = 0
const SUB: i32 = 1
const MUL: i32 = 2
const DIV: i32 = 3
const MIN: i32 = 4
const MAX: i32 = 5

const NONE: u32 = 0xffffffff

/** out = a op b: 0 add, 1 sub, 2 mul, 4 min, 5 max; returns the first row that overflows. */
export function arithmeticI32(
  op: i32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  validity: usize,
  out: usize,
): u32 {
  switch (op) {
    case ADD:
      return checked<i32, Add>(a, aStep, b, bStep, n, validity, out)
    case SUB:
      return checked<i32, Sub>(a, aStep, b, bStep, n, validity, out)
    case MUL:
      return checked<i32, Mul>(a, aStep, b, bStep, n, validity, out)
    case MIN:
      return unchecked<i32, Min>(a, aStep, b, bStep, n, out)
    case MAX:
      return unchecked<i32, Max>(a, aStep, b, bStep, n, out)
    default:
      return unreachable()
  }
}

/** out = a op b: 0 add, 1 sub, 2 mul, 4 min, 5 max; returns the first row that overflows. */
export function arithmeticI64(
  op: i32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  validity: usize,
  out: usize,
): u32 {
  switch (op) {
    case ADD:
      return checked<i64, Add>(a, aStep, b, bStep, n, validity, out)
    case SUB:
      return checked<i64, Sub>(a, aStep, b, bStep, n, validity, out)
    case MUL:
      return multiplyI64(a, aStep, b, bStep, n, validity, out)
    case MIN:
      return unchecked<i64, Min>(a, aStep, b, bStep, n, out)
    case MAX:
      return unchecked<i64, Max>(a, aStep, b, bStep, n, out)
    default:
      return unreachable()
  }
}

/** out = a op b: 0 add, 1 sub, 2 mul, 3 div, 4 min, 5 max. */
export function arithmeticF32(
  op: i32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  out: usize,
): void {
  floats<f32>(op, a, aStep, b, bStep, n, out)
}

/** out = a op b: 0 add, 1 sub, 2 mul, 3 div, 4 min, 5 max. */
export function arithmeticF64(
  op: i32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  out: usize,
): void {
  floats<f64>(op, a, aStep, b, bStep, n, out)
}

function floats<T>(op: i32, a: usize, aStep: u32, b: usize, bStep: u32, n: u32, out: usize): void {
  switch (op) {
    case ADD:
      unchecked<T, Add>(a, aStep, b, bStep, n, out)
      return
    case SUB:
      unchecked<T, Sub>(a, aStep, b, bStep, n, out)
      return
    case MUL:
      unchecked<T, Mul>(a, aStep, b, bStep, n, out)
      return
    case DIV:
      unchecked<T, Div>(a, aStep, b, bStep, n, out)
      return
    case MIN:
      unchecked<T, Min>(a, aStep, b, bStep, n, out)
      return
    case MAX:
      unchecked<T, Max>(a, aStep, b, bStep, n, out)
      return
    default:
      unreachable()
  }
}

/** 64 bytes an iteration, over the end (K4). */
function unchecked<T, Op>(a: usize, aStep: u32, b: usize, bStep: u32, n: u32, out: usize): u32 {
  const aNext = (<usize>aStep) << 6
  const bNext = (<usize>bStep) << 6
  for (const end = out + <usize>n * sizeof<T>(); out < end; out += 64) {
    v128.store(out, lanes<T, Op>(v128.load(a), v128.load(b)))
    v128.store(out, lanes<T, Op>(v128.load(a, 16), v128.load(b, 16)), 16)
    v128.store(out, lanes<T, Op>(v128.load(a, 32), v128.load(b, 32)), 32)
    v128.store(out, lanes<T, Op>(v128.load(a, 48), v128.load(b, 48)), 48)
    a += aNext
    b += bNext
  }
  return NONE
}

function lanes<T, Op>(a: v128, b: v128): v128 {
  if (isFloat<Op>()) {
    const isMin = sizeof<Op>() == sizeof<Min>()
    if (sizeof<T>() == 8 && isInteger<T>()) {
      const less = i64x2.lt_s(a, b)
      return isMin ? v128.bitselect(a, b, less) : v128.bitselect(b, a, less)
    }
    if (isFloat<T>()) {
      // Both orders of the machine's own instruction, which gives its first operand when there is a NaN
      // or two zeros: five instructions, where V8 makes ten of f64x2.max. They differ, as numbers,
      // only by a NaN; the zeros' signs are settled by the bits.
      const first = isMin ? v128.pmin<T>(a, b) : v128.pmax<T>(a, b)
      const second = isMin ? v128.pmin<T>(b, a) : v128.pmax<T>(b, a)
      const number = isMin ? v128.or(first, second) : v128.and(first, second)
      return v128.or(number, v128.ne<T>(first, second))
    }
    return isMin ? v128.min<T>(a, b) : v128.max<T>(a, b)
  }
  if (sizeof<Op>() == sizeof<Add>()) return v128.add<T>(a, b)
  if (sizeof<Op>() == sizeof<Sub>()) return v128.sub<T>(a, b)
  if (sizeof<Op>() == sizeof<Mul>()) return v128.mul<T>(a, b)
  return v128.div<T>(a, b)
}

/** 64 bytes an iteration; a sign bit in `bad` says that a lane has overflowed. */
function checked<T, Op>(
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  validity: usize,
  out: usize,
): u32 {
  const aNext = (<usize>aStep) << 6
  const bNext = (<usize>bStep) << 6
  for (let row: u32 = 0; row < n; row += 64 / sizeof<T>(), out += 64) {
    let bad = checkedLanes<T, Op>(v128.load(a), v128.load(b), out)
    bad = v128.or(bad, checkedLanes<T, Op>(v128.load(a, 16), v128.load(b, 16), out + 16))
    bad = v128.or(bad, checkedLanes<T, Op>(v128.load(a, 32), v128.load(b, 32), out + 32))
    bad = v128.or(bad, checkedLanes<T, Op>(v128.load(a, 48), v128.load(b, 48), out + 48))
    if (v128.bitmask<T>(bad)) {
      const at = firstOverflow<T, Op>(a, b, row, n, validity)
      if (at != NONE) return at
    }
    a += aNext
    b += bNext
  }
  return NONE
}

function checkedLanes<T, Op>(a: v128, b: v128, out: usize): v128 {
  if (sizeof<Op>() == sizeof<Mul>()) {
    const low = i64x2.extmul_low_i32x4_s(a, b)
    const high = i64x2.extmul_high_i32x4_s(a, b)
    const product = i32x4.shuffle(low, high, 0, 2, 4, 6)
    v128.store(out, product)
    const upper = i32x4.shuffle(low, high, 1, 3, 5, 7)
    return i32x4.ne(upper, i32x4.shr_s(product, 31))
  }
  const result = lanes<T, Op>(a, b)
  v128.store(out, result)
  // The result's sign is wrong: adding equal signs, or subtracting different ones, gave another sign.
  if (sizeof<Op>() == sizeof<Add>()) return v128.and(v128.xor(a, result), v128.xor(b, result))
  return v128.and(v128.xor(a, b), v128.xor(a, result))
}

/** The first row of the block at `row` that overflows and is neither null nor past the end. */
function firstOverflow<T, Op>(a: usize, b: usize, row: u32, n: u32, validity: usize): u32 {
  const end = min<u32>(n, row + 64 / sizeof<T>())
  for (; row < end; row++, a += sizeof<T>(), b += sizeof<T>()) {
    if (overflows<T, Op>(load<T>(a), load<T>(b)) && isValid(validity, row)) return row
  }
  return NONE
}

function overflows<T, Op>(a: T, b: T): bool {
  if (sizeof<Op>() == sizeof<Mul>()) {
    const product = <i64>a * <i64>b
    return <i64>(<i32>product) != product
  }
  const result: T = sizeof<Op>() == sizeof<Add>() ? a + b : a - b
  const bad: T =
    sizeof<Op>() == sizeof<Add>() ? (a ^ result) & (b ^ result) : (a ^ b) & (a ^ result)
  return bad < 0
}

/**
 * Factors that fit 32 bits, four rows at a time, take one SIMD product and cannot overflow. Others go
 * one by one; magnitudes that cannot overflow are seen by their leading zeros.
 */
function multiplyI64(
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  validity: usize,
  out: usize,
): u32 {
  const aNext = (<usize>aStep) << 5
  const bNext = (<usize>bStep) << 5
  for (let row: u32 = 0; row < n; row += 4, out += 32) {
    const x = i32x4.shuffle(v128.load(a), v128.load(a, 16), 0, 2, 4, 6)
    const y = i32x4.shuffle(v128.load(b), v128.load(b, 16), 0, 2, 4, 6)
    const xUpper = i32x4.shuffle(v128.load(a), v128.load(a, 16), 1, 3, 5, 7)
    const yUpper = i32x4.shuffle(v128.load(b), v128.load(b, 16), 1, 3, 5, 7)
    const xWide = v128.xor(xUpper, i32x4.shr_s(x, 31))
    const yWide = v128.xor(yUpper, i32x4.shr_s(y, 31))
    if (!v128.any_true(v128.or(xWide, yWide))) {
      v128.store(out, i64x2.extmul_low_i32x4_s(x, y))
      v128.store(out, i64x2.extmul_high_i32x4_s(x, y), 16)
    } else {
      const bad = multiplyFour(a, b, row, n, validity, out)
      if (bad != NONE) return bad
    }
    a += aNext
    b += bNext
  }
  return NONE
}

function multiplyFour(a: usize, b: usize, row: u32, n: u32, validity: usize, out: usize): u32 {
  for (const end = min<u32>(n, row + 4); row < end; row++, a += 8, b += 8, out += 8) {
    const x = load<i64>(a)
    const y = load<i64>(b)
    store<i64>(out, x * y)
    if (clz<i64>(x ^ (x >> 63)) + clz<i64>(y ^ (y >> 63)) < 66) {
      if (productOverflows(x, y) && isValid(validity, row)) return row
    }
  }
  return NONE
}

function productOverflows(a: i64, b: i64): bool {
  if (b == 0) return false
  if (b == -1) return a == i64.MIN_VALUE
  return (a * b) / b != a
}
