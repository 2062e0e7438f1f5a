// Which rows of a batch have a key: in a join, null equals nothing.
import {
  bitmapFill,
  bitmapFromSelection,
  bitmapLogic,
  bitmapNot,
  bitmapToSelection,
  validityAnd,
} from '../kernels/bitmap.ts'
import type { Kernels } from '../kernels/module.ts'
import type { RecordBatch, Selection } from './record-batch.ts'

export interface KeyRows {
  /** The rows that are in and have no null among their keys; undefined: all rows of the vectors. */
  readonly keyed: Selection | undefined
  /** The other rows that are in; undefined: none. */
  readonly unkeyed: Selection | undefined
}

export function rowsByKey(
  kernels: Kernels,
  batch: RecordBatch,
  keyColumns: readonly number[],
): KeyRows {
  const { selection, length } = batch
  let valid = 0
  for (const position of keyColumns) {
    valid = validityAnd(kernels, valid, batch.columns[position]!.validity, length)
  }
  if (valid === 0) return { keyed: selection, unkeyed: undefined }
  const isIn =
    selection === undefined
      ? bitmapFill(kernels, length, true)
      : bitmapFromSelection(kernels, selection, length)
  const both = (bits: number): Selection =>
    bitmapToSelection(kernels, bitmapLogic(kernels, 'and', bits, isIn, length), length)
  const unkeyed = both(bitmapNot(kernels, valid, length))
  if (unkeyed.length === 0) return { keyed: selection, unkeyed: undefined }
  return { keyed: both(valid), unkeyed }
}
