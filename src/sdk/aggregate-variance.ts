// Aggregates of how far values lie apart: variances and standard deviations, as float64. Each is over a
// column by name, by a callback, or by itself, as those of aggregate.ts.
//
// AV1  Nulls do not count. A sample of one row has no variance: null.
// AV2  Computed from the distances to the mean (Welford; Chan, Golub and LeVeque), not from a difference of
//      great sums: values that are large and close together keep their digits.
// AV3  Over rows that change a value is taken back by the same steps backwards: exact but for rounding. One
//      that was far from all others leaves an error of 1e-16 of its square.
import type { Fields } from '../columnar/type.ts'
import type { Aggregate, ColumnArgument, OverOf } from './aggregate.ts'
import type { NumericType } from './column.ts'
import type { NamesOf } from './row-types.ts'
import { WindowAggregate } from './window-aggregate.ts'

/**
 * The variance of a column whose rows are all there is (divided by their count).
 * @param of the column: by name, by callback, or itself
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 * @example
 * import { varPop, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: varPop('value') })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function varPop<
  F extends Fields = Fields,
  K extends NamesOf<F, NumericType> = never,
  T extends NumericType = never,
>(of: ColumnArgument<F, K, T>): Aggregate<F, 'varPop', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  return new WindowAggregate('varPop', of) as unknown as ReturnType<typeof varPop<F, K, T>>
}

/**
 * The variance of a column whose rows are a sample (divided by their count less one); null below two.
 * @param of the column: by name, by callback, or itself
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 * @example
 * import { varSamp, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: varSamp('value') })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function varSamp<
  F extends Fields = Fields,
  K extends NamesOf<F, NumericType> = never,
  T extends NumericType = never,
>(of: ColumnArgument<F, K, T>): Aggregate<F, 'varSamp', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  return new WindowAggregate('varSamp', of) as unknown as ReturnType<typeof varSamp<F, K, T>>
}

/**
 * The standard deviation of a column whose rows are all there is.
 * @param of the column: by name, by callback, or itself
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 * @example
 * import { stddevPop, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: stddevPop('value') })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function stddevPop<
  F extends Fields = Fields,
  K extends NamesOf<F, NumericType> = never,
  T extends NumericType = never,
>(of: ColumnArgument<F, K, T>): Aggregate<F, 'stddevPop', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  return new WindowAggregate('stddevPop', of) as unknown as ReturnType<typeof stddevPop<F, K, T>>
}

/**
 * The standard deviation of a column whose rows are a sample; null below two rows.
 * @param of the column: by name, by callback, or itself
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 * @example
 * import { stddevSamp, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: stddevSamp('value') })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function stddevSamp<
  F extends Fields = Fields,
  K extends NamesOf<F, NumericType> = never,
  T extends NumericType = never,
>(of: ColumnArgument<F, K, T>): Aggregate<F, 'stddevSamp', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  return new WindowAggregate('stddevSamp', of) as unknown as ReturnType<typeof stddevSamp<F, K, T>>
}
