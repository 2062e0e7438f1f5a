// The input gate of a subtask: the receiving end of all its channels. Queues what arrives, hands it out
// fairly (round robin over channels that have something), and keeps the watermark over all of them.
//
// I1  A queue holds at most `channelCredits` batches, because senders need credit.
// I2  A taken batch lives in linear memory until done() is called with it; only then, or when it was
//     copied there, its credit goes back.
import { assert } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import type { Schema } from '../columnar/schema.ts'
import type { Kernels } from '../kernels/module.ts'
import { type ValveOutput, WatermarkValve } from '../time/watermark-valve.ts'
import type { Element, LocalChannel } from './channel.ts'
import { decodeFrame } from './frame.ts'
import type { BetweenSlots, Port } from './slot-protocol.ts'

/** What the subtask gets from its gate. */
export type GateEvent =
  | { readonly kind: 'batch'; readonly batch: RecordBatch; readonly input: number }
  | { readonly kind: 'watermark'; readonly watermarkMs: number }
  | { readonly kind: 'idle'; readonly idle: boolean }
  /** All channels have ended. */
  | { readonly kind: 'end' }

interface GateChannel {
  readonly input: number
  readonly queue: Element[]
  ended: boolean
  /** Gives a credit back: to the channel in this slot, or over the port. */
  local?: LocalChannel
  remote?: { readonly port: Port; readonly channel: number }
}

export class InputGate {
  readonly #kernels: Kernels
  readonly #schemas: readonly Schema[]
  readonly #channels: GateChannel[] = []
  readonly #wake: () => void
  #valve = new WatermarkValve(0)
  #next = 0
  #queued = 0
  #open = 0
  #held: { ptr: number; channel: GateChannel } | undefined
  /** What follows the watermark that was given out last. */
  #following: GateEvent | undefined

  /** @param schemas one an input   @param wake called when something arrives */
  constructor(kernels: Kernels, schemas: readonly Schema[], wake: () => void) {
    this.#kernels = kernels
    this.#schemas = schemas
    this.#wake = wake
  }

  /** Adds a channel that feeds `input`; its index is what push() takes. */
  addChannel(input: number): number {
    this.#channels.push({ input, queue: [], ended: false })
    this.#open++
    this.#valve = new WatermarkValve(this.#channels.length)
    return this.#channels.length - 1
  }

  connectLocal(index: number, channel: LocalChannel): void {
    this.#channels[index]!.local = channel
  }

  connectRemote(index: number, port: Port, channel: number): void {
    this.#channels[index]!.remote = { port, channel }
  }

  get hasElements(): boolean {
    return this.#queued > 0 || this.#following !== undefined
  }

  push(index: number, element: Element): void {
    const channel = this.#channels[index]!
    assert(!channel.ended, `channel ${index} of a gate got a ${element.kind} after its end`)
    if (element.kind === 'end') channel.ended = true
    channel.queue.push(element)
    this.#queued++
    this.#wake()
  }

  /** What comes next, or undefined when nothing is there. A batch is held until done(). */
  next(): GateEvent | undefined {
    assert(this.#held === undefined, 'a gate was asked before its batch was done')
    const following = this.#following
    this.#following = undefined
    if (following !== undefined) return following
    while (this.#queued > 0) {
      const index = this.#nextChannel()
      const element = this.#channels[index]!.queue.shift()!
      this.#queued--
      const event = this.#take(index, element)
      if (event !== undefined) return event
    }
    return undefined
  }

  /** The batch that next() gave is no longer used. */
  done(): void {
    const held = this.#held
    if (held === undefined) return
    this.#held = undefined
    this.#kernels.release(held.ptr)
    held.channel.local?.addCredit()
  }

  /** Gives back what is still queued. */
  close(): void {
    this.done()
    for (const channel of this.#channels) {
      for (const element of channel.queue) {
        if (element.kind === 'frame') this.#kernels.release(element.frame.ptr)
      }
      channel.queue.length = 0
    }
    this.#queued = 0
  }

  #nextChannel(): number {
    const count = this.#channels.length
    for (let step = 0; step < count; step++) {
      const index = (this.#next + step) % count
      if (this.#channels[index]!.queue.length > 0) {
        this.#next = (index + 1) % count
        return index
      }
    }
    throw new DataflowError('ASSERTION_FAILED', 'a gate counts elements that no channel has')
  }

  #take(index: number, element: Element): GateEvent | undefined {
    const channel = this.#channels[index]!
    switch (element.kind) {
      case 'frame':
        this.#held = { ptr: element.frame.ptr, channel }
        return this.#batch(channel, element.frame.ptr)
      case 'buffer': {
        const ptr = this.#kernels.allocate(element.bytes)
        this.#kernels.u8.set(new Uint8Array(element.buffer, 0, element.bytes), ptr)
        this.#held = { ptr, channel }
        const credit: BetweenSlots = {
          kind: 'credit',
          channel: channel.remote!.channel,
          buffer: element.buffer,
        }
        channel.remote!.port.postMessage(credit, [element.buffer])
        return this.#batch(channel, ptr)
      }
      case 'watermark':
        return this.#event(this.#valve.onWatermark(index, element.watermarkMs))
      case 'idle':
        return this.#event(element.idle ? this.#valve.onIdle(index) : this.#valve.onActive(index))
      case 'end':
        this.#open--
        return this.#open === 0 ? { kind: 'end' } : this.#event(this.#valve.onEnd(index))
    }
  }

  /** A watermark comes before the idleness that it came with. */
  #event({ watermarkMs, idle }: ValveOutput): GateEvent | undefined {
    const status: GateEvent | undefined = idle === undefined ? undefined : { kind: 'idle', idle }
    if (watermarkMs === undefined) return status
    this.#following = status
    return { kind: 'watermark', watermarkMs }
  }

  #batch(channel: GateChannel, ptr: number): GateEvent {
    const batch = decodeFrame(this.#kernels, this.#schemas[channel.input]!, ptr)
    return { kind: 'batch', batch, input: channel.input }
  }
}
