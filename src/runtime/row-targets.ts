// Which channel each row of a batch goes to, where rows of one batch part: by key, evenly, or as the
// user's function says.
//
// RT1  What it gives lies in the arena: it ends with the step that emits the batch.
import { DataflowError } from '../base/errors.ts'
import { partitionByKey } from '../columnar/key-partition.ts'
import type { RecordBatch, Selection } from '../columnar/record-batch.ts'
import { RowReader } from '../columnar/row-reader.ts'
import type { Partitioning } from '../graph/job-graph.ts'
import { hashColumns } from '../kernels/hash.ts'
import type { Kernels } from '../kernels/module.ts'
import { keyGroupTargets, partitionRows } from '../kernels/partition.ts'

/** The rows of each target. */
export type RowTargets = (batch: RecordBatch) => readonly Selection[]

/** A user's function that chooses a subtask for a value. */
export type PartitionFunction = (value: unknown, partitions: number) => number

export interface TargetFacts {
  readonly kernels: Kernels
  readonly targets: number
  /** Key groups of the consumers. */
  readonly maxParallelism: number
  readonly subtaskIndex: number
  /** The user's functions by the id of the operator that has them. */
  readonly closures: ReadonlyMap<string, unknown>
}

/** Undefined where all rows of a batch go one way. */
export function rowTargets(partitioning: Partitioning, facts: TargetFacts): RowTargets | undefined {
  if (partitioning.kind === 'custom') return customTargets(partitioning, facts)
  if (facts.targets === 1) return undefined
  if (partitioning.kind === 'hash') return keyTargets(partitioning.keys, facts)
  return partitioning.kind === 'shuffle' ? evenTargets(facts) : undefined
}

function keyTargets(keys: readonly string[], facts: TargetFacts): RowTargets {
  let columns: readonly number[] | undefined
  return (batch) => {
    columns ??= keys.map((key) => batch.schema.indexOf(key))
    return partitionByKey(facts.kernels, batch, columns, facts)
  }
}

/** By the hash of a row's number in the subtask: as good as chance, and the same in every run. */
function evenTargets({ kernels, targets, maxParallelism, subtaskIndex }: TargetFacts): RowTargets {
  let next = Math.imul(subtaskIndex, 0x9e3779b1)
  return (batch) => {
    const { length, selection } = batch
    const values = kernels.scratch(length * 4)
    const numbers = kernels.i32
    for (let row = 0; row < length; row++) numbers[(values >>> 2) + row] = next + row
    next = (next + length) | 0
    const hashes = hashColumns(kernels, [{ kind: 4, values, offsets: 0, validity: 0 }], length)
    const targetOf = keyGroupTargets(kernels, hashes, length, { maxParallelism, targets })
    return partitionRows(kernels, targetOf, selection, { length, targets })
  }
}

/** The user's function sees the value of one column; no row object is made. */
function customTargets(
  { by, column }: Extract<Partitioning, { readonly kind: 'custom' }>,
  { kernels, targets, closures }: TargetFacts,
): RowTargets {
  const choose = closures.get(by) as PartitionFunction
  let key: { readonly index: number; readonly reader: RowReader } | undefined
  return (batch) => {
    key ??= {
      index: batch.schema.indexOf(column),
      reader: new RowReader(kernels, batch.schema.project([column])),
    }
    const { length, selection } = batch
    key.reader.bind(batch.project(key.reader.schema, [key.index]))
    const chosen = new Uint16Array(length)
    const rows = selection === undefined ? 0 : selection.rows >>> 2
    const selected = selection && kernels.u32.slice(rows, rows + selection.length)
    for (let i = 0; i < batch.rowCount; i++) {
      chosen[selected?.[i] ?? i] = choice(choose, key.reader.value(0, i), { targets, column })
    }
    const targetOf = kernels.put(new Uint8Array(chosen.buffer))
    return partitionRows(kernels, targetOf, selection, { length, targets })
  }
}

/** @throws USER_CODE_FAILED for what the function throws, or a subtask that there is not */
function choice(
  choose: PartitionFunction,
  value: unknown,
  { targets, column }: { readonly targets: number; readonly column: string },
): number {
  let target: unknown
  try {
    target = choose(value, targets)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw failed(`the partitioner threw at ${column} = ${String(value)}: ${message}`, error)
  }
  if (Number.isInteger(target) && (target as number) >= 0 && (target as number) < targets) {
    return target as number
  }
  throw failed(
    `the partitioner gave ${String(target)} for ${column} = ${String(value)}; ` +
      `it must give a whole number from 0 to ${targets - 1}`,
  )
}

const failed = (message: string, cause?: unknown): DataflowError =>
  new DataflowError('USER_CODE_FAILED', message, cause === undefined ? {} : { cause })
