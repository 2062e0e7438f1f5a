// A naive evaluator of column expressions, one row at a time: the oracle of evaluate.ts. It shares the
// types that expression-type.ts gives, and nothing of how values are computed.
//
// Values: whole numbers, times and decimals (their units) are bigint, floats numbers, null is null.
import {
  type CallExpression,
  type CastExpression,
  type Expression,
  type InExpression,
  operands,
} from '../../src/columnar/expression.ts'
import { comparisonType, expressionType, numericType } from '../../src/columnar/expression-type.ts'
import type { Schema } from '../../src/columnar/schema.ts'
import { type DataType, float64, sameType, UNITS_PER_SECOND } from '../../src/columnar/type.ts'
import type { ErrorCode } from '../../src/base/errors.ts'
import { castValue, divideRounded, floorDivide } from '../kernels/reference/cast.ts'
import { FLOAT_UNARY, roundTo } from '../kernels/reference/arithmetic.ts'
import { naiveText } from './naive-text.ts'
import { field, truncate } from '../kernels/reference/temporal.ts'
import type { CalendarField, CalendarUnit } from '../../src/kernels/temporal.ts'
import type { NumericKind } from '../../src/kernels/operand.ts'

export type Value = bigint | number | boolean | string | null

/** What a row gives instead of a value. */
export class Failure extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode) {
    super(code)
    this.code = code
  }
}

const DAY_SECONDS = 86_400n
const INT32 = [-(2n ** 31n), 2n ** 31n - 1n] as const
const INT64 = [-(2n ** 63n), 2n ** 63n - 1n] as const

/** The value of an expression in one row. */
export function naive(
  expression: Expression,
  schema: Schema,
  row: Readonly<Record<string, Value>>,
): Value {
  const typeOf = (part: Expression): DataType => expressionType(part, schema)
  const of = (part: Expression): Value => naive(part, schema, row)
  switch (expression.kind) {
    case 'column':
      return row[expression.name]!
    case 'literal':
      return literalValue(expression.type, expression.value)
    case 'cast':
      return cast(expression, of(expression.input), typeOf(expression.input))
    case 'in':
      return isIn(expression, of(expression.input))
    case 'call': {
      const types = operands(expression).map(typeOf)
      return guarded(expression, of, types, typeOf(expression))
    }
    case 'user':
      throw new Error('no user functions here')
  }
}

/** A literal's JSON as a value. */
function literalValue(type: DataType, value: number | string | boolean | null): Value {
  if (value === null || typeof value === 'boolean') return value
  if (type.kind === 'float32') return Math.fround(Number(value))
  if (type.kind === 'utf8' || type.kind === 'float64') return value
  if (type.kind !== 'decimal') return BigInt(value)
  const [whole, fraction = ''] = String(value).split('.')
  return BigInt(whole! + fraction.padEnd(type.scale, '0'))
}

function cast({ to, try: isTry }: CastExpression, value: Value, from: DataType): Value {
  try {
    return convert(value, from, to)
  } catch (error) {
    if (isTry && error instanceof Failure) return null
    throw error
  }
}

/** @throws Failure when the type cannot hold the value */
function convert(value: Value, from: DataType, to: DataType): Value {
  if (value === null || sameType(from, to)) return value
  if (to.kind === 'bool') return Number(value) !== 0
  if (typeof value === 'boolean')
    return convert(value ? 1n : 0n, { ...from, kind: 'int64' } as DataType, to)
  if (from.kind === 'decimal') return fromDecimal(value as bigint, from, to)
  if (to.kind === 'decimal') return toDecimal(value as number | bigint, to)
  if (isTime(from) && isTime(to)) {
    const [a, b] = [unitsPerDay(from), unitsPerDay(to)]
    const scaled = b >= a ? (value as bigint) * (b / a) : floorDivide(value as bigint, a / b)
    return within(scaled, to.kind === 'date' ? INT32 : INT64, 'CAST_FAILED')
  }
  return toNumber(value as number | bigint, to)
}

const isTime = (type: DataType): boolean =>
  type.kind === 'timestamp' || type.kind === 'date' || type.kind === 'duration'

const unitsPerDay = (type: DataType): bigint =>
  'unit' in type ? DAY_SECONDS * BigInt(UNITS_PER_SECOND[type.unit]) : 1n

function toNumber(value: number | bigint, to: DataType): Value {
  const kind = to.kind === 'date' ? 'int32' : isTime(to) ? 'int64' : (to.kind as NumericKind)
  const result = castValue(value, kind)
  if (result === undefined) throw new Failure('CAST_FAILED')
  return kind.startsWith('float') ? result : BigInt(result)
}

function fromDecimal(units: bigint, from: DataType & { kind: 'decimal' }, to: DataType): Value {
  const power = 10n ** BigInt(from.scale)
  if (to.kind === 'float64') return Number(units) / Number(power)
  if (to.kind === 'float32') return Math.fround(Number(units) / Number(power))
  if (to.kind !== 'decimal') return toNumber(divideRounded(units, power, false), to)
  const shift = to.scale - from.scale
  const scaled =
    shift >= 0 ? units * 10n ** BigInt(shift) : divideRounded(units, 10n ** BigInt(-shift), true)
  return withinDigits(scaled, to)
}

function toDecimal(value: number | bigint, to: DataType & { kind: 'decimal' }): Value {
  const power = 10n ** BigInt(to.scale)
  if (typeof value === 'bigint') return withinDigits(value * power, to)
  const units = FLOAT_UNARY.round(value * Number(power))
  if (!Number.isFinite(units)) throw new Failure('CAST_FAILED')
  return withinDigits(BigInt(units), to)
}

function withinDigits(units: bigint, { precision }: DataType & { kind: 'decimal' }): bigint {
  const limit = 10n ** BigInt(precision)
  return within(units, [1n - limit, limit - 1n], 'CAST_FAILED')
}

function within(value: bigint, [least, most]: readonly [bigint, bigint], code: ErrorCode): bigint {
  if (value < least || value > most) throw new Failure(code)
  return value
}

function isIn({ values }: InExpression, value: Value): Value {
  if (value === null) return null
  return values.some((item) => literalValue(item.type, item.value) === value)
}

/** Functions that do not look at what they do not need. */
function guarded(
  expression: CallExpression,
  of: (part: Expression) => Value,
  types: readonly DataType[],
  type: DataType,
): Value {
  const [a, b, c] = expression.arguments as [Expression, Expression, Expression]
  switch (expression.function) {
    case 'and':
    case 'or': {
      const decides = expression.function === 'or'
      const x = of(a)
      if (x === decides) return decides
      const y = of(b)
      return y === decides ? decides : x === null || y === null ? null : !decides
    }
    case 'ifElse':
      return of(a) === true ? convert(of(b), types[1]!, type) : convert(of(c), types[2]!, type)
    case 'coalesce': {
      const x = convert(of(a), types[0]!, type)
      return x === null ? convert(of(b), types[1]!, type) : x
    }
    default:
      return call(expression, expression.arguments.map(of), types, type)
  }
}

function call(
  expression: CallExpression,
  values: readonly Value[],
  types: readonly DataType[],
  type: DataType,
): Value {
  const [a, b] = values as [Value, Value]
  const [aType, bType] = types as [DataType, DataType]
  const { function: name } = expression
  switch (name) {
    case 'isNull':
      return a === null
    case 'isNotNull':
      return a !== null
    case 'isDistinctFrom': {
      const common = comparisonType(expression, aType, bType)
      const [x, y] = [convert(a, aType, common), convert(b, bType, common)]
      return x === null || y === null ? x !== y : compare(x, y) !== 0
    }
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge': {
      const common = comparisonType(expression, aType, bType)
      const [x, y] = [convert(a, aType, common), convert(b, bType, common)]
      return x === null || y === null ? null : holds(name, compare(x, y))
    }
    case 'nullIf': {
      const common = comparisonType(expression, aType, bType)
      const [x, y] = [convert(a, aType, common), convert(b, bType, common)]
      return x === null || y === null || compare(x, y) !== 0 ? a : null
    }
    case 'truncate':
      return a === null ? null : truncated(a as bigint, aType, b as CalendarUnit)
    case 'least':
    case 'greatest': {
      const [x, y] = [convert(a, aType, type), convert(b, bType, type)]
      return x === null || y === null ? null : extreme(name, x, y)
    }
    default:
      return strict(expression, values, types, type)
  }
}

/** Functions of which null with anything is null. */
function strict(
  expression: CallExpression,
  values: readonly Value[],
  types: readonly DataType[],
  type: DataType,
): Value {
  const [a, b] = values as [Value, Value]
  const [aType, bType] = types as [DataType, DataType]
  const { function: name } = expression
  switch (name) {
    case 'not':
      return a === null ? null : a === false
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'idiv':
    case 'mod': {
      const [p, q] = arithmeticTypes(expression, aType, bType, type)
      const [x, y] = [convert(a, aType, p), convert(b, bType, q)]
      return x === null || y === null ? null : arithmetic(name, x, y, type)
    }
    case 'neg':
    case 'abs':
    case 'floor':
    case 'ceil':
    case 'round':
    case 'sqrt':
    case 'sign': {
      if (values.length === 2) return rounded(a, aType, Number(b))
      const x = convert(a, aType, type)
      if (x === null) return null
      if (typeof x === 'number') return FLOAT_UNARY[name](x)
      return bounded(name === 'neg' || (x as bigint) < 0n ? -(x as bigint) : x, type)
    }
    case 'year':
    case 'month':
    case 'day':
    case 'hour':
    case 'minute':
    case 'second':
    case 'dayOfWeek':
      return a === null
        ? null
        : BigInt(field(name as CalendarField, milliseconds(a as bigint, aType)))
    default:
      return values.includes(null) ? null : naiveText(name, values)
  }
}

function rounded(value: Value, from: DataType, digits: number): Value {
  if (value === null) return null
  if (from.kind !== 'decimal' || digits < 0 || digits >= from.scale) {
    const x = convert(value, from, float64()) as number
    return from.kind === 'decimal' && digits >= 0 ? x : roundTo(x, digits)
  }
  const units = divideRounded(value as bigint, 10n ** BigInt(from.scale - digits), true)
  return Number(units) / Number(10n ** BigInt(digits))
}

function arithmeticTypes(
  of: CallExpression,
  a: DataType,
  b: DataType,
  result: DataType,
): readonly [DataType, DataType] {
  if (of.function === 'div') return [float64(), float64()]
  if (isTime(a) || isTime(b)) {
    const unit = 'unit' in result ? result.unit : 'ms'
    return [{ ...a, unit } as DataType, { ...b, unit } as DataType]
  }
  if (result.kind === 'decimal' && of.function === 'mul') {
    const whole: DataType = { kind: 'decimal', nullable: false, precision: 20, scale: 0 }
    return [a.kind === 'decimal' ? a : whole, b.kind === 'decimal' ? b : whole]
  }
  if (result.kind === 'decimal') return [result, result]
  const common = numericType(of, a, b)
  return [common, common]
}

function arithmetic(name: string, a: Value, b: Value, type: DataType): Value {
  if (typeof a === 'number') {
    const y = b as number
    const result = name === 'add' ? a + y : name === 'sub' ? a - y : name === 'mul' ? a * y : a / y
    return type.kind === 'float32' ? Math.fround(result) : result
  }
  const [x, y] = [a as bigint, b as bigint]
  switch (name) {
    case 'add':
      return bounded(x + y, type)
    case 'sub':
      return bounded(x - y, type)
    case 'mul':
      return bounded(x * y, type)
    case 'idiv':
      return y === 0n ? null : bounded(x / y, type)
    default:
      return y === 0n ? null : x % y
  }
}

function bounded(value: Value, type: DataType): bigint {
  const most = type.kind === 'decimal' ? 10n ** BigInt(type.precision) - 1n : 0n
  const range = most > 0n ? ([-most, most] as const) : type.kind === 'int32' ? INT32 : INT64
  return within(value as bigint, range, 'ARITHMETIC_OVERFLOW')
}

/** -1, 0, 1, or NaN when a NaN makes them unordered. */
function compare(a: Value, b: Value): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  const [x, y] = [a as number, b as number]
  return x < y ? -1 : x > y ? 1 : x === y ? 0 : NaN
}

function holds(name: string, order: number): boolean {
  switch (name) {
    case 'eq':
      return order === 0
    case 'ne':
      return order !== 0
    case 'lt':
      return order < 0
    case 'le':
      return order <= 0
    case 'gt':
      return order > 0
    default:
      return order >= 0
  }
}

function extreme(name: 'least' | 'greatest', a: Value, b: Value): Value {
  if (typeof a === 'number') {
    return name === 'least' ? Math.min(a, b as number) : Math.max(a, b as number)
  }
  return holds(name === 'least' ? 'le' : 'ge', compare(a, b)) ? a : b
}

const milliseconds = (value: bigint, type: DataType): number =>
  Number(floorDivide(value * 86_400_000n, unitsPerDay(type)))

function truncated(value: bigint, type: DataType, unit: CalendarUnit): bigint {
  return (BigInt(truncate(unit, milliseconds(value, type))) * unitsPerDay(type)) / 86_400_000n
}
