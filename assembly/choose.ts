// One of two values a row, by a bitmap: what ifElse, coalesce, least and greatest of texts come down to.
//
// CH1 A set bit takes from a, another from b. A step of 0 is a constant: one value at its pointer.
// CH2 Texts take two passes: chooseOffsets says how many bytes there are, chooseBytes copies them.

function choose<T>(
  bits: usize,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  n: u32,
  out: usize,
): void {
  const aBytes = aStep * sizeof<T>()
  const bBytes = bStep * sizeof<T>()
  for (let row: u32 = 0; row < n; row += 8) {
    let mask = <u32>load<u8>(bits + <usize>(row >> 3))
    const end = min<u32>(row + 8, n)
    for (let i = row; i < end; i++) {
      // Both are loaded: a branch a row on a random bitmap costs more than a load.
      const x = load<T>(a)
      const y = load<T>(b)
      store<T>(out, mask & 1 ? x : y)
      mask >>= 1
      a += aBytes
      b += bBytes
      out += sizeof<T>()
    }
  }
}

/** Values of 1 byte. */
export function choose8(
  bits: usize,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  n: u32,
  out: usize,
): void {
  choose<u8>(bits, a, aStep, b, bStep, n, out)
}

/** Values of 2 bytes. */
export function choose16(
  bits: usize,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  n: u32,
  out: usize,
): void {
  choose<u16>(bits, a, aStep, b, bStep, n, out)
}

/** Values of 4 bytes. */
export function choose32(
  bits: usize,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  n: u32,
  out: usize,
): void {
  choose<u32>(bits, a, aStep, b, bStep, n, out)
}

/** Values of 8 bytes. */
export function choose64(
  bits: usize,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  n: u32,
  out: usize,
): void {
  choose<u64>(bits, a, aStep, b, bStep, n, out)
}

/** Values of 16 bytes. */
export function choose128(
  bits: usize,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  n: u32,
  out: usize,
): void {
  for (let row: u32 = 0; row < n; row++) {
    const isSet = (<u32>load<u8>(bits + <usize>(row >> 3)) >> (row & 7)) & 1
    const from = isSet ? a + <usize>row * aStep * 16 : b + <usize>row * bStep * 16
    v128.store(out + ((<usize>row) << 4), v128.load(from))
  }
}

/** The offsets of the chosen texts, from 0; the bytes there are, or 0xffffffff for too many. */
export function chooseOffsets(
  bits: usize,
  aOffsets: usize,
  aStep: usize,
  bOffsets: usize,
  bStep: usize,
  n: u32,
  out: usize,
): u32 {
  let total: u64 = 0
  store<u32>(out, 0)
  for (let row: u32 = 0; row < n; row++) {
    const isSet = (<u32>load<u8>(bits + <usize>(row >> 3)) >> (row & 7)) & 1
    const at = isSet ? aOffsets + <usize>row * aStep * 4 : bOffsets + <usize>row * bStep * 4
    total += <u64>(load<u32>(at, 4) - load<u32>(at))
    if (total > 0x7fffffff) return 0xffffffff
    store<u32>(out + ((<usize>row) << 2), <u32>total, 4)
  }
  return <u32>total
}

/** Copies the chosen texts behind each other. */
export function chooseBytes(
  bits: usize,
  aOffsets: usize,
  aValues: usize,
  aStep: usize,
  bOffsets: usize,
  bValues: usize,
  bStep: usize,
  n: u32,
  out: usize,
): void {
  for (let row: u32 = 0; row < n; row++) {
    const isSet = (<u32>load<u8>(bits + <usize>(row >> 3)) >> (row & 7)) & 1
    const at = isSet ? aOffsets + <usize>row * aStep * 4 : bOffsets + <usize>row * bStep * 4
    const from = (isSet ? aValues : bValues) + load<u32>(at)
    const bytes = <usize>(load<u32>(at, 4) - load<u32>(at))
    memory.copy(out, from, bytes)
    out += bytes
  }
}
