// Arithmetic: numbers, decimals of 64 bits, and time plus or minus durations.
import { DataflowError } from '../base/errors.ts'
import {
  type Arithmetic,
  type ArithmeticKind,
  arithmetic,
  divide,
  type Unary,
  unary,
} from '../kernels/arithmetic.ts'
import { NO_ROW } from '../kernels/operand.ts'
import { convert } from './evaluate-cast.ts'
import { type CallExpression, expressionText } from './expression.ts'
import { isFloat, numericType } from './expression-type.ts'
import { checkedRows, type Evaluation, type Node, operandOf, stepNode, validityOf } from './step.ts'
import { byteWidth, type DataType, float64, typeName } from './type.ts'
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
      if (type.kind === 'decimal' && byteWidth(type) === 8) return 'int64'
      throw new DataflowError(
        'UNSUPPORTED',
        `${text}: there is no arithmetic on ${typeName(type)}; cast it to a float64, an int64, or a decimal of at most 18 digits`,
      )
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
    const widened = (type: DataType): DataType =>
      type.kind === 'decimal' ? type : wholeDecimal(type)
    return [widened(a), widened(b)]
  }
  const common = name === 'least' || name === 'greatest' ? result : numericType(expression, a, b)
  return [common, common]
}

const wholeDecimal = ({ nullable }: DataType): DataType => ({
  kind: 'decimal',
  nullable,
  precision: 18,
  scale: 0,
})

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
  return stepNode(type, step, isFloat(type) ? [a, b] : undefined)
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
  const kind = arithmeticKind(type, text)
  const op = expression.function as Unary
  const step = (at: Evaluation): Vector => {
    const { values: from, validity } = input.step(at)
    const rows = checkedRows(at, validity)
    const { values, badRow } = unary(at.kernels, kind, op, from, at.n, rows)
    if (badRow !== NO_ROW) throw overflow(text, type, badRow)
    return new Vector({ type, length: at.n, values, validity })
  }
  return stepNode(type, step, isFloat(type) ? [input] : undefined)
}
