// A stream by key: what keyBy() gives. Rows of one key go to one subtask; nothing is moved until an
// operator needs it.
import type { Fields } from '../columnar/type.ts'
import type { WindowSpec } from '../operators/operator-spec.ts'
import type { LogicalStream } from './logical-stream.ts'
import { WindowedStream, type Wrap } from './windowed-stream.ts'

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
