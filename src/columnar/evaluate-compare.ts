// Comparisons, membership and null tests: bitmaps out of columns.
import { unreachable } from '../base/assert.ts'
import { bitmapFill, bitmapLogic, bitmapNot } from '../kernels/bitmap.ts'
import { type Comparison, compareIn, compareNumbers } from '../kernels/compare.ts'
import { decimalCompare } from '../kernels/decimal.ts'
import { stringCompare } from '../kernels/string-compare.ts'
import { convert } from './evaluate-cast.ts'
import { floatNode } from './evaluate-floats.ts'
import type { CallExpression, InExpression } from './expression.ts'
import { expressionText } from './expression.ts'
import { comparisonType, isInteger } from './expression-type.ts'
import { convertConstant, decimalUnits } from './constant.ts'
import { numericKind } from './numeric-kind.ts'
import {
  type Compile,
  type Evaluation,
  memoNode,
  type Node,
  operandOf,
  stepNode,
  textOf,
  validityOf,
} from './step.ts'
import { byteWidth, type DataType } from './type.ts'
import { Vector } from './vector.ts'

const FLIPPED: Readonly<Record<Comparison, Comparison>> = {
  eq: 'eq',
  ne: 'ne',
  lt: 'gt',
  le: 'ge',
  gt: 'lt',
  ge: 'le',
}

/** `a op b`: null where either is null. */
export function compareStep(
  expression: CallExpression,
  [a, b]: readonly [Node, Node],
  type: DataType,
): Node {
  const compare = comparer(expression, expression.function as Comparison, a, b)
  const step = (at: Evaluation): Vector => {
    const { bits, validity } = compare.run(at)
    return new Vector({ type, length: at.n, values: bits, validity })
  }
  return floatNode(stepNode(type, step, compare.operands), expression.function, compare.operands)
}

/** `a is distinct from b`: null is a value like any other, so the answer is never null. */
export function distinctStep(
  expression: CallExpression,
  [a, b]: readonly [Node, Node],
  type: DataType,
): Node {
  const compare = comparer(expression, 'ne', a, b)
  return stepNode(
    type,
    (at) => {
      const { kernels, n } = at
      const { bits, validity, left, right } = compare.run(at)
      if (validity === 0) return new Vector({ type, length: n, values: bits })
      const ones = bitmapFill(kernels, n, true)
      const unequalNulls = bitmapLogic(
        kernels,
        'xor',
        left === 0 ? ones : left,
        right === 0 ? ones : right,
        n,
      )
      const differ = bitmapLogic(kernels, 'and', bits, validity, n)
      return new Vector({
        type,
        length: n,
        values: bitmapLogic(kernels, 'or', differ, unequalNulls, n),
      })
    },
    compare.operands,
  )
}

interface Compared {
  readonly bits: number
  readonly validity: number
  /** The operands' own validities. */
  readonly left: number
  readonly right: number
}

interface Comparer {
  run(at: Evaluation): Compared
  /** The operands, brought to one type. */
  readonly operands: readonly Node[]
}

function comparer(expression: CallExpression, op: Comparison, left: Node, right: Node): Comparer {
  const common = comparisonType(expression, left.type, right.type)
  const type = narrowType(common, left, right) ?? narrowType(common, right, left) ?? common
  const text = expressionText(expression)
  const [a, b] = [convert(left, type, text, false), convert(right, type, text, false)]
  const operands = [a, b]
  if (type.kind === 'utf8' || type.kind === 'binary') {
    return { run: textComparer(op, a, b), operands }
  }
  if (type.kind === 'bool') return { run: boolComparer(op, a, b), operands }
  const kind = numericKind(type)
  const run = (at: Evaluation): Compared => {
    const x = operandOf(a, at)
    const y = operandOf(b, at)
    const bits =
      kind === undefined
        ? decimalCompare(at.kernels, op, x.operand, y.operand, at.n)
        : compareNumbers(at.kernels, kind, op, x.operand, y.operand, at.n)
    return compared(at, bits, x.validity, y.validity)
  }
  return { run, operands }
}

/** A small integer's own type, when the constant it meets has a place in it: no column is widened. */
function narrowType(
  common: DataType,
  column: Node,
  { constant, type }: Node,
): DataType | undefined {
  if (!NARROW.has(column.type.kind) || !isInteger(common) || column.constant !== undefined) return
  if (constant === undefined || constant.value === null) return
  const fits = convertConstant(constant.value, type, column.type) !== undefined
  return fits ? column.type : undefined
}

const NARROW = new Set(['int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32'])

function compared(at: Evaluation, bits: number, left: number, right: number): Compared {
  return { bits, validity: validityOf(at, left, right), left, right }
}

function textComparer(op: Comparison, a: Node, b: Node): (at: Evaluation) => Compared {
  const flip = a.constant !== undefined && b.constant === undefined
  const [column, other, operator] = flip ? [b, a, FLIPPED[op]] : [a, b, op]
  return (at) => {
    const vector = column.step(at)
    const argument = textOf(other, at)
    const bits = stringCompare(at.kernels, operator, vector, argument.text, at.n)
    return compared(at, bits, vector.validity, argument.validity)
  }
}

/** false < true, by logic on the bits. */
function boolComparer(op: Comparison, a: Node, b: Node): (at: Evaluation) => Compared {
  return (at) => {
    const x = a.step(at)
    const y = b.step(at)
    return compared(at, boolBits(at, op, x.values, y.values), x.validity, y.validity)
  }
}

function boolBits({ kernels, n }: Evaluation, op: Comparison, a: number, b: number): number {
  switch (op) {
    case 'ne':
      return bitmapLogic(kernels, 'xor', a, b, n)
    case 'eq':
      return bitmapNot(kernels, bitmapLogic(kernels, 'xor', a, b, n), n)
    case 'gt':
      return bitmapLogic(kernels, 'andNot', a, b, n)
    case 'lt':
      return bitmapLogic(kernels, 'andNot', b, a, n)
    case 'ge':
      return bitmapNot(kernels, bitmapLogic(kernels, 'andNot', b, a, n), n)
    case 'le':
      return bitmapNot(kernels, bitmapLogic(kernels, 'andNot', a, b, n), n)
    default:
      return unreachable(op)
  }
}

/** Membership: by the bits of the value where those are unique, else equality by equality. */
export function inStep(expression: InExpression, compile: Compile, type: DataType): Node {
  const input = memoNode(compile(expression.input))
  const width = byteWidth(input.type)
  const values = expression.values.map(({ value }) => value).filter((value) => value !== null)
  const isWhole = numericKind(input.type) !== undefined && !input.type.kind.startsWith('float')
  if (isWhole && (width === 4 || width === 8) && values.length > 0) {
    const list = wholeList(input.type, expression, width)
    return stepNode(type, (at) => {
      const vector = input.step(at)
      const bits = compareIn(at.kernels, vector.values, at.n, list)
      return new Vector({ type, length: at.n, values: bits, validity: vector.validity })
    })
  }
  const equals = expression.values.map((value) => {
    const call: CallExpression = {
      kind: 'call',
      function: 'eq',
      arguments: [expression.input, value],
    }
    return comparer(call, 'eq', input, compile(value))
  })
  return stepNode(type, (at) => {
    let bits = bitmapFill(at.kernels, at.n, false)
    for (const equal of equals) bits = bitmapLogic(at.kernels, 'or', bits, equal.run(at).bits, at.n)
    const { validity } = input.step(at)
    return new Vector({ type, length: at.n, values: bits, validity })
  })
}

function wholeList(
  type: DataType,
  { values }: InExpression,
  width: 4 | 8,
): Uint32Array | BigUint64Array {
  const numbers = values.flatMap(({ value, type: from }) => {
    if (value === null) return []
    const converted = convertConstant(value, from, type)
    // What the type cannot hold, no row has.
    if (converted === undefined) return []
    return [
      type.kind === 'decimal' ? decimalUnits(String(converted), type.scale) : BigInt(converted),
    ]
  })
  return width === 4
    ? Uint32Array.from(numbers, (number) => Number(BigInt.asUintN(32, number)))
    : BigUint64Array.from(numbers, (number) => BigInt.asUintN(64, number))
}

/** isNull and isNotNull: never null themselves. */
export function nullTestStep(expression: CallExpression, input: Node, type: DataType): Node {
  const wantsNull = expression.function === 'isNull'
  const step = (at: Evaluation): Vector => {
    const { kernels, n } = at
    const { validity } = input.step(at)
    const bits =
      validity === 0
        ? bitmapFill(kernels, n, !wantsNull)
        : wantsNull
          ? bitmapNot(kernels, validity, n)
          : validity
    return new Vector({ type, length: n, values: bits })
  }
  return stepNode(type, step, [input])
}
