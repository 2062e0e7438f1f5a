// Keyed partitioning of a batch: hash of the key columns -> key group -> owner -> rows by owner.
import { DataflowError } from '../base/errors.ts'
import { type HashColumn, hashColumns, type HashKind } from '../kernels/hash.ts'
import type { Kernels } from '../kernels/module.ts'
import { keyGroupTargets, partitionRows } from '../kernels/partition.ts'
import type { RecordBatch, Selection } from './record-batch.ts'
import { byteWidth, type DataType, typeName } from './type.ts'
import type { Vector } from './vector.ts'

export interface KeyTargets {
  readonly maxParallelism: number
  readonly targets: number
}

/** The batch's rows by the subtask that owns their key; the row numbers are in the arena. */
export function partitionByKey(
  kernels: Kernels,
  batch: RecordBatch,
  keyColumns: readonly number[],
  targets: KeyTargets,
): readonly Selection[] {
  const columns = keyColumns.map((index) => hashColumn(batch.columns[index]!))
  const hashes = hashColumns(kernels, columns, batch.length)
  const targetOf = keyGroupTargets(kernels, hashes, batch.length, targets)
  return partitionRows(kernels, targetOf, batch.selection, {
    length: batch.length,
    targets: targets.targets,
  })
}

/** How a vector is hashed. */
export function hashColumn(vector: Vector): HashColumn {
  const { values, offsets, validity } = vector
  return { kind: hashKind(vector.type), values, offsets, validity }
}

/** @throws UNSUPPORTED for lists and structs */
export function hashKind(type: DataType): HashKind {
  switch (type.kind) {
    case 'bool':
    case 'float32':
    case 'float64':
      return type.kind
    case 'utf8':
    case 'binary':
      return 'bytes'
    case 'list':
    case 'struct':
      throw new DataflowError('UNSUPPORTED', `a ${typeName(type)} column cannot be a key`)
    default:
      return byteWidth(type) as HashKind
  }
}
