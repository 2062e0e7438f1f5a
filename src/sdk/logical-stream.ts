// A stream under construction, without its types: what DataStream and its kin do to the stream graph.
//
// LS1  Event time is an expression over the stream's columns. A select that drops what it is made of
//      keeps it as the hidden column '$eventTime'; row functions carry hidden columns along by row.
// LS2  What the planner needs in between (computed aggregates, hidden columns) is a planned select, which
//      runs where its input runs and changes no operator's id.
// LS3  All inputs of a stream (a union) have one schema.
// LS4  What a row of an updating stream does is the hidden column '$op' (columnar/changelog.ts): it stays
//      with the row, whatever is selected.
import { DataflowError } from '../base/errors.ts'
import { OP_COLUMN, OP_FIELD, ROW_OPS } from '../columnar/changelog.ts'
import { columnsOf, type Expression } from '../columnar/expression.ts'
import { expressionType } from '../columnar/expression-type.ts'
import { Schema } from '../columnar/schema.ts'
import { sameType, typeName, withNullable } from '../columnar/type.ts'
import type { Partitioning } from '../graph/job-graph.ts'
import {
  type NamedExpression,
  plainColumns,
  selectSchema,
  type StreamGraph,
  type StreamInput,
  type StreamVertex,
  type StreamVertexOptions,
} from '../graph/stream-graph.ts'
import { visibleSchema } from './column-expression.ts'

export const EVENT_TIME = '$eventTime'

/** What a stream needs of its environment. */
export interface JobBuilder {
  readonly graph: StreamGraph
  /** It runs in batch mode: results that would change are final ones. */
  readonly isBatch: boolean
  /** Adds an end of the job: a sink of the next execution. */
  addSink(vertex: StreamVertex): void
  /** Executes what is pending, when this sink is; undefined when it is in a job already. */
  executePending(sink: StreamVertex): Promise<{ cancel(): Promise<void> }> | undefined
}

type Appended = Omit<StreamVertexOptions, 'inputs' | 'output'> & { readonly output?: Schema }

const column = (name: string): Expression => ({ kind: 'column', name })

export class LogicalStream {
  readonly job: JobBuilder
  readonly inputs: readonly StreamInput[]
  readonly schema: Schema
  readonly eventTime: Expression | undefined

  constructor(
    job: JobBuilder,
    inputs: readonly StreamInput[],
    schema: Schema,
    eventTime?: Expression,
  ) {
    this.job = job
    this.inputs = inputs
    this.schema = schema
    this.eventTime = eventTime
  }

  /** The vertex that setName() and its kin speak of: there is one, and its rows are not repartitioned. */
  get vertex(): StreamVertex | undefined {
    const [input] = this.inputs
    return this.inputs.length === 1 && input!.partitioning === undefined ? input!.from : undefined
  }

  /** Its rows may take earlier ones back. */
  get isUpdating(): boolean {
    return this.schema.has(OP_COLUMN)
  }

  get visible(): Schema {
    return visibleSchema(this.schema)
  }

  /** An operator behind this stream; its columns are the stream's unless it says otherwise. */
  append(options: Appended, eventTime: Expression | undefined = this.eventTime): LogicalStream {
    const output = options.output ?? this.schema
    const from = this.job.graph.add({ ...options, inputs: this.inputs, output })
    return new LogicalStream(this.job, [{ from }], output, eventTime)
  }

  /**
   * An operator over several streams, its inputs in their order.
   * @throws GRAPH_INVALID when they are of different environments
   */
  static combine(
    streams: readonly LogicalStream[],
    options: Appended & { readonly output: Schema },
    eventTime: Expression | undefined,
  ): LogicalStream {
    const { job } = streams[0]!
    if (streams.some((stream) => stream.job !== job)) throw strangers()
    const inputs = streams.flatMap((stream, input) =>
      stream.inputs.map((edge) => ({ ...edge, input })),
    )
    const from = job.graph.add({ ...options, inputs })
    return new LogicalStream(job, [{ from }], options.output, eventTime)
  }

  /**
   * What the operator puts out beside its rows, to a tag.
   * @param columns what goes there, hidden columns included
   * @throws GRAPH_INVALID when there is no operator, or the tag is read with other columns
   */
  sideOutput(tag: string, columns: Schema, location: string | undefined): LogicalStream {
    const { vertex } = this
    if (vertex === undefined) {
      throw new DataflowError(
        'GRAPH_INVALID',
        `a side output is read behind the operator that makes it; '${tag}' has none here`,
      )
    }
    const same = this.job.graph.vertices.find(
      ({ options: { spec, inputs } }) =>
        spec.kind === 'sideOutput' && spec.tag === tag && inputs[0]!.from === vertex,
    )
    if (same !== undefined && !same.options.output.equals(columns)) {
      throw new DataflowError(
        'GRAPH_INVALID',
        `side output '${tag}' of '${vertex.name}' is read with two types: ` +
          `(${visibleSchema(same.options.output)}) and (${visibleSchema(columns)}); ` +
          'use one tag object, or another name',
      )
    }
    const eventTime = columns.has(EVENT_TIME) ? column(EVENT_TIME) : undefined
    if (same !== undefined) return new LogicalStream(this.job, [{ from: same }], columns, eventTime)
    const spec = { kind: 'sideOutput', tag } as const
    return this.append(
      { spec, name: `Side output: ${tag}`, output: columns, ...at(location) },
      eventTime,
    )
  }

  partitioned(partitioning: Partitioning): LogicalStream {
    const inputs = this.inputs.map(({ from }) => ({ from, partitioning }))
    return new LogicalStream(this.job, inputs, this.schema, this.eventTime)
  }

  /** Exactly these columns; event time stays, hidden if it must. */
  select(columns: readonly NamedExpression[], location: string | undefined): LogicalStream {
    const [timed, eventTime] = this.#withEventTime(columns)
    const kept = [...timed, ...this.#opColumns]
    return this.append(
      {
        spec: { kind: 'select', columns: kept },
        name: 'Select',
        output: selectSchema(kept, this.schema),
        ...at(location),
      },
      eventTime,
    )
  }

  /** The visible columns with one added or replaced. */
  withColumns(added: readonly NamedExpression[], location: string | undefined): LogicalStream {
    const names = this.visible.names
    const columns = names.map(
      (name) => added.find((one) => one.name === name) ?? { name, expression: column(name) },
    )
    const fresh = added.filter(({ name }) => !names.includes(name))
    return this.select([...columns, ...fresh], location)
  }

  /** The same rows, with the event time in a column '$eventTime' if there is any. */
  withEventTimeColumn(location: string | undefined): LogicalStream {
    if (this.eventTime === undefined || isPlain(this.eventTime, EVENT_TIME)) return this
    const columns = [
      ...plainColumns(this.visible.names),
      { name: EVENT_TIME, expression: this.eventTime },
      ...this.#opColumns,
    ]
    return this.plannedSelect(columns, location, column(EVENT_TIME))
  }

  /** A select of the planner's before this stream's exchange, one behind each input. */
  plannedSelect(
    columns: readonly NamedExpression[],
    location: string | undefined,
    eventTime: Expression | undefined,
    schema = selectSchema(columns, this.schema),
  ): LogicalStream {
    const inputs = this.inputs.map((input): StreamInput => {
      const from = this.job.graph.add({
        spec: { kind: 'select', columns },
        name: 'Select',
        inputs: [{ from: input.from }],
        output: schema,
        planned: true,
        ...at(location),
      })
      return { ...input, from }
    })
    return new LogicalStream(this.job, inputs, schema, eventTime)
  }

  /** @throws SCHEMA_MISMATCH, TYPE_MISMATCH when the streams do not go together */
  union(others: readonly LogicalStream[], location: string | undefined): LogicalStream {
    const streams = [this, ...others]
    if (streams.some((stream) => stream.job !== this.job)) throw strangers()
    const isUpdating = streams.some((stream) => stream.isUpdating)
    const isTimed = streams.every((stream) => stream.eventTime !== undefined)
    const sameTime = JSON.stringify(this.eventTime)
    const isSame = streams.every(
      (stream) =>
        stream.schema.equals(this.schema) && JSON.stringify(stream.eventTime) === sameTime,
    )
    const eventTime = isTimed ? column(EVENT_TIME) : undefined
    const schema = isSame ? this.schema : unionSchema(streams, { isTimed, isUpdating })
    const inputs = streams.flatMap((stream) => {
      if (isSame) return stream.inputs
      const columns = plainColumns(stream.visible.project(visibleSchema(schema).names).names)
      const time = isTimed ? [{ name: EVENT_TIME, expression: stream.eventTime! }] : []
      const op = isUpdating ? [{ name: OP_COLUMN, expression: stream.#op }] : []
      return stream.plannedSelect([...columns, ...time, ...op], location, eventTime, schema).inputs
    })
    return new LogicalStream(this.job, inputs, schema, isSame ? this.eventTime : eventTime)
  }

  get #opColumns(): readonly NamedExpression[] {
    return this.isUpdating ? plainColumns([OP_COLUMN]) : []
  }

  /** What its rows do: insert, where nothing else is said. */
  get #op(): Expression {
    if (this.isUpdating) return column(OP_COLUMN)
    return { kind: 'literal', type: OP_FIELD.type, value: ROW_OPS.insert }
  }

  /** A select's columns with what event time needs, and event time behind it. */
  #withEventTime(
    columns: readonly NamedExpression[],
  ): readonly [readonly NamedExpression[], Expression | undefined] {
    const { eventTime } = this
    if (eventTime === undefined) return [columns, undefined]
    const renamed = new Map<string, string>()
    for (const { name, expression } of columns) {
      if (expression.kind !== 'column') continue
      // A column that keeps its name is the one that a reader expects.
      if (!renamed.has(expression.name) || expression.name === name) {
        renamed.set(expression.name, name)
      }
    }
    if ([...columnsOf(eventTime)].every((name) => renamed.has(name))) {
      return [columns, rename(eventTime, renamed)]
    }
    return [[...columns, { name: EVENT_TIME, expression: eventTime }], column(EVENT_TIME)]
  }
}

const at = (location: string | undefined) => (location === undefined ? {} : { location })

const isPlain = (expression: Expression, name: string): boolean =>
  expression.kind === 'column' && expression.name === name

function rename(expression: Expression, names: ReadonlyMap<string, string>): Expression {
  switch (expression.kind) {
    case 'column':
      return { kind: 'column', name: names.get(expression.name)! }
    case 'call':
    case 'user':
      return {
        ...expression,
        arguments: expression.arguments.map((argument) => rename(argument, names)),
      }
    case 'cast':
    case 'in':
      return { ...expression, input: rename(expression.input, names) }
    default:
      return expression
  }
}

/** @throws GRAPH_INVALID for a stream whose rows take others back, where that means nothing */
export function refuseUpdating(stream: LogicalStream, what: string): void {
  if (!stream.isUpdating) return
  throw new DataflowError(
    'GRAPH_INVALID',
    `${what} takes rows that stay, and the rows of '${stream.vertex?.name ?? 'this stream'}' are ` +
      'updated later; use toChangelog() for the changes, or materialize() for the final rows',
  )
}

const strangers = () =>
  new DataflowError('GRAPH_INVALID', 'the streams are of different environments')

/** The columns of a union: those of the first stream, nullable where any stream's are. */
function unionSchema(
  streams: readonly LogicalStream[],
  { isTimed, isUpdating }: { readonly isTimed: boolean; readonly isUpdating: boolean },
): Schema {
  const [first, ...others] = streams as [LogicalStream, ...LogicalStream[]]
  const fields = first.visible.fields.map(({ name, type }) => {
    let isNullable = type.nullable
    for (const { visible } of others) {
      const other = visible.has(name) ? visible.field(name).type : undefined
      if (other === undefined || visible.length !== first.visible.length) {
        throw new DataflowError(
          'SCHEMA_MISMATCH',
          `a union wants the same columns: (${first.visible}) and (${visible}); select them`,
        )
      }
      if (!sameType(other, type)) {
        throw new DataflowError(
          'TYPE_MISMATCH',
          `column '${name}' is ${typeName(type)} in one stream and ${typeName(other)} in another; ` +
            'cast one',
          { context: { column: name } },
        )
      }
      isNullable ||= other.nullable
    }
    return { name, type: withNullable(type, isNullable) }
  })
  const op = isUpdating ? [OP_FIELD] : []
  if (!isTimed) return new Schema([...fields, ...op])
  const times = streams.map((stream) => expressionType(stream.eventTime!, stream.schema))
  const other = times.find((type) => !sameType(type, times[0]!))
  if (other !== undefined) {
    throw new DataflowError(
      'TYPE_MISMATCH',
      `event time is ${typeName(times[0]!)} in one stream and ${typeName(other)} in another; ` +
        'cast one before assignWatermarks()',
    )
  }
  const isNullable = times.some((type) => type.nullable)
  const time = { name: EVENT_TIME, type: withNullable(times[0]!, isNullable) }
  return new Schema([...fields, time, ...op])
}
