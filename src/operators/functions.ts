// The functions that a job writes at row level, and the contexts that they are given. After Flink's
// ProcessFunction, KeyedProcessFunction, CoProcessFunction, RichMapFunction and their kin.
//
// F1  A function has one instance a subtask (function-instance.ts): its fields are that subtask's own.
// F2  open() comes before the first row, close() after the last, also after a failure.
// F3  A context is good during the call that it is given to; a row that is emitted has the timestamp of
//     the row or timer that is being processed.
import type { Fields, RowOf } from '../columnar/type.ts'
import type { Schema } from '../columnar/schema.ts'
import type { ListState, MapState, ReadOnlyMapState, StateDescriptor } from '../state/state.ts'
import type { TimeDomain, TimeQueries, TimerService } from '../time/timer-service.ts'

/** Takes the rows that a function makes. */
export interface Collector<Out> {
  /**
   * Emits a row.
   * @throws TYPE_MISMATCH for a row that is not of the output's columns
   */
  collect(row: Out): void
}

/** A side output as a function names it: what outputTag() gives. */
export interface SideTag<in out F extends Fields> {
  readonly id: string
  readonly fields: F
  readonly schema: Schema
}

/** A count that the job reports. */
export interface Counter {
  readonly count: number
  inc(by?: number): void
}

/** How values are spread: how many, least, greatest, mean, and quantiles that are off by 1 % at most. */
export interface Histogram {
  readonly count: number
  /** Counts a value; what is no finite number is left out. */
  update(value: number): void
}

/**
 * A function's own metrics, by name: in `millrace run --json` and its REST interface, operator by operator.
 * Counters add up over subtasks, histograms are those of all, a gauge is shown of each.
 * @throws CONFIG_INVALID for a name that another kind of metric has
 */
export interface MetricGroup {
  counter(name: string): Counter
  /** Reports what the function gives, each time a report is made. */
  gauge(name: string, read: () => number): void
  histogram(name: string): Histogram
}

/** What a function knows of where it runs. */
export interface RuntimeContext {
  /** The operator's name. */
  readonly taskName: string
  /** 0 to parallelism - 1. */
  readonly subtaskIndex: number
  readonly parallelism: number
  /** 0, and one more after each restart. */
  readonly attempt: number
  readonly metrics: MetricGroup
  /**
   * The state that a descriptor names. Keyed state is that of the current key.
   * @throws STATE_MISUSED in a function that is not keyed, or under another type; STATE_INCOMPATIBLE
   */
  getState<S>(descriptor: StateDescriptor<S>): S
  /**
   * A list that belongs to the subtask, and to no key. When the parallelism changes, the elements are
   * dealt out ('list', unless said), or every subtask gets all of them ('union').
   * @throws STATE_MISUSED under another type or distribution, STATE_INCOMPATIBLE
   */
  getOperatorState<T>(
    descriptor: StateDescriptor<ListState<T>>,
    distribution?: 'list' | 'union',
  ): ListState<T>
}

/** open() and close() of a function with a life of its own. */
export interface RichFunction {
  /** Before the first row: the place to get state and metrics. */
  open?(context: RuntimeContext): void | Promise<void>
  /** After the last row, or a failure. */
  close?(): void | Promise<void>
}

/** What every process function's context has. */
export interface BaseContext {
  /** The event time of the row or timer, milliseconds; undefined for a stream without event time. */
  timestamp(): number | undefined
  /**
   * Emits a row to a side output. Nothing happens when nobody reads it.
   * @throws TYPE_MISMATCH for a row that is not of the tag's columns
   */
  output<F extends Fields>(tag: SideTag<F>, row: RowOf<F>): void
  getState<S>(descriptor: StateDescriptor<S>): S
}

export interface ProcessContext extends BaseContext {
  /** The time, without timers: they need a key. */
  timerService(): TimeQueries
}

export interface KeyedContext<K> extends BaseContext {
  /** The key: a value, or an object by name when there are several columns. */
  readonly currentKey: K
  timerService(): TimerService
}

export interface OnTimerContext<K> extends KeyedContext<K> {
  readonly timeDomain: TimeDomain
}

/** A function of rows, with any number of rows out. */
export interface ProcessFunction<In, Out> extends RichFunction {
  processElement(row: In, context: ProcessContext, out: Collector<Out>): void
}

/** A function of rows by key, with state and timers. */
export interface KeyedProcessFunction<K, In, Out> extends RichFunction {
  processElement(row: In, context: KeyedContext<K>, out: Collector<Out>): void
  /** @param timestamp the timer's time, milliseconds */
  onTimer?(timestamp: number, context: OnTimerContext<K>, out: Collector<Out>): void
}

/** A function of two streams. */
export interface CoProcessFunction<In1, In2, Out> extends RichFunction {
  processElement1(row: In1, context: ProcessContext, out: Collector<Out>): void
  processElement2(row: In2, context: ProcessContext, out: Collector<Out>): void
}

/** A function of two streams by one key, which share its state and timers. */
export interface KeyedCoProcessFunction<K, In1, In2, Out> extends RichFunction {
  processElement1(row: In1, context: KeyedContext<K>, out: Collector<Out>): void
  processElement2(row: In2, context: KeyedContext<K>, out: Collector<Out>): void
  onTimer?(timestamp: number, context: OnTimerContext<K>, out: Collector<Out>): void
}

/** The context of rows that may not change broadcast state: they differ from subtask to subtask. */
export interface ReadOnlyBroadcastContext extends ProcessContext {
  getBroadcastState<K, V>(descriptor: StateDescriptor<MapState<K, V>>): ReadOnlyMapState<K, V>
}

export interface KeyedReadOnlyBroadcastContext<K> extends KeyedContext<K> {
  getBroadcastState<N, V>(descriptor: StateDescriptor<MapState<N, V>>): ReadOnlyMapState<N, V>
}

/** The context of broadcast rows, which every subtask gets: what they put into state is the same in all. */
export interface BroadcastContext extends BaseContext {
  timerService(): TimeQueries
  getBroadcastState<K, V>(descriptor: StateDescriptor<MapState<K, V>>): MapState<K, V>
}

export interface KeyedBroadcastContext<K> extends BroadcastContext {
  /** Calls a function with the state of each key of this subtask that has some. */
  applyToKeyedState<S>(descriptor: StateDescriptor<S>, visit: (key: K, state: S) => void): void
}

/** A function of rows, and of broadcast rows that say how. */
export interface BroadcastProcessFunction<In, B, Out> extends RichFunction {
  processElement(row: In, context: ReadOnlyBroadcastContext, out: Collector<Out>): void
  processBroadcastElement(row: B, context: BroadcastContext, out: Collector<Out>): void
}

/** The same by key, with state and timers. */
export interface KeyedBroadcastProcessFunction<K, In, B, Out> extends RichFunction {
  processElement(row: In, context: KeyedReadOnlyBroadcastContext<K>, out: Collector<Out>): void
  processBroadcastElement(row: B, context: KeyedBroadcastContext<K>, out: Collector<Out>): void
  onTimer?(timestamp: number, context: OnTimerContext<K>, out: Collector<Out>): void
}

/** One row for each row of two streams. */
export interface CoMapFunction<In1, In2, Out> extends RichFunction {
  map1(row: In1): Out
  map2(row: In2): Out
}

/** What a flatMap gives: rows to emit after those that it has collected, if any. */
export type FlatMapped<Out> = Iterable<Out> | void

/** Any rows for each row of two streams. */
export interface CoFlatMapFunction<In1, In2, Out> extends RichFunction {
  flatMap1(row: In1, out: Collector<Out>): FlatMapped<Out>
  flatMap2(row: In2, out: Collector<Out>): FlatMapped<Out>
}

/** One row for each, by a function with a life of its own. */
export interface RichMapFunction<In, Out> extends RichFunction {
  map(row: In): Out
}

export interface RichFlatMapFunction<In, Out> extends RichFunction {
  flatMap(row: In, out: Collector<Out>): FlatMapped<Out>
}

export interface RichFilterFunction<In> extends RichFunction {
  filter(row: In): boolean
}

/** What an asynchronous function is told of its call. */
export interface AsyncContext {
  /** 1, and one more with each retry. */
  readonly attempt: number
  /** Aborted when nobody waits for the answer any more: it took too long, or the job has ended. */
  readonly signal: AbortSignal
}

/** A row, or rows: now, or later. */
export type AsyncAnswer<Out> = Out | readonly Out[] | Promise<Out | readonly Out[]>

/** Any rows for each row, asked for outside: many calls are under way at a time. */
export interface AsyncFunction<In, Out> extends RichFunction {
  asyncInvoke(row: In, context: AsyncContext): AsyncAnswer<Out>
  /** The rows of a call that took too long; without it, the call fails. */
  timeout?(row: In): Out | readonly Out[]
}

/** What a table that is asked has for a key: a row, rows, or nothing; now, or later. */
export type LookupAnswer<Out> = Found<Out> | Promise<Found<Out>>

type Found<Out> = Out | readonly Out[] | null | undefined

/** The rows of a table by key, asked for outside. */
export interface AsyncLookupFunction<Key, Out> extends RichFunction {
  asyncLookup(key: Key, context: AsyncContext): LookupAnswer<Out>
}

/** Two rows of a key become one. */
export interface ReduceFunction<T> extends RichFunction {
  reduce(a: T, b: T): T
}
