// The values of a batch that count for an aggregate which keeps values: those of rows where no column of the
// aggregate is null, and its filter is true.
import { gatherVector } from '../columnar/gather.ts'
import type { Vector } from '../columnar/vector.ts'
import { bitmapToSelection, validityAnd } from '../kernels/bitmap.ts'
import type { Kernels } from '../kernels/module.ts'
import { takeFixed } from '../kernels/take.ts'

/** Rows of a batch: key ids (u32 a row) and what each does (u8). */
export interface ChangingRows {
  readonly ids: number
  readonly ops: number
  readonly n: number
}

/** Values and the rows that they are of: none is null, all are in the filter. */
export interface AcceptedValues extends ChangingRows {
  readonly values: readonly Vector[]
  /** Which row of the batch (u32) each is; 0: they are all there. */
  readonly rows: number
}

/** The place in its batch of an accepted row. */
export const batchRow = (kernels: Kernels, { rows }: AcceptedValues, row: number): number =>
  rows === 0 ? row : kernels.u32[(rows >>> 2) + row]!

/** The rows that count for an aggregate of some columns: where none is null, and the filter is true. */
export function acceptedValues(
  kernels: Kernels,
  { ids, ops, n }: ChangingRows,
  columns: readonly Vector[],
  within: Vector | undefined,
): AcceptedValues {
  let bits = within === undefined ? 0 : validityAnd(kernels, within.values, within.validity, n)
  for (const { validity } of columns) {
    if (validity !== 0) bits = bits === 0 ? validity : validityAnd(kernels, bits, validity, n)
  }
  if (bits === 0) return { ids, ops, n, values: columns, rows: 0 }
  const rows = bitmapToSelection(kernels, bits, n)
  return {
    ids: takeFixed(kernels, 4, ids, rows),
    ops: ops === 0 ? 0 : takeFixed(kernels, 1, ops, rows),
    n: rows.length,
    rows: rows.rows,
    values: columns.map((column) => gatherVector(kernels, column, rows)),
  }
}
