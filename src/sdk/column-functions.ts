// Expressions that do not start from a column of the callback: constants, columns by name, choices.
import { assert } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import type { Expression } from '../columnar/expression.ts'
import { expressionType } from '../columnar/expression-type.ts'
import type { Schema } from '../columnar/schema.ts'
import {
  type BigInt64,
  type Bool,
  type DataType,
  type Float,
  type SmallInt,
  sameType,
  type Timestamp,
  typeName,
  type Utf8,
  type ValueOf,
  type WithNull,
} from '../columnar/type.ts'
import type { Column, ColumnOf, CommonType, Either } from './column.ts'
import { asColumn, bindColumn, callOf, ExpressionColumn, operandOf } from './column-expression.ts'
import { literalOf, nullLiteral } from './literal.ts'

/** A constant: what may stand where a column does. */
export type Constant = string | number | boolean | bigint | Date

/** The type that a constant has by itself. */
export type TypeOfConstant<V> = V extends string
  ? Utf8<false>
  : V extends boolean
    ? Bool<false>
    : V extends bigint
      ? BigInt64<'int64', false, 'bigint'>
      : V extends Date
        ? Timestamp<'ms', false>
        : V extends number
          ? `${V}` extends `${bigint}`
            ? SmallInt<'int32', false>
            : number extends V
              ? SmallInt<'int32', false> | Float<'float64', false>
              : Float<'float64', false>
          : never

/**
 * A constant as a column, of its own type (an int32 or float64, utf8, bool, int64, timestamp) or of a
 * given one; null needs a type.
 * @param value what every row has
 * @param type the column's type, when the value's own is not the one
 * @throws TYPE_MISMATCH for a value that is no literal
 * @example
 * import { lit, StreamExecutionEnvironment } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = env
 *   .fromCollection([{ city: 'Oslo' }])
 *   .select((r) => ({ city: r.city, country: lit('Norway') }))
 * for await (const row of rows.collect()) console.log(row.country)
 */
export function lit<const V extends Constant>(value: V): ColumnOf<TypeOfConstant<V>>
export function lit<T extends DataType>(value: ValueOf<T> | null, type: T): ColumnOf<T>
export function lit(value: unknown, type?: DataType): Column {
  return asColumn(() => constant(value, type))
}

function constant(value: unknown, type: DataType | undefined): Expression {
  if (value === null && type !== undefined) return nullLiteral(type)
  const literal = literalOf(value, type)
  if (type === undefined || sameType(literal.type, type)) return literal
  return { kind: 'cast', input: literal, to: type, try: false }
}

/**
 * A column by its name, where no callback gives it; its type is checked when the job is built.
 * @param name the column's name
 * @param type the type that it must have
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH (from where it is used)
 * @example
 * import { col, float64, StreamExecutionEnvironment } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const isLate = col('delay', float64()).gt(15)
 * const late = env.fromCollection([{ delay: 20 }, { delay: 3 }]).where(() => isLate)
 * for await (const row of late.collect()) console.log(row.delay)
 */
export function col<T extends DataType>(name: string, type: T): ColumnOf<T> {
  return asColumn((schema: Schema) => {
    const found = schema.field(name).type
    if (!sameType(found, type) || (found.nullable && !type.nullable)) {
      throw new DataflowError(
        'TYPE_MISMATCH',
        `column '${name}' is ${typeName(found)}, not ${typeName(type)}`,
        { context: { column: name } },
      )
    }
    return { kind: 'column', name }
  })
}

type TypeOfChoice<V> = V extends Column<infer T> ? T : TypeOfConstant<V>
type Choice<A, B> = B extends null
  ? ColumnOf<WithNull<TypeOfChoice<A>, true>>
  : ColumnOf<
      WithNull<
        CommonType<TypeOfChoice<A>, TypeOfChoice<B>>,
        Either<TypeOfChoice<A>['nullable'], TypeOfChoice<B>['nullable']>
      >
    >

/** What follows `when(condition)`. */
export interface WhenThen {
  then<const A extends Constant | Column>(value: A): WhenOtherwise<A>
}
/** What follows `when(condition).then(value)`. */
export interface WhenOtherwise<A> {
  /** The value where the condition is false or null; null makes the column nullable. */
  otherwise<const B extends Constant | Column | null>(value: B): Choice<A, B>
}

/**
 * A choice by a condition; where the condition is null, the otherwise-value is taken.
 * @param condition a column of bool
 * @throws TYPE_MISMATCH when the two values have no common type
 * @example
 * import { StreamExecutionEnvironment, when } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const rows = env
 *   .fromCollection([{ delay: 20 }, { delay: 3 }])
 *   .select((r) => ({ state: when(r.delay.gt(15)).then('late').otherwise('on time') }))
 * for await (const row of rows.collect()) console.log(row.state)
 */
export function when(condition: Column<Bool>): WhenThen {
  const choice = (then: unknown, otherwise: unknown) =>
    asColumn((schema) => {
      const test = bindColumn(condition, schema)
      const [a, b] = bindPair(then, otherwise, schema)
      return callOf('ifElse', [test, a, b], schema)
    })
  const whenThen = {
    // A promise's `then` takes functions; awaiting this by mistake must not hang.
    // oxlint-disable-next-line unicorn/no-thenable
    then(value: unknown) {
      assert(typeof value !== 'function', 'when(...).then() takes a value or a column')
      return { otherwise: (other: unknown) => choice(value, other) }
    },
  }
  return whenThen as unknown as WhenThen
}

/** Two values of a choice, where a constant or null takes the other's type. */
function bindPair(a: unknown, b: unknown, schema: Schema): [Expression, Expression] {
  if (a instanceof ExpressionColumn || b === null) {
    const first = operandOf(a, undefined, schema)
    const type = expressionType(first, schema)
    return [first, b === null ? nullLiteral(type) : operandOf(b, type, schema)]
  }
  const second = operandOf(b, undefined, schema)
  const type = b instanceof ExpressionColumn ? expressionType(second, schema) : undefined
  return [operandOf(a, type, schema), second]
}
