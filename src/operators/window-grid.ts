// The arithmetic of event-time windows: which slices make a window, and which windows are over at a
// watermark. Pure; times in milliseconds.
//
//   slices    |--|--|--|--|--|--|--|      one grid, as fine as size and slide need
//   window k  [start(k), start(k) + size) = perWindow slices from firstSlice(k) on
//
// W1  A window is over when the watermark has reached its last millisecond: end - 1.
// W2  slide <= size, so that every time is in some window.
import { DataflowError } from '../base/errors.ts'
import type { TimeUnit } from '../columnar/type.ts'
import type { SliceGrid } from '../kernels/slice-table.ts'
import type { WindowSpec } from './operator-spec.ts'

export class WindowGrid {
  readonly sizeMs: number
  readonly #slideMs: number
  readonly #offsetMs: number
  readonly #sliceMs: number
  /** Slices from one window's start to the next. */
  readonly #perSlide: number
  /** The slice that window 0 starts with. */
  readonly #origin: number
  /** Slices of a window. */
  readonly perWindow: number

  /** @throws CONFIG_INVALID */
  constructor(spec: WindowSpec) {
    const { sizeMs, offsetMs } = spec
    const slideMs = spec.kind === 'sliding' ? spec.slideMs : sizeMs
    if (![sizeMs, slideMs, offsetMs].every(Number.isSafeInteger) || slideMs < 1) {
      throw new DataflowError(
        'CONFIG_INVALID',
        `a window of ${sizeMs} ms every ${slideMs} ms (offset ${offsetMs} ms): whole ms from 1 on`,
      )
    }
    if (slideMs > sizeMs) {
      throw new DataflowError(
        'CONFIG_INVALID',
        `windows of ${sizeMs} ms every ${slideMs} ms leave gaps; slide by at most the size`,
      )
    }
    this.sizeMs = sizeMs
    this.#slideMs = slideMs
    this.#offsetMs = offsetMs
    this.#sliceMs = greatestCommonDivisor(sizeMs, slideMs)
    this.perWindow = sizeMs / this.#sliceMs
    this.#perSlide = slideMs / this.#sliceMs
    this.#origin = Math.floor(offsetMs / this.#sliceMs)
  }

  /** The slices over timestamps in a unit. */
  slices(unit: TimeUnit): SliceGrid {
    const perMs = { s: 1n, ms: 1n, us: 1_000n, ns: 1_000_000n }[unit]
    const offset = this.#offsetMs - this.#origin * this.#sliceMs
    return {
      size: BigInt(this.#sliceMs) * perMs,
      offset: BigInt(offset) * perMs,
      multiplier: unit === 's' ? 1_000n : 1n,
    }
  }

  startMs(window: number): number {
    return window * this.#slideMs + this.#offsetMs
  }

  /** The first slice of a window. */
  firstSlice(window: number): number {
    return this.#origin + window * this.#perSlide
  }

  /** The first window that a slice is in. */
  firstWindow(slice: number): number {
    return Math.floor((slice - this.#origin - this.perWindow) / this.#perSlide) + 1
  }

  /** The first window that is not over at a watermark. */
  firstOpen(watermarkMs: number): number {
    return Math.floor((watermarkMs + 1 - this.sizeMs - this.#offsetMs) / this.#slideMs) + 1
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
