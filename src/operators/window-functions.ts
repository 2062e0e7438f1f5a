// The functions over windows that a job writes at row level, and the contexts that they are given. After
// Flink's ProcessWindowFunction, WindowFunction, Trigger and Evictor.
import type { Fields, RowOf } from '../columnar/type.ts'
import type { AggregatingState, ListState, ReducingState, StateDescriptor } from '../state/state.ts'
import type { TimeQueries, TimerService } from '../time/timer-service.ts'
import type { Collector, RichFunction, SideTag } from './functions.ts'

/** A window: of a time, or of everything (from -Infinity to Infinity). */
export interface Window {
  /** Milliseconds since the epoch; the first moment that is in. */
  readonly start: number
  /** The first moment that is no longer in. */
  readonly end: number
  /** The last moment that is in: end - 1. */
  maxTimestamp(): number
}

/** What a function over a window may know and do. */
export interface WindowContext extends TimeQueries {
  readonly window: Window
  /**
   * State of the key and the window; it goes with the window. Sessions become one another: theirs is list,
   * reducing or aggregating state, of a function with a method onMerge().
   * @throws UNSUPPORTED for other state of sessions; STATE_MISUSED under another type
   */
  windowState<S>(descriptor: StateDescriptor<S>): S
  /** State of the key, over all of its windows. */
  globalState<S>(descriptor: StateDescriptor<S>): S
  /**
   * Emits a row to a side output. Nothing happens when nobody reads it.
   * @throws TYPE_MISMATCH for a row that is not of the tag's columns
   */
  output<F extends Fields>(tag: SideTag<F>, row: RowOf<F>): void
}

/** State that can be merged with another window's: that of an aggregation by its merge(). */
export type MergingStateDescriptor<T> =
  | StateDescriptor<ListState<T>>
  | StateDescriptor<ReducingState<T>>
  | StateDescriptor<AggregatingState<T, unknown>>

/** What a function is given when sessions have become one, `window`. */
export interface MergeWindowContext extends WindowContext {
  /**
   * Puts the state of the windows that have become one into that one's.
   * @throws STATE_MISUSED for states that cannot be merged
   */
  mergeWindowState<T>(descriptor: MergingStateDescriptor<T>): void
}

/** Any rows for each firing of a window, of all of its rows (or of their one result). */
export interface ProcessWindowFunction<K, In, Out> extends RichFunction {
  /** @param key undefined behind windowAll() */
  process(key: K, context: WindowContext, rows: readonly In[], out: Collector<Out>): void
  /** Sessions have become one: what windowState() has of them is to be merged. */
  onMerge?(context: MergeWindowContext): void
  /** The window goes: the last moment for what it has in other places. */
  clear?(context: WindowContext): void
}

/** The same without a context: what apply() takes. */
export interface WindowFunction<K, In, Out> extends RichFunction {
  apply(key: K, window: Window, rows: readonly In[], out: Collector<Out>): void
}

/** What a trigger says of a window: nothing, emit its result, empty it, or both. */
export type TriggerResult = 'CONTINUE' | 'FIRE' | 'PURGE' | 'FIRE_AND_PURGE'

/** A trigger's timers and state are those of the key and the window. */
export interface TriggerContext extends TimerService {
  /** @throws STATE_MISUSED under another type */
  getPartitionedState<S>(descriptor: StateDescriptor<S>): S
}

export interface OnMergeContext extends TriggerContext {
  /**
   * Puts the state of the windows that have become one into that one's.
   * @throws STATE_MISUSED for states that cannot be merged
   */
  mergePartitionedState<T>(descriptor: MergingStateDescriptor<T>): void
}

/** Says when a window fires. Its methods are called with the window's state and timers at hand. */
export interface Trigger<In> {
  /** @param timestamp the row's event time, or the clock's where there is none; milliseconds */
  onElement(row: In, timestamp: number, window: Window, context: TriggerContext): TriggerResult
  /** A timer of event time has been reached; without the method nothing happens. */
  onEventTime?(timeMs: number, window: Window, context: TriggerContext): TriggerResult
  onProcessingTime?(timeMs: number, window: Window, context: TriggerContext): TriggerResult
  /** Sessions have become one, this window. Without the method the trigger is not for sessions. */
  onMerge?(window: Window, context: OnMergeContext): void
  /** The window goes: its timers and state go with it, too. */
  clear?(window: Window, context: TriggerContext): void
}

/** A row in a window, and when it was. */
export interface TimestampedValue<In> {
  readonly value: In
  /** Its event time, or the clock's for windows by processing time; milliseconds. */
  readonly timestamp: number
}

/** Says which rows stay in a window, before or after the function sees them. */
export interface Evictor<In> {
  /** What it does, for a reader of the plan. */
  readonly description?: string
  /** @returns the rows that stay, for this firing and later ones */
  evictBefore?(
    rows: readonly TimestampedValue<In>[],
    window: Window,
    context: TimeQueries,
  ): readonly TimestampedValue<In>[]
  /** @returns the rows that stay for later firings */
  evictAfter?(
    rows: readonly TimestampedValue<In>[],
    window: Window,
    context: TimeQueries,
  ): readonly TimestampedValue<In>[]
}
