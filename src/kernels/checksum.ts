// Hashes of whole rows for checksums, u32 a row, into the arena: texts by a hash of their own
// (assembly/checksum.ts), other columns by that of keys.
import { type HashColumn, hashNext } from './hash.ts'
import type { Kernels } from './module.ts'

/** The hash of each row over all its columns; null is a value of its own. */
export function checksumColumns(
  kernels: Kernels,
  columns: readonly HashColumn[],
  n: number,
): number {
  return columns.reduce((seeds, column) => {
    if (column.kind !== 'bytes') return hashNext(kernels, column, n, seeds)
    const { offsets, values, validity } = column
    const out = kernels.scratch(n * 4)
    kernels.exports.checksumBytes(offsets, values, validity, n, seeds, out)
    return out
  }, 0)
}
