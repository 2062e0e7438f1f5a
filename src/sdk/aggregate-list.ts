// Aggregates that give lists: all values of a group, or the greatest. Each is over a column by name, by a
// callback, or by itself, as those of aggregate.ts.
//
// AL1  Nulls do not count; a group without a value gives an empty list.
// AL2  A list has a bound. What is beyond it is an error for collect(), which says that it has all.
import { DataflowError } from '../base/errors.ts'
import type { Fields } from '../columnar/type.ts'
import type { Aggregate, ColumnArgument, Flat, Ordered, OverOf } from './aggregate.ts'
import type { NamesOf } from './row-types.ts'
import { WindowAggregate } from './window-aggregate.ts'

/** Values that collect() takes of a group unless it is told. */
const COLLECTED_VALUES = 10_000
const COLLECTED_VALUES_MAX = 10_000_000
const TOP_VALUES_MAX = 10_000

/**
 * The values of a column, in the order in which rows arrive, as a list.
 * @param of the column: by name, by callback, or itself
 * @param options `limit`: how many values of a group there may be; 10,000 unless said
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, CONFIG_INVALID; RECORD_TOO_LARGE when the job runs and a group
 * has more
 * @example
 * import { collect, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: collect('value', { limit: 100 }) })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function collect<
  F extends Fields = Fields,
  K extends NamesOf<F, Flat> = never,
  T extends Flat = never,
>(
  of: ColumnArgument<F, K, T>,
  { limit = COLLECTED_VALUES }: { readonly limit?: number } = {},
): Aggregate<F, 'collect', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  const parameter = checkedCount('the limit of collect()', limit, COLLECTED_VALUES_MAX)
  return new WindowAggregate('collect', of, { parameter }) as unknown as ReturnType<
    typeof collect<F, K, T>
  >
}

/**
 * The greatest values of a column, the greatest first, as a list.
 * @param of the column: by name, by callback, or itself
 * @param n how many, 10,000 at most
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, CONFIG_INVALID
 * @example
 * import { topN, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: topN('value', 3) })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function topN<
  F extends Fields = Fields,
  K extends NamesOf<F, Ordered> = never,
  T extends Ordered = never,
>(
  of: ColumnArgument<F, K, T>,
  n: number,
): Aggregate<F, 'topN', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  const parameter = checkedCount('the count of topN()', n, TOP_VALUES_MAX)
  return new WindowAggregate('topN', of, { parameter }) as unknown as ReturnType<
    typeof topN<F, K, T>
  >
}

function checkedCount(what: string, count: number, most: number): number {
  if (Number.isSafeInteger(count) && count >= 1 && count <= most) return count
  throw new DataflowError('CONFIG_INVALID', `${what} is ${count}; a whole number from 1 to ${most}`)
}
