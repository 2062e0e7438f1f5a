// Windows one by one: which windows a row is in, where each has accumulators of its own. For triggers that
// look at a window's rows, so that windows cannot share slices. A row costs an update for each window it
// is in. Used by the operator over windows with triggers.
import { unreachable } from '../base/assert.ts'
import type { Kernels } from '../kernels/module.ts'
import { cumulativeIndex, slidingIndex } from '../kernels/trigger.ts'
import type { ZoneOffsets } from '../time/zone-offsets.ts'
import { WindowGrid } from './window-grid.ts'
import type { GlobalWindowSpec, GridWindowSpec } from './window-spec.ts'

export class WindowPanes {
  /** How many windows a row may be in: each is found by a pass of its own. */
  readonly passes: number
  /** Undefined for the one window of everything. */
  readonly #grid: WindowGrid | undefined
  readonly #spec: GridWindowSpec | GlobalWindowSpec

  /** @throws CONFIG_INVALID */
  constructor(spec: GridWindowSpec | GlobalWindowSpec) {
    this.#spec = spec
    this.#grid = spec.kind === 'global' ? undefined : new WindowGrid(spec)
    this.passes = passesOf(spec)
  }

  /** A row's window in a pass: i64 a row. */
  index(kernels: Kernels, millis: number, n: number, pass: number): number {
    const spec = this.#spec
    switch (spec.kind) {
      case 'global': {
        const zeros = kernels.scratch(n * 8)
        kernels.u8.fill(0, zeros, zeros + n * 8)
        return zeros
      }
      case 'cumulative': {
        const { stepMs, offsetMs, sizeMs } = spec
        const steps = sizeMs / stepMs
        return cumulativeIndex(kernels, millis, n, { stepMs, offsetMs, steps, pass })
      }
      default: {
        const { sizeMs, offsetMs } = spec
        const slideMs = spec.kind === 'sliding' ? spec.slideMs : sizeMs
        return slidingIndex(kernels, millis, n, { sizeMs, slideMs, offsetMs, pass })
      }
    }
  }

  get zone(): ZoneOffsets | undefined {
    return this.#grid?.zone
  }

  startMs(window: number): number {
    return this.#grid?.startMs(window) ?? 0
  }

  endMs(window: number): number {
    return this.#grid?.endMs(window) ?? 0
  }

  /** The first window that is not over at a watermark; the one of everything is at the end. */
  firstOpen(watermarkMs: number): number {
    if (this.#grid !== undefined) return this.#grid.firstOpen(watermarkMs)
    return watermarkMs === Infinity ? Infinity : -Infinity
  }
}

function passesOf(spec: GridWindowSpec | GlobalWindowSpec): number {
  switch (spec.kind) {
    case 'sliding':
      return Math.ceil(spec.sizeMs / spec.slideMs)
    case 'cumulative':
      return spec.sizeMs / spec.stepMs
    case 'tumbling':
    case 'global':
      return 1
    default:
      return unreachable(spec)
  }
}
