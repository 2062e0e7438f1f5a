// Joins as Flink's DataStream API words them: builders that end in a function of rows (or, of an interval,
// in columns). Nothing is planned before that.
//
//   left.intervalJoin(right).between('-5s', '10s').process(fn, schema)              both keyed
//   left.coGroup(right).where('id').equalTo('user').window(w).apply(fn, schema)
//   left.join(right).where('id').equalTo('user').window(w).apply(fn, schema)
import type { Fields, RowOf } from '../columnar/type.ts'
import type {
  CoGroupFunction,
  OneSide,
  PairFunction,
  ProcessJoinFunction,
} from '../operators/join-functions.ts'
import type { TriggerSpec, WindowSpec } from '../operators/window-spec.ts'
import { atCallSite } from './call-site.ts'
import type { Column, ColumnsOf } from './column.ts'
import type { DataStream } from './data-stream.ts'
import type { IntervalBounds, JoinFields, JoinRequest } from './join.ts'
import {
  type KeyedSide,
  keyPairs,
  type OverBothSides,
  planCoGroup,
  planProcessJoin,
} from './join-function-planning.ts'
import { planIntervalJoin } from './join-planning.ts'
import type { LogicalStream } from './logical-stream.ts'
import type { FunctionOptions } from './process-planning.ts'
import type { FunctionOf, NamesOf, ObjectOf } from './row-types.ts'
import type { TimeSpan } from './time-span.ts'
import { checkedTrigger } from './trigger.ts'
import {
  checkedLateness,
  checkKeys,
  type WindowSettings,
  windowSettings,
} from './window-planning.ts'
import type { DynamicSession } from './window.ts'
import type { Wrap } from './windowed-stream.ts'

type Sides = readonly [KeyedSide, KeyedSide]
type Columns = Readonly<Record<string, Column>>

/** Two keyed streams for a join in an interval of time. Made by KeyedStream.intervalJoin(). */
export class IntervalJoin<in out L extends Fields, in out R extends Fields> {
  readonly #sides: Sides
  readonly #wrap: Wrap

  constructor(sides: Sides, wrap: Wrap) {
    this.#sides = sides
    this.#wrap = wrap
  }

  /**
   * How much later than the left row's time the right row's is, at least and at most. Both bounds belong
   * to the interval, unless lowerBoundExclusive() and upperBoundExclusive() say otherwise.
   * @param lower a time span; '-5s' is earlier   @param upper a time span
   * @example
   * import { int32, StreamExecutionEnvironment, timestamp } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const schema = { id: int32(), time: timestamp('ms') }
   * const rows = [{ id: 1, time: 5_000 }]
   * const orders = env.fromCollection(rows, { schema }).assignWatermarks('time').keyBy('id')
   * const payments = env.fromCollection(rows, { schema }).assignWatermarks('time').keyBy('id')
   * const paid = orders
   *   .intervalJoin(payments)
   *   .between('0s', '10s')
   *   .upperBoundExclusive()
   *   .process(
   *     {
   *       processElement(order, payment, context, out) {
   *         out.collect({ id: order.id, tookMs: payment.time - order.time })
   *       },
   *     },
   *     { id: int32(), tookMs: int32() },
   *   )
   * for await (const row of paid.collect()) console.log(row.id, row.tookMs)
   */
  between(lower: TimeSpan, upper: TimeSpan): IntervalJoined<L, R> {
    return new IntervalJoined<L, R>(this.#sides, { between: [lower, upper] }, this.#wrap)
  }
}

/** The pairs of two keyed streams in an interval of time. Made by IntervalJoin.between(). */
export class IntervalJoined<in out L extends Fields, in out R extends Fields> {
  readonly #sides: Sides
  readonly #bounds: IntervalBounds
  readonly #wrap: Wrap

  constructor(sides: Sides, bounds: IntervalBounds, wrap: Wrap) {
    this.#sides = sides
    this.#bounds = bounds
    this.#wrap = wrap
  }

  /** The lower bound itself is none of the interval. */
  lowerBoundExclusive(): IntervalJoined<L, R> {
    return new IntervalJoined(
      this.#sides,
      { ...this.#bounds, lowerBoundExclusive: true },
      this.#wrap,
    )
  }

  /** The upper bound itself is none of the interval. */
  upperBoundExclusive(): IntervalJoined<L, R> {
    return new IntervalJoined(
      this.#sides,
      { ...this.#bounds, upperBoundExclusive: true },
      this.#wrap,
    )
  }

  /**
   * Any rows for each pair, by a function of both rows; what it emits has the later of the two times.
   * @param fn a ProcessJoinFunction: its class, a factory, or an object
   * @param schema the columns of the rows that it emits
   * @param options what happens to a pair at which the function throws
   * @throws GRAPH_INVALID without event time, CONFIG_INVALID; USER_CODE_FAILED when the job runs
   */
  process<G extends Fields>(
    fn: FunctionOf<ProcessJoinFunction<RowOf<L>, RowOf<R>, RowOf<NoInfer<G>>>>,
    schema: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    return atCallSite('process', (location) => {
      const request = { closure: fn, schema, options }
      return this.#wrap(planProcessJoin(this.#sides, this.#bounds, request, location))
    })
  }

  /**
   * The columns of the pairs: no row is made.
   * @param columns a callback of both rows' columns
   * @throws GRAPH_INVALID without event time, CONFIG_INVALID, TYPE_MISMATCH
   * @example
   * import { int32, StreamExecutionEnvironment, timestamp } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const schema = { id: int32(), time: timestamp('ms') }
   * const rows = [{ id: 1, time: 5_000 }]
   * const orders = env.fromCollection(rows, { schema }).assignWatermarks('time').keyBy('id')
   * const payments = env.fromCollection(rows, { schema }).assignWatermarks('time').keyBy('id')
   * const paid = orders
   *   .intervalJoin(payments)
   *   .between('0s', '10s')
   *   .select((order, payment) => ({ id: order.id, ordered: order.time, paid: payment.time }))
   * for await (const row of paid.collect()) console.log(row.id, row.ordered, row.paid)
   */
  select<S extends Columns>(
    columns: (left: ColumnsOf<L>, right: ColumnsOf<R>) => S,
  ): DataStream<JoinFields<L, R, 'inner', S>> {
    return atCallSite('select', (location) => {
      const [left, right] = this.#sides
      const request = { on: keyPairs(this.#sides), ...this.#bounds, select: columns }
      return this.#wrap(
        planIntervalJoin(
          left.stream,
          right.stream,
          request as JoinRequest & IntervalBounds,
          location,
        ),
      )
    })
  }
}

/** What a function of both sides' rows is, by the kind of the join. */
type FunctionOver<
  J extends OverBothSides,
  L extends Fields,
  R extends Fields,
  G extends Fields,
> = J extends 'coGroup'
  ? | CoGroupFunction<RowOf<L>, RowOf<R>, RowOf<G>>['coGroup']
    | ObjectOf<CoGroupFunction<RowOf<L>, RowOf<R>, RowOf<G>>>
  : | PairFunction<RowOf<L>, RowOf<R>, RowOf<G>>['join']
    | ObjectOf<PairFunction<RowOf<L>, RowOf<R>, RowOf<G>>>

/** Two streams whose rows meet by key and window. Made by DataStream.coGroup() and join(). */
export class JoinedStreams<
  in out L extends Fields,
  in out R extends Fields,
  in out J extends OverBothSides,
> {
  readonly #kind: J
  readonly #streams: readonly [LogicalStream, LogicalStream]
  readonly #wrap: Wrap

  constructor(kind: J, streams: readonly [LogicalStream, LogicalStream], wrap: Wrap) {
    this.#kind = kind
    this.#streams = streams
    this.#wrap = wrap
  }

  /**
   * The key columns of the first stream.
   * @param keys a column name, or several
   * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH for a type that is no key
   */
  where(keys: NamesOf<L> | readonly NamesOf<L>[]): KeyedJoin<L, R, J> {
    return atCallSite('where', () => {
      const [stream, other] = this.#streams
      const names = [keys].flat() as string[]
      checkKeys(names, stream.visible, 'where()')
      return new KeyedJoin(this.#kind, { stream, keys: names }, other, this.#wrap)
    })
  }
}

/** Two streams, the first one by key. Made by JoinedStreams.where(). */
export class KeyedJoin<
  in out L extends Fields,
  in out R extends Fields,
  in out J extends OverBothSides,
> {
  readonly #kind: J
  readonly #left: KeyedSide
  readonly #right: LogicalStream
  readonly #wrap: Wrap

  constructor(kind: J, left: KeyedSide, right: LogicalStream, wrap: Wrap) {
    this.#kind = kind
    this.#left = left
    this.#right = right
    this.#wrap = wrap
  }

  /**
   * The key columns of the second stream: as many, of the same types.
   * @param keys a column name, or several
   * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
   */
  equalTo(keys: NamesOf<R> | readonly NamesOf<R>[]): EqualKeys<L, R, J> {
    return atCallSite('equalTo', () => {
      const names = [keys].flat() as string[]
      checkKeys(names, this.#right.visible, 'equalTo()')
      const right = { stream: this.#right, keys: names }
      return new EqualKeys(this.#kind, [this.#left, right], this.#wrap)
    })
  }
}

/** Two streams by key. Made by KeyedJoin.equalTo(). */
export class EqualKeys<
  in out L extends Fields,
  in out R extends Fields,
  in out J extends OverBothSides,
> {
  readonly #kind: J
  readonly #sides: Sides
  readonly #wrap: Wrap

  constructor(kind: J, sides: Sides, wrap: Wrap) {
    this.#kind = kind
    this.#sides = sides
    this.#wrap = wrap
  }

  /**
   * The windows in which rows meet. Windows by event time need assignWatermarks() of both streams.
   * @param window tumble(...), slide(...), cumulate(...), session(...) or globalWindow(); the gap of
   *   session({ gap: (row) => ... }) is of a row of either side: `row.left` or `row.right` is there
   */
  window(window: WindowSpec | DynamicSession<OneSide<RowOf<L>, RowOf<R>>>): JoinWindow<L, R, J> {
    return atCallSite(
      'window',
      () => new JoinWindow(this.#kind, this.#sides, windowSettings([], window), this.#wrap),
    )
  }
}

/** Two streams by key and window. Made by EqualKeys.window(). */
export class JoinWindow<
  in out L extends Fields,
  in out R extends Fields,
  in out J extends OverBothSides,
> {
  readonly #kind: J
  readonly #sides: Sides
  readonly #settings: WindowSettings
  readonly #wrap: Wrap

  constructor(kind: J, sides: Sides, settings: WindowSettings, wrap: Wrap) {
    this.#kind = kind
    this.#sides = sides
    this.#settings = settings
    this.#wrap = wrap
  }

  /**
   * When the windows fire, in place of when their kind does.
   * @param trigger what countTrigger() and its kin give
   * @throws CONFIG_INVALID for one that goes not with the windows, or UNSUPPORTED
   */
  trigger(trigger: TriggerSpec): JoinWindow<L, R, J> {
    return atCallSite('trigger', () => {
      const checked = checkedTrigger(trigger, this.#settings.window)
      return this.#with(checked === undefined ? {} : { trigger: checked })
    })
  }

  /**
   * Windows live on after their end and fire again for rows that come late.
   * @param lateness a time span, 0 or more
   * @throws CONFIG_INVALID
   */
  allowedLateness(lateness: TimeSpan): JoinWindow<L, R, J> {
    return atCallSite('allowedLateness', () =>
      this.#with({ allowedLatenessMs: checkedLateness(lateness, this.#settings.window) }),
    )
  }

  /**
   * The rows that a function makes of the rows of a key and window: of all rows of both sides at once
   * (coGroup: either side may have none), or of each pair (join: one row that it returns, or any number that
   * it collects by a third parameter).
   * @param fn a function; or an object or class with a method coGroup() or join()
   * @param schema the columns of the rows that come out
   * @param options what happens when the function throws
   * @throws GRAPH_INVALID without event time, TYPE_MISMATCH, CONFIG_INVALID; USER_CODE_FAILED at run time
   */
  apply<G extends Fields>(
    fn: FunctionOver<J, L, R, NoInfer<G>>,
    schema: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    return atCallSite('apply', (location) => {
      const request = { closure: fn, schema, options }
      return this.#wrap(planCoGroup(this.#kind, this.#sides, this.#settings, request, location))
    })
  }

  #with(settings: Partial<WindowSettings>): JoinWindow<L, R, J> {
    return new JoinWindow(this.#kind, this.#sides, { ...this.#settings, ...settings }, this.#wrap)
  }
}
