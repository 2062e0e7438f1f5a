// A job under test, in this process and this thread: rows, watermarks and time come from the test, the
// order of all that happens from a seed, and the rows that came out are there to be looked at.
//
// JH1  Each call settles when the job has nothing left to do, so that output() is all there is so far.
// JH2  A snapshot is the state of all operators and the place in each input. A restored job reads again
//      what came after it, and its output is what it was then: as exactly-once gives it.
// JH3  A job that fails makes the call fail that is under way; crash() and restore() may follow.
import { assert } from '../base/assert.ts'
import type { JobConfig } from '../base/config.ts'
import { DataflowError } from '../base/errors.ts'
import { VirtualClock } from '../base/virtual-clock.ts'
import type { JobSnapshot as OperatorStates } from '../checkpoint/operator-state.ts'
import type { Fields, RowOf } from '../columnar/type.ts'
import {
  forget,
  HARNESS,
  type HarnessEntry,
  type HarnessLog,
  harnessLog,
  harnessOutput,
} from '../connectors/harness.ts'
import type { JobResult } from '../graph/submission.ts'
import { DataStream } from '../sdk/data-stream.ts'
import { StreamExecutionEnvironment } from '../sdk/environment.ts'
import { SimulatedCluster } from './simulated-cluster.ts'
import type { TestInput } from './test-input.ts'

/** The rows of a job's outputs, by name; of a stream alone under 'output'. */
type RowsByOutput<O> =
  O extends DataStream<infer F extends Fields>
    ? { readonly output: RowOf<F> }
    : {
        readonly [K in keyof O]: O[K] extends DataStream<infer F extends Fields> ? RowOf<F> : never
      }

type NameOf<O> = keyof RowsByOutput<O> & string

export interface HarnessOptions {
  /** Subtasks of an operator, unless it says otherwise. */
  readonly parallelism?: number
  /** Decides every order that threads and networks leave open. 1 unless said. */
  readonly seed?: number
  /** Where processing time begins, milliseconds since the epoch; 0 unless said. */
  readonly processingTimeMs?: number
  /** Settings of the job; small batches find more (batchRows). */
  readonly config?: Partial<JobConfig>
}

/** A job's state at a moment. Plain data: it can be restored more than once. */
export interface JobSnapshot {
  readonly operators: OperatorStates
  /** How many of the test's pushes, watermarks and changes of idleness are in the state. */
  readonly position: number
  /** Rows of each output that there were. */
  readonly outputs: ReadonlyMap<string, number>
}

/** What may be different in a restored job. */
export type RestoreOptions = Pick<HarnessOptions, 'parallelism' | 'seed'>

type BuildJob<O> = (env: StreamExecutionEnvironment) => O

interface RunningJob {
  readonly cluster: SimulatedCluster
  readonly result: Promise<JobResult>
  /** Inputs by id. */
  readonly logs: ReadonlyMap<string, HarnessLog>
}

let harnesses = 0

export class JobHarness<O> {
  readonly #build: BuildJob<O>
  readonly #options: HarnessOptions
  readonly #clock: VirtualClock
  readonly #outputs = new Map<string, object[]>()
  readonly #id = harnesses++
  /** All that was put into inputs, in order; what a restored job reads again. Empty after close(). */
  readonly #history: { readonly input: string; readonly entry: HarnessEntry }[] = []
  #job: RunningJob | undefined

  private constructor(build: BuildJob<O>, options: HarnessOptions) {
    this.#build = build
    this.#options = options
    this.#clock = new VirtualClock(options.processingTimeMs ?? 0)
  }

  /**
   * Builds a job and starts it.
   * @param job from an environment to the stream whose rows are looked at, or several by name
   * @param options parallelism, seed, settings
   * @throws what the job's construction throws
   * @example
   * import { count, timestamp, tumble, utf8 } from 'millrace'
   * import { JobHarness, testInput } from 'millrace/testing'
   * const clicks = testInput({ time: timestamp('ms'), page: utf8() }, { eventTime: 'time' })
   * const job = await JobHarness.start(
   *   (env) => env.fromSource(clicks).keyBy('page').window(tumble('1s')).aggregate({ n: count() }),
   *   { parallelism: 2, seed: 7 },
   * )
   * await job.push(clicks, [{ time: 10, page: 'a' }, { time: 20, page: 'a' }])
   * await job.advanceWatermark(999)
   * console.log(job.output()) // one window, n: 2
   * await job.close()
   */
  static async start<O>(job: BuildJob<O>, options: HarnessOptions = {}): Promise<JobHarness<O>> {
    const harness = new JobHarness(job, options)
    await harness.#start(options, undefined)
    return harness
  }

  /** Processing time, milliseconds since the epoch. */
  get processingTimeMs(): number {
    return this.#clock.now()
  }

  /**
   * Puts rows into an input; they go to one of its subtasks together.
   * @throws what the job fails with
   */
  async push<F extends Fields>(
    input: TestInput<F>,
    rows: readonly RowOf<NoInfer<F>>[],
  ): Promise<void> {
    if (rows.length === 0) return
    await this.#put([this.#checked(input)], { kind: 'rows', rows: rows as readonly object[] })
  }

  /**
   * Sends a watermark: no row at or before it follows.
   * @param watermarkMs event time, milliseconds
   * @param input the input that it is of; all of them unless said
   * @throws what the job fails with
   */
  async advanceWatermark(watermarkMs: number, input?: { readonly id: string }): Promise<void> {
    const all = [...this.#running().logs.keys()]
    const inputs = input === undefined ? all : [this.#checked(input)]
    await this.#put(inputs, { kind: 'watermark', watermarkMs })
  }

  /**
   * Says that nothing is to be expected of an input (its watermark holds nobody back), or again.
   * @throws what the job fails with
   */
  async setIdle(input: { readonly id: string }, idle: boolean): Promise<void> {
    await this.#put([this.#checked(input)], { kind: 'idle', idle })
  }

  /**
   * Moves processing time on, through every moment that somebody waits for on the way.
   * @param timeMs milliseconds since the epoch, not before processingTimeMs
   * @throws what the job fails with
   */
  async advanceProcessingTime(timeMs: number): Promise<void> {
    await this.settle()
    while (this.#clock.nextMs <= timeMs) {
      this.#clock.advanceTo(Math.max(this.#clock.now(), this.#clock.nextMs))
      await this.settle()
    }
    this.#clock.advanceTo(timeMs)
    await this.settle()
  }

  /**
   * The rows that came out so far, in the order in which they came.
   * @param name which output; not needed when there is one
   * @throws NAME_UNKNOWN
   */
  output<N extends NameOf<O>>(name: N = 'output' as N): RowsByOutput<O>[N][] {
    const rows = this.#outputs.get(name)
    if (rows !== undefined) return [...rows] as RowsByOutput<O>[N][]
    const names = [...this.#outputs.keys()].join(', ')
    throw new DataflowError('NAME_UNKNOWN', `there is no output '${name}' (outputs: ${names})`)
  }

  /**
   * Lets the job do all that it can: after a promise that it waits for was settled by the test.
   * @throws what the job fails with
   */
  async settle(): Promise<void> {
    const { cluster, result } = this.#running()
    let failure: { readonly error: unknown } | undefined
    result.catch((error: unknown) => {
      failure = { error }
    })
    await cluster.settle()
    if (failure !== undefined) throw failure.error
  }

  /**
   * The state of the job as it is now. Rows that wait for room (an operator of asynchronous calls is full, a
   * source is ahead of its alignment group) are taken in before, so that they are in the state too.
   * @throws what the job fails with
   */
  async snapshot(): Promise<JobSnapshot> {
    const { cluster, result, logs } = this.#running()
    assert(cluster.master !== undefined, 'a job runs')
    const { master } = cluster
    const failed = new Promise<never>((_, reject) => void result.catch(reject))
    failed.catch(() => undefined)
    return cluster.quiesced(async () => {
      await this.settle()
      const readers = [...logs.values()].flatMap((log) => [...log.readers])
      assert(!readers.some(({ isBehind }) => isBehind), 'all that was pushed has been read')
      return {
        operators: await cluster.drive(Promise.race([master.snapshot(), failed])),
        position: this.#history.length,
        outputs: new Map([...this.#outputs].map(([name, rows]) => [name, rows.length])),
      }
    })
  }

  /** Ends the job at once, as a machine that is lost does: nothing is published, all state is gone. */
  async crash(): Promise<void> {
    const job = this.#job
    this.#job = undefined
    if (job?.cluster.master === undefined) return
    await job.cluster.drive(job.cluster.master.cancel())
  }

  /**
   * Goes on from a snapshot: with the state and the output of then, reading again what came after it.
   * @param snapshot what snapshot() gave
   * @param options another parallelism, another seed
   * @throws what the job fails with; SCHEMA_MISMATCH for state that does not fit
   */
  async restore(snapshot: JobSnapshot, options: RestoreOptions = {}): Promise<void> {
    await this.crash()
    for (const [name, length] of snapshot.outputs) this.#outputs.get(name)!.length = length
    await this.#start({ ...this.#options, ...options }, snapshot)
    const { logs } = this.#running()
    // One after the other, as the test did: a row that came behind a watermark comes behind it again.
    for (const { input, entry } of this.#history.slice(snapshot.position)) {
      logs.get(input)?.append(entry)
      await this.settle()
    }
  }

  /**
   * Ends the inputs, and waits for the job's end. Who waits for processing time by then (asynchronous calls
   * that are to be tried again) gets it from advanceProcessingTime(), before this is awaited.
   * @returns the job's figures
   * @throws what the job fails with
   */
  async finish(): Promise<JobResult> {
    const { cluster, logs, result } = this.#running()
    for (const log of logs.values()) log.end()
    return cluster.drive(result)
  }

  /** Gives everything back. */
  async close(): Promise<void> {
    const ids = [...(this.#job?.logs.keys() ?? [])]
    await this.crash()
    this.#history.length = 0
    forget([...ids, ...[...this.#outputs.keys()].map((name) => this.#outputId(name))])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #start(options: HarnessOptions, snapshot: JobSnapshot | undefined): Promise<void> {
    const cluster = new SimulatedCluster(options.seed ?? 1, this.#clock)
    const { parallelism, config } = options
    const env = StreamExecutionEnvironment.getExecutionEnvironment({
      executor: {
        submit: (submission) =>
          cluster.submit(
            snapshot === undefined ? submission : { ...submission, restored: snapshot.operators },
          ),
      },
      ...(parallelism === undefined ? {} : { parallelism }),
      ...(config === undefined ? {} : { config }),
    })
    this.#keep(this.#build(env))
    const logs = new Map(inputsOf(env).map((id) => [id, harnessLog(id)]))
    for (const log of logs.values()) log.reset()
    const client = await env.executeAsync('test')
    const result = client.result()
    result.catch(() => undefined)
    this.#job = { cluster, result, logs }
    const isRunning = () => client.progress().state !== 'created'
    await cluster.driveUntil(isRunning)
    await this.settle()
  }

  /** Sinks for the streams that the job gives. */
  #keep(built: O): void {
    const streams = built instanceof DataStream ? { output: built } : (built as object)
    for (const [name, stream] of Object.entries(streams)) {
      const id = this.#outputId(name)
      this.#outputs.set(name, harnessOutput(id))
      const sink = { connector: HARNESS, name: `output ${name}`, config: { id } }
      ;(stream as DataStream<Fields>).sinkTo({ ...sink, parallelism: undefined })
    }
  }

  #outputId(name: string): string {
    return `output-${this.#id}-${name}`
  }

  #running(): RunningJob {
    if (this.#job !== undefined) return this.#job
    throw new DataflowError('GRAPH_INVALID', 'the job is not running: it has crashed; restore() it')
  }

  async #put(inputs: readonly string[], entry: HarnessEntry): Promise<void> {
    const { logs } = this.#running()
    for (const input of inputs) {
      this.#history.push({ input, entry })
      logs.get(input)!.append(entry)
    }
    await this.settle()
  }

  /** @throws NAME_UNKNOWN for an input that the job does not read */
  #checked({ id, name = id }: { readonly id: string; readonly name?: string }): string {
    if (this.#running().logs.has(id)) return id
    throw new DataflowError(
      'NAME_UNKNOWN',
      `the job does not read ${name}: use it with env.fromSource()`,
    )
  }
}

/** The test inputs that a job reads. */
function inputsOf(env: StreamExecutionEnvironment): string[] {
  const operators = env.compile().graph.vertices.flatMap((vertex) => vertex.operators)
  return operators.flatMap(({ spec }) =>
    spec.kind === 'source' && spec.connector === HARNESS
      ? [(spec.config as { readonly id: string }).id]
      : [],
  )
}
