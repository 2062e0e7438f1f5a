// Aggregates that count different values. Each is over a column by name, by a callback, or by itself, as
// those of aggregate.ts.
//
// AD1  Nulls do not count. -0 is 0, and all NaNs are one value.
import type { DataType, Fields } from '../columnar/type.ts'
import type { Aggregate, ColumnArgument, Flat, OverOf } from './aggregate.ts'
import type { NamesOf } from './row-types.ts'
import { WindowAggregate } from './window-aggregate.ts'

/**
 * How many different values a column has, exactly; a number in a row. All of them are kept until the
 * group ends.
 * @param of the column: by name, by callback, or itself
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH; MEMORY_EXHAUSTED when the job runs
 * @example
 * import { countDistinct, StreamExecutionEnvironment, timestamp, tumble, utf8 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', user: 'ann' }, { time: 2_000, city: 'Oslo', user: 'ann' }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), user: utf8() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ users: countDistinct('user') })
 * for await (const row of results.collect()) console.log(row.city, row.users)
 */
export function countDistinct<
  F extends Fields = Fields,
  K extends NamesOf<F, Flat> = never,
  T extends Flat & DataType = never,
>(
  of: ColumnArgument<F, K, T>,
): Aggregate<F, 'countDistinct', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  return new WindowAggregate('countDistinct', of) as unknown as ReturnType<
    typeof countDistinct<F, K, T>
  >
}

/**
 * About how many different values a column has; a number in a row. Its standard error is 1.6 %, and it
 * keeps 4 KiB of a group at most, however many there are (HyperLogLog).
 * @param of the column: by name, by callback, or itself
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 * @example
 * import { approxCountDistinct, StreamExecutionEnvironment, timestamp, tumble, utf8 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', user: 'ann' }, { time: 2_000, city: 'Oslo', user: 'ann' }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), user: utf8() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ users: approxCountDistinct('user') })
 * for await (const row of results.collect()) console.log(row.city, row.users)
 */
export function approxCountDistinct<
  F extends Fields = Fields,
  K extends NamesOf<F, Flat> = never,
  T extends Flat & DataType = never,
>(
  of: ColumnArgument<F, K, T>,
): Aggregate<F, 'approxCountDistinct', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  return new WindowAggregate('approxCountDistinct', of) as unknown as ReturnType<
    typeof approxCountDistinct<F, K, T>
  >
}
