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
  return encode<u32>(values, n, width, out)
}

/** Encodes n bytes of `width` bits; returns the bytes. */
export function hybridEncode8(values: usize, n: u32, width: u32, out: usize): u32 {
  return encode<u8>(values, n, width, out)
}

function encode<T>(values: usize, n: u32, width: u32, out: usize): u32 {
  const start = out
  const eight = 8 * sizeof<T>()
  const end = values + <usize>n * sizeof<T>()
  while (values < end) {
    const repeats = repeatsOf<T>(values, end)
    if (worthwhile(repeats, width)) {
      out = varint(out, repeats << 1)
      store<u32>(out, <u32>load<T>(values))
      out += <usize>((width + 7) >> 3)
      values += <usize>repeats * sizeof<T>()
      continue
    }
    let literalEnd = values + eight
    while (literalEnd < end && !worthwhile(repeatsOf<T>(literalEnd, end), width))
      literalEnd += eight
    const groups = (literalEnd - values) / eight
    out = varint(out, ((<u32>groups) << 1) | 1)
    pack<T>(values, min(literalEnd, end), width, out)
    out += groups * <usize>width
    values = literalEnd
  }
  return <u32>(out - start)
}

function worthwhile(repeats: u32, width: u32): bool {
  return repeats >= 8 && <u64>repeats * width >= 32
}

function repeatsOf<T>(values: usize, end: usize): u32 {
  const value = load<T>(values)
  let at = values + sizeof<T>()
  while (at < end && load<T>(at) == value) at += sizeof<T>()
  return <u32>((at - values) / sizeof<T>())
}

/** Packs the values up to `end`; zeros follow, for the padding of the last group. */
function pack<T>(values: usize, end: usize, width: u32, out: usize): void {
  let word: u64 = 0
  let bits: u64 = 0
  for (; values < end; values += sizeof<T>()) {
    word |= (<u64>load<T>(values)) << bits
    bits += width
    if (bits >= 32) {
      store<u32>(out, <u32>word)
      out += 4
      word >>= 32
      bits -= 32
    }
  }
  // At most 7 values of 32 bits are missing.
  store<u64>(out, word)
  memory.fill(out + 8, 0, 32)
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
