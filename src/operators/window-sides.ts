// The rows of two streams in windows on a grid of time, until their windows are over: what a window join
// keeps. Each slice of time has columns of its own on each side, so that a window's rows are
// let go at once.
//
// WD1  A window is over at the watermark of its last millisecond, and comes out once, in order of its end. A
//      row all of whose windows are over is late: dropped and counted.
// WD2  Key ids are of one index for both sides; a row with a null key has NO_ROW.
// WD3  In a time zone slices are of its wall clock, in the state, too: a time becomes that clock's once, when
//      its row comes in.
// WD4  Keys without rows are dropped when they may be half of the index.
// WD5  By the clock each subtask was woken at a time of its own when a snapshot was taken: its rows say up to
//      when windows were over for them. What was over for others comes out when the job goes on; until then
//      the rows that it has to do with are kept by that time. Rows that come are after the latest.
import { assert } from '../base/assert.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import { compact, gatherVector } from '../columnar/gather.ts'
import { RecordBatch, type Selection } from '../columnar/record-batch.ts'
import { Schema } from '../columnar/schema.ts'
import { timestamp, type TimeUnit } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import { joinMark, joinRemap, joinSlices } from '../kernels/join.ts'
import { partitionRows } from '../kernels/partition.ts'
import { type Rows, rowsFrom } from '../kernels/take.ts'
import { KeyCompaction } from '../state/key-compaction.ts'
import type { OperatorContext } from './operator.ts'
import { SlicedRows } from './sliced-rows.ts'
import { FIRED_FIELD, readProgress, writeProgress } from './time-column.ts'
import { WindowGrid } from './window-grid.ts'
import {
  type OverWindow,
  type SliceRows,
  WindowJoinInput,
  type WindowJoinInputOptions,
} from './window-join-input.ts'
import type { GridWindowSpec } from './window-spec.ts'
import { zoneTimes } from './zone-times.ts'

const SIDE_NAMES = ['left', 'right'] as const
const SLICE_FIELD = { name: '$slice', type: timestamp('ms') } as const

export class WindowSides {
  readonly #context: OperatorContext
  readonly #input: WindowJoinInput
  readonly #grid: WindowGrid
  readonly #compaction: KeyCompaction
  readonly #isByClock: boolean
  readonly #rows: SlicedRows
  /** Rows for which windows are over up to an earlier time only, by that (WD5). */
  readonly #behind = new Map<number, SlicedRows>()
  #watermarkMs = -Infinity

  /** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, UNSUPPORTED, CONFIG_INVALID */
  constructor(window: GridWindowSpec, options: WindowJoinInputOptions, context: OperatorContext) {
    this.#context = context
    this.#input = new WindowJoinInput(options, context)
    this.#grid = new WindowGrid(window)
    this.#compaction = new KeyCompaction(context.kernels, context.config.batchRows)
    this.#isByClock = options.time === undefined
    this.#rows = new SlicedRows(context.kernels, this.#grid, options.fields)
  }

  /** Takes a batch of one side in. */
  insert(batch: RecordBatch, side: 0 | 1): void {
    const { kernels, metrics } = this.#context
    const taken = this.#input.take(batch, side, this.#watermarkMs + 1)
    if (taken === undefined) return
    const { keys, ids, length, unit } = taken
    this.#input.withoutKeys(keys, ids, length)
    const { zone } = this.#grid
    const times =
      zone === undefined ? taken.times : zoneTimes(kernels, zone, taken.times, length, unit)
    metrics.lateRows += this.#insert(taken, { times, unit }, side, () => this.#rows)
  }

  /** The windows that are over at a watermark. What one holds is let go when the next is asked for. */
  *over(watermarkMs: number): Generator<OverWindow> {
    if (this.#behind.size > 0) yield* this.#catchUp()
    this.#watermarkMs = Math.max(watermarkMs, this.#watermarkMs)
    yield* this.#windows(this.#rows, this.#watermarkMs)
    this.#compactKeys()
  }

  /** When the clock makes the next window be over; Infinity: none has rows. */
  get nextDueMs(): number {
    let next = this.#rows.next ?? Infinity
    for (const rows of this.#behind.values()) next = Math.min(next, rows.next ?? Infinity)
    return next === Infinity ? Infinity : this.#grid.endMs(next)
  }

  snapshot(into: StateWriter): void {
    const { kernels, config } = this.#context
    const all = [...this.#behind, [this.#watermarkMs, this.#rows] as const]
    for (const [firedMs, { all: slices }] of all) {
      for (const { index, sides } of slices) {
        sides.forEach((each, side) => {
          const rows = each.rows()
          for (let from = 0; from < rows.length; from += config.batchRows) {
            const mark = kernels.mark()
            const length = Math.min(config.batchRows, rows.length - from)
            this.#write(into, side as 0 | 1, { index, firedMs }, { rows, from, length })
            kernels.reset(mark)
          }
        })
      }
    }
    writeProgress(kernels, into, this.#watermarkMs)
  }

  restore(): void {
    const { kernels, restored } = this.#context
    if (restored === undefined) return
    this.#watermarkMs = readProgress(kernels, restored)
    this.#rows.passTo(this.#grid.firstOpen(this.#watermarkMs))
    for (const side of [0, 1] as const) {
      for (const batch of restored.table(SIDE_NAMES[side])) {
        const mark = kernels.mark()
        this.#read(batch, side)
        kernels.reset(mark)
      }
    }
  }

  close(): void {
    this.#input.keys.close()
    for (const rows of [...this.#behind.values(), this.#rows]) rows.close()
  }

  /**
   * Deals rows out to their slices; gives how many are late.
   * @param rowsOf where the rows of a slice are kept
   */
  #insert(
    rows: SliceRows,
    { times, unit }: { readonly times: number; readonly unit: TimeUnit },
    side: 0 | 1,
    rowsOf: (slice: number) => SlicedRows,
  ): number {
    const found = joinSlices(this.#context.kernels, times, rows.length, this.#grid.slices(unit))
    if ('outOfRange' in found) throw this.#input.outOfRange(side, found.outOfRange)
    let late = 0
    for (const { value: slice, part } of this.#parts(found.slices, rows.length)) {
      const kept = rowsOf(slice)
      if (kept.takes(slice)) kept.append(slice, side, rows, part)
      else late += part?.length ?? rows.length
    }
    return late
  }

  /** The rows of each value (f64 a row) that there is, in order of appearance; undefined: all. */
  #parts(
    values: number,
    n: number,
  ): readonly { readonly value: number; readonly part: Selection | undefined }[] {
    const { kernels } = this.#context
    const targets = kernels.scratch(n * 2)
    const at = values >>> 3
    const numbers = kernels.f64.subarray(at, at + n)
    const out = kernels.u16.subarray(targets >>> 1, (targets >>> 1) + n)
    const known = new Map<number, number>()
    let last = NaN
    let target = 0
    for (let row = 0; row < n; row++) {
      const value = numbers[row]!
      if (value !== last) {
        last = value
        target = known.get(value) ?? known.size
        if (target === known.size) known.set(value, target)
      }
      out[row] = target
    }
    assert(known.size <= 65_536, 'rows of one batch in more than 65,536 slices; lower batchRows')
    const distinct = [...known.keys()]
    if (distinct.length === 1) return [{ value: distinct[0]!, part: undefined }]
    const parts = partitionRows(kernels, targets, undefined, { length: n, targets: known.size })
    return distinct.map((value, i) => ({ value, part: parts[i]! }))
  }

  /** Each in turn comes as far as the next, and joins it: a key may have rows with several. */
  *#catchUp(): Generator<OverWindow> {
    const behind = [...this.#behind].toSorted(([a], [b]) => a - b)
    for (const [i, [firedMs, rows]] of behind.entries()) {
      const [nextMs, next] = behind[i + 1] ?? [this.#watermarkMs, this.#rows]
      yield* this.#windows(rows, nextMs)
      next.takeIn(rows)
      this.#behind.delete(firedMs)
    }
  }

  /** Those windows of rows that are over at a watermark. */
  *#windows(rows: SlicedRows, watermarkMs: number): Generator<OverWindow> {
    const end = this.#grid.firstOpen(watermarkMs)
    for (const { window, sides } of rows.over(end)) yield this.#over(window, sides)
  }

  #over(window: number, sides: OverWindow['sides']): OverWindow {
    const { kernels } = this.#context
    const times = (ms: number, length: number): number => {
      const values = kernels.scratch(length * 8)
      kernels.i64.fill(BigInt(ms), values >>> 3, (values >>> 3) + length)
      return values
    }
    const [startMs, endMs] = [this.#grid.startMs(window), this.#grid.endMs(window)]
    return {
      idCount: this.#input.keys.size,
      sides,
      bounds: (_rows, length) => [times(startMs, length), times(endMs, length)],
    }
  }

  #compactKeys(): void {
    const { kernels } = this.#context
    const each = (visit: (ids: Rows) => void): void => {
      for (const { sides } of this.#rows.all) {
        for (const { ids, length } of sides) visit({ rows: ids.ptr, length })
      }
    }
    this.#compaction.run(this.#input.keys, {
      mark: (bits) => each((ids) => joinMark(kernels, ids, bits)),
      remap: (map) => each((ids) => joinRemap(kernels, ids, map)),
    })
  }

  #write(
    into: StateWriter,
    side: 0 | 1,
    { index, firedMs }: { readonly index: number; readonly firedMs: number },
    { rows, from, length }: { rows: SliceRows; from: number; length: number },
  ): void {
    const { kernels } = this.#context
    const part = rowsFrom(kernels, from, length)
    const times = kernels.scratch(length * 8)
    const startMs = BigInt(this.#grid.sliceStartMs(index))
    kernels.i64.fill(startMs, times >>> 3, (times >>> 3) + length)
    const columns = [
      ...rows.vectors.map((vector) => gatherVector(kernels, vector, part)),
      new Vector({ type: SLICE_FIELD.type, length, values: times }),
    ]
    if (this.#isByClock) {
      const fired = kernels.scratch(length * 8)
      kernels.f64.fill(firedMs, fired >>> 3, (fired >>> 3) + length)
      columns.push(new Vector({ type: FIRED_FIELD.type, length, values: fired }))
    }
    const own = this.#isByClock ? [SLICE_FIELD, FIRED_FIELD] : [SLICE_FIELD]
    const schema = new Schema([...this.#input.options.fields[side], ...own])
    const batch = new RecordBatch(schema, length, columns)
    into.keyed(SIDE_NAMES[side], batch, this.#input.heldKeys(side))
  }

  #read(batch: RecordBatch, side: 0 | 1): void {
    const { kernels } = this.#context
    const all = compact(kernels, batch)
    if (!this.#isByClock) return this.#readRows(all, side, this.#watermarkMs)
    for (const { value, part } of this.#parts(all.columns.at(-1)!.values, all.length)) {
      this.#readRows(part === undefined ? all : all.withSelection(part), side, value)
    }
  }

  /** @param firedMs up to when windows were over for these rows */
  #readRows(batch: RecordBatch, side: 0 | 1, firedMs: number): void {
    const { kernels } = this.#context
    const n = batch.rowCount
    const columns = batch.columns.map((column) => gatherVector(kernels, column, batch.selection))
    const keys = this.#input.heldKeys(side).map((place) => columns[place]!)
    const ids = this.#input.keys.insert(keys, n)
    this.#input.withoutKeys(keys, ids, n)
    const held = this.#input.options.fields[side].length
    const rows = { vectors: columns.slice(0, held), ids, length: n }
    const times = columns[held]!.values
    this.#insert(rows, { times, unit: 'ms' }, side, (slice) => this.#rowsOf(slice, firedMs))
  }

  /** Where the rows of a slice are kept, whose windows were over up to a time. */
  #rowsOf(slice: number, firedMs: number): SlicedRows {
    const end = this.#grid.firstOpen(this.#watermarkMs)
    const next = this.#grid.firstOpen(firedMs)
    if (Math.max(next, this.#grid.firstWindow(slice)) >= end) return this.#rows
    const known = this.#behind.get(firedMs)
    if (known !== undefined) return known
    const rows = new SlicedRows(this.#context.kernels, this.#grid, this.#input.options.fields)
    rows.passTo(next)
    this.#behind.set(firedMs, rows)
    return rows
  }
}
