// Digits to numbers without a loop over them: sixteen at once, for the fast ways of both scanners.
import { tenToThe } from './number-parse'

/** Not a value: there was another character among the digits. */
export const NOT_DIGITS: u64 = 0xffffffffffffffff

/**
 * The value of the 1 to 16 digits that end at `end`. Bytes before the digits are loaded too, and shifted
 * out. NOT_DIGITS when one is no digit.
 */
export function upToSixteenDigits(end: usize, digits: u32): u64 {
  if (digits <= 8) return upToEightDigits(load<u64>(end - 8), digits)
  const low = upToEightDigits(load<u64>(end - 8), 8)
  const high = upToEightDigits(load<u64>(end - 16), digits - 8)
  return (low | high) == NOT_DIGITS ? NOT_DIGITS : high * 100000000 + low
}

function upToEightDigits(bytes: u64, digits: u32): u64 {
  const shift = <u64>((8 - digits) << 3)
  const ones = ((bytes ^ 0x3030303030303030) >> shift) << shift
  if (((ones + 0x7676767676767676) | ones) & 0x8080808080808080) return NOT_DIGITS
  const pairs = ones * 10 + (ones >> 8)
  return (
    ((pairs & 0x000000ff000000ff) * 0x000f424000000064 +
      ((pairs >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >>
    32
  )
}

/** How many of the 16 bytes at p are digits, from the first on. */
export function digitRun(p: usize): u32 {
  const ones = i8x16.sub(v128.load(p), i8x16.splat(0x30))
  return ctz<u32>(i8x16.bitmask(i8x16.gt_u(ones, i8x16.splat(9))) | 0x10000)
}

/** The largest number of up to sixteen digits that a T holds. */
export function sixteenDigitsMax<T>(): u64 {
  if (sizeof<T>() == 8) return 9999999999999999
  return ((<u64>1) << (sizeof<T>() * 8 - u64(isSigned<T>()))) - 1
}

/**
 * Reads `-?digits[.digits]` of up to fifteen digits as a float64 and returns the position behind it; 0 when
 * there is something else. So many digits are exact as a float64, and so is the power of ten: what is left
 * is one rounding (Clinger, "How to read floating point numbers accurately", 1990).
 */
export function plainFloat(p: usize, out: usize): usize {
  const negative = load<u8>(p) == 0x2d
  const first = p + usize(negative)
  const digits = digitRun(first)
  const point = first + digits
  if (digits - 1 >= 15) return 0
  let value = <f64>upToSixteenDigits(point, digits)
  let end = point
  if (load<u8>(point) == 0x2e) {
    const places = digitRun(point + 1)
    end = point + 1 + places
    if (digits + places > 15 || !places) return 0
    const scale = tenToThe(places)
    value = (value * <f64>scale + <f64>upToSixteenDigits(end, places)) / <f64>scale
  }
  store<f64>(out, negative ? -value : value)
  return end
}
