// Bindings of assembly/string.ts: lengths, concatenation, parts, trimming and validation of utf8
// columns, and what all string bindings share: how columns and constants are passed and results are
// given back.
//
// S1  Results live in the arena. Bytes under nulls are worked on; the caller combines the validity.
// S2  A result of more than 2^31 - 1 bytes is refused before memory is written.
import { DataflowError } from '../base/errors.ts'
import type { Kernels } from './module.ts'

/** Where a utf8 (or binary) column lies: rows + 1 i32 offsets and the bytes they count from. */
export interface Utf8Column {
  readonly offsets: number
  readonly values: number
}

/** An argument of each row: a column (stride 4) or one text for all rows (stride 0). */
export interface Utf8Argument extends Utf8Column {
  readonly stride: 0 | 4
}

/** An i32 argument of each row, likewise. */
export interface IntArgument {
  readonly values: number
  readonly stride: 0 | 4
}

const encoder = new TextEncoder()
const BYTES_MAX = 2 ** 31 - 1

/** Places a text in the arena as an argument of all rows. */
export function utf8Constant(kernels: Kernels, text: string): Utf8Argument {
  const bytes = encoder.encode(text)
  const offsets = kernels.scratch(8)
  const values = kernels.put(bytes)
  kernels.u32.set([0, bytes.length], offsets >>> 2)
  return { offsets, values, stride: 0 }
}

/** Places an i32 in the arena as an argument of all rows. */
export function intConstant(kernels: Kernels, value: number): IntArgument {
  const values = kernels.scratch(4)
  kernels.i32[values >>> 2] = Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, value))
  return { values, stride: 0 }
}

/** A column as an argument. */
export function columnArgument({ offsets, values }: Utf8Column): Utf8Argument {
  return { offsets, values, stride: 4 }
}

/** Where the bytes of a constant begin, and how many they are. */
export function constantText(
  kernels: Kernels,
  constant: Utf8Argument,
): [ptr: number, bytes: number] {
  const start = kernels.data.getInt32(constant.offsets, true)
  return [constant.values + start, utf8Bytes(kernels, constant, 1)]
}

/** Bytes of the first n rows of a column. */
export function utf8Bytes(kernels: Kernels, column: Utf8Column, n: number): number {
  const view = kernels.data
  return view.getInt32(column.offsets + n * 4, true) - view.getInt32(column.offsets, true)
}

/**
 * Takes arena memory for a column of n rows and at most that many bytes.
 * @throws RECORD_TOO_LARGE when a column cannot hold them
 */
export function utf8Output(kernels: Kernels, n: number, bytes: number): Utf8Column {
  checkBytes(n, bytes)
  const offsets = kernels.scratch((n + 1) * 4)
  return { offsets, values: kernels.scratch(bytes) }
}

/** @throws RECORD_TOO_LARGE when a column of n rows cannot hold so many bytes */
export function checkBytes(n: number, bytes: number): void {
  if (bytes > BYTES_MAX) {
    throw new DataflowError(
      'RECORD_TOO_LARGE',
      `a text column of ${n} rows would take ${bytes} bytes, more than ${BYTES_MAX} of one ` +
        `batch; use smaller batchRows or shorter texts`,
    )
  }
}

/** Code points of each row, as an i32 column. */
export function stringLength(kernels: Kernels, column: Utf8Column, n: number): number {
  const out = kernels.scratch(n * 4)
  kernels.exports.stringLength(column.offsets, column.values, n, out)
  return out
}

/** Each row's texts behind each other. */
export function stringConcat(
  kernels: Kernels,
  parts: readonly Utf8Argument[],
  n: number,
): Utf8Column {
  let bytes = 0
  for (const part of parts) {
    bytes += part.stride === 0 ? n * utf8Bytes(kernels, part, 1) : utf8Bytes(kernels, part, n)
  }
  const out = utf8Output(kernels, n, bytes)
  const table = kernels.scratch(parts.length * 12)
  const words = parts.flatMap(({ offsets, values, stride }) => [offsets, values, stride])
  kernels.u32.set(words, table >>> 2)
  kernels.exports.stringConcat(table, parts.length, n, out.offsets, out.values)
  return out
}

/** Code points from `start` (from 0, below 0 from the end), at most `length` of them. */
export function stringSubstring(
  kernels: Kernels,
  column: Utf8Column,
  n: number,
  start: IntArgument,
  lengths: IntArgument,
): Utf8Column {
  const out = utf8Output(kernels, n, utf8Bytes(kernels, column, n))
  kernels.exports.stringSubstring(
    column.offsets,
    column.values,
    n,
    start.values,
    start.stride,
    lengths.values,
    lengths.stride,
    out.offsets,
    out.values,
  )
  return out
}

/** The first or last `counts` code points; below 0, all but so many at the other end. */
export function stringSide(
  kernels: Kernels,
  side: 'left' | 'right',
  column: Utf8Column,
  n: number,
  counts: IntArgument,
): Utf8Column {
  const { offsets, values } = column
  const out = utf8Output(kernels, n, utf8Bytes(kernels, column, n))
  kernels.exports.stringSide(
    side === 'right',
    offsets,
    values,
    n,
    counts.values,
    counts.stride,
    out.offsets,
    out.values,
  )
  return out
}

/** The code points of each row from the last to the first. */
export function stringReverse(kernels: Kernels, column: Utf8Column, n: number): Utf8Column {
  const out = utf8Output(kernels, n, utf8Bytes(kernels, column, n))
  kernels.exports.stringReverse(column.offsets, column.values, n, out.offsets, out.values)
  return out
}

const ENDS = { trimStart: 1, trimEnd: 2, trim: 3 } as const
export type Trim = keyof typeof ENDS

/** Each row without white space at its ends (what JavaScript takes for white space). */
export function stringTrim(
  kernels: Kernels,
  trim: Trim,
  column: Utf8Column,
  n: number,
): Utf8Column {
  const out = utf8Output(kernels, n, utf8Bytes(kernels, column, n))
  kernels.exports.stringTrim(ENDS[trim], column.offsets, column.values, n, out.offsets, out.values)
  return out
}

/** The place of the first byte that is not valid UTF-8, or -1. */
export function firstInvalidUtf8(kernels: Kernels, bytes: number, byteCount: number): number {
  return kernels.exports.utf8Validate(bytes, byteCount) | 0
}

/** Whether each of n values is UTF-8 by itself. */
export function areUtf8(kernels: Kernels, offsets: number, bytes: number, n: number): boolean {
  const view = kernels.data
  const start = view.getUint32(offsets, true)
  const length = view.getUint32(offsets + n * 4, true) - start
  if (firstInvalidUtf8(kernels, bytes + start, length) >= 0) return false
  return kernels.exports.utf8Borders(offsets, bytes, n) >>> 0 === 0xffffffff
}
