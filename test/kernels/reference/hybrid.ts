// Scalar twins of the hybrid kernels: oracle of the tests, opponent of the benchmarks.

/** Decodes n values; undefined when the bytes end, or break the format, before. */
export function hybridDecode(
  bytes: Uint8Array,
  width: number,
  n: number,
  out: Uint32Array | Uint8Array,
): number | undefined {
  const valueBytes = (width + 7) >> 3
  const mask = width === 32 ? 0xffffffff : (1 << width) - 1
  let at = 0
  let done = 0
  let largest = 0
  while (done < n) {
    let header = 0
    for (let shift = 0; ; shift += 7) {
      if (at >= bytes.length || shift > 28) return undefined
      const byte = bytes[at++]!
      header += (byte & 127) * 2 ** shift
      if (byte < 128) break
    }
    const count = Math.floor((header % 2 ** 32) / 2)
    if (header % 2 === 0) {
      if (bytes.length - at < valueBytes) return undefined
      let value = 0
      for (let i = 0; i < valueBytes; i++) value += bytes[at++]! * 2 ** (8 * i)
      if (value > mask >>> 0) return undefined
      const take = Math.min(count, n - done)
      out.fill(value, done, done + take)
      done += take
      // A run of no values has no largest.
      if (take > 0 && value > largest) largest = value
      continue
    }
    if (count > 0x1fffffff) return undefined
    let bits = 0
    let have = 0
    const runEnd = Math.min(at + count * width, bytes.length)
    const there =
      width === 0 ? count * 8 : Math.min(count * 8, Math.floor(((runEnd - at) * 8) / width))
    const take = Math.min(there, n - done)
    for (let i = 0; i < take; i++) {
      let value = 0
      let taken = 0
      while (taken < width) {
        if (have === 0) {
          bits = bytes[at++]!
          have = 8
        }
        const few = Math.min(have, width - taken)
        value += (bits & ((1 << few) - 1)) * 2 ** taken
        bits >>= few
        have -= few
        taken += few
      }
      out[done++] = value
      if (value > largest) largest = value
    }
    at = runEnd
  }
  return largest
}

/** Encodes values in any way that decodes to them again: one packed run. */
export function hybridEncodePacked(values: readonly number[], width: number): Uint8Array {
  const groups = Math.ceil(values.length / 8)
  const bytes: number[] = varint(groups * 2 + 1)
  let word = 0n
  let bits = 0n
  const padded = [...values, ...Array.from({ length: groups * 8 - values.length }, () => 0)]
  for (const value of padded) {
    word |= BigInt(value) << bits
    bits += BigInt(width)
    for (; bits >= 8n; bits -= 8n) {
      bytes.push(Number(word & 255n))
      word >>= 8n
    }
  }
  return Uint8Array.from(bytes)
}

/** One repeated run. */
export function hybridEncodeRepeated(value: number, count: number, width: number): Uint8Array {
  const bytes = varint(count * 2)
  for (let i = 0; i < (width + 7) >> 3; i++) bytes.push(Math.floor(value / 2 ** (8 * i)) & 255)
  return Uint8Array.from(bytes)
}

/** Runs of equal values and of others, as the kernel makes them. */
export function hybridEncode(
  values: Uint32Array,
  n: number,
  width: number,
  out: Uint8Array,
): number {
  let at = 0
  const isWorthwhile = (from: number): number => {
    let to = from + 1
    while (to < n && values[to] === values[from]) to++
    return to - from >= 8 && (to - from) * width >= 32 ? to - from : 0
  }
  const put = (value: number): void => {
    let left = value
    while (left > 127) {
      out[at++] = (left & 127) | 128
      left >>>= 7
    }
    out[at++] = left
  }
  for (let i = 0; i < n;) {
    const repeats = isWorthwhile(i)
    if (repeats > 0) {
      put(repeats << 1)
      for (let b = 0; b < (width + 7) >> 3; b++) out[at++] = (values[i]! >>> (8 * b)) & 255
      i += repeats
      continue
    }
    let end = i + 8
    while (end < n && isWorthwhile(end) === 0) end += 8
    put((((end - i) / 8) << 1) | 1)
    let word = 0
    let bits = 0
    for (; i < end; i++) {
      let value = i < n ? values[i]! : 0
      let left = width
      while (left > 0) {
        const few = Math.min(8 - bits, left)
        word |= (value & ((1 << few) - 1)) << bits
        value >>>= few
        bits += few
        left -= few
        if (bits === 8) {
          out[at++] = word
          word = 0
          bits = 0
        }
      }
    }
  }
  return at
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let left = value
  while (left > 127) {
    bytes.push((left % 128) | 128)
    left = Math.floor(left / 128)
  }
  return [...bytes, left]
}
