// Scalar twin of the kernels that are made for expressions of floats: the tree, once a row.
import type { Comparison } from '../../../src/kernels/compare.ts'
import type {
  FloatCall,
  FloatInput,
  FloatShape,
  FloatTree,
} from '../../../src/kernels/float-code.ts'
import { FLOAT_UNARY } from './arithmetic.ts'

/** A column's values, or a constant. */
export type TwinInput =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | number

export function floatExpression(
  { inputs: kinds, result }: FloatShape,
  inputs: readonly TwinInput[],
  out: Float64Array | Float32Array,
): void {
  for (let row = 0; row < out.length; row++) out[row] = valueOf(result, kinds, inputs, row)
}

/** Of a comparison: bits. */
export function floatComparison(
  { inputs: kinds, result }: FloatShape,
  inputs: readonly TwinInput[],
  n: number,
  out: Uint8Array,
): void {
  out.fill(0)
  for (let row = 0; row < n; row++) {
    const [a, b] = result.operands.map((operand) => valueOf(operand, kinds, inputs, row))
    if (COMPARE[result.function as Comparison](a!, b!)) out[row >> 3]! |= 1 << (row & 7)
  }
}

const COMPARE: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
}

function valueOf(
  tree: FloatTree,
  kinds: readonly FloatInput[],
  inputs: readonly TwinInput[],
  row: number,
): number {
  if (typeof tree === 'number') {
    const input = inputs[tree]!
    if (typeof input !== 'number') return Number(input[row])
    return kinds[tree]!.kind === 'float32' ? Math.fround(input) : input
  }
  const [a, b] = tree.operands.map((operand) => valueOf(operand, kinds, inputs, row))
  const value = apply(tree.function, a!, b)
  return tree.kind === 'float32' ? Math.fround(value) : value
}

function apply(name: FloatCall['function'], a: number, b = NaN): number {
  switch (name) {
    case 'add':
      return a + b
    case 'sub':
      return a - b
    case 'mul':
      return a * b
    case 'div':
      return a / b
    case 'min':
      return Math.min(a, b)
    case 'max':
      return Math.max(a, b)
    case 'cast':
      return a
    default:
      return FLOAT_UNARY[name as keyof typeof FLOAT_UNARY](a)
  }
}

/** a * factor + b */
export function multiplyAdd(
  a: Float64Array,
  factor: number,
  b: Float64Array,
  out: Float64Array,
): void {
  for (let i = 0; i < out.length; i++) out[i] = a[i]! * factor + b[i]!
}

/** Bits of a * factor > b. */
export function productGreater(
  a: Float64Array,
  factor: number,
  b: Float64Array,
  out: Uint8Array,
): void {
  out.fill(0)
  for (let i = 0; i < a.length; i++) if (a[i]! * factor > b[i]!) out[i >> 3]! |= 1 << (i & 7)
}

/** (a * 0.908 + b) * (1 - a * 0.01) */
export function fiveOperators(a: Float64Array, b: Float64Array, out: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = (a[i]! * 0.908 + b[i]!) * (1 - a[i]! * 0.01)
}
