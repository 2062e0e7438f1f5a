// Aggregates over the rows of a key up to each row: a row out for each row in, with the aggregates of its
// window beside its columns. Nothing is taken back.
//
//   arrival      batch -> key ids -> accumulators a row -> windows -> batch
//   event time   batch -> waiting rows;  watermark -> those that are due, in order of time -> as above
//
// OA1  By event time a row goes out when the watermark has passed it: rows are in order of time, those of
//      one time in the order in which they came. What comes later is late: dropped and counted.
// OA2  Due rows are worked off in slices of a batch. With frames of time a slice ends where a time does.
// OA3  Windows that no row can see any more (frames of time) and their keys are forgotten when they may
//      be the half.
// OA4  What keeps values, and would keep copies of them for each row of a long frame, has them once a key
//      instead, and takes back what leaves the frame (over-values.ts).
import { assert } from '../base/assert.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import { denseColumns } from '../columnar/dense-columns.ts'
import { RecordBatch, type Selection } from '../columnar/record-batch.ts'
import { type Field, Schema } from '../columnar/schema.ts'
import { type DataType, int64, type TimeUnit, uint8 } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import type { AggregateOverflow } from '../kernels/aggregate.ts'
import { type OverExtent, type OverRows, OverTable } from '../kernels/over.ts'
import { sortByTime } from '../kernels/sort.ts'
import { takeFixed } from '../kernels/take.ts'
import { KeyColumn } from '../state/key-column.ts'
import { KeyCompaction } from '../state/key-compaction.ts'
import { KeyIndex } from '../state/key-index.ts'
import { WaitingRows } from '../state/waiting-rows.ts'
import { Aggregation } from './aggregation.ts'
import { rowsInTime } from './late-rows.ts'
import type { AggregateSpec } from './operator-spec.ts'
import type { Operator, OperatorContext, OperatorFactory, Output } from './operator.ts'
import { extentOf, keepsInFrame, type OverAggregateSpec } from './over-spec.ts'
import { beginOf, type OverResults, OverValues, valueColumns } from './over-values.ts'
import { firstAfter, readProgress, timeColumnOf, timesOf, writeProgress } from './time-column.ts'

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH */
export const createOverAggregate: OperatorFactory<OverAggregateSpec> = (spec, context, output) =>
  new OverAggregate(spec, context, output)

const WAITING = 'waiting'
/** Where nothing else has accumulators: a window says which keys there are. */
const ROW_COUNT: AggregateSpec = { name: '$rows', function: 'count' }

/** What is there between open() and close(). */
interface Opened {
  readonly keys: KeyIndex
  /** Addresses of the keys' windows. */
  readonly windows: KeyColumn
  readonly table: OverTable
  readonly waiting: WaitingRows
  /** Of the aggregates that keep values, if there are any. */
  readonly values: OverValues | undefined
}

/** What rows get: accumulators side by side, and results. */
interface Applied {
  readonly out: number
  readonly values: OverResults | undefined
}

class OverAggregate implements Operator {
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #aggregation: Aggregation
  /** Which aggregates keep values, and these. */
  readonly #isKept: readonly boolean[]
  readonly #keptSpecs: readonly AggregateSpec[]
  readonly #keyColumns: readonly number[]
  /** Of event time; undefined for the order of arrival. */
  readonly #time: { readonly position: number; readonly unit: TimeUnit } | undefined
  readonly #extent: OverExtent
  /** The input's columns that waiting rows have, and of these the ones that go on. */
  readonly #held: readonly number[]
  readonly #taken: readonly number[]
  /** Of the results, without those of kept values. */
  readonly #types: readonly DataType[]
  readonly #keyFields: readonly Field[]
  readonly #frameName: string
  readonly #windowsSchema: Schema
  readonly #waitingSchema: Schema
  readonly #compaction: KeyCompaction
  #opened: Opened | undefined
  #watermarkMs = -Infinity
  /** Rows since windows were looked through. */
  #applied = 0

  constructor(spec: OverAggregateSpec, context: OperatorContext, output: Output) {
    const input = context.inputs[0]!
    this.#context = context
    this.#output = output
    this.#isKept = spec.aggregates.map((one) => keepsInFrame(one, spec.frame))
    this.#keptSpecs = spec.aggregates.filter((_, i) => this.#isKept[i])
    const accumulated = spec.aggregates.filter((_, i) => !this.#isKept[i])
    const isNone = accumulated.length === 0
    this.#compaction = new KeyCompaction(context.kernels, context.config.stateCompactionKeysMin)
    this.#aggregation = new Aggregation(input, isNone ? [ROW_COUNT] : accumulated)
    this.#keyColumns = spec.keys.map((key) => input.indexOf(key))
    this.#time = spec.time === undefined ? undefined : timeColumnOf(input, spec.time)
    this.#extent = extentOf(spec.frame, this.#time?.unit)
    this.#taken = spec.columns.map((name) => input.indexOf(name))
    const values = valueColumns(input, this.#keptSpecs)
    this.#held = [...new Set([...this.#taken, ...this.#aggregation.columns, ...values])]
    const types = context.output.fields.slice(this.#taken.length).map(({ type }) => type)
    this.#types = isNone ? [int64()] : types.filter((_, i) => !this.#isKept[i])
    const keys = spec.keys.map((key, i) => ({ name: `$key${i}`, type: input.field(key).type }))
    this.#keyFields = keys
    const time = { name: '$time', type: int64() }
    // What another frame has made is not taken for this one's.
    this.#frameName = JSON.stringify(spec.frame)
    const state = this.#aggregation.stateFields.map(({ name, type }) => ({
      name: `$${name}`,
      type,
    }))
    this.#windowsSchema = new Schema([...keys, { name: '$part', type: uint8() }, time, ...state])
    const held = this.#held.map((position) => input.fields[position]!)
    this.#waitingSchema = new Schema([...held, ...keys, time])
  }

  open(): void {
    const { kernels, inputs, restored } = this.#context
    const input = inputs[0]!
    const typeAt = (position: number) => input.fields[position]!.type
    const types = this.#held.map(typeAt)
    this.#opened = {
      keys: new KeyIndex(kernels, this.#keyColumns.map(typeAt)),
      windows: new KeyColumn(kernels, 4),
      table: new OverTable(kernels, this.#aggregation, this.#extent),
      waiting: new WaitingRows(kernels, types),
      values: this.#keptSpecs.length === 0 ? undefined : this.#newValues(),
    }
    if (restored === undefined) return
    if (this.#time !== undefined) this.#watermarkMs = readProgress(kernels, restored)
    for (const batch of restored.table(`windows ${this.#frameName}`)) this.#restoreWindows(batch)
    const { values, keys } = this.#opened
    values?.restore(restored, keys, this.#keyFields)
    for (const { columns, length } of restored.table(WAITING)) {
      const owners = columns.slice(this.#held.length, -1)
      this.#wait(columns.slice(0, this.#held.length), owners, columns.at(-1)!.values, length)
    }
  }

  processBatch(batch: RecordBatch): void {
    const { kernels, inputs } = this.#context
    const time = this.#time
    if (time !== undefined) {
      const inTime = rowsInTime(this.#context, batch, 0, time, this.#watermarkMs)
      const dense = denseColumns(kernels, inTime)
      const times = timesOf(kernels, inputs[0]!, time.position, dense(time.position))
      this.#wait(this.#held.map(dense), this.#keyColumns.map(dense), times, inTime.rowCount)
      return
    }
    const n = batch.rowCount
    const dense = denseColumns(kernels, batch)
    const ids = this.#idsOf(this.#keyColumns.map(dense), n)
    const { table } = this.#use()
    const out = kernels.scratch(n * table.stride)
    const applied = this.#apply({ ids, times: 0, n }, dense, out)
    this.#emit(this.#taken.map(dense), applied, 0, n)
    this.#release(applied)
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    const time = this.#time
    if (time === undefined) return
    const { kernels } = this.#context
    const { waiting } = this.#use()
    this.#watermarkMs = Math.max(this.#watermarkMs, watermarkMs)
    const first = firstAfter(this.#watermarkMs, time.unit)
    const due = waiting.due(first)
    if (due !== undefined) {
      const { rows: order, length } = due
      try {
        sortByTime(kernels, waiting.side.times, order, length)
        for (let from = 0; from < length;) {
          const to = this.#sliceEnd(order, from, length)
          yield* this.#emitDue({ rows: order + from * 4, length: to - from })
          from = to
        }
        waiting.side.drop({ rows: order, length })
      } finally {
        kernels.release(order)
      }
    }
    this.#forget(first)
  }

  snapshot(into: StateWriter): void {
    const { kernels, config } = this.#context
    const { waiting, table, windows, keys, values } = this.#use()
    for (let from = 0; from < waiting.side.rows;) {
      const mark = kernels.mark()
      const rows = waiting.side.living(from, config.batchRows)
      const last = kernels.u32[(rows.rows >>> 2) + rows.length - 1]!
      from = rows.length < config.batchRows ? waiting.side.rows : last + 1
      if (rows.length > 0) this.#writeWaiting(into, rows)
      kernels.reset(mark)
    }
    const mark = kernels.mark()
    const owners = this.#keyColumns.map((_, i) => i)
    for (const entries of table.entries(windows.ptr, keys.size, config.batchRows)) {
      const { ids, parts, times, rows, length } = entries
      const base = { length }
      const batch = new RecordBatch(this.#windowsSchema, length, [
        ...keys.columns(ids, length),
        new Vector({ ...base, type: uint8(), values: parts }),
        new Vector({ ...base, type: int64(), values: times }),
        ...this.#aggregation.exportState(kernels, rows, length),
      ])
      into.keyed(`windows ${this.#frameName}`, batch, owners)
      kernels.reset(mark)
    }
    values?.snapshot(into, keys, this.#keyFields)
    if (this.#time !== undefined) writeProgress(kernels, into, this.#watermarkMs)
  }

  close(): void {
    for (const part of Object.values(this.#opened ?? {})) part?.close()
    this.#opened = undefined
  }

  #use(): Opened {
    assert(this.#opened !== undefined, 'an OVER aggregation is used while it is open')
    return this.#opened
  }

  #idsOf(columns: readonly Vector[], n: number): number {
    const { keys, windows } = this.#use()
    const ids = keys.insert(columns, n)
    windows.reserve(keys.size)
    return ids
  }

  #wait(held: readonly Vector[], keys: readonly Vector[], times: number, length: number): void {
    const opened = this.#use()
    const ids = this.#idsOf(keys, length)
    opened.waiting.append({ columns: held, ids, length, keyCount: opened.keys.size, times })
  }

  /** Where a slice of due rows ends: a batch, or more when rows see those of their time. */
  #sliceEnd(order: number, from: number, length: number): number {
    const { kernels, config } = this.#context
    let to = Math.min(length, from + config.batchRows)
    const extent = this.#extent
    if (extent.kind === 'rows' || (extent.kind === 'unbounded' && !extent.peers)) return to
    const { u32, i64 } = kernels
    const times = this.#use().waiting.side.times >>> 3
    const timeAt = (place: number): bigint => i64[times + u32[(order >>> 2) + place]!]!
    const last = timeAt(to - 1)
    while (to < length && timeAt(to) === last) to++
    return to
  }

  /** The results of rows whose time has come, in order of time. */
  *#emitDue(due: Selection): Generator<void> {
    const { kernels, config } = this.#context
    const { waiting, table } = this.#use()
    const { length: n } = due
    // Its rows live over steps: there may be more of one time than a batch has.
    const out = kernels.allocate(n * table.stride)
    let applied: Applied | undefined
    try {
      const columns = this.#heldColumns(due)
      const times = takeFixed(kernels, 8, waiting.side.times, due)
      const ids = takeFixed(kernels, 4, waiting.side.ids, due)
      applied = this.#apply({ ids, times, n }, columns, out)
      for (let from = 0; from < n; from += config.batchRows) {
        const length = Math.min(config.batchRows, n - from)
        const part = this.#heldColumns({ rows: due.rows + from * 4, length })
        this.#emit(this.#taken.map(part), applied, from, length)
        yield
      }
    } finally {
      if (applied !== undefined) this.#release(applied)
      kernels.release(out)
    }
  }

  /** Columns of waiting rows by their position in the input; each is made once. */
  #heldColumns(rows: Selection): (position: number) => Vector {
    const { columns } = this.#use().waiting.side
    const made = new Map<number, Vector>()
    return (position) => {
      const known = made.get(position)
      if (known !== undefined) return known
      const vector = columns[this.#held.indexOf(position)]!.gather(rows)
      made.set(position, vector)
      return vector
    }
  }

  /** Adds rows to their windows; `out` gets the accumulators of each row's window. */
  #apply(rows: OverRows, columns: (position: number) => Vector, out: number): Applied {
    const { kernels } = this.#context
    const { table, windows, values, keys } = this.#use()
    const { n } = rows
    const own = table.start(kernels.scratch(n * table.stride), n)
    const inputs = this.#aggregation.inputs(kernels, columns, n)
    inputs.forEach((input, i) => table.program.bind(i, input))
    this.#check(table.program.update(own.pointers, 0, n))
    this.#check(table.apply(windows.ptr, rows, own.rows, out))
    this.#applied += n
    return { out, values: values?.apply(rows, columns, keys.size) }
  }

  /** Emits n rows, from row `from` on, with their aggregates, whose accumulators are let go. */
  #emit(taken: readonly Vector[], applied: Applied, from: number, n: number): void {
    const { kernels, output } = this.#context
    if (n === 0) return
    const { table, values } = this.#use()
    const pointers = kernels.scratch(n * 4)
    const { u32 } = kernels
    const out = applied.out + from * table.stride
    for (let i = 0; i < n; i++) u32[(pointers >>> 2) + i] = out + i * table.stride
    const some = this.#aggregation.results(kernels, pointers, n, this.#types).values()
    if (this.#aggregation.holdsBytes) table.program.release(pointers, n)
    const kept = applied.values && values?.columns(applied.values, from, n).values()
    const results = this.#isKept.map((isKept) => (isKept ? kept : some)!.next().value!)
    this.#output.emit(new RecordBatch(output, n, [...taken, ...results]))
  }

  #release({ values }: Applied): void {
    if (values !== undefined) this.#opened?.values?.release(values)
  }

  #newValues(): OverValues {
    const { kernels, inputs, output, config } = this.#context
    return new OverValues(kernels, {
      input: inputs[0]!,
      aggregates: this.#keptSpecs,
      types: this.#keptSpecs.map(({ name }) => output.field(name).type),
      extent: this.#extent,
      name: `values ${this.#frameName}`,
      isTimed: this.#time !== undefined,
      batchRows: config.batchRows,
    })
  }

  #check(overflow: AggregateOverflow | undefined): void {
    if (overflow !== undefined) throw this.#aggregation.overflow(overflow)
  }

  /** Lets rows, windows and keys go that are of no more use, once there may be many. */
  #forget(first: bigint): void {
    const { waiting, keys, windows, table, values } = this.#use()
    waiting.tidy(keys.size)
    const least = Math.max(this.#context.config.stateCompactionKeysMin, keys.size)
    if (this.#extent.kind !== 'range' || this.#applied < least) return
    this.#applied = 0
    const bound = beginOf(first, this.#extent.span)
    table.sweep(windows.ptr, keys.size, bound)
    values?.forget(bound, keys.size)
    this.#compaction.run(keys, {
      mark(bits, n) {
        windows.mark(bits, n)
        waiting.side.markKeys(bits)
      },
      remap(map, n) {
        windows.compact(map, n)
        waiting.side.remapKeys(map)
        waiting.rebuild(keys.size)
        values?.compact(map, n, keys.size)
      },
    })
  }

  #writeWaiting(into: StateWriter, rows: Selection): void {
    const { kernels } = this.#context
    const { waiting, keys } = this.#use()
    const { length } = rows
    const held = waiting.side.columns.map((column) => column.gather(rows))
    const ids = takeFixed(kernels, 4, waiting.side.ids, rows)
    const times = takeFixed(kernels, 8, waiting.side.times, rows)
    const batch = new RecordBatch(this.#waitingSchema, length, [
      ...held,
      ...keys.columns(ids, length),
      new Vector({ type: int64(), length, values: times }),
    ])
    into.keyed(
      WAITING,
      batch,
      this.#keyColumns.map((_, i) => held.length + i),
    )
  }

  #restoreWindows({ columns, length: n }: RecordBatch): void {
    const { kernels } = this.#context
    const { table, windows } = this.#use()
    const keyCount = this.#keyColumns.length
    const ids = this.#idsOf(columns.slice(0, keyCount), n)
    const [part, time, ...state] = columns.slice(keyCount) as [Vector, Vector, ...Vector[]]
    const own = table.start(kernels.scratch(n * table.stride), n)
    this.#aggregation.importState(table.program, state, own.pointers, n)
    const rows = { ids, times: time.values, n }
    this.#check(table.restore(windows.ptr, rows, part.values, own.rows))
  }
}
