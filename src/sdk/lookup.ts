// Look-up joins: each row of a stream with the columns of a bounded table. The table is read whole by
// each subtask before its first row.
import { DataflowError } from '../base/errors.ts'
import type { Json } from '../base/json.ts'
import { type Field, Schema } from '../columnar/schema.ts'
import { type DataType, type Fields, sameType, typeName, withNullable } from '../columnar/type.ts'
import type { WithNull } from '../columnar/type.ts'
import type { SourceSpec } from '../connectors/connector.ts'
import { checkConnector, checkOptions, isRecord, optionNames, shown } from './given.ts'
import type { LogicalStream } from './logical-stream.ts'
import type { Flat, NamesOf } from './row-types.ts'

/** The table's columns that a stream's column may be equal to: those of its type. */
type KeyFor<T extends Fields, D extends DataType> = NamesOf<T, SameKind<D>>
type SameKind<D extends DataType> = WithNull<D, false> | WithNull<D, true> | WithNull<D, boolean>

/** Which of the table's columns are taken: by name, or as { newName: 'name' }. */
export type Take<T extends Fields> = readonly NamesOf<T>[] | { readonly [name: string]: NamesOf<T> }

export type JoinKind = 'left' | 'inner'

/** How a stream's rows find their row in the table. */
export interface LookupOptions<
  F extends Fields,
  T extends Fields,
  K extends Take<T>,
  J extends JoinKind,
> {
  /** Pairs that must be equal: { streamColumn: 'tableColumn' }. */
  readonly on: { readonly [C in keyof F & string]?: KeyFor<T, F[C]> }
  readonly take: K
  /** 'left' (unless said otherwise) keeps rows without a match, with nulls; 'inner' drops them. */
  readonly join?: J
}

type Taken<T extends Fields, K> = K extends readonly (infer N extends string)[]
  ? { [M in N]: T[M & keyof T] }
  : { [M in keyof K & string]: T[K[M] & keyof T] }

type AsJoined<D extends DataType, J extends JoinKind> = J extends 'left' ? WithNull<D, true> : D

/** The columns of a look-up join. */
export type JoinedFields<F extends Fields, T extends Fields, K, J extends JoinKind> = Flat<
  F & { [N in keyof Taken<T, K>]: AsJoined<Taken<T, K>[N] & DataType, J> }
>

export interface LookupRequest {
  readonly on: Readonly<Record<string, string | undefined>>
  readonly take: readonly string[] | Readonly<Record<string, string>>
  readonly join?: JoinKind
}

const OPTIONS = optionNames<LookupRequest>({ on: true, take: true, join: true })

/** Which columns meet, and which are added. */
interface LookupColumns {
  /** Of the stream, and of the table. */
  readonly pairs: readonly (readonly [string, string])[]
  /** Their new names, and the table's. */
  readonly takes: readonly (readonly [string, string])[]
  readonly taken: readonly Field[]
  readonly join: JoinKind
}

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, SCHEMA_MISMATCH, GRAPH_INVALID */
export function lookupColumns(
  stream: LogicalStream,
  tableSchema: Schema,
  { on, take, join = 'left' }: LookupRequest,
): LookupColumns {
  const pairs = Object.entries(isRecord(on) ? on : {}).flatMap(([name, key]): [string, string][] =>
    key === undefined ? [] : [[name, key]],
  )
  if (pairs.length === 0) {
    throw new DataflowError('GRAPH_INVALID', "a look-up join needs on: { column: 'tableColumn' }")
  }
  for (const [name, key] of pairs) {
    const [own, other] = [stream.visible.field(name).type, tableSchema.field(key).type]
    if (!sameType(own, other)) {
      throw new DataflowError(
        'TYPE_MISMATCH',
        `'${name}' is ${typeName(own)}, and '${key}' of the table is ${typeName(other)}; cast one`,
      )
    }
  }
  if (typeof take !== 'object' || take === null) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `a look-up join takes columns of the table, take: ['name'], and this is ${shown(take)}`,
    )
  }
  const takes = isNames(take)
    ? take.map((name): [string, string] => [name, name])
    : Object.entries(take)
  const taken = takes.map(([name, from]) => {
    const { type } = tableSchema.field(from)
    if (stream.schema.has(name) || name.startsWith('$')) {
      throw new DataflowError(
        'SCHEMA_MISMATCH',
        `the stream has a column '${name}' already; take it as { otherName: '${from}' }`,
        { context: { column: name } },
      )
    }
    return { name, type: join === 'left' ? withNullable(type, true) : type }
  })
  return { pairs, takes, taken, join }
}

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, SCHEMA_MISMATCH, GRAPH_INVALID */
export function planLookup(
  stream: LogicalStream,
  table: SourceSpec,
  request: LookupRequest,
  location: string | undefined,
): LogicalStream {
  checkConnector(table, 'lookupJoin()', 'source')
  checkOptions(request, 'lookupJoin()', OPTIONS)
  const tableSchema = Schema.of(table.schema)
  const { pairs, takes, taken, join } = lookupColumns(stream, tableSchema, request)
  const read = new Set([...pairs.map(([, key]) => key), ...takes.map(([, from]) => from)])
  const tableColumns = tableSchema.fields
    .filter(({ name }) => read.has(name))
    // A data type is plain data, but its type does not say so.
    .map(({ name, type }) => ({ name, type: type as unknown as Json }))
  const { connector, config, name } = table
  return stream.append({
    spec: { kind: 'lookupJoin', connector, config, tableColumns, on: pairs, take: takes, join },
    name: `Look up ${name}`,
    output: new Schema([...stream.schema.fields, ...taken]),
    ...(location === undefined ? {} : { location }),
  })
}

const isNames = (take: LookupRequest['take']): take is readonly string[] => Array.isArray(take)
