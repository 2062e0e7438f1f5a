// The type of an expression against a schema, and why it has none: the one place that knows which
// operand types a function takes. The SDK asks at build time, the evaluator when it compiles.
import { unreachable } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import {
  type CallExpression,
  type Expression,
  expressionText,
  type FunctionName,
  operands,
} from './expression.ts'
import type { Schema } from './schema.ts'
import {
  bool,
  type DataType,
  type Decimal,
  float64,
  int32,
  int64,
  sameType,
  typeName,
  utf8,
  withNullable,
} from './type.ts'

const INTEGERS = new Set(['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'])
const FLOATS = new Set(['float32', 'float64'])
const TEMPORAL = new Set(['timestamp', 'date', 'duration'])
const DIGITS_MAX = 38
/** 10 to the power of more is no float64. */
const ROUND_DIGITS_MAX = 308

export const isInteger = (type: DataType): boolean => INTEGERS.has(type.kind)
export const isFloat = (type: DataType): boolean => FLOATS.has(type.kind)
export const isNumeric = (type: DataType): boolean =>
  isInteger(type) || isFloat(type) || type.kind === 'decimal'

/**
 * The type an expression gives.
 * @throws COLUMN_NOT_FOUND with the nearest name, TYPE_MISMATCH with the operands' types
 */
export function expressionType(expression: Expression, schema: Schema): DataType {
  switch (expression.kind) {
    case 'column':
      return schema.field(expression.name).type
    case 'literal':
      return withNullable(expression.type, expression.value === null)
    case 'cast': {
      const input = expressionType(expression.input, schema)
      return withNullable(expression.to, input.nullable || expression.try)
    }
    case 'in': {
      const input = expressionType(expression.input, schema)
      for (const value of expression.values) comparable(expression, input, value.type)
      return withNullable(bool(), input.nullable)
    }
    case 'user': {
      const inputs = expression.arguments.map((argument) => expressionType(argument, schema))
      inputs.forEach((type, i) => {
        const wanted = expression.parameters[i]
        if (wanted === undefined || !sameType(type, wanted)) {
          const want = wanted === undefined ? 'nothing' : typeName(wanted)
          throw mismatch(expression, `argument ${i + 1} is ${typeName(type)}, not ${want}; cast it`)
        }
      })
      if (inputs.length < expression.parameters.length) {
        throw mismatch(expression, `it takes ${expression.parameters.length} arguments`)
      }
      const isNullable = expression.result.nullable || inputs.some((type) => type.nullable)
      return withNullable(expression.result, isNullable)
    }
    case 'call':
      return callType(expression, schema)
    default:
      return unreachable(expression)
  }
}

/**
 * The type both operands of a comparison are brought to.
 * @throws TYPE_MISMATCH
 */
export function comparisonType(of: Expression, a: DataType, b: DataType): DataType {
  if (isNumeric(a) && isNumeric(b)) return numericType(of, a, b)
  comparable(of, a, b)
  if (a.kind === 'timestamp' && b.kind === 'timestamp') return finer(a, b)
  if (a.kind === 'timestamp') return a
  if (b.kind === 'timestamp') return b
  return a
}

/**
 * The type both operands of an arithmetic function are brought to (X2 of expression.ts).
 * @throws TYPE_MISMATCH
 */
export function numericType(of: Expression, a: DataType, b: DataType): DataType {
  if (!isNumeric(a) || !isNumeric(b)) {
    throw mismatch(of, `it wants numbers, not ${typeName(a)} and ${typeName(b)}`)
  }
  if (isFloat(a) || isFloat(b)) {
    return a.kind === 'float32' && b.kind === 'float32' ? { ...a, nullable: false } : float64()
  }
  if (a.kind === 'decimal' || b.kind === 'decimal') {
    const [p, q] = [asDecimal(a), asDecimal(b)]
    const scale = Math.max(p.scale, q.scale)
    const whole = Math.max(p.precision - p.scale, q.precision - q.scale)
    return {
      kind: 'decimal',
      nullable: false,
      precision: Math.min(DIGITS_MAX, whole + scale),
      scale,
    }
  }
  const wide = new Set(['int64', 'uint64', 'uint32'])
  return wide.has(a.kind) || wide.has(b.kind) ? wideOf(a, b) : int32()
}

/** 64 bits; bigint in a row only when an operand's is (uint32 is a number in rows, so its sums are). */
function wideOf(a: DataType, b: DataType): DataType {
  const rows = [a, b].flatMap((type) => ('as' in type ? [type.as] : []))
  return rows.includes('number') || rows.length === 0 ? int64({ as: 'number' }) : int64()
}

function asDecimal(type: DataType): Decimal {
  if (type.kind === 'decimal') return type
  const precision = type.kind === 'uint64' ? 20 : type.kind === 'int64' ? 19 : 10
  return { kind: 'decimal', nullable: false, precision, scale: 0 }
}

function finer(a: DataType & { unit: string }, b: DataType & { unit: string }): DataType {
  const order = ['s', 'ms', 'us', 'ns']
  return order.indexOf(a.unit) >= order.indexOf(b.unit) ? a : b
}

function comparable(of: Expression, a: DataType, b: DataType): void {
  const fits =
    (isNumeric(a) && isNumeric(b)) ||
    (a.kind === b.kind && a.kind !== 'list' && a.kind !== 'struct') ||
    (TEMPORAL.has(a.kind) && TEMPORAL.has(b.kind) && a.kind !== 'duration' && b.kind !== 'duration')
  if (!fits) throw mismatch(of, `${typeName(a)} and ${typeName(b)} do not compare; cast one`)
}

function callType(expression: CallExpression, schema: Schema): DataType {
  const types = expression.arguments.map((argument) => expressionType(argument, schema))
  const some = types.some((type) => type.nullable)
  const [a, b, c] = types as [DataType, DataType, DataType]
  const all = (want: string, fits: (type: DataType) => boolean): void => {
    const bad = types.find((type) => !fits(type))
    if (bad) throw mismatch(expression, `it wants ${want}, not ${typeName(bad)}`)
  }
  switch (expression.function) {
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      comparisonType(expression, a, b)
      return withNullable(bool(), some)
    case 'isDistinctFrom':
      comparisonType(expression, a, b)
      return bool()
    case 'isNull':
    case 'isNotNull':
      return bool()
    case 'and':
    case 'or':
    case 'not':
      all('bool', (type) => type.kind === 'bool')
      return withNullable(bool(), some)
    case 'add':
    case 'sub':
      return withNullable(additiveType(expression, a, b), some)
    case 'mul':
      return withNullable(productType(expression, a, b), some)
    case 'least':
    case 'greatest':
      return withNullable(comparisonType(expression, a, b), some)
    case 'div':
    case 'pow':
      numericType(expression, a, b)
      return withNullable(float64(), some)
    case 'idiv':
    case 'mod':
      all('integers', isInteger)
      return withNullable(numericType(expression, a, b), true)
    case 'neg':
    case 'abs':
      return withNullable(a.kind === 'duration' ? a : numericType(expression, a, a), some)
    case 'floor':
    case 'ceil':
    case 'round':
    case 'sqrt':
    case 'sign':
    case 'exp':
    case 'ln':
    case 'log10':
    case 'log2':
      if (expression.arguments.length > 1) digitsOf(expression)
      all('numbers', isNumeric)
      return withNullable(float64(), some)
    case 'nullIf':
      comparisonType(expression, a, b)
      return withNullable(a, true)
    case 'ifElse': {
      if (a.kind !== 'bool') throw mismatch(expression, `its condition is ${typeName(a)}, not bool`)
      return withNullable(comparisonType(expression, b, c), b.nullable || c.nullable)
    }
    case 'coalesce':
      return withNullable(comparisonType(expression, a, b), a.nullable && b.nullable)
    case 'year':
    case 'month':
    case 'day':
    case 'hour':
    case 'minute':
    case 'second':
    case 'dayOfWeek':
      all('timestamp or date', (type) => type.kind === 'timestamp' || type.kind === 'date')
      return withNullable(int32(), some)
    case 'truncate':
      if (a.kind !== 'timestamp') throw mismatch(expression, `${typeName(a)} is not a timestamp`)
      return withNullable(a, some)
    default:
      return withNullable(stringType(expression, types), some)
  }
}

/**
 * The digits of round(number, digits).
 * @throws TYPE_MISMATCH when they are no constant integer in range
 */
export function digitsOf(expression: CallExpression): number {
  const digits = expression.arguments[1]
  if (digits?.kind === 'literal' && isInteger(digits.type) && digits.value !== null) {
    const value = Number(digits.value)
    if (Math.abs(value) <= ROUND_DIGITS_MAX) return value
  }
  const max = ROUND_DIGITS_MAX
  throw mismatch(expression, `the digits are a constant integer from -${max} to ${max}`)
}

function additiveType(expression: CallExpression, a: DataType, b: DataType): DataType {
  const isAdd = expression.function === 'add'
  if (a.kind === 'timestamp' && b.kind === 'duration') return a
  if (isAdd && a.kind === 'duration' && b.kind === 'timestamp') return b
  if (a.kind === 'duration' && b.kind === 'duration') return finer(a, b)
  if (!isAdd && a.kind === 'timestamp' && b.kind === 'timestamp') {
    return { kind: 'duration', nullable: false, unit: (finer(a, b) as typeof a).unit }
  }
  const common = numericType(expression, a, b)
  // One digit more: a sum of two needs it.
  return common.kind === 'decimal'
    ? { ...common, precision: Math.min(DIGITS_MAX, common.precision + 1) }
    : common
}

function productType(expression: CallExpression, a: DataType, b: DataType): DataType {
  const common = numericType(expression, a, b)
  if (common.kind !== 'decimal') return common
  const [p, q] = [asDecimal(a), asDecimal(b)]
  const scale = p.scale + q.scale
  if (scale > DIGITS_MAX) {
    throw mismatch(expression, `it has ${scale} digits behind the point; cast to smaller scales`)
  }
  return { ...common, precision: Math.min(DIGITS_MAX, p.precision + q.precision), scale }
}

/** Which arguments of functions of texts are integers; the others are texts. */
const COUNTS: Partial<Record<FunctionName, readonly number[]>> = {
  substring: [1, 2],
  splitPart: [2],
  left: [1],
  right: [1],
  padStart: [1],
  padEnd: [1],
  repeat: [1],
}

function stringType(expression: CallExpression, types: readonly DataType[]): DataType {
  types.forEach((type, i) => {
    const isCount = COUNTS[expression.function]?.includes(i) === true
    if (isCount ? !isInteger(type) : type.kind !== 'utf8') {
      const want = isCount ? 'an integer' : 'utf8'
      throw mismatch(expression, `argument ${i + 1} is ${typeName(type)}, not ${want}`)
    }
  })
  switch (expression.function) {
    case 'length':
    case 'indexOf':
      return int32()
    case 'startsWith':
    case 'endsWith':
    case 'contains':
    case 'like':
      return bool()
    default:
      return utf8()
  }
}

function mismatch(of: Expression, why: string): DataflowError {
  const at = operands(of).length > 0 ? `${expressionText(of)}: ` : ''
  return new DataflowError('TYPE_MISMATCH', `${at}${why}`)
}
