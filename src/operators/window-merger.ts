// From slices to windows: merges the slices of a window that fires, and keeps what the next one can use.
// Used by the operator over windows on a grid.
//
// WM1  A cumulative window is the one before it and one slice more: a running merge. It is emitted before
//      it grows.
// WM2  What is kept is a copy: rows that come late into a slice make it worthless (forget()).
import type { Slice, SliceTable } from '../kernels/slice-table.ts'
import type { SliceWalk } from './slice-walk.ts'

/** A window's accumulators by key: a slice. */
export interface MergedWindow {
  readonly ptr: number
  /** It is the caller's to give back; else it stays as it is until the next merge. */
  readonly isOwned: boolean
}

export class WindowMerger {
  readonly #slices: SliceTable
  readonly #walk: SliceWalk
  readonly #isCumulative: boolean
  /** The running merge, of the windows that begin with slice `first`, of slices up to `upTo`. */
  #running: { readonly ptr: number; readonly first: number; upTo: number } | undefined

  constructor(slices: SliceTable, walk: SliceWalk, isCumulative: boolean) {
    this.#slices = slices
    this.#walk = walk
    this.#isCumulative = isCumulative
  }

  /** Something is kept: the next merge may change rows that were given out before. */
  get keeps(): boolean {
    return this.#running !== undefined
  }

  /** The accumulators of a window, whose first slice would be `first`. */
  merged(first: number, parts: readonly Slice[]): MergedWindow {
    if (this.#isCumulative) return { ptr: this.#cumulative(first, parts), isOwned: false }
    if (parts.length === 1) return { ptr: parts[0]!.ptr, isOwned: false }
    const ptr = this.#slices.detached()
    for (const part of parts) this.#walk.merge(part.ptr, ptr)
    return { ptr, isOwned: true }
  }

  /** The same of some keys only: n ids, ascending. */
  mergedOf(parts: readonly Slice[], ids: number, n: number): number {
    const ptr = this.#slices.detached()
    for (const part of parts) this.#walk.mergeOf(part.ptr, ptr, ids, n)
    return ptr
  }

  /** Slices have changed, or key ids have. */
  forget(): void {
    if (this.#running !== undefined) this.#walk.release(this.#running.ptr)
    this.#running = undefined
  }

  #cumulative(first: number, parts: readonly Slice[]): number {
    if (this.#running !== undefined && this.#running.first !== first) this.forget()
    this.#running ??= { ptr: this.#slices.detached(), first, upTo: first }
    const running = this.#running
    for (const part of parts) {
      if (part.index < running.upTo) continue
      this.#walk.merge(part.ptr, running.ptr)
      running.upTo = part.index + 1
    }
    return running.ptr
  }
}
