// 128-bit integers: in linear memory the low word first, two's complement; the high word of a product.

// 10^38: what a decimal of 38 digits stays below.
const LIMIT_HIGH: u64 = 0x4b3b4ca85a86c47a
const LIMIT_LOW: u64 = 0x098a224000000000

/** The high word of the 128-bit product of two words; the low one is `a * b`. */
export function multiplyHigh(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff
  const aHigh = a >> 32
  const bLow = b & 0xffffffff
  const bHigh = b >> 32
  const low = aLow * bLow
  const cross = aLow * bHigh
  const middle = (low >> 32) + (cross & 0xffffffff) + aHigh * bLow
  return aHigh * bHigh + (cross >> 32) + (middle >> 32)
}

/** Adds to a decimal of 38 digits; false, and nothing done, when the sum has more. */
export function addDecimal(p: usize, low: u64, high: i64): bool {
  const sum = load<u64>(p) + low
  const top = load<i64>(p, 8) + high + <i64>(sum < low)
  // A sum that wraps at 2^127 has a magnitude above the limit, too.
  const sign = top >> 63
  const magnitudeLow = (sum ^ <u64>sign) + <u64>(sign & 1)
  const magnitudeHigh = <u64>(top ^ sign) + <u64>(sign != 0 && sum == 0)
  if (magnitudeHigh > LIMIT_HIGH || (magnitudeHigh == LIMIT_HIGH && magnitudeLow >= LIMIT_LOW)) {
    return false
  }
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

/** The 64 highest bits are rounded once; the lowest of them says whether there were more. */
export function floatOf(low: u64, high: u64): f64 {
  if (!high) return <f64>low
  const bits = 64 - clz<u64>(high)
  const rest = bits < 64 ? low << (64 - bits) : low
  const top = (bits < 64 ? (high << (64 - bits)) | (low >> bits) : high) | u64(rest != 0)
  return <f64>top * <f64>((<u64>1) << (bits - 1)) * 2.0
}

/** The nearest float64 of a signed 128-bit integer. */
export function floatOfI128(p: usize): f64 {
  const low = load<u64>(p)
  const high = load<i64>(p, 8)
  if (high >= 0) return floatOf(low, <u64>high)
  return -floatOf(0 - low, <u64>~high + <u64>(low == 0))
}
