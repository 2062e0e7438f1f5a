// Rows as bytes that sort as the rows do, by columns of any flat type.
import { DataflowError } from '../base/errors.ts'
import type { ByteColumn } from '../kernels/byte-table.ts'
import type { Kernels } from '../kernels/module.ts'
import { type OrderField, type OrderKind, orderKeys } from '../kernels/order-key.ts'
import { byteWidth, type DataType, typeName } from './type.ts'
import type { Vector } from './vector.ts'

/** A column that rows are ordered by. Nulls come last, whichever way. */
export interface SortColumn {
  readonly column: string
  readonly descending: boolean
}

/** How a column is ordered. @throws TYPE_MISMATCH for lists and structs */
export function orderField(type: DataType, descending: boolean): OrderField {
  return { kind: orderKind(type), nullable: type.nullable, descending }
}

/** The order keys of n rows, in the arena. */
export const orderKeysOf = (
  kernels: Kernels,
  fields: readonly OrderField[],
  columns: readonly Vector[],
  n: number,
): ByteColumn => orderKeys(kernels, fields, columns, n)

function orderKind(type: DataType): OrderKind {
  switch (type.kind) {
    case 'utf8':
    case 'binary':
      return 'bytes'
    case 'date':
      return 'int32'
    case 'timestamp':
    case 'duration':
      return 'int64'
    case 'decimal':
      return byteWidth(type) === 16 ? 'int128' : 'int64'
    case 'list':
    case 'struct':
      throw new DataflowError('TYPE_MISMATCH', `${typeName(type)} has no order to sort by`)
    default:
      return type.kind
  }
}
