// Joins each left row with the version of its key's right row that was valid at the left row's time: the
// latest one that is not later.
//
// TJ1  A left row waits until the watermark has reached its time: then all versions up to it are there. One
//      that comes after that is late: dropped and counted.
// TJ2  Of two versions of one time, the one that came last is valid. A right row that is taken back ends
//      its key's version: from then on there is none.
// TJ3  Versions that no time from the watermark on needs are let go when they may be half of all.
import { assert } from '../base/assert.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import { OP_COLUMN } from '../columnar/changelog.ts'
import { gatherVector } from '../columnar/gather.ts'
import { rowsByKey } from '../columnar/key-rows.ts'
import type { RecordBatch, Selection } from '../columnar/record-batch.ts'
import type { TimeUnit } from '../columnar/type.ts'
import type { Pairs } from '../kernels/join.ts'
import {
  joinBefore,
  joinForgetVersions,
  joinVersions,
  type Versions,
} from '../kernels/join-time.ts'
import { NO_ROW } from '../kernels/operand.ts'
import { takeFixed } from '../kernels/take.ts'
import { JoinState } from '../state/join-state.ts'
import type { TemporalJoinSpec } from './join-spec.ts'
import { columnsOfBatch, type HeldColumns, JoinedRows } from './joined-rows.ts'
import { rowsInTime } from './late-rows.ts'
import type { Operator, OperatorContext, OperatorFactory, Output } from './operator.ts'
import { firstAfter, readProgress, timeColumnOf, timesOf, writeProgress } from './time-column.ts'

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, UNSUPPORTED */
export const createTemporalJoin: OperatorFactory<TemporalJoinSpec> = (spec, context, output) =>
  new TemporalJoin(spec, context, output)

class TemporalJoin implements Operator {
  readonly #context: OperatorContext
  readonly #joined: JoinedRows
  readonly #isLeft: boolean
  readonly #keys: readonly [readonly number[], readonly number[]]
  readonly #timeColumns: readonly [number, number]
  readonly #unit: TimeUnit
  /** What right rows do; among the columns that are held. */
  readonly #endsColumn: number | undefined
  #state: JoinState | undefined
  #watermarkMs = -Infinity
  #forgetAt: number

  constructor(spec: TemporalJoinSpec, context: OperatorContext, output: Output) {
    const { inputs, config } = context
    const [left, right] = inputs
    assert(left !== undefined && right !== undefined, 'a join has two inputs')
    this.#context = context
    this.#isLeft = spec.type === 'left'
    this.#joined = new JoinedRows(spec, context, output)
    this.#keys = [
      spec.on.map(([name]) => left.indexOf(name)),
      spec.on.map(([, name]) => right.indexOf(name)),
    ]
    const times = [timeColumnOf(left, spec.time[0]), timeColumnOf(right, spec.time[1])] as const
    assert(times[0].unit === times[1].unit, 'the times of a temporal join have one unit')
    this.#timeColumns = [times[0].position, times[1].position]
    this.#unit = times[0].unit
    if (right.has(OP_COLUMN)) {
      const position = right.indexOf(OP_COLUMN)
      this.#joined.alsoHold(1, [position], right)
      this.#endsColumn = this.#joined.held[1].indexOf(position)
    }
    this.#forgetAt = config.batchRows
  }

  open(): void {
    const { kernels, inputs, restored, config } = this.#context
    const types = this.#keys[0].map((position) => inputs[0]!.fields[position]!.type)
    const held = (side: 0 | 1) => ({
      fields: this.#joined.fields[side],
      counts: false,
      changes: false,
      timed: true,
      byTime: side === 1,
      ...(side === 1 && this.#endsColumn !== undefined ? { whole: this.#endsColumn } : {}),
    })
    this.#state = new JoinState(kernels, types, [held(0), held(1)], config.batchRows >>> 2)
    if (restored === undefined) return
    this.#watermarkMs = readProgress(kernels, restored)
    this.#state.restore(restored)
  }

  processBatch(batch: RecordBatch, input: number): void {
    const { kernels } = this.#context
    this.#use().compact()
    const side = input as 0 | 1
    const time = { position: this.#timeColumns[side], unit: this.#unit }
    // A version that comes late is the one that later rows see.
    const inTime = side === 0 ? rowsInTime(this.#context, batch, 0, time, this.#watermarkMs) : batch
    const { keyed, unkeyed } = rowsByKey(kernels, inTime, this.#keys[side])
    if (side === 0 && unkeyed !== undefined && this.#isLeft) this.#emitUnkeyed(inTime, unkeyed)
    if ((keyed?.length ?? inTime.length) > 0) this.#append(inTime, side, keyed)
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    const { kernels, config } = this.#context
    const state = this.#use()
    const [left, right] = state.sides
    this.#watermarkMs = Math.max(this.#watermarkMs, watermarkMs)
    const first = firstAfter(this.#watermarkMs, this.#unit)
    const to = left.rows
    for (let from = 0; from < to;) {
      const range = { from, to, room: config.batchRows }
      const due = joinBefore(kernels, left, range, first)
      from = due.length < config.batchRows ? to : lastOf(kernels.u32, due) + 1
      this.#emit(due)
      left.drop(due)
      if (from < to) yield
    }
    if (right.rows >= this.#forgetAt) {
      const { keys } = state
      right.lose(joinForgetVersions(kernels, right.ids, keys.size, this.#versions(), first))
      this.#forgetAt = Math.max(config.batchRows, (right.rows - right.useless) * 2 + right.useless)
    }
    state.compact()
  }

  snapshot(into: StateWriter): void {
    const { kernels, config } = this.#context
    this.#use().snapshot(into, config.batchRows)
    writeProgress(kernels, into, this.#watermarkMs)
  }

  close(): void {
    this.#state?.close()
    this.#state = undefined
  }

  #use(): JoinState {
    assert(this.#state !== undefined, 'a join is used while it is open')
    return this.#state
  }

  #versions(): Versions {
    const [, right] = this.#use().sides
    const ends = this.#endsColumn === undefined ? 0 : right.wholeValues
    return { ...right.chains, times: right.times, ends }
  }

  #append(batch: RecordBatch, side: 0 | 1, rows: Selection | undefined): void {
    const { kernels, inputs } = this.#context
    const state = this.#use()
    const dense = (position: number) => gatherVector(kernels, batch.columns[position]!, rows)
    const length = rows?.length ?? batch.length
    const ids = state.keys.insert(this.#keys[side].map(dense), length)
    const position = this.#timeColumns[side]
    state.sides[side].append({
      columns: this.#joined.held[side].map(dense),
      ids,
      length,
      keyCount: state.keys.size,
      times: timesOf(kernels, inputs[side]!, position, dense(position)),
    })
    state.sides[1 - side]!.cover(state.keys.size)
  }

  /** The results of left rows whose time has come. */
  #emit(due: Selection): void {
    const { kernels } = this.#context
    const [left, right] = this.#use().sides
    if (due.length === 0) return
    const { length } = due
    const ids = takeFixed(kernels, 4, left.ids, due)
    const times = takeFixed(kernels, 8, left.times, due)
    const found = joinVersions(kernels, { ids, times, length }, this.#versions())
    const columns: HeldColumns = [left.columns, right.columns]
    const pairs = this.#joined.kept(withVersion(this.#context, due, found), 0, columns)
    const rows = [pairs.probes, pairs.matches] as const
    this.#joined.emit({ columns, rows, length: pairs.length })
    if (!this.#isLeft || pairs.length === length) return
    const alone = without(this.#context, due, pairs)
    this.#joined.emit({ columns, rows: [alone.rows, undefined], length: alone.length })
  }

  /** Left rows with a null key: they have no version, whatever comes. */
  #emitUnkeyed(batch: RecordBatch, { rows, length }: Selection): void {
    const own = columnsOfBatch(this.#context.kernels, batch, this.#joined.held[0])
    const columns = [own, this.#use().sides[1].columns] as const
    this.#joined.emit({ columns, rows: [rows, undefined], length })
  }
}

const lastOf = (numbers: Uint32Array, { rows, length }: Selection): number =>
  numbers[(rows >>> 2) + length - 1]!

/** The rows that have a version, with it. */
function withVersion({ kernels }: OperatorContext, due: Selection, found: number): Pairs {
  const probes = kernels.scratch(due.length * 4)
  const matches = kernels.scratch(due.length * 4)
  const { u32 } = kernels
  let length = 0
  for (let i = 0; i < due.length; i++) {
    const version = u32[(found >>> 2) + i]!
    if (version === NO_ROW) continue
    u32[(probes >>> 2) + length] = u32[(due.rows >>> 2) + i]!
    u32[(matches >>> 2) + length] = version
    length++
  }
  return { probes, matches, length }
}

/** The rows that are in no pair; both are in ascending order. */
function without({ kernels }: OperatorContext, due: Selection, pairs: Pairs): Selection {
  const rows = kernels.scratch(due.length * 4)
  const { u32 } = kernels
  let [length, pair] = [0, 0]
  for (let i = 0; i < due.length; i++) {
    const row = u32[(due.rows >>> 2) + i]!
    if (pair < pairs.length && u32[(pairs.probes >>> 2) + pair] === row) pair++
    else u32[(rows >>> 2) + length++] = row
  }
  return { rows, length }
}
