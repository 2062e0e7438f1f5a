// Rows that are at or before the watermark, for operators that drop and count them row by row.
import { gatherVector } from '../columnar/gather.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import type { TimeUnit } from '../columnar/type.ts'
import { bitmapToSelection } from '../kernels/bitmap.ts'
import { compareNumbers } from '../kernels/compare.ts'
import { constantOperand, vectorOperand } from '../kernels/operand.ts'
import { timestampRange } from '../kernels/timestamp.ts'
import type { OperatorContext } from './operator.ts'
import { firstAfter, timesOf } from './time-column.ts'

/**
 * The batch without the rows that are late, which are counted.
 * @throws RECORD_MALFORMED for a time that is null
 */
export function rowsInTime(
  { kernels, inputs, metrics }: OperatorContext,
  batch: RecordBatch,
  input: number,
  { position, unit }: { readonly position: number; readonly unit: TimeUnit },
  watermarkMs: number,
): RecordBatch {
  const dense = gatherVector(kernels, batch.columns[position]!, batch.selection)
  const times = timesOf(kernels, inputs[input]!, position, dense)
  const first = firstAfter(watermarkMs, unit)
  const n = dense.length
  const range = timestampRange(kernels, times, 0, n)
  if (range === undefined || range.least >= first) return batch
  const bound = constantOperand(kernels, 'int64', first)
  const isIn = compareNumbers(kernels, 'int64', 'ge', vectorOperand(times), bound, n)
  const rows = bitmapToSelection(kernels, isIn, n)
  metrics.lateRows += n - rows.length
  const columns = batch.columns.map((column) => gatherVector(kernels, column, batch.selection))
  return new RecordBatch(batch.schema, n, columns, rows)
}
