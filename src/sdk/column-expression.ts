// What a column of a callback is at run time: a function from a schema to an expression. Binding waits
// for the schema, because a literal takes the type of the column beside it.
//
// CE1  One class stands behind all kinds of columns; the types (column.ts) show of it what makes sense.
// CE2  Binding checks types as it goes: TYPE_MISMATCH and COLUMN_NOT_FOUND come from here.
import { DataflowError, didYouMean } from '../base/errors.ts'
import type { Expression, FunctionName } from '../columnar/expression.ts'
import { expressionType } from '../columnar/expression-type.ts'
import { likeSegments } from '../columnar/like-pattern.ts'
import { Schema } from '../columnar/schema.ts'
import { type DataType, duration, type Fields, float64 } from '../columnar/type.ts'
import { isHidden } from '../graph/stream-graph.ts'
import type { Column, ColumnsOf, TruncateUnit } from './column.ts'
import { checkArguments } from './column-arguments.ts'
import { isRecord, shown } from './given.ts'
import { literalOf } from './literal.ts'
import { type TimeSpan, timeSpanMs } from './time-span.ts'

type Bind = (schema: Schema) => Expression

/** The expression of a column, against the schema of the stream. */
export function bindColumn(column: Column | ExpressionColumn, schema: Schema): Expression {
  if (!(column instanceof ExpressionColumn)) {
    const what = typeof column === 'function' ? 'a function' : JSON.stringify(column)
    throw new DataflowError(
      'TYPE_MISMATCH',
      `${what} is no column expression; use the callback's columns, col() or lit()`,
    )
  }
  return column.bind(schema)
}

/** Without the columns that are the engine's own. */
export const visibleSchema = (schema: Schema): Schema =>
  new Schema(schema.fields.filter(({ name }) => !isHidden(name)))

/** @throws COLUMN_NOT_FOUND with the nearest name, also for hidden columns */
export const visibleIndex = (schema: Schema, name: string): number =>
  visibleSchema(schema).indexOf(name)

/**
 * The columns of a schema for a callback; a name that is not there throws with the nearest.
 * @param nameOf what a column is called where the expression is bound; its name unless given
 */
export function columnsOf<F extends Fields>(
  schema: Schema,
  nameOf: (name: string) => string = (name) => name,
): ColumnsOf<F> {
  const visible = visibleSchema(schema)
  const columns = new Map<string, ExpressionColumn>()
  return new Proxy(Object.create(null) as ColumnsOf<F>, {
    get(_, name) {
      if (typeof name !== 'string') return undefined
      let column = columns.get(name)
      if (column === undefined) {
        visible.indexOf(name)
        column = reference(nameOf(name))
        columns.set(name, column)
      }
      return column
    },
    has: (_, name) => typeof name === 'string' && visible.has(name),
    ownKeys: () => visible.names,
    getOwnPropertyDescriptor: (_, name) =>
      typeof name === 'string' && visible.has(name)
        ? { configurable: true, enumerable: true, value: reference(nameOf(name)) }
        : undefined,
  })
}

const reference = (name: string): ExpressionColumn =>
  new ExpressionColumn((schema) => {
    schema.indexOf(name)
    return { kind: 'column', name }
  })

/** A column as the types show it. */
export const asColumn = <C extends Column>(bind: Bind): C =>
  new ExpressionColumn(bind) as unknown as C

/** A call, with the types of its operands checked. */
export function callOf(
  name: FunctionName,
  operands: readonly Expression[],
  schema: Schema,
): Expression {
  const call: Expression = { kind: 'call', function: name, arguments: operands }
  expressionType(call, schema)
  return call
}

/** An operand: a column, or a value that takes the type of what it is beside. */
export function operandOf(
  value: unknown,
  beside: DataType | undefined,
  schema: Schema,
): Expression {
  return value instanceof ExpressionColumn ? value.bind(schema) : literalOf(value, beside)
}

export class ExpressionColumn {
  readonly bind: Bind

  constructor(bind: Bind) {
    this.bind = bind
  }

  eq(other: unknown): ExpressionColumn {
    return this.#with('eq', other)
  }
  ne(other: unknown): ExpressionColumn {
    return this.#with('ne', other)
  }
  lt(other: unknown): ExpressionColumn {
    return this.#with('lt', other)
  }
  le(other: unknown): ExpressionColumn {
    return this.#with('le', other)
  }
  gt(other: unknown): ExpressionColumn {
    return this.#with('gt', other)
  }
  ge(other: unknown): ExpressionColumn {
    return this.#with('ge', other)
  }
  isDistinctFrom(other: unknown): ExpressionColumn {
    return this.#with('isDistinctFrom', other)
  }
  between(low: unknown, high: unknown): ExpressionColumn {
    return this.ge(low).and(this.le(high))
  }
  in(values: readonly unknown[]): ExpressionColumn {
    if (!Array.isArray(values)) {
      const message = `in() takes an array of values, ['a', 'b'], not ${shown(values)}`
      throw new DataflowError('CONFIG_INVALID', message)
    }
    return new ExpressionColumn((schema) => {
      const input = this.bind(schema)
      const type = expressionType(input, schema)
      const literals = values.map((value) => literalOf(value, type))
      const expression: Expression = { kind: 'in', input, values: literals }
      if (literals.length === 0) {
        throw new DataflowError('TYPE_MISMATCH', 'in() of no values keeps nothing; give it some')
      }
      expressionType(expression, schema)
      return expression
    })
  }
  isNull(): ExpressionColumn {
    return this.#with('isNull')
  }
  isNotNull(): ExpressionColumn {
    return this.#with('isNotNull')
  }
  coalesce(value: unknown): ExpressionColumn {
    return this.#with('coalesce', value)
  }
  nullIf(value: unknown): ExpressionColumn {
    return this.#with('nullIf', value)
  }
  least(other: unknown): ExpressionColumn {
    return this.#with('least', other)
  }
  greatest(other: unknown): ExpressionColumn {
    return this.#with('greatest', other)
  }
  cast(to: DataType): ExpressionColumn {
    return this.#cast('cast', to)
  }
  tryCast(to: DataType): ExpressionColumn {
    return this.#cast('tryCast', to)
  }

  and(other: unknown): ExpressionColumn {
    return this.#with('and', other)
  }
  or(other: unknown): ExpressionColumn {
    return this.#with('or', other)
  }
  not(): ExpressionColumn {
    return this.#with('not')
  }

  add(other: unknown): ExpressionColumn {
    return this.#additive('add', other)
  }
  sub(other: unknown): ExpressionColumn {
    return this.#additive('sub', other)
  }
  since(start: unknown): ExpressionColumn {
    return this.#with('sub', start)
  }
  mul(other: unknown): ExpressionColumn {
    return this.#with('mul', other)
  }
  div(other: unknown): ExpressionColumn {
    return this.#with('div', other)
  }
  idiv(other: unknown): ExpressionColumn {
    return this.#with('idiv', other)
  }
  mod(other: unknown): ExpressionColumn {
    return this.#with('mod', other)
  }
  neg(): ExpressionColumn {
    return this.#with('neg')
  }
  abs(): ExpressionColumn {
    return this.#with('abs')
  }
  floor(): ExpressionColumn {
    return this.#with('floor')
  }
  ceil(): ExpressionColumn {
    return this.#with('ceil')
  }
  round(digits?: unknown): ExpressionColumn {
    return digits === undefined ? this.#text('round') : this.#text('round', digits)
  }
  sqrt(): ExpressionColumn {
    return this.#with('sqrt')
  }
  sign(): ExpressionColumn {
    return this.#with('sign')
  }
  exp(): ExpressionColumn {
    return this.#with('exp')
  }
  ln(): ExpressionColumn {
    return this.#with('ln')
  }
  log10(): ExpressionColumn {
    return this.#with('log10')
  }
  log2(): ExpressionColumn {
    return this.#with('log2')
  }
  pow(exponent: unknown): ExpressionColumn {
    return this.#with('pow', exponent)
  }

  year(): ExpressionColumn {
    return this.#with('year')
  }
  month(): ExpressionColumn {
    return this.#with('month')
  }
  day(): ExpressionColumn {
    return this.#with('day')
  }
  hour(): ExpressionColumn {
    return this.#with('hour')
  }
  minute(): ExpressionColumn {
    return this.#with('minute')
  }
  second(): ExpressionColumn {
    return this.#with('second')
  }
  dayOfWeek(): ExpressionColumn {
    return this.#with('dayOfWeek')
  }
  truncate(unit: TruncateUnit): ExpressionColumn {
    if (!TRUNCATE_UNITS.includes(unit)) {
      const hint = didYouMean(String(unit), TRUNCATE_UNITS)
      throw new DataflowError('NAME_UNKNOWN', `there is no unit '${unit}'.${hint}`)
    }
    return this.#text('truncate', unit)
  }

  lower(): ExpressionColumn {
    return this.#text('lower')
  }
  upper(): ExpressionColumn {
    return this.#text('upper')
  }
  trim(): ExpressionColumn {
    return this.#text('trim')
  }
  trimStart(): ExpressionColumn {
    return this.#text('trimStart')
  }
  trimEnd(): ExpressionColumn {
    return this.#text('trimEnd')
  }
  reverse(): ExpressionColumn {
    return this.#text('reverse')
  }
  length(): ExpressionColumn {
    return this.#text('length')
  }
  startsWith(prefix: unknown): ExpressionColumn {
    return this.#text('startsWith', prefix)
  }
  endsWith(suffix: unknown): ExpressionColumn {
    return this.#text('endsWith', suffix)
  }
  contains(part: unknown): ExpressionColumn {
    return this.#text('contains', part)
  }
  like(pattern: unknown): ExpressionColumn {
    likeSegments(pattern)
    return this.#text('like', pattern)
  }
  indexOf(part: unknown): ExpressionColumn {
    return this.#text('indexOf', part)
  }
  concat(...others: readonly unknown[]): ExpressionColumn {
    return this.#text('concat', ...others)
  }
  substring(start: unknown, length: unknown): ExpressionColumn {
    return this.#text('substring', start, length)
  }
  left(count: unknown): ExpressionColumn {
    return this.#text('left', count)
  }
  right(count: unknown): ExpressionColumn {
    return this.#text('right', count)
  }
  padStart(length: unknown, fill: unknown = ' '): ExpressionColumn {
    return this.#text('padStart', length, fill)
  }
  padEnd(length: unknown, fill: unknown = ' '): ExpressionColumn {
    return this.#text('padEnd', length, fill)
  }
  repeat(count: unknown): ExpressionColumn {
    return this.#text('repeat', count)
  }
  splitPart(delimiter: unknown, index: unknown): ExpressionColumn {
    return this.#text('splitPart', delimiter, index)
  }
  replace(part: unknown, replacement: unknown): ExpressionColumn {
    return this.#text('replace', part, replacement)
  }

  /** A call on this and operands whose values take this column's type. */
  #with(name: FunctionName, ...others: readonly unknown[]): ExpressionColumn {
    return new ExpressionColumn((schema) => {
      const input = this.bind(schema)
      const type = others.length === 0 ? undefined : expressionType(input, schema)
      const beside = type?.kind === 'float32' && DOUBLES.has(name) ? float64() : type
      const operands = others.map((other) => operandOf(other, beside, schema))
      return callOf(name, [input, ...operands], schema)
    })
  }

  /** A call whose other operands' values keep their own types (text, counts). */
  #text(name: FunctionName, ...others: readonly unknown[]): ExpressionColumn {
    return new ExpressionColumn((schema) => {
      const operands = others.map((other) => operandOf(other, undefined, schema))
      return callOf(name, [this.bind(schema), ...operands], schema)
    })
  }

  /** Beside a time, a value is a time span. */
  #additive(name: 'add' | 'sub', other: unknown): ExpressionColumn {
    return new ExpressionColumn((schema) => {
      const input = this.bind(schema)
      const type = expressionType(input, schema)
      const beside = type.kind === 'timestamp' ? duration(type.unit) : type
      const isSpan = type.kind === 'timestamp' && typeof other === 'string'
      const value = isSpan ? timeSpanMs(other as TimeSpan, 'a duration') : other
      return callOf(name, [input, operandOf(value, beside, schema)], schema)
    })
  }

  #cast(call: 'cast' | 'tryCast', to: DataType): ExpressionColumn {
    if (!isRecord(to) || typeof to.kind !== 'string') {
      const message = `${call}() takes a type, such as int32(), not ${shown(to)}`
      throw new DataflowError('CONFIG_INVALID', message)
    }
    return new ExpressionColumn((schema) => ({
      kind: 'cast',
      input: this.bind(schema),
      to,
      try: call === 'tryCast',
    }))
  }
}

checkArguments(ExpressionColumn.prototype)

/** What is computed as float64: nothing is gained by a constant of fewer digits. */
const DOUBLES: ReadonlySet<FunctionName> = new Set(['div', 'pow'])

const TRUNCATE_UNITS: readonly string[] = ['second', 'minute', 'hour', 'day', 'month', 'year']
