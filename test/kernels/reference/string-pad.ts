// Twins of the kernels that pad and repeat texts.
import { mapRows, type Utf8Rows } from './utf8.ts'

/** By code points, where JavaScript's padStart and padEnd count UTF-16. */
export function pad(text: string, end: 'start' | 'end', length: number, fill: string): string {
  const points = [...fill]
  const missing = length - [...text].length
  if (missing <= 0 || points.length === 0) return text
  const rest = points.slice(0, missing % points.length).join('')
  const padding = fill.repeat(Math.floor(missing / points.length)) + rest
  return end === 'start' ? padding + text : text + padding
}

export function stringPadStart(
  rows: Utf8Rows,
  length: number,
  fill: string,
  out: Utf8Rows,
): number {
  return mapRows(rows, (text) => pad(text, 'start', length, fill), out)
}

export function stringRepeat(rows: Utf8Rows, count: number, out: Utf8Rows): number {
  return mapRows(rows, (text) => text.repeat(count), out)
}
