// The last resort of reading a float64: a decimal of more than nineteen digits next to the middle
// between two floats is compared with that middle exactly. Called for about one long number in a
// thousand.
//
// X1  Middles have at most 767 significant digits, so digits behind 768 decide only as "not all
//     zero".
// X2  Both sides stay below 2^2720 (the middle is at least 2^-1075, a decimal has 769 digits).

// Little-endian naturals of 32-bit limbs with a length.
const LIMBS: i32 = 96
const DIGITS_MAX: u32 = 768
const decimalLimbs: usize = memory.data(LIMBS * 4, 16)
const middleLimbs: usize = memory.data(LIMBS * 4, 16)

/**
 * Compares a decimal with the middle between the float of bits `low` and the next one: below 0, 0
 * or above 0. The decimal's digits (and a point) are at [start, end), all of them times
 * 10^exponent.
 */
export function compareToHalfway(start: usize, end: usize, exponent: i64, low: u64): i32 {
  let count: u32 = 0
  let length: i32 = 0
  let power = <i32>exponent
  let sticky = false
  for (let p = start; p < end; p++) {
    const digit = <u32>load<u8>(p) - 0x30
    if (digit > 9) continue
    if (count < DIGITS_MAX) {
      if (count || digit) {
        length = multiplyAdd(decimalLimbs, length, 10, digit)
        count++
      }
    } else {
      if (digit) sticky = true
      power++
    }
  }
  if (sticky) {
    length = multiplyAdd(decimalLimbs, length, 10, 1)
    power--
  }
  const biased = <i32>(low >> 52)
  const fraction = low & 0xfffffffffffff
  const significand = biased ? fraction | 0x10000000000000 : fraction
  const middle = significand * 2 + 1
  store<u32>(middleLimbs, <u32>middle)
  store<u32>(middleLimbs, <u32>(middle >> 32), 4)
  let middleLength = middle >> 32 ? 2 : 1
  // The middle is (2m + 1) * 2^(e - 1), e being -1074 for subnormals.
  const middlePower = max(biased, 1) - 1076
  if (power >= 0) length = multiplyByFives(decimalLimbs, length, power)
  else middleLength = multiplyByFives(middleLimbs, middleLength, -power)
  const shift = middlePower - power
  if (shift >= 0) middleLength = shiftLeft(middleLimbs, middleLength, shift)
  else length = shiftLeft(decimalLimbs, length, -shift)
  return compareLimbs(length, middleLength)
}

function multiplyAdd(limbs: usize, length: i32, factor: u32, addend: u32): i32 {
  let carry: u64 = addend
  for (let i = 0; i < length; i++) {
    const at = limbs + ((<usize>i) << 2)
    const product = <u64>load<u32>(at) * factor + carry
    store<u32>(at, <u32>product)
    carry = product >> 32
  }
  if (!carry) return length
  store<u32>(limbs + ((<usize>length) << 2), <u32>carry)
  return length + 1
}

function multiplyByFives(limbs: usize, length: i32, power: i32): i32 {
  let left = power
  let size = length
  // 5^13 is the largest power in 32 bits.
  for (; left >= 13; left -= 13) size = multiplyAdd(limbs, size, 1220703125, 0)
  for (; left > 0; left--) size = multiplyAdd(limbs, size, 5, 0)
  return size
}

function shiftLeft(limbs: usize, length: i32, bits: i32): i32 {
  const words = bits >> 5
  const size = multiplyAdd(limbs, length, 1 << (bits & 31), 0)
  if (!words) return size
  memory.copy(limbs + ((<usize>words) << 2), limbs, (<usize>size) << 2)
  memory.fill(limbs, 0, (<usize>words) << 2)
  return size + words
}

function compareLimbs(length: i32, middleLength: i32): i32 {
  if (length != middleLength) return length - middleLength
  for (let i = length - 1; i >= 0; i--) {
    const a = load<u32>(decimalLimbs + ((<usize>i) << 2))
    const b = load<u32>(middleLimbs + ((<usize>i) << 2))
    if (a != b) return a > b ? 1 : -1
  }
  return 0
}
