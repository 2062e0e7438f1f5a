// LZ4: the block format (pages of Parquet files) and the frame format around it (Arrow IPC buffers).
//
//   block   sequences: token (literals 4 bits | match - 4 4 bits, 15: more bytes) | literals | u16 offset
//   frame   magic | flags, sizes, checksum byte | blocks: u32 size (top bit: stored), block | u32 0 | ...
//
// LZ1 Decompression writes [out, outEnd) and at most 16 bytes of padding, reads no input past its end (but
//     for K4), and copies nothing from before the output: else CORRUPT.
// (The formats: https://github.com/lz4/lz4/tree/dev/doc)
import { copyBack } from './copy-back'
import { copyRun } from './bytes'

const CORRUPT: u32 = 0xffffffff
const MAGIC: u32 = 0x184d2204
const BLOCK_CHECKSUM: u32 = 1 << 4
const CONTENT_SIZE: u32 = 1 << 3
const DICTIONARY_ID: u32 = 1

/** Decompresses one block to exactly outBytes. Returns outBytes, or CORRUPT. */
export function lz4Block(from: usize, bytes: u32, out: usize, outBytes: u32): u32 {
  const end = decompressBlock(from, from + <usize>bytes, out, out, out + <usize>outBytes)
  return end == out + <usize>outBytes ? outBytes : CORRUPT
}

/** Decompresses a frame to exactly outBytes. Returns outBytes, or CORRUPT. */
export function lz4Frame(from: usize, bytes: u32, out: usize, outBytes: u32): u32 {
  const end = from + <usize>bytes
  if (bytes < 7 || load<u32>(from) != MAGIC) return CORRUPT
  const flags = <u32>load<u8>(from, 4)
  if (flags >> 6 != 1) return CORRUPT
  let at = from + 7
  if (flags & CONTENT_SIZE) at += 8
  if (flags & DICTIONARY_ID) return CORRUPT
  const outEnd = out + <usize>outBytes
  let to = out
  while (at < end && end - at >= 4) {
    const head = load<u32>(at)
    at += 4
    if (!head) return to == outEnd ? outBytes : CORRUPT
    const size = <usize>(head & 0x7fffffff)
    if (size > end - at) return CORRUPT
    if (head >> 31) {
      if (size > outEnd - to) return CORRUPT
      memory.copy(to, at, size)
      to += size
    } else {
      // A block may copy from those before.
      to = decompressBlock(at, at + size, out, to, outEnd)
      if (!to) return CORRUPT
    }
    at += size
    if (flags & BLOCK_CHECKSUM) at += 4
  }
  return CORRUPT
}

/** Decompresses a block to `to`; returns where its output ends, or 0. */
function decompressBlock(at: usize, end: usize, start: usize, to: usize, outEnd: usize): usize {
  while (at < end) {
    const token = <u32>load<u8>(at++)
    let length = <usize>(token >> 4)
    if (length == 15) {
      let byte: usize = 255
      while (byte == 255) {
        if (at >= end) return 0
        byte = <usize>load<u8>(at++)
        length += byte
        if (length > outEnd - to) return 0
      }
    }
    if (length > end - at || length > outEnd - to) return 0
    if (length) copyRun(to, at, <u32>length)
    to += length
    at += length
    // The last sequence has literals only.
    if (at == end) return to
    if (end - at < 2) return 0
    const offset = <usize>load<u16>(at)
    at += 2
    length = <usize>(token & 15) + 4
    if (length == 19) {
      let byte: usize = 255
      while (byte == 255) {
        if (at >= end) return 0
        byte = <usize>load<u8>(at++)
        length += byte
        if (length > outEnd - to) return 0
      }
    }
    if (!offset || offset > to - start || length > outEnd - to) return 0
    copyBack(to, offset, length)
    to += length
  }
  return 0
}
