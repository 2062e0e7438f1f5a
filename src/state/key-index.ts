// From the key columns of a batch to dense key ids, in order of first appearance, and back to
// columns.
//
//   one column of up to 8 bytes   group table, the key inline in its slot
//   one utf8 or binary column     byte table over the column as it is
//   anything else                 byte table over rows encoded by the row codec
//
// KI1  Null is a key like any other. Whoever joins takes null keys out itself.
// KI2  Ids are below size, and mean the same key until compact() or clear().
import { assert } from '../base/assert.ts'
import { hashColumn, hashKind } from '../columnar/key-partition.ts'
import { byteWidth, type DataType } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import { type ByteColumn, ByteTable } from '../kernels/byte-table.ts'
import { compareNumbers } from '../kernels/compare.ts'
import { GroupTable, NO_GROUP } from '../kernels/group-table.ts'
import type { Kernels } from '../kernels/module.ts'
import { constantOperand, vectorOperand } from '../kernels/operand.ts'
import { decodeRows, encodeRows, type RowCodecField } from '../kernels/row-codec.ts'

type KeyTable =
  | { readonly kind: 'fixed'; readonly table: GroupTable }
  | { readonly kind: 'bytes'; readonly table: ByteTable }
  | { readonly kind: 'rows'; readonly table: ByteTable; readonly fields: readonly RowCodecField[] }

export class KeyIndex {
  readonly #kernels: Kernels
  readonly #types: readonly DataType[]
  readonly #keys: KeyTable

  /**
   * @param types of the key columns; nullable where a null may come
   * @throws UNSUPPORTED for lists and structs
   */
  constructor(kernels: Kernels, types: readonly DataType[]) {
    this.#kernels = kernels
    this.#types = types
    this.#keys = keyTable(kernels, types)
  }

  /** Keys that have an id. */
  get size(): number {
    return this.#keys.table.size
  }

  /**
   * The ids (u32 a row, in the arena) of n rows; new keys get the next ids.
   * @throws MEMORY_EXHAUSTED
   */
  insert(columns: readonly Vector[], n: number): number {
    const out = this.#kernels.scratch(n * 4)
    const [column] = columns
    const keys = this.#keys
    if (keys.kind === 'rows') keys.table.insert(this.#encode(keys.fields, columns, n), 0, n, out)
    else if (keys.kind === 'bytes') keys.table.insert(column!, column!.validity, n, out)
    else keys.table.insert(column!.values, column!.validity, n, out)
    return out
  }

  /** The ids of n rows, NO_GROUP for keys that have none. */
  find(columns: readonly Vector[], n: number): number {
    const out = this.#kernels.scratch(n * 4)
    const [column] = columns
    const keys = this.#keys
    if (keys.kind === 'rows') keys.table.find(this.#encode(keys.fields, columns, n), 0, n, out)
    else if (keys.kind === 'bytes') keys.table.find(column!, column!.validity, n, out)
    else keys.table.find(column!.values, column!.validity, n, out)
    return out
  }

  /** The keys of n ids (u32 at `ids`) as columns in the arena. */
  columns(ids: number, n: number): Vector[] {
    const keys = this.#keys
    if (keys.kind === 'rows') {
      const rows = keys.table.keys(ids, n)
      return decodeRows(this.#kernels, keys.fields, rows, n).map(
        ({ values, validity, offsets }, i) =>
          new Vector({ type: this.#types[i]!, length: n, values, validity, offsets }),
      )
    }
    const base = {
      type: this.#types[0]!,
      length: n,
      validity: this.#validity(keys.table.nullId, ids, n),
    }
    if (keys.kind === 'bytes') return [new Vector({ ...base, ...keys.table.keys(ids, n) })]
    return [new Vector({ ...base, values: keys.table.keys(ids, n) })]
  }

  /**
   * Forgets the keys whose bit in `live` is not set; the others get new ids in the same order.
   * @param map gets the new id (u32) of each old one, NO_GROUP for those that are gone
   * @throws MEMORY_EXHAUSTED
   */
  compact(live: number, map: number): void {
    this.#keys.table.compact(live, map)
  }

  close(): void {
    this.#keys.table.close()
  }

  #encode(fields: readonly RowCodecField[], columns: readonly Vector[], n: number): ByteColumn {
    assert(columns.length === fields.length, `${columns.length} key columns of ${fields.length}`)
    return encodeRows(this.#kernels, fields, columns.map(hashColumn), n)
  }

  #validity(nullId: number, ids: number, n: number): number {
    if (nullId === NO_GROUP) return 0
    const nulls = constantOperand(this.#kernels, 'uint32', nullId)
    return compareNumbers(this.#kernels, 'uint32', 'ne', vectorOperand(ids), nulls, n)
  }
}

function keyTable(kernels: Kernels, types: readonly DataType[]): KeyTable {
  const [type] = types
  if (types.length === 1 && type !== undefined && byteWidth(type) <= 8) {
    const kind = hashKind(type)
    if (kind === 'bytes') return { kind: 'bytes', table: new ByteTable(kernels) }
    return { kind: 'fixed', table: new GroupTable(kernels, kind) }
  }
  const fields = types.map((each) => ({ kind: hashKind(each), nullable: each.nullable }))
  return { kind: 'rows', table: new ByteTable(kernels), fields }
}
