// The rows of frames that end at a row: columns, and a queue of row numbers for each key, which rows enter
// at its end and leave at its front. An OVER aggregation that keeps values knows by them what leaves a frame.
//
// FR1  A row keeps its number until tidy() or compact().
// FR2  A row that has left is there until drop(): who takes it out of what he keeps reads it before.
import type { Selection } from '../columnar/record-batch.ts'
import type { DataType } from '../columnar/type.ts'
import type { Vector } from '../columnar/vector.ts'
import { GrowingBlock } from '../kernels/growing-block.ts'
import type { Kernels } from '../kernels/module.ts'
import { NO_ROW } from '../kernels/operand.ts'
import { JoinSide } from './join-side.ts'
import { KeyColumn } from './key-column.ts'

/** Rows on their way in, in order; times (i64) are 0 where nobody asks for them. */
export interface EnteringRows {
  readonly columns: readonly Vector[]
  readonly ids: number
  readonly times: number
  readonly n: number
  readonly keyCount: number
}

export class FrameRows {
  readonly #kernels: Kernels
  readonly #isTimed: boolean
  /** The rows themselves; its own chains are not used. */
  readonly side: JoinSide
  /** By key: the first and the last row of its queue, as numbers from 1 on, and how many there are. */
  readonly #first: KeyColumn
  readonly #last: KeyColumn
  readonly #sizes: KeyColumn
  /** By row: the next one of its queue, from 1 on; 0 for none. */
  readonly #next: GrowingBlock

  constructor(kernels: Kernels, types: readonly DataType[], isTimed: boolean) {
    this.#kernels = kernels
    this.#isTimed = isTimed
    this.side = new JoinSide(kernels, { types, counts: false, changes: false, timed: isTimed })
    this.#first = new KeyColumn(kernels, 4)
    this.#last = new KeyColumn(kernels, 4)
    this.#sizes = new KeyColumn(kernels, 4)
    this.#next = new GrowingBlock(kernels)
  }

  /** Puts rows behind the others; enter() puts each into its queue. Gives the number of the first. */
  append({ columns, ids, times, n, keyCount }: EnteringRows): number {
    const timed = this.#isTimed ? { times } : {}
    const first = this.side.append({ columns, ids, length: n, keyCount, ...timed })
    this.#cover(keyCount)
    return first
  }

  /** A row comes to the end of its key's queue. */
  enter(key: number, row: number): void {
    const { u32 } = this.#kernels
    const last = (this.#last.ptr >>> 2) + key
    const before = u32[last]!
    if (before === 0) u32[(this.#first.ptr >>> 2) + key] = row + 1
    else u32[(this.#next.ptr >>> 2) + before - 1] = row + 1
    u32[last] = row + 1
    u32[(this.#sizes.ptr >>> 2) + key]!++
  }

  /** Rows leave the front of a key's queue until there are at most `most`: their numbers go to `into`. */
  leaveBeyond(key: number, most: number, into: number[]): void {
    const sizes = (this.#sizes.ptr >>> 2) + key
    while (this.#kernels.u32[sizes]! > most) into.push(this.#leave(key))
  }

  /** Rows before a time leave the front of a key's queue: their numbers go to `into`. */
  leaveBefore(key: number, bound: bigint, into: number[]): void {
    const { u32, i64 } = this.#kernels
    const first = (this.#first.ptr >>> 2) + key
    const times = this.side.times / 8
    while (u32[first] !== 0 && i64[times + u32[first]! - 1]! < bound) into.push(this.#leave(key))
  }

  /** Rows that have left go. */
  drop(rows: Selection): void {
    this.side.drop(rows)
  }

  /** Lets go of what dropped rows hold, when they may be the half. */
  tidy(keyCount: number): void {
    const { useless, rows } = this.side
    if (useless === 0 || useless * 2 < rows) return
    this.side.rebuild(keyCount)
    this.#queueAnew(keyCount)
  }

  /** Follows a compaction of `size` keys to `keyCount`. */
  compact(map: number, size: number, keyCount: number): void {
    this.side.remapKeys(map)
    this.side.rebuild(keyCount)
    this.#queueAnew(size)
  }

  close(): void {
    this.side.close()
    this.#first.close()
    this.#last.close()
    this.#sizes.close()
    this.#next.close()
  }

  #leave(key: number): number {
    const { u32 } = this.#kernels
    const first = (this.#first.ptr >>> 2) + key
    const row = u32[first]! - 1
    const next = u32[(this.#next.ptr >>> 2) + row]!
    u32[first] = next
    if (next === 0) u32[(this.#last.ptr >>> 2) + key] = 0
    u32[(this.#sizes.ptr >>> 2) + key]!--
    return row
  }

  #cover(keyCount: number): void {
    for (const column of [this.#first, this.#last, this.#sizes]) column.reserve(keyCount)
    this.#next.extend(this.side.rows * 4, 0)
  }

  /**
   * Rows have new numbers: those that are there come to their queues again, in the same order.
   * @param size so many keys had queues
   */
  #queueAnew(size: number): void {
    this.#next.bytes = 0
    this.#cover(size)
    const { u8, u32 } = this.#kernels
    for (const { ptr } of [this.#first, this.#last, this.#sizes]) u8.fill(0, ptr, ptr + size * 4)
    for (let row = 0, at = this.side.ids >>> 2; row < this.side.rows; row++) {
      const key = u32[at + row]!
      if (key !== NO_ROW) this.enter(key, row)
    }
  }
}
