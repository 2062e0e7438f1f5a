// Aggregates by key over windows on a grid of time, by event time or by the clock: tumbling, sliding and
// cumulative.
//
//   batch      -> key ids (one index for all slices) -> accumulator rows by (slice, key id) -> update
//   watermark  -> windows that are over, by end, their rows by key id -> columns -> batches
//
// WA1  A window fires when the watermark reaches its last millisecond, and again for late rows while it
//      lives: once a batch, with the new result of each key that has one in the batch. A row of which no
//      window lives is late: dropped and counted. A row with some dead windows counts in the others.
// WA2  A tumbling window is one slice. Others are merged from their slices when they fire
//      (window-merger.ts); a slice is let go with the last window that it is in.
// WA3  Emission is bounded: at most batchRows rows a batch, and after each the generator yields. The
//      slices of what is being emitted are let go after the batch.
// WA4  When dead keys may outweigh the living, the index is compacted; ids keep their order.
// WA5  By processing time a batch's rows come at one moment, and a window fires when the clock has
//      reached its end.
// WA6  By processing time subtasks are not as far as one another when a snapshot is taken: rows of the
//      state say up to when their key's windows have fired. What others had fired is due when the job
//      goes on, for the keys that are behind; rows that come then are after it.
import { assert } from '../base/assert.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import { timestamp } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import { bitmapBytes } from '../kernels/bitmap.ts'
import { KeyCompaction } from '../state/key-compaction.ts'
import { FiredByKey } from './fired-by-key.ts'
import { LateFirings, type TimedRows, timeInUnit } from './late-firings.ts'
import type { Operator, OperatorContext, Output } from './operator.ts'
import { FIRED_FIELD } from './time-column.ts'
import { WindowGrid } from './window-grid.ts'
import { WindowInput } from './window-input.ts'
import { WindowMerger } from './window-merger.ts'
import { closeSlices, LiveSlices, openSlices, type SliceParts } from './window-parts.ts'
import { WindowState } from './window-state.ts'
import type { GridWindowSpec, WindowAggregateSpec } from './window-spec.ts'

/** Where a slice begins. */
const SLICE_FIELD = { name: '$slice', type: timestamp('ms') } as const

/** What is kept of the stream, between open() and close(). */
interface State extends SliceParts {
  readonly merger: WindowMerger
}

export class GridWindows implements Operator {
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #grid: WindowGrid
  readonly #input: WindowInput
  readonly #late: LateFirings
  readonly #tables: WindowState
  readonly #compaction: KeyCompaction
  #state: State | undefined
  readonly #live = new LiveSlices()
  #watermarkMs = -Infinity
  /** Windows below have fired, and windows below the other are gone. */
  #firstOpen = -Infinity
  #firstAlive = -Infinity
  #spent: number[] = []
  /** Windows that are over have not fired for all keys (WA6). */
  #behind: FiredByKey | undefined

  constructor(
    spec: WindowAggregateSpec & { readonly window: GridWindowSpec },
    context: OperatorContext,
    output: Output,
  ) {
    this.#context = context
    this.#output = output
    this.#grid = new WindowGrid(spec.window)
    this.#input = new WindowInput(spec, context, output)
    this.#late = new LateFirings(this.#grid, this.#input.unit)
    const { aggregation, keyColumns, isProcessingTime } = this.#input
    const own = isProcessingTime ? [SLICE_FIELD, FIRED_FIELD] : [SLICE_FIELD]
    this.#tables = new WindowState({ context, aggregation, keyColumns, own })
    this.#compaction = new KeyCompaction(context.kernels)
  }

  open(): void {
    const { aggregation, unit } = this.#input
    const options = {
      context: this.#context,
      output: this.#output,
      input: this.#input,
      isTimed: true,
    }
    const parts = openSlices(options, aggregation.template, this.#grid.slices(unit))
    const merger = new WindowMerger({ ...parts, grid: this.#grid, live: this.#live })
    this.#state = { ...parts, merger }
    this.#restore()
  }

  processBatch(batch: RecordBatch): Generator<void> | void {
    const { kernels } = this.#context
    const { keys, slices, program } = this.#opened()
    const input = this.#input
    const n = batch.rowCount
    const dense = input.dense(batch)
    const times = input.zoned(input.times(dense, n, this.#watermarkMs + 1), n, this.#grid.zone)
    const ids = keys.insert(input.keyColumns.map(dense), n)
    const rows = kernels.scratch(n * 4)
    const kept = kernels.scratch(bitmapBytes(n))
    const outOfRange = slices.assign(times, ids, n, rows, kept)
    if (outOfRange !== undefined) throw input.outOfRange(outOfRange)
    const late = slices.lateRows
    input.update(program, dense, rows, late === 0 ? 0 : kept, n)
    this.#live.take(slices)
    input.late(batch, kept, late)
    if (input.isProcessingTime) return this.#wake()
    return this.#afterEarly({ times, ids, kept, n })
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    if (this.#input.isProcessingTime || watermarkMs <= this.#watermarkMs) return
    yield* this.#advance(watermarkMs)
  }

  *onProcessingTime(nowMs: number): Generator<void> {
    if (!this.#input.isProcessingTime) return
    // A window's last moment is the one before its end, and that has passed.
    yield* this.#advance(Math.max(nowMs - 1, this.#watermarkMs))
    this.#wake()
  }

  snapshot(into: StateWriter): void {
    const { kernels } = this.#context
    const { keys, walk } = this.#opened()
    for (const { index, ptr } of this.#live.all) {
      walk.walk(ptr, (n) => {
        const mark = kernels.mark()
        const values = kernels.scratch(n * 8)
        kernels.i64.fill(BigInt(this.#grid.sliceStartMs(index)), values / 8, values / 8 + n)
        const own = [new Vector({ type: SLICE_FIELD.type, length: n, values })]
        if (this.#input.isProcessingTime) own.push(this.#fired(walk.ids, n))
        this.#tables.write(into, keys, { ids: walk.ids, rows: walk.rows, own, n })
        kernels.reset(mark)
      })
    }
    this.#tables.writeProgress(into, this.#watermarkMs)
  }

  close(): void {
    if (this.#state === undefined) return
    closeSlices(this.#state)
    this.#state = undefined
  }

  #opened(): State {
    assert(this.#state !== undefined, 'a window operator is used while it is open')
    return this.#state
  }

  /** Up to when the windows of keys have fired. */
  #fired(ids: number, n: number): Vector {
    const { kernels } = this.#context
    const values = kernels.scratch(n * 8)
    const [f64, u32] = [kernels.f64, kernels.u32]
    for (let i = 0; i < n; i++) {
      f64[values / 8 + i] = this.#behind?.of(u32[ids / 4 + i]!) ?? this.#watermarkMs
    }
    return new Vector({ type: FIRED_FIELD.type, length: n, values })
  }

  #restore(): void {
    const { kernels } = this.#context
    const { keys, slices, program } = this.#opened()
    const { unit, isProcessingTime } = this.#input
    this.#watermarkMs = this.#tables.readProgress()
    const behind = new FiredByKey(this.#grid, this.#watermarkMs)
    const mark = kernels.mark()
    for (const { ids, own, n, fill } of this.#tables.read(keys)) {
      const rows = kernels.scratch(n * 4)
      const kept = kernels.scratch(bitmapBytes(n))
      const times = kernels.scratch(n * 8)
      const view = kernels.i64
      for (let i = 0; i < n; i++) {
        view[times / 8 + i] = timeInUnit(Number(view[own[0]!.values / 8 + i]!), unit)
      }
      slices.assign(times, ids, n, rows, kept)
      fill(program, rows)
      this.#live.take(slices)
      if (!isProcessingTime) continue
      for (let i = 0; i < n; i++) {
        behind.add(kernels.u32[ids / 4 + i]!, {
          slice: this.#grid.sliceOf(Number(kernels.i64[own[0]!.values / 8 + i]!)),
          firedMs: kernels.f64[own[1]!.values / 8 + i]!,
        })
      }
    }
    kernels.reset(mark)
    if (behind.first < Infinity) this.#behind = behind
    if (this.#watermarkMs !== -Infinity) {
      const open = this.#grid.firstOpen(this.#watermarkMs)
      this.#passTo(Math.min(open, behind.first), this.#watermarkMs)
    }
    if (isProcessingTime) this.#wake()
  }

  /** Asks to be told when the first window with rows is over. */
  #wake(): void {
    const window = this.#firstWithRows()
    if (window !== undefined) this.#context.wakeAt(this.#grid.endMs(window))
  }

  *#advance(watermarkMs: number): Generator<void> {
    const { results } = this.#opened()
    if (this.#behind !== undefined) yield* this.#catchUp(this.#behind)
    this.#watermarkMs = watermarkMs
    const end = this.#grid.firstOpen(watermarkMs)
    for (;;) {
      const window = this.#firstWithRows()
      if (window === undefined || window >= end) break
      yield* this.#fire(window)
      this.#passTo(window + 1, watermarkMs)
    }
    if (results.length > 0) yield this.#flush()
    this.#passTo(end, watermarkMs)
    this.#compactKeys()
  }

  /** Fires the windows that are over for the keys that have not fired them. */
  *#catchUp(behind: FiredByKey): Generator<void> {
    const end = this.#grid.firstOpen(this.#watermarkMs)
    for (;;) {
      const window = this.#firstWithRows()
      if (window === undefined || window >= end) break
      yield* this.#fireOf(window, behind.idsBefore(this.#grid.endMs(window) - 1))
      this.#passTo(window + 1, this.#watermarkMs)
    }
    if (this.#opened().results.length > 0) yield this.#flush()
    this.#passTo(end, this.#watermarkMs)
    this.#behind = undefined
  }

  /** The first window that has rows and has not fired. */
  #firstWithRows(): number | undefined {
    const from = this.#firstOpen
    const slice = this.#live.firstFrom(this.#grid.firstSlice(from))
    if (slice === undefined) return undefined
    return Math.max(from, this.#grid.firstWindow(slice.index))
  }

  *#fire(window: number): Generator<void> {
    const { merger, results } = this.#opened()
    if (merger.changesGiven && results.length > 0) yield this.#flush()
    const { ptr, isOwned } = merger.merged(window)
    yield* this.#gather(window, ptr)
    if (isOwned) this.#spent.push(ptr)
  }

  /** Gathers the rows of a window, and emits what makes a batch. */
  *#gather(window: number, slice: number): Generator<void> {
    const { kernels } = this.#context
    const { slices, results } = this.#opened()
    let from = 0
    for (;;) {
      const { room, ids } = results
      const found = slices.scan(slice, from, room, ids, results.rows)
      if (found > 0) {
        results.addedOf(this.#grid.startMs(window), this.#grid.endMs(window), found)
        from = kernels.u32[ids / 4 + found - 1]! + 1
      }
      if (found < room) return
      yield this.#flush()
    }
  }

  /** Some rows may be in slices of windows that have fired. */
  #afterEarly(rows: TimedRows): Generator<void> | void {
    const { kernels } = this.#context
    const { merger } = this.#opened()
    const fired = { from: this.#firstAlive, to: this.#firstOpen }
    if (!merger.keeps && fired.from === fired.to) return undefined
    const early = this.#late.rows(kernels, rows, fired.to)
    if (early.length === 0) return undefined
    merger.forget()
    const again = this.#late.windows(kernels, rows, early, fired)
    return again.size === 0 ? undefined : this.#fireAgain(again)
  }

  /** Fires windows again for the keys of which rows came late. */
  *#fireAgain(windows: ReadonlyMap<number, readonly number[]>): Generator<void> {
    for (const window of [...windows.keys()].toSorted((a, b) => a - b)) {
      yield* this.#fireOf(window, windows.get(window)!)
    }
    if (this.#opened().results.length > 0) yield this.#flush()
  }

  /** Fires a window for some keys: their ids, ascending. */
  *#fireOf(window: number, ids: readonly number[]): Generator<void> {
    const { kernels, config } = this.#context
    const { merger, walk, results } = this.#opened()
    for (let at = 0; at < ids.length; at += config.batchRows) {
      const some = ids.slice(at, at + config.batchRows)
      const mark = kernels.mark()
      const list = kernels.put(new Uint8Array(Uint32Array.from(some).buffer))
      const ptr = merger.mergedOf(window, list, some.length)
      kernels.reset(mark)
      yield* this.#gather(window, ptr)
      if (results.length === 0) walk.release(ptr)
      else this.#spent.push(ptr)
    }
  }

  /** Windows below this have fired; of those that do not live on, slices are spent and rows are late. */
  #passTo(window: number, watermarkMs: number): void {
    if (window > this.#firstOpen) this.#firstOpen = window
    const alive = Math.min(
      this.#firstOpen,
      this.#grid.firstOpen(watermarkMs - this.#input.latenessMs),
    )
    if (alive <= this.#firstAlive) return
    this.#firstAlive = alive
    const first = this.#grid.firstSlice(alive)
    const { slices, results } = this.#opened()
    slices.advance(first)
    const passed = this.#live.removeBefore(first)
    this.#spent.push(...passed.map((slice) => slice.ptr))
    if (results.length === 0) this.#releaseSpent()
  }

  /** Emits what has been gathered, and gives the slices back that it came from. */
  #flush(): void {
    this.#opened().results.flush()
    this.#releaseSpent()
  }

  #releaseSpent(): void {
    const { walk } = this.#opened()
    for (const slice of this.#spent) walk.release(slice)
    this.#spent = []
  }

  #compactKeys(): void {
    const { keys, slices, merger } = this.#opened()
    if (!this.#compaction.isDue(keys)) return
    merger.forget()
    this.#compaction.run(keys, this.#live.keyed(slices))
  }
}
