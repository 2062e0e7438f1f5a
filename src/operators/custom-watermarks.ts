// A user's own generator of watermarks, as Flink's WatermarkGenerator: it sees each row with its time, and
// is asked from time to time. It makes an object a row, and counts them.
//
// CW1  The closure is a function: each subtask, and each split of a source, has a generator of its own.
// CW2  What it says during a batch goes out after the batch: rows of one batch are never late by it.
import { DataflowError, isDataflowError } from '../base/errors.ts'
import { RowReader } from '../columnar/row-reader.ts'
import { Schema } from '../columnar/schema.ts'
import { recordText } from './record-text.ts'
import { EVENT_TIME_MS_MAX } from './watermark-spec.ts'
import type { EventTimes, WatermarkContext, WatermarkGenerator } from './watermark-generator.ts'

/** Where a generator says what it knows. */
export interface WatermarkOutput {
  /** No row at or before this time follows, milliseconds. */
  emitWatermark(watermarkMs: number): void
  /** Nobody is to wait for this stream, until its next row or markActive(). */
  markIdle(): void
  markActive(): void
}

/** What the supplier that is given to WatermarkStrategy.forGenerator() makes. */
export interface CustomWatermarkGenerator<Row = unknown> {
  /** Each row, with its event time in milliseconds. */
  onEvent(row: Row, timestampMs: number, output: WatermarkOutput): void
  /** Every autoWatermarkIntervalMs of processing time. */
  onPeriodicEmit?(output: WatermarkOutput): void
}

export function customGenerator(
  closure: unknown,
  times: EventTimes,
  { kernels, schema, metrics }: WatermarkContext,
): WatermarkGenerator {
  const generator = supplied(closure)
  let watermarkMs = -Infinity
  let isIdle = false
  const output: WatermarkOutput = {
    emitWatermark(ms) {
      if (!(Math.abs(ms) <= EVENT_TIME_MS_MAX)) {
        throw new DataflowError(
          'TYPE_MISMATCH',
          `the watermark generator said ${String(ms)}; a watermark is milliseconds since 1970, ` +
            'within 100 million days',
        )
      }
      watermarkMs = Math.max(watermarkMs, Math.floor(ms))
    },
    markIdle() {
      isIdle = true
    },
    markActive() {
      isIdle = false
    },
  }
  const columns = schema.names.flatMap((name, i) => (name.startsWith('$') ? [] : [i]))
  const visible = new Schema(columns.map((i) => schema.fields[i]!))
  const reader = new RowReader(kernels, visible)
  const isAsked = generator.onPeriodicEmit !== undefined
  return {
    get watermarkMs() {
      return watermarkMs
    },
    get isIdle() {
      return isIdle
    },
    onBatch(batch) {
      isIdle = false
      const timesMs = times.each(batch)
      reader.bind(batch.project(visible, columns))
      for (const [i, timeMs] of timesMs.entries()) {
        const row = reader.row(i)
        try {
          generator.onEvent(row, timeMs, output)
        } catch (error) {
          throw atRow(error, i, row)
        }
      }
      metrics.rowObjects += timesMs.length
    },
    ...(isAsked ? { onPeriodicEmit: () => generator.onPeriodicEmit!(output) } : {}),
  }
}

/** @throws TYPE_MISMATCH when the closure gives no generator */
function supplied(closure: unknown): CustomWatermarkGenerator {
  const made = (closure as () => unknown)() as CustomWatermarkGenerator | undefined
  if (typeof made?.onEvent === 'function') return made
  throw new DataflowError(
    'TYPE_MISMATCH',
    'the function of WatermarkStrategy.forGenerator() gives no generator: an object with ' +
      'onEvent(row, timestampMs, output)',
  )
}

function atRow(error: unknown, row: number, record: unknown): DataflowError {
  if (isDataflowError(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new DataflowError(
    'USER_CODE_FAILED',
    `the watermark generator threw at row ${row}, ${recordText(record)}: ${message}`,
    { cause: error, context: { row } },
  )
}
