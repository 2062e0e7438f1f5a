// The rows of a changelog as they are when the input ends: of a key the row that came last, or, without
// keys, each row as many times as it was inserted more often than taken back.
//
// MA1  Rows come out at the end only, and the watermark with them: what follows sees final rows.
// MA2  Without keys the order of an insertion and its retraction does not matter, so that changes may
//      come by several ways. With keys, the changes of a key must come by one.
// MA3  Emission is bounded: at most batchRows rows a batch, and after each the generator yields.
import { assert } from '../base/assert.ts'
import { type StateWriter, writeByKey } from '../checkpoint/operator-state.ts'
import { OP_COLUMN } from '../columnar/changelog.ts'
import { denseColumns } from '../columnar/dense-columns.ts'
import { gatherVector } from '../columnar/gather.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { Schema } from '../columnar/schema.ts'
import { int64 } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import { bitmapNot, bitmapToSelection } from '../kernels/bitmap.ts'
import { lastRows, retractedRows, type TouchedKeys } from '../kernels/changes.ts'
import { takeFixed } from '../kernels/take.ts'
import { RowPerKey } from '../state/row-per-key.ts'
import type { OperatorSpec } from './operator-spec.ts'
import type { Operator, OperatorContext, OperatorFactory, Output } from './operator.ts'
import { materializeKeys } from './changelog-schema.ts'
import { RowCounts } from '../state/row-counts.ts'

type MaterializeSpec = Extract<OperatorSpec, { readonly kind: 'materialize' }>

/** @throws COLUMN_NOT_FOUND, UNSUPPORTED for a key that is a list or a struct */
export const createMaterialize: OperatorFactory<MaterializeSpec> = (spec, context, output) =>
  spec.keys === undefined
    ? new CountedRows(context, output)
    : new RowByKey(spec.keys, context, output)

const ROWS = 'rows'

/** The input's columns without '$op', and where that is. */
function rowColumns(input: Schema): { readonly positions: readonly number[]; readonly op: number } {
  const positions = input.names.flatMap((name, i) => (name === OP_COLUMN ? [] : [i]))
  return { positions, op: input.has(OP_COLUMN) ? input.indexOf(OP_COLUMN) : -1 }
}

class RowByKey implements Operator {
  readonly generatesWatermarks = true
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #positions: readonly number[]
  readonly #op: number
  readonly #keys: readonly number[]
  #state: RowPerKey | undefined

  constructor(keys: readonly string[], context: OperatorContext, output: Output) {
    const { positions, op } = rowColumns(context.inputs[0]!)
    this.#context = context
    this.#output = output
    this.#positions = positions
    this.#op = op
    this.#keys = keys.map((key) => context.output.indexOf(key))
  }

  open(): void {
    const { kernels, output, restored } = this.#context
    const types = output.fields.map(({ type }) => type)
    const state = new RowPerKey(kernels, { types, keys: this.#keys })
    this.#state = state
    for (const batch of restored?.table(ROWS) ?? []) {
      const touched = state.touch((position) => batch.columns[position]!, batch.length)
      state.replace(touched, state.put(batch.columns, batch.length))
    }
  }

  processBatch(batch: RecordBatch): void {
    const { kernels } = this.#context
    const state = this.#opened()
    const dense = denseColumns(kernels, batch)
    const touched = state.touch((position) => dense(this.#positions[position]!), batch.rowCount)
    const last = lastRows(kernels, touched, batch.rowCount)
    const before = state.current(touched)
    const isKept = this.#keptKeys(dense, last)
    const kept =
      isKept === undefined
        ? last
        : { rows: takeFixed(kernels, 4, last.rows, isKept), length: isKept.length }
    const columns = this.#positions.map((position) => gatherVector(kernels, dense(position), kept))
    const fresh = state.put(columns, kept.length)
    state.replace(touched, isKept === undefined ? fresh : this.#spread(touched, fresh, isKept))
    state.release(before, touched.count)
    state.compact()
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    if (watermarkMs !== Infinity) return
    const { output, config } = this.#context
    const state = this.#opened()
    for (const { addresses, length } of state.scan(config.batchRows)) {
      this.#output.emit(new RecordBatch(output, length, state.columns(addresses, length)))
      yield
    }
  }

  snapshot(into: StateWriter): void {
    const { output, config } = this.#context
    const state = this.#opened()
    for (const { addresses, length } of state.scan(config.batchRows)) {
      const batch = new RecordBatch(output, length, state.columns(addresses, length))
      into.keyed(ROWS, batch, this.#keys)
    }
  }

  close(): void {
    this.#state?.close()
    this.#state = undefined
  }

  #opened(): RowPerKey {
    assert(this.#state !== undefined, 'rows are materialised while the operator is open')
    return this.#state
  }

  /** The places of the keys whose last change leaves a row; undefined for all. */
  #keptKeys(
    dense: (position: number) => Vector,
    last: { readonly rows: number; readonly length: number },
  ): { readonly rows: number; readonly length: number } | undefined {
    if (this.#op < 0) return undefined
    const { kernels } = this.#context
    const ops = takeFixed(kernels, 1, dense(this.#op).values, last)
    const { bits, count } = retractedRows(kernels, ops, last.length)
    if (count === 0) return undefined
    return bitmapToSelection(kernels, bitmapNot(kernels, bits, last.length), last.length)
  }

  /** Addresses by touched key: those of the kept places, 0 elsewhere. */
  #spread(
    { count }: TouchedKeys,
    addresses: number,
    isKept: { readonly rows: number; readonly length: number },
  ): number {
    const { kernels } = this.#context
    const all = kernels.scratch(count * 4)
    const { u32 } = kernels
    u32.fill(0, all >>> 2, (all >>> 2) + count)
    for (let i = 0; i < isKept.length; i++) {
      u32[(all >>> 2) + u32[(isKept.rows >>> 2) + i]!] = u32[(addresses >>> 2) + i]!
    }
    return all
  }
}

/** How often a row is there, beside its columns in a snapshot. */
const COUNT_FIELD = { name: '$count', type: int64({ as: 'number' }) }

class CountedRows implements Operator {
  readonly generatesWatermarks = true
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #positions: readonly number[]
  readonly #op: number
  readonly #stateSchema: Schema
  /** The columns that say which subtask a row is of: those that the exchange goes by. */
  readonly #ownerColumns: readonly number[]
  #rows: RowCounts | undefined

  constructor(context: OperatorContext, output: Output) {
    const { positions, op } = rowColumns(context.inputs[0]!)
    this.#context = context
    this.#output = output
    this.#positions = positions
    this.#op = op
    this.#stateSchema = new Schema([...context.output.fields, COUNT_FIELD])
    const owners = materializeKeys(context.output)
    this.#ownerColumns = owners.map((name) => context.output.indexOf(name))
  }

  open(): void {
    const { kernels, output, restored } = this.#context
    const rows = new RowCounts(
      kernels,
      output.fields.map(({ type }) => type),
    )
    this.#rows = rows
    for (const batch of restored?.table(ROWS) ?? []) {
      rows.restore(batch.columns.slice(0, -1), batch.columns.at(-1)!.values, batch.length)
    }
  }

  processBatch(batch: RecordBatch): void {
    const { kernels } = this.#context
    const dense = denseColumns(kernels, batch)
    const rows = this.#opened()
    rows.add(this.#positions.map(dense), this.#op < 0 ? 0 : dense(this.#op).values, batch.rowCount)
    rows.compact()
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    if (watermarkMs !== Infinity) return
    const { output, config } = this.#context
    for (const { columns, length } of this.#opened().present(config.batchRows)) {
      this.#output.emit(new RecordBatch(output, length, columns))
      yield
    }
  }

  snapshot(into: StateWriter): void {
    const { config } = this.#context
    for (const { columns, counts, length } of this.#opened().counted(config.batchRows)) {
      const count = new Vector({ type: COUNT_FIELD.type, length, values: counts })
      const batch = new RecordBatch(this.#stateSchema, length, [...columns, count])
      writeByKey(into, ROWS, batch, this.#ownerColumns)
    }
  }

  close(): void {
    this.#rows?.close()
    this.#rows = undefined
  }

  #opened(): RowCounts {
    assert(this.#rows !== undefined, 'rows are materialised while the operator is open')
    return this.#rows
  }
}
