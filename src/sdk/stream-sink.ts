// The ends of streams: sinks and print.
import { DataflowError } from '../base/errors.ts'
import { OP_COLUMN } from '../columnar/changelog.ts'
import { Schema } from '../columnar/schema.ts'
import { type DataType, type Fields, sameType, typeName } from '../columnar/type.ts'
import type { SinkSpec } from '../connectors/connector.ts'
import { type PrintOptions, printTable } from '../connectors/print.ts'
import { plainColumns, type StreamVertex } from '../graph/stream-graph.ts'
import { atCallSite } from './call-site.ts'
import { planMaterialize, planUpsert } from './changelog-planning.ts'
import { checkConnector, checkOptions, optionNames } from './given.ts'
import { type LogicalStream, refuseUpdating } from './logical-stream.ts'
import type { Mistake, NamesOf } from './row-types.ts'

/** What print() takes. */
export type PrintSettings<F extends Fields> = Omit<PrintOptions, 'by'> & {
  /** Shows the rows with the largest values of this column, at the end. */
  readonly by?: NamesOf<F>
}

const PRINT_OPTIONS = optionNames<PrintOptions>({
  title: true,
  limit: true,
  by: true,
  ascending: true,
})

type TakesNull<Wanted extends DataType> = Wanted['nullable'] extends false ? false : true
type Fits<Given extends DataType, Wanted extends DataType> = Given['kind'] extends Wanted['kind']
  ? Given['nullable'] extends false
    ? true
    : TakesNull<Wanted>
  : false

/** What of the columns that a sink takes is wrong, as text; never when nothing is. */
type SinkMistake<F extends Fields, In extends Fields> = {
  [K in keyof In & string]: K extends keyof F
    ? Fits<F[K], In[K]> extends true
      ? never
      : `column '${K}' is ${F[K]['kind']}${F[K]['nullable'] extends false ? '' : '?'}, and the sink takes ${In[K]['kind']}`
    : `the sink takes a column '${K}', and the stream has none`
}[keyof In & string]

/** A sink that takes a stream's columns, or what is wrong. */
export type Sinkable<F extends Fields, In extends Fields> = SinkSpec<In> &
  (string extends keyof In
    ? unknown
    : [SinkMistake<F, In>] extends [never]
      ? unknown
      : Mistake<SinkMistake<F, In>>)

/** The end of a stream, to be named and sized. */
export class StreamSink {
  readonly #vertex: StreamVertex

  constructor(vertex: StreamVertex) {
    this.#vertex = vertex
  }

  /** Names the sink, in plans, metrics and errors. */
  setName(name: string): this {
    this.#vertex.setName(name)
    return this
  }

  /**
   * How many subtasks the sink runs as.
   * @throws CONFIG_INVALID when it cannot
   */
  setParallelism(parallelism: number): this {
    atCallSite('setParallelism', () => this.#vertex.setParallelism(parallelism))
    return this
  }

  /**
   * Puts the sink into slots of its own: groups share no threads.
   * @throws CONFIG_INVALID for an empty name
   */
  slotSharingGroup(group: string): this {
    atCallSite('slotSharingGroup', () => this.#vertex.setSlotSharingGroup(group))
    return this
  }

  /** The sink is chained with nothing: its rows come over a channel. */
  disableChaining(): this {
    atCallSite('disableChaining', () => this.#vertex.setChaining('never'))
    return this
  }

  /** Gives the sink an id of its own. */
  uid(uid: string): this {
    atCallSite('uid', () => this.#vertex.setUid(uid))
    return this
  }
}

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH when the sink's columns are others */
export function addSink(
  stream: LogicalStream,
  sink: SinkSpec,
  location: string | undefined,
): StreamSink {
  checkConnector(sink, 'sinkTo()', 'sink')
  const { connector, config, name, parallelism, schema, client } = sink
  for (const needed of sink.needs ?? []) stream.visible.indexOf(needed)
  const taken = changesFor(stream, sink, location)
  const ended = fitted(taken, schema === undefined ? undefined : Schema.of(schema), location)
  const changelog = ended.isUpdating ? ({ changelog: true } as const) : {}
  const { vertex } = ended.append({
    spec: { kind: 'sink', connector, config, closure: false, ...changelog },
    name: `Sink: ${name}`,
    output: new Schema([]),
    ...(parallelism === undefined ? {} : { parallelismMax: parallelism }),
    ...(client === undefined ? {} : { collector: client }),
    ...(location === undefined ? {} : { location }),
  })
  stream.job.addSink(vertex!)
  return new StreamSink(vertex!)
}

/**
 * The changes that a sink takes.
 * @throws GRAPH_INVALID for an updating stream and a sink that cannot take updates
 */
function changesFor(
  stream: LogicalStream,
  { name, changelog = 'append', key }: SinkSpec,
  location: string | undefined,
): LogicalStream {
  if (changelog === 'append') refuseUpdating(stream, `sink '${name}'`)
  if (changelog !== 'upsert') return stream
  if (key === undefined || key.length === 0) {
    throw new DataflowError(
      'GRAPH_INVALID',
      `sink '${name}' takes changes by key, and names no key; give it the key columns`,
    )
  }
  return planUpsert(stream, key, location)
}

/** The stream with exactly the columns that a sink takes. */
function fitted(
  stream: LogicalStream,
  wanted: Schema | undefined,
  location: string | undefined,
): LogicalStream {
  if (wanted === undefined) return stream
  const given = stream.visible
  for (const { name, type } of wanted.fields) {
    const own = given.field(name).type
    if (!sameType(own, type) || (own.nullable && !type.nullable)) {
      throw new DataflowError(
        'TYPE_MISMATCH',
        `column '${name}' is ${typeName(own)}, and the sink takes ${typeName(type)}`,
        { context: { column: name } },
      )
    }
  }
  if (wanted.names.join('\0') === given.names.join('\0')) return stream
  const op = stream.isUpdating ? [OP_COLUMN] : []
  return stream.plannedSelect(plainColumns([...wanted.names, ...op]), location, undefined)
}

/** @throws COLUMN_NOT_FOUND, CONFIG_INVALID */
export function addPrint<F extends Fields>(
  stream: LogicalStream,
  settings: PrintSettings<F>,
  location: string | undefined,
): StreamSink {
  checkOptions(settings, 'print()', PRINT_OPTIONS)
  if (settings.by !== undefined) stream.visible.indexOf(settings.by)
  // The best rows at the end are the best of the final ones; else the changes are shown as they come.
  const shown = settings.by === undefined ? stream : planMaterialize(stream, undefined, location)
  return addSink(shown, printTable(settings), location)
}
