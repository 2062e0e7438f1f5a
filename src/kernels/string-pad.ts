// Bindings of assembly/string-pad.ts: utf8 columns padded to a length, and repeated. `rows` says which rows
// count (a bitmap; 0: all); the others grow by nothing.
import type { Kernels } from './module.ts'
import { checkBytes, type IntArgument, type Utf8Argument, type Utf8Column } from './string.ts'

/**
 * Each row so many times; below 0 is none.
 * @throws RECORD_TOO_LARGE when a column cannot hold them
 */
export function stringRepeat(
  kernels: Kernels,
  column: Utf8Column,
  n: number,
  counts: IntArgument,
  rows: number,
): Utf8Column {
  const { exports } = kernels
  const offsets = kernels.scratch((n + 1) * 4)
  const { values: at, stride } = counts
  const bytes = exports.stringRepeatOffsets(column.offsets, n, at, stride, rows, offsets)
  checkBytes(n, bytes)
  const values = kernels.scratch(bytes)
  exports.stringRepeat(column.offsets, column.values, n, offsets, values)
  return { offsets, values }
}

/**
 * Each row with at least so many code points, by a text that is repeated before or behind it.
 * @throws RECORD_TOO_LARGE when a column cannot hold them
 */
export function stringPad(
  kernels: Kernels,
  end: 'start' | 'end',
  column: Utf8Column,
  n: number,
  lengths: IntArgument,
  fill: Utf8Argument,
  rows: number,
): Utf8Column {
  const { exports } = kernels
  const offsets = kernels.scratch((n + 1) * 4)
  const text = [column.offsets, column.values, n] as const
  const padding = [fill.offsets, fill.values, fill.stride] as const
  const { values: at, stride } = lengths
  const bytes = exports.stringPadOffsets(...text, at, stride, ...padding, rows, offsets)
  checkBytes(n, bytes)
  const values = kernels.scratch(bytes)
  exports.stringPad(end === 'end', ...text, ...padding, offsets, values)
  return { offsets, values }
}
