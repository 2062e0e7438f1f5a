// Rows in order of time (assembly/sort.ts).
import type { Kernels } from './module.ts'

/** Sorts n row numbers (u32 at `rows`) by the times (i64) found at them; equal times keep their order. */
export function sortByTime(kernels: Kernels, times: number, rows: number, n: number): void {
  const mark = kernels.mark()
  kernels.exports.sortByTime(times, rows, n, kernels.scratch(n * 24))
  kernels.reset(mark)
}
