// A stream in windows, by key or as a whole: what window() and windowAll() give. A builder: what is asked
// of the windows is collected, and an operator comes about with aggregate() and its kin.
//
// WS1  Each call gives a new WindowedStream and leaves this one as it was.
import type { Fields, Timestamp } from '../columnar/type.ts'
import type { TimeWindowSpec, TriggerSpec, WindowSpec } from '../operators/window-spec.ts'
import type { Aggregate, AggregateResult } from './aggregate.ts'
import { atCallSite } from './call-site.ts'
import type { ColumnsOf } from './column.ts'
import { columnsOf } from './column-expression.ts'
import type { DataStream } from './data-stream.ts'
import type { LogicalStream } from './logical-stream.ts'
import type { OutputTag } from './output-tag.ts'
import type { AsFields, Flat } from './row-types.ts'
import type { TimeSpan } from './time-span.ts'
import { checkedTrigger } from './trigger.ts'
import { checkedLateness, planWindow, type WindowSettings } from './window-planning.ts'

/** The columns that say which window a result is of. */
export type TimeBounds = {
  windowStart: Timestamp<'ms', false>
  windowEnd: Timestamp<'ms', false>
}

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
   * @param trigger what countTrigger() and its kin give
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
  trigger(trigger: TriggerSpec): WindowedStream<F, K, B> {
    return atCallSite('trigger', () => {
      const checked = checkedTrigger(trigger, this.#settings.window)
      return this.#with(checked === undefined ? {} : { trigger: checked })
    })
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
   * @throws SCHEMA_MISMATCH when the tag has other columns: at aggregate()
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
    return this.#with({ lateTag: tag as unknown as OutputTag<Fields> })
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
  ): DataStream<AsFields<WindowFields<F, K, A, B>>> {
    return atCallSite('aggregate', (location) => {
      const stream = this.#stream
      const given =
        typeof aggregates === 'function' ? aggregates(columnsOf<F>(stream.schema)) : aggregates
      return this.#wrap(planWindow(stream, { ...this.#settings, aggregates: given }, location))
    })
  }
  #with(settings: Partial<WindowSettings>): WindowedStream<F, K, B> {
    return new WindowedStream(this.#stream, { ...this.#settings, ...settings }, this.#wrap)
  }
}
