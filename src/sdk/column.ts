// The types of columns in callbacks: what `r.price` is in `where((r) => r.price.gt(100))`. Each kind of
// column has the methods that make sense for it, so that a wrong one does not compile, and completion
// shows the right ones. All of them are one class at run time (column-expression.ts).
//
// C1  A method gives an expression, and computes nothing: it is compiled to kernels when the job runs.
// C2  Null is SQL's: an operator with a null operand gives null. Nullability is in the types.
import type {
  BigInt64,
  Binary,
  Bool,
  CalendarDate,
  DataType,
  Decimal,
  Duration,
  Fields,
  Float,
  SmallInt,
  Timestamp,
  TimeUnit,
  Utf8,
  WithNull,
} from '../columnar/type.ts'
import type { TimeSpan } from './time-span.ts'

declare const TYPE: unique symbol

/**
 * A column, or an expression over columns, of some type. What functions that take columns accept; the
 * kinds below have the methods.
 */
export interface Column<T extends DataType = DataType> {
  readonly [TYPE]: T
}

/** The columns of a stream in a callback, by name. */
export type ColumnsOf<F extends Fields> = string extends keyof F
  ? UntypedColumns
  : { readonly [K in keyof F & string]: ColumnOf<F[K]> }

/**
 * Columns of which the compiler knows nothing: name them by `col('name', type)`. In `mean((r) => ...)`
 * with a `.where()` behind it, write `aggregate((r) => ({ x: mean(r.a).where(r.b) }))` instead.
 */
export interface UntypedColumns {
  readonly [UNTYPED]: never
}
declare const UNTYPED: unique symbol

/** The kind of column for a type. */
export type ColumnOf<T extends DataType> = [T] extends [Bool]
  ? BoolColumn<T['nullable']>
  : [T] extends [NumericType]
    ? NumericColumn<T>
    : [T] extends [Utf8]
      ? TextColumn<T['nullable']>
      : [T] extends [Timestamp]
        ? TimestampColumn<T>
        : [T] extends [CalendarDate]
          ? DateColumn<T['nullable']>
          : [T] extends [Duration]
            ? DurationColumn<T>
            : [T] extends [Binary]
              ? ComparableColumn<T>
              : OpaqueColumn<T>

export type NumericType = SmallInt | BigInt64 | Float | Decimal
export type IntegerType = SmallInt | BigInt64

/** Either may be null: then so may the result. */
export type Either<A extends boolean, B extends boolean> = true extends A | B ? true : false

/** True when an operand may be null. */
export type NullOf<O> = O extends Column<infer T> ? T['nullable'] : false

/** What a column may be compared with: columns and JavaScript values of its kind. */
export type Operand<T extends DataType> = T extends SmallInt | Float
  ? number | Column<NumericType>
  : T extends BigInt64
    ? number | bigint | Column<NumericType>
    : T extends Decimal
      ? number | bigint | string | Column<NumericType>
      : T extends Utf8
        ? string | Column<Utf8>
        : T extends Bool
          ? boolean | Column<Bool>
          : T extends Timestamp | CalendarDate
            ? Date | string | Column<Timestamp | CalendarDate>
            : T extends Duration
              ? TimeSpan | Column<Duration>
              : T extends Binary
                ? Column<Binary>
                : never

// The type of a number literal beside a column: an integer takes the column's type, a fraction makes
// an integer column a float. Of a number that is no literal only the run knows which.
type NumberType<T extends DataType, L extends number> = T extends Float
  ? WithNull<T, false>
  : T extends Decimal
    ? Decimal<false>
    : `${L}` extends `${bigint}`
      ? IntegerLiteral<T>
      : number extends L
        ? IntegerLiteral<T> | Float<'float64', false>
        : Float<'float64', false>
type IntegerLiteral<T extends DataType> = T extends BigInt64
  ? WithNull<T, false>
  : SmallInt<'int32', false>

/** The type of an operand beside a column of type T. */
export type OperandType<T extends DataType, O> =
  O extends Column<infer U>
    ? U
    : O extends number
      ? NumberType<T, O>
      : O extends bigint
        ? T extends Decimal
          ? Decimal<false>
          : BigInt64<'int64', false, 'bigint'>
        : T

type RowAs<T extends DataType> = T extends BigInt64 ? T['as'] : never
type Wide<A extends DataType, B extends DataType> = BigInt64<
  'int64',
  false,
  'number' extends RowAs<A | B> ? 'number' : [RowAs<A | B>] extends [never] ? 'number' : 'bigint'
>
type IsWide<T extends DataType> = T extends { readonly kind: 'int64' | 'uint64' | 'uint32' }
  ? true
  : never

/** The type that arithmetic of two numbers gives (X2 of expression.ts), not nullable. */
export type Arithmetic<A extends DataType, B extends DataType> =
  A extends Float<'float32'>
    ? B extends Float<'float32'>
      ? Float<'float32', false>
      : Float<'float64', false>
    : A extends Float
      ? Float<'float64', false>
      : B extends Float
        ? Float<'float64', false>
        : A extends Decimal
          ? Decimal<false>
          : B extends Decimal
            ? Decimal<false>
            : [IsWide<A> | IsWide<B>] extends [never]
              ? SmallInt<'int32', false>
              : Wide<A, B>

type ArithmeticResult<T extends DataType, O> = ColumnOf<
  WithNull<Arithmetic<T, OperandType<T, O>>, Either<T['nullable'], NullOf<O>>>
>
type Comparison<T extends DataType, O> = BoolColumn<Either<T['nullable'], NullOf<O>>>

/** A column of any type: lists and structs have only these methods. */
export interface OpaqueColumn<T extends DataType> extends Column<T> {
  isNull(): BoolColumn<false>
  isNotNull(): BoolColumn<false>
  /** Converts; a value that does not fit fails the job with CAST_FAILED. */
  cast<U extends DataType>(to: U): ColumnOf<WithNull<U, T['nullable']>>
  /** Converts; a value that does not fit becomes null. */
  tryCast<U extends DataType>(to: U): ColumnOf<WithNull<U, true>>
}

/** A column whose values have an order. */
export interface ComparableColumn<T extends DataType> extends OpaqueColumn<T> {
  eq<O extends Operand<T>>(other: O): Comparison<T, O>
  ne<O extends Operand<T>>(other: O): Comparison<T, O>
  lt<O extends Operand<T>>(other: O): Comparison<T, O>
  le<O extends Operand<T>>(other: O): Comparison<T, O>
  gt<O extends Operand<T>>(other: O): Comparison<T, O>
  ge<O extends Operand<T>>(other: O): Comparison<T, O>
  /** Unequal, with null a value like any other: never null itself. */
  isDistinctFrom(other: Operand<T>): BoolColumn<false>
  /** From `low` to `high`, both included. */
  between<L extends Operand<T>, H extends Operand<T>>(
    low: L,
    high: H,
  ): BoolColumn<Either<T['nullable'], Either<NullOf<L>, NullOf<H>>>>
  /** One of these values. */
  in(values: readonly Exclude<Operand<T>, Column>[]): BoolColumn<T['nullable']>
  /** This, or `value` where it is null. */
  coalesce<O extends Operand<T>>(
    value: O,
  ): ColumnOf<WithNull<T, T['nullable'] extends false ? false : NullOf<O>>>
  /** Null where this equals `value`, else this. */
  nullIf(value: Operand<T>): ColumnOf<WithNull<T, true>>
  least<O extends Operand<T>>(
    other: O,
  ): ColumnOf<WithNull<CommonType<T, OperandType<T, O>>, Either<T['nullable'], NullOf<O>>>>
  greatest<O extends Operand<T>>(
    other: O,
  ): ColumnOf<WithNull<CommonType<T, OperandType<T, O>>, Either<T['nullable'], NullOf<O>>>>
}

/** The type of a choice between two. */
export type CommonType<A extends DataType, B extends DataType> = A extends NumericType
  ? B extends NumericType
    ? Arithmetic<A, B>
    : A
  : A

export interface BoolColumn<N extends boolean> extends ComparableColumn<Bool<N>> {
  and<O extends boolean | Column<Bool>>(other: O): BoolColumn<Either<N, NullOf<O>>>
  or<O extends boolean | Column<Bool>>(other: O): BoolColumn<Either<N, NullOf<O>>>
  not(): BoolColumn<N>
}

type Rounded<T extends DataType> = NumericColumn<Float<'float64', T['nullable']>>
type Self<T extends DataType> = ColumnOf<WithNull<Arithmetic<T, T>, T['nullable']>>
type IntegerResult<T extends DataType, O> = ColumnOf<
  WithNull<Arithmetic<T, OperandType<T, O>>, true>
>
type IntegerOperand<T extends DataType> = T extends IntegerType
  ? number | bigint | Column<IntegerType>
  : never

/** A column of numbers. Integer overflow fails the job with ARITHMETIC_OVERFLOW. */
export interface NumericColumn<T extends DataType> extends ComparableColumn<T> {
  add<const O extends Operand<T>>(other: O): ArithmeticResult<T, O>
  sub<const O extends Operand<T>>(other: O): ArithmeticResult<T, O>
  mul<const O extends Operand<T>>(other: O): ArithmeticResult<T, O>
  /** float64 division. */
  div<O extends Operand<T>>(
    other: O,
  ): NumericColumn<Float<'float64', Either<T['nullable'], NullOf<O>>>>
  /** Integer division, toward zero; by zero it is null. */
  idiv<const O extends IntegerOperand<T>>(other: O): IntegerResult<T, O>
  /** The remainder of idiv; by zero it is null. */
  mod<const O extends IntegerOperand<T>>(other: O): IntegerResult<T, O>
  neg(): Self<T>
  abs(): Self<T>
  floor(): Rounded<T>
  ceil(): Rounded<T>
  /**
   * To so many digits behind the point, or before it (`round(-2)` gives hundreds); to whole numbers unless
   * said. A half goes away from zero, as in SQL. Decimals are rounded as they are written; of a float64 it
   * is the binary number that counts, as everywhere: 1.005 lies below its half.
   * @param digits a constant integer from -308 to 308
   */
  round(digits?: number): Rounded<T>
  /** NaN below 0, as in JavaScript. */
  sqrt(): Rounded<T>
  /** -1, 0 or 1; NaN of NaN. */
  sign(): Rounded<T>
  /** e to the power of this; Infinity beyond float64. */
  exp(): Rounded<T>
  /** The natural logarithm: NaN below 0 and -Infinity at 0, as in JavaScript; never an error, or null. */
  ln(): Rounded<T>
  /** To base 10; out of its domain as `ln`. */
  log10(): Rounded<T>
  /** To base 2; out of its domain as `ln`. */
  log2(): Rounded<T>
  /** To the power of `exponent`, as Math.pow: NaN for a fraction's power of a number below 0. */
  pow<O extends Operand<T>>(
    exponent: O,
  ): NumericColumn<Float<'float64', Either<T['nullable'], NullOf<O>>>>
}

type TextResult<N extends boolean, O extends readonly unknown[]> = TextColumn<
  Either<N, NullOf<O[number]>>
>
type Count = number | Column<IntegerType>
type Text = string | Column<Utf8>

export interface TextColumn<N extends boolean> extends ComparableColumn<Utf8<N>> {
  lower(): TextColumn<N>
  upper(): TextColumn<N>
  /** Without the white space at both ends. */
  trim(): TextColumn<N>
  /** Without the white space at the start. */
  trimStart(): TextColumn<N>
  /** Without the white space at the end. */
  trimEnd(): TextColumn<N>
  /** The code points from the last to the first. */
  reverse(): TextColumn<N>
  /** Code points. */
  length(): NumericColumn<SmallInt<'int32', N>>
  startsWith<O extends Text>(prefix: O): BoolColumn<Either<N, NullOf<O>>>
  endsWith<O extends Text>(suffix: O): BoolColumn<Either<N, NullOf<O>>>
  contains<O extends Text>(part: O): BoolColumn<Either<N, NullOf<O>>>
  /**
   * SQL's LIKE: % is any text, _ any one code point, \\ takes what follows as it stands. The whole text
   * has to match; `.like('%a_').not()` is NOT LIKE.
   */
  like(pattern: string): BoolColumn<N>
  /** Where `part` is first, in code points (0 is the first); -1 when it is not there. */
  indexOf<O extends Text>(part: O): NumericColumn<SmallInt<'int32', Either<N, NullOf<O>>>>
  /** All behind each other, in one pass. */
  concat<O extends readonly [Text, ...Text[]]>(...others: O): TextResult<N, O>
  /** `length` code points from `start` (0 is the first; -2 is the last but one). */
  substring<S extends Count, L extends Count>(start: S, length: L): TextResult<N, [S, L]>
  /** The first `count` code points; below 0, all but the last so many: `left(-1)` drops the last. */
  left<C extends Count>(count: C): TextResult<N, [C]>
  /** The last `count` code points; below 0, all but the first so many: `right(-1)` drops the first. */
  right<C extends Count>(count: C): TextResult<N, [C]>
  /**
   * At least `length` code points, by `fill` (a blank unless given) repeated before the text. Longer texts
   * stay as they are, as in JavaScript; SQL's LPAD cuts them: `.left(n).padStart(n)`.
   */
  padStart<L extends Count, F extends Text = string>(length: L, fill?: F): TextResult<N, [L, F]>
  /** The same behind the text. */
  padEnd<L extends Count, F extends Text = string>(length: L, fill?: F): TextResult<N, [L, F]>
  /**
   * The text `count` times, '' when it is 0 or below. More than 2 GiB in one batch fail the job with
   * RECORD_TOO_LARGE.
   */
  repeat<C extends Count>(count: C): TextResult<N, [C]>
  /** Part number `index` (0 is the first, -1 the last) between delimiters; '' when there is none. */
  splitPart<D extends Text, I extends Count>(delimiter: D, index: I): TextResult<N, [D, I]>
  /** Every occurrence of `part` replaced. */
  replace<P extends Text, R extends Text>(part: P, replacement: R): TextResult<N, [P, R]>
}

/** The parts of a time, UTC. */
interface CalendarParts<N extends boolean> {
  year(): NumericColumn<SmallInt<'int32', N>>
  /** 1 to 12. */
  month(): NumericColumn<SmallInt<'int32', N>>
  day(): NumericColumn<SmallInt<'int32', N>>
  hour(): NumericColumn<SmallInt<'int32', N>>
  minute(): NumericColumn<SmallInt<'int32', N>>
  second(): NumericColumn<SmallInt<'int32', N>>
  /** 0 is Sunday, 6 Saturday. */
  dayOfWeek(): NumericColumn<SmallInt<'int32', N>>
}

export type TruncateUnit = 'second' | 'minute' | 'hour' | 'day' | 'month' | 'year'

export interface TimestampColumn<T extends DataType>
  extends ComparableColumn<T>, CalendarParts<T['nullable']> {
  add<O extends TimeSpan | Column<Duration>>(
    duration: O,
  ): TimestampColumn<WithNull<T, Either<T['nullable'], NullOf<O>>>>
  sub<O extends TimeSpan | Column<Duration>>(
    duration: O,
  ): TimestampColumn<WithNull<T, Either<T['nullable'], NullOf<O>>>>
  /** The time from `start` to this. */
  since<O extends Date | string | Column<Timestamp>>(
    start: O,
  ): DurationColumn<Duration<TimeUnit, Either<T['nullable'], NullOf<O>>>>
  /** The start of its second, minute, hour, ..., year, UTC. */
  truncate(unit: TruncateUnit): TimestampColumn<T>
}

export interface DateColumn<N extends boolean>
  extends ComparableColumn<CalendarDate<N>>, CalendarParts<N> {}

export interface DurationColumn<T extends DataType> extends ComparableColumn<T> {
  add<O extends TimeSpan | Column<Duration>>(
    other: O,
  ): DurationColumn<WithNull<T, Either<T['nullable'], NullOf<O>>>>
  sub<O extends TimeSpan | Column<Duration>>(
    other: O,
  ): DurationColumn<WithNull<T, Either<T['nullable'], NullOf<O>>>>
  neg(): DurationColumn<T>
  abs(): DurationColumn<T>
}
