// A stream in windows, by key or as a whole: what window() and windowAll() give. A builder: what is asked
// of the windows is collected, and an operator comes about with aggregate() and its kin.
//
// WS1  Each call gives a new WindowedStream and leaves this one as it was.
import type { Fields, RowOf, Timestamp } from '../columnar/type.ts'
import type { ReduceFunction } from '../operators/functions.ts'
import type {
  Evictor,
  ProcessWindowFunction,
  Trigger,
  WindowFunction,
} from '../operators/window-functions.ts'
import type { TimeWindowSpec, TriggerSpec, WindowSpec } from '../operators/window-spec.ts'
import type { AggregateFunction } from '../state/state.ts'
import type { Aggregate, AggregateResult } from './aggregate.ts'
import { atCallSite } from './call-site.ts'
import type { ColumnsOf } from './column.ts'
import { columnsOf } from './column-expression.ts'
import type { DataStream } from './data-stream.ts'
import type { LogicalStream } from './logical-stream.ts'
import type { OutputTag } from './output-tag.ts'
import type { FunctionOptions } from './process-planning.ts'
import type { AsFields, Flat, FunctionOf, KeyOf, ObjectOf } from './row-types.ts'
import {
  type AggregateOptions,
  customTrigger,
  isAggregateFunction,
  isWindowFunction,
  planRowWindow,
  type RowWindowRequest,
} from './row-window-planning.ts'
import type { TimeSpan } from './time-span.ts'
import { checkedTrigger, isTriggerSpec } from './trigger.ts'
import {
  checkedLateness,
  lateOutput,
  planWindow,
  refuseLate,
  type WindowSettings,
} from './window-planning.ts'

/** The columns that say which window a result is of. */
export type TimeBounds = {
  windowStart: Timestamp<'ms', false>
  windowEnd: Timestamp<'ms', false>
}

/** The key that a function over windows sees; undefined for windows of all rows. */
type WindowKeyOf<F extends Fields, K extends string> = [K] extends [never] ? undefined : KeyOf<F, K>

/** The bounds that windows have: none for windows of all rows, or of a number of them. */
export type BoundsOf<W extends WindowSpec> = W extends TimeWindowSpec ? TimeBounds : NoBounds

type NoBounds = Record<never, never>

/** The columns of a windowed aggregation: the window's bounds, the keys, the aggregates. */
export type WindowFields<F extends Fields, K extends string, A, B = TimeBounds> = Flat<
  B & Pick<F, K & keyof F> & { [N in keyof A & string]: AggregateResult<F, A[N]> }
>

/** Makes a typed stream of a logical one; handed in, so that no cycle of imports comes about. */
export type Wrap = <F extends Fields>(stream: LogicalStream) => DataStream<F>

/** A stream in windows. Made by KeyedStream.window(). */
export class WindowedStream<in out F extends Fields, in out K extends string, B = TimeBounds> {
  readonly #stream: LogicalStream
  readonly #settings: WindowSettings
  readonly #wrap: Wrap

  constructor(stream: LogicalStream, settings: WindowSettings, wrap: Wrap) {
    this.#stream = stream
    this.#settings = settings
    this.#wrap = wrap
  }

  /**
   * When the windows fire, in place of when their kind does: countTrigger(100), or every second of the clock.
   * @param trigger what countTrigger() and its kin give; or a Trigger of one's own, for windows of rows: an
   *   object, a class or a factory
   * @throws CONFIG_INVALID for one that goes not with the windows, or UNSUPPORTED
   * @example
   * import { continuousEventTimeTrigger, count, StreamExecutionEnvironment } from 'millrace'
   * import { timestamp, tumble, utf8 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const clicks = env
   *   .fromCollection([{ time: 0, page: 'a' }], { schema: { time: timestamp('ms'), page: utf8() } })
   *   .assignWatermarks('time')
   *   .keyBy('page')
   *   .window(tumble('1d'))
   *   .trigger(continuousEventTimeTrigger('1m'))
   *   .aggregate({ clicks: count() })
   * for await (const row of clicks.collect()) console.log(row.page, row.clicks)
   */
  trigger(trigger: TriggerSpec | FunctionOf<Trigger<RowOf<F>>>): WindowedStream<F, K, B> {
    return atCallSite('trigger', () => {
      if (!isTriggerSpec(trigger)) return this.#with(customTrigger(trigger, this.#settings.window))
      const checked = checkedTrigger(trigger, this.#settings.window)
      return this.#with(checked === undefined ? {} : { trigger: checked })
    })
  }

  /**
   * Which rows of a window stay, each time it fires. Windows with an evictor keep all of their rows, and
   * reduce() and aggregate() go over them anew.
   * @param evictor countEvictor(), timeEvictor(), deltaEvictor(), or one of one's own
   * @throws CONFIG_INVALID for windows of a number of rows; UNSUPPORTED, at aggregate() over columns
   * @example
   * import { countEvictor, StreamExecutionEnvironment, timestamp, tumble } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const last = env
   *   .fromCollection([{ time: 0 }, { time: 5 }], { schema: { time: timestamp('ms') } })
   *   .assignWatermarks('time')
   *   .windowAll(tumble('1m'))
   *   .evictor(countEvictor(1))
   *   .reduce((a) => a)
   * for await (const row of last.collect()) console.log(row.time)
   */
  evictor(evictor: FunctionOf<Evictor<RowOf<F>>>): WindowedStream<F, K, B> {
    return this.#with({ evictor: evictor as FunctionOf<Evictor<unknown>> })
  }

  /**
   * Windows live on after their end and fire again for rows that come late: once a batch, for each key that
   * has one, with the result as it is then. By event time only.
   * @param lateness a time span, 0 or more
   * @throws CONFIG_INVALID
   * @example
   * import { count, StreamExecutionEnvironment, timestamp, tumble, utf8 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const clicks = env
   *   .fromCollection([{ time: 0, page: 'a' }], { schema: { time: timestamp('ms'), page: utf8() } })
   *   .assignWatermarks('time')
   *   .keyBy('page')
   *   .window(tumble('1m'))
   *   .allowedLateness('30s')
   *   .aggregate({ clicks: count() })
   * for await (const row of clicks.collect()) console.log(row.page, row.clicks)
   */
  allowedLateness(lateness: TimeSpan): WindowedStream<F, K, B> {
    return atCallSite('allowedLateness', () =>
      this.#with({ allowedLatenessMs: checkedLateness(lateness, this.#settings.window) }),
    )
  }

  /**
   * Rows that come after all of their windows are gone go to a side output, as they came; without one they
   * are dropped. They are counted in any case.
   * @param tag what outputTag() gave for the columns of this stream
   * @throws CONFIG_INVALID for windows that know no late rows; SCHEMA_MISMATCH when the tag has other columns
   * @example
   * import { count, outputTag, StreamExecutionEnvironment, timestamp, tumble, utf8 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const schema = { time: timestamp('ms'), page: utf8() }
   * const tooLate = outputTag('too late', schema)
   * const clicks = env
   *   .fromCollection([{ time: 0, page: 'a' }], { schema })
   *   .assignWatermarks('time')
   *   .keyBy('page')
   *   .window(tumble('1m'))
   *   .sideOutputLateData(tooLate)
   *   .aggregate({ clicks: count() })
   * for await (const row of clicks.getSideOutput(tooLate).collect()) console.log(row.page)
   */
  sideOutputLateData(tag: OutputTag<F>): WindowedStream<F, K, B> {
    return atCallSite('sideOutputLateData', () => {
      const lateTag = tag as unknown as OutputTag<Fields>
      refuseLate(this.#settings.window, 'there are none to put aside')
      lateOutput(lateTag, this.#stream)
      return this.#with({ lateTag })
    })
  }

  /**
   * One row a key and window, when the watermark has passed the window's end: windowStart and windowEnd
   * (timestamps in milliseconds), the key columns, and the aggregates by name. Rows that come later are
   * dropped and counted.
   * @param aggregates count(), sum(), min(), max(), mean(), first(), last() by name; or a callback that
   *   gives them over the stream's columns
   * @throws GRAPH_INVALID without event time; COLUMN_NOT_FOUND, TYPE_MISMATCH, SCHEMA_MISMATCH
   * @example
   * import { count, mean, StreamExecutionEnvironment, timestamp, tumble, float64, utf8 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const schema = { date: timestamp('ms'), origin: utf8(), delay: float64() }
   * const hours = env
   *   .fromCollection([{ date: 0, origin: 'ORD', delay: 20 }], { schema })
   *   .assignWatermarks('date')
   *   .keyBy('origin')
   *   .window(tumble('1h'))
   *   .aggregate((r) => ({
   *     flights: count(),
   *     averageDelay: mean(r.delay),
   *     lateShare: mean(r.delay.gt(15)),
   *     far: count().where(r.delay.gt(60)),
   *   }))
   * for await (const row of hours.collect()) console.log(row.origin, row.lateShare)
   */
  aggregate<const A extends { readonly [name: string]: Aggregate<F> }>(
    aggregates: A | ((r: ColumnsOf<F>) => A),
  ): DataStream<AsFields<WindowFields<F, K, A, B>>>
  /**
   * The result of an aggregation of the job's own, each time a window fires. It goes row by row: aggregates
   * over columns are many times faster.
   * @param fn an AggregateFunction: its class, a factory or an object; sessions need its merge()
   * @param schema the columns of the results
   * @param options how accumulators are kept; what happens to a row at which the function throws
   * @throws GRAPH_INVALID without event time, CONFIG_INVALID; USER_CODE_FAILED, TYPE_MISMATCH at run time
   * @example
   * import { StreamExecutionEnvironment, timestamp, tumble, float64 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const schema = { time: timestamp('ms'), x: float64() }
   * const products = env
   *   .fromCollection([{ time: 0, x: 2 }, { time: 5, x: 3 }], { schema })
   *   .assignWatermarks('time')
   *   .windowAll(tumble('1m'))
   *   .aggregate(
   *     {
   *       createAccumulator: () => 1,
   *       add: ({ x }, product) => product * x,
   *       getResult: (product) => ({ product }),
   *     },
   *     { product: float64() },
   *   )
   * for await (const row of products.collect()) console.log(row.product)
   */
  aggregate<Acc, G extends Fields>(
    fn: FunctionOf<AggregateFunction<RowOf<F>, Acc, RowOf<NoInfer<G>>>>,
    schema: G,
    options?: AggregateOptions,
  ): DataStream<G>
  /** The same with a function that gets the one result of each firing, its window and key. */
  aggregate<Acc, R, G extends Fields = F>(
    fn: FunctionOf<AggregateFunction<RowOf<F>, Acc, R>>,
    window: FunctionOf<ProcessWindowFunction<WindowKeyOf<F, K>, R, RowOf<NoInfer<G>>>>,
    schema?: G,
    options?: AggregateOptions,
  ): DataStream<G>
  aggregate<G extends Fields>(first: unknown, ...rest: readonly unknown[]): DataStream<G> {
    if (rest.length > 0 || isAggregateFunction(first)) {
      const fold = { kind: 'aggregate', given: first } as const
      const given = isWindowFunction(rest[0]) ? rest : [undefined, ...rest]
      return this.#rows('aggregate', 'AggregateFunction', { fold }, given)
    }
    return atCallSite('aggregate', (location) => {
      const stream = this.#stream
      const aggregates =
        typeof first === 'function'
          ? (first as (r: ColumnsOf<F>) => object)(columnsOf<F>(stream.schema))
          : first
      const request = { ...this.#settings, aggregates: aggregates as Record<string, unknown> }
      return this.#wrap(planWindow(stream, request, location))
    })
  }

  /**
   * A window's rows as one: emitted each time the window fires.
   * @param fn makes one row of two: a function, or a ReduceFunction: its class or an object
   * @param options what happens to a row at which it throws
   * @throws GRAPH_INVALID without event time, CONFIG_INVALID; USER_CODE_FAILED, TYPE_MISMATCH at run time
   * @example
   * import { StreamExecutionEnvironment, timestamp, tumble, float64, utf8 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const schema = { time: timestamp('ms'), shop: utf8(), price: float64() }
   * const dearest = env
   *   .fromCollection([{ time: 0, shop: 'a', price: 3 }], { schema })
   *   .assignWatermarks('time')
   *   .keyBy('shop')
   *   .window(tumble('1h'))
   *   .reduce((a, b) => (a.price >= b.price ? a : b))
   * for await (const row of dearest.collect()) console.log(row.shop, row.price)
   */
  reduce(
    fn: ((a: RowOf<F>, b: RowOf<F>) => RowOf<F>) | ObjectOf<ReduceFunction<RowOf<F>>>,
    options?: FunctionOptions,
  ): DataStream<F>
  /** The same with a function that gets the one row of each firing, its window and key. */
  reduce<G extends Fields = F>(
    fn: ((a: RowOf<F>, b: RowOf<F>) => RowOf<F>) | ObjectOf<ReduceFunction<RowOf<F>>>,
    window: FunctionOf<ProcessWindowFunction<WindowKeyOf<F, K>, RowOf<F>, RowOf<NoInfer<G>>>>,
    schema?: G,
    options?: FunctionOptions,
  ): DataStream<G>
  reduce<G extends Fields>(fn: unknown, ...rest: readonly unknown[]): DataStream<G> {
    const fold = { kind: 'reduce', given: fn } as const
    const given = isWindowFunction(rest[0]) ? rest : [undefined, undefined, ...rest]
    return this.#rows('reduce', 'ReduceFunction', { fold }, given)
  }

  /**
   * Any rows for each firing of a window, by a function of all of its rows, with its key, its window and
   * state by window and key.
   * @param fn a ProcessWindowFunction: its class, a factory, or an object
   * @param schema the columns of the rows it emits; without it, they are those that it gets
   * @param options what happens when the function throws
   * @throws GRAPH_INVALID without event time, CONFIG_INVALID; USER_CODE_FAILED, TYPE_MISMATCH at run time
   * @example
   * import { int32, StreamExecutionEnvironment, timestamp, tumble, utf8 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const schema = { time: timestamp('ms'), page: utf8() }
   * const clicks = env
   *   .fromCollection([{ time: 0, page: 'a' }, { time: 5, page: 'a' }], { schema })
   *   .assignWatermarks('time')
   *   .keyBy('page')
   *   .window(tumble('1m'))
   *   .process(
   *     {
   *       process(page, { window }, rows, out) {
   *         out.collect({ page, start: window.start, clicks: rows.length })
   *       },
   *     },
   *     { page: utf8(), start: timestamp('ms'), clicks: int32() },
   *   )
   * for await (const row of clicks.collect()) console.log(row.page, row.clicks)
   */
  process<G extends Fields = F>(
    fn: FunctionOf<ProcessWindowFunction<WindowKeyOf<F, K>, RowOf<F>, RowOf<NoInfer<G>>>>,
    schema?: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    const window = { kind: 'process', given: fn } as const
    return this.#rows('process', 'ProcessWindowFunction', { window }, [undefined, schema, options])
  }

  /**
   * Any rows for each firing of a window, by a function of its key, its bounds and all of its rows.
   * @param fn a function, or a WindowFunction: its class or an object
   * @param schema the columns of the rows it emits; without it, they are those that it gets
   * @param options what happens when the function throws
   * @throws GRAPH_INVALID without event time, CONFIG_INVALID; USER_CODE_FAILED, TYPE_MISMATCH at run time
   * @example
   * import { int32, StreamExecutionEnvironment, timestamp, tumble, utf8 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const schema = { time: timestamp('ms'), page: utf8() }
   * const clicks = env
   *   .fromCollection([{ time: 0, page: 'a' }, { time: 5, page: 'a' }], { schema })
   *   .assignWatermarks('time')
   *   .keyBy('page')
   *   .window(tumble('1m'))
   *   .apply((page, window, rows, out) => out.collect({ page, clicks: rows.length }), {
   *     page: utf8(),
   *     clicks: int32(),
   *   })
   * for await (const row of clicks.collect()) console.log(row.page, row.clicks)
   */
  apply<G extends Fields = F>(
    fn:
      | WindowFunction<WindowKeyOf<F, K>, RowOf<F>, RowOf<NoInfer<G>>>['apply']
      | ObjectOf<WindowFunction<WindowKeyOf<F, K>, RowOf<F>, RowOf<NoInfer<G>>>>,
    schema?: G,
    options: FunctionOptions = {},
  ): DataStream<G> {
    const window = { kind: 'apply', given: fn } as const
    return this.#rows('apply', 'WindowFunction', { window }, [undefined, schema, options])
  }

  /** @param given a ProcessWindowFunction if there is one, columns, options */
  #rows<G extends Fields>(
    call: string,
    name: string,
    functions: RowWindowRequest['functions'],
    [process, schema, options = {}]: readonly unknown[],
  ): DataStream<G> {
    const window =
      process === undefined ? {} : { window: { kind: 'process', given: process } as const }
    return atCallSite(call, (location) =>
      this.#wrap(
        planRowWindow(this.#stream, this.#settings, {
          function: name,
          functions: { ...functions, ...window },
          schema: schema as Fields | undefined,
          options: options as FunctionOptions,
          location,
        }),
      ),
    )
  }

  #with(settings: Partial<WindowSettings>): WindowedStream<F, K, B> {
    return new WindowedStream(this.#stream, { ...this.#settings, ...settings }, this.#wrap)
  }
}
