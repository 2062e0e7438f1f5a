// Quantiles, as float64: over a column by name, by a callback, or by itself, as the aggregates of
// aggregate.ts.
//
// AQ1  Exact up to 512 values of a group. Beyond, ranks may be off: by log2(count / 512) / 512 of the
//      count at most, which is 2.1 % for a million values, and by a tenth of that as a rule.
// AQ2  Over rows that change all values are kept, and it is exact.
// AQ3  Between two values it is interpolated. Nulls do not count; a NaN is greater than all numbers.
import { DataflowError } from '../base/errors.ts'
import type { Fields } from '../columnar/type.ts'
import type { Aggregate, ColumnArgument, OverOf } from './aggregate.ts'
import type { NumericType } from './column.ts'
import type { NamesOf } from './row-types.ts'
import { WindowAggregate } from './window-aggregate.ts'

/**
 * The value below which a fraction of a column's values lie. Exact up to 512 values of a group; beyond,
 * its rank is off by 2.1 % at most for a million values, and mostly by less than 0.3 %. A group takes
 * 4 KiB for each doubling beyond 512 values.
 * @param of the column: by name, by callback, or itself
 * @param fraction from 0 (the least value) to 1 (the greatest)
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, CONFIG_INVALID
 * @example
 * import { quantile, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: quantile('value', 0.95) })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function quantile<
  F extends Fields = Fields,
  K extends NamesOf<F, NumericType> = never,
  T extends NumericType = never,
>(
  of: ColumnArgument<F, K, T>,
  fraction: number,
): Aggregate<F, 'quantile', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  if (!(fraction >= 0 && fraction <= 1)) {
    throw new DataflowError('CONFIG_INVALID', `quantile() is asked for ${fraction}; from 0 to 1`)
  }
  return new WindowAggregate('quantile', of, { parameter: fraction }) as unknown as ReturnType<
    typeof quantile<F, K, T>
  >
}

/**
 * The median of a column: quantile(of, 0.5).
 * @param of the column: by name, by callback, or itself
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 * @example
 * import { median, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: median('value') })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function median<
  F extends Fields = Fields,
  K extends NamesOf<F, NumericType> = never,
  T extends NumericType = never,
>(of: ColumnArgument<F, K, T>): Aggregate<F, 'quantile', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  return quantile<F, K, T>(of, 0.5)
}
