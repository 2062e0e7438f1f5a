// Snappy's block format, both ways: pages of Parquet files.
//
//   varint bytes when decompressed | elements: a tag byte whose low 2 bits say which
//     00  literal: length - 1 in 6 bits, or (60..63) in the 1..4 bytes that follow; then its bytes
//     01  copy, 4..11 bytes from up to 2 KB back;  10  1..64 from up to 64 KB;  11  the same, 4 GB
//
// SN1 Decompression writes [out, out + outBytes) and at most 16 bytes of padding, reads no input past
//     its end (but for K4), and copies nothing from before `out`: else CORRUPT.
// SN2 Compression goes by blocks of 64 KB, so that positions fit 16 bits and each copy a 2-byte offset.
//     It takes at most snappyBound(n) bytes.
// (The format: https://github.com/google/snappy/blob/main/format_description.txt)
import { copyBack } from './copy-back'

const CORRUPT: u32 = 0xffffffff

const BLOCK: usize = 1 << 16
const TABLE_BITS: u32 = 14
// Positions in a block by the hash of the 4 bytes there.
const table: usize = memory.data((1 << 14) * 2, 16)
const MATCH_MARGIN: usize = 15

/** Bytes when decompressed, as the header says, or CORRUPT. */
export function snappyLength(at: usize, bytes: u32): u32 {
  let value: u64 = 0
  for (let i: u32 = 0; i < min<u32>(bytes, 5); i++) {
    const byte = <u64>load<u8>(at + <usize>i)
    value |= (byte & 127) << (7 * i)
    if (byte < 128) return value > 0x7fffffff ? CORRUPT : <u32>value
  }
  return CORRUPT
}

/** Decompresses exactly outBytes. Returns outBytes, or CORRUPT. */
export function snappyDecompress(at: usize, bytes: u32, out: usize, outBytes: u32): u32 {
  const end = at + <usize>bytes
  if (snappyLength(at, bytes) != outBytes) return CORRUPT
  // Behind the length, which snappyLength() has found whole.
  while (load<u8>(at) > 127) at++
  at++
  const start = out
  const outEnd = out + <usize>outBytes
  while (at < end) {
    const tag = <u32>load<u8>(at++)
    let length: usize = <usize>(tag >> 2) + 1
    const kind = tag & 3
    if (!kind) {
      if (length > 60) {
        const extra = length - 60
        if (end - at < extra) return CORRUPT
        length = <usize>(load<u32>(at) & (<u32>-1 >> (32 - ((<u32>extra) << 3)))) + 1
        at += extra
        if (!length) return CORRUPT
      }
      if (length > end - at || length > outEnd - out) return CORRUPT
      copyLiteral(out, at, length)
      at += length
    } else {
      const extra: usize = kind == 3 ? 4 : <usize>kind
      if (end - at < extra) return CORRUPT
      let offset: usize
      if (kind == 1) {
        length = <usize>((tag >> 2) & 7) + 4
        offset = ((<usize>(tag >> 5)) << 8) | <usize>load<u8>(at)
      } else {
        offset = kind == 2 ? <usize>load<u16>(at) : <usize>load<u32>(at)
      }
      at += extra
      if (!offset || offset > out - start || length > outEnd - out) return CORRUPT
      copyBack(out, offset, length)
    }
    out += length
  }
  return out == outEnd ? outBytes : CORRUPT
}

function copyLiteral(to: usize, from: usize, length: usize): void {
  if (length <= 16) v128.store(to, v128.load(from))
  else memory.copy(to, from, length)
}

/** Bytes that n bytes take at most when compressed. */
export function snappyBound(n: u32): u32 {
  return 32 + n + n / 6
}

/** Compresses; returns the bytes. */
export function snappyCompress(at: usize, bytes: u32, out: usize): u32 {
  const start = out
  let value = bytes
  while (value > 127) {
    store<u8>(out++, value | 128)
    value >>= 7
  }
  store<u8>(out++, value)
  const end = at + <usize>bytes
  while (at < end) {
    const blockEnd = at + min<usize>(BLOCK, end - at)
    out = compressBlock(at, blockEnd, out)
    at = blockEnd
  }
  return <u32>(out - start)
}

function compressBlock(block: usize, end: usize, out: usize): usize {
  let literal = block
  if (end - block > MATCH_MARGIN) {
    memory.fill(table, 0, (1 << TABLE_BITS) * 2)
    const last = end - MATCH_MARGIN
    let at = block + 1
    // Each 32 bytes without a match, the step grows: what does not compress is passed quickly.
    let skip: usize = 32
    while (at < last) {
      const bytes = load<u32>(at)
      const slot = table + ((<usize>((bytes * 0x1e35a7bd) >> (32 - TABLE_BITS))) << 1)
      const match = block + <usize>load<u16>(slot)
      store<u16>(slot, <u32>(at - block))
      if (load<u32>(match) != bytes || match >= at) {
        at += skip++ >> 5
        continue
      }
      out = putLiteral(literal, at, out)
      const length = matchLength(match, at, end)
      out = putCopy(at - match, length, out)
      at += length
      literal = at
      skip = 32
    }
  }
  return putLiteral(literal, end, out)
}

/** How long [match...] equals [at, end); at least 4 do. */
function matchLength(match: usize, at: usize, end: usize): usize {
  const start = at
  at += 4
  match += 4
  while (at + 8 <= end) {
    const difference = load<u64>(at) ^ load<u64>(match)
    if (difference) return at - start + (<usize>ctz<u64>(difference) >> 3)
    at += 8
    match += 8
  }
  while (at < end && load<u8>(at) == load<u8>(match)) {
    at++
    match++
  }
  return at - start
}

function putLiteral(from: usize, to: usize, out: usize): usize {
  const length = to - from
  if (!length) return out
  const n = <u32>length - 1
  if (n < 60) {
    store<u8>(out++, n << 2)
  } else if (n < 256) {
    store<u8>(out, 60 << 2)
    store<u8>(out, n, 1)
    out += 2
  } else {
    store<u8>(out, 61 << 2)
    store<u16>(out, n, 1)
    out += 3
  }
  copyLiteral(out, from, length)
  return out + length
}

function putCopy(offset: usize, length: usize, out: usize): usize {
  // The last copy is kept at 4 bytes or more, so that it may be a short one.
  while (length >= 68) {
    out = putLongCopy(offset, 64, out)
    length -= 64
  }
  if (length > 64) {
    out = putLongCopy(offset, 60, out)
    length -= 60
  }
  if (length < 12 && offset < 2048) {
    const tag = 1 | ((<u32>length - 4) << 2) | ((<u32>offset >> 8) << 5)
    store<u8>(out, tag)
    store<u8>(out, <u32>offset, 1)
    return out + 2
  }
  return putLongCopy(offset, length, out)
}

function putLongCopy(offset: usize, length: usize, out: usize): usize {
  store<u8>(out, 2 | ((<u32>length - 1) << 2))
  store<u16>(out, <u32>offset, 1)
  return out + 3
}
