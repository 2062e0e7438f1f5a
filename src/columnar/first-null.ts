// Which row of a column is null, for the error that names it.
import { bitmapCount } from '../kernels/bitmap.ts'
import type { Kernels } from '../kernels/module.ts'
import type { Vector } from './vector.ts'

/** The first null of a column; undefined when it has none. */
export function firstNull(kernels: Kernels, column: Vector): number | undefined {
  if (column.validity === 0 || column.nullCount === 0) return undefined
  if (bitmapCount(kernels, column.validity, column.length) === column.length) return undefined
  let row = 0
  while (!column.isNull(kernels, row)) row++
  return row
}
