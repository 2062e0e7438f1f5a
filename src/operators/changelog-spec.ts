// What the operators with updating results are told (operator-spec.ts has the union of all).
import type { SortColumn } from '../columnar/order-key.ts'
import type { AggregateSpec } from './operator-spec.ts'

/** How long the state of a key is kept after it was last touched, by processing time. */
export interface StateTtl {
  readonly stateTtlMs?: number
}

/** When results go out. */
export interface FinalResults {
  /** At the end of input only (batch mode): each is inserted, and nothing is taken back. */
  readonly final?: true
}

export type ChangelogOperatorSpec =
  | {
      /** The rows of a changelog as they are in the end. */
      readonly kind: 'materialize'
      /** With keys a key has one row, and what comes later takes its place; without, rows are counted. */
      readonly keys?: readonly string[]
    }
  | {
      /** Leaves the rows before an update out: what is left says by key what is. */
      readonly kind: 'upsert'
      readonly keys: readonly string[]
    }
  | (StateTtl &
      FinalResults & {
        readonly kind: 'groupAggregate'
        readonly keys: readonly string[]
        readonly aggregates: readonly AggregateSpec[]
      })
  | (StateTtl &
      FinalResults & {
        readonly kind: 'deduplicate'
        readonly keys: readonly string[]
        readonly keep: 'first' | 'last'
        /** The event-time column; absent for the order of arrival. */
        readonly time?: string
      })
  | (StateTtl &
      FinalResults & {
        readonly kind: 'topN'
        /** None: of all rows. */
        readonly keys: readonly string[]
        /** How many rows of a key. */
        readonly limit: number
        readonly by: readonly SortColumn[]
        /** The column that a row's place from 1 on goes to; without it places are not told. */
        readonly rank?: string
        /** Rows that are equal to the last one count, too, and have one rank. */
        readonly ties?: true
      })
