// When a window of rows goes: by event time when the watermark has passed its last moment and the allowed
// lateness, by processing time when the clock has reached its end; a window of everything at the end of time.
import type { TimeDomain } from '../time/timer-service.ts'
import type { Window } from './window-functions.ts'
import { type WindowSpec, type WindowTime, windowTime } from './window-spec.ts'

export class WindowLife {
  /** Undefined: the windows go by no clock. */
  readonly clock: WindowTime | undefined
  readonly #latenessMs: number

  constructor(window: WindowSpec, latenessMs: number) {
    this.clock = windowTime(window)
    this.#latenessMs = latenessMs
  }

  get domain(): TimeDomain {
    return this.clock ?? 'event'
  }

  /** By the clock of its domain. */
  lastMs(window: Window): number {
    return this.clock === 'processing' ? window.end : window.maxTimestamp() + this.#latenessMs
  }

  /** The timer with which a window goes. */
  isLast(window: Window, domain: TimeDomain, timeMs: number): boolean {
    return domain === this.domain && timeMs === this.lastMs(window)
  }

  isGone(window: Window, watermarkMs: number): boolean {
    return this.clock === 'event' && this.lastMs(window) <= watermarkMs
  }
}
