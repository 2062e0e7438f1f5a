// The sides of a join of two streams, as they are planned: keys, event time, and what their columns are
// called in the joined rows.
//
// JP1  Rows of equal keys meet in one subtask: both inputs are partitioned by their keys, which have one
//      type (integers of different widths are widened).
// JP2  The joined rows have the left columns by their names, the right ones too, unless a left one has it:
//      those are '$right.name', which only a select can name.
import { DataflowError } from '../base/errors.ts'
import type { Expression } from '../columnar/expression.ts'
import { expressionType } from '../columnar/expression-type.ts'
import { type Field, Schema } from '../columnar/schema.ts'
import {
  type DataType,
  int64,
  sameType,
  timestamp,
  type TimeUnit,
  typeName,
  withNullable,
} from '../columnar/type.ts'
import { plainColumns } from '../graph/stream-graph.ts'
import { isOuter, type JoinColumn, type JoinType } from '../operators/join-spec.ts'
import type { Column } from './column.ts'
import { bindColumn, columnsOf } from './column-expression.ts'
import type { JoinRequest } from './join.ts'
import { EVENT_TIME, type LogicalStream } from './logical-stream.ts'
import { checkKeys, eventTimeOf } from './window-planning.ts'

type Columns = Readonly<Record<string, Column>>

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
  const isPlain = typeof on === 'object' && on !== null && !Array.isArray(on)
  const pairs = Object.entries(isPlain ? on : {}).flatMap(([name, other]): [string, string][] =>
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

/** A stream with its event time in a column, and that column's name. */
interface TimedSide {
  readonly stream: LogicalStream
  readonly time: string
}

export function timedSide(stream: LogicalStream, location: string | undefined): TimedSide {
  const time = eventTimeOf(stream)
  if (time.kind === 'column') return { stream, time: time.name }
  return { stream: stream.withEventTimeColumn(location), time: EVENT_TIME }
}

/** A side's event time in the finer unit of the other one. */
const JOIN_TIME = '$joinTime'

const UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns']

/** Both streams with their event times in columns of one unit: the finer one. */
export function timedSides(
  left: LogicalStream,
  right: LogicalStream,
  location: string | undefined,
): {
  readonly streams: readonly [LogicalStream, LogicalStream]
  readonly time: readonly [string, string]
} {
  const sides = [timedSide(left, location), timedSide(right, location)] as const
  const units = sides.map(({ stream, time }) => unitOf(stream, time))
  const unit = UNITS.findLast((each) => units.includes(each))!
  const [a, b] = sides.map((side, i) =>
    units[i] === unit ? side : withTimeIn(unit, side, location),
  ) as [TimedSide, TimedSide]
  return { streams: [a.stream, b.stream], time: [a.time, b.time] }
}

function unitOf({ schema }: LogicalStream, time: string): TimeUnit {
  const { type } = schema.field(time)
  return type.kind === 'timestamp' ? type.unit : 'ms'
}

function withTimeIn(
  unit: TimeUnit,
  { stream, time }: TimedSide,
  location: string | undefined,
): TimedSide {
  const to = withNullable(timestamp(unit), stream.schema.field(time).type.nullable)
  const expression: Expression = {
    kind: 'cast',
    input: { kind: 'column', name: time },
    to,
    try: false,
  }
  const columns = [...plainColumns(stream.schema.names), { name: JOIN_TIME, expression }]
  return { stream: stream.plannedSelect(columns, location, stream.eventTime), time: JOIN_TIME }
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

/** What the columns of both sides are called in the joined rows. */
export class JoinNaming {
  readonly columns: readonly JoinColumn[]
  readonly #schemas: readonly [Schema, Schema]
  readonly #rightNames: ReadonlyMap<string, string>
  readonly #otherNames: ReadonlyMap<string, string>
  readonly #clashes: readonly string[]

  /** @param others names of columns that are of neither side, which they have unless a side has them */
  constructor(left: LogicalStream, right: LogicalStream, others: readonly string[] = []) {
    const [leftSchema, rightSchema] = [left.visible, right.visible]
    this.#schemas = [leftSchema, rightSchema]
    const isTaken = (name: string): boolean => leftSchema.has(name) || rightSchema.has(name)
    this.#otherNames = new Map(others.map((name) => [name, isTaken(name) ? `$join.${name}` : name]))
    this.#clashes = [
      ...rightSchema.names.filter((name) => leftSchema.has(name)),
      ...others.filter(isTaken),
    ]
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

  /** What the columns of neither side are called. */
  get others(): readonly string[] {
    return [...this.#otherNames.values()]
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
  ): LogicalStream {
    if (select === undefined) {
      const [clash] = this.#clashes
      if (clash === undefined) return joined
      throw new DataflowError(
        'SCHEMA_MISMATCH',
        `a column '${clash}' is there twice in the join's results; name what you want: ` +
          `select: (l, r) => ({ ${clash}: l.${clash}, other: r.${clash}, ... })`,
        { context: { column: clash } },
      )
    }
    const others = new Schema(this.#fieldsOf(joined))
    const columns = select(
      ...(this.#callback() as [never, never]),
      columnsOf(others, (name) => this.#otherNames.get(name)!) as never,
    ) as Columns
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

  #fieldsOf({ schema }: LogicalStream): readonly Field[] {
    return [...this.#otherNames].map(([name, inJoin]) => ({
      name,
      type: schema.field(inJoin).type,
    }))
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
