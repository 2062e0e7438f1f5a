// DataStream: a stream of rows with the columns `F`, and what can be done to it. Methods that take column
// expressions (where, select, keyBy, ...) are compiled to kernels; those that take functions of rows
// (filter, map, flatMap) make an object a row, and explain() says so.
//
// D1  A method gives a new stream and leaves this one as it was; a stream may be used many times.
// D2  Each call notes where it stands in the user's code: errors and plans say it.
//
// The methods stand in this order (a test holds the list):
//
//   columns     where select withColumn drop
//   rows        filter map flatMap process asyncMap
//   streams     connect union
//   keys        keyBy windowAll countWindowAll
//   subtasks    rebalance shuffle rescale broadcast global forward partitionCustom
//   time        assignWatermarks assignTimestampsAndWatermarks
//   joins       lookupJoin join coGroup windowJoin intervalJoin temporalJoin
//   tags        getSideOutput
//   changelogs  aggregate topN distinct toChangelog toUpsert materialize
//   sinks       sinkTo addSink print collect
//   settings    setName setParallelism uid setMaxParallelism slotSharingGroup startNewChain disableChaining
import { DataflowError } from '../base/errors.ts'
import type { Expression } from '../columnar/expression.ts'
import { expressionType } from '../columnar/expression-type.ts'
import { Schema } from '../columnar/schema.ts'
import {
  type Bool,
  type DataType,
  type Fields,
  type RowOf,
  type Timestamp,
  typeName,
} from '../columnar/type.ts'
import type { SinkSpec, SourceSpec } from '../connectors/connector.ts'
import { plainColumns } from '../graph/stream-graph.ts'
import { filterFunction, flatMapFunction, mapFunction } from '../operators/function-adapters.ts'
import { isClass } from '../operators/function-instance.ts'
import type {
  Collector,
  FlatMapped,
  ProcessFunction,
  RichFilterFunction,
  RichFlatMapFunction,
  RichMapFunction,
} from '../operators/functions.ts'
import type { OperatorSpec } from '../operators/operator-spec.ts'
import type { CountWindowSpec, WindowSpec } from '../operators/window-spec.ts'
import type { Aggregate } from './aggregate.ts'
import {
  type AsyncLookup,
  type AsyncLookupOptions,
  isAsyncLookup,
  planAsyncLookup,
} from './async-lookup.ts'
import {
  type AsyncFunctionOf,
  type AsyncOptions,
  type AsyncRequest,
  planAsyncMap,
} from './async-planning.ts'
import { atCallSite } from './call-site.ts'
import {
  planDistinct,
  planGroupAggregate,
  planMaterialize,
  planToChangelog,
  planTopN,
  planUpsert,
  type TopNOptions,
} from './changelog-planning.ts'
import { CollectedRows } from './collected-rows.ts'
import type { Column, ColumnsOf } from './column.ts'
import { bindColumn, columnsOf, ExpressionColumn } from './column-expression.ts'
import { checkFunction, checkOptions, isRecord, optionNames, shown } from './given.ts'
import type { JoinType } from '../operators/join-spec.ts'
import type {
  IntervalBounds,
  IntervalJoinOptions,
  JoinFields,
  JoinOptions,
  JoinRequest,
  RegularJoinOptions,
  WindowJoinFields,
  WindowJoinOptions,
} from './join.ts'
import { JoinedStreams } from './joined-streams.ts'
import { planIntervalJoin, planJoin, planTemporalJoin, planWindowJoin } from './join-planning.ts'
import { type GroupFields, KeyedStream } from './keyed-stream.ts'
import { EVENT_TIME, type LogicalStream, refuseUpdating } from './logical-stream.ts'
import { BroadcastConnectedStream, BroadcastStream, ConnectedStreams } from './connected-streams.ts'
import {
  type JoinedFields,
  type JoinKind,
  type LookupOptions,
  type LookupRequest,
  planLookup,
  type Take,
} from './lookup.ts'
import { checkTag, type OutputTag } from './output-tag.ts'
import { type FunctionOptions, planProcess, type ProcessRequest } from './process-planning.ts'
import type {
  AsFields,
  ChangelogFields,
  FieldsOf,
  Flat,
  FunctionOf,
  NamesOf,
  RankedFields,
  UpsertKey,
  ObjectOf,
  WithFields,
} from './row-types.ts'
import {
  addPrint,
  addSink,
  type PrintSettings,
  type Sinkable,
  type StreamSink,
} from './stream-sink.ts'
import { positiveTimeSpanMs, type TimeSpan } from './time-span.ts'
import { planWatermarks } from './watermark-planning.ts'
import { checkStrategy, outOfOrdernessMs, type WatermarkStrategy } from './watermark-strategy.ts'
import { countWindowOf, type DynamicSession, type TimeWindow } from './window.ts'
import { checkKeys, windowSettings } from './window-planning.ts'
import { type BoundsOf, WindowedStream, type Wrap } from './windowed-stream.ts'

/** How a stream's watermarks follow its event times. */
export interface WatermarkOptions {
  /** How far behind the latest row another may come and still count; a time span, 0 unless said. */
  readonly maxOutOfOrderness?: TimeSpan
  /** After so long without rows nobody waits for a subtask; processing time, off unless said. */
  readonly idleness?: TimeSpan
}

type Columns = Readonly<Record<string, Column>>

export class DataStream<in out F extends Fields> {
  readonly #stream: LogicalStream

  /** Streams are made by the environment and by other streams. */
  constructor(stream: LogicalStream) {
    this.#stream = stream
  }

  /** The columns, as they are when the job is built. */
  get schema(): Schema {
    return this.#stream.visible
  }

  /**
   * Keeps the rows for which a column expression is true (not false, not null).
   * @param predicate a callback that gives a bool expression, or the expression
   * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const dear = env.fromCollection([{ price: 80 }, { price: 120 }]).where((r) => r.price.gt(100))
   * for await (const row of dear.collect()) console.log(row.price)
   */
  where(predicate: Column<Bool> | ((r: ColumnsOf<F>) => Column<Bool>)): DataStream<F> {
    return atCallSite('where', (location) => {
      const expression = this.#bind(predicate)
      const type = expressionType(expression, this.#stream.schema)
      if (type.kind !== 'bool') {
        throw new DataflowError('TYPE_MISMATCH', `a predicate is bool, not ${typeName(type)}`)
      }
      return new DataStream(
        this.#stream.append({
          spec: { kind: 'where', predicate: expression },
          name: 'Where',
          ...at(location),
        }),
      )
    })
  }

  /**
   * Exactly these columns, computed from this stream's.
   * @param columns a callback that gives an expression for each new column, by name
   * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, SCHEMA_MISMATCH
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const bids = env.fromCollection([{ auction: 1, price: 100 }])
   * const euros = bids.select((r) => ({ auction: r.auction, eur: r.price.mul(0.908) }))
   * for await (const row of euros.collect()) console.log(row.eur)
   */
  select<S extends Columns>(columns: (r: ColumnsOf<F>) => S): DataStream<AsFields<FieldsOf<S>>> {
    return atCallSite('select', (location) => {
      const named = this.#named('select()', columns)
      return new DataStream(this.#stream.select(named, location))
    })
  }

  /**
   * Adds a column, or replaces the one of that name in its place.
   * @param name the column's name
   * @param value a callback that gives its expression
   * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, SCHEMA_MISMATCH
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const bids = env.fromCollection([{ price: 100 }]).withColumn('eur', (r) => r.price.mul(0.908))
   * for await (const row of bids.collect()) console.log(row.price, row.eur)
   */
  withColumn<N extends string, T extends DataType>(
    name: N,
    value: (r: ColumnsOf<F>) => Column<T>,
  ): DataStream<AsFields<WithFields<F, { [K in N]: T }>>> {
    return atCallSite('withColumn', (location) => {
      checkFunction(value, 'withColumn()', "'name', (r) => r.column")
      const named = this.#named('withColumn()', (r) => ({ [name]: value(r) }))
      return new DataStream(this.#stream.withColumns(named, location))
    })
  }

  /**
   * All columns but these.
   * @param names the columns that go
   * @throws COLUMN_NOT_FOUND
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env.fromCollection([{ name: 'a', secret: 'x' }]).drop('secret')
   * for await (const row of rows.collect()) console.log(row)
   */
  drop<K extends NamesOf<F>>(...names: readonly K[]): DataStream<AsFields<Flat<Omit<F, K>>>> {
    return atCallSite('drop', (location) => {
      const { visible } = this.#stream
      for (const name of names) visible.indexOf(name)
      const kept = visible.names.filter((name) => !(names as readonly string[]).includes(name))
      if (kept.length === 0) throw new DataflowError('SCHEMA_MISMATCH', 'drop() leaves no column')
      return new DataStream(this.#stream.select(plainColumns(kept), location))
    })
  }

  /**
   * Keeps the rows for which a function is true. It makes an object a row: where() is many times faster.
   * @param predicate a function of a row, or a RichFilterFunction: its class or an object
   * @param options what happens to a row at which it throws
   * @throws USER_CODE_FAILED, when the job runs, for what the function throws
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const words = env.fromCollection([{ word: 'level' }, { word: 'other' }])
   * const palindromes = words.filter(({ word }) => word === [...word].reverse().join(''))
   * for await (const row of palindromes.collect()) console.log(row.word)
   */
  filter(
    predicate: ((row: RowOf<F>) => boolean) | ObjectOf<RichFilterFunction<RowOf<F>>>,
    options: FunctionOptions = {},
  ): DataStream<F> {
    if (isRich(predicate, options)) {
      const what = { call: 'filter', name: 'Filter', function: 'filter' }
      return this.#process<F>(what, { closure: filterFunction(predicate), options })
    }
    return atCallSite('filter', (location) => {
      refuseUpdating(this.#stream, 'filter()')
      const named = { name: 'Filter', closure: predicate, ...at(location) }
      return new DataStream(
        this.#stream.append({ ...named, spec: { kind: 'filter', closure: true } }),
      )
    })
  }

  /**
   * One row for each, made by a function. It makes objects of rows: select() is many times faster.
   * @param map a function of a row that gives a row, or a RichMapFunction: its class or an object
   * @param schema the columns of the rows it gives; without it, they are those that it gets
   * @param options what happens to a row at which it throws
   * @throws USER_CODE_FAILED, TYPE_MISMATCH, when the job runs
   * @example
   * import { int32, StreamExecutionEnvironment, utf8 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const words = env
   *   .fromCollection([{ word: 'mill' }])
   *   .map(({ word }) => ({ word, size: word.length }), { word: utf8(), size: int32() })
   * for await (const row of words.collect()) console.log(row.size)
   */
  map<G extends Fields = F>(
    map:
      | ((row: RowOf<F>) => RowOf<NoInfer<G>>)
      | ObjectOf<RichMapFunction<RowOf<F>, RowOf<NoInfer<G>>>>,
    schema?: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    if (isRich(map, options)) {
      const what = { call: 'map', name: 'Map', function: 'map' }
      return this.#process(what, { closure: mapFunction(map), schema, options })
    }
    return atCallSite('map', (location) =>
      this.#rows('Map', { kind: 'map', closure: true }, { closure: map, schema, location }),
    )
  }

  /**
   * Any number of rows for each, made by a function.
   * @param flatMap a function of a row that gives an iterable of rows (a generator, an array), or collects
   *   them by its second argument; or a RichFlatMapFunction: its class or an object
   * @param schema the columns of the rows it gives; without it, they are those that it gets
   * @param options what happens to a row at which it throws
   * @throws USER_CODE_FAILED, TYPE_MISMATCH, when the job runs
   * @example
   * import { StreamExecutionEnvironment, utf8 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const words = env
   *   .fromCollection([{ line: 'the mill race' }])
   *   .flatMap(({ line }) => line.split(' ').map((word) => ({ word })), { word: utf8() })
   * for await (const row of words.collect()) console.log(row.word)
   */
  flatMap<G extends Fields = F>(
    flatMap:
      | ((row: RowOf<F>, out: Collector<RowOf<NoInfer<G>>>) => FlatMapped<RowOf<NoInfer<G>>>)
      | ObjectOf<RichFlatMapFunction<RowOf<F>, RowOf<NoInfer<G>>>>,
    schema?: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    if (isRich(flatMap, options)) {
      const what = { call: 'flatMap', name: 'Flat map', function: 'flatMap' }
      return this.#process(what, { closure: flatMapFunction(flatMap), schema, options })
    }
    return atCallSite('flatMap', (location) =>
      this.#rows(
        'Flat map',
        { kind: 'flatMap', closure: true },
        { closure: flatMap, schema, location },
      ),
    )
  }

  /**
   * Any rows for each, by a function with side outputs and a context (state and timers need a key).
   * @param fn a ProcessFunction: its class, a factory, or an object
   * @param schema the columns of the rows it emits; without it, they are those that it gets
   * @param options what happens to a row at which the function throws
   * @throws CONFIG_INVALID for what is no such function; USER_CODE_FAILED, TYPE_MISMATCH when the job runs
   * @example
   * import { int32, outputTag, StreamExecutionEnvironment } from 'millrace'
   * const odd = outputTag('odd', { n: int32() })
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const even = env.fromCollection([{ n: 1 }, { n: 2 }], { schema: { n: int32() } }).process({
   *   processElement(row, context, out) {
   *     if (row.n % 2 === 0) out.collect(row)
   *     else context.output(odd, row)
   *   },
   * })
   * for await (const row of even.getSideOutput(odd).collect()) console.log(row.n)
   */
  process<G extends Fields = F>(
    fn: FunctionOf<ProcessFunction<RowOf<F>, RowOf<NoInfer<G>>>>,
    schema?: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    const what = { call: 'process', name: 'Process', function: 'ProcessFunction' }
    return this.#process(what, { closure: fn, schema, options })
  }

  /**
   * Any rows for each, by a function that answers later (it asks a service): many calls are under way at a
   * time, and their order and the watermarks hold. After a failure, rows without a result are asked for
   * again.
   * @param fn a function of a row that gives a promise of a row or rows; or an AsyncFunction (asyncInvoke,
   *   and open, close, timeout): its class or an object. It is told the try (`attempt`) and a `signal`
   * @param options `schema`: the columns of the results; `capacity`: calls at a time in a subtask (100 unless
   *   said); `timeout`: how long one may take (60 s); `ordered`: false gives results as they come, between two
   *   watermarks; `retry`: tries, delay and backoff; `onTimeout`: the result of a call that took too long;
   *   `onError`: what happens to a row whose call fails
   * @throws CONFIG_INVALID, GRAPH_INVALID; CALL_TIMED_OUT, USER_CODE_FAILED, TYPE_MISMATCH when the job runs
   * @example
   * import { float64, StreamExecutionEnvironment, utf8 } from 'millrace'
   * const rates = new Map([['EUR', 1.08], ['GBP', 1.27]])
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const priced = env.fromCollection([{ currency: 'EUR' }, { currency: 'GBP' }]).asyncMap(
   *   async ({ currency }) => ({ currency, rate: rates.get(currency) ?? 0 }),
   *   {
   *     schema: { currency: utf8(), rate: float64() },
   *     timeout: '2s',
   *     retry: { attempts: 3, delay: '100ms', backoff: 2 },
   *   },
   * )
   * for await (const row of priced.collect()) console.log(row.currency, row.rate)
   */
  asyncMap<G extends Fields = F>(
    fn: AsyncFunctionOf<F, G>,
    options: AsyncOptions<F, G> = {},
  ): DataStream<G> {
    return atCallSite(
      'asyncMap',
      (location) =>
        new DataStream(planAsyncMap(this.#stream, fn, options as AsyncRequest, location)),
    )
  }

  /**
   * This stream and another, of other columns, for one function; or with a broadcast stream, whose rows
   * every subtask gets.
   * @param other a stream, or what broadcast() gave with descriptors
   * @throws GRAPH_INVALID, from the function's call, when they are of different environments
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env
   *   .fromCollection([{ n: 1 }])
   *   .connect(env.fromCollection([{ text: '2' }]))
   *   .map({ map1: (row) => row, map2: ({ text }) => ({ n: Number(text) }) })
   * for await (const row of rows.collect()) console.log(row.n)
   */
  connect<G extends Fields>(other: DataStream<G>): ConnectedStreams<F, G>
  connect<B extends Fields>(other: BroadcastStream<B>): BroadcastConnectedStream<F, B>
  connect<G extends Fields>(
    other: DataStream<G> | BroadcastStream<G>,
  ): ConnectedStreams<F, G> | BroadcastConnectedStream<F, G> {
    return atCallSite('connect', () =>
      other instanceof BroadcastStream
        ? new BroadcastConnectedStream<F, G>(this.#stream, other, wrapped)
        : new ConnectedStreams<F, G>(this.#stream, DataStream.#of(other, 'connect()'), wrapped),
    )
  }

  /**
   * The rows of this stream and others with the same columns, in no particular order between them.
   * @param others the other streams
   * @throws SCHEMA_MISMATCH, TYPE_MISMATCH when the columns are not the same
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const all = env.fromCollection([{ n: 1 }]).union(env.fromCollection([{ n: 2 }]))
   * for await (const row of all.collect()) console.log(row.n)
   */
  union(...others: readonly DataStream<NoInfer<F>>[]): DataStream<F> {
    return atCallSite('union', (location) => {
      const streams = others.map((other) => DataStream.#of(other, 'union()'))
      return new DataStream(this.#stream.union(streams, location))
    })
  }

  /**
   * Groups rows by columns, or by expressions, which become columns.
   * @param keys names of columns, one behind the other or in an array; or a callback that gives each key's
   *   expression by name
   * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH for a type that is no key
   * @example
   * import { count, StreamExecutionEnvironment, timestamp, tumble, utf8 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const mails = env
   *   .fromCollection([{ time: 0, to: 'a@x.org' }], { schema: { time: timestamp('ms'), to: utf8() } })
   *   .assignWatermarks('time')
   *   .keyBy((r) => ({ domain: r.to.splitPart('@', 1) }))
   *   .window(tumble('1d'))
   *   .aggregate({ mails: count() })
   * for await (const row of mails.collect()) console.log(row.domain, row.mails)
   */
  keyBy<S extends Columns>(
    keys: (r: ColumnsOf<F>) => S,
  ): KeyedStream<AsFields<WithFields<F, AsFields<FieldsOf<S>>>>, keyof S & string>
  keyBy<const K extends NamesOf<F>>(keys: readonly K[]): KeyedStream<F, K>
  keyBy<K extends NamesOf<F>>(...keys: readonly K[]): KeyedStream<F, K>
  keyBy<G extends Fields, K extends string>(
    ...keys: readonly (string | readonly string[] | ((r: ColumnsOf<F>) => Columns))[]
  ): KeyedStream<G, K> {
    return atCallSite('keyBy', (location) => {
      const [first] = keys
      const named = typeof first === 'function' ? this.#named('keyBy()', first) : undefined
      const given = keys.length === 1 && Array.isArray(first) ? first : keys
      const names = named?.map(({ name }) => name) ?? (given as readonly string[])
      // A key that is the column of its name needs no computing.
      const computed = named?.filter(
        ({ name, expression }) => expression.kind !== 'column' || expression.name !== name,
      )
      const stream =
        computed === undefined || computed.length === 0
          ? this.#stream
          : this.#stream.withColumns(computed, location)
      checkKeys(names, stream.visible)
      return new KeyedStream(stream, names, wrapped)
    })
  }

  /**
   * Groups all rows by windows, whatever their key: they come together in one subtask.
   * @param window tumble(...), slide(...), cumulate(...), session(...) or globalWindow()
   * @example
   * import { count, StreamExecutionEnvironment, timestamp, tumble } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env
   *   .fromCollection([{ time: 0 }], { schema: { time: timestamp('ms') } })
   *   .assignWatermarks('time')
   *   .windowAll(tumble('1m'))
   *   .aggregate({ rows: count() })
   * for await (const row of rows.collect()) console.log(row.windowStart, row.rows)
   */
  windowAll(window: DynamicSession<RowOf<F>>): WindowedStream<F, never>
  windowAll<W extends WindowSpec>(window: W): WindowedStream<F, never, BoundsOf<W>>
  windowAll(window: WindowSpec | DynamicSession<RowOf<F>>): WindowedStream<F, never> {
    return atCallSite(
      'windowAll',
      () => new WindowedStream(this.#stream, windowSettings([], window), wrapped),
    )
  }

  /**
   * Groups all rows by their number, whatever their key, in one subtask: as countWindow() of a key.
   * @param size rows of a window, 1 or more
   * @param slide rows from one window's end to the next; at most the size, which it is unless said
   * @throws CONFIG_INVALID; at aggregate() also for windows of more than 4,096 parts
   * @example
   * import { count, StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const pairs = env
   *   .fromCollection([{ n: 1 }, { n: 2 }, { n: 3 }])
   *   .countWindowAll(2)
   *   .aggregate({ rows: count() })
   * for await (const row of pairs.collect()) console.log(row.rows)
   */
  countWindowAll(
    size: number,
    slide?: number,
  ): WindowedStream<F, never, BoundsOf<CountWindowSpec>> {
    return atCallSite('countWindowAll', () => this.windowAll(countWindowOf(size, slide)))
  }

  /**
   * Deals the batches out to all subtasks of the next operator in turn.
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env.fromCollection([{ n: 1 }]).rebalance().where((r) => r.n.gt(0))
   * for await (const row of rows.collect()) console.log(row.n)
   */
  rebalance(): DataStream<F> {
    return new DataStream(this.#stream.partitioned({ kind: 'rebalance' }))
  }

  /**
   * Sends each row to any subtask of the next operator, evenly, and the same in every run.
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env.fromCollection([{ n: 1 }]).shuffle().where((r) => r.n.gt(0))
   * for await (const row of rows.collect()) console.log(row.n)
   */
  shuffle(): DataStream<F> {
    return new DataStream(this.#stream.partitioned({ kind: 'shuffle' }))
  }

  /**
   * Deals the batches out in turn as rebalance() does, but each subtask only to its own share of the next
   * operator's: fewer channels, and rows that stay near where they are.
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env.fromCollection([{ n: 1 }]).rescale().where((r) => r.n.gt(0))
   * for await (const row of rows.collect()) console.log(row.n)
   */
  rescale(): DataStream<F> {
    return new DataStream(this.#stream.partitioned({ kind: 'rescale' }))
  }

  /**
   * Sends all rows to every subtask of the next operator.
   * @param descriptors of the map states that these rows may change, for connect() with another stream
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env.fromCollection([{ n: 1 }]).broadcast().where((r) => r.n.gt(0))
   * for await (const row of rows.collect()) console.log(row.n)
   */
  broadcast(): DataStream<F>
  broadcast(...descriptors: readonly [AnyMapDescriptor, ...AnyMapDescriptor[]]): BroadcastStream<F>
  broadcast(...descriptors: readonly AnyMapDescriptor[]): DataStream<F> | BroadcastStream<F> {
    if (descriptors.length > 0) return new BroadcastStream<F>(this.#stream, descriptors)
    return new DataStream(this.#stream.partitioned({ kind: 'broadcast' }))
  }

  /**
   * Sends all rows to the first subtask of the next operator, however many it has.
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env.fromCollection([{ n: 1 }]).global().where((r) => r.n.gt(0))
   * for await (const row of rows.collect()) console.log(row.n)
   */
  global(): DataStream<F> {
    return new DataStream(this.#stream.partitioned({ kind: 'global' }))
  }

  /**
   * Keeps rows where they are: subtask i feeds subtask i of the next operator.
   * @throws GRAPH_INVALID, when the job is compiled, if the two run in different numbers of subtasks
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env.fromCollection([{ n: 1 }]).forward().where((r) => r.n.gt(0))
   * for await (const row of rows.collect()) console.log(row.n)
   */
  forward(): DataStream<F> {
    return new DataStream(this.#stream.partitioned({ kind: 'forward' }))
  }

  /**
   * Sends each row where a function says. The function sees one value of a row; no row object is made.
   * @param partitioner from the value and the number of subtasks to a subtask, from 0
   * @param column the column whose value it gets
   * @throws COLUMN_NOT_FOUND; USER_CODE_FAILED, when the job runs, for what the function throws or a
   *   subtask that there is not
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env
   *   .fromCollection([{ n: 1 }, { n: 2 }])
   *   .partitionCustom((n, partitions) => n % partitions, 'n')
   *   .where((r) => r.n.gt(0))
   * for await (const row of rows.collect()) console.log(row.n)
   */
  partitionCustom<K extends NamesOf<F>>(
    partitioner: (value: RowOf<F>[K & keyof RowOf<F>], partitions: number) => number,
    column: K,
  ): DataStream<F> {
    return atCallSite('partitionCustom', (location) => {
      this.#stream.visible.indexOf(column)
      const spec = { kind: 'partitionCustom', closure: true } as const
      const named = { spec, name: 'Custom partitioner', closure: partitioner, ...at(location) }
      // The planner puts the operator's id in.
      const partitioning = { kind: 'custom', by: '', column } as const
      return new DataStream(this.#stream.append(named).partitioned(partitioning))
    })
  }

  /**
   * Makes a timestamp column the event time, and the watermarks that windows wait for.
   * @param column the column of type timestamp
   * @param options how far out of order rows may come (a time span; 0 unless said)
   * @throws TYPE_MISMATCH when the column is no timestamp, COLUMN_NOT_FOUND, CONFIG_INVALID
   * @example
   * import { StreamExecutionEnvironment, timestamp } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env
   *   .fromCollection([{ time: 1_000 }], { schema: { time: timestamp('ms') } })
   *   .assignWatermarks('time', { maxOutOfOrderness: '5s' })
   * for await (const row of rows.collect()) console.log(row.time)
   */
  assignWatermarks<K extends NamesOf<F, Timestamp>>(
    column: K,
    options: WatermarkOptions = {},
  ): DataStream<F> {
    return atCallSite('assignWatermarks', (location) => {
      checkOptions(options, 'assignWatermarks()', WATERMARK_OPTIONS)
      const { maxOutOfOrderness = 0, idleness } = options
      const settings = {
        time: column,
        generator: {
          kind: 'bounded',
          maxOutOfOrdernessMs: outOfOrdernessMs(maxOutOfOrderness),
        },
        ...(idleness === undefined
          ? {}
          : { idleTimeoutMs: positiveTimeSpanMs(idleness, 'idleness') }),
      } as const
      return new DataStream(planWatermarks(this.#stream, settings, location))
    })
  }

  /**
   * Gives rows their event time, and the stream the watermarks that windows wait for.
   * @param strategy what event time is, and when which watermark follows from it
   * @throws TYPE_MISMATCH, COLUMN_NOT_FOUND; CONFIG_INVALID for an alignment, which needs a source
   * @example
   * import { StreamExecutionEnvironment, timestamp, WatermarkStrategy } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env
   *   .fromCollection([{ time: 1_000 }], { schema: { time: timestamp('ms') } })
   *   .assignTimestampsAndWatermarks(WatermarkStrategy.forBoundedOutOfOrderness('time', '5s'))
   * for await (const row of rows.collect()) console.log(row.time)
   */
  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<F>): DataStream<F> {
    return atCallSite('assignTimestampsAndWatermarks', (location) => {
      checkStrategy(strategy)
      return new DataStream(planWatermarks(this.#stream, strategy.settings, location))
    })
  }

  /**
   * Each row with columns of a table, found by equal keys. The table is a bounded source, which each subtask
   * reads whole first; or one that is asked, key by key, by a function.
   * @param table a bounded source, or what asyncLookup() gave
   * @param options `on`: pairs of columns that must be equal; `take`: the table's columns that are added;
   *   `join`: 'left' keeps rows without a match, with nulls, 'inner' drops them. For a table that is asked
   *   also `cache`: how many rows are kept for how long, and how calls are made, as for asyncMap()
   * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, SCHEMA_MISMATCH when a name is taken, GRAPH_INVALID
   * @example
   * import { csv, StreamExecutionEnvironment, utf8 } from 'millrace'
   * import { mkdtempSync, writeFileSync } from 'node:fs'
   * const path = `${mkdtempSync('/tmp/millrace-')}/airports.csv`
   * writeFileSync(path, 'iata,name\nORD,Chicago\n')
   * const airports = csv(path, { schema: { iata: utf8(), name: utf8() } })
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const flights = env
   *   .fromCollection([{ origin: 'ORD' }])
   *   .lookupJoin(airports, { on: { origin: 'iata' }, take: ['name'] })
   * for await (const row of flights.collect()) console.log(row.origin, row.name)
   */
  lookupJoin<T extends Fields, const K extends Take<T>, J extends JoinKind = 'left'>(
    table: SourceSpec<T>,
    options: LookupOptions<F, T, K, J>,
  ): DataStream<AsFields<JoinedFields<F, T, K, J>>>
  lookupJoin<T extends Fields, const K extends Take<T>, J extends JoinKind = 'left'>(
    table: AsyncLookup<T>,
    options: AsyncLookupOptions<F, T, K, J>,
  ): DataStream<AsFields<JoinedFields<F, T, K, J>>>
  lookupJoin<G extends Fields>(table: object, options: object): DataStream<G> {
    return atCallSite('lookupJoin', (location) => {
      const request = options as LookupRequest
      return new DataStream(
        isAsyncLookup(table)
          ? planAsyncLookup(this.#stream, table, request, location)
          : planLookup(this.#stream, table as SourceSpec, request, location),
      )
    })
  }

  /**
   * Each pair of a row of this stream and one of another with equal keys, whenever they come: an unbounded
   * join. An outer join, or one of streams that are updated, gives results that are taken back later.
   * @param right the other stream
   * @param options `on`: pairs of columns that must be equal (null equals nothing); `type`: 'inner', 'left',
   *   'right' or 'full'; `where`: what must be true beside; `select`: the columns of the results; `ttl`: how
   *   long a row waits for others, in processing time (a time span; for ever unless said)
   * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, SCHEMA_MISMATCH for a name that both sides have, CONFIG_INVALID
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const persons = env.fromCollection([{ id: 1, name: 'Ann' }])
   * const sales = env.fromCollection([{ seller: 1, price: 80 }]).join(persons, {
   *   on: { seller: 'id' },
   *   select: (sale, person) => ({ name: person.name, price: sale.price }),
   * })
   * for await (const row of sales.collect()) console.log(row.name, row.price)
   */
  join<R extends Fields, J extends JoinType = 'inner', S extends Columns = never>(
    right: DataStream<R>,
    options: RegularJoinOptions<F, R, J, S>,
  ): DataStream<JoinFields<F, R, J, S>>
  /**
   * Each pair of rows of one key and window for a function of rows, in Flink's words:
   * join(right).where(key).equalTo(key).window(w).apply(fn, schema). windowJoin() makes no rows, and
   * is faster.
   */
  join<R extends Fields>(right: DataStream<R>): JoinedStreams<F, R, 'join'>
  join<R extends Fields, J extends JoinType, S extends Columns>(
    right: DataStream<R>,
    options?: RegularJoinOptions<F, R, J, S>,
  ): DataStream<JoinFields<F, R, J, S>> | JoinedStreams<F, R, 'join'> {
    return atCallSite('join', (location) => {
      const streams = [this.#stream, DataStream.#of(right, 'join()')] as const
      if (options === undefined) return new JoinedStreams<F, R, 'join'>('join', streams, wrapped)
      return new DataStream(planJoin(...streams, options as JoinRequest, location))
    })
  }

  /**
   * All rows of one key and window, of this stream and another, for a function of rows: also where one of
   * them has none.
   * @param right the other stream
   * @example
   * import { int32, StreamExecutionEnvironment, timestamp, tumble, utf8 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const schema = { user: utf8(), time: timestamp('ms') }
   * const clicks = env
   *   .fromCollection([{ user: 'a', time: 1 }, { user: 'a', time: 2 }], { schema })
   *   .assignWatermarks('time')
   * const buys = env.fromCollection([{ user: 'a', time: 5 }], { schema }).assignWatermarks('time')
   * const both = clicks
   *   .coGroup(buys)
   *   .where('user')
   *   .equalTo('user')
   *   .window(tumble('1m'))
   *   .apply(
   *     (clicked, bought, out) => out.collect({ clicks: clicked.length, buys: bought.length }),
   *     { clicks: int32(), buys: int32() },
   *   )
   * for await (const row of both.collect()) console.log(row.clicks, row.buys)
   */
  coGroup<R extends Fields>(right: DataStream<R>): JoinedStreams<F, R, 'coGroup'> {
    return atCallSite('coGroup', () => {
      const streams = [this.#stream, DataStream.#of(right, 'coGroup()')] as const
      return new JoinedStreams<F, R, 'coGroup'>('coGroup', streams, wrapped)
    })
  }

  /**
   * Each pair of a row of this stream and one of another that are in the same window and have equal keys. A
   * window's results come when the watermark reaches its end; their event time is its last millisecond.
   * @param right the other stream; both need event time (assignWatermarks)
   * @param options as for join(), and `window`: tumble(...), slide(...), cumulate(...), or session(...)
   *   (of the rows of both sides); `select` also gets the window's bounds, `windowStart` and `windowEnd`
   * @throws GRAPH_INVALID without event time; COLUMN_NOT_FOUND, TYPE_MISMATCH, SCHEMA_MISMATCH, UNSUPPORTED
   * @example
   * import { int32, StreamExecutionEnvironment, timestamp, tumble, utf8 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const persons = env
   *   .fromCollection([{ id: 1, name: 'Ann', time: 3_000 }], {
   *     schema: { id: int32(), name: utf8(), time: timestamp('ms') },
   *   })
   *   .assignWatermarks('time')
   * const auctions = env
   *   .fromCollection([{ seller: 1, time: 8_000 }], {
   *     schema: { seller: int32(), time: timestamp('ms') },
   *   })
   *   .assignWatermarks('time')
   * const newSellers = persons.windowJoin(auctions, {
   *   on: { id: 'seller' },
   *   window: tumble('10s'),
   *   select: (person, _auction, window) => ({ name: person.name, from: window.windowStart }),
   * })
   * for await (const row of newSellers.collect()) console.log(row.name, row.from)
   */
  windowJoin<R extends Fields, J extends JoinType = 'inner', S extends Columns = never>(
    right: DataStream<R>,
    options: WindowJoinOptions<F, R, J, S>,
  ): DataStream<WindowJoinFields<F, R, J, S>> {
    return atCallSite(
      'windowJoin',
      (location) =>
        new DataStream(
          planWindowJoin(
            this.#stream,
            DataStream.#of(right, 'windowJoin()'),
            options as JoinRequest & { window: TimeWindow },
            location,
          ),
        ),
    )
  }

  /**
   * Each pair of a row of this stream and one of another with equal keys whose times lie in an interval of
   * each other: left time + lower <= right time <= left time + upper. Rows are kept until the watermark says
   * that nobody can meet them any more; a result has the later of its two times.
   * @param right the other stream; both need event time (assignWatermarks)
   * @param options as for join(), and `between`: the bounds, two time spans ('-5s' is earlier); they belong
   *   to the interval unless `lowerBoundExclusive` and `upperBoundExclusive` say otherwise
   * @throws GRAPH_INVALID without event time; CONFIG_INVALID for bounds that are none; as join()
   * @example
   * import { int32, StreamExecutionEnvironment, timestamp } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const orders = env
   *   .fromCollection([{ id: 1, at: 5_000 }], { schema: { id: int32(), at: timestamp('ms') } })
   *   .assignWatermarks('at')
   * const payments = env
   *   .fromCollection([{ order: 1, paid: 9_000 }], {
   *     schema: { order: int32(), paid: timestamp('ms') },
   *   })
   *   .assignWatermarks('paid')
   * const inTime = orders.intervalJoin(payments, { on: { id: 'order' }, between: ['0s', '10s'] })
   * for await (const row of inTime.collect()) console.log(row.id, row.at, row.paid)
   */
  intervalJoin<R extends Fields, J extends JoinType = 'inner', S extends Columns = never>(
    right: DataStream<R>,
    options: IntervalJoinOptions<F, R, J, S>,
  ): DataStream<JoinFields<F, R, J, S>> {
    return atCallSite('intervalJoin', (location) => {
      const request = options as JoinRequest & IntervalBounds
      const other = DataStream.#of(right, 'intervalJoin()')
      return new DataStream(planIntervalJoin(this.#stream, other, request, location))
    })
  }

  /**
   * Each row of this stream with the version of another stream's row that was valid at its time: of the rows
   * with its key, the latest that is not later. Rows wait until the watermark has reached their time.
   * @param versions rows that are valid from their event time until the next one of their key (or, in a
   *   stream that is updated, until they are deleted)
   * @param options as for join(); `type` is 'inner' or 'left'
   * @throws GRAPH_INVALID without event time; CONFIG_INVALID for another type; as join()
   * @example
   * import { float64, StreamExecutionEnvironment, timestamp, utf8 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rates = env
   *   .fromCollection([{ currency: 'EUR', from: 0, rate: 1.1 }], {
   *     schema: { currency: utf8(), from: timestamp('ms'), rate: float64() },
   *   })
   *   .assignWatermarks('from')
   * const orders = env
   *   .fromCollection([{ currency: 'EUR', at: 5_000, price: 80 }], {
   *     schema: { currency: utf8(), at: timestamp('ms'), price: float64() },
   *   })
   *   .assignWatermarks('at')
   * const dollars = orders.temporalJoin(rates, {
   *   on: { currency: 'currency' },
   *   select: (order, rate) => ({ at: order.at, dollars: order.price.mul(rate.rate) }),
   * })
   * for await (const row of dollars.collect()) console.log(row.at, row.dollars)
   */
  temporalJoin<R extends Fields, J extends 'inner' | 'left' = 'inner', S extends Columns = never>(
    versions: DataStream<R>,
    options: JoinOptions<F, R, J, S>,
  ): DataStream<JoinFields<F, R, J, S>> {
    return atCallSite('temporalJoin', (location) => {
      const request = options as JoinRequest
      const other = DataStream.#of(versions, 'temporalJoin()')
      return new DataStream(planTemporalJoin(this.#stream, other, request, location))
    })
  }

  /**
   * What the last operator puts out beside this stream, to a tag.
   * @param tag what outputTag() gave, and the operator was given
   * @throws GRAPH_INVALID when there is no operator, or the tag is read with other columns
   * @example
   * import { int32, outputTag, StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const odd = outputTag('odd', { n: int32() })
   * const rows = env.fromCollection([{ n: 1 }]).where((r) => r.n.gt(0))
   * console.log(String(rows.getSideOutput(odd).schema))
   */
  getSideOutput<G extends Fields>(tag: OutputTag<G>): DataStream<G> {
    return atCallSite('getSideOutput', (location) => {
      checkTag(tag, 'getSideOutput()')
      const { schema } = this.#stream
      const time = schema.has(EVENT_TIME) ? [schema.field(EVENT_TIME)] : []
      const columns = new Schema([...tag.schema.fields, ...time])
      return new DataStream(this.#stream.sideOutput(tag.id, columns, location))
    })
  }

  /**
   * Aggregates over all rows so far: an updating stream of one row, made in one subtask. There is none
   * before the first row.
   * @param aggregates count(), sum(), min(), max(), mean(), first(), last() by name; or a callback that
   *   gives them over the stream's columns
   * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, SCHEMA_MISMATCH; UNSUPPORTED for what cannot take rows back
   * @example
   * import { mean, StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const all = env.fromCollection([{ n: 1 }, { n: 2 }]).aggregate({ average: mean('n') })
   * for await (const row of all.materialize().collect()) console.log(row.average)
   */
  aggregate<const A extends { readonly [name: string]: Aggregate<F> }>(
    aggregates: A | ((r: ColumnsOf<F>) => A),
  ): DataStream<AsFields<GroupFields<F, never, A>>> {
    return atCallSite('aggregate', (location) => {
      const given =
        typeof aggregates === 'function'
          ? aggregates(columnsOf<F>(this.#stream.schema))
          : aggregates
      const request = { keys: [], aggregates: given }
      return new DataStream(planGroupAggregate(this.#stream, request, location))
    })
  }

  /**
   * The first n rows of all in an order, as they change: an updating stream. A row that is pushed out is
   * deleted; with a rank, rows that move are updated. Rows that are equal in the order stand as they came.
   * @param n how many rows
   * @param options `by`: the order, of asc() and desc(); `rank`: a column for a row's place, from 1 on;
   *   `ties`: rows equal to the last one count, too, and equal rows have one rank
   * @throws CONFIG_INVALID, COLUMN_NOT_FOUND, TYPE_MISMATCH for what has no order; SCHEMA_MISMATCH when the
   *   rank's name is taken
   * @example
   * import { desc, StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const bids = env.fromCollection([{ auction: 1, price: 80 }, { auction: 1, price: 120 }])
   * const best = bids.topN(2, { by: [desc('price')], rank: 'place' })
   * for await (const row of best.materialize().collect()) console.log(row.place, row.price)
   */
  topN<R extends string = never>(
    n: number,
    options: TopNOptions<NamesOf<F>, R>,
  ): DataStream<AsFields<RankedFields<F, R>>> {
    return atCallSite(
      'topN',
      (location) => new DataStream(planTopN(this.#stream, [], { ...options, limit: n }, location)),
    )
  }

  /**
   * Each different row once: the first to come. Of an updating stream a row that is taken back as often as
   * it came is deleted. Lists and structs are the same when their values are, bit by bit; rows that have no
   * other columns are compared in one subtask.
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const words = env.fromCollection([{ word: 'mill' }, { word: 'mill' }]).distinct()
   * for await (const row of words.collect()) console.log(row.word)
   */
  distinct(): DataStream<F> {
    return atCallSite(
      'distinct',
      (location) => new DataStream(planDistinct(this.#stream, location)),
    )
  }

  /**
   * The changes of an updating stream as rows that stay: what each does is the column `op`, '+I' for an
   * insertion, '-U' and '+U' for the rows before and after an update, '-D' for a deletion.
   * @throws SCHEMA_MISMATCH when there is a column `op`
   * @example
   * import { count, StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const words = env.fromCollection([{ word: 'mill' }, { word: 'race' }, { word: 'mill' }])
   * const changes = words.keyBy('word').aggregate({ times: count() }).toChangelog()
   * for await (const row of changes.collect()) console.log(row.op, row.word, row.times)
   */
  toChangelog(): DataStream<AsFields<ChangelogFields<F>>> {
    return atCallSite(
      'toChangelog',
      (location) => new DataStream(planToChangelog(this.#stream, location)),
    )
  }

  /**
   * The changes in upsert form: as toChangelog(), without the rows before an update. What was said last of
   * a key holds. All changes of a key must come by one way: it is what the stream was grouped by.
   * @param options `key`: the columns of which each value has one row
   * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, SCHEMA_MISMATCH when there is a column `op`
   * @example
   * import { count, StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const words = env.fromCollection([{ word: 'mill' }, { word: 'race' }, { word: 'mill' }])
   * const counts = words.keyBy('word').aggregate({ times: count() })
   * for await (const row of counts.toUpsert({ key: ['word'] }).collect()) console.log(row.op, row.word)
   */
  toUpsert(options: UpsertKey<F>): DataStream<AsFields<ChangelogFields<F>>> {
    return atCallSite('toUpsert', (location) => {
      checkOptions(options, 'toUpsert()', ['key'])
      const upsert = planUpsert(this.#stream, options.key, location)
      return new DataStream(planToChangelog(upsert, location))
    })
  }

  /**
   * The rows of an updating stream as they are when the input ends: they come out then, and stay.
   * @param options `key`: columns of which each value has one row, the last; without it, a row is there as
   *   often as it was inserted more than it was taken back
   * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
   * @example
   * import { count, StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const words = env.fromCollection([{ word: 'mill' }, { word: 'race' }, { word: 'mill' }])
   * const counts = words.keyBy('word').aggregate({ times: count() })
   * for await (const row of counts.materialize().collect()) console.log(row.word, row.times)
   */
  materialize(options: Partial<UpsertKey<F>> = {}): DataStream<F> {
    return atCallSite(
      'materialize',
      (location) => new DataStream(planMaterialize(this.#stream, options.key, location)),
    )
  }

  /**
   * Ends the stream in a sink.
   * @param sink what a connector's function gives: parquetFile('out.parquet')
   * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH when the sink's columns are others
   * @example
   * import { ndjsonFile, StreamExecutionEnvironment } from 'millrace'
   * import { mkdtempSync } from 'node:fs'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * env.fromCollection([{ n: 1 }]).sinkTo(ndjsonFile(`${mkdtempSync('/tmp/millrace-')}/out.ndjson`))
   * await env.execute('write a file')
   */
  sinkTo<In extends Fields>(sink: Sinkable<F, In>): StreamSink {
    return atCallSite('sinkTo', (location) => addSink(this.#stream, sink as SinkSpec, location))
  }

  /** The same as sinkTo(), by Flink's older name. */
  addSink<In extends Fields>(sink: Sinkable<F, In>): StreamSink {
    return atCallSite('addSink', (location) => addSink(this.#stream, sink as SinkSpec, location))
  }

  /**
   * Prints the rows as a table on standard output.
   * @param settings a title above; how many rows (`limit`); `by`: those with its greatest values, at the end
   * @throws COLUMN_NOT_FOUND, CONFIG_INVALID
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * env.fromCollection([{ n: 1 }, { n: 2 }]).print({ title: 'the greatest', limit: 1, by: 'n' })
   * await env.execute()
   */
  print(settings: PrintSettings<F> = {}): StreamSink {
    return atCallSite('print', (location) => addPrint(this.#stream, settings, location))
  }

  /**
   * The rows, for a client that iterates them: that starts the job, unless execute() has.
   * @throws (from the iteration) JOB_FAILED, UNSAFE_INTEGER
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * for await (const row of env.fromCollection([{ n: 1 }]).collect()) console.log(row.n)
   */
  collect(): CollectedRows<F> {
    return atCallSite('collect', (location) => new CollectedRows<F>(this.#stream, location))
  }

  /** Names the last operator, in plans, metrics and errors. */
  setName(name: string): this {
    atCallSite('setName', () => this.#vertex('setName').setName(name))
    return this
  }

  /**
   * How many subtasks the last operator runs as.
   * @throws CONFIG_INVALID when it cannot
   */
  setParallelism(parallelism: number): this {
    atCallSite('setParallelism', () => this.#vertex('setParallelism').setParallelism(parallelism))
    return this
  }

  /** Gives the last operator an id of its own, by which a savepoint finds its state after any change. */
  uid(uid: string): this {
    atCallSite('uid', () => this.#vertex('uid').setUid(uid))
    return this
  }

  /**
   * How many key groups the last operator's state has: the bound of its parallelism, now and in any
   * savepoint. The environment's unless said.
   * @throws CONFIG_INVALID when it is none
   */
  setMaxParallelism(maxParallelism: number): this {
    const call = 'setMaxParallelism'
    atCallSite(call, () => this.#vertex(call).setMaxParallelism(maxParallelism))
    return this
  }

  /**
   * Puts the last operator, and those behind it that say nothing else, into slots of their own: groups
   * share no threads.
   * @param group its name; 'default' is where all begin
   * @throws CONFIG_INVALID for an empty name
   */
  slotSharingGroup(group: string): this {
    const call = 'slotSharingGroup'
    atCallSite(call, () => this.#vertex(call).setSlotSharingGroup(group))
    return this
  }

  /** The last operator begins a chain: what feeds it hands its rows over a channel. */
  startNewChain(): this {
    atCallSite('startNewChain', () => this.#vertex('startNewChain').setChaining('head'))
    return this
  }

  /** The last operator is chained with nothing, before or after. */
  disableChaining(): this {
    atCallSite('disableChaining', () => this.#vertex('disableChaining').setChaining('never'))
    return this
  }

  #process<G extends Fields>(
    what: { readonly call: string; readonly name: string; readonly function: string },
    made: Pick<ProcessRequest, 'closure' | 'options'> & { readonly schema?: G | undefined },
  ): DataStream<G> {
    return atCallSite(what.call, (location) => {
      const inputs = [{ stream: this.#stream, keys: [], method: 'processElement' }]
      const { closure, schema, options } = made
      return new DataStream<G>(planProcess({ ...what, closure, schema, options, inputs, location }))
    })
  }

  #vertex(call: string) {
    const { vertex } = this.#stream
    if (vertex === undefined) {
      throw new DataflowError(
        'GRAPH_INVALID',
        `${call}() follows an operator; after union() and rebalance() there is none yet`,
      )
    }
    return vertex
  }

  #bind(column: Column | ((r: ColumnsOf<F>) => Column)): Expression {
    const { schema } = this.#stream
    return bindColumn(typeof column === 'function' ? column(columnsOf<F>(schema)) : column, schema)
  }

  /** @throws CONFIG_INVALID for what is no stream of rows */
  static #of(given: unknown, call: string): LogicalStream {
    if (typeof given === 'object' && given !== null && #stream in given) {
      return given.#stream
    }
    const advice = given instanceof KeyedStream ? '; take the stream before keyBy()' : ''
    throw new DataflowError(
      'CONFIG_INVALID',
      `${call} takes a stream, not ${shown(given)}${advice}`,
    )
  }

  #named(call: string, columns: (r: ColumnsOf<F>) => Columns) {
    checkFunction(columns, call, '(r) => ({ name: r.column })')
    const { schema } = this.#stream
    const given: unknown = columns(columnsOf<F>(schema))
    if (!isRecord(given) || given instanceof ExpressionColumn) {
      throw new DataflowError(
        'CONFIG_INVALID',
        `the callback of ${call} gives columns by name: (r) => ({ name: r.column }); this gave ` +
          (given instanceof ExpressionColumn ? 'a column without one' : shown(given)),
      )
    }
    const named = Object.entries(given as Columns).map(([name, column]) => ({
      name,
      expression: bindColumn(column, schema),
    }))
    if (named.length === 0) throw new DataflowError('SCHEMA_MISMATCH', 'no column is left')
    const taken = named.find(({ name }) => name.startsWith('$'))
    if (taken !== undefined) {
      const message = `column '${taken.name}': names that begin with $ are the engine's`
      throw new DataflowError('SCHEMA_MISMATCH', message)
    }
    return named
  }

  /** A row function: hidden columns go along by row. */
  #rows<G extends Fields>(
    name: string,
    spec: OperatorSpec,
    made: { closure: unknown; schema: G | undefined; location: string | undefined },
  ): DataStream<G> {
    refuseUpdating(this.#stream, `${spec.kind}()`)
    const stream = this.#stream.withEventTimeColumn(made.location)
    const visible = made.schema === undefined ? stream.visible : Schema.of(made.schema)
    const hidden = stream.schema.fields.filter((f) => f.name === EVENT_TIME)
    const output = new Schema([...visible.fields, ...hidden])
    return new DataStream(
      stream.append({ spec, name, output, closure: made.closure, ...at(made.location) }),
    )
  }
}

const WATERMARK_OPTIONS = optionNames<WatermarkOptions>({ maxOutOfOrderness: true, idleness: true })

const at = (location: string | undefined) => (location === undefined ? {} : { location })

const wrapped: Wrap = (stream) => new DataStream(stream)

type AnyMapDescriptor = BroadcastStream<Fields>['descriptors'][number]

/** A function with a life of its own, or with a policy for what it throws. */
const isRich = (fn: unknown, { onError = 'fail' }: FunctionOptions): boolean =>
  typeof fn !== 'function' || isClass(fn) || onError !== 'fail'
