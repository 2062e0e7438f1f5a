// The nodes of a compiled expression: a type, and either a constant or a step that gives a vector. What
// every evaluate-*.ts builds on.
import { assert, unreachable } from '../base/assert.ts'
import { bitmapFill, validityAnd } from '../kernels/bitmap.ts'
import type { FloatFunction, FloatKind } from '../kernels/float-code.ts'
import type { Kernels } from '../kernels/module.ts'
import type { Operand } from '../kernels/operand.ts'
import { columnArgument, utf8Constant, type Utf8Argument } from '../kernels/string.ts'
import { DataflowError } from '../base/errors.ts'
import { writeValue } from './constant.ts'
import { type Expression } from './expression.ts'
import { byteWidth, type DataType } from './type.ts'
import { Vector } from './vector.ts'

/** What a step runs on: the columns of a batch without selection. */
export interface Evaluation {
  readonly kernels: Kernels
  readonly columns: readonly Vector[]
  /** Rows. */
  readonly n: number
  /**
   * The rows whose values are wanted, as a bitmap (0: all): in the others nothing may fail, and what a
   * step gives there is not looked at. So a condition guards its branch.
   */
  readonly active: number
}

export type LiteralValue = number | string | boolean | null

export interface Node {
  readonly type: DataType
  /** Set for a constant: JSON, as in a literal expression. */
  readonly constant?: { readonly value: LiteralValue }
  /** False when no row can make it fail. */
  readonly canFail: boolean
  /** Set for a column of the batch: its index. */
  readonly column?: number
  /** What it computes, when an operator over it may take that into its own pass. */
  readonly floats?: FloatOperation | undefined
  /** The values for each row; a constant's node fills a column. */
  step(at: Evaluation): Vector
}

/** An operator on floats (evaluate-floats.ts). */
export interface FloatOperation {
  readonly function: FloatFunction
  readonly kind: FloatKind
  /** What it takes in, and what is a column to it. */
  readonly operands: readonly (FloatOperation | Node)[]
  /** How many operators it is with those that it takes in. */
  readonly size: number
}

export type Compile = (expression: Expression) => Node

export const columnNode = (type: DataType, index: number): Node => ({
  type,
  column: index,
  canFail: false,
  step: ({ columns }) => columns[index]!,
})

export const constantNode = (type: DataType, value: LiteralValue): Node => ({
  type,
  constant: { value },
  canFail: false,
  step: (at) => fillConstant(type, value, at),
})

/** A computed node. It can fail, unless it is said that it fails only where these inputs do. */
export const stepNode = (
  type: DataType,
  step: (at: Evaluation) => Vector,
  totalOver?: readonly Node[],
): Node => ({ type, step, canFail: totalOver?.some(({ canFail }) => canFail) ?? true })

/** The same node, computed once an evaluation: for one whose values are needed more than once. */
export function memoNode(node: Node): Node {
  if (node.constant !== undefined) return node
  let lastAt: Evaluation | undefined
  let vector: Vector | undefined
  return {
    ...node,
    floats: undefined,
    step(at) {
      if (vector === undefined || lastAt !== at) {
        vector = node.step(at)
        lastAt = at
      }
      return vector
    },
  }
}

/** A node's values as a column. */
export const vectorOf = (node: Node, at: Evaluation): Vector => node.step(at)

/** A node as an operand of a kernel on fixed-width values, with its validity (0: no nulls). */
export interface NumericOperand {
  readonly operand: Operand
  readonly validity: number
}

/** A null constant has a validity of all zeros. */
export function operandOf(node: Node, at: Evaluation): NumericOperand {
  if (node.constant === undefined || node.constant.value === null) {
    const { values, validity } = node.step(at)
    return { operand: { ptr: values, step: 1 }, validity }
  }
  const width = byteWidth(node.type)
  assert(width > 0, `${node.type.kind} is no operand of fixed width`)
  const ptr = at.kernels.scratch(CONSTANT_BYTES)
  for (let offset = 0; offset < CONSTANT_BYTES; offset += width) {
    writeValue(at.kernels.data, ptr + offset, node.type, node.constant.value)
  }
  return { operand: { ptr, step: 0 }, validity: 0 }
}

// One full 64-byte line of the constant, so that a SIMD load of any width reads it.
const CONSTANT_BYTES = 64

/** A node as a text argument, with its validity. */
export function textOf(
  node: Node,
  at: Evaluation,
): { readonly text: Utf8Argument; readonly validity: number } {
  if (typeof node.constant?.value === 'string') {
    return { text: utf8Constant(at.kernels, node.constant.value), validity: 0 }
  }
  const vector = node.step(at)
  return { text: columnArgument(vector), validity: vector.validity }
}

/** Rows that are valid in all of them; 0 when none has nulls. */
export function validityOf(at: Evaluation, ...validities: readonly number[]): number {
  return validities.reduce((all, one) => validityAnd(at.kernels, all, one, at.n), 0)
}

/** The rows that a kernel which may fail has to look at: valid in the operands, and wanted. */
export const checkedRows = (at: Evaluation, validity: number): number =>
  validityAnd(at.kernels, validity, at.active, at.n)

/** The same evaluation for those of its rows whose bit is set. */
export const within = (at: Evaluation, bits: number): Evaluation => ({
  ...at,
  active: validityAnd(at.kernels, at.active, bits, at.n),
})

function fillConstant(type: DataType, value: LiteralValue, at: Evaluation): Vector {
  const { kernels, n } = at
  const width = byteWidth(type)
  const validity = value === null ? bitmapFill(kernels, n, false) : 0
  const base = { type, length: n, validity, nullCount: value === null ? n : 0 }
  if (width > 0) {
    const values = kernels.scratch(n * width)
    if (value === null) kernels.u8.fill(0, values, values + n * width)
    else if (n > 0) {
      writeValue(kernels.data, values, type, value)
      const { u8 } = kernels
      // Doubling copies: log2(n) calls instead of one a row.
      for (let done = width; done < n * width; done *= 2) {
        u8.copyWithin(values + done, values, values + Math.min(done, n * width - done))
      }
    }
    return new Vector({ ...base, values })
  }
  switch (type.kind) {
    case 'bool':
      return new Vector({ ...base, values: bitmapFill(kernels, n, value === true) })
    case 'utf8':
    case 'binary': {
      const bytes = new TextEncoder().encode(String(value ?? ''))
      const offsets = kernels.scratch((n + 1) * 4)
      const values = kernels.scratch(n * bytes.length)
      const { u32, u8 } = kernels
      for (let row = 0; row <= n; row++) u32[(offsets >>> 2) + row] = row * bytes.length
      for (let row = 0; row < n; row++) u8.set(bytes, values + row * bytes.length)
      return new Vector({ ...base, offsets, values })
    }
    case 'list':
    case 'struct':
      throw new DataflowError('UNSUPPORTED', `a ${type.kind} cannot be a constant`)
    default:
      return unreachable(type as never)
  }
}
