// The columns of a batch without the rows that a selection leaves out: what goes into state.
import type { Kernels } from '../kernels/module.ts'
import { gatherVector } from './gather.ts'
import type { RecordBatch } from './record-batch.ts'
import type { Vector } from './vector.ts'

/** A dense column by its position. */
export type DenseColumns = (position: number) => Vector

/** The batch's dense columns; each is made when it is first asked for, and once. */
export function denseColumns(kernels: Kernels, batch: RecordBatch): DenseColumns {
  const { selection } = batch
  if (selection === undefined) return (position) => batch.columns[position]!
  const made = new Map<number, Vector>()
  return (position) => {
    let vector = made.get(position)
    if (vector === undefined) {
      vector = gatherVector(kernels, batch.columns[position]!, selection)
      made.set(position, vector)
    }
    return vector
  }
}
