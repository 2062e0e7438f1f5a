// The timers of windows: those of a key and window, in event time and in processing time. A window knows its
// timers, so that they go with it. (KeyedTimers is the same for keys; TS1 to TS3 hold here, too.)
import { DataflowError } from '../base/errors.ts'
import type { StateReader } from '../checkpoint/operator-state.ts'
import type { KeyedRowsTarget } from '../state/keyed-rows.ts'
import type { TimeDomain } from '../time/timer-service.ts'
import { TimerQueue } from '../time/timer-queue.ts'
import { NO_TIMERS, type Pane, type PaneSet } from './pane-set.ts'

export class WindowTimers {
  readonly #panes: PaneSet
  readonly #wakeAt: (timeMs: number) => void
  readonly #queues = { event: new TimerQueue(), processing: new TimerQueue() }
  /** The end of input has come: nobody will tell the time again. */
  #hasEnded = false

  constructor(panes: PaneSet, wakeAt: (timeMs: number) => void) {
    this.#panes = panes
    this.#wakeAt = wakeAt
    panes.scope.holders.push(this.#queues.event, this.#queues.processing)
  }

  register(pane: Pane, domain: TimeDomain, timeMs: number): void {
    if (typeof timeMs !== 'number' || Number.isNaN(timeMs)) {
      throw new DataflowError(
        'CONFIG_INVALID',
        `a timer's time is ${String(timeMs)}; it must be a number of milliseconds`,
      )
    }
    const times = pane[domain]
    if (times.includes(timeMs) || (domain === 'processing' && this.#hasEnded)) return
    pane[domain] = [...times, timeMs]
    this.#queues[domain].add(pane.id, timeMs)
    if (domain === 'processing') this.#wakeAt(timeMs)
  }

  delete(pane: Pane, domain: TimeDomain, timeMs: number): void {
    if (remove(pane, domain, timeMs)) this.#queues[domain].delete(pane.id, timeMs)
  }

  deleteAll(pane: Pane): void {
    for (const domain of ['event', 'processing'] as const) {
      for (const timeMs of pane[domain]) this.#queues[domain].delete(pane.id, timeMs)
      pane[domain] = NO_TIMERS
    }
  }

  /** Calls `onTimer` for each timer that is due; yields when it says so. */
  *fire(
    domain: TimeDomain,
    nowMs: number,
    onTimer: (pane: Pane, timeMs: number) => boolean,
  ): Generator<void> {
    const queue = this.#queues[domain]
    if (domain === 'processing' && nowMs === Infinity) this.#hasEnded = true
    while (queue.next(nowMs)) {
      const pane = this.#panes.of(queue.id)
      remove(pane, domain, queue.timeMs)
      if (onTimer(pane, queue.timeMs)) yield
    }
    if (domain === 'processing' && queue.size > 0) this.#wakeAt(queue.earliestMs)
  }

  snapshot(target: KeyedRowsTarget): void {
    this.#queues.event.snapshot(target, 'timers:event:window')
    this.#queues.processing.snapshot(target, 'timers:processing:window')
  }

  restore(target: Pick<KeyedRowsTarget, 'kernels' | 'scope'>, from: StateReader | undefined): void {
    for (const domain of ['event', 'processing'] as const) {
      const queue = this.#queues[domain]
      queue.restore(target, from, `timers:${domain}:window`)
      queue.forEach((id, timeMs) => {
        const pane = this.#panes.of(id)
        pane[domain] = [...pane[domain], timeMs]
      })
    }
    const { processing } = this.#queues
    if (processing.size > 0) this.#wakeAt(processing.earliestMs)
  }
}

/** False: there was none. */
function remove(pane: Pane, domain: TimeDomain, timeMs: number): boolean {
  const times = pane[domain]
  if (!times.includes(timeMs)) return false
  pane[domain] = times.length === 1 ? NO_TIMERS : times.filter((each) => each !== timeMs)
  return true
}
