// Joins of two streams, as a job writes them: options, the types of the results, and what they become.
//
// JP1  Rows of equal keys meet in one subtask: both inputs are partitioned by their keys, which have one
//      type (integers of different widths are widened).
// JP2  The joined rows have the left columns by their names, the right ones too, unless a left one has it:
//      those are '$right.name', which only a select can name.
import { DataflowError } from '../base/errors.ts'
import { OP_FIELD } from '../columnar/changelog.ts'
import type { Expression } from '../columnar/expression.ts'
import { expressionType } from '../columnar/expression-type.ts'
import { Schema } from '../columnar/schema.ts'
import {
  type Bool,
  type DataType,
  type Fields,
  int64,
  sameType,
  typeName,
  type WithNull,
  withNullable,
} from '../columnar/type.ts'
import { plainColumns } from '../graph/stream-graph.ts'
import { isOuter, type JoinColumn, type JoinType } from '../operators/join-spec.ts'
import type { Column, ColumnsOf, IntegerType } from './column.ts'
import { bindColumn, columnsOf } from './column-expression.ts'
import { LogicalStream } from './logical-stream.ts'
import type { AsFields, FieldsOf, Flat, NamesOf } from './row-types.ts'
import { positiveTimeSpanMs, type TimeSpan } from './time-span.ts'
import { checkKeys } from './window-planning.ts'

type Columns = Readonly<Record<string, Column>>

/** The right columns that a left column may be equal to: those of its kind; any integer of an integer. */
type KeyFor<R extends Fields, D extends DataType> = NamesOf<
  R,
  D extends IntegerType
    ? IntegerType
    : WithNull<D, false> | WithNull<D, true> | WithNull<D, boolean>
>

/** The columns of a side that may be missing. */
type Padded<F extends Fields, IsPadded> = IsPadded extends true
  ? { [N in keyof F]: WithNull<F[N], true> }
  : F

export type LeftOf<L extends Fields, J extends JoinType> = AsFields<
  Padded<L, J extends 'right' | 'full' ? true : false>
>
export type RightOf<R extends Fields, J extends JoinType> = AsFields<
  Padded<R, J extends 'left' | 'full' ? true : false>
>

/** The columns of joined rows: what select gives, or else all of both sides. */
export type JoinFields<L extends Fields, R extends Fields, J extends JoinType, S> = AsFields<
  [S] extends [never] ? Flat<LeftOf<L, J> & RightOf<R, J>> : FieldsOf<S>
>

/** Pairs of columns that must be equal: { leftColumn: 'rightColumn' }. Null equals nothing. */
export type JoinKeys<L extends Fields, R extends Fields> = {
  readonly [C in keyof L & string]?: KeyFor<R, L[C]>
}

/** What all joins of two streams are told. */
export interface JoinOptions<L extends Fields, R extends Fields, J extends JoinType, S> {
  readonly on: JoinKeys<L, R>
  /** 'left', 'right' and 'full' keep that side's rows without a match, with nulls; 'inner' unless said. */
  readonly type?: J
  /** What must be true of a pair beside. */
  readonly where?: (l: ColumnsOf<L>, r: ColumnsOf<R>) => Column<Bool>
  /** The columns of the results; all of both sides unless given. */
  readonly select?: (l: ColumnsOf<LeftOf<L, J>>, r: ColumnsOf<RightOf<R, J>>) => S
}

/** What an unbounded join is told. */
export interface RegularJoinOptions<
  L extends Fields,
  R extends Fields,
  J extends JoinType,
  S,
> extends JoinOptions<L, R, J, S> {
  /** How long a row waits for rows of the other side, in processing time; for ever unless said. */
  readonly ttl?: TimeSpan
}

/** The options without their types. */
export interface JoinRequest {
  readonly on: Readonly<Record<string, string | undefined>>
  readonly type?: JoinType
  readonly where?: (l: never, r: never) => Column<Bool>
  readonly select?: (l: never, r: never, ...others: never[]) => unknown
}

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

const at = (location: string | undefined) => (location === undefined ? {} : { location })

/** Both streams partitioned by their keys, and what the keys are called. */
export function keyedSides(
  left: LogicalStream,
  right: LogicalStream,
  on: JoinRequest['on'],
  location: string | undefined,
): {
  readonly streams: readonly [LogicalStream, LogicalStream]
  readonly on: readonly (readonly [string, string])[]
} {
  const pairs = Object.entries(on).flatMap(([name, other]): [string, string][] =>
    other === undefined ? [] : [[name, other]],
  )
  if (pairs.length === 0) {
    throw new DataflowError('GRAPH_INVALID', "a join needs on: { leftColumn: 'rightColumn' }")
  }
  checkKeys(
    pairs.map(([name]) => name),
    left.visible,
  )
  checkKeys(
    pairs.map(([, name]) => name),
    right.visible,
  )
  const widened: [string, string][] = []
  const keys = pairs.map(([name, other]): [string, string] => {
    const types = [left.visible.field(name).type, right.visible.field(other).type] as const
    if (sameType(...types)) return [name, other]
    if (!types.every(isInteger)) {
      throw new DataflowError(
        'TYPE_MISMATCH',
        `a join compares '${name}', which is ${typeName(types[0])}, with '${other}', which is ` +
          `${typeName(types[1])}; cast one of them before: withColumn('${name}', (r) => r.${name}.cast(...))`,
        { context: { column: name } },
      )
    }
    widened.push([name, other])
    return [`$key.${name}`, `$key.${other}`]
  })
  const side = (stream: LogicalStream, number: 0 | 1): LogicalStream => {
    const names = widened.map((pair) => pair[number]!)
    const keyed = names.length === 0 ? stream : withWideKeys(stream, names, location)
    return keyed.partitioned({ kind: 'hash', keys: keys.map((pair) => pair[number]!) })
  }
  return { streams: [side(left, 0), side(right, 1)], on: keys }
}

const INTEGERS: readonly string[] = ['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32']

const isInteger = ({ kind }: DataType): boolean => INTEGERS.includes(kind)

/** The stream with the columns of these names as int64, hidden. */
function withWideKeys(
  stream: LogicalStream,
  names: readonly string[],
  location: string | undefined,
): LogicalStream {
  const wide = [...new Set(names)].map((name) => ({
    name: `$key.${name}`,
    expression: {
      kind: 'cast',
      input: { kind: 'column', name },
      to: withNullable(int64(), stream.schema.field(name).type.nullable),
      try: false,
    } satisfies Expression,
  }))
  const columns = [...plainColumns(stream.schema.names), ...wide]
  return stream.plannedSelect(columns, location, stream.eventTime)
}

/** A row that takes one back is found by all that is held of it. */
function checkChanges({ visible }: LogicalStream): void {
  const opaque = visible.fields.find(({ type }) => type.kind === 'list' || type.kind === 'struct')
  if (opaque === undefined) return
  throw new DataflowError(
    'UNSUPPORTED',
    `a join of a stream that is updated finds its rows by their columns, and '${opaque.name}' is ` +
      `${typeName(opaque.type)}; drop it before`,
    { context: { column: opaque.name } },
  )
}

/** What the columns of both sides are called in the joined rows. */
export class JoinNaming {
  readonly columns: readonly JoinColumn[]
  readonly #schemas: readonly [Schema, Schema]
  readonly #rightNames: ReadonlyMap<string, string>
  readonly #clashes: readonly string[]

  constructor(left: LogicalStream, right: LogicalStream) {
    const [leftSchema, rightSchema] = [left.visible, right.visible]
    this.#schemas = [leftSchema, rightSchema]
    this.#clashes = rightSchema.names.filter((name) => leftSchema.has(name))
    this.#rightNames = new Map(
      rightSchema.names.map((name) => [name, leftSchema.has(name) ? `$right.${name}` : name]),
    )
    const columnsOfSide = (schema: Schema, side: 0 | 1): JoinColumn[] =>
      schema.names.map((column) => ({ name: this.#nameOf(side, column), side, column }))
    this.columns = [...columnsOfSide(leftSchema, 0), ...columnsOfSide(rightSchema, 1)]
  }

  /** @throws TYPE_MISMATCH when it is not bool */
  condition({ where }: JoinRequest): Expression | undefined {
    if (where === undefined) return undefined
    const schema = new Schema(this.fields('inner'))
    const expression = bindColumn(where(...(this.#callback() as [never, never])), schema)
    const type = expressionType(expression, schema)
    if (type.kind === 'bool') return expression
    throw new DataflowError('TYPE_MISMATCH', `a join's where is bool, not ${typeName(type)}`)
  }

  fields(type: JoinType) {
    const outer = isOuter(type)
    return this.columns.map(({ name, side, column }) => {
      const field = this.#schemas[side].field(column)
      return { name, type: outer[1 - side] ? withNullable(field.type, true) : field.type }
    })
  }

  /**
   * The columns that the request selects of the joined rows.
   * @throws SCHEMA_MISMATCH for a name that both sides have when nothing is selected
   */
  selected(
    joined: LogicalStream,
    { select }: JoinRequest,
    location: string | undefined,
    others: readonly unknown[] = [],
  ): LogicalStream {
    if (select === undefined) {
      const [clash] = this.#clashes
      if (clash === undefined) return joined
      throw new DataflowError(
        'SCHEMA_MISMATCH',
        `both sides of the join have a column '${clash}'; name what you want: ` +
          `select: (l, r) => ({ ${clash}: l.${clash}, other: r.${clash}, ... })`,
        { context: { column: clash } },
      )
    }
    const columns = select(...([...this.#callback(), ...others] as [never, never])) as Columns
    const named = Object.entries(columns).map(([name, column]) => {
      if (name.startsWith('$')) {
        throw new DataflowError(
          'SCHEMA_MISMATCH',
          `column '${name}': names that begin with $ are the engine's`,
        )
      }
      return { name, expression: bindColumn(column, joined.schema) }
    })
    if (named.length === 0) throw new DataflowError('SCHEMA_MISMATCH', 'no column is left')
    return joined.select(named, location)
  }

  #nameOf(side: 0 | 1, column: string): string {
    return side === 0 ? column : this.#rightNames.get(column)!
  }

  #callback(): [unknown, unknown] {
    return [
      columnsOf(this.#schemas[0]),
      columnsOf(this.#schemas[1], (name) => this.#nameOf(1, name)),
    ]
  }
}
