// A stream in windows, by key or as a whole: what window() and windowAll() give. A builder: what is asked
// of the windows is collected, and an operator comes about with aggregate() and its kin.
//
// WS1  Each call gives a new WindowedStream and leaves this one as it was.
import type { Fields, Timestamp } from '../columnar/type.ts'
import type { Aggregate, AggregateResult } from './aggregate.ts'
import { atCallSite } from './call-site.ts'
import type { ColumnsOf } from './column.ts'
import { columnsOf } from './column-expression.ts'
import type { DataStream } from './data-stream.ts'
import type { LogicalStream } from './logical-stream.ts'
import type { AsFields, Flat } from './row-types.ts'
import { planWindow, type WindowSettings } from './window-planning.ts'

/** The columns of a windowed aggregation: the window's bounds, the keys, the aggregates. */
export type WindowFields<F extends Fields, K extends string, A> = Flat<
  {
    windowStart: Timestamp<'ms', false>
    windowEnd: Timestamp<'ms', false>
  } & Pick<F, K & keyof F> & { [N in keyof A & string]: AggregateResult<F, A[N]> }
>

/** Makes a typed stream of a logical one; handed in, so that no cycle of imports comes about. */
export type Wrap = <F extends Fields>(stream: LogicalStream) => DataStream<F>

/** A stream in windows. Made by KeyedStream.window(). */
export class WindowedStream<in out F extends Fields, in out K extends string> {
  readonly #stream: LogicalStream
  readonly #settings: WindowSettings
  readonly #wrap: Wrap

  constructor(stream: LogicalStream, settings: WindowSettings, wrap: Wrap) {
    this.#stream = stream
    this.#settings = settings
    this.#wrap = wrap
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
  ): DataStream<AsFields<WindowFields<F, K, A>>> {
    return atCallSite('aggregate', (location) => {
      const stream = this.#stream
      const given =
        typeof aggregates === 'function' ? aggregates(columnsOf<F>(stream.schema)) : aggregates
      return this.#wrap(planWindow(stream, { ...this.#settings, aggregates: given }, location))
    })
  }
}
