// A record batch: a schema, a vector a column, and (late materialisation) the rows that are still in.
//
// B1  All vectors have `length` rows. With a selection, the batch's rows are those of the selection,
//     in its order; filters only shrink it, and whoever needs dense columns compacts those it needs.
// B2  A batch's memory belongs to whoever made it, until its mailbox turn ends (the arena's reset).
//     Who keeps rows longer (state, a channel) copies them out.
import { assert } from '../base/assert.ts'
import type { Schema } from './schema.ts'
import type { Vector } from './vector.ts'

/** Row numbers that are still in: ascending u32 at `rows`. */
export interface Selection {
  readonly rows: number
  readonly length: number
}

export class RecordBatch {
  readonly schema: Schema
  /** Rows in the vectors. */
  readonly length: number
  readonly columns: readonly Vector[]
  readonly selection: Selection | undefined

  constructor(schema: Schema, length: number, columns: readonly Vector[], selection?: Selection) {
    assert(
      columns.length === schema.length,
      () => `${columns.length} columns for schema (${schema})`,
    )
    for (const column of columns) {
      assert(column.length === length, () => `a column has ${column.length} of ${length} rows`)
    }
    this.schema = schema
    this.length = length
    this.columns = columns
    this.selection = selection
  }

  /** Rows that are in. */
  get rowCount(): number {
    return this.selection?.length ?? this.length
  }

  /** @throws COLUMN_NOT_FOUND */
  column(name: string): Vector {
    return this.columns[this.schema.indexOf(name)]!
  }

  /** Some columns, under the same selection. */
  project(schema: Schema, indices: readonly number[]): RecordBatch {
    return new RecordBatch(
      schema,
      this.length,
      indices.map((index) => this.columns[index]!),
      this.selection,
    )
  }

  withSelection(selection: Selection | undefined): RecordBatch {
    return new RecordBatch(this.schema, this.length, this.columns, selection)
  }

  /** Rows [start, start + length) of a batch without selection; `start` is a multiple of 8. */
  slice(start: number, length: number): RecordBatch {
    assert(this.selection === undefined && start % 8 === 0, `slice at ${start}`)
    return new RecordBatch(
      this.schema,
      length,
      this.columns.map((column) => column.slice(start, length)),
    )
  }
}
