// Scalar twins of the Snappy kernels: oracle of the tests, opponent of the benchmarks.

/** Decompresses into `out`; false when the block is broken, or of another length. */
export function snappyDecompress(from: Uint8Array, out: Uint8Array): boolean {
  let at = 0
  let length = 0
  for (let shift = 0; ; shift += 7) {
    if (at >= from.length || shift > 28) return false
    const byte = from[at++]!
    length += (byte & 127) * 2 ** shift
    if (byte < 128) break
  }
  if (length !== out.length) return false
  let to = 0
  while (at < from.length) {
    const tag = from[at++]!
    let bytes = (tag >> 2) + 1
    let offset = 0
    switch (tag & 3) {
      case 0: {
        if (bytes > 60) {
          const extra = bytes - 60
          if (from.length - at < extra) return false
          bytes = 1
          for (let i = 0; i < extra; i++) bytes += from[at++]! * 2 ** (8 * i)
        }
        if (bytes > from.length - at || bytes > length - to) return false
        out.set(from.subarray(at, at + bytes), to)
        at += bytes
        to += bytes
        continue
      }
      case 1:
        if (at >= from.length) return false
        bytes = ((tag >> 2) & 7) + 4
        offset = ((tag >> 5) << 8) | from[at++]!
        break
      case 2:
        if (from.length - at < 2) return false
        offset = from[at]! | (from[at + 1]! << 8)
        at += 2
        break
      default:
        if (from.length - at < 4) return false
        offset =
          (from[at]! | (from[at + 1]! << 8) | (from[at + 2]! << 16) | (from[at + 3]! << 24)) >>> 0
        at += 4
    }
    if (offset === 0 || offset > to || bytes > length - to) return false
    if (offset >= bytes) out.copyWithin(to, to - offset, to - offset + bytes)
    else for (let i = 0; i < bytes; i++) out[to + i] = out[to + i - offset]!
    to += bytes
  }
  return to === length
}

const table = new Uint16Array(1 << 14)

/** Compresses, byte for byte as the kernel does; returns the bytes. */
export function snappyCompress(from: Uint8Array, out: Uint8Array): number {
  let to = 0
  for (let left = from.length; ; left >>>= 7) {
    out[to++] = left > 127 ? (left & 127) | 128 : left
    if (left <= 127) break
  }
  const view = new DataView(from.buffer, from.byteOffset, from.byteLength)
  for (let block = 0; block < from.length; block += 1 << 16) {
    to = compressBlock(from, view, block, Math.min(from.length, block + (1 << 16)), out, to)
  }
  return to
}

function compressBlock(
  from: Uint8Array,
  view: DataView,
  block: number,
  end: number,
  out: Uint8Array,
  start: number,
): number {
  let to = start
  let literal = block
  if (end - block > 15) {
    table.fill(0)
    const last = end - 15
    let skip = 32
    for (let at = block + 1; at < last;) {
      const bytes = view.getUint32(at, true)
      const slot = Math.imul(bytes, 0x1e35a7bd) >>> 18
      const match = block + table[slot]!
      table[slot] = at - block
      if (match >= at || view.getUint32(match, true) !== bytes) {
        at += skip++ >> 5
        continue
      }
      to = putLiteral(from, literal, at, out, to)
      let length = 4
      while (at + length < end && from[at + length] === from[match + length]) length++
      to = putCopy(at - match, length, out, to)
      at += length
      literal = at
      skip = 32
    }
  }
  return putLiteral(from, literal, end, out, to)
}

function putLiteral(
  from: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
): number {
  let to = at
  const n = end - start - 1
  if (n < 0) return to
  if (n < 60) out[to++] = n << 2
  else if (n < 256) {
    out[to++] = 60 << 2
    out[to++] = n
  } else {
    out[to++] = 61 << 2
    out[to++] = n & 255
    out[to++] = n >> 8
  }
  out.set(from.subarray(start, end), to)
  return to + n + 1
}

function putCopy(offset: number, length: number, out: Uint8Array, at: number): number {
  let to = at
  let left = length
  const long = (bytes: number): void => {
    out[to++] = 2 | ((bytes - 1) << 2)
    out[to++] = offset & 255
    out[to++] = offset >> 8
  }
  for (; left >= 68; left -= 64) long(64)
  if (left > 64) {
    long(60)
    left -= 60
  }
  if (left < 12 && offset < 2048) {
    out[to++] = 1 | ((left - 4) << 2) | ((offset >> 8) << 5)
    out[to++] = offset & 255
  } else long(left)
  return to
}
