// Time and chance, handed in. The only file that may touch the wall clock, timers or randomness, so
// that a simulator can own them all.

/** What the engine knows of time. Times are milliseconds. */
export interface Clock {
  /** Wall-clock time since the epoch. */
  now(): number
  /** A time that never steps back, for durations. */
  monotonic(): number
  /** Runs `callback` once after `delayMs`; the answer cancels it. */
  schedule(delayMs: number, callback: () => void): () => void
}

/** The machine's own clock. Its timers do not keep a process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    if (typeof timer === 'object') timer.unref()
    return () => clearTimeout(timer)
  },
}
