// The scalar twin of the NDJSON scanner for flat objects of known keys, as one writes it in
// JavaScript over typed arrays when JSON.parse is too slow: one pass over the bytes, no string made
// but for keys that are not where they were in the last line, and for strings with escapes.
//
// It takes well-formed lines: malformed ones are what the tests compare with JSON.parse.
import { isUtf8, putNumber, TwinColumn, type TwinSpec } from './twin-column.ts'

const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const COLON = 58
const BRACE = 125
const LF = 10

export class JsonTwin {
  readonly columns: TwinColumn[]
  rows = 0
  readonly #keys: Uint8Array[]
  readonly #names: Map<string, number>
  #next = 0

  constructor(specs: Readonly<Record<string, TwinSpec>>, rowsMax: number) {
    const names = Object.keys(specs)
    this.columns = Object.values(specs).map((spec) => new TwinColumn(spec, rowsMax))
    this.#keys = names.map((name) => new TextEncoder().encode(`"${name}":`))
    this.#names = new Map(names.map((name, i) => [name, i]))
  }

  /** Reads lines; the bytes end in a line feed. */
  scan(bytes: Uint8Array): void {
    let p = 0
    while (p < bytes.length) {
      if (bytes[p] === LF) {
        p++
        continue
      }
      p = this.#line(bytes, p + 1)
      this.rows++
    }
  }

  #line(bytes: Uint8Array, start: number): number {
    const { columns } = this
    for (const column of columns) column.null(this.rows)
    let p = start
    for (let expected = 0; ; expected++) {
      const index = this.#key(bytes, p, expected)
      p = this.#value(bytes, this.#next, columns[index]!)
      while (bytes[p] !== COMMA && bytes[p] !== BRACE) p++
      if (bytes[p++] === BRACE) break
    }
    while (bytes[p] !== LF) p++
    return p + 1
  }

  // The column of the key at p; leaves the position of its value.
  #key(bytes: Uint8Array, p: number, expected: number): number {
    const key = this.#keys[expected]
    if (key !== undefined) {
      let i = 0
      while (i < key.length && bytes[p + i] === key[i]) i++
      if (i === key.length) {
        this.#next = p + i
        return expected
      }
    }
    const close = bytes.indexOf(QUOTE, p + 1)
    this.#next = bytes.indexOf(COLON, close) + 1
    return this.#names.get(Buffer.from(bytes.subarray(p + 1, close)).toString())!
  }

  #value(bytes: Uint8Array, p: number, column: TwinColumn): number {
    const { rows } = this
    const first = bytes[p]
    if (first === 110) return p + 4
    if (first === 116 || first === 102) {
      column.numbers[rows] = first === 116 ? 1 : 0
      column.valid[rows] = 1
      return p + (first === 116 ? 4 : 5)
    }
    let end = p + 1
    if (first !== QUOTE) {
      while (bytes[end] !== COMMA && bytes[end] !== BRACE) end++
      putNumber(column, rows, bytes, p, end)
      return end
    }
    while (bytes[end] !== QUOTE && bytes[end] !== BACKSLASH) end++
    if (bytes[end] === QUOTE) {
      if (isUtf8(bytes, p + 1, end)) column.append(rows, bytes, p + 1, end)
      return end + 1
    }
    for (; bytes[end] !== QUOTE; end++) if (bytes[end] === BACKSLASH) end++
    const text = JSON.parse(Buffer.from(bytes.subarray(p, end + 1)).toString()) as string
    const decoded = new TextEncoder().encode(text)
    column.append(rows, decoded, 0, decoded.length)
    return end + 1
  }
}
