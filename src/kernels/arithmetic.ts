// Arithmetic on numbers, into the arena. Kernels on whole numbers report the first row that overflows
// and is not null; the caller names the column in its ARITHMETIC_OVERFLOW.
import { bitmapBytes } from './bitmap.ts'
import type { Kernels } from './module.ts'
import { NUMERIC_KINDS, type Operand } from './operand.ts'

const OPS = { add: 0, sub: 1, mul: 2, div: 3, min: 4, max: 5 } as const
const UNARY_OPS = { neg: 0, abs: 1, floor: 2, ceil: 3, round: 4, sqrt: 5, sign: 6 } as const

export type ArithmeticKind = 'int32' | 'int64' | 'float32' | 'float64'
export type Arithmetic = keyof typeof OPS
export type Unary = keyof typeof UNARY_OPS

/** Values, and the first row that overflowed: NO_ROW when none did. */
export interface Checked {
  readonly values: number
  readonly badRow: number
}

/** a op b; `validity` says which rows may not overflow (0: all). `div` is for floats. */
export function arithmetic(
  kernels: Kernels,
  kind: ArithmeticKind,
  op: Arithmetic,
  a: Operand,
  b: Operand,
  n: number,
  validity: number,
): Checked {
  const values = kernels.scratch(n * NUMERIC_KINDS[kind].bytes)
  const { exports } = kernels
  const code = OPS[op]
  let badRow = -1
  switch (kind) {
    case 'int32':
      badRow = exports.arithmeticI32(code, a.ptr, a.step, b.ptr, b.step, n, validity, values)
      break
    case 'int64':
      badRow = exports.arithmeticI64(code, a.ptr, a.step, b.ptr, b.step, n, validity, values)
      break
    case 'float32':
      exports.arithmeticF32(code, a.ptr, a.step, b.ptr, b.step, n, values)
      break
    case 'float64':
      exports.arithmeticF64(code, a.ptr, a.step, b.ptr, b.step, n, values)
      break
  }
  return { values, badRow: badRow >>> 0 }
}

/** Whole quotient or remainder; rows without a divisor become null in the validity it gives. */
export function divide(
  kernels: Kernels,
  kind: 'int32' | 'int64',
  op: 'idiv' | 'mod',
  a: Operand,
  b: Operand,
  n: number,
  validity: number,
): Checked & { readonly validity: number } {
  const values = kernels.scratch(n * NUMERIC_KINDS[kind].bytes)
  const outValidity = kernels.scratch(bitmapBytes(n))
  const run = kind === 'int32' ? kernels.exports.divideI32 : kernels.exports.divideI64
  const remainder = op === 'mod' ? 1 : 0
  const badRow = run(remainder, a.ptr, a.step, b.ptr, b.step, n, validity, values, outValidity)
  return { values, badRow: badRow >>> 0, validity: outValidity }
}

/** neg and abs of any kind; floor, ceil, round (half away from zero), sqrt and sign of float64. */
export function unary(
  kernels: Kernels,
  kind: ArithmeticKind,
  op: Unary,
  a: number,
  n: number,
  validity: number,
): Checked {
  const values = kernels.scratch(n * NUMERIC_KINDS[kind].bytes)
  const { exports } = kernels
  const code = UNARY_OPS[op]
  let badRow = -1
  switch (kind) {
    case 'int32':
      badRow = exports.unaryI32(code, a, n, validity, values)
      break
    case 'int64':
      badRow = exports.unaryI64(code, a, n, validity, values)
      break
    case 'float32':
      exports.unaryF32(code, a, n, values)
      break
    case 'float64':
      exports.unaryF64(code, a, n, values)
      break
  }
  return { values, badRow: badRow >>> 0 }
}

/** float64 rounded to so many digits behind the point (below 0: before it), half away from zero. */
export function roundDigits(kernels: Kernels, a: number, digits: number, n: number): number {
  const values = kernels.scratch(n * 8)
  // As a literal: a computed power of ten may be the number beside the nearest.
  const factor = Number(`1e${Math.abs(digits)}`)
  kernels.exports.roundDigitsF64(digits < 0, a, factor, n, values)
  return values
}
