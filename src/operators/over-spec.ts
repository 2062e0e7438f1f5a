// What an OVER aggregation is told, and the columns that it gives.
import { Schema } from '../columnar/schema.ts'
import { aggregateFields } from './aggregate-type.ts'
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

/**
 * The columns of an OVER aggregation: some of the input's, and the aggregates.
 * @throws TYPE_MISMATCH, COLUMN_NOT_FOUND
 */
export const overSchema = (
  input: Schema,
  { columns, aggregates }: Pick<OverAggregateSpec, 'columns' | 'aggregates'>,
): Schema =>
  new Schema([...columns.map((name) => input.field(name)), ...aggregateFields(input, aggregates)])
