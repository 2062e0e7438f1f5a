// Scalar twins of the delta kernels: oracle of the tests, opponent of the benchmarks.

class Bytes {
  readonly bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 64n; shift += 7n) {
      const byte = this.bytes[this.at++]
      if (byte === undefined) break
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asUintN(64, value)
    }
    throw new Error('corrupt')
  }

  zigzag(): bigint {
    const value = this.varint()
    return (value >> 1n) ^ -(value & 1n)
  }
}

/** All integers, and where they end. @throws Error when they are broken */
export function deltaDecode(
  from: Uint8Array,
  start = 0,
): { readonly values: bigint[]; readonly end: number } {
  const bytes = new Bytes(from, start)
  const block = Number(bytes.varint())
  const minis = Number(bytes.varint())
  const count = Number(bytes.varint())
  let last = bytes.zigzag()
  const values = count > 0 ? [last] : []
  const perMini = block / minis
  while (values.length < count) {
    const smallest = bytes.zigzag()
    const widths = [...from.subarray(bytes.at, bytes.at + minis)]
    bytes.at += minis
    for (const width of widths) {
      if (values.length >= count) break
      if (width > 64) throw new Error('corrupt')
      const end = bytes.at + (perMini * width) / 8
      let word = 0n
      let bits = 0
      for (let i = 0; i < perMini && values.length < count; i++) {
        while (bits < width) {
          const byte = from[bytes.at++]
          if (byte === undefined) throw new Error('corrupt')
          word |= BigInt(byte) << BigInt(bits)
          bits += 8
        }
        last = BigInt.asIntN(64, last + smallest + (word & ((1n << BigInt(width)) - 1n)))
        word >>= BigInt(width)
        bits -= width
        values.push(last)
      }
      bytes.at = end
    }
  }
  return { values, end: bytes.at }
}

/** Integers of 64 bits, as a writer makes them. */
export function deltaEncode(values: readonly bigint[], block = 128, minis = 4): Uint8Array {
  const out: number[] = [...varint(BigInt(block)), ...varint(BigInt(minis))]
  out.push(...varint(BigInt(values.length)), ...zigzag(values[0] ?? 0n))
  const perMini = block / minis
  for (let at = 1; at < values.length; at += block) {
    const deltas = values
      .slice(at, at + block)
      .map((value, i) => BigInt.asIntN(64, value - values[at + i - 1]!))
    const smallest = deltas.reduce((a, b) => (a < b ? a : b))
    out.push(...zigzag(smallest))
    const packed: number[][] = []
    for (let mini = 0; mini < minis; mini++) {
      const own = deltas
        .slice(mini * perMini, (mini + 1) * perMini)
        .map((delta) => BigInt.asUintN(64, delta - smallest))
      const width = own.length === 0 ? 0 : Math.max(...own.map((v) => v.toString(2).length))
      const isZero = own.every((v) => v === 0n)
      out.push(isZero ? 0 : width)
      if (own.length > 0) packed.push(isZero ? [] : pack(own, width, perMini))
    }
    out.push(...packed.flat())
  }
  return Uint8Array.from(out)
}

function pack(values: readonly bigint[], width: number, count: number): number[] {
  let word = 0n
  values.forEach((value, i) => (word |= value << BigInt(i * width)))
  return Array.from({ length: (count * width) / 8 }, (_, i) =>
    Number((word >> BigInt(i * 8)) & 255n),
  )
}

function varint(value: bigint): number[] {
  const bytes: number[] = []
  let left = value
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128)
  return [...bytes, Number(left)]
}

const zigzag = (value: bigint): number[] =>
  varint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)))

/** Integers of 32 bits, without a bigint a value: what the kernel is measured against. */
export function deltaDecode32(from: Uint8Array, out: Int32Array): number {
  const bytes = new Bytes(from)
  const block = Number(bytes.varint())
  const minis = Number(bytes.varint())
  const count = Number(bytes.varint())
  let last = Number(bytes.zigzag())
  out[0] = last
  const perMini = block / minis
  let done = 1
  while (done < count) {
    const smallest = Number(bytes.zigzag())
    let at = bytes.at + minis
    for (let mini = 0; mini < minis && done < count; mini++) {
      const width = from[bytes.at + mini]!
      let word = 0
      let bits = 0
      const end = at + (perMini * width) / 8
      for (let i = 0; i < perMini && done < count; i++) {
        let value = 0
        for (let taken = 0; taken < width;) {
          if (bits === 0) {
            word = from[at++]!
            bits = 8
          }
          const few = Math.min(bits, width - taken)
          value |= (word & ((1 << few) - 1)) << taken
          word >>= few
          bits -= few
          taken += few
        }
        last = (last + smallest + value) | 0
        out[done++] = last
      }
      at = end
    }
    bytes.at = at
  }
  return count
}
