// Keyed and operator state as user code sees it, and the descriptors that name it. After Flink's
// ValueState, ListState, MapState, ReducingState, AggregatingState and their descriptors.
//
// S1  A descriptor is data and functions: it is made before the job runs (sdk/state-descriptor.ts), and a
//     function asks its context for the state that it describes.
// S2  A name means one state of one function: asked for again under another kind or type, it is refused.
import type { DataType } from '../columnar/type.ts'
import type { Serializer } from './serializer.ts'

/** One value a key. */
export interface ValueState<T, Absent = undefined> {
  /** The value of the current key; what the descriptor says when there is none. */
  value(): T | Absent
  update(value: T): void
  clear(): void
}

/** A list of values a key. */
export interface ListState<T> {
  /** The values in order; empty when there are none. A copy: changing it changes nothing. */
  get(): T[]
  add(value: T): void
  addAll(values: Iterable<T>): void
  /** Puts these values in place of all that there are. */
  update(values: Iterable<T>): void
  clear(): void
}

/** What a broadcast state is on the side that may not change it. */
export interface ReadOnlyMapState<K, V> {
  get(key: K): V | undefined
  has(key: K): boolean
  entries(): Iterable<[K, V]>
  keys(): Iterable<K>
  values(): Iterable<V>
  isEmpty(): boolean
}

/** A map a key, of keys of its own, in order of first insertion. */
export interface MapState<K, V> extends ReadOnlyMapState<K, V> {
  put(key: K, value: V): void
  putAll(entries: Iterable<readonly [K, V]>): void
  remove(key: K): void
  clear(): void
}

/** One value a key, into which each added value is merged. */
export interface ReducingState<T> {
  get(): T | undefined
  add(value: T): void
  clear(): void
}

/** An accumulator a key; what is read is its result. */
export interface AggregatingState<In, Out> {
  get(): Out | undefined
  add(value: In): void
  clear(): void
}

/** A custom aggregation: after Flink's AggregateFunction. */
export interface AggregateFunction<In, Acc, Out> {
  createAccumulator(): Acc
  /** The accumulator with a value in it; it may change the one it gets and return that. */
  add(value: In, accumulator: Acc): Acc
  getResult(accumulator: Acc): Out
  /** Only session windows and other merging windows need it. */
  merge?(a: Acc, b: Acc): Acc
}

/** How a state's values are kept: as a column, or as bytes that a serializer makes. */
export type StateType<T = unknown> = DataType | Serializer<T>

/** When a value that nobody touches goes. */
export interface StateTtl {
  readonly ttlMs: number
  /** Whose time counts: the clock's, or the watermark's. */
  readonly time: 'processing' | 'event'
  /** What makes it live on: a write, or a read too. */
  readonly refresh: 'write' | 'readAndWrite'
}

/** Carries the type of the state that a descriptor stands for; there at compile time only. */
declare const STATE: unique symbol

/** What names a state, and says what is in it. `S` is the state that a context gives for it. */
export interface StateDescriptor<S = unknown> {
  readonly kind: 'value' | 'list' | 'map' | 'reducing' | 'aggregating'
  readonly name: string
  /** Of the value; of an element, an entry's value, or an accumulator. */
  readonly type: StateType
  /** Of an entry's key: only of a map. */
  readonly keyType?: StateType
  /** What value() gives where there is none. */
  readonly default?: unknown
  readonly reduce?: (a: never, b: never) => unknown
  readonly aggregate?: object
  readonly ttl?: StateTtl
  readonly [STATE]?: S
}

export type ValueStateDescriptor<T, Absent = undefined> = StateDescriptor<ValueState<T, Absent>>
export type ListStateDescriptor<T> = StateDescriptor<ListState<T>>
export type MapStateDescriptor<K, V> = StateDescriptor<MapState<K, V>>
export type ReducingStateDescriptor<T> = StateDescriptor<ReducingState<T>>
export type AggregatingStateDescriptor<In, Out> = StateDescriptor<AggregatingState<In, Out>>
