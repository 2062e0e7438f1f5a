// Numbers and booleans to text, one value a call: what the casts and the encoders of CSV and NDJSON
// call once a field. The text is written at `out` and its length in bytes is returned.
//
// F1  At most FORMAT_BYTES_MAX bytes are text; up to 32 bytes behind them are overwritten too.
// F2  A float64 is JavaScript's String(x), byte for byte: the shortest digits that read back as x,
//     of those the closest to x.
import { tenToThe, twoPlaces } from './digits'
import { multiplyHigh } from './int128'
import { powerOfTen } from './powers-of-ten'

/** No number is longer: a float64 has at most 25 bytes, a decimal 41. */
export const FORMAT_BYTES_MAX: u32 = 48

const ASCII_ZEROS: u64 = 0x3030303030303030

// Eight decimal digits of a number below 10^8, one a byte, the first digit in the lowest byte.
function eightBytes(value: u64): u64 {
  // value / 10000: exact below 10^8, and one product of 64 bits.
  const high = (value * 109951163) >> 40
  const fours = high | ((value - high * 10000) << 32)
  const hundreds = ((fours * 10486) >> 20) & 0x0000007f0000007f
  const twos = hundreds | ((fours - hundreds * 100) << 16)
  const tens = ((twos * 103) >> 10) & 0x000f000f000f000f
  return tens | ((twos - tens * 10) << 8)
}

/** Writes exactly eight digits (value below 10^8). */
export function formatEightDigits(value: u64, out: usize): void {
  store<u64>(out, eightBytes(value) | ASCII_ZEROS)
}

/** Writes an unsigned integer. */
export function formatUnsigned(value: u64, out: usize): u32 {
  if (value < 100000000) return formatUpToEight(value, out)
  const high = value / 100000000
  const low = value - high * 100000000
  let length: u32
  if (high < 100000000) {
    length = formatUpToEight(high, out)
  } else {
    const top = high / 100000000
    length = formatUpToEight(top, out)
    formatEightDigits(high - top * 100000000, out + length)
    length += 8
  }
  formatEightDigits(low, out + length)
  return length + 8
}

function formatUpToEight(value: u64, out: usize): u32 {
  const bytes = eightBytes(value)
  const skip = <u32>(ctz<u64>(bytes | 0x0100000000000000) >> 3)
  store<u64>(out, (bytes | ASCII_ZEROS) >> (skip << 3))
  return 8 - skip
}

/** Writes a signed integer. */
export function formatSigned(value: i64, out: usize): u32 {
  const negative = u32(value < 0)
  store<u8>(out, 0x2d)
  return negative + formatUnsigned(negative ? 0 - value : value, out + negative)
}

/** Writes `true` or `false`. */
export function formatBool(value: bool, out: usize): u32 {
  store<u64>(out, value ? 0x65757274 : 0x65736c6166)
  return value ? 4 : 5
}

/** Writes a float64 (F2). */
export function formatFloat64(value: f64, out: usize): u32 {
  const bits = reinterpret<u64>(value)
  // Of -0 there is no sign.
  const negative = u32(value < 0)
  const size = abs(value)
  store<u8>(out, 0x2d)
  if (size < 1e11) {
    const length = formatPlain(size, out + negative)
    if (length) return negative + length
  } else if (size < 9007199254740992) {
    const whole = <i64>size
    if (<f64>whole == size) return negative + formatUnsigned(whole, out + negative)
  } else if ((bits & 0x7ff0000000000000) == 0x7ff0000000000000) {
    return formatNonFinite(bits, out)
  }
  shortest(bits & 0x7fffffffffffffff)
  return negative + formatDigits(out + negative)
}

function formatNonFinite(bits: u64, out: usize): u32 {
  if (bits & 0xfffffffffffff) {
    store<u32>(out, 0x4e614e)
    return 3
  }
  const negative = <u32>(bits >> 63)
  store<u64>(out + negative, 0x7974696e69666e49)
  return negative + 8
}

// 2^52: a number below it has its nearest integer in the low bits of the sum of both.
const INTEGERS: f64 = 4503599627370496
const INTEGER_BITS: u64 = 0xfffffffffffff

// Integers and what has up to four decimals, as most columns do, below 10^11. The least k for which
// v / 10^k is x, v an integer below 2^53, gives the shortest digits: v and 10^k are exact, so the
// division rounds as reading does, and below 2^53 / 10^4 no two v share a float. So a v of two (or
// four) decimals that ends in 0 is that of one (or three). 0 when x is not such a number.
function formatPlain(x: f64, out: usize): u32 {
  const whole = floor<f64>(x)
  if (whole == x) return formatUnsigned(integerOf(whole + INTEGERS), out)
  if (x < 1e-3) return 0
  const hundreds = x * 100 + INTEGERS
  if ((hundreds - INTEGERS) / 100 == x) return formatHundreds(integerOf(hundreds), out)
  const tenThousands = x * 10000 + INTEGERS
  if ((tenThousands - INTEGERS) / 10000 == x) {
    const length = formatUnsigned(integerOf(whole + INTEGERS), out)
    const four = <u32>(integerOf(tenThousands) - integerOf(whole + INTEGERS) * 10000)
    const high = four / 100
    const last = twoPlaces(four - high * 100)
    store<u8>(out + length, 0x2e)
    store<u32>(out + length, 0x30303030 + twoPlaces(high) + (last << 16), 1)
    return length + 5 - u32(last <= 0xff)
  }
  return 0
}

function integerOf(sum: f64): u64 {
  return reinterpret<u64>(sum) & INTEGER_BITS
}

// A number of hundredths that is no whole number, without a zero at the end.
function formatHundreds(hundreds: u64, out: usize): u32 {
  let length: u32
  let places: u32
  if (hundreds < 100000000) {
    // One digit at least is before the point.
    const bytes = eightBytes(hundreds)
    const skip = <u32>(ctz<u64>(bytes | 0x0000010000000000) >> 3)
    store<u64>(out, (bytes | ASCII_ZEROS) >> (skip << 3))
    length = 6 - skip
    places = <u32>(bytes >> 48)
  } else {
    const whole = hundreds / 100
    length = formatUnsigned(whole, out)
    places = twoPlaces(<u32>(hundreds - whole * 100))
  }
  store<u32>(out + length, 0x30302e + (places << 8))
  return length + 3 - u32(places <= 0xff)
}

/** Writes digits / 10^decimals with exactly `decimals` (0 to 19) digits behind the point. */
export function formatFixed(digits: u64, decimals: u32, out: usize): u32 {
  if (!decimals) return formatUnsigned(digits, out)
  const power = tenToThe(decimals)
  const whole = digits / power
  const length = formatUnsigned(whole, out)
  store<u8>(out + length, 0x2e)
  formatPadded(digits - whole * power, decimals, out + length + 1)
  return length + 1 + decimals
}

/** Writes exactly `width` digits (1 to 19), with zeros in front. */
export function formatPadded(value: u64, width: u32, out: usize): void {
  if (width > 8) {
    // Front to back: each part overwrites what the part before it left behind its end.
    const higher = value / 100000000
    formatPadded(higher, width - 8, out)
    formatEightDigits(value - higher * 100000000, out + width - 8)
    return
  }
  store<u64>(out, (eightBytes(value) | ASCII_ZEROS) >> ((8 - width) << 3))
}

// The shortest decimal of the last call: shortDigits * 10^shortExponent.
let shortDigits: u64 = 0
let shortExponent: i32 = 0

// Giulietti, "The Schubfach way to render doubles" (2020), for finite bits above 0; the three
// products of the paper are one product and two shifted differences, since they differ by multiples
// of the power.
function shortest(bits: u64): void {
  const fraction = bits & 0xfffffffffffff
  const biased = <i32>(bits >> 52)
  const c = biased ? fraction | 0x10000000000000 : fraction
  const q = max(biased, 1) - 1075
  // At a power of two the gap below is half of the gap above.
  const uneven = fraction == 0 && biased > 1
  const k = (q * 1262611 - (uneven ? 524031 : 0)) >> 22
  const h = q + ((-k * 1741647) >> 19) + 1
  const power = powerOfTen(-k)
  const high = load<u64>(power)
  const low = load<u64>(power, 8)
  // value = power * (4c << h), 192 bits: top, middle, bottom.
  const cb = (4 * c) << h
  const bottom = low * cb
  const carried = multiplyHigh(low, cb)
  const middle = high * cb + carried
  const top = multiplyHigh(high, cb) + u64(middle < carried)
  const value = top | u64(middle > 1)
  const upper = shiftedSum(high, low, h + 1, top, middle, bottom) - (c & 1)
  const lower = shiftedDifference(high, low, h + i32(!uneven), top, middle, bottom) + (c & 1)
  chooseShortest(value, lower, upper, k)
}

// top:middle:bottom + (high:low << s), rounded to odd (the top word, its last bit sticky).
function shiftedSum(high: u64, low: u64, s: i32, top: u64, middle: u64, bottom: u64): u64 {
  const a0 = low << s
  const a1 = (high << s) | (low >> (64 - s))
  const carry0 = u64(bottom + a0 < a0)
  const part = middle + a1
  const m = part + carry0
  const carry1 = u64(part < a1) + u64(m < part)
  return (top + (high >> (64 - s)) + carry1) | u64(m > 1)
}

function shiftedDifference(high: u64, low: u64, s: i32, top: u64, middle: u64, bottom: u64): u64 {
  const a0 = low << s
  const a1 = (high << s) | (low >> (64 - s))
  const borrow0 = u64(bottom < a0)
  const part = middle - a1
  const m = part - borrow0
  const borrow1 = u64(middle < a1) + u64(part < borrow0)
  return (top - (high >> (64 - s)) - borrow1) | u64(m > 1)
}

// Of s and s + 1, and of their neighbours with one digit less: which of them is chosen cannot be
// foreseen, so there is no branch.
function chooseShortest(value: u64, lower: u64, upper: u64, k: i32): void {
  const s = value >> 2
  const tens = s / 10
  const forty = 40 * tens
  const tensUp = u32(forty + 40 <= upper)
  const oneDigitLess = u32(u32(lower <= forty) != tensUp) & u32(s >= 10)
  const four = 4 * s
  const up = u32(four + 4 <= upper)
  const half = four + 2
  const nearestUp = u32(value > half) | (u32(value == half) & <u32>s & 1)
  const addOne = select<u32>(up, nearestUp, u32(lower <= four) != up)
  shortDigits = select<u64>(tens + tensUp, s + addOne, oneDigitLess)
  shortExponent = k + oneDigitLess
}

// The digits of shortDigits * 10^shortExponent as ECMAScript's Number::toString lays them out.
function formatDigits(out: usize): u32 {
  let digits = shortDigits
  let exponent = shortExponent
  while (digits % 10 == 0) {
    digits /= 10
    exponent++
  }
  const count = formatUnsigned(digits, out)
  const point = <i32>count + exponent
  // At most seventeen digits: they move as sixteen and one, both loaded before either is stored.
  if (exponent >= 0 && point <= 21) {
    const zeros = i8x16.splat(0x30)
    v128.store(out + count, zeros)
    v128.store(out + count, zeros, 16)
    return <u32>point
  }
  if (point > 0 && point <= 21) {
    moveDigits(out + point, 1)
    store<u8>(out + point, 0x2e)
    return count + 1
  }
  if (point > -6 && point <= 0) {
    const zeros = <u32>(2 - point)
    moveDigits(out, zeros)
    store<u64>(
      out,
      (load<u64>(out + zeros) << (zeros << 3)) |
        (0x3030303030302e30 & (((<u64>1) << (zeros << 3)) - 1)),
    )
    return count + zeros
  }
  return formatExponent(out, count, point - 1)
}

// Moves up to seventeen bytes.
function moveDigits(from: usize, by: u32): void {
  const first = v128.load(from)
  const last = load<u8>(from, 16)
  v128.store(from + by, first)
  store<u8>(from + by, last, 16)
}

function formatExponent(out: usize, count: u32, exponent: i32): u32 {
  let length = count
  if (count > 1) {
    moveDigits(out + 1, 1)
    store<u8>(out + 1, 0x2e)
    length++
  }
  store<u8>(out + length, 0x65)
  store<u8>(out + length + 1, exponent < 0 ? 0x2d : 0x2b)
  return length + 2 + formatUnsigned(abs(exponent), out + length + 2)
}
