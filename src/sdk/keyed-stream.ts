// A stream by key, and by key and window: what keyBy() and window() give. Rows of one key go to one
// subtask; nothing is moved until an operator needs it.
import type { Fields, Timestamp } from '../columnar/type.ts'
import type { WindowSpec } from '../operators/operator-spec.ts'
import type { Aggregate, AggregateResult } from './aggregate.ts'
import { atCallSite } from './call-site.ts'
import type { ColumnsOf } from './column.ts'
import { columnsOf } from './column-expression.ts'
import type { DataStream } from './data-stream.ts'
import type { LogicalStream } from './logical-stream.ts'
import type { AsFields, Flat } from './row-types.ts'
import { planWindow } from './window-planning.ts'

/** The columns of a windowed aggregation: the window's bounds, the keys, the aggregates. */
export type WindowFields<F extends Fields, K extends string, A> = Flat<
  {
    windowStart: Timestamp<'ms', false>
    windowEnd: Timestamp<'ms', false>
  } & Pick<F, K & keyof F> & { [N in keyof A & string]: AggregateResult<F, A[N]> }
>

/** Makes a typed stream of a logical one; handed in, so that no cycle of imports comes about. */
export type Wrap = <F extends Fields>(stream: LogicalStream) => DataStream<F>

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
   * Groups each key's rows by event-time windows. The stream needs event time (assignWatermarks).
   * @param window tumble(...) or slide(...)
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
  window(window: WindowSpec): WindowedStream<F, K> {
    return new WindowedStream(this.#stream, { keys: this.#keys, window }, this.#wrap)
  }
}

/** A keyed stream in windows. Made by KeyedStream.window(). */
export class WindowedStream<in out F extends Fields, in out K extends string> {
  readonly #stream: LogicalStream
  readonly #grouping: { readonly keys: readonly string[]; readonly window: WindowSpec }
  readonly #wrap: Wrap

  constructor(
    stream: LogicalStream,
    grouping: { readonly keys: readonly string[]; readonly window: WindowSpec },
    wrap: Wrap,
  ) {
    this.#stream = stream
    this.#grouping = grouping
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
      return this.#wrap(planWindow(stream, { ...this.#grouping, aggregates: given }, location))
    })
  }
}
