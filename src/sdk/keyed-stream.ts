// A stream by key: what keyBy() gives. Rows of one key go to one subtask; nothing is moved until an
// operator needs it.
import type { Fields, RowOf } from '../columnar/type.ts'
import type { KeyedProcessFunction } from '../operators/functions.ts'
import type { WindowSpec } from '../operators/window-spec.ts'
import { atCallSite } from './call-site.ts'
import type { DataStream } from './data-stream.ts'
import type { LogicalStream } from './logical-stream.ts'
import { type FunctionOptions, planProcess } from './process-planning.ts'
import type { FunctionOf, KeyOf } from './row-types.ts'
import { type BoundsOf, WindowedStream, type Wrap } from './windowed-stream.ts'

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
}
