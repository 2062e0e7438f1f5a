// 128-bit integers in linear memory: low word first, two's complement.

/** Adds to a 128-bit accumulator; false, and nothing done, when the sum overflows. */
export function addI128(p: usize, low: u64, high: i64): bool {
  const a = load<u64>(p)
  const b = load<i64>(p, 8)
  const sum = a + low
  const top = b + high + <i64>(sum < a)
  if (((b ^ top) & (high ^ top)) < 0) return false
  store<u64>(p, sum)
  store<i64>(p, top, 8)
  return true
}

/** True when the 128-bit integer at a is less than that at b. */
export function lessI128(a: usize, b: usize): bool {
  const high = load<i64>(a, 8)
  const other = load<i64>(b, 8)
  return high < other || (high == other && load<u64>(a) < load<u64>(b))
}

/** The nearest float64. A negative number is negated first, or its low word would drown in rounding. */
export function floatOfI128(p: usize): f64 {
  const low = load<u64>(p)
  const high = load<i64>(p, 8)
  if (high >= 0) return <f64>high * 18446744073709551616.0 + <f64>low
  const top = <u64>~high + <u64>(low == 0)
  const rest: u64 = 0 - low
  return -(<f64>top * 18446744073709551616.0 + <f64>rest)
}
