// What over() makes of a job: a select of what is aggregated (aggregate-planning.ts), the exchange by key,
// and the operator.
import { DataflowError } from '../base/errors.ts'
import type { AggregateSpec } from '../operators/operator-spec.ts'
import type { OverAggregateSpec, OverFrame } from '../operators/over-spec.ts'
import { keepsInFrame, overSchema, VALUES_ROWS_MAX } from '../operators/over-spec.ts'
import { bindAggregates, ComputedColumns } from './aggregate-planning.ts'
import { checkOptions, optionNames } from './given.ts'
import { EVENT_TIME, type LogicalStream, refuseUpdating } from './logical-stream.ts'
import { type TimeSpan, timeSpanMs } from './time-span.ts'
import { eventTimeOf, partitionedFor } from './window-planning.ts'

/** Which rows over() aggregates for a row: of its key, up to itself. Neither rows nor range: all. */
export interface OverOptions {
  /** 'time': by event time, as the watermark passes; 'arrival' (unless said): as rows come. */
  readonly orderBy?: 'time' | 'arrival'
  /** The last so many rows, this one included; 'unbounded': all up to this one. */
  readonly rows?: number | 'unbounded'
  /** Rows that are at most so much earlier, and all of the same time; 'unbounded': however early. */
  readonly range?: TimeSpan | 'unbounded'
}

const OPTIONS = optionNames<OverOptions>({ orderBy: true, rows: true, range: true })

/** Rows of one window: each key keeps up to twice as many. */
const FRAME_ROWS_MAX = 10_000_000

/** @throws CONFIG_INVALID for a frame that is none; GRAPH_INVALID for an updating stream, or without time */
export function checkedFrame(stream: LogicalStream, options: OverOptions): OverFrame {
  checkOptions(options, 'over()', OPTIONS)
  const { orderBy = 'arrival', rows, range } = options
  refuseUpdating(stream, 'over()')
  if (orderBy !== 'time' && orderBy !== 'arrival') {
    throw invalid(`orderBy is '${String(orderBy)}'; it is 'time' (event time) or 'arrival'`)
  }
  if (rows !== undefined && range !== undefined) {
    throw invalid('over() goes back so many rows or so long a range: give one of both')
  }
  if (orderBy === 'time') eventTimeOf(stream)
  else if (range !== undefined) {
    throw invalid("a range is of event time: over({ orderBy: 'time', range: '1h' })")
  }
  if (range === undefined) {
    if (rows === undefined || rows === 'unbounded') {
      return { kind: 'unbounded', peers: orderBy === 'time' && rows === undefined }
    }
    if (Number.isSafeInteger(rows) && rows >= 1 && rows <= FRAME_ROWS_MAX) {
      return { kind: 'rows', rows }
    }
    throw invalid(
      `over() is asked for ${rows} rows; a whole number from 1 to ${FRAME_ROWS_MAX}, or 'unbounded'`,
    )
  }
  if (range === 'unbounded') return { kind: 'unbounded', peers: true }
  const ms = timeSpanMs(range, 'the range of over()')
  if (ms < 0) throw invalid(`the range of over() is ${ms} ms, which is less than 0`)
  return { kind: 'range', ms }
}

export interface OverRequest {
  readonly keys: readonly string[]
  readonly options: OverOptions
  readonly aggregates: Readonly<Record<string, unknown>>
}

/** @throws GRAPH_INVALID, CONFIG_INVALID, SCHEMA_MISMATCH, COLUMN_NOT_FOUND, TYPE_MISMATCH, UNSUPPORTED */
export function planOver(
  stream: LogicalStream,
  { keys, options, aggregates }: OverRequest,
  location: string | undefined,
): LogicalStream {
  const frame = checkedFrame(stream, options)
  const columns = new ComputedColumns(stream.schema)
  for (const name of stream.schema.names) columns.keep(name)
  const time = options.orderBy === 'time' ? columns.of(eventTimeOf(stream), EVENT_TIME) : undefined
  const specs = bindAggregates(aggregates, stream.visible.names, columns)
  for (const one of specs) refuseSketch(one, frame)
  const input = columns.isPlain
    ? stream
    : stream.plannedSelect(columns.all, location, stream.eventTime)
  const spec: OverAggregateSpec = {
    kind: 'overAggregate',
    keys,
    ...(time === undefined ? {} : { time }),
    frame,
    aggregates: specs,
    columns: stream.schema.names,
  }
  return partitionedFor(keys, input).append({
    spec,
    name: 'Over',
    output: overSchema(input.schema, spec),
    ...(location === undefined ? {} : { location }),
  })
}

/** @throws UNSUPPORTED for a sketch of values that would have to leave it again */
function refuseSketch(spec: AggregateSpec, frame: OverFrame): void {
  if (!keepsInFrame(spec, frame) || spec.function !== 'approxCountDistinct') return
  throw new DataflowError(
    'UNSUPPORTED',
    `'${spec.name}' is approxCountDistinct(), which does not know the values that leave a frame; ` +
      `countDistinct() does. It takes over({ rows: n }) for at most the last ${VALUES_ROWS_MAX} rows`,
  )
}

const invalid = (message: string) => new DataflowError('CONFIG_INVALID', message)
