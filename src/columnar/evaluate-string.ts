// String functions: every one a kernel over offsets and bytes.
import { assert, unreachable } from '../base/assert.ts'
import { int32 } from './type.ts'
import {
  intConstant,
  stringConcat,
  stringLength,
  stringReverse,
  stringSide,
  stringSubstring,
  stringTrim,
  type IntArgument,
  type Utf8Argument,
} from '../kernels/string.ts'
import { stringPad, stringRepeat } from '../kernels/string-pad.ts'
import { stringLower, stringUpper } from '../kernels/string-case.ts'
import { stringAffix } from '../kernels/string-compare.ts'
import {
  stringContains,
  stringIndexOf,
  stringReplace,
  stringSplitPart,
} from '../kernels/string-search.ts'
import { convert } from './evaluate-cast.ts'
import { type CallExpression, expressionText, type FunctionName } from './expression.ts'
import { checkedRows, type Evaluation, type Node, stepNode, textOf, validityOf } from './step.ts'
import type { DataType } from './type.ts'
import { Vector, type VectorParts } from './vector.ts'

/** The arguments behind the first: texts and numbers, in order. */
interface Arguments {
  readonly texts: readonly Utf8Argument[]
  readonly ints: readonly IntArgument[]
  /** The rows that are wanted and have no null, as a bitmap (0: all). */
  readonly rows: number
}

/** What a number makes as long as it says: any row may be too long. */
const GROWING: ReadonlySet<FunctionName> = new Set(['padStart', 'padEnd', 'repeat'])

type Values = Omit<VectorParts, 'type' | 'length' | 'validity' | 'nullCount'>

export function stringStep(
  expression: CallExpression,
  [first, ...rest]: readonly Node[],
  type: DataType,
): Node {
  assert(first !== undefined, `${expression.function} has no argument`)
  const text = expressionText(expression)
  const others = rest.map((node) =>
    node.type.kind === 'utf8' ? node : convert(node, int32(), text, false),
  )
  const { function: name } = expression
  const step = (at: Evaluation): Vector => {
    const column = first.step(at)
    const validities = [column.validity]
    const texts: Utf8Argument[] = []
    const ints: IntArgument[] = []
    for (const node of others) {
      if (node.type.kind === 'utf8') {
        const argument = textOf(node, at)
        texts.push(argument.text)
        validities.push(argument.validity)
      } else {
        const [argument, validity] = intArgument(node, at)
        ints.push(argument)
        validities.push(validity)
      }
    }
    const validity = validityOf(at, ...validities)
    const rows = checkedRows(at, validity)
    const values = run(name, at, column, { texts, ints, rows })
    return new Vector({ ...values, type, length: at.n, validity })
  }
  return stepNode(type, step, GROWING.has(name) ? undefined : [first, ...others])
}

function intArgument(node: Node, at: Evaluation): [IntArgument, number] {
  if (typeof node.constant?.value === 'number') {
    return [intConstant(at.kernels, node.constant.value), 0]
  }
  const { values, validity } = node.step(at)
  return [{ values, stride: 4 }, validity]
}

function run(
  name: FunctionName,
  { kernels, n }: Evaluation,
  column: Vector,
  { texts, ints, rows }: Arguments,
): Values {
  const [text, second] = texts as [Utf8Argument, Utf8Argument]
  const [int, length] = ints as [IntArgument, IntArgument]
  switch (name) {
    case 'lower':
      return stringLower(kernels, column, n)
    case 'upper':
      return stringUpper(kernels, column, n)
    case 'trim':
    case 'trimStart':
    case 'trimEnd':
      return stringTrim(kernels, name, column, n)
    case 'reverse':
      return stringReverse(kernels, column, n)
    case 'length':
      return { values: stringLength(kernels, column, n) }
    case 'startsWith':
      return { values: stringAffix(kernels, 'start', column, text, n) }
    case 'endsWith':
      return { values: stringAffix(kernels, 'end', column, text, n) }
    case 'contains':
      return { values: stringContains(kernels, column, text, n) }
    case 'indexOf':
      return { values: stringIndexOf(kernels, column, n, text) }
    case 'concat':
      return stringConcat(kernels, [{ ...column.parts(), stride: 4 }, ...texts], n)
    case 'substring':
      return stringSubstring(kernels, column, n, int, length)
    case 'splitPart':
      return stringSplitPart(kernels, column, n, text, int)
    case 'left':
    case 'right':
      return stringSide(kernels, name, column, n, int)
    case 'padStart':
      return stringPad(kernels, 'start', column, n, int, text, rows)
    case 'padEnd':
      return stringPad(kernels, 'end', column, n, int, text, rows)
    case 'repeat':
      return stringRepeat(kernels, column, n, int, rows)
    case 'replace':
      return stringReplace(kernels, column, n, text, second)
    default:
      return unreachable(name as never)
  }
}
