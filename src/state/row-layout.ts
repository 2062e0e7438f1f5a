// From columns to rows of bytes and back: what operators keep whole rows as. The row codec knows flat
// columns; a struct is its children, a list is two columns of bytes.
//
//   struct   [bool, null where the struct is, only for a nullable one] children, null where it is, too
//   list     bytes: the size of each item (u32) | bytes: the items, each a row of one column
//
// RL1  Equal rows have equal bytes: what lies under a null is not in them. A float's bits are kept.
// RL2  A list's items are encoded together, so that one list's lie behind one another.
import { assert } from '../base/assert.ts'
import { gatherVector } from '../columnar/gather.ts'
import { hashKind } from '../columnar/key-partition.ts'
import { byteWidth, type DataType } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import { bitmapFill, validityAnd } from '../kernels/bitmap.ts'
import type { ByteColumn } from '../kernels/byte-table.ts'
import type { HashColumn } from '../kernels/hash.ts'
import type { Kernels } from '../kernels/module.ts'
import { decodeRows, encodedOffsets, encodeRows, type RowCodecField } from '../kernels/row-codec.ts'

/** How a column lies in a row. */
interface ColumnLayout {
  readonly type: DataType
  readonly fields: readonly RowCodecField[]
  /** Of a struct's children. */
  readonly children: readonly ColumnLayout[]
  /** Of a list's items. */
  readonly items: RowLayout | undefined
}

export class RowLayout {
  readonly #kernels: Kernels
  readonly #columns: readonly ColumnLayout[]
  readonly #fields: readonly RowCodecField[]

  constructor(kernels: Kernels, types: readonly DataType[]) {
    this.#kernels = kernels
    this.#columns = types.map((type) => columnLayout(kernels, type, false))
    this.#fields = this.#columns.flatMap(({ fields }) => fields)
  }

  /** n rows of bytes in the arena. @throws RECORD_TOO_LARGE */
  encode(columns: readonly Vector[], n: number): ByteColumn {
    const parts = this.#columns.flatMap((layout, i) => this.#flat(layout, columns[i]!, 0, n))
    return encodeRows(this.#kernels, this.#fields, parts, n)
  }

  /** The size of a row is known without its bytes: there are no lists and structs in it. */
  get isFlat(): boolean {
    return this.#columns.every(({ type: { kind } }) => kind !== 'list' && kind !== 'struct')
  }

  /** Where n flat rows begin when they are encoded (u32, n + 1), in the arena. @throws RECORD_TOO_LARGE */
  offsets(columns: readonly Vector[], n: number): number {
    const parts = this.#columns.flatMap((layout, i) => this.#flat(layout, columns[i]!, 0, n))
    return encodedOffsets(this.#kernels, this.#fields, parts, n).offsets
  }

  /**
   * The columns of n rows, in the arena.
   * @param addresses u32 a row   @param header bytes between an address and its row
   */
  decode(addresses: number, header: number, n: number): Vector[] {
    const rows = { offsets: addresses, values: header }
    const parts = decodeRows(this.#kernels, this.#fields, rows, n)[Symbol.iterator]()
    return this.#columns.map((layout) => this.#whole(layout, parts, n))
  }

  /** A column as the codec takes it. `outer`: the validity of the struct that it is in. */
  #flat(layout: ColumnLayout, column: Vector, outer: number, n: number): HashColumn[] {
    const kernels = this.#kernels
    const { type, fields, children, items } = layout
    const validity = validityAnd(kernels, outer, column.validity, n)
    if (type.kind === 'struct') {
      const inner = gatherVector(kernels, column, undefined).children
      const isThere = bitmapFill(kernels, n, true)
      const own: HashColumn = { kind: 'bool', values: isThere, offsets: 0, validity }
      const flat = children.flatMap((child, i) => this.#flat(child, inner[i]!, validity, n))
      return fields.length > flat.length ? [own, ...flat] : flat
    }
    if (items === undefined) {
      const { values, offsets } = column
      return [{ kind: fields[0]!.kind, values, offsets, validity }]
    }
    const { offsets, children: of } = gatherVector(kernels, column, undefined)
    const count = n === 0 ? 0 : kernels.i32[(offsets >>> 2) + n]!
    const encoded = items.encode([of[0]!], count)
    const sizes = kernels.scratch(count * 4)
    const starts = kernels.scratch((n + 1) * 4)
    const bytes = kernels.scratch((n + 1) * 4)
    const { u32 } = kernels
    const [item, size] = [encoded.offsets >>> 2, sizes >>> 2]
    for (let i = 0; i < count; i++) u32[size + i] = u32[item + i + 1]! - u32[item + i]!
    for (let i = 0; i <= n; i++) {
      const at = n === 0 ? 0 : u32[(offsets >>> 2) + i]!
      u32[(starts >>> 2) + i] = at * 4
      u32[(bytes >>> 2) + i] = count === 0 ? 0 : u32[item + at]!
    }
    return [
      { kind: 'bytes', values: sizes, offsets: starts, validity },
      { kind: 'bytes', values: encoded.values, offsets: bytes, validity },
    ]
  }

  #whole({ type, fields, children, items }: ColumnLayout, parts: Parts, n: number): Vector {
    const kernels = this.#kernels
    if (type.kind === 'struct') {
      const own = children.reduce((sum, child) => sum + child.fields.length, 0)
      const validity = fields.length > own ? next(parts).validity : 0
      const inner = children.map((child) => this.#whole(child, parts, n))
      return new Vector({ type, length: n, validity, values: 0, children: inner })
    }
    const { values, validity, offsets } = next(parts)
    if (items === undefined) return new Vector({ type, length: n, values, validity, offsets })
    const bytes = next(parts)
    const starts = kernels.scratch((n + 1) * 4)
    const { u32 } = kernels
    for (let i = 0; i <= n; i++) u32[(starts >>> 2) + i] = u32[(offsets >>> 2) + i]! / 4
    const count = u32[(starts >>> 2) + n]!
    const addresses = kernels.scratch((count + 1) * 4)
    const numbers = kernels.u32
    let at = bytes.values
    for (let i = 0; i < count; i++) {
      numbers[(addresses >>> 2) + i] = at
      at += numbers[(values >>> 2) + i]!
    }
    const inner = items.decode(addresses, 0, count)
    return new Vector({ type, length: n, validity, values: 0, offsets: starts, children: inner })
  }
}

type Parts = Iterator<HashColumn>

function next(parts: Parts): HashColumn {
  const { value, done } = parts.next()
  assert(done !== true, 'a row has fewer parts than its layout')
  return value as HashColumn
}

/** @param isInNullable it lies in a struct that may be null */
function columnLayout(kernels: Kernels, type: DataType, isInNullable: boolean): ColumnLayout {
  const nullable = type.nullable || isInNullable
  if (type.kind === 'struct') {
    const children = Object.values(type.fields).map((child) =>
      columnLayout(kernels, child, nullable),
    )
    const own: RowCodecField[] = nullable ? [{ kind: 'bool', nullable: true }] : []
    const fields = [...own, ...children.flatMap((child) => child.fields)]
    return { type, fields, children, items: undefined }
  }
  if (type.kind === 'list') {
    const field: RowCodecField = { kind: 'bytes', nullable }
    const items = new RowLayout(kernels, [type.item])
    return { type, fields: [field, field], children: [], items }
  }
  return { type, fields: [{ kind: payloadKind(type), nullable }], children: [], items: undefined }
}

/** Like a key's, but floats by their bits: -0 stays -0. */
function payloadKind(type: DataType): RowCodecField['kind'] {
  const kind = hashKind(type)
  return kind === 'float32' || kind === 'float64' ? (byteWidth(type) as 4 | 8) : kind
}
