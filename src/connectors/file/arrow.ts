// Shell: the Arrow IPC format, files (Feather 2) and streams. Batches go from the file straight into
// linear memory, and their vectors point into what was read.
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { assert } from '../../base/assert.ts'
import { DataflowError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { fromArrowSchema, toArrowSchema, unsupportedColumn } from '../../columnar/arrow-schema.ts'
import { ColumnBuffer } from '../../columnar/column-buffer.ts'
import { BatchEncoder, encodeSchemaMessage, END_OF_STREAM } from '../../columnar/ipc-encode.ts'
import type { RandomBytes } from '../../columnar/ipc-body.ts'
import {
  type IpcLayout,
  IpcReader,
  type LoadedBatch,
  type MessagePlace,
  readIpcLayout,
} from '../../columnar/ipc-reader.ts'
import { RecordBatch } from '../../columnar/record-batch.ts'
import type { Schema } from '../../columnar/schema.ts'
import { MetadataVersion } from 'apache-arrow/enum'
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file'
import type { PollResult, SourceReader, Split, WriterContext } from '../connector.ts'
import { readError } from './file-system.ts'
import type { FileEncoder, FileFormat, FileReaderContext, FileSplit } from './format.ts'

/** The bytes of an open file. */
class FileBytes implements RandomBytes {
  readonly size: number
  readonly #path: string
  readonly #file: number

  constructor(path: string) {
    this.#path = path
    try {
      this.size = statSync(path).size
      this.#file = openSync(path, 'r')
    } catch (error) {
      throw readError(path, error)
    }
  }

  read(into: Uint8Array, position: number): void {
    for (let done = 0; done < into.length;) {
      let bytes: number
      try {
        bytes = readSync(this.#file, into, done, into.length - done, position + done)
      } catch (error) {
        throw readError(this.#path, error)
      }
      if (bytes === 0) {
        throw new DataflowError('FORMAT_INVALID', `it is cut off at byte ${position + done}`)
      }
      done += bytes
    }
  }

  close(): void {
    closeSync(this.#file)
  }
}

/**
 * Runs with the file's name in front of what goes wrong. Damaged metadata makes the flatbuffers library
 * throw whatever it stumbles over, so an error that is not ours says that the file is damaged.
 */
function inFile<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof DataflowError)) {
      const message = `${path}: damaged Arrow data: its metadata does not decode`
      throw new DataflowError('FORMAT_INVALID', message, {
        cause: error,
        context: { location: path },
      })
    }
    if (error.context.location !== undefined) throw error
    throw new DataflowError(error.code, `${path}: ${error.message}`, {
      cause: error,
      context: { ...error.context, location: path },
    })
  }
}

function withFile<T>(path: string, work: (bytes: FileBytes) => T): T {
  return inFile(path, () => {
    const bytes = new FileBytes(path)
    try {
      return work(bytes)
    } finally {
      bytes.close()
    }
  })
}

/** Splits of a file are runs of its record batches; a stream has to be read from its start. */
function plan(path: string, _options: Json, splitBytes: number): readonly FileSplit[] {
  return withFile(path, (bytes) => {
    const { batches } = readIpcLayout(bytes)
    const name = basename(path)
    if (batches === undefined) return [{ id: name, path, bytes: bytes.size }]
    const splits: FileSplit[] = []
    let first = 0
    let size = 0
    batches.forEach(({ metadataBytes, bodyBytes }, i) => {
      size += metadataBytes + bodyBytes
      if (size < splitBytes && i < batches.length - 1) return
      const id = `${name}[${first}-${i + 1}]`
      splits.push({ id, path, bytes: size, first, end: i + 1 })
      first = i + 1
      size = 0
    })
    return splits
  })
}

class ArrowReader implements SourceReader {
  readonly #context: FileReaderContext
  #bytes: FileBytes | undefined
  #path = ''
  #layout: IpcLayout | undefined
  #reader: IpcReader | undefined
  #places: readonly MessagePlace[] = []
  #nextPlace = 0
  #isStream = false
  #batch: LoadedBatch | undefined
  #row = 0
  #counted = 0

  constructor(context: FileReaderContext) {
    this.#context = context
  }

  open(split: Split): void {
    const { path, first, end } = split as FileSplit & { first?: number; end?: number }
    if (path !== this.#path) this.#openFile(path)
    this.#isStream = this.#layout!.batches === undefined
    this.#places = this.#layout!.batches?.slice(first, end) ?? []
    this.#nextPlace = 0
    this.#batch = undefined
  }

  poll(): PollResult {
    return inFile(this.#path, () => {
      while (this.#batch === undefined || this.#row >= this.#batch.length) {
        const place = this.#places[this.#nextPlace]
        if (!this.#isStream && place === undefined) return this.#endSplit()
        this.#batch = this.#isStream ? this.#reader!.loadNext() : this.#reader!.loadAt(place!)
        this.#nextPlace++
        this.#row = 0
        this.#count()
        if (this.#batch === undefined) return this.#endSplit()
      }
      const start = this.#row
      const length = Math.min(this.#context.config.batchRows, this.#batch.length - start)
      this.#row += length
      return this.#batch.slice(start, length)
    })
  }

  close(): void {
    this.#reader?.close()
    this.#bytes?.close()
    this.#reader = undefined
    this.#bytes = undefined
  }

  #endSplit(): 'split-ended' {
    this.#batch = undefined
    return 'split-ended'
  }

  #openFile(path: string): void {
    this.close()
    this.#path = path
    this.#counted = 0
    inFile(path, () => {
      const { kernels, schema } = this.#context
      this.#bytes = new FileBytes(path)
      this.#layout = readIpcLayout(this.#bytes)
      checkTypes(path, this.#layout, schema.names)
      const mark = kernels.mark()
      this.#reader = new IpcReader(kernels, this.#bytes, this.#layout, schema)
      kernels.reset(mark)
    })
  }

  #count(): void {
    const { bytesRead } = this.#reader!
    this.#context.metrics.bytesIn += bytesRead - this.#counted
    this.#counted = bytesRead
  }
}

function checkTypes(path: string, layout: IpcLayout, columns: readonly string[]): void {
  const { unsupported } = fromArrowSchema(layout.schema)
  for (const name of columns) {
    const type = unsupported.get(name)
    if (type !== undefined) throw unsupportedColumn(path, name, type)
  }
}

const MAGIC = Uint8Array.from('ARROW1\0\0', (character) => character.charCodeAt(0))

// Batches of fewer rows wait for more: each has metadata of some hundred bytes.
const BATCH_ROWS_MIN = 8192

/** `container: 'stream'` leaves out the magics and the footer. */
class ArrowEncoder implements FileEncoder {
  readonly #schema: Schema
  readonly #isFile: boolean
  readonly #encoder: BatchEncoder
  readonly #waiting: readonly ColumnBuffer[]
  #waitingRows = 0
  readonly #blocks: FileBlock[] = []
  #position = 0

  constructor({ kernels, schema }: WriterContext, options: Json) {
    this.#schema = schema
    this.#isFile = (options as { readonly container?: string }).container !== 'stream'
    this.#encoder = new BatchEncoder(kernels)
    this.#waiting = schema.fields.map(({ type }) => new ColumnBuffer(kernels, type))
  }

  begin(): Uint8Array {
    const message = encodeSchemaMessage(this.#schema)
    return this.#written(this.#isFile ? Buffer.concat([MAGIC, message]) : message)
  }

  encode(batch: RecordBatch): Uint8Array {
    if (this.#waitingRows === 0 && batch.length >= BATCH_ROWS_MIN) return this.#message(batch)
    this.#waiting.forEach((column, i) => column.append(batch.columns[i]!))
    this.#waitingRows += batch.length
    return this.#waitingRows < BATCH_ROWS_MIN ? NO_BYTES : this.#flush()
  }

  end(): Uint8Array {
    const rest = this.#waitingRows === 0 ? NO_BYTES : this.#flush()
    if (!this.#isFile) return Buffer.concat([rest, END_OF_STREAM])
    const footer = Footer.encode(
      new Footer(toArrowSchema(this.#schema), MetadataVersion.V5, this.#blocks, []),
    )
    const size = new Uint8Array(4)
    new DataView(size.buffer).setInt32(0, footer.length, true)
    return Buffer.concat([rest, END_OF_STREAM, footer, size, MAGIC.subarray(0, 6)])
  }

  close(): void {
    for (const column of this.#waiting) column.close()
    this.#blocks.length = 0
  }

  #flush(): Uint8Array {
    const columns = this.#waiting.map((column) => column.vector())
    const message = this.#message(new RecordBatch(this.#schema, this.#waitingRows, columns))
    for (const column of this.#waiting) column.clear()
    this.#waitingRows = 0
    return message
  }

  #message(batch: RecordBatch): Uint8Array {
    const { bytes, metadataBytes, bodyBytes } = this.#encoder.encode(batch)
    this.#blocks.push(new FileBlock(metadataBytes, bodyBytes, this.#position))
    return this.#written(bytes)
  }

  #written(bytes: Uint8Array): Uint8Array {
    assert(this.#position % 8 === 0, 'an Arrow message is not aligned')
    this.#position += bytes.length
    return bytes
  }
}

const NO_BYTES = new Uint8Array()

export const arrowFormat: FileFormat = {
  name: 'arrow',
  extensions: ['.arrow', '.arrows', '.feather', '.ipc'],
  schema: (path) => withFile(path, (bytes) => fromArrowSchema(readIpcLayout(bytes).schema).schema),
  checkTypes: (path, columns) =>
    withFile(path, (bytes) => checkTypes(path, readIpcLayout(bytes), columns)),
  plan,
  reader: (context) => new ArrowReader(context),
  encoder: (context, options) => new ArrowEncoder(context, options),
}
