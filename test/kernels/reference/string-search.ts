// Twins of the search kernels for utf8 columns.
import { mapRows, type Utf8Rows } from './utf8.ts'

/** The bitmap of rows that contain a text of at least one byte. */
export function containsText(
  { offsets, values }: Utf8Rows,
  text: Uint8Array,
  out: Uint8Array,
): void {
  out.fill(0)
  const first = text[0]!
  for (let i = 0; i + 1 < offsets.length; i++) {
    const last = offsets[i + 1]! - text.length
    for (let p = offsets[i]!; p <= last; p++) {
      if (values[p] !== first) continue
      let j = 1
      while (j < text.length && values[p + j] === text[j]) j++
      if (j === text.length) {
        out[i >> 3]! |= 1 << (i & 7)
        break
      }
    }
  }
}

/** In code points. */
export function indexOf(text: string, part: string): number {
  const at = text.indexOf(part)
  const before = text.slice(0, at)
  return at < 0 ? -1 : [...before].length
}

/** Looks at bytes, and counts the code points before the place. */
export function stringIndexOf(
  { offsets, values }: Utf8Rows,
  text: Uint8Array,
  out: Int32Array,
): void {
  for (let i = 0; i < out.length; i++) {
    const last = offsets[i + 1]! - text.length
    let points = 0
    let found = -1
    for (let p = offsets[i]!; p <= last && found < 0; p++) {
      if ((values[p]! & 0xc0) === 0x80) continue
      let j = 0
      while (j < text.length && values[p + j] === text[j]) j++
      if (j === text.length) found = points
      points++
    }
    out[i] = found
  }
}

export function splitPart(text: string, delimiter: string, index: number): string {
  return (delimiter === '' ? [text] : text.split(delimiter)).at(index) ?? ''
}

export function stringSplitPart(
  rows: Utf8Rows,
  delimiter: string,
  index: number,
  out: Utf8Rows,
): number {
  return mapRows(rows, (text) => splitPart(text, delimiter, index), out)
}

export function replace(text: string, what: string, replacement: string): string {
  return what === '' ? text : text.split(what).join(replacement)
}

export function stringReplace(
  rows: Utf8Rows,
  what: string,
  replacement: string,
  out: Utf8Rows,
): number {
  return mapRows(rows, (text) => replace(text, what, replacement), out)
}
