// Writes Parquet's hybrid of run-length and bit-packed runs (hybrid.ts draws it).
//
// HE1 A run is repeated when it spares bytes: at least 8 equal values of at least 32 bits together.
// HE2 Widths are 1 to 32. n values take at most hybridBound(n, width) bytes.

function varint(out: usize, value: u32): usize {
  while (value > 127) {
    store<u8>(out++, value | 128)
    value >>= 7
  }
  store<u8>(out++, value)
  return out
}

/** Bytes that n values take at most. */
export function hybridBound(n: u32, width: u32): u32 {
  return ((n + 7) >> 3) * (width + 10) + 16
}

/** Encodes n u32 of `width` bits; returns the bytes. */
export function hybridEncode32(values: usize, n: u32, width: u32, out: usize): u32 {
  const start = out
  const end = values + ((<usize>n) << 2)
  while (values < end) {
    const repeats = repeatsOf(values, end)
    if (worthwhile(repeats, width)) {
      out = varint(out, repeats << 1)
      store<u32>(out, load<u32>(values))
      out += <usize>((width + 7) >> 3)
      values += (<usize>repeats) << 2
      continue
    }
    let literalEnd = values + 32
    while (literalEnd < end && !worthwhile(repeatsOf(literalEnd, end), width)) literalEnd += 32
    out = varint(out, ((<u32>((literalEnd - values) >> 5)) << 1) | 1)
    out = pack(values, min(literalEnd, end), literalEnd, width, out)
    values = literalEnd
  }
  return <u32>(out - start)
}

function worthwhile(repeats: u32, width: u32): bool {
  return repeats >= 8 && <u64>repeats * width >= 32
}

function repeatsOf(values: usize, end: usize): u32 {
  const value = load<u32>(values)
  let at = values + 4
  while (at < end && load<u32>(at) == value) at += 4
  return <u32>((at - values) >> 2)
}

/** Packs the values up to `end`, and zeros up to `paddedEnd`. */
function pack(values: usize, end: usize, paddedEnd: usize, width: u32, out: usize): usize {
  const bytes = <usize>((paddedEnd - values) >> 5) * <usize>width
  let word: u64 = 0
  let bits: u64 = 0
  let to = out
  for (; values < end; values += 4) {
    word |= (<u64>load<u32>(values)) << bits
    bits += width
    if (bits >= 32) {
      store<u32>(to, <u32>word)
      to += 4
      word >>= 32
      bits -= 32
    }
  }
  // What is left, and the padding's zeros: at most 7 values of 32 bits.
  store<u64>(to, word)
  memory.fill(to + 8, 0, 32)
  return out + bytes
}

/**
 * Encodes n levels of one bit (validity; 0: all set): a run when all are the same, else one packed run.
 * Returns the bytes.
 */
export function hybridEncodeBits(bits: usize, n: u32, set: u32, out: usize): u32 {
  const start = out
  if (!n) return 0
  if (set == n || !set) {
    out = varint(out, n << 1)
    store<u8>(out++, set ? 1 : 0)
    return <u32>(out - start)
  }
  const bytes = (n + 7) >> 3
  out = varint(out, (bytes << 1) | 1)
  memory.copy(out, bits, <usize>bytes)
  return <u32>(out - start) + bytes
}
