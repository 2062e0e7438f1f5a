// Checks offsets that came from outside (assembly/offsets.ts).
import type { Kernels } from './module.ts'

/** True when n + 1 offsets start at 0 or above, never fall, and end within `bytes`. */
export function offsetsAreValid(
  kernels: Kernels,
  offsets: number,
  n: number,
  bytes: number,
): boolean {
  return kernels.exports.offsetsAreValid(offsets, n, bytes) === 1
}
