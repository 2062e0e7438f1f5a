// From keys of bytes to dense group ids (assembly/byte-table.ts).
import { exhausted } from './exhausted.ts'
import type { Kernels } from './module.ts'

/** A column of bytes: i32 offsets and what they point into. */
export interface ByteColumn {
  readonly offsets: number
  readonly values: number
}

export class ByteTable {
  readonly #kernels: Kernels
  #table: number

  /** @throws MEMORY_EXHAUSTED */
  constructor(kernels: Kernels) {
    this.#kernels = kernels
    this.#table = kernels.exports.byteTableNew() >>> 0
    if (this.#table === 0) throw exhausted(kernels, 'a group table')
  }

  get size(): number {
    return this.#kernels.exports.byteTableSize(this.#table) >>> 0
  }

  /** The id of null, or NO_GROUP. */
  get nullId(): number {
    return this.#kernels.exports.byteTableNullId(this.#table) >>> 0
  }

  /**
   * Writes ids (u32) at `out`; new keys get the next ids.
   * @throws MEMORY_EXHAUSTED
   */
  insert({ offsets, values }: ByteColumn, validity: number, n: number, out: number): void {
    if (!this.#kernels.exports.byteTableInsert(this.#table, offsets, values, validity, n, out)) {
      throw exhausted(this.#kernels, `a table of ${this.size} keys`)
    }
  }

  /** Writes ids at `out`, NO_GROUP for keys that are not there. */
  find({ offsets, values }: ByteColumn, validity: number, n: number, out: number): void {
    this.#kernels.exports.byteTableFind(this.#table, offsets, values, validity, n, out)
  }

  /** The keys of groups as a column in the arena. */
  keys(ids: number, n: number): ByteColumn {
    const { exports } = this.#kernels
    const offsets = this.#kernels.scratch((n + 1) * 4)
    const bytes = exports.byteTableKeyOffsets(this.#table, ids, n, offsets) >>> 0
    const values = this.#kernels.scratch(bytes)
    exports.byteTableKeyData(this.#table, ids, n, values)
    return { offsets, values }
  }

  /**
   * Keeps the groups whose bit in `live` is set, under new ids in the same order.
   * @param map gets the new id of each old one, or NO_GROUP
   * @throws MEMORY_EXHAUSTED
   */
  compact(live: number, map: number): void {
    if (!this.#kernels.exports.byteTableCompact(this.#table, live, map)) {
      throw exhausted(this.#kernels, `the compaction of ${this.size} keys`)
    }
  }

  clear(): void {
    this.#kernels.exports.byteTableClear(this.#table)
  }

  close(): void {
    if (this.#table !== 0) this.#kernels.exports.byteTableClose(this.#table)
    this.#table = 0
  }
}
