// Twin of the LIKE kernel: JavaScript's regular expressions, by code points.
import { mapRows, type Utf8Rows } from './utf8.ts'

/** The regular expression of a pattern. */
export function likeExpression(pattern: string): RegExp {
  const parts = pattern.match(/\\?./gsu) ?? []
  const source = parts.map((part) => {
    if (part === '%') return '.*'
    if (part === '_') return '.'
    return part.replace(/^\\/, '').replace(/[\\^$.*+?()[\]{}|/]/u, '\\$&')
  })
  return new RegExp(`^${source.join('')}$`, 'su')
}

/** The bitmap of rows that match. */
export function stringLike(rows: Utf8Rows, expression: RegExp, out: Uint8Array): void {
  out.fill(0)
  const none = { offsets: new Int32Array(rows.offsets.length), values: new Uint8Array(0) }
  const note = (text: string, row: number): string => {
    if (expression.test(text)) out[row >> 3]! |= 1 << (row & 7)
    return ''
  }
  mapRows(rows, note, none)
}
