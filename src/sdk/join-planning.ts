// What joins of two streams become: both inputs partitioned by their keys, the join, and a select of what
// is wanted of the joined rows.
import { DataflowError } from '../base/errors.ts'
import { OP_FIELD } from '../columnar/changelog.ts'
import type { Expression } from '../columnar/expression.ts'
import { Schema } from '../columnar/schema.ts'
import { duration } from '../columnar/type.ts'
import { WINDOW_COLUMNS } from '../operators/aggregate-type.ts'
import { type GridWindowSpec, isGridWindow } from '../operators/window-spec.ts'
import type { JoinRequest } from './join.ts'
import { checkChanges, JoinNaming, keyedSides, timedSide } from './join-sides.ts'
import { LogicalStream, refuseUpdating } from './logical-stream.ts'
import { positiveTimeSpanMs, type TimeSpan } from './time-span.ts'
import type { TimeWindow } from './window.ts'

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, SCHEMA_MISMATCH, GRAPH_INVALID, CONFIG_INVALID */
export function planJoin(
  leftStream: LogicalStream,
  rightStream: LogicalStream,
  request: JoinRequest & { readonly ttl?: TimeSpan },
  location: string | undefined,
): LogicalStream {
  const { type = 'inner', ttl } = request
  const sides = keyedSides(leftStream, rightStream, request.on, location)
  const naming = new JoinNaming(leftStream, rightStream)
  const where = naming.condition(request)
  const isUpdating = type !== 'inner' || leftStream.isUpdating || rightStream.isUpdating
  for (const stream of [leftStream, rightStream]) if (stream.isUpdating) checkChanges(stream)
  const spec = {
    kind: 'join',
    type,
    on: sides.on,
    columns: naming.columns,
    ...(where === undefined ? {} : { where }),
    ...(ttl === undefined ? {} : { ttlMs: positiveTimeSpanMs(ttl, "a join's ttl") }),
  } as const
  const fields = naming.fields(type)
  const output = new Schema(isUpdating ? [...fields, OP_FIELD] : fields)
  const joined = LogicalStream.combine(
    sides.streams,
    { spec, name: 'Join', output, ...at(location) },
    undefined,
  )
  return naming.selected(joined, request, location)
}

/** @throws GRAPH_INVALID without event time, UNSUPPORTED for windows of another kind; as planJoin */
export function planWindowJoin(
  leftStream: LogicalStream,
  rightStream: LogicalStream,
  request: JoinRequest & { readonly window: TimeWindow },
  location: string | undefined,
): LogicalStream {
  const { type = 'inner' } = request
  const window = checkedWindow(request.window, 'a window join')
  for (const stream of [leftStream, rightStream]) refuseUpdating(stream, 'a window join')
  const [left, right] = [timedSide(leftStream, location), timedSide(rightStream, location)]
  const sides = keyedSides(left.stream, right.stream, request.on, location)
  const naming = new JoinNaming(
    leftStream,
    rightStream,
    WINDOW_COLUMNS.map(({ name }) => name),
  )
  const where = naming.condition(request)
  const bounds = naming.others.map((name, i) => ({ name, type: WINDOW_COLUMNS[i]!.type }))
  const [start, end] = naming.others as [string, string]
  const spec = {
    kind: 'windowJoin',
    type,
    on: sides.on,
    columns: naming.columns,
    ...(where === undefined ? {} : { where }),
    window,
    time: [left.time, right.time],
    bounds: [start, end],
  } as const
  const joined = LogicalStream.combine(
    sides.streams,
    {
      spec,
      name: 'Window join',
      output: new Schema([...bounds, ...naming.fields(type)]),
      ...at(location),
    },
    lastMoment(end),
  )
  return naming.selected(joined, request, location)
}

const at = (location: string | undefined) => (location === undefined ? {} : { location })

/** Event time behind a window: its last millisecond, as in Flink. */
const lastMoment = (end: string): Expression => ({
  kind: 'call',
  function: 'sub',
  arguments: [
    { kind: 'column', name: end },
    { kind: 'literal', type: duration('ms'), value: '1' },
  ],
})

/** @throws UNSUPPORTED for windows that are not on one grid of event time for all keys */
export function checkedWindow(window: TimeWindow, what: string): GridWindowSpec {
  const problem = !isGridWindow(window)
    ? 'session windows'
    : window.time === 'processing'
      ? 'windows of processing time'
      : window.timeZone === undefined
        ? undefined
        : 'windows of a time zone'
  if (problem === undefined) return window as GridWindowSpec
  throw new DataflowError(
    'UNSUPPORTED',
    `${what} takes no ${problem}; use tumble(), slide() or cumulate() of event time, in UTC`,
  )
}
