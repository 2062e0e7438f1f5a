// One row a key: the first or the last, in order of arrival or of event time.
//
//   first by arrival    a row goes out as it came, and stays: only the keys are kept
//   the other three     the row that counts is kept; when another takes its place, that is an update
//
// DD1  A batch gives the net change of a key: at most one update, whatever came in between.
// DD2  Of equal times the last to arrive is the last, and the first is the first. A null time is refused.
// DD3  In batch mode the rows that count in the end are inserted at the end of input.
// DD4  A row whose columns are the same as the kept one's changes nothing.
import { assert } from '../base/assert.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import { ROW_OPS } from '../columnar/changelog.ts'
import { type DenseColumns, denseColumns } from '../columnar/dense-columns.ts'
import { gatherVector } from '../columnar/gather.ts'
import { RecordBatch, type Selection } from '../columnar/record-batch.ts'
import type { Schema } from '../columnar/schema.ts'
import type { Vector } from '../columnar/vector.ts'
import { bitmapToSelection } from '../kernels/bitmap.ts'
import {
  changeList,
  firstRows,
  type HeldTimes,
  lastRows,
  rowsByTime,
  type TouchedKeys,
} from '../kernels/changes.ts'
import { compareNumbers } from '../kernels/compare.ts'
import { constantOperand, vectorOperand } from '../kernels/operand.ts'
import { sameRows } from '../kernels/row-store.ts'
import { takeBits, takeFixed } from '../kernels/take.ts'
import { KeyColumn } from '../state/key-column.ts'
import { KeyIndex } from '../state/key-index.ts'
import { RowPerKey } from '../state/row-per-key.ts'
import { ChangeOutput } from './change-output.ts'
import { refuseNullTimes } from './event-time.ts'
import type { OperatorSpec } from './operator-spec.ts'
import type { Operator, OperatorContext, OperatorFactory, Output } from './operator.ts'

type DeduplicateSpec = Extract<OperatorSpec, { readonly kind: 'deduplicate' }>

/** @throws COLUMN_NOT_FOUND, UNSUPPORTED */
export const createDeduplicate: OperatorFactory<DeduplicateSpec> = (spec, context, output) =>
  spec.keep === 'first' && spec.time === undefined
    ? new FirstArrival(spec, context, output)
    : new KeptRow(spec, context, output)

const ROWS = 'rows'
const KEYS = 'keys'

class FirstArrival implements Operator {
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #keyColumns: readonly number[]
  readonly #keySchema: Schema
  #keys: KeyIndex | undefined

  constructor(spec: DeduplicateSpec, context: OperatorContext, output: Output) {
    const input = context.inputs[0]!
    this.#context = context
    this.#output = output
    this.#keyColumns = spec.keys.map((key) => input.indexOf(key))
    this.#keySchema = input.project(spec.keys)
  }

  open(): void {
    const { kernels, restored } = this.#context
    this.#keys = new KeyIndex(
      kernels,
      this.#keySchema.fields.map(({ type }) => type),
    )
    for (const batch of restored?.table(KEYS) ?? []) this.#keys.insert(batch.columns, batch.length)
  }

  processBatch(batch: RecordBatch): void {
    const { kernels } = this.#context
    const keys = this.#keys!
    const known = keys.size
    const columns = this.#keyColumns.map(denseColumns(kernels, batch))
    const ids = keys.insert(columns, batch.rowCount)
    const rows = firstRows(kernels, ids, batch.rowCount, known)
    this.#output.emit(batch.withSelection(within(this.#context, batch, rows)))
  }

  snapshot(into: StateWriter): void {
    const { kernels, config } = this.#context
    const { size } = this.#keys!
    for (let from = 0; from < size; from += config.batchRows) {
      const mark = kernels.mark()
      const n = Math.min(config.batchRows, size - from)
      const ids = kernels.scratch(n * 4)
      for (let i = 0; i < n; i++) kernels.u32[(ids >>> 2) + i] = from + i
      const batch = new RecordBatch(this.#keySchema, n, this.#keys!.columns(ids, n))
      into.keyed(
        KEYS,
        batch,
        this.#keyColumns.map((_, i) => i),
      )
      kernels.reset(mark)
    }
  }

  close(): void {
    this.#keys?.close()
    this.#keys = undefined
  }
}

/** Rows of a batch's dense columns, as a selection of the batch. */
function within({ kernels }: OperatorContext, batch: RecordBatch, rows: Selection): Selection {
  if (batch.selection === undefined) return rows
  return { rows: takeFixed(kernels, 4, batch.selection.rows, rows), length: rows.length }
}

class KeptRow implements Operator {
  readonly #context: OperatorContext
  readonly #changes: ChangeOutput
  readonly #isFinal: boolean
  readonly #keep: 'first' | 'last'
  readonly #keyColumns: readonly number[]
  readonly #timeColumn: number | undefined
  /** The time of each key's row. */
  readonly #times: KeyColumn
  #state: RowPerKey | undefined

  constructor(spec: DeduplicateSpec, context: OperatorContext, output: Output) {
    const input = context.inputs[0]!
    this.#context = context
    this.#changes = new ChangeOutput(context, output)
    this.#isFinal = spec.final === true
    this.#keep = spec.keep
    this.#keyColumns = spec.keys.map((key) => input.indexOf(key))
    this.#timeColumn = spec.time === undefined ? undefined : input.indexOf(spec.time)
    this.#times = new KeyColumn(context.kernels, 8)
  }

  open(): void {
    const { kernels, inputs, restored } = this.#context
    const types = inputs[0]!.fields.map(({ type }) => type)
    const state = new RowPerKey(kernels, { types, keys: this.#keyColumns })
    this.#state = state
    for (const batch of restored?.table(ROWS) ?? []) {
      const touched = state.touch((position) => batch.columns[position]!, batch.length)
      this.#replace(touched, batch.columns, batch.length)
    }
  }

  processBatch(batch: RecordBatch): void {
    const { kernels, inputs } = this.#context
    const state = this.#opened()
    const dense = denseColumns(kernels, batch)
    const touched = state.touch(dense, batch.rowCount)
    const { rows, isWinner } = this.#winners(dense, batch.rowCount, touched)
    if (rows.length === 0) return
    const winners = isWinner === undefined ? touched : subset(this.#context, touched, isWinner)
    const columns = inputs[0]!.fields.map((_, i) => gatherVector(kernels, dense(i), rows))
    const before = state.current(winners)
    const after = this.#replace(winners, columns, rows.length)
    if (this.#isFinal) {
      state.release(before, rows.length)
      return
    }
    const same = sameRows(kernels, before, after, rows.length)
    const changes = changeList(kernels, before, after, same, rows.length)
    this.#changes.emit(changes.ops, changes.length, (from, length) =>
      state.columns(changes.rows + from * 4, length),
    )
    state.release(before, rows.length)
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    if (!this.#isFinal || watermarkMs !== Infinity) return
    const { kernels, config } = this.#context
    const state = this.#opened()
    for (const { addresses, length } of state.scan(config.batchRows)) {
      const inserts = kernels.scratch(length)
      kernels.u8.fill(ROW_OPS.insert, inserts, inserts + length)
      this.#changes.emit(inserts, length, (from, n) => state.columns(addresses + from * 4, n))
      yield
    }
  }

  snapshot(into: StateWriter): void {
    const { inputs, config } = this.#context
    const state = this.#opened()
    for (const { addresses, length } of state.scan(config.batchRows)) {
      const batch = new RecordBatch(inputs[0]!, length, state.columns(addresses, length))
      into.keyed(ROWS, batch, this.#keyColumns)
    }
  }

  close(): void {
    this.#state?.close()
    this.#state = undefined
    this.#times.close()
  }

  /** Keeps other rows for keys; gives their addresses. */
  #replace(keys: TouchedKeys, columns: readonly Vector[], n: number): number {
    const state = this.#opened()
    const addresses = state.put(columns, n)
    state.replace(keys, addresses)
    if (this.#timeColumn !== undefined) {
      this.#times.reserve(state.ids)
      this.#times.set(keys.ids, n, columns[this.#timeColumn]!.values)
    }
    return addresses
  }

  #opened(): RowPerKey {
    assert(this.#state !== undefined, 'a deduplication is used while it is open')
    return this.#state
  }

  /** The row that counts of each touched key; by time some keys have none that beats what is kept. */
  #winners(
    dense: DenseColumns,
    n: number,
    touched: TouchedKeys,
  ): { readonly rows: Selection; readonly isWinner?: Selection } {
    const { kernels } = this.#context
    if (this.#timeColumn === undefined) return { rows: lastRows(kernels, touched, n) }
    const time = dense(this.#timeColumn)
    refuseNullTimes(this.#context, time, this.#timeColumn)
    this.#times.reserve(this.#opened().ids)
    const order = { times: time.values, n, keep: this.#keep }
    const rows = rowsByTime(kernels, touched, order, this.#heldTimes(touched))
    const { bits, zeros } = takeBits(kernels, 0, rows)
    if (zeros === 0) return { rows }
    const isWinner = bitmapToSelection(kernels, bits, touched.count)
    const won = takeFixed(kernels, 4, rows.rows, isWinner)
    return { rows: { rows: won, length: isWinner.length }, isWinner }
  }

  /** The times of the rows that are kept for the touched keys. */
  #heldTimes(touched: TouchedKeys): HeldTimes {
    const { kernels } = this.#context
    const current = vectorOperand(this.#opened().current(touched))
    const none = constantOperand(kernels, 'uint32', 0)
    return {
      times: this.#times.take(touched.ids, touched.count),
      isHeld: compareNumbers(kernels, 'uint32', 'ne', current, none, touched.count),
    }
  }
}

/** Those of the touched keys that are selected. */
function subset({ kernels }: OperatorContext, { ids }: TouchedKeys, of: Selection): TouchedKeys {
  return { count: of.length, ids: takeFixed(kernels, 4, ids, of), locals: 0 }
}
