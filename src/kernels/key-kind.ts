// Fixed-width key columns as the kernels of keyed work are told them: group tables, row codec.
import type { HashKind } from './hash.ts'

export type FixedKeyKind = Exclude<HashKind, 'bytes'>

/** The numbers of assembly/key-kind.ts. */
export const KEY_KINDS: Readonly<Record<FixedKeyKind, number>> = {
  bool: 0,
  1: 1,
  2: 2,
  4: 3,
  8: 4,
  float32: 5,
  float64: 6,
  16: 7,
}

/** Bytes a key takes by itself. */
export function keyBytes(kind: FixedKeyKind): number {
  if (typeof kind === 'number') return kind
  return kind === 'bool' ? 1 : kind === 'float32' ? 4 : 8
}

/** Bytes of a column of n such keys. */
export const keyColumnBytes = (kind: FixedKeyKind, n: number): number =>
  kind === 'bool' ? (n + 7) >> 3 : n * keyBytes(kind)
