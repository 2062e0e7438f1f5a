// Aggregates by key over windows that fire by a trigger of their own: by a number of rows, at regular
// times before their end, or emptied with each firing; and over one window of everything.
//
//   batch      -> key ids -> for each window that a row may be in: accumulators -> update -> count, fire
//   watermark  -> windows that are over, and those whose time to fire has come -> batches
//
// TW1  A window's accumulators are its own, with the trigger's words behind them (kernels/trigger.ts): a
//      row costs an update for each window it is in.
// TW2  A count fires in the midst of a batch, as in Flink, and not at the window's end: the rows since the
//      last firing go with the window.
// TW3  A continuous trigger fires at each multiple of its interval, a key from its first row on; at the
//      window's end; and for rows that come after it, once a batch. What passes several of these at
//      once fires once.
// TW4  A window of everything fires at the end of input, unless its trigger counts.
// TW5  By the clock each subtask was woken at a time of its own when a snapshot was taken. A window that is
//      in the state has not come to its end: what is over fires when the job goes on.
import { assert } from '../base/assert.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import { bitmapBytes, bitmapCount, bitmapLogic } from '../kernels/bitmap.ts'
import type { Slice } from '../kernels/slice-table.ts'
import { triggerDue, triggerFilled, type TriggerRows, triggerWords } from '../kernels/trigger.ts'
import { fireCounted } from './count-rounds.ts'
import { FiredCopies } from './fired-copies.ts'
import { KeyCompaction } from '../state/key-compaction.ts'
import { rowsBefore } from './late-firings.ts'
import type { Operator, OperatorContext, Output } from './operator.ts'
import { setTriggerWords, touchTriggers, TRIGGER_FIELDS, triggerColumns } from './trigger-state.ts'
import { WindowInput } from './window-input.ts'
import { WindowPanes } from './window-panes.ts'
import { closeSlices, LiveSlices, openSlices, type SliceParts } from './window-parts.ts'
import {
  firingOf,
  type GlobalWindowSpec,
  type GridWindowSpec,
  type TriggerFiring,
  type WindowAggregateSpec,
} from './window-spec.ts'
import { WindowState } from './window-state.ts'
import { zoneTimes } from './zone-times.ts'

interface State extends SliceParts {
  readonly copies: FiredCopies
}

/** Below every window, and above the one that rows are in that are in none. */
const FIRST_WINDOW = -(2 ** 53) + 2

/** Slices are windows, by their number. */
const BY_NUMBER = { size: 1n, offset: 0n, multiplier: 1n }

interface Again {
  readonly window: number
  readonly id: number
  readonly row: number
}

export class TriggeredWindows implements Operator {
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #input: WindowInput
  readonly #panes: WindowPanes
  readonly #isTimed: boolean
  readonly #firing: TriggerFiring
  readonly #tables: WindowState
  readonly #compaction: KeyCompaction
  /** Where the trigger's words are, behind the accumulators. */
  readonly #words: number
  readonly #live = new LiveSlices()
  #state: State | undefined
  #watermarkMs = -Infinity
  /** Windows below have fired, and windows below the other are gone. */
  #firstOpen = -Infinity
  #firstAlive = -Infinity
  /** When the first accumulators fire before their end. */
  #nextMs = Infinity
  #spent: number[] = []

  constructor(
    spec: WindowAggregateSpec & { readonly window: GridWindowSpec | GlobalWindowSpec },
    context: OperatorContext,
    output: Output,
  ) {
    this.#context = context
    this.#output = output
    this.#panes = new WindowPanes(spec.window)
    this.#input = new WindowInput(spec, context, output)
    this.#isTimed = spec.window.kind !== 'global'
    this.#firing = firingOf(spec.trigger)
    const { aggregation, keyColumns } = this.#input
    this.#words = aggregation.template.length
    this.#tables = new WindowState({ context, aggregation, keyColumns, own: TRIGGER_FIELDS })
    this.#compaction = new KeyCompaction(context.kernels)
  }

  open(): void {
    const { aggregation } = this.#input
    const options = {
      context: this.#context,
      output: this.#output,
      input: this.#input,
      isTimed: this.#isTimed,
    }
    const row = [...aggregation.template, ...triggerWords()]
    const parts = openSlices(options, Uint8Array.from(row), BY_NUMBER)
    parts.slices.advance(FIRST_WINDOW)
    this.#state = { ...parts, copies: new FiredCopies(this.#context, parts.program, aggregation) }
    this.#restore()
  }

  processBatch(batch: RecordBatch): Generator<void> | void {
    const { kernels } = this.#context
    const { keys, slices, program, results } = this.#opened()
    const input = this.#input
    const n = batch.rowCount
    const dense = input.dense(batch)
    const millis = this.#millis(batch, dense)
    const { zone } = this.#panes
    const local = zone === undefined ? millis : zoneTimes(kernels, zone, millis, n, 'ms')
    const ids = keys.insert(input.keyColumns.map(dense), n)
    input.bind(program, dense, n)
    let taken: number | undefined
    const again = new Map<number, Again>()
    for (let pass = 0; pass < this.#panes.passes; pass++) {
      const rows = kernels.scratch(n * 4)
      const kept = kernels.scratch(bitmapBytes(n))
      const windows = this.#panes.index(kernels, local, n, pass)
      slices.assign(windows, ids, n, rows, kept)
      const passRows = { windows, ids, rows, kept, n }
      if (this.#firing.count > 0) this.#count(passRows)
      else this.#touch(passRows, millis, again)
      taken = taken === undefined ? kept : bitmapLogic(kernels, 'or', taken, kept, n)
    }
    this.#live.take(slices)
    if (results.length > 0) this.#flush()
    if (taken !== undefined) input.late(batch, taken, n - bitmapCount(kernels, taken, n))
    this.#wake()
    return again.size === 0 ? undefined : this.#fireAgain([...again.values()])
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    if (!this.#input.isProcessingTime) {
      if (watermarkMs > this.#watermarkMs) yield* this.#advance(watermarkMs)
      if (this.#firing.time === 'event') yield* this.#fireDue(watermarkMs)
    }
  }

  *onProcessingTime(nowMs: number): Generator<void> {
    if (this.#input.isProcessingTime) {
      // A window's last moment is the one before its end, and that has passed.
      yield* this.#advance(Math.max(nowMs - 1, this.#watermarkMs))
    }
    if (this.#firing.time === 'processing' && nowMs !== Infinity) yield* this.#fireDue(nowMs)
    this.#wake()
  }

  snapshot(into: StateWriter): void {
    const { kernels } = this.#context
    const { keys, walk } = this.#opened()
    for (const { index, ptr } of this.#live.all) {
      walk.walk(ptr, (n) => {
        const mark = kernels.mark()
        const { ids, rows } = walk
        const own = triggerColumns(kernels, { rows, n, offset: this.#words }, index)
        this.#tables.write(into, keys, { ids, rows, own, n })
        kernels.reset(mark)
      })
    }
    this.#tables.writeProgress(into, this.#watermarkMs)
  }

  close(): void {
    if (this.#state === undefined) return
    const { copies } = this.#state
    closeSlices(this.#state)
    copies.close()
    this.#state = undefined
  }

  #opened(): State {
    assert(this.#state !== undefined, 'a window operator is used while it is open')
    return this.#state
  }

  #restore(): void {
    const { kernels } = this.#context
    const { keys, slices, program } = this.#opened()
    const mark = kernels.mark()
    for (const { ids, own, n, fill } of this.#tables.read(keys)) {
      const rows = kernels.scratch(n * 4)
      const kept = kernels.scratch(bitmapBytes(n))
      slices.assign(own[0]!.values, ids, n, rows, kept)
      fill(program, rows)
      setTriggerWords(kernels, { rows, n, offset: this.#words }, own)
      this.#live.take(slices)
      // Whoever fires next says when that is.
      this.#nextMs = -Infinity
    }
    kernels.reset(mark)
    this.#watermarkMs = this.#tables.readProgress()
    if (!this.#input.isProcessingTime && this.#watermarkMs !== -Infinity) {
      this.#passTo(this.#panes.firstOpen(this.#watermarkMs))
    }
    this.#wake()
  }

  /** The rows' times in milliseconds; 0 where nobody asks. */
  #millis(batch: RecordBatch, dense: ReturnType<WindowInput['dense']>): number {
    const input = this.#input
    if (!input.hasTimes) return 0
    const n = batch.rowCount
    return input.millis(input.times(dense, n, this.#watermarkMs + 1), n)
  }

  #touch(pass: PassRows, millis: number, again: Map<number, Again>): void {
    const { kernels } = this.#context
    const { program } = this.#opened()
    const { windows, ids, rows, kept, n } = pass
    this.#input.updateBound(program, rows, kept, n)
    const touching = { rows, n, offset: this.#words }
    const earliest = touchTriggers(this.#context, touching, this.#firing, () => millis)
    this.#nextMs = Math.min(this.#nextMs, earliest)
    if (this.#firstAlive === this.#firstOpen) return
    const limit = BigInt(this.#firstOpen)
    const early = rowsBefore(kernels, { times: windows, ids, kept, n }, limit)
    for (let i = 0; i < early.length; i++) {
      const at = kernels.u32[early.rows / 4 + i]!
      const row = kernels.u32[rows / 4 + at]!
      const window = Number(kernels.i64[windows / 8 + at]!)
      again.set(row, { window, id: kernels.u32[ids / 4 + at]!, row })
    }
  }

  #count({ windows, ids, rows, n }: PassRows): void {
    const { kernels } = this.#context
    const parts = this.#opened()
    fireCounted(
      { rows, n, offset: this.#words },
      {
        kernels,
        input: this.#input,
        parts,
        copies: parts.copies,
        firing: this.#firing,
        ids,
        boundsOf: (row) => {
          const window = Number(kernels.i64[windows / 8 + row]!)
          return [BigInt(this.#panes.startMs(window)), BigInt(this.#panes.endMs(window))]
        },
        flush: () => this.#flush(),
      },
    )
  }

  /** Fires windows that are over, and lets those go that live no more. */
  *#advance(watermarkMs: number): Generator<void> {
    this.#watermarkMs = watermarkMs
    const { keys, slices, results } = this.#opened()
    const end = this.#panes.firstOpen(watermarkMs)
    if (this.#firing.count === 0) {
      for (const slice of this.#live.between(this.#firstOpen, end)) {
        yield* this.#gather(slice, (found) =>
          triggerFilled(this.#context.kernels, results.ids, found),
        )
      }
    }
    if (results.length > 0) yield this.#flush()
    this.#passTo(end)
    this.#compaction.run(keys, this.#live.keyed(slices))
  }

  /** Fires what is due before its window's end. */
  *#fireDue(nowMs: number): Generator<void> {
    if (this.#nextMs > nowMs) return
    const { kernels } = this.#context
    const { results } = this.#opened()
    const { intervalMs } = this.#firing
    // A block: scratch ends with each yield.
    const earliest = kernels.allocate(8)
    kernels.f64[earliest / 8] = Infinity
    for (const slice of this.#live.between(this.#firstOpen, Infinity)) {
      yield* this.#gather(slice, (found) =>
        triggerDue(kernels, results.ids, found, { nowMs, intervalMs, earliest }),
      )
    }
    if (results.length > 0) yield this.#flush()
    this.#nextMs = kernels.f64[earliest / 8]!
    kernels.release(earliest)
  }

  /** Gathers those of a window's rows that a kernel keeps, and emits what makes a batch. */
  *#gather(slice: Slice, keep: (found: TriggerRows) => number): Generator<void> {
    const { kernels } = this.#context
    const { slices, results } = this.#opened()
    const offset = this.#words
    for (let from = 0; ;) {
      const { room, ids, rows } = results
      const found = slices.scan(slice.ptr, from, room, ids, rows)
      if (found === 0) return
      from = kernels.u32[ids / 4 + found - 1]! + 1
      const kept = keep({ rows, n: found, offset })
      results.addedOf(this.#panes.startMs(slice.index), this.#panes.endMs(slice.index), kept)
      if (results.room === 0) yield this.#flush()
      if (found < room) return
    }
  }

  /** Fires windows again that rows have come to after their end. */
  *#fireAgain(again: readonly Again[]): Generator<void> {
    const { kernels } = this.#context
    const { results } = this.#opened()
    for (const { window, id, row } of again.toSorted(
      (a, b) => a.window - b.window || a.id - b.id,
    )) {
      kernels.u32[results.ids / 4] = id
      kernels.u32[results.rows / 4] = row
      results.addedOf(this.#panes.startMs(window), this.#panes.endMs(window), 1)
      if (results.room === 0) yield this.#flush()
    }
    if (results.length > 0) yield this.#flush()
  }

  #flush(): void {
    const { results, copies, walk } = this.#opened()
    copies.flush(results, this.#firing, this.#words)
    for (const slice of this.#spent) walk.release(slice)
    this.#spent = []
  }

  /** Windows below this are over; those that do not live on go, and their rows are late. */
  #passTo(window: number): void {
    if (window > this.#firstOpen) this.#firstOpen = window
    const gone = this.#panes.firstOpen(this.#watermarkMs - this.#input.latenessMs)
    const alive = Math.min(this.#firstOpen, gone)
    if (alive <= this.#firstAlive) return
    this.#firstAlive = alive
    const { slices } = this.#opened()
    slices.advance(Math.max(FIRST_WINDOW, alive))
    this.#spent.push(...this.#live.removeBefore(alive).map(({ ptr }) => ptr))
    this.#flush()
  }

  /** Asks to be told when the clock makes something fire. */
  #wake(): void {
    if (this.#firing.time === 'processing' && this.#nextMs < Infinity) {
      this.#context.wakeAt(this.#nextMs)
    }
    if (!this.#input.isProcessingTime) return
    const first = this.#live.firstFrom(this.#firstOpen)
    if (first !== undefined) this.#context.wakeAt(this.#panes.endMs(first.index))
  }
}

/** A batch in one pass: i64 windows, u32 key ids and accumulators, and the bitmap of those in a window. */
interface PassRows {
  readonly windows: number
  readonly ids: number
  readonly rows: number
  readonly kept: number
  readonly n: number
}
