// The kernels that conversions are made of, as functions of a column.
import { arithmetic, unary } from '../kernels/arithmetic.ts'
import {
  castFromBool,
  type CastInput,
  castNumbers,
  type CastResult,
  castToBool,
  rescaleDown,
  rescaleFloor,
  rescaleUp,
} from '../kernels/cast.ts'
import type { Kernels } from '../kernels/module.ts'
import { constantOperand, NO_ROW, type NumericKind, vectorOperand } from '../kernels/operand.ts'

/** One kernel of a conversion. */
export type Stage = (kernels: Kernels, input: CastInput, n: number, isTry: boolean) => CastResult

/** Between two kinds of numbers. */
export const number = (from: NumericKind, to: NumericKind): readonly Stage[] =>
  from === to ? [] : [(kernels, input, n, isTry) => castNumbers(kernels, from, to, input, n, isTry)]

/** 0 and 1. */
export const fromBool =
  (to: NumericKind): Stage =>
  (kernels, { values, validity }, n) => ({
    values: castFromBool(kernels, to, values, n),
    validity,
    badRow: NO_ROW,
  })

/** Whether it is not 0. */
export const toBool =
  (from: NumericKind): Stage =>
  (kernels, { values, validity }, n) => ({
    values: castToBool(kernels, from, values, n),
    validity,
    badRow: NO_ROW,
  })

/** int64 times a factor, below a limit (0: any int64). */
export const up =
  (factor: number, limit: number): Stage =>
  (kernels, input, n, isTry) =>
    rescaleUp(kernels, factor, limit, input, n, isTry)

/** int64 by a divisor, below a limit (0: any). */
export const down =
  (rounding: 'truncate' | 'nearest', divisor: number, limit: number): Stage =>
  (kernels, input, n, isTry) =>
    rescaleDown(kernels, rounding, divisor, limit, input, n, isTry)

/** int64 by a divisor, rounded down. */
export const floor =
  (divisor: number): Stage =>
  (kernels, { values, validity }, n) => ({
    values: rescaleFloor(kernels, divisor, values, n),
    validity,
    badRow: NO_ROW,
  })

/** A float64 kernel with a constant: scaling to and from decimals. */
export const scale =
  (op: 'mul' | 'div', by: number): Stage =>
  (kernels, { values, validity }, n) => {
    const operand = constantOperand(kernels, 'float64', by)
    const scaled = arithmetic(kernels, 'float64', op, vectorOperand(values), operand, n, 0)
    return { values: scaled.values, validity, badRow: NO_ROW }
  }

/** float64 to whole float64, half away from zero. */
export const rounded: Stage = (kernels, { values, validity }, n) => ({
  values: unary(kernels, 'float64', 'round', values, n, 0).values,
  validity,
  badRow: NO_ROW,
})
