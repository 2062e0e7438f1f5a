// The range of an event-time column: what watermarks are made from.

function lesser(a: v128, b: v128): v128 {
  return v128.bitselect(b, a, i64x2.gt_s(a, b))
}

function greater(a: v128, b: v128): v128 {
  return v128.bitselect(b, a, i64x2.gt_s(b, a))
}

/**
 * Writes the least and the greatest valid value (i64 each) of n values, and returns 1; 0 when there
 * is none. A validity of 0 is all valid.
 */
export function timestampRange(values: usize, validity: usize, n: u32, out: usize): u32 {
  let least: i64 = i64.MAX_VALUE
  let greatest: i64 = i64.MIN_VALUE
  if (!validity) {
    const end = (<usize>(n & ~7)) << 3
    let low = i64x2.splat(i64.MAX_VALUE)
    let high = i64x2.splat(i64.MIN_VALUE)
    let low2 = low
    let high2 = high
    // Two of each, so that no comparison waits for the one before.
    for (let p = values; p < values + end; p += 64) {
      low = lesser(low, v128.load(p))
      low2 = lesser(low2, v128.load(p, 16))
      high = greater(high, v128.load(p))
      high2 = greater(high2, v128.load(p, 16))
      low = lesser(low, v128.load(p, 32))
      low2 = lesser(low2, v128.load(p, 48))
      high = greater(high, v128.load(p, 32))
      high2 = greater(high2, v128.load(p, 48))
    }
    low = lesser(low, low2)
    high = greater(high, high2)
    least = min<i64>(i64x2.extract_lane(low, 0), i64x2.extract_lane(low, 1))
    greatest = max<i64>(i64x2.extract_lane(high, 0), i64x2.extract_lane(high, 1))
    for (let at = end; at < (<usize>n) << 3; at += 8) {
      least = min<i64>(least, load<i64>(values + at))
      greatest = max<i64>(greatest, load<i64>(values + at))
    }
  } else {
    for (let at: usize = 0; at < <usize>n; at += 64) {
      let mask = load<u64>(validity + (at >> 3))
      if (<usize>n - at < 64) mask &= ((<u64>1) << (<u64>(<usize>n - at))) - 1
      for (; mask; mask &= mask - 1) {
        const value = load<i64>(values + ((at + <usize>ctz<u64>(mask)) << 3))
        least = min<i64>(least, value)
        greatest = max<i64>(greatest, value)
      }
    }
  }
  store<i64>(out, least)
  store<i64>(out, greatest, 8)
  return <u32>(least <= greatest)
}
