// Joins rows of two streams with equal keys whose times lie in an interval of each other:
//
//   left time + lower <= right time <= left time + upper
//
// IJ1  A row meets the rows that are there when it comes, and those that come while it is kept: until the
//      watermark says that nobody can meet it any more.
// IJ2  A row at or before the watermark is late: dropped and counted.
// IJ3  A row of an outer side that met nobody is a result when it is let go. Its time is behind the
//      watermark by as much as the interval reaches: so are the watermarks that go on.
// IJ4  A watermark looks at blocks of rows in which some time is over, and passes over the others.
import { assert } from '../base/assert.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import { gatherVector } from '../columnar/gather.ts'
import { rowsByKey } from '../columnar/key-rows.ts'
import type { RecordBatch, Selection } from '../columnar/record-batch.ts'
import { type TimeUnit, UNITS_PER_SECOND } from '../columnar/type.ts'
import { GrowingBlock } from '../kernels/growing-block.ts'
import { joinCount, joinProbeBetween, type Pairs, ProbeCursor } from '../kernels/join.ts'
import { Sweep } from '../kernels/join-time.ts'
import { timestampRange } from '../kernels/timestamp.ts'
import { JoinState, type SideNumber } from '../state/join-state.ts'
import { type IntervalBound, type IntervalJoinSpec, isOuter } from './join-spec.ts'
import { columnsOfBatch, type HeldColumns, JoinedRows } from './joined-rows.ts'
import { rowsInTime } from './late-rows.ts'
import type { Operator, OperatorContext, OperatorFactory, Output } from './operator.ts'
import { ceilDivide, firstAfter, readProgress, timeColumnOf, writeProgress } from './time-column.ts'

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, UNSUPPORTED */
export const createIntervalJoin: OperatorFactory<IntervalJoinSpec> = (spec, context, output) =>
  new IntervalJoin(spec, context, output)

/** What is there between open() and close(). */
interface Opened {
  readonly state: JoinState
  readonly cursor: ProbeCursor
  readonly sweep: Sweep
  /** Key ids of the rows that are probing: they live over steps. */
  readonly ids: GrowingBlock
}

/** How one side's rows find the other's, and when they are over. */
interface SideTimes {
  /** A match's time less the row's own: at least and at most. */
  readonly low: bigint
  readonly high: bigint
  /** No row earlier than this is there; rows of a side whose rows are only dropped need not say. */
  least: bigint
  /** Rows from which on it is worth looking for those that are over. */
  sweepAt: number
}

const NEVER = 2n ** 63n - 1n

class IntervalJoin implements Operator {
  readonly generatesWatermarks: boolean
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #joined: JoinedRows
  readonly #keys: readonly [readonly number[], readonly number[]]
  readonly #outer: readonly [boolean, boolean]
  readonly #timeColumns: readonly [number, number]
  readonly #unit: TimeUnit
  readonly #sides: readonly [SideTimes, SideTimes]
  readonly #delayMs: number
  #watermarkMs = -Infinity
  #opened: Opened | undefined

  constructor(spec: IntervalJoinSpec, context: OperatorContext, output: Output) {
    const { inputs } = context
    assert(inputs.length === 2, 'a join has two inputs')
    this.#context = context
    this.#output = output
    this.#outer = isOuter(spec.type)
    this.#joined = new JoinedRows(spec, context, output)
    this.#keys = [
      spec.on.map(([name]) => inputs[0]!.indexOf(name)),
      spec.on.map(([, name]) => inputs[1]!.indexOf(name)),
    ]
    const [left, right] = [
      timeColumnOf(inputs[0]!, spec.time[0]),
      timeColumnOf(inputs[1]!, spec.time[1]),
    ]
    assert(left.unit === right.unit, 'the times of an interval join have one unit')
    this.#timeColumns = [left.position, right.position]
    this.#unit = left.unit
    const low = leastOf(spec.lower, left.unit)
    const high = -leastOf({ ...spec.upper, ms: -spec.upper.ms }, left.unit)
    const side = (least: bigint, most: bigint): SideTimes => ({
      low: least,
      high: most,
      least: NEVER,
      sweepAt: context.config.batchRows,
    })
    this.#sides = [side(low, high), side(-high, -low)]
    const reaches = [spec.upper.ms, -spec.lower.ms].filter((_, i) => this.#outer[i])
    this.#delayMs = Math.max(0, ...reaches)
    this.generatesWatermarks = this.#delayMs > 0
  }

  open(): void {
    const { kernels, inputs, restored, config } = this.#context
    const types = this.#keys[0].map((position) => inputs[0]!.fields[position]!.type)
    const held = (side: SideNumber) => ({
      fields: this.#joined.fields[side],
      counts: this.#outer[side],
      changes: false,
      timed: true,
    })
    const state = new JoinState(kernels, types, [held(0), held(1)], config.batchRows >>> 2)
    this.#opened = {
      state,
      cursor: new ProbeCursor(kernels),
      sweep: new Sweep(kernels),
      ids: new GrowingBlock(kernels),
    }
    if (restored === undefined) return
    this.#watermarkMs = readProgress(kernels, restored)
    state.restore(restored)
    state.sides.forEach(({ times, rows }, side) => {
      this.#sides[side]!.least = timestampRange(kernels, times, 0, rows)?.least ?? NEVER
    })
  }

  *processBatch(batch: RecordBatch, input: number): Generator<void> {
    const side = input as SideNumber
    const { kernels } = this.#context
    const { state } = this.#use()
    state.compact()
    const time = { position: this.#timeColumns[side], unit: this.#unit }
    const inTime = rowsInTime(this.#context, batch, side, time, this.#watermarkMs)
    const { keyed, unkeyed } = rowsByKey(kernels, inTime, this.#keys[side])
    if (unkeyed !== undefined && this.#outer[side]) this.#emitUnkeyed(inTime, side, unkeyed)
    const length = keyed?.length ?? inTime.length
    if (length === 0) return
    yield* this.#probe(this.#append(inTime, side, keyed), length, side)
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    this.#watermarkMs = Math.max(this.#watermarkMs, watermarkMs)
    const first = firstAfter(this.#watermarkMs, this.#unit)
    const { state } = this.#use()
    for (const side of [0, 1] as const) {
      const { high, least, sweepAt } = this.#sides[side]
      const isDue = this.#outer[side] ? least + high < first : state.sides[side].rows >= sweepAt
      if (isDue) yield* this.#letGo(side, watermarkMs === Infinity ? NEVER : clamped(first - high))
    }
    state.compact()
    if (this.generatesWatermarks && watermarkMs !== Infinity) {
      yield* this.#output.forwardWatermark(watermarkMs - this.#delayMs)
    }
  }

  snapshot(into: StateWriter): void {
    const { kernels, config } = this.#context
    this.#use().state.snapshot(into, config.batchRows)
    writeProgress(kernels, into, this.#watermarkMs)
  }

  close(): void {
    if (this.#opened === undefined) return
    const { state, cursor, sweep, ids } = this.#opened
    this.#opened = undefined
    state.close()
    cursor.close()
    sweep.close()
    ids.close()
  }

  #use(): Opened {
    assert(this.#opened !== undefined, 'a join is used while it is open')
    return this.#opened
  }

  /** Puts rows behind the others of their side; gives the number of the first. */
  #append(batch: RecordBatch, side: SideNumber, rows: Selection | undefined): number {
    const { kernels } = this.#context
    const { state, ids } = this.#use()
    const length = rows?.length ?? batch.length
    const dense = (position: number) => gatherVector(kernels, batch.columns[position]!, rows)
    const found = state.keys.insert(this.#keys[side].map(dense), length)
    ids.set(found, length * 4)
    const times = dense(this.#timeColumns[side]).values
    const own = this.#sides[side]
    const { least } = timestampRange(kernels, times, 0, length)!
    if (least < own.least) own.least = least
    const columns = this.#joined.held[side].map(dense)
    const keyCount = state.keys.size
    const first = state.sides[side].append({ columns, ids: found, length, keyCount, times })
    state.sides[1 - side]!.cover(keyCount)
    return first
  }

  *#probe(first: number, length: number, side: SideNumber): Generator<void> {
    const { kernels, config } = this.#context
    const { state, cursor, ids } = this.#use()
    const other = state.sides[(1 - side) as SideNumber]
    const { low, high } = this.#sides[side]
    cursor.reset(low, high)
    for (;;) {
      const pairs = joinProbeBetween(
        kernels,
        cursor,
        { ids: ids.ptr, length, first },
        other.chains,
        { times: state.sides[side].times, otherTimes: other.times, room: config.batchRows },
      )
      this.#emitPairs(this.#joined.kept(pairs, side, this.#columns()), side)
      if (cursor.row === length) return
      yield
    }
  }

  #columns(): HeldColumns {
    const { sides } = this.#use().state
    return [sides[0].columns, sides[1].columns]
  }

  #emitPairs({ probes, matches, length }: Pairs, side: SideNumber): void {
    const { kernels } = this.#context
    const { state } = this.#use()
    if (length === 0) return
    const lists = side === 0 ? ([probes, matches] as const) : ([matches, probes] as const)
    state.sides.forEach(({ counts }, each) => {
      if (this.#outer[each]) joinCount(kernels, { rows: lists[each]!, length }, counts)
    })
    this.#joined.emit({ columns: this.#columns(), rows: lists, length })
  }

  /** Lets rows go that are earlier than a time; those of an outer side that met nobody are results. */
  *#letGo(side: SideNumber, bound: bigint): Generator<void> {
    const { config } = this.#context
    const { state, sweep } = this.#use()
    const own = state.sides[side]
    const to = own.rows
    sweep.reset()
    while (sweep.row < to) {
      const { ids, times, counts, leasts } = own
      const found = sweep.step(
        { ids, times, counts, leasts },
        { to, bound, room: config.batchRows },
      )
      if (!this.#outer[side] || found.length === 0) continue
      const rows =
        side === 0 ? ([found.rows, undefined] as const) : ([undefined, found.rows] as const)
      this.#joined.emit({ columns: this.#columns(), rows, length: found.length })
      yield
    }
    own.lose(sweep.gone)
    const times = this.#sides[side]
    times.least = sweep.least
    times.sweepAt = Math.max(config.batchRows, (own.rows - own.useless) * 2 + own.useless)
  }

  /** Rows of an outer side with a null key: results at once. */
  #emitUnkeyed(batch: RecordBatch, side: SideNumber, rows: Selection): void {
    const own = columnsOfBatch(this.#context.kernels, batch, this.#joined.held[side])
    const [left, right] = this.#columns()
    this.#joined.emit({
      columns: side === 0 ? [own, right] : [left, own],
      rows: side === 0 ? [rows.rows, undefined] : [undefined, rows.rows],
      length: rows.length,
    })
  }
}

/** The least time span of a unit that is within a lower bound. */
function leastOf({ ms, exclusive }: IntervalBound, unit: TimeUnit): bigint {
  const perSecond = BigInt(UNITS_PER_SECOND[unit])
  const span = BigInt(ms) * perSecond
  const least = ceilDivide(span, 1_000n)
  return exclusive && least * 1_000n === span ? least + 1n : least
}

const clamped = (time: bigint): bigint => {
  const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n]
  return time < least ? least : time > most ? most : time
}
