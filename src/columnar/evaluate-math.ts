// Functions of numbers that give float64: rounding to digits, powers and logarithms.
import { roundDigits } from '../kernels/arithmetic.ts'
import { type Exponential, exponential, power } from '../kernels/exponential.ts'
import { convert } from './evaluate-cast.ts'
import { type CallExpression, expressionText } from './expression.ts'
import { digitsOf } from './expression-type.ts'
import { type Node, operandOf, stepNode, validityOf } from './step.ts'
import { type DataType, float64 } from './type.ts'
import { Vector } from './vector.ts'

/** round(number, digits). */
export function roundStep(expression: CallExpression, operand: Node, type: DataType): Node {
  const text = expressionText(expression)
  const digits = digitsOf(expression)
  const from = operand.type
  if (from.kind === 'decimal' && digits >= 0) {
    // By whole units, and not as the nearest binary fraction: 1.005 is 1.01.
    const precision = from.precision - from.scale + digits + 1
    const rounded: DataType = { ...from, precision, scale: digits }
    const exact = digits < from.scale ? convert(operand, rounded, text, false) : operand
    return convert(exact, type, text, false)
  }
  const input = convert(operand, type, text, false)
  return stepNode(
    type,
    (at) => {
      const { values: numbers, validity } = input.step(at)
      const values = roundDigits(at.kernels, numbers, digits, at.n)
      return new Vector({ type, length: at.n, values, validity })
    },
    [input],
  )
}

/** exp, ln, log10, log2. */
export function exponentialStep(expression: CallExpression, operand: Node, type: DataType): Node {
  const input = convert(operand, type, expressionText(expression), false)
  const op = expression.function as Exponential
  return stepNode(
    type,
    (at) => {
      const { values: numbers, validity } = input.step(at)
      const values = exponential(at.kernels, op, numbers, at.n)
      return new Vector({ type, length: at.n, values, validity })
    },
    [input],
  )
}

/** pow(base, exponent). */
export function powerStep(
  expression: CallExpression,
  [base, exponent]: readonly [Node, Node],
  type: DataType,
): Node {
  const text = expressionText(expression)
  const a = convert(base, float64(), text, false)
  const b = convert(exponent, float64(), text, false)
  return stepNode(
    type,
    (at) => {
      const [x, y] = [operandOf(a, at), operandOf(b, at)]
      const values = power(at.kernels, x.operand, y.operand, at.n)
      const validity = validityOf(at, x.validity, y.validity)
      return new Vector({ type, length: at.n, values, validity })
    },
    [a, b],
  )
}
