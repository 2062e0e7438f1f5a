// The state of an operator as data: named tables of record batches. What an operator writes when it is
// asked for a snapshot, and reads back when it opens, perhaps in another number of subtasks.
//
// OS1  A keyed table's row belongs to the key group of its key: it comes back to whoever owns that.
// OS2  A list table's rows stay with their subtask while the parallelism does, and are dealt out in turn
//      when it changes; a union table's rows come back to every subtask.
// OS3  A table has one schema and one distribution; state of other columns is refused on restore.
import type { RecordBatch } from '../columnar/record-batch.ts'
import type { DataType } from '../columnar/type.ts'

export interface StateWriter {
  /** @param keys the columns, by position, by whose key the rows were partitioned */
  keyed(table: string, batch: RecordBatch, keys: readonly number[]): void
  list(table: string, batch: RecordBatch): void
  union(table: string, batch: RecordBatch): void
}

/** Writes rows to a keyed table; where there is no key, and all rows are of one group, to a list. */
export function writeByKey(
  into: StateWriter,
  table: string,
  batch: RecordBatch,
  keys: readonly number[],
): void {
  if (keys.length > 0) into.keyed(table, batch, keys)
  else into.list(table, batch)
}

export interface StateReader {
  /** The rows of a table that are this subtask's; each batch lives until the next. Empty when none. */
  table(name: string): Iterable<RecordBatch>
}

export type StateDistribution = 'keyed' | 'list' | 'union'

/** A column of a table, as data. */
export interface ColumnType {
  readonly name: string
  readonly type: DataType
}

/** Rows of a table: an Arrow IPC stream. */
export interface StatePart {
  /** Of a keyed table. */
  readonly keyGroup?: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

export interface StateTable {
  readonly name: string
  readonly distribution: StateDistribution
  readonly columns: readonly ColumnType[]
  readonly parts: readonly StatePart[]
}

/** Which part of the whole a subtask is. */
export interface SubtaskPlace {
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly maxParallelism: number
}

/** The state of a job between two steps: the snapshots of all subtasks, by operator id. */
export type JobSnapshot = ReadonlyMap<string, readonly OperatorSnapshot[]>

/** The state of one operator in one subtask. Plain data. */
export interface OperatorSnapshot {
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly tables: readonly StateTable[]
}
