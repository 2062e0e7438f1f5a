// argMin and argMax: a column's value in the row where another is least, or greatest. Both columns are by
// name, by a callback, or by themselves, as those of aggregate.ts.
//
// AA1  Rows where one of the two is null do not count. Of equal rows the first to arrive does.
import { DataflowError } from '../base/errors.ts'
import type { DataType, Fields } from '../columnar/type.ts'
import type { Aggregate, ColumnArgument, Flat, Ordered, OverOf } from './aggregate.ts'
import type { NamesOf } from './row-types.ts'
import { WindowAggregate } from './window-aggregate.ts'

/**
 * The value of a column in the row where another column is least; of equal rows, in the first.
 * @param of the column: by name, by callback, or itself
 * @param by the column to compare by, likewise
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 * @example
 * import { argMin, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: argMin('time', 'value') })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function argMin<
  F extends Fields = Fields,
  K extends NamesOf<F, Flat> = never,
  T extends Flat & DataType = never,
  L extends NamesOf<F, Ordered> = never,
  U extends Ordered = never,
>(
  of: ColumnArgument<F, K, T>,
  by: ColumnArgument<F, L, U>,
): Aggregate<F, 'argMin', OverOf<NoInfer<K>, NoInfer<T>>, false, OverOf<NoInfer<L>, NoInfer<U>>> {
  checkBy('argMin', by)
  return new WindowAggregate('argMin', of, { by }) as unknown as ReturnType<
    typeof argMin<F, K, T, L, U>
  >
}

/**
 * The value of a column in the row where another column is greatest; of equal rows, in the first.
 * @param of the column: by name, by callback, or itself
 * @param by the column to compare by, likewise
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 * @example
 * import { argMax, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: argMax('time', 'value') })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function argMax<
  F extends Fields = Fields,
  K extends NamesOf<F, Flat> = never,
  T extends Flat & DataType = never,
  L extends NamesOf<F, Ordered> = never,
  U extends Ordered = never,
>(
  of: ColumnArgument<F, K, T>,
  by: ColumnArgument<F, L, U>,
): Aggregate<F, 'argMax', OverOf<NoInfer<K>, NoInfer<T>>, false, OverOf<NoInfer<L>, NoInfer<U>>> {
  checkBy('argMax', by)
  return new WindowAggregate('argMax', of, { by }) as unknown as ReturnType<
    typeof argMax<F, K, T, L, U>
  >
}

/** @throws CONFIG_INVALID without a second column */
function checkBy(call: string, by: unknown): void {
  if (by !== undefined) return
  throw new DataflowError('CONFIG_INVALID', `${call}('value', 'by') takes two columns; give both`)
}
