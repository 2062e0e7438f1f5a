// A clock that stands still until somebody moves it: for simulations, tests, and runs whose processing
// time must not depend on the machine.
//
// VC1  Callbacks run in order of their time, and of scheduling where that is equal; while one runs, the
//      clock shows its time.
import { assert } from './assert.ts'
import type { Clock } from './clock.ts'

interface Alarm {
  readonly timeMs: number
  readonly order: number
  readonly callback: () => void
}

export class VirtualClock implements Clock {
  #nowMs: number
  #scheduled = 0
  // Emptied by advance() and by who cancels.
  readonly #alarms = new Set<Alarm>()

  /** @param nowMs where it begins, milliseconds since the epoch */
  constructor(nowMs = 0) {
    this.#nowMs = nowMs
  }

  now(): number {
    return this.#nowMs
  }

  monotonic(): number {
    return this.#nowMs
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timeMs = this.#nowMs + Math.max(0, delayMs)
    const alarm: Alarm = { timeMs, order: this.#scheduled++, callback }
    this.#alarms.add(alarm)
    return () => void this.#alarms.delete(alarm)
  }

  /** When the next callback is due, milliseconds; +Infinity when none is. */
  get nextMs(): number {
    return this.#next()?.timeMs ?? Infinity
  }

  /** Moves on to `timeMs`, which may not lie behind, and runs what is due on the way. */
  advanceTo(timeMs: number): void {
    assert(timeMs >= this.#nowMs, `a clock at ${this.#nowMs} ms cannot go back to ${timeMs} ms`)
    for (let alarm = this.#next(); alarm !== undefined; alarm = this.#next()) {
      if (alarm.timeMs > timeMs) break
      this.#alarms.delete(alarm)
      this.#nowMs = alarm.timeMs
      alarm.callback()
    }
    this.#nowMs = timeMs
  }

  #next(): Alarm | undefined {
    let next: Alarm | undefined
    for (const alarm of this.#alarms) {
      const isSooner =
        next === undefined ||
        alarm.timeMs < next.timeMs ||
        (alarm.timeMs === next.timeMs && alarm.order < next.order)
      if (isSooner) next = alarm
    }
    return next
  }
}
