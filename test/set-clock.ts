// A clock that stands until a test sets it: timers whose time has come are called then, in the order in which
// they were asked for.
import type { Clock } from '../src/base/clock.ts'

export interface SetClock {
  readonly clock: Clock
  /** The timers that wait, and their times. */
  readonly timers: ReadonlyMap<() => void, number>
  set(timeMs: number): void
}

export function setClock(): SetClock {
  const timers = new Map<() => void, number>()
  let nowMs = 0
  return {
    clock: {
      now: () => nowMs,
      monotonic: () => nowMs,
      schedule(delayMs, callback) {
        timers.set(callback, nowMs + delayMs)
        return () => void timers.delete(callback)
      },
    },
    timers,
    set(timeMs) {
      nowMs = timeMs
      for (const [callback, atMs] of timers) {
        if (atMs > timeMs) continue
        timers.delete(callback)
        callback()
      }
    },
  }
}
