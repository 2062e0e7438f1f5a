// Aggregates over a window's rows: `{ flights: count(), late: mean((r) => r.delay.gt(15)) }`. Each is over
// a column by name, by a callback, or (in aggregate's own callback) by the column itself.
//
// AG1  Nulls are ignored: a group without a value gives null, counts give 0.
import {
  type Binary,
  type Bool,
  type CalendarDate,
  type DataType,
  type Decimal,
  type Duration,
  type Fields,
  type List,
  type Float,
  type BigInt64,
  type SmallInt,
  type Timestamp,
  type Utf8,
  type WithNull,
} from '../columnar/type.ts'
import type { AggregateFunctionName } from '../operators/operator-spec.ts'
import type { Column, ColumnsOf, NumericType } from './column.ts'
import type { Mistake, NamesOf } from './row-types.ts'
import { WindowAggregate } from './window-aggregate.ts'

declare const NEEDS: unique symbol
declare const OVER: unique symbol
declare const BY: unique symbol

export type Flat = Bool | NumericType | Utf8 | Binary | Timestamp | Duration | CalendarDate
export type Ordered = Exclude<Flat, Binary>
type Summable = NumericType | Duration
export type Averaged = NumericType | Bool

/** What an aggregate is over: a column's name or type; undefined is all rows. */
type Over = string | DataType | undefined

/** An aggregate over rows with the columns `F`. */
export interface Aggregate<
  F extends Fields,
  Name extends AggregateFunctionName = AggregateFunctionName,
  O extends Over | Mistake<string> = Over,
  Filtered extends boolean = boolean,
  By extends Over | Mistake<string> = Over,
> {
  readonly [NEEDS]: (fields: F) => void
  readonly [OVER]: O
  /** The second column, of those that have one. */
  readonly [BY]: By
  readonly function: Name
  readonly filtered: Filtered
  readonly input: AggregateInput | undefined
  readonly filter: AggregateFilter | undefined
  /** Only the rows where the predicate is true. */
  where<G extends F>(
    predicate: Column<Bool> | ((r: ColumnsOf<G>) => Column<Bool>),
  ): Aggregate<
    G,
    Name,
    CheckedOver<G, Name, Takes<Name>, O>,
    true,
    undefined extends By ? By : CheckedOver<G, Name, Ordered, By>
  >
}

/** A name is checked once the columns are known: with where(), that is not where it was given. */
type CheckedOver<
  F extends Fields,
  Name extends AggregateFunctionName,
  Taken extends DataType,
  O,
> = O extends string
  ? O extends NamesOf<F, Taken>
    ? O
    : Mistake<
        O extends keyof F
          ? `${Name}() does not take column '${O}' of type ${F[O]['kind']}`
          : `there is no column '${O}'`
      >
  : O extends Over
    ? O
    : never

type AggregateFilter = Column<Bool> | ((r: never) => Column<Bool>)
type AggregateInput = string | Column | ((r: never) => Column)

/** A name, or the type of what a callback or a column gives. */
export type OverOf<K extends string, T extends DataType> = [T] extends [never] ? K : T

type SumType<T extends DataType> = T extends Float
  ? Float<'float64', false>
  : T extends SmallInt
    ? BigInt64<'int64', false, 'number'>
    : T extends Decimal
      ? Decimal<false>
      : T

type ResultOver<Name extends AggregateFunctionName, T extends DataType> = Name extends 'sum'
  ? SumType<T>
  : Name extends 'mean' | Spread
    ? Float<'float64', false>
    : T

type Spread = 'quantile' | 'varPop' | 'varSamp' | 'stddevPop' | 'stddevSamp'

type NullOfResult<Name, T extends DataType, Filtered extends boolean, ByNull> = true extends
  | T['nullable']
  | Filtered
  | ByNull
  // One row is no sample.
  | (Name extends 'varSamp' | 'stddevSamp' ? true : never)
  ? true
  : false

/** Whether the second column has nulls; without one, never. */
type NullOfBy<F extends Fields, By> = undefined extends By
  ? never
  : TypeOfOver<F, By> extends infer T extends DataType
    ? T['nullable']
    : never

/** The type of the column that an aggregate gives. */
export type AggregateResult<F extends Fields, A> = A extends {
  readonly function: infer Name
  readonly [OVER]: infer O
  readonly filtered: infer Filtered
  readonly [BY]: infer By
}
  ? Name extends 'count' | 'countDistinct' | 'approxCountDistinct'
    ? BigInt64<'int64', false, 'number'>
    : TypeOfOver<F, O> extends infer T extends DataType
      ? Name extends 'collect' | 'topN'
        ? List<WithNull<T, false>, false>
        : WithNull<
            ResultOver<Name & AggregateFunctionName, T>,
            NullOfResult<Name, T, Filtered & boolean, NullOfBy<F, By>>
          >
      : never
  : never

type TypeOfOver<F extends Fields, O> = O extends keyof F ? F[O] : O extends DataType ? O : never

type Takes<Name extends AggregateFunctionName> = Name extends 'sum'
  ? Summable
  : Name extends 'mean'
    ? Averaged
    : Name extends 'any' | 'all'
      ? Bool
      : Name extends 'min' | 'max' | 'topN'
        ? Ordered
        : Name extends Spread
          ? NumericType
          : Flat

/** What an aggregate may be over: a column's name, a column, or a callback that gives one. */
export type ColumnArgument<F extends Fields, K extends string, T extends DataType> =
  | K
  | Column<T>
  | ((r: ColumnsOf<F>) => Column<T>)

// The three type parameters of each builder below are inferred: `F` from the stream that aggregate() is
// called on, `K` from a name, `T` from a column. NoInfer keeps the stream from guessing `K` and `T`.

/**
 * How many rows there are, or how many where a column is not null; a number in a row.
 * @param of the column; without one, all rows count
 * @throws COLUMN_NOT_FOUND
 * @example
 * import { count, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: count() })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function count<
  F extends Fields = Fields,
  K extends NamesOf<F> = never,
  T extends DataType = never,
>(of?: ColumnArgument<F, K, T>): Aggregate<F, 'count', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  return new WindowAggregate('count', of) as unknown as ReturnType<typeof count<F, K, T>>
}

/**
 * The sum of a column: 64 bits for integers, float64 for floats, 38 digits for decimals.
 * @param of the column: by name, by callback, or itself
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH; ARITHMETIC_OVERFLOW when the job runs
 * @example
 * import { sum, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: sum('value') })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function sum<
  F extends Fields = Fields,
  K extends NamesOf<F, Summable> = never,
  T extends Summable = never,
>(of: ColumnArgument<F, K, T>): Aggregate<F, 'sum', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  return new WindowAggregate('sum', of) as unknown as ReturnType<typeof sum<F, K, T>>
}

/**
 * The least value of a column.
 * @param of the column: by name, by callback, or itself
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 * @example
 * import { min, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: min('value') })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function min<
  F extends Fields = Fields,
  K extends NamesOf<F, Ordered> = never,
  T extends Ordered = never,
>(of: ColumnArgument<F, K, T>): Aggregate<F, 'min', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  return new WindowAggregate('min', of) as unknown as ReturnType<typeof min<F, K, T>>
}

/**
 * The greatest value of a column.
 * @param of the column: by name, by callback, or itself
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 * @example
 * import { max, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: max('value') })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function max<
  F extends Fields = Fields,
  K extends NamesOf<F, Ordered> = never,
  T extends Ordered = never,
>(of: ColumnArgument<F, K, T>): Aggregate<F, 'max', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  return new WindowAggregate('max', of) as unknown as ReturnType<typeof max<F, K, T>>
}

/**
 * The mean of a column, as float64; of a bool column, the share of true.
 * @param of the column: by name, by callback, or itself
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 * @example
 * import { mean, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: mean((r) => r.value.gt(3)) })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function mean<
  F extends Fields = Fields,
  K extends NamesOf<F, Averaged> = never,
  T extends Averaged = never,
>(of: ColumnArgument<F, K, T>): Aggregate<F, 'mean', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  return new WindowAggregate('mean', of) as unknown as ReturnType<typeof mean<F, K, T>>
}

/**
 * The first value of a column, in the order in which rows arrive; nulls do not count.
 * @param of the column: by name, by callback, or itself
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 * @example
 * import { first, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: first('value') })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function first<
  F extends Fields = Fields,
  K extends NamesOf<F, Flat> = never,
  T extends Flat = never,
>(of: ColumnArgument<F, K, T>): Aggregate<F, 'first', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  return new WindowAggregate('first', of) as unknown as ReturnType<typeof first<F, K, T>>
}

/**
 * The last value of a column, in the order in which rows arrive; nulls do not count.
 * @param of the column: by name, by callback, or itself
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 * @example
 * import { last, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: last('value') })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function last<
  F extends Fields = Fields,
  K extends NamesOf<F, Flat> = never,
  T extends Flat = never,
>(of: ColumnArgument<F, K, T>): Aggregate<F, 'last', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  return new WindowAggregate('last', of) as unknown as ReturnType<typeof last<F, K, T>>
}

/**
 * True when a bool column is true in some row; nulls do not count.
 * @param of the bool column: by name, by callback, or itself
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 * @example
 * import { any, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: any((r) => r.value.gt(3)) })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function any<
  F extends Fields = Fields,
  K extends NamesOf<F, Bool> = never,
  T extends Bool = never,
>(of: ColumnArgument<F, K, T>): Aggregate<F, 'any', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  return new WindowAggregate('any', of) as unknown as ReturnType<typeof any<F, K, T>>
}

/**
 * True when a bool column is true in every row; nulls do not count.
 * @param of the bool column: by name, by callback, or itself
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 * @example
 * import { all, StreamExecutionEnvironment, timestamp, tumble, utf8, float64 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = [{ time: 1_000, city: 'Oslo', value: 2 }, { time: 2_000, city: 'Oslo', value: 4 }]
 * const results = env
 *   .fromCollection(rows, { schema: { time: timestamp('ms'), city: utf8(), value: float64() } })
 *   .assignWatermarks('time')
 *   .keyBy('city')
 *   .window(tumble('1m'))
 *   .aggregate({ result: all((r) => r.value.gt(3)) })
 * for await (const row of results.collect()) console.log(row.city, row.result)
 */
export function all<
  F extends Fields = Fields,
  K extends NamesOf<F, Bool> = never,
  T extends Bool = never,
>(of: ColumnArgument<F, K, T>): Aggregate<F, 'all', OverOf<NoInfer<K>, NoInfer<T>>, false> {
  return new WindowAggregate('all', of) as unknown as ReturnType<typeof all<F, K, T>>
}
