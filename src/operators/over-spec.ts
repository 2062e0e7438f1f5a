// What an OVER aggregation is told, and the columns that it gives.
import { assert } from '../base/assert.ts'
import { Schema } from '../columnar/schema.ts'
import { type TimeUnit, UNITS_PER_SECOND } from '../columnar/type.ts'
import type { OverExtent } from '../kernels/over.ts'
import { aggregateFields, keepsValues } from './aggregate-type.ts'
import type { AggregateSpec } from './operator-spec.ts'

/** The rows that a row's aggregates are over: of its key, up to itself. */
export type OverFrame =
  /** All; with `peers` also those that come later and have its time. */
  | { readonly kind: 'unbounded'; readonly peers: boolean }
  /** The last so many, itself included. */
  | { readonly kind: 'rows'; readonly rows: number }
  /** Those at most so much earlier, and all of its time. */
  | { readonly kind: 'range'; readonly ms: number }

export interface OverAggregateSpec {
  readonly kind: 'overAggregate'
  readonly keys: readonly string[]
  /** The event-time column; absent for the order of arrival. */
  readonly time?: string
  readonly frame: OverFrame
  readonly aggregates: readonly AggregateSpec[]
  /** The input's columns that go on. */
  readonly columns: readonly string[]
}

/** In a window of so many rows each row of a block may have the values of all rows behind it. */
export const VALUES_ROWS_MAX = 1_000

/** True for what keeps values in a frame whose windows cannot each have their own: they are there once. */
export const keepsInFrame = ({ function: of }: AggregateSpec, frame: OverFrame): boolean =>
  keepsValues(of) && (frame.kind !== 'rows' || frame.rows > VALUES_ROWS_MAX)

/**
 * The columns of an OVER aggregation: some of the input's, and the aggregates.
 * @throws TYPE_MISMATCH, COLUMN_NOT_FOUND
 */
export const overSchema = (
  input: Schema,
  { columns, aggregates }: Pick<OverAggregateSpec, 'columns' | 'aggregates'>,
): Schema =>
  new Schema([...columns.map((name) => input.field(name)), ...aggregateFields(input, aggregates)])

/** A frame in the unit of the times. */
export function extentOf(frame: OverFrame, unit: TimeUnit | undefined): OverExtent {
  if (frame.kind !== 'range') return frame
  assert(unit !== undefined, 'a range needs event time')
  return { kind: 'range', span: (BigInt(frame.ms) * BigInt(UNITS_PER_SECOND[unit])) / 1_000n }
}
