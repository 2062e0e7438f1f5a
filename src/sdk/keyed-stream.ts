// A stream by key: what keyBy() gives. Rows of one key go to one subtask; nothing is moved until an
// operator needs it.
import { type Fields, type RowOf, struct } from '../columnar/type.ts'
import {
  filterFunction,
  flatMapFunction,
  mapFunction,
  reduceFunction,
} from '../operators/function-adapters.ts'
import type {
  Collector,
  FlatMapped,
  KeyedProcessFunction,
  ReduceFunction,
  RichFilterFunction,
  RichFlatMapFunction,
  RichMapFunction,
} from '../operators/functions.ts'
import type { CountWindowSpec, WindowSpec } from '../operators/window-spec.ts'
import type { Aggregate, AggregateResult } from './aggregate.ts'
import { atCallSite } from './call-site.ts'
import {
  type DeduplicateOptions,
  planDeduplicate,
  planGroupAggregate,
  planTopN,
  type StateOptions,
  type TopNOptions,
} from './changelog-planning.ts'
import type { ColumnsOf } from './column.ts'
import { columnsOf } from './column-expression.ts'
import {
  BroadcastStream,
  KeyedBroadcastConnectedStream,
  KeyedConnectedStreams,
} from './connected-streams.ts'
import type { DataStream } from './data-stream.ts'
import { IntervalJoin } from './joined-streams.ts'
import { noKeyedStream } from './given.ts'
import type { LogicalStream } from './logical-stream.ts'
import { checkedFrame, type OverOptions } from './over-planning.ts'
import { OverStream } from './over-stream.ts'
import { type FunctionOptions, planProcess, type ProcessRequest } from './process-planning.ts'
import type {
  AsFields,
  Flat,
  FunctionOf,
  KeyOf,
  NamesOf,
  ObjectOf,
  RankedFields,
} from './row-types.ts'
import { valueStateDescriptor } from './state-descriptor.ts'
import { countWindowOf, type DynamicSession } from './window.ts'
import { windowSettings } from './window-planning.ts'
import { type BoundsOf, WindowedStream, type Wrap } from './windowed-stream.ts'

/** The columns of an aggregation without windows: the keys, the aggregates. */
export type GroupFields<F extends Fields, K extends string, A> = Flat<
  Pick<F, K & keyof F> & { [N in keyof A & string]: AggregateResult<F, A[N]> }
>

/** A stream whose rows are grouped by the columns `K`. Made by DataStream.keyBy(). */
export class KeyedStream<in out F extends Fields, in out K extends string> {
  readonly #stream: LogicalStream
  readonly #keys: readonly string[]
  readonly #wrap: Wrap

  constructor(stream: LogicalStream, keys: readonly string[], wrap: Wrap) {
    this.#stream = stream
    this.#keys = keys
    this.#wrap = wrap
  }

  /**
   * Groups each key's rows by windows. Windows by event time need assignWatermarks().
   * @param window tumble(...), slide(...), cumulate(...), session(...) or globalWindow()
   * @example
   * import { StreamExecutionEnvironment, sum, timestamp, tumble, int32, utf8 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const schema = { time: timestamp('ms'), shop: utf8(), items: int32() }
   * const sold = env
   *   .fromCollection([{ time: 0, shop: 'a', items: 3 }], { schema })
   *   .assignWatermarks('time')
   *   .keyBy('shop')
   *   .window(tumble('1h'))
   *   .aggregate({ items: sum('items') })
   * for await (const row of sold.collect()) console.log(row.shop, row.items)
   */
  window(window: DynamicSession<RowOf<F>>): WindowedStream<F, K>
  window<W extends WindowSpec>(window: W): WindowedStream<F, K, BoundsOf<W>>
  window(window: WindowSpec | DynamicSession<RowOf<F>>): WindowedStream<F, K> {
    return atCallSite(
      'window',
      () => new WindowedStream(this.#stream, windowSettings(this.#keys, window), this.#wrap),
    )
  }

  /**
   * Groups each key's rows by their number: a window is the last `size` rows of a key, one every `slide`
   * rows. The first ones of a key have fewer when the slide is less than the size. Rows that fill no window
   * are not emitted, as in Flink.
   * @param size rows of a window, 1 or more
   * @param slide rows from one window's end to the next; at most the size, which it is unless said
   * @throws CONFIG_INVALID; at aggregate() also for windows of more than 4,096 parts
   * @example
   * import { float64, mean, StreamExecutionEnvironment, utf8 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const schema = { sensor: utf8(), heat: float64() }
   * const lastTwo = env
   *   .fromCollection([{ sensor: 'a', heat: 20 }, { sensor: 'a', heat: 22 }], { schema })
   *   .keyBy('sensor')
   *   .countWindow(2, 1)
   *   .aggregate({ heat: mean('heat') })
   * for await (const row of lastTwo.collect()) console.log(row.sensor, row.heat)
   */
  countWindow(size: number, slide?: number): WindowedStream<F, K, BoundsOf<CountWindowSpec>> {
    return atCallSite('countWindow', () => this.window(countWindowOf(size, slide)))
  }

  /**
   * Any rows for each, by a function with state and timers for each key.
   * @param fn a KeyedProcessFunction: its class, a factory, or an object
   * @param schema the columns of the rows it emits; without it, they are those that it gets
   * @param options what happens to a row at which the function throws
   * @throws CONFIG_INVALID for what is no such function; USER_CODE_FAILED, TYPE_MISMATCH when the job runs
   * @example
   * import { int32, StreamExecutionEnvironment, utf8, valueStateDescriptor } from 'millrace'
   * const total = valueStateDescriptor('total', int32(), { default: 0 })
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const totals = env
   *   .fromCollection([{ shop: 'a', items: 3 }], { schema: { shop: utf8(), items: int32() } })
   *   .keyBy('shop')
   *   .process({
   *     processElement({ shop, items }, context, out) {
   *       const state = context.getState(total)
   *       state.update(state.value() + items)
   *       out.collect({ shop, items: state.value() })
   *     },
   *   })
   * for await (const row of totals.collect()) console.log(row.shop, row.items)
   */
  process<G extends Fields = F>(
    fn: FunctionOf<KeyedProcessFunction<KeyOf<F, K>, RowOf<F>, RowOf<NoInfer<G>>>>,
    schema?: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    const what = { call: 'process', name: 'Process', function: 'KeyedProcessFunction' }
    return this.#process(what, { closure: fn, schema, options })
  }

  /**
   * One row for each, by a function that may have keyed state (in open(), from its context).
   * @param fn a function of a row, or a RichMapFunction: its class or an object
   * @param schema the columns of the rows it makes; without it, they are those that it gets
   * @param options what happens to a row at which the function throws
   * @throws CONFIG_INVALID; USER_CODE_FAILED, TYPE_MISMATCH when the job runs
   * @example
   * import { int32, type RuntimeContext, StreamExecutionEnvironment } from 'millrace'
   * import { type ValueState, valueStateDescriptor } from 'millrace'
   * const seen = valueStateDescriptor('seen', int32(), { default: 0 })
   * class Numbered {
   *   seen: ValueState<number, never> | undefined
   *   open(context: RuntimeContext) {
   *     this.seen = context.getState(seen)
   *   }
   *   map({ user }: { user: string }) {
   *     const n = this.seen!.value() + 1
   *     this.seen!.update(n)
   *     return { user: `${user} ${n}` }
   *   }
   * }
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env.fromCollection([{ user: 'a' }, { user: 'a' }]).keyBy('user').map(Numbered)
   * for await (const row of rows.collect()) console.log(row.user)
   */
  map<G extends Fields = F>(
    fn:
      | ((row: RowOf<F>) => RowOf<NoInfer<G>>)
      | ObjectOf<RichMapFunction<RowOf<F>, RowOf<NoInfer<G>>>>,
    schema?: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    const what = { call: 'map', name: 'Map', function: 'map' }
    return this.#process(what, { closure: mapFunction(fn), schema, options })
  }

  /** Any number of rows for each; otherwise as map(). */
  flatMap<G extends Fields = F>(
    fn:
      | ((row: RowOf<F>, out: Collector<RowOf<NoInfer<G>>>) => FlatMapped<RowOf<NoInfer<G>>>)
      | ObjectOf<RichFlatMapFunction<RowOf<F>, RowOf<NoInfer<G>>>>,
    schema?: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    const what = { call: 'flatMap', name: 'Flat map', function: 'flatMap' }
    return this.#process(what, { closure: flatMapFunction(fn), schema, options })
  }

  /** Keeps the rows for which a function, which may have keyed state, is true; otherwise as map(). */
  filter(
    fn: ((row: RowOf<F>) => boolean) | ObjectOf<RichFilterFunction<RowOf<F>>>,
    options: FunctionOptions = {},
  ): DataStream<F> {
    const what = { call: 'filter', name: 'Filter', function: 'filter' }
    return this.#process<F>(what, { closure: filterFunction(fn), schema: undefined, options })
  }

  /**
   * The rows of a key so far as one: for each row that comes the result up to it, as Flink does in a
   * stream. The last row of a key is the result of all; for final rows only, use a window or aggregate().
   * @param fn makes one row of two: of the result so far and the next row
   * @param options what happens to a row at which the function throws
   * @throws USER_CODE_FAILED, TYPE_MISMATCH when the job runs
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const totals = env
   *   .fromCollection([{ shop: 'a', n: 1 }, { shop: 'a', n: 2 }])
   *   .keyBy('shop')
   *   .reduce((a, b) => ({ shop: a.shop, n: a.n + b.n }))
   * for await (const row of totals.collect()) console.log(row.shop, row.n)
   */
  reduce(
    fn: ((a: RowOf<F>, b: RowOf<F>) => RowOf<F>) | ObjectOf<ReduceFunction<RowOf<F>>>,
    options: FunctionOptions = {},
  ): DataStream<F> {
    const what = { call: 'reduce', name: 'Reduce', function: 'reduce' }
    const state = valueStateDescriptor('reduced', struct(this.#stream.visible.toFields()))
    return this.#process<F>(what, {
      closure: reduceFunction(fn, state),
      schema: undefined,
      options,
    })
  }

  /**
   * This stream and another for one function: by key both, with state that they share; or with a broadcast
   * stream, whose rows every subtask gets.
   * @param other a stream keyed by the same types, or what broadcast() gave
   * @throws TYPE_MISMATCH, from the function's call, for keys of other types
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env
   *   .fromCollection([{ id: 'a', n: 1 }])
   *   .keyBy('id')
   *   .connect(env.fromCollection([{ name: 'a', m: 2 }]).keyBy('name'))
   *   .map({ map1: (row) => row, map2: ({ name, m }) => ({ id: name, n: m }) })
   * for await (const row of rows.collect()) console.log(row.id, row.n)
   */
  connect<G extends Fields, L extends string>(
    other: KeyedStream<G, L>,
  ): KeyedConnectedStreams<F, G, K>
  connect<B extends Fields>(other: BroadcastStream<B>): KeyedBroadcastConnectedStream<F, B, K>
  connect<G extends Fields>(
    other: KeyedStream<G, string> | BroadcastStream<G>,
  ): KeyedConnectedStreams<F, G, K> | KeyedBroadcastConnectedStream<F, G, K> {
    const side = { stream: this.#stream, keys: this.#keys }
    if (other instanceof BroadcastStream) {
      return new KeyedBroadcastConnectedStream<F, G, K>(side, other, this.#wrap)
    }
    if (!(other instanceof KeyedStream)) throw noKeyedStream(other)
    const second = { stream: other.#stream, keys: other.#keys }
    return new KeyedConnectedStreams<F, G, K>(side, second, this.#wrap)
  }

  /**
   * This stream and another, joined where the times of two rows of one key lie in an interval of each other:
   * intervalJoin(right).between('-5s', '10s'), and then process() or select().
   * @param right a stream keyed by the same types; both need event time (assignWatermarks)
   * @throws TYPE_MISMATCH, from process() or select(), for keys of other types
   */
  intervalJoin<R extends Fields, N extends string>(right: KeyedStream<R, N>): IntervalJoin<F, R> {
    return atCallSite('intervalJoin', () => {
      if (!(right instanceof KeyedStream)) throw noKeyedStream(right)
      const sides = [
        { stream: this.#stream, keys: this.#keys },
        { stream: right.#stream, keys: right.#keys },
      ] as const
      return new IntervalJoin<F, R>(sides, this.#wrap)
    })
  }

  #process<G extends Fields>(
    what: { readonly call: string; readonly name: string; readonly function: string },
    made: Pick<ProcessRequest, 'closure' | 'options'> & { readonly schema: G | undefined },
  ): DataStream<G> {
    return atCallSite(what.call, (location) => {
      const input = { stream: this.#stream, keys: this.#keys, method: 'processElement' }
      return this.#wrap(planProcess({ ...what, ...made, inputs: [input], location }))
    })
  }

  /**
   * Aggregates over all rows of a key so far, without windows: an updating stream of one row a key, the key
   * columns and the aggregates by name. A batch of rows gives the net change of a key: first an insertion,
   * later an update, nothing when the results are as before. Over an updating stream rows are taken back,
   * too, and a key without rows is deleted. min(), max(), any(), all(), first() and last() then keep all
   * values of a key; of equal values the first that came is the one that is taken back.
   * @param aggregates count(), sum(), min(), max(), mean(), first(), last() by name; or a callback that
   *   gives them over the stream's columns
   * @param options `ttl`: how long a key is kept for which nothing comes, by processing time; not over an
   *   updating stream
   * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, SCHEMA_MISMATCH; UNSUPPORTED for what cannot take rows back
   * @example
   * import { count, max, StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const bids = [{ auction: 1, price: 80 }, { auction: 1, price: 120 }, { auction: 2, price: 5 }]
   * const auctions = env
   *   .fromCollection(bids)
   *   .keyBy('auction')
   *   .aggregate({ bids: count(), highest: max('price') })
   * for await (const row of auctions.materialize().collect()) console.log(row.auction, row.highest)
   */
  aggregate<const A extends { readonly [name: string]: Aggregate<F> }>(
    aggregates: A | ((r: ColumnsOf<F>) => A),
    options: StateOptions = {},
  ): DataStream<AsFields<GroupFields<F, K, A>>> {
    return atCallSite('aggregate', (location) => {
      const stream = this.#stream
      const given =
        typeof aggregates === 'function' ? aggregates(columnsOf<F>(stream.schema)) : aggregates
      const request = { keys: this.#keys, aggregates: given, options }
      return this.#wrap(planGroupAggregate(stream, request, location))
    })
  }

  /**
   * Windows that end at each row: aggregate() then gives a row for each row, with aggregates of the rows of
   * its key up to it. By event time rows go out in order of time when the watermark has passed them, and
   * rows that come later are dropped and counted; else they go out as they come.
   * @param options `orderBy`: 'time' (event time) or 'arrival' (unless said); `rows`: the last so many, this
   *   one included; `range`: those at most so much earlier, and all of the same time. Neither: all rows so
   *   far, by time also those of the same time (`rows: 'unbounded'` leaves out those that came later)
   * @throws CONFIG_INVALID; GRAPH_INVALID for an updating stream, or without event time
   * @example
   * import { count, max, StreamExecutionEnvironment, timestamp, utf8, int32 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const schema = { time: timestamp('ms'), shop: utf8(), price: int32() }
   * const sales = env
   *   .fromCollection([{ time: 0, shop: 'a', price: 3 }, { time: 9, shop: 'a', price: 2 }], { schema })
   *   .assignWatermarks('time')
   *   .keyBy('shop')
   *   .over({ orderBy: 'time', range: '1h' })
   *   .aggregate({ sold: count(), highest: max('price') })
   * for await (const row of sales.collect()) console.log(row.shop, row.price, row.highest)
   */
  over(options: OverOptions): OverStream<F> {
    return atCallSite('over', () => {
      checkedFrame(this.#stream, options)
      return new OverStream(this.#stream, { keys: this.#keys, options }, this.#wrap)
    })
  }

  /**
   * One row a key. The first in order of arrival goes out as it comes and stays; the last, and the first by
   * event time, may be replaced later: those give an updating stream.
   * @param options `keep`: 'first' or 'last'; `by`: 'arrival' (unless said) or 'time', the event time (of
   *   equal times the first, or last, to arrive); `ttl`: how long a key is kept for which nothing comes
   * @throws GRAPH_INVALID without event time, or for an updating stream; CONFIG_INVALID
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const bids = env.fromCollection([{ auction: 1, price: 80 }, { auction: 1, price: 120 }])
   * const latest = bids.keyBy('auction').deduplicate({ keep: 'last' })
   * for await (const row of latest.materialize().collect()) console.log(row.auction, row.price)
   */
  deduplicate(options: DeduplicateOptions): DataStream<F> {
    return atCallSite('deduplicate', (location) =>
      this.#wrap(planDeduplicate(this.#stream, this.#keys, options, location)),
    )
  }

  /**
   * The first n rows of each key in an order, as they change: an updating stream. A row that is pushed out is
   * deleted; with a rank, rows that move are updated. Rows that are equal in the order stand as they came.
   * @param n how many rows of a key
   * @param options `by`: the order, of asc() and desc(); `rank`: a column for a row's place, from 1 on;
   *   `ties`: rows equal to the last one count, too, and equal rows have one rank; `ttl`: how long a key is
   *   kept for which nothing comes, by processing time
   * @throws CONFIG_INVALID, COLUMN_NOT_FOUND, TYPE_MISMATCH for what has no order; SCHEMA_MISMATCH when the
   *   rank's name is taken
   * @example
   * import { desc, StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const bids = env.fromCollection([{ auction: 1, price: 80 }, { auction: 1, price: 120 }])
   * const best = bids.keyBy('auction').topN(2, { by: [desc('price')], rank: 'place' })
   * for await (const row of best.materialize().collect()) console.log(row.place, row.price)
   */
  topN<R extends string = never>(
    n: number,
    options: TopNOptions<NamesOf<F>, R>,
  ): DataStream<AsFields<RankedFields<F, R>>> {
    return atCallSite('topN', (location) =>
      this.#wrap(planTopN(this.#stream, this.#keys, { ...options, limit: n }, location)),
    )
  }
}
