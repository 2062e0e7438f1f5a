// The rows of two streams on their way into the windows of a join: which of them are kept, their
// columns, keys and times. Used by those who keep them (window-sides.ts, session-sides.ts).
import { DataflowError } from '../base/errors.ts'
import { gatherVector } from '../columnar/gather.ts'
import { rowsByKey } from '../columnar/key-rows.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import type { Field } from '../columnar/schema.ts'
import { nullable, type TimeUnit } from '../columnar/type.ts'
import type { Vector } from '../columnar/vector.ts'
import { NO_ROW } from '../kernels/operand.ts'
import { KeyIndex } from '../state/key-index.ts'
import type { OperatorContext } from './operator.ts'
import { timeColumnOf, timesOf } from './time-column.ts'

export interface WindowJoinInputOptions {
  readonly on: readonly (readonly [string, string])[]
  /** The event-time columns; undefined: rows come at the moment of the clock. */
  readonly time: readonly [string, string] | undefined
  /** The positions of the columns of each input that are held; they include the keys. */
  readonly held: readonly [readonly number[], readonly number[]]
  readonly fields: readonly [readonly Field[], readonly Field[]]
  /** Which sides' rows with a null key are kept. */
  readonly keepsNulls: readonly [boolean, boolean]
}

/** Rows of one side, in columns. */
export interface SliceRows {
  readonly vectors: readonly Vector[]
  /** Key ids, u32 a row. */
  readonly ids: number
  readonly length: number
}

/** Rows of a batch, all in the arena. */
export interface TakenRows extends SliceRows {
  /** The key columns. */
  readonly keys: readonly Vector[]
  /** i64 a row, in their unit. */
  readonly times: number
  readonly unit: TimeUnit
}

/** A window that is over, or several, which have one id a key and window then. */
export interface OverWindow {
  /** Above all ids. */
  readonly idCount: number
  readonly sides: readonly [SliceRows, SliceRows]
  /** Start and end (i64 a row, in the arena) of the windows of rows of one side or of pairs. */
  bounds(
    rows: readonly [number | undefined, number | undefined],
    length: number,
  ): readonly [number, number]
}

export class WindowJoinInput {
  /** Of both sides' keys; null is one. */
  readonly keys: KeyIndex
  readonly options: WindowJoinInputOptions
  readonly #context: OperatorContext
  /** The positions of keys and times in the inputs. */
  readonly #keyColumns: readonly (readonly number[])[]
  readonly #timeColumns:
    | readonly { readonly position: number; readonly unit: TimeUnit }[]
    | undefined

  /** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, UNSUPPORTED */
  constructor(options: WindowJoinInputOptions, context: OperatorContext) {
    const { on, time } = options
    const { inputs, kernels } = context
    this.options = options
    this.#context = context
    this.#keyColumns = inputs.map((input, side) => on.map((pair) => input.indexOf(pair[side]!)))
    this.#timeColumns =
      time === undefined
        ? undefined
        : inputs.map((input, side) => timeColumnOf(input, time[side as 0 | 1]))
    const types = this.#keyColumns[0]!.map((position) => inputs[0]!.fields[position]!.type)
    this.keys = new KeyIndex(kernels, types.map(nullable))
  }

  /**
   * The rows of a batch that are kept; undefined: none.
   * @param leastMs the clock does not step back behind it: it may, when the operator has been restored
   */
  take(batch: RecordBatch, side: 0 | 1, leastMs: number): TakenRows | undefined {
    const { kernels } = this.#context
    const { held, keepsNulls } = this.options
    const { keyed, unkeyed } = rowsByKey(kernels, batch, this.#keyColumns[side]!)
    const selection = unkeyed === undefined || keepsNulls[side] ? batch.selection : keyed
    const length = selection?.length ?? batch.length
    if (length === 0) return undefined
    const dense = (position: number) => gatherVector(kernels, batch.columns[position]!, selection)
    const keys = this.#keyColumns[side]!.map(dense)
    const ids = this.keys.insert(keys, length)
    const vectors = held[side].map(dense)
    return { vectors, keys, ids, length, ...this.#times(side, dense, length, leastMs) }
  }

  #times(
    side: 0 | 1,
    dense: (position: number) => Vector,
    length: number,
    leastMs: number,
  ): Pick<TakenRows, 'times' | 'unit'> {
    const { kernels, inputs } = this.#context
    if (this.#timeColumns !== undefined) {
      const { position, unit } = this.#timeColumns[side]!
      return { times: timesOf(kernels, inputs[side]!, position, dense(position)), unit }
    }
    const times = kernels.scratch(length * 8)
    const nowMs = Math.max(this.#context.processingTimeMs(), leastMs)
    kernels.i64.fill(BigInt(nowMs), times >>> 3, (times >>> 3) + length)
    return { times, unit: 'ms' }
  }

  /** The places of the keys among the columns that are held. */
  heldKeys(side: 0 | 1): readonly number[] {
    return this.#keyColumns[side]!.map((key) => this.options.held[side].indexOf(key))
  }

  /** Puts NO_ROW in place of the numbers (u32 a row) of rows with a null among their keys. */
  withoutKeys(keys: readonly Vector[], numbers: number, n: number): void {
    const { kernels } = this.#context
    const view = kernels.u32
    for (const key of keys) {
      if (key.validity === 0) continue
      for (let row = 0; row < n; row++) {
        if (key.isNull(kernels, row)) view[(numbers >>> 2) + row] = NO_ROW
      }
    }
  }

  outOfRange(side: 0 | 1, row: number): DataflowError {
    const column = this.options.time?.[side] ?? 'the clock'
    return new DataflowError(
      'RECORD_MALFORMED',
      `the event time '${column}' is out of range: such a row is in no window; leave it out with where()`,
      { context: { column, row } },
    )
  }
}
