// The range of an event-time column (assembly/timestamp.ts).
import type { Kernels } from './module.ts'

/** The least and the greatest valid value, in the column's unit; undefined when there is none. */
export function timestampRange(
  kernels: Kernels,
  values: number,
  validity: number,
  n: number,
): { readonly least: bigint; readonly greatest: bigint } | undefined {
  const out = kernels.scratch(16)
  if (kernels.exports.timestampRange(values, validity, n, out) === 0) return undefined
  const view = kernels.i64
  return { least: view[out >>> 3]!, greatest: view[(out >>> 3) + 1]! }
}
