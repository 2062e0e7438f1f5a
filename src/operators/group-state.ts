// Accumulators by key: the state of an aggregation that has no windows. Keys have dense ids; rows of
// accumulators never move while their key lives.
//
// GS1  A key is live while its count is not zero. When the dead are the half, they are forgotten: the
//      others are merged into a new table, under new ids in the same order.
import { AggregateProgram } from '../kernels/aggregate.ts'
import { type TouchedKeys, touchedKeys } from '../kernels/changes.ts'
import type { Kernels } from '../kernels/module.ts'
import { SliceTable } from '../kernels/slice-table.ts'
import type { DataType } from '../columnar/type.ts'
import type { Vector } from '../columnar/vector.ts'
import { KeyColumn } from '../state/key-column.ts'
import { KeyCompaction } from '../state/key-compaction.ts'
import { RowIndex } from '../state/row-index.ts'
import type { Aggregation } from './aggregation.ts'

/** Time has one slice here, and nothing is assigned by it. */
const NO_GRID = { size: 1n, offset: 0n, multiplier: 1n }

/** Touched keys, and a pointer to the accumulators of each (u32). */
export interface Groups {
  readonly touched: TouchedKeys
  readonly rows: number
}

/** What is kept by the same key ids elsewhere. */
export interface KeyFollower {
  /** @param map the new id (u32) of each of `size` old ones, 0xffffffff for those that are gone */
  compact(map: number, size: number): void
}

export class GroupTable {
  readonly keys: RowIndex
  readonly program: AggregateProgram
  readonly #kernels: Kernels
  readonly #aggregation: Aggregation
  readonly #batchRows: number
  readonly #compaction: KeyCompaction
  readonly #slices: SliceTable
  /** 1 for a live key. */
  readonly #live: KeyColumn
  readonly #stamps: KeyColumn
  readonly #followers: readonly KeyFollower[]
  #slice: number

  /** @throws MEMORY_EXHAUSTED */
  constructor(
    kernels: Kernels,
    aggregation: Aggregation,
    keyTypes: readonly DataType[],
    batchRows: number,
    followers: readonly KeyFollower[] = [],
  ) {
    this.#kernels = kernels
    this.#aggregation = aggregation
    this.#batchRows = batchRows
    this.#followers = followers
    this.#compaction = new KeyCompaction(kernels)
    this.keys = new RowIndex(kernels, keyTypes)
    this.#slices = new SliceTable(kernels, aggregation.template, NO_GRID)
    this.program = new AggregateProgram(kernels, aggregation.entries, this.#slices.heap)
    this.#slice = this.#slices.detached()
    this.#live = new KeyColumn(kernels, 4)
    this.#stamps = new KeyColumn(kernels, 4)
  }

  /** The keys of n rows, each once, with their accumulators; new ones begin. */
  touch(columns: readonly Vector[], n: number): Groups {
    const kernels = this.#kernels
    const ids = this.keys.insert(columns, n)
    this.#live.reserve(this.keys.size)
    this.#stamps.reserve(this.keys.size)
    const touched = touchedKeys(kernels, ids, n, this.#stamps.ptr)
    const rows = kernels.scratch(touched.count * 4)
    this.#slices.rowsOf(this.#slice, touched.ids, touched.count, rows)
    return { touched, rows }
  }

  /** Notes which keys live: those whose count (i64) is not zero. */
  setLive({ count, ids }: TouchedKeys, counts: number): void {
    const { u32 } = this.#kernels
    const base = this.#live.ptr >>> 2
    for (let i = 0; i < count; i++) {
      const isLive = (u32[(counts >>> 2) + i * 2]! | u32[(counts >>> 2) + i * 2 + 1]!) !== 0
      u32[base + u32[(ids >>> 2) + i]!] = Number(isLive)
    }
  }

  /** The same of keys that have just got rows. */
  setAllLive({ count, ids }: TouchedKeys): void {
    const { u32 } = this.#kernels
    const base = this.#live.ptr >>> 2
    for (let i = 0; i < count; i++) u32[base + u32[(ids >>> 2) + i]!] = 1
  }

  /** Lets some keys begin anew, as if they had never come. */
  reset(ids: number, count: number): void {
    const kernels = this.#kernels
    const rows = kernels.scratch(count * 4)
    this.#slices.rowsOf(this.#slice, ids, count, rows)
    this.#begin(rows, count)
    const { u32 } = kernels
    const base = this.#live.ptr >>> 2
    for (let i = 0; i < count; i++) u32[base + u32[(ids >>> 2) + i]!] = 0
  }

  /** Lets keys whose count (i64) is zero begin anew, and forgets dead keys when they are the half. */
  forgetDead({ touched: { count }, rows }: Groups, counts: number): void {
    const kernels = this.#kernels
    const dead = kernels.scratch(count * 4)
    const { u32 } = kernels
    let length = 0
    for (let i = 0; i < count; i++) {
      if ((u32[(counts >>> 2) + i * 2]! | u32[(counts >>> 2) + i * 2 + 1]!) !== 0) continue
      u32[(dead >>> 2) + length++] = u32[(rows >>> 2) + i]!
    }
    if (length === 0) return
    this.#begin(dead, length)
    this.compact()
  }

  /** Live keys and their accumulators, at most batchRows at a time, in order of id; in the arena. */
  *scan(): Generator<{ readonly ids: number; readonly rows: number; readonly length: number }> {
    const most = this.#batchRows
    for (let from = 0; ;) {
      const ids = this.#kernels.scratch(most * 4)
      const rows = this.#kernels.scratch(most * 4)
      const found = this.#slices.scan(this.#slice, from, most, ids, rows)
      if (found === 0) return
      const { u32 } = this.#kernels
      from = u32[(ids >>> 2) + found - 1]! + 1
      let length = 0
      for (let i = 0; i < found; i++) {
        const id = u32[(ids >>> 2) + i]!
        if (u32[(this.#live.ptr >>> 2) + id] === 0) continue
        u32[(rows >>> 2) + length] = u32[(rows >>> 2) + i]!
        u32[(ids >>> 2) + length++] = id
      }
      if (length > 0) yield { ids, rows, length }
    }
  }

  close(): void {
    this.keys.close()
    this.program.close()
    this.#slices.close()
    this.#live.close()
    this.#stamps.close()
  }

  #begin(rows: number, count: number): void {
    const { u32, u8 } = this.#kernels
    if (this.#aggregation.holdsBytes) this.program.release(rows, count)
    for (let i = 0; i < count; i++) u8.set(this.#aggregation.template, u32[(rows >>> 2) + i])
  }

  /** Forgets dead keys, when they may be the half. */
  compact(): void {
    this.#compaction.run(this.keys, {
      mark: (bits, size) => this.#live.mark(bits, size),
      remap: (map, size) => {
        this.#moveTo(this.#slices.detached(), map)
        this.#live.compact(map, size)
        for (const follower of this.#followers) follower.compact(map, size)
      },
    })
  }

  /** Merges the accumulators of live keys into a new slice, under their new ids. */
  #moveTo(fresh: number, map: number): void {
    const kernels = this.#kernels
    for (const { ids, rows, length } of this.scan()) {
      const mark = kernels.mark()
      const targets = kernels.scratch(length * 4)
      const { u32 } = kernels
      for (let i = 0; i < length; i++) {
        u32[(ids >>> 2) + i] = u32[(map >>> 2) + u32[(ids >>> 2) + i]!]!
      }
      this.#slices.rowsOf(fresh, ids, length, targets)
      const overflow = this.program.merge(rows, targets, length)
      if (overflow !== undefined) throw this.#aggregation.overflow(overflow)
      if (this.#aggregation.holdsBytes) this.program.release(rows, length)
      kernels.reset(mark)
    }
    this.#slices.release(this.#slice)
    this.#slice = fresh
  }
}
