// Watermarks with bounded out-of-orderness, as Flink's BoundedOutOfOrdernessWatermarks: after each batch,
// the greatest timestamp seen, less the bound, less one millisecond (more rows of that time may come).
//
// AW1  Watermarks rise strictly; a batch that brings nothing later brings no watermark.
// AW2  Null timestamps are refused: without a time a row belongs to no window.
import { DataflowError } from '../base/errors.ts'
import { gatherVector } from '../columnar/gather.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import { type Timestamp, typeName, UNITS_PER_SECOND } from '../columnar/type.ts'
import { bitmapCount } from '../kernels/bitmap.ts'
import { timestampRange } from '../kernels/timestamp.ts'
import type { Operator, OperatorContext, Output } from './operator.ts'

interface AssignWatermarksSpec {
  readonly column: string
  readonly maxOutOfOrdernessMs: number
}

export function createAssignWatermarks(
  spec: AssignWatermarksSpec,
  context: OperatorContext,
  output: Output,
): Operator {
  const { kernels } = context
  const field = context.inputs[0]!.field(spec.column)
  if (field.type.kind !== 'timestamp') {
    throw new DataflowError(
      'TYPE_MISMATCH',
      `event time must be a timestamp column, and '${spec.column}' is ${typeName(field.type)}; ` +
        `cast it, or declare it as timestamp() in the source's schema`,
      { context: { column: spec.column } },
    )
  }
  const index = context.inputs[0]!.indexOf(spec.column)
  const millisecondsOf = toMilliseconds(field.type)
  let lastMs = -Infinity
  return {
    generatesWatermarks: true,
    processBatch(batch) {
      output.emit(batch)
      const greatest = greatestTime(context, batch, index)
      if (greatest === undefined) return
      const watermarkMs = millisecondsOf(greatest) - spec.maxOutOfOrdernessMs - 1
      if (watermarkMs <= lastMs) return
      lastMs = watermarkMs
      output.emitWatermark(watermarkMs)
    },
  }

  function greatestTime(
    { name }: OperatorContext,
    batch: RecordBatch,
    column: number,
  ): bigint | undefined {
    const times = gatherVector(kernels, batch.columns[column]!, batch.selection)
    if (times.validity !== 0) {
      const nulls = times.length - bitmapCount(kernels, times.validity, times.length)
      if (nulls > 0) throw nullTime(name, spec.column, nulls)
    }
    return timestampRange(kernels, times.values, times.validity, times.length)?.greatest
  }
}

/** Whole milliseconds since the epoch, rounded down. */
function toMilliseconds({ unit }: Timestamp): (time: bigint) => number {
  const perSecond = UNITS_PER_SECOND[unit]
  if (perSecond <= 1_000) return (time) => Number(time) * (1_000 / perSecond)
  const divisor = BigInt(perSecond / 1_000)
  return (time) => {
    const quotient = time / divisor
    return Number(time % divisor < 0n ? quotient - 1n : quotient)
  }
}

function nullTime(operator: string, column: string, nulls: number): DataflowError {
  const rows = nulls === 1 ? 'one row has' : `${nulls} rows have`
  return new DataflowError(
    'RECORD_MALFORMED',
    `${operator}: ${rows} no event time: '${column}' is null; filter such rows out before, ` +
      `where(row => row.${column}.isNotNull())`,
    { context: { column } },
  )
}
