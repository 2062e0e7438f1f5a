// A keyed stream whose rows get aggregates of the rows before them: what over() gives.
import type { Fields } from '../columnar/type.ts'
import type { Aggregate, AggregateResult } from './aggregate.ts'
import { atCallSite } from './call-site.ts'
import type { ColumnsOf } from './column.ts'
import { columnsOf } from './column-expression.ts'
import type { DataStream } from './data-stream.ts'
import type { LogicalStream } from './logical-stream.ts'
import { type OverOptions, planOver } from './over-planning.ts'
import type { AsFields, WithFields } from './row-types.ts'
import type { Wrap } from './windowed-stream.ts'

/** The columns of an OVER aggregation: the rows', and the aggregates. */
export type OverFields<F extends Fields, A> = WithFields<
  F,
  AsFields<{ [N in keyof A & string]: AggregateResult<F, A[N]> }>
>

/** Rows with windows that end at them. Made by KeyedStream.over(). */
export class OverStream<in out F extends Fields> {
  readonly #stream: LogicalStream
  readonly #request: { readonly keys: readonly string[]; readonly options: OverOptions }
  readonly #wrap: Wrap

  constructor(
    stream: LogicalStream,
    request: { readonly keys: readonly string[]; readonly options: OverOptions },
    wrap: Wrap,
  ) {
    this.#stream = stream
    this.#request = request
    this.#wrap = wrap
  }

  /**
   * A row for each row: its columns, and the aggregates of its window.
   * @param aggregates count(), sum(), countDistinct(), median(), collect() and the others by name; or a
   *   callback that gives them over the stream's columns
   * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH; SCHEMA_MISMATCH for a name that a column has; UNSUPPORTED for
   *   approxCountDistinct() of other frames than the last 1,000 rows at most
   * @example
   * import { mean, StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const sales = env.fromCollection([{ seller: 1, price: 80 }, { seller: 1, price: 120 }])
   * const average = sales.keyBy('seller').over({ rows: 10 }).aggregate({ lastTen: mean('price') })
   * for await (const row of average.collect()) console.log(row.seller, row.price, row.lastTen)
   */
  aggregate<const A extends { readonly [name: string]: Aggregate<F> }>(
    aggregates: A | ((r: ColumnsOf<F>) => A),
  ): DataStream<AsFields<OverFields<F, A>>> {
    return atCallSite('aggregate', (location) => {
      const stream = this.#stream
      const given =
        typeof aggregates === 'function' ? aggregates(columnsOf<F>(stream.schema)) : aggregates
      return this.#wrap(planOver(stream, { ...this.#request, aggregates: given }, location))
    })
  }
}
