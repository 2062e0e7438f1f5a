// From whole rows to dense ids, and back: a key index whose columns may be lists and structs, too.
//
// RI1  Rows are equal as keys are (key-index.ts); within lists and structs values are equal by their bits.
import type { DataType } from '../columnar/type.ts'
import type { Vector } from '../columnar/vector.ts'
import type { Kernels } from '../kernels/module.ts'
import { IndexedRows } from './indexed-rows.ts'
import { KeyIndex } from './key-index.ts'

/** Keys by their ids: of a row index, or a key index. */
export interface KeyColumns {
  readonly size: number
  columns(ids: number, n: number): readonly Vector[]
}

export class RowIndex implements KeyColumns {
  readonly #indexed: IndexedRows
  readonly #keys: KeyIndex

  /** @throws MEMORY_EXHAUSTED */
  constructor(kernels: Kernels, types: readonly DataType[]) {
    this.#indexed = new IndexedRows(kernels, types)
    this.#keys = new KeyIndex(kernels, this.#indexed.types)
  }

  /** Rows that have an id. */
  get size(): number {
    return this.#keys.size
  }

  /** The ids (u32 a row, in the arena) of n rows; new ones get the next ids. */
  insert(columns: readonly Vector[], n: number): number {
    return this.#keys.insert(this.#indexed.keys(columns, n), n)
  }

  /** The rows of n ids (u32 at `ids`), in the arena. */
  columns(ids: number, n: number): readonly Vector[] {
    return this.#indexed.columns(this.#keys.columns(ids, n), n)
  }

  /** Forgets the rows whose bit in `live` is not set; as KeyIndex.compact(). */
  compact(live: number, map: number): void {
    this.#keys.compact(live, map)
  }

  close(): void {
    this.#keys.close()
  }
}
