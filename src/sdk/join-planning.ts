// What joins of two streams become: both inputs partitioned by their keys, the join, and a select of what
// is wanted of the joined rows.
import { DataflowError, didYouMean } from '../base/errors.ts'
import { OP_FIELD } from '../columnar/changelog.ts'
import type { Expression, FunctionName } from '../columnar/expression.ts'
import { Schema } from '../columnar/schema.ts'
import { duration, withNullable } from '../columnar/type.ts'
import { WINDOW_COLUMNS } from '../operators/aggregate-type.ts'
import { isTimeWindow, type WindowSpec } from '../operators/window-spec.ts'
import {
  type IntervalJoinSpec,
  isOuter,
  JOIN_TYPES,
  type TemporalJoinSpec,
} from '../operators/join-spec.ts'
import { checkOptions, optionNames, shown } from './given.ts'
import type {
  IntervalBounds,
  IntervalJoinOptions,
  JoinOptions,
  JoinRequest,
  RegularJoinOptions,
  WindowJoinOptions,
} from './join.ts'
import { JoinNaming, keyedSides, timedSide, timedSides } from './join-sides.ts'
import { LogicalStream, refuseUpdating } from './logical-stream.ts'
import { positiveTimeSpanMs, type TimeSpan, timeSpanMs } from './time-span.ts'
import { checkWindow } from './window-planning.ts'
import type { TimeWindow } from './window.ts'

type Any = Record<string, never>

const ALL = { on: true, type: true, where: true, select: true } as const
const OPTIONS = {
  'join()': optionNames<RegularJoinOptions<Any, Any, never, never>>({ ...ALL, ttl: true }),
  'windowJoin()': optionNames<WindowJoinOptions<Any, Any, never, never>>({ ...ALL, window: true }),
  'intervalJoin()': optionNames<IntervalJoinOptions<Any, Any, never, never>>({
    ...ALL,
    between: true,
    lowerBoundExclusive: true,
    upperBoundExclusive: true,
  }),
  'temporalJoin()': optionNames<JoinOptions<Any, Any, never, never>>(ALL),
} as const

/** @throws CONFIG_INVALID for options that there are not, and a kind of join that there is not */
function checkRequest(call: keyof typeof OPTIONS, request: JoinRequest): void {
  checkOptions(request, call, OPTIONS[call])
  const { type = 'inner' } = request
  if (JOIN_TYPES.includes(type)) return
  const hint = didYouMean(String(type), JOIN_TYPES)
  throw new DataflowError('CONFIG_INVALID', `there is no join of type ${shown(type)}.${hint}`)
}

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, SCHEMA_MISMATCH, GRAPH_INVALID, CONFIG_INVALID */
export function planJoin(
  leftStream: LogicalStream,
  rightStream: LogicalStream,
  request: JoinRequest & { readonly ttl?: TimeSpan },
  location: string | undefined,
): LogicalStream {
  checkRequest('join()', request)
  const { type = 'inner', ttl } = request
  const sides = keyedSides(leftStream, rightStream, request.on, location)
  const naming = new JoinNaming(leftStream, rightStream)
  const where = naming.condition(request)
  const isChangelog = leftStream.isUpdating || rightStream.isUpdating
  const isFinal = type !== 'inner' && leftStream.job.isBatch && !isChangelog && ttl === undefined
  const isUpdating = isChangelog || (type !== 'inner' && !isFinal)
  const spec = {
    kind: 'join',
    type,
    on: sides.on,
    columns: naming.columns,
    ...(where === undefined ? {} : { where }),
    ...(ttl === undefined ? {} : { ttlMs: positiveTimeSpanMs(ttl, "a join's ttl") }),
    ...(isFinal ? { final: true as const } : {}),
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
  checkRequest('windowJoin()', request)
  const { type = 'inner' } = request
  const window = checkedWindow(request.window, 'a window join')
  for (const stream of [leftStream, rightStream]) refuseUpdating(stream, 'a window join')
  const time =
    window.time === 'processing'
      ? undefined
      : ([timedSide(leftStream, location), timedSide(rightStream, location)] as const)
  const [left, right] = time?.map(({ stream }) => stream) ?? [leftStream, rightStream]
  const sides = keyedSides(left!, right!, request.on, location)
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
    ...(time === undefined ? {} : { time: [time[0].time, time[1].time] as const }),
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

/** @throws GRAPH_INVALID without event time, CONFIG_INVALID for bounds that are none; as planJoin */
export function planIntervalJoin(
  leftStream: LogicalStream,
  rightStream: LogicalStream,
  request: JoinRequest & IntervalBounds,
  location: string | undefined,
): LogicalStream {
  const { joined, naming } = joinedInInterval(leftStream, rightStream, request, location)
  return naming.selected(joined, request, location)
}

/** The joined rows, before what is wanted of them: their times are '$leftTime' and '$rightTime'. */
export function joinedInInterval(
  leftStream: LogicalStream,
  rightStream: LogicalStream,
  request: JoinRequest & IntervalBounds,
  location: string | undefined,
): JoinedStream {
  checkRequest('intervalJoin()', request)
  const { between, lowerBoundExclusive = false, upperBoundExclusive = false } = request
  if (!Array.isArray(between) || between.length !== 2) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `an interval is between two time spans, ['-5s', '10s'], and this is ${shown(between)}`,
    )
  }
  const [lowerMs, upperMs] = between.map((span, i) =>
    timeSpanMs(span, i === 0 ? 'the lower bound of an interval' : 'the upper bound of an interval'),
  ) as [number, number]
  if (lowerMs > upperMs || (lowerMs === upperMs && (lowerBoundExclusive || upperBoundExclusive))) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `an interval from ${lowerMs} ms to ${upperMs} ms has nothing in it; give the lower bound first`,
    )
  }
  return planTimedJoin(leftStream, rightStream, request, location, {
    kind: 'intervalJoin',
    name: 'Interval join',
    own: {
      lower: { ms: lowerMs, exclusive: lowerBoundExclusive },
      upper: { ms: upperMs, exclusive: upperBoundExclusive },
    },
    eventTime: ([left, right]) => latest(left, right),
  })
}

/** @throws GRAPH_INVALID without event time, CONFIG_INVALID for another type; as planJoin */
export function planTemporalJoin(
  leftStream: LogicalStream,
  rightStream: LogicalStream,
  request: JoinRequest,
  location: string | undefined,
): LogicalStream {
  checkRequest('temporalJoin()', request)
  const { type = 'inner' } = request
  if (type !== 'inner' && type !== 'left') {
    throw new DataflowError(
      'CONFIG_INVALID',
      `a temporal join is 'inner' or 'left', not '${type}': versions are no rows of their own`,
    )
  }
  const { joined, naming } = planTimedJoin(leftStream, rightStream, request, location, {
    kind: 'temporalJoin',
    name: 'Temporal join',
    own: {},
    eventTime: ([left]) => left,
  })
  return naming.selected(joined, request, location)
}

/** Joined rows, and what their columns are called. */
interface JoinedStream {
  readonly joined: LogicalStream
  readonly naming: JoinNaming
}

interface TimedJoin {
  readonly kind: 'intervalJoin' | 'temporalJoin'
  readonly name: string
  /** What its spec says beside. */
  readonly own: object
  /** The results' event time, of the two sides'. */
  eventTime(times: readonly [Expression, Expression]): Expression
}

/** A join by the event time of both sides, which is in its results, hidden. */
function planTimedJoin(
  leftStream: LogicalStream,
  rightStream: LogicalStream,
  request: JoinRequest,
  location: string | undefined,
  { kind, name, own, eventTime }: TimedJoin,
): JoinedStream {
  const { type = 'inner' } = request
  refuseUpdating(leftStream, `${kind === 'intervalJoin' ? 'an interval' : 'a temporal'} join`)
  if (kind === 'intervalJoin') refuseUpdating(rightStream, 'an interval join')
  const timed = timedSides(leftStream, rightStream, location)
  const sides = keyedSides(...timed.streams, request.on, location)
  const naming = new JoinNaming(leftStream, rightStream)
  const where = naming.condition(request)
  const outer = isOuter(type)
  const times = timed.time.map((column, side) => ({
    name: side === 0 ? '$leftTime' : '$rightTime',
    side: side as 0 | 1,
    column,
  }))
  const fields = times.map(({ name: time, side, column }) => {
    const field = timed.streams[side].schema.field(column)
    return { name: time, type: outer[1 - side] ? withNullable(field.type, true) : field.type }
  })
  const spec = {
    kind,
    type,
    on: sides.on,
    columns: [...naming.columns, ...times],
    ...(where === undefined ? {} : { where }),
    time: timed.time,
    ...own,
  } as unknown as IntervalJoinSpec | TemporalJoinSpec
  const [left, right] = times.map((time): Expression => ({ kind: 'column', name: time.name }))
  const joined = LogicalStream.combine(
    sides.streams,
    { spec, name, output: new Schema([...naming.fields(type), ...fields]), ...at(location) },
    eventTime([left!, right!]),
  )
  return { joined, naming }
}

const call = (name: FunctionName, ...operands: readonly Expression[]): Expression => ({
  kind: 'call',
  function: name,
  arguments: operands,
})

/** The later of two times; the one that there is, where a side is missing. */
const latest = (left: Expression, right: Expression): Expression =>
  call('coalesce', call('coalesce', call('greatest', left, right), left), right)

const at = (location: string | undefined) => (location === undefined ? {} : { location })

/** Event time behind a window: its last millisecond, as in Flink. */
const lastMoment = (end: string): Expression =>
  call('sub', { kind: 'column', name: end }, { kind: 'literal', type: duration('ms'), value: '1' })

/** @throws UNSUPPORTED for windows that have no bounds, or none that are data */
function checkedWindow(window: TimeWindow, what: string): TimeWindow {
  checkWindow(window)
  const problem = !isTimeWindow(window)
    ? `windows that are ${(window as WindowSpec).kind}`
    : 'gap' in window
      ? 'sessions whose gap is a function of a row'
      : undefined
  if (problem === undefined) return window
  throw new DataflowError(
    'UNSUPPORTED',
    `${what} takes no ${problem}; use tumble(), slide(), cumulate() or session(); or ` +
      'join(right).where(...).equalTo(...).window(...).apply(fn, schema), which goes over rows',
  )
}
