// Digits to numbers without a loop over them, sixteen at once, for the fast ways of both scanners; and two
// digits of a number for who writes it.

const POWERS_U64: usize = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
  100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000,
  100000000000000000, 1000000000000000000, 10000000000000000000,
])

/** 10^n for n in 0..19. */
export function tenToThe(n: u32): u64 {
  return load<u64>(POWERS_U64 + ((<usize>n) << 3))
}

/** The two digits of a number below 100 in the two low bytes, tens first, not yet ASCII. */
export function twoPlaces(value: u32): u32 {
  const tens = (value * 103) >> 10
  return tens + ((value - tens * 10) << 8)
}

/** Not a value: there was another character among the digits. */
export const NOT_DIGITS: u64 = 0xffffffffffffffff

// Vectors are loaded, because V8 builds a constant anew, in three to five instructions, wherever it
// is used.

/** Sixteen ASCII zeros. */
export const ASCII_ZEROS: usize = memory.data<u64>([0x3030303030303030, 0x3030303030303030], 16)
/** Sixteen ASCII points. */
export const ASCII_POINTS: usize = memory.data<u64>([0x2e2e2e2e2e2e2e2e, 0x2e2e2e2e2e2e2e2e], 16)
/** Loaded from n bytes on (0 to 16): ones in the last n bytes. */
export const LAST_LANES: usize = memory.data<u64>([0, 0, <u64>-1, <u64>-1], 16)
const ABOVE_NINE: usize = memory.data<u64>([0x7676767676767676, 0x7676767676767676], 16)
const POINTS: usize = memory.data<u64>([0x2e2e2e2e2e2e2e2e, 0x2e2e2e2e2e2e2e2e], 16)
const ABOVE_ELEVEN: usize = memory.data<u64>([0x7474747474747474, 0x7474747474747474], 16)
// Ten times a byte and its neighbour come to be in the high byte of 16 bits times 10 * 256 + 1.
const PAIRS: usize = memory.data<u64>([0x0a010a010a010a01, 0x0a010a010a010a01], 16)
const FOURS: usize = memory.data<u64>([0x0001006400010064, 0x0001006400010064], 16)
const EIGHTS: usize = memory.data<u64>([0x0001271000012710, 0x0001271000012710], 16)

/** Which bytes are above 9: with 118 added these have their sign bits set. */
export function isNotDigit(ones: v128): u32 {
  return i8x16.bitmask(i8x16.add_sat_u(ones, v128.load(ABOVE_NINE)))
}

/** Sixteen digits, one a byte, as pairs of them, one in 16 bits. */
export function joinPairs(ones: v128): v128 {
  return i16x8.shr_u(i16x8.mul(ones, v128.load(PAIRS)), 8)
}

/** The value of sixteen digits, one a byte. */
export function joinDigits(ones: v128): u64 {
  const fours = i32x4.dot_i16x8_s(joinPairs(ones), v128.load(FOURS))
  const packed = i16x8.narrow_i32x4_u(fours, fours)
  const eights = i64x2.extract_lane(i32x4.dot_i16x8_s(packed, v128.load(EIGHTS)), 0)
  return (eights & 0xffffffff) * 100000000 + (<u64>eights >> 32)
}

/**
 * The value of the 1 to 16 digits that end at `end`. Bytes before the digits are loaded too, and
 * masked out. NOT_DIGITS when one is no digit.
 */
export function upToSixteenDigits(end: usize, digits: u32): u64 {
  const wanted = v128.load(LAST_LANES + digits)
  const ones = v128.and(i8x16.sub(v128.load(end - 16), v128.load(ASCII_ZEROS)), wanted)
  return isNotDigit(ones) ? NOT_DIGITS : joinDigits(ones)
}

const ZEROS: u64 = 0x3030303030303030

// The number of eight digits of values 0 to 9, the first one in the lowest byte.
function sumOfOnes(ones: u64): u64 {
  if (((ones + 0x7676767676767676) | ones) & 0x8080808080808080) return NOT_DIGITS
  const pairs = ones * 10 + (ones >> 8)
  return (
    ((pairs & 0x000000ff000000ff) * 0x000f424000000064 +
      ((pairs >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >>
    32
  )
}

/**
 * Reads a float64 of 1 to 8 characters that end at `end`: `-?digits[.digits]`, as most prices and
 * measures are. False when it is written otherwise. The point is cut out in a register, so nothing
 * depends on where it is; digits and power of ten are exact, and the division rounds once.
 */
export function shortFloat(end: usize, length: u32, out: usize): bool {
  const negative = load<u8>(end - length) == 0x2d
  const shift = <u64>((8 - length + u32(negative)) << 3)
  let ones = ((load<u64>(end - 8) ^ ZEROS) >> shift) << shift
  // A point has become 0x1e; the lowest one is found.
  const marks = ones ^ 0x1e1e1e1e1e1e1e1e
  const points = (marks - 0x0101010101010101) & ~marks & 0x8080808080808080
  let places: u32 = 0
  if (points) {
    const at = ctz<u64>(points) - 7
    const before = ((<u64>1) << at) - 1
    places = 7 - <u32>(at >> 3)
    // Nothing before it or behind it: not for here.
    if (!places || at == shift) return false
    ones = (ones & ~((before << 8) | 0xff)) | ((ones & before) << 8)
  }
  const digits = sumOfOnes(ones)
  if (digits == NOT_DIGITS || length == u32(negative)) return false
  const size = <f64>digits / <f64>tenToThe(places)
  store<f64>(out, negative ? -size : size)
  return true
}

/** How many of the 16 bytes at p are digits, from the first on. */
export function digitRun(p: usize): u32 {
  const ones = i8x16.sub(v128.load(p), v128.load(ASCII_ZEROS))
  return ctz<u32>(isNotDigit(ones) | 0x10000)
}

/**
 * How many of the 16 bytes at p may be of a number without sign and exponent, from the first on.
 */
export function decimalRun(p: usize): u32 {
  // The slash is between point and zero, and no digit for whoever reads on.
  const ones = i8x16.sub(v128.load(p), v128.load(POINTS))
  const odd = i8x16.bitmask(i8x16.add_sat_u(ones, v128.load(ABOVE_ELEVEN)))
  return ctz<u32>(odd | 0x10000)
}

/** The largest number of up to sixteen digits that a T holds. */
export function sixteenDigitsMax<T>(): u64 {
  if (sizeof<T>() == 8) return 9999999999999999
  return ((<u64>1) << (sizeof<T>() * 8 - u64(isSigned<T>()))) - 1
}

/**
 * Reads `-?digits[.digits]` of up to fifteen digits as a float64 and returns the position behind
 * it; 0 when there is something else. So many digits are exact as a float64, and so is the power of
 * ten: what is left is one rounding (Clinger, "How to read floating point numbers accurately",
 * 1990).
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
