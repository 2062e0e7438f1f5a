// Rows by key id in an order: lists that are searched and compared as bytes. Keys are the owner's; what is
// kept is whole rows, encoded, and their order.
//
// SR1  Rows that are equal in the order stand as they came.
// SR2  What leaves a list can be read until forget() is told of it.
import type { Schema } from '../columnar/schema.ts'
import { orderField, orderKeysOf, type SortColumn } from '../columnar/order-key.ts'
import { gatherVector } from '../columnar/gather.ts'
import type { DataType } from '../columnar/type.ts'
import type { Vector } from '../columnar/vector.ts'
import type { ByteColumn } from '../kernels/byte-table.ts'
import type { Kernels } from '../kernels/module.ts'
import type { OrderField } from '../kernels/order-key.ts'
import {
  ALL_ROWS,
  type FirstRows,
  type KeyIds,
  type QuantileRows,
  type TopNChanges,
  type TopNLimit,
  TopNTable,
} from '../kernels/top-n.ts'
import { KeyColumn } from './key-column.ts'
import { RowLayout } from './row-layout.ts'

export interface SortedRowsOptions {
  /** Of the columns that are kept. */
  readonly types: readonly DataType[]
  /** Positions among them of the columns that the order goes by, first things first. */
  readonly by: readonly number[]
  readonly descending: readonly boolean[]
}

/** When more of the rows stay than this, all are encoded: that costs less than to gather them before. */
const GATHERED_BELOW = 2 / 3

/** Rows that come, by key id; the ops (u8) say which are taken back (0: none). */
export interface ComingRows {
  readonly ids: number
  readonly ops: number
  readonly columns: readonly Vector[]
  readonly n: number
}

export class SortedRows {
  readonly #table: TopNTable
  readonly #lists: KeyColumn
  readonly #kernels: Kernels
  readonly #layout: RowLayout
  readonly #by: readonly number[]
  readonly #order: readonly OrderField[]

  /** @throws TYPE_MISMATCH for an order of lists or structs; MEMORY_EXHAUSTED */
  constructor(kernels: Kernels, { types, by, descending }: SortedRowsOptions) {
    this.#kernels = kernels
    this.#by = by
    this.#order = by.map((position, i) => orderField(types[position]!, descending[i]!))
    this.#layout = new RowLayout(kernels, types)
    this.#table = new TopNTable(kernels)
    this.#lists = new KeyColumn(kernels, 4)
  }

  /** Makes room for key ids below `size`. */
  reserve(size: number): void {
    this.#lists.reserve(size)
  }

  /** The first rows of keys, as they are now. */
  first(keys: KeyIds, limit: TopNLimit): FirstRows {
    return this.#table.first(this.#lists.ptr, keys, limit)
  }

  /** The addresses of the first or last rows of keys, as columns() takes them; 0 where there is none. */
  ends(keys: KeyIds, isLast: boolean): number {
    return this.#table.ends(this.#lists.ptr, keys, isLast)
  }

  /** The rows at a fraction of the way through keys' lists, as TopNTable.quantiles(). */
  quantiles(keys: KeyIds, fraction: number): QuantileRows {
    return this.#table.quantiles(this.#lists.ptr, keys, fraction)
  }

  /** Room for what leaves when n rows come to lists that have `held`. */
  newGone(n: number, held: number): number {
    return this.#table.newGone(n + held)
  }

  /**
   * Puts rows into lists, or takes them out.
   * @param keep how many rows a list keeps
   * @param strict what is taken back must be there: gives the first row for which it is not
   * @throws MEMORY_EXHAUSTED, RECORD_TOO_LARGE
   */
  apply(
    { ids, ops, columns, n }: ComingRows,
    keep: TopNLimit,
    gone: { readonly gone: number; readonly strict: boolean },
  ): number | undefined {
    const by = this.#by.map((position) => columns[position]!)
    const orders = orderKeysOf(this.#kernels, this.#order, by, n)
    if (ops === 0 && keep.limit !== ALL_ROWS && this.#layout.isFlat) {
      this.#place({ ids, ops, columns, n }, orders, keep, gone.gone)
      return undefined
    }
    const rows = this.#layout.encode(columns, n)
    return this.#table.apply(this.#lists.ptr, { ids, ops, orders, rows, n }, keep, gone)
  }

  /** Most rows do not stay in a list that keeps few: only those that do are encoded. */
  #place({ ids, columns, n }: ComingRows, orders: ByteColumn, keep: TopNLimit, gone: number): void {
    const kernels = this.#kernels
    const rowOffsets = this.#layout.offsets(columns, n)
    const staying = this.#table.place(this.#lists.ptr, { ids, orders, rowOffsets, n }, keep, gone)
    const { length } = staying
    if (length === 0) return
    if (length >= n * GATHERED_BELOW) {
      this.#table.fill(staying.entries, staying.rows, this.#layout.encode(columns, n), length)
      return
    }
    const kept = columns.map((column) => gatherVector(kernels, column, staying))
    this.#table.fill(staying.entries, 0, this.#layout.encode(kept, length), length)
  }

  changes(
    before: FirstRows,
    after: FirstRows,
    count: number,
    shape: { readonly isOne: boolean; readonly ties: boolean; readonly ranks: boolean },
  ): TopNChanges {
    return this.#table.changes(before, after, count, shape)
  }

  /** The key ids (u32) of the entries that first() gave for keys; in the arena. */
  ownersOf({ starts, length }: FirstRows, { ids, count }: KeyIds): number {
    const owners = this.#kernels.scratch(length * 4)
    const { u32 } = this.#kernels
    for (let i = 0; i < count; i++) {
      const [from, to] = [u32[(starts >>> 2) + i]!, u32[(starts >>> 2) + i + 1]!]
      u32.fill(u32[(ids >>> 2) + i]!, (owners >>> 2) + from, (owners >>> 2) + to)
    }
    return owners
  }

  /** The columns of n entries that first() gave, from entry number `from` on. */
  columnsOf({ entries }: FirstRows, from: number, n: number): Vector[] {
    return this.columns(this.#table.rows(entries + from * 4, n), n)
  }

  /** The columns of the rows at n addresses, in the arena. */
  columns(addresses: number, n: number): Vector[] {
    return this.#layout.decode(addresses, 0, n)
  }

  /** Frees the lists of keys. */
  clear(keys: KeyIds): void {
    this.#table.clear(this.#lists.ptr, keys)
  }

  /** Frees what has left, and the lists of those keys that are empty. */
  forget(keys: KeyIds, gone: number): void {
    this.#table.forget(this.#lists.ptr, keys, gone)
  }

  /** Sets the bits of the ids below `size` that have rows. */
  mark(bits: number, size: number): void {
    this.#lists.mark(bits, size)
  }

  /** Follows a compaction of the keys. */
  compact(map: number, size: number): void {
    this.#lists.compact(map, size)
  }

  close(): void {
    this.#table.close()
    this.#lists.close()
  }
}

/** Positions and directions of an order in a schema. @throws COLUMN_NOT_FOUND */
export const orderIn = (
  schema: Schema,
  by: readonly SortColumn[],
): { readonly by: readonly number[]; readonly descending: readonly boolean[] } => ({
  by: by.map(({ column }) => schema.indexOf(column)),
  descending: by.map(({ descending }) => descending),
})
