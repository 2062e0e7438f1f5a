// A TaskManager's side of a job: takes slots, has each pair of them connected, passes messages between
// slots and JobManager, and gives the slots back when the job has left them.
//
// TE1  A slot goes back to the pool only after it said 'idle', or after its thread was ended.
// TE2  cancel() is bounded: a slot that is silent for cancelTimeoutMs is killed.
import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { DataflowError, type ErrorJson } from '../base/errors.ts'
import type { OperatorSnapshot } from '../checkpoint/operator-state.ts'
import type { JobMasterGateway, SlotDeployment, TaskExecutorGateway } from '../rpc/gateways.ts'
import type { FromSlot, SourceMessage, ToSlot } from '../runtime/slot-protocol.ts'
import type { Slot, SlotPool } from './slot-pool.ts'

/** One slot in use by a job. */
interface UsedSlot {
  readonly slot: Slot
  readonly index: number
  readonly tasks: ReadonlySet<string>
  readonly deployed: PromiseWithResolvers<void>
  readonly released: PromiseWithResolvers<void>
  isReleased: boolean
  /** Who waits for the state of its tasks. */
  snapshot?: (operators: SlotState) => void
}

type SlotState = readonly (readonly [string, OperatorSnapshot])[]

interface RunningJob {
  readonly slots: UsedSlot[]
  readonly cancelTimeoutMs: number
}

export class TaskExecutor implements TaskExecutorGateway {
  readonly #pool: SlotPool
  readonly #clock: Clock
  readonly #jobs = new Map<string, RunningJob>()

  constructor(pool: SlotPool, clock: Clock) {
    this.#pool = pool
    this.#clock = clock
  }

  get freeSlots(): number {
    return this.#pool.free
  }

  async deploy(deployments: readonly SlotDeployment[], master: JobMasterGateway): Promise<void> {
    const { job } = deployments[0]!
    assert(!this.#jobs.has(job.jobId), `job ${job.jobId} is deployed twice`)
    const running: RunningJob = { slots: [], cancelTimeoutMs: job.config.cancelTimeoutMs }
    this.#jobs.set(job.jobId, running)
    for (const deployment of deployments) {
      const slot = await this.#pool.take()
      running.slots.push(this.#use(slot, deployment, master))
    }
    for (const [i, a] of running.slots.entries()) {
      for (const b of running.slots.slice(i + 1)) {
        this.#pool.connect({ slot: a.slot, index: a.index }, { slot: b.slot, index: b.index })
      }
    }
    for (const [i, deployment] of deployments.entries()) {
      send(running.slots[i]!.slot, { kind: 'deploy', job, tasks: deployment.tasks })
    }
    await Promise.all(running.slots.map((used) => used.deployed.promise))
  }

  start(jobId: string): void {
    for (const { slot } of this.#job(jobId).slots) send(slot, { kind: 'start' })
  }

  tellSource(jobId: string, task: string, message: SourceMessage): void {
    // A job that has left is told nothing.
    for (const { slot, tasks, isReleased } of this.#jobs.get(jobId)?.slots ?? []) {
      if (!isReleased && tasks.has(task)) send(slot, { kind: 'source-message', task, message })
    }
  }

  async cancel(jobId: string): Promise<void> {
    const job = this.#jobs.get(jobId)
    if (job === undefined) return
    await Promise.all(
      job.slots.map(async (used) => {
        if (used.isReleased) return
        send(used.slot, { kind: 'cancel' })
        const stopTimer = this.#clock.schedule(job.cancelTimeoutMs, () => void used.slot.kill())
        await used.released.promise
        stopTimer()
      }),
    )
    await this.released(jobId)
  }

  async snapshot(jobId: string): Promise<SlotState> {
    const states = this.#job(jobId).slots.map(async (used) => {
      const { promise, resolve } = Promise.withResolvers<SlotState>()
      used.snapshot = resolve
      send(used.slot, { kind: 'snapshot' })
      return promise
    })
    return (await Promise.all(states)).flat()
  }

  async released(jobId: string): Promise<void> {
    const job = this.#jobs.get(jobId)
    if (job === undefined) return
    await Promise.all(job.slots.map((used) => used.released.promise))
    this.#jobs.delete(jobId)
  }

  #job(jobId: string): RunningJob {
    const job = this.#jobs.get(jobId)
    assert(job !== undefined, `job ${jobId} is not deployed here`)
    return job
  }

  #use(slot: Slot, deployment: SlotDeployment, master: JobMasterGateway): UsedSlot {
    const { slot: index, tasks } = deployment
    const used: UsedSlot = {
      slot,
      index,
      tasks: new Set(tasks.map(({ task }) => task)),
      deployed: Promise.withResolvers(),
      released: Promise.withResolvers(),
      isReleased: false,
    }
    // A deployment that nobody awaits any more must not become an unhandled rejection.
    used.deployed.promise.catch(() => undefined)
    slot.control.onMessage((message: FromSlot) => this.#onMessage(used, message, master))
    const release = (): void => {
      if (used.isReleased) return
      used.isReleased = true
      this.#pool.giveBack(slot)
      used.released.resolve()
    }
    void used.released.promise
    this.#releases.set(used, release)
    void slot.lost.then((error) => {
      if (used.isReleased) return
      used.deployed.reject(error)
      master.slotFailed(index, error.toJSON())
      release()
    })
    return used
  }

  readonly #releases = new WeakMap<UsedSlot, () => void>()

  #onMessage(used: UsedSlot, message: FromSlot, master: JobMasterGateway): void {
    switch (message.kind) {
      case 'deployed':
        return used.deployed.resolve()
      case 'request-split':
        void master
          .requestSplit(message.task)
          .then((split) => send(used.slot, { kind: 'split', task: message.task, split }))
        return
      case 'source-watermark':
        return master.sourceWatermark(message.task, message.watermarkMs)
      case 'report':
        return master.report(message.tasks)
      case 'collect':
        void master
          .collect(message.operator, message.bytes)
          .then(() => send(used.slot, { kind: 'collected', request: message.request }))
        return
      case 'ended':
        return master.taskEnded(message)
      case 'snapshot':
        return used.snapshot?.(message.operators)
      case 'idle':
        return this.#releases.get(used)!()
      case 'failed':
        return onSlotFailed(used, message.error, master)
    }
  }
}

function onSlotFailed(used: UsedSlot, error: ErrorJson, master: JobMasterGateway): void {
  used.deployed.reject(DataflowError.fromJSON(error))
  master.slotFailed(used.index, error)
}

function send(slot: Slot, message: ToSlot): void {
  slot.control.postMessage(message)
}
