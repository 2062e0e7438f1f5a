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
import { assert } from '../base/assert.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import { ColumnBuffer } from '../columnar/column-buffer.ts'
import { gatherVector } from '../columnar/gather.ts'
import { RecordBatch, type Selection } from '../columnar/record-batch.ts'
import { type Field, Schema } from '../columnar/schema.ts'
import { timestamp, type TimeUnit } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import { GrowingBlock } from '../kernels/growing-block.ts'
import { joinMark, joinRemap, joinSlices } from '../kernels/join.ts'
import { partitionRows } from '../kernels/partition.ts'
import { type Rows, takeFixed } from '../kernels/take.ts'
import { KeyCompaction } from '../state/key-compaction.ts'
import type { OperatorContext } from './operator.ts'
import { readProgress, writeProgress } from './time-column.ts'
import { WindowGrid } from './window-grid.ts'
import {
  type OverWindow,
  type SliceRows,
  WindowJoinInput,
  type WindowJoinInputOptions,
} from './window-join-input.ts'
import type { GridWindowSpec } from './window-spec.ts'
import { zoneTimes } from './zone-times.ts'

/** What a slice holds of one side. */
class SliceSide {
  readonly columns: readonly ColumnBuffer[]
  readonly ids: GrowingBlock
  length = 0

  constructor(kernels: OperatorContext['kernels'], fields: readonly Field[]) {
    this.columns = fields.map(({ type }) => new ColumnBuffer(kernels, type))
    this.ids = new GrowingBlock(kernels)
  }

  append({ vectors, ids, length }: SliceRows): void {
    this.columns.forEach((column, i) => column.append(vectors[i]!))
    this.ids.append(ids, length * 4)
    this.length += length
  }

  rows(): SliceRows {
    const vectors = this.columns.map((column) => column.vector())
    return { vectors, ids: this.ids.ptr, length: this.length }
  }

  close(): void {
    for (const column of this.columns) column.close()
    this.ids.close()
  }
}

interface Slice {
  readonly index: number
  readonly sides: readonly [SliceSide, SliceSide]
}

const SIDE_NAMES = ['left', 'right'] as const
const SLICE_FIELD = { name: '$slice', type: timestamp('ms') } as const

export class WindowSides {
  readonly #context: OperatorContext
  readonly #input: WindowJoinInput
  readonly #grid: WindowGrid
  readonly #compaction: KeyCompaction
  /** By index. */
  #slices: Slice[] = []
  #nextWindow = -Infinity
  #watermarkMs = -Infinity

  /** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, UNSUPPORTED, CONFIG_INVALID */
  constructor(window: GridWindowSpec, options: WindowJoinInputOptions, context: OperatorContext) {
    this.#context = context
    this.#input = new WindowJoinInput(options, context)
    this.#grid = new WindowGrid(window)
    this.#compaction = new KeyCompaction(context.kernels, context.config.batchRows)
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
    metrics.lateRows += this.#insert(taken, times, unit, side)
  }

  /** The windows that are over at a watermark. What one holds is let go when the next is asked for. */
  *over(watermarkMs: number): Generator<OverWindow> {
    const end = this.#grid.firstOpen(watermarkMs)
    for (;;) {
      const [first] = this.#slices
      if (first === undefined) break
      const window = Math.max(this.#nextWindow, this.#grid.firstWindow(first.index))
      if (window >= end) break
      yield* this.#windowRows(window)
      this.#passTo(window + 1)
    }
    this.#watermarkMs = watermarkMs
    this.#passTo(end)
    this.#compactKeys()
  }

  /** When the clock makes the next window be over; Infinity: none has rows. */
  get nextDueMs(): number {
    const [first] = this.#slices
    if (first === undefined) return Infinity
    return this.#grid.endMs(Math.max(this.#nextWindow, this.#grid.firstWindow(first.index)))
  }

  snapshot(into: StateWriter): void {
    const { kernels, config } = this.#context
    for (const { index, sides } of this.#slices) {
      sides.forEach((each, side) => {
        const rows = each.rows()
        for (let from = 0; from < rows.length; from += config.batchRows) {
          const mark = kernels.mark()
          const length = Math.min(config.batchRows, rows.length - from)
          this.#write(into, side as 0 | 1, index, { rows, from, length })
          kernels.reset(mark)
        }
      })
    }
    writeProgress(kernels, into, this.#watermarkMs)
  }

  restore(): void {
    const { kernels, restored } = this.#context
    if (restored === undefined) return
    this.#watermarkMs = readProgress(kernels, restored)
    this.#nextWindow = this.#grid.firstOpen(this.#watermarkMs)
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
    for (const { sides } of this.#slices.splice(0)) for (const side of sides) side.close()
  }

  /** Deals rows out to their slices; gives how many are late. */
  #insert(rows: SliceRows, times: number, unit: TimeUnit, side: 0 | 1): number {
    const { kernels } = this.#context
    const n = rows.length
    const found = joinSlices(kernels, times, n, this.#grid.slices(unit))
    if ('outOfRange' in found) throw this.#input.outOfRange(side, found.outOfRange)
    const targets = kernels.scratch(n * 2)
    const indices = this.#distinct(found.slices, targets, n)
    const only = indices.length === 1
    const parts = only
      ? [undefined]
      : partitionRows(kernels, targets, undefined, { length: n, targets: indices.length })
    let late = 0
    parts.forEach((part, i) => {
      const index = indices[i]!
      const length = part?.length ?? n
      if (this.#grid.lastWindow(index) < this.#nextWindow) late += length
      else this.#slice(index).sides[side].append(part === undefined ? rows : this.#at(rows, part))
    })
    return late
  }

  #at({ vectors, ids }: SliceRows, part: Selection): SliceRows {
    const { kernels } = this.#context
    return {
      vectors: vectors.map((vector) => gatherVector(kernels, vector, part)),
      ids: takeFixed(kernels, 4, ids, part),
      length: part.length,
    }
  }

  /** The slices that there are, in order of appearance; which one each row (u16) is in. */
  #distinct(slices: number, targets: number, n: number): readonly number[] {
    const { kernels } = this.#context
    const at = slices >>> 3
    const numbers = kernels.f64.subarray(at, at + n)
    const out = kernels.u16.subarray(targets >>> 1, (targets >>> 1) + n)
    const known = new Map<number, number>()
    let last = NaN
    let target = 0
    for (let row = 0; row < n; row++) {
      const slice = numbers[row]!
      if (slice !== last) {
        last = slice
        target = known.get(slice) ?? known.size
        if (target === known.size) known.set(slice, target)
      }
      out[row] = target
    }
    assert(known.size <= 65_536, 'rows of one batch in more than 65,536 slices; lower batchRows')
    return [...known.keys()]
  }

  #slice(index: number): Slice {
    const place = this.#place(index)
    const known = this.#slices[place]
    if (known?.index === index) return known
    const { kernels } = this.#context
    const [left, right] = this.#input.options.fields
    const sides = [new SliceSide(kernels, left), new SliceSide(kernels, right)] as const
    const fresh = { index, sides }
    this.#slices.splice(place, 0, fresh)
    return fresh
  }

  /** Where a slice of that index is, or would be. */
  #place(index: number): number {
    let low = 0
    let high = this.#slices.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#slices[middle]!.index < index) low = middle + 1
      else high = middle
    }
    return low
  }

  /** A window's rows: its slice's, or those of its slices one behind the other. */
  *#windowRows(window: number): Generator<OverWindow> {
    const parts = this.#slices.slice(
      this.#place(this.#grid.firstSlice(window)),
      this.#place(this.#grid.endSlice(window)),
    )
    if (parts.length === 1) {
      const { sides } = parts[0]!
      yield this.#over(window, [sides[0].rows(), sides[1].rows()])
      return
    }
    const { fields } = this.#input.options
    const whole = [0, 1].map((side) => {
      const all = new SliceSide(this.#context.kernels, fields[side as 0 | 1])
      for (const part of parts) all.append(part.sides[side as 0 | 1].rows())
      return all
    })
    try {
      yield this.#over(window, [whole[0]!.rows(), whole[1]!.rows()])
    } finally {
      for (const side of whole) side.close()
    }
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

  /** Windows below this are over. */
  #passTo(window: number): void {
    if (!(window > this.#nextWindow)) return
    this.#nextWindow = window
    const isOver = ({ index }: Slice): boolean => this.#grid.lastWindow(index) < window
    const spent = this.#slices.filter(isOver)
    if (spent.length === 0) return
    this.#slices = this.#slices.filter((slice) => !isOver(slice))
    for (const { sides } of spent) for (const side of sides) side.close()
  }

  #compactKeys(): void {
    const { kernels } = this.#context
    const each = (visit: (ids: Rows) => void): void => {
      for (const { sides } of this.#slices) {
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
    slice: number,
    { rows, from, length }: { rows: SliceRows; from: number; length: number },
  ): void {
    const { kernels } = this.#context
    const numbers = kernels.scratch(length * 4)
    const u32 = kernels.u32
    for (let i = 0; i < length; i++) u32[(numbers >>> 2) + i] = from + i
    const part = { rows: numbers, length }
    const times = kernels.scratch(length * 8)
    const startMs = BigInt(this.#grid.sliceStartMs(slice))
    kernels.i64.fill(startMs, times >>> 3, (times >>> 3) + length)
    const columns = [
      ...rows.vectors.map((vector) => gatherVector(kernels, vector, part)),
      new Vector({ type: SLICE_FIELD.type, length, values: times }),
    ]
    const schema = new Schema([...this.#input.options.fields[side], SLICE_FIELD])
    const batch = new RecordBatch(schema, length, columns)
    into.keyed(SIDE_NAMES[side], batch, this.#input.heldKeys(side))
  }

  #read(batch: RecordBatch, side: 0 | 1): void {
    const { kernels } = this.#context
    const n = batch.rowCount
    const columns = batch.columns.map((column) => gatherVector(kernels, column, batch.selection))
    const keys = this.#input.heldKeys(side).map((place) => columns[place]!)
    const ids = this.#input.keys.insert(keys, n)
    this.#input.withoutKeys(keys, ids, n)
    const vectors = columns.slice(0, -1)
    this.#insert({ vectors, ids, length: n }, columns.at(-1)!.values, 'ms', side)
  }
}
