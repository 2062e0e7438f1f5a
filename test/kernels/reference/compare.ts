// Scalar twins of the comparison kernels: oracle of the tests, opponent of the benchmarks.
import type { Comparison } from '../../../src/kernels/compare.ts'

export type NumericArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array

/** The bitmap of a op b, row by row. */
export function compareVectors(
  op: Comparison,
  a: NumericArray,
  b: NumericArray,
  out: Uint8Array,
): void {
  out.fill(0)
  const n = a.length
  switch (op) {
    case 'eq':
      for (let i = 0; i < n; i++) if (a[i] === b[i]!) out[i >> 3]! |= 1 << (i & 7)
      break
    case 'ne':
      for (let i = 0; i < n; i++) if (a[i]! !== b[i]!) out[i >> 3]! |= 1 << (i & 7)
      break
    case 'lt':
      for (let i = 0; i < n; i++) if (a[i]! < b[i]!) out[i >> 3]! |= 1 << (i & 7)
      break
    case 'le':
      for (let i = 0; i < n; i++) if (a[i]! <= b[i]!) out[i >> 3]! |= 1 << (i & 7)
      break
    case 'gt':
      for (let i = 0; i < n; i++) if (a[i]! > b[i]!) out[i >> 3]! |= 1 << (i & 7)
      break
    case 'ge':
      for (let i = 0; i < n; i++) if (a[i]! >= b[i]!) out[i >> 3]! |= 1 << (i & 7)
      break
  }
}

/** The bitmap of a op constant. */
export function compareConstant(
  op: Comparison,
  a: NumericArray,
  b: number | bigint,
  out: Uint8Array,
): void {
  out.fill(0)
  const n = a.length
  switch (op) {
    case 'eq':
      for (let i = 0; i < n; i++) if (a[i] === b) out[i >> 3]! |= 1 << (i & 7)
      break
    case 'ne':
      for (let i = 0; i < n; i++) if (a[i]! !== b) out[i >> 3]! |= 1 << (i & 7)
      break
    case 'lt':
      for (let i = 0; i < n; i++) if (a[i]! < b) out[i >> 3]! |= 1 << (i & 7)
      break
    case 'le':
      for (let i = 0; i < n; i++) if (a[i]! <= b) out[i >> 3]! |= 1 << (i & 7)
      break
    case 'gt':
      for (let i = 0; i < n; i++) if (a[i]! > b) out[i >> 3]! |= 1 << (i & 7)
      break
    case 'ge':
      for (let i = 0; i < n; i++) if (a[i]! >= b) out[i >> 3]! |= 1 << (i & 7)
      break
  }
}

/** The bitmap of rows whose value is in the list. */
export function isIn<T extends number | bigint>(
  a: { readonly length: number; readonly [row: number]: T },
  list: ReadonlySet<T>,
  out: Uint8Array,
): void {
  out.fill(0)
  for (let i = 0; i < a.length; i++) if (list.has(a[i]!)) out[i >> 3]! |= 1 << (i & 7)
}

/** A filter as one would write it: the rows above a bound. */
export function selectGreater(a: Float64Array, bound: number, out: Uint32Array): number {
  let length = 0
  for (let i = 0; i < a.length; i++) if (a[i]! > bound) out[length++] = i
  return length
}
