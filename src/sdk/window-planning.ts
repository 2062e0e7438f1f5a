// What aggregate() makes of a keyed window: a select of what it is over (aggregate-planning.ts), the
// exchange by key, and the window operator.
import { DataflowError, didYouMean } from '../base/errors.ts'
import type { Expression } from '../columnar/expression.ts'
import { type Field, Schema } from '../columnar/schema.ts'
import { duration, type Fields } from '../columnar/type.ts'
import { windowAggregateFields } from '../operators/aggregate-type.ts'
import type { Evictor, Trigger } from '../operators/window-functions.ts'
import {
  boundsOf,
  countWindowPart,
  type TriggerSpec,
  type WindowAggregateSpec,
  type WindowSpec,
  windowTime,
} from '../operators/window-spec.ts'
import { bindAggregates, ComputedColumns } from './aggregate-planning.ts'
import { EVENT_TIME, LogicalStream, refuseUpdating } from './logical-stream.ts'
import { shown } from './given.ts'
import { checkTag, type OutputTag } from './output-tag.ts'
import type { FunctionOf } from './row-types.ts'
import { type TimeSpan, timeSpanMs } from './time-span.ts'
import type { DynamicSession } from './window.ts'

/** What is asked of windows, whatever is made of their rows. */
export interface WindowSettings {
  /** None: all rows are one group. */
  readonly keys: readonly string[]
  readonly window: WindowSpec
  /** Absent: as the windows' kind has it. */
  readonly trigger?: TriggerSpec
  readonly allowedLatenessMs?: number
  /** Where rows go that are too late: a side output with the stream's columns. */
  readonly lateTag?: OutputTag<Fields>
  /** Functions of the job's, for windows of rows (row-window-planning.ts). */
  readonly customTrigger?: FunctionOf<Trigger<never>>
  readonly evictor?: FunctionOf<Evictor<unknown>>
  readonly gap?: (row: never) => number
}

const KINDS: Readonly<Record<WindowSpec['kind'], true>> = {
  tumbling: true,
  sliding: true,
  cumulative: true,
  session: true,
  global: true,
  count: true,
}

/**
 * What window() and windowAll() begin with.
 * @throws CONFIG_INVALID for what is no window
 */
export function windowSettings(
  keys: readonly string[],
  window: WindowSpec | DynamicSession<never>,
): WindowSettings {
  checkWindow(window)
  if (!('gap' in window)) return { keys, window }
  const { kind, gap, time } = window
  return { keys, window: { kind, gapMs: 0, ...(time === undefined ? {} : { time }) }, gap }
}

export interface WindowRequest extends WindowSettings {
  readonly aggregates: Readonly<Record<string, unknown>>
}

/** @throws GRAPH_INVALID without event time, SCHEMA_MISMATCH for a name that is taken, TYPE_MISMATCH */
export function planWindow(
  stream: LogicalStream,
  { aggregates, ...settings }: WindowRequest,
  location: string | undefined,
): LogicalStream {
  const { keys, window, trigger, allowedLatenessMs, lateTag } = settings
  refuseUpdating(stream, 'a window')
  refuseFunctions(settings)
  if (window.kind === 'count') countWindowPart(window)
  const bounds = boundsOf(window)
  refuseKeys(keys, bounds)
  const columns = new ComputedColumns(stream.schema)
  for (const key of keys) columns.keep(key)
  const time = needsEventTime(settings) ? columns.of(eventTimeOf(stream), EVENT_TIME) : undefined
  const taken = [...bounds.map(({ name }) => name), ...keys]
  const specs = bindAggregates(aggregates, taken, columns)
  const late = lateTag === undefined ? undefined : lateOutput(lateTag, stream)
  for (const name of late?.columns ?? []) columns.keep(name)
  const timeColumn = time === undefined ? undefined : ({ kind: 'column', name: time } as const)
  const input = columns.isPlain ? stream : stream.plannedSelect(columns.all, location, timeColumn)
  const output = new Schema(windowAggregateFields(input.schema, keys, specs, bounds))
  const spec: WindowAggregateSpec = {
    kind: 'windowAggregate',
    keys,
    ...(time === undefined ? {} : { time }),
    window,
    aggregates: specs,
    ...(trigger === undefined ? {} : { trigger }),
    ...(allowedLatenessMs === undefined ? {} : { allowedLatenessMs }),
    ...(late === undefined ? {} : { late }),
  }
  const { job, inputs, schema } = partitionedFor(keys, input)
  return new LogicalStream(job, inputs, schema).append(
    {
      spec,
      name: 'Window',
      output,
      ...(keys.length === 0 ? { parallelismMax: 1 } : {}),
      ...(location === undefined ? {} : { location }),
    },
    bounds.length === 0 ? undefined : LAST_MOMENT,
  )
}

/** @throws CONFIG_INVALID for what is no window */
export function checkWindow(window: unknown): void {
  const kind = (window as { readonly kind?: unknown } | null | undefined)?.kind
  if (typeof kind === 'string' && Object.hasOwn(KINDS, kind)) return
  throw new DataflowError(
    'CONFIG_INVALID',
    "a window is tumble('10s'), slide('1m', '10s'), cumulate('1h', '10m'), session('30m') or " +
      `globalWindow(), and this is ${shown(window)}`,
  )
}

/** @throws SCHEMA_MISMATCH for keys that have the names of the window's bounds */
function refuseKeys(keys: readonly string[], bounds: readonly Field[]): void {
  const key = keys.find((name) => bounds.some((bound) => bound.name === name))
  if (key === undefined) return
  const given = key === 'windowEnd' ? 'end' : 'start'
  throw new DataflowError(
    'SCHEMA_MISMATCH',
    `a key is named '${key}', which the window's own ${given} is in the results; rename it: ` +
      `keyBy((r) => ({ ${given}: r.${key} })), or aggregate without a window: keyBy('${key}').aggregate()`,
    { context: { column: key } },
  )
}

/** @throws UNSUPPORTED for what needs rows, where there are columns */
function refuseFunctions({ customTrigger, evictor, gap }: WindowSettings): void {
  const what =
    customTrigger !== undefined
      ? 'a trigger that is a function'
      : evictor !== undefined
        ? 'an evictor'
        : gap !== undefined
          ? 'a session whose gap is a function'
          : undefined
  if (what === undefined) return
  throw new DataflowError(
    'UNSUPPORTED',
    `${what} looks at rows, and this aggregation is over columns: use reduce(), process(), or ` +
      'aggregate() with an AggregateFunction',
  )
}

/** The rows of one group in one subtask. */
export const partitionedFor = (keys: readonly string[], stream: LogicalStream): LogicalStream =>
  stream.partitioned(keys.length === 0 ? { kind: 'global' } : { kind: 'hash', keys })

/** Do the windows, or their trigger, go by event time? */
export function needsEventTime({ window, trigger }: WindowSettings): boolean {
  const fires = trigger?.kind === 'purging' ? trigger.trigger : trigger
  return windowTime(window) === 'event' || fires?.kind === 'continuousEventTime'
}

/** @throws CONFIG_INVALID for a lateness that is none, or windows that know no late rows */
export function checkedLateness(lateness: TimeSpan, window: WindowSpec): number {
  const ms = timeSpanMs(lateness, 'the allowed lateness')
  if (ms < 0) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `the allowed lateness is ${ms} ms, which is less than 0`,
    )
  }
  refuseLate(window, 'allow no lateness')
  return ms
}

/** @throws CONFIG_INVALID for windows that know no late rows */
export function refuseLate(window: WindowSpec, advice: string): void {
  if (windowTime(window) === 'event') return
  throw new DataflowError('CONFIG_INVALID', `rows are late by event time only: ${advice}`)
}

/** @throws SCHEMA_MISMATCH when the tag is for rows with other columns */
export function lateOutput(
  tag: OutputTag<Fields>,
  { visible }: LogicalStream,
): { readonly tag: string; readonly columns: readonly string[] } {
  checkTag(tag, 'sideOutputLateData()')
  if (!tag.schema.equals(visible)) {
    throw new DataflowError(
      'SCHEMA_MISMATCH',
      `late rows have the columns (${visible}), and the output tag '${tag.id}' has (${tag.schema})`,
    )
  }
  return { tag: tag.id, columns: visible.names }
}

/**
 * Event time behind a window: its last millisecond, as in Flink, so that a result falls into the longer
 * windows that its own window lies in.
 */
const LAST_MOMENT: Expression = {
  kind: 'call',
  function: 'sub',
  arguments: [
    { kind: 'column', name: 'windowEnd' },
    { kind: 'literal', type: duration('ms'), value: '1' },
  ],
}

export function eventTimeOf(stream: LogicalStream): Expression {
  if (stream.eventTime !== undefined) return stream.eventTime
  const times = stream.visible.fields.filter(({ type }) => type.kind === 'timestamp')
  const example = times[0]?.name ?? 'time'
  const what =
    times.length === 0
      ? '; it has no timestamp column yet: cast one in a select'
      : ` (timestamps: ${times.map(({ name }) => name).join(', ')})`
  throw new DataflowError(
    'GRAPH_INVALID',
    `a window needs event time: call assignWatermarks('${example}', ...) before keyBy${what}`,
  )
}

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH for what cannot be a key */
export function checkKeys(keys: readonly string[], schema: Schema, call = 'keyBy()'): void {
  if (keys.length === 0) {
    throw new DataflowError(
      'GRAPH_INVALID',
      `${call} needs a column.${didYouMean('', schema.names)}`,
    )
  }
  const twice = keys.find((key, i) => keys.indexOf(key) < i)
  if (twice !== undefined) {
    throw new DataflowError('GRAPH_INVALID', `${call} has ${shown(twice)} twice; once is enough`)
  }
  for (const key of keys) {
    if (typeof key !== 'string') {
      throw new DataflowError(
        'GRAPH_INVALID',
        `${call} takes names of columns, not ${shown(key)}` +
          (call === 'keyBy()'
            ? '; or a callback that gives keys by name: (r) => ({ key: r.a })'
            : ''),
      )
    }
    const { type } = schema.field(key)
    if (type.kind === 'list' || type.kind === 'struct') {
      throw new DataflowError('TYPE_MISMATCH', `column '${key}' is a ${type.kind}, which is no key`)
    }
  }
}
