// Rows of a join by their times: rows that are over, and versions of a row (assembly/join-time.ts).
import type { Chains, ProbingRows, RowRange } from './join.ts'
import type { Kernels } from './module.ts'
import type { Rows } from './take.ts'

/** Bytes for the least times of the blocks of so many rows; a block that is not noted is all 0x80. */
export const blockTimesBytes = (rows: number): number => ((rows >>> 10) + 1) * 8

/** What the bytes of a block without a noted time are. */
export const NOT_NOTED = 0x80

/** A walk over a side's rows that lets those go that are over, piece by piece; it lives over steps. */
export class Sweep {
  readonly #kernels: Kernels
  readonly #ptr: number

  constructor(kernels: Kernels) {
    this.#kernels = kernels
    this.#ptr = kernels.allocate(24)
    this.reset()
  }

  reset(): void {
    const { data } = this.#kernels
    data.setUint32(this.#ptr, 0, true)
    data.setUint32(this.#ptr + 4, 0, true)
    data.setBigInt64(this.#ptr + 8, 2n ** 63n - 1n, true)
    data.setBigInt64(this.#ptr + 16, 2n ** 63n - 1n, true)
  }

  /** The next row that it looks at. */
  get row(): number {
    return this.#kernels.data.getUint32(this.#ptr, true)
  }

  /** Rows that it let go. */
  get gone(): number {
    return this.#kernels.data.getUint32(this.#ptr + 4, true)
  }

  /** The least time of the rows that stay; the greatest i64 when none does. */
  get least(): bigint {
    return this.#kernels.data.getBigInt64(this.#ptr + 8, true)
  }

  /**
   * Lets rows before `to` go whose time is below the bound. Gives those among them without a match
   * (without counts: all), `room` at most, in the arena. `leasts` are those of the side's blocks.
   */
  step(
    { ids, times, counts, leasts }: Readonly<Record<'ids' | 'times' | 'counts' | 'leasts', number>>,
    { to, bound, room }: { readonly to: number; readonly bound: bigint; readonly room: number },
  ): Rows {
    const rows = this.#kernels.scratch((room + 1) * 4)
    const { exports } = this.#kernels
    const length = exports.joinSweep(this.#ptr, ids, times, counts, leasts, to, bound, room, rows)
    return { rows, length }
  }

  close(): void {
    this.#kernels.release(this.#ptr)
  }
}

/** The rows of a range that are not gone and whose time is below the bound; in the arena. */
export function joinBefore(
  kernels: Kernels,
  { ids, times }: Readonly<Record<'ids' | 'times', number>>,
  { from, to, room }: RowRange,
  bound: bigint,
): Rows {
  const rows = kernels.scratch((room + 1) * 4)
  const length = kernels.exports.joinBefore(ids, times, from, to, bound, room, rows)
  return { rows, length }
}

/** Puts rows into the chains of their keys, by time: ids and times are by row, from row 0. */
export function joinLinkByTime(
  kernels: Kernels,
  { ids, length, first }: ProbingRows,
  times: number,
  { heads, next }: Chains,
): void {
  kernels.exports.joinLinkByTime(ids, times, length, first, heads, next)
}

/** Versions of rows: chains by time, times, and u8 a row, whose lowest bit says: none from then on. */
export interface Versions extends Chains {
  readonly times: number
  readonly ends: number
}

/** The version of each key (u32 at `ids`) at a time (i64 at `times`), or NO_ROW; in the arena. */
export function joinVersions(
  kernels: Kernels,
  { ids, times, length }: Readonly<Record<'ids' | 'times' | 'length', number>>,
  versions: Versions,
): number {
  const out = kernels.scratch(length * 4)
  kernels.exports.joinVersions(
    ids,
    times,
    length,
    versions.heads,
    versions.next,
    versions.times,
    versions.ends,
    out,
  )
  return out
}

/** Lets versions go that no time from `bound` on needs; gives how many. `ids` are by version. */
export function joinForgetVersions(
  kernels: Kernels,
  ids: number,
  keyCount: number,
  { heads, next, times, ends }: Versions,
  bound: bigint,
): number {
  return kernels.exports.joinForgetVersions(ids, times, keyCount, heads, next, ends, bound)
}
