// The rows of an operator's input as objects, without its hidden columns: what user code gets.
import type { RecordBatch } from '../columnar/record-batch.ts'
import { RowReader } from '../columnar/row-reader.ts'
import { Schema } from '../columnar/schema.ts'
import type { Kernels } from '../kernels/module.ts'

export type Row = Record<string, unknown>

export const isHidden = (name: string): boolean => name.startsWith('$')

/** The columns that user code sees. */
export const visibleFields = (schema: Schema) => schema.fields.filter(({ name }) => !isHidden(name))

export class VisibleRows {
  readonly schema: Schema
  readonly #reader: RowReader
  readonly #columns: readonly number[]

  constructor(kernels: Kernels, input: Schema) {
    this.#columns = input.names.flatMap((name, i) => (isHidden(name) ? [] : [i]))
    this.schema = new Schema(visibleFields(input))
    this.#reader = new RowReader(kernels, this.schema)
  }

  bind(batch: RecordBatch): void {
    this.#reader.bind(batch.project(this.schema, this.#columns))
  }

  row(index: number): Row {
    return this.#reader.row(index)
  }

  /** One value of a row. */
  value(column: number, index: number): unknown {
    return this.#reader.value(column, index)
  }
}
