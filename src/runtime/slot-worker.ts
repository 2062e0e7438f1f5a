// A slot: one thread with one instance of the kernels and one linear memory, in which the subtasks of a
// job's slice take turns in one mailbox loop. The thread and its ports are handed in, so that the same
// slot runs in a worker, on the calling thread, or in a simulator.
//
// L1  Subtasks run one at a time; those further down the graph go first, so that queues stay short.
// L2  After each round the loop lets messages in; when nobody can go on it sleeps until one arrives.
// L3  A failed or cancelled slot closes all its subtasks, reports each, then says 'idle' and forgets.
import { assert } from '../base/assert.ts'
import { DataflowError, type ErrorJson, isDataflowError } from '../base/errors.ts'
import type { Clock } from '../base/clock.ts'
import type { OperatorSnapshot } from '../checkpoint/operator-state.ts'
import type { Kernels } from '../kernels/module.ts'
import { reportOf } from '../operators/user-metrics.ts'
import type { RemoteChannel } from './channel.ts'
import type { InputGate } from './input-gate.ts'
import type {
  BetweenSlots,
  FromSlot,
  JobDeployment,
  Port,
  TaskDeployment,
  TaskId,
  ToSlot,
} from './slot-protocol.ts'
import type { Subtask } from './subtask.ts'
import { buildSubtask } from './task-builder.ts'

/** What the host of a slot provides. */
export interface SlotWorld {
  readonly clock: Clock
  /** A fresh linear memory for a job. */
  kernels(bytesMax: number): Kernels
  /** The job's closures by operator id: from its module, or as they are on the calling thread. */
  closures(job: JobDeployment): Promise<ReadonlyMap<string, unknown>>
  /** Lets the thread handle what has arrived. */
  turn(): Promise<void>
  /**
   * Runs something once, later, by a time that goes on by itself: so that a slot that sleeps reports what it
   * did last. Absent in a simulation, where no time does.
   */
  readonly later?: Clock['schedule']
}

export class SlotWorker {
  readonly #world: SlotWorld
  readonly #control: Port
  readonly #ports = new Map<number, Port>()
  #job: SlotJob | undefined

  constructor(world: SlotWorld, control: Port) {
    this.#world = world
    this.#control = control
    control.onMessage((message: ToSlot) => void this.#onControl(message))
  }

  /** A task waits for a promise of its own: a file that is written, a split that opens. */
  get isWaiting(): boolean {
    return this.#job?.isWaiting ?? false
  }

  /** Has its tasks take in all that waits for room, until it is off again: before a snapshot. */
  quiesce(isOn: boolean): void {
    this.#job?.quiesce(isOn)
  }

  /** Drops the ports; for a slot that is thrown away. */
  close(): void {
    for (const port of this.#ports.values()) port.close()
    this.#ports.clear()
    this.#control.close()
  }

  async #onControl(message: ToSlot): Promise<void> {
    try {
      switch (message.kind) {
        case 'connect':
          this.#connect(message.slot, message.port)
          break
        case 'deploy':
          this.#job = new SlotJob(this.#world, this.#ports, message.job, (reply, transfer) =>
            this.#control.postMessage(reply, transfer),
          )
          await this.#job.deploy(message.tasks)
          this.#control.postMessage({ kind: 'deployed' } satisfies FromSlot)
          break
        case 'start':
          await this.#job?.run()
          this.#forget()
          break
        case 'split':
          this.#job?.task(message.task)?.onSplit(message.split)
          break
        case 'source-message':
          this.#job?.task(message.task)?.onSourceMessage(message.message)
          break
        case 'collected':
          this.#job?.onCollected(message.request)
          break
        case 'snapshot':
          this.#control.postMessage({
            kind: 'snapshot',
            operators: (await this.#job?.snapshot()) ?? [],
          } satisfies FromSlot)
          break
        case 'cancel':
          if (this.#job === undefined || (await this.#job.cancel())) this.#forget()
          break
      }
    } catch (error) {
      const failed: FromSlot = { kind: 'failed', error: errorJson(error) }
      this.#control.postMessage(failed)
    }
  }

  #connect(slot: number, port: Port): void {
    this.#ports.set(slot, port)
    port.onMessage((message: BetweenSlots) => this.#job?.onData(message))
  }

  #forget(): void {
    for (const port of this.#ports.values()) port.close()
    this.#ports.clear()
    this.#job = undefined
    this.#control.postMessage({ kind: 'idle' } satisfies FromSlot)
  }
}

/** One job's share of a slot. */
class SlotJob {
  readonly #world: SlotWorld
  readonly #ports: ReadonlyMap<number, Port>
  readonly #job: JobDeployment
  readonly #reply: (message: FromSlot, transfer?: readonly ArrayBuffer[]) => void
  readonly #subtasks: Subtask[] = []
  readonly #gates = new Map<number, { gate: InputGate; index: number }>()
  readonly #outputs = new Map<number, RemoteChannel>()
  readonly #collects = new Map<number, () => void>()
  #kernels: Kernels | undefined
  #nextRequest = 0
  #running = false
  #wakeUp: (() => void) | undefined
  #awake = false
  #reportedWindow = false
  #reportAtMs = 0
  /** Steps were taken since the last report. */
  #isReportStale = false
  #stopReport: (() => void) | undefined

  constructor(
    world: SlotWorld,
    ports: ReadonlyMap<number, Port>,
    job: JobDeployment,
    reply: (message: FromSlot, transfer?: readonly ArrayBuffer[]) => void,
  ) {
    this.#world = world
    this.#ports = ports
    this.#job = job
    this.#reply = reply
  }

  get isWaiting(): boolean {
    return this.#subtasks.some((subtask) => subtask.isWaiting)
  }

  task(task: TaskId): Subtask | undefined {
    return this.#subtasks.find((subtask) => subtask.task === task)
  }

  async deploy(tasks: readonly TaskDeployment[]): Promise<void> {
    const kernels = this.#world.kernels(this.#job.config.slotMemoryBytes)
    this.#kernels = kernels
    const closures = await this.#world.closures(this.#job)
    // Consumers first: a producer in this slot connects to their gates.
    for (const task of tasks.toReversed()) {
      const built = await buildSubtask(task, {
        job: this.#job,
        kernels,
        closures,
        clock: this.#world.clock,
        ...(this.#job.restored === undefined ? {} : { restored: this.#job.restored }),
        ports: this.#ports,
        gates: this.#gates,
        outputs: this.#outputs,
        wake: () => this.#wake(),
        requestSplit: () => this.#reply({ kind: 'request-split', task: task.task }),
        reportWatermark: (watermarkMs) =>
          this.#reply({ kind: 'source-watermark', task: task.task, watermarkMs }),
        collect: (operator, bytes) => this.#collect(operator, bytes),
      })
      this.#subtasks.push(built)
    }
    for (const subtask of this.#subtasks) await subtask.open()
  }

  quiesce(isOn: boolean): void {
    for (const subtask of this.#subtasks) subtask.quiesce(isOn)
  }

  /** @throws ASSERTION_FAILED when a task is in the middle of something, or has input before it */
  async snapshot(): Promise<readonly (readonly [string, OperatorSnapshot])[]> {
    // Loaded when it is needed: it brings Arrow's metadata with it.
    const { SnapshotWriter } = await import('../checkpoint/state-tables.ts')
    return this.#subtasks.flatMap((subtask) => {
      assert(subtask.quiet, `${subtask.task} is asked for a snapshot while it works`)
      // What is in a channel is in nobody's state: who asks quiesces the slots before.
      const { task, gate } = subtask
      assert(!gate.hasElements, `${task} is asked for a snapshot while rows wait before it`)
      return [...subtask.snapshot((place) => new SnapshotWriter(this.#kernels!, place))]
    })
  }

  onData(message: BetweenSlots): void {
    if (message.kind === 'credit') {
      this.#outputs.get(message.channel)?.onCredit(message.buffer)
      this.#wake()
      return
    }
    const target = this.#gates.get(message.channel)
    if (target === undefined) return
    const { gate, index } = target
    switch (message.kind) {
      case 'batch':
        return gate.push(index, { kind: 'buffer', buffer: message.buffer, bytes: message.bytes })
      case 'watermark':
        return gate.push(index, { kind: 'watermark', watermarkMs: message.watermarkMs })
      case 'idle':
        return gate.push(index, { kind: 'idle', idle: message.idle })
      case 'end':
        return gate.push(index, { kind: 'end' })
    }
  }

  onCollected(request: number): void {
    const done = this.#collects.get(request)
    this.#collects.delete(request)
    done?.()
  }

  /** Stops everything; true when the loop was not running, so that nobody else will clean up. */
  async cancel(): Promise<boolean> {
    for (const subtask of this.#subtasks) subtask.cancel()
    this.#wake()
    if (this.#running) return false
    // Who says 'idle' has given everything back: files of sinks that were open are gone.
    for (const subtask of this.#subtasks) await subtask.close()
    return true
  }

  /** The mailbox loop: until every subtask has ended and was closed. */
  async run(): Promise<void> {
    this.#running = true
    const reported = new Set<Subtask>()
    while (reported.size < this.#subtasks.length) {
      let progress = false
      for (const subtask of this.#subtasks) {
        if (reported.has(subtask)) continue
        if (subtask.ended) {
          await this.#end(subtask, reported)
          progress = true
        } else if (subtask.step()) {
          progress = true
        }
      }
      this.#isReportStale ||= progress
      this.#report(false)
      if (reported.size === this.#subtasks.length) break
      if (progress) await this.#world.turn()
      else await this.#sleep()
    }
  }

  async #end(subtask: Subtask, reported: Set<Subtask>): Promise<void> {
    reported.add(subtask)
    await subtask.close()
    this.#report(true)
    const { task, state, error } = subtask
    this.#reply({
      kind: 'ended',
      task,
      state: state as 'finished' | 'failed' | 'cancelled',
      ...(state === 'failed' ? { error: errorJson(error) } : {}),
    })
  }

  #reportLater(): void {
    if (!this.#isReportStale) return
    const { metricsIntervalMs } = this.#job.config
    this.#stopReport ??= this.#world.later?.(metricsIntervalMs, () => this.#report(true))
  }

  #report(now: boolean): void {
    const atMs = this.#world.clock.monotonic()
    const fired = !this.#reportedWindow && this.#subtasks.some(hasFired)
    if (!now && !fired && atMs < this.#reportAtMs) return
    this.#reportedWindow ||= fired
    this.#isReportStale = false
    this.#stopReport?.()
    this.#stopReport = undefined
    this.#reportAtMs = atMs + this.#job.config.metricsIntervalMs
    this.#reply({
      kind: 'report',
      tasks: this.#subtasks.map((subtask) => ({
        task: subtask.task,
        watermarkMs: subtask.watermarkMs,
        operators: subtask.metrics.map((metrics) => ({
          ...metrics,
          user: reportOf(metrics.user),
        })),
      })),
    })
  }

  #collect(operator: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const request = this.#nextRequest++
    this.#reply({ kind: 'collect', operator, bytes, request }, [bytes.buffer])
    return new Promise((resolve) => this.#collects.set(request, resolve))
  }

  #wake(): void {
    this.#awake = true
    this.#wakeUp?.()
  }

  async #sleep(): Promise<void> {
    if (!this.#awake) {
      this.#reportLater()
      await new Promise<void>((resolve) => {
        this.#wakeUp = resolve
      })
      this.#wakeUp = undefined
    }
    this.#awake = false
  }
}

const hasFired = (subtask: Subtask): boolean =>
  subtask.metrics.some((metrics) => metrics.windowsFired > 0)

function errorJson(error: unknown): ErrorJson {
  if (isDataflowError(error)) return error.toJSON()
  const message = error instanceof Error ? error.message : String(error)
  return new DataflowError('USER_CODE_FAILED', message, { cause: error }).toJSON()
}
