// The rows of two streams in windows on a grid of time, until their windows are over: what a window join
// and a coGroup keep. Each slice of time has columns of its own on each side, so that a window's rows are
// let go at once.
//
// WD1  A window is over at the watermark of its last millisecond, and comes out once, in order of its end. A
//      row all of whose windows are over is late: dropped and counted.
// WD2  Key ids are of one index for both sides; a row with a null key has NO_ROW, unless nulls are keys.
// WD3  In a time zone slices are of its wall clock, in the state, too: a time becomes that clock's once, when
//      its row comes in.
// WD4  Keys without rows are dropped when they may be half of the index.
import { assert } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import { ColumnBuffer } from '../columnar/column-buffer.ts'
import { gatherVector } from '../columnar/gather.ts'
import { rowsByKey } from '../columnar/key-rows.ts'
import { RecordBatch, type Selection } from '../columnar/record-batch.ts'
import { type Field, Schema } from '../columnar/schema.ts'
import { nullable, timestamp, type TimeUnit } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import { bitmapBytes, bitmapCount } from '../kernels/bitmap.ts'
import { GrowingBlock } from '../kernels/growing-block.ts'
import { joinMark, joinRemap, joinSlices } from '../kernels/join.ts'
import { NO_ROW } from '../kernels/operand.ts'
import { partitionRows } from '../kernels/partition.ts'
import { takeFixed } from '../kernels/take.ts'
import { KeyIndex } from '../state/key-index.ts'
import type { OperatorContext } from './operator.ts'
import { readProgress, timeColumnOf, timesOf, writeProgress } from './time-column.ts'
import { WindowGrid } from './window-grid.ts'
import type { GridWindowSpec } from './window-spec.ts'
import { zoneTimes } from './zone-times.ts'

export interface WindowSidesOptions {
  readonly window: GridWindowSpec
  readonly on: readonly (readonly [string, string])[]
  readonly time: readonly [string, string]
  /** The positions of the columns of each input that are held; they include the keys. */
  readonly held: readonly [readonly number[], readonly number[]]
  readonly fields: readonly [readonly Field[], readonly Field[]]
  /** Which sides' rows with a null key are kept. */
  readonly keepsNulls: readonly [boolean, boolean]
  /** Null is a key like any other. */
  readonly nullsMeet: boolean
}

/** Rows of one side, in columns. */
export interface SliceRows {
  readonly vectors: readonly Vector[]
  /** Key ids, u32 a row. */
  readonly ids: number
  readonly length: number
}

export interface OverWindow {
  readonly startMs: number
  readonly endMs: number
  readonly sides: readonly [SliceRows, SliceRows]
}

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
  readonly keys: KeyIndex
  readonly #context: OperatorContext
  readonly #options: WindowSidesOptions
  readonly #grid: WindowGrid
  /** The positions of keys and times in the inputs. */
  readonly #keyColumns: readonly (readonly number[])[]
  readonly #timeColumns: readonly { readonly position: number; readonly unit: TimeUnit }[]
  /** By index. */
  #slices: Slice[] = []
  #nextWindow = -Infinity
  #watermarkMs = -Infinity
  #compactAt: number

  /** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, UNSUPPORTED */
  constructor(options: WindowSidesOptions, context: OperatorContext) {
    const { on, time, window } = options
    const { inputs, kernels, config } = context
    this.#context = context
    this.#options = options
    this.#grid = new WindowGrid(window)
    this.#keyColumns = inputs.map((input, side) => on.map((pair) => input.indexOf(pair[side]!)))
    this.#timeColumns = inputs.map((input, side) => timeColumnOf(input, time[side]!))
    const types = this.#keyColumns[0]!.map((position) => inputs[0]!.fields[position]!.type)
    this.keys = new KeyIndex(kernels, types.map(nullable))
    this.#compactAt = config.batchRows
  }

  /** Takes a batch of one side in. */
  insert(batch: RecordBatch, side: 0 | 1): void {
    const { kernels } = this.#context
    const { held, keepsNulls, nullsMeet } = this.#options
    const { keyed, unkeyed } = rowsByKey(kernels, batch, this.#keyColumns[side]!)
    const keepsAll = unkeyed === undefined || keepsNulls[side]
    const selection = keepsAll ? batch.selection : keyed
    const n = selection?.length ?? batch.length
    if (n === 0) return
    const dense = (position: number) => gatherVector(kernels, batch.columns[position]!, selection)
    const { position, unit } = this.#timeColumns[side]!
    const moments = timesOf(kernels, this.#context.inputs[side]!, position, dense(position))
    const { zone } = this.#grid
    const times = zone === undefined ? moments : zoneTimes(kernels, zone, moments, n, unit)
    const keys = this.#keyColumns[side]!.map(dense)
    const ids = this.keys.insert(keys, n)
    if (unkeyed !== undefined && keepsAll && !nullsMeet) this.#withoutKeys(keys, ids, n)
    const vectors = held[side].map(dense)
    this.#context.metrics.lateRows += this.#insert({ vectors, ids, length: n }, times, unit, side)
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
    this.keys.close()
    for (const { sides } of this.#slices.splice(0)) for (const side of sides) side.close()
  }

  /** Rows with a null among their keys have no key. */
  #withoutKeys(keys: readonly Vector[], ids: number, n: number): void {
    const { kernels } = this.#context
    const numbers = kernels.u32
    for (const key of keys) {
      if (key.validity === 0) continue
      for (let row = 0; row < n; row++) {
        if (key.isNull(kernels, row)) numbers[(ids >>> 2) + row] = NO_ROW
      }
    }
  }

  /** Deals rows out to their slices; gives how many are late. */
  #insert(rows: SliceRows, times: number, unit: TimeUnit, side: 0 | 1): number {
    const { kernels } = this.#context
    const n = rows.length
    const found = joinSlices(kernels, times, n, this.#grid.slices(unit))
    if ('outOfRange' in found) throw this.#outOfRange(side, found.outOfRange)
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
    const [left, right] = this.#options.fields
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
    const bounds = { startMs: this.#grid.startMs(window), endMs: this.#grid.endMs(window) }
    if (parts.length === 1) {
      const { sides } = parts[0]!
      yield { ...bounds, sides: [sides[0].rows(), sides[1].rows()] }
      return
    }
    const { fields } = this.#options
    const whole = [0, 1].map((side) => {
      const all = new SliceSide(this.#context.kernels, fields[side as 0 | 1])
      for (const part of parts) all.append(part.sides[side as 0 | 1].rows())
      return all
    })
    try {
      yield { ...bounds, sides: [whole[0]!.rows(), whole[1]!.rows()] }
    } finally {
      for (const side of whole) side.close()
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
    const { kernels, config } = this.#context
    const { size } = this.keys
    if (size < this.#compactAt) return
    const bits = kernels.allocate(bitmapBytes(size))
    kernels.u8.fill(0, bits, bits + bitmapBytes(size))
    const sides = this.#slices.flatMap((slice) => slice.sides)
    const idsOf = ({ ids, length }: SliceSide) => ({ rows: ids.ptr, length })
    for (const side of sides) joinMark(kernels, idsOf(side), bits)
    if (bitmapCount(kernels, bits, size) <= size / 2) {
      const map = kernels.allocate(size * 4)
      this.keys.compact(bits, map)
      for (const side of sides) joinRemap(kernels, idsOf(side), map)
      kernels.release(map)
    }
    kernels.release(bits)
    this.#compactAt = Math.max(config.batchRows, this.keys.size * 2)
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
    const schema = new Schema([...this.#options.fields[side], SLICE_FIELD])
    const keys = this.#keyColumns[side]!.map((key) => this.#options.held[side].indexOf(key))
    into.keyed(SIDE_NAMES[side], new RecordBatch(schema, length, columns), keys)
  }

  #read(batch: RecordBatch, side: 0 | 1): void {
    const { kernels } = this.#context
    const { held, nullsMeet } = this.#options
    const n = batch.rowCount
    const columns = batch.columns.map((column) => gatherVector(kernels, column, batch.selection))
    const keys = this.#keyColumns[side]!.map((key) => columns[held[side].indexOf(key)]!)
    const ids = this.keys.insert(keys, n)
    if (!nullsMeet) this.#withoutKeys(keys, ids, n)
    const vectors = columns.slice(0, -1)
    this.#insert({ vectors, ids, length: n }, columns.at(-1)!.values, 'ms', side)
  }

  #outOfRange(side: 0 | 1, row: number): DataflowError {
    const column = this.#options.time[side]
    return new DataflowError(
      'RECORD_MALFORMED',
      `the event time '${column}' is out of range: such a row is in no window; leave it out with where()`,
      { context: { column, row } },
    )
  }
}
