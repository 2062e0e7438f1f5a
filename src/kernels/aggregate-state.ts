// Accumulators as the columns of a snapshot (assembly/aggregate-state.ts).
import type { Kernels } from './module.ts'

/** A bitmap of the rows whose accumulator at `offset` holds bytes, and how many hold none. */
export function aggregateHeld(
  kernels: Kernels,
  rows: number,
  n: number,
  offset: number,
): { readonly validity: number; readonly nullCount: number } {
  const validity = kernels.scratch((n + 7) >> 3)
  return { validity, nullCount: n - kernels.exports.aggregateHeld(rows, n, offset, validity) }
}
