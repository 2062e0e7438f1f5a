// Shell: where `millrace nexmark` takes its events from: the generator, or files of a folder. Both give the
// streams of the queries, with event time.
//
// NI1  A stream is made when a query asks for it: a query over bids needs no file of persons.
// NI2  Files from elsewhere may hold the columns in other types of the same meaning: they are cast.
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DataflowError } from '../base/errors.ts'
import type { Fields } from '../columnar/type.ts'
import { NEXMARK_SCHEMAS } from '../connectors/nexmark.ts'
import {
  arrow,
  col,
  type DataStream,
  nexmark,
  type NexmarkOptions,
  type NexmarkSources,
  parquet,
  Schema,
  type SourceSpec,
  type StreamExecutionEnvironment,
} from '../index.ts'
import { sameType } from '../columnar/type.ts'

type FieldsOf<S> = S extends SourceSpec<infer F> ? F : never

/** What the queries read. */
export interface Nexmark {
  readonly person: DataStream<FieldsOf<NexmarkSources['person']>>
  readonly auction: DataStream<FieldsOf<NexmarkSources['auction']>>
  readonly bid: DataStream<FieldsOf<NexmarkSources['bid']>>
  /** A table of 10,000 rows (i, i). */
  readonly sideInput: NexmarkSources['sideInput']
}

type Kind = keyof typeof NEXMARK_SCHEMAS

/** How far behind the latest event another may come. */
const MAX_OUT_OF_ORDERNESS = '4s'

/** The streams of generated events. */
export function generatedStreams(
  env: StreamExecutionEnvironment,
  options: NexmarkOptions,
): Nexmark {
  const sources = nexmark(options)
  return streams((kind) => env.fromSource(sources[kind] as SourceSpec), sources.sideInput)
}

/** The streams of the files person, auction and bid, `.parquet` or `.arrow`, of a folder. */
export function fileStreams(env: StreamExecutionEnvironment, folder: string): Nexmark {
  const { sideInput } = nexmark({ events: 1 })
  return streams((kind) => fileStream(env, kind, resolve(folder)), sideInput)
}

function streams(
  make: (kind: Kind) => DataStream<Fields>,
  sideInput: Nexmark['sideInput'],
): Nexmark {
  const timed = (kind: Kind) => {
    const stream = make(kind) as unknown as DataStream<(typeof NEXMARK_SCHEMAS)['bid']>
    return stream.assignWatermarks('dateTime', { maxOutOfOrderness: MAX_OUT_OF_ORDERNESS })
  }
  return {
    get person() {
      return timed('person') as unknown as Nexmark['person']
    },
    get auction() {
      return timed('auction') as unknown as Nexmark['auction']
    },
    get bid() {
      return timed('bid')
    },
    sideInput,
  }
}

function fileStream(
  env: StreamExecutionEnvironment,
  kind: Kind,
  folder: string,
): DataStream<Fields> {
  const wanted = Schema.of(NEXMARK_SCHEMAS[kind])
  const source = fileSource(kind, folder, wanted.names)
  const own = Schema.of(source.schema)
  return env.fromSource(source).select(() =>
    Object.fromEntries(
      wanted.fields.map(({ name, type }) => {
        const given = own.field(name).type
        const column = col(name, given)
        return [name, sameType(given, type) ? column : column.cast(type)]
      }),
    ),
  ) as unknown as DataStream<Fields>
}

/** @throws FILE_NOT_FOUND with what is there instead; COLUMN_NOT_FOUND, and UNSUPPORTED for one's type */
function fileSource(kind: Kind, folder: string, columns: readonly string[]): SourceSpec {
  const parquetPath = join(folder, `${kind}.parquet`)
  if (existsSync(parquetPath)) return parquet(parquetPath, { columns })
  const arrowPath = join(folder, `${kind}.arrow`)
  if (existsSync(arrowPath)) return arrow(arrowPath, { columns })
  const has = existsSync(folder)
    ? `${folder} has ${readdirSync(folder).slice(0, 10).join(', ') || 'nothing'}`
    : `there is no folder ${folder}`
  throw new DataflowError(
    'FILE_NOT_FOUND',
    `this query reads ${kind}.parquet or ${kind}.arrow, and ${has}`,
    { context: { location: folder } },
  )
}
