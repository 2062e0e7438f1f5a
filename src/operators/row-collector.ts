// Rows that a function emits, on their way to columns: to the output, or to a side output. Each has the
// event time of the row or timer that was being processed.
import { DataflowError } from '../base/errors.ts'
import { BatchBuilder } from '../columnar/batch-builder.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { Schema } from '../columnar/schema.ts'
import type { Kernels } from '../kernels/module.ts'
import { type CurrentTime, EVENT_TIME_COLUMN, TimeColumn } from './event-times.ts'
import type { Collector } from './functions.ts'
import { visibleFields } from './visible-rows.ts'

export interface RowCollectorParts {
  readonly kernels: Kernels
  /** The columns, hidden ones included: event time is the only one that is made. */
  readonly schema: Schema
  readonly batchRows: number
  readonly time: CurrentTime
  emit(batch: RecordBatch): void
}

export class RowCollector implements Collector<unknown> {
  readonly #parts: RowCollectorParts
  readonly #builder: BatchBuilder
  readonly #times: TimeColumn | undefined
  /** By output column: the builder's, or -1 for event time. */
  readonly #columns: readonly number[]
  #hasEmitted = false

  constructor(parts: RowCollectorParts) {
    const { kernels, schema } = parts
    this.#parts = parts
    const visible = new Schema(visibleFields(schema))
    this.#builder = new BatchBuilder(kernels, visible)
    this.#columns = schema.names.map((name) => (visible.has(name) ? visible.indexOf(name) : -1))
    this.#times = schema.has(EVENT_TIME_COLUMN)
      ? new TimeColumn(schema.field(EVENT_TIME_COLUMN).type)
      : undefined
  }

  /** The columns of a row. */
  get schema(): Schema {
    return this.#builder.schema
  }

  collect(row: unknown): void {
    this.#builder.append(row)
    if (this.#times !== undefined) {
      const { time, schema } = this.#parts
      if (time.ms === undefined && !schema.field(EVENT_TIME_COLUMN).type.nullable) {
        throw new DataflowError('RECORD_MALFORMED', 'a row is emitted where there is no event time')
      }
      this.#times.append(time)
    }
    if (this.#builder.length >= this.#parts.batchRows) this.flush()
  }

  /** Emits what there is. */
  flush(): void {
    const length = this.#builder.length
    if (length === 0) return
    const { kernels, schema, emit } = this.#parts
    const mark = kernels.mark()
    const built = this.#builder.finish()
    const times = this.#times?.finish(kernels)
    const columns = this.#columns.map((column) => (column < 0 ? times! : built.columns[column]!))
    this.#hasEmitted = true
    emit(new RecordBatch(schema, length, columns))
    kernels.reset(mark)
  }

  /** Whether a batch was emitted since this was last asked. */
  takeEmitted(): boolean {
    const hasEmitted = this.#hasEmitted
    this.#hasEmitted = false
    return hasEmitted
  }

  close(): void {
    this.#builder.close()
  }
}
