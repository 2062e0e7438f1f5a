// Random draws of the Nexmark generator: each a pure function of a seed, an event's number and what is drawn,
// so that events can be made in any order and in any part of the range.
//
// GD1  A draw is SplitMix64 at place (event * 32 + field) of the seed's sequence: no state goes from one draw
//      to the next. A text continues the sequence that begins at its own draw.
// GD2  Only integers, and floats by + and *: the twin in TypeScript gives the same bits.
// GD3  Text is written sixteen letters at a time: up to 15 bytes behind it are overwritten (K4).
import { copyRun } from './bytes'

const GOLDEN: u64 = 0x9e3779b97f4a7c15
// Draws that an event has room for.
const FIELD_BITS: u64 = 5
const BLANK: u8 = 0x20

function mix(x: u64): u64 {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb
  return x ^ (x >> 31)
}

/** 64 random bits for a field of an event. */
export function draw(seed: u64, event: u64, field: u64): u64 {
  return mix(seed + ((event << FIELD_BITS) + field + 1) * GOLDEN)
}

/** A number from 0 to below n (at most 2^32), from the upper half of a draw. */
export function below(bits: u64, n: u64): u64 {
  return ((bits >> 32) * n) >> 32
}

// 2^y in Taylor's series around 0; |y| is at most a half.
function exp2(y: f64): f64 {
  const x = y * 0.6931471805599453
  let sum: f64 = 1 + x * (1.0 / 10)
  sum = 1 + x * (1.0 / 9) * sum
  sum = 1 + x * (1.0 / 8) * sum
  sum = 1 + x * (1.0 / 7) * sum
  sum = 1 + x * (1.0 / 6) * sum
  sum = 1 + x * (1.0 / 5) * sum
  sum = 1 + x * (1.0 / 4) * sum
  sum = 1 + x * (1.0 / 3) * sum
  sum = 1 + x * (1.0 / 2) * sum
  return 1 + x * sum
}

/** A price in cents: 100 * 10^(6u), rounded, u in [0, 1). */
export function price(bits: u64): i64 {
  // log2(10^6) = 19.93...; 100 * sqrt(2) takes back the half that centres the series.
  const power = <f64>(bits >> 11) * (1.0 / 9007199254740992) * 19.931568569324174
  const whole = Math.floor(power)
  const scale = <f64>((<i64>1) << (<i64>whole))
  return <i64>Math.floor(exp2(power - whole - 0.5) * 141.4213562373095 * scale + 0.5)
}

// Eight letters of eight 16-bit draws: the high word of draw * 26 is the letter, its low word (a thirteenth
// of them) makes it the special character.
function eightLetters(bits: v128, special: u8): v128 {
  const range = i16x8.splat(26)
  const high = i16x8.mul(i16x8.shr_u(bits, 8), range)
  const low = i16x8.shr_u(i16x8.mul(v128.and(bits, i16x8.splat(255)), range), 8)
  const letter = i16x8.add(i16x8.shr_u(i16x8.add(high, low), 8), i16x8.splat(0x61))
  if (!special) return letter
  const isSpecial = i16x8.lt_u(i16x8.mul(bits, range), i16x8.splat(5041))
  return v128.bitselect(i16x8.splat(special), letter, isSpecial)
}

/** Writes random letters; a special character other than 0 is one in 13. */
export function writeLetters(bits: u64, length: u32, special: u8, out: usize): void {
  if (length <= 4) {
    // The parts of a URL: one word of the sequence is enough.
    const four = eightLetters(i64x2.splat(mix(bits + GOLDEN)), special)
    v128.store(out, i8x16.narrow_i16x8_u(four, four))
    return
  }
  let at = bits
  for (let i: u32 = 0; i < length; i += 16) {
    const a = i64x2.replace_lane(i64x2.splat(mix(at + GOLDEN)), 1, mix(at + 2 * GOLDEN))
    const b = i64x2.replace_lane(i64x2.splat(mix(at + 3 * GOLDEN)), 1, mix(at + 4 * GOLDEN))
    at += 4 * GOLDEN
    v128.store(out + i, i8x16.narrow_i16x8_u(eightLetters(a, special), eightLetters(b, special)))
  }
}

/** Writes a word of 3 to below `most` letters, trimmed where the special one is a blank; its length. */
export function writeWord(bits: u64, most: u32, special: u8, out: usize): u32 {
  const length = 3 + <u32>below(bits, most - 3)
  writeLetters(bits, length, special, out)
  if (special != BLANK) return length
  let from = out
  let to = out + length
  while (to > from) {
    if (load<u8>(to - 1) != BLANK) break
    to--
  }
  while (from < to) {
    if (load<u8>(from) != BLANK) break
    from++
  }
  const left = <u32>(to - from)
  if (from != out) copyRun(out, from, left)
  return left
}

/** The length of an event's last column, which brings its size to about `wanted` bytes. */
export function extraLength(bits: u64, wanted: u32): u32 {
  const delta = (2 * wanted + 5) / 10
  return wanted - delta + (delta ? <u32>below(bits, 2 * delta) : 0)
}
