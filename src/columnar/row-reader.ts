// A record batch as row objects, for user closures and collect(), and nowhere else. Who makes rows
// counts them (metrics.rowObjects).
//
// W1  Rows are those of the batch's selection, in its order: row(0) to row(rowCount - 1).
// W2  A row is a plain object of its own; nothing in it points into linear memory.
// W3  Linear memory may grow between two rows (a closure's output); the batch must still be alive.
import { assert } from '../base/assert.ts'
import type { Kernels } from '../kernels/module.ts'
import { type ColumnReader, columnReader, viewOf } from './column-reader.ts'
import type { RecordBatch } from './record-batch.ts'
import { rowMaker } from './row-shape.ts'
import type { Schema } from './schema.ts'
import type { Fields, RowOf } from './type.ts'

export class RowReader<F extends Fields = Fields> {
  readonly schema: Schema
  readonly #kernels: Kernels
  readonly #columns: readonly ColumnReader[]
  readonly #make: (row: number) => unknown
  #batch: RecordBatch | undefined
  #selection: Uint32Array | undefined
  // A view that is empty once linear memory has grown.
  #memory: Uint8Array = new Uint8Array()

  constructor(kernels: Kernels, schema: Schema) {
    this.schema = schema
    this.#kernels = kernels
    this.#columns = schema.fields.map(({ name, type }) => columnReader(type, name))
    this.#make = rowMaker(schema.names, this.#columns)
  }

  /** Reads from this batch from now on. */
  bind(batch: RecordBatch): void {
    assert(
      batch.columns.length === this.#columns.length,
      () => `a batch of other columns: ${batch.schema}`,
    )
    this.#batch = batch
    this.#bindViews(batch)
  }

  /** A row that is in, from 0 to batch.rowCount - 1. */
  row(index: number): RowOf<F> {
    return this.#make(this.#physical(index)) as RowOf<F>
  }

  /** One value of a row that is in. */
  value(column: number, index: number): unknown {
    return this.#columns[column]!.get(this.#physical(index))
  }

  /** All rows of a batch. */
  rows(batch: RecordBatch): RowOf<F>[] {
    this.bind(batch)
    return Array.from({ length: batch.rowCount }, (_, index) => this.row(index))
  }

  #physical(index: number): number {
    if (this.#memory.length === 0 && this.#batch !== undefined) this.#bindViews(this.#batch)
    return this.#selection === undefined ? index : this.#selection[index]!
  }

  #bindViews(batch: RecordBatch): void {
    const { selection } = batch
    this.#memory = this.#kernels.u8
    this.#selection =
      selection && viewOf(this.#kernels, Uint32Array, selection.rows, selection.length)
    this.#columns.forEach((column, i) => column.bind(this.#kernels, batch.columns[i]!))
  }
}
