// Arrow IPC, file and stream format, read from random-access bytes straight into linear memory.
//
//   stream   schema | (dictionary | batch)* | end
//   file     'ARROW1' | stream | footer | footer's size | 'ARROW1'
//
// IR1  Only the bytes of wanted columns are read. A body of up to LOADED_BYTES_MAX is one block, released
//      with the next; a larger one stays in the file, and each slice reads its own rows.
// IR2  Metadata is bounded before it is read (METADATA_MAX), a body by the size of all bytes.
// IR3  Dictionaries are kept until close(), or until one of the same id replaces them; deltas are added.
import { CompressionType } from 'apache-arrow/fb/compression-type'
import type {
  DictionaryBatch as DictionaryHeader,
  RecordBatch as RecordBatchHeader,
} from 'apache-arrow/ipc/metadata/message'
import { Field as ArrowField, type Schema as ArrowSchema } from 'apache-arrow/schema'
import type { DataType as ArrowType, Dictionary as ArrowDictionary } from 'apache-arrow/type'
import { Type } from 'apache-arrow/enum'
import type { Kernels } from '../kernels/module.ts'
import { ColumnBuffer } from './column-buffer.ts'
import {
  type Body,
  CompressedBody,
  corrupt,
  FileBody,
  LoadedBody,
  type RandomBytes,
} from './ipc-body.ts'
import { decodeColumns, type MessageBody, neededRanges, type RowRange } from './ipc-decode.ts'
import { decodeFooter, decodeMessage, type IpcBlock, type IpcHeader } from './ipc-metadata.ts'
import { RecordBatch } from './record-batch.ts'
import type { Schema } from './schema.ts'
import type { Vector } from './vector.ts'

/** Where a message lies: its prefix and metadata, then its body. */
export type MessagePlace = IpcBlock

export interface IpcLayout {
  readonly schema: ArrowSchema
  /** Known at once from a file's footer; a stream's messages are found one after the other. */
  readonly batches: readonly MessagePlace[] | undefined
  readonly dictionaries: readonly MessagePlace[]
  /** Where a stream's first message after the schema begins. */
  readonly start: number
}

const MAGIC = 'ARROW1'
const METADATA_MAX = 256 << 20
const LOADED_BYTES_MAX = 16 << 20

/**
 * Reads the schema, and a file's footer.
 * @throws FORMAT_INVALID
 */
export function readIpcLayout(bytes: RandomBytes): IpcLayout {
  if (bytes.size < 8) throw corrupt(`it has ${bytes.size} bytes`)
  const head = new Uint8Array(8)
  bytes.read(head, 0)
  if (text(head.subarray(0, 6)) === MAGIC) return readFooter(bytes)
  const first = readMessage(bytes, 0)
  if (first?.header.kind !== 'schema') {
    throw corrupt('it starts neither with ARROW1 nor with a schema message')
  }
  return {
    schema: first.header.schema,
    batches: undefined,
    dictionaries: [],
    start: first.metadataBytes + first.bodyBytes,
  }
}

function readFooter(bytes: RandomBytes): IpcLayout {
  const tail = new Uint8Array(10)
  if (bytes.size < 8 + tail.length) throw corrupt('it is cut off')
  bytes.read(tail, bytes.size - tail.length)
  if (text(tail.subarray(4)) !== MAGIC)
    throw corrupt('it is cut off: the magic at its end is missing')
  const size = new DataView(tail.buffer).getInt32(0, true)
  if (size <= 0 || size > Math.min(METADATA_MAX, bytes.size - tail.length - 8)) {
    throw corrupt(`its footer has ${size} bytes`)
  }
  const data = new Uint8Array(size)
  bytes.read(data, bytes.size - tail.length - size)
  const { schema, batches, dictionaries } = decodeFooter(data)
  for (const { offset, metadataBytes, bodyBytes } of [...batches, ...dictionaries]) {
    const end = offset + metadataBytes + bodyBytes
    if (offset < 0 || metadataBytes < 8 || bodyBytes < 0 || end > bytes.size) {
      throw corrupt('its footer names a batch outside of the file')
    }
  }
  return { schema, batches, dictionaries, start: 8 }
}

interface ReadMessage extends MessagePlace {
  readonly header: IpcHeader
}

/** The message at an offset; undefined at the end of a stream. */
function readMessage(bytes: RandomBytes, offset: number): ReadMessage | undefined {
  if (offset + 4 > bytes.size) return undefined
  const prefix = new Uint8Array(Math.min(8, bytes.size - offset))
  bytes.read(prefix, offset)
  const view = new DataView(prefix.buffer)
  // Before Arrow 0.15 there was no marker in front of the size.
  const marked = view.getUint32(0, true) === 0xffffffff
  if (marked && prefix.length < 8) throw corrupt('it is cut off within a message')
  const size = view.getUint32(marked ? 4 : 0, true)
  if (size === 0) return undefined
  const prefixBytes = marked ? 8 : 4
  if (size > METADATA_MAX || offset + prefixBytes + size > bytes.size) {
    throw corrupt(`a message at byte ${offset} claims ${size} bytes of metadata`)
  }
  const metadata = new Uint8Array(size)
  bytes.read(metadata, offset + prefixBytes)
  const { header, bodyBytes } = decodeMessage(metadata)
  if (bodyBytes < 0 || offset + prefixBytes + size + bodyBytes > bytes.size) {
    throw corrupt(`it is cut off: the message at byte ${offset} has a body of ${bodyBytes} bytes`)
  }
  return { header, offset, metadataBytes: prefixBytes + size, bodyBytes }
}

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

/** A record batch whose bytes are in linear memory. */
export interface LoadedBatch {
  /** Rows. */
  readonly length: number
  /** Some of its rows; they live until the turn ends, or the next batch is loaded. */
  slice(start: number, length: number): RecordBatch
}

/** Reads the batches of some bytes, one at a time. */
export class IpcReader {
  readonly #kernels: Kernels
  readonly #bytes: RandomBytes
  readonly #layout: IpcLayout
  readonly #schema: Schema
  readonly #wanted: ReadonlySet<string>
  readonly #dictionaries = new Map<number, Vector>()
  readonly #dictionaryBuffers = new Map<number, ColumnBuffer>()
  #body: Body | undefined
  #position: number
  /** Bytes that were read. */
  bytesRead = 0

  /** @param schema the wanted columns, in the order in which they are given */
  constructor(kernels: Kernels, bytes: RandomBytes, layout: IpcLayout, schema: Schema) {
    this.#kernels = kernels
    this.#bytes = bytes
    this.#layout = layout
    this.#schema = schema
    this.#wanted = new Set(schema.names)
    this.#position = layout.start
    for (const place of layout.dictionaries) this.#readAt(place)
  }

  /** Loads a batch of a file; its rows are what slice() gives until the next is loaded. */
  loadAt(place: MessagePlace): LoadedBatch {
    const batch = this.#readAt(place)
    if (batch === undefined) throw corrupt(`there is no record batch at byte ${place.offset}`)
    return batch
  }

  /** Loads the next batch of a stream. */
  loadNext(): LoadedBatch | undefined {
    for (;;) {
      const found = readMessage(this.#bytes, this.#position)
      if (found === undefined) return undefined
      this.#position = found.offset + found.metadataBytes + found.bodyBytes
      const batch = this.#decode(found)
      if (batch !== undefined) return batch
    }
  }

  close(): void {
    this.#body?.close()
    this.#body = undefined
    for (const buffer of this.#dictionaryBuffers.values()) buffer.close()
    this.#dictionaryBuffers.clear()
  }

  #readAt(place: MessagePlace): LoadedBatch | undefined {
    const found = readMessage(this.#bytes, place.offset)
    if (found === undefined) throw corrupt(`there is no message at byte ${place.offset}`)
    return this.#decode(found)
  }

  #decode(found: ReadMessage): LoadedBatch | undefined {
    const { header } = found
    this.bytesRead += found.metadataBytes
    if (header.kind === 'batch') return this.#batch(header.batch, found)
    if (header.kind === 'dictionary') this.#dictionary(header.dictionary, found)
    return undefined
  }

  #batch(header: RecordBatchHeader, place: MessagePlace): LoadedBatch {
    this.#body?.close()
    this.#body = undefined
    const body = this.#open(this.#layout.schema.fields, this.#wanted, header, place)
    this.#body = body
    const whole = { kernels: this.#kernels, dictionaries: this.#dictionaries, header, body }
    return {
      length: header.length,
      slice: (start, length) => this.#slice(whole, { start, length }),
    }
  }

  #slice(body: MessageBody, range: RowRange): RecordBatch {
    const { fields } = this.#layout.schema
    const columns = decodeColumns(fields, this.#wanted, body, range)
    const byName = new Map(fields.map((field, i) => [field.name, columns[i]]))
    const ordered = this.#schema.fields.map(({ name, type }) => {
      const column = byName.get(name)
      if (column === undefined) throw corrupt(`column '${name}' is missing`)
      return column.as(type)
    })
    return new RecordBatch(this.#schema, range.length, ordered)
  }

  #dictionary(header: DictionaryHeader, place: MessagePlace): void {
    const { id, data } = header
    const type = dictionaryType(this.#layout.schema.fields, id)
    if (type === undefined) return
    const kernels = this.#kernels
    const field = new ArrowField('dictionary', type, true)
    const wanted = new Set(['dictionary'])
    const body = this.#open([field], wanted, data, place)
    const mark = kernels.mark()
    try {
      const whole = { kernels, dictionaries: this.#dictionaries, header: data, body }
      const [vector] = decodeColumns([field], wanted, whole, { start: 0, length: data.length })
      const buffer = this.#dictionaryBuffers.get(id) ?? new ColumnBuffer(kernels, vector!.type)
      this.#dictionaryBuffers.set(id, buffer)
      if (!header.isDelta) buffer.clear()
      buffer.append(vector!)
      this.#dictionaries.set(id, buffer.vector())
    } finally {
      kernels.reset(mark)
      body.close()
    }
  }

  #open(
    fields: readonly ArrowField[],
    wanted: ReadonlySet<string>,
    header: RecordBatchHeader,
    { offset, metadataBytes, bodyBytes }: MessagePlace,
  ): Body {
    const place = {
      bytes: this.#bytes,
      start: offset + metadataBytes,
      bodyBytes,
      regions: header.buffers,
    }
    const count = (bytes: number): void => {
      this.bytesRead += bytes
    }
    if (header.compression !== null) {
      const codec = header.compression.type === CompressionType.ZSTD ? 'zstd' : 'lz4'
      return new CompressedBody(this.#kernels, place, codec, count)
    }
    if (bodyBytes > LOADED_BYTES_MAX) return new FileBody(this.#kernels, place, count)
    return new LoadedBody(this.#kernels, place, neededRanges(fields, wanted, header), count)
  }
}

/** The type of a dictionary's values. */
function dictionaryType(fields: readonly ArrowField[], id: number): ArrowType | undefined {
  for (const field of fields) {
    const type = field.type as ArrowType
    if (type.typeId === Type.Dictionary) {
      if ((type as ArrowDictionary).id === id) return (type as ArrowDictionary).dictionary
    } else {
      const inner = dictionaryType((type.children ?? []) as ArrowField[], id)
      if (inner !== undefined) return inner
    }
  }
  return undefined
}
