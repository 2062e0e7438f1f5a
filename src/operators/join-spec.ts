// What the joins of two streams are told. The left stream is input 0, the right one input 1.
import type { Expression } from '../columnar/expression.ts'
import type { TimeWindowSpec } from './window-spec.ts'

/** Which side's rows are kept without a match, with nulls in place of the other's. */
export type JoinType = 'inner' | 'left' | 'right' | 'full'

export const JOIN_TYPES: readonly JoinType[] = ['inner', 'left', 'right', 'full']

/** A column of the joined rows: the name that it has there, and whose it is. */
export interface JoinColumn {
  readonly name: string
  readonly side: 0 | 1
  readonly column: string
}

/** What all joins have in common. */
interface JoinBase {
  readonly type: JoinType
  /** Pairs of a left and a right column that are equal; null equals nothing. */
  readonly on: readonly (readonly [string, string])[]
  /** What the results and the condition name. */
  readonly columns: readonly JoinColumn[]
  /** What must be true of a pair beside. */
  readonly where?: Expression
}

export type RegularJoinSpec = JoinBase & {
  readonly kind: 'join'
  /** How long a row waits for others, in processing time; for ever when there is none. */
  readonly ttlMs?: number
  /** Rows without a match are told of at the end of input only (batch mode): nothing is taken back. */
  readonly final?: true
}

export type WindowJoinSpec = JoinBase & {
  readonly kind: 'windowJoin'
  readonly window: TimeWindowSpec
  /** The event-time columns; absent: windows go by processing time. */
  readonly time?: readonly [string, string]
  /** What the window's bounds are called. */
  readonly bounds: readonly [string, string]
}

export type IntervalJoinSpec = JoinBase & {
  readonly kind: 'intervalJoin'
  /** The event-time columns; they have one unit. */
  readonly time: readonly [string, string]
  /** How much later than the left row's the right row's time is, at least and at most. */
  readonly lower: IntervalBound
  readonly upper: IntervalBound
}

export interface IntervalBound {
  readonly ms: number
  /** The bound itself is none of the interval. */
  readonly exclusive: boolean
}

export type TemporalJoinSpec = JoinBase & {
  readonly kind: 'temporalJoin'
  readonly type: 'inner' | 'left'
  /** The event-time columns; they have one unit. */
  readonly time: readonly [string, string]
}

export type JoinSpec = RegularJoinSpec | WindowJoinSpec | IntervalJoinSpec | TemporalJoinSpec

/** Which sides' rows are kept without a match. */
export const isOuter = (type: JoinType): readonly [boolean, boolean] => [
  type === 'left' || type === 'full',
  type === 'right' || type === 'full',
]
