// Shell: `millrace nexmark`: queries of the Nexmark benchmark, one job after the other, and what they cost.
//
// NC1  A query that fails does not keep the others from running; the exit code says that one did.
// NC2  The checksum is over the rows that come out, in any order: final rows, or with --changelog changes.
// NC3  By the virtual clock events come when they are due in it, so that q12 has the same windows each time.
import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { systemClock } from '../base/clock.ts'
import { DataflowError, didYouMean, isDataflowError } from '../base/errors.ts'
import { VirtualClock } from '../base/virtual-clock.ts'
import type { Fields } from '../columnar/type.ts'
import { MiniCluster } from '../cluster/mini-cluster.ts'
import { checksum } from '../connectors/checksum.ts'
import type { JobClient, JobExecutor } from '../graph/submission.ts'
import {
  type DataStream,
  type JobConfig,
  ndjsonFile,
  type SinkSpec,
  StreamExecutionEnvironment,
} from '../index.ts'
import { errorText } from './error-text.ts'
import type { RuntimeMode } from '../graph/runtime-mode.ts'
import { fileStreams, generatedStreams, type Nexmark } from './nexmark-input.ts'
import { NEXMARK_QUERIES, type NexmarkQuery } from './nexmark-queries.ts'
import { nexmarkTable, type QueryFigures } from './nexmark-table.ts'
import { failure, INTERRUPTED, withProgress } from './run.ts'
import { VirtualTimeCluster } from './virtual-time.ts'

export interface NexmarkCommandOptions {
  readonly query: string
  readonly events?: number
  readonly tps?: number
  readonly seed?: number
  readonly outOfOrder?: number
  readonly startTime?: string
  readonly input?: string
  readonly output?: string
  readonly parallelism?: number
  readonly batchRows?: number
  readonly changelog: boolean
  readonly virtualClock: boolean
  readonly runtimeMode?: string
  readonly json: boolean
  readonly progress: boolean
}

/** How a query is run: the options, with nothing left open. */
interface Setting {
  readonly parallelism: number
  readonly streams: (env: StreamExecutionEnvironment) => Nexmark
  /** Undefined where the files say it. */
  readonly events: number | undefined
  readonly options: NexmarkCommandOptions
  readonly signal: AbortSignal
}

const EVENTS = 1_000_000

/** Runs queries, and prints their figures; the exit code says how they ended. */
export async function nexmarkCommand(
  options: NexmarkCommandOptions,
  print: (text: string) => void = (text) => void process.stdout.write(text),
): Promise<number> {
  const queries = queriesOf(options.query)
  const interrupt = new AbortController()
  const onSignal = (): void => interrupt.abort(new Error('interrupted'))
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  const setting: Setting = { ...inputOf(options), options, signal: interrupt.signal }
  if (options.output !== undefined) mkdirSync(options.output, { recursive: true })
  const figures: QueryFigures[] = []
  let failed = 0
  try {
    for (const query of queries) {
      if (interrupt.signal.aborted) return INTERRUPTED
      try {
        const one = await runQuery(query, setting)
        figures.push(one)
        if (options.json) print(`${JSON.stringify(one)}\n`)
      } catch (error) {
        // Wrong use is wrong for every query: the command line says it once.
        if (isDataflowError(error) && error.code === 'CONFIG_INVALID') throw error
        failed++
        const isCancelled = isDataflowError(error) && error.code === 'JOB_CANCELLED'
        process.stderr.write(`${query}: ${errorText(error)}\n`)
        if (options.json) {
          print(`${JSON.stringify({ query, ...(failure(error) as object) })}\n`)
        }
        if (isCancelled) return INTERRUPTED
      }
    }
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
  if (!options.json && figures.length > 0) print(`${nexmarkTable(figures)}\n`)
  return failed > 0 ? 1 : 0
}

/**
 * The queries of `q5,q7` or `all`.
 * @throws CONFIG_INVALID with the nearest name
 */
function queriesOf(text: string): NexmarkQuery[] {
  const names = Object.keys(NEXMARK_QUERIES)
  if (text === 'all') return names as NexmarkQuery[]
  return text.split(',').map((part) => {
    const name = part.trim().toLowerCase()
    if (Object.hasOwn(NEXMARK_QUERIES, name)) return name as NexmarkQuery
    const hint = /^\d+$/.test(name) ? ` Did you mean 'q${name}'?` : didYouMean(name, names)
    throw new DataflowError(
      'CONFIG_INVALID',
      `there is no Nexmark query '${part}'.${hint} --query takes ${names.join(', ')}, several ` +
        'with commas between, or all',
    )
  })
}

function inputOf(options: NexmarkCommandOptions): Omit<Setting, 'options' | 'signal'> {
  const parallelism = options.parallelism ?? (options.virtualClock ? 1 : availableParallelism())
  const { input, events, tps, seed, outOfOrder, startTime } = options
  if (input !== undefined) {
    const given = Object.entries({ events, tps, seed, outOfOrder, startTime }).find(
      ([, value]) => value !== undefined,
    )
    if (given !== undefined) {
      const flag = given[0].replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
      throw new DataflowError(
        'CONFIG_INVALID',
        `--${flag} is for generated events, and --input reads them from files; leave one out`,
      )
    }
    return { parallelism, events: undefined, streams: (env) => fileStreams(env, input) }
  }
  const generated = {
    events: events ?? EVENTS,
    paced: options.virtualClock,
    ...(tps === undefined ? {} : { tps }),
    ...(seed === undefined ? {} : { seed }),
    ...(outOfOrder === undefined ? {} : { outOfOrder }),
    ...(startTime === undefined ? {} : { startMs: startMsOf(startTime) }),
  }
  return {
    parallelism,
    events: generated.events,
    streams: (env) => generatedStreams(env, generated),
  }
}

function startMsOf(text: string): number {
  const ms = Date.parse(text)
  if (Number.isFinite(ms)) return ms
  throw new DataflowError(
    'CONFIG_INVALID',
    `--start-time is '${text}'; write it as 2026-01-31T23:59:00Z`,
  )
}

async function runQuery(query: NexmarkQuery, setting: Setting): Promise<QueryFigures> {
  const { parallelism, options, signal } = setting
  const config: Partial<JobConfig> =
    options.batchRows === undefined ? {} : { batchRows: options.batchRows }
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism,
    config,
    name: `nexmark ${query}`,
    ...(options.virtualClock ? { executor: virtualTime(options) } : {}),
  }).setRuntimeMode((options.runtimeMode ?? 'streaming') as RuntimeMode)
  const rows = resultRows(NEXMARK_QUERIES[query](setting.streams(env)), options.changelog)
  const sum = checksum()
  rows.sinkTo(sum)
  const { output } = options
  if (output !== undefined) rows.sinkTo(outputOf(query, resolve(output)))
  const cpu = process.cpuUsage()
  const startMs = systemClock.monotonic()
  const client = await env.executeAsync(undefined, { signal })
  const result = await ended(client, query, options)
  const elapsedMs = systemClock.monotonic() - startMs
  const { user, system } = process.cpuUsage(cpu)
  const { rows: rowsOut, checksum: total } = sum.result()
  const events = setting.events ?? result.rows
  return {
    query,
    events,
    eventsPerSecond: Math.round((events / elapsedMs) * 1_000),
    coresUsed: round((user + system) / 1_000 / elapsedMs, 2),
    windowsFired: result.windowsFired,
    rowsRead: result.rows,
    rowsOut,
    checksum: total,
    lateRows: result.lateRows,
    rowObjects: result.rowObjects,
    elapsedMs: round(elapsedMs, 1),
    parallelism,
  }
}

const ended = (client: JobClient, query: NexmarkQuery, { progress }: NexmarkCommandOptions) =>
  withProgress(client, progress, `${query}  `)

/** The rows that come out: final ones, or changes. */
function resultRows(result: unknown, changelog: boolean): DataStream<Fields> {
  const stream = result as DataStream<Fields>
  return changelog ? (stream.toChangelog() as unknown as DataStream<Fields>) : stream.materialize()
}

/** One file a query; the one that writes a log writes it as it says: by day and minute. */
function outputOf(query: NexmarkQuery, folder: string): SinkSpec {
  return query === 'q10'
    ? ndjsonFile(`${join(folder, query)}/`, { partitionBy: ['dt', 'hm'] })
    : ndjsonFile(join(folder, `${query}.ndjson`))
}

/** Generated events pass time as they come; beside files, whose rows wait for no clock, it stands. */
function virtualTime({ startTime, input }: NexmarkCommandOptions): JobExecutor {
  const startMs = startTime === undefined ? Date.UTC(2026, 0, 1) : startMsOf(startTime)
  return input === undefined
    ? new VirtualTimeCluster(startMs)
    : new MiniCluster({ clock: new VirtualClock(startMs) })
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits))
