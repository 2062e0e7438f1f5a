// The upsert form of a changelog: without the rows before an update. What is left says by key what is: a
// row, or that there is none any more.
//
// UP1  A row before an update whose row after is not the next, under the same key, is a deletion: where()
//      or an exchange by other keys has parted them.
import { OP_COLUMN } from '../columnar/changelog.ts'
import { denseColumns } from '../columnar/dense-columns.ts'
import { gatherVector } from '../columnar/gather.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { Vector } from '../columnar/vector.ts'
import { upsertRows } from '../kernels/changes.ts'
import { RowLayout } from '../state/row-layout.ts'
import type { OperatorSpec } from './operator-spec.ts'
import type { OperatorFactory } from './operator.ts'

type UpsertSpec = Extract<OperatorSpec, { readonly kind: 'upsert' }>

/** @throws COLUMN_NOT_FOUND, UNSUPPORTED */
export const createUpsert: OperatorFactory<UpsertSpec> = (spec, context, output) => {
  const { kernels, output: schema } = context
  const opPosition = schema.indexOf(OP_COLUMN)
  const keys = spec.keys.map((key) => schema.indexOf(key))
  const layout = new RowLayout(
    kernels,
    keys.map((key) => schema.fields[key]!.type),
  )
  return {
    processBatch(batch) {
      const dense = denseColumns(kernels, batch)
      const n = batch.rowCount
      const encoded = layout.encode(keys.map(dense), n)
      const { rows, ops } = upsertRows(kernels, dense(opPosition).values, encoded, n)
      const columns = schema.fields.map(({ type }, i) =>
        i === opPosition
          ? new Vector({ type, length: rows.length, values: ops })
          : gatherVector(kernels, dense(i), rows),
      )
      output.emit(new RecordBatch(schema, rows.length, columns))
    },
  }
}
