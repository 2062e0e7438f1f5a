// Which windows fire again for a batch: rows that came after a window's end, while it still lives. Such
// rows are few, so this goes row by row, over typed arrays; batches without any cost one comparison a row.
import type { TimeUnit } from '../columnar/type.ts'
import { bitmapLogic, bitmapToSelection } from '../kernels/bitmap.ts'
import { compareNumbers } from '../kernels/compare.ts'
import type { Selection } from '../columnar/record-batch.ts'
import type { Kernels } from '../kernels/module.ts'
import { constantOperand, vectorOperand } from '../kernels/operand.ts'
import type { WindowGrid } from './window-grid.ts'

/** A batch's rows: i64 times, u32 key ids, and the bitmap of those that are not late. */
export interface TimedRows {
  readonly times: number
  readonly ids: number
  readonly kept: number
  readonly n: number
}

/** Windows that have fired and live on: from one on, to before the other. */
export interface FiredWindows {
  readonly from: number
  readonly to: number
}

export class LateFirings {
  readonly #grid: WindowGrid
  readonly #unit: TimeUnit

  constructor(grid: WindowGrid, unit: TimeUnit) {
    this.#grid = grid
    this.#unit = unit
  }

  /** The rows in slices of windows before `to`: those behind them are on time. */
  rows(kernels: Kernels, rows: TimedRows, to: number): Selection {
    const onTimeMs = this.#grid.sliceStartMs(this.#grid.endSlice(to - 1))
    return rowsBefore(kernels, rows, timeInUnit(onTimeMs, this.#unit))
  }

  /** By window: the key ids of such rows, ascending. */
  windows(
    kernels: Kernels,
    { times, ids }: TimedRows,
    selected: Selection,
    { from, to }: FiredWindows,
  ): ReadonlyMap<number, readonly number[]> {
    const found = new Map<number, Set<number>>()
    for (let i = 0; i < selected.length; i++) {
      const row = kernels.u32[selected.rows / 4 + i]!
      const slice = this.#grid.sliceOf(this.#ms(kernels.i64[times / 8 + row]!))
      const last = Math.min(to - 1, this.#grid.lastWindow(slice))
      for (let w = Math.max(from, this.#grid.firstWindow(slice)); w <= last; w++) {
        const keys = found.get(w)
        if (keys === undefined) found.set(w, new Set([kernels.u32[ids / 4 + row]!]))
        else keys.add(kernels.u32[ids / 4 + row]!)
      }
    }
    return new Map([...found].map(([w, keys]) => [w, [...keys].toSorted((a, b) => a - b)]))
  }

  #ms(time: bigint): number {
    switch (this.#unit) {
      case 's':
        return Number(time) * 1_000
      case 'us':
        return Math.floor(Number(time) / 1_000)
      case 'ns':
        return Number((time - (((time % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n)
      default:
        return Number(time)
    }
  }
}

/** The first time of a unit that is not before a millisecond. */
export function timeInUnit(ms: number, unit: TimeUnit): bigint {
  switch (unit) {
    case 's':
      return BigInt(Math.ceil(ms / 1_000))
    case 'us':
      return BigInt(ms) * 1_000n
    case 'ns':
      return BigInt(ms) * 1_000_000n
    default:
      return BigInt(ms)
  }
}

/** The kept rows whose time is before a limit. */
export function rowsBefore(
  kernels: Kernels,
  { times, kept, n }: TimedRows,
  limit: bigint,
): Selection {
  const constant = constantOperand(kernels, 'int64', limit)
  const isEarly = compareNumbers(kernels, 'int64', 'lt', vectorOperand(times), constant, n)
  return bitmapToSelection(kernels, bitmapLogic(kernels, 'and', isEarly, kept, n), n)
}
