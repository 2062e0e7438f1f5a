// The order of rows as a job writes it: [desc('price'), asc('dateTime')].
import type { SortColumn } from '../columnar/order-key.ts'

/** A column that rows are ordered by, one way or the other. */
export interface SortBy<K extends string = string> extends SortColumn {
  readonly column: K
}

/**
 * By a column, the least first; nulls last, NaN behind all numbers.
 * @param column its name
 * @example
 * import { asc, StreamExecutionEnvironment } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const bids = env.fromCollection([{ auction: 1, price: 80 }, { auction: 1, price: 120 }])
 * const cheapest = bids.keyBy('auction').topN(1, { by: [asc('price')] })
 * for await (const row of cheapest.materialize().collect()) console.log(row.auction, row.price)
 */
export const asc = <K extends string>(column: K): SortBy<K> => ({ column, descending: false })

/**
 * By a column, the greatest first; nulls last.
 * @param column its name
 * @example
 * import { desc, StreamExecutionEnvironment } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const bids = env.fromCollection([{ auction: 1, price: 80 }, { auction: 1, price: 120 }])
 * const highest = bids.keyBy('auction').topN(1, { by: [desc('price')] })
 * for await (const row of highest.materialize().collect()) console.log(row.auction, row.price)
 */
export const desc = <K extends string>(column: K): SortBy<K> => ({ column, descending: true })
