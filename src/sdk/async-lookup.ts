// Look-up joins with a table that a function asks: asyncLookup() describes the table, lookupJoin() takes it
// in place of a source.
import { DataflowError, didYouMean } from '../base/errors.ts'
import { Schema } from '../columnar/schema.ts'
import type { Fields, RowOf } from '../columnar/type.ts'
import type { AsyncLookupJoinSpec, LookupCacheSpec } from '../operators/async-spec.ts'
import { asyncFunction } from '../operators/function-adapters.ts'
import type { AsyncContext, AsyncLookupFunction, LookupAnswer } from '../operators/functions.ts'
import {
  type AsyncCallOptions,
  type AsyncRequest,
  callsSpec,
  checkCount,
  checkFunction,
  extras,
  type RetryOptions,
} from './async-planning.ts'
import { checkOptions, isRecord, optionNames } from './given.ts'
import { type LogicalStream, refuseUpdating } from './logical-stream.ts'
import {
  type JoinKind,
  type LookupOptions,
  type LookupRequest,
  lookupColumns,
  type Take,
} from './lookup.ts'
import type { Flat, NamesOf, ObjectOf } from './row-types.ts'
import { positiveTimeSpanMs, type TimeSpan } from './time-span.ts'
import { checkKeys } from './window-planning.ts'

/** A table that is asked by key: what asyncLookup() gives. */
export interface AsyncLookup<T extends Fields> {
  readonly kind: 'asyncLookup'
  readonly name: string
  readonly schema: T
  readonly key: readonly string[]
  readonly fn: unknown
}

/** A key as the function gets it: its columns' values, which are not null. */
export type LookupKey<T extends Fields, K extends keyof T> = Flat<{
  [N in K]: NonNullable<RowOf<T>[N]>
}>

/** What a look-up join keeps of the answers, in each subtask. */
export interface LookupCacheOptions {
  /** Rows at most; a key that has none counts as one. */
  readonly maxRows: number
  /** How long an answer is believed; a time span of processing time, for ever unless said. */
  readonly ttl?: TimeSpan
}

/** How rows find theirs in a table that is asked, and how it is asked. */
export interface AsyncLookupOptions<
  F extends Fields,
  T extends Fields,
  K extends Take<T>,
  J extends JoinKind,
>
  extends LookupOptions<F, T, K, J>, Omit<AsyncCallOptions<never>, 'retry'> {
  readonly cache?: LookupCacheOptions
  readonly retry?: Omit<RetryOptions<never>, 'retryOnResult'>
}

/**
 * A table that is asked by key: a database, a service.
 * @param fn from a key to the row (or rows) that the table has for it, or undefined: now, or as a promise. Or
 *   an AsyncLookupFunction (asyncLookup, and open, close): its class or an object
 * @param table `key`: the columns it is asked by; `schema`: its columns; `name`: for plans and errors
 * @throws COLUMN_NOT_FOUND, CONFIG_INVALID
 * @example
 * import { asyncLookup, int32, StreamExecutionEnvironment, utf8 } from 'millrace'
 * const names = new Map([[1, 'Ann'], [2, 'Bob']])
 * const persons = asyncLookup(
 *   async ({ id }) => (names.has(id) ? { id, name: names.get(id)! } : undefined),
 *   { key: ['id'], schema: { id: int32(), name: utf8() } },
 * )
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const bids = env
 *   .fromCollection([{ bidder: 1 }, { bidder: 3 }], { schema: { bidder: int32() } })
 *   .lookupJoin(persons, {
 *     on: { bidder: 'id' },
 *     take: ['name'],
 *     cache: { maxRows: 10_000, ttl: '1m' },
 *   })
 * for await (const row of bids.collect()) console.log(row.bidder, row.name)
 */
export function asyncLookup<T extends Fields, const K extends NamesOf<T>>(
  fn:
    | ((
        key: LookupKey<NoInfer<T>, NoInfer<K>>,
        context: AsyncContext,
      ) => LookupAnswer<RowOf<NoInfer<T>>>)
    | ObjectOf<AsyncLookupFunction<LookupKey<NoInfer<T>, NoInfer<K>>, RowOf<NoInfer<T>>>>,
  table: { readonly key: readonly K[]; readonly schema: T; readonly name?: string },
): AsyncLookup<T> {
  checkOptions(table, 'asyncLookup()', ['key', 'schema', 'name'])
  const { key, schema, name = 'table' } = table
  checkFunction(fn, 'asyncLookup')
  if (!Array.isArray(key) || key.length === 0) {
    throw new DataflowError('CONFIG_INVALID', 'a table is asked by a key: give it key: [column]')
  }
  checkKeys(key, Schema.of(schema))
  return { kind: 'asyncLookup', name, schema, key, fn }
}

export const isAsyncLookup = (table: unknown): table is AsyncLookup<Fields> =>
  isRecord(table) && table['kind'] === 'asyncLookup'

type AsyncLookupRequest = LookupRequest & AsyncRequest & { readonly cache?: LookupCacheOptions }

const OPTIONS = optionNames<Omit<AsyncLookupRequest, 'schema' | 'onTimeout'>>({
  on: true,
  take: true,
  join: true,
  cache: true,
  capacity: true,
  timeout: true,
  ordered: true,
  retry: true,
  onError: true,
})

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, SCHEMA_MISMATCH, GRAPH_INVALID, CONFIG_INVALID */
export function planAsyncLookup(
  stream: LogicalStream,
  table: AsyncLookup<Fields>,
  request: AsyncLookupRequest,
  location: string | undefined,
): LogicalStream {
  refuseUpdating(stream, 'lookupJoin() with a function')
  checkOptions(request, 'lookupJoin()', OPTIONS)
  const timed = stream.withEventTimeColumn(location)
  const schema = Schema.of(table.schema)
  const { pairs, takes, taken, join } = lookupColumns(timed, schema, request)
  checkKey(table, pairs)
  const spec: AsyncLookupJoinSpec = {
    kind: 'asyncLookupJoin',
    closure: true,
    on: pairs,
    take: takes,
    required: schema.fields.flatMap(({ name, type }) => (type.nullable ? [] : [name])),
    join,
    ...(request.cache === undefined ? {} : { cache: cacheSpec(request.cache) }),
    ...callsSpec(request, timed),
  }
  return timed.append({
    spec,
    name: `Look up ${table.name}`,
    output: new Schema([...timed.schema.fields, ...taken]),
    closure: asyncFunction(table.fn, extras(request), 'asyncLookup'),
    ...(location === undefined ? {} : { location }),
  })
}

function cacheSpec({ maxRows, ttl }: LookupCacheOptions): LookupCacheSpec {
  checkCount(maxRows, 'cache.maxRows')
  return ttl === undefined ? { maxRows } : { maxRows, ttlMs: positiveTimeSpanMs(ttl, 'cache.ttl') }
}

/** The table is asked by its key, and by nothing else. */
function checkKey(
  { name, key }: AsyncLookup<Fields>,
  pairs: readonly (readonly [string, string])[],
): void {
  const given = pairs.map(([, column]) => column)
  const missing = key.find((column) => !given.includes(column))
  if (missing !== undefined) {
    throw new DataflowError(
      'GRAPH_INVALID',
      `'${name}' is asked by (${key.join(', ')}), and on: has nothing for '${missing}'`,
      { context: { column: missing } },
    )
  }
  const other = given.find((column, i) => !key.includes(column) || given.indexOf(column) !== i)
  if (other === undefined) return
  throw new DataflowError(
    'GRAPH_INVALID',
    `'${name}' is asked by (${key.join(', ')}), once each, and not by '${other}'.` +
      didYouMean(other, key),
    { context: { column: other } },
  )
}
