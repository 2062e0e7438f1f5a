// The state of an operator of asynchronous calls: the rows whose results are not out, and the watermarks
// among them. Rows are called for again when the state is restored.
//
// AS1  At another parallelism rows are dealt out and watermarks are left out: their sources make others.
import { DataflowError } from '../base/errors.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import { BatchBuilder } from '../columnar/batch-builder.ts'
import { RowReader } from '../columnar/row-reader.ts'
import { Schema } from '../columnar/schema.ts'
import { float64, int32 } from '../columnar/type.ts'
import { Call, type CallQueue } from './call-queue.ts'
import { CurrentTime, EVENT_TIME_COLUMN, EventTimes } from './event-times.ts'
import type { OperatorContext } from './operator.ts'
import { RowCollector } from './row-collector.ts'
import { isHidden, VisibleRows } from './visible-rows.ts'

const CALLS = 'calls'
const WATERMARKS = 'watermarks'

const WATERMARK_SCHEMA = Schema.of({
  /** Calls before it. */
  position: int32(),
  watermarkMs: float64(),
  parallelism: int32(),
})

interface WatermarkRow {
  readonly position: number
  readonly watermarkMs: number
  readonly parallelism: number
}

/** What of an input's rows is kept: the columns that the function sees, and event time. */
const keptSchema = (input: Schema): Schema =>
  new Schema(input.fields.filter(({ name }) => !isHidden(name) || name === EVENT_TIME_COLUMN))

export function writeCalls(context: OperatorContext, queue: CallQueue, into: StateWriter): void {
  const { kernels, inputs, config, parallelism } = context
  const time = new CurrentTime()
  const calls = new RowCollector({
    kernels,
    schema: keptSchema(inputs[0]!),
    batchRows: config.batchRows,
    time,
    emit: (batch) => into.list(CALLS, batch),
  })
  const watermarks = new BatchBuilder(kernels, WATERMARK_SCHEMA)
  let position = 0
  for (const element of queue.elements()) {
    if (element instanceof Call) {
      time.set(element.time)
      calls.collect(element.row)
      position++
      // The end of event time comes again by itself.
    } else if (element.watermarkMs !== undefined && element.watermarkMs !== Infinity) {
      watermarks.append({ position, watermarkMs: element.watermarkMs, parallelism })
    }
  }
  calls.flush()
  calls.close()
  if (watermarks.length > 0) into.list(WATERMARKS, watermarks.finish())
}

/**
 * Puts the rows and watermarks of before into a queue; the last watermark, if there is one.
 * @throws STATE_INCOMPATIBLE for rows of other columns
 */
export function readCalls(context: OperatorContext, queue: CallQueue): number | undefined {
  const { kernels, restored, inputs } = context
  if (restored === undefined) return undefined
  const marks = readWatermarks(context)
  const schema = keptSchema(inputs[0]!)
  const rows = new VisibleRows(kernels, schema)
  const times = EventTimes.of(kernels, schema)
  let position = 0
  let last: number | undefined
  const markUpTo = (end: number): void => {
    for (; marks[0] !== undefined && marks[0].position <= end; marks.shift()) {
      last = queue.mark().watermarkMs = marks[0].watermarkMs
    }
  }
  for (const batch of restored.table(CALLS)) {
    if (!batch.schema.equals(schema)) {
      throw new DataflowError(
        'STATE_INCOMPATIBLE',
        `rows whose calls had no answer yet were kept with the columns (${batch.schema}), and are ` +
          `(${schema}) now`,
      )
    }
    rows.bind(batch)
    times?.bind(batch)
    for (let row = 0; row < batch.rowCount; row++) {
      markUpTo(position++)
      queue.add(callOf(rows, times, row))
    }
  }
  markUpTo(position)
  return last
}

/** The call for a row of what is bound. */
export function callOf(rows: VisibleRows, times: EventTimes | undefined, row: number): Call {
  if (times === undefined) return new Call(rows.row(row), undefined)
  const time = new CurrentTime()
  times.read(row, time)
  return new Call(rows.row(row), time)
}

function readWatermarks({ kernels, restored, parallelism }: OperatorContext): WatermarkRow[] {
  const reader = new RowReader(kernels, WATERMARK_SCHEMA)
  const rows = [...restored!.table(WATERMARKS)].flatMap((batch) => reader.rows(batch))
  return (rows as unknown as WatermarkRow[]).filter((row) => row.parallelism === parallelism)
}
