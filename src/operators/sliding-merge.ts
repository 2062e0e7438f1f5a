// The slices of sliding windows merged so that a window costs a constant number of merges, however many
// slices it has: the two stacks of a queue, over slices. Used by window-merger.ts.
//
//   slices      | a | b | c | d || e | f |          boundary || : where the windows of the group were met
//   front       abcd  bcd  cd  d                    one for each window of the group, from its start on
//   back                           ef               one, and a slice more with each window
//   window b..f = front bcd, and back ef into it
//
// SM1  A front is for one window: it is handed out with that window, and the back is merged into it.
// SM2  Fronts take memory: as many rows as the slices themselves have, at most. Where slices are sparse (each
//      has few of the window's keys) a group has fewer windows, down to one; then fewer rows are merged
//      anyway. Either way a window costs some four merges of each row that it emits.
// SM3  Rows that come late into slices that were merged make fronts and back worthless: forget(). After
//      that groups begin small and double, so that a stream with late rows costs what it cost without.
import type { Slice, SliceTable } from '../kernels/slice-table.ts'
import type { SliceWalk } from './slice-walk.ts'
import type { WindowGrid } from './window-grid.ts'
import type { LiveSlices } from './window-parts.ts'

export interface SlidingMergeParts {
  readonly slices: Pick<SliceTable, 'detached' | 'rowCount'>
  readonly walk: Pick<SliceWalk, 'merge' | 'release'>
  readonly grid: Pick<WindowGrid, 'firstSlice' | 'endSlice'>
  readonly live: Pick<LiveSlices, 'between'>
}

interface Front {
  readonly window: number
  readonly ptr: number
}

export class SlidingMerge {
  readonly #slices: SlidingMergeParts['slices']
  readonly #walk: SlidingMergeParts['walk']
  readonly #grid: SlidingMergeParts['grid']
  readonly #live: SlidingMergeParts['live']
  /** By window, the next one last. A window without a row before the boundary has none. */
  #fronts: Front[] = []
  #back: number | undefined
  /** The slice up to which the back goes. */
  #upTo = 0
  /** The window behind the group's last; -Infinity: there is no group. */
  #groupEnd = -Infinity
  #groupMax = 1
  /** Rows of the last window. */
  #rows = 0

  constructor({ slices, walk, grid, live }: SlidingMergeParts) {
    this.#slices = slices
    this.#walk = walk
    this.#grid = grid
    this.#live = live
  }

  get keeps(): boolean {
    return this.#groupEnd !== -Infinity
  }

  /** The accumulators of a window with rows, later than those before: the caller's to give back. */
  merged(window: number): number {
    if (window >= this.#groupEnd) this.#begin(window)
    else this.#extend(this.#grid.endSlice(window))
    let front = this.#fronts.pop()
    while (front !== undefined && front.window < window) {
      this.#walk.release(front.ptr)
      front = this.#fronts.pop()
    }
    if (front !== undefined && front.window > window) {
      this.#fronts.push(front)
      front = undefined
    }
    const ptr = front?.ptr ?? this.#slices.detached()
    if (this.#back !== undefined) this.#walk.merge([this.#back], ptr)
    this.#rows = this.#slices.rowCount(ptr)
    if (window + 1 >= this.#groupEnd) this.#end()
    return ptr
  }

  forget(): void {
    this.#end()
    this.#groupMax = 1
  }

  /** Makes the fronts of a group of windows, the last one's first. */
  #begin(window: number): void {
    this.#end()
    const parts = this.#live.between(this.#grid.firstSlice(window), this.#grid.endSlice(window))
    const group = this.#groupOf(window, parts)
    this.#groupMax = Math.min(this.#groupMax * 2, 2 ** 30)
    let end = parts.length
    let next: number | undefined
    for (let each = window + group - 1; each >= window; each--) {
      const first = this.#grid.firstSlice(each)
      let from = end
      while (from > 0 && parts[from - 1]!.index >= first) from--
      if (from < end || next !== undefined) {
        const ptr = this.#slices.detached()
        const merged = parts.slice(from, end).map((part) => part.ptr)
        if (next !== undefined) merged.push(next)
        this.#walk.merge(merged, ptr)
        this.#fronts.push({ window: each, ptr })
        next = ptr
      }
      end = from
    }
    this.#upTo = this.#grid.endSlice(window)
    this.#groupEnd = window + group
  }

  /** How many windows are to share the slices of the first of them (SM2). */
  #groupOf(window: number, parts: readonly Slice[]): number {
    const first = this.#grid.firstSlice(window)
    const begun = Math.ceil(
      (this.#grid.endSlice(window) - first) / (this.#grid.firstSlice(window + 1) - first),
    )
    const counts = parts.map(({ ptr }) => this.#slices.rowCount(ptr))
    const most = Math.max(this.#rows, ...counts)
    const dense = Math.floor(counts.reduce((sum, count) => sum + count, 0) / most)
    return Math.max(1, Math.min(begun, dense, this.#groupMax))
  }

  #extend(end: number): void {
    const parts = this.#live.between(this.#upTo, end).map(({ ptr }) => ptr)
    if (parts.length > 0) {
      this.#back ??= this.#slices.detached()
      this.#walk.merge(parts, this.#back)
    }
    this.#upTo = Math.max(this.#upTo, end)
  }

  #end(): void {
    for (const { ptr } of this.#fronts) this.#walk.release(ptr)
    if (this.#back !== undefined) this.#walk.release(this.#back)
    this.#fronts = []
    this.#back = undefined
    this.#groupEnd = -Infinity
  }
}
