// At most one row a key: the last one, the first one, the one that counts. Rows are kept whole; the keys
// are some of their columns.
//
// KR1  A key without a row may keep its id for a while; when such keys are the half, they are forgotten.
// KR2  Rows come back in order of key id, which is the order in which their keys first came.
import { assert } from '../base/assert.ts'
import type { DenseColumns } from '../columnar/dense-columns.ts'
import type { DataType } from '../columnar/type.ts'
import type { Vector } from '../columnar/vector.ts'
import { type TouchedKeys, touchedKeys } from '../kernels/changes.ts'
import type { Kernels } from '../kernels/module.ts'
import { KeyColumn } from './key-column.ts'
import { KeyCompaction } from './key-compaction.ts'
import { KeyIndex } from './key-index.ts'
import { RowStore } from './row-store.ts'

export interface RowPerKeyOptions {
  /** Of the columns of a row. */
  readonly types: readonly DataType[]
  /** Positions of the keys among them. */
  readonly keys: readonly number[]
  /** What is kept by the same key ids elsewhere: told when these change. */
  readonly followers?: readonly { compact(map: number, size: number): void }[]
}

export class RowPerKey {
  readonly #kernels: Kernels
  readonly #keyPositions: readonly number[]
  readonly #followers: NonNullable<RowPerKeyOptions['followers']>
  readonly #keys: KeyIndex
  readonly #rows: RowStore
  readonly #addresses: KeyColumn
  readonly #stamps: KeyColumn
  readonly #compaction: KeyCompaction
  #live = 0

  /** @throws UNSUPPORTED for keys that are lists or structs, MEMORY_EXHAUSTED */
  constructor(kernels: Kernels, { types, keys, followers = [] }: RowPerKeyOptions) {
    this.#kernels = kernels
    this.#keyPositions = keys
    this.#followers = followers
    this.#keys = new KeyIndex(
      kernels,
      keys.map((position) => types[position]!),
    )
    this.#rows = new RowStore(kernels, types)
    this.#addresses = new KeyColumn(kernels, 4)
    this.#stamps = new KeyColumn(kernels, 4)
    this.#compaction = new KeyCompaction(kernels)
  }

  /** Keys that have an id; the ids are below it. */
  get ids(): number {
    return this.#keys.size
  }

  /** The keys of n rows, each once; new ones get an id. */
  touch(columns: DenseColumns, n: number): TouchedKeys {
    const ids = this.#keys.insert(this.#keyPositions.map(columns), n)
    this.#addresses.reserve(this.#keys.size)
    this.#stamps.reserve(this.#keys.size)
    return touchedKeys(this.#kernels, ids, n, this.#stamps.ptr)
  }

  /** The addresses of the keys' rows, 0 where there is none. */
  current({ ids, count }: TouchedKeys): number {
    return this.#addresses.take(ids, count)
  }

  /** Gives the keys other rows (0: none); what they had is the caller's to release. */
  replace({ ids, count }: TouchedKeys, addresses: number): void {
    const { u32 } = this.#kernels
    const base = this.#addresses.ptr >>> 2
    for (let i = 0; i < count; i++) {
      const at = base + u32[(ids >>> 2) + i]!
      const fresh = u32[(addresses >>> 2) + i]!
      this.#live += Number(fresh !== 0) - Number(u32[at] !== 0)
      u32[at] = fresh
    }
  }

  /** Forgets the rows of some keys. */
  forget(ids: number, count: number): void {
    const kernels = this.#kernels
    const keys = { ids, count, locals: 0 }
    const gone = this.current(keys)
    const none = kernels.scratch(count * 4)
    kernels.u32.fill(0, none >>> 2, (none >>> 2) + count)
    this.replace(keys, none)
    this.release(gone, count)
  }

  /** Keeps n rows, at addresses in the arena. */
  put(columns: readonly Vector[], n: number): number {
    return this.#rows.put(columns, n)
  }

  columns(addresses: number, n: number): Vector[] {
    return this.#rows.columns(addresses, n)
  }

  release(addresses: number, n: number): void {
    this.#rows.release(addresses, n)
  }

  /** All rows, at most `most` at a time, by addresses and key ids in the arena. */
  *scan(most: number): Generator<{
    readonly addresses: number
    readonly ids: number
    readonly length: number
  }> {
    const { size } = this.#keys
    for (let id = 0; id < size;) {
      const addresses = this.#kernels.scratch(most * 4)
      const ids = this.#kernels.scratch(most * 4)
      const { u32 } = this.#kernels
      const base = this.#addresses.ptr >>> 2
      let length = 0
      for (; id < size && length < most; id++) {
        const address = u32[base + id]!
        if (address === 0) continue
        u32[(ids >>> 2) + length] = id
        u32[(addresses >>> 2) + length++] = address
      }
      if (length > 0) yield { addresses, ids, length }
    }
  }

  /** Forgets keys without a row, when they may be the half. */
  compact(): void {
    this.#compaction.run(this.#keys, {
      mark: (bits, size) => this.#addresses.mark(bits, size),
      remap: (map, size) => {
        this.#addresses.compact(map, size)
        for (const follower of this.#followers) follower.compact(map, size)
        assert(this.#keys.size === this.#live, `${this.#keys.size} keys for ${this.#live} rows`)
      },
    })
  }

  close(): void {
    this.#keys.close()
    this.#rows.close()
    this.#addresses.close()
    this.#stamps.close()
  }
}
