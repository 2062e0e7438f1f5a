// Arrow IPC record batches in linear memory as vectors: pointers into the body, checked first.
//
// ID1  Nothing of a body is trusted: every buffer lies inside it and is as long as its rows need, offsets
//      never fall and end inside their data. What fails is FORMAT_INVALID, and no kernel reads outside.
// ID2  The body is at a 64-byte aligned pointer with PADDING behind; vectors live as long as it does.
// ID3  Dictionary-encoded columns are decoded here, by a gather; large offsets are narrowed.
import type {
  BufferRegion,
  RecordBatch as RecordBatchHeader,
} from 'apache-arrow/ipc/metadata/message'
import { Type } from 'apache-arrow/enum'
import type { Field as ArrowField } from 'apache-arrow/schema'
import type {
  DataType as ArrowType,
  Dictionary as ArrowDictionary,
  Int as ArrowInt,
} from 'apache-arrow/type'
import { DataflowError } from '../base/errors.ts'
import type { Kernels } from '../kernels/module.ts'
import { bitmapCopy } from '../kernels/bitmap.ts'
import { offsetsAreValid } from '../kernels/offsets.ts'
import { fromArrowType } from './arrow-schema.ts'
import { gatherOptional } from './gather.ts'
import { byteWidth, type DataType } from './type.ts'
import { Vector } from './vector.ts'

/** A body in linear memory, and what its message says of it. */
export interface MessageBody {
  readonly kernels: Kernels
  readonly header: RecordBatchHeader
  readonly ptr: number
  readonly bytes: number
  /** Decoded dictionaries by id. */
  readonly dictionaries: ReadonlyMap<number, Vector>
}

/** Rows of a batch. */
export interface RowRange {
  readonly start: number
  readonly length: number
}

/**
 * The wanted columns of some rows of a record batch, in the fields' order; an unwanted one is undefined.
 * What cannot point into the body (decoded dictionaries, narrowed values) is in the arena.
 * @throws FORMAT_INVALID
 */
export function decodeColumns(
  fields: readonly ArrowField[],
  wanted: ReadonlySet<string>,
  body: MessageBody,
  range: RowRange,
): (Vector | undefined)[] {
  const cursor = new BodyCursor(body)
  return fields.map((field) => {
    if (wanted.has(field.name)) return cursor.vector(field, range)
    cursor.skip(field)
    return undefined
  })
}

/** Which bytes of the body the wanted columns need: [start, end) each, in order. */
export function neededRanges(
  fields: readonly ArrowField[],
  wanted: ReadonlySet<string>,
  header: RecordBatchHeader,
): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = []
  let next = 0
  for (const field of fields) {
    const count = bufferCount(field)
    const regions = header.buffers.slice(next, next + count).filter(({ length }) => length > 0)
    next += count
    if (!wanted.has(field.name)) continue
    for (const { offset, length } of regions) {
      const last = ranges.at(-1)
      if (last !== undefined && offset >= last[1] && offset - last[1] < 4096) {
        last[1] = offset + length
      } else ranges.push([offset, offset + length])
    }
  }
  return ranges
}

const isDictionary = (type: ArrowType): type is ArrowDictionary => type.typeId === Type.Dictionary

/** Buffers that the format gives a field, with its children. */
function bufferCount(field: ArrowField): number {
  const own = ownBuffers(field.type as ArrowType)
  return children(field).reduce((sum, child) => sum + bufferCount(child), own)
}

function nodeCount(field: ArrowField): number {
  return children(field).reduce((sum, child) => sum + nodeCount(child), 1)
}

const children = (field: ArrowField): readonly ArrowField[] =>
  isDictionary(field.type as ArrowType) ? [] : ((field.type as ArrowType).children ?? [])

function ownBuffers(type: ArrowType): number {
  switch (type.typeId) {
    case Type.Null:
      return 0
    case Type.Struct:
    case Type.FixedSizeList:
      return 1
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Binary:
    case Type.LargeBinary:
      return 3
    case Type.Union:
      return (type as unknown as { mode: number }).mode === 1 ? 2 : 1
    default:
      return 2
  }
}

class BodyCursor {
  readonly #body: MessageBody
  readonly #kernels: Kernels
  #node = 0
  #buffer = 0

  constructor(body: MessageBody) {
    this.#body = body
    this.#kernels = body.kernels
  }

  skip(field: ArrowField): void {
    this.#node += nodeCount(field)
    this.#buffer += bufferCount(field)
  }

  /** Some rows of a field; all of them when there is no range. */
  vector(field: ArrowField, some?: RowRange): Vector {
    const arrowType = field.type as ArrowType
    const node = this.#body.header.nodes[this.#node++]
    if (node === undefined) throw corrupt(`column '${field.name}' is missing`)
    const rows = node.length
    const range = some ?? { start: 0, length: rows }
    if (rows < 0 || rows > 0x7fffffff || range.start + range.length > rows) {
      throw corrupt(`column '${field.name}' has ${rows} rows`)
    }
    const { start, length } = range
    const nulls = node.nullCount !== 0 && rows > 0
    const validityPtr = this.#region(field, nulls ? (rows + 7) >> 3 : 0)
    const validity = nulls ? this.#bits(validityPtr, range) : 0
    if (isDictionary(arrowType))
      return this.#dictionaryVector(field, arrowType, rows, range, validity)
    const type = fromArrowType(arrowType, field.nullable)!
    const base = { type, length, validity, nullCount: length === rows ? node.nullCount : -1 }
    const width = byteWidth(type)
    if (type.kind === 'decimal' && width === 8) {
      const values = this.#region(field, rows * 16) + start * 16
      return new Vector({ ...base, values: this.#narrowDecimals(field.name, values, base) })
    }
    if (width > 0) {
      return new Vector({ ...base, values: this.#region(field, rows * width) + start * width })
    }
    switch (type.kind) {
      case 'bool': {
        const values = this.#region(field, (rows + 7) >> 3)
        return new Vector({ ...base, values: this.#bits(values, range) })
      }
      case 'utf8':
      case 'binary': {
        const offsets = this.#offsets(field, rows, range)
        const { ptr: values, bytes } = this.#rest(field)
        this.#checkOffsets(field, offsets, length, bytes)
        return new Vector({ ...base, offsets, values })
      }
      case 'list': {
        const offsets = this.#offsets(field, rows, range)
        const child = this.vector(arrowType.children[0] as ArrowField)
        this.#checkOffsets(field, offsets, length, child.length)
        return new Vector({ ...base, offsets, children: [child] })
      }
      default: {
        const fields = arrowType.children as ArrowField[]
        return new Vector({ ...base, children: fields.map((child) => this.vector(child, range)) })
      }
    }
  }

  /** Bits of the range, from bit 0. */
  #bits(bitmap: number, { start, length }: RowRange): number {
    if (start % 8 === 0) return bitmap + (start >> 3)
    return bitmapCopy(this.#kernels, bitmap, start, length)
  }

  #dictionaryVector(
    field: ArrowField,
    type: ArrowDictionary,
    all: number,
    { start, length }: RowRange,
    validity: number,
  ): Vector {
    const dictionary = this.#body.dictionaries.get(type.id)
    if (dictionary === undefined) throw corrupt(`the dictionary of '${field.name}' is missing`)
    const width = (type.indices as ArrowInt).bitWidth >> 3
    const indices = this.#region(field, all * width) + start * width
    const rows = this.#kernels.scratch(length * 4)
    const { data, u8, u32 } = this.#kernels
    for (let row = 0; row < length; row++) {
      const isNull = validity !== 0 && ((u8[validity + (row >> 3)]! >> (row & 7)) & 1) === 0
      const index = isNull ? 0xffffffff : readIndex(data, indices + row * width, width)
      if (!isNull && index >= dictionary.length) {
        throw corrupt(
          `'${field.name}' has index ${index} of ${dictionary.length} dictionary values`,
        )
      }
      u32[(rows >>> 2) + row] = index
    }
    const decoded = gatherOptional(this.#kernels, dictionary, { rows, length })
    return decoded.as(fromArrowType(type, field.nullable) as DataType)
  }

  /** The next buffer, with at least `bytes` bytes. */
  #region(field: ArrowField, bytes: number): number {
    const { ptr, bytes: have } = this.#rest(field)
    if (have < bytes) throw corrupt(`a buffer of '${field.name}' has ${have} of ${bytes} bytes`)
    return ptr
  }

  #rest(field: ArrowField): { readonly ptr: number; readonly bytes: number } {
    const region: BufferRegion | undefined = this.#body.header.buffers[this.#buffer++]
    if (region === undefined) throw corrupt(`a buffer of '${field.name}' is missing`)
    const { offset, length } = region
    if (offset < 0 || length < 0 || offset + length > this.#body.bytes) {
      throw corrupt(`a buffer of '${field.name}' lies outside of the body`)
    }
    return { ptr: this.#body.ptr + offset, bytes: length }
  }

  /** i32 offsets of the range, narrowed where the type has large ones; no rows may have none at all. */
  #offsets(field: ArrowField, rows: number, { start, length }: RowRange): number {
    const { typeId } = field.type as ArrowType
    const isLarge = typeId === Type.LargeUtf8 || typeId === Type.LargeBinary
    if (rows === 0) {
      this.#buffer++
      const none = this.#kernels.scratch(4)
      this.#kernels.data.setInt32(none, 0, true)
      return none
    }
    if (!isLarge) return this.#region(field, (rows + 1) * 4) + start * 4
    const large = this.#region(field, (rows + 1) * 8) + start * 8
    const narrow = this.#kernels.scratch((length + 1) * 4)
    const { data } = this.#kernels
    for (let row = 0; row <= length; row++) {
      if (data.getUint32(large + row * 8 + 4, true) !== 0) {
        throw corrupt(`'${field.name}' has more than 2 GiB in one batch`)
      }
      data.setUint32(narrow + row * 4, data.getUint32(large + row * 8, true), true)
    }
    return narrow
  }

  #checkOffsets(field: ArrowField, offsets: number, length: number, bytes: number): void {
    if (!offsetsAreValid(this.#kernels, offsets, length, bytes)) {
      throw corrupt(`the offsets of '${field.name}' fall, or end outside of their data`)
    }
  }

  /** 128-bit units to 64, which they fit by their precision, or the file is wrong. */
  #narrowDecimals(
    name: string,
    values: number,
    { length, validity }: { readonly length: number; readonly validity: number },
  ): number {
    const out = this.#kernels.scratch(length * 8)
    const { data, u8 } = this.#kernels
    for (let row = 0; row < length; row++) {
      const high = data.getInt32(values + row * 16 + 4, true)
      const isNull = validity !== 0 && ((u8[validity + (row >> 3)]! >> (row & 7)) & 1) === 0
      const fits =
        data.getInt32(values + row * 16 + 8, true) === high >> 31 &&
        data.getInt32(values + row * 16 + 12, true) === high >> 31
      if (!fits && !isNull) throw corrupt(`'${name}' has a decimal of more digits than it says`)
      data.setInt32(out + row * 8, data.getInt32(values + row * 16, true), true)
      data.setInt32(out + row * 8 + 4, high, true)
    }
    return out
  }
}

/** Dictionary indices may be signed: what is negative is then too large. */
function readIndex(data: DataView, at: number, width: number): number {
  if (width === 1) return data.getUint8(at)
  if (width === 2) return data.getUint16(at, true)
  if (width === 4) return data.getUint32(at, true)
  return data.getUint32(at + 4, true) === 0 ? data.getUint32(at, true) : 0xffffffff
}

/** What is wrong with a message; the caller says in which file. */
export function corrupt(why: string): DataflowError {
  return new DataflowError('FORMAT_INVALID', `damaged Arrow data: ${why}`)
}
