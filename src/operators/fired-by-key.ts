// How far keys have fired that come from subtasks that were behind others when a snapshot was taken: by the
// clock each is as far as it was when it was woken last (window-state.ts). Kept by key id, from the restore
// until all have caught up. Used by the operator over windows on a grid, which share what is in the state.
import type { WindowGrid } from './window-grid.ts'

const TIMES_MIN = 1_024

export class FiredByKey {
  readonly #grid: WindowGrid
  /** What others have fired: the windows before this. */
  readonly #end: number
  /** NaN: the key is not behind. */
  #times = new Float64Array(TIMES_MIN).fill(NaN)
  /** The first window that is to fire for somebody who has rows in it; Infinity: nobody is behind. */
  first = Infinity
  /** The last time that was added, and the first window that is open at it. */
  #firedMs = NaN
  #open = -Infinity

  /** @param latestMs up to when others have fired */
  constructor(grid: WindowGrid, latestMs: number) {
    this.#grid = grid
    this.#end = grid.firstOpen(latestMs)
  }

  /** A key with rows in a slice has fired up to a time. */
  add(id: number, { slice, firedMs }: { readonly slice: number; readonly firedMs: number }): void {
    if (firedMs !== this.#firedMs) {
      this.#firedMs = firedMs
      this.#open = this.#grid.firstOpen(firedMs)
    }
    const first = Math.max(this.#open, this.#grid.firstWindow(slice))
    if (first >= this.#end) return
    if (id >= this.#times.length) this.#grow(id)
    this.#times[id] = firedMs
    this.first = Math.min(this.first, first)
  }

  /** Undefined: the key is not behind. */
  of(id: number): number | undefined {
    const timeMs = this.#times[id]
    return timeMs === undefined || Number.isNaN(timeMs) ? undefined : timeMs
  }

  /** The ids of keys that have not fired up to a time, ascending. */
  idsBefore(timeMs: number): number[] {
    const ids: number[] = []
    this.#times.forEach((each, id) => {
      if (each < timeMs) ids.push(id)
    })
    return ids
  }

  #grow(id: number): void {
    const before = this.#times
    this.#times = new Float64Array(Math.max(before.length * 2, id + 1)).fill(NaN)
    this.#times.set(before)
  }
}
