// Arrow's metadata, decoded without trust: messages and footers of IPC.
//
// IM1  A flatbuffer says how long its vectors are, and apache-arrow makes an array of as many elements,
//      whether they are there or not. A vector that claims more elements than all metadata has bytes, or all
//      vectors together far more, is FORMAT_INVALID before an element is made.
// IM2  Whatever else the library stumbles over is FORMAT_INVALID, too.
import { MessageHeader } from 'apache-arrow/enum'
import { DictionaryBatch as DictionaryTable } from 'apache-arrow/fb/dictionary-batch'
import { Footer as FooterTable } from 'apache-arrow/fb/footer'
import { Message as MessageTable } from 'apache-arrow/fb/message'
import { RecordBatch as RecordBatchTable } from 'apache-arrow/fb/record-batch'
import { Schema as SchemaTable } from 'apache-arrow/fb/schema'
import { DictionaryBatch, RecordBatch } from 'apache-arrow/ipc/metadata/message'
import { Schema } from 'apache-arrow/schema'
import { ByteBuffer } from 'flatbuffers'
import { DataflowError } from '../base/errors.ts'
import { corrupt } from './ipc-body.ts'

/** A vector is looked at a few times; what is much more than that is a table that contains itself. */
const LOOKS_MAX = 64

class BoundedBuffer extends ByteBuffer {
  #left = this.capacity() * LOOKS_MAX

  override __vector_len(offset: number): number {
    const length = super.__vector_len(offset)
    this.#left -= length
    if (length >= 0 && length <= this.capacity() && this.#left >= 0) return length
    throw corrupt(`its metadata of ${this.capacity()} bytes has a vector of ${length} elements`)
  }
}

export type IpcHeader =
  | { readonly kind: 'schema'; readonly schema: Schema }
  | { readonly kind: 'batch'; readonly batch: RecordBatch }
  | { readonly kind: 'dictionary'; readonly dictionary: DictionaryBatch }
  | { readonly kind: 'other' }

export interface IpcMessage {
  readonly header: IpcHeader
  readonly bodyBytes: number
}

/** @throws FORMAT_INVALID */
export function decodeMessage(metadata: Uint8Array): IpcMessage {
  return guarded(() => {
    const message = MessageTable.getRootAsMessage(new BoundedBuffer(metadata))
    return { header: decodeHeader(message), bodyBytes: Number(message.bodyLength()) }
  })
}

function decodeHeader(message: MessageTable): IpcHeader {
  const version = message.version()
  switch (message.headerType() as number) {
    case MessageHeader.Schema: {
      const table = message.header(new SchemaTable()) as SchemaTable
      return { kind: 'schema', schema: Schema.decode(table, new Map(), version) }
    }
    case MessageHeader.RecordBatch: {
      const table = message.header(new RecordBatchTable()) as RecordBatchTable
      return { kind: 'batch', batch: RecordBatch.decode(table, version) }
    }
    case MessageHeader.DictionaryBatch: {
      const table = message.header(new DictionaryTable()) as DictionaryTable
      return { kind: 'dictionary', dictionary: DictionaryBatch.decode(table, version) }
    }
    default:
      return { kind: 'other' }
  }
}

/** Where a footer says that a message lies. */
export interface IpcBlock {
  readonly offset: number
  readonly metadataBytes: number
  readonly bodyBytes: number
}

export interface IpcFooter {
  readonly schema: Schema
  readonly batches: readonly IpcBlock[]
  readonly dictionaries: readonly IpcBlock[]
}

/** @throws FORMAT_INVALID */
export function decodeFooter(bytes: Uint8Array): IpcFooter {
  return guarded(() => {
    const footer = FooterTable.getRootAsFooter(new BoundedBuffer(bytes))
    const schema = footer.schema()
    if (schema === null) throw corrupt('its footer has no schema')
    return {
      schema: Schema.decode(schema, new Map(), footer.version()),
      batches: blocks(footer.recordBatchesLength(), (i) => footer.recordBatches(i)),
      dictionaries: blocks(footer.dictionariesLength(), (i) => footer.dictionaries(i)),
    }
  })
}

type BlockTable = ReturnType<FooterTable['recordBatches']>

function blocks(length: number, at: (i: number) => BlockTable): IpcBlock[] {
  return Array.from({ length }, (_, i) => {
    const block = at(i)!
    return {
      offset: Number(block.offset()),
      metadataBytes: block.metaDataLength(),
      bodyBytes: Number(block.bodyLength()),
    }
  })
}

/** flatbuffers throws what it likes on damaged bytes. */
function guarded<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof DataflowError) throw error
    throw new DataflowError('FORMAT_INVALID', 'damaged Arrow data: its metadata does not decode', {
      cause: error,
    })
  }
}
