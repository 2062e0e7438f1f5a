// Powers and logarithms of float64: exp, ln, log10, log2 and pow, by AssemblyScript's library, which is
// musl's (within one unit in the last place). What is out of a function's domain is NaN, as in JavaScript;
// no row can fail.
//
// EX1 An operand of pow is a pointer and a step, as in arithmetic.ts.

import { pow_lut } from 'util/math'

const EXP: i32 = 0
const LN: i32 = 1
const LOG10: i32 = 2
const LOG2: i32 = 3

/** out = op a: 0 exp, 1 ln, 2 log10, 3 log2. */
export function exponentialF64(op: i32, a: usize, n: u32, out: usize): void {
  const end = out + ((<usize>n) << 3)
  switch (op) {
    case EXP:
      for (; out < end; out += 8, a += 8) store<f64>(out, Math.exp(load<f64>(a)))
      break
    case LN:
      for (; out < end; out += 8, a += 8) store<f64>(out, Math.log(load<f64>(a)))
      break
    case LOG10:
      for (; out < end; out += 8, a += 8) store<f64>(out, Math.log10(load<f64>(a)))
      break
    case LOG2:
      for (; out < end; out += 8, a += 8) store<f64>(out, Math.log2(load<f64>(a)))
      break
    default:
      unreachable()
  }
}

/**
 * out = a to the power of b; 1 to a power that is no finite number is NaN, as in JavaScript, not 1 as in C.
 */
export function powerF64(a: usize, aStep: u32, b: usize, bStep: u32, n: u32, out: usize): void {
  // The power that is asked for most.
  if (!bStep && load<f64>(b) == 2 && aStep) {
    for (const end = out + ((<usize>n) << 3); out < end; out += 16, a += 16) {
      v128.store(out, f64x2.mul(v128.load(a), v128.load(a)))
    }
    return
  }
  const aNext = (<usize>aStep) << 3
  const bNext = (<usize>bStep) << 3
  for (const end = out + ((<usize>n) << 3); out < end; out += 8) {
    store<f64>(out, pow_lut(load<f64>(a), load<f64>(b)))
    a += aNext
    b += bNext
  }
}
