// Rows by key in an order, and the changes of the first of them (assembly/top-n.ts).
import type { ByteColumn } from './byte-table.ts'
import { exhausted } from './exhausted.ts'
import type { Kernels } from './module.ts'
import type { Rows } from './take.ts'

/** How many rows count, and which. */
export interface TopNLimit {
  /** How many of a key's rows; 0xffffffff: all. */
  readonly limit: number
  /** Also those that are equal to the last of them. */
  readonly ties: boolean
}

/** Keys by their ids, u32. */
export interface KeyIds {
  readonly ids: number
  readonly count: number
}

/** Rows on their way into a table: all encoded, u32 ids, and u8 ops (0: all are inserted). */
export interface TopNRows {
  readonly ids: number
  readonly ops: number
  readonly orders: ByteColumn
  readonly rows: ByteColumn
  readonly n: number
}

/** Rows on their way into a table that are not encoded yet: where each would begin (u32, n + 1). */
export interface PlacedRows {
  readonly ids: number
  readonly orders: ByteColumn
  readonly rowOffsets: number
  readonly n: number
}

/** The first rows of some keys: where each key's begin (u32), and their entries (u32). */
export interface FirstRows {
  readonly starts: number
  readonly entries: number
  readonly length: number
}

export interface QuantileRows {
  readonly below: number
  readonly above: number
  readonly between: number
}

export interface TopNChanges {
  readonly length: number
  /** Addresses of encoded rows, u32. */
  readonly rows: number
  /** u8. */
  readonly ops: number
  /** i64; 0 when there are none. */
  readonly ranks: number
}

export const ALL_ROWS = 0xffffffff
const DONE = 0xffffffff
const EXHAUSTED = 0xfffffffe

export class TopNTable {
  readonly #kernels: Kernels
  #heap: number

  /** @throws MEMORY_EXHAUSTED */
  constructor(kernels: Kernels) {
    this.#kernels = kernels
    this.#heap = kernels.exports.rowStoreNew() >>> 0
    if (this.#heap === 0) throw exhausted(kernels, 'a top-N')
  }

  /**
   * Room for what leaves the lists, in the arena.
   * @param rows rows that come, and rows in the lists
   */
  newGone(rows: number): number {
    const gone = this.#kernels.scratch((rows + 1) * 4)
    this.#kernels.u32[gone >>> 2] = 0
    return gone
  }

  /**
   * Puts rows into their keys' lists, or takes them out.
   * @param lists addresses of lists, u32 a key id   @param keep how many rows a list may have
   * @param strict a row that is taken back must be there: gives the first that is not
   * @throws MEMORY_EXHAUSTED
   */
  apply(
    lists: number,
    { ids, ops, orders, rows, n }: TopNRows,
    keep: TopNLimit,
    { gone, strict }: { readonly gone: number; readonly strict: boolean },
  ): number | undefined {
    const status =
      this.#kernels.exports.topNApply(
        this.#heap,
        lists,
        ids,
        ops,
        orders.offsets,
        orders.values,
        rows.offsets,
        rows.values,
        n,
        keep.limit,
        keep.ties,
        strict,
        gone,
        0,
      ) >>> 0
    if (status === EXHAUSTED) throw exhausted(this.#kernels, 'the rows of a top-N')
    return status === DONE ? undefined : status
  }

  /**
   * Puts rows that are not encoded yet into their keys' lists; none is taken back.
   * @returns those that stay, and their entries: fill() must follow
   * @throws MEMORY_EXHAUSTED
   */
  place(
    lists: number,
    { ids, orders, rowOffsets, n }: PlacedRows,
    keep: TopNLimit,
    gone: number,
  ): Rows & { readonly entries: number } {
    const kernels = this.#kernels
    const entries = kernels.scratch(n * 4)
    const status =
      kernels.exports.topNApply(
        this.#heap,
        lists,
        ids,
        0,
        orders.offsets,
        orders.values,
        rowOffsets,
        0,
        n,
        keep.limit,
        keep.ties,
        true,
        gone,
        entries,
      ) >>> 0
    if (status === EXHAUSTED) throw exhausted(kernels, 'the rows of a top-N')
    const rows = kernels.scratch(n * 4)
    return { rows, entries, length: kernels.exports.topNPlaced(gone, entries, n, rows) }
  }

  /**
   * Gives entries their rows, which take as much as was said.
   * @param numbers where each entry's row is among them, u32; 0: one after the other
   */
  fill(entries: number, numbers: number, { offsets, values }: ByteColumn, n: number): void {
    this.#kernels.exports.topNFill(entries, numbers, n, offsets, values)
  }

  /** The first rows of keys. */
  first(lists: number, { ids, count }: KeyIds, { limit, ties }: TopNLimit): FirstRows {
    const { exports } = this.#kernels
    const length = exports.topNSize(lists, ids, count, limit, ties) >>> 0
    const starts = this.#kernels.scratch((count + 1) * 4)
    const entries = this.#kernels.scratch(length * 4)
    exports.topNFirst(lists, ids, count, limit, ties, starts, entries)
    return { starts, entries, length }
  }

  /** The addresses of the first or last rows of keys, 0 where a key has none. */
  ends(lists: number, { ids, count }: KeyIds, isLast: boolean): number {
    const rows = this.#kernels.scratch(count * 4)
    this.#kernels.exports.topNEnds(lists, ids, count, isLast, rows)
    return rows
  }

  /**
   * The rows at a fraction of the way through keys' lists: addresses (u32) of those below and above it, 0
   * where a key has none, and how far between them it lies (f64).
   */
  quantiles(lists: number, { ids, count }: KeyIds, fraction: number): QuantileRows {
    const kernels = this.#kernels
    const [below, above] = [kernels.scratch(count * 4), kernels.scratch(count * 4)]
    const between = kernels.scratch(count * 8)
    kernels.exports.topNQuantiles(lists, ids, count, fraction, below, above, between)
    return { below, above, between }
  }

  /** The addresses of the rows of n entries. */
  rows(entries: number, n: number): number {
    const rows = this.#kernels.scratch(n * 4)
    this.#kernels.exports.topNRows(entries, n, rows)
    return rows
  }

  /**
   * What leads from the first rows of `count` keys before to those after.
   * @param shape `isOne`: a key has one row; `ranks`: rows have ranks, and move
   */
  changes(
    before: FirstRows,
    after: FirstRows,
    count: number,
    shape: { readonly isOne: boolean; readonly ties: boolean; readonly ranks: boolean },
  ): TopNChanges {
    const kernels = this.#kernels
    const most = before.length + after.length
    const rows = kernels.scratch(most * 4)
    const ops = kernels.scratch(most)
    const ranks = shape.ranks ? kernels.scratch(most * 8) : 0
    const { isOne, ties } = shape
    const length = kernels.exports.topNChanges(
      before.starts,
      before.entries,
      after.starts,
      after.entries,
      count,
      isOne,
      ties,
      rows,
      ops,
      ranks,
    )
    return { length: length >>> 0, rows, ops, ranks }
  }

  /** Frees the lists of keys, and all that is in them. */
  clear(lists: number, { ids, count }: KeyIds): void {
    const room = this.#kernels.scratch(256 * 4)
    this.#kernels.exports.topNClear(this.#heap, lists, ids, count, room)
  }

  /** Frees what has left, and the lists of those keys that are empty. */
  forget(lists: number, { ids, count }: KeyIds, gone: number): void {
    this.#kernels.exports.topNForget(this.#heap, lists, ids, count, gone)
  }

  close(): void {
    if (this.#heap !== 0) this.#kernels.exports.rowStoreClose(this.#heap)
    this.#heap = 0
  }
}
