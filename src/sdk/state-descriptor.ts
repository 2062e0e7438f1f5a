// Descriptors of state as a job writes them. After Flink's ValueStateDescriptor and its kin.
import { DataflowError } from '../base/errors.ts'
import type { DataType, ValueOf } from '../columnar/type.ts'
import type { Serializer } from '../state/serializer.ts'
import type {
  AggregateFunction,
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  StateDescriptor,
  StateTtl,
  StateType,
  ValueStateDescriptor,
} from '../state/state.ts'
import { isSerializer } from '../state/value-store.ts'
import { checkFunction, checkOptions } from './given.ts'
import { positiveTimeSpanMs, type TimeSpan } from './time-span.ts'

/** The values of a state's type: a column's, or what a serializer takes. */
export type StateValue<T extends StateType> = T extends DataType
  ? ValueOf<T>
  : T extends Serializer<infer V>
    ? V
    : never

/** How long a value lives that nobody touches. */
export interface TtlOptions {
  /** A time span: '1h'. */
  readonly after: TimeSpan
  /** Whose time: the clock's ('processing', unless said), or the watermark's. */
  readonly time?: 'processing' | 'event'
  /** What makes it live on: a write (unless said), or a read as well. */
  readonly refresh?: 'write' | 'readAndWrite'
}

export interface StateOptions {
  /** When values expire: a time span of processing time, or more about it. Never, unless said. */
  readonly ttl?: TimeSpan | TtlOptions
}

/**
 * Names a state of one value a key.
 * @param name the state's name, unique in its function
 * @param type a column type, or a serializer: structured<T>()
 * @param options a default for keys without a value; when values expire
 * @throws CONFIG_INVALID for an empty name or a TTL that is none
 * @example
 * import { int64, valueStateDescriptor } from 'millrace'
 * const count = valueStateDescriptor('count', int64({ as: 'number' }), { default: 0, ttl: '1d' })
 * console.log(count.name, count.ttl)
 */
export function valueStateDescriptor<T extends StateType>(
  name: string,
  type: T,
  options: StateOptions & { readonly default: StateValue<T> },
): ValueStateDescriptor<StateValue<T>, never>
export function valueStateDescriptor<T extends StateType>(
  name: string,
  type: T,
  options?: StateOptions,
): ValueStateDescriptor<StateValue<T>>
export function valueStateDescriptor(
  name: string,
  type: StateType,
  options: StateOptions & { readonly default?: unknown } = {},
): StateDescriptor<never> {
  const given = options.default === undefined ? {} : { default: options.default }
  return { kind: 'value', ...named(name, options), type: checkedType(name, type), ...given }
}

/**
 * Names a state of a list of values a key.
 * @param name the state's name, unique in its function
 * @param type a column type of the elements, or a serializer
 * @param options when elements expire, each by itself
 * @throws CONFIG_INVALID
 * @example
 * import { listStateDescriptor, utf8 } from 'millrace'
 * const pages = listStateDescriptor('pages', utf8())
 * console.log(pages.kind)
 */
export function listStateDescriptor<T extends StateType>(
  name: string,
  type: T,
  options: StateOptions = {},
): ListStateDescriptor<StateValue<T>> {
  return { kind: 'list', ...named(name, options), type: checkedType(name, type) }
}

/**
 * Names a state of a map a key. Also what a broadcast state is described by.
 * @param name the state's name, unique in its function
 * @param keyType a column type of the map's keys, or a serializer (equal keys must give equal bytes)
 * @param type a column type of the map's values, or a serializer
 * @param options when entries expire, each by itself
 * @throws CONFIG_INVALID
 * @example
 * import { float64, mapStateDescriptor, utf8 } from 'millrace'
 * const rates = mapStateDescriptor('rates', utf8(), float64())
 * console.log(rates.kind)
 */
export function mapStateDescriptor<K extends StateType, V extends StateType>(
  name: string,
  keyType: K,
  type: V,
  options: StateOptions = {},
): MapStateDescriptor<StateValue<K>, StateValue<V>> {
  return {
    kind: 'map',
    ...named(name, options),
    keyType: checkedType(name, keyType),
    type: checkedType(name, type),
  }
}

/**
 * Names a state that merges what is added into one value a key.
 * @param name the state's name, unique in its function
 * @param type a column type of the value, or a serializer
 * @param reduce makes one value of two
 * @param options when a value expires
 * @throws CONFIG_INVALID
 * @example
 * import { float64, reducingStateDescriptor } from 'millrace'
 * const highest = reducingStateDescriptor('highest', float64(), (a, b) => Math.max(a, b))
 * console.log(highest.kind)
 */
export function reducingStateDescriptor<T extends StateType>(
  name: string,
  type: T,
  reduce: (a: StateValue<T>, b: StateValue<T>) => StateValue<T>,
  options: StateOptions = {},
): ReducingStateDescriptor<StateValue<T>> {
  checkFunction(reduce, `state '${name}'`, '(a, b) => a + b')
  return { kind: 'reducing', ...named(name, options), type: checkedType(name, type), reduce }
}

/**
 * Names a state that keeps an accumulator a key, and gives its result.
 * @param name the state's name, unique in its function
 * @param accumulator a column type of the accumulator, or a serializer
 * @param aggregate how values are added, and what the result is
 * @param options when an accumulator expires
 * @throws CONFIG_INVALID
 * @example
 * import { aggregatingStateDescriptor, structured } from 'millrace'
 * const mean = aggregatingStateDescriptor('mean', structured<{ n: number; sum: number }>(), {
 *   createAccumulator: () => ({ n: 0, sum: 0 }),
 *   add: (value: number, { n, sum }) => ({ n: n + 1, sum: sum + value }),
 *   getResult: ({ n, sum }) => sum / n,
 * })
 * console.log(mean.kind)
 */
export function aggregatingStateDescriptor<T extends StateType, In, Out>(
  name: string,
  accumulator: T,
  aggregate: AggregateFunction<In, StateValue<T>, Out>,
  options: StateOptions = {},
): AggregatingStateDescriptor<In, Out> {
  return {
    kind: 'aggregating',
    ...named(name, options),
    type: checkedType(name, accumulator),
    aggregate,
  }
}

function named(name: string, options: StateOptions): { name: string; ttl?: StateTtl } {
  checkOptions(options, `state '${name}'`, ['ttl', 'default'])
  const { ttl } = options
  if (typeof name !== 'string' || name === '') {
    throw new DataflowError('CONFIG_INVALID', 'a state needs a name')
  }
  if (ttl === undefined) return { name }
  const {
    after,
    time = 'processing',
    refresh = 'write',
  } = typeof ttl === 'object' ? ttl : { after: ttl }
  return { name, ttl: { ttlMs: positiveTimeSpanMs(after, `the TTL of '${name}'`), time, refresh } }
}

function checkedType<T extends StateType>(state: string, type: T): T {
  if (typeof type !== 'object' || type === null || !(isSerializer(type) || 'kind' in type)) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `state '${state}' has no type: give a column type (int32()) or a serializer (structured())`,
    )
  }
  if (isSerializer(type) && (!Number.isSafeInteger(type.version) || type.version < 1)) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `serializer '${type.name}' of state '${state}' has version ${type.version}; they count from 1`,
    )
  }
  return type
}
