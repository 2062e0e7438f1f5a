// Chains of operators on floats, each made one kernel that reads its columns once and writes one:
// `price * 0.908 + fee` has no column of products, `price * 0.908 > 100` no column of floats at all.
//
// EF1  Only what cannot fail is taken in: arithmetic and functions on floats, and what makes numbers
//      float64. So which rows are wanted does not matter, and validity is the AND of the columns'.
// EF2  An operator by itself runs the kernel that it has in assembly/: nothing has to be made for it.
import { FloatExpression } from '../kernels/float-expression.ts'
import {
  type FloatInput,
  type FloatShape,
  type FloatTree,
  isComparison,
  isFloatFunction,
  isFloatInput,
} from '../kernels/float-code.ts'
import { type Evaluation, type FloatOperation, type Node, validityOf } from './step.ts'
import type { DataType } from './type.ts'
import { Vector } from './vector.ts'

/** Operators of one kernel: a longer chain has several. */
const OPERATORS_MAX = 32

/**
 * The node of a function, as one pass with the operators of its operands; the node as it is where that
 * cannot be.
 * @param node gives the function's values by a kernel of its own
 */
export function floatNode(node: Node, name: string, operands: readonly Node[]): Node {
  const kind = isComparison(name) ? operands[0]!.type.kind : node.type.kind
  if (kind !== 'float64' && kind !== 'float32') return node
  if (!isFloatFunction(name, kind) || !operands.every(isReadable)) return node
  let size = 1
  const parts = operands.map((operand) => {
    const { floats } = operand
    if (floats === undefined || size + floats.size > OPERATORS_MAX) return operand
    size += floats.size
    return floats
  })
  const floats: FloatOperation = { function: name, kind, operands: parts, size }
  const step = size === 1 ? node.step : fusedStep(floats, node.type)
  const canFail = operands.some((operand) => operand.canFail)
  // Bits are no operand of floats.
  return isComparison(name) ? { ...node, step, canFail } : { ...node, floats, step, canFail }
}

/** Constants are floats: others were converted when compiling, unless only a kernel does it. */
const isReadable = ({ type, constant }: Node): boolean =>
  isFloatInput(type.kind) && (constant === undefined || type.kind.startsWith('float'))

function fusedStep(operation: FloatOperation, type: DataType): (at: Evaluation) => Vector {
  let fused: Fused | undefined
  return (at) => {
    // Not when compiling: most chains are taken into a longer one.
    fused ??= fuse(operation)
    let validity = 0
    const inputs = fused.inputs.map((input) => {
      if (typeof input === 'number') return input
      const vector = input.step(at)
      validity = validityOf(at, validity, vector.validity)
      return vector.values
    })
    const values = fused.expression.evaluate(at.kernels, inputs, at.n)
    return new Vector({ type, length: at.n, values, validity })
  }
}

interface Fused {
  readonly expression: FloatExpression
  /** Columns, and the constants' values. */
  readonly inputs: readonly (Node | number)[]
}

function fuse(operation: FloatOperation): Fused {
  const inputs: (Node | number)[] = []
  const kinds: FloatInput[] = []
  const inputOf = (node: Node): number => {
    const { type, constant } = node
    const isConstant = constant !== undefined && constant.value !== null
    const input = isConstant ? Number(constant.value) : node
    const kind = type.kind as FloatInput['kind']
    const known = inputs.findIndex((other, i) => kinds[i]!.kind === kind && isSame(other, input))
    if (known >= 0) return known
    kinds.push({ kind, isConstant })
    return inputs.push(input) - 1
  }
  const treeOf = (part: FloatOperation | Node): FloatTree =>
    'step' in part ? inputOf(part) : callOf(part)
  const callOf = (part: FloatOperation): FloatShape['result'] => ({
    function: part.function,
    kind: part.kind,
    operands: part.operands.map(treeOf),
  })
  const result = callOf(operation)
  return { expression: new FloatExpression({ inputs: kinds, result }), inputs }
}

/** The same column, or the same constant down to the sign of zero. */
function isSame(a: Node | number, b: Node | number): boolean {
  if (typeof a === 'number' || typeof b === 'number') return Object.is(a, b)
  return a === b || (a.column !== undefined && a.column === b.column)
}
