// Text to numbers and booleans, one value a call: what the casts, the scanners of CSV and of NDJSON
// call once a field. Text is bytes [ptr, ptr + len); the value is stored at `out`.
//
// N1  The whole text must be the value: nothing is trimmed, nothing is left over. Empty is
//     PARSE_SYNTAX.
// N2  On any status but PARSE_OK what is at `out` means nothing.
// N3  Floats equal JavaScript's Number(text) to the bit (no hexadecimal, no blanks), plus `nan`,
//     `inf` and `infinity` in any case. What is too large is Infinity, as there.
// N4  Up to 16 bytes around the text are read; they do not change the answer.
import {
  ASCII_POINTS,
  ASCII_ZEROS,
  isNotDigit,
  joinDigits,
  LAST_LANES,
  NOT_DIGITS,
  upToSixteenDigits,
} from './digits'
import { eiselLemire } from './eisel-lemire'
import { compareToHalfway } from './number-parse-exact'

export const PARSE_OK: u32 = 0
/** It is not written like a value of the type. */
export const PARSE_SYNTAX: u32 = 1
/** It is written well but does not fit the type. */
export const PARSE_RANGE: u32 = 2

const POWERS_F64: usize = memory.data<f64>([
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
])

/** True when the eight bytes are all ASCII digits. */
export function isEightDigits(bytes: u64): bool {
  return (
    ((bytes & 0xf0f0f0f0f0f0f0f0) | (((bytes + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) >> 4)) ==
    0x3333333333333333
  )
}

/** The value of eight ASCII digits, the first one in the lowest byte. */
export function eightDigits(bytes: u64): u64 {
  const ones = bytes - 0x3030303030303030
  const pairs = ones * 10 + (ones >> 8)
  return (
    ((pairs & 0x000000ff000000ff) * 0x000f424000000064 +
      ((pairs >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >>
    32
  )
}

/** Reads `[+-]?[0-9]+` as a signed integer of T's width. */
export function parseSigned<T>(ptr: usize, len: u32, out: usize): u32 {
  const first = len ? load<u8>(ptr) : 0
  const negative = first == 0x2d
  const signed: u32 = u32(negative || first == 0x2b)
  const status = parseMagnitude(ptr + signed, len - signed, len > signed)
  if (status) return status
  const limit = ((<u64>1) << (sizeof<T>() * 8 - 1)) - u64(!negative)
  if (magnitude > limit) return PARSE_RANGE
  store<T>(out, <T>(negative ? 0 - magnitude : magnitude))
  return PARSE_OK
}

/** Reads `[+-]?[0-9]+` as an unsigned integer of T's width; a negative value is PARSE_RANGE. */
export function parseUnsigned<T>(ptr: usize, len: u32, out: usize): u32 {
  const first = len ? load<u8>(ptr) : 0
  const negative = first == 0x2d
  const signed: u32 = u32(negative || first == 0x2b)
  const status = parseMagnitude(ptr + signed, len - signed, len > signed)
  if (status) return status
  if (magnitude > <u64>-1 >> (64 - sizeof<T>() * 8)) return PARSE_RANGE
  if (negative && magnitude) return PARSE_RANGE
  store<T>(out, <T>magnitude)
  return PARSE_OK
}

let magnitude: u64 = 0

// Digits alone, into `magnitude`. Leading zeros are free; a twentieth digit is checked for
// overflow.
function parseMagnitude(ptr: usize, len: u32, some: bool): u32 {
  if (!some) return PARSE_SYNTAX
  if (len <= 16) {
    magnitude = upToSixteenDigits(ptr + len, len)
    return magnitude == NOT_DIGITS ? PARSE_SYNTAX : PARSE_OK
  }
  let p = ptr
  const end = ptr + len
  let value: u64 = 0
  // Nineteen digits cannot overflow, so no check of each.
  const safe = len > 19 ? ptr + 19 : end
  while (p + 8 <= safe) {
    const bytes = load<u64>(p)
    if (!isEightDigits(bytes)) break
    value = value * 100000000 + eightDigits(bytes)
    p += 8
  }
  while (p < safe) {
    const digit = <u32>load<u8>(p) - 0x30
    if (digit > 9) return PARSE_SYNTAX
    value = value * 10 + digit
    p++
  }
  if (p < end) return parseManyDigits(p, end, value)
  magnitude = value
  return PARSE_OK
}

function parseManyDigits(ptr: usize, end: usize, first: u64): u32 {
  let value = first
  let overflow = false
  for (let p = ptr; p < end; p++) {
    const digit = <u32>load<u8>(p) - 0x30
    if (digit > 9) return PARSE_SYNTAX
    // 2^64 - 1 = 18446744073709551615.
    if (value > 1844674407370955161 || (value == 1844674407370955161 && digit > 5)) overflow = true
    value = value * 10 + digit
  }
  if (overflow) return PARSE_RANGE
  magnitude = value
  return PARSE_OK
}

/** Reads a float64 (N3). */
export function parseFloat64(ptr: usize, len: u32, out: usize): u32 {
  if (!len) return PARSE_SYNTAX
  if (parsePlainFloat<u8>(ptr, len, out)) return PARSE_OK
  const end = ptr + len
  const negative = load<u8>(ptr) == 0x2d
  const start = ptr + usize(negative || load<u8>(ptr) == 0x2b)
  let p = start
  let digits: u64 = 0
  while (p < end) {
    const digit = <u32>load<u8>(p) - 0x30
    if (digit > 9) break
    digits = digits * 10 + digit
    p++
  }
  let digitCount = <u32>(p - start)
  let exponent: i64 = 0
  if (p < end && load<u8>(p) == 0x2e) {
    const fraction = ++p
    while (p + 8 <= end) {
      const bytes = load<u64>(p)
      if (!isEightDigits(bytes)) break
      digits = digits * 100000000 + eightDigits(bytes)
      p += 8
    }
    while (p < end) {
      const digit = <u32>load<u8>(p) - 0x30
      if (digit > 9) break
      digits = digits * 10 + digit
      p++
    }
    exponent = -(<i64>(p - fraction))
    digitCount += <u32>(p - fraction)
  }
  if (!digitCount) return parseFloatName(start, end, negative, out)
  const mantissaEnd = p
  let written: i64 = 0
  if (p < end) {
    if ((load<u8>(p) | 0x20) != 0x65) return PARSE_SYNTAX
    if (parseExponent(p + 1, end)) return PARSE_SYNTAX
    written = writtenExponent
  }
  exponent += written
  let value: f64
  if (digitCount <= 19) {
    if (digits <= 0x20000000000000 && exponent >= -22 && exponent <= 22) {
      // Clinger: both are exact as float64, so one correctly rounded operation is the answer.
      const power = load<f64>(POWERS_F64 + ((<usize>abs(exponent)) << 3))
      value = exponent < 0 ? <f64>digits / power : <f64>digits * power
    } else {
      value = reinterpret<f64>(eiselLemire(exponent, digits))
    }
  } else {
    value = reinterpret<f64>(parseLongFloat(start, mantissaEnd, exponent, written))
  }
  store<f64>(out, negative ? -value : value)
  return PARSE_OK
}

/**
 * Reads up to twenty places, all of them digits but for a sign and one point: what most columns hold. No
 * branch depends on where the point is or how many digits there are. False for anything else, good or bad.
 * A caller's type of its own gives it a copy of its own, which is inlined.
 */
export function parsePlainFloat<_Caller>(ptr: usize, len: u32, out: usize): bool {
  const sign = <u32>load<u8>(ptr)
  const negative = sign == 0x2d
  // 0x2b or 0x2d.
  const length = len - u32(((sign - 0x2b) & ~2) == 0)
  if (length - 1 >= 20) return false
  const end = ptr + len
  const zeros = v128.load(ASCII_ZEROS)
  const text = v128.load(end - 16)
  const places = v128.and(i8x16.sub(text, zeros), v128.load(LAST_LANES + min<u32>(length, 16)))
  const odd = isNotDigit(places)
  const isPoint = i8x16.bitmask(i8x16.eq(text, v128.load(ASCII_POINTS)))
  if (odd & ((odd - 1) | ~isPoint)) return false
  // The digits before the point move over it. Without one, all are "behind" it.
  const behind = clz<u32>(odd) - 16
  const joined = v128.bitselect(text, v128.load(end - 17), v128.load(LAST_LANES + behind))
  const ones = i8x16.sub(joined, zeros)
  if (length > 16) return parseFullFloat(end, length, negative, behind, ones, out)
  const count = length - u32(odd != 0)
  if (!count) return false
  const value = joinDigits(v128.and(ones, v128.load(LAST_LANES + count)))
  if (value >> 53) return false
  let number = <f64>(<i64>value)
  // Clinger: both are exact as float64, so one correctly rounded operation is the answer.
  if (odd) number /= load<f64>(POWERS_F64 + ((<usize>behind) << 3))
  store<f64>(out, negative ? -number : number)
  return true
}

// The text of most floats when all digits are written, 17 to 20 places: sixteen digits, and up to
// three before them.
function parseFullFloat(
  end: usize,
  length: u32,
  negative: bool,
  behind: u32,
  ones: v128,
  out: usize,
): bool {
  const start = end - length
  let decimals = behind
  let head: u32
  if (behind < 16) {
    // With the first of the sixteen, which their test has not seen.
    const first = load<u32>(start) ^ 0x30303030
    const tested = 0x80808080 >> (160 - (length << 3))
    if ((first | (first + 0x76767676)) & tested) return false
    const digits = (first << 8) << (160 - (length << 3))
    head = ((digits >> 8) & 0xff) * 100 + ((digits >> 16) & 0xff) * 10 + (digits >> 24)
  } else {
    // The point is in front of the sixteen.
    decimals = 0
    head = 0
    for (let p = start; p < end - 16; p++) {
      const byte = <u32>load<u8>(p)
      if (byte == 0x2e && !decimals) {
        decimals = <u32>(end - p) - 1
      } else {
        if (byte - 0x30 > 9) return false
        head = head * 10 + byte - 0x30
      }
    }
    if (!decimals) return false
  }
  // Not the exact division of short numbers: which of these are short cannot be foreseen.
  const bits = eiselLemire(-(<i64>decimals), <u64>head * 10000000000000000 + joinDigits(ones))
  store<u64>(out, bits | ((<u64>negative) << 63))
  return true
}

/** What parseExponent read. */
export let writtenExponent: i64 = 0

/**
 * Reads `[+-]?[0-9]+`, all of it, into `writtenExponent`, held within what no text of 2 GB can
 * bring back into range.
 */
export function parseExponent(ptr: usize, end: usize): u32 {
  let p = ptr
  let negative = false
  if (p < end && (load<u8>(p) == 0x2d || load<u8>(p) == 0x2b)) {
    negative = load<u8>(p) == 0x2d
    p++
  }
  if (p >= end) return PARSE_SYNTAX
  let value: i64 = 0
  for (; p < end; p++) {
    const digit = <u32>load<u8>(p) - 0x30
    if (digit > 9) return PARSE_SYNTAX
    if (value < 100000000000) value = value * 10 + digit
  }
  writtenExponent = negative ? -value : value
  return PARSE_OK
}

// nan, inf, infinity in any case.
function parseFloatName(start: usize, end: usize, negative: bool, out: usize): u32 {
  const length = end - start
  if (length == 3 || length == 8) {
    const three = (load<u32>(start) & 0xffffff) | 0x202020
    const isNan = length == 3 && three == 0x6e616e
    const isInfinity =
      three == 0x666e69 &&
      (length == 3 || (load<u64>(start) | 0x2020202020202020) == 0x7974696e69666e69)
    if (isNan || isInfinity) {
      const value: f64 = isNan ? NaN : Infinity
      store<f64>(out, negative ? -value : value)
      return PARSE_OK
    }
  }
  return PARSE_SYNTAX
}

// More than nineteen digits: leading zeros do not count, then the first nineteen decide but for
// values next to the middle of two floats, which are compared exactly.
function parseLongFloat(start: usize, end: usize, exponent: i64, written: i64): u64 {
  let p = start
  while (p < end && (load<u8>(p) == 0x30 || load<u8>(p) == 0x2e)) p++
  let digits: u64 = 0
  let taken: u32 = 0
  let pointAt: usize = 0
  for (let q = start; q < p; q++) if (load<u8>(q) == 0x2e) pointAt = q
  for (; p < end && taken < 19; p++) {
    const byte = load<u8>(p)
    if (byte == 0x2e) {
      pointAt = p
      continue
    }
    digits = digits * 10 + (byte - 0x30)
    taken++
  }
  if (p == end) return eiselLemire(exponent, digits)
  // The exponent of the digits taken: what is left of the integer part adds, a fraction taken
  // subtracts.
  let scale: i64
  if (pointAt) {
    scale = written - (<i64>p - <i64>pointAt - 1)
  } else {
    let integerEnd = p
    while (integerEnd < end && load<u8>(integerEnd) != 0x2e) integerEnd++
    scale = written + <i64>(integerEnd - p)
  }
  const low = eiselLemire(scale, digits)
  if (low == eiselLemire(scale, digits + 1)) return low
  const order = compareToHalfway(start, end, exponent, low)
  if (order > 0) return low + 1
  return order == 0 ? low + (low & 1) : low
}

/** Reads true, t, yes, y, 1 and false, f, no, n, 0 in any case as one byte of 1 or 0. */
export function parseBool(ptr: usize, len: u32, out: usize): u32 {
  if (!len || len > 5) return PARSE_SYNTAX
  // Lower case by 0x20 leaves digits as they are; a byte that it makes a letter was one, or is not
  // ASCII text anyone writes: `T` and `t` only.
  const mask = ((<u64>1) << (len << 3)) - 1
  const raw = load<u64>(ptr) & mask
  const text = len == 1 && raw < 0x40 ? raw : raw | (0x2020202020202020 & mask)
  let value: u8
  if (text == 0x65757274 || text == 0x74 || text == 0x31 || text == 0x736579 || text == 0x79) {
    value = 1
  } else if (
    text == 0x65736c6166 ||
    text == 0x66 ||
    text == 0x30 ||
    text == 0x6f6e ||
    text == 0x6e
  ) {
    value = 0
  } else {
    return PARSE_SYNTAX
  }
  store<u8>(out, value)
  return PARSE_OK
}
