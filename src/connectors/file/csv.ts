// CSV (RFC 4180) as a file format: records to columns and back by the kernels of csv-scan and
// csv-encode.
//
// V1  Columns are found by their names in the header, in any order; fields that no column wants are
//     skipped. A record with more or fewer fields than the header is malformed.
// V2  A file is split at records. Where quoted fields may hold line feeds (`multiline`, which is
//     the default), planning reads a large file once to find such places.
import { DataflowError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { Schema } from '../../columnar/schema.ts'
import { typeName } from '../../columnar/type.ts'
import { CsvEncoder } from '../../kernels/line-encode.ts'
import { NO_QUOTE } from '../../kernels/line-scan.ts'
import type { SourceReader, WriterContext } from '../connector.ts'
import { type CsvDialect, csvDialect, csvHeader, csvRecordAt, fieldsOf } from './csv-dialect.ts'
import type { FileEncoder, FileFormat, FileReaderContext } from './format.ts'
import { guessTextTypes, type TextRecord } from './guess-schema.ts'
import { LineEncoder } from './line-encoder.ts'
import { type LineHead, readLineHead } from './line-head.ts'
import { type LineFile, LineReader } from './line-reader.ts'
import { type LineSplit, planLines } from './line-splits.ts'

/** Records that a schema is guessed from. */
const GUESS_RECORDS = 1_000
const LF = 10
const CR = 13

export const csvFormat: FileFormat = {
  name: 'csv',
  extensions: ['.csv', '.tsv', '.txt'],

  schema(path: string, options: Json): Schema {
    const dialect = csvDialect(options)
    const head = readLineHead(path)
    const { names, bytes } = namesOf(path, head, dialect)
    const records = recordsOf(head, bytes - head.markBytes, dialect)
    const types = guessTextTypes(names.length, records, Buffer.from(dialect.nullText).toString())
    return new Schema(names.map((name, i) => ({ name, type: types[i]! })))
  },

  plan(path: string, options: Json, splitBytes: number): readonly LineSplit[] {
    const { multiline, quote } = csvDialect(options)
    return planLines(path, splitBytes, multiline && quote !== NO_QUOTE ? quote : undefined)
  },

  reader(context: FileReaderContext, options: Json): SourceReader {
    const dialect = csvDialect(options)
    const { schema } = context
    refuseNested(schema)
    return new LineReader(context, (path) => lineFile(path, schema, dialect))
  },

  encoder(context: WriterContext, options: Json): FileEncoder {
    const { header, delimiter, quote, nullText } = csvDialect(options)
    const { kernels, schema } = context
    refuseNested(schema)
    const style = { delimiter, quote: quote === NO_QUOTE ? 0x22 : quote, nullText }
    const encoder = new CsvEncoder(kernels, style)
    const names = schema.names.map((name) => Buffer.from(encoder.field(name)).toString())
    const line = header ? `${names.join(String.fromCharCode(delimiter))}\n` : ''
    return new LineEncoder(context, encoder, Buffer.from(line))
  },
}

function lineFile(path: string, schema: Schema, dialect: CsvDialect): LineFile {
  const { delimiter, quote, multiline, nullText } = dialect
  const head = readLineHead(path)
  const isNamed = dialect.header || dialect.columns !== undefined
  const { names, bytes } = isNamed
    ? namesOf(path, head, dialect)
    : { names: schema.names, bytes: head.markBytes }
  return {
    lines: { kind: 'csv', fieldCount: names.length, delimiter, quote, multiline, nullText },
    headBytes: bytes,
    fields: fieldsOf(path, names, schema.names),
    valueEnds: [delimiter, LF, CR],
  }
}

/** The names of the fields, and the bytes before the first record. */
function namesOf(
  path: string,
  head: LineHead,
  dialect: CsvDialect,
): { readonly names: readonly string[]; readonly bytes: number } {
  if (dialect.header) return csvHeader(path, head, dialect)
  if (dialect.columns !== undefined) return { names: dialect.columns, bytes: head.markBytes }
  const first = csvRecordAt(head.bytes, 0, dialect, head.isWhole)
  const names = (first?.fields ?? ['']).map((_, i) => `column${i + 1}`)
  return { names, bytes: head.markBytes }
}

function* recordsOf(head: LineHead, start: number, dialect: CsvDialect): Generator<TextRecord> {
  let at = start
  for (let i = 0; i < GUESS_RECORDS && at < head.bytes.length; i++) {
    const record = csvRecordAt(head.bytes, at, dialect, head.isWhole)
    if (record === undefined) return
    yield record
    at = record.end
  }
}

function refuseNested(schema: Schema): void {
  const nested = schema.fields.find(({ type }) => type.kind === 'list' || type.kind === 'struct')
  if (nested === undefined) return
  throw new DataflowError(
    'UNSUPPORTED',
    `CSV has no ${typeName(nested.type)} (column '${nested.name}'); use NDJSON, Arrow or ` +
      'Parquet, or leave the column out',
    { context: { column: nested.name } },
  )
}
