// Bindings of assembly/text-cast.ts: utf8 columns to and from columns of numbers, booleans,
// decimals, dates and timestamps.
import type { Kernels } from './module.ts'
import { type Utf8Column, utf8Output } from './string.ts'

// The kernels' code and the bytes of a value of each type but bool, which has kernels of its own.
const TYPES = {
  int8: { code: 0, bytes: 1 },
  int16: { code: 1, bytes: 2 },
  int32: { code: 2, bytes: 4 },
  int64: { code: 3, bytes: 8 },
  uint8: { code: 4, bytes: 1 },
  uint16: { code: 5, bytes: 2 },
  uint32: { code: 6, bytes: 4 },
  uint64: { code: 7, bytes: 8 },
  float32: { code: 8, bytes: 4 },
  float64: { code: 9, bytes: 8 },
  date: { code: 10, bytes: 4 },
  timestamp: { code: 11, bytes: 8 },
  decimal64: { code: 12, bytes: 8 },
  decimal128: { code: 13, bytes: 16 },
} as const

/** What text is read as or written from. */
export type TextType =
  | {
      readonly kind: Exclude<keyof typeof TYPES, 'timestamp' | 'decimal64' | 'decimal128'>
    }
  | { readonly kind: 'bool' }
  /** A count of 10^-scale seconds. */
  | { readonly kind: 'timestamp'; readonly scale: number }
  | {
      readonly kind: 'decimal64' | 'decimal128'
      readonly precision: number
      readonly scale: number
    }

/** A column of values. */
export interface CastColumn {
  readonly values: number
  /** 0 when no row is null. */
  readonly validity: number
}

/** The first row that could not be read, and why. */
export interface CastProblem {
  readonly row: number
  readonly reason: 'syntax' | 'range'
}

/** Reads each row as the type: the values, and the first bad row if there is one. */
export function castText(
  kernels: Kernels,
  type: TextType,
  column: Utf8Column & CastColumn,
  n: number,
): { readonly values: number; readonly problem?: CastProblem } {
  const values = kernels.scratch(valueBytes(type, n))
  const row = readText(kernels, type, column, n, { values, validity: 0 })
  if (row === -1) return { values }
  const reason = kernels.exports.textProblem() === 2 ? 'range' : 'syntax'
  return { values, problem: { row, reason } }
}

/** Reads each row as the type; a bad row becomes null. */
export function tryCastText(
  kernels: Kernels,
  type: TextType,
  column: Utf8Column & CastColumn,
  n: number,
): CastColumn & { readonly nullCount: number } {
  const values = kernels.scratch(valueBytes(type, n))
  const validity = kernels.scratch((n + 7) >> 3)
  const nullCount = readText(kernels, type, column, n, { values, validity })
  return { values, validity, nullCount }
}

function valueBytes(type: TextType, n: number): number {
  return type.kind === 'bool' ? (n + 7) >> 3 : n * TYPES[type.kind].bytes
}

function readText(
  kernels: Kernels,
  type: TextType,
  { offsets, values, validity }: Utf8Column & CastColumn,
  n: number,
  out: CastColumn,
): number {
  const { textToBool, textToColumn } = kernels.exports
  if (type.kind === 'bool') {
    return textToBool(offsets, values, validity, n, out.values, out.validity) | 0
  }
  const precision = 'precision' in type ? type.precision : 0
  const scale = 'scale' in type ? type.scale : 0
  const { code } = TYPES[type.kind]
  return (
    textToColumn(code, precision, scale, offsets, values, validity, n, out.values, out.validity) | 0
  )
}

/** Writes each row as text; a null row is empty. */
export function formatColumn(
  kernels: Kernels,
  type: TextType,
  { values, validity }: CastColumn,
  n: number,
): Utf8Column {
  const { exports } = kernels
  const out = utf8Output(kernels, n, n * exports.textBytesMax())
  if (type.kind === 'bool') {
    exports.textFromBool(values, validity, n, out.offsets, out.values)
  } else {
    const scale = 'scale' in type ? type.scale : 0
    const code = TYPES[type.kind].code
    exports.textFromColumn(code, scale, values, validity, n, out.offsets, out.values)
  }
  return out
}
