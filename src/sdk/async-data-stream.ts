// AsyncDataStream: asyncMap() by the names that it has in Flink.
import type { Fields } from '../columnar/type.ts'
import type { AsyncFunctionOf, AsyncOptions } from './async-planning.ts'
import type { DataStream } from './data-stream.ts'

type WaitOptions<F extends Fields, G extends Fields> = Omit<AsyncOptions<F, G>, 'ordered'>

/** Rows through a function that answers later. */
export const AsyncDataStream = {
  /**
   * Results in the order of their rows: the same as asyncMap() with `ordered: true`.
   * @param stream the rows
   * @param fn a function of a row, or an AsyncFunction: its class or an object
   * @param options as for asyncMap()
   * @throws CONFIG_INVALID, GRAPH_INVALID; CALL_TIMED_OUT, USER_CODE_FAILED when the job runs
   * @example
   * import { AsyncDataStream, StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env.fromCollection([{ n: 1 }, { n: 2 }])
   * const squares = AsyncDataStream.orderedWait(rows, async ({ n }) => ({ n: n * n }), {
   *   timeout: '5s',
   *   capacity: 20,
   * })
   * for await (const row of squares.collect()) console.log(row.n)
   */
  orderedWait: <F extends Fields, G extends Fields = F>(
    stream: DataStream<F>,
    fn: AsyncFunctionOf<F, G>,
    options: WaitOptions<F, G> = {},
  ): DataStream<G> => stream.asyncMap(fn, { ...options, ordered: true }),

  /**
   * Results as they come, but never on the other side of a watermark: asyncMap() with `ordered: false`.
   * @param stream the rows
   * @param fn a function of a row, or an AsyncFunction: its class or an object
   * @param options as for asyncMap()
   * @throws CONFIG_INVALID, GRAPH_INVALID; CALL_TIMED_OUT, USER_CODE_FAILED when the job runs
   * @example
   * import { AsyncDataStream, StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env.fromCollection([{ n: 1 }, { n: 2 }])
   * const squares = AsyncDataStream.unorderedWait(rows, async ({ n }) => ({ n: n * n }))
   * for await (const row of squares.collect()) console.log(row.n)
   */
  unorderedWait: <F extends Fields, G extends Fields = F>(
    stream: DataStream<F>,
    fn: AsyncFunctionOf<F, G>,
    options: WaitOptions<F, G> = {},
  ): DataStream<G> => stream.asyncMap(fn, { ...options, ordered: false }),
}
