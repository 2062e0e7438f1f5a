// Files as users name them. A source is named by its format, a sink by what it makes:
//
//   env.fromSource(parquet('flights.parquet')) ... .sinkTo(arrowFile('out/flights.arrow'))
//
// Two names a format, because the two take different options and only a source has columns: one
// function for both would have to read a file's schema for an output that is not there yet.
//
// U1  Without a declared schema the file's own is taken when the job is built: from the footer
//     (Parquet, Arrow), or guessed from the first records (CSV, NDJSON), and the row type is then
//     not known to TypeScript. Declare the schema for typed rows.
// U2  Relative paths are relative to the working directory of the process that builds the job.
import { basename, extname } from 'node:path'
import { DataflowError, didYouMean } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { Schema } from '../../columnar/schema.ts'
import type { Fields } from '../../columnar/type.ts'
import type { OnError, SinkSpec, SourceSpec } from '../connector.ts'
import type { IfExists } from './atomic-file.ts'
import { compressionOf } from './compression.ts'
import { csvDialect, type CsvOptions } from './csv-dialect.ts'
import type { FileSinkConfig } from './file-sink.ts'
import type { FileSourceConfig } from './file-source.ts'
import type { Compression } from './format.ts'
import { type FormatName, FORMATS, formatNow } from './formats.ts'
import { absolutePath, expandPaths, type FilePath } from './paths.ts'
import { checkContent } from './sniff.ts'

export type { FilePath } from './paths.ts'

/** One path, or several: files, folders (all their files of the format) or globs, local ones. */
export type FilePaths = FilePath | readonly FilePath[]

/** What every file source takes. */
export interface FileSourceOptions<F extends Fields = Fields> {
  /** The columns that are read, of all that the files have. */
  readonly schema?: F
  /** Without `schema`: the columns that are read, by name. */
  readonly columns?: readonly string[]
  /** What becomes of a malformed record; `'fail'` unless said otherwise. */
  readonly onError?: OnError
}

/** How CSV files are written. */
export type CsvDialectOptions = Omit<CsvOptions, 'columns'>

/**
 * What a CSV source takes. Without a header, a declared schema names all fields of the file, in
 * order.
 */
export interface CsvSourceOptions<F extends Fields = Fields>
  extends FileSourceOptions<F>, CsvDialectOptions {}

type Typed<O, F extends Fields> = O & { readonly schema: F }

/**
 * Parquet files as a source.
 * @throws FILE_NOT_FOUND, FORMAT_INVALID, COLUMN_NOT_FOUND where the schema is read from a file
 */
export function parquet<F extends Fields>(
  path: FilePaths,
  options: Typed<FileSourceOptions<F>, F>,
): SourceSpec<F>
export function parquet(path: FilePaths, options?: FileSourceOptions): SourceSpec
export function parquet(path: FilePaths, options: FileSourceOptions = {}): SourceSpec {
  return source('parquet', path, options, {})
}

/**
 * Arrow IPC files, of the file format (Feather 2) or the stream format, as a source.
 * @throws FILE_NOT_FOUND, FORMAT_INVALID, COLUMN_NOT_FOUND where the schema is read from a file
 */
export function arrow<F extends Fields>(
  path: FilePaths,
  options: Typed<FileSourceOptions<F>, F>,
): SourceSpec<F>
export function arrow(path: FilePaths, options?: FileSourceOptions): SourceSpec
export function arrow(path: FilePaths, options: FileSourceOptions = {}): SourceSpec {
  return source('arrow', path, options, {})
}

/**
 * CSV files, plain or compressed by gzip or zstd, as a source.
 * @throws FILE_NOT_FOUND, FORMAT_INVALID, COLUMN_NOT_FOUND where the schema is read from a file
 */
export function csv<F extends Fields>(
  path: FilePaths,
  options: Typed<CsvSourceOptions<F>, F>,
): SourceSpec<F>
export function csv(path: FilePaths, options?: CsvSourceOptions): SourceSpec
export function csv(path: FilePaths, options: CsvSourceOptions = {}): SourceSpec {
  const { schema, header } = options
  const fields = header === false && schema !== undefined ? Object.keys(schema) : undefined
  return source('csv', path, options, dialect(first(path), { ...options, columns: fields }))
}

/**
 * Files with one JSON object a line, plain or compressed by gzip or zstd, as a source.
 * @throws FILE_NOT_FOUND, FORMAT_INVALID, COLUMN_NOT_FOUND where the schema is read from a file
 */
export function ndjson<F extends Fields>(
  path: FilePaths,
  options: Typed<FileSourceOptions<F>, F>,
): SourceSpec<F>
export function ndjson(path: FilePaths, options?: FileSourceOptions): SourceSpec
export function ndjson(path: FilePaths, options: FileSourceOptions = {}): SourceSpec {
  return source('ndjson', path, options, {})
}

/** What every file sink takes. */
export interface FileSinkOptions {
  /** What to do with a file that is there already; `'replace'` unless said otherwise. */
  readonly ifExists?: IfExists
  /** In a folder, a part is full at this many bytes, counted before compression; 128 MiB. */
  readonly partBytes?: number
  /** In a folder, a part is full at this many rows. */
  readonly partRows?: number
  /**
   * In a folder, columns by whose values it has folders of its own: `out/day=2026-01-01/part-0-0.csv`.
   * They stay in the files, too.
   */
  readonly partitionBy?: readonly string[]
}

/** What sinks into files of lines take. */
export interface LinesSinkOptions extends FileSinkOptions {
  /** Of whole files; by the path's ending (`.gz`, `.zst`) unless said otherwise. */
  readonly compression?: Compression
}

/** What a Parquet sink takes. */
export interface ParquetSinkOptions extends FileSinkOptions {
  /** Of the pages inside the file. */
  readonly compression?: 'none' | 'snappy' | 'zstd'
  /** Rows of a row group: what is read, and held back while writing, as a whole. */
  readonly rowGroupRows?: number
}

/** A Parquet file, or a folder of them where the path ends with '/'. */
export function parquetFile(path: FilePath, options: ParquetSinkOptions = {}): SinkSpec {
  const { compression, rowGroupRows, ...rest } = options
  return sink('parquet', path, rest, { compression, rowGroupRows })
}

/** An Arrow IPC file (`.arrows`: stream), or a folder of them where the path ends with '/'. */
export function arrowFile(path: FilePath, options: FileSinkOptions = {}): SinkSpec {
  const isStream = extname(absolutePath(path)) === '.arrows'
  return sink('arrow', path, options, { container: isStream ? 'stream' : 'file' })
}

/** A CSV file with a header, or a folder of them where the path ends with '/'. */
export function csvFile(
  path: FilePath,
  options: LinesSinkOptions & CsvDialectOptions = {},
): SinkSpec {
  return sink('csv', path, options, dialect(path, options))
}

/** A file of one JSON object a line, or a folder of them where the path ends with '/'. */
export function ndjsonFile(path: FilePath, options: LinesSinkOptions = {}): SinkSpec {
  return sink('ndjson', path, options, {})
}

const PART_BYTES = 128 << 20

function source(
  format: FormatName,
  path: FilePaths,
  { schema, columns, onError = 'fail' }: FileSourceOptions,
  options: Json,
): SourceSpec {
  const written = Array.isArray(path) ? (path as readonly FilePath[]) : [path as FilePath]
  if (written.length === 0) throw new DataflowError('CONFIG_INVALID', `${format}([]): no path`)
  const paths = written.map(absolutePath)
  const fields = schema ?? readFields(format, paths, options, columns)
  const config: FileSourceConfig = {
    format,
    paths,
    schema: Schema.of(fields).fields,
    options,
    onError:
      typeof onError === 'string' ? onError : { deadLetter: absolutePath(onError.deadLetter) },
  }
  return {
    connector: 'file',
    name: `${format} ${basename(paths[0]!)}${paths.length > 1 ? `, ${paths.length - 1} more` : ''}`,
    config: config as unknown as Json,
    schema: fields,
    parallel: true,
  }
}

function readFields(
  format: FormatName,
  paths: readonly string[],
  options: Json,
  columns: readonly string[] | undefined,
): Fields {
  const entry = FORMATS[format]
  const file = expandPaths(paths, entry.endings)[0]!
  checkContent(file, entry)
  const of = formatNow(format)
  const schema = of.schema(file, options)
  if (columns === undefined) return schema.toFields()
  of.checkTypes?.(file, columns)
  const missing = columns.find((name) => !schema.has(name))
  if (missing === undefined) return schema.project(columns).toFields()
  throw new DataflowError(
    'COLUMN_NOT_FOUND',
    `${file} has no column '${missing}'.${didYouMean(missing, schema.names)} ${columns.join(', ')} ` +
      `are read of it, and it has ${schema.names.join(', ')}`,
    { context: { location: file, column: missing } },
  )
}

function sink(
  format: FormatName,
  path: FilePath,
  options: FileSinkOptions & { readonly compression?: Compression },
  formatOptions: Json,
): SinkSpec {
  const absolute = absolutePath(path)
  const isFolder = absolute.endsWith('/')
  if (!isFolder) checkEnding(format, absolute)
  const { partitionBy = [] } = options
  if (partitionBy.length > 0 && !isFolder) {
    const message = `${absolute}: partitionBy makes folders; end the path with '/'`
    throw new DataflowError('CONFIG_INVALID', message, { context: { location: absolute } })
  }
  const config: FileSinkConfig = {
    format,
    path: absolute,
    options: formatOptions,
    compression: options.compression ?? (isFolder ? 'none' : compressionOf(absolute)),
    ifExists: options.ifExists ?? 'replace',
    partBytes: isFolder ? (options.partBytes ?? PART_BYTES) : null,
    partRows: isFolder ? (options.partRows ?? null) : null,
    ...(partitionBy.length > 0 ? { partitionBy } : {}),
  }
  return {
    connector: 'file',
    name: `${format} ${basename(absolute)}${isFolder ? '/' : ''}`,
    config: config as unknown as Json,
    parallelism: isFolder ? undefined : 1,
    ...(partitionBy.length > 0 ? { needs: partitionBy } : {}),
  }
}

/** A file whose ending says another format would only mislead. */
function checkEnding(format: FormatName, path: string): void {
  const compression = compressionOf(path)
  const plain = compression === 'none' ? path : path.slice(0, -extname(path).length)
  const ending = extname(plain).toLowerCase()
  const other = Object.values(FORMATS).find(({ endings }) => endings.some((e) => e === ending))
  const { title, lines, endings } = FORMATS[format]
  const isOther = other !== undefined && other.name !== format
  if (!isOther && (lines || compression === 'none')) return
  const says = isOther
    ? `the ending ${ending} says ${other.title}`
    : `${title} files compress inside`
  const message = `${path}: ${says}; name it ${basename(plain, extname(plain))}${endings[0]}`
  throw new DataflowError('CONFIG_INVALID', message, { context: { location: path } })
}

const first = (path: FilePaths): FilePath =>
  Array.isArray(path) ? ((path as readonly FilePath[])[0] ?? '') : (path as FilePath)

/** The dialect as data, checked; a `.tsv` has tabs unless said otherwise. */
function dialect(path: FilePath, options: { readonly [K in keyof CsvOptions]?: unknown }): Json {
  const isTsv = String(path)
    .replace(/\.(gz|zst)$/, '')
    .endsWith('.tsv')
  const { delimiter = isTsv ? '\t' : ',', quote, header, columns, nullValue, multiline } = options
  const json = { delimiter, quote, header, columns, nullValue, multiline } as Json
  csvDialect(json)
  return json
}
