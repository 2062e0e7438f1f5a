// Which subtask a row belongs to, and the rows grouped by it: histogram and scatter, never a sort.
import type { Kernels } from './module.ts'

/** The owner (u16 a row) of each row's key group, from the keys' hashes. */
export function keyGroupTargets(
  kernels: Kernels,
  hashes: number,
  n: number,
  { maxParallelism, targets }: { readonly maxParallelism: number; readonly targets: number },
): number {
  const out = kernels.scratch(n * 2)
  kernels.exports.keyGroupTargets(hashes, n, maxParallelism, targets, out)
  return out
}

/** The rows of each target, in their order within the batch; all in the arena. */
export function partitionRows(
  kernels: Kernels,
  targetOf: number,
  selection: { readonly rows: number; readonly length: number } | undefined,
  { length, targets }: { readonly length: number; readonly targets: number },
): { readonly rows: number; readonly length: number }[] {
  const n = selection?.length ?? length
  const counts = kernels.scratch(targets * 16)
  const starts = kernels.scratch((targets + 1) * 4)
  const rows = kernels.scratch(n * 4)
  kernels.exports.partitionRows(targetOf, selection?.rows ?? 0, n, targets, counts, starts, rows)
  const { u32 } = kernels
  return Array.from({ length: targets }, (_, target) => {
    const start = u32[(starts >>> 2) + target]!
    return { rows: rows + start * 4, length: u32[(starts >>> 2) + target + 1]! - start }
  })
}
