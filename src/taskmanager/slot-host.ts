// Shell: the worker thread of a slot, as piscina starts it. One long run: it hands the slot its ports and
// ends when the pool says stop; the thread then waits for the next run.
import { setImmediate as turn } from 'node:timers/promises'
import type { MessagePort } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { Kernels } from '../kernels/module.ts'
import type { JobDeployment } from '../runtime/slot-protocol.ts'
import { SlotWorker, type SlotWorld } from '../runtime/slot-worker.ts'
import { portOf } from './message-port.ts'

export interface SlotHostTask {
  readonly control: MessagePort
  /** Ends the run when it closes. */
  readonly stop: MessagePort
  readonly kernels: WebAssembly.Module
}

/** The world of a slot in a worker thread. */
export function threadWorld(kernels: WebAssembly.Module): SlotWorld {
  return {
    clock: systemClock,
    kernels: (bytesMax) => new Kernels(kernels, bytesMax),
    closures: (job) => closuresOf(job),
    turn: () => turn(),
    later: systemClock.schedule,
  }
}

async function closuresOf(job: JobDeployment): Promise<ReadonlyMap<string, unknown>> {
  if (job.module === undefined) return new Map()
  // Only a job with closures needs the SDK in its slots.
  const { closuresOfModule } = await import('../sdk/job-module.ts')
  return closuresOfModule(job.module)
}

/** piscina's entry. */
export async function hostSlot(task: SlotHostTask): Promise<void> {
  const slot = new SlotWorker(threadWorld(task.kernels), portOf(task.control))
  await new Promise<void>((resolve) => task.stop.once('close', resolve))
  slot.close()
}
