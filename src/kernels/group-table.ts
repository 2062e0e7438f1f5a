// From keys of up to 8 bytes to dense group ids (assembly/group-table.ts).
import { exhausted } from './exhausted.ts'
import { type FixedKeyKind, KEY_KINDS, keyColumnBytes } from './key-kind.ts'
import type { Kernels } from './module.ts'

/** An id that means: not there. */
export const NO_GROUP = 0xffffffff

export class GroupTable {
  readonly #kernels: Kernels
  readonly #kind: FixedKeyKind
  #table: number

  /** @throws MEMORY_EXHAUSTED */
  constructor(kernels: Kernels, kind: FixedKeyKind) {
    this.#kernels = kernels
    this.#kind = kind
    this.#table = kernels.exports.groupTableNew() >>> 0
    if (this.#table === 0) throw exhausted(kernels, 'a group table')
  }

  get size(): number {
    return this.#kernels.exports.groupTableSize(this.#table) >>> 0
  }

  /** The id of null, or NO_GROUP. */
  get nullId(): number {
    return this.#kernels.exports.groupTableNullId(this.#table) >>> 0
  }

  /**
   * Writes ids (u32) at `out`; new keys get the next ids.
   * @throws MEMORY_EXHAUSTED
   */
  insert(values: number, validity: number, n: number, out: number): void {
    const kind = KEY_KINDS[this.#kind]
    if (!this.#kernels.exports.groupTableInsert(this.#table, kind, values, validity, n, out)) {
      throw exhausted(this.#kernels, `a table of ${this.size} keys`)
    }
  }

  /** Writes ids at `out`, NO_GROUP for keys that are not there. */
  find(values: number, validity: number, n: number, out: number): void {
    const kind = KEY_KINDS[this.#kind]
    this.#kernels.exports.groupTableFind(this.#table, kind, values, validity, n, out)
  }

  /** The keys of groups as a column's values, in the arena. */
  keys(ids: number, n: number): number {
    const out = this.#kernels.scratch(keyColumnBytes(this.#kind, n))
    this.#kernels.exports.groupTableKeys(this.#table, KEY_KINDS[this.#kind], ids, n, out)
    return out
  }

  /**
   * Keeps the groups whose bit in `live` is set, under new ids in the same order.
   * @param map gets the new id of each old one, or NO_GROUP
   * @throws MEMORY_EXHAUSTED
   */
  compact(live: number, map: number): void {
    if (!this.#kernels.exports.groupTableCompact(this.#table, live, map)) {
      throw exhausted(this.#kernels, `the compaction of ${this.size} keys`)
    }
  }

  clear(): void {
    this.#kernels.exports.groupTableClear(this.#table)
  }

  close(): void {
    if (this.#table !== 0) this.#kernels.exports.groupTableClose(this.#table)
    this.#table = 0
  }
}
