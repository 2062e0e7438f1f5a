// Joins the rows of two streams that are in the same window and have equal keys.
//
//   batch      -> slices of time (window-sides.ts), or sessions (session-sides.ts)
//   watermark  -> windows that are over (by processing time: the clock): the right rows chained by key, the
//                 left ones probe them, piece by piece; then the rows of outer sides that met nobody
import { assert } from '../base/assert.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import { gatherables } from '../columnar/held-column.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import { timestamp } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import { GrowingBlock } from '../kernels/growing-block.ts'
import {
  joinCount,
  joinForget,
  joinLink,
  joinProbe,
  joinRowsWith,
  type Pairs,
  ProbeCursor,
} from '../kernels/join.ts'
import { isOuter, type WindowJoinSpec } from './join-spec.ts'
import { type HeldColumns, JoinedRows } from './joined-rows.ts'
import type { Operator, OperatorContext, OperatorFactory, Output } from './operator.ts'
import { SessionSides } from './session-sides.ts'
import type { OverWindow } from './window-join-input.ts'
import { WindowSides } from './window-sides.ts'

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, UNSUPPORTED */
export const createWindowJoin: OperatorFactory<WindowJoinSpec> = (spec, context, output) =>
  new WindowJoin(spec, context, output)

/** What a window that is over needs, between open() and close(). */
interface Opened {
  readonly cursor: ProbeCursor
  /** NO_ROW between two windows. */
  readonly heads: GrowingBlock
  readonly next: GrowingBlock
  readonly counts: readonly [GrowingBlock, GrowingBlock]
}

class WindowJoin implements Operator {
  readonly #spec: WindowJoinSpec
  readonly #context: OperatorContext
  readonly #joined: JoinedRows
  readonly #outer: readonly [boolean, boolean]
  readonly #sides: WindowSides | SessionSides
  #opened: Opened | undefined
  /** When the clock is to wake it; Infinity: nothing is asked for. */
  #alarmMs = Infinity

  constructor(spec: WindowJoinSpec, context: OperatorContext, output: Output) {
    const { inputs } = context
    assert(inputs.length === 2, 'a join has two inputs')
    this.#spec = spec
    this.#context = context
    this.#outer = isOuter(spec.type)
    this.#joined = new JoinedRows(spec, context, output)
    for (const side of [0, 1] as const) {
      const keys = spec.on.map((pair) => inputs[side]!.indexOf(pair[side]))
      this.#joined.alsoHold(side, keys, inputs[side]!)
    }
    const { held, fields } = this.#joined
    const { window, on, time } = spec
    const options = { on, time, held, fields, keepsNulls: this.#outer }
    this.#sides =
      window.kind === 'session'
        ? new SessionSides(window, options, context)
        : new WindowSides(window, options, context)
  }

  open(): void {
    const { kernels } = this.#context
    const block = () => new GrowingBlock(kernels)
    this.#opened = {
      cursor: new ProbeCursor(kernels),
      heads: block(),
      next: block(),
      counts: [block(), block()],
    }
    this.#sides.restore()
    this.#wake()
  }

  processBatch(batch: RecordBatch, input: number): void {
    this.#sides.insert(batch, input as 0 | 1)
    this.#wake()
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    if (this.#spec.time !== undefined) yield* this.#advance(watermarkMs)
  }

  *onProcessingTime(nowMs: number): Generator<void> {
    if (this.#spec.time !== undefined) return
    this.#alarmMs = Infinity
    // A window's last moment is the one before its end, and that has passed.
    yield* this.#advance(nowMs - 1)
    this.#wake()
  }

  snapshot(into: StateWriter): void {
    this.#sides.snapshot(into)
  }

  close(): void {
    this.#sides.close()
    if (this.#opened === undefined) return
    const { cursor, heads, next, counts } = this.#opened
    this.#opened = undefined
    cursor.close()
    for (const block of [heads, next, ...counts]) block.close()
  }

  #use(): Opened {
    assert(this.#opened !== undefined, 'a window join is used while it is open')
    return this.#opened
  }

  *#advance(watermarkMs: number): Generator<void> {
    for (const window of this.#sides.over(watermarkMs)) yield* this.#fire(window)
  }

  #wake(): void {
    if (this.#spec.time !== undefined) return
    const { nextDueMs } = this.#sides
    if (nextDueMs >= this.#alarmMs) return
    this.#alarmMs = nextDueMs
    this.#context.wakeAt(nextDueMs)
  }

  *#fire(window: OverWindow): Generator<void> {
    const { kernels } = this.#context
    const { heads, next, counts } = this.#use()
    const [left, right] = window.sides
    counts.forEach((block, side) => {
      block.bytes = 0
      if (this.#outer[side]) block.extend(window.sides[side]!.length * 4, 0)
    })
    if (left.length > 0 && right.length > 0) {
      heads.extend(window.idCount * 4, 0xff)
      next.bytes = 0
      next.extend(right.length * 4, 0xff)
      joinLink(kernels, { ...right, first: 0 }, { heads: heads.ptr, next: next.ptr })
      yield* this.#probe(window)
      joinForget(kernels, { rows: right.ids, length: right.length }, heads.ptr)
    }
    for (const side of [0, 1] as const) if (this.#outer[side]) yield* this.#alone(window, side)
  }

  *#probe(window: OverWindow): Generator<void> {
    const { kernels, config } = this.#context
    const { cursor, heads, next } = this.#use()
    const [left] = window.sides
    const columns = this.#columns(window)
    cursor.reset()
    while (cursor.row < left.length) {
      const chains = { heads: heads.ptr, next: next.ptr }
      const limits = { oldest: 0, room: config.batchRows }
      const found = joinProbe(kernels, cursor, { ...left, first: 0 }, chains, limits)
      const pairs = this.#joined.kept(found, 0, columns)
      this.#count(pairs)
      this.#emit(window, [pairs.probes, pairs.matches], pairs.length)
      if (pairs.length > 0) yield
    }
  }

  #count({ probes, matches, length }: Pairs): void {
    const { kernels } = this.#context
    const lists = [probes, matches]
    this.#use().counts.forEach((counts, side) => {
      if (!this.#outer[side]) return
      joinCount(kernels, { rows: lists[side]!, length }, counts.ptr)
    })
  }

  /** The rows of an outer side that met nobody. */
  *#alone(window: OverWindow, side: 0 | 1): Generator<void> {
    const { kernels, config } = this.#context
    const counts = this.#use().counts[side]
    const to = window.sides[side].length
    const room = config.batchRows
    for (let from = 0; from < to;) {
      const { rows, length } = joinRowsWith(kernels, counts.ptr, 0, { from, to, room })
      from = length < room ? to : kernels.u32[(rows >>> 2) + length - 1]! + 1
      this.#emit(window, side === 0 ? [rows, undefined] : [undefined, rows], length)
      if (length > 0) yield
    }
  }

  #columns({ sides }: OverWindow): HeldColumns {
    const { kernels } = this.#context
    return [gatherables(kernels, sides[0].vectors), gatherables(kernels, sides[1].vectors)]
  }

  #emit(
    window: OverWindow,
    rows: readonly [number | undefined, number | undefined],
    length: number,
  ): void {
    if (length === 0) return
    this.#context.metrics.windowsFired += length
    const bounds = window.bounds(rows, length)
    const others = new Map(
      this.#spec.bounds.map((name, i) => [
        name,
        new Vector({ type: timestamp('ms'), length, values: bounds[i]! }),
      ]),
    )
    this.#joined.emit({ columns: this.#columns(window), rows, length, others })
  }
}
