// Scalar twin of the LZ4 block kernel: oracle of the tests, opponent of the benchmark.

/** Decompresses a block into all of `out`; false when it is broken, or of another length. */
export function lz4Block(from: Uint8Array, out: Uint8Array): boolean {
  let at = 0
  let to = 0
  const extended = (start: number): number => {
    let length = start
    for (let byte = 255; byte === 255;) {
      if (at >= from.length) return Infinity
      byte = from[at++]!
      length += byte
    }
    return length
  }
  while (at < from.length) {
    const token = from[at++]!
    const literals = token >> 4 === 15 ? extended(15) : token >> 4
    if (literals > from.length - at || literals > out.length - to) return false
    out.set(from.subarray(at, at + literals), to)
    at += literals
    to += literals
    if (at === from.length) return to === out.length
    if (from.length - at < 2) return false
    const offset = from[at]! | (from[at + 1]! << 8)
    at += 2
    const length = ((token & 15) === 15 ? extended(15) : token & 15) + 4
    if (offset === 0 || offset > to || length > out.length - to) return false
    if (offset >= length) out.copyWithin(to, to - offset, to - offset + length)
    else for (let i = 0; i < length; i++) out[to + i] = out[to + i - offset]!
    to += length
  }
  return false
}

export interface Sequence {
  readonly literals: Uint8Array
  /** Taken modulo what there is, and from 4 up. */
  readonly offset: number
  readonly length: number
}

/** A block of these sequences and last literals, and what it decompresses to. */
export function lz4Sequences(
  sequences: readonly Sequence[],
  last: Uint8Array,
): { readonly block: Uint8Array; readonly plain: Uint8Array } {
  const block: number[] = []
  const plain: number[] = []
  const extend = (length: number): void => {
    let left = length - 15
    for (; left >= 255; left -= 255) block.push(255)
    block.push(left)
  }
  const begin = (literals: Uint8Array, match: number): void => {
    block.push((Math.min(15, literals.length) << 4) | Math.min(15, match))
    if (literals.length >= 15) extend(literals.length)
    block.push(...literals)
    plain.push(...literals)
  }
  for (const { literals, offset, length } of sequences) {
    if (plain.length + literals.length === 0) continue
    begin(literals, length)
    const back = 1 + (offset % plain.length)
    block.push(back & 255, back >> 8)
    if (length >= 15) extend(length)
    for (let i = 0; i < length + 4; i++) plain.push(plain[plain.length - back]!)
  }
  begin(last, 0)
  return { block: Uint8Array.from(block), plain: Uint8Array.from(plain) }
}
