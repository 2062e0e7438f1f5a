// Twins of the case kernels: JavaScript's mapping code point by code point, where it gives one code
// point; else Unicode's simple mapping, which JavaScript has for the letters with a title case.
import { mapRows, type Utf8Rows } from './utf8.ts'

export function upper(text: string): string {
  const all = text.toUpperCase()
  // No letter became several.
  if (all.length === text.length) return all
  let out = ''
  for (const letter of text) {
    const mapped = letter.toUpperCase()
    out += [...mapped].length === 1 ? mapped : (TITLE_CASE.get(letter) ?? letter)
  }
  return out
}

export function lower(text: string): string {
  // A final sigma depends on what is around it; dotted İ becomes two.
  if (!/[Σİ]/.test(text)) return text.toLowerCase()
  let out = ''
  for (const letter of text) out += letter === 'İ' ? 'i' : letter.toLowerCase()
  return out
}

export function stringCase(rows: Utf8Rows, toUpper: boolean, out: Utf8Rows): number {
  return mapRows(rows, toUpper ? upper : lower, out)
}

// Greek letters with an iota subscript: U+1F80..1FAF in groups of eight small, eight title case.
const TITLE_CASE = new Map<string, string>()
for (let point = 0x1f80; point < 0x1fb0; point++) {
  if ((point & 8) === 0)
    TITLE_CASE.set(String.fromCodePoint(point), String.fromCodePoint(point + 8))
}
for (const point of [0x1fb3, 0x1fc3, 0x1ff3]) {
  TITLE_CASE.set(String.fromCodePoint(point), String.fromCodePoint(point + 9))
}
