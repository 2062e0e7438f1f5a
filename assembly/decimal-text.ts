// Decimals from and to text, one value a call: a decimal is an integer of 64 or 128 bits (two's
// complement, low word first) that counts 10^-scale. What the casts, scanners and encoders call.
//
// E1  Read: `[+-]?digits[.digits][e[+-]digits]`, digits on one side of the point at least. Digits
//     behind the scale are rounded, a half away from zero, as SQL does.
// E2  A value of more digits than the precision (1 to 38) is PARSE_RANGE.
// E3  Written: all digits of the scale, `-0.05`; what is written reads back as the same value.
import { tenToThe } from './digits'
import { multiplyHigh } from './int128'
import { formatFixed, formatPadded, formatUnsigned } from './number-format'
import { PARSE_OK, PARSE_RANGE, PARSE_SYNTAX, parseExponent, writtenExponent } from './number-parse'

// The magnitude being read or written.
let high: u64 = 0
let low: u64 = 0

/** Reads a decimal of 64 bits (precision at most 18). */
export function parseDecimal64(ptr: usize, len: u32, precision: u32, scale: u32, out: usize): u32 {
  const status = readDecimal(ptr, len, scale)
  if (status) return status
  if (high || low >= tenToThe(precision)) return PARSE_RANGE
  store<u64>(out, load<u8>(ptr) == 0x2d ? 0 - low : low)
  return PARSE_OK
}

/** Reads a decimal of 128 bits (precision at most 38). */
export function parseDecimal128(ptr: usize, len: u32, precision: u32, scale: u32, out: usize): u32 {
  const status = readDecimal(ptr, len, scale)
  if (status) return status
  const first = min<u32>(precision, 19)
  const limitLow = tenToThe(first)
  const rest = tenToThe(precision - first)
  const limitHigh = multiplyHigh(limitLow, rest)
  if (high > limitHigh || (high == limitHigh && low >= limitLow * rest)) return PARSE_RANGE
  if (load<u8>(ptr) == 0x2d) negate()
  store<u64>(out, low)
  store<u64>(out, high, 8)
  return PARSE_OK
}

function negate(): void {
  low = 0 - low
  high = ~high + u64(low == 0)
}

// The magnitude in units of 10^-scale into high and low.
function readDecimal(ptr: usize, len: u32, scale: u32): u32 {
  high = 0
  low = 0
  const end = ptr + len
  let p = ptr
  if (p < end && (load<u8>(p) == 0x2d || load<u8>(p) == 0x2b)) p++
  const start = p
  while (p < end && <u32>load<u8>(p) - 0x30 <= 9) p++
  const point = p
  let digits = p - start
  if (p < end && load<u8>(p) == 0x2e) {
    p++
    while (p < end && <u32>load<u8>(p) - 0x30 <= 9) p++
    digits += p - point - 1
  }
  if (!digits) return PARSE_SYNTAX
  const stop = p
  let exponent: i64 = 0
  if (p < end) {
    if ((load<u8>(p) | 0x20) != 0x65 || parseExponent(p + 1, end)) return PARSE_SYNTAX
    exponent = writtenExponent
  }
  return takeDigits(start, stop, <i64>(point - start) - 1 + exponent, -(<i64>scale))
}

// Adds up the digits from [start, stop), the first one counting 10^weight, as units of 10^least.
function takeDigits(start: usize, stop: usize, weight: i64, least: i64): u32 {
  let w = weight
  let value: u64 = 0
  let wide = false
  let p = start
  for (; p < stop && w >= least; p++) {
    const byte = load<u8>(p)
    if (byte == 0x2e) continue
    const digit = <u64>(byte - 0x30)
    if (!wide && value < 1000000000000000000) {
      value = value * 10 + digit
    } else {
      if (!wide) {
        wide = true
        low = value
      }
      if (!appendDigit(digit)) return PARSE_RANGE
    }
    w--
  }
  if (!wide) low = value
  if (p < stop && load<u8>(p) == 0x2e) p++
  // The first digit left out decides, unless it counts less than a tenth of a unit.
  if (p < stop && w == least - 1 && load<u8>(p) >= 0x35) {
    low++
    high += u64(low == 0)
  }
  if (!(high | low)) return PARSE_OK
  // Digits that are not written: an exponent moved the point behind the last one.
  for (; w >= least; w--) if (!appendDigit(0)) return PARSE_RANGE
  return PARSE_OK
}

// The magnitude times ten plus a digit; false when it leaves 127 bits.
function appendDigit(digit: u64): bool {
  if (high >= 0x0ccccccccccccccc) return false
  const carry = multiplyHigh(low, 10)
  const product = low * 10
  low = product + digit
  high = high * 10 + carry + u64(low < product)
  return true
}

/** Writes a decimal of 64 bits (scale at most 18) and returns the length. */
export function formatDecimal64(value: i64, scale: u32, out: usize): u32 {
  const negative = u32(value < 0)
  store<u8>(out, 0x2d)
  return negative + formatFixed(negative ? 0 - value : value, scale, out + negative)
}

/** Writes the decimal of 128 bits at `ptr` and returns the length. */
export function formatDecimal128(ptr: usize, scale: u32, out: usize): u32 {
  low = load<u64>(ptr)
  high = load<u64>(ptr, 8)
  const negative = <u32>(high >> 63)
  if (negative) negate()
  store<u8>(out, 0x2d)
  const p = out + negative
  if (!high && scale <= 19) return negative + formatFixed(low, scale, p)
  // Parts of eighteen digits: a magnitude below 2^127 has at most three.
  const last = divideBy18Digits()
  const middle = divideBy18Digits()
  let length: u32
  if (low) {
    length = formatUnsigned(low, p)
    formatPadded(middle, 18, p + length)
    formatPadded(last, 18, p + length + 18)
    length += 36
  } else {
    length = middle ? formatUnsigned(middle, p) : 0
    if (middle) formatPadded(last, 18, p + length)
    length = middle ? length + 18 : formatUnsigned(last, p)
  }
  return negative + insertPoint(p, length, scale)
}

// Divides the magnitude by 10^18 and returns the remainder: schoolbook by 10^9 twice on 32-bit
// words.
function divideBy18Digits(): u64 {
  const lower = divideByBillion()
  return divideByBillion() * 1000000000 + lower
}

function divideByBillion(): u64 {
  const a = high / 1000000000
  let rest = high - a * 1000000000
  const upper = (rest << 32) | (low >> 32)
  const b = upper / 1000000000
  rest = upper - b * 1000000000
  const under = (rest << 32) | (low & 0xffffffff)
  const c = under / 1000000000
  high = a
  low = (b << 32) | c
  return under - c * 1000000000
}

function insertPoint(p: usize, length: u32, scale: u32): u32 {
  if (!scale) return length
  let count = length
  if (count <= scale) {
    const zeros = scale + 1 - count
    memory.copy(p + zeros, p, count)
    memory.fill(p, 0x30, zeros)
    count = scale + 1
  }
  const point = count - scale
  memory.copy(p + point + 1, p + point, scale)
  store<u8>(p + point, 0x2e)
  return count + 1
}
