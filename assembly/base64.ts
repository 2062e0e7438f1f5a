// Base64 (RFC 4648) to bytes and back: binary columns in CSV and NDJSON.
//
// A1  Read: the standard and the URL alphabet, also mixed; padding may be left out but not be
//     wrong; the unused bits of the last character are zero. Blanks and line feeds are not skipped.
// A2  Written: the standard alphabet, padded.
const SIX_BITS: usize = memory.data(256)
const ALPHABET: usize = memory.data(64)
const INVALID: u32 = 0xff

for (let i: u32 = 0; i < 64; i++) {
  const letter: u32 =
    i < 26 ? 0x41 + i : i < 52 ? 0x61 + i - 26 : i < 62 ? 0x30 + i - 52 : i == 62 ? 0x2b : 0x2f
  store<u8>(ALPHABET + i, letter)
}
memory.fill(SIX_BITS, <u8>INVALID, 256)
for (let i: u32 = 0; i < 64; i++) store<u8>(SIX_BITS + load<u8>(ALPHABET + i), i)
store<u8>(SIX_BITS + 0x2d, 62)
store<u8>(SIX_BITS + 0x5f, 63)

/** Bytes that a text of `len` characters decodes to, at the most. */
export function base64DecodedMax(len: u32): u32 {
  return (len >> 2) * 3 + 3
}

/** Bytes of the text of `len` bytes. */
export function base64EncodedBytes(len: u32): u32 {
  return ((len + 2) / 3) << 2
}

/** Decodes to `out` and returns the bytes written; -1 when the text is not base64. */
export function base64Decode(ptr: usize, len: u32, out: usize): i32 {
  let length = len
  if (length && (length & 3) == 0) {
    if (load<u8>(ptr + length - 1) == 0x3d) length--
    if (load<u8>(ptr + length - 1) == 0x3d) length--
  }
  if ((length & 3) == 1) return -1
  const whole = ptr + (length & ~3)
  let to = out
  for (let p = ptr; p < whole; p += 4, to += 3) {
    const a = sixBits(p)
    const b = sixBits(p + 1)
    const c = sixBits(p + 2)
    const d = sixBits(p + 3)
    if ((a | b | c | d) == INVALID) return -1
    // The fourth byte written is the next group's first, or padding.
    store<u32>(to, bswap<u32>((a << 26) | (b << 20) | (c << 14) | (d << 8)))
  }
  const rest = length & 3
  if (rest) {
    const a = sixBits(whole)
    const b = sixBits(whole + 1)
    const c = rest == 3 ? sixBits(whole + 2) : 0
    if ((a | b | c) == INVALID) return -1
    const bits = (a << 12) | (b << 6) | c
    if (rest == 3 ? bits & 3 : bits & 0x3ff) return -1
    store<u8>(to, bits >> 10)
    if (rest == 3) store<u8>(to, bits >> 2, 1)
    to += rest - 1
  }
  return <i32>(to - out)
}

function sixBits(p: usize): u32 {
  return load<u8>(SIX_BITS + load<u8>(p))
}

/** Encodes `len` bytes to `out` and returns the characters written. */
export function base64Encode(ptr: usize, len: u32, out: usize): u32 {
  let to = out
  let at: u32 = 0
  for (; at + 3 <= len; at += 3, to += 4) {
    const bits = bswap<u32>(load<u32>(ptr + at)) >> 8
    storeFour(bits, to)
  }
  const rest = len - at
  if (rest) {
    const first = <u32>load<u8>(ptr + at)
    const second = rest == 2 ? <u32>load<u8>(ptr + at + 1) : 0
    storeFour((first << 16) | (second << 8), to)
    store<u8>(to, 0x3d, 3)
    if (rest == 1) store<u8>(to, 0x3d, 2)
    to += 4
  }
  return <u32>(to - out)
}

function storeFour(bits: u32, to: usize): void {
  store<u32>(
    to,
    <u32>load<u8>(ALPHABET + (bits >> 18)) |
      ((<u32>load<u8>(ALPHABET + ((bits >> 12) & 63))) << 8) |
      ((<u32>load<u8>(ALPHABET + ((bits >> 6) & 63))) << 16) |
      ((<u32>load<u8>(ALPHABET + (bits & 63))) << 24),
  )
}
