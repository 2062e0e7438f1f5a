// Hashes of key columns, u32 a row, into the arena. They decide key groups, so they never change.
import { unreachable } from '../base/assert.ts'
import type { Kernels } from './module.ts'

/** How a column's values are hashed; -0 equals 0 and all NaNs are one. */
export type HashKind = 1 | 2 | 4 | 8 | 16 | 'float32' | 'float64' | 'bool' | 'bytes'

/** One key column; `offsets` only for bytes. */
export interface HashColumn {
  readonly kind: HashKind
  readonly values: number
  readonly offsets: number
  readonly validity: number
}

/** The hash of each row's key over all its columns; null is a value of its own. */
export function hashColumns(kernels: Kernels, columns: readonly HashColumn[], n: number): number {
  return columns.reduce((seeds, column) => hashNext(kernels, column, n, seeds), 0)
}

/** The hashes of one column, which go on from those of the columns before it (0: it is the first). */
export function hashNext(
  kernels: Kernels,
  { kind, values, offsets, validity }: HashColumn,
  n: number,
  seeds: number,
): number {
  const { exports } = kernels
  const out = kernels.scratch(n * 4)
  switch (kind) {
    case 1:
      exports.hashFixed1(values, validity, n, seeds, out)
      break
    case 2:
      exports.hashFixed2(values, validity, n, seeds, out)
      break
    case 4:
      exports.hashFixed4(values, validity, n, seeds, out)
      break
    case 8:
      exports.hashFixed8(values, validity, n, seeds, out)
      break
    case 16:
      exports.hashFixed16(values, validity, n, seeds, out)
      break
    case 'float32':
      exports.hashFloat32(values, validity, n, seeds, out)
      break
    case 'float64':
      exports.hashFloat64(values, validity, n, seeds, out)
      break
    case 'bool':
      exports.hashBool(values, validity, n, seeds, out)
      break
    case 'bytes':
      exports.hashBytes(offsets, values, validity, n, seeds, out)
      break
    default:
      unreachable(kind)
  }
  return out
}
