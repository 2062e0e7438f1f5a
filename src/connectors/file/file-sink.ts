// The sink into files of one format: one file, or a folder of parts. What is written appears at
// finish(), as a whole, or not at all (C4).
//
// K1  A path that ends with '/' is a folder: subtask 2's parts are part-2-0.csv, part-2-1.csv ... A
//     part is full by bytes or rows, between two batches. Else it is one file, written by one
//     subtask.
// K2  Parts are synced as they fill up, and get their names at finish(). A folder may be read while
//     it is written: what is unfinished starts with a dot.
// K3  ifExists 'replace' (default) replaces files of the same names, and removes an earlier run's
//     further parts, so that a folder holds one run. 'fail' fails before anything is read.
// K4  There is always a file: without rows subtask 0 writes one that only has the schema.
import { type Stats, realpathSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DataflowError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { compact } from '../../columnar/gather.ts'
import type { RecordBatch } from '../../columnar/record-batch.ts'
import type { Sink, SinkWriter, WriterContext } from '../connector.ts'
import { AtomicFile, fileExists, type IfExists, syncFolder } from './atomic-file.ts'
import { type ByteSink, CompressedFile, COMPRESSION_ENDINGS } from './compression.ts'
import { type FileSystem, nodeFileSystem, systemCode, writeError } from './file-system.ts'
import type { Compression, FileEncoder, FileFormat } from './format.ts'
import type { FormatEntry } from './formats.ts'
import { type FolderWriter, PartitionedSinkWriter } from './partitioned-sink.ts'

/** A file sink as data; `files.ts` makes it. */
export interface FileSinkConfig {
  readonly format: string
  /** Absolute; a folder ends with '/'. */
  readonly path: string
  /** The format's own. */
  readonly options: Json
  /** Of whole files. */
  readonly compression: Compression
  readonly ifExists: IfExists
  /** A part is full when it has this many (encoded) bytes or rows; only in a folder. */
  readonly partBytes: number | null
  readonly partRows: number | null
  /** Columns by whose values a folder has folders of its own. */
  readonly partitionBy?: readonly string[]
}

export class FileSink implements Sink {
  readonly #config: FileSinkConfig
  readonly #entry: FormatEntry
  readonly #fs: FileSystem

  constructor(config: FileSinkConfig, entry: FormatEntry, fs: FileSystem = nodeFileSystem) {
    this.#config = config
    this.#entry = entry
    this.#fs = fs
  }

  writer(context: WriterContext): SinkWriter {
    const { path, partitionBy = [] } = this.#config
    if (partitionBy.length > 0) return this.#partitioned(partitionBy, context)
    return path.endsWith('/')
      ? new FileSinkWriter(this.#config, this.#entry, context, this.#fs)
      : new FileSinkWriter({ ...this.#config, path: target(path) }, this.#entry, context, this.#fs)
  }

  #partitioned(partitionBy: readonly string[], context: WriterContext): SinkWriter {
    const { path, ifExists } = this.#config
    const [entry, fs] = [this.#entry, this.#fs]
    const load = () => entry.load()
    const folder = (folderPath: string, format: FileFormat): FolderWriter =>
      new FileSinkWriter({ ...this.#config, path: folderPath }, entry, context, fs, format)
    return new PartitionedSinkWriter({ path, partitionBy, ifExists, context, fs, load, folder })
  }
}

/**
 * The file that a path means: what a link points to. Devices and folders are no files to replace.
 */
function target(path: string): string {
  let stats: Stats
  try {
    stats = statSync(path)
  } catch {
    // Not there yet, or not to be seen: then opening it says why.
    return path
  }
  if (stats.isFile()) return realpathSync(path)
  const advice = stats.isDirectory()
    ? `is a folder; end the path with '/' to write parts into it`
    : 'is no regular file, and is not replaced by one'
  throw new DataflowError('CONFIG_INVALID', `${path} ${advice}`, { context: { location: path } })
}

/** A file that is being written. */
interface Part {
  readonly file: AtomicFile
  readonly bytes: ByteSink
  readonly compressed: CompressedFile | undefined
  readonly encoder: FileEncoder
  encodedBytes: number
  /** Bytes of the file that the metrics have. */
  countedBytes: number
  rows: number
}

async function withdraw(part: Part): Promise<void> {
  await part.compressed?.abort()
  await part.file.abort()
}

class FileSinkWriter implements FolderWriter {
  readonly #config: FileSinkConfig
  readonly #entry: FormatEntry
  readonly #context: WriterContext
  readonly #fs: FileSystem
  readonly #isFolder: boolean
  #format: FileFormat | undefined
  #part: Part | undefined
  readonly #sealed: Part[] = []
  #parts = 0

  /** With its format it need not be opened: then there is no file before the first row. */
  constructor(
    config: FileSinkConfig,
    entry: FormatEntry,
    context: WriterContext,
    fs: FileSystem,
    format?: FileFormat,
  ) {
    this.#config = config
    this.#entry = entry
    this.#context = context
    this.#fs = fs
    this.#format = format
    this.#isFolder = config.path.endsWith('/')
  }

  /** @throws FILE_UNWRITABLE, FILE_EXISTS, CONFIG_INVALID: before the first row is read */
  async open(): Promise<void> {
    this.#format = await this.#entry.load()
    if (this.#config.ifExists === 'fail') await this.refuseExisting()
    this.#part = this.#openPart(this.#format)
    await this.#part.file.opened()
  }

  write(batch: RecordBatch): Promise<void> | undefined {
    if (batch.rowCount === 0) return undefined
    // Encoders of lines take a selection as it is; to the others a batch is dense.
    const rows = this.#entry.lines ? batch : compact(this.#context.kernels, batch)
    const part = (this.#part ??= this.#openPart(this.#format!))
    const writing = this.#put(part, part.encoder.encode(rows))
    part.rows += batch.rowCount
    this.#count(part)
    const { partBytes, partRows } = this.#config
    const isFull =
      part.encodedBytes >= (partBytes ?? Infinity) || part.rows >= (partRows ?? Infinity)
    if (!isFull) return writing
    this.#part = undefined
    return this.#seal(part)
  }

  roll(): Promise<void> {
    const part = this.#part
    this.#part = undefined
    return part === undefined ? Promise.resolve() : this.#seal(part)
  }

  async finish(): Promise<void> {
    const part = this.#part
    this.#part = undefined
    if (part !== undefined) {
      const isNeeded = part.rows > 0 || (this.#parts === 1 && this.#context.subtaskIndex === 0)
      await (isNeeded ? this.#seal(part) : this.#drop(part))
    }
    for (const { file } of this.#sealed) await file.publish(this.#config.ifExists)
    const last = this.#sealed.at(-1)
    if (last !== undefined) await syncFolder(this.#fs, last.file)
    if (this.#isFolder && this.#config.ifExists === 'replace') await this.#removeStale()
  }

  async close(): Promise<void> {
    if (this.#part !== undefined) await this.#drop(this.#part)
    this.#part = undefined
    // The first part may have made the folder, and removes it when it is empty again.
    for (const part of this.#sealed.toReversed()) await withdraw(part)
  }

  #openPart(format: FileFormat): Part {
    const { path, compression, options } = this.#config
    const number = this.#parts++
    const file = new AtomicFile(this.#fs, this.#isFolder ? join(path, this.#name(number)) : path)
    const compressed = compression === 'none' ? undefined : new CompressedFile(file, compression)
    const encoder = format.encoder(this.#context, options)
    const bytes = compressed ?? file
    const part = { file, bytes, compressed, encoder, encodedBytes: 0, countedBytes: 0, rows: 0 }
    this.#put(part, encoder.begin())
    return part
  }

  #put(part: Part, bytes: Uint8Array): Promise<void> | undefined {
    part.encodedBytes += bytes.length
    return part.bytes.write(bytes)
  }

  async #seal(part: Part): Promise<void> {
    // It is sealed or aborted from here on, whatever fails: the list is what close() aborts.
    this.#sealed.push(part)
    try {
      this.#put(part, part.encoder.end())
    } finally {
      part.encoder.close()
    }
    await part.bytes.seal()
    this.#count(part)
  }

  #count(part: Part): void {
    this.#context.metrics.bytesOut += part.file.bytes - part.countedBytes
    part.countedBytes = part.file.bytes
  }

  async #drop(part: Part): Promise<void> {
    part.encoder.close()
    await withdraw(part)
  }

  #name(part: number): string {
    const { compression } = this.#config
    const ending = compression === 'none' ? '' : COMPRESSION_ENDINGS[compression]
    return `part-${this.#context.subtaskIndex}-${part}${this.#entry.endings[0]}${ending}`
  }

  /** The parts in the folder: `part-2-0.csv` is of subtask 2. */
  async #existingParts(): Promise<{ path: string; subtask: number }[]> {
    let names: string[]
    try {
      names = await this.#fs.readdir(this.#config.path)
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return []
      throw writeError(join(this.#config.path, this.#name(0)), 0, error)
    }
    const ending = this.#entry.endings[0]!
    const endings = [ending, ...Object.values(COMPRESSION_ENDINGS).map((packed) => ending + packed)]
    return names.flatMap((name) => {
      const match = /^part-(\d+)-\d+(\..+)$/.exec(name)
      if (match === null || !endings.includes(match[2]!)) return []
      return [{ path: join(this.#config.path, name), subtask: Number(match[1]) }]
    })
  }

  async refuseExisting(): Promise<void> {
    const { path } = this.#config
    const found = this.#isFolder
      ? (await this.#existingParts())[0]?.path
      : statSync(path, { throwIfNoEntry: false }) && path
    if (found !== undefined) throw fileExists(found)
  }

  async #removeStale(): Promise<void> {
    const { subtaskIndex, parallelism } = this.#context
    const written = new Set(this.#sealed.map(({ file }) => basename(file.path)))
    for (const { path, subtask } of await this.#existingParts()) {
      // A subtask removes its own; those that no subtask of this run owns are subtask 0's.
      const isMine = subtask === subtaskIndex || (subtaskIndex === 0 && subtask >= parallelism)
      if (!isMine || written.has(basename(path))) continue
      await this.#fs.unlink(path).catch((error: unknown) => {
        throw writeError(path, 0, error)
      })
    }
  }
}
