// A multiset of rows: how often each is there. Equal rows are equal as keys are: -0 is 0, and a NaN is a
// NaN (but within lists and structs, where they are their bits). A count may be below zero for a while,
// when a row is taken back before it comes.
//
// RC1  Rows come back in the order in which they first came, each as often as it is there.
// RC2  Rows that are there no more are forgotten when they are the half.
import type { DataType } from '../columnar/type.ts'
import type { Vector } from '../columnar/vector.ts'
import type { Kernels } from '../kernels/module.ts'
import { KeyColumn } from './key-column.ts'
import { KeyCompaction } from './key-compaction.ts'
import { RowIndex } from './row-index.ts'

interface Rows {
  readonly columns: readonly Vector[]
  readonly length: number
}

export class RowCounts {
  readonly #kernels: Kernels
  readonly #rows: RowIndex
  readonly #counts: KeyColumn
  readonly #compaction: KeyCompaction

  /** @throws MEMORY_EXHAUSTED */
  constructor(kernels: Kernels, types: readonly DataType[]) {
    this.#kernels = kernels
    this.#rows = new RowIndex(kernels, types)
    this.#counts = new KeyColumn(kernels, 4)
    this.#compaction = new KeyCompaction(kernels)
  }

  /** Adds n rows, or takes them back as their ops (u8; 0: all are inserted) say. */
  add(columns: readonly Vector[], ops: number, n: number): void {
    const ids = this.#rows.insert(columns, n)
    this.#counts.reserve(this.#rows.size)
    this.#kernels.exports.changesCount(ids, ops, n, this.#counts.ptr)
  }

  /** Rows of a snapshot, with their counts (i64 a row). */
  restore(columns: readonly Vector[], counts: number, n: number): void {
    const ids = this.#rows.insert(columns, n)
    this.#counts.reserve(this.#rows.size)
    const { i32, u32 } = this.#kernels
    for (let i = 0; i < n; i++) {
      i32[(this.#counts.ptr >>> 2) + u32[(ids >>> 2) + i]!]! += i32[(counts >>> 2) + i * 2]!
    }
  }

  /** The rows that are there, at most `most` at a time; each lives until the next is asked for. */
  *present(most: number): Generator<Rows> {
    const { size } = this.#rows
    let left = 0
    for (let id = 0; id < size;) {
      const ids = this.#kernels.scratch(most * 4)
      const { i32, u32 } = this.#kernels
      const counts = this.#counts.ptr >>> 2
      let length = 0
      while (id < size && length < most) {
        // What is left of a row that did not fit into the batch before.
        if (left <= 0) left = i32[counts + id]!
        for (; left > 0 && length < most; left--) u32[(ids >>> 2) + length++] = id
        if (left <= 0) id++
      }
      if (length > 0) yield { columns: this.#rows.columns(ids, length), length }
    }
  }

  /** Each row that is there, or owed, once, with its count (i64). */
  *counted(most: number): Generator<Rows & { readonly counts: number }> {
    const { size } = this.#rows
    for (let id = 0; id < size;) {
      const ids = this.#kernels.scratch(most * 4)
      const values = this.#kernels.scratch(most * 8)
      const { i32, u32, i64 } = this.#kernels
      const counts = this.#counts.ptr >>> 2
      let length = 0
      for (; id < size && length < most; id++) {
        const count = i32[counts + id]!
        if (count === 0) continue
        u32[(ids >>> 2) + length] = id
        i64[values / 8 + length++] = BigInt(count)
      }
      if (length > 0) yield { columns: this.#rows.columns(ids, length), counts: values, length }
    }
  }

  /** Forgets rows that are there no more, when they may be the half. */
  compact(): void {
    this.#compaction.run(this.#rows, {
      mark: (bits, size) => this.#counts.mark(bits, size),
      remap: (map, size) => this.#counts.compact(map, size),
    })
  }

  close(): void {
    this.#rows.close()
    this.#counts.close()
  }
}
