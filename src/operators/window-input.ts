// The way of a batch into windows, the same for every kind: dense columns, times, the update of
// accumulators, and the rows that came too late. Used by the operators over windows.
//
// WI1  Processing time is asked once a batch: its rows come at one moment.
// WI2  Late rows are counted, and go to the side output of late rows when somebody reads it.
import { assert } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import { type DenseColumns, denseColumns } from '../columnar/dense-columns.ts'
import { firstNull } from '../columnar/first-null.ts'
import type { RecordBatch, Selection } from '../columnar/record-batch.ts'
import { type TimeUnit, typeName } from '../columnar/type.ts'
import type { Vector } from '../columnar/vector.ts'
import type { AggregateProgram } from '../kernels/aggregate.ts'
import { bitmapNot, bitmapToSelection } from '../kernels/bitmap.ts'
import { windowMillis } from '../kernels/trigger.ts'
import type { ZoneOffsets } from '../time/zone-offsets.ts'
import { Aggregation } from './aggregation.ts'
import type { OperatorContext, Output } from './operator.ts'
import { type WindowAggregateSpec, windowTime } from './window-spec.ts'
import { zoneTimes } from './zone-times.ts'

export class WindowInput {
  readonly aggregation: Aggregation
  readonly keyColumns: readonly number[]
  readonly isProcessingTime: boolean
  /** How long windows live on after they are over; by the clock not at all: no row is late. */
  readonly latenessMs: number
  /** The unit of times(). */
  readonly unit: TimeUnit
  readonly #context: OperatorContext
  readonly #output: Output
  /** -1: there is none. */
  readonly #timeColumn: number
  readonly #lateTag: string | undefined

  /** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, CONFIG_INVALID */
  constructor(spec: WindowAggregateSpec, context: OperatorContext, output: Output) {
    const [input] = context.inputs
    assert(input !== undefined, 'a window has one input')
    this.#context = context
    this.#output = output
    this.isProcessingTime = windowTime(spec.window) === 'processing'
    this.latenessMs = this.isProcessingTime ? 0 : (spec.allowedLatenessMs ?? 0)
    this.aggregation = new Aggregation(input, spec.aggregates)
    this.keyColumns = spec.keys.map((key) => input.indexOf(key))
    this.#lateTag = spec.late?.tag
    this.#timeColumn =
      spec.time === undefined || this.isProcessingTime ? -1 : input.indexOf(spec.time)
    if (this.#timeColumn < 0) {
      this.unit = 'ms'
      return
    }
    const { type } = input.fields[this.#timeColumn]!
    if (type.kind !== 'timestamp') {
      throw new DataflowError(
        'TYPE_MISMATCH',
        `windows go by a timestamp, and '${spec.time}' is ${typeName(type)}; cast it`,
        { context: { column: spec.time! } },
      )
    }
    this.unit = type.unit
  }

  get hasTimes(): boolean {
    return this.isProcessingTime || this.#timeColumn >= 0
  }

  /** How times() become milliseconds. */
  get scale(): { readonly multiplier: number; readonly divisor: number } {
    const divisor = { s: 1, ms: 1, us: 1_000, ns: 1_000_000 }[this.unit]
    return { multiplier: this.unit === 's' ? 1_000 : 1, divisor }
  }

  /** The input columns by position; each is made once. */
  dense(batch: RecordBatch): DenseColumns {
    return denseColumns(this.#context.kernels, batch)
  }

  /**
   * The rows' times in `unit`: i64 a row.
   * @param leastMs the clock does not step back behind it: it may, when the operator has been restored
   *   on a machine whose clock is behind
   * @throws RECORD_MALFORMED for a null
   */
  times(dense: DenseColumns, n: number, leastMs: number): number {
    if (!this.isProcessingTime) {
      const time = dense(this.#timeColumn)
      this.#refuseNulls(time)
      return time.values
    }
    const { kernels } = this.#context
    const values = kernels.scratch(n * 8)
    const nowMs = Math.max(this.#context.processingTimeMs(), leastMs)
    kernels.i64.fill(BigInt(nowMs), values / 8, values / 8 + n)
    return values
  }

  /**
   * The times of times() in milliseconds: i64 a row, in the arena.
   * @throws RECORD_MALFORMED for one that is out of range
   */
  millis(times: number, n: number): number {
    const { millis, outOfRange } = windowMillis(this.#context.kernels, times, n, this.scale)
    if (outOfRange !== undefined) throw this.outOfRange(outOfRange)
    return millis
  }

  /** Times as the clock of windows shows them. */
  zoned(times: number, n: number, zone: ZoneOffsets | undefined): number {
    if (zone === undefined) return times
    return zoneTimes(this.#context.kernels, zone, times, n, this.unit)
  }

  /**
   * Takes rows into accumulators.
   * @param rows pointers to accumulators, u32 a row   @param kept bitmap of those that take part; 0: all
   * @throws ARITHMETIC_OVERFLOW, MEMORY_EXHAUSTED
   */
  update(
    program: AggregateProgram,
    dense: DenseColumns,
    rows: number,
    kept: number,
    n: number,
  ): void {
    this.bind(program, dense, n)
    this.updateBound(program, rows, kept, n)
  }

  bind(program: AggregateProgram, dense: DenseColumns, n: number): void {
    const { kernels } = this.#context
    this.aggregation.inputs(kernels, dense, n).forEach((input, i) => program.bind(i, input))
  }

  /** As update(), of what is bound already. */
  updateBound(program: AggregateProgram, rows: number, kept: number, n: number): void {
    const overflow = program.update(rows, kept, n)
    if (overflow !== undefined) throw this.aggregation.overflow(overflow)
  }

  /** Counts the rows that are not kept, and puts them aside. */
  late(batch: RecordBatch, kept: number, count: number): void {
    const { kernels, metrics, sides } = this.#context
    if (count === 0) return
    metrics.lateRows += count
    const schema = this.#lateTag === undefined ? undefined : sides.get(this.#lateTag)
    if (schema === undefined || this.#lateTag === undefined) return
    const late = bitmapToSelection(
      kernels,
      bitmapNot(kernels, kept, batch.rowCount),
      batch.rowCount,
    )
    const columns = schema.names.map((name) => batch.schema.indexOf(name))
    this.#output.emitSide(
      this.#lateTag,
      batch.withSelection(this.#within(batch.selection, late)).project(schema, columns),
    )
  }

  outOfRange(row: number): DataflowError {
    return this.#refusal('is out of range', row)
  }

  /** Rows of the selection's rows. */
  #within(selection: Selection | undefined, inner: Selection): Selection {
    if (selection === undefined) return inner
    const numbers = this.#context.kernels.u32
    for (let i = 0; i < inner.length; i++) {
      const at = inner.rows / 4 + i
      numbers[at] = numbers[selection.rows / 4 + numbers[at]!]!
    }
    return inner
  }

  #refuseNulls(time: Vector): void {
    const row = firstNull(this.#context.kernels, time)
    if (row === undefined) return
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
}
