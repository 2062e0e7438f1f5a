// Comparisons of numbers and membership in a list, as bitmaps in the arena. Null rows are compared like
// any others: the caller combines validity. With NaN only `ne` is true.
import { bitmapBytes } from './bitmap.ts'
import type { Kernels } from './module.ts'
import { NUMERIC_KINDS, type NumericKind, type Operand } from './operand.ts'

const OPS = { eq: 0, ne: 1, lt: 2, le: 3, gt: 4, ge: 5 } as const

export type Comparison = keyof typeof OPS

/** The bitmap of a op b over n rows. */
export function compareNumbers(
  kernels: Kernels,
  kind: NumericKind,
  op: Comparison,
  a: Operand,
  b: Operand,
  n: number,
): number {
  const out = kernels.scratch(bitmapBytes(n))
  const compare = kernels.exports[`compare${NUMERIC_KINDS[kind].suffix}`]
  compare(OPS[op], a.ptr, a.step, b.ptr, b.step, n, out)
  return out
}

/** The bitmap of rows whose value, of 4 or 8 bytes, has the bits of one in the list. */
export function compareIn(
  kernels: Kernels,
  values: number,
  n: number,
  list: Uint32Array | BigUint64Array,
): number {
  const sorted = list.toSorted()
  const ptr = kernels.put(new Uint8Array(sorted.buffer))
  const out = kernels.scratch(bitmapBytes(n))
  if (sorted.BYTES_PER_ELEMENT === 4) kernels.exports.compareIn32(values, n, ptr, list.length, out)
  else kernels.exports.compareIn64(values, n, ptr, list.length, out)
  return out
}
