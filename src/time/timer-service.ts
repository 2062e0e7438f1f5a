// The timers of keyed functions: event-time and processing-time timers for the current key. After Flink's
// InternalTimerServiceImpl.
//
// TS1  A timer of event time fires when the watermark reaches its time: at or after it, never before. One
//      that is registered for a time that has passed fires when the watermark next advances.
// TS2  A timer that is registered while timers fire, for a time that is due, fires in the same advance.
// TS3  Processing-time timers fire when the clock reaches them; at the end of input those that are left
//      fire once, and what they register then does not.
import { DataflowError } from '../base/errors.ts'
import type { StateReader } from '../checkpoint/operator-state.ts'
import type { KeyedRowsTarget } from '../state/keyed-rows.ts'
import type { StateScope } from '../state/state-table.ts'
import { TimerQueue } from './timer-queue.ts'

/** What a function may know of time. */
export interface TimeQueries {
  /** Milliseconds; -Infinity before the first watermark, +Infinity after the last. */
  currentWatermark(): number
  /** Milliseconds since the epoch. */
  currentProcessingTime(): number
}

/** Timers for the current key. Times are milliseconds. */
export interface TimerService extends TimeQueries {
  registerEventTimeTimer(timeMs: number): void
  registerProcessingTimeTimer(timeMs: number): void
  deleteEventTimeTimer(timeMs: number): void
  deleteProcessingTimeTimer(timeMs: number): void
}

/** The time that timers go by. */
export interface TimerClock {
  watermarkMs(): number
  processingTimeMs(): number
  wakeAt(timeMs: number): void
}

export type TimeDomain = 'event' | 'processing'

export class KeyedTimers implements TimerService {
  readonly #scope: StateScope
  readonly #clock: TimerClock
  readonly #event = new TimerQueue()
  readonly #processing = new TimerQueue()
  /** The end of input has come: nobody will tell the time again. */
  #hasEnded = false

  constructor(scope: StateScope, clock: TimerClock) {
    this.#scope = scope
    this.#clock = clock
    scope.holders.push(this.#event, this.#processing)
  }

  currentWatermark(): number {
    return this.#clock.watermarkMs()
  }

  currentProcessingTime(): number {
    return this.#clock.processingTimeMs()
  }

  registerEventTimeTimer(timeMs: number): void {
    this.#event.add(this.#id(timeMs), timeMs)
  }

  registerProcessingTimeTimer(timeMs: number): void {
    const id = this.#id(timeMs)
    if (this.#hasEnded) return
    if (this.#processing.add(id, timeMs)) this.#clock.wakeAt(timeMs)
  }

  deleteEventTimeTimer(timeMs: number): void {
    this.#event.delete(this.#id(timeMs), timeMs)
  }

  deleteProcessingTimeTimer(timeMs: number): void {
    this.#processing.delete(this.#id(timeMs), timeMs)
  }

  /** Timers that are there, of both domains. */
  get size(): number {
    return this.#event.size + this.#processing.size
  }

  /**
   * Calls `onTimer` for each timer that is due, with the scope's current id set; yields when it says so.
   * @param onTimer true: let others work before the next timer
   */
  *fire(
    domain: TimeDomain,
    nowMs: number,
    onTimer: (timeMs: number, domain: TimeDomain) => boolean,
  ): Generator<void> {
    const queue = domain === 'event' ? this.#event : this.#processing
    if (domain === 'processing' && nowMs === Infinity) this.#hasEnded = true
    while (queue.next(nowMs)) {
      this.#scope.current = queue.id
      const isFull = onTimer(queue.timeMs, domain)
      this.#scope.current = -1
      if (isFull) yield
    }
    if (domain === 'processing' && queue.size > 0) this.#clock.wakeAt(queue.earliestMs)
  }

  snapshot(target: KeyedRowsTarget): void {
    this.#event.snapshot(target, `timers:event:${this.#scope.name}`)
    this.#processing.snapshot(target, `timers:processing:${this.#scope.name}`)
  }

  restore(target: Pick<KeyedRowsTarget, 'kernels' | 'scope'>, from: StateReader | undefined): void {
    this.#event.restore(target, from, `timers:event:${this.#scope.name}`)
    this.#processing.restore(target, from, `timers:processing:${this.#scope.name}`)
    if (this.#processing.size > 0) this.#clock.wakeAt(this.#processing.earliestMs)
  }

  #id(timeMs: number): number {
    if (typeof timeMs !== 'number' || Number.isNaN(timeMs)) {
      throw new DataflowError(
        'CONFIG_INVALID',
        `a timer's time is ${String(timeMs)}; it must be a number of milliseconds`,
      )
    }
    const { current, absence } = this.#scope
    if (current >= 0) return current
    throw new DataflowError('STATE_MISUSED', `a timer is set ${absence}: there is no current key`)
  }
}
