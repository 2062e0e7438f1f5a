// How watermarks follow from rows: one generator a stream, or a split of a source. The operator and the
// source decide when what a generator says goes out.
//
// WG1  What a generator says rises; what a custom one says of the past is ignored.
// WG2  A time that is null, or so far off that sums of milliseconds would not be exact, fails with its row.
import { DataflowError } from '../base/errors.ts'
import {
  type CompiledExpression,
  compileExpression,
  compilePredicate,
  type Predicate,
} from '../columnar/evaluate.ts'
import { expressionText } from '../columnar/expression.ts'
import { compact, gatherVector } from '../columnar/gather.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import { RowReader } from '../columnar/row-reader.ts'
import { type Timestamp, typeName, UNITS_PER_SECOND } from '../columnar/type.ts'
import type { Vector } from '../columnar/vector.ts'
import { bitmapCount } from '../kernels/bitmap.ts'
import type { Kernels } from '../kernels/module.ts'
import { timestampRange } from '../kernels/timestamp.ts'
import { customGenerator } from './custom-watermarks.ts'
import type { OperatorContext } from './operator.ts'
import { recordText } from './record-text.ts'
import { EVENT_TIME_MS_MAX, type WatermarkSpec } from './watermark-spec.ts'

export interface WatermarkGenerator {
  /** What it says, milliseconds; -Infinity before the first. */
  readonly watermarkMs: number
  /** Looks at rows that are about to go out. */
  onBatch(batch: RecordBatch): void
  /** A custom generator wants to be asked from time to time. */
  onPeriodicEmit?(): void
  /** A custom generator says that nobody is to wait. */
  readonly isIdle?: boolean
}

export type WatermarkContext = Pick<
  OperatorContext,
  'kernels' | 'userFunctions' | 'closure' | 'metrics'
> & { readonly schema: OperatorContext['output'] }

/** Makes generators: each call another one, over what is compiled once. */
export function watermarkGenerators(
  spec: WatermarkSpec,
  context: WatermarkContext,
): () => WatermarkGenerator {
  const times = new EventTimes(spec, context)
  const { generator } = spec
  switch (generator.kind) {
    case 'bounded':
      return () => boundedGenerator(times, generator.maxOutOfOrdernessMs)
    case 'punctuated': {
      const { schema, userFunctions } = context
      const isPunctuation = compilePredicate(generator.when, { schema, userFunctions })
      return () => punctuatedGenerator(times, isPunctuation, context.kernels)
    }
    case 'custom':
      return () => customGenerator(context.closure, times, context)
    case 'none':
      return () => ({ watermarkMs: -Infinity, onBatch: (batch) => void times.greatestMs(batch) })
  }
}

function boundedGenerator(times: EventTimes, maxOutOfOrdernessMs: number): WatermarkGenerator {
  let watermarkMs = -Infinity
  return {
    get watermarkMs() {
      return watermarkMs
    },
    onBatch(batch) {
      const greatestMs = times.greatestMs(batch)
      watermarkMs = Math.max(watermarkMs, greatestMs - maxOutOfOrdernessMs - 1)
    },
  }
}

function punctuatedGenerator(
  times: EventTimes,
  isPunctuation: Predicate,
  kernels: Kernels,
): WatermarkGenerator {
  let watermarkMs = -Infinity
  return {
    get watermarkMs() {
      return watermarkMs
    },
    onBatch(batch) {
      times.greatestMs(batch)
      watermarkMs = Math.max(watermarkMs, times.greatestMs(isPunctuation(kernels, batch)))
    },
  }
}

/** The event times of batches, checked. */
export class EventTimes {
  readonly #kernels: Kernels
  readonly #context: WatermarkContext
  readonly #text: string
  /** The column that it is, when it is one. */
  readonly #column: number | undefined
  readonly #compiled: CompiledExpression
  readonly #toMs: (time: bigint) => number
  #rows: RowReader | undefined

  constructor({ time }: WatermarkSpec, context: WatermarkContext) {
    const { kernels, schema, userFunctions } = context
    this.#kernels = kernels
    this.#context = context
    this.#text = expressionText(time)
    this.#column = time.kind === 'column' ? schema.indexOf(time.name) : undefined
    this.#compiled = compileExpression(time, { schema, userFunctions })
    const { type } = this.#compiled
    if (type.kind !== 'timestamp') {
      throw new DataflowError(
        'TYPE_MISMATCH',
        `event time must be a timestamp, and '${this.#text}' is ${typeName(type)}`,
      )
    }
    this.#toMs = toMilliseconds(type)
  }

  /** The greatest time, in whole milliseconds; -Infinity of a batch without rows. */
  greatestMs(batch: RecordBatch): number {
    return this.#range(this.#vector(batch), batch)
  }

  /** The time of each row, in whole milliseconds. */
  each(batch: RecordBatch): readonly number[] {
    const vector = this.#vector(batch)
    this.#range(vector, batch)
    const first = vector.values >>> 3
    const values = this.#kernels.i64.subarray(first, first + vector.length)
    return Array.from(values, this.#toMs)
  }

  #vector(batch: RecordBatch): Vector {
    if (this.#column !== undefined) {
      return gatherVector(this.#kernels, batch.columns[this.#column]!, batch.selection)
    }
    return this.#compiled.evaluate(this.#kernels, compact(this.#kernels, batch))
  }

  #range({ values, validity, length }: Vector, batch: RecordBatch): number {
    const kernels = this.#kernels
    if (validity !== 0) {
      const nulls = length - bitmapCount(kernels, validity, length)
      if (nulls > 0) throw this.#nullTime(nulls, validity, batch)
    }
    const range = timestampRange(kernels, values, validity, length)
    if (range === undefined) return -Infinity
    const greatestMs = this.#toMs(range.greatest)
    if (greatestMs > EVENT_TIME_MS_MAX) throw this.#outOfRange(range.greatest, values, batch)
    const isTooEarly = this.#toMs(range.least) < -EVENT_TIME_MS_MAX
    if (isTooEarly) throw this.#outOfRange(range.least, values, batch)
    return greatestMs
  }

  #nullTime(nulls: number, validity: number, batch: RecordBatch): DataflowError {
    const bytes = this.#kernels.u8
    let row = 0
    while (((bytes[validity + (row >> 3)]! >> (row & 7)) & 1) === 1) row++
    const rows = nulls === 1 ? 'one row has' : `${nulls} rows have`
    const which = nulls === 1 ? '' : 'the first is '
    return this.#malformed(
      row,
      `${rows} no event time: '${this.#text}' is null; ${which}row ${row} of its batch, ` +
        `${this.#record(batch, row)}; filter such rows out before, ` +
        `where((row) => row.${this.#text}.isNotNull())`,
    )
  }

  #outOfRange(time: bigint, values: number, batch: RecordBatch): DataflowError {
    const first = values >>> 3
    const row = this.#kernels.i64.indexOf(time, first) - first
    const { unit } = this.#compiled.type as Timestamp
    return this.#malformed(
      row,
      `row ${row} of its batch has an event time out of range: '${this.#text}' is ${time} ${unit} ` +
        `since 1970, in ${this.#record(batch, row)}; times lie within 100 million days of 1970, ` +
        `so is the column's unit ${unit} right?`,
    )
  }

  #record(batch: RecordBatch, row: number): string {
    const { schema, kernels } = this.#context
    this.#rows ??= new RowReader(kernels, schema)
    this.#rows.bind(batch)
    return recordText(this.#rows.row(row))
  }

  #malformed(row: number, message: string): DataflowError {
    return new DataflowError('RECORD_MALFORMED', message, {
      context: { row, ...(this.#column === undefined ? {} : { column: this.#text }) },
    })
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
