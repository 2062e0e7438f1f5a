// The pages of one column chunk, one after another, decompressed in linear memory. hyparquet reads the
// page headers' Thrift.
//
//   chunk   [dictionary page] data page ...       page  header (Thrift) | compressed bytes
//   v1      all compressed:  u32 bytes, repetition levels | u32 bytes, definition levels | values
//   v2      repetition levels | definition levels | values, only these compressed
//
// CP1 One data page and one dictionary are held at a time; each takes one block, used again.
// CP2 What a page's parts say of their bytes is checked against the page: the kernels get true bounds.
import { readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { parquetHeader } from 'hyparquet/src/column.js'
import type { Encoding, PageHeader } from 'hyparquet/src/types.js'
import type { DataflowError } from '../../../base/errors.ts'
import type { Kernels } from '../../../kernels/module.ts'
import type { OperatorMetrics } from '../../../operators/operator.ts'
import { readError } from '../file-system.ts'
import { decompress, isSupported } from './codec.ts'
import { damaged, type FilePlace, unsupported } from './file-error.ts'
import type { ColumnChunk } from './footer.ts'

/** Bytes [start, end) of linear memory. */
export interface Span {
  readonly start: number
  readonly end: number
}

interface BasePage {
  /** Values, nulls included. */
  readonly values: number
  readonly encoding: Encoding
  /** The page's bytes without its levels. */
  readonly body: Span
}

export interface DataPage extends BasePage {
  readonly kind: 'data'
  /** Undefined where the schema has no such levels. */
  readonly reps: Span | undefined
  readonly defs: Span | undefined
}

export interface DictionaryPage extends BasePage {
  readonly kind: 'dictionary'
}

export type Page = DataPage | DictionaryPage

export interface ChunkPagesOptions {
  readonly kernels: Kernels
  readonly metrics: OperatorMetrics
  readonly file: number
  readonly chunk: ColumnChunk
  readonly place: FilePlace
  /** Whether the schema has repetition and definition levels. */
  readonly hasReps: boolean
  readonly hasDefs: boolean
}

const HEADER_BYTES = 4 << 10
const HEADER_BYTES_MAX = 16 << 20
const VALUES_MAX = 0x7fffffff

export class ChunkPages {
  readonly #options: ChunkPagesOptions
  #position: number
  readonly #end: number
  #pageOffset = 0
  readonly #blocks = {
    data: { ptr: 0, bytes: 0 },
    dictionary: { ptr: 0, bytes: 0 },
  }

  /** @throws UNSUPPORTED when it is compressed as we cannot read */
  constructor(options: ChunkPagesOptions) {
    const { chunk, place } = options
    if (!isSupported(chunk.codec)) {
      const advice = 'write it with SNAPPY, ZSTD or GZIP, or leave the column out'
      throw unsupported(place, `${chunk.codec} compression is not supported; ${advice}`)
    }
    this.#options = options
    this.#position = chunk.offset
    this.#end = chunk.offset + chunk.bytes
  }

  /** The next page, or undefined after the last. The data page before is gone. */
  next(): Page | undefined {
    while (this.#position < this.#end) {
      this.#pageOffset = this.#position
      const header = this.#header()
      const page = this.#page(header)
      if (page !== undefined) return page
    }
    return undefined
  }

  /** An error at the page at hand. */
  damaged(what: string, cause?: unknown): DataflowError {
    return damaged({ ...this.#options.place, offset: this.#pageOffset }, what, cause)
  }

  unsupported(what: string): DataflowError {
    return unsupported({ ...this.#options.place, offset: this.#pageOffset }, what)
  }

  close(): void {
    const { kernels } = this.#options
    for (const block of Object.values(this.#blocks)) {
      kernels.release(block.ptr)
      block.ptr = 0
      block.bytes = 0
    }
  }

  /** Reads a header, and goes to the bytes behind it. */
  #header(): PageHeader {
    const left = this.#end - this.#position
    for (let bytes = Math.min(left, HEADER_BYTES); ; bytes = Math.min(left, bytes * 16)) {
      const head = new Uint8Array(bytes)
      this.#read(head, this.#position)
      const reader = { view: new DataView(head.buffer), offset: 0 }
      try {
        const header = parquetHeader(reader)
        if (reader.offset > bytes) throw new Error('the header ends behind the column chunk')
        this.#position += reader.offset
        return header
      } catch (error) {
        // Statistics may be long: then more of it must be read.
        if (bytes === left || bytes >= HEADER_BYTES_MAX) {
          throw this.damaged('a page header cannot be read', error)
        }
      }
    }
  }

  #page(header: PageHeader): Page | undefined {
    const bytes = this.#sizeOf(header.compressed_page_size, 'compressed')
    const plainBytes = this.#sizeOf(header.uncompressed_page_size, 'decompressed')
    const left = this.#end - this.#position
    if (bytes > left) throw this.damaged(`a page of ${bytes} bytes where ${left} are left`)
    const position = this.#position
    this.#position += bytes
    const source = { position, bytes, plainBytes, crc: this.#crc(header.crc) }
    switch (header.type) {
      case 'DATA_PAGE':
        return this.#dataPage(header, source)
      case 'DATA_PAGE_V2':
        return this.#dataPageV2(header, source)
      case 'DICTIONARY_PAGE': {
        const { num_values: values, encoding } = header.dictionary_page_header ?? {}
        const checked = this.#values(values)
        const body = this.#load('dictionary', source, 0)
        return { kind: 'dictionary', values: checked, encoding: this.#encoding(encoding), body }
      }
      case 'INDEX_PAGE':
        return undefined
      default:
        throw this.damaged('a page of no known kind')
    }
  }

  #dataPage(header: PageHeader, source: PageSource): DataPage {
    const info = header.data_page_header
    if (info === undefined) throw this.damaged('a data page without its header')
    const values = this.#values(info.num_values)
    const body = this.#load('data', source, 0)
    const reps = this.#options.hasReps
      ? this.#levels(body, info.repetition_level_encoding)
      : undefined
    const afterReps = { start: reps?.end ?? body.start, end: body.end }
    const defs = this.#options.hasDefs
      ? this.#levels(afterReps, info.definition_level_encoding)
      : undefined
    const start = defs?.end ?? afterReps.start
    return {
      kind: 'data',
      values,
      encoding: this.#encoding(info.encoding),
      reps,
      defs,
      body: { start, end: body.end },
    }
  }

  /** hyparquet gives a field with the type that the file says. */
  #crc(crc: unknown): number | undefined {
    if (crc === undefined || typeof crc === 'number') return crc
    throw this.damaged('a checksum that is no number of 32 bits')
  }

  /** hyparquet gives undefined for a number that names no encoding, whatever its types say. */
  #encoding(encoding: Encoding | undefined): Encoding {
    if (encoding === undefined) throw this.damaged('values in no known encoding')
    return encoding
  }

  /** Levels of version 1: their bytes come first. */
  #levels({ start, end }: Span, encoding: Encoding): Span {
    if (encoding !== 'RLE') throw this.unsupported(`levels in ${encoding} are not supported`)
    if (end - start < 4) throw this.damaged('a page ends within its levels')
    const bytes = this.#options.kernels.data.getUint32(start, true)
    if (bytes > end - start - 4) throw this.damaged('a page ends within its levels')
    return { start: start + 4, end: start + 4 + bytes }
  }

  #dataPageV2(header: PageHeader, source: PageSource): DataPage {
    const info = header.data_page_header_v2
    if (info === undefined) throw this.damaged('a data page without its header')
    const values = this.#values(info.num_values)
    const repBytes = this.#sizeOf(info.repetition_levels_byte_length, 'level')
    const defBytes = this.#sizeOf(info.definition_levels_byte_length, 'level')
    const levelBytes = repBytes + defBytes
    if (levelBytes > source.bytes || levelBytes > source.plainBytes) {
      throw this.damaged('a page ends within its levels')
    }
    const isPlain = info.is_compressed === false
    const { start, end } = this.#load('data', source, isPlain ? source.bytes : levelBytes)
    const { hasReps, hasDefs } = this.#options
    return {
      kind: 'data',
      values,
      encoding: this.#encoding(info.encoding),
      reps: hasReps ? { start, end: start + repBytes } : undefined,
      defs: hasDefs ? { start: start + repBytes, end: start + levelBytes } : undefined,
      body: { start: start + levelBytes, end },
    }
  }

  /** Reads a page into its block; its first `plain` bytes are not compressed. */
  #load(kind: 'data' | 'dictionary', source: PageSource, plain: number): Span {
    const { kernels, chunk, metrics } = this.#options
    const { position, bytes, plainBytes, crc } = source
    metrics.bytesIn += bytes
    if (chunk.codec === 'UNCOMPRESSED' || plain === bytes) {
      if (bytes !== plainBytes) throw this.damaged(`a plain page of ${bytes}, not ${plainBytes}`)
      const start = this.#reserve(kind, bytes)
      this.#readInto(start, bytes, position, crc)
      return { start, end: start + bytes }
    }
    const mark = kernels.mark()
    const from = kernels.scratch(bytes)
    this.#readInto(from, bytes, position, crc)
    let start = 0
    const into = (size: number): number => {
      start = this.#reserve(kind, plain + size)
      kernels.u8.copyWithin(start, from, from + plain)
      return start + plain
    }
    const rest = { from: from + plain, bytes: bytes - plain, plainBytes: plainBytes - plain }
    try {
      decompress(kernels, chunk.codec, rest, into)
    } catch (error) {
      throw this.damaged(`a page is no ${chunk.codec} data of ${plainBytes} bytes`, error)
    }
    kernels.reset(mark)
    return { start, end: start + plainBytes }
  }

  #readInto(ptr: number, bytes: number, position: number, crc: number | undefined): void {
    const into = this.#options.kernels.u8.subarray(ptr, ptr + bytes)
    this.#read(into, position)
    if (crc !== undefined && crc32(into) !== crc >>> 0) {
      throw this.damaged('a page does not match its checksum')
    }
  }

  #read(into: Uint8Array, position: number): void {
    const { file, place } = this.#options
    let read = 0
    try {
      for (let got = -1; read < into.length && got !== 0; read += got) {
        got = readSync(file, into, read, into.length - read, position + read)
      }
    } catch (error) {
      throw readError(place.path, error)
    }
    if (read < into.length) throw this.damaged('the file has become shorter while it was read')
  }

  #reserve(kind: 'data' | 'dictionary', bytes: number): number {
    const { kernels } = this.#options
    const block = this.#blocks[kind]
    if (block.ptr === 0 || bytes > block.bytes) {
      kernels.release(block.ptr)
      block.ptr = 0
      block.ptr = kernels.allocate(bytes)
      block.bytes = bytes
    }
    return block.ptr
  }

  #values(values: unknown): number {
    return this.#sizeOf(values, 'value')
  }

  #sizeOf(size: unknown, what: string): number {
    if (Number.isInteger(size) && Number(size) >= 0 && Number(size) <= VALUES_MAX) {
      return Number(size)
    }
    throw this.damaged(`a page with a ${what} count of ${String(size)}`)
  }
}

interface PageSource {
  readonly position: number
  readonly bytes: number
  readonly plainBytes: number
  readonly crc: number | undefined
}
