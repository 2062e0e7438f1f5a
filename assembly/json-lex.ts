// The words of JSON: blanks, strings, numbers, and values that nobody wants. All of it stops at a
// line feed, for none is allowed inside a token of NDJSON, so a line that ends in one is never
// left.
//
// L1  A function returns the position behind what it read, or 0 after jsonFault().
// L2  A skipped value's strings, brackets and bare words are checked, its commas and colons are
//     not.
// L3  Escapes that are no character (half of a surrogate pair) are SCAN_UTF8, like bytes that are
//     none.
import { digitRun } from './digits'
import { VALID } from './field-parse'
import { SCAN_JSON, SCAN_JSON_DEPTH, SCAN_TOO_LARGE, SCAN_UTF8 } from './scan-state'
import { utf8Validate } from './string'

/** Brackets in brackets of a skipped value: one bit each. */
const DEPTH_MAX: u32 = 64

// Vectors that are loaded, because V8 builds a constant anew wherever it is used.
const QUOTES: usize = memory.data<u64>([0x2222222222222222, 0x2222222222222222], 16)
const BACKSLASHES: usize = memory.data<u64>([0x5c5c5c5c5c5c5c5c, 0x5c5c5c5c5c5c5c5c], 16)
const CONTROLS_MAX: usize = memory.data<u64>([0x1f1f1f1f1f1f1f1f, 0x1f1f1f1f1f1f1f1f], 16)

let faultKind: u32 = 0
let faultPosition: usize = 0

/** Says why the line is malformed, and where. Returns 0. */
export function jsonFault(kind: u32, at: usize): usize {
  faultKind = kind
  faultPosition = at
  return 0
}
export function jsonFaultKind(): u32 {
  return faultKind
}
export function jsonFaultAt(): usize {
  return faultPosition
}

/** The first byte at p or behind it that is no blank. */
export function skipBlank(p: usize): usize {
  let q = p
  while (true) {
    const byte = load<u8>(q)
    if (byte > 0x20 || (byte != 0x20 && byte != 0x09 && byte != 0x0d)) return q
    q++
  }
}

/** The first quote, backslash or control character at p or behind it. */
export function stringSpecial(p: usize): usize {
  let q = p
  while (true) {
    const special = specialBits(q)
    if (special) return q + ctz<u32>(special)
    q += 16
  }
}

/** A bit for each of the 16 bytes at p that is a quote, a backslash or a control character. */
export function specialBits(p: usize): u32 {
  const bytes = v128.load(p)
  const quoteOrEscape = v128.or(
    i8x16.eq(bytes, v128.load(QUOTES)),
    i8x16.eq(bytes, v128.load(BACKSLASHES)),
  )
  const control = i8x16.eq(i8x16.min_u(bytes, v128.load(CONTROLS_MAX)), bytes)
  return i8x16.bitmask(v128.or(quoteOrEscape, control))
}

/** The closing quote of the string whose content p is in. */
export function stringClose(p: usize): usize {
  let q = p
  while (true) {
    q = stringSpecial(q)
    const byte = load<u8>(q)
    if (byte == 0x22) return q
    if (byte != 0x5c || load<u8>(q, 1) < 0x20) return jsonFault(SCAN_JSON, q)
    q += 2
  }
}

let decodedBytes: u32 = 0

/** Bytes that decodeString() wrote. */
export function stringBytes(): u32 {
  return decodedBytes
}

/**
 * Writes the string [p, end), with its escapes resolved, at `out`, where `end - p` bytes have room.
 */
export function decodeString(p: usize, end: usize, out: usize): usize {
  let q = p
  let to = out
  while (q < end) {
    const run = min(stringSpecial(q), end) - q
    memory.copy(to, q, run)
    to += run
    q += run
    if (q == end) break
    const escape = load<u8>(q, 1)
    if (escape == 0x75) {
      const character = unicodeEscape(q, end)
      if (character == NO_CHARACTER) return 0
      to += storeUtf8(character, to)
      q += character > 0xffff ? 12 : 6
    } else {
      const byte = simpleEscape(escape)
      if (!byte) return jsonFault(SCAN_JSON, q)
      store<u8>(to++, byte)
      q += 2
    }
  }
  decodedBytes = <u32>(to - out)
  return utf8Validate(out, decodedBytes) == VALID ? end : jsonFault(SCAN_UTF8, p)
}

let scratch: usize = 0
let scratchBytes: usize = 0

/** The room of decodeToScratch(). */
export function useScratch(ptr: usize, bytes: usize): void {
  scratch = ptr
  scratchBytes = bytes
}

/** Resolves the escapes of the string [p, end): where the text is then. */
export function decodeToScratch(p: usize, end: usize): usize {
  if (end - p > scratchBytes) return jsonFault(SCAN_TOO_LARGE, p)
  return decodeString(p, end, scratch) ? scratch : 0
}

function simpleEscape(letter: u8): u8 {
  switch (letter) {
    case 0x22:
    case 0x5c:
    case 0x2f:
      return letter
    case 0x62:
      return 0x08
    case 0x66:
      return 0x0c
    case 0x6e:
      return 0x0a
    case 0x72:
      return 0x0d
    case 0x74:
      return 0x09
    default:
      return 0
  }
}

const NO_CHARACTER: u32 = 0xffffffff

// The character of `\uXXXX`, or of two that are a surrogate pair.
function unicodeEscape(p: usize, end: usize): u32 {
  const first = hexWord(p, end)
  if (first == NO_CHARACTER) {
    jsonFault(SCAN_JSON, p)
    return NO_CHARACTER
  }
  if (first - 0xd800 >= 0x800) return first
  const second = first < 0xdc00 ? hexWord(p + 6, end) : NO_CHARACTER
  if (second == NO_CHARACTER || second - 0xdc00 >= 0x400) {
    jsonFault(SCAN_UTF8, p)
    return NO_CHARACTER
  }
  return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
}

function hexWord(p: usize, end: usize): u32 {
  if (p + 6 > end || load<u16>(p) != 0x755c) return NO_CHARACTER
  let word: u32 = 0
  for (let i: usize = 2; i < 6; i++) {
    const byte = <u32>load<u8>(p + i)
    const digit = byte - 0x30
    const letter = (byte | 0x20) - 0x61
    if (digit > 9 && letter > 5) return NO_CHARACTER
    word = (word << 4) | (digit <= 9 ? digit : letter + 10)
  }
  return word
}

function storeUtf8(character: u32, to: usize): u32 {
  if (character < 0x80) {
    store<u8>(to, character)
    return 1
  }
  if (character < 0x800) {
    store<u16>(to, 0x80c0 | (character >> 6) | ((character & 63) << 8))
    return 2
  }
  if (character < 0x10000) {
    store<u8>(to, 0xe0 | (character >> 12))
    store<u16>(to, 0x8080 | ((character >> 6) & 63) | ((character & 63) << 8), 1)
    return 3
  }
  store<u8>(to, 0xf0 | (character >> 18))
  store<u8>(to, 0x80 | ((character >> 12) & 63), 1)
  store<u16>(to, 0x8080 | ((character >> 6) & 63) | ((character & 63) << 8), 2)
  return 4
}

/** Behind the number at p, by JSON's grammar; 0, with no fault, when there is none. */
export function numberEnd(p: usize): usize {
  let q = p + usize(load<u8>(p) == 0x2d)
  if (load<u8>(q) == 0x30) {
    q++
  } else {
    const whole = digitsEnd(q)
    if (whole == q) return 0
    q = whole
  }
  if (load<u8>(q) == 0x2e) {
    const fraction = digitsEnd(q + 1)
    if (fraction == q + 1) return 0
    q = fraction
  }
  if ((load<u8>(q) | 0x20) == 0x65) {
    const sign = load<u8>(q, 1)
    const first = q + 1 + usize(sign == 0x2b || sign == 0x2d)
    const exponent = digitsEnd(first)
    if (exponent == first) return 0
    q = exponent
  }
  return q
}

function digitsEnd(p: usize): usize {
  let q = p
  let run: u32
  do {
    run = digitRun(q)
    q += run
  } while (run == 16)
  return q
}

/** Behind `true`, `false` or `null` at p; 0, with no fault, when it is none. */
export function literalEnd(p: usize): usize {
  const word = load<u32>(p)
  if (word == 0x65757274 || word == 0x6c6c756e) return p + 4
  return word == 0x736c6166 && load<u8>(p, 4) == 0x65 ? p + 5 : 0
}

/** Behind the value at p, whatever it is. */
export function skipValue(p: usize): usize {
  const byte = load<u8>(p)
  if (byte == 0x22) {
    const close = stringClose(p + 1)
    return close ? close + 1 : 0
  }
  if (byte == 0x7b || byte == 0x5b) return skipBrackets(p)
  const end = byte == 0x2d || <u32>byte - 0x30 <= 9 ? numberEnd(p) : literalEnd(p)
  return end ? end : jsonFault(SCAN_JSON, p)
}

// Behind the bracket that closes the one at p. Bits of `open` say which are braces.
function skipBrackets(p: usize): usize {
  let q = p
  let open: u64 = 0
  let depth: u32 = 0
  do {
    const byte = load<u8>(q)
    if (byte == 0x7b || byte == 0x5b) {
      if (depth == DEPTH_MAX) return jsonFault(SCAN_JSON_DEPTH, q)
      open = (open << 1) | u64(byte == 0x7b)
      depth++
      q++
    } else if (byte == 0x7d || byte == 0x5d) {
      if ((open & 1) != u64(byte == 0x7d)) return jsonFault(SCAN_JSON, q)
      open >>= 1
      depth--
      q++
    } else if (byte == 0x2c || byte == 0x3a || byte == 0x20 || byte == 0x09) {
      q++
    } else {
      q = skipValue(q)
      if (!q) return 0
    }
  } while (depth)
  return q
}
