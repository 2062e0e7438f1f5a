// Two streams for one function: what connect() gives, plain, by key, or with a broadcast stream. After
// Flink's ConnectedStreams and BroadcastConnectedStream. Nothing is moved until there is a function.
import type { Fields, RowOf } from '../columnar/type.ts'
import { coFlatMapFunction, coMapFunction } from '../operators/function-adapters.ts'
import type {
  BroadcastProcessFunction,
  CoFlatMapFunction,
  CoMapFunction,
  CoProcessFunction,
  KeyedBroadcastProcessFunction,
  KeyedCoProcessFunction,
} from '../operators/functions.ts'
import type { MapStateDescriptor } from '../state/state.ts'
import { atCallSite } from './call-site.ts'
import type { DataStream } from './data-stream.ts'
import type { LogicalStream } from './logical-stream.ts'
import { type FunctionOptions, planProcess, type ProcessInput } from './process-planning.ts'
import type { FunctionOf, KeyOf, NamesOf } from './row-types.ts'
import { checkKeys } from './window-planning.ts'
import type { Wrap } from './windowed-stream.ts'

/** One side of two connected streams. */
export interface ConnectedSide {
  readonly stream: LogicalStream
  readonly keys: readonly string[]
}

/** What a broadcast stream is made of: any rows, for every subtask. Made by DataStream.broadcast(). */
export class BroadcastStream<in out F extends Fields> {
  readonly stream: LogicalStream
  /** The states that its rows may change. */
  readonly descriptors: readonly MapStateDescriptor<unknown, unknown>[]
  /** The columns, at compile time. */
  declare readonly fields: F

  constructor(stream: LogicalStream, descriptors: readonly MapStateDescriptor<unknown, unknown>[]) {
    this.stream = stream
    this.descriptors = descriptors
  }
}

interface Made<G extends Fields> {
  readonly inputs: readonly ProcessInput[]
  readonly closure: unknown
  readonly schema: G | undefined
  readonly options: FunctionOptions
}

const plan = <G extends Fields>(
  what: { readonly call: string; readonly name: string; readonly function: string },
  { inputs, closure, schema, options }: Made<G>,
  wrap: Wrap,
): DataStream<G> =>
  atCallSite(what.call, (location) =>
    wrap(planProcess({ ...what, inputs, closure, schema, options, location })),
  )

const sides = (
  [first, second]: readonly [ConnectedSide, ConnectedSide],
  methods: readonly string[],
) => [
  { ...first, method: methods[0]! },
  { ...second, method: methods[1]! },
]

const PROCESS_METHODS = ['processElement1', 'processElement2'] as const

const coMap = <G extends Fields>(
  pair: readonly [ConnectedSide, ConnectedSide],
  made: Omit<Made<G>, 'inputs'>,
  wrap: Wrap,
): DataStream<G> =>
  plan(
    { call: 'map', name: 'Co-Map', function: 'CoMapFunction' },
    { ...made, closure: coMapFunction(made.closure), inputs: sides(pair, PROCESS_METHODS) },
    wrap,
  )

const coFlatMap = <G extends Fields>(
  pair: readonly [ConnectedSide, ConnectedSide],
  made: Omit<Made<G>, 'inputs'>,
  wrap: Wrap,
): DataStream<G> =>
  plan(
    { call: 'flatMap', name: 'Co-Flat-Map', function: 'CoFlatMapFunction' },
    { ...made, closure: coFlatMapFunction(made.closure), inputs: sides(pair, PROCESS_METHODS) },
    wrap,
  )

/** Two streams for one function. Made by DataStream.connect(). */
export class ConnectedStreams<in out F1 extends Fields, in out F2 extends Fields> {
  readonly #sides: readonly [ConnectedSide, ConnectedSide]
  readonly #wrap: Wrap

  constructor(first: LogicalStream, second: LogicalStream, wrap: Wrap) {
    this.#sides = [
      { stream: first, keys: [] },
      { stream: second, keys: [] },
    ]
    this.#wrap = wrap
  }

  /**
   * Groups both by keys of the same types: rows of one key meet in one subtask.
   * @param first the first stream's key columns   @param second as many of the second's
   * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH for a type that is no key
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const keyed = env
   *   .fromCollection([{ id: 'a', n: 1 }])
   *   .connect(env.fromCollection([{ key: 'a', on: true }]))
   *   .keyBy('id', 'key')
   * const rows = keyed.map({ map1: ({ id, n }) => ({ id, n }), map2: ({ key }) => ({ id: key, n: 0 }) })
   * for await (const row of rows.collect()) console.log(row.id, row.n)
   */
  keyBy<const K1 extends NamesOf<F1>, const K2 extends NamesOf<F2>>(
    first: K1 | readonly K1[],
    second: K2 | readonly K2[],
  ): KeyedConnectedStreams<F1, F2, K1> {
    return atCallSite('keyBy', () => {
      const [a, b] = this.#sides
      const keys = [[first].flat(), [second].flat()] as [string[], string[]]
      checkKeys(keys[0], a.stream.visible)
      checkKeys(keys[1], b.stream.visible)
      return new KeyedConnectedStreams<F1, F2, K1>(
        { stream: a.stream, keys: keys[0] },
        { stream: b.stream, keys: keys[1] },
        this.#wrap,
      )
    })
  }

  /**
   * One row for each row of either stream.
   * @param fn a CoMapFunction: its class or an object
   * @param schema the columns of the rows it makes; without it, they are those of the first stream
   * @param options what happens to a row at which the function throws
   * @throws CONFIG_INVALID; USER_CODE_FAILED, TYPE_MISMATCH when the job runs
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env
   *   .fromCollection([{ n: 1 }])
   *   .connect(env.fromCollection([{ text: '2' }]))
   *   .map({ map1: (row) => row, map2: ({ text }) => ({ n: Number(text) }) })
   * for await (const row of rows.collect()) console.log(row.n)
   */
  map<G extends Fields = F1>(
    fn: FunctionOf<CoMapFunction<RowOf<F1>, RowOf<F2>, RowOf<NoInfer<G>>>>,
    schema?: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    return coMap(this.#sides, { closure: fn, schema, options }, this.#wrap)
  }

  /** Any rows for each row of either stream; otherwise as map(). */
  flatMap<G extends Fields = F1>(
    fn: FunctionOf<CoFlatMapFunction<RowOf<F1>, RowOf<F2>, RowOf<NoInfer<G>>>>,
    schema?: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    return coFlatMap(this.#sides, { closure: fn, schema, options }, this.#wrap)
  }

  /**
   * Any rows for each row of either stream, by a function with a context.
   * @param fn a CoProcessFunction: its class, a factory, or an object
   * @param schema the columns of the rows it emits; without it, they are those of the first stream
   * @param options what happens to a row at which the function throws
   * @throws CONFIG_INVALID; USER_CODE_FAILED, TYPE_MISMATCH when the job runs
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env
   *   .fromCollection([{ n: 1 }])
   *   .connect(env.fromCollection([{ m: 2 }]))
   *   .process({
   *     processElement1: (row, context, out) => out.collect(row),
   *     processElement2: ({ m }, context, out) => out.collect({ n: m }),
   *   })
   * for await (const row of rows.collect()) console.log(row.n)
   */
  process<G extends Fields = F1>(
    fn: FunctionOf<CoProcessFunction<RowOf<F1>, RowOf<F2>, RowOf<NoInfer<G>>>>,
    schema?: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    const what = { call: 'process', name: 'Co-Process', function: 'CoProcessFunction' }
    const inputs = sides(this.#sides, PROCESS_METHODS)
    return plan(what, { inputs, closure: fn, schema, options }, this.#wrap)
  }
}

/** Two streams by one key. `K` names the first stream's key columns. */
export class KeyedConnectedStreams<
  in out F1 extends Fields,
  in out F2 extends Fields,
  in out K extends string,
> {
  readonly #sides: readonly [ConnectedSide, ConnectedSide]
  readonly #wrap: Wrap

  constructor(first: ConnectedSide, second: ConnectedSide, wrap: Wrap) {
    this.#sides = [first, second]
    this.#wrap = wrap
  }

  /** As ConnectedStreams.map(); the function may have keyed state, which both streams share. */
  map<G extends Fields = F1>(
    fn: FunctionOf<CoMapFunction<RowOf<F1>, RowOf<F2>, RowOf<NoInfer<G>>>>,
    schema?: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    return coMap(this.#sides, { closure: fn, schema, options }, this.#wrap)
  }

  /** Any rows for each row of either stream; otherwise as map(). */
  flatMap<G extends Fields = F1>(
    fn: FunctionOf<CoFlatMapFunction<RowOf<F1>, RowOf<F2>, RowOf<NoInfer<G>>>>,
    schema?: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    return coFlatMap(this.#sides, { closure: fn, schema, options }, this.#wrap)
  }

  /**
   * Any rows for each row of either stream, by a function with state and timers that both share by key.
   * @param fn a KeyedCoProcessFunction: its class, a factory, or an object
   * @param schema the columns of the rows it emits; without it, they are those of the first stream
   * @param options what happens to a row at which the function throws
   * @throws CONFIG_INVALID; USER_CODE_FAILED, TYPE_MISMATCH when the job runs
   * @example
   * import { bool, StreamExecutionEnvironment, valueStateDescriptor } from 'millrace'
   * const blocked = valueStateDescriptor('blocked', bool(), { default: false })
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env
   *   .fromCollection([{ user: 'a', page: 'x' }])
   *   .keyBy('user')
   *   .connect(env.fromCollection([{ name: 'b' }]).keyBy('name'))
   *   .process({
   *     processElement1(row, context, out) {
   *       if (!context.getState(blocked).value()) out.collect(row)
   *     },
   *     processElement2: (row, context) => context.getState(blocked).update(true),
   *   })
   * for await (const row of rows.collect()) console.log(row.user, row.page)
   */
  process<G extends Fields = F1>(
    fn: FunctionOf<KeyedCoProcessFunction<KeyOf<F1, K>, RowOf<F1>, RowOf<F2>, RowOf<NoInfer<G>>>>,
    schema?: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    const what = { call: 'process', name: 'Co-Process', function: 'KeyedCoProcessFunction' }
    const inputs = sides(this.#sides, PROCESS_METHODS)
    return plan(what, { inputs, closure: fn, schema, options }, this.#wrap)
  }
}

const BROADCAST_METHODS = ['processElement', 'processBroadcastElement'] as const

const broadcastInputs = (first: ConnectedSide, { stream }: BroadcastStream<Fields>) => {
  const second = { stream, keys: [], broadcast: true } as const
  return sides([first, second], BROADCAST_METHODS)
}

/** A stream and a broadcast stream. Made by DataStream.connect(). */
export class BroadcastConnectedStream<in out F extends Fields, in out B extends Fields> {
  readonly #stream: LogicalStream
  readonly #broadcast: BroadcastStream<B>
  readonly #wrap: Wrap

  constructor(stream: LogicalStream, broadcast: BroadcastStream<B>, wrap: Wrap) {
    this.#stream = stream
    this.#broadcast = broadcast
    this.#wrap = wrap
  }

  /**
   * Any rows for each row, by a function that reads what the broadcast rows have put into broadcast state.
   * @param fn a BroadcastProcessFunction: its class, a factory, or an object
   * @param schema the columns of the rows it emits; without it, they are those of the first stream
   * @param options what happens to a row at which the function throws
   * @throws CONFIG_INVALID; USER_CODE_FAILED, TYPE_MISMATCH when the job runs
   * @example
   * import { float64, mapStateDescriptor, StreamExecutionEnvironment, utf8 } from 'millrace'
   * const rates = mapStateDescriptor('rates', utf8(), float64())
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env
   *   .fromCollection([{ currency: 'EUR', amount: 3 }])
   *   .connect(env.fromCollection([{ currency: 'EUR', rate: 1.1 }]).broadcast(rates))
   *   .process({
   *     processElement({ currency, amount }, context, out) {
   *       const rate = context.getBroadcastState(rates).get(currency)
   *       out.collect({ currency, amount: amount * (rate ?? 1) })
   *     },
   *     processBroadcastElement({ currency, rate }, context) {
   *       context.getBroadcastState(rates).put(currency, rate)
   *     },
   *   })
   * for await (const row of rows.collect()) console.log(row.currency, row.amount)
   */
  process<G extends Fields = F>(
    fn: FunctionOf<BroadcastProcessFunction<RowOf<F>, RowOf<B>, RowOf<NoInfer<G>>>>,
    schema?: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    const what = { call: 'process', name: 'Broadcast', function: 'BroadcastProcessFunction' }
    const first = { stream: this.#stream, keys: [] }
    const inputs = broadcastInputs(first, this.#broadcast as unknown as BroadcastStream<Fields>)
    return plan(what, { inputs, closure: fn, schema, options }, this.#wrap)
  }
}

/** A keyed stream and a broadcast stream. Made by KeyedStream.connect(). */
export class KeyedBroadcastConnectedStream<
  in out F extends Fields,
  in out B extends Fields,
  in out K extends string,
> {
  readonly #side: ConnectedSide
  readonly #broadcast: BroadcastStream<B>
  readonly #wrap: Wrap

  constructor(side: ConnectedSide, broadcast: BroadcastStream<B>, wrap: Wrap) {
    this.#side = side
    this.#broadcast = broadcast
    this.#wrap = wrap
  }

  /** As BroadcastConnectedStream.process(), with state and timers by key. */
  process<G extends Fields = F>(
    fn: FunctionOf<
      KeyedBroadcastProcessFunction<KeyOf<F, K>, RowOf<F>, RowOf<B>, RowOf<NoInfer<G>>>
    >,
    schema?: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    const what = { call: 'process', name: 'Broadcast', function: 'KeyedBroadcastProcessFunction' }
    const inputs = broadcastInputs(
      this.#side,
      this.#broadcast as unknown as BroadcastStream<Fields>,
    )
    return plan(what, { inputs, closure: fn, schema, options }, this.#wrap)
  }
}
