// Casts between numbers, units of time and scales of 64-bit decimals, into the arena. What does not fit
// is reported as the first row that is not null (NO_ROW when all fit), or becomes null (`try`).
import { bitmapBytes, bitmapToBytes } from './bitmap.ts'
import { compareNumbers } from './compare.ts'
import type { Kernels } from './module.ts'
import { constantOperand, NUMERIC_KINDS, type NumericKind, vectorOperand } from './operand.ts'

const CODES: Readonly<Record<NumericKind, number>> = {
  int8: 0,
  int16: 1,
  int32: 2,
  int64: 3,
  uint8: 4,
  uint16: 5,
  uint32: 6,
  uint64: 7,
  float32: 8,
  float64: 9,
}

/** A column to cast: its values and its validity (0: no nulls). */
export interface CastInput {
  readonly values: number
  readonly validity: number
}

export interface CastResult {
  readonly values: number
  /** The input's, or with `try` a new one in which rows that did not fit are null. */
  readonly validity: number
  /** The first row that does not fit; NO_ROW when all do, and always with `try`. */
  readonly badRow: number
}

/** Runs a kernel that casts n rows to values of so many bytes, as all that give a CastResult do. */
export function castBy(
  kernels: Kernels,
  bytes: number,
  { values, validity }: CastInput,
  n: number,
  isTry: boolean,
  cast: (values: number, validity: number, out: number, outValidity: number) => number,
): CastResult {
  const out = kernels.scratch(n * bytes)
  const outValidity = isTry ? kernels.scratch(bitmapBytes(n)) : 0
  const badRow = cast(values, validity, out, outValidity) >>> 0
  return { values: out, validity: isTry ? outValidity : validity, badRow }
}

/** From one kind of number to another: floats are truncated, NaN and what is out of range do not fit. */
export function castNumbers(
  kernels: Kernels,
  from: NumericKind,
  to: NumericKind,
  input: CastInput,
  n: number,
  isTry: boolean,
): CastResult {
  const cast = kernels.exports[`cast${NUMERIC_KINDS[from].suffix}`]
  const { bytes } = NUMERIC_KINDS[to]
  return castBy(kernels, bytes, input, n, isTry, (values, validity, out, outValidity) =>
    cast(CODES[to], values, n, validity, out, outValidity),
  )
}

/** Numbers as bits: false is 0, all else (also NaN) is true. */
export function castToBool(kernels: Kernels, from: NumericKind, values: number, n: number): number {
  const zero = constantOperand(kernels, from, 0)
  return compareNumbers(kernels, from, 'ne', vectorOperand(values), zero, n)
}

/** Bits as numbers: 0 and 1. */
export function castFromBool(kernels: Kernels, to: NumericKind, bits: number, n: number): number {
  const bytes = bitmapToBytes(kernels, bits, n)
  if (to === 'uint8' || to === 'int8') return bytes
  return castNumbers(kernels, 'uint8', to, { values: bytes, validity: 0 }, n, false).values
}

/** int64 times a factor; a result of `limit` or more (0: beyond int64) does not fit. */
export function rescaleUp(
  kernels: Kernels,
  factor: number,
  limit: number,
  input: CastInput,
  n: number,
  isTry: boolean,
): CastResult {
  return castBy(kernels, 8, input, n, isTry, (values, validity, out, outValidity) =>
    kernels.exports.rescaleUp(values, n, factor, limit, validity, out, outValidity),
  )
}

/** int64 by a divisor, rounded toward minus infinity: time in a coarser unit. */
export function rescaleFloor(kernels: Kernels, divisor: number, values: number, n: number): number {
  const out = kernels.scratch(n * 8)
  kernels.exports.rescaleFloor(values, n, divisor, out)
  return out
}

/** int64 by a divisor, toward zero or half away from it; `limit` as in rescaleUp. */
export function rescaleDown(
  kernels: Kernels,
  rounding: 'truncate' | 'nearest',
  divisor: number,
  limit: number,
  input: CastInput,
  n: number,
  isTry: boolean,
): CastResult {
  const code = rounding === 'nearest' ? 1 : 0
  return castBy(kernels, 8, input, n, isTry, (values, validity, out, outValidity) =>
    kernels.exports.rescaleDown(code, values, n, divisor, limit, validity, out, outValidity),
  )
}
