// filter, map and flatMap: the user's own TypeScript, a row at a time. The only operators that make row
// objects, and they count them. Hidden columns ('$...') are not in the rows: they are carried along by
// row number.
//
// RF1  A closure sees rows in order, each a fresh object.
// RF2  What it throws or returns wrongly is USER_CODE_FAILED or TYPE_MISMATCH with the row.
import { DataflowError, isDataflowError } from '../base/errors.ts'
import { BatchBuilder } from '../columnar/batch-builder.ts'
import { gatherVector } from '../columnar/gather.ts'
import { RecordBatch, type Selection } from '../columnar/record-batch.ts'
import { Schema } from '../columnar/schema.ts'
import type { Vector } from '../columnar/vector.ts'
import type { Collector, FlatMapped } from './functions.ts'
import type { Operator, OperatorContext, Output } from './operator.ts'
import { isHidden, type Row, VisibleRows } from './visible-rows.ts'

/** What map and flatMap put out: the closure's rows, with the hidden columns of the rows they came from. */
class RowOutput {
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #builder: BatchBuilder
  /** By output column: the builder's column, or the input's hidden one. */
  readonly #columns: readonly { readonly hidden: boolean; readonly index: number }[]
  readonly #hasHidden: boolean
  #from: number[] = []

  constructor(context: OperatorContext, output: Output) {
    this.#context = context
    this.#output = output
    const schema = context.output
    const visible = schema.fields.filter(({ name }) => !isHidden(name))
    this.#builder = new BatchBuilder(context.kernels, new Schema(visible))
    this.#columns = schema.names.map((name) => {
      const hidden = isHidden(name)
      const index = hidden ? context.inputs[0]!.indexOf(name) : this.#builder.schema.indexOf(name)
      return { hidden, index }
    })
    this.#hasHidden = this.#columns.some(({ hidden }) => hidden)
  }

  /** Adds a row that row number `from` (in the batch's rows) became. */
  append(row: unknown, from: number, batch: RecordBatch): void {
    this.#builder.append(row)
    if (this.#hasHidden) this.#from.push(from)
    if (this.#builder.length >= this.#context.config.batchRows) this.flush(batch)
  }

  flush(batch: RecordBatch): void {
    if (this.#builder.length === 0) return
    const { kernels } = this.#context
    const mark = kernels.mark()
    const built = this.#builder.finish()
    const sources = this.#hasHidden ? this.#sourceRows(batch) : undefined
    const columns = this.#columns.map(({ hidden, index }): Vector =>
      hidden ? gatherVector(kernels, batch.columns[index]!, sources) : built.columns[index]!,
    )
    this.#from = []
    this.#output.emit(new RecordBatch(this.#context.output, built.length, columns))
    kernels.reset(mark)
  }

  close(): void {
    this.#builder.close()
  }

  #sourceRows({ selection }: RecordBatch): Selection {
    const { kernels } = this.#context
    const rows = kernels.scratch(this.#from.length * 4)
    const numbers = kernels.u32
    const selected = selection === undefined ? undefined : selection.rows >>> 2
    this.#from.forEach((from, i) => {
      numbers[(rows >>> 2) + i] = selected === undefined ? from : numbers[selected + from]!
    })
    return { rows, length: this.#from.length }
  }
}

/** An error of the closure, with the row it happened at; errors that know where pass as they are. */
function atRow(error: unknown, index: number): DataflowError {
  if (isDataflowError(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new DataflowError('USER_CODE_FAILED', `the function threw at row ${index}: ${message}`, {
    cause: error,
    context: { row: index },
  })
}

export function createFilter(
  _spec: { readonly kind: 'filter' },
  context: OperatorContext,
  output: Output,
): Operator {
  const { kernels, metrics } = context
  const predicate = context.closure as (row: Row) => unknown
  const rows = new VisibleRows(kernels, context.inputs[0]!)
  return {
    processBatch(batch) {
      rows.bind(batch)
      const count = batch.rowCount
      const kept: number[] = []
      let i = 0
      try {
        for (; i < count; i++) if (predicate(rows.row(i)) === true) kept.push(i)
      } catch (error) {
        throw atRow(error, i)
      }
      metrics.rowObjects += count
      const selected = kernels.scratch(kept.length * 4)
      const numbers = kernels.u32
      const before = batch.selection === undefined ? undefined : batch.selection.rows >>> 2
      kept.forEach((row, at) => {
        numbers[(selected >>> 2) + at] = before === undefined ? row : numbers[before + row]!
      })
      output.emit(batch.withSelection({ rows: selected, length: kept.length }))
    },
  }
}

export function createMap(
  _spec: { readonly kind: 'map' },
  context: OperatorContext,
  output: Output,
): Operator {
  const map = context.closure as (row: Row) => unknown
  const rows = new VisibleRows(context.kernels, context.inputs[0]!)
  const out = new RowOutput(context, output)
  return {
    processBatch(batch) {
      rows.bind(batch)
      const count = batch.rowCount
      let i = 0
      try {
        for (; i < count; i++) out.append(map(rows.row(i)), i, batch)
      } catch (error) {
        throw atRow(error, i)
      }
      context.metrics.rowObjects += count
      out.flush(batch)
    },
    close: () => out.close(),
  }
}

export function createFlatMap(
  _spec: { readonly kind: 'flatMap' },
  context: OperatorContext,
  output: Output,
): Operator {
  const flatMap = context.closure as (row: Row, out: Collector<unknown>) => FlatMapped<unknown>
  const rows = new VisibleRows(context.kernels, context.inputs[0]!)
  const out = new RowOutput(context, output)
  return {
    processBatch(batch) {
      rows.bind(batch)
      const count = batch.rowCount
      let i = 0
      const collector = { collect: (row: unknown) => out.append(row, i, batch) }
      try {
        for (; i < count; i++) {
          const given = flatMap(rows.row(i), collector)
          if (given !== undefined) for (const row of given) collector.collect(row)
        }
      } catch (error) {
        throw atRow(error, i)
      }
      context.metrics.rowObjects += count
      out.flush(batch)
    },
    close: () => out.close(),
  }
}
