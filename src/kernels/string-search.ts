// Bindings of assembly/string-search.ts: contains, indexOf, split and replace in utf8 columns.
import type { Kernels } from './module.ts'
import {
  constantText,
  type IntArgument,
  utf8Bytes,
  type Utf8Argument,
  type Utf8Column,
  utf8Output,
} from './string.ts'

/** The bitmap of rows of a that contain the same row of b, or a constant. */
export function stringContains(
  kernels: Kernels,
  a: Utf8Column,
  b: Utf8Argument,
  n: number,
): number {
  const out = kernels.scratch((n + 7) >> 3)
  const { exports } = kernels
  if (b.stride === 0) {
    const [text, size] = constantText(kernels, b)
    exports.stringContainsConstant(a.offsets, a.values, n, text, size, out)
  } else {
    exports.stringContainsColumns(a.offsets, a.values, b.offsets, b.values, n, out)
  }
  return out
}

/** Where each row has a text first, in code points, as an i32 column; -1 when it has not. */
export function stringIndexOf(
  kernels: Kernels,
  column: Utf8Column,
  n: number,
  text: Utf8Argument,
): number {
  const out = kernels.scratch(n * 4)
  const { offsets, values } = column
  const { offsets: at, values: bytes, stride } = text
  kernels.exports.stringIndexOf(offsets, values, n, at, bytes, stride, out)
  return out
}

/** Part `index` (from 0, -1 is the last) of each row cut at a delimiter; '' when there is none. */
export function stringSplitPart(
  kernels: Kernels,
  column: Utf8Column,
  n: number,
  delimiter: Utf8Argument,
  index: IntArgument,
): Utf8Column {
  const out = utf8Output(kernels, n, utf8Bytes(kernels, column, n))
  kernels.exports.stringSplitPart(
    column.offsets,
    column.values,
    n,
    delimiter.offsets,
    delimiter.values,
    delimiter.stride,
    index.values,
    index.stride,
    out.offsets,
    out.values,
  )
  return out
}

/** Each row with every occurrence of a text replaced; an empty text occurs nowhere. */
export function stringReplace(
  kernels: Kernels,
  column: Utf8Column,
  n: number,
  text: Utf8Argument,
  replacement: Utf8Argument,
): Utf8Column {
  const bytes = kernels.exports.stringReplaceBytes(
    column.offsets,
    column.values,
    n,
    text.offsets,
    text.values,
    text.stride,
    replacement.offsets,
    replacement.stride,
  )
  const out = utf8Output(kernels, n, bytes)
  kernels.exports.stringReplace(
    column.offsets,
    column.values,
    n,
    text.offsets,
    text.values,
    text.stride,
    replacement.offsets,
    replacement.values,
    replacement.stride,
    out.offsets,
    out.values,
  )
  return out
}
