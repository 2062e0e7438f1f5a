// Joins two streams for ever: each row meets all rows of the other side with its key, those that came
// before it when it comes, and those that come after it when they come.
//
//   batch -> rows with a key -> ids -> behind the other rows of its side -> probe of the other side, piece by
//   piece -> condition -> counts of matches, of outer sides -> results
//
// RJ1  A row of an outer side without a match is a result with nulls; that result is deleted when its first
//      match comes, and inserted again when its last one is taken back. So every row of an outer side has
//      a count of its matches.
// RJ2  A row that takes one back deletes the results of that row: it is probed as if it came.
// RJ3  A row with a null key is not kept: nothing can meet it.
// RJ4  In batch mode rows of outer sides that met nobody are told of at the end of input, and nothing is
//      taken back. Only over rows that stay, and for ever.
// RJ5  With a time to live rows are over that long after they came, in processing time, and are not
//      found any more; nothing is taken back then.
import { assert } from '../base/assert.ts'
import { OP_COLUMN, ROW_OPS } from '../columnar/changelog.ts'
import { gatherVector } from '../columnar/gather.ts'
import { rowsByKey } from '../columnar/key-rows.ts'
import type { RecordBatch, Selection } from '../columnar/record-batch.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import { GrowingBlock } from '../kernels/growing-block.ts'
import {
  joinCount,
  joinProbe,
  joinRowsWith,
  joinTally,
  type Pairs,
  ProbeCursor,
} from '../kernels/join.ts'
import { takeFixed } from '../kernels/take.ts'
import { JoinState, type SideNumber } from '../state/join-state.ts'
import { isOuter, type RegularJoinSpec } from './join-spec.ts'
import { columnsOfBatch, type HeldColumns, JoinedRows } from './joined-rows.ts'
import type { Operator, OperatorContext, OperatorFactory, Output } from './operator.ts'
import { TimeToLive } from './time-to-live.ts'

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, UNSUPPORTED */
export const createRegularJoin: OperatorFactory<RegularJoinSpec> = (spec, context, output) =>
  new RegularJoin(spec, context, output)

/** What is there between open() and close(). */
interface Opened {
  readonly state: JoinState
  readonly cursor: ProbeCursor
  /** Key ids and ops of the rows that are probing: they live over steps. */
  readonly ids: GrowingBlock
  readonly ops: GrowingBlock
  readonly lifetimes: readonly [TimeToLive, TimeToLive] | undefined
}

/** Rows of a batch that are probing. */
interface Probing {
  readonly side: SideNumber
  readonly first: number
  readonly length: number
  /** u8 a row; 0: all of them are inserted. */
  readonly ops: number
}

class RegularJoin implements Operator {
  readonly #spec: RegularJoinSpec
  readonly #context: OperatorContext
  readonly #joined: JoinedRows
  readonly #keys: readonly [readonly number[], readonly number[]]
  readonly #outer: readonly [boolean, boolean]
  /** The position of what rows do, of each input; undefined: they are all inserted. */
  readonly #opColumns: readonly (number | undefined)[]
  readonly #isFinal: boolean
  #opened: Opened | undefined

  constructor(spec: RegularJoinSpec, context: OperatorContext, output: Output) {
    const { inputs } = context
    assert(inputs.length === 2, 'a join has two inputs')
    this.#spec = spec
    this.#context = context
    this.#outer = isOuter(spec.type)
    this.#joined = new JoinedRows(spec, context, output)
    this.#keys = [
      spec.on.map(([name]) => inputs[0]!.indexOf(name)),
      spec.on.map(([, name]) => inputs[1]!.indexOf(name)),
    ]
    this.#opColumns = inputs.map((schema) =>
      schema.has(OP_COLUMN) ? schema.indexOf(OP_COLUMN) : undefined,
    )
    const isForRows = this.#opColumns.every((column) => column === undefined)
    this.#isFinal = spec.final === true && isForRows && spec.ttlMs === undefined
    // What a row that is taken back is found by includes its key.
    for (const side of [0, 1] as const) {
      if (this.#opColumns[side] === undefined) continue
      this.#joined.alsoHold(side, this.#keys[side], inputs[side]!)
    }
  }

  open(): void {
    const { kernels, inputs, restored, config } = this.#context
    const { ttlMs } = this.#spec
    const types = this.#keys[0].map((position) => inputs[0]!.fields[position]!.type)
    const held = (side: SideNumber) => ({
      fields: this.#joined.fields[side],
      counts: this.#outer[side],
      changes: this.#opColumns[side] !== undefined,
      timed: ttlMs !== undefined,
    })
    const state = new JoinState(kernels, types, [held(0), held(1)], config.batchRows >>> 2)
    this.#opened = {
      state,
      cursor: new ProbeCursor(kernels),
      ids: new GrowingBlock(kernels),
      ops: new GrowingBlock(kernels),
      lifetimes: ttlMs === undefined ? undefined : [new TimeToLive(ttlMs), new TimeToLive(ttlMs)],
    }
    if (restored === undefined) return
    state.restore(restored)
    this.#opened.lifetimes?.forEach((lifetime, side) =>
      lifetime.restore(kernels, state.sides[side as SideNumber], state.keys.size),
    )
  }

  *processBatch(batch: RecordBatch, input: number): Generator<void> {
    const { kernels } = this.#context
    const side = input as SideNumber
    this.#tidy()
    const { keyed, unkeyed } = rowsByKey(kernels, batch, this.#keys[side])
    if (unkeyed !== undefined && this.#outer[side]) this.#emitUnkeyed(batch, side, unkeyed)
    if ((keyed?.length ?? batch.length) === 0) return
    const probing = this.#append(batch, side, keyed)
    yield* this.#probe(probing)
    if (this.#outer[side] && !this.#isFinal) yield* this.#emitUnmatched(probing)
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    if (!this.#isFinal || watermarkMs !== Infinity) return
    for (const side of [0, 1] as const) {
      if (!this.#outer[side]) continue
      const length = this.#use().state.sides[side].rows
      yield* this.#emitUnmatched({ side, first: 0, length, ops: 0 })
    }
  }

  snapshot(into: StateWriter): void {
    this.#tidy()
    this.#use().state.snapshot(into, this.#context.config.batchRows)
  }

  close(): void {
    if (this.#opened === undefined) return
    const { state, cursor, ids, ops } = this.#opened
    this.#opened = undefined
    state.close()
    cursor.close()
    ids.close()
    ops.close()
  }

  #use(): Opened {
    assert(this.#opened !== undefined, 'a join is used while it is open')
    return this.#opened
  }

  /** Lets go of rows whose time is over, and of what is of no more use. */
  #tidy(): void {
    const { state, lifetimes } = this.#use()
    if (lifetimes === undefined) {
      state.compact()
      return
    }
    const nowMs = this.#context.processingTimeMs()
    lifetimes.forEach((lifetime, side) => {
      state.sides[side as SideNumber].expire(lifetime.expired(nowMs))
    })
    const moved = state.compact(lifetimes.map((lifetime) => lifetime.boundaries))
    lifetimes.forEach((lifetime, side) => lifetime.move(moved[side]!))
  }

  /** Puts a batch's rows that have a key behind the others of their side. */
  #append(batch: RecordBatch, side: SideNumber, rows: Selection | undefined): Probing {
    const { kernels } = this.#context
    const { state, ids, ops, lifetimes } = this.#use()
    const length = rows?.length ?? batch.length
    const dense = (position: number) => gatherVector(kernels, batch.columns[position]!, rows)
    const opColumn = this.#opColumns[side]
    if (opColumn !== undefined) {
      ops.set(normalOps(this.#context, dense(opColumn).values, length), length)
    }
    const takesBack = opColumn === undefined ? 0 : ops.ptr
    const found = state.keys.insert(this.#keys[side].map(dense), length)
    ids.set(found, length * 4)
    const own = state.sides[side]
    const first = own.append({
      columns: this.#joined.held[side].map(dense),
      ids: found,
      length,
      keyCount: state.keys.size,
      takesBack,
      ...(lifetimes === undefined ? {} : { times: this.#now(length) }),
    })
    lifetimes?.[side].add(own.rows, this.#context.processingTimeMs())
    state.sides[1 - side]!.cover(state.keys.size)
    return { side, first, length, ops: takesBack }
  }

  *#probe(probing: Probing): Generator<void> {
    const { kernels, config } = this.#context
    const { state, cursor, ids } = this.#use()
    const { side, first, length } = probing
    const other = state.sides[(1 - side) as SideNumber]
    const limits = { oldest: other.oldest, room: config.batchRows }
    cursor.reset()
    for (;;) {
      const rows = { ids: ids.ptr, length, first }
      const pairs = joinProbe(kernels, cursor, rows, other.chains, limits)
      const columns: HeldColumns = [state.sides[0].columns, state.sides[1].columns]
      this.#emitPairs(this.#joined.kept(pairs, side, columns), probing, columns)
      if (cursor.row === length) return
      yield
    }
  }

  #emitPairs(pairs: Pairs, { side, first, ops }: Probing, columns: HeldColumns): void {
    const { kernels } = this.#context
    const { state } = this.#use()
    const { probes, matches, length } = pairs
    if (length === 0) return
    const other = (1 - side) as SideNumber
    if (this.#outer[side]) {
      joinCount(kernels, { rows: probes, length }, state.sides[side].counts)
    }
    if (this.#outer[other]) {
      const counts = state.sides[other].counts
      const changed = joinTally(kernels, pairs, first, ops, counts)
      if (!this.#isFinal) {
        this.#joined.emit({ ...changed, columns, rows: onSide(other, changed.rows, undefined) })
      }
    }
    this.#joined.emit({
      columns,
      rows: onSide(side, probes, matches),
      length,
      ops: this.#opsAt(probes, length, first, ops),
    })
  }

  /** The rows of an outer side that met nobody. */
  *#emitUnmatched({ side, first, length, ops }: Probing): Generator<void> {
    const { kernels, config } = this.#context
    const { state } = this.#use()
    const room = config.batchRows
    const to = first + length
    for (let from = first; from < to;) {
      const { counts } = state.sides[side]
      const found = joinRowsWith(kernels, counts, 0, { from, to, room })
      const last = kernels.u32[(found.rows >>> 2) + found.length - 1]!
      from = found.length < room ? to : last + 1
      this.#joined.emit({
        columns: [state.sides[0].columns, state.sides[1].columns],
        rows: onSide(side, found.rows, undefined),
        length: found.length,
        ops: this.#opsAt(found.rows, found.length, first, ops),
      })
      if (from < to || this.#isFinal) yield
    }
  }

  /** Rows of an outer side with a null key: results at once, and never again. */
  #emitUnkeyed(batch: RecordBatch, side: SideNumber, rows: Selection): void {
    const { kernels } = this.#context
    const { state } = this.#use()
    const own = columnsOfBatch(kernels, batch, this.#joined.held[side])
    const others = state.sides[(1 - side) as SideNumber].columns
    const column = this.#opColumns[side]
    const taken = column && takeFixed(kernels, 1, batch.columns[column]!.values, rows)
    this.#joined.emit({
      columns: side === 0 ? [own, others] : [others, own],
      rows: onSide(side, rows.rows, undefined),
      length: rows.length,
      ...(taken === undefined ? {} : { ops: normalOps(this.#context, taken, rows.length) }),
    })
  }

  #opsAt(rows: number, length: number, first: number, ops: number): number {
    if (ops === 0) return 0
    return takeFixed(this.#context.kernels, 1, ops - first, { rows, length })
  }

  /** The processing time, a row. */
  #now(length: number): number {
    const { kernels } = this.#context
    const times = kernels.scratch(length * 8)
    const nowMs = BigInt(Math.floor(this.#context.processingTimeMs()))
    kernels.i64.fill(nowMs, times >>> 3, (times >>> 3) + length)
    return times
  }
}

/** The rows of a side and those of the other one, as left and right. */
function onSide<T>(side: SideNumber, own: T, other: T | undefined): [T | undefined, T | undefined] {
  return side === 0 ? [own, other] : [other, own]
}

/** Inserts and deletes: what a pair's result does, and 0 where nothing is taken back. */
function normalOps({ kernels }: OperatorContext, ops: number, length: number): number {
  const normal = kernels.scratch(length)
  const { u8 } = kernels
  for (let i = 0; i < length; i++) u8[normal + i] = (u8[ops + i]! & 1) * ROW_OPS.delete
  return normal
}
