// Shell: a cluster in one thread whose every choice is a seed's: which slot takes its next turn, which
// message arrives next. The JobMaster, the TaskExecutor, the slots and all below are the real ones; threads,
// ports and the clock are not.
//
// SC1  What happens is a function of the seed and of the calls, as long as user code is.
// SC2  Nothing moves by itself: step() takes one action, settle() all that there are.
import { setImmediate as turn } from 'node:timers/promises'
import { randomId } from '../base/ids.ts'
import type { VirtualClock } from '../base/virtual-clock.ts'
import type { JobClient, JobExecutor, JobSubmission } from '../graph/submission.ts'
import { JobMaster } from '../jobmanager/job-master.ts'
import { kernelModule, Kernels } from '../kernels/module.ts'
import type { Port } from '../runtime/slot-protocol.ts'
import { SlotWorker } from '../runtime/slot-worker.ts'
import type { PlacedSlot, Slot, SlotPool } from '../taskmanager/slot-pool.ts'
import { TaskExecutor } from '../taskmanager/task-executor.ts'
import { seededRandom } from './seeded-random.ts'

/** Turns of the event loop without an action after which nothing is on its way any more. */
const QUIET_TURNS = 3

/** What may happen next, in the order in which it became possible. */
class Schedule {
  readonly #random: () => number
  readonly #turns: (() => void)[] = []
  readonly #queues: (() => void)[][] = []

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  /** Messages of one direction of a pipe: they arrive in order. */
  queue(): (() => void)[] {
    const queue: (() => void)[] = []
    this.#queues.push(queue)
    return queue
  }

  /** A slot lets others go on. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.#turns.push(resolve))
  }

  take(): (() => void) | undefined {
    const queues = this.#queues.filter((queue) => queue.length > 0)
    const choices = this.#turns.length + queues.length
    if (choices === 0) return undefined
    const choice = Math.floor(this.#random() * choices)
    if (choice < this.#turns.length) return this.#turns.splice(choice, 1)[0]
    return queues[choice - this.#turns.length]!.shift()
  }

  /** A pipe's two ends. What is sent between slots is cloned as a thread's messages are. */
  pipe(isCloning: boolean): readonly [Port, Port] {
    const listeners: (((message: never) => void) | undefined)[] = [undefined, undefined]
    const end = (own: 0 | 1): Port => {
      const queue = this.queue()
      return {
        postMessage(message, transfer = []) {
          const sent = isCloning ? structuredClone(message, { transfer: [...transfer] }) : message
          queue.push(() => listeners[1 - own]?.(sent as never))
        },
        onMessage(listener) {
          listeners[own] = listener
        },
        close() {
          listeners[own] = undefined
        },
      }
    }
    return [end(0), end(1)]
  }
}

class SimulatedSlots implements SlotPool {
  readonly free = Infinity
  readonly workers = new Map<Slot, SlotWorker>()
  readonly #schedule: Schedule
  readonly #clock: VirtualClock
  readonly #closures: ReadonlyMap<string, unknown>

  constructor(schedule: Schedule, clock: VirtualClock, closures: ReadonlyMap<string, unknown>) {
    this.#schedule = schedule
    this.#clock = clock
    this.#closures = closures
  }

  take(): Promise<Slot> {
    const [control, inner] = this.#schedule.pipe(false)
    const worker = new SlotWorker(
      {
        clock: this.#clock,
        kernels: (bytesMax) => new Kernels(kernelModule(), bytesMax),
        closures: () => Promise.resolve(this.#closures),
        turn: () => this.#schedule.turn(),
      },
      inner,
    )
    const slot: Slot = {
      control,
      lost: new Promise(() => undefined),
      kill: () => Promise.resolve(),
    }
    this.workers.set(slot, worker)
    return Promise.resolve(slot)
  }

  connect(a: PlacedSlot, b: PlacedSlot): void {
    const [portOfA, portOfB] = this.#schedule.pipe(true)
    a.slot.control.postMessage({ kind: 'connect', slot: b.index, port: portOfA })
    b.slot.control.postMessage({ kind: 'connect', slot: a.index, port: portOfB })
  }

  giveBack(slot: Slot): void {
    this.workers.get(slot)?.close()
    this.workers.delete(slot)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** Runs one job at a time. */
export class SimulatedCluster implements JobExecutor {
  readonly clock: VirtualClock
  readonly #schedule: Schedule
  #slots: SimulatedSlots | undefined
  #master: JobMaster | undefined

  constructor(seed: number, clock: VirtualClock) {
    this.clock = clock
    this.#schedule = new Schedule(seed)
  }

  /** The job that was submitted last. */
  get master(): JobMaster | undefined {
    return this.#master
  }

  submit(submission: JobSubmission): Promise<JobClient> {
    const slots = new SimulatedSlots(this.#schedule, this.clock, submission.closures)
    const master = new JobMaster(submission, {
      jobId: randomId(),
      clock: this.clock,
      executor: new TaskExecutor(slots, this.clock),
      inlineSlot: false,
      compileUserFunctions: async (modules) => {
        if (modules.length === 0) return new Map()
        const { compileUserFunctions } = await import('../columnar/user-function-compiler.ts')
        return compileUserFunctions(modules)
      },
    })
    this.#slots = slots
    this.#master = master
    void master.run()
    return Promise.resolve(master)
  }

  /** Goes on until the promise has settled. */
  async drive<T>(promise: Promise<T>): Promise<T> {
    const progress = { isSettled: false }
    const settled = promise.finally(() => {
      progress.isSettled = true
    })
    settled.catch(() => undefined)
    await this.driveUntil(() => progress.isSettled)
    return settled
  }

  /** Goes on until something is so. */
  async driveUntil(isSo: () => boolean): Promise<void> {
    while (!isSo()) await this.#step()
  }

  /** Goes on until nothing more can happen: all wait for input, for time, or for calls outside. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS;) {
      const isWaiting = [...(this.#slots?.workers.values() ?? [])].some((slot) => slot.isWaiting)
      quiet = (await this.#step()) || isWaiting ? 0 : quiet + 1
    }
  }

  /**
   * Works while no operator counts as full: what waits for room between operators comes into their state,
   * and once all has settled nothing is on its way.
   */
  async quiesced<T>(work: () => Promise<T>): Promise<T> {
    const workers = [...(this.#slots?.workers.values() ?? [])]
    for (const worker of workers) worker.quiesce(true)
    try {
      return await work()
    } finally {
      for (const worker of workers) worker.quiesce(false)
    }
  }

  /** One action, and what follows from it at once; false when there was none. */
  async #step(): Promise<boolean> {
    const action = this.#schedule.take()
    action?.()
    await turn()
    return action !== undefined
  }
}
