// What windows that fire give: rows are gathered as key ids, accumulators and bounds, and become batches.
// Used by the operators over windows.
//
// WO1  Emission is bounded: at most batchRows rows a batch, and whoever adds looks at `room`.
// WO2  What is gathered lies in blocks, not in scratch. Its accumulators stay until flush() is through.
import { RecordBatch } from '../columnar/record-batch.ts'
import { Vector } from '../columnar/vector.ts'
import type { KeyIndex } from '../state/key-index.ts'
import type { Aggregation } from './aggregation.ts'
import type { OperatorContext, Output } from './operator.ts'

/** What a window's results are made of. */
export interface WindowOutputParts {
  readonly context: OperatorContext
  readonly output: Output
  readonly aggregation: Aggregation
  readonly keys: KeyIndex
  /** The windows have bounds, which are the first two columns. */
  readonly isTimed: boolean
}

export class WindowOutput {
  readonly #parts: WindowOutputParts
  readonly #block: number
  readonly #capacity: number
  #length = 0

  constructor(parts: WindowOutputParts) {
    this.#parts = parts
    this.#capacity = parts.context.config.batchRows
    this.#block = parts.context.kernels.allocate(this.#capacity * 24)
  }

  get length(): number {
    return this.#length
  }

  /** The accumulators that have been gathered; they are listed here until more are. */
  get gathered(): number {
    return this.#block + this.#capacity * 20
  }

  get room(): number {
    return this.#capacity - this.#length
  }

  /** Where the next bounds go (i64 milliseconds a row); key ids and pointers to accumulators (u32). */
  get starts(): number {
    return this.#block + this.#length * 8
  }

  get ends(): number {
    return this.#block + (this.#capacity + this.#length) * 8
  }

  get ids(): number {
    return this.#block + this.#capacity * 16 + this.#length * 4
  }

  get rows(): number {
    return this.#block + this.#capacity * 20 + this.#length * 4
  }

  /** Rows have been written behind those that were there. */
  added(rows: number): void {
    this.#length += rows
  }

  /** Rows of one window, whose ids and accumulators have been written. */
  addedOf(startMs: number, endMs: number, rows: number): void {
    const view = this.#parts.context.kernels.i64
    view.fill(BigInt(startMs), this.starts / 8, this.starts / 8 + rows)
    view.fill(BigInt(endMs), this.ends / 8, this.ends / 8 + rows)
    this.#length += rows
  }

  /** Emits what has been gathered. */
  flush(): void {
    const { context, output, aggregation, keys, isTimed } = this.#parts
    const n = this.#length
    if (n === 0) return
    this.#length = 0
    const schema = context.output
    const types = schema.fields.map(({ type }) => type)
    const bounds = isTimed
      ? [this.starts, this.ends].map(
          (values, i) => new Vector({ type: types[i]!, length: n, values }),
        )
      : []
    const keyColumns = keys.columns(this.ids, n)
    const results = aggregation.results(
      context.kernels,
      this.rows,
      n,
      types.slice(bounds.length + keyColumns.length),
    )
    const columns = [...bounds, ...keyColumns, ...results]
    context.metrics.windowsFired += n
    output.emit(
      new RecordBatch(
        schema,
        n,
        columns.map((column, i) => column.as(types[i]!)),
      ),
    )
  }

  close(): void {
    this.#parts.context.kernels.release(this.#block)
  }
}
