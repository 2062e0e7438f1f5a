// Binding of assembly/string-case.ts: lower and upper case of utf8 columns, by Unicode's simple
// mappings.
import type { Kernels } from './module.ts'
import { utf8Bytes, type Utf8Column, utf8Output } from './string.ts'

/** Each row in lower case. */
export function stringLower(kernels: Kernels, column: Utf8Column, n: number): Utf8Column {
  return mapCase(kernels, column, n, false)
}

/** Each row in upper case. */
export function stringUpper(kernels: Kernels, column: Utf8Column, n: number): Utf8Column {
  return mapCase(kernels, column, n, true)
}

function mapCase(kernels: Kernels, column: Utf8Column, n: number, toUpper: boolean): Utf8Column {
  // A mapped code point takes at most three bytes for two.
  const out = utf8Output(kernels, n, Math.ceil(utf8Bytes(kernels, column, n) * 1.5))
  const { offsets, values } = column
  kernels.exports.stringCase(toUpper, offsets, values, n, out.offsets, out.values)
  return out
}
