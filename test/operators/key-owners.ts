// Which subtask owns which key: what an exchange by key decides, for tests that run several subtasks of one
// operator by hand.
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { partitionByKey } from '../../src/columnar/key-partition.ts'
import type { Schema } from '../../src/columnar/schema.ts'
import type { Kernels } from '../../src/kernels/module.ts'

/** The subtask of each row, by all of its columns. */
export function keyOwners(
  kernels: Kernels,
  schema: Schema,
  rows: readonly object[],
  targets: { readonly maxParallelism: number; readonly targets: number },
): number[] {
  const mark = kernels.mark()
  const builder = new BatchBuilder(kernels, schema)
  for (const row of rows) builder.append(row)
  const keys = schema.fields.map((_, i) => i)
  const owners: number[] = []
  partitionByKey(kernels, builder.finish(), keys, targets).forEach((owned, owner) => {
    const first = owned.rows >>> 2
    for (const row of kernels.u32.subarray(first, first + owned.length)) owners[row] = owner
  })
  kernels.reset(mark)
  return owners
}
