// The source over files of one format: which files, whether they are what they should be, their
// splits, and what becomes of malformed records. How a file is read is the format's.
//
// Z1  plan() reads no rows, but looks at every file: its first bytes, and its schema where it has
//     one. A job over a wrong file fails before it starts.
// Z2  Splits come file by file, in the files' order, so that times which follow the files stay in
//     order.
// Z3  A compressed file of lines is one split; it carries its compression.
import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { assert } from '../../base/assert.ts'
import type { Json } from '../../base/json.ts'
import type { RecordBatch } from '../../columnar/record-batch.ts'
import { type Field, Schema } from '../../columnar/schema.ts'
import type {
  OnError,
  PollResult,
  ReaderContext,
  Source,
  SourceReader,
  Split,
} from '../connector.ts'
import type { FileFormat, FileReaderContext, FileSplit } from './format.ts'
import type { FormatEntry } from './formats.ts'
import { MalformedRecords } from './malformed-records.ts'
import { expandPaths } from './paths.ts'
import { checkSchema, NullGuard } from './schema-check.ts'
import { checkContent } from './sniff.ts'

/** A file source as data; `files.ts` makes it. */
export interface FileSourceConfig {
  readonly format: string
  /** Absolute: files, folders, globs. */
  readonly paths: readonly string[]
  readonly schema: readonly Field[]
  /** The format's own. */
  readonly options: Json
  readonly onError: OnError
}

const SPLIT_BYTES = { min: 1 << 20, max: 32 << 20 }
// Enough that readers end at about the same time, few enough that opening them costs nothing.
const SPLITS_PER_READER = 8

export class FileSource implements Source {
  readonly #config: FileSourceConfig
  readonly #entry: FormatEntry

  constructor(config: FileSourceConfig, entry: FormatEntry) {
    this.#config = config
    this.#entry = entry
  }

  /** @throws FILE_NOT_FOUND, FILE_UNREADABLE, FORMAT_INVALID, SCHEMA_MISMATCH */
  async plan(parallelism: number): Promise<readonly Split[]> {
    const { paths, schema, options } = this.#config
    const format = await this.#entry.load()
    const declared = new Schema(schema)
    const files = expandPaths(paths, this.#entry.endings).map((path) => ({
      path,
      bytes: statSync(path).size,
      compression: checkContent(path, this.#entry),
    }))
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    const even = Math.ceil(bytes / (parallelism * SPLITS_PER_READER))
    const splitBytes = Math.min(SPLIT_BYTES.max, Math.max(SPLIT_BYTES.min, even))
    const splits = files.flatMap(
      ({ path, compression, bytes: fileBytes }): readonly FileSplit[] => {
        const knows = this.#entry.knows(options)
        if (knows !== 'nothing') {
          format.checkTypes?.(path, declared.names)
          checkSchema(path, declared, format.schema(path, options), knows === 'types')
        }
        return compression === 'none'
          ? format.plan(path, options, splitBytes)
          : [{ id: basename(path), path, bytes: fileBytes, compression }]
      },
    )
    return withUniqueIds(splits)
  }

  reader(context: ReaderContext): SourceReader {
    return new FileSourceReader(this.#config, this.#entry, context)
  }
}

/** Files of one name in several folders: then the whole path tells them apart. */
function withUniqueIds(splits: readonly FileSplit[]): readonly FileSplit[] {
  const paths = new Map<string, string>()
  let isUnique = true
  for (const { id, path } of splits) {
    if ((paths.get(id) ?? path) !== path) isUnique = false
    paths.set(id, path)
  }
  if (isUnique) return splits
  return splits.map((split) => ({
    ...split,
    id: split.path + split.id.slice(basename(split.path).length),
  }))
}

class FileSourceReader implements SourceReader {
  readonly #config: FileSourceConfig
  readonly #entry: FormatEntry
  readonly #context: FileReaderContext
  readonly #malformed: MalformedRecords
  readonly #guard: NullGuard
  #reader: SourceReader | undefined
  #split: FileSplit | undefined
  // Rows of the open split so far.
  #rows = 0

  constructor(config: FileSourceConfig, entry: FormatEntry, context: ReaderContext) {
    this.#config = config
    this.#entry = entry
    this.#malformed = new MalformedRecords(config.onError, context)
    this.#guard = new NullGuard(context.kernels, context.schema, this.#malformed)
    this.#context = {
      ...context,
      onError: config.onError,
      malformed: (record) => this.#malformed.report(record),
    }
  }

  async open(split: Split): Promise<void> {
    this.#split = split as FileSplit
    this.#rows = 0
    if (this.#reader === undefined) {
      const format: FileFormat = await this.#entry.load()
      this.#reader = format.reader(this.#context, this.#config.options)
    }
    await this.#reader.open(split)
  }

  poll(): PollResult | Promise<void> {
    assert(this.#reader !== undefined && this.#split !== undefined, 'poll() before open()')
    const waiting = this.#malformed.takeWaiting()
    if (waiting !== undefined) return waiting
    const result = this.#reader.poll()
    if (result === 'split-ended' || result instanceof Promise) return result
    const firstRow = this.#rows
    this.#rows += result.length
    return this.#guard.check(result satisfies RecordBatch, this.#split.path, firstRow)
  }

  async close(): Promise<void> {
    try {
      await this.#reader?.close()
    } finally {
      await this.#malformed.close()
    }
  }
}
