// Rows of a join's side in chains by key, and the rows of the other side that meet them
// (assembly/join.ts, join-changes.ts).
import type { Kernels } from './module.ts'
import { NO_ROW } from './operand.ts'
import type { Rows } from './take.ts'

/** A side's chains, as pointers: heads by key id, the next row and the key id by row. */
export interface Chains {
  readonly heads: number
  readonly next: number
}

/** What a row that is taken back is found by, as pointers. */
export interface ChangeChains extends Chains {
  readonly previous: number
  readonly sameHeads: number
  readonly sameNext: number
  readonly ids: number
  readonly sameIds: number
}

/** Rows that look for others: key ids (u32), how many, and the number of the first. */
export interface ProbingRows {
  readonly ids: number
  readonly length: number
  readonly first: number
}

/** Pairs of rows, of the probing side and the other one: two lists in the arena. */
export interface Pairs {
  readonly probes: number
  readonly matches: number
  readonly length: number
}

/** A place among the pairs of a probe, in a block that its maker releases: it lives over steps. */
export class ProbeCursor {
  readonly #kernels: Kernels
  readonly ptr: number

  constructor(kernels: Kernels) {
    this.#kernels = kernels
    this.ptr = kernels.allocate(24)
    this.reset()
  }

  /** @param low least and @param high greatest time of a match less the probing row's, of probes by time */
  reset(low = 0n, high = 0n): void {
    const { data } = this.#kernels
    data.setUint32(this.ptr, 0, true)
    data.setUint32(this.ptr + 4, NO_ROW, true)
    data.setBigInt64(this.ptr + 8, low, true)
    data.setBigInt64(this.ptr + 16, high, true)
  }

  /** How many probing rows are done. */
  get row(): number {
    return this.#kernels.data.getUint32(this.ptr, true)
  }

  close(): void {
    this.#kernels.release(this.ptr)
  }
}

/** Puts rows in front of the chains of their keys. */
export function joinLink(kernels: Kernels, { ids, length, first }: ProbingRows, chains: Chains) {
  kernels.exports.joinLink(ids, length, first, chains.heads, chains.next)
}

/** The next pairs, `room` at most, with rows of the other side from row `oldest` on. */
export function joinProbe(
  kernels: Kernels,
  cursor: ProbeCursor,
  { ids, length, first }: ProbingRows,
  { heads, next }: Chains,
  { oldest, room }: { readonly oldest: number; readonly room: number },
): Pairs {
  const probes = kernels.scratch(room * 4)
  const matches = kernels.scratch(room * 4)
  const found = kernels.exports.joinProbe(
    cursor.ptr,
    ids,
    length,
    first,
    heads,
    next,
    oldest,
    room,
    probes,
    matches,
  )
  return { probes, matches, length: found }
}

/** The next pairs that lie within the cursor's bounds; times are i64 by row of their side. */
export function joinProbeBetween(
  kernels: Kernels,
  cursor: ProbeCursor,
  { ids, length, first }: ProbingRows,
  { heads, next }: Chains,
  { times, otherTimes, room }: Readonly<Record<'times' | 'otherTimes' | 'room', number>>,
): Pairs {
  const probes = kernels.scratch(room * 4)
  const matches = kernels.scratch(room * 4)
  const found = kernels.exports.joinProbeBetween(
    cursor.ptr,
    ids,
    length,
    first,
    heads,
    next,
    times,
    otherTimes,
    room,
    probes,
    matches,
  )
  return { probes, matches, length: found }
}

/** Adds one to the count (u32) of each row in the list. */
export function joinCount(kernels: Kernels, { rows, length }: Rows, counts: number): void {
  kernels.exports.joinCount(rows, length, counts)
}

/**
 * Counts the matches of the other side's rows in `counts`. Gives those that got their first match or lost
 * their last one, and what (ROW_OPS) their result without a match does.
 * @param takesBack u8 a probing row, from row `first` on; 0: none takes back
 */
export function joinTally(
  kernels: Kernels,
  { probes, matches, length }: Pairs,
  first: number,
  takesBack: number,
  counts: number,
): Rows & { readonly ops: number } {
  const rows = kernels.scratch(length * 4)
  const ops = kernels.scratch(length)
  const found = kernels.exports.joinTally(
    matches,
    probes,
    length,
    first,
    takesBack,
    counts,
    rows,
    ops,
  )
  return { rows, ops, length: found }
}

/** A range of rows to look through, and how many to find at most. */
export interface RowRange {
  readonly from: number
  readonly to: number
  readonly room: number
}

/** The rows whose value (u32) is `value`; in the arena. */
export const joinRowsWith = (kernels: Kernels, values: number, value: number, range: RowRange) =>
  joinRows(kernels, values, value, 1, range)

/** The rows whose value (u32) is not `value`; in the arena. */
export const joinRowsWithout = (kernels: Kernels, values: number, value: number, range: RowRange) =>
  joinRows(kernels, values, value, 0, range)

function joinRows(
  kernels: Kernels,
  values: number,
  value: number,
  wanted: 0 | 1,
  { from, to, room }: RowRange,
): Rows {
  const rows = kernels.scratch((Math.min(room, to - from) + 1) * 4)
  const length = kernels.exports.joinRows(values, value, wanted, from, to, room, rows)
  return { rows, length }
}

/** Sets the bit of each id (u32) in the list. */
export function joinMark(kernels: Kernels, ids: Rows, bits: number): void {
  kernels.exports.joinMark(ids.rows, ids.length, bits)
}

/** Puts map[id] in place of each id. */
export function joinRemap(kernels: Kernels, ids: Rows, map: number): void {
  kernels.exports.joinRemap(ids.rows, ids.length, map)
}

/**
 * Takes rows [first, first + length) in, or takes back what they say.
 * @param takesBack u8 a row; 0: none takes back   @returns how many rows are of no more use by that
 */
export function joinChange(
  kernels: Kernels,
  chains: ChangeChains,
  takesBack: number,
  { first, length, oldest }: Readonly<Record<'first' | 'length' | 'oldest', number>>,
): number {
  const { heads, next, previous, sameHeads, sameNext, ids, sameIds } = chains
  const block = kernels.scratch(28)
  kernels.u32.set([heads, next, previous, sameHeads, sameNext, ids, sameIds], block >>> 2)
  return kernels.exports.joinChange(block, takesBack, length, first, oldest)
}

/** How times are cut into slices; in the unit of the times, `multiplier` of them. */
export interface SliceNumbers {
  readonly size: bigint
  readonly offset: bigint
  readonly multiplier: bigint
}

/** The slices (f64) of n times (i64), in the arena; or the first row whose time is out of range. */
export function joinSlices(
  kernels: Kernels,
  times: number,
  n: number,
  { size, offset, multiplier }: SliceNumbers,
): { readonly slices: number } | { readonly outOfRange: number } {
  const slices = kernels.scratch(n * 8)
  const bad = kernels.exports.joinSlices(times, n, size, offset, multiplier, slices) >>> 0
  return bad === NO_ROW ? { slices } : { outOfRange: bad }
}

/** Empties the chains of the keys in the list. */
export function joinForget(kernels: Kernels, ids: Rows, heads: number): void {
  kernels.exports.joinForget(ids.rows, ids.length, heads)
}
