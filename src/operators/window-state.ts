// The state of windows as tables: rows of accumulators with their key and their place in time, and how far
// event time has come. Written by the operators over windows, and read back by them at any parallelism.
//
//   accumulators   key columns | columns of the operator's own ($...) | the accumulators' columns
//   progress       watermark, one row a subtask: what has fired is not to fire again
//
// WS1  Barriers are aligned, so that all subtasks have come as far when a snapshot is taken, by event time.
//      By the clock each is as far as it was when it was woken last: no row comes before the latest of them,
//      and what windows of the others have not fired is for the operators to know.
// WS2  Windows without keys are in one subtask, and their state is a list.
import { DataflowError } from '../base/errors.ts'
import { type StateWriter, writeByKey } from '../checkpoint/operator-state.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { compact } from '../columnar/gather.ts'
import { type Field, Schema } from '../columnar/schema.ts'
import type { Vector } from '../columnar/vector.ts'
import type { AggregateProgram } from '../kernels/aggregate.ts'
import type { KeyIndex } from '../state/key-index.ts'
import type { Aggregation } from './aggregation.ts'
import type { OperatorContext } from './operator.ts'
import { readProgress, writeProgress } from './time-column.ts'

const ACCUMULATORS = 'accumulators'

export interface WindowStateParts {
  readonly context: OperatorContext
  readonly aggregation: Aggregation
  readonly keyColumns: readonly number[]
  /** What the operator keeps of a row of accumulators beside its key. */
  readonly own: readonly Field[]
}

/** Rows that are read back. */
export interface RestoredRows {
  /** u32 a row. */
  readonly ids: number
  readonly own: readonly Vector[]
  readonly n: number
  /** Fills fresh accumulators. */
  fill(program: AggregateProgram, rows: number): void
}

export class WindowState {
  readonly #parts: WindowStateParts
  readonly #schema: Schema

  constructor(parts: WindowStateParts) {
    const { context, aggregation, keyColumns, own } = parts
    this.#parts = parts
    const keys = keyColumns.map((column) => context.inputs[0]!.fields[column]!)
    this.#schema = new Schema([...keys, ...own, ...aggregation.stateFields])
  }

  /** Writes n rows: key ids and accumulators (u32), and the operator's own columns. */
  write(
    into: StateWriter,
    keys: KeyIndex,
    { ids, rows, own, n }: { ids: number; rows: number; own: readonly Vector[]; n: number },
  ): void {
    const { context, aggregation, keyColumns } = this.#parts
    const { kernels } = context
    if (n === 0) return
    const mark = kernels.mark()
    const columns = [
      ...keys.columns(ids, n),
      ...own,
      ...aggregation.exportState(kernels, rows, n),
    ].map((column, i) => column.as(this.#schema.fields[i]!.type))
    const batch = new RecordBatch(this.#schema, n, columns)
    const keyPositions = keyColumns.map((_, i) => i)
    writeByKey(into, ACCUMULATORS, batch, keyPositions)
    kernels.reset(mark)
  }

  writeProgress(into: StateWriter, watermarkMs: number): void {
    writeProgress(this.#parts.context.kernels, into, watermarkMs)
  }

  /** What was written, some rows at a time; each lives until the next. */
  *read(keys: KeyIndex): Generator<RestoredRows> {
    const { context, aggregation, keyColumns, own } = this.#parts
    const { kernels, restored } = context
    for (const part of restored?.table(ACCUMULATORS) ?? []) {
      const { columns, length: n } = part.selection === undefined ? part : compact(kernels, part)
      this.#check(part.schema)
      const ids = keys.insert(columns.slice(0, keyColumns.length), n)
      const state = columns.slice(keyColumns.length + own.length)
      yield {
        ids,
        n,
        own: columns.slice(keyColumns.length, keyColumns.length + own.length),
        fill: (program, rows) => aggregation.importState(program, state, rows, n),
      }
    }
  }

  #check(schema: Schema): void {
    if (schema.equals(this.#schema)) return
    throw new DataflowError(
      'SCHEMA_MISMATCH',
      `the state of '${this.#parts.context.name}' has the columns (${schema}), and this job keeps ` +
        `(${this.#schema}); go on with the job that wrote it, or begin without its state`,
    )
  }

  /** The latest watermark of the snapshot, -Infinity when there was none. */
  readProgress(): number {
    const { kernels, restored } = this.#parts.context
    return restored === undefined ? -Infinity : readProgress(kernels, restored)
  }
}
