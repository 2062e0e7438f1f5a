// One side of a join: its rows as columns that grow, in chains by key id (the ids are of an index that
// both sides share: join-state.ts).
//
// JS1  A row keeps its number until rebuild(). Rows below `oldest` are over: no probe comes to them.
// JS2  A side whose rows are taken back also finds them by the whole of what it holds.
// JS3  Columns grow in chunks (held-column.ts); columns and pointers are good until the next append() or
//      rebuild().
import { assert } from '../base/assert.ts'
import {
  type Gatherable,
  heldColumn,
  type HeldColumn,
  WholeColumn,
} from '../columnar/held-column.ts'
import type { Selection } from '../columnar/record-batch.ts'
import type { DataType } from '../columnar/type.ts'
import type { Vector } from '../columnar/vector.ts'
import { bitmapBytes } from '../kernels/bitmap.ts'
import { GrowingBlock } from '../kernels/growing-block.ts'
import {
  type Chains,
  joinChange,
  joinLink,
  joinMark,
  joinRemap,
  joinRowsWithout,
} from '../kernels/join.ts'
import { blockTimesBytes, joinLinkByTime, NOT_NOTED } from '../kernels/join-time.ts'
import type { Kernels } from '../kernels/module.ts'
import { NO_ROW } from '../kernels/operand.ts'
import { takeFixed } from '../kernels/take.ts'
import { IndexedRows } from './indexed-rows.ts'
import { KeyIndex } from './key-index.ts'

export interface JoinSideOptions {
  /** Of the columns that it holds. */
  readonly types: readonly DataType[]
  /** It counts the matches of its rows: an outer side. */
  readonly counts: boolean
  /** Its rows are taken back. */
  readonly changes: boolean
  /** Its rows have times (i64). */
  readonly timed: boolean
  /** Chains run from the latest time to the earliest; from young to old unless said. */
  readonly byTime?: boolean
  /** The column that somebody reads in one piece, by position. */
  readonly whole?: number
}

/** Rows to put behind the others. */
export interface AppendedRows {
  readonly columns: readonly Vector[]
  /** Key ids (u32). */
  readonly ids: number
  readonly length: number
  /** Keys that there are, both sides together. */
  readonly keyCount: number
  /** u8 a row: it takes one back; 0 when none does. */
  readonly takesBack?: number
  /** i64 a row, of a timed side. */
  readonly times?: number
  /** u32 a row: matches that it has; none when that is not said. */
  readonly counts?: number
}

/** Rows that are found again, copied, or linked at once. */
const PIECE_ROWS = 16_384

/** How a side finds the row that one takes back. */
interface Changes {
  readonly indexed: IndexedRows
  readonly same: KeyIndex
  readonly sameIds: GrowingBlock
  readonly sameHeads: GrowingBlock
  readonly sameNext: GrowingBlock
  readonly previous: GrowingBlock
}

export class JoinSide {
  readonly #kernels: Kernels
  readonly #options: JoinSideOptions
  readonly #ids: GrowingBlock
  readonly #next: GrowingBlock
  readonly #heads: GrowingBlock
  readonly #counts: GrowingBlock | undefined
  readonly #times: GrowingBlock | undefined
  readonly #leasts: GrowingBlock | undefined
  readonly #changes: Changes | undefined
  #columns: readonly HeldColumn[]
  #rows = 0
  #gone = 0
  #oldest = 0

  constructor(kernels: Kernels, options: JoinSideOptions) {
    this.#kernels = kernels
    this.#options = options
    const block = () => new GrowingBlock(kernels)
    this.#ids = block()
    this.#next = block()
    this.#heads = block()
    this.#counts = options.counts ? block() : undefined
    this.#times = options.timed ? block() : undefined
    this.#leasts = options.timed ? block() : undefined
    this.#changes = options.changes ? changesOf(kernels, options.types) : undefined
    this.#columns = this.#newColumns()
  }

  /** Rows, those that are gone included. */
  get rows(): number {
    return this.#rows
  }

  /** Rows below this are over. */
  get oldest(): number {
    return this.#oldest
  }

  /** Key ids by row; of a row that is gone NO_ROW. */
  get ids(): number {
    return this.#ids.ptr
  }

  /** Matches by row, of an outer side. */
  get counts(): number {
    return this.#counts?.ptr ?? 0
  }

  /** Times by row, of a timed side. */
  get times(): number {
    return this.#times?.ptr ?? 0
  }

  /** The least times of blocks of rows, of a timed side: what sweeps note. */
  get leasts(): number {
    return this.#leasts?.ptr ?? 0
  }

  get chains(): Chains {
    return { heads: this.#heads.ptr, next: this.#next.ptr }
  }

  get columns(): readonly Gatherable[] {
    return this.#columns
  }

  /** The values of the column that is in one piece. */
  get wholeValues(): number {
    const column = this.#columns[this.#options.whole ?? -1]
    assert(column instanceof WholeColumn, 'no column of the side is in one piece')
    return column.vector().values
  }

  /** Appends rows, and takes back what they say. Gives the number of the first. */
  append({ columns, ids, length, keyCount, takesBack = 0, times, counts }: AppendedRows): number {
    const first = this.#rows
    const rows = first + length
    this.#columns.forEach((column, i) => column.append(columns[i]!))
    this.#ids.append(ids, length * 4)
    if (counts === undefined) this.#counts?.extend(rows * 4, 0)
    else this.#counts?.append(counts, length * 4)
    if (times !== undefined) this.#times?.append(times, length * 8)
    this.#rows = rows
    this.#leasts?.extend(blockTimesBytes(rows), NOT_NOTED)
    this.cover(keyCount)
    if (this.#changes !== undefined) {
      const { indexed, same, sameIds } = this.#changes
      sameIds.append(same.insert(indexed.keys(columns, length), length), length * 4)
    }
    this.#gone += this.#link(first, length, takesBack)
    return first
  }

  /** Has a chain, perhaps an empty one, for each key. */
  cover(keyCount: number): void {
    this.#heads.extend(keyCount * 4, 0xff)
  }

  /** Rows below this number are over. */
  expire(oldest: number): void {
    assert(oldest >= this.#oldest && oldest <= this.#rows, `rows expire up to ${oldest}`)
    this.#oldest = oldest
  }

  /** Rows that are gone or over: the first at least. */
  get useless(): number {
    return this.#gone + this.#oldest
  }

  /** The rows from `from` on that are neither gone nor over, `room` at most. */
  living(from: number, room: number): Selection {
    const range = { from: Math.max(from, this.#oldest), to: this.#rows, room }
    return joinRowsWithout(this.#kernels, this.ids, NO_ROW, range)
  }

  /** Sets the bits of the keys of its living rows. */
  markKeys(bits: number): void {
    const from = this.#oldest * 4
    joinMark(this.#kernels, { rows: this.ids + from, length: this.#rows - this.#oldest }, bits)
  }

  /** Gives keys their new ids; rebuild() must follow. */
  remapKeys(map: number): void {
    joinRemap(this.#kernels, { rows: this.ids, length: this.#rows }, map)
  }

  /** So many of its rows have lost their ids; they stay in their chains until the next rebuild. */
  lose(rows: number): void {
    this.#gone += rows
  }

  /** Lets rows go. */
  drop({ rows, length }: Selection): void {
    const numbers = this.#kernels.u32
    const ids = this.ids >>> 2
    for (let i = 0; i < length; i++) numbers[ids + numbers[(rows >>> 2) + i]!] = NO_ROW
    this.#gone += length
  }

  /**
   * Keeps the living rows only, under new numbers in the same order, and makes the chains anew.
   * @param boundaries row numbers, ascending; gives what they become
   */
  rebuild(keyCount: number, boundaries: readonly number[] = []): number[] {
    const moved: number[] = []
    let kept = 0
    let from = 0
    const rows = this.#rows
    this.#replace(keyCount, () => {
      if (from === rows) return undefined
      const piece = this.living(from, PIECE_ROWS)
      const at = piece.rows >>> 2
      const numbers = this.#kernels.u32.subarray(at, at + piece.length)
      from = piece.length < PIECE_ROWS ? rows : numbers[piece.length - 1]! + 1
      while (moved.length < boundaries.length && boundaries[moved.length]! <= from) {
        const boundary = boundaries[moved.length]!
        const inside = numbers.findIndex((row) => row >= boundary)
        moved.push(kept + (inside < 0 ? piece.length : inside))
      }
      kept += piece.length
      return piece
    })
    while (moved.length < boundaries.length) moved.push(kept)
    return moved
  }

  /** Puts the rows (all of them, none gone) into another order. */
  reorder(order: Uint32Array, keyCount: number): void {
    let from = 0
    this.#replace(keyCount, () => {
      if (from === order.length) return undefined
      const piece = order.slice(from, from + PIECE_ROWS)
      from += piece.length
      const rows = this.#kernels.put(new Uint8Array(piece.buffer))
      return { rows, length: piece.length }
    })
  }

  /** Has the rows that come piece by piece in place of those that it has. */
  #replace(keyCount: number, next: () => Selection | undefined): void {
    const kernels = this.#kernels
    const old = this.#columns
    const fresh = this.#newColumns()
    const blocks = [this.#ids, this.#counts, this.#times, this.#changes?.sameIds]
      .filter((block) => block !== undefined)
      .map((block) => ({ block, fresh: new GrowingBlock(kernels) }))
    let kept = 0
    for (;;) {
      const mark = kernels.mark()
      const rows = next()
      if (rows === undefined) break
      fresh.forEach((column, i) => column.append(old[i]!.gather(rows)))
      for (const { block, fresh: into } of blocks) {
        const width = block === this.#times ? 8 : 4
        into.append(takeFixed(kernels, width, block.ptr, rows), rows.length * width)
      }
      kept += rows.length
      kernels.reset(mark)
    }
    for (const column of old) column.close()
    for (const { block, fresh: into } of blocks) block.become(into)
    this.#columns = fresh
    this.#rows = kept
    if (this.#leasts !== undefined) this.#leasts.bytes = 0
    this.#leasts?.extend(blockTimesBytes(kept), NOT_NOTED)
    this.#gone = this.#oldest = 0
    this.#forgetSame()
    this.#heads.bytes = this.#next.bytes = 0
    if (this.#changes !== undefined) {
      const { sameHeads, sameNext, previous } = this.#changes
      sameHeads.bytes = sameNext.bytes = previous.bytes = 0
    }
    this.cover(keyCount)
    this.#link(0, kept, 0)
  }

  close(): void {
    for (const column of this.#columns) column.close()
    const blocks = [this.#ids, this.#next, this.#heads, this.#counts, this.#times, this.#leasts]
    for (const block of blocks) block?.close()
    if (this.#changes === undefined) return
    const { same, sameIds, sameHeads, sameNext, previous } = this.#changes
    same.close()
    for (const block of [sameIds, sameHeads, sameNext, previous]) block.close()
  }

  #newColumns(): readonly HeldColumn[] {
    const { types, whole } = this.#options
    return types.map((type, i) =>
      i === whole ? new WholeColumn(this.#kernels, type) : heldColumn(this.#kernels, type),
    )
  }

  /** Puts rows into the chains; gives how many rows are of no more use by that. */
  #link(first: number, length: number, takesBack: number): number {
    this.#next.extend((first + length) * 4, 0xff)
    const { heads, next } = this.chains
    const changes = this.#changes
    if (changes === undefined) {
      const chains = { heads, next }
      if (this.#options.byTime === true) {
        joinLinkByTime(this.#kernels, { ids: this.ids, length, first }, this.times, chains)
      } else joinLink(this.#kernels, { ids: this.ids + first * 4, length, first }, chains)
      return 0
    }
    const { same, sameIds, sameHeads, sameNext, previous } = changes
    sameHeads.extend(same.size * 4, 0xff)
    sameNext.extend((first + length) * 4, 0xff)
    previous.extend((first + length) * 4, 0xff)
    const pointers = {
      heads,
      next,
      previous: previous.ptr,
      sameHeads: sameHeads.ptr,
      sameNext: sameNext.ptr,
      ids: this.ids,
      sameIds: sameIds.ptr,
    }
    const range = { first, length, oldest: this.#oldest }
    return joinChange(this.#kernels, pointers, takesBack, range)
  }

  /** Drops what the index of whole rows holds of rows that are gone. */
  #forgetSame(): void {
    if (this.#changes === undefined) return
    const kernels = this.#kernels
    const { same, sameIds } = this.#changes
    const { size } = same
    const live = kernels.allocate(bitmapBytes(size))
    const map = kernels.allocate(size * 4)
    kernels.u8.fill(0, live, live + bitmapBytes(size))
    const ids = { rows: sameIds.ptr, length: this.#rows }
    joinMark(kernels, ids, live)
    same.compact(live, map)
    joinRemap(kernels, ids, map)
    kernels.release(live)
    kernels.release(map)
  }
}

function changesOf(kernels: Kernels, types: readonly DataType[]): Changes {
  const indexed = new IndexedRows(kernels, types)
  const block = () => new GrowingBlock(kernels)
  return {
    indexed,
    same: new KeyIndex(kernels, indexed.types),
    sameIds: block(),
    sameHeads: block(),
    sameNext: block(),
    previous: block(),
  }
}
