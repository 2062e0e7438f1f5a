// A stream by key: what keyBy() gives. Rows of one key go to one subtask; nothing is moved until an
// operator needs it.
import type { Fields, RowOf } from '../columnar/type.ts'
import type { KeyedProcessFunction } from '../operators/functions.ts'
import type { WindowSpec } from '../operators/window-spec.ts'
import type { Aggregate, AggregateResult } from './aggregate.ts'
import { atCallSite } from './call-site.ts'
import {
  type DeduplicateOptions,
  planDeduplicate,
  planGroupAggregate,
} from './changelog-planning.ts'
import type { ColumnsOf } from './column.ts'
import { columnsOf } from './column-expression.ts'
import type { DataStream } from './data-stream.ts'
import type { LogicalStream } from './logical-stream.ts'
import { type FunctionOptions, planProcess } from './process-planning.ts'
import type { AsFields, Flat, FunctionOf, KeyOf } from './row-types.ts'
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
  window<W extends WindowSpec>(window: W): WindowedStream<F, K, BoundsOf<W>> {
    return new WindowedStream(this.#stream, { keys: this.#keys, window }, this.#wrap)
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
    return atCallSite('process', (location) => {
      const input = { stream: this.#stream, keys: this.#keys, method: 'processElement' }
      const what = { name: 'Process', function: 'KeyedProcessFunction' }
      return this.#wrap(
        planProcess({ ...what, inputs: [input], closure: fn, schema, options, location }),
      )
    })
  }

  /**
   * Aggregates over all rows of a key so far, without windows: an updating stream of one row a key, the key
   * columns and the aggregates by name. A batch of rows gives the net change of a key: first an insertion,
   * later an update, nothing when the results are as before. Over an updating stream rows are taken back,
   * too, and a key without rows is deleted; min(), max(), first() and last() cannot do that.
   * @param aggregates count(), sum(), min(), max(), mean(), first(), last() by name; or a callback that
   *   gives them over the stream's columns
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
  ): DataStream<AsFields<GroupFields<F, K, A>>> {
    return atCallSite('aggregate', (location) => {
      const stream = this.#stream
      const given =
        typeof aggregates === 'function' ? aggregates(columnsOf<F>(stream.schema)) : aggregates
      const request = { keys: this.#keys, aggregates: given }
      return this.#wrap(planGroupAggregate(stream, request, location))
    })
  }

  /**
   * One row a key. The first in order of arrival goes out as it comes and stays; the last, and the first by
   * event time, may be replaced later: those give an updating stream.
   * @param options `keep`: 'first' or 'last'; `by`: 'arrival' (unless said) or 'time', the event time (of
   *   equal times the first, or last, to arrive)
   * @throws GRAPH_INVALID without event time, or for an updating stream; UNSUPPORTED for lists and structs
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
}
