// The functions of two streams' rows that a job writes at row level. After Flink's ProcessJoinFunction,
// JoinFunction and CoGroupFunction.
import type { Fields, RowOf } from '../columnar/type.ts'
import type { Collector, RichFunction, SideTag } from './functions.ts'

/** What a function of a pair in an interval may know and do. */
export interface JoinContext {
  /** The event time of the left row, milliseconds. */
  leftTimestamp(): number
  /** The event time of the right row, milliseconds. */
  rightTimestamp(): number
  /** The later of the two: the event time of what is emitted. */
  timestamp(): number
  /**
   * Emits a row to a side output. Nothing happens when nobody reads it.
   * @throws TYPE_MISMATCH for a row that is not of the tag's columns
   */
  output<F extends Fields>(tag: SideTag<F>, row: RowOf<F>): void
}

/** Any rows for each pair of an interval join. */
export interface ProcessJoinFunction<L, R, Out> extends RichFunction {
  processElement(left: L, right: R, context: JoinContext, out: Collector<Out>): void
}

/** One row for each pair of rows of one key and window. */
export interface JoinFunction<L, R, Out> extends RichFunction {
  join(left: L, right: R): Out
}

/** Any rows for each pair of rows of one key and window. */
export interface FlatJoinFunction<L, R, Out> extends RichFunction {
  join(left: L, right: R, out: Collector<Out>): void
}

/** Either of them: what join().apply() takes. */
export interface PairFunction<L, R, Out> extends RichFunction {
  join(left: L, right: R, out: Collector<Out>): Out | void
}

/** Any rows for all rows of one key and window, of both streams: either side may have none. */
export interface CoGroupFunction<L, R, Out> extends RichFunction {
  coGroup(left: readonly L[], right: readonly R[], out: Collector<Out>): void
}

/** A row of one of two streams: what the gap of a session in a join is told. */
export type OneSide<L, R> =
  | { readonly left: L; readonly right?: undefined }
  | { readonly left?: undefined; readonly right: R }
