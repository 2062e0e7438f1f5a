// Bitmaps: validity, predicates, bool columns. Results are in the arena. A validity of 0 means no nulls.
import { assert } from '../base/assert.ts'
import type { Kernels } from './module.ts'

const LOGIC = { and: 0, or: 1, andNot: 2, xor: 3 } as const
const NOT = 4

export const bitmapBytes = (n: number): number => (n + 7) >> 3

/** a op b, bit by bit. */
export function bitmapLogic(
  kernels: Kernels,
  op: keyof typeof LOGIC,
  a: number,
  b: number,
  n: number,
): number {
  const out = kernels.scratch(bitmapBytes(n))
  kernels.exports.bitmapLogic(LOGIC[op], a, b, n, out)
  return out
}

export function bitmapNot(kernels: Kernels, bits: number, n: number): number {
  const out = kernels.scratch(bitmapBytes(n))
  kernels.exports.bitmapLogic(NOT, bits, 0, n, out)
  return out
}

/** Rows that are valid in both; 0 when neither has nulls. */
export function validityAnd(kernels: Kernels, a: number, b: number, n: number): number {
  if (a === 0 || a === b) return b
  return b === 0 ? a : bitmapLogic(kernels, 'and', a, b, n)
}

/** A bool vector's two bitmaps. */
export interface BoolBits {
  readonly values: number
  readonly validity: number
}

/** Three-valued and/or: what is certain in spite of a null is not null. */
export function bitmapKleene(
  kernels: Kernels,
  op: 'and' | 'or',
  a: BoolBits,
  b: BoolBits,
  n: number,
): BoolBits {
  if (a.validity === 0 && b.validity === 0) {
    return { values: bitmapLogic(kernels, op, a.values, b.values, n), validity: 0 }
  }
  const values = kernels.scratch(bitmapBytes(n))
  const validity = kernels.scratch(bitmapBytes(n))
  kernels.exports.bitmapKleene(
    LOGIC[op],
    a.values,
    a.validity,
    b.values,
    b.validity,
    n,
    values,
    validity,
  )
  return { values, validity }
}

/** How many bits are set. */
export function bitmapCount(kernels: Kernels, bits: number, n: number): number {
  return kernels.exports.bitmapCount(bits, n)
}

export function bitmapAll(kernels: Kernels, bits: number, n: number): boolean {
  return kernels.exports.bitmapAll(bits, n) === 1
}

/** n bits from bit `from`, brought to bit 0: how a bitmap of an Arrow slice comes in. */
export function bitmapCopy(kernels: Kernels, bits: number, from: number, n: number): number {
  const out = kernels.scratch(bitmapBytes(n))
  kernels.exports.bitmapCopy(bits, from, n, out)
  return out
}

/** Writes n bits (of 0: ones) behind the first `at` bits of `out`, which must have room and padding. */
export function bitmapAppend(
  kernels: Kernels,
  out: number,
  at: number,
  bits: number,
  n: number,
): void {
  assert(out !== 0, 'bitmapAppend to no bitmap')
  kernels.exports.bitmapAppend(out, at, bits, n)
}

/** n bits of one value. */
export function bitmapFill(kernels: Kernels, n: number, value: boolean): number {
  const out = kernels.scratch(bitmapBytes(n))
  kernels.u8[out + (n >> 3)] = 0
  kernels.exports.bitmapSetRange(out, 0, n, value ? 1 : 0)
  return out
}

/** A byte for each bit, 0 or 1. */
export function bitmapToBytes(kernels: Kernels, bits: number, n: number): number {
  const out = kernels.scratch(n)
  kernels.exports.bitmapToBytes(bits, n, out)
  return out
}

/** The rows whose bit is set. */
export function bitmapToSelection(
  kernels: Kernels,
  bits: number,
  n: number,
): { rows: number; length: number } {
  const rows = kernels.scratch(n * 4)
  return { rows, length: kernels.exports.bitmapToSelection(bits, n, rows) }
}

/** n bits, of which those of the selection's rows are set. */
export function bitmapFromSelection(
  kernels: Kernels,
  selection: { readonly rows: number; readonly length: number },
  n: number,
): number {
  const out = kernels.scratch(bitmapBytes(n))
  kernels.exports.bitmapFromSelection(selection.rows, selection.length, n, kernels.scratch(n), out)
  return out
}
