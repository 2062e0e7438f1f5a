// The arithmetic of windows on a grid of time: which slices make a window, and which windows are over at
// a watermark. Pure; times in milliseconds.
//
//   slices    |--|--|--|--|--|--|--|      one grid, as fine as size and slide (or step) need
//   window k  the slices from firstSlice(k) to before endSlice(k); windows are in order of their ends
//
// W1  A window is over when the watermark has reached its last millisecond: end - 1.
// W2  slide <= size, so that every time is in some window.
// W3  A row that is in a window's slices is in the window: a slice is as a whole in a window or not.
// W4  In a time zone the grid is one of its wall clock: slices, and the times looked up in them, are
//     that clock's; starts, ends and watermarks are moments. An hour that comes twice falls into the
//     same windows both times; one that never comes makes windows shorter.
import { unreachable } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import type { TimeUnit } from '../columnar/type.ts'
import type { SliceGrid } from '../kernels/slice-table.ts'
import { ZoneOffsets } from '../time/zone-offsets.ts'
import { greatestCommonDivisor, type GridWindowSpec } from './window-spec.ts'

export class WindowGrid {
  /** Windows share slices: firing one takes a merge, and leaves its slices to others. */
  readonly isShared: boolean
  readonly isCumulative: boolean
  /** The clock that slices go by; undefined: UTC. */
  readonly zone: ZoneOffsets | undefined
  readonly #kind: GridWindowSpec['kind']
  readonly #sizeMs: number
  readonly #slideMs: number
  readonly #offsetMs: number
  readonly #sliceMs: number
  /** Slices from one window's start to the next. */
  readonly #perSlide: number
  /** The slice that window 0 starts with. */
  readonly #origin: number
  /** Where slice 0 begins. */
  readonly #shiftMs: number
  /** Slices of a window, at most. */
  readonly #perWindow: number

  /** @throws CONFIG_INVALID */
  constructor(spec: GridWindowSpec) {
    const { sizeMs, offsetMs } = spec
    const slideMs = slideOf(spec)
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
    if (spec.kind === 'cumulative' && sizeMs % slideMs !== 0) {
      throw new DataflowError(
        'CONFIG_INVALID',
        `windows of up to ${sizeMs} ms that grow by ${slideMs} ms: the size is to be a multiple`,
      )
    }
    this.#kind = spec.kind
    this.zone = zoneOf(spec)
    this.isCumulative = spec.kind === 'cumulative'
    this.#sizeMs = sizeMs
    this.#slideMs = slideMs
    this.#offsetMs = offsetMs
    this.#sliceMs = greatestCommonDivisor(sizeMs, slideMs)
    this.#perWindow = sizeMs / this.#sliceMs
    this.#perSlide = slideMs / this.#sliceMs
    this.#origin = Math.floor(offsetMs / this.#sliceMs)
    this.#shiftMs = offsetMs - this.#origin * this.#sliceMs
    this.isShared = this.#perWindow > 1
  }

  /** The slices over timestamps in a unit. */
  slices(unit: TimeUnit): SliceGrid {
    const perMs = { s: 1n, ms: 1n, us: 1_000n, ns: 1_000_000n }[unit]
    return {
      size: BigInt(this.#sliceMs) * perMs,
      offset: BigInt(this.#shiftMs) * perMs,
      multiplier: unit === 's' ? 1_000n : 1n,
    }
  }

  startMs(window: number): number {
    const first = this.#kind === 'cumulative' ? this.#base(window) : window
    const startMs = first * this.#slideMs + this.#offsetMs
    return this.zone?.firstAt(startMs) ?? startMs
  }

  endMs(window: number): number {
    const length = this.#kind === 'cumulative' ? this.#slideMs : this.#sizeMs
    const endMs = window * this.#slideMs + this.#offsetMs + length
    return this.zone?.endAt(endMs) ?? endMs
  }

  /** The slice that a moment is in. */
  sliceAt(timeMs: number): number {
    return this.sliceOf(this.zone?.localMs(timeMs) ?? timeMs)
  }

  /** The slice that a time of the grid's clock is in. */
  sliceOf(timeMs: number): number {
    return Math.floor((timeMs - this.#shiftMs) / this.#sliceMs)
  }

  /** Where a slice begins, by the clock of the grid. */
  sliceStartMs(slice: number): number {
    return slice * this.#sliceMs + this.#shiftMs
  }

  /** The first slice of a window. */
  firstSlice(window: number): number {
    if (this.#kind === 'cumulative') return this.#origin + this.#base(window)
    return this.#origin + window * this.#perSlide
  }

  /** The slice behind a window's last one. */
  endSlice(window: number): number {
    if (this.#kind === 'cumulative') return this.#origin + window + 1
    return this.#origin + window * this.#perSlide + this.#perWindow
  }

  /** The first window that a slice is in. */
  firstWindow(slice: number): number {
    if (this.#kind === 'cumulative') return slice - this.#origin
    return Math.floor((slice - this.#origin - this.#perWindow) / this.#perSlide) + 1
  }

  /** The last window that a slice is in. */
  lastWindow(slice: number): number {
    if (this.#kind === 'cumulative') {
      return this.#base(slice - this.#origin) + this.#perWindow - 1
    }
    return Math.floor((slice - this.#origin) / this.#perSlide)
  }

  /** The first window that is not over at a watermark. */
  firstOpen(watermarkMs: number): number {
    const length = this.#kind === 'cumulative' ? this.#slideMs : this.#sizeMs
    const isZoned = this.zone !== undefined && Number.isFinite(watermarkMs)
    const next = isZoned ? this.zone.leastLocalFrom(watermarkMs + 1) : watermarkMs + 1
    return Math.floor((next - length - this.#offsetMs) / this.#slideMs) + 1
  }

  /** The first of the windows that begin together with a cumulative one. */
  #base(window: number): number {
    return Math.floor(window / this.#perWindow) * this.#perWindow
  }
}

function slideOf(spec: GridWindowSpec): number {
  switch (spec.kind) {
    case 'tumbling':
      return spec.sizeMs
    case 'sliding':
      return spec.slideMs
    case 'cumulative':
      return spec.stepMs
    default:
      return unreachable(spec)
  }
}

/** The zone of windows; UTC needs none. */
export const zoneOf = ({ timeZone }: GridWindowSpec): ZoneOffsets | undefined =>
  timeZone === undefined ? undefined : new ZoneOffsets(timeZone)
