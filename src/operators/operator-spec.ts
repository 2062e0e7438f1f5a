// What each kind of operator is told: the data half of an operator, one tagged union. The list in
// operators/index.ts has one factory a kind.
import type { Expression } from '../columnar/expression.ts'
import type { Json } from '../base/json.ts'
import type { AsyncOperatorSpec } from './async-spec.ts'
import type { ChangelogOperatorSpec } from './changelog-spec.ts'
import type { JoinSpec } from './join-spec.ts'
import type { OverAggregateSpec } from './over-spec.ts'
import type { ProcessSpec } from './process-spec.ts'
import type { RowWindowSpec } from './row-window-spec.ts'
import type { SourceWatermarkSpec, WatermarkSpec } from './watermark-spec.ts'
import type { WindowAggregateSpec } from './window-spec.ts'

/** The functions of aggregates. */
export const AGGREGATE_FUNCTIONS = [
  'count',
  'sum',
  'min',
  'max',
  'mean',
  'first',
  'last',
  'any',
  'all',
  'countDistinct',
  'argMin',
  'argMax',
  'varPop',
  'varSamp',
  'stddevPop',
  'stddevSamp',
  'collect',
  'topN',
  'approxCountDistinct',
  'quantile',
] as const

export type AggregateFunctionName = (typeof AGGREGATE_FUNCTIONS)[number]

/** One output column of an aggregation: over a column of the input, under a bool column's rows. */
export interface AggregateSpec {
  readonly name: string
  readonly function: AggregateFunctionName
  /** Absent only for count(): all rows. */
  readonly column?: string
  /** The column of which argMin() and argMax() want the extreme. */
  readonly by?: string
  /** How many values collect() and topN() give at most; which quantile, from 0 to 1. */
  readonly parameter?: number
  readonly filter?: string
}

export type OperatorSpec =
  | AsyncOperatorSpec
  | ChangelogOperatorSpec
  | {
      readonly kind: 'source'
      readonly connector: string
      readonly config: Json
      readonly closure: boolean
      /** It never ends by itself. */
      readonly unbounded?: boolean
      /** The watermarks that it makes itself. */
      readonly watermarks?: SourceWatermarkSpec
    }
  | { readonly kind: 'where'; readonly predicate: Expression }
  | {
      readonly kind: 'select'
      readonly columns: readonly { readonly name: string; readonly expression: Expression }[]
    }
  | { readonly kind: 'filter'; readonly closure: true }
  | { readonly kind: 'map'; readonly closure: true }
  | { readonly kind: 'flatMap'; readonly closure: true }
  | ({ readonly kind: 'assignWatermarks'; readonly closure: boolean } & WatermarkSpec)
  | WindowAggregateSpec
  | {
      readonly kind: 'lookupJoin'
      /** The table: a bounded source, read whole by each subtask before its first batch. */
      readonly connector: string
      readonly config: Json
      /** The table's columns that are read. */
      readonly tableColumns: readonly { readonly name: string; readonly type: Json }[]
      /** Pairs of (stream column, table column) that must be equal. */
      readonly on: readonly (readonly [string, string])[]
      /** Output name and table column. */
      readonly take: readonly (readonly [string, string])[]
      /** 'left' keeps rows without a match, with nulls. */
      readonly join: 'left' | 'inner'
    }
  /** Passes rows on; its closure says to its edges where they go. */
  | { readonly kind: 'partitionCustom'; readonly closure: true }
  | ProcessSpec
  | RowWindowSpec
  | JoinSpec
  | OverAggregateSpec
  /** What the operator before it emits beside its rows, to this tag. */
  | { readonly kind: 'sideOutput'; readonly tag: string }
  | {
      readonly kind: 'sink'
      readonly connector: string
      readonly config: Json
      readonly closure: boolean
      /** It takes changes, and is told what each row does. */
      readonly changelog?: true
    }

export type OperatorKind = OperatorSpec['kind']
