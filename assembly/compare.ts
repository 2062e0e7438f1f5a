// Comparisons of numbers into bitmaps, and membership in a list.
//
// CM1 An operand is a pointer and a step of 0 or 1: a vector, or (0) a constant, which is a block of
//     64 bytes filled with the value. So there is one loop for vector and constant on either side.
// CM2 Floats compare as in IEEE 754: with NaN only `ne` is true; -0 equals 0.
// CM3 Values in null rows are compared like any others: the caller combines validity.
//
// 16 rows an iteration give 16 bits. Tags stand for operators, because AssemblyScript resolves only
// types at compile time: Equal, Less and LessEqual are told apart by their size.

type Equal = u8
type Less = u16
type LessEqual = u32

const EQ: i32 = 0
const NE: i32 = 1
const LT: i32 = 2
const LE: i32 = 3
const GT: i32 = 4
const GE: i32 = 5

/** A longer list is searched, not scanned. */
const LINEAR_MAX: u32 = 16

/** out = a op b: 0 eq, 1 ne, 2 lt, 3 le, 4 gt, 5 ge. */
export function compareI8(
  op: i32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  out: usize,
): void {
  compare<i8>(op, a, aStep, b, bStep, n, out)
}

/** out = a op b: 0 eq, 1 ne, 2 lt, 3 le, 4 gt, 5 ge. */
export function compareI16(
  op: i32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  out: usize,
): void {
  compare<i16>(op, a, aStep, b, bStep, n, out)
}

/** out = a op b: 0 eq, 1 ne, 2 lt, 3 le, 4 gt, 5 ge. */
export function compareI32(
  op: i32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  out: usize,
): void {
  compare<i32>(op, a, aStep, b, bStep, n, out)
}

/** out = a op b: 0 eq, 1 ne, 2 lt, 3 le, 4 gt, 5 ge. */
export function compareI64(
  op: i32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  out: usize,
): void {
  compare<i64>(op, a, aStep, b, bStep, n, out)
}

/** out = a op b: 0 eq, 1 ne, 2 lt, 3 le, 4 gt, 5 ge. */
export function compareU8(
  op: i32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  out: usize,
): void {
  compare<u8>(op, a, aStep, b, bStep, n, out)
}

/** out = a op b: 0 eq, 1 ne, 2 lt, 3 le, 4 gt, 5 ge. */
export function compareU16(
  op: i32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  out: usize,
): void {
  compare<u16>(op, a, aStep, b, bStep, n, out)
}

/** out = a op b: 0 eq, 1 ne, 2 lt, 3 le, 4 gt, 5 ge. */
export function compareU32(
  op: i32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  out: usize,
): void {
  compare<u32>(op, a, aStep, b, bStep, n, out)
}

/** out = a op b: 0 eq, 1 ne, 2 lt, 3 le, 4 gt, 5 ge. */
export function compareU64(
  op: i32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  out: usize,
): void {
  compare<u64>(op, a, aStep, b, bStep, n, out)
}

/** out = a op b: 0 eq, 1 ne, 2 lt, 3 le, 4 gt, 5 ge. */
export function compareF32(
  op: i32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  out: usize,
): void {
  compare<f32>(op, a, aStep, b, bStep, n, out)
}

/** out = a op b: 0 eq, 1 ne, 2 lt, 3 le, 4 gt, 5 ge. */
export function compareF64(
  op: i32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  out: usize,
): void {
  compare<f64>(op, a, aStep, b, bStep, n, out)
}

function compare<T>(op: i32, a: usize, aStep: u32, b: usize, bStep: u32, n: u32, out: usize): void {
  switch (op) {
    case EQ:
      return compareLoop<T, Equal>(a, aStep, b, bStep, n, out, 0)
    case NE:
      return compareLoop<T, Equal>(a, aStep, b, bStep, n, out, 0xffff)
    case LT:
      return compareLoop<T, Less>(a, aStep, b, bStep, n, out, 0)
    case LE:
      return compareLoop<T, LessEqual>(a, aStep, b, bStep, n, out, 0)
    case GT:
      return compareLoop<T, Less>(b, bStep, a, aStep, n, out, 0)
    case GE:
      return compareLoop<T, LessEqual>(b, bStep, a, aStep, n, out, 0)
    default:
      unreachable()
  }
}

function compareLoop<T, Op>(
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  out: usize,
  flip: u32,
): void {
  const aEight = <usize>aStep * sizeof<T>() * 8
  const bEight = <usize>bStep * sizeof<T>() * 8
  const aNext = aEight << 1
  const bNext = bEight << 1
  const end = out + <usize>((n >> 4) << 1)
  for (; out < end; out += 2) {
    const bits = eight<T, Op>(a, b) | (eight<T, Op>(a + aEight, b + bEight) << 8)
    store<u16>(out, bits ^ flip)
    a += aNext
    b += bNext
  }
  for (let left = <i32>(n & 15); left > 0; left -= 8) {
    const mask: u32 = left >= 8 ? 0xff : (1 << left) - 1
    store<u8>(out++, (eight<T, Op>(a, b) ^ flip) & mask)
    a += aEight
    b += bEight
  }
}

/** Eight rows as eight bits. */
function eight<T, Op>(a: usize, b: usize): u32 {
  if (sizeof<T>() == 1) {
    return i8x16.bitmask(lanes<T, Op>(v128.load64_zero(a), v128.load64_zero(b))) & 0xff
  }
  if (sizeof<T>() == 2) return i16x8.bitmask(lanes<T, Op>(v128.load(a), v128.load(b)))
  const low = lanes<T, Op>(v128.load(a), v128.load(b))
  const high = lanes<T, Op>(v128.load(a, 16), v128.load(b, 16))
  if (sizeof<T>() == 4) return i16x8.bitmask(i16x8.narrow_i32x4_s(low, high))
  const third = lanes<T, Op>(v128.load(a, 32), v128.load(b, 32))
  const fourth = lanes<T, Op>(v128.load(a, 48), v128.load(b, 48))
  const four = i32x4.shuffle(low, high, 0, 2, 4, 6)
  const more = i32x4.shuffle(third, fourth, 0, 2, 4, 6)
  return i16x8.bitmask(i16x8.narrow_i32x4_s(four, more))
}

function lanes<T, Op>(a: v128, b: v128): v128 {
  if (sizeof<Op>() == sizeof<Equal>()) return v128.eq<T>(a, b)
  if (isInteger<T>() && !isSigned<T>() && sizeof<T>() == 8) {
    // No unsigned 64-bit order in WASM: shift both into the signed range.
    const bias = i64x2.splat(i64.MIN_VALUE)
    if (sizeof<Op>() == sizeof<Less>()) return i64x2.lt_s(v128.xor(a, bias), v128.xor(b, bias))
    return i64x2.le_s(v128.xor(a, bias), v128.xor(b, bias))
  }
  if (sizeof<Op>() == sizeof<Less>()) return v128.lt<T>(a, b)
  return v128.le<T>(a, b)
}

/** out = whether a value is one of the k values at `list`, which ascend as unsigned numbers. */
export function compareIn32(a: usize, n: u32, list: usize, k: u32, out: usize): void {
  if (k <= LINEAR_MAX) inListed<u32>(a, n, list, k, out)
  else inSorted<u32>(a, n, list, k, out)
}

/** out = whether a value is one of the k values at `list`, which ascend as unsigned numbers. */
export function compareIn64(a: usize, n: u32, list: usize, k: u32, out: usize): void {
  if (k <= LINEAR_MAX) inListed<u64>(a, n, list, k, out)
  else inSorted<u64>(a, n, list, k, out)
}

/** Each row meets each value of the list. */
function inListed<T>(a: usize, n: u32, list: usize, k: u32, out: usize): void {
  const listEnd = list + <usize>k * sizeof<T>()
  for (let left = <i32>n; left > 0; left -= 8, a += 8 * sizeof<T>()) {
    const first = v128.load(a)
    const second = v128.load(a, 16)
    let bits: u32
    if (sizeof<T>() == 4) {
      let low = i32x4.splat(0)
      let high = i32x4.splat(0)
      for (let at = list; at < listEnd; at += 4) {
        const value = v128.load32_splat(at)
        low = v128.or(low, i32x4.eq(first, value))
        high = v128.or(high, i32x4.eq(second, value))
      }
      bits = i16x8.bitmask(i16x8.narrow_i32x4_s(low, high))
    } else {
      const third = v128.load(a, 32)
      const fourth = v128.load(a, 48)
      let low = i32x4.splat(0)
      let high = i32x4.splat(0)
      for (let at = list; at < listEnd; at += 8) {
        const value = v128.load64_splat(at)
        const x = i64x2.eq(first, value)
        const y = i64x2.eq(third, value)
        low = v128.or(low, i32x4.shuffle(x, i64x2.eq(second, value), 0, 2, 4, 6))
        high = v128.or(high, i32x4.shuffle(y, i64x2.eq(fourth, value), 0, 2, 4, 6))
      }
      bits = i16x8.bitmask(i16x8.narrow_i32x4_s(low, high))
    }
    store<u8>(out++, left >= 8 ? bits : bits & ((1 << left) - 1))
  }
}

/** Binary search without branches, of four rows at once: their loads do not wait for each other. */
function inSorted<T>(a: usize, n: u32, list: usize, k: u32, out: usize): void {
  for (let left = <i32>n; left > 0; left -= 8) {
    const low = fourInSorted<T>(a, list, k)
    const bits = low | (fourInSorted<T>(a + 4 * sizeof<T>(), list, k) << 4)
    a += 8 * sizeof<T>()
    store<u8>(out++, left >= 8 ? bits : bits & ((1 << left) - 1))
  }
}

function fourInSorted<T>(a: usize, list: usize, k: u32): u32 {
  const first = load<T>(a)
  const second = load<T>(a, sizeof<T>())
  const third = load<T>(a, 2 * sizeof<T>())
  const fourth = load<T>(a, 3 * sizeof<T>())
  let at = list
  let at2 = list
  let at3 = list
  let at4 = list
  for (let length = k; length > 1;) {
    const half = <usize>(length >> 1) * sizeof<T>()
    at = select<usize>(at + half, at, load<T>(at + half) <= first)
    at2 = select<usize>(at2 + half, at2, load<T>(at2 + half) <= second)
    at3 = select<usize>(at3 + half, at3, load<T>(at3 + half) <= third)
    at4 = select<usize>(at4 + half, at4, load<T>(at4 + half) <= fourth)
    length -= length >> 1
  }
  return (
    u32(load<T>(at) == first) |
    (u32(load<T>(at2) == second) << 1) |
    (u32(load<T>(at3) == third) << 2) |
    (u32(load<T>(at4) == fourth) << 3)
  )
}
