// Bindings of assembly/string-compare.ts: equality, order, prefix and suffix of utf8 columns, as
// bitmaps. Order is that of the bytes, which is that of the code points.
import type { Kernels } from './module.ts'
import { constantText, type Utf8Argument, type Utf8Column } from './string.ts'

// The signs an operator accepts: 1 less, 2 equal, 4 greater.
const SIGNS = { eq: 2, ne: 5, lt: 1, le: 3, gt: 4, ge: 6 } as const

export type CompareOperator = keyof typeof SIGNS

/** The bitmap of a op b over n rows; b is a column or a constant. */
export function stringCompare(
  kernels: Kernels,
  operator: CompareOperator,
  a: Utf8Column,
  b: Utf8Argument,
  n: number,
): number {
  const out = kernels.scratch((n + 7) >> 3)
  const { exports } = kernels
  const signs = SIGNS[operator]
  if (b.stride === 0) {
    const [text, size] = constantText(kernels, b)
    exports.stringCompareConstant(signs, a.offsets, a.values, n, text, size, out)
  } else {
    exports.stringCompareColumns(signs, a.offsets, a.values, b.offsets, b.values, n, out)
  }
  return out
}

/** The bitmap of rows of a that start (or end) with the same row of b, or with a constant. */
export function stringAffix(
  kernels: Kernels,
  end: 'start' | 'end',
  a: Utf8Column,
  b: Utf8Argument,
  n: number,
): number {
  const out = kernels.scratch((n + 7) >> 3)
  const { exports } = kernels
  const isSuffix = end === 'end'
  if (b.stride === 0) {
    const [text, size] = constantText(kernels, b)
    exports.stringAffixConstant(isSuffix, a.offsets, a.values, n, text, size, out)
  } else {
    exports.stringAffixColumns(isSuffix, a.offsets, a.values, b.offsets, b.values, n, out)
  }
  return out
}
