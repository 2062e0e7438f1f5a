// Columns whose rows lie in chunks of CHUNK_ROWS, so that a column grows without moving what it has.
//
//   chunks   u32 a chunk: where its values are; of a bitmap 0 where all bits are set
//   view     u64 a value of bytes: its address in the low half, its length in the high one
//
// CK1  Row r is row r % CHUNK_ROWS of chunk r / CHUNK_ROWS. Row numbers need not ascend; none is missing.
// CK2  The bytes that views show never move, so that gathering them is a pass that sizes (the views come
//      out behind one another) and one that copies.

/** 8,192 rows; as src/kernels/chunked.ts says. */
const SHIFT: u32 = 13
const MASK: u32 = (1 << SHIFT) - 1

/** Where a row's value of `bytes` bytes is. */
function at(chunks: usize, row: u32, bytes: usize): usize {
  return <usize>load<u32>(chunks + ((row >> SHIFT) << 2)) + <usize>(row & MASK) * bytes
}

function takeOf<T>(chunks: usize, rows: usize, count: u32, out: usize): void {
  for (const end = rows + ((<usize>count) << 2); rows < end; rows += 4, out += sizeof<T>()) {
    store<T>(out, load<T>(at(chunks, load<u32>(rows), sizeof<T>())))
  }
}

/** out[i] = the value at rows[i], of 1 byte. */
export function chunkedTake8(chunks: usize, rows: usize, count: u32, out: usize): void {
  takeOf<u8>(chunks, rows, count, out)
}

/** out[i] = the value at rows[i], of 2 bytes. */
export function chunkedTake16(chunks: usize, rows: usize, count: u32, out: usize): void {
  takeOf<u16>(chunks, rows, count, out)
}

/** out[i] = the value at rows[i], of 4 bytes. */
export function chunkedTake32(chunks: usize, rows: usize, count: u32, out: usize): void {
  takeOf<u32>(chunks, rows, count, out)
}

/** out[i] = the value at rows[i], of 8 bytes. */
export function chunkedTake64(chunks: usize, rows: usize, count: u32, out: usize): void {
  takeOf<u64>(chunks, rows, count, out)
}

/** out[i] = the value at rows[i], of 16 bytes. */
export function chunkedTake128(chunks: usize, rows: usize, count: u32, out: usize): void {
  for (const end = rows + ((<usize>count) << 2); rows < end; rows += 4, out += 16) {
    v128.store(out, v128.load(at(chunks, load<u32>(rows), 16)))
  }
}

/** Gathers bits, the unused ones of the last byte zero. Returns how many are set. */
export function chunkedTakeBits(chunks: usize, rows: usize, count: u32, out: usize): u32 {
  let total: u32 = 0
  for (let left = count; left > 0; out++) {
    const n = min<u32>(left, 8)
    let byte: u32 = 0
    for (let i: u32 = 0; i < n; i++, rows += 4) {
      const row = load<u32>(rows)
      const bits: usize = load<u32>(chunks + ((row >> SHIFT) << 2))
      const isSet = bits ? (<u32>load<u8>(bits + ((row & MASK) >> 3)) >> (row & 7)) & 1 : 1
      byte |= isSet << i
    }
    total += popcnt<u32>(byte)
    store<u8>(out, byte)
    left -= n
  }
  return total
}

/** Writes the views of n values that lie end to end, as offsets say; the first of them at `address`. */
export function chunkedPutViews(offsets: usize, n: u32, address: usize, out: usize): void {
  let start = load<u32>(offsets)
  const shift = <u32>address - start
  for (const end = out + ((<usize>n) << 3); out < end; out += 8) {
    offsets += 4
    const stop = load<u32>(offsets)
    store<u32>(out, start + shift)
    store<u32>(out, stop - start, 4)
    start = stop
  }
}

/**
 * Gathers views, and writes count + 1 offsets for their values end to end. Returns the bytes that these
 * need; 0xffffffff when they are more than an i32 offset can say.
 */
export function chunkedTakeViews(
  chunks: usize,
  rows: usize,
  count: u32,
  outViews: usize,
  outOffsets: usize,
): u32 {
  let total: u64 = 0
  store<u32>(outOffsets, 0)
  for (const end = rows + ((<usize>count) << 2); rows < end; rows += 4, outViews += 8) {
    const view = load<u64>(at(chunks, load<u32>(rows), 8))
    store<u64>(outViews, view)
    total += view >> 32
    outOffsets += 4
    store<u32>(outOffsets, <u32>total)
  }
  return total > 0x7fffffff ? 0xffffffff : <u32>total
}

/** Copies what views show, end to end. */
export function chunkedCopyViews(views: usize, count: u32, out: usize): void {
  for (const end = views + ((<usize>count) << 3); views < end; views += 8) {
    const from: usize = load<u32>(views)
    const bytes: usize = load<u32>(views, 4)
    // Most values are short: 32 bytes at once, over the end (what follows is written after).
    v128.store(out, v128.load(from))
    v128.store(out, v128.load(from, 16), 16)
    for (let i: usize = 32; i < bytes; i += 16) v128.store(out + i, v128.load(from + i))
    out += bytes
  }
}
