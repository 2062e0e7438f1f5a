// From slices to windows: merges the slices of a window that fires, and keeps what the next one can use.
// Used by the operator over windows on a grid.
//
// WM1  A tumbling window is its slice. A sliding one is merged by sliding-merge.ts. A cumulative one is the
//      one before it and one slice more: a running merge, which is emitted before it grows.
// WM2  What is kept is a copy: rows that come late into a slice make it worthless (forget()).
import type { SliceTable } from '../kernels/slice-table.ts'
import type { SliceWalk } from './slice-walk.ts'
import { SlidingMerge } from './sliding-merge.ts'
import type { WindowGrid } from './window-grid.ts'
import type { LiveSlices } from './window-parts.ts'

/** A window's accumulators by key: a slice. */
export interface MergedWindow {
  readonly ptr: number
  /** It is the caller's to give back; else it stays as it is until the next merge. */
  readonly isOwned: boolean
}

export interface WindowMergerParts {
  readonly slices: SliceTable
  readonly walk: SliceWalk
  readonly grid: WindowGrid
  readonly live: LiveSlices
}

export class WindowMerger {
  readonly #parts: WindowMergerParts
  readonly #sliding: SlidingMerge
  /** The running merge, of the windows that begin with slice `first`, of slices up to `upTo`. */
  #running: { readonly ptr: number; readonly first: number; upTo: number } | undefined

  constructor(parts: WindowMergerParts) {
    this.#parts = parts
    this.#sliding = new SlidingMerge(parts)
  }

  /** Something is kept that late rows make worthless. */
  get keeps(): boolean {
    return this.#running !== undefined || this.#sliding.keeps
  }

  /** The next merge changes rows that were given out before. */
  get changesGiven(): boolean {
    return this.#running !== undefined
  }

  /** The accumulators of a window that has rows. */
  merged(window: number): MergedWindow {
    const { grid } = this.#parts
    if (grid.isCumulative) return { ptr: this.#cumulative(window), isOwned: false }
    if (grid.isShared) return { ptr: this.#sliding.merged(window), isOwned: true }
    return { ptr: this.#parts.live.firstFrom(grid.firstSlice(window))!.ptr, isOwned: false }
  }

  /** The same of some keys only: n ids, ascending. */
  mergedOf(window: number, ids: number, n: number): number {
    const { slices, walk, grid, live } = this.#parts
    const ptr = slices.detached()
    for (const part of live.between(grid.firstSlice(window), grid.endSlice(window))) {
      walk.mergeOf(part.ptr, ptr, ids, n)
    }
    return ptr
  }

  /** Slices have changed, or key ids have. */
  forget(): void {
    if (this.#running !== undefined) this.#parts.walk.release(this.#running.ptr)
    this.#running = undefined
    this.#sliding.forget()
  }

  #cumulative(window: number): number {
    const { slices, walk, grid, live } = this.#parts
    const first = grid.firstSlice(window)
    const end = grid.endSlice(window)
    if (this.#running !== undefined && this.#running.first !== first) this.forget()
    this.#running ??= { ptr: slices.detached(), first, upTo: first }
    const running = this.#running
    const parts = live.between(running.upTo, end).map(({ ptr }) => ptr)
    walk.merge(parts, running.ptr)
    running.upTo = end
    return running.ptr
  }
}
