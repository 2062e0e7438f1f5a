// Rows of Arrow IPC record batches as vectors: pointers into the body, or what was made of it in the
// arena, all checked first.
//
// ID1  Nothing of a body is trusted: every buffer is as long as its rows need, offsets never fall and end
//      inside their data, text is UTF-8. What fails is FORMAT_INVALID, and no kernel reads outside.
// ID2  Only the bytes of the asked rows are asked of the body; children of lists, too.
// ID3  Dictionary-encoded columns are decoded here, by a gather; large offsets are narrowed, views copied
//      together, lists and values of fixed size get offsets.
import type { RecordBatch as RecordBatchHeader } from 'apache-arrow/ipc/metadata/message'
import { Type } from 'apache-arrow/enum'
import type { Field as ArrowField } from 'apache-arrow/schema'
import type {
  DataType as ArrowType,
  Dictionary as ArrowDictionary,
  FixedSizeBinary,
  FixedSizeList,
  Int as ArrowInt,
} from 'apache-arrow/type'
import {
  decimalNarrow,
  dictionaryRows,
  offsetsNarrow,
  viewExtents,
  viewsCopy,
} from '../kernels/arrow-decode.ts'
import { bitmapCopy } from '../kernels/bitmap.ts'
import type { Kernels } from '../kernels/module.ts'
import { offsetsAreValid } from '../kernels/offsets.ts'
import { NO_ROW } from '../kernels/operand.ts'
import { evenOffsets, float16ToFloat32 } from '../kernels/parquet-decode.ts'
import { areUtf8 } from '../kernels/string.ts'
import { takeRebased } from '../kernels/take.ts'
import { fromArrowType } from './arrow-schema.ts'
import { gatherOptional } from './gather.ts'
import { type Body, corrupt } from './ipc-body.ts'
import { byteWidth, type DataType } from './type.ts'
import { Vector } from './vector.ts'

/** A body, and what its message says of it. */
export interface MessageBody {
  readonly kernels: Kernels
  readonly header: RecordBatchHeader
  readonly body: Body
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
  const views = new ViewCounts(header)
  let next = 0
  for (const field of fields) {
    const count = bufferCount(field, views)
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

/** How many buffers of data each view column has, in the order of the columns. */
class ViewCounts {
  readonly #counts: readonly number[]
  #next = 0

  constructor({ variadicBufferCounts }: RecordBatchHeader) {
    this.#counts = variadicBufferCounts
  }

  take(): number {
    const count = this.#counts[this.#next++] ?? 0
    if (count < 0) throw corrupt(`a column has ${count} buffers of data`)
    return count
  }
}

const isDictionary = (type: ArrowType): type is ArrowDictionary => type.typeId === Type.Dictionary

/** Buffers that the format gives a field, with its children. */
function bufferCount(field: ArrowField, views: ViewCounts): number {
  const own = ownBuffers(field.type as ArrowType, views)
  return children(field).reduce((sum, child) => sum + bufferCount(child, views), own)
}

function nodeCount(field: ArrowField): number {
  return children(field).reduce((sum, child) => sum + nodeCount(child), 1)
}

const children = (field: ArrowField): readonly ArrowField[] =>
  isDictionary(field.type as ArrowType) ? [] : ((field.type as ArrowType).children ?? [])

function ownBuffers(type: ArrowType, views: ViewCounts): number {
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
    case Type.Utf8View:
    case Type.BinaryView:
      return 2 + views.take()
    case Type.Union:
      return (type as unknown as { mode: number }).mode === 1 ? 2 : 1
    default:
      return 2
  }
}

interface Base {
  readonly type: DataType
  readonly length: number
  readonly validity: number
  readonly nullCount: number
}

/** A column of texts: offsets from 0, and the bytes. */
interface Texts {
  readonly offsets: number
  readonly values: number
}

class BodyCursor {
  readonly #message: MessageBody
  readonly #body: Body
  readonly #kernels: Kernels
  readonly #viewCounts: ViewCounts
  #node = 0
  #buffer = 0

  constructor(message: MessageBody) {
    this.#message = message
    this.#body = message.body
    this.#kernels = message.kernels
    this.#viewCounts = new ViewCounts(message.header)
  }

  skip(field: ArrowField): void {
    this.#node += nodeCount(field)
    this.#buffer += bufferCount(field, this.#viewCounts)
  }

  /** Some rows of a field. */
  vector(field: ArrowField, range: RowRange): Vector {
    const arrowType = field.type as ArrowType
    const node = this.#message.header.nodes[this.#node++]
    if (node === undefined) throw corrupt(`column '${field.name}' is missing`)
    const rows = node.length
    const { start, length } = range
    if (rows < 0 || rows > 0x7fffffff || start + length > rows) {
      throw corrupt(`column '${field.name}' has ${rows} rows`)
    }
    const validityBuffer = this.#buffer++
    const hasNulls = node.nullCount !== 0 && length > 0
    const validity = hasNulls ? this.#bits(validityBuffer, range) : 0
    if (isDictionary(arrowType)) return this.#dictionary(field, arrowType, range, validity)
    const type = fromArrowType(arrowType, field.nullable)!
    const nullCount = length === rows ? node.nullCount : -1
    const base = { type, length, validity, nullCount }
    switch (type.kind) {
      case 'bool':
        return new Vector({ ...base, values: this.#bits(this.#buffer++, range) })
      case 'utf8':
      case 'binary':
        return this.#bytes(field, base, range)
      case 'list':
        return this.#list(field, base, range)
      case 'struct': {
        const fields = arrowType.children as ArrowField[]
        return new Vector({ ...base, children: fields.map((child) => this.vector(child, range)) })
      }
      default:
        return new Vector({ ...base, values: this.#fixed(field, base, range) })
    }
  }

  /** The range of the next buffer's values of a width. */
  #values(width: number, { start, length }: RowRange): number {
    return this.#body.at(this.#buffer++, start * width, length * width)
  }

  #fixed(field: ArrowField, base: Base, range: RowRange): number {
    const { type, length } = base
    const kernels = this.#kernels
    const width = byteWidth(type)
    if (type.kind === 'decimal' && width === 8) {
      const wide = this.#values(16, range)
      const out = kernels.scratch(length * 8)
      if (decimalNarrow(kernels, wide, base.validity, length, out) === NO_ROW) return out
      throw corrupt(`'${field.name}' has a decimal of more digits than it says`)
    }
    const isHalf = type.kind === 'float32' && (field.type as { precision?: number }).precision === 0
    if (!isHalf) return this.#values(width, range)
    const half = this.#values(2, range)
    const out = kernels.scratch(length * 4)
    float16ToFloat32(kernels, half, length, out)
    return out
  }

  /** Bits of the range, from bit 0. */
  #bits(buffer: number, { start, length }: RowRange): number {
    const first = start >> 3
    const bytes = ((start + length + 7) >> 3) - first
    const bits = this.#body.at(buffer, first, bytes)
    return start % 8 === 0 ? bits : bitmapCopy(this.#kernels, bits, start & 7, length)
  }

  #bytes(field: ArrowField, base: Base, range: RowRange): Vector {
    const { typeId } = field.type as ArrowType
    const { length } = base
    const kernels = this.#kernels
    if (typeId === Type.FixedSizeBinary) {
      const { byteWidth: width } = field.type as FixedSizeBinary
      const offsets = this.#even(width, length)
      return new Vector({ ...base, offsets, values: this.#values(width, range) })
    }
    const { offsets, values } = VIEWS.has(typeId)
      ? this.#views(field, base, range)
      : this.#run(field, range)
    if (base.type.kind === 'utf8' && !areUtf8(kernels, offsets, values, length)) {
      throw corrupt(`'${field.name}' has text that is no UTF-8`)
    }
    return new Vector({ ...base, offsets, values })
  }

  /** Texts that lie one behind the other. */
  #run(field: ArrowField, range: RowRange): Texts {
    const { offsets, first, last } = this.#offsets(field, range)
    return { offsets, values: this.#body.at(this.#buffer++, first, last - first) }
  }

  /** Texts in their views, and in buffers of which only what is meant is read. */
  #views(field: ArrowField, { validity, length }: Base, range: RowRange): Texts {
    const kernels = this.#kernels
    const views = { values: this.#values(16, range), validity, length }
    const first = this.#buffer
    const count = this.#viewCounts.take()
    this.#buffer += count
    if (first + count > this.#message.header.buffers.length) throw corrupt('a buffer is missing')
    const found = viewExtents(kernels, views, count)
    if (found.bad !== NO_ROW) {
      throw corrupt(`'${field.name}', row ${found.bad}, is a view of a text that is not there`)
    }
    if (found.bytes > 0x7fffffff) throw corrupt(`'${field.name}' passes 2 GiB in one batch`)
    const starts = found.extents.map(({ from, to }, i) =>
      from === to ? 0 : this.#body.at(first + i, from, to - from),
    )
    return viewsCopy(kernels, views, found, starts)
  }

  #list(field: ArrowField, base: Base, range: RowRange): Vector {
    const type = field.type as ArrowType
    const item = type.children[0] as ArrowField
    if (type.typeId === Type.FixedSizeList) {
      const { listSize } = type as FixedSizeList
      const items = { start: range.start * listSize, length: range.length * listSize }
      const offsets = this.#even(listSize, range.length)
      return new Vector({ ...base, offsets, children: [this.vector(item, items)] })
    }
    const { offsets, first, last } = this.#offsets(field, range)
    const child = this.vector(item, { start: first, length: last - first })
    return new Vector({ ...base, offsets, children: [child] })
  }

  /** Offsets of values of one size. */
  #even(width: number, length: number): number {
    if (width < 0 || width * length > 0x7fffffff) throw corrupt(`values of ${width} bytes`)
    const offsets = this.#kernels.scratch((length + 1) * 4)
    this.#kernels.data.setInt32(offsets, 0, true)
    evenOffsets(this.#kernels, width, length, offsets)
    return offsets
  }

  /** i32 offsets of the range, from 0, and the part of the data that they mean. */
  #offsets(
    field: ArrowField,
    { start, length }: RowRange,
  ): { readonly offsets: number; readonly first: number; readonly last: number } {
    const kernels = this.#kernels
    const buffer = this.#buffer++
    const out = kernels.scratch((length + 1) * 4)
    // No rows may have no offsets at all.
    if (length === 0) {
      kernels.data.setInt32(out, 0, true)
      return { offsets: out, first: 0, last: 0 }
    }
    const isLarge = LARGE.has((field.type as ArrowType).typeId)
    const width = isLarge ? 8 : 4
    const from = this.#body.at(buffer, start * width, (length + 1) * width)
    const first = isLarge
      ? Number(kernels.data.getBigInt64(from, true))
      : kernels.data.getInt32(from, true)
    if (!isLarge) takeRebased(kernels, from, length, 0, out)
    else if (!offsetsNarrow(kernels, from, length, out)) {
      throw corrupt(`the offsets of '${field.name}' fall, or pass 2 GiB in one batch`)
    }
    if (first < 0 || !offsetsAreValid(kernels, out, length, 0x7fffffff)) {
      throw corrupt(`the offsets of '${field.name}' fall`)
    }
    return { offsets: out, first, last: first + kernels.data.getInt32(out + length * 4, true) }
  }

  #dictionary(field: ArrowField, type: ArrowDictionary, range: RowRange, validity: number): Vector {
    const dictionary = this.#message.dictionaries.get(type.id)
    if (dictionary === undefined) throw corrupt(`the dictionary of '${field.name}' is missing`)
    const bytes = ((type.indices as ArrowInt).bitWidth >> 3) as 1 | 2 | 4 | 8
    const values = this.#values(bytes, range)
    const { length } = range
    const rows = this.#kernels.scratch(length * 4)
    const indices = { values, bytes, validity, length }
    const bad = dictionaryRows(this.#kernels, indices, dictionary.length, rows)
    if (bad !== NO_ROW) {
      const size = dictionary.length
      throw corrupt(`'${field.name}', row ${bad}, is none of the ${size} dictionary values`)
    }
    const decoded = gatherOptional(this.#kernels, dictionary, { rows, length })
    return decoded.as(fromArrowType(type, field.nullable) as DataType)
  }
}

const LARGE: ReadonlySet<number> = new Set([Type.LargeUtf8, Type.LargeBinary, Type.LargeList])
const VIEWS: ReadonlySet<number> = new Set([Type.Utf8View, Type.BinaryView])
