// Aggregates by key over event-time windows, tumbling or sliding.
//
// batch      -> key ids (one index for all slices) -> accumulator rows by (slice, key id) -> update
//   watermark  -> windows that are over, by end, their rows by key id -> columns -> batches
//
// WA1  A window fires once, when the watermark reaches its last millisecond; a row of which all
//      windows have fired is late: dropped and counted. A row with some fired windows counts in the
//      others.
// WA2  A tumbling window is one slice. A sliding one is merged from its slices when it fires; a
//      slice is let go with the last window that it is in.
// WA3  Emission is bounded: at most batchRows rows a batch, and after each the generator yields.
//      What is being emitted lies in blocks, not in scratch, and its slices are let go after the
//      batch.
// WA4  When dead keys may outweigh the living, the index is compacted; ids keep their order.
import { assert } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import { gatherVector } from '../columnar/gather.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { type Timestamp, typeName } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import { AggregateProgram } from '../kernels/aggregate.ts'
import { bitmapBytes, bitmapCount } from '../kernels/bitmap.ts'
import type { Kernels } from '../kernels/module.ts'
import { type Slice, SliceTable } from '../kernels/slice-table.ts'
import { KeyIndex } from '../state/key-index.ts'
import { Aggregation } from './aggregation.ts'
import type { OperatorSpec } from './operator-spec.ts'
import type { Operator, OperatorContext, OperatorFactory, Output } from './operator.ts'
import { WindowGrid } from './window-grid.ts'

type WindowAggregateSpec = Extract<OperatorSpec, { readonly kind: 'windowAggregate' }>

/** Below this many keys nobody looks for dead ones. */
const COMPACTION_KEYS_MIN = 65_536

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, CONFIG_INVALID */
export const createWindowAggregate: OperatorFactory<WindowAggregateSpec> = (
  spec,
  context,
  output,
) => new WindowAggregate(spec, context, output)

/** What is kept of the stream, between open() and close(). */
interface State {
  readonly keys: KeyIndex
  readonly slices: SliceTable
  readonly program: AggregateProgram
  readonly lists: Lists
}

/**
 * Lists of batchRows u32 in one block: what is being emitted, and what a walk over a slice finds.
 */
interface Lists {
  readonly emittingIds: number
  readonly emittingRows: number
  readonly ids: number
  readonly rows: number
  readonly targets: number
}

/** Rows of one window among those being emitted. */
interface Run {
  readonly window: number
  readonly rows: number
}

class WindowAggregate implements Operator {
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #grid: WindowGrid
  readonly #aggregation: Aggregation
  readonly #keyColumns: readonly number[]
  readonly #timeColumn: number
  readonly #timeType: Timestamp
  #state: State | undefined
  /** Slices with rows, by index. */
  readonly #live: Slice[] = []
  #nextWindow = -Infinity
  #compactAt = COMPACTION_KEYS_MIN
  #emitting: Run[] = []
  #emittingRows = 0
  #spent: number[] = []

  constructor(spec: WindowAggregateSpec, context: OperatorContext, output: Output) {
    const [input] = context.inputs
    assert(input !== undefined, 'a window has one input')
    this.#context = context
    this.#output = output
    this.#grid = new WindowGrid(spec.window)
    this.#aggregation = new Aggregation(input, spec.aggregates)
    this.#keyColumns = spec.keys.map((key) => input.indexOf(key))
    this.#timeColumn = input.indexOf(spec.time)
    const { type } = input.fields[this.#timeColumn]!
    if (type.kind !== 'timestamp') {
      throw new DataflowError(
        'TYPE_MISMATCH',
        `windows go by a timestamp, and '${spec.time}' is ${typeName(type)}; cast it`,
        { context: { column: spec.time } },
      )
    }
    this.#timeType = type
  }

  open(): void {
    const { kernels, inputs, config } = this.#context
    const types = this.#keyColumns.map((column) => inputs[0]!.fields[column]!.type)
    const slices = new SliceTable(
      kernels,
      this.#aggregation.template,
      this.#grid.slices(this.#timeType.unit),
    )
    const program = new AggregateProgram(kernels, this.#aggregation.entries, slices.heap)
    const keys = new KeyIndex(kernels, types)
    this.#state = { keys, slices, program, lists: allocateLists(kernels, config.batchRows) }
  }

  processBatch(batch: RecordBatch): void {
    const { kernels, metrics } = this.#context
    const { keys, slices, program } = this.#opened()
    const n = batch.rowCount
    const dense = this.#denseColumns(batch)
    const time = dense(this.#timeColumn)
    this.#refuseNulls(time)
    const ids = keys.insert(this.#keyColumns.map(dense), n)
    const rows = kernels.scratch(n * 4)
    const kept = kernels.scratch(bitmapBytes(n))
    const outOfRange = slices.assign(time.values, ids, n, rows, kept)
    if (outOfRange !== undefined) throw this.#refusal('is out of range', outOfRange)
    const late = slices.lateRows
    metrics.lateRows += late
    this.#aggregation.inputs(kernels, dense, n).forEach((input, i) => program.bind(i, input))
    const overflow = program.update(rows, late === 0 ? 0 : kept, n)
    if (overflow !== undefined) throw this.#aggregation.overflow(overflow)
    for (const slice of slices.created()) this.#live.splice(this.#livePlace(slice.index), 0, slice)
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    for (;;) {
      const window = this.#dueWindow(watermarkMs)
      if (window === undefined) break
      yield* this.#fire(window)
      this.#passTo(window + 1)
    }
    if (this.#emittingRows > 0) yield this.#flush()
    if (watermarkMs !== -Infinity) this.#passTo(this.#grid.firstOpen(watermarkMs))
    this.#compactKeys()
  }

  close(): void {
    if (this.#state === undefined) return
    const { keys, slices, program, lists } = this.#state
    this.#state = undefined
    keys.close()
    program.close()
    slices.close()
    this.#context.kernels.release(lists.emittingIds)
  }

  #opened(): State {
    assert(this.#state !== undefined, 'a window operator is used while it is open')
    return this.#state
  }

  /**
   * The input columns by position, without the rows that a selection leaves out; each made once.
   */
  #denseColumns(batch: RecordBatch): (position: number) => Vector {
    const { selection } = batch
    if (selection === undefined) return (position) => batch.columns[position]!
    const made = new Map<number, Vector>()
    return (position) => {
      let vector = made.get(position)
      if (vector === undefined) {
        vector = gatherVector(this.#context.kernels, batch.columns[position]!, selection)
        made.set(position, vector)
      }
      return vector
    }
  }

  #refuseNulls(time: Vector): void {
    if (time.validity === 0 || time.nullCount === 0) return
    const { kernels } = this.#context
    if (bitmapCount(kernels, time.validity, time.length) === time.length) return
    let row = 0
    while (!time.isNull(kernels, row)) row++
    throw this.#refusal('is null', row)
  }

  #refusal(what: string, row: number): DataflowError {
    const column = this.#context.inputs[0]!.fields[this.#timeColumn]!.name
    return new DataflowError(
      'RECORD_MALFORMED',
      `the event time '${column}' ${what}: such a row is in no window; leave it out with where()`,
      { context: { column, row } },
    )
  }

  /** Where a slice of that index is, or would be, among the live ones. */
  #livePlace(index: number): number {
    let low = 0
    let high = this.#live.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#live[middle]!.index < index) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The first window that has rows, has not fired, and is over. */
  #dueWindow(watermarkMs: number): number | undefined {
    const [first] = this.#live
    if (first === undefined) return undefined
    const window = Math.max(this.#nextWindow, this.#grid.firstWindow(first.index))
    return window < this.#grid.firstOpen(watermarkMs) ? window : undefined
  }

  *#fire(window: number): Generator<void> {
    const { kernels, config } = this.#context
    const { slices, lists } = this.#opened()
    const parts = this.#slicesOf(window)
    const slice = parts.length === 1 ? parts[0]!.ptr : this.#merged(parts)
    let from = 0
    for (;;) {
      const at = this.#emittingRows * 4
      const room = config.batchRows - this.#emittingRows
      const found = slices.scan(slice, from, room, lists.emittingIds + at, lists.emittingRows + at)
      if (found > 0) {
        this.#emitting.push({ window, rows: found })
        this.#emittingRows += found
        from = kernels.u32[(lists.emittingIds + at) / 4 + found - 1]! + 1
      }
      if (found < room) break
      yield this.#flush()
    }
    if (parts.length > 1) this.#spent.push(slice)
  }

  #slicesOf(window: number): readonly Slice[] {
    const start = this.#grid.firstSlice(window)
    const end = this.#livePlace(start + this.#grid.perWindow)
    const parts = this.#live.slice(this.#livePlace(start), end)
    assert(parts.length > 0, `window ${window} fires without rows`)
    return parts
  }

  #merged(parts: readonly Slice[]): number {
    const { slices, program, lists } = this.#opened()
    const merged = slices.detached()
    for (const { ptr } of parts) {
      this.#walk(ptr, (found) => {
        slices.rowsOf(merged, lists.ids, found, lists.targets)
        const overflow = program.merge(lists.rows, lists.targets, found)
        if (overflow !== undefined) throw this.#aggregation.overflow(overflow)
      })
    }
    return merged
  }

  /** Lists a slice's ids and rows, some at a time. */
  #walk(slice: number, visit: (found: number) => void): void {
    const { kernels, config } = this.#context
    const { slices, lists } = this.#opened()
    for (let from = 0; ;) {
      const found = slices.scan(slice, from, config.batchRows, lists.ids, lists.rows)
      if (found === 0) return
      visit(found)
      from = kernels.u32[lists.ids / 4 + found - 1]! + 1
    }
  }

  /** Windows below this have fired: their slices are spent, and rows for them are late. */
  #passTo(window: number): void {
    if (window <= this.#nextWindow) return
    this.#nextWindow = window
    const first = this.#grid.firstSlice(window)
    this.#opened().slices.advance(first)
    const passed = this.#live.splice(0, this.#livePlace(first))
    this.#spent.push(...passed.map((slice) => slice.ptr))
    if (this.#emittingRows === 0) this.#releaseSpent()
  }

  /** Emits what has been gathered, and gives the slices back that it came from. */
  #flush(): void {
    const { kernels, output, metrics } = this.#context
    const { keys, lists } = this.#opened()
    const n = this.#emittingRows
    const types = output.fields.map((field) => field.type)
    const results = types.slice(2 + this.#keyColumns.length)
    const columns = [
      ...this.#windowColumns(n),
      ...keys.columns(lists.emittingIds, n),
      ...this.#aggregation.results(kernels, lists.emittingRows, n, results),
    ]
    metrics.windowsFired += n
    this.#emitting = []
    this.#emittingRows = 0
    const typed = columns.map((column, i) => column.as(types[i]!))
    this.#output.emit(new RecordBatch(output, n, typed))
    this.#releaseSpent()
  }

  #windowColumns(n: number): Vector[] {
    const { kernels, output } = this.#context
    const starts = kernels.scratch(n * 8)
    const ends = kernels.scratch(n * 8)
    const view = kernels.i64
    let at = 0
    for (const { window, rows } of this.#emitting) {
      const startMs = this.#grid.startMs(window)
      view.fill(BigInt(startMs), starts / 8 + at, starts / 8 + at + rows)
      view.fill(BigInt(startMs + this.#grid.sizeMs), ends / 8 + at, ends / 8 + at + rows)
      at += rows
    }
    return [starts, ends].map(
      (values, i) => new Vector({ type: output.fields[i]!.type, length: n, values }),
    )
  }

  #releaseSpent(): void {
    const { slices, program, lists } = this.#opened()
    for (const slice of this.#spent) {
      if (this.#aggregation.holdsBytes) {
        this.#walk(slice, (found) => program.release(lists.rows, found))
      }
      slices.release(slice)
    }
    this.#spent = []
  }

  /** Looks for dead keys each time the index has doubled; drops them when they are the half. */
  #compactKeys(): void {
    const { kernels } = this.#context
    const { keys, slices } = this.#opened()
    const { size } = keys
    if (size < this.#compactAt) return
    const bitmap = kernels.allocate(bitmapBytes(size))
    kernels.u8.fill(0, bitmap, bitmap + bitmapBytes(size))
    for (const { ptr } of this.#live) slices.mark(ptr, bitmap)
    const alive = bitmapCount(kernels, bitmap, size)
    if (alive <= size / 2) {
      const map = kernels.allocate(size * 4)
      keys.compact(bitmap, map)
      for (const { ptr } of this.#live) slices.remap(ptr, map)
      kernels.release(map)
    }
    kernels.release(bitmap)
    this.#compactAt = Math.max(COMPACTION_KEYS_MIN, keys.size * 2)
  }
}

function allocateLists(kernels: Kernels, rows: number): Lists {
  const bytes = rows * 4
  const block = kernels.allocate(bytes * 5)
  return {
    emittingIds: block,
    emittingRows: block + bytes,
    ids: block + bytes * 2,
    rows: block + bytes * 3,
    targets: block + bytes * 4,
  }
}
