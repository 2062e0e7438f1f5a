// How a CSV file is written, and its header: read in JavaScript, once a file.
import { DataflowError, didYouMean } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { NO_QUOTE } from '../../kernels/line-scan.ts'
import { HEAD_BYTES, type LineHead } from './line-head.ts'

/** The options of the CSV format. */
export interface CsvOptions {
  /** One ASCII character between fields; a comma unless said otherwise. */
  readonly delimiter?: string
  /** One ASCII character around fields that need it, or '' for none; `"` unless said otherwise. */
  readonly quote?: string
  /** The first record names the columns; true unless said otherwise. */
  readonly header?: boolean
  /** Without a header: the names of all fields, in order. */
  readonly columns?: readonly string[]
  /** The unquoted text that stands for null; the empty field unless said otherwise. */
  readonly nullValue?: string
  /**
   * May a quoted field hold line feeds? True unless said otherwise: then a file that is read by
   * several readers is read once more, to find places to split it that are not within quotes. With
   * false, a line feed ends every record, and a quoted field that holds one is malformed.
   */
  readonly multiline?: boolean
}

export interface CsvDialect {
  readonly delimiter: number
  readonly quote: number
  readonly header: boolean
  readonly columns: readonly string[] | undefined
  readonly nullText: Uint8Array
  readonly multiline: boolean
}

/** @throws CONFIG_INVALID */
export function csvDialect(options: Json): CsvDialect {
  const given = (options ?? {}) as CsvOptions
  const { delimiter = ',', quote = '"', header = true, nullValue = '', multiline = true } = given
  // Numbers and times are written without quotes, so nothing of theirs may separate.
  if (!isAscii(delimiter) || /[0-9A-Za-z+.:\r\n-]/.test(delimiter) || delimiter === quote) {
    throw invalid(`delimiter must be one ASCII character that no number has, not`, delimiter)
  }
  if (quote !== '' && (!isAscii(quote) || /[0-9A-Za-z+.:\r\n-]/.test(quote))) {
    throw invalid(`quote must be one ASCII character that no number has, or '', not`, quote)
  }
  if (nullValue.includes(delimiter) || /[\r\n]/.test(nullValue)) {
    throw invalid('nullValue must hold no delimiter and no line break; it is', nullValue)
  }
  return {
    delimiter: delimiter.charCodeAt(0),
    quote: quote === '' ? NO_QUOTE : quote.charCodeAt(0),
    header,
    columns: given.columns,
    nullText: new TextEncoder().encode(nullValue),
    multiline,
  }
}

const isAscii = (text: string): boolean => text.length === 1 && text.charCodeAt(0) < 128

function invalid(what: string, value: string): DataflowError {
  return new DataflowError('CONFIG_INVALID', `csv: ${what} ${JSON.stringify(value)}`)
}

export interface CsvRecord {
  readonly fields: readonly string[]
  /** Which fields were quoted: then they are text. */
  readonly quoted: readonly boolean[]
  /** Behind its line feed. */
  readonly end: number
}

const LF = 10
const CR = 13

/** The record at `start`; undefined when the bytes end before it does. */
export function csvRecordAt(
  bytes: Uint8Array,
  start: number,
  dialect: CsvDialect,
  isWhole: boolean,
): CsvRecord | undefined {
  const { delimiter, quote } = dialect
  const fields: string[] = []
  const quoted: boolean[] = []
  let p = start
  for (;;) {
    const isQuoted = bytes[p] === quote
    const parts: Uint8Array[] = []
    if (isQuoted) {
      do {
        const close = bytes.indexOf(quote, p + 1)
        if (close < 0) return undefined
        // The first quote of two belongs to the text.
        const end = bytes[close + 1] === quote ? close + 1 : close
        parts.push(bytes.subarray(p + 1, end))
        p = close + 1
      } while (bytes[p] === quote)
      if (bytes[p] === CR) p++
    } else {
      const from = p
      while (p < bytes.length && bytes[p] !== delimiter && bytes[p] !== LF) p++
      const end = bytes[p] !== delimiter && bytes[p - 1] === CR && p > from ? p - 1 : p
      parts.push(bytes.subarray(from, end))
    }
    if (p >= bytes.length && !isWhole) return undefined
    fields.push(Buffer.concat(parts).toString('utf8'))
    quoted.push(isQuoted)
    if (bytes[p++] !== delimiter) return { fields, quoted, end: Math.min(p, bytes.length) }
  }
}

export interface CsvHeader {
  readonly names: readonly string[]
  /** Bytes of the file before its first record: mark and header. */
  readonly bytes: number
}

/**
 * The names of a file's fields.
 * @throws FORMAT_INVALID without a header, or one that does not end
 */
export function csvHeader(path: string, head: LineHead, dialect: CsvDialect): CsvHeader {
  const { bytes, markBytes, isWhole } = head
  let start = 0
  while (bytes[start] === LF || (bytes[start] === CR && bytes[start + 1] === LF)) {
    start += bytes[start] === LF ? 1 : 2
  }
  const context = { location: path }
  if (start >= bytes.length) {
    const message = `${path} has no header: it is empty; say header: false if it may be`
    throw new DataflowError('FORMAT_INVALID', message, { context })
  }
  const record = csvRecordAt(bytes, start, dialect, isWhole)
  if (record === undefined) {
    const message =
      `${path}: the header does not end within ${HEAD_BYTES} bytes; is there a quote that is not ` +
      'closed, or is it no CSV?'
    throw new DataflowError('FORMAT_INVALID', message, { context })
  }
  return { names: record.fields, bytes: markBytes + record.end }
}

/**
 * Which field each column is.
 * @throws SCHEMA_MISMATCH for a column that is not there, or there twice
 */
export function fieldsOf(
  path: string,
  names: readonly string[],
  columns: readonly string[],
): number[] {
  return columns.map((column) => {
    const field = names.indexOf(column)
    const isTwice = field >= 0 && names.indexOf(column, field + 1) >= 0
    if (field >= 0 && !isTwice) return field
    const message = isTwice
      ? `${path} has two columns '${column}'; rename one in its header`
      : `${path} has no column '${column}'.${didYouMean(column, names)}`
    throw new DataflowError('SCHEMA_MISMATCH', message, { context: { location: path, column } })
  })
}
