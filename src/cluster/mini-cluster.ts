// The embedded cluster: JobManager, TaskManager and slots in this process, behind the same gateways that
// the daemons use. execute() without an address runs here; tests, examples and the first run need no more.
//
// M1  Slots are worker threads, as many as the job's highest parallelism; a job whose closures no worker
//     could find again runs in one inline slot.
// M2  When a job's result has settled, its threads are free; close() ends them.
import { systemClock } from '../base/clock.ts'
import { randomId } from '../base/ids.ts'
import type { JobClient, JobExecutor, JobSubmission } from '../graph/submission.ts'
import { JobMaster } from '../jobmanager/job-master.ts'
import { InlineSlotPool, type SlotPool, ThreadSlotPool } from '../taskmanager/slot-pool.ts'
import { TaskExecutor } from '../taskmanager/task-executor.ts'

export class MiniCluster implements JobExecutor, AsyncDisposable {
  readonly #pools = new Set<SlotPool>()

  async submit(submission: JobSubmission): Promise<JobClient> {
    const { graph, closures } = submission
    const inlineSlot = closures.size > 0 && graph.module === undefined
    const slots = Math.max(...graph.vertices.map((vertex) => vertex.parallelism))
    const pool = inlineSlot ? new InlineSlotPool(closures) : new ThreadSlotPool(slots)
    this.#pools.add(pool)
    const master = new JobMaster(submission, {
      jobId: randomId(),
      clock: systemClock,
      executor: new TaskExecutor(pool, systemClock),
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
    return {
      jobId: master.jobId,
      progress: () => master.progress(),
      cancel: async () => {
        await master.cancel()
        await closed
      },
      result: async () => {
        await closed
        return master.result()
      },
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools].map((pool) => this.#close(pool)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(pool: SlotPool): Promise<void> {
    this.#pools.delete(pool)
    await pool.close()
  }
}
