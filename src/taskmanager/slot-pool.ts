// Shell: the slots of a TaskManager: long-lived piscina workers, one a slot, or one slot inline on the
// calling thread for jobs whose closures no worker could find again.
//
// SP1  A slot is lent to one job at a time; run() is called once for each thread, never without one free.
// SP2  kill() ends a slot's thread, even in an endless loop; the pool puts a new one in its place.
// SP3  close() ends every thread and waits for it.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { DataflowError } from '../base/errors.ts'
import { kernelModule } from '../kernels/module.ts'
import type { Port } from '../runtime/slot-protocol.ts'
import type { SlotWorld } from '../runtime/slot-worker.ts'
import { SlotWorker } from '../runtime/slot-worker.ts'
import { portOf } from './message-port.ts'
import { threadWorld } from './slot-host.ts'

/** One slot, as the task executor sees it. */
export interface Slot {
  readonly control: Port
  /** Settles when the slot's thread is gone without having been asked to; never for a healthy one. */
  readonly lost: Promise<DataflowError>
  /** Ends the thread at once. */
  kill(): Promise<void>
}

export interface SlotPool {
  readonly free: number
  take(): Promise<Slot>
  giveBack(slot: Slot): void
  /** Gives two slots of a job a pipe between them; each is told the other's index in the job. */
  connect(a: PlacedSlot, b: PlacedSlot): void
  close(): Promise<void>
}

/** A slot with its index in a job. */
export interface PlacedSlot {
  readonly slot: Slot
  readonly index: number
}

interface ThreadSlot extends Slot {
  /** Behind `control`: what can transfer a port. */
  readonly port: MessagePort
  readonly stop: MessagePort
  readonly ended: Promise<void>
}

const SOURCE_EXTENSION = '.ts'

/**
 * Where threads keep what Node compiled. It makes a thread start faster, and it keeps Node's own stripper
 * of types, a WebAssembly module, out of threads that come and go: V8 may free a wrapper of its imports
 * while another thread takes it, and the process dies of SIGSEGV (nodejs/node#64500).
 */
function compileCache(): string {
  return process.env['NODE_COMPILE_CACHE'] ?? join(tmpdir(), 'node-compile-cache')
}

export class ThreadSlotPool implements SlotPool {
  readonly #slots: number
  readonly #piscina: Piscina
  readonly #idle: ThreadSlot[] = []
  readonly #all = new Set<ThreadSlot>()
  #taken = 0
  #closed = false

  constructor(slots: number) {
    this.#slots = slots
    const extension = import.meta.url.endsWith(SOURCE_EXTENSION) ? SOURCE_EXTENSION : '.js'
    this.#piscina = new Piscina({
      filename: new URL(`./slot-host${extension}`, import.meta.url).href,
      name: 'hostSlot',
      minThreads: slots,
      maxThreads: slots,
      concurrentTasksPerWorker: 1,
      atomics: 'disabled',
      idleTimeout: Infinity,
      recordTiming: false,
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache() },
      ...(extension === SOURCE_EXTENSION ? { execArgv: ['--conditions=millrace-source'] } : {}),
    })
    // A worker that dies is reported by its own run; without a listener the pool's echo would be fatal.
    this.#piscina.on('error', () => undefined)
  }

  get free(): number {
    return this.#slots - this.#taken
  }

  take(): Promise<Slot> {
    assert(!this.#closed && this.free > 0, `no free slot of ${this.#slots}`)
    this.#taken++
    const slot = this.#idle.pop() ?? this.#start()
    return Promise.resolve(slot)
  }

  giveBack(slot: Slot): void {
    this.#taken--
    const known = slot as ThreadSlot
    if (this.#all.has(known)) this.#idle.push(known)
  }

  connect(a: PlacedSlot, b: PlacedSlot): void {
    const { port1, port2 } = new MessageChannel()
    const tell = (to: PlacedSlot, other: PlacedSlot, port: MessagePort): void =>
      (to.slot as ThreadSlot).port.postMessage({ kind: 'connect', slot: other.index, port }, [port])
    tell(a, b, port1)
    tell(b, a, port2)
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const slot of this.#all) slot.stop.close()
    await Promise.allSettled([...this.#all].map((slot) => slot.ended))
    await this.#piscina.destroy()
  }

  #start(): ThreadSlot {
    const control = new MessageChannel()
    const stop = new MessageChannel()
    const abort = new AbortController()
    const run = this.#piscina.run(
      { control: control.port2, stop: stop.port2, kernels: kernelModule() },
      { transferList: [control.port2, stop.port2], signal: abort.signal },
    )
    let lose: (error: DataflowError) => void
    const lost = new Promise<DataflowError>((resolve) => {
      lose = resolve
    })
    const ended = run.then(
      () => this.#drop(slot),
      (error: unknown) => {
        this.#drop(slot)
        const message = error instanceof Error ? error.message : String(error)
        const why = `the thread of a slot ended: ${message}`
        lose(new DataflowError('WORKER_LOST', why, { cause: error }))
      },
    )
    const kill = async (): Promise<void> => {
      abort.abort()
      await ended
    }
    const port = control.port1
    const slot: ThreadSlot = { control: portOf(port), port, stop: stop.port1, lost, ended, kill }
    this.#all.add(slot)
    return slot
  }

  #drop(slot: ThreadSlot): void {
    this.#all.delete(slot)
    const index = this.#idle.indexOf(slot)
    if (index >= 0) this.#idle.splice(index, 1)
    slot.control.close()
    slot.stop.close()
  }
}

/** One slot on the calling thread. Its closures are used as they are. */
export class InlineSlotPool implements SlotPool {
  readonly #closures: ReadonlyMap<string, unknown>
  readonly #clock: Clock
  #taken = false
  #worker: SlotWorker | undefined
  #ports: MessagePort[] = []

  constructor(closures: ReadonlyMap<string, unknown>, clock: Clock) {
    this.#closures = closures
    this.#clock = clock
  }

  get free(): number {
    return this.#taken ? 0 : 1
  }

  take(): Promise<Slot> {
    assert(!this.#taken, 'the inline slot is taken')
    this.#taken = true
    const { port1, port2 } = new MessageChannel()
    this.#ports.push(port1, port2)
    const world: SlotWorld = {
      ...threadWorld(kernelModule()),
      clock: this.#clock,
      closures: () => Promise.resolve(this.#closures),
    }
    this.#worker = new SlotWorker(world, portOf(port2))
    const never = new Promise<DataflowError>(() => undefined)
    return Promise.resolve({ control: portOf(port1), lost: never, kill: () => Promise.resolve() })
  }

  giveBack(): void {
    this.#taken = false
    this.#worker?.close()
    for (const port of this.#ports) port.close()
    this.#ports = []
  }

  connect(): void {
    throw new DataflowError('ASSERTION_FAILED', 'a job with one slot has no pair to connect')
  }

  close(): Promise<void> {
    if (this.#taken) this.giveBack()
    return Promise.resolve()
  }
}
