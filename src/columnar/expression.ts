// Column expressions as data: what `where`, `select` and `withColumn` carry from the SDK to the kernels.
// An expression is JSON, so it travels in a job graph; evaluate.ts compiles it against a schema.
//
// X1  Null semantics are SQL's: an operator with a null operand gives null, and/or are three-valued,
//     a predicate that is null keeps nothing.
// X2  Integers: int8 and int16, uint8 and uint16 promote to int32, uint32 to int64; same types stay; an
//     integer with a float gives float64; overflow is ARITHMETIC_OVERFLOW, naming column and row.
import type { DataType } from './type.ts'

/** Functions by family: name -> how many arguments (a pair is a range; -1 is any number). */
export const FUNCTIONS = {
  // comparison: bool
  eq: 2,
  ne: 2,
  lt: 2,
  le: 2,
  gt: 2,
  ge: 2,
  isNull: 1,
  isNotNull: 1,
  isDistinctFrom: 2,
  // logic: bool
  and: 2,
  or: 2,
  not: 1,
  // arithmetic
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  idiv: 2,
  mod: 2,
  neg: 1,
  abs: 1,
  floor: 1,
  ceil: 1,
  // round's second argument is a literal integer
  round: [1, 2],
  sqrt: 1,
  sign: 1,
  exp: 1,
  ln: 1,
  log10: 1,
  log2: 1,
  pow: 2,
  least: 2,
  greatest: 2,
  // choice: ifElse(condition, then, otherwise); coalesce(value, default); nullIf(value, other)
  ifElse: 3,
  coalesce: 2,
  nullIf: 2,
  // time, UTC; truncate's second argument is a literal unit 'second'..'year'
  year: 1,
  month: 1,
  day: 1,
  hour: 1,
  minute: 1,
  second: 1,
  dayOfWeek: 1,
  truncate: 2,
  // strings; needles, delimiters and indices may be columns or literals
  lower: 1,
  upper: 1,
  trim: 1,
  trimStart: 1,
  trimEnd: 1,
  reverse: 1,
  length: 1,
  startsWith: 2,
  endsWith: 2,
  contains: 2,
  // like's pattern is a literal (like-pattern.ts)
  like: 2,
  indexOf: 2,
  concat: -1,
  substring: 3,
  splitPart: 3,
  left: 2,
  right: 2,
  padStart: 3,
  padEnd: 3,
  repeat: 2,
  replace: 3,
} as const

export type FunctionName = keyof typeof FUNCTIONS

export interface ColumnExpression {
  readonly kind: 'column'
  readonly name: string
}
/**
 * A constant. 64-bit integers, decimals and timestamps are decimal text (JSON has no bigint);
 * timestamps count their unit, dates days.
 */
export interface LiteralExpression {
  readonly kind: 'literal'
  readonly type: DataType
  readonly value: number | string | boolean | null
}
export interface CallExpression {
  readonly kind: 'call'
  readonly function: FunctionName
  readonly arguments: readonly Expression[]
}
/** A conversion; `try` gives null where a value does not fit, else CAST_FAILED. */
export interface CastExpression {
  readonly kind: 'cast'
  readonly input: Expression
  readonly to: DataType
  readonly try: boolean
}
/** Membership in a list of literals of one type. */
export interface InExpression {
  readonly kind: 'in'
  readonly input: Expression
  readonly values: readonly LiteralExpression[]
}
/** A call of an AssemblyScript function: `module` is the URL of its `.as.ts` file. */
export interface UserFunctionExpression {
  readonly kind: 'user'
  readonly module: string
  readonly function: string
  readonly parameters: readonly DataType[]
  readonly result: DataType
  readonly arguments: readonly Expression[]
}

export type Expression =
  | ColumnExpression
  | LiteralExpression
  | CallExpression
  | CastExpression
  | InExpression
  | UserFunctionExpression

/** The operands of an expression. */
export function operands(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'call':
    case 'user':
      return expression.arguments
    case 'cast':
    case 'in':
      return [expression.input]
    default:
      return []
  }
}

/** The names of the columns that an expression reads. */
export function columnsOf(expression: Expression, into = new Set<string>()): Set<string> {
  if (expression.kind === 'column') into.add(expression.name)
  for (const operand of operands(expression)) columnsOf(operand, into)
  return into
}

const INFIX: Partial<Record<FunctionName, string>> = {
  eq: '=',
  ne: '<>',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  and: 'and',
  or: 'or',
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  mod: '%',
  like: 'like',
}

/** An expression as a reader writes it, for plans and errors: `(delay > 15) and (origin = 'ORD')`. */
export function expressionText(expression: Expression): string {
  switch (expression.kind) {
    case 'column':
      return expression.name
    case 'literal':
      return expression.type.kind === 'utf8' && expression.value !== null
        ? `'${String(expression.value).replaceAll("'", "''")}'`
        : String(expression.value)
    case 'cast':
      return `${expression.try ? 'tryCast' : 'cast'}(${expressionText(expression.input)} as ${expression.to.kind})`
    case 'in':
      return `${expressionText(expression.input)} in (${expression.values.map(expressionText).join(', ')})`
    case 'user':
      return `${expression.function}(${expression.arguments.map(expressionText).join(', ')})`
    case 'call': {
      const texts = expression.arguments.map((argument) =>
        argument.kind === 'call' && INFIX[argument.function]
          ? `(${expressionText(argument)})`
          : expressionText(argument),
      )
      const infix = INFIX[expression.function]
      return infix ? texts.join(` ${infix} `) : `${expression.function}(${texts.join(', ')})`
    }
  }
}
