// The state of windows by slice and key id (assembly/slice-layout.ts).
import { assert } from '../base/assert.ts'
import type { AggregateOverflow, AggregateProgram } from './aggregate.ts'
import { exhausted } from './exhausted.ts'
import type { Kernels } from './module.ts'

/** Slices are [index * size + offset, + size) of a timestamp times `multiplier`. */
export interface SliceGrid {
  readonly size: bigint
  readonly offset: bigint
  readonly multiplier: bigint
}

/** A slice of event time, by its address. */
export interface Slice {
  readonly index: number
  readonly ptr: number
}

const DONE = 0xffffffff
const EXHAUSTED = 0xfffffffe

export class SliceTable {
  readonly #kernels: Kernels
  #table: number

  /**
   * @param template an accumulator row as it starts; its length is a multiple of 8
   * @throws MEMORY_EXHAUSTED
   */
  constructor(kernels: Kernels, template: Uint8Array, { size, offset, multiplier }: SliceGrid) {
    assert(template.length % 8 === 0, `accumulator rows of ${template.length} bytes`)
    this.#kernels = kernels
    const mark = kernels.mark()
    const ptr = kernels.put(template)
    const { sliceTableNew } = kernels.exports
    this.#table = sliceTableNew(template.length, ptr, size, offset, multiplier) >>> 0
    kernels.reset(mark)
    if (this.#table === 0) throw exhausted(kernels, 'the state of windows')
  }

  /** Where byte accumulators may keep their values. */
  get heap(): number {
    return this.#kernels.exports.sliceTableHeap(this.#table) >>> 0
  }

  /** Late rows of the last assign(). */
  get lateRows(): number {
    return this.#kernels.exports.sliceTableLate(this.#table) >>> 0
  }

  /**
   * Finds or makes the accumulator rows of n (timestamp, key id): pointers at `rows` (u32), 0 for a
   * late row, and at `kept` the bitmap of those that are not late. Returns a row whose timestamp is
   * out of range, if there is one.
   * @throws MEMORY_EXHAUSTED
   */
  assign(
    timestamps: number,
    ids: number,
    n: number,
    rows: number,
    kept: number,
  ): number | undefined {
    const { exports } = this.#kernels
    const status = exports.sliceTableAssign(this.#table, timestamps, ids, n, rows, kept) >>> 0
    if (status === EXHAUSTED) throw exhausted(this.#kernels, 'the state of windows')
    return status === DONE ? undefined : status
  }

  /** Rows of slices below `index` are late from now on. */
  advance(index: number): void {
    this.#kernels.exports.sliceTableAdvance(this.#table, index)
  }

  /** The slices that have come into being since the last call, the oldest first. */
  created(): Slice[] {
    const { exports } = this.#kernels
    const slices: Slice[] = []
    for (;;) {
      const ptr = exports.sliceTableCreated(this.#table) >>> 0
      if (ptr === 0) return slices.toReversed()
      slices.push({ ptr, index: exports.sliceIndex(ptr) })
    }
  }

  /**
   * A slice without a place in time, to merge others into.
   * @throws MEMORY_EXHAUSTED
   */
  detached(): number {
    const ptr = this.#kernels.exports.sliceNew(this.#table) >>> 0
    if (ptr === 0) throw exhausted(this.#kernels, 'the state of windows')
    return ptr
  }

  /** Accumulator rows in a slice. */
  rowCount(slice: number): number {
    return this.#kernels.exports.sliceRowCount(slice) >>> 0
  }

  /**
   * Finds or makes the accumulator rows of n key ids in one slice: pointers at `rows`.
   * @throws MEMORY_EXHAUSTED
   */
  rowsOf(slice: number, ids: number, n: number, rows: number): void {
    if (!this.#kernels.exports.sliceRows(this.#table, slice, ids, n, rows)) {
      throw exhausted(this.#kernels, 'the state of windows')
    }
  }

  /** Lists those of n key ids that a slice has, with their rows; how many. */
  find(slice: number, ids: number, n: number, outIds: number, outRows: number): number {
    return this.#kernels.exports.sliceFind(this.#table, slice, ids, n, outIds, outRows) >>> 0
  }

  /**
   * Writes up to `most` key ids and rows of a slice, in order of key id from `from` on; how many.
   */
  scan(slice: number, from: number, most: number, ids: number, rows: number): number {
    return this.#kernels.exports.sliceScan(this.#table, slice, from, most, ids, rows) >>> 0
  }

  /**
   * Merges slices, the earliest first, into another, whose rows came before theirs.
   * @param program of accumulators that hold nothing outside themselves
   * @throws MEMORY_EXHAUSTED
   */
  merge(
    slices: readonly number[],
    into: number,
    program: AggregateProgram,
  ): AggregateOverflow | undefined {
    const kernels = this.#kernels
    const mark = kernels.mark()
    const list = kernels.scratch(slices.length * 4)
    kernels.u32.set(slices, list >>> 2)
    const { sliceMerge } = kernels.exports
    const status = sliceMerge(this.#table, list, slices.length, into, program.address) >>> 0
    kernels.reset(mark)
    if (status === EXHAUSTED) throw exhausted(kernels, 'the state of windows')
    return status === DONE ? undefined : { entry: program.failedEntry, row: status }
  }

  /** Gives a slice back; what its accumulators hold outside themselves goes before. */
  release(slice: number): void {
    this.#kernels.exports.sliceRelease(this.#table, slice)
  }

  /** Sets the bits of the key ids that a slice holds. */
  mark(slice: number, bits: number): void {
    this.#kernels.exports.sliceMark(this.#table, slice, bits)
  }

  /**
   * Renames a slice's key ids after a compaction of the keys.
   * @throws MEMORY_EXHAUSTED
   */
  remap(slice: number, map: number): void {
    if (!this.#kernels.exports.sliceRemap(this.#table, slice, map)) {
      throw exhausted(this.#kernels, 'the state of windows')
    }
  }

  close(): void {
    if (this.#table !== 0) this.#kernels.exports.sliceTableClose(this.#table)
    this.#table = 0
  }
}
