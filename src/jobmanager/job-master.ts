// One job's run: plans its splits, deploys its tasks, hands out splits, follows the tasks' states, and
// settles when all slots are free again. All I/O is behind the gateways and connectors handed in.
//
// J1  The first failure decides: it is the job's error; what fails while stopping is not reported over it.
// J2  result() settles only after every slot was given back.
import type { Clock } from '../base/clock.ts'
import { DataflowError, type ErrorJson } from '../base/errors.ts'
import type { JobSnapshot, OperatorSnapshot } from '../checkpoint/operator-state.ts'
import type { ConnectorEnvironment, Split } from '../connectors/connector.ts'
import { loadConnector } from '../connectors/index.ts'
import { assert } from '../base/assert.ts'
import type {
  JobClient,
  JobProgress,
  JobResult,
  JobState,
  JobSubmission,
  OperatorProgress,
} from '../graph/submission.ts'
import type { JobVertex } from '../graph/job-graph.ts'
import type { JobMasterGateway, TaskEnd, TaskExecutorGateway } from '../rpc/gateways.ts'
import type { TaskReport } from '../runtime/slot-protocol.ts'
import { buildExecutionGraph, type ExecutionGraph } from './execution-graph.ts'
import { mayBecome, transition } from './job-state.ts'
import { operatorProgress } from './operator-progress.ts'
import { progressOf } from './progress.ts'
import { WatermarkAlignment } from './watermark-alignment.ts'

export interface JobMasterOptions {
  readonly jobId: string
  readonly clock: Clock
  readonly executor: TaskExecutorGateway
  /** All tasks in one slot on the calling thread (closures that no worker could find). */
  readonly inlineSlot: boolean
  readonly compileUserFunctions: (
    modules: readonly string[],
  ) => Promise<ReadonlyMap<string, WebAssembly.Module>>
}

export class JobMaster implements JobMasterGateway, JobClient {
  readonly jobId: string
  readonly #options: JobMasterOptions
  readonly #submission: JobSubmission
  readonly #graph: ExecutionGraph
  readonly #reports = new Map<string, TaskReport>()
  readonly #splits = new Map<string, Split[]>()
  /** Vertices whose splits have all been given out. */
  readonly #assigned = new Set<string>()
  readonly #alignment: WatermarkAlignment
  readonly #result = Promise.withResolvers<JobResult>()
  readonly #startedAtMs: number
  #state: JobState = 'created'
  #error: DataflowError | undefined
  #running = 0
  #bytesTotal: number | undefined = 0
  #firstWindowMs: number | undefined

  constructor(submission: JobSubmission, options: JobMasterOptions) {
    this.jobId = options.jobId
    this.#options = options
    this.#submission = submission
    this.#graph = buildExecutionGraph(submission.graph, options.inlineSlot)
    this.#alignment = new WatermarkAlignment(this.#graph.sources)
    this.#startedAtMs = options.clock.monotonic()
    // Who only cancels need not also catch.
    this.#result.promise.catch(() => undefined)
  }

  /** Slots that the job needs. */
  get slotsNeeded(): number {
    return this.#graph.slots.length
  }

  result(): Promise<JobResult> {
    return this.#result.promise
  }

  progress(): JobProgress {
    const { clock } = this.#options
    return progressOf({
      state: this.#state,
      graph: this.#submission.graph,
      reports: this.#reports.values(),
      bytesTotal: this.#bytesTotal,
      elapsedMs: clock.monotonic() - this.#startedAtMs,
      firstWindowMs: this.#firstWindowMs,
    })
  }

  operators(): readonly OperatorProgress[] {
    return operatorProgress(this.#submission.graph, this.#reports.values())
  }

  /** Plans, deploys and starts. What goes wrong is the job's result, not this call's. */
  async run(): Promise<void> {
    const { signal } = this.#submission
    if (signal?.aborted === true) return void this.cancel()
    signal?.addEventListener('abort', () => void this.cancel(), { once: true })
    try {
      const { graph, blobs, closures, restored } = this.#submission
      refuseLostState(this.#submission)
      await this.#planSplits()
      // Without closures a slot needs nothing of the job's module.
      const module = closures.size > 0 ? graph.module : undefined
      const job = {
        jobId: this.jobId,
        config: graph.config,
        blobs,
        userFunctions: await this.#options.compileUserFunctions(graph.userFunctionModules),
        ...(module === undefined ? {} : { module }),
        ...(restored === undefined ? {} : { restored }),
      }
      if (this.#state !== 'created') return
      const deployments = this.#graph.slots.map((tasks, slot) => ({ slot, job, tasks }))
      this.#running = deployments.reduce((sum, { tasks }) => sum + tasks.length, 0)
      await this.#options.executor.deploy(deployments, this)
      if (this.#state !== 'created') return
      this.#state = transition(this.#state, 'running')
      this.#options.executor.start(this.jobId)
    } catch (error) {
      this.#fail(error)
    }
  }

  async cancel(): Promise<void> {
    if (mayBecome(this.#state, 'cancelling')) {
      this.#state = transition(this.#state, 'cancelling')
      this.#stop()
    }
    await this.#result.promise.catch(() => undefined)
  }

  /** The job's state by operator id; only while none of its tasks has anything to do. */
  async snapshot(): Promise<JobSnapshot> {
    const states = new Map<string, OperatorSnapshot[]>()
    for (const [operator, snapshot] of await this.#options.executor.snapshot(this.jobId)) {
      states.set(operator, [...(states.get(operator) ?? []), snapshot])
    }
    return states
  }

  requestSplit(task: string): Promise<Split | undefined> {
    const source = this.#graph.sources.get(task)
    assert(source !== undefined, `task ${task} has no source`)
    const { vertex } = source
    const splits = this.#splits.get(vertex.id)!
    const split = splits.shift()
    if (splits.length === 0 && !this.#assigned.has(vertex.id)) this.#onAssigned(vertex)
    return Promise.resolve(split)
  }

  sourceWatermark(task: string, watermarkMs: number): void {
    for (const { task: other, watermarkMsMax } of this.#alignment.onWatermark(task, watermarkMs)) {
      const message = { kind: 'alignment', watermarkMsMax } as const
      this.#options.executor.tellSource(this.jobId, other, message)
    }
  }

  report(reports: readonly TaskReport[]): void {
    for (const report of reports) this.#reports.set(report.task, report)
    if (this.#firstWindowMs !== undefined) return
    if (reports.some((report) => report.operators.some((operator) => operator.windowsFired > 0))) {
      this.#firstWindowMs = this.#options.clock.monotonic() - this.#startedAtMs
    }
  }

  taskEnded(end: TaskEnd): void {
    this.#running--
    this.sourceWatermark(end.task, Infinity)
    if (end.state === 'failed') {
      assert(end.error !== undefined, `task ${end.task} failed without an error`)
      this.#fail(DataflowError.fromJSON(end.error))
    } else if (this.#running === 0 && this.#state === 'running') {
      void this.#settle('finished')
    }
  }

  slotFailed(_slot: number, error: ErrorJson): void {
    this.#fail(DataflowError.fromJSON(error))
  }

  async collect(operator: string, bytes: Uint8Array): Promise<void> {
    await this.#submission.collectors.get(operator)?.(bytes)
  }

  /** The last split of a source is given out: its watermarks wait for none any more. */
  #onAssigned({ id, operators: [source] }: JobVertex): void {
    this.#assigned.add(id)
    if (source!.spec.kind !== 'source' || source!.spec.watermarks === undefined) return
    for (const [task, { vertex }] of this.#graph.sources) {
      if (vertex.id !== id) continue
      this.#options.executor.tellSource(this.jobId, task, { kind: 'splits-assigned' })
    }
  }

  #fail(error: unknown): void {
    if (!mayBecome(this.#state, 'failing')) return
    this.#state = transition(this.#state, 'failing')
    const cause = error instanceof DataflowError ? error : undefined
    const message = error instanceof Error ? error.message : String(error)
    const { name } = this.#submission.graph
    this.#error = new DataflowError(
      cause?.code ?? 'JOB_FAILED',
      `job '${name}' failed: ${message}`,
      {
        cause: error,
        ...(cause === undefined ? {} : { context: cause.context }),
      },
    )
    this.#stop()
  }

  #stop(): void {
    const end = this.#state === 'failing' ? 'failed' : 'cancelled'
    void this.#options.executor
      .cancel(this.jobId)
      .catch((error: unknown) => {
        this.#error ??= new DataflowError('JOB_FAILED', 'the job could not be stopped', {
          cause: error,
        })
      })
      .then(() => this.#settle(end))
  }

  async #settle(end: 'finished' | 'failed' | 'cancelled'): Promise<void> {
    await this.#options.executor.released(this.jobId)
    this.#state = transition(this.#state, end)
    const { name } = this.#submission.graph
    if (end === 'finished') {
      const operators = this.operators()
      this.#result.resolve({ ...this.progress(), jobId: this.jobId, name, operators })
    } else if (end === 'failed') {
      this.#result.reject(this.#error)
    } else {
      const why = this.#submission.signal?.reason as unknown
      this.#result.reject(
        new DataflowError('JOB_CANCELLED', `job '${name}' was cancelled`, { cause: why }),
      )
    }
  }

  async #planSplits(): Promise<void> {
    for (const vertex of this.#submission.graph.vertices) {
      const described = vertex.operators[0]!
      if (described.spec.kind !== 'source') continue
      const { blobs, closures } = this.#submission
      const environment: ConnectorEnvironment = {
        clock: this.#options.clock,
        blob: (name) => blobs.get(name)!,
        closure: closures.get(described.id),
        toClient: () => Promise.resolve(),
      }
      const connector = await loadConnector(described.spec.connector)
      const source = connector.source?.(described.spec.config, environment)
      assert(source !== undefined, `connector '${described.spec.connector}' is no source`)
      const splits = await this.#planSource(source.plan(vertex.parallelism), described.name)
      this.#splits.set(vertex.id, [...splits])
      for (const { bytes } of splits) {
        if (bytes === undefined) this.#bytesTotal = undefined
        else if (this.#bytesTotal !== undefined) this.#bytesTotal += bytes
      }
    }
  }

  async #planSource(plan: Promise<readonly Split[]>, name: string): Promise<readonly Split[]> {
    try {
      return await plan
    } catch (error) {
      if (!(error instanceof DataflowError)) throw error
      throw new DataflowError(error.code, `source '${name}': ${error.message}`, {
        cause: error,
        context: { ...error.context, operator: name },
      })
    }
  }
}

/** @throws GRAPH_INVALID when the snapshot has state that no operator of the job takes */
function refuseLostState({ restored, graph }: JobSubmission): void {
  const operators = graph.vertices.flatMap((vertex) => vertex.operators)
  const known = new Set(operators.map(({ id }) => id))
  const lost = [...(restored?.keys() ?? [])].filter((id) => !known.has(id))
  if (lost.length === 0) return
  throw new DataflowError(
    'GRAPH_INVALID',
    `the snapshot has state of operators that the job has not: ${lost.join(', ')}; ` +
      'an operator that has a uid() is found again wherever it stands',
  )
}
