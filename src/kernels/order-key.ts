// Columns as bytes that compare as the rows do (assembly/order-key.ts).
import { DataflowError } from '../base/errors.ts'
import type { ByteColumn } from './byte-table.ts'
import type { Kernels } from './module.ts'

/** The kinds of assembly/order-key.ts, and how many bytes each takes; text takes what it takes. */
const ORDER_KINDS = {
  bool: { code: 0, bytes: 1 },
  int8: { code: 1, bytes: 1 },
  int16: { code: 2, bytes: 2 },
  int32: { code: 3, bytes: 4 },
  int64: { code: 4, bytes: 8 },
  uint8: { code: 5, bytes: 1 },
  uint16: { code: 6, bytes: 2 },
  uint32: { code: 7, bytes: 4 },
  uint64: { code: 8, bytes: 8 },
  float32: { code: 9, bytes: 4 },
  float64: { code: 10, bytes: 8 },
  int128: { code: 11, bytes: 16 },
} as const

export type OrderKind = keyof typeof ORDER_KINDS | 'bytes'

/** A column's place in an order. */
export interface OrderField {
  readonly kind: OrderKind
  readonly nullable: boolean
  readonly descending: boolean
}

/** A column as it lies; pointers, 0 for none. */
export interface OrderColumn {
  readonly values: number
  readonly validity: number
  readonly offsets: number
}

/**
 * The order keys of n rows, in the arena.
 * @throws RECORD_TOO_LARGE when they take more than 2 GiB
 */
export function orderKeys(
  kernels: Kernels,
  fields: readonly OrderField[],
  columns: readonly OrderColumn[],
  n: number,
): ByteColumn {
  const { exports } = kernels
  const sizes = kernels.scratch(n * 4)
  exports.rowCodecSizes(fixedBytes(fields), n, sizes)
  columns.forEach(({ offsets, values, validity }, i) => {
    if (fields[i]!.kind === 'bytes') exports.orderKeyAddSizes(offsets, values, validity, n, sizes)
  })
  const offsets = kernels.scratch((n + 1) * 4)
  const bytes = exports.rowCodecOffsets(sizes, n, offsets) >>> 0
  if (bytes === 0xffffffff) {
    throw new DataflowError(
      'RECORD_TOO_LARGE',
      `the columns that ${n} rows are ordered by take more than 2 GiB; use smaller batchRows`,
    )
  }
  const values = kernels.scratch(bytes)
  // The sizes are done with: their place serves as cursors.
  exports.rowCodecCursors(offsets, values, n, sizes)
  columns.forEach((column, i) => {
    const { kind, nullable, descending } = fields[i]!
    const nulls = nullable ? 1 : 0
    if (kind === 'bytes') {
      const { offsets: from, values: data, validity } = column
      exports.orderKeyPutBytes(from, data, validity, nulls, descending, n, sizes)
    } else {
      const { code } = ORDER_KINDS[kind]
      const { values: data, validity } = column
      exports.orderKeyPutFixed(code, data, validity, nulls, descending, n, sizes)
    }
  })
  return { offsets, values }
}

/** Bytes of a row's null bytes and values of fixed width. */
const fixedBytes = (fields: readonly OrderField[]): number =>
  fields.reduce(
    (sum, { kind, nullable }) =>
      sum + (nullable ? 1 : 0) + (kind === 'bytes' ? 0 : ORDER_KINDS[kind].bytes),
    0,
  )
