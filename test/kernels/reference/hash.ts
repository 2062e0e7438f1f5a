// Scalar twin of the hash kernels: MurmurHash3_x86_32 over the words of a value.
const C1 = 0xcc9e2d51
const C2 = 0x1b873593

const scramble = (k: number): number => {
  const a = Math.imul(k, C1)
  return Math.imul((a << 15) | (a >>> 17), C2)
}

const absorb = (h: number, k: number): number => {
  const a = h ^ scramble(k)
  return (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0
}

const finish = (h: number): number => {
  let a = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  a = Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  return (a ^ (a >>> 16)) >>> 0
}

export const nullHash = (seed: number): number => finish(seed ^ 0x9e3779b9)

const isSet = (bits: Uint8Array, row: number): boolean => ((bits[row >> 3]! >> (row & 7)) & 1) === 1

/** Null rows in place of what was written for them. */
export function hashNulls(
  validity: Uint8Array,
  n: number,
  seeds: Uint32Array | undefined,
  out: Uint32Array,
): void {
  for (let i = 0; i < n; i++) {
    if (!isSet(validity, i)) out[i] = nullHash(seeds === undefined ? 0 : seeds[i]!)
  }
}

/** 1- and 2-byte values, and bools as 0 and 1. */
export function hashSmall(
  values: Uint8Array | Uint16Array,
  n: number,
  seeds: Uint32Array | undefined,
  out: Uint32Array,
): void {
  const bytes = values.BYTES_PER_ELEMENT
  for (let i = 0; i < n; i++) {
    const seed = seeds === undefined ? 0 : seeds[i]!
    out[i] = finish(seed ^ scramble(values[i]!) ^ bytes)
  }
}

/** Values of 4, 8 or 16 bytes, as words. */
export function hashWords(
  words: Uint32Array,
  perValue: number,
  n: number,
  seeds: Uint32Array | undefined,
  out: Uint32Array,
): void {
  let at = 0
  for (let i = 0; i < n; i++) {
    let h = seeds === undefined ? 0 : seeds[i]!
    for (const end = at + perValue; at < end; at++) h = absorb(h, words[at]!)
    out[i] = finish(h ^ (perValue * 4))
  }
}

/** Canonical words of floats: -0 is 0, and there is one NaN. */
export function floatWords(values: Float32Array | Float64Array): Uint32Array {
  const canonical = values.map((x) => (Number.isNaN(x) ? NaN : x + 0))
  return new Uint32Array(canonical.buffer, canonical.byteOffset, canonical.byteLength / 4)
}

export function hashBytes(
  offsets: Int32Array,
  data: Uint8Array,
  n: number,
  seeds: Uint32Array | undefined,
  out: Uint32Array,
): void {
  for (let i = 0; i < n; i++) {
    let at = offsets[i]!
    const end = offsets[i + 1]!
    const bytes = end - at
    let h = seeds === undefined ? 0 : seeds[i]!
    for (; at + 4 <= end; at += 4) {
      h = absorb(
        h,
        data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24),
      )
    }
    let k = 0
    for (let shift = 0; at < end; at++, shift += 8) k |= data[at]! << shift
    out[i] = finish(h ^ scramble(k) ^ bytes)
  }
}
