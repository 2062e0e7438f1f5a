// The rows of two streams in sessions of their keys, until the sessions are over: what a window join keeps.
//
//   session   first and last row of the left side, of the right side (u32 each; NO_ROW: none)
//   side      columns, the next row of its session, and more, by row (session-rows.ts)
//
// SD1  A session is of the rows of both sides: it ends when neither has had one for the gap. Rows with null
//      keys make sessions, too, and meet nobody.
// SD2  Sessions that are over come out several at a time, each with an id; rows of one session are in order
//      of arrival. A row that would begin a session that is over is late: dropped and counted.
// SD3  A side is rebuilt, without the rows of sessions that are over, when these are the half.
// SD4  By the clock each subtask was woken at a time of its own when a snapshot was taken: sessions that are
//      in it and over come out when the job goes on.
// SD5  Chains are walked row by row over typed arrays: a load and two stores a row, beside columns that are
//      copied by kernels.
import { assert } from '../base/assert.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import { gatherVector } from '../columnar/gather.ts'
import { RecordBatch, type Selection } from '../columnar/record-batch.ts'
import { Schema } from '../columnar/schema.ts'
import { timestamp, type TimeUnit } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import { bitmapBytes, bitmapToSelection } from '../kernels/bitmap.ts'
import { NO_ROW } from '../kernels/operand.ts'
import { type SessionMerges, SessionTable } from '../kernels/session-table.ts'
import { rowsFrom, takeFixed } from '../kernels/take.ts'
import { windowMillis } from '../kernels/trigger.ts'
import { KeyCompaction } from '../state/key-compaction.ts'
import type { OperatorContext } from './operator.ts'
import { readProgress, writeProgress } from './time-column.ts'
import {
  type OverWindow,
  type SliceRows,
  WindowJoinInput,
  type WindowJoinInputOptions,
} from './window-join-input.ts'
import { OverSide, SessionSide } from './session-rows.ts'
import type { SessionWindowSpec } from './window-spec.ts'

const SIDE_NAMES = ['left', 'right'] as const
const SIDES = [0, 1] as const
const TIME_FIELD = { name: '$time', type: timestamp('ms') } as const
const NO_ROWS = new Uint8Array(16).fill(0xff)

const SCALES = {
  s: { multiplier: 1_000, divisor: 1 },
  ms: { multiplier: 1, divisor: 1 },
  us: { multiplier: 1, divisor: 1_000 },
  ns: { multiplier: 1, divisor: 1_000_000 },
} as const satisfies Record<TimeUnit, object>

export class SessionSides {
  readonly #context: OperatorContext
  readonly #input: WindowJoinInput
  readonly #sessions: SessionTable
  readonly #sides: readonly [SessionSide, SessionSide]
  readonly #compaction: KeyCompaction
  readonly #isByClock: boolean
  #watermarkMs = -Infinity

  /** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, UNSUPPORTED */
  constructor(
    { gapMs, time }: SessionWindowSpec,
    options: WindowJoinInputOptions,
    context: OperatorContext,
  ) {
    const { kernels } = context
    this.#context = context
    this.#isByClock = time === 'processing'
    this.#input = new WindowJoinInput(options, context)
    this.#sessions = new SessionTable(kernels, {
      template: NO_ROWS,
      gapMs,
      latenessMs: 0,
      multiplier: 1,
      divisor: 1,
    })
    const [left, right] = options.fields
    this.#sides = [new SessionSide(kernels, left), new SessionSide(kernels, right)]
    this.#compaction = new KeyCompaction(kernels)
  }

  /** Takes a batch of one side in. */
  insert(batch: RecordBatch, side: 0 | 1): void {
    const { kernels, metrics } = this.#context
    const taken = this.#input.take(batch, side, this.#watermarkMs + 1)
    if (taken === undefined) return
    const { length, times, unit } = taken
    const { millis, outOfRange } = windowMillis(kernels, times, length, SCALES[unit])
    if (outOfRange !== undefined) throw this.#input.outOfRange(side, outOfRange)
    metrics.lateRows += this.#insert(taken, taken.keys, millis, side)
  }

  /** The sessions that are over at a watermark. What they hold is let go when the next are asked for. */
  *over(watermarkMs: number): Generator<OverWindow> {
    if (watermarkMs > this.#watermarkMs) this.#watermarkMs = watermarkMs
    else if (!this.#isByClock) return
    const { kernels, config } = this.#context
    const most = config.batchRows
    for (let found = most; found === most;) {
      const mark = kernels.mark()
      const rows = kernels.scratch(most * 4)
      found = this.#sessions.due(this.#watermarkMs, most, rows)
      const sides = found === 0 ? undefined : this.#gathered(rows, found)
      kernels.reset(mark)
      this.#free()
      if (sides === undefined) break
      try {
        yield this.#window(sides, found)
      } finally {
        for (const side of sides) side.close()
      }
    }
    for (const side of SIDES) {
      if (this.#sides[side].dead * 2 > this.#sides[side].length) this.#rebuild(side)
    }
    this.#compaction.run(this.#input.keys, this.#sessions)
  }

  /** When the clock makes the next session be over; Infinity: there is none. */
  get nextDueMs(): number {
    return this.#sessions.nextDueMs + 1
  }

  snapshot(into: StateWriter): void {
    const { kernels, config } = this.#context
    for (const side of SIDES) {
      if (this.#sides[side].dead > 0) this.#rebuild(side)
      const { length } = this.#sides[side]
      for (let from = 0; from < length; from += config.batchRows) {
        const mark = kernels.mark()
        this.#write(into, side, from, Math.min(config.batchRows, length - from))
        kernels.reset(mark)
      }
    }
    writeProgress(kernels, into, this.#watermarkMs)
  }

  /** Takes the rows of a snapshot in anew: they make the sessions that they were in. */
  restore(): void {
    const { kernels, restored } = this.#context
    if (restored === undefined) return
    for (const side of SIDES) {
      for (const batch of restored.table(SIDE_NAMES[side])) {
        const mark = kernels.mark()
        this.#read(batch, side)
        kernels.reset(mark)
      }
    }
    this.#watermarkMs = readProgress(kernels, restored)
    if (this.#isByClock || this.#watermarkMs === -Infinity) return
    const mark = kernels.mark()
    const over = this.#sessions.due(this.#watermarkMs, 1, kernels.scratch(4))
    assert(over === 0, 'sessions that are over are in no snapshot')
    kernels.reset(mark)
  }

  close(): void {
    this.#input.keys.close()
    for (const side of this.#sides) side.close()
    this.#sessions.close()
  }

  /** Puts rows into their sessions; gives how many are late. */
  #insert(rows: SliceRows, keys: readonly Vector[], millis: number, side: 0 | 1): number {
    const { kernels } = this.#context
    const sessions = this.#sessions
    const n = rows.length
    const pointers = kernels.scratch(n * 4)
    const kept = kernels.scratch(bitmapBytes(n) + 8)
    const assigned = sessions.assign({
      times: millis,
      ids: rows.ids,
      n,
      idCount: this.#input.keys.size,
      rows: pointers,
      kept,
    })
    if (assigned.kind === 'outOfRange') throw this.#input.outOfRange(side, assigned.row)
    const late = sessions.lateRows
    const marks = kernels.scratch(n * 4)
    kernels.u8.fill(0, marks, marks + n * 4)
    this.#input.withoutKeys(keys, marks, n)
    const part = late === 0 ? undefined : bitmapToSelection(kernels, kept, n)
    const dense = (width: 4 | 8, values: number): number =>
      part === undefined ? values : takeFixed(kernels, width, values, part)
    this.#sides[side].append(
      rows.vectors.map((vector) => gatherVector(kernels, vector, part)),
      dense(8, millis),
      dense(4, marks),
      n - late,
    )
    this.#link(dense(4, pointers), n - late, side)
    this.#merge(assigned.merges)
    this.#free()
    return late
  }

  /** Puts the last rows of a side behind those of their sessions. */
  #link(pointers: number, n: number, side: 0 | 1): void {
    const { length, next } = this.#sides[side]
    const view = this.#context.kernels.u32
    const nexts = next.ptr >>> 2
    for (let i = 0; i < n; i++) {
      const at = (view[(pointers >>> 2) + i]! >>> 2) + side * 2
      const row = length - n + i
      const last = view[at + 1]!
      if (last === NO_ROW) view[at] = row
      else view[nexts + last] = row
      view[at + 1] = row
    }
  }

  /** Sessions that have become one: the rows of the later one go behind those of the other. */
  #merge({ from, to, length }: SessionMerges): void {
    const view = this.#context.kernels.u32
    for (let i = 0; i < length; i++) {
      for (const side of SIDES) {
        const source = (view[(from >>> 2) + i]! >>> 2) + side * 2
        const target = (view[(to >>> 2) + i]! >>> 2) + side * 2
        const first = view[source]!
        if (first === NO_ROW) continue
        const last = view[target + 1]!
        if (last === NO_ROW) view[target] = first
        else view[(this.#sides[side].next.ptr >>> 2) + last] = first
        view[target + 1] = view[source + 1]!
      }
    }
  }

  #window(sides: readonly [OverSide, OverSide], idCount: number): OverWindow {
    const { kernels } = this.#context
    return {
      idCount,
      sides: [sides[0].rows(), sides[1].rows()],
      bounds([left, right], length) {
        const side = sides[left === undefined ? 1 : 0]
        const rows = { rows: (left ?? right)!, length }
        const { starts, ends } = side
        return [
          takeFixed(kernels, 8, starts.ptr, rows),
          takeFixed(kernels, 8, ends.ptr, rows),
        ] as const
      },
    }
  }

  /** Copies of the rows of n sessions, whose ids are their places among these. */
  #gathered(sessions: number, n: number): readonly [OverSide, OverSide] {
    const { kernels } = this.#context
    const ids = kernels.scratch(n * 4)
    const [starts, ends] = [kernels.scratch(n * 8), kernels.scratch(n * 8)]
    this.#sessions.bounds(sessions, n, { ids, starts, ends })
    const gather = (side: 0 | 1): OverSide => {
      const over = new OverSide(kernels, this.#input.options.fields[side])
      const rows = this.#rowsOf(sessions, n, side)
      this.#sides[side].dead += rows.length
      this.#copy(over, side, rows, { starts, ends })
      return over
    }
    return [gather(0), gather(1)]
  }

  /** The rows of n sessions on one side, and (u32 a row) which of the sessions each is in. */
  #rowsOf(sessions: number, n: number, side: 0 | 1): Selection & { readonly places: number } {
    const { kernels } = this.#context
    const nexts = this.#sides[side].next.ptr >>> 2
    const first = (i: number): number => (kernels.u32[(sessions >>> 2) + i]! >>> 2) + side * 2
    let view = kernels.u32
    let length = 0
    for (let i = 0; i < n; i++) {
      for (let row = view[first(i)]!; row !== NO_ROW; row = view[nexts + row]!) length++
    }
    const [rows, places] = [kernels.scratch(length * 4), kernels.scratch(length * 4)]
    view = kernels.u32
    let at = 0
    for (let i = 0; i < n; i++) {
      for (let row = view[first(i)]!; row !== NO_ROW; row = view[nexts + row]!, at++) {
        view[(rows >>> 2) + at] = row
        view[(places >>> 2) + at] = i
      }
    }
    return { rows, places, length }
  }

  #copy(
    over: OverSide,
    side: 0 | 1,
    { rows, places, length }: Selection & { readonly places: number },
    { starts, ends }: { readonly starts: number; readonly ends: number },
  ): void {
    const { kernels, config } = this.#context
    const vectors = this.#sides[side].vectors()
    const { marks } = this.#sides[side]
    for (let from = 0; from < length; from += config.batchRows) {
      const mark = kernels.mark()
      const n = Math.min(config.batchRows, length - from)
      const piece = { rows: rows + from * 4, length: n }
      const place = { rows: places + from * 4, length: n }
      over.columns.forEach((column, i) => column.append(gatherVector(kernels, vectors[i]!, piece)))
      over.starts.append(takeFixed(kernels, 8, starts, place), n * 8)
      over.ends.append(takeFixed(kernels, 8, ends, place), n * 8)
      // NO_ROW stays it.
      const ids = takeFixed(kernels, 4, marks, piece)
      const view = kernels.u32
      for (let i = 0; i < n; i++) view[(ids >>> 2) + i]! |= view[(place.rows >>> 2) + i]!
      over.ids.append(ids, n * 4)
      kernels.reset(mark)
    }
  }

  /** Lets the rows of sessions that are over go: those of a session lie together then. */
  #rebuild(side: 0 | 1): void {
    const { kernels, config } = this.#context
    const own = this.#sides[side]
    const order = new Uint32Array(own.length - own.dead)
    const next = order.map((_, i) => i + 1)
    let kept = 0
    const mark = kernels.mark()
    const rows = kernels.scratch(config.batchRows * 4)
    for (const n of this.#sessions.scan(config.batchRows, rows)) {
      const view = kernels.u32
      const nexts = own.next.ptr >>> 2
      for (let i = 0; i < n; i++) {
        const at = (view[(rows >>> 2) + i]! >>> 2) + side * 2
        let row = view[at]!
        if (row === NO_ROW) continue
        view[at] = kept
        for (; row !== NO_ROW; row = view[nexts + row]!) order[kept++] = row
        view[at + 1] = kept - 1
        next[kept - 1] = NO_ROW
      }
    }
    kernels.reset(mark)
    assert(kept === order.length, 'each row is in a session, or in one that is over')
    own.keep(order, next, config.batchRows)
  }

  #free(): void {
    this.#sessions.free(this.#context.config.batchRows, () => undefined)
  }

  #write(into: StateWriter, side: 0 | 1, from: number, length: number): void {
    const { kernels } = this.#context
    const own = this.#sides[side]
    const rows = rowsFrom(kernels, from, length)
    const values = takeFixed(kernels, 8, own.times, rows)
    const columns = [
      ...own.vectors().map((vector) => gatherVector(kernels, vector, rows)),
      new Vector({ type: TIME_FIELD.type, length, values }),
    ]
    const schema = new Schema([...this.#input.options.fields[side], TIME_FIELD])
    const batch = new RecordBatch(schema, length, columns)
    into.keyed(SIDE_NAMES[side], batch, this.#input.heldKeys(side))
  }

  #read(batch: RecordBatch, side: 0 | 1): void {
    const { kernels } = this.#context
    const length = batch.rowCount
    const columns = batch.columns.map((column) => gatherVector(kernels, column, batch.selection))
    const keys = this.#input.heldKeys(side).map((place) => columns[place]!)
    const ids = this.#input.keys.insert(keys, length)
    const late = this.#insert(
      { vectors: columns.slice(0, -1), ids, length },
      keys,
      columns.at(-1)!.values,
      side,
    )
    assert(late === 0, 'no row of a snapshot is late')
  }
}
