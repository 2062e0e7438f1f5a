// The scalar twin of the CSV scanner, as one writes it in JavaScript over typed arrays: one pass
// over the bytes, field by field, numbers made from digits and not from strings. It is the oracle
// of the property tests and the opponent in the benchmark, and knows the column types that both
// use.
//
// It reads a whole input that ends in a line feed; malformed records are listed and left out.
import { ascii, isUtf8, putNumber, TwinColumn, type TwinSpec } from './twin-column.ts'

export interface TwinOptions {
  readonly columns: readonly TwinSpec[]
  readonly fieldCount: number
  /** The field of each column. */
  readonly fields: readonly number[]
  readonly delimiter: number
  readonly quote: number
  readonly multiline: boolean
  readonly nullText: string
  readonly recordBytesMax: number
}

export interface TwinFault {
  readonly kind: string
  readonly start: number
  readonly end: number
}

const CR = 13
const LF = 10

export class CsvTwin {
  readonly columns: TwinColumn[]
  readonly faults: TwinFault[] = []
  rows = 0
  readonly #o: TwinOptions
  readonly #starts: Int32Array
  readonly #ends: Int32Array
  readonly #nullText: Uint8Array
  #next = 0
  #found = 0

  constructor(options: TwinOptions, rowsMax: number) {
    this.#o = options
    this.columns = options.columns.map((spec) => new TwinColumn(spec, rowsMax))
    this.#starts = new Int32Array(options.fieldCount)
    this.#ends = new Int32Array(options.fieldCount)
    this.#nullText = new TextEncoder().encode(options.nullText)
  }

  scan(bytes: Uint8Array): void {
    const { fieldCount, recordBytesMax, quote } = this.#o
    for (let at = 0; at < bytes.length; at = this.#next) {
      let fault = this.#record(bytes, at)
      if (fault === '' && this.#next - 1 - at > recordBytesMax) fault = 'too-large'
      if (fault !== '') {
        // A broken structure ends at its first line feed.
        this.#next = bytes.indexOf(LF, at) + 1
      } else if (this.#found !== fieldCount) {
        const isEmpty = this.#starts[0] === this.#ends[0] && bytes[at] !== quote
        if (this.#found === 1 && isEmpty) continue
        fault = this.#found < fieldCount ? 'too-few-fields' : 'too-many-fields'
      } else {
        fault = this.#fields(bytes)
      }
      if (fault === '') {
        this.rows++
      } else {
        this.faults.push({ kind: fault, start: at, end: this.#next })
      }
    }
  }

  // Finds the spans of a record's fields, quotes included.
  #record(bytes: Uint8Array, at: number): string {
    const { delimiter, quote, fieldCount, recordBytesMax } = this.#o
    let p = at
    let found = 0
    for (;;) {
      const start = p
      if (bytes[p] === quote) {
        p = this.#closingQuote(bytes, p + 1)
        if (bytes[p] !== quote) return p - at > recordBytesMax ? 'too-large' : 'quote-open'
        p++
        if (bytes[p] === CR && bytes[p + 1] === LF) p++
      } else {
        while (bytes[p] !== delimiter && bytes[p] !== LF && bytes[p] !== quote) p++
      }
      if (bytes[p] !== delimiter && bytes[p] !== LF) {
        return p - at > recordBytesMax ? 'too-large' : 'quote-stray'
      }
      if (found < fieldCount) {
        this.#starts[found] = start
        this.#ends[found] = p
      }
      found++
      if (bytes[p++] === LF) break
    }
    if (found <= fieldCount) {
      const end = this.#ends[found - 1]!
      if (end > this.#starts[found - 1]! && bytes[end - 1] === CR) this.#ends[found - 1] = end - 1
    }
    this.#found = found
    this.#next = p
    return ''
  }

  // The closing quote, or where it is certain that there is none.
  #closingQuote(bytes: Uint8Array, from: number): number {
    const { quote, multiline } = this.#o
    // Where a quoted field may hold no line feed, one stops the search.
    const stop = multiline ? quote : LF
    let p = from
    for (;;) {
      while (p < bytes.length && bytes[p] !== quote && bytes[p] !== stop) p++
      if (p >= bytes.length || bytes[p] !== quote || bytes[p + 1] !== quote) return p
      p += 2
    }
  }

  #fields(bytes: Uint8Array): string {
    for (let c = 0; c < this.columns.length; c++) {
      const fault = this.#field(this.columns[c]!, bytes, this.#o.fields[c]!)
      if (fault === '') continue
      for (const column of this.columns) column.rewind(this.rows)
      return fault
    }
    return ''
  }

  #field(column: TwinColumn, bytes: Uint8Array, field: number): string {
    const { quote } = this.#o
    const isText = column.spec.kind === 'utf8'
    let start = this.#starts[field]!
    let end = this.#ends[field]!
    let text = bytes
    if (this.#isNull(bytes, start, end)) {
      if (column.spec.nullable || !isText || end > start) return this.#null(column)
    } else if (bytes[start] === quote && end > start) {
      start++
      end--
      if (start === end && !isText) return this.#null(column)
      if (bytes.subarray(start, end).includes(quote)) {
        const q = String.fromCharCode(quote)
        const raw = Buffer.from(bytes.subarray(start, end)).toString('latin1')
        text = Buffer.from(raw.replaceAll(q + q, q), 'latin1')
        start = 0
        end = text.length
      }
    } else if (start === end && !isText) {
      return this.#null(column)
    }
    return this.#value(column, text, start, end)
  }

  #isNull(bytes: Uint8Array, start: number, end: number): boolean {
    const text = this.#nullText
    if (end - start !== text.length) return false
    for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false
    return true
  }

  #null(column: TwinColumn): string {
    if (!column.spec.nullable) return 'null'
    column.null(this.rows)
    return ''
  }

  #value(column: TwinColumn, bytes: Uint8Array, start: number, end: number): string {
    if (column.spec.kind === 'utf8') {
      if (!isUtf8(bytes, start, end)) return 'utf8'
      column.append(this.rows, bytes, start, end)
      return ''
    }
    if (column.spec.kind !== 'bool') return putNumber(column, this.rows, bytes, start, end)
    const value = ascii(bytes, start, end).toLowerCase()
    const isTrue = ['true', 't', 'yes', 'y', '1'].includes(value)
    if (!isTrue && !['false', 'f', 'no', 'n', '0'].includes(value)) return 'syntax'
    column.numbers[this.rows] = isTrue ? 1 : 0
    column.valid[this.rows] = 1
    return ''
  }
}
