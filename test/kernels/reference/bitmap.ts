// Scalar twins of the bitmap kernels: oracle of the tests, opponent of the benchmarks.

/** out = a op b over whole bytes. */
export function logic(
  op: 'and' | 'or' | 'andNot' | 'xor',
  a: Uint8Array,
  b: Uint8Array,
  out: Uint8Array,
): void {
  const bytes = out.length
  switch (op) {
    case 'and':
      for (let i = 0; i < bytes; i++) out[i] = a[i]! & b[i]!
      break
    case 'or':
      for (let i = 0; i < bytes; i++) out[i] = a[i]! | b[i]!
      break
    case 'andNot':
      for (let i = 0; i < bytes; i++) out[i] = a[i]! & ~b[i]!
      break
    case 'xor':
      for (let i = 0; i < bytes; i++) out[i] = a[i]! ^ b[i]!
      break
  }
}

/** Three-valued and over values and validity, by bytes. */
export function kleeneAnd(
  a: Uint8Array,
  aValidity: Uint8Array,
  b: Uint8Array,
  bValidity: Uint8Array,
  out: Uint8Array,
  outValidity: Uint8Array,
): void {
  for (let i = 0; i < out.length; i++) {
    const aTrue = a[i]! & aValidity[i]!
    const bTrue = b[i]! & bValidity[i]!
    const aFalse = aValidity[i]! & ~a[i]!
    const bFalse = bValidity[i]! & ~b[i]!
    out[i] = aTrue & bTrue
    outValidity[i] = (aValidity[i]! & bValidity[i]!) | aFalse | bFalse
  }
}

/** Three-valued or over values and validity, by bytes. */
export function kleeneOr(
  a: Uint8Array,
  aValidity: Uint8Array,
  b: Uint8Array,
  bValidity: Uint8Array,
  out: Uint8Array,
  outValidity: Uint8Array,
): void {
  for (let i = 0; i < out.length; i++) {
    const aTrue = a[i]! & aValidity[i]!
    const bTrue = b[i]! & bValidity[i]!
    out[i] = aTrue | bTrue
    outValidity[i] = (aValidity[i]! & bValidity[i]!) | aTrue | bTrue
  }
}

const ONES_OF_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0
  for (let rest = byte; rest > 0; rest &= rest - 1) ones++
  return ones
})

export function countSet(bits: Uint8Array): number {
  let total = 0
  for (let i = 0; i < bits.length; i++) total += ONES_OF_BYTE[bits[i]!]!
  return total
}

/** Copies n bits from bit `from` to bit 0. */
export function copy(bits: Uint8Array, from: number, n: number, out: Uint8Array): void {
  const shift = from & 7
  const bytes = (n + 7) >> 3
  for (let i = 0, at = from >> 3; i < bytes; i++, at++) {
    out[i] = (bits[at]! >> shift) | ((bits[at + 1] ?? 0) << (8 - shift))
  }
  if (n & 7) out[bytes - 1]! &= (1 << (n & 7)) - 1
}

/** Writes n bits behind the first `at` bits of out. */
export function append(out: Uint8Array, at: number, bits: Uint8Array, n: number): void {
  for (let row = 0; row < n; row++) {
    const to = at + row
    const bit = (bits[row >> 3]! >> (row & 7)) & 1
    out[to >> 3] = (out[to >> 3]! & ~(1 << (to & 7))) | (bit << (to & 7))
  }
}

export function fromBytes(bytes: Uint8Array, out: Uint8Array): void {
  out.fill(0)
  for (let row = 0; row < bytes.length; row++) {
    if (bytes[row] !== 0) out[row >> 3]! |= 1 << (row & 7)
  }
}

export function toBytes(bits: Uint8Array, n: number, out: Uint8Array): void {
  for (let row = 0; row < n; row++) out[row] = (bits[row >> 3]! >> (row & 7)) & 1
}

/** The rows whose bit is set; returns how many. */
export function toSelection(bits: Uint8Array, n: number, out: Uint32Array): number {
  let length = 0
  for (let row = 0; row < n; row++) {
    if (((bits[row >> 3]! >> (row & 7)) & 1) !== 0) out[length++] = row
  }
  return length
}

export function fromSelection(rows: Uint32Array, count: number, out: Uint8Array): void {
  out.fill(0)
  for (let i = 0; i < count; i++) out[rows[i]! >> 3]! |= 1 << (rows[i]! & 7)
}
