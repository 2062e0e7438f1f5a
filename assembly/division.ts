// Division of whole numbers: quotient and remainder of int32 and int64 columns and constants.
//
// DV1 An operand is a pointer and a step of 0 or 1: a vector, or (0) a constant.
// DV2 The quotient truncates toward zero, the remainder has the dividend's sign, and a divisor of zero
//     gives null (outValidity).
// DV3 The least number by -1 overflows: the kernel returns the first such row that is not null, or
//     NONE. The remainder there is 0.

const NONE: u32 = 0xffffffff

/**
 * out = a / b (remainder 0) or a % b (1) in whole numbers, null where b is 0. outValidity gets the
 * rows that are valid and have a divisor. Returns the first row that overflows (the least number
 * by -1).
 */
export function divideI32(
  remainder: u32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  return divideLoop<i32>(remainder, a, aStep, b, bStep, n, validity, out, outValidity)
}

/** As divideI32, for int64. */
export function divideI64(
  remainder: u32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  return divideLoop<i64>(remainder, a, aStep, b, bStep, n, validity, out, outValidity)
}

function divideLoop<T>(
  remainder: u32,
  a: usize,
  aStep: u32,
  b: usize,
  bStep: u32,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  const aNext = <usize>aStep * sizeof<T>()
  const bNext = <usize>bStep * sizeof<T>()
  const least: T = sizeof<T>() == 4 ? <T>i32.MIN_VALUE : <T>i64.MIN_VALUE
  for (let row: u32 = 0; row < n;) {
    let valid: u32 = validity ? load<u8>(validity + <usize>(row >> 3)) : 0xff
    const rows = min<u32>(8, n - row)
    for (let i: u32 = 0; i < rows; i++) {
      const x = load<T>(a)
      let y = load<T>(b)
      valid &= ~(u32(y == 0) << i)
      if (y == -1) {
        if (!remainder && x == least && (valid >> i) & 1) return row + i
        store<T>(out, remainder ? 0 : 0 - x)
      } else {
        y = y == 0 ? 1 : y
        store<T>(out, remainder ? x % y : x / y)
      }
      a += aNext
      b += bNext
      out += sizeof<T>()
    }
    store<u8>(outValidity++, valid & ((1 << rows) - 1))
    row += rows
  }
  return NONE
}
