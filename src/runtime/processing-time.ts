// Processing time in a subtask: the injected clock, made monotone, and the operators that wait for it.
//
// PT1  Time never steps back: a clock that does is taken to stand still until it has caught up.
// PT2  An operator has at most one alarm, the earliest it asked for; an alarm comes in the mailbox, never
//      before its time.
import type { Clock } from '../base/clock.ts'

/** Longest single wait on the clock: timers overflow at 2^31 ms. */
const WAIT_MS_MAX = 3_600_000

export class ProcessingTime {
  readonly #clock: Clock
  readonly #wake: () => void
  readonly #alarms = new Map<number, number>()
  #nowMs = -Infinity
  #cancel: (() => void) | undefined
  #scheduledMs = Infinity

  /** @param wake runs the mailbox loop: an alarm is due */
  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock
    this.#wake = wake
  }

  /** Milliseconds since the epoch. */
  now(): number {
    const nowMs = this.#clock.now()
    if (nowMs > this.#nowMs) this.#nowMs = nowMs
    return this.#nowMs
  }

  /** Asks for an alarm of an operator, by its place in the chain. */
  wakeAt(operator: number, timeMs: number): void {
    if (timeMs >= (this.#alarms.get(operator) ?? Infinity)) return
    this.#alarms.set(operator, timeMs)
    this.#schedule()
  }

  /** An operator whose alarm is due, of those that may run; it has none from now on. */
  due(mayRun: (operator: number) => boolean = () => true): number | undefined {
    if (this.#alarms.size === 0) return undefined
    const nowMs = this.now()
    for (const [operator, timeMs] of this.#alarms) {
      if (timeMs > nowMs || !mayRun(operator)) continue
      this.#alarms.delete(operator)
      return operator
    }
    this.#schedule()
    return undefined
  }

  close(): void {
    this.#alarms.clear()
    this.#cancel?.()
    this.#cancel = undefined
  }

  #schedule(): void {
    const earliestMs = Math.min(...this.#alarms.values())
    if (
      earliestMs === Infinity ||
      (this.#cancel !== undefined && this.#scheduledMs <= earliestMs)
    ) {
      return
    }
    this.#cancel?.()
    this.#scheduledMs = earliestMs
    const delayMs = Math.min(Math.max(0, earliestMs - this.now()), WAIT_MS_MAX)
    this.#cancel = this.#clock.schedule(delayMs, () => {
      this.#cancel = undefined
      this.#wake()
    })
  }
}
