// Twins of the comparison kernels for utf8 columns, byte by byte.
import type { Utf8Rows } from './utf8.ts'

/** Below 0, 0 or above 0 as row i of a sorts before, with or after row j of b. */
export function compareRows(a: Utf8Rows, i: number, b: Utf8Rows, j: number): number {
  let p = a.offsets[i]!
  let q = b.offsets[j]!
  const aEnd = a.offsets[i + 1]!
  const bEnd = b.offsets[j + 1]!
  while (p < aEnd && q < bEnd) {
    const difference = a.values[p++]! - b.values[q++]!
    if (difference !== 0) return difference
  }
  return aEnd - p - (bEnd - q)
}

/** The bitmap of rows of a whose order against b (against its row 0 if `constant`) is accepted. */
export function stringCompare(
  a: Utf8Rows,
  b: Utf8Rows,
  constant: boolean,
  accepts: (order: number) => boolean,
  out: Uint8Array,
): void {
  out.fill(0)
  for (let i = 0; i + 1 < a.offsets.length; i++) {
    if (accepts(compareRows(a, i, b, constant ? 0 : i))) out[i >> 3]! |= 1 << (i & 7)
  }
}

/** The bitmap of rows equal to one text. */
export function equalToText(a: Utf8Rows, text: Uint8Array, out: Uint8Array): void {
  out.fill(0)
  const { offsets, values } = a
  for (let i = 0; i + 1 < offsets.length; i++) {
    const start = offsets[i]!
    if (offsets[i + 1]! - start !== text.length) continue
    let j = 0
    while (j < text.length && values[start + j] === text[j]) j++
    if (j === text.length) out[i >> 3]! |= 1 << (i & 7)
  }
}

/** The bitmap of rows that start with a text. */
export function startsWithText(a: Utf8Rows, text: Uint8Array, out: Uint8Array): void {
  out.fill(0)
  const { offsets, values } = a
  for (let i = 0; i + 1 < offsets.length; i++) {
    const start = offsets[i]!
    if (offsets[i + 1]! - start < text.length) continue
    let j = 0
    while (j < text.length && values[start + j] === text[j]) j++
    if (j === text.length) out[i >> 3]! |= 1 << (i & 7)
  }
}
