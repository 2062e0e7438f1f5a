// UTF-8: is a text well-formed? Sixteen bytes at a time while it is ASCII, one character at a time else.
// Overlong forms, surrogates and what lies beyond U+10FFFF are refused (Unicode 15, table 3-7).

/** True when the bytes [ptr, end) are well-formed UTF-8. */
export function isUtf8(ptr: usize, end: usize): bool {
  let p = ptr
  while (p < end) {
    if (p + 16 <= end && !i8x16.bitmask(v128.load(p))) {
      p += 16
      continue
    }
    const lead = <u32>load<u8>(p)
    if (lead < 0x80) {
      p++
      continue
    }
    const bytes = characterBytes(lead, p)
    if (!bytes || p + bytes > end) return false
    p += bytes
  }
  return true
}

// Bytes of the character at p, 0 when it is malformed. What lies behind the text is looked at, which the
// caller's comparison with the end makes good.
function characterBytes(lead: u32, p: usize): u32 {
  const second = <u32>load<u8>(p, 1)
  if (lead < 0xe0) return lead >= 0xc2 && (second & 0xc0) == 0x80 ? 2 : 0
  const low: u32 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80
  const high: u32 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high || (load<u8>(p, 2) & 0xc0) != 0x80) return 0
  if (lead < 0xf0) return 3
  return lead <= 0xf4 && (load<u8>(p, 3) & 0xc0) == 0x80 ? 4 : 0
}
