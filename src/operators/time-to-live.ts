// Which rows of a join's side are over: rows come in the order of processing time, so that those that are
// over are the first ones.
//
// TL1  Rows that came within a 64th of the time to live are over together, with the last of them.
import type { JoinSide } from '../state/join-side.ts'
import type { Kernels } from '../kernels/module.ts'

const STEPS = 64

interface Arrival {
  /** The number of the row behind the last of them. */
  end: number
  /** When the last of them came, in processing time. */
  timeMs: number
  readonly sinceMs: number
}

export class TimeToLive {
  readonly #ttlMs: number
  readonly #stepMs: number
  /** At most a few more than STEPS: those before are over. */
  #arrivals: Arrival[] = []
  #oldest = 0

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs
    this.#stepMs = ttlMs / STEPS
  }

  /** Rows up to `end` have come by now. */
  add(end: number, nowMs: number): void {
    const last = this.#arrivals.at(-1)
    if (last !== undefined && nowMs - last.sinceMs <= this.#stepMs) {
      last.end = end
      last.timeMs = nowMs
    } else this.#arrivals.push({ end, timeMs: nowMs, sinceMs: nowMs })
  }

  /** The number of the first row that is not over. */
  expired(nowMs: number): number {
    let over = 0
    for (const { end, timeMs } of this.#arrivals) {
      if (timeMs + this.#ttlMs > nowMs) break
      this.#oldest = end
      over++
    }
    this.#arrivals.splice(0, over)
    return this.#oldest
  }

  /** The row numbers that it knows. */
  get boundaries(): readonly number[] {
    return [this.#oldest, ...this.#arrivals.map(({ end }) => end)]
  }

  /** Rows got new numbers: what the boundaries became. */
  move([oldest, ...ends]: readonly number[]): void {
    this.#oldest = oldest!
    this.#arrivals.forEach((arrival, i) => {
      arrival.end = ends[i]!
    })
  }

  /** Puts the rows that were restored into the order of their times. */
  restore(kernels: Kernels, side: JoinSide, keyCount: number): void {
    const at = side.times >>> 3
    const times = Float64Array.from(kernels.i64.subarray(at, at + side.rows), Number)
    const order = Uint32Array.from(times.keys()).sort((a, b) => times[a]! - times[b]!)
    side.reorder(order, keyCount)
    order.forEach((row, i) => this.add(i + 1, times[row]!))
  }
}
