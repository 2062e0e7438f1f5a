// Joins of two streams, as a job writes them: options, and the types of the results.
import type { Bool, DataType, Fields, Timestamp, WithNull } from '../columnar/type.ts'
import type { JoinType } from '../operators/join-spec.ts'
import type { Column, ColumnsOf, IntegerType } from './column.ts'
import type { AsFields, FieldsOf, Flat, NamesOf } from './row-types.ts'
import type { TimeSpan } from './time-span.ts'
import type { TimeWindow } from './window.ts'

/** The right columns that a left column may be equal to: those of its kind; any integer of an integer. */
type KeyFor<R extends Fields, D extends DataType> = NamesOf<
  R,
  D extends IntegerType
    ? IntegerType
    : WithNull<D, false> | WithNull<D, true> | WithNull<D, boolean>
>

/** The columns of a side that may be missing. */
type Padded<F extends Fields, IsPadded> = IsPadded extends true
  ? { [N in keyof F]: WithNull<F[N], true> }
  : F

export type LeftOf<L extends Fields, J extends JoinType> = AsFields<
  Padded<L, J extends 'right' | 'full' ? true : false>
>
export type RightOf<R extends Fields, J extends JoinType> = AsFields<
  Padded<R, J extends 'left' | 'full' ? true : false>
>

/** The columns of joined rows: what select gives, or else all of both sides. */
export type JoinFields<L extends Fields, R extends Fields, J extends JoinType, S> = AsFields<
  [S] extends [never] ? Flat<LeftOf<L, J> & RightOf<R, J>> : FieldsOf<S>
>

/** Pairs of columns that must be equal: { leftColumn: 'rightColumn' }. Null equals nothing. */
export type JoinKeys<L extends Fields, R extends Fields> = {
  readonly [C in keyof L & string]?: KeyFor<R, L[C]>
}

/** What all joins of two streams are told. */
export interface JoinOptions<L extends Fields, R extends Fields, J extends JoinType, S> {
  readonly on: JoinKeys<L, R>
  /** 'left', 'right' and 'full' keep that side's rows without a match, with nulls; 'inner' unless said. */
  readonly type?: J
  /** What must be true of a pair beside. */
  readonly where?: (l: ColumnsOf<L>, r: ColumnsOf<R>) => Column<Bool>
  /** The columns of the results; all of both sides unless given. */
  readonly select?: (l: ColumnsOf<LeftOf<L, J>>, r: ColumnsOf<RightOf<R, J>>) => S
}

/** What an unbounded join is told. */
export interface RegularJoinOptions<
  L extends Fields,
  R extends Fields,
  J extends JoinType,
  S,
> extends JoinOptions<L, R, J, S> {
  /** How long a row waits for rows of the other side, in processing time; for ever unless said. */
  readonly ttl?: TimeSpan
}

/** The window that the rows of a result are in. */
export type WindowBounds = Flat<{
  windowStart: Timestamp<'ms', false>
  windowEnd: Timestamp<'ms', false>
}>

/** What a join in windows is told. */
export interface WindowJoinOptions<
  L extends Fields,
  R extends Fields,
  J extends JoinType,
  S,
> extends Omit<JoinOptions<L, R, J, S>, 'select'> {
  /**
   * tumble(...), slide(...), cumulate(...) or session(...): rows meet within a window. A
   * session is of the rows of both sides: it ends when neither has had one for the gap.
   */
  readonly window: TimeWindow
  /** The columns of the results; the window's bounds and all of both sides unless given. */
  readonly select?: (
    l: ColumnsOf<LeftOf<L, J>>,
    r: ColumnsOf<RightOf<R, J>>,
    w: ColumnsOf<WindowBounds>,
  ) => S
}

/** The columns of a join in windows. */
export type WindowJoinFields<L extends Fields, R extends Fields, J extends JoinType, S> = AsFields<
  [S] extends [never] ? Flat<WindowBounds & LeftOf<L, J> & RightOf<R, J>> : FieldsOf<S>
>

/** What an interval join is told. */
export interface IntervalJoinOptions<L extends Fields, R extends Fields, J extends JoinType, S>
  extends JoinOptions<L, R, J, S>, IntervalBounds {}

export interface IntervalBounds {
  /** How much later than the left row's time the right row's is, at least and at most: ['-5s', '10s']. */
  readonly between: readonly [TimeSpan, TimeSpan]
  /** The lower bound itself is none of the interval. */
  readonly lowerBoundExclusive?: boolean
  /** The upper bound itself is none of the interval. */
  readonly upperBoundExclusive?: boolean
}

/** The options without their types. */
export interface JoinRequest {
  readonly on: Readonly<Record<string, string | undefined>>
  readonly type?: JoinType
  readonly where?: (l: never, r: never) => Column<Bool>
  readonly select?: (l: never, r: never, ...others: never[]) => unknown
}
