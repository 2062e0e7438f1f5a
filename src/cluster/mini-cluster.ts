// The embedded cluster: JobManager, TaskManager and slots in this process, behind the same gateways that
// the daemons use. execute() without an address runs here; tests, examples and the first run need no more.
//
// M1  Slots are worker threads, as many as its slot sharing groups need; a job whose closures no worker
//     could find again runs in one inline slot.
// M2  When a job's result has settled, no thread of it runs any more: without a fixed number of slots
//     each job has threads of its own, which end with it; with one, they wait for the next job.
// M3  With a clock of its own every job runs in an inline slot: a thread could not see that clock.
// M4  A job that needs more slots than are free is refused; jobs do not queue here.
import { type Clock, systemClock } from '../base/clock.ts'
import { DataflowError } from '../base/errors.ts'
import { randomId } from '../base/ids.ts'
import { slotSharing } from '../graph/slot-sharing.ts'
import type { JobClient, JobExecutor, JobSubmission } from '../graph/submission.ts'
import { JobMaster } from '../jobmanager/job-master.ts'
import { InlineSlotPool, type SlotPool, ThreadSlotPool } from '../taskmanager/slot-pool.ts'
import { TaskExecutor } from '../taskmanager/task-executor.ts'

export interface MiniClusterOptions {
  /** Worker threads that are kept from job to job; without it each job brings its own. */
  readonly slots?: number
  /** The time that jobs see (processing time, timers, time-outs): the machine's unless said. */
  readonly clock?: Clock
}

export class MiniCluster implements JobExecutor, AsyncDisposable {
  readonly #kept: ThreadSlotPool | undefined
  readonly #pools = new Set<SlotPool>()
  readonly #clock: Clock | undefined

  /** @throws CONFIG_INVALID for slots that would not see the clock */
  constructor({ slots, clock }: MiniClusterOptions = {}) {
    if (slots !== undefined && clock !== undefined) {
      throw new DataflowError(
        'CONFIG_INVALID',
        'a cluster with a clock of its own runs each job in one slot on the calling thread; ' +
          'leave out slots',
      )
    }
    this.#clock = clock
    this.#kept = slots === undefined ? undefined : new ThreadSlotPool(slots)
  }

  /** @throws CONFIG_INVALID when the job needs more slots than are free */
  submit(submission: JobSubmission): Promise<JobClient> {
    const { graph, closures } = submission
    const isLocal = closures.size > 0 && graph.module === undefined
    const inlineSlot = isLocal || this.#clock !== undefined
    const clock = this.#clock ?? systemClock
    const { slots } = slotSharing(graph.vertices)
    const pool = inlineSlot ? new InlineSlotPool(closures, clock) : this.#threads(slots)
    if (pool !== this.#kept) this.#pools.add(pool)
    const master = new JobMaster(submission, {
      jobId: randomId(),
      clock,
      executor: new TaskExecutor(pool, clock),
      inlineSlot,
      compileUserFunctions: async (modules) => {
        if (modules.length === 0) return new Map()
        const { compileUserFunctions } = await import('../columnar/user-function-compiler.ts')
        return compileUserFunctions(modules)
      },
    })
    const closed = master
      .result()
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => this.#close(pool))
    void master.run()
    return Promise.resolve({
      jobId: master.jobId,
      progress: () => master.progress(),
      operators: () => master.operators(),
      cancel: async () => {
        await master.cancel()
        await closed
      },
      result: async () => {
        await closed
        return master.result()
      },
    })
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools].map((pool) => this.#close(pool)))
    await this.#kept?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #threads(slots: number): ThreadSlotPool {
    if (this.#kept === undefined) return new ThreadSlotPool(slots)
    if (this.#kept.free >= slots) return this.#kept
    throw new DataflowError(
      'CONFIG_INVALID',
      `the job needs ${slots} slots and ${this.#kept.free} are free; ` +
        `lower its parallelism, or make the cluster with more slots`,
    )
  }

  async #close(pool: SlotPool): Promise<void> {
    if (pool === this.#kept) return
    this.#pools.delete(pool)
    await pool.close()
  }
}
