// What the methods of updating streams make of a job: unbounded aggregates, deduplication, and the ends of
// a changelog.
import { OP_COLUMN, OP_FIELD, ROW_OP_NAMES } from '../columnar/changelog.ts'
import type { Expression } from '../columnar/expression.ts'
import { Schema } from '../columnar/schema.ts'
import { uint8, utf8 } from '../columnar/type.ts'
import { DataflowError } from '../base/errors.ts'
import { plainColumns, selectSchema } from '../graph/stream-graph.ts'
import { groupAggregateFields } from '../operators/aggregate-type.ts'
import { Aggregation } from '../operators/aggregation.ts'
import { materializeKeys, topNSchema } from '../operators/changelog-schema.ts'
import type { FinalResults, StateTtl } from '../operators/changelog-spec.ts'
import type { OperatorSpec } from '../operators/operator-spec.ts'
import { keepsWhenRetracting } from '../operators/kept-values.ts'
import { bindAggregates, ComputedColumns } from './aggregate-planning.ts'
import { checkOptions, optionNames } from './given.ts'
import { EVENT_TIME, LogicalStream, refuseUpdating } from './logical-stream.ts'
import type { SortBy } from './sort-order.ts'
import { positiveTimeSpanMs, type TimeSpan } from './time-span.ts'
import { checkKeys, partitionedFor } from './window-planning.ts'

type Location = string | undefined

const at = (location: Location) => (location === undefined ? {} : { location })

const withoutOp = (schema: Schema): Schema =>
  new Schema(schema.fields.filter(({ name }) => name !== OP_COLUMN))

/** What a row does, as text: '+I', '-U', '+U', '-D'. */
function opText(stream: LogicalStream): Expression {
  const text = (value: string): Expression => ({ kind: 'literal', type: utf8(), value })
  if (!stream.isUpdating) return text(ROW_OP_NAMES[0])
  const [insert, ...others] = ROW_OP_NAMES
  return others.reduce<Expression>(
    (otherwise, name, i) => ({
      kind: 'call',
      function: 'ifElse',
      arguments: [
        {
          kind: 'call',
          function: 'eq',
          arguments: [
            { kind: 'column', name: OP_COLUMN },
            { kind: 'literal', type: uint8(), value: i + 1 },
          ],
        },
        text(name),
        otherwise,
      ],
    }),
    text(insert),
  )
}

/**
 * The changes as rows that stay: what each does is the column `op`.
 * @throws SCHEMA_MISMATCH when there is a column of that name
 */
export function planToChangelog(stream: LogicalStream, location: Location): LogicalStream {
  if (stream.visible.has('op')) {
    throw new DataflowError(
      'SCHEMA_MISMATCH',
      "the changes get a column 'op', and the stream has one already; give it another name before",
    )
  }
  const time = stream.schema.has(EVENT_TIME) ? [EVENT_TIME] : []
  const columns = [
    { name: 'op', expression: opText(stream) },
    ...plainColumns([...stream.visible.names, ...time]),
  ]
  const spec = { kind: 'select', columns } as const
  const output = selectSchema(columns, stream.schema)
  return stream.append({ spec, name: 'To changelog', output, ...at(location) })
}

/**
 * The final rows, when the input ends.
 * @param keys of which each has one row; without them the graph looks for the changelog's own
 *   (graph/changelog-keys.ts), and where there are none rows are counted
 * @throws COLUMN_NOT_FOUND, UNSUPPORTED for columns that cannot be kept
 */
export function planMaterialize(
  stream: LogicalStream,
  keys: readonly string[] | undefined,
  location: Location,
): LogicalStream {
  if (keys === undefined && !stream.isUpdating) return stream
  if (keys !== undefined) checkKeys(keys, stream.visible, 'materialize()')
  const spec: OperatorSpec = { kind: 'materialize', ...(keys === undefined ? {} : { keys }) }
  const owners = keys ?? materializeKeys(stream.schema)
  return partitionedFor(owners, stream).append({
    spec,
    name: 'Materialize',
    output: withoutOp(stream.schema),
    ...(owners.length === 0 ? { parallelismMax: 1 } : {}),
    ...at(location),
  })
}

/**
 * The changes without the rows before an update; the stream is still updating.
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH
 */
export function planUpsert(
  stream: LogicalStream,
  keys: readonly string[],
  location: Location,
): LogicalStream {
  checkKeys(keys, stream.visible, 'an upsert stream')
  const partitioned = stream.partitioned({ kind: 'hash', keys })
  if (!stream.isUpdating) return partitioned
  return partitioned.append({ spec: { kind: 'upsert', keys }, name: 'Upsert', ...at(location) })
}

/** How long state is kept. */
export interface StateOptions {
  /**
   * A key for which nothing comes so long, by processing time, is forgotten without a word, and begins anew
   * when something comes. For ever, unless said. In batch mode nothing is forgotten.
   */
  readonly ttl?: TimeSpan
}

const GROUP_OPTIONS = optionNames<StateOptions>({ ttl: true })

export interface GroupRequest {
  /** None: all rows are one group. */
  readonly keys: readonly string[]
  readonly aggregates: Readonly<Record<string, unknown>>
  readonly options?: StateOptions
}

/** @throws GRAPH_INVALID, SCHEMA_MISMATCH, COLUMN_NOT_FOUND, TYPE_MISMATCH, UNSUPPORTED */
export function planGroupAggregate(
  stream: LogicalStream,
  { keys, aggregates, options = {} }: GroupRequest,
  location: Location,
): LogicalStream {
  checkOptions(options, 'aggregate()', GROUP_OPTIONS)
  const columns = new ComputedColumns(stream.schema)
  for (const key of keys) columns.keep(key)
  if (stream.isUpdating) columns.keep(OP_COLUMN)
  const specs = bindAggregates(aggregates, keys, columns)
  const input = columns.isPlain ? stream : stream.plannedSelect(columns.all, location, undefined)
  const { schema } = input
  // What cannot take rows back is refused here, where the user's line is known.
  const isRetracting = stream.isUpdating
  const accumulated = isRetracting ? specs.filter((one) => !keepsWhenRetracting(one)) : specs
  void new Aggregation(schema, accumulated, { isRetracting })
  const final = finalOf(stream)
  const ttl = ttlOf(stream, options, 'aggregate()')
  const spec = { kind: 'groupAggregate', keys, aggregates: specs, ...final, ...ttl } as const
  const output = changing(new Schema(groupAggregateFields(schema, keys, specs)), final)
  return groups(input, { spec, name: 'Aggregate', output }, location)
}

interface GroupOperator {
  readonly spec: OperatorSpec & { readonly keys: readonly string[] }
  /** By which of the keys rows go to subtasks: all, unless said. */
  readonly owners?: readonly string[]
  readonly name: string
  readonly output: Schema
}

/** An operator of keyed groups; its results have no event time. */
function groups(
  input: LogicalStream,
  { owners, ...made }: GroupOperator,
  location: Location,
): LogicalStream {
  const keys = owners ?? made.spec.keys
  const bound = keys.length === 0 ? { parallelismMax: 1 } : {}
  const { inputs, job } = partitionedFor(keys, input).append({ ...made, ...bound, ...at(location) })
  return new LogicalStream(job, inputs, made.output)
}

const DEDUPLICATE_OPTIONS = optionNames<DeduplicateOptions>({ keep: true, by: true, ttl: true })
const TOP_N_OPTIONS = optionNames<TopNOptions>({ by: true, rank: true, ties: true, ttl: true })

/** What deduplicate() takes. */
export interface DeduplicateOptions extends StateOptions {
  /** Which row of a key stays. */
  readonly keep: 'first' | 'last'
  /** 'time': by event time, instead of the order of arrival. */
  readonly by?: 'time' | 'arrival'
}

/** @throws GRAPH_INVALID for an updating stream, or without event time; UNSUPPORTED, CONFIG_INVALID */
export function planDeduplicate(
  stream: LogicalStream,
  keys: readonly string[],
  given: DeduplicateOptions,
  location: Location,
): LogicalStream {
  checkOptions(given, 'deduplicate()', DEDUPLICATE_OPTIONS)
  const { keep, by = 'arrival', ...options } = given
  refuseUpdating(stream, 'deduplicate()')
  checkChoice('keep', keep, ['first', 'last'])
  checkChoice('by', by, ['time', 'arrival'])
  const isPlainTime = stream.eventTime?.kind === 'column'
  const timed = by === 'time' && !isPlainTime ? stream.withEventTimeColumn(location) : stream
  const time = by === 'time' ? timeColumn(timed) : undefined
  const isFirstArrival = keep === 'first' && time === undefined
  const final = isFirstArrival ? {} : finalOf(stream)
  const timing = time === undefined ? {} : { time }
  const ttl = ttlOf(stream, options, 'deduplicate()')
  const spec = { kind: 'deduplicate', keys, keep, ...timing, ...final, ...ttl } as const
  const output = isFirstArrival ? timed.schema : changing(updating(timed.schema), final)
  return timed
    .partitioned({ kind: 'hash', keys })
    .append({ spec, name: 'Deduplicate', output, ...at(location) })
}

/** What topN() takes beside how many rows. */
export interface TopNOptions<
  K extends string = string,
  R extends string = string,
> extends StateOptions {
  /** The order, first things first: [desc('price'), asc('dateTime')]. Equal rows stand as they came. */
  readonly by: readonly SortBy<K>[]
  /** A column for a row's place, from 1 on: a row that moves is then an update. */
  readonly rank?: R
  /** Rows that are equal in the order have one rank, and those equal to the last one count, too. */
  readonly ties?: boolean
}

/** @throws CONFIG_INVALID, COLUMN_NOT_FOUND, TYPE_MISMATCH, SCHEMA_MISMATCH, UNSUPPORTED */
export function planTopN(
  stream: LogicalStream,
  keys: readonly string[],
  { limit, ...given }: TopNOptions & { readonly limit: number },
  location: Location,
): LogicalStream {
  checkOptions(given, 'topN()', TOP_N_OPTIONS)
  const { by = [], rank, ties, ...options } = given
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > TOP_N_MAX) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `topN() is asked for ${limit} rows; a whole number from 1 to ${TOP_N_MAX}`,
    )
  }
  if (by.length === 0) {
    throw new DataflowError('GRAPH_INVALID', "topN() needs an order: { by: [desc('price')] }")
  }
  for (const { column } of by) stream.visible.indexOf(column)
  if (rank !== undefined && (rank.startsWith('$') || stream.visible.has(rank))) {
    throw new DataflowError(
      'SCHEMA_MISMATCH',
      `the rank's column '${rank}' is taken, or begins with $; give it another name`,
    )
  }
  const final = finalOf(stream)
  const spec = {
    kind: 'topN',
    keys,
    limit,
    by: by.map(({ column, descending }) => ({ column, descending })),
    ...(rank === undefined ? {} : { rank }),
    ...(ties === true ? { ties } : {}),
    ...final,
    ...ttlOf(stream, options, 'topN()'),
  } as const
  return partitionedFor(keys, stream).append({
    spec,
    name: `Top ${limit}`,
    output: changing(topNSchema(stream.schema, spec), final),
    ...(keys.length === 0 ? { parallelismMax: 1 } : {}),
    ...at(location),
  })
}

/** Rows of one key that a batch may change all of. */
const TOP_N_MAX = 100_000

/**
 * Each different row once. Rows go to subtasks by the columns that have a hash; those of lists and structs
 * alone are compared in one.
 */
export function planDistinct(stream: LogicalStream, location: Location): LogicalStream {
  const keys = stream.visible.names
  const owners = materializeKeys(stream.schema)
  if (!stream.isUpdating) {
    const spec = { kind: 'deduplicate', keys, keep: 'first' } as const
    const bound = owners.length === 0 ? { parallelismMax: 1 } : {}
    return partitionedFor(owners, stream).append({
      spec,
      name: 'Distinct',
      ...bound,
      ...at(location),
    })
  }
  const final = finalOf(stream)
  const spec = { kind: 'groupAggregate', keys, aggregates: [], ...final } as const
  const output = changing(new Schema(groupAggregateFields(stream.schema, keys, [])), final)
  return groups(stream, { spec, name: 'Distinct', output, owners }, location)
}

const updating = (schema: Schema): Schema => new Schema([...schema.fields, OP_FIELD])

/** In batch mode results go out at the end of input, and stay. */
const finalOf = ({ job }: LogicalStream): FinalResults => (job.isBatch ? { final: true } : {})

/** @throws CONFIG_INVALID for a span that is none; UNSUPPORTED where rows are taken back */
function ttlOf(stream: LogicalStream, { ttl }: StateOptions, call: string): StateTtl {
  if (ttl === undefined) return {}
  const stateTtlMs = positiveTimeSpanMs(ttl, `the ttl of ${call}`)
  if (stream.isUpdating) {
    throw new DataflowError(
      'UNSUPPORTED',
      `${call} forgets nothing over a stream whose rows change: what is taken back later must be ` +
        'there; leave its ttl out, and give one where the rows come from',
    )
  }
  return stream.job.isBatch ? {} : { stateTtlMs }
}

/** The columns of results that change, unless they are final. */
const changing = (schema: Schema, { final }: FinalResults): Schema =>
  final === true ? withoutOp(schema) : schema

/** The name of the column that event time is. @throws GRAPH_INVALID without event time */
function timeColumn({ eventTime }: LogicalStream): string {
  if (eventTime?.kind === 'column') return eventTime.name
  throw new DataflowError(
    'GRAPH_INVALID',
    "the order of time needs event time: call assignWatermarks('column', ...) before keyBy",
  )
}

function checkChoice(option: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return
  throw new DataflowError(
    'CONFIG_INVALID',
    `${option} is '${value}'; it is ${choices.map((choice) => `'${choice}'`).join(' or ')}`,
  )
}
