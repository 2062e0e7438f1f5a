// One row a key: the first or the last, in order of arrival or of event time.
//
//   first by arrival    a row goes out as it came, and stays: only the keys are kept
//   the other three     the row that counts is kept; when another takes its place, that is an update
//
// DD1  A batch gives the net change of a key: at most one update, whatever came in between.
// DD2  Of equal times the last to arrive is the last, and the first is the first. A null time is refused.
// DD3  In batch mode the rows that count in the end are inserted at the end of input.
// DD4  With a time to live a key that nothing comes for is forgotten, and begins anew.
// DD5  A row whose columns are the same as the kept one's changes nothing.
import { assert } from '../base/assert.ts'
import { type StateWriter, writeByKey } from '../checkpoint/operator-state.ts'
import { ROW_OPS } from '../columnar/changelog.ts'
import { type DenseColumns, denseColumns } from '../columnar/dense-columns.ts'
import { gatherVector } from '../columnar/gather.ts'
import { RecordBatch, type Selection } from '../columnar/record-batch.ts'
import { Schema } from '../columnar/schema.ts'
import type { Vector } from '../columnar/vector.ts'
import { bitmapToSelection } from '../kernels/bitmap.ts'
import {
  changeList,
  firstRows,
  type HeldTimes,
  lastRows,
  rowsByTime,
  touchedKeys,
  type TouchedKeys,
} from '../kernels/changes.ts'
import { compareNumbers } from '../kernels/compare.ts'
import { constantOperand, vectorOperand } from '../kernels/operand.ts'
import { sameRows } from '../kernels/row-store.ts'
import { rowsFrom, takeBits, takeFixed } from '../kernels/take.ts'
import { KeyColumn } from '../state/key-column.ts'
import { KeyCompaction } from '../state/key-compaction.ts'
import { KeyTtl } from '../state/key-ttl.ts'
import { RowIndex } from '../state/row-index.ts'
import { RowPerKey } from '../state/row-per-key.ts'
import { ChangeOutput } from './change-output.ts'
import { flatPositions, TOUCHED_FIELD, touchedTimes } from './changelog-schema.ts'
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
  readonly #ttl: KeyTtl | undefined
  readonly #stamps: KeyColumn
  readonly #compaction: KeyCompaction
  #keys: RowIndex | undefined

  constructor({ keys, stateTtlMs }: DeduplicateSpec, context: OperatorContext, output: Output) {
    const input = context.inputs[0]!
    const { kernels } = context
    this.#context = context
    this.#output = output
    this.#keyColumns = keys.map((key) => input.indexOf(key))
    this.#keySchema = input.project(keys)
    this.#ttl = stateTtlMs === undefined ? undefined : new KeyTtl(context, stateTtlMs)
    this.#stamps = new KeyColumn(kernels, 4)
    this.#compaction = new KeyCompaction(kernels)
  }

  open(): void {
    const { kernels, restored } = this.#context
    const types = this.#keySchema.fields.map(({ type }) => type)
    const keys = new RowIndex(kernels, types)
    this.#keys = keys
    const ttl = this.#ttl
    for (const { columns, length } of restored?.table(KEYS) ?? []) {
      const ids = keys.insert(columns.slice(0, types.length), length)
      ttl?.reserve(keys.size)
      ttl?.restore(ids, length, columns.at(-1)!.values)
    }
    ttl?.start()
  }

  processBatch(batch: RecordBatch): void {
    const { kernels } = this.#context
    const keys = this.#keys!
    const known = keys.size
    const columns = this.#keyColumns.map(denseColumns(kernels, batch))
    const ids = keys.insert(columns, batch.rowCount)
    const rows =
      this.#ttl === undefined
        ? firstRows(kernels, ids, batch.rowCount, known)
        : this.#firstInTime(this.#ttl, ids, batch.rowCount)
    this.#output.emit(batch.withSelection(within(this.#context, batch, rows)))
  }

  *onProcessingTime(nowMs: number): Generator<void> {
    const ttl = this.#ttl
    if (ttl === undefined) return
    // Their times are all that is kept of them.
    yield* ttl.forgetOver(this.#keys!.size, nowMs, () => undefined)
    this.#compaction.run(this.#keys!, {
      mark: (bits, size) => ttl.mark(bits, size),
      remap: (map, size) => ttl.compact(map, size),
    })
  }

  snapshot(into: StateWriter): void {
    const { kernels, config } = this.#context
    const { size } = this.#keys!
    const times = this.#ttl === undefined ? [] : [TOUCHED_FIELD]
    const schema = new Schema([...this.#keySchema.fields, ...times])
    for (let from = 0; from < size; from += config.batchRows) {
      const mark = kernels.mark()
      const n = Math.min(config.batchRows, size - from)
      const { rows: ids } = rowsFrom(kernels, from, n)
      const columns = [...this.#keys!.columns(ids, n), ...touchedTimes(this.#ttl, ids, n)]
      const batch = new RecordBatch(schema, n, columns)
      const owners = flatPositions(this.#keySchema.fields)
      writeByKey(into, KEYS, batch, owners)
      kernels.reset(mark)
    }
  }

  close(): void {
    this.#keys?.close()
    this.#keys = undefined
    this.#stamps.close()
    this.#ttl?.close()
  }

  /** The first row of each key that has not come, or not for too long. */
  #firstInTime(ttl: KeyTtl, ids: number, n: number): Selection {
    const { kernels } = this.#context
    this.#stamps.reserve(this.#keys!.size)
    const touched = touchedKeys(kernels, ids, n, this.#stamps.ptr)
    const rows = kernels.scratch(touched.count * 4)
    const { u32 } = kernels
    for (let i = n - 1; i >= 0; i--) u32[(rows >>> 2) + u32[(touched.locals >>> 2) + i]!] = i
    const fresh = ttl.touch(touched.ids, touched.count, this.#keys!.size, true)
    return { rows: takeFixed(kernels, 4, rows, fresh), length: fresh.length }
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
  readonly #ttl: KeyTtl | undefined
  readonly #stateSchema: Schema
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
    const { stateTtlMs } = spec
    this.#ttl = stateTtlMs === undefined ? undefined : new KeyTtl(context, stateTtlMs)
    const touched = this.#ttl === undefined ? [] : [TOUCHED_FIELD]
    this.#stateSchema = new Schema([...input.fields, ...touched])
  }

  open(): void {
    const { kernels, inputs, restored } = this.#context
    const types = inputs[0]!.fields.map(({ type }) => type)
    const ttl = this.#ttl
    const followers = [
      ...(this.#timeColumn === undefined ? [] : [this.#times]),
      ...(ttl === undefined ? [] : [ttl]),
    ]
    const state = new RowPerKey(kernels, { types, keys: this.#keyColumns, followers })
    this.#state = state
    for (const { columns, length } of restored?.table(ROWS) ?? []) {
      const touched = state.touch((position) => columns[position]!, length)
      ttl?.reserve(state.ids)
      ttl?.restore(touched.ids, touched.count, columns.at(-1)!.values)
      this.#replace(touched, columns.slice(0, types.length), length)
    }
    ttl?.start()
  }

  processBatch(batch: RecordBatch): void {
    const { kernels, inputs } = this.#context
    const state = this.#opened()
    const dense = denseColumns(kernels, batch)
    const touched = state.touch(dense, batch.rowCount)
    this.#ttl?.touchOrForget(touched, state.ids, (ids, count) => state.forget(ids, count))
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

  *onProcessingTime(nowMs: number): Generator<void> {
    if (this.#ttl === undefined) return
    const state = this.#opened()
    yield* this.#ttl.forgetOver(state.ids, nowMs, (ids, count) => state.forget(ids, count))
    state.compact()
  }

  snapshot(into: StateWriter): void {
    const { config } = this.#context
    const state = this.#opened()
    for (const { addresses, ids, length } of state.scan(config.batchRows)) {
      const batch = new RecordBatch(this.#stateSchema, length, [
        ...state.columns(addresses, length),
        ...touchedTimes(this.#ttl, ids, length),
      ])
      into.keyed(ROWS, batch, this.#keyColumns)
    }
  }

  close(): void {
    this.#state?.close()
    this.#state = undefined
    this.#times.close()
    this.#ttl?.close()
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
