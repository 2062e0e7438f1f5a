// User-defined functions: a function of an AssemblyScript file, declared once with the types of its
// columns, and called in callbacks like any method of a column.
//
// UD1  A call is an expression like others: data that names the file and the function, so it travels in
//      the job graph; the file is compiled when the job starts.
// UD2  A null argument gives null, without a call.
import type { DataType, ValueOf, WithNull } from '../columnar/type.ts'
import { expressionType } from '../columnar/expression-type.ts'
import { asColumn, operandOf } from './column-expression.ts'
import type { Column, ColumnOf, NullOf } from './column.ts'

type Arguments<P extends readonly DataType[]> = {
  readonly [K in keyof P]: Column<WithNull<P[K], boolean>> | ValueOf<WithNull<P[K], false>>
}
type AnyNull<A extends readonly unknown[]> = true extends { [K in keyof A]: NullOf<A[K]> }[number]
  ? true
  : false

/** A function of columns. What it gives may be null when one of its arguments may be. */
export type UserFunction<P extends readonly DataType[], R extends DataType> = <
  const A extends Arguments<P>,
>(
  ...columns: A
) => ColumnOf<WithNull<R, AnyNull<A>>>

/**
 * Declares a function of an AssemblyScript file for use in column expressions. In the file it is an
 * exported function of numbers (`f64` for a float64, `i32` for an int32, `i64` for an int64, timestamp
 * or duration, and so on), `bool` and `string`. It is compiled when the job starts and called in a loop
 * over each batch, at the speed of a kernel.
 * @param file the file, whose name ends in `.as.ts`
 * @param name the exported function
 * @param parameters the types of the columns it takes
 * @param result the type of the column it gives
 * @throws UDF_COMPILE_FAILED when the job starts, with the file, line and column
 * @throws NAME_UNKNOWN, TYPE_MISMATCH when the job starts, for a function that the file does not have
 * @throws USER_CODE_FAILED when a call traps, with the row
 * @example
 * // price.as.ts: export function toEuro(price: f64): f64 { return price * 0.908 }
 * import { float64, StreamExecutionEnvironment, udf } from 'millrace'
 * const toEuro = udf(new URL('./price.as.ts', import.meta.url), 'toEuro', [float64()], float64())
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const euros = env
 *   .fromCollection([{ price: 12.5 }])
 *   .select((r) => ({ eur: toEuro(r.price) }))
 */
export function udf<const P extends readonly DataType[], R extends DataType>(
  file: URL | string,
  name: string,
  parameters: P,
  result: R,
): UserFunction<P, R> {
  const module = String(file)
  return (...columns) =>
    asColumn((schema) => {
      const operands = columns.map((column, i) => operandOf(column, parameters[i], schema))
      const call = {
        kind: 'user',
        module,
        function: name,
        parameters,
        result,
        arguments: operands,
      } as const
      expressionType(call, schema)
      return call
    })
}
