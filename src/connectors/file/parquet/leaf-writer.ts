// One leaf's column chunk while it is written: pages as they become full, compressed at once, and the
// dictionary that they refer to.
//
// LW1 A chunk begins with a dictionary, for types that may have one, and goes on without when the
//     dictionary does not pay: too many values, or too few that repeat. Pages written stay as they are.
// LW2 What is held back is the compressed pages and the dictionary.
import { type DataType, byteWidth } from '../../../columnar/type.ts'
import { Vector } from '../../../columnar/vector.ts'
import { ByteTable } from '../../../kernels/byte-table.ts'
import { GroupTable } from '../../../kernels/group-table.ts'
import {
  hybridBound,
  hybridEncode32,
  hybridEncode8,
  hybridEncodeBits,
} from '../../../kernels/hybrid.ts'
import type { Entries } from '../../../kernels/levels.ts'
import type { Kernels } from '../../../kernels/module.ts'
import { decimalEncode, plainBytesEncode } from '../../../kernels/parquet-encode.ts'
import { PHYSICAL, type WrittenLeaf } from './file-schema.ts'
import { type WriteCodec, WRITE_CODECS, compress } from './codec.ts'
import { Statistics } from './statistics.ts'
import { type ThriftStruct, writeThrift } from './thrift-writer.ts'

const ENCODING = { PLAIN: 0, RLE: 3, RLE_DICTIONARY: 8 } as const
const DATA_PAGE = 0
const DICTIONARY_PAGE = 2
const DICTIONARY_BYTES_MAX = 1 << 20
const DICTIONARY_VALUES_MAX = 1 << 16

/** A row each, null where its bit of validity (0: all are set) is not; or entries in lists and structs. */
export type PageLevels =
  | { readonly length: number; readonly validity: number }
  | Pick<Entries, 'length' | 'defs' | 'reps'>

/** A finished column chunk. */
export interface WrittenChunk {
  /** Dictionary page, if there is one, and data pages: bytes outside of linear memory. */
  readonly pages: readonly Uint8Array[]
  /** ColumnMetaData, whose pages begin at a file's offset. */
  metadata(offset: number): ThriftStruct
}

const bitWidth = (value: number): number => 32 - Math.clz32(value)

export class LeafWriter {
  readonly #kernels: Kernels
  readonly #leaf: WrittenLeaf
  readonly #codec: WriteCodec
  #dictionary: Dictionary | undefined
  #pages: Uint8Array[] = []
  #statistics: Statistics
  #values = 0
  #plainBytes = 0
  #hasPlain = false
  #hasIndices = false
  /** Bytes of the pages that are held back. */
  bytes = 0

  constructor(kernels: Kernels, leaf: WrittenLeaf, codec: WriteCodec) {
    this.#kernels = kernels
    this.#leaf = leaf
    this.#codec = codec
    this.#statistics = new Statistics(kernels, leaf.type)
    this.#dictionary = openDictionary(kernels, leaf.type)
  }

  /**
   * Writes a page.
   * @param dense the values that are there, as the page stores them
   * @param levels of them, and of what is not there
   */
  page(dense: Vector, levels: PageLevels): void {
    const kernels = this.#kernels
    const mark = kernels.mark()
    const { length } = levels
    const indices = this.#indices(dense)
    if (indices === undefined) {
      this.#hasPlain = true
      this.#statistics.add(dense)
    } else this.#hasIndices = true
    const bound =
      levelsBound(kernels, this.#leaf, length) +
      (indices === undefined ? plainBound(kernels, dense) : indices.bound)
    const page = kernels.scratch(bound)
    let at = this.#writeLevels(levels, dense.length, page)
    at += indices === undefined ? writePlain(kernels, dense, at) : indices.write(at)
    const encoding = indices === undefined ? ENCODING.PLAIN : ENCODING.RLE_DICTIONARY
    const header = { 1: length, 2: encoding, 3: ENCODING.RLE, 4: ENCODING.RLE }
    this.#push(this.#pages, page, at - page, { 1: DATA_PAGE, 5: header })
    this.#values += length
    this.#statistics.nulls += length - dense.length
    kernels.reset(mark)
  }

  /** Ends the column chunk; the next page begins another. */
  finish(): WrittenChunk {
    const dictionaryPages: Uint8Array[] = []
    if (this.#hasIndices) this.#dictionaryPage(dictionaryPages)
    const dictionaryBytes = dictionaryPages.reduce((sum, { length }) => sum + length, 0)
    const pages = [...dictionaryPages, ...this.#pages]
    const chunk = { pages, metadata: this.#metadata(pages, dictionaryBytes) }
    this.#pages = []
    this.#values = this.#plainBytes = this.bytes = 0
    this.#hasPlain = this.#hasIndices = false
    this.#statistics = new Statistics(this.#kernels, this.#leaf.type)
    this.#dictionary?.close()
    this.#dictionary = openDictionary(this.#kernels, this.#leaf.type)
    return chunk
  }

  close(): void {
    this.#dictionary?.close()
    this.#dictionary = undefined
  }

  /** Writes the levels that the schema has; returns where they end. */
  #writeLevels(levels: PageLevels, present: number, at: number): number {
    const { def, rep } = this.#leaf
    const kernels = this.#kernels
    if ('defs' in levels) {
      const { reps, defs, length } = levels
      return writeLevels(kernels, defs, length, def, writeLevels(kernels, reps, length, rep, at))
    }
    if (def === 0) return at
    const bytes = hybridEncodeBits(kernels, levels.validity, levels.length, present, at + 4)
    kernels.data.setUint32(at, bytes, true)
    return at + 4 + bytes
  }

  /** The values as dictionary indices; undefined when they do not pay. */
  #indices(dense: Vector): Indices | undefined {
    const dictionary = this.#dictionary
    if (dictionary === undefined || this.#hasPlain) return undefined
    const kernels = this.#kernels
    const ids = kernels.scratch(dense.length * 4)
    dictionary.insert(dense, ids)
    const { size } = dictionary
    // On the first page few values must repeat, or the dictionary only costs.
    const repeats = this.#hasIndices || size * 2 <= dense.length
    const fits = size <= DICTIONARY_VALUES_MAX && dictionary.bytes <= DICTIONARY_BYTES_MAX
    if (!fits || !repeats) return undefined
    const width = Math.max(1, bitWidth(size - 1))
    return {
      bound: 1 + hybridBound(kernels, dense.length, width),
      write: (at) => {
        kernels.u8[at] = width
        return 1 + hybridEncode32(kernels, ids, dense.length, width, at + 1)
      },
    }
  }

  #dictionaryPage(pages: Uint8Array[]): void {
    const kernels = this.#kernels
    const mark = kernels.mark()
    // The last page that did not pay may have added values that no index names: they do no harm.
    const values = this.#dictionary!.values(this.#leaf.type)
    const page = kernels.scratch(plainBound(kernels, values))
    const bytes = writePlain(kernels, values, page)
    const header = { 1: values.length, 2: ENCODING.PLAIN }
    this.#push(pages, page, bytes, { 1: DICTIONARY_PAGE, 7: header })
    this.#statistics.add(values)
    kernels.reset(mark)
  }

  #push(pages: Uint8Array[], page: number, plainBytes: number, info: ThriftStruct): void {
    const body = compress(this.#kernels, this.#codec, page, plainBytes)
    const { 1: type, ...rest } = info
    const header = writeThrift({ 1: type, 2: plainBytes, 3: body.length, ...rest })
    pages.push(header, body)
    this.bytes += header.length + body.length
    this.#plainBytes += header.length + plainBytes
  }

  #metadata(pages: readonly Uint8Array[], dictionaryBytes: number) {
    const { physical, path } = this.#leaf
    const bytes = pages.reduce((sum, { length }) => sum + length, 0)
    const statistics = this.#statistics.toThrift()
    const encodings = [
      ENCODING.RLE,
      ...(this.#hasPlain || this.#hasIndices ? [ENCODING.PLAIN] : []),
      ...(this.#hasIndices ? [ENCODING.RLE_DICTIONARY] : []),
    ]
    const [values, plainBytes] = [this.#values, this.#plainBytes]
    return (offset: number): ThriftStruct => ({
      1: PHYSICAL[physical],
      2: encodings,
      3: path,
      4: WRITE_CODECS[this.#codec],
      5: BigInt(values),
      6: BigInt(plainBytes),
      7: BigInt(bytes),
      9: BigInt(offset + dictionaryBytes),
      11: dictionaryBytes === 0 ? undefined : BigInt(offset),
      12: statistics,
    })
  }
}

interface Indices {
  readonly bound: number
  /** Writes them, their width first; returns the bytes. */
  write(at: number): number
}

/** A dictionary that is being made: a table from values to indices. */
interface Dictionary {
  readonly size: number
  /** Of its values, at most. */
  readonly bytes: number
  insert(dense: Vector, ids: number): void
  values(type: DataType): Vector
  close(): void
}

/** Floats have none: the table takes -0 for 0. */
function openDictionary(kernels: Kernels, type: DataType): Dictionary | undefined {
  if (type.kind === 'utf8' || type.kind === 'binary') return bytesDictionary(kernels)
  const width = byteWidth(type)
  const isFloat = type.kind === 'float32' || type.kind === 'float64'
  return !isFloat && (width === 4 || width === 8) ? fixedDictionary(kernels, width) : undefined
}

function bytesDictionary(kernels: Kernels): Dictionary {
  const table = new ByteTable(kernels)
  let bytes = 0
  return {
    get size() {
      return table.size
    },
    get bytes() {
      return bytes
    },
    insert(dense, ids) {
      const before = table.size
      table.insert(dense, 0, dense.length, ids)
      const added = table.size - before
      if (added > 0) bytes += dense.dataBytes(kernels)
    },
    values(type) {
      const length = table.size
      return new Vector({ type, length, ...table.keys(ascending(kernels, length), length) })
    },
    close: () => table.close(),
  }
}

function fixedDictionary(kernels: Kernels, width: 4 | 8): Dictionary {
  const table = new GroupTable(kernels, width)
  return {
    get size() {
      return table.size
    },
    get bytes() {
      return table.size * width
    },
    insert: (dense, ids) => table.insert(dense.values, 0, dense.length, ids),
    values(type) {
      const length = table.size
      return new Vector({ type, length, values: table.keys(ascending(kernels, length), length) })
    },
    close: () => table.close(),
  }
}

function ascending(kernels: Kernels, n: number): number {
  const ids = kernels.scratch(n * 4)
  const out = kernels.u32.subarray(ids >>> 2, (ids >>> 2) + n)
  for (let id = 0; id < n; id++) out[id] = id
  return ids
}

function levelsBound(kernels: Kernels, { def, rep }: WrittenLeaf, n: number): number {
  const bound = (max: number): number =>
    max === 0 ? 0 : 4 + hybridBound(kernels, n, bitWidth(max))
  return bound(def) + bound(rep)
}

/** Writes levels, their bytes first, unless all are 0 by the schema; returns where they end. */
function writeLevels(kernels: Kernels, levels: number, n: number, max: number, at: number): number {
  if (max === 0) return at
  const bytes = hybridEncode8(kernels, levels, n, bitWidth(max), at + 4)
  kernels.data.setUint32(at, bytes, true)
  return at + 4 + bytes
}

function plainBound(kernels: Kernels, dense: Vector): number {
  const { type, length } = dense
  if (type.kind === 'bool') return (length + 7) >> 3
  const width = byteWidth(type)
  return width > 0 ? length * width : length * 4 + dense.dataBytes(kernels)
}

/** Writes plain values; returns the bytes. */
function writePlain(kernels: Kernels, dense: Vector, at: number): number {
  const { type, length, values, offsets } = dense
  const width = byteWidth(type)
  if (width === 16) decimalEncode(kernels, values, length, at)
  else if (width > 0) kernels.u8.copyWithin(at, values, values + length * width)
  else if (type.kind === 'bool') {
    kernels.u8.copyWithin(at, values, values + ((length + 7) >> 3))
    return (length + 7) >> 3
  } else return plainBytesEncode(kernels, offsets, values, length, at)
  return length * width
}
