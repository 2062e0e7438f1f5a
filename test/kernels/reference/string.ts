// Twins of the string kernels: one function of a JavaScript string each, and loops over typed
// arrays for those that need no string.
import { mapRows, type Utf8Rows } from './utf8.ts'

/** Code points of each row: the bytes that do not continue one. */
export function stringLength({ offsets, values }: Utf8Rows, out: Int32Array): void {
  for (let i = 0; i < out.length; i++) {
    let count = 0
    for (let p = offsets[i]!; p < offsets[i + 1]!; p++) if ((values[p]! & 0xc0) !== 0x80) count++
    out[i] = count
  }
}

export function stringConcat(parts: readonly Utf8Rows[], n: number, out: Utf8Rows): number {
  let at = 0
  for (let i = 0; i < n; i++) {
    for (const { offsets, values } of parts) {
      for (let p = offsets[i]!; p < offsets[i + 1]!; p++) out.values[at++] = values[p]!
    }
    out.offsets[i + 1] = at
  }
  return at
}

export function substring(text: string, start: number, length: number): string {
  const points = [...text]
  const from = start < 0 ? Math.max(0, points.length + start) : start
  return points.slice(from, from + Math.max(0, length)).join('')
}

export function stringSubstring(
  rows: Utf8Rows,
  start: number,
  length: number,
  out: Utf8Rows,
): number {
  return mapRows(rows, (text) => substring(text, start, length), out)
}

/** The first code points, or the last; below 0, without so many at the other end. */
export function side(text: string, of: 'left' | 'right', count: number): string {
  const points = [...text]
  const cut = count >= 0 === (of === 'left') ? Math.abs(count) : points.length - Math.abs(count)
  const parts = of === 'left' ? points.slice(0, Math.max(0, cut)) : points.slice(Math.max(0, cut))
  return parts.join('')
}

export function stringLeft(rows: Utf8Rows, count: number, out: Utf8Rows): number {
  return mapRows(rows, (text) => side(text, 'left', count), out)
}

export const reverse = (text: string): string => [...text].toReversed().join('')

export function stringReverse(rows: Utf8Rows, out: Utf8Rows): number {
  return mapRows(rows, reverse, out)
}

export function stringTrim(rows: Utf8Rows, out: Utf8Rows): number {
  return mapRows(rows, (text) => text.trim(), out)
}

/** The place of the first byte that is not valid UTF-8, or -1. */
export function firstInvalidUtf8(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length;) {
    const lead = bytes[i]!
    const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    if (length === 0 || lead > 0xf4 || i + length > bytes.length) return i
    for (let j = 1; j < length; j++) if ((bytes[i + j]! & 0xc0) !== 0x80) return i
    const second = bytes[i + 1]!
    if (lead === 0xe0 && second < 0xa0) return i
    if (lead === 0xed && second > 0x9f) return i
    if (lead === 0xf0 && second < 0x90) return i
    if (lead === 0xf4 && second > 0x8f) return i
    i += length
  }
  return -1
}
