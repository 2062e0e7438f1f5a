// Calls of functions: which step each name is, and those that are about choice and logic.
import { unreachable } from '../base/assert.ts'
import { bitmapFill, bitmapKleene, bitmapLogic, bitmapNot } from '../kernels/bitmap.ts'
import { chooseFixed, chooseText } from '../kernels/choose.ts'
import { arithmeticStep, divideStep, unaryStep } from './evaluate-arithmetic.ts'
import { convert } from './evaluate-cast.ts'
import { compareStep, distinctStep, nullTestStep } from './evaluate-compare.ts'
import { likeStep } from './evaluate-like.ts'
import { exponentialStep, powerStep, roundStep } from './evaluate-math.ts'
import { stringStep } from './evaluate-string.ts'
import { timeStep } from './evaluate-time.ts'
import { type CallExpression, expressionText } from './expression.ts'
import {
  type Compile,
  type Evaluation,
  memoNode,
  type Node,
  operandOf,
  stepNode,
  textOf,
  validityOf,
  vectorOf,
  within,
} from './step.ts'
import { byteWidth, type DataType } from './type.ts'
import { Vector } from './vector.ts'

export function callStep(expression: CallExpression, compile: Compile, type: DataType): Node {
  const nodes = expression.arguments.map(compile)
  const [a, b, c] = nodes as [Node, Node, Node]
  switch (expression.function) {
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return compareStep(expression, [a, b], type)
    case 'isDistinctFrom':
      return distinctStep(expression, [a, b], type)
    case 'isNull':
    case 'isNotNull':
      return nullTestStep(expression, a, type)
    case 'and':
    case 'or':
      return logicStep(expression.function, a, b, type)
    case 'not':
      return notStep(a, type)
    case 'least':
    case 'greatest':
      return extremeStep(expression, [a, b], type)
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
      return arithmeticStep(expression, [a, b], type)
    case 'idiv':
    case 'mod':
      return divideStep(expression, [a, b], type)
    case 'neg':
    case 'abs':
    case 'floor':
    case 'ceil':
    case 'sqrt':
    case 'sign':
      return unaryStep(expression, a, type)
    case 'round':
      return b === undefined ? unaryStep(expression, a, type) : roundStep(expression, a, type)
    case 'exp':
    case 'ln':
    case 'log10':
    case 'log2':
      return exponentialStep(expression, a, type)
    case 'pow':
      return powerStep(expression, [a, b], type)
    case 'nullIf':
      return nullIfStep(expression, [a, b], type)
    case 'ifElse':
      return ifElseStep(a, branch(expression, b, type), branch(expression, c, type), type)
    case 'coalesce':
      return coalesceStep(branch(expression, a, type), branch(expression, b, type), type)
    case 'year':
    case 'month':
    case 'day':
    case 'hour':
    case 'minute':
    case 'second':
    case 'dayOfWeek':
    case 'truncate':
      return timeStep(expression, nodes, type)
    case 'like':
      return likeStep(nodes, type)
    case 'lower':
    case 'upper':
    case 'trim':
    case 'trimStart':
    case 'trimEnd':
    case 'reverse':
    case 'length':
    case 'startsWith':
    case 'endsWith':
    case 'contains':
    case 'indexOf':
    case 'concat':
    case 'substring':
    case 'splitPart':
    case 'left':
    case 'right':
    case 'padStart':
    case 'padEnd':
    case 'repeat':
    case 'replace':
      return stringStep(expression, nodes, type)
    default:
      return unreachable(expression.function)
  }
}

const branch = (expression: CallExpression, node: Node, type: DataType): Node =>
  convert(node, type, expressionText(expression), false)

function logicStep(op: 'and' | 'or', a: Node, b: Node, type: DataType): Node {
  return stepNode(
    type,
    (at) => {
      const left = a.step(at)
      const right = b.step(b.canFail ? within(at, undecided(at, op, left)) : at)
      const { values, validity } = bitmapKleene(at.kernels, op, left, right, at.n)
      return new Vector({ type, length: at.n, values, validity })
    },
    [a, b],
  )
}

/** Rows in which the left side leaves the answer open: not false for and, not true for or. */
function undecided({ kernels, n }: Evaluation, op: 'and' | 'or', left: Vector): number {
  const { values, validity } = left
  if (op === 'and') {
    if (validity === 0) return values
    return bitmapLogic(kernels, 'or', values, bitmapNot(kernels, validity, n), n)
  }
  const known = validity === 0 ? values : bitmapLogic(kernels, 'and', values, validity, n)
  return bitmapNot(kernels, known, n)
}

function notStep(a: Node, type: DataType): Node {
  return stepNode(
    type,
    (at) => {
      const { values, validity } = a.step(at)
      return new Vector({
        type,
        length: at.n,
        values: bitmapNot(at.kernels, values, at.n),
        validity,
      })
    },
    [a],
  )
}

/** Numbers by a kernel of their own, the rest by comparison and choice. */
function extremeStep(
  expression: CallExpression,
  [a, b]: readonly [Node, Node],
  type: DataType,
): Node {
  if (NUMBERS.has(type.kind)) return arithmeticStep(expression, [a, b], type)
  const isLeast = expression.function === 'least'
  const call: CallExpression = { ...expression, function: isLeast ? 'le' : 'ge' }
  const x = memoNode(branch(expression, a, type))
  const y = memoNode(branch(expression, b, type))
  const compare = compareStep(call, [x, y], BOOL)
  return stepNode(
    type,
    (at) => {
      const order = compare.step(at)
      const chosen = choose(at, order.values, [x, at], [y, at], type)
      // Unlike ifElse, null with anything is null.
      return new Vector({ ...chosen.parts(), validity: order.validity, nullCount: -1 })
    },
    [x, y],
  )
}

const NUMBERS = new Set(['int32', 'int64', 'float32', 'float64'])
const BOOL: DataType = { kind: 'bool', nullable: true }

/** The first where the condition is true, the second where it is false or null. */
function ifElseStep(condition: Node, then: Node, otherwise: Node, type: DataType): Node {
  return stepNode(
    type,
    (at) => {
      const { kernels, n } = at
      const { values, validity } = condition.step(at)
      const bits = validity === 0 ? values : bitmapLogic(kernels, 'and', values, validity, n)
      const whereTrue = then.canFail ? within(at, bits) : at
      const whereNot = otherwise.canFail ? within(at, bitmapNot(kernels, bits, n)) : at
      return choose(at, bits, [then, whereTrue], [otherwise, whereNot], type)
    },
    [condition, then, otherwise],
  )
}

function coalesceStep(value: Node, otherwise: Node, type: DataType): Node {
  return stepNode(
    type,
    (at) => {
      const vector = value.step(at)
      const { validity } = vector
      if (validity === 0) return vector
      const whereNull = otherwise.canFail ? within(at, bitmapNot(at.kernels, validity, at.n)) : at
      const first: Node = { type: value.type, canFail: false, step: () => vector }
      return choose(at, validity, [first, at], [otherwise, whereNull], type)
    },
    [value, otherwise],
  )
}

/** The first, and null where the second equals it. */
function nullIfStep(
  expression: CallExpression,
  [a, b]: readonly [Node, Node],
  type: DataType,
): Node {
  const value = memoNode(a)
  const isEqual = compareStep({ ...expression, function: 'eq' }, [value, b], BOOL)
  return stepNode(
    type,
    (at) => {
      const { kernels, n } = at
      const { values, validity } = isEqual.step(at)
      const bits = validity === 0 ? values : bitmapLogic(kernels, 'and', values, validity, n)
      const vector = value.step(at)
      const kept = validityOf(at, vector.validity, bitmapNot(kernels, bits, n))
      return new Vector({ ...vector.parts(), type, validity: kept, nullCount: -1 })
    },
    [value, isEqual],
  )
}

/** A side of a choice: a node, and the rows that it is wanted in. */
type Side = readonly [Node, Evaluation]

/** a's value where the bit is set, else b's. */
function choose(at: Evaluation, bits: number, a: Side, b: Side, type: DataType): Vector {
  const { kernels, n } = at
  const base = { type, length: n }
  const width = byteWidth(type)
  if (width !== 0) {
    const x = operandOf(...a)
    const y = operandOf(...b)
    const values = chooseFixed(kernels, width, bits, x.operand, y.operand, n)
    return new Vector({ ...base, values, validity: chooseBits(at, bits, x.validity, y.validity) })
  }
  if (type.kind === 'utf8' || type.kind === 'binary') {
    const x = textOf(...a)
    const y = textOf(...b)
    const text = chooseText(kernels, bits, x.text, y.text, n)
    return new Vector({ ...base, ...text, validity: chooseBits(at, bits, x.validity, y.validity) })
  }
  const x = vectorOf(...a)
  const y = vectorOf(...b)
  const values = mergeBits(at, bits, x.values, y.values)
  return new Vector({ ...base, values, validity: chooseBits(at, bits, x.validity, y.validity) })
}

/** The chosen rows' validity; 0 when neither side has nulls. */
function chooseBits(at: Evaluation, bits: number, a: number, b: number): number {
  if (a === 0 && b === 0) return 0
  const ones = a === 0 || b === 0 ? bitmapFill(at.kernels, at.n, true) : 0
  return mergeBits(at, bits, a === 0 ? ones : a, b === 0 ? ones : b)
}

function mergeBits({ kernels, n }: Evaluation, bits: number, a: number, b: number): number {
  const fromA = bitmapLogic(kernels, 'and', a, bits, n)
  const fromB = bitmapLogic(kernels, 'andNot', b, bits, n)
  return bitmapLogic(kernels, 'or', fromA, fromB, n)
}
