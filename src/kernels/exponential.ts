// Bindings of assembly/exponential.ts: powers and logarithms of float64, into the arena.
import type { Kernels } from './module.ts'
import type { Operand } from './operand.ts'

const OPS = { exp: 0, ln: 1, log10: 2, log2: 3 } as const

export type Exponential = keyof typeof OPS

/** op a in each row; NaN outside its domain. */
export function exponential(kernels: Kernels, op: Exponential, a: number, n: number): number {
  const values = kernels.scratch(n * 8)
  kernels.exports.exponentialF64(OPS[op], a, n, values)
  return values
}

/** a to the power of b, as Math.pow. */
export function power(kernels: Kernels, a: Operand, b: Operand, n: number): number {
  const values = kernels.scratch(n * 8)
  kernels.exports.powerF64(a.ptr, a.step, b.ptr, b.step, n, values)
  return values
}
