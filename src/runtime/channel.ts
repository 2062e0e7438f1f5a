// Channels: how elements go from one subtask to another, in order, with bounded batches in flight.
//
// H1  A channel is a FIFO. Batches need a credit; watermarks, idleness and the end do not.
// H2  The receiver grants `channelCredits` at the start. A credit comes back when a batch was taken out
//     of the queue: between slots, the returned buffer is the credit.
// H3  In one slot a frame is handed over as a pointer; between slots its bytes travel in a recycled
//     ArrayBuffer, transferred and never cloned.
import { assert } from '../base/assert.ts'
import type { Kernels } from '../kernels/module.ts'
import type { Frame } from './frame.ts'
import type { InputGate } from './input-gate.ts'
import type { BetweenSlots, Port } from './slot-protocol.ts'

/** The sending end. */
export interface OutputChannel {
  readonly credits: number
  /** Takes the frame over. Needs a credit. */
  sendFrame(frame: Frame): void
  sendWatermark(watermarkMs: number): void
  sendIdle(idle: boolean): void
  sendEnd(): void
}

/** What waits in an input gate's queue. Events wait in line with the batches. */
export type Element =
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'buffer'; readonly buffer: ArrayBuffer; readonly bytes: number }
  | { readonly kind: 'watermark'; readonly watermarkMs: number }
  | { readonly kind: 'idle'; readonly idle: boolean }
  | { readonly kind: 'end' }

/** Between two subtasks of one slot. */
export class LocalChannel implements OutputChannel {
  readonly #gate: InputGate
  readonly #index: number
  #credits: number

  constructor(gate: InputGate, index: number, credits: number) {
    this.#gate = gate
    this.#index = index
    this.#credits = credits
  }

  get credits(): number {
    return this.#credits
  }

  sendFrame(frame: Frame): void {
    assert(this.#credits > 0, 'a frame was sent without credit')
    this.#credits--
    this.#gate.push(this.#index, { kind: 'frame', frame })
  }

  addCredit(): void {
    this.#credits++
  }

  sendWatermark(watermarkMs: number): void {
    this.#gate.push(this.#index, { kind: 'watermark', watermarkMs })
  }

  sendIdle(idle: boolean): void {
    this.#gate.push(this.#index, { kind: 'idle', idle })
  }

  sendEnd(): void {
    this.#gate.push(this.#index, { kind: 'end' })
  }
}

/** To a subtask of another slot. */
export class RemoteChannel implements OutputChannel {
  readonly #kernels: Kernels
  readonly #port: Port
  readonly #channel: number
  readonly #creditsMax: number
  #credits: number
  #buffers: ArrayBuffer[] = []

  constructor(kernels: Kernels, port: Port, channel: number, credits: number) {
    this.#kernels = kernels
    this.#port = port
    this.#channel = channel
    this.#credits = credits
    this.#creditsMax = credits
  }

  get credits(): number {
    return this.#credits
  }

  sendFrame(frame: Frame): void {
    assert(this.#credits > 0, `a frame was sent on channel ${this.#channel} without credit`)
    this.#credits--
    const { ptr, bytes } = frame
    const buffer = this.#bufferFor(bytes)
    new Uint8Array(buffer, 0, bytes).set(this.#kernels.u8.subarray(ptr, ptr + bytes))
    this.#kernels.release(ptr)
    this.#post({ kind: 'batch', channel: this.#channel, buffer, bytes }, [buffer])
  }

  onCredit(buffer: ArrayBuffer): void {
    this.#credits++
    assert(this.#credits <= this.#creditsMax, `channel ${this.#channel} has a credit too many`)
    this.#buffers.push(buffer)
  }

  sendWatermark(watermarkMs: number): void {
    this.#post({ kind: 'watermark', channel: this.#channel, watermarkMs })
  }

  sendIdle(idle: boolean): void {
    this.#post({ kind: 'idle', channel: this.#channel, idle })
  }

  sendEnd(): void {
    this.#post({ kind: 'end', channel: this.#channel })
  }

  /** A buffer that came back and is large enough, else a new one of the next power of two. */
  #bufferFor(bytes: number): ArrayBuffer {
    const index = this.#buffers.findIndex((buffer) => buffer.byteLength >= bytes)
    if (index >= 0) return this.#buffers.splice(index, 1)[0]!
    this.#buffers.pop()
    return new ArrayBuffer(2 ** Math.ceil(Math.log2(Math.max(bytes, 4096))))
  }

  #post(message: BetweenSlots, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer)
  }
}
