// Several key columns as one column of bytes, and back (assembly/row-codec.ts).
import { DataflowError } from '../base/errors.ts'
import type { ByteColumn } from './byte-table.ts'
import { type FixedKeyKind, KEY_KINDS, keyBytes, keyColumnBytes } from './key-kind.ts'
import type { HashColumn, HashKind } from './hash.ts'
import type { Kernels } from './module.ts'

/** A column's place in the row format: both sides of a join must agree on it. */
export interface RowCodecField {
  readonly kind: HashKind
  readonly nullable: boolean
}

const TOO_LARGE = 0xffffffff

/**
 * Where each of n rows begins when they are encoded: n + 1 offsets in the arena; and the bytes of all.
 * @throws RECORD_TOO_LARGE when they take more than 2 GiB
 */
export function encodedOffsets(
  kernels: Kernels,
  fields: readonly RowCodecField[],
  columns: readonly HashColumn[],
  n: number,
): { readonly offsets: number; readonly bytes: number } {
  const { exports } = kernels
  const sizes = kernels.scratch(n * 4)
  exports.rowCodecSizes(
    fields.reduce((sum, field) => sum + fixedBytes(field), 0),
    n,
    sizes,
  )
  for (const { kind, offsets, validity } of columns) {
    if (kind === 'bytes') exports.rowCodecAddSizes(offsets, validity, n, sizes)
  }
  const offsets = kernels.scratch((n + 1) * 4)
  return { offsets, bytes: checked(exports.rowCodecOffsets(sizes, n, offsets), n) }
}

/**
 * Encodes n rows of key columns into the arena.
 * @throws RECORD_TOO_LARGE when they take more than 2 GiB
 */
export function encodeRows(
  kernels: Kernels,
  fields: readonly RowCodecField[],
  columns: readonly HashColumn[],
  n: number,
): ByteColumn {
  const { exports } = kernels
  const { offsets, bytes } = encodedOffsets(kernels, fields, columns, n)
  const values = kernels.scratch(bytes)
  const cursors = kernels.scratch(n * 4)
  exports.rowCodecCursors(offsets, values, n, cursors)
  columns.forEach((column, i) => {
    const nullable = fields[i]!.nullable ? 1 : 0
    const { kind, validity } = column
    if (kind === 'bytes') {
      exports.rowCodecPutBytes(column.offsets, column.values, validity, nullable, n, cursors)
    } else {
      const code = KEY_KINDS[kind]
      exports.rowCodecPutFixed(code, column.values, validity, nullable, n, cursors)
    }
  })
  return { offsets, values }
}

/** Decodes n rows into columns in the arena; a validity of 0 where nothing is null. */
export function decodeRows(
  kernels: Kernels,
  fields: readonly RowCodecField[],
  rows: ByteColumn,
  n: number,
): HashColumn[] {
  const { exports } = kernels
  const cursors = kernels.scratch(n * 4)
  exports.rowCodecCursors(rows.offsets, rows.values, n, cursors)
  return fields.map(({ kind, nullable }) => {
    const validity = nullable ? takeValidity(kernels, cursors, n) : 0
    if (kind !== 'bytes') {
      return { kind, validity, offsets: 0, values: takeFixed(kernels, kind, cursors, n) }
    }
    const offsets = kernels.scratch((n + 1) * 4)
    const values = kernels.scratch(checked(exports.rowCodecTakeOffsets(cursors, n, offsets), n))
    exports.rowCodecTakeBytes(cursors, n, values)
    return { kind, validity, offsets, values }
  })
}

function takeFixed(kernels: Kernels, kind: FixedKeyKind, cursors: number, n: number): number {
  const out = kernels.scratch(keyColumnBytes(kind, n))
  kernels.exports.rowCodecTakeFixed(KEY_KINDS[kind], n, cursors, out)
  return out
}

function takeValidity(kernels: Kernels, cursors: number, n: number): number {
  const out = kernels.scratch((n + 7) >> 3)
  return kernels.exports.rowCodecTakeValidity(cursors, n, out) === n ? 0 : out
}

function fixedBytes({ kind, nullable }: RowCodecField): number {
  return (nullable ? 1 : 0) + (kind === 'bytes' ? 4 : keyBytes(kind))
}

function checked(bytes: number, n: number): number {
  if (bytes >>> 0 === TOO_LARGE) {
    throw new DataflowError(
      'RECORD_TOO_LARGE',
      `the keys of ${n} rows take more than 2 GiB; use smaller batchRows`,
    )
  }
  return bytes >>> 0
}
