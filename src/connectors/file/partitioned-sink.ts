// A folder of files by the values of some columns: `out/day=2026-01-01/city=Oslo/part-0-0.parquet`, as Hive
// lays tables out, so that readers of such folders find it. Each partition is a folder sink of its own.
//
// PS1  The columns stay in the files, too: a file says all of itself.
// PS2  At most `filePartitionsMax` partitions have an open part; the one longest not written to is sealed,
//      and goes on in its next part when it comes again.
// PS3  With ifExists 'replace' a folder holds one run: parts that an earlier run left in other partitions go.
import { dirname, join, resolve } from 'node:path'
import { DataflowError } from '../../base/errors.ts'
import { compact } from '../../columnar/gather.ts'
import type { RecordBatch } from '../../columnar/record-batch.ts'
import { RowReader } from '../../columnar/row-reader.ts'
import type { Schema } from '../../columnar/schema.ts'
import { typeName } from '../../columnar/type.ts'
import { partitionRows } from '../../kernels/partition.ts'
import { KeyIndex } from '../../state/key-index.ts'
import type { SinkWriter, WriterContext } from '../connector.ts'
import { type FileSystem, systemCode, writeError } from './file-system.ts'
import type { FileFormat } from './format.ts'

/** A sink into one folder, as far as partitions use it. */
export interface FolderWriter extends SinkWriter {
  /** Ends the open part, so that it holds no memory; a later write() begins the next. */
  roll(): Promise<void>
  /** @throws FILE_EXISTS when the folder has parts */
  refuseExisting(): Promise<void>
}

export interface PartitionedSinkParts {
  /** The folder, with '/' at its end. */
  readonly path: string
  readonly partitionBy: readonly string[]
  readonly ifExists: 'replace' | 'fail'
  readonly context: WriterContext
  readonly fs: FileSystem
  load(): Promise<FileFormat>
  folder(path: string, format: FileFormat): FolderWriter
}

const VALUE_KINDS = new Set([
  'utf8',
  'bool',
  'date',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
])

export class PartitionedSinkWriter implements SinkWriter {
  readonly #parts: PartitionedSinkParts
  readonly #schema: Schema
  readonly #reader: RowReader
  #format: FileFormat | undefined
  #madeFolder: string | undefined
  /** Files may have their names: folders stay. */
  #isPublished = false
  /** By folder; those with an open part, the one written last at the end. */
  readonly #open = new Map<string, FolderWriter>()
  readonly #rolled = new Map<string, FolderWriter>()

  constructor(parts: PartitionedSinkParts) {
    const { context, partitionBy } = parts
    this.#parts = parts
    this.#schema = context.schema.project(partitionBy)
    this.#reader = new RowReader(context.kernels, this.#schema)
    for (const { name, type } of this.#schema.fields) {
      if (VALUE_KINDS.has(type.kind)) continue
      throw new DataflowError(
        'TYPE_MISMATCH',
        `partitionBy: '${name}' is ${typeName(type)}, and folders are named by text, integers, ` +
          'bools and dates; cast it, or make a column of its day',
        { context: { column: name } },
      )
    }
  }

  /** @throws FILE_UNWRITABLE, FILE_EXISTS: before the first row is read */
  async open(): Promise<void> {
    const { path, fs, ifExists, load } = this.#parts
    this.#format = await load()
    try {
      // Here, so that it is known who made it: the partitions' files make their folders side by side.
      this.#madeFolder = await fs.mkdir(path, { recursive: true })
    } catch (error) {
      throw writeError(join(path, 'part'), 0, error)
    }
    if (ifExists === 'replace') return
    for (const folder of await this.#folders()) await this.#writer(folder).refuseExisting()
  }

  write(batch: RecordBatch): Promise<void> | undefined {
    if (batch.rowCount === 0) return undefined
    const waiting: Promise<void>[] = []
    for (const [folder, rows] of this.#byFolder(compact(this.#parts.context.kernels, batch))) {
      const writing = this.#opened(folder, waiting).write(rows)
      if (writing !== undefined) waiting.push(writing)
    }
    if (waiting.length === 0) return undefined
    return Promise.all(waiting).then(() => undefined)
  }

  async finish(): Promise<void> {
    this.#isPublished = true
    const writers = new Map([...this.#rolled, ...this.#open])
    for (const writer of writers.values()) await writer.finish()
    if (this.#parts.ifExists === 'fail') return
    // A writer that has written nothing only removes what is not of this run.
    for (const folder of await this.#folders()) {
      if (!writers.has(folder)) await this.#writer(folder).finish()
    }
  }

  async close(): Promise<void> {
    const writers = [...this.#rolled, ...this.#open]
    for (const [, writer] of writers) await writer.close()
    if (this.#isPublished) return
    // A folder of several partitions was not empty when the file went for which it was made.
    const root = resolve(this.#parts.path)
    for (const [folder] of writers) await this.#removeEmpty(dirname(resolve(folder)), root)
    if (this.#madeFolder === undefined) return
    await this.#removeEmpty(root, dirname(resolve(this.#madeFolder)))
  }

  /** Removes a folder and those above it, below `end`, as long as they are empty. */
  async #removeEmpty(folder: string, end: string): Promise<void> {
    for (; folder !== end; folder = dirname(folder)) {
      try {
        await this.#parts.fs.rmdir(folder)
      } catch (error) {
        // Another subtask's files are still in it: the last one takes it away, or it stays.
        if (systemCode(error) !== 'ENOENT') return
      }
    }
  }

  /** The batch's rows by the folder they belong in. */
  #byFolder(batch: RecordBatch): [string, RecordBatch][] {
    const { kernels } = this.#parts.context
    const names = this.#schema.names
    const columns = names.map((name) => batch.column(name))
    const index = new KeyIndex(
      kernels,
      this.#schema.fields.map(({ type }) => type),
    )
    try {
      const ids = index.insert(columns, batch.length)
      const { size } = index
      const keys = kernels.scratch(size * 4)
      const targetOf = kernels.scratch(batch.length * 2)
      const { u32, u16 } = kernels
      for (let id = 0; id < size; id++) u32[(keys >>> 2) + id] = id
      for (let row = 0; row < batch.length; row++)
        u16[(targetOf >>> 1) + row] = u32[(ids >>> 2) + row]!
      const named = batch.project(
        this.#schema,
        names.map((name) => batch.schema.indexOf(name)),
      )
      const shape = { length: batch.length, targets: size }
      const selections = partitionRows(kernels, targetOf, undefined, shape)
      this.#reader.bind(named)
      return selections.map((selection) => {
        const first = kernels.u32[selection.rows >>> 2]!
        const folder = this.#folderOf(names.map((_, i) => this.#reader.value(i, first)))
        return [folder, size === 1 ? batch : batch.withSelection(selection)]
      })
    } finally {
      index.close()
    }
  }

  #folderOf(values: readonly unknown[]): string {
    const steps = values.map((value, i) => `${escaped(this.#schema.names[i]!)}=${valueText(value)}`)
    return `${join(this.#parts.path, ...steps)}/`
  }

  #opened(folder: string, waiting: Promise<void>[]): FolderWriter {
    const writer = this.#open.get(folder) ?? this.#rolled.get(folder) ?? this.#writer(folder)
    this.#rolled.delete(folder)
    // Behind all others: the first is the one longest not written to.
    this.#open.delete(folder)
    this.#open.set(folder, writer)
    const [oldest] = this.#open
    if (this.#open.size > this.#parts.context.config.filePartitionsMax && oldest !== undefined) {
      this.#open.delete(oldest[0])
      this.#rolled.set(...oldest)
      waiting.push(oldest[1].roll())
    }
    return writer
  }

  #writer(folder: string): FolderWriter {
    return this.#parts.folder(folder, this.#format!)
  }

  /** The partitions that are on disk. */
  async #folders(): Promise<string[]> {
    let folders = [this.#parts.path]
    for (const name of this.#schema.names) {
      const prefix = `${escaped(name)}=`
      const lists = folders.map(async (folder) =>
        (await this.#names(folder))
          .filter((entry) => entry.startsWith(prefix))
          .map((entry) => `${join(folder, entry)}/`),
      )
      folders = (await Promise.all(lists)).flat()
    }
    return folders
  }

  async #names(folder: string): Promise<string[]> {
    try {
      return await this.#parts.fs.readdir(folder)
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return []
      throw error
    }
  }
}

/** Hive's name of the partition of null and of the empty text. */
const DEFAULT_PARTITION = '__HIVE_DEFAULT_PARTITION__'

function valueText(value: unknown): string {
  if (value === null || value === '') return DEFAULT_PARTITION
  return escaped(value instanceof Date ? value.toISOString().slice(0, 10) : String(value))
}

/** What no folder's name should have, as %XX; as Hive does it. */
function escaped(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0001-\u001f"#%'*/:=?\\\u007f{[\]^]|^\.{1,2}$/g, (found) =>
    [...found]
      .map((each) => `%${each.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  )
}
