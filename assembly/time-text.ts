// Dates and timestamps from and to text (ISO 8601, as in ECMAScript), one value a call: what the
// casts, the scanners and the encoders call once a field. A timestamp is UTC, in units of
// 10^-decimals seconds.
//
// D1  Read: `YYYY-MM-DD`, then nothing (midnight) or `T` or a blank, `hh:mm`, `:ss`, a fraction,
//     and nothing (UTC), `Z`, `+hh`, `+hhmm` or `+hh:mm`. A year beyond four digits has a sign and
//     six to nine.
// D2  Digits of a fraction beyond the unit are cut off (towards the past), as SQL engines do.
// D3  A month 13, a February 30, a second 60 and what does not fit the unit are PARSE_RANGE.
// D4  What is written reads back as the same value: `2024-02-29T23:59:59.000Z`, all digits of the
//     unit.
import { ASCII_ZEROS, isNotDigit, joinPairs, tenToThe, twoPlaces } from './digits'
import { formatPadded } from './number-format'
import { PARSE_OK, PARSE_RANGE, PARSE_SYNTAX } from './number-parse'

/** No date or timestamp is longer. */
export const TIME_BYTES_MAX: u32 = 48

const SECONDS_PER_DAY: i64 = 86400

// Vectors of the plain form (loaded: see digits.ts), by lanes: century, year of it, month, day, hour,
// minute, second.
const DIGIT_PLACES: usize = memory.data<u64>([0x0908060503020100, 0xffffffff0f0e0c0b], 16)
const LEAST_PARTS: usize = memory.data<u16>([0, 0, 1, 1, 0, 0, 0, 0], 16)
const MOST_ABOVE_LEAST: usize = memory.data<u16>([99, 99, 11, 30, 23, 59, 59, 0xffff], 16)
// The date's pairs side by side, the time's as seconds.
const PART_WEIGHTS: usize = memory.data<u16>([256, 1, 256, 1, 3600, 60, 1, 0], 16)
/** 9999-12-31, from 0000-03-01 on. */
const LAST_DAY_OF_FOUR_DIGITS: u64 = 3652364

/** Two bits a month. */
const DAYS_ABOVE_28: u32 = 0x3bbeecc

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar. Hinnant, days_from_civil. */
export function daysFromCivil(year: i64, month: u32, day: u32): i64 {
  const y = year - i64(month <= 2)
  const era = (y >= 0 ? y : y - 399) / 400
  const yearOfEra = <u32>(y - era * 400)
  const dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  return era * 146097 + <i64>dayOfEra - 719468
}

/** The length of a month; 0 when there is no such month. */
function daysInMonth(year: i64, month: u32): u32 {
  if (month - 1 > 11) return 0
  if (month != 2) return 30 + ((month + (month >> 3)) & 1)
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
}

// What the readers below leave: where they stopped, and the value.
let position: usize = 0
let wholeSeconds: i64 = 0
let dayNumber: i64 = 0

/** Reads a date (D1, without a time) as days since 1970-01-01, an i32. */
export function parseDate(ptr: usize, len: u32, out: usize): u32 {
  const end = ptr + len
  const status = readDate(ptr, end)
  if (status == PARSE_SYNTAX || position != end) return PARSE_SYNTAX
  if (status) return status
  if (dayNumber != <i64>(<i32>dayNumber)) return PARSE_RANGE
  store<i32>(out, <i32>dayNumber)
  return PARSE_OK
}

/** Reads a timestamp (D1) as a count of 10^-decimals seconds since 1970, an i64. */
export function parseTimestamp(ptr: usize, len: u32, decimals: u32, out: usize): u32 {
  const end = ptr + len
  let status = len >= 19 ? readPlain(ptr) : PARSE_SYNTAX
  if (status == PARSE_OK && len == 24 && decimals == 3 && load<u8>(ptr, 19) == 0x2e) {
    // `.dddZ`, as JavaScript writes it. A byte above 9 has its high bit when 0x76 is added.
    const ones = load<u32>(ptr, 20) ^ 0x5a303030
    if (ones <= 0xffffff && !((ones | (ones + 0x767676)) & 0x808080)) {
      const thousandths = (ones & 0xff) * 100 + ((ones >> 8) & 0xff) * 10 + (ones >> 16)
      // Years of four digits: nothing overflows.
      store<i64>(out, wholeSeconds * 1000 + thousandths)
      return PARSE_OK
    }
  }
  if (status == PARSE_SYNTAX) status = readDateTime(ptr, end)
  if (status == PARSE_SYNTAX) return PARSE_SYNTAX
  const ticks = <i64>tenToThe(decimals)
  let fraction: i64 = 0
  let p = position
  if (p < end && (load<u8>(p) == 0x2e || load<u8>(p) == 0x2c)) {
    const first = ++p
    let left = decimals
    for (; p < end; p++) {
      const digit = <u32>load<u8>(p) - 0x30
      if (digit > 9) break
      if (left) {
        fraction = fraction * 10 + digit
        left--
      }
    }
    fraction *= <i64>tenToThe(left)
    if (p == first) return PARSE_SYNTAX
  }
  let seconds = wholeSeconds
  if (p < end) {
    const zone = readZone(p, end)
    if (zone == PARSE_SYNTAX) return PARSE_SYNTAX
    status |= zone
    seconds -= zoneSeconds
  }
  if (status) return PARSE_RANGE
  return storeTicks(seconds, fraction, ticks, out)
}

// seconds * ticks + fraction, both towards zero first, so that the least value does not overflow.
function storeTicks(seconds: i64, fraction: i64, ticks: i64, out: usize): u32 {
  const negative = seconds < 0
  const whole = negative ? seconds + 1 : seconds
  const rest = negative ? fraction - ticks : fraction
  // Within 9.2e9 seconds (year 2261) no unit overflows; beyond, a division asks.
  if (<u64>(whole + 9200000000) > 18400000000) {
    if (whole > i64.MAX_VALUE / ticks || whole < i64.MIN_VALUE / ticks) return PARSE_RANGE
  }
  const product = whole * ticks
  const value = product + rest
  if (negative ? value > product : value < product) return PARSE_RANGE
  store<i64>(out, value)
  return PARSE_OK
}

// The form that nearly all text has, `YYYY-MM-DDThh:mm:ss`, at once; PARSE_SYNTAX sends to the slow
// way.
function readPlain(ptr: usize): u32 {
  const dashes = load<u64>(ptr, 4) & 0x00000000ff0000ff
  const colons = load<u32>(ptr, 13) & 0xff0000ff
  const between = load<u8>(ptr, 10)
  if (
    dashes != 0x2d00002d ||
    colons != 0x3a00003a ||
    ((between & 0xdf) != 0x54 && between != 0x20)
  ) {
    return PARSE_SYNTAX
  }
  // YYYYMMDDhhmm of the first sixteen bytes, and the seconds behind them.
  const ones = i8x16.sub(
    v128.load16_lane(ptr, i8x16.swizzle(v128.load(ptr), v128.load(DIGIT_PLACES)), 6, 17),
    v128.load(ASCII_ZEROS),
  )
  if (isNotDigit(ones) & 0x3fff) return PARSE_SYNTAX
  const pairs = joinPairs(ones)
  position = ptr + 19
  // Months and days begin with one; below zero is far above what they may be.
  const beyond = i16x8.sub_sat_u(
    i16x8.sub(pairs, v128.load(LEAST_PARTS)),
    v128.load(MOST_ABOVE_LEAST),
  )
  if (v128.any_true(beyond)) return PARSE_RANGE
  const parts = i32x4.dot_i16x8_s(pairs, v128.load(PART_WEIGHTS))
  const date = i64x2.extract_lane(parts, 0)
  const time = i64x2.extract_lane(parts, 1)
  const century = <u32>(date >> 8) & 0xff
  const yearOfCentury = <u32>date & 0xff
  const month = <u32>(date >> 40)
  const day = <u32>(date >> 32) & 0xff
  const leap = u32(((yearOfCentury ? yearOfCentury : century) & 3) == 0)
  const length: u32 = 28 + ((DAYS_ABOVE_28 >> (month << 1)) & 3) + (leap & u32(month == 2))
  if (day > length) return PARSE_RANGE
  const days = daysOfParts(century, yearOfCentury, month, day)
  wholeSeconds = <i64>days * SECONDS_PER_DAY + <i64>(<u32>time + <u32>(time >> 32))
  return PARSE_OK
}

// Days from 1970-01-01, of a year in two parts, so that nothing is divided. Neri and Schneider,
// "Euclidean affine functions and their application to calendar algorithms" (2022).
function daysOfParts(century: u32, yearOfCentury: u32, month: u32, day: u32): i32 {
  // Years begin in March.
  const early = u32(month <= 2)
  const year = <i32>(century * 100 + yearOfCentury - early)
  const hundreds = <i32>(century - u32(yearOfCentury < early))
  const monthDays = <i32>((979 * (month + 12 * early) - 2919) >> 5)
  return ((1461 * year) >> 2) - hundreds + (hundreds >> 2) + monthDays + <i32>day - 719469
}

function setTime(hour: u32, minute: u32, second: u32): u32 {
  wholeSeconds = hour * 3600 + minute * 60 + second
  return hour > 23 || minute > 59 || second > 59 ? PARSE_RANGE : PARSE_OK
}

// A date and a time of any form, up to the fraction, into position and wholeSeconds.
function readDateTime(ptr: usize, end: usize): u32 {
  let status = readDate(ptr, end)
  if (status == PARSE_SYNTAX) return PARSE_SYNTAX
  const seconds = dayNumber * SECONDS_PER_DAY
  let p = position
  wholeSeconds = seconds
  if (p == end) return status
  const between = load<u8>(p)
  if ((between & 0xdf) != 0x54 && between != 0x20) return PARSE_SYNTAX
  if (end - p < 6 || !isTwoDigits(p + 1) || load<u8>(p, 3) != 0x3a || !isTwoDigits(p + 4)) {
    return PARSE_SYNTAX
  }
  const hour = twoDigits(p + 1)
  const minute = twoDigits(p + 4)
  p += 6
  let second: u32 = 0
  if (p < end && load<u8>(p) == 0x3a) {
    if (end - p < 3 || !isTwoDigits(p + 1)) return PARSE_SYNTAX
    second = twoDigits(p + 1)
    p += 3
  } else if (p < end && (load<u8>(p) == 0x2e || load<u8>(p) == 0x2c)) {
    return PARSE_SYNTAX
  }
  status |= setTime(hour, minute, second)
  wholeSeconds += seconds
  position = p
  return status ? PARSE_RANGE : PARSE_OK
}

// A date into position and dayNumber.
function readDate(ptr: usize, end: usize): u32 {
  let p = ptr
  const first = p < end ? load<u8>(p) : 0
  const signed = first == 0x2b || first == 0x2d
  if (signed) p++
  const yearStart = p
  let year: i64 = 0
  while (p < end && p - yearStart < 10) {
    const digit = <u32>load<u8>(p) - 0x30
    if (digit > 9) break
    year = year * 10 + digit
    p++
  }
  const width = p - yearStart
  if (signed ? width < 6 || width > 9 : width != 4) return PARSE_SYNTAX
  if (end - p < 6 || load<u8>(p) != 0x2d || load<u8>(p, 3) != 0x2d) return PARSE_SYNTAX
  if (!isTwoDigits(p + 1) || !isTwoDigits(p + 4)) return PARSE_SYNTAX
  const month = twoDigits(p + 1)
  const day = twoDigits(p + 4)
  position = p + 6
  if (first == 0x2d) year = -year
  if (day - 1 >= daysInMonth(year, month)) return PARSE_RANGE
  dayNumber = daysFromCivil(year, month, day)
  return PARSE_OK
}

function isTwoDigits(p: usize): bool {
  return <u32>load<u8>(p) - 0x30 <= 9 && <u32>load<u8>(p, 1) - 0x30 <= 9
}

function twoDigits(p: usize): u32 {
  return (<u32>load<u8>(p) - 0x30) * 10 + (<u32>load<u8>(p, 1) - 0x30)
}

let zoneSeconds: i64 = 0

// `Z`, `+hh`, `+hhmm`, `+hh:mm`, up to the end.
function readZone(ptr: usize, end: usize): u32 {
  zoneSeconds = 0
  const sign = load<u8>(ptr)
  const length = end - ptr
  if ((sign & 0xdf) == 0x5a) return length == 1 ? PARSE_OK : PARSE_SYNTAX
  if (sign != 0x2b && sign != 0x2d) return PARSE_SYNTAX
  const colon: usize = length == 6 ? 1 : 0
  if (length != 3 && length != 5 && length != 6) return PARSE_SYNTAX
  if (colon && load<u8>(ptr, 3) != 0x3a) return PARSE_SYNTAX
  if (!isTwoDigits(ptr + 1) || (length > 3 && !isTwoDigits(ptr + 3 + colon))) return PARSE_SYNTAX
  const hour = twoDigits(ptr + 1)
  const minute = length > 3 ? twoDigits(ptr + 3 + colon) : 0
  const seconds = hour * 3600 + minute * 60
  zoneSeconds = sign == 0x2d ? -(<i64>seconds) : seconds
  return hour > 23 || minute > 59 ? PARSE_RANGE : PARSE_OK
}

/** Writes days since 1970-01-01 as `YYYY-MM-DD` and returns the length. */
export function formatDate(days: i64, out: usize): u32 {
  // Eras of 400 years that begin on March 1; years 0 to 9999 are days of the first one's calendar.
  const shifted = days + 719468
  let era: i64 = 0
  if (<u64>shifted > LAST_DAY_OF_FOUR_DIGITS) {
    era = (shifted >= 0 ? shifted : shifted - 146096) / 146097
  }
  // Neri and Schneider, "Euclidean affine functions and their application to calendar algorithms"
  // (2022): quotients and remainders of one product each.
  const quarters = 4 * <u32>(shifted - era * 146097) + 3
  const century = quarters / 146097
  const ofCentury = <u64>2939745 * ((quarters - century * 146097) | 3)
  const yearOfCentury = <u32>(ofCentury >> 32)
  const dayOfYear = <u32>ofCentury / 11758980
  const monthAndDay = 2141 * dayOfYear + 197913
  const day = (monthAndDay & 0xffff) / 2141 + 1
  const early = u32(dayOfYear >= 306)
  const month = (monthAndDay >> 16) - 12 * early
  const year = <i64>(100 * century + yearOfCentury + early) + era * 400
  let p = out
  if (<u64>year <= 9999) {
    const high = <u32>year / 100
    const low = <u32>year - high * 100
    store<u32>(p, 0x30303030 + twoPlaces(high) + (twoPlaces(low) << 16))
    p += 4
  } else {
    const size: u64 = year < 0 ? 0 - year : year
    const width: u32 = size < 1000000 ? 6 : size < 10000000 ? 7 : size < 100000000 ? 8 : 9
    store<u8>(p, year < 0 ? 0x2d : 0x2b)
    formatPadded(size, width, p + 1)
    p += width + 1
  }
  // `-MM-DD`, one byte a place.
  const text = <u64>0x30302d30302d + (twoPlaces(month) << 8) + ((<u64>twoPlaces(day)) << 32)
  store<u64>(p, text)
  return <u32>(p - out) + 6
}

// Division by constants, which the machine does by multiplication.
function wholeSecondsOf(value: i64, decimals: u32): i64 {
  if (decimals == 3) return value / 1000
  if (decimals == 6) return value / 1000000
  return decimals == 9 ? value / 1000000000 : value / <i64>tenToThe(decimals)
}

/** Writes a count of 10^-decimals seconds since 1970 (D4) and returns the length. */
export function formatTimestamp(value: i64, decimals: u32, out: usize): u32 {
  const ticks = <i64>tenToThe(decimals)
  let seconds = wholeSecondsOf(value, decimals)
  let fraction = value - seconds * ticks
  if (fraction < 0) {
    fraction += ticks
    seconds--
  }
  let days = seconds / SECONDS_PER_DAY
  if (seconds < days * SECONDS_PER_DAY) days--
  const second = <u32>(seconds - days * SECONDS_PER_DAY)
  const length = formatDate(days, out)
  const p = out + length
  const hour = second / 3600
  const minute = (second - hour * 3600) / 60
  store<u8>(p, 0x54)
  // `hh:mm:ss`
  store<u64>(
    p,
    <u64>0x30303a30303a3030 +
      twoPlaces(hour) +
      ((<u64>twoPlaces(minute)) << 24) +
      ((<u64>twoPlaces(second - hour * 3600 - minute * 60)) << 48),
    1,
  )
  if (!decimals) {
    store<u8>(p, 0x5a, 9)
    return length + 10
  }
  store<u8>(p, 0x2e, 9)
  if (decimals == 3) {
    // `dddZ`: quotients by products that are exact below 1,000.
    const thousandths = <u32>fraction
    const hundreds = (thousandths * 41) >> 12
    const rest = thousandths - hundreds * 100
    const tens = (rest * 103) >> 10
    store<u32>(p, 0x5a303030 + hundreds + (tens << 8) + ((rest - tens * 10) << 16), 10)
    return length + 14
  }
  formatPadded(fraction, decimals, p + 10)
  store<u8>(p + decimals, 0x5a, 10)
  return length + 11 + decimals
}
