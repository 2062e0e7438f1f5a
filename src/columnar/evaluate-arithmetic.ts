// Arithmetic: numbers, decimals of 64 bits, and time plus or minus durations.
import { assert } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import {
  type Arithmetic,
  type ArithmeticKind,
  arithmetic,
  divide,
  type Unary,
  unary,
} from '../kernels/arithmetic.ts'
import { decimalArithmetic, decimalNegate } from '../kernels/decimal.ts'
import { NO_ROW } from '../kernels/operand.ts'
import { convert } from './evaluate-cast.ts'
import { isWide } from './evaluate-cast-decimal.ts'
import { type CallExpression, expressionText } from './expression.ts'
import { floatNode } from './evaluate-floats.ts'
import { numericType } from './expression-type.ts'
import { checkedRows, type Evaluation, type Node, operandOf, stepNode, validityOf } from './step.ts'
import { type DataType, type Decimal, float64, typeName } from './type.ts'
import { Vector } from './vector.ts'

/** The numbers that a type is computed as. */
function arithmeticKind(type: DataType, text: string): ArithmeticKind {
  switch (type.kind) {
    case 'int32':
    case 'int64':
    case 'float32':
    case 'float64':
      return type.kind
    case 'timestamp':
    case 'duration':
      return 'int64'
    default:
      assert(type.kind === 'decimal' && !isWide(type), `${text} of ${typeName(type)}`)
      return 'int64'
  }
}

function overflow(text: string, type: DataType, row: number): DataflowError {
  return new DataflowError(
    'ARITHMETIC_OVERFLOW',
    `${text} overflows ${typeName(type)} at row ${row} of the batch; cast an operand to a wider type`,
    { context: { row } },
  )
}

/** The operand types that give `result`, for each of the two operands. */
function operandTypes(
  expression: CallExpression,
  a: DataType,
  b: DataType,
  result: DataType,
): readonly [DataType, DataType] {
  const { function: name } = expression
  if (name === 'div') return [float64(), float64()]
  const isTemporal = [a, b].some((type) => type.kind === 'timestamp' || type.kind === 'duration')
  if (isTemporal) {
    const unit = 'unit' in result ? result.unit : 'ms'
    const inUnit = (type: DataType): DataType => ('unit' in type ? { ...type, unit } : type)
    return [inUnit(a), inUnit(b)]
  }
  if (result.kind === 'decimal' && name === 'mul') {
    // Scales add up by themselves: the product of the units is in units of the sum of the scales.
    const precision = isWide(result) ? 38 : 18
    const factor = (type: DataType): DataType =>
      type.kind === 'decimal' ? { ...type, precision } : { ...result, precision, scale: 0 }
    return [factor(a), factor(b)]
  }
  const isOfResult = name === 'least' || name === 'greatest' || result.kind === 'decimal'
  const common = isOfResult ? result : numericType(expression, a, b)
  return [common, common]
}

const OPS = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  div: 'div',
  least: 'min',
  greatest: 'max',
} as const satisfies Record<string, Arithmetic>

/** add, sub, mul, div, least, greatest of two numbers. */
export function arithmeticStep(
  expression: CallExpression,
  [left, right]: readonly [Node, Node],
  type: DataType,
): Node {
  const text = expressionText(expression)
  const [aType, bType] = operandTypes(expression, left.type, right.type, type)
  const [a, b] = [convert(left, aType, text, false), convert(right, bType, text, false)]
  if (isWide(type)) return wideStep(expression, a, b, type as Decimal)
  const kind = arithmeticKind(type, text)
  const op = OPS[expression.function as keyof typeof OPS]
  const step = (at: Evaluation): Vector => {
    const x = operandOf(a, at)
    const y = operandOf(b, at)
    const validity = validityOf(at, x.validity, y.validity)
    const rows = checkedRows(at, validity)
    const { values, badRow } = arithmetic(at.kernels, kind, op, x.operand, y.operand, at.n, rows)
    if (badRow !== NO_ROW) throw overflow(text, type, badRow)
    return new Vector({ type, length: at.n, values, validity })
  }
  return floatNode(stepNode(type, step), op, [a, b])
}

/** add, sub and mul of 128-bit decimals. */
function wideStep(expression: CallExpression, a: Node, b: Node, type: Decimal): Node {
  const op = expression.function as 'add' | 'sub' | 'mul'
  return stepNode(type, (at) => {
    const { kernels, n } = at
    const [x, y] = [operandOf(a, at), operandOf(b, at)]
    const validity = validityOf(at, x.validity, y.validity)
    const rows = checkedRows(at, validity)
    const operands = [x.operand, y.operand] as const
    const result = decimalArithmetic(kernels, op, ...operands, n, type.precision, rows)
    if (result.badRow !== NO_ROW) throw overflow(expressionText(expression), type, result.badRow)
    return new Vector({ type, length: n, values: result.values, validity })
  })
}

/** idiv and mod: null where the divisor is 0. */
export function divideStep(
  expression: CallExpression,
  [left, right]: readonly [Node, Node],
  type: DataType,
): Node {
  const text = expressionText(expression)
  const [a, b] = [convert(left, type, text, false), convert(right, type, text, false)]
  const kind = arithmeticKind(type, text) as 'int32' | 'int64'
  const op = expression.function as 'idiv' | 'mod'
  return stepNode(type, (at) => {
    const x = operandOf(a, at)
    const y = operandOf(b, at)
    const rows = checkedRows(at, validityOf(at, x.validity, y.validity))
    const result = divide(at.kernels, kind, op, x.operand, y.operand, at.n, rows)
    if (result.badRow !== NO_ROW) throw overflow(text, type, result.badRow)
    return new Vector({ type, length: at.n, values: result.values, validity: result.validity })
  })
}

/** neg, abs; floor, ceil, round and sqrt as float64. */
export function unaryStep(expression: CallExpression, operand: Node, type: DataType): Node {
  const text = expressionText(expression)
  const input = convert(operand, type, text, false)
  if (isWide(type)) return wideSignStep(expression.function as 'neg' | 'abs', input, type)
  const kind = arithmeticKind(type, text)
  const op = expression.function as Unary
  const step = (at: Evaluation): Vector => {
    const { values: from, validity } = input.step(at)
    const rows = checkedRows(at, validity)
    const { values, badRow } = unary(at.kernels, kind, op, from, at.n, rows)
    if (badRow !== NO_ROW) throw overflow(text, type, badRow)
    return new Vector({ type, length: at.n, values, validity })
  }
  return floatNode(stepNode(type, step), op, [input])
}

function wideSignStep(op: 'neg' | 'abs', input: Node, type: DataType): Node {
  const step = (at: Evaluation): Vector => {
    const { values, validity } = input.step(at)
    const out = decimalNegate(at.kernels, op, values, at.n)
    return new Vector({ type, length: at.n, values: out, validity })
  }
  return stepNode(type, step, [input])
}
