// 128-bit decimals, into the arena. A result of more than `precision` digits does not fit: the first such
// row that is not null is reported (NO_ROW when there is none), or becomes null (`try`).
import type { Checked } from './arithmetic.ts'
import { bitmapBytes } from './bitmap.ts'
import { castBy, type CastInput, type CastResult } from './cast.ts'
import type { Comparison } from './compare.ts'
import type { Kernels } from './module.ts'
import type { Operand } from './operand.ts'

const BYTES = 16
const COMPARISONS = { eq: 0, ne: 1, lt: 2, le: 3, gt: 4, ge: 5 } as const

/** A 128-bit constant, as an operand: 64 bytes of it. */
export function decimalConstant(kernels: Kernels, value: bigint): Operand {
  const ptr = kernels.scratch(64)
  const view = kernels.data
  for (let at = ptr; at < ptr + 64; at += BYTES) {
    view.setBigUint64(at, BigInt.asUintN(64, value), true)
    view.setBigInt64(at + 8, value >> 64n, true)
  }
  return { ptr, step: 0 }
}

const limitOf = (kernels: Kernels, precision: number): number =>
  decimalConstant(kernels, 10n ** BigInt(precision)).ptr

/** a + b, a - b or a * b. */
export function decimalArithmetic(
  kernels: Kernels,
  op: 'add' | 'sub' | 'mul',
  a: Operand,
  b: Operand,
  n: number,
  precision: number,
  validity: number,
): Checked {
  const values = kernels.scratch(n * BYTES)
  const limit = limitOf(kernels, precision)
  const { exports } = kernels
  const isSub = op === 'sub' ? 1 : 0
  const badRow =
    op === 'mul'
      ? exports.decimalMultiply(a.ptr, a.step, b.ptr, b.step, n, limit, validity, values, 0)
      : exports.decimalAdd(isSub, a.ptr, a.step, b.ptr, b.step, n, limit, validity, values)
  return { values, badRow: badRow >>> 0 }
}

/** -a, or a's magnitude. */
export function decimalNegate(
  kernels: Kernels,
  op: 'neg' | 'abs',
  values: number,
  n: number,
): number {
  const out = kernels.scratch(n * BYTES)
  kernels.exports.decimalNegate(op === 'abs' ? 1 : 0, values, n, out)
  return out
}

/** The bitmap of a op b. */
export function decimalCompare(
  kernels: Kernels,
  op: Comparison,
  a: Operand,
  b: Operand,
  n: number,
): number {
  const out = kernels.scratch(bitmapBytes(n))
  kernels.exports.decimalCompare(COMPARISONS[op], a.ptr, a.step, b.ptr, b.step, n, out)
  return out
}

/** int64 or uint64 as 128 bits. */
export function decimalFromWhole(
  kernels: Kernels,
  from: 'int64' | 'uint64',
  values: number,
  n: number,
): number {
  const out = kernels.scratch(n * BYTES)
  kernels.exports.decimalFromWhole(from === 'uint64' ? 1 : 0, values, n, out)
  return out
}

/** 128 bits as int64 or uint64. */
export function decimalToWhole(
  kernels: Kernels,
  to: 'int64' | 'uint64',
  input: CastInput,
  n: number,
  isTry: boolean,
): CastResult {
  const isUnsigned = to === 'uint64' ? 1 : 0
  return castBy(kernels, 8, input, n, isTry, (values, validity, out, outValidity) =>
    kernels.exports.decimalToWhole(isUnsigned, values, n, validity, out, outValidity),
  )
}

/** Units of 10^-digits, out of units of 1. */
export function decimalScaleUp(
  kernels: Kernels,
  digits: number,
  precision: number,
  input: CastInput,
  n: number,
  isTry: boolean,
): CastResult {
  const { ptr } = decimalConstant(kernels, 10n ** BigInt(digits))
  const limit = limitOf(kernels, precision)
  const { decimalMultiply: multiply } = kernels.exports
  return castBy(kernels, BYTES, input, n, isTry, (values, validity, out, outValidity) =>
    multiply(values, 1, ptr, 0, n, limit, validity, out, outValidity),
  )
}

/** Fewer digits behind the point, by at least one: toward zero, or half away from it. */
export function decimalScaleDown(
  kernels: Kernels,
  rounding: 'truncate' | 'nearest',
  digits: number,
  precision: number,
  input: CastInput,
  n: number,
  isTry: boolean,
): CastResult {
  const limit = limitOf(kernels, precision)
  const code = rounding === 'nearest' ? 1 : 0
  const { decimalScaleDown: scaleDown } = kernels.exports
  return castBy(kernels, BYTES, input, n, isTry, (values, validity, out, outValidity) =>
    scaleDown(code, values, n, digits, limit, validity, out, outValidity),
  )
}

/** The nearest float64 to the whole number (the scale is the caller's). */
export function decimalToFloat(kernels: Kernels, values: number, n: number): number {
  const out = kernels.scratch(n * 8)
  kernels.exports.decimalToFloat(values, n, out)
  return out
}

/** Whole float64 as 128 bits. */
export function decimalFromFloat(
  kernels: Kernels,
  precision: number,
  input: CastInput,
  n: number,
  isTry: boolean,
): CastResult {
  const limit = limitOf(kernels, precision)
  return castBy(kernels, BYTES, input, n, isTry, (values, validity, out, outValidity) =>
    kernels.exports.decimalFromFloat(values, n, limit, validity, out, outValidity),
  )
}
