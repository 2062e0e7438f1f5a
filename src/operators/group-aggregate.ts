// Aggregates by key without windows: a result a key, which changes as rows come. Rows may be taken back,
// too, when the input is a changelog.
//
//   batch -> key ids -> results before -> update -> results after -> what differs
//
// GA1  A batch gives the net change of a key: nothing, an insertion, an update, or a deletion.
// GA2  A key is there while more rows were added than taken back. A hidden count() knows.
// GA3  A key whose count falls to zero begins anew: no rounding of its float sums is left over. Such
//      keys are forgotten when they are the half.
// GA4  In batch mode rows only go into the groups, and all results are inserted at the end of input.
// GA5  With a time to live a key that nothing comes for begins anew (state/key-ttl.ts).
// GA6  Over a changelog what cannot take a row back keeps the values themselves (kept-values.ts).
import { assert } from '../base/assert.ts'
import { type StateWriter, writeByKey } from '../checkpoint/operator-state.ts'
import { OP_COLUMN } from '../columnar/changelog.ts'
import { type DenseColumns, denseColumns } from '../columnar/dense-columns.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { Schema } from '../columnar/schema.ts'
import { type DataType, int64 } from '../columnar/type.ts'
import type { AggregateOverflow } from '../kernels/aggregate.ts'
import { bitmapNot } from '../kernels/bitmap.ts'
import type { ByteColumn } from '../kernels/byte-table.ts'
import { changeList, presentRows, retractedRows, type TouchedKeys } from '../kernels/changes.ts'
import { columnArgument } from '../kernels/string.ts'
import { stringCompare } from '../kernels/string-compare.ts'
import { takeFixed } from '../kernels/take.ts'
import { KeyTtl } from '../state/key-ttl.ts'
import { RowLayout } from '../state/row-layout.ts'
import { Aggregation } from './aggregation.ts'
import { ChangeOutput, notThere } from './change-output.ts'
import { flatPositions, TOUCHED_FIELD, touchedTimes } from './changelog-schema.ts'
import { type Groups, GroupTable } from './group-state.ts'
import type { AggregateSpec, OperatorSpec } from './operator-spec.ts'
import type { Operator, OperatorContext, OperatorFactory, Output } from './operator.ts'
import { KeptValues, keepsWhenRetracting } from './kept-values.ts'

type GroupAggregateSpec = Extract<OperatorSpec, { readonly kind: 'groupAggregate' }>

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, UNSUPPORTED */
export const createGroupAggregate: OperatorFactory<GroupAggregateSpec> = (spec, context, output) =>
  new GroupAggregate(spec, context, output)

const GROUPS = 'groups'
const ROW_COUNT: AggregateSpec = { name: '$rows', function: 'count' }

/** Results of groups: encoded, and where each is; 0 for a group that is not there. */
interface Results {
  readonly encoded: ByteColumn
  readonly addresses: number
  /** i64 a group. */
  readonly counts: number
}

/** The same of groups that may not have been there at all. */
type Before = Pick<Results, 'addresses'> & Partial<Pick<Results, 'encoded'>>

class GroupAggregate implements Operator {
  readonly #context: OperatorContext
  readonly #changes: ChangeOutput
  readonly #aggregation: Aggregation
  readonly #layout: RowLayout
  readonly #types: readonly DataType[]
  readonly #keyColumns: readonly number[]
  readonly #opColumn: number | undefined
  readonly #isFinal: boolean
  readonly #ttl: KeyTtl | undefined
  readonly #stateSchema: Schema
  readonly #keptSpecs: readonly AggregateSpec[]
  /** Which aggregates keep values. */
  readonly #isKept: readonly boolean[]
  #groups: GroupTable | undefined
  #kept: KeptValues | undefined

  constructor(spec: GroupAggregateSpec, context: OperatorContext, output: Output) {
    const input = context.inputs[0]!
    this.#context = context
    this.#changes = new ChangeOutput(context, output)
    this.#isFinal = spec.final === true
    const { stateTtlMs } = spec
    this.#ttl = stateTtlMs === undefined ? undefined : new KeyTtl(context, stateTtlMs)
    this.#opColumn = input.has(OP_COLUMN) ? input.indexOf(OP_COLUMN) : undefined
    const isRetracting = this.#opColumn !== undefined
    this.#isKept = spec.aggregates.map((one) => isRetracting && keepsWhenRetracting(one))
    const accumulated = spec.aggregates.filter((_, i) => !this.#isKept[i])
    this.#aggregation = new Aggregation(input, [...accumulated, ROW_COUNT], { isRetracting })
    this.#keptSpecs = spec.aggregates.filter((_, i) => this.#isKept[i])
    this.#keyColumns = spec.keys.map((key) => input.indexOf(key))
    const results = spec.aggregates.map(({ name }) => context.output.field(name).type)
    this.#types = [...results.filter((_, i) => !this.#isKept[i]), int64()]
    this.#layout = new RowLayout(context.kernels, results)
    const keys = input.project(spec.keys)
    const state = this.#aggregation.stateFields.map(({ name, type }) => ({
      name: `$${name}`,
      type,
    }))
    const times = this.#ttl === undefined ? [] : [TOUCHED_FIELD]
    this.#stateSchema = new Schema([...keys.fields, ...state, ...times])
  }

  open(): void {
    const { kernels, inputs, restored, config } = this.#context
    const types = this.#keyColumns.map((column) => inputs[0]!.fields[column]!.type)
    const kept = new KeptValues(kernels, inputs[0]!, this.#keptSpecs)
    const followers = this.#ttl === undefined ? [kept] : [kept, this.#ttl]
    const groups = new GroupTable(kernels, this.#aggregation, types, config.batchRows, followers)
    this.#groups = groups
    this.#kept = kept
    const keyCount = types.length
    this.#ttl?.start()
    for (const batch of restored?.table(GROUPS) ?? []) {
      const { touched, rows } = groups.touch(batch.columns.slice(0, keyCount), batch.length)
      assert(touched.count === batch.length, 'a group is restored twice')
      const state = batch.columns.slice(keyCount, keyCount + this.#aggregation.stateFields.length)
      this.#ttl?.reserve(groups.keys.size)
      this.#ttl?.restore(touched.ids, touched.count, batch.columns.at(-1)!.values)
      this.#aggregation.importState(groups.program, state, rows, batch.length)
      kept.reserve(groups.keys.size)
      groups.setLive(touched, this.#results({ touched, rows }).counts)
    }
    if (restored === undefined) return
    kept.restore(restored, (columns, n) => groups.keys.insert(columns, n))
  }

  processBatch(batch: RecordBatch): void {
    const { kernels } = this.#context
    const groups = this.#opened()
    const n = batch.rowCount
    const dense = denseColumns(kernels, batch)
    const { touched, rows } = groups.touch(this.#keyColumns.map(dense), n)
    const kept = this.#kept!
    kept.reserve(groups.keys.size)
    const { size } = groups.keys
    this.#ttl?.touchOrForget(touched, size, (ids, count) => groups.reset(ids, count))
    const before = this.#isFinal ? undefined : this.#results({ touched, rows })
    const places = { rows: touched.locals, length: n }
    this.#update(batch, dense, takeFixed(kernels, 4, rows, places))
    if (this.#keptSpecs.length > 0) {
      const ids = takeFixed(kernels, 4, touched.ids, places)
      const missing = kept.apply({ ids, ops: dense(this.#opColumn!).values, n }, dense)
      if (missing !== undefined) throw notThere(kernels, batch, missing)
    }
    if (this.#isFinal && this.#opColumn === undefined) {
      groups.setAllLive(touched)
      return
    }
    const after = this.#results({ touched, rows })
    if (this.#keptSpecs.length > 0) kept.forget(touched)
    if (before !== undefined) this.#emit(touched, before, after)
    groups.setLive(touched, after.counts)
    if (this.#opColumn !== undefined) groups.forgetDead({ touched, rows }, after.counts)
  }

  *onProcessingTime(nowMs: number): Generator<void> {
    if (this.#ttl === undefined) return
    const groups = this.#opened()
    const { size } = groups.keys
    yield* this.#ttl.forgetOver(size, nowMs, (ids, count) => groups.reset(ids, count))
    groups.compact()
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    if (!this.#isFinal || watermarkMs !== Infinity) return
    const { kernels } = this.#context
    for (const { ids, rows, length: count } of this.#opened().scan()) {
      const none = kernels.scratch(count * 4)
      kernels.u8.fill(0, none, none + count * 4)
      const touched = { ids, count, locals: 0 }
      this.#emit(touched, { addresses: none }, this.#results({ touched, rows }))
      yield
    }
  }

  snapshot(into: StateWriter): void {
    const { kernels } = this.#context
    const keyFields = this.#stateSchema.fields.slice(0, this.#keyColumns.length)
    const owners = flatPositions(keyFields)
    for (const { ids, rows, length } of this.#opened().scan()) {
      const batch = new RecordBatch(this.#stateSchema, length, [
        ...this.#opened().keys.columns(ids, length),
        ...this.#aggregation.exportState(kernels, rows, length),
        ...touchedTimes(this.#ttl, ids, length),
      ])
      writeByKey(into, GROUPS, batch, owners)
    }
    this.#kept!.snapshot(into, this.#opened().keys, keyFields, this.#context.config.batchRows)
  }

  close(): void {
    this.#groups?.close()
    this.#groups = undefined
    this.#ttl?.close()
    this.#kept?.close()
    this.#kept = undefined
  }

  #opened(): GroupTable {
    assert(this.#groups !== undefined, 'groups are aggregated while the operator is open')
    return this.#groups
  }

  /** Adds a batch's rows to accumulators, and takes those back that its ops say. */
  #update(batch: RecordBatch, dense: DenseColumns, targets: number): void {
    const { kernels } = this.#context
    const n = batch.rowCount
    const { program } = this.#opened()
    const inputs = this.#aggregation.inputs(kernels, dense, n)
    inputs.forEach((input, i) => program.bind(i, input))
    const retracted =
      this.#opColumn === undefined
        ? undefined
        : retractedRows(kernels, dense(this.#opColumn).values, n)
    if (retracted === undefined || retracted.count === 0) {
      this.#check(program.update(targets, 0, n), batch)
      return
    }
    this.#check(program.update(targets, bitmapNot(kernels, retracted.bits, n), n), batch)
    this.#check(program.retract(targets, retracted.bits, n), batch)
  }

  #check(overflow: AggregateOverflow | undefined, batch: RecordBatch): void {
    if (overflow === undefined) return
    const missing = this.#aggregation.missingRow(overflow)
    if (missing !== undefined) throw notThere(this.#context.kernels, batch, missing)
    throw this.#aggregation.overflow(overflow)
  }

  #results({ touched, rows }: Groups): Results {
    const { kernels } = this.#context
    const n = touched.count
    const accumulated = this.#aggregation.results(kernels, rows, n, this.#types)
    const counts = accumulated.at(-1)!.values
    const kept = this.#kept!.results(touched)
    const [a, b] = [accumulated.values(), kept.values()]
    const columns = this.#isKept.map((isKeptOne) => (isKeptOne ? b : a).next().value!)
    const encoded = this.#layout.encode(columns, n)
    return { encoded, counts, addresses: presentRows(kernels, encoded, counts, n) }
  }

  #emit({ count, ids }: TouchedKeys, before: Before, after: Results): void {
    const { kernels } = this.#context
    const { keys } = this.#opened()
    const same =
      before.encoded === undefined
        ? 0
        : stringCompare(kernels, 'eq', before.encoded, columnArgument(after.encoded), count)
    const changes = changeList(kernels, before.addresses, after.addresses, same, count)
    this.#changes.emit(changes.ops, changes.length, (from, length) => {
      const places = { rows: changes.places + from * 4, length }
      return [
        ...keys.columns(takeFixed(kernels, 4, ids, places), length),
        ...this.#layout.decode(changes.rows + from * 4, 0, length),
      ]
    })
  }
}
