// Calendar fields and truncation of time in UTC, counted in any unit from 1970-01-01 as int64.
//
// TM1 Units are given as float64 that are whole: how many make the period in question.
// TM2 The proleptic Gregorian calendar; year 0 is 1 BC. A year beyond int32 wraps.

import {
  floatToWhole,
  floorDivide,
  floorDivideLarge,
  floorQuotient,
  wholeFits,
  wholeToFloat,
} from './floor-division'

const YEAR: i32 = 0
const MONTH: i32 = 1
const DAYS_IN_ERA: i64 = 146097
/** Years of so many days are int32, and four times as many are exact as float64. */
const DAYS_MAX: f64 = 549755813888.0
/** More eras than 2^30 days are. */
const ERAS_AHEAD: i64 = 14700
/** Days from 0000-03-01, where the calendar's 400 years begin, to 1970-01-01. */
const EPOCH_DAYS: i64 = 719468

/**
 * out (int32) = (floor(a / unit) + addend) mod modulus, at least 0: hour, minute, second, and day of
 * the week (Sunday is 0).
 */
export function temporalCycle(
  a: usize,
  n: u32,
  unit: f64,
  addend: i32,
  modulus: i32,
  out: usize,
): void {
  const units = f64x2.splat(unit)
  const moduli = f64x2.splat(<f64>modulus)
  const addends = f64x2.splat(<f64>addend)
  for (const end = out + ((<usize>n) << 2); out < end; out += 8, a += 16) {
    const x = v128.load(a)
    if (wholeFits(x)) {
      v128.store64_lane(out, cycleTwo(floorQuotient(x, units), addends, moduli), 0)
      continue
    }
    const count = floorDivideLarge(x, <i64>unit)
    if (wholeFits(count)) {
      v128.store64_lane(out, cycleTwo(wholeToFloat(count), addends, moduli), 0)
    } else {
      store<i32>(out, cycleOf(i64x2.extract_lane(count, 0), addend, modulus))
      store<i32>(out, cycleOf(i64x2.extract_lane(count, 1), addend, modulus), 4)
    }
  }
}

function cycleTwo(count: v128, addends: v128, moduli: v128): v128 {
  const x = f64x2.add(count, addends)
  const cycles = f64x2.floor(f64x2.div(x, moduli))
  return i32x4.trunc_sat_f64x2_s_zero(f64x2.sub(x, f64x2.mul(cycles, moduli)))
}

function cycleOf(count: i64, addend: i32, modulus: i32): i32 {
  const rest = <i32>(count % modulus) + addend
  return ((rest % modulus) + modulus) % modulus
}

/** out (int32) = 0 the year, 1 the month from 1, 2 the day from 1, of time in that many units a day. */
export function temporalDate(part: i32, a: usize, n: u32, unitsPerDay: f64, out: usize): void {
  const units = f64x2.splat(unitsPerDay)
  const dayMosts = f64x2.splat(DAYS_MAX)
  for (const end = out + ((<usize>n) << 2); out < end; out += 8, a += 16) {
    const x = v128.load(a)
    let days: v128
    if (wholeFits(x)) {
      const count = floorQuotient(x, units)
      if (v128.all_true<i64>(f64x2.lt(f64x2.abs(count), dayMosts))) {
        v128.store64_lane(out, dateParts(part, count), 0)
        continue
      }
      days = floatToWhole(count)
    } else {
      days = floorDivideLarge(x, <i64>unitsPerDay)
    }
    store<i32>(out, datePart(part, i64x2.extract_lane(days, 0)))
    store<i32>(out, datePart(part, i64x2.extract_lane(days, 1)), 4)
  }
}

/** floor(x / divisor) of whole x: half a unit more keeps it off the next whole number's edge. */
function floorBy(x: v128, divisor: f64): v128 {
  return f64x2.floor(f64x2.mul(f64x2.add(x, f64x2.splat(0.5)), f64x2.splat(1.0 / divisor)))
}

function less(x: v128, quotient: v128, divisor: f64): v128 {
  return f64x2.sub(x, f64x2.mul(quotient, f64x2.splat(divisor)))
}

/**
 * Part of two dates whose days are whole floats, by multiplications alone, in float64 that holds all that
 * is in between. Neri and Schneider, "Euclidean affine functions and their application to calendar
 * algorithms" (2022): quarters of days in centuries, then in years, then a line for the months.
 */
function dateParts(part: i32, days: v128): v128 {
  const one = f64x2.splat(1)
  const quarters = f64x2.add(
    f64x2.mul(days, f64x2.splat(4)),
    f64x2.splat(4.0 * <f64>EPOCH_DAYS + 3.0),
  )
  const century = floorBy(quarters, 146097)
  const inCentury = f64x2.floor(f64x2.mul(less(quarters, century, 146097), f64x2.splat(0.25)))
  const rest = f64x2.add(f64x2.mul(inCentury, f64x2.splat(4)), f64x2.splat(3))
  const yearOfCentury = floorBy(rest, 1461)
  const dayOfYear = f64x2.floor(f64x2.mul(less(rest, yearOfCentury, 1461), f64x2.splat(0.25)))
  const isNextYear = f64x2.ge(dayOfYear, f64x2.splat(306))
  if (part == YEAR) {
    const year = f64x2.add(f64x2.mul(century, f64x2.splat(100)), yearOfCentury)
    return i32x4.trunc_sat_f64x2_s_zero(f64x2.add(year, v128.and(isNextYear, one)))
  }
  const line = f64x2.add(f64x2.mul(dayOfYear, f64x2.splat(2141)), f64x2.splat(197913))
  const month = f64x2.floor(f64x2.mul(line, f64x2.splat(1.0 / 65536.0)))
  if (part == MONTH) {
    const past = v128.and(isNextYear, f64x2.splat(12))
    return i32x4.trunc_sat_f64x2_s_zero(f64x2.sub(month, past))
  }
  return i32x4.trunc_sat_f64x2_s_zero(f64x2.add(floorBy(less(line, month, 65536), 2141), one))
}

// Days to dates as by Howard Hinnant, http://howardhinnant.github.io/date_algorithms.html: years begin
// in March, so that the leap day is the last one.

function datePart(part: i32, days: i64): i32 {
  const era = eraOf(days)
  const dayOfEra = <u32>(days + EPOCH_DAYS - era * DAYS_IN_ERA)
  const yearOfEra = yearOf(dayOfEra)
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  const monthFromMarch = (5 * dayOfYear + 2) / 153
  if (part == YEAR) return <i32>era * 400 + <i32>yearOfEra + i32(monthFromMarch >= 10)
  if (part == MONTH) return monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  return dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
}

/** In 32 unsigned bits where that does, since V8 multiplies there instead of dividing. */
function eraOf(days: i64): i64 {
  if (days + 0x40000000 < 0 || days >= 0x40000000) {
    return floorDivide(days + EPOCH_DAYS, DAYS_IN_ERA)
  }
  const shifted = <u32>(days + EPOCH_DAYS + ERAS_AHEAD * DAYS_IN_ERA)
  return <i64>(shifted / <u32>DAYS_IN_ERA) - ERAS_AHEAD
}

function yearOf(dayOfEra: u32): u32 {
  return (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365
}

/** out = floor((a - origin) / unit) * unit + origin: truncation to periods of one length. */
export function temporalTruncate(a: usize, n: u32, unit: f64, origin: f64, out: usize): void {
  const units = f64x2.splat(unit)
  const origins = i64x2.splat(<i64>origin)
  for (const end = out + ((<usize>n) << 3); out < end; out += 16, a += 16) {
    const x = i64x2.sub(v128.load(a), origins)
    const start = wholeFits(x)
      ? floatToWhole(f64x2.mul(floorQuotient(x, units), units))
      : i64x2.mul(floorDivideLarge(x, <i64>unit), i64x2.splat(<i64>unit))
    v128.store(out, i64x2.add(start, origins))
  }
}

/** out = the start of a's month (months 1), quarter (3) or year (12). */
export function temporalTruncateMonths(
  a: usize,
  n: u32,
  unitsPerDay: f64,
  months: u32,
  out: usize,
): void {
  const by = <i64>unitsPerDay
  const units = f64x2.splat(unitsPerDay)
  for (const end = out + ((<usize>n) << 3); out < end; out += 16, a += 16) {
    const x = v128.load(a)
    const days = wholeFits(x) ? floatToWhole(floorQuotient(x, units)) : floorDivideLarge(x, by)
    store<i64>(out, periodStart(i64x2.extract_lane(days, 0), months) * by)
    store<i64>(out, periodStart(i64x2.extract_lane(days, 1), months) * by, 8)
  }
}

/** The first day of the period of that many months (counted from January) that a day is in. */
function periodStart(days: i64, months: u32): i64 {
  const era = eraOf(days)
  const dayOfEra = <u32>(days + EPOCH_DAYS - era * DAYS_IN_ERA)
  const yearOfEra = yearOf(dayOfEra)
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  const fromMarch = (5 * dayOfYear + 2) / 153
  const month = fromMarch < 10 ? fromMarch + 2 : fromMarch - 10
  const first = month - (month % months)
  // January and February belong to the year that began in the March before.
  const firstFromMarch = first >= 2 ? first - 2 : first + 10
  const year = <i32>yearOfEra - i32(first < 2 && month >= 2)
  const start = 365 * year + yearDays(year)
  return era * DAYS_IN_ERA + <i64>(start + <i32>((153 * firstFromMarch + 2) / 5)) - EPOCH_DAYS
}

/** Leap days before a year of the era, which may be the year before it. */
function yearDays(year: i32): i32 {
  return year < 0 ? -1 : year / 4 - year / 100
}
