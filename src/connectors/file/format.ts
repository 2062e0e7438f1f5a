// The contract of a file format: how a file is split, read into batches, and encoded from batches. The
// file source and sink do all that is the same for every format (globs, temporary names, rolling,
// compression of whole files, publishing, dead letters). One format a file, listed in formats.ts.
//
// F1  Reading the splits of a file in any number of readers gives each record exactly once.
// F2  decoders read the file by themselves (row groups, byte ranges), straight into linear memory.
// F3  An encoder turns a batch into bytes before it returns; it holds back what it must (row groups).
import type { Json } from '../../base/json.ts'
import type { Schema } from '../../columnar/schema.ts'
import type { RecordBatch } from '../../columnar/record-batch.ts'
import type { OnError, ReaderContext, SourceReader, Split, WriterContext } from '../connector.ts'

export type Compression = 'none' | 'gzip' | 'zstd'

/** A split of a file: what plan() gives, and the reader opens. */
export interface FileSplit extends Split {
  readonly path: string
}

/** A record that could not be read, for the policy of onError. */
export interface MalformedRecord {
  readonly path: string
  /** From 1; undefined in formats without lines. */
  readonly line: number | undefined
  /** Of the record's first byte in the (decompressed) file. */
  readonly offset: number
  readonly column: string | undefined
  /** What is wrong: `'12x' is no int32`. */
  readonly reason: string
  readonly record: Uint8Array
}

export interface FileReaderContext extends ReaderContext {
  readonly onError: OnError
  /** Applies onError: throws RECORD_MALFORMED, or counts and keeps the record. */
  malformed(record: MalformedRecord): void
}

/** Turns batches into the bytes of one file. */
export interface FileEncoder {
  /** The first bytes (a header, a magic); empty when there are none. */
  begin(): Uint8Array
  /** Bytes for these rows; they are valid until the next call. May be empty (held back). */
  encode(batch: RecordBatch): Uint8Array
  /** The last bytes (held back rows, a footer). */
  end(): Uint8Array
  close(): void
}

export interface FileFormat {
  readonly name: string
  /** Endings it is known by, for messages and for guessing: `.csv`. */
  readonly extensions: readonly string[]
  /**
   * The file's own schema, from its footer or its first records.
   * @throws FORMAT_INVALID naming the file and what it looks like instead
   */
  schema(path: string, options: Json): Schema
  /**
   * Looks for columns that are there, but of a type that has no counterpart here: schema() leaves them out.
   * @throws UNSUPPORTED naming the column and its type
   */
  checkTypes?(path: string, columns: readonly string[]): void
  /** Splits of one file in reading order, of about `splitBytes` each where the format can. */
  plan(path: string, options: Json, splitBytes: number): readonly FileSplit[]
  reader(context: FileReaderContext, options: Json): SourceReader
  encoder(context: WriterContext, options: Json): FileEncoder
}
