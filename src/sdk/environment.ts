// The environment: where a job begins (its sources), its settings, and its execution.
//
// E1  Sinks wait for the next execute(), which runs them all as one job; streams stay usable after it.
// E2  Nothing runs before execute(), executeAsync(), or the iteration of a collect().
import type * as Arrow from 'apache-arrow'
import { DEFAULT_CONFIG, type JobConfig } from '../base/config.ts'
import { DataflowError } from '../base/errors.ts'
import { Schema } from '../columnar/schema.ts'
import type { Fields, RowOf } from '../columnar/type.ts'
import { COLLECTION, ITERABLE } from '../connectors/built-in.ts'
import type { SourceSpec } from '../connectors/connector.ts'
import { type CompiledJob, compileJob } from '../graph/compile-job.ts'
import { explainJob, explainText, type JobExplanation } from '../graph/explain.ts'
import { assignOperatorIds } from '../graph/operator-id.ts'
import { checkedRuntimeMode, type RuntimeMode } from '../graph/runtime-mode.ts'
import { reachable, StreamGraph, type StreamVertex } from '../graph/stream-graph.ts'
import type { JobClient, JobExecutor, JobResult } from '../graph/submission.ts'
import { fromArrowField } from './arrow-types.ts'
import { atCallSite } from './call-site.ts'
import { inferSchema, ipcOfTable, stageRows } from './collection.ts'
import { DataStream } from './data-stream.ts'
import type { JobBuilder } from './logical-stream.ts'
import type { InferredFields } from './row-types.ts'
import { checkOptions, checkRows } from './given.ts'
import { planSource, type SourceOptions } from './source-planning.ts'
import type { WatermarkStrategy } from './watermark-strategy.ts'
import {
  checkedAgainst,
  checkedConfig,
  checkedNames,
  ENVIRONMENT_OPTIONS,
  type EnvironmentOptions,
  type ExecuteOptions,
} from './settings.ts'

let defaultExecutor: (() => Promise<JobExecutor>) | undefined

/** Says who runs the jobs of environments without an executor: the package's entry does, once. */
export function provideExecutor(make: () => Promise<JobExecutor>): void {
  defaultExecutor = make
}

/**
 * Builds and runs jobs. A job module gets one; a script makes its own.
 * @example
 * import { StreamExecutionEnvironment } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 })
 * env.fromCollection([{ n: 1 }, { n: 2 }]).where((r) => r.n.gt(1)).print()
 * await env.execute('greater than one')
 */
export class StreamExecutionEnvironment {
  readonly #options: EnvironmentOptions
  #config: JobConfig
  #runtimeMode: RuntimeMode = 'streaming'
  readonly #graph = new StreamGraph()
  readonly #pending: StreamVertex[] = []
  #collections = 0
  readonly #builder: JobBuilder

  private constructor(options: EnvironmentOptions) {
    checkOptions(options, 'getExecutionEnvironment()', ENVIRONMENT_OPTIONS)
    this.#options = options
    this.#config = checkedConfig({
      ...DEFAULT_CONFIG,
      ...options.config,
      ...(options.parallelism === undefined ? {} : { parallelism: options.parallelism }),
    })
    const isBatch = () => this.#runtimeMode === 'batch'
    this.#builder = {
      graph: this.#graph,
      get isBatch() {
        return isBatch()
      },
      addSink: (vertex) => void this.#pending.push(vertex),
      executePending: (sink) =>
        this.#pending.includes(sink) ? this.#run(this.#compile(undefined), {}) : undefined,
    }
  }

  /**
   * An environment to build a job in.
   * @param options parallelism, settings, who runs the job
   * @throws CONFIG_INVALID
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment({ config: { batchRows: 4_096 } })
   * console.log(env.config.batchRows)
   */
  static getExecutionEnvironment(options: EnvironmentOptions = {}): StreamExecutionEnvironment {
    return atCallSite('getExecutionEnvironment', () => new StreamExecutionEnvironment(options))
  }

  /** The settings, as they are now. */
  get config(): JobConfig {
    return this.#config
  }

  /**
   * Subtasks an operator runs as, unless it says otherwise.
   * @throws CONFIG_INVALID
   */
  setParallelism(parallelism: number): this {
    return this.configure({ parallelism })
  }

  /**
   * Key groups: the unit in which keyed state moves; the bound of every parallelism. Fixed for a job's life.
   * @throws CONFIG_INVALID
   */
  setMaxParallelism(maxParallelism: number): this {
    return this.configure({ maxParallelism })
  }

  /**
   * Changes settings; units are in their names.
   * @throws CONFIG_INVALID for a value that is none
   */
  configure(settings: Partial<JobConfig>): this {
    this.#config = atCallSite('configure', () => checkedConfig({ ...this.#config, ...settings }))
    return this
  }

  /**
   * When results come: 'streaming' gives them as watermarks pass; 'batch' all at the end of input, which must
   * have one; 'automatic' is batch when every source has an end. The final results are the same. What a
   * stream would update later goes out once, at the end: in a job that is built after
   * setRuntimeMode('batch'), aggregates without windows and their kin give rows that stay.
   * @param mode 'streaming' unless said
   * @throws CONFIG_INVALID for a mode that is none
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment().setRuntimeMode('batch')
   * for await (const row of env.fromCollection([{ n: 1 }]).collect()) console.log(row.n)
   */
  setRuntimeMode(mode: RuntimeMode): this {
    this.#runtimeMode = atCallSite('setRuntimeMode', () => checkedRuntimeMode(mode))
    return this
  }

  /**
   * A stream of the rows of a source.
   * @param source what a connector's function gives: parquet('flights.parquet', { schema })
   * @param strategy makes event time and watermarks in the source, split by split: rows of a bounded source
   *   are then never late by the order in which its splits are read. Windows fire when all have a reader.
   * @throws TYPE_MISMATCH, COLUMN_NOT_FOUND for a strategy of other columns
   * @example
   * import { csv, StreamExecutionEnvironment, utf8 } from 'millrace'
   * import { mkdtempSync, writeFileSync } from 'node:fs'
   * const path = `${mkdtempSync('/tmp/millrace-')}/names.csv`
   * writeFileSync(path, 'name\nada\n')
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const names = env.fromSource(csv(path, { schema: { name: utf8() } }))
   * for await (const row of names.collect()) console.log(row.name)
   */
  fromSource<F extends Fields>(
    source: SourceSpec<F>,
    strategy?: WatermarkStrategy<F>,
  ): DataStream<F> {
    return atCallSite('fromSource', (location) =>
      this.#source(source, { ...at(location), strategy: strategy?.settings }),
    )
  }

  /** The same as fromSource(), by Flink's older name. */
  addSource<F extends Fields>(source: SourceSpec<F>): DataStream<F> {
    return atCallSite('addSource', (location) => this.#source(source, { ...at(location) }))
  }

  /**
   * A stream of rows that are there already.
   * @param rows plain objects
   * @param options the columns; without them, number is float64, bigint int64, string utf8, boolean bool,
   *   Date a timestamp in milliseconds, and null makes a column nullable
   * @throws TYPE_MISMATCH, UNSAFE_INTEGER for a value that does not fit, with row and column
   * @example
   * import { int32, StreamExecutionEnvironment, utf8 } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env.fromCollection([{ id: 1, name: 'ada' }], { schema: { id: int32(), name: utf8() } })
   * for await (const row of rows.collect()) console.log(row.id, row.name)
   */
  fromCollection<R extends object>(rows: readonly R[]): DataStream<InferredFields<R>>
  fromCollection<F extends Fields>(
    rows: readonly RowOf<NoInfer<F>>[],
    options: { readonly schema: F },
  ): DataStream<F>
  fromCollection<F extends Fields>(
    rows: readonly object[],
    options?: { readonly schema: F },
  ): DataStream<F> {
    return atCallSite('fromCollection', (location) => {
      checkRows(rows)
      if (options !== undefined) checkOptions(options, 'fromCollection()', ['schema'])
      const declared = options?.schema
      const schema = declared === undefined ? inferSchema(rows) : Schema.of(checkedNames(declared))
      return this.#collection(schema, `collection of ${rows.length} rows`, {
        ...at(location),
        bytes: () => stageRows(rows, schema),
      })
    })
  }

  /**
   * A stream of rows that come over time.
   * @param rows a function that gives the iterable, so that a job can begin again; rows or arrays of rows
   * @param options the columns; how long a row may wait for its batch to fill (flushMs, milliseconds);
   *   `unbounded` when it never ends
   * @throws USER_CODE_FAILED, TYPE_MISMATCH, when the job runs
   * @example
   * import { int32, StreamExecutionEnvironment } from 'millrace'
   * async function* ticks() {
   *   for (let n = 0; n < 3; n++) yield { n }
   * }
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env.fromAsyncIterable(() => ticks(), { schema: { n: int32() } })
   * for await (const row of rows.collect()) console.log(row.n)
   */
  fromAsyncIterable<F extends Fields>(
    rows: () =>
      | AsyncIterable<RowOf<NoInfer<F>> | readonly RowOf<NoInfer<F>>[]>
      | Iterable<RowOf<NoInfer<F>> | readonly RowOf<NoInfer<F>>[]>,
    options: { readonly schema: F; readonly flushMs?: number; readonly unbounded?: boolean },
  ): DataStream<F> {
    return atCallSite('fromAsyncIterable', (location) => {
      const { schema, flushMs = 10, unbounded = false } = options
      const spec = { connector: ITERABLE, name: 'iterable', schema, parallel: false, unbounded }
      const source = { ...spec, config: { flushMs } }
      return this.#source(source, { name: 'iterable', closure: rows, ...at(location) })
    })
  }

  /**
   * A stream of the rows of an Arrow table, or of the bytes of an Arrow IPC stream or file.
   * @param data a table of apache-arrow, or bytes
   * @param options the columns; bytes need them, of a table they may say more than it does
   * @throws UNSUPPORTED for a type that no column here can be, TYPE_MISMATCH, COLUMN_NOT_FOUND
   * @example
   * import { tableFromArrays, tableToIPC } from 'apache-arrow'
   * import { float64, nullable, StreamExecutionEnvironment } from 'millrace'
   * const bytes = tableToIPC(tableFromArrays({ x: Float64Array.of(1, 2) }))
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env.fromArrow(bytes, { schema: { x: nullable(float64()) } })
   * for await (const row of rows.collect()) console.log(row.x)
   */
  fromArrow(data: Arrow.Table): DataStream<Fields>
  fromArrow<F extends Fields>(
    data: Arrow.Table | Uint8Array,
    options: { readonly schema: F },
  ): DataStream<F>
  fromArrow<F extends Fields>(
    data: Arrow.Table | Uint8Array,
    options?: { readonly schema: F },
  ): DataStream<F> {
    return atCallSite('fromArrow', (location) => {
      if (data instanceof Uint8Array) {
        if (options === undefined) {
          throw new DataflowError('SCHEMA_MISMATCH', 'bytes need their columns: { schema }')
        }
        const schema = Schema.of(checkedNames(options.schema))
        const bytes = () => () => Promise.resolve(data)
        return this.#collection(schema, 'Arrow bytes', { ...at(location), bytes })
      }
      const own = new Schema(
        data.schema.fields.map((field) => ({ name: field.name, type: fromArrowField(field) })),
      )
      const schema = options === undefined ? own : checkedAgainst(Schema.of(options.schema), own)
      const name = `Arrow table of ${data.numRows} rows`
      const bytes = () => () => ipcOfTable(data)
      return this.#collection(schema, name, { ...at(location), bytes })
    })
  }

  /**
   * Runs the sinks that were added since the last execution as one job, and waits for its end.
   * @param name the job's name
   * @param options a signal that cancels it
   * @throws GRAPH_INVALID when there is no sink; JOB_FAILED, JOB_CANCELLED, and what the plan refuses
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * env.fromCollection([{ n: 1 }]).print()
   * const { rows } = await env.execute('print one row')
   * console.log(rows)
   */
  async execute(name?: string, options: ExecuteOptions = {}): Promise<JobResult> {
    const job = atCallSite('execute', () => this.#compile(name))
    const client = await this.#run(job, options)
    return client.result()
  }

  /**
   * Starts the job, and gives a handle on it.
   * @param name the job's name
   * @param options a signal that cancels it
   * @throws GRAPH_INVALID when there is no sink, and what the plan refuses
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * env.fromCollection([{ n: 1 }]).print()
   * const job = await env.executeAsync()
   * console.log(job.progress().state)
   * await job.result()
   */
  async executeAsync(name?: string, options: ExecuteOptions = {}): Promise<JobClient> {
    const job = atCallSite('executeAsync', () => this.#compile(name))
    return this.#run(job, options)
  }

  /**
   * The plan of what execute() would run, as text: chains, exchanges, columns, kernel or JavaScript and why.
   * @throws what execute() would refuse
   * @example
   * import { StreamExecutionEnvironment } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * env.fromCollection([{ n: 1 }]).where((r) => r.n.gt(0)).print()
   * console.log(env.explain())
   */
  explain(): string {
    return explainText(atCallSite('explain', () => this.#compile(undefined)).graph)
  }

  /** The plan as data: what `millrace explain --json` prints. */
  explanation(): JobExplanation {
    return explainJob(this.#compile(undefined).graph)
  }

  /** The job as it would be submitted. Its graph is JSON. */
  compile(name?: string): CompiledJob {
    return this.#compile(name)
  }

  /** The functions of the job by operator id: what a worker takes from the job that it built again. */
  functions(): ReadonlyMap<string, unknown> {
    const ids = assignOperatorIds(this.#graph)
    const functions = new Map<string, unknown>()
    for (const vertex of reachable(this.#pending)) {
      const { closure } = vertex.options
      if (closure !== undefined) functions.set(ids.get(vertex)!, closure)
    }
    return functions
  }

  #compile(name: string | undefined): CompiledJob {
    const { module } = this.#options
    return compileJob(this.#graph, this.#pending, {
      name: name ?? this.#options.name ?? 'job',
      config: this.#config,
      runtimeMode: this.#runtimeMode,
      ...(module === undefined ? {} : { module }),
    })
  }

  async #run(job: CompiledJob, { signal }: ExecuteOptions): Promise<JobClient> {
    const { graph, blobs, closures, collectors } = job
    this.#pending.length = 0
    const collectorList = [...collectors.values()]
    try {
      const made = await Promise.all(
        [...blobs].map(async ([blob, bytes]) => [blob, await bytes()] as const),
      )
      const executor = this.#options.executor ?? (await embedded())
      const client = await executor.submit({
        graph,
        blobs: new Map(made),
        closures,
        collectors: new Map(
          [...collectors].map(([id, collector]) => [id, (bytes) => collector.take(bytes)]),
        ),
        ...(signal === undefined ? {} : { signal }),
      })
      client.result().then(
        () => collectorList.forEach((collector) => collector.end()),
        (error: unknown) => collectorList.forEach((collector) => collector.end(error)),
      )
      return client
    } catch (error) {
      for (const collector of collectorList) collector.end(error)
      throw error
    }
  }

  #source<F extends Fields>(source: SourceSpec<F>, options: SourceOptions): DataStream<F> {
    return new DataStream(planSource(this.#builder, this.#config, source, options))
  }

  #collection<F extends Fields>(
    schema: Schema,
    name: string,
    options: { readonly location?: string; readonly bytes: () => () => Promise<Uint8Array> },
  ): DataStream<F> {
    const blob = `collection-${this.#collections++}`
    const { bytes, ...rest } = options
    const fields = schema.toFields() as F
    const source = {
      connector: COLLECTION,
      name,
      config: { blob },
      schema: fields,
      parallel: false,
    }
    if (this.#options.functionsOnly === true) return this.#source(source, rest)
    return this.#source(source, { ...rest, blob: { name: blob, bytes: bytes() } })
  }
}

const at = (location: string | undefined) => (location === undefined ? {} : { location })

async function embedded(): Promise<JobExecutor> {
  if (defaultExecutor === undefined) {
    throw new DataflowError(
      'CONFIG_INVALID',
      "nobody runs this job: import from 'millrace', or give the environment an executor",
    )
  }
  return defaultExecutor()
}
