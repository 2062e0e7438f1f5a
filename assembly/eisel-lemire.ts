// Decimal digits to the bits of a float64. Lemire, "Number parsing at a gigabyte per second" (2021);
// that no fallback is needed: Mushtak and Lemire (2022).
import { multiplyHigh } from './int128'
import { POWER_OF_TEN_MIN, powerOfTen } from './powers-of-ten'

/** Bits of the float64 nearest to digits * 10^exponent. */
export function eiselLemire(exponent: i64, digits: u64): u64 {
  if (!digits || exponent < POWER_OF_TEN_MIN) return 0
  if (exponent > 308) return 0x7ff0000000000000
  const q = <i32>exponent
  const zeros = clz<u64>(digits)
  const word = digits << zeros
  const high = load<u64>(powerOfTen(q))
  // Three of the four products of halves are at most two below the high word. That is enough unless
  // two more change what is above the nine bits that rounding drops, or these may all be zero: a
  // value in the middle of two floats.
  let product =
    (word >> 32) * (high >> 32) +
    (((word & 0xffffffff) * (high >> 32)) >> 32) +
    (((word >> 32) * (high & 0xffffffff)) >> 32)
  if (((<u32>product - 1) & 0x1ff) >= 0x1fc) product = exactProduct(q, word)
  const upper = product >> 63
  const mantissa = product >> (upper + 9)
  const power = ((217706 * q) >> 16) + 63 + <i32>upper - <i32>zeros + 1023
  if (power <= 0) {
    if (power <= -63) return 0
    // A subnormal that rounds up to 2^52 is the first normal float: the carry sets its exponent.
    const shifted = mantissa >> (1 - power)
    return (shifted + (shifted & 1)) >> 1
  }
  // The mantissa's highest bit is one of the exponent, and so is what rounding carries.
  const bits = ((<u64>(power - 1)) << 52) + ((mantissa + (mantissa & 1)) >> 1)
  return min<u64>(bits, 0x7ff0000000000000)
}

// The high word of the product, with a value in the middle of two floats moved to the even one.
function exactProduct(q: i32, word: u64): u64 {
  const power = powerOfTen(q)
  const powerHigh = load<u64>(power)
  // The proof is for powers that are rounded down but in -27..-1 (P2, P3).
  const powerLow = load<u64>(power, 8) - u64(q < -27 || q > 55)
  let high = multiplyHigh(word, powerHigh)
  let low = word * powerHigh
  if ((high & 0x1ff) == 0x1ff) {
    const carry = multiplyHigh(word, powerLow)
    low += carry
    if (carry > low) high++
  }
  if (low <= 1 && q >= -4 && q <= 23) {
    const shift = (high >> 63) + 9
    const mantissa = high >> shift
    if ((mantissa & 3) == 1 && mantissa << shift == high) high -= (<u64>1) << shift
  }
  return high
}
