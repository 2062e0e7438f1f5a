// Arrow IPC, file and stream format, read from random-access bytes straight into linear memory.
//
//   stream   schema | (dictionary | batch)* | end
//   file     'ARROW1' | stream | footer | footer's size | 'ARROW1'
//
// IR1  Only the bytes of wanted columns are read; a batch's body is one block, released with the next.
// IR2  Metadata is bounded before it is read (METADATA_MAX), a body by the size of all bytes.
// IR3  Dictionaries are kept, each in its block, until close().
import { CompressionType } from 'apache-arrow/fb/compression-type'
import { type FileBlock, Footer } from 'apache-arrow/ipc/metadata/file'
import {
  type DictionaryBatch as DictionaryHeader,
  Message,
  type RecordBatch as RecordBatchHeader,
} from 'apache-arrow/ipc/metadata/message'
import { Field as ArrowField, type Schema as ArrowSchema } from 'apache-arrow/schema'
import type { DataType as ArrowType, Dictionary as ArrowDictionary } from 'apache-arrow/type'
import { Type } from 'apache-arrow/enum'
import { zstdDecompressSync } from 'node:zlib'
import { DataflowError } from '../base/errors.ts'
import type { Kernels } from '../kernels/module.ts'
import {
  corrupt,
  decodeColumns,
  type MessageBody,
  neededRanges,
  type RowRange,
} from './ipc-decode.ts'
import { RecordBatch } from './record-batch.ts'
import type { Schema } from './schema.ts'
import { Vector } from './vector.ts'

/** Bytes of a file or a buffer. */
export interface RandomBytes {
  readonly size: number
  /** Fills all of `into` from `position`; fails when that is beyond the end. */
  read(into: Uint8Array, position: number): void
}

/** Where a message lies: its prefix and metadata, then its body. */
export interface MessagePlace {
  readonly offset: number
  readonly metadataBytes: number
  readonly bodyBytes: number
}

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
  if (first === undefined || !first.message.isSchema()) {
    throw corrupt('it starts neither with ARROW1 nor with a schema message')
  }
  return {
    schema: first.message.header() as ArrowSchema,
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
  const footer = guarded(() => Footer.decode(data))
  const place = ({ offset, metaDataLength, bodyLength }: FileBlock): MessagePlace => {
    const end = offset + metaDataLength + bodyLength
    if (offset < 0 || metaDataLength < 8 || bodyLength < 0 || end > bytes.size) {
      throw corrupt('its footer names a batch outside of the file')
    }
    return { offset, metadataBytes: metaDataLength, bodyBytes: bodyLength }
  }
  return {
    schema: footer.schema,
    batches: [...footer.recordBatches()].map(place),
    dictionaries: [...footer.dictionaryBatches()].map(place),
    start: 8,
  }
}

interface ReadMessage extends MessagePlace {
  readonly message: Message
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
  const message = guarded(() => Message.decode(metadata))
  const bodyBytes = Number(message.bodyLength)
  if (bodyBytes < 0 || offset + prefixBytes + size + bodyBytes > bytes.size) {
    throw corrupt(`it is cut off: the message at byte ${offset} has a body of ${bodyBytes} bytes`)
  }
  return { message, offset, metadataBytes: prefixBytes + size, bodyBytes }
}

/** flatbuffers throws what it likes on damaged bytes. */
function guarded<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    throw new DataflowError('FORMAT_INVALID', 'damaged Arrow data: its metadata does not decode', {
      cause: error,
    })
  }
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
  readonly #blocks: number[] = []
  #body = 0
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
    this.#kernels.release(this.#body)
    this.#body = 0
    for (const block of this.#blocks.splice(0)) this.#kernels.release(block)
  }

  #readAt(place: MessagePlace): LoadedBatch | undefined {
    const found = readMessage(this.#bytes, place.offset)
    if (found === undefined) throw corrupt(`there is no message at byte ${place.offset}`)
    return this.#decode(found)
  }

  #decode(found: ReadMessage): LoadedBatch | undefined {
    const { message } = found
    this.bytesRead += found.metadataBytes
    if (message.isRecordBatch()) return this.#batch(message.header(), found)
    if (message.isDictionaryBatch()) this.#dictionary(message.header(), found)
    return undefined
  }

  #batch(header: RecordBatchHeader, place: MessagePlace): LoadedBatch {
    this.#kernels.release(this.#body)
    this.#body = 0
    const { fields } = this.#layout.schema
    const body = this.#readBody(fields, this.#wanted, header, place)
    this.#body = body.ptr
    const whole = { kernels: this.#kernels, dictionaries: this.#dictionaries, ...body }
    return {
      length: Number(header.length),
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
    const { id } = header
    const type = dictionaryType(this.#layout.schema.fields, id)
    if (type === undefined) return
    if (header.isDelta) {
      throw new DataflowError('UNSUPPORTED', 'delta dictionaries are not read; write whole ones')
    }
    const field = new ArrowField('dictionary', type, true)
    const wanted = new Set(['dictionary'])
    const body = this.#readBody([field], wanted, header.data, place)
    this.#blocks.push(body.ptr)
    const whole = { kernels: this.#kernels, dictionaries: this.#dictionaries, ...body }
    const range = { start: 0, length: Number(header.data.length) }
    const [vector] = decodeColumns([field], wanted, whole, range)
    this.#dictionaries.set(id, this.#keep(vector!))
  }

  /** A dictionary whose offsets are in the arena gets them into a block. */
  #keep(vector: Vector): Vector {
    if (vector.offsets === 0) return vector
    const bytes = (vector.length + 1) * 4
    const offsets = this.#kernels.allocate(bytes)
    this.#blocks.push(offsets)
    this.#kernels.u8.copyWithin(offsets, vector.offsets, vector.offsets + bytes)
    return new Vector({ ...vector.parts(), offsets })
  }

  /** The needed ranges of a body, at their places in a block. */
  #readBody(
    fields: readonly ArrowField[],
    wanted: ReadonlySet<string>,
    header: RecordBatchHeader,
    place: MessagePlace,
  ): { readonly header: RecordBatchHeader; readonly ptr: number; readonly bytes: number } {
    const start = place.offset + place.metadataBytes
    if (header.compression !== null) return this.#readCompressed(header, place, start)
    const ptr = this.#kernels.allocate(place.bodyBytes)
    for (const [from, to] of neededRanges(fields, wanted, header)) {
      if (from < 0 || to > place.bodyBytes) {
        this.#kernels.release(ptr)
        throw corrupt('a buffer lies outside of its body')
      }
      this.#bytes.read(this.#kernels.u8.subarray(ptr + from, ptr + to), start + from)
      this.bytesRead += to - from
    }
    return { header, ptr, bytes: place.bodyBytes }
  }

  /** Each buffer by itself: its length as i64 (-1: stored as it is), then its bytes. */
  #readCompressed(
    header: RecordBatchHeader,
    place: MessagePlace,
    start: number,
  ): { readonly header: RecordBatchHeader; readonly ptr: number; readonly bytes: number } {
    if (header.compression!.type !== CompressionType.ZSTD) {
      throw new DataflowError(
        'UNSUPPORTED',
        'its buffers are compressed by lz4, which is not read; write it with zstd, or uncompressed',
      )
    }
    const body = new Uint8Array(place.bodyBytes)
    this.#bytes.read(body, start)
    this.bytesRead += body.length
    const parts = header.buffers.map(({ offset, length }) =>
      length === 0 ? new Uint8Array() : inflate(body.subarray(offset, offset + length), length),
    )
    const bytes = parts.reduce((sum, part) => sum + aligned(part.length), 0)
    const ptr = this.#kernels.allocate(bytes)
    let at = 0
    for (const [i, part] of parts.entries()) {
      this.#kernels.u8.set(part, ptr + at)
      header.buffers[i]!.offset = at
      header.buffers[i]!.length = part.length
      at += aligned(part.length)
    }
    return { header, ptr, bytes }
  }
}

const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64

function inflate(buffer: Uint8Array, length: number): Uint8Array {
  if (buffer.length !== length || length < 8) throw corrupt('a compressed buffer is cut off')
  const size = Number(new DataView(buffer.buffer, buffer.byteOffset).getBigInt64(0, true))
  const data = buffer.subarray(8)
  if (size === -1) return data
  if (size < 0 || size > 0x7fffff00) throw corrupt(`a compressed buffer claims ${size} bytes`)
  try {
    const inflated = zstdDecompressSync(data, { maxOutputLength: Math.max(1, size) })
    if (inflated.length === size) return inflated
  } catch (error) {
    throw new DataflowError('FORMAT_INVALID', 'damaged Arrow data: a buffer does not decompress', {
      cause: error,
    })
  }
  throw corrupt('a buffer decompresses to another length than it says')
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
