// Encoded rows that are kept, by address (assembly/row-store.ts). src/state/row-store.ts makes columns of
// them.
import { bitmapBytes } from './bitmap.ts'
import type { ByteColumn } from './byte-table.ts'
import { exhausted } from './exhausted.ts'
import type { Kernels } from './module.ts'

/** Bytes before a kept row's encoding. */
export const ROW_HEADER_BYTES = 4

export class ByteRowStore {
  readonly #kernels: Kernels
  #store: number

  /** @throws MEMORY_EXHAUSTED */
  constructor(kernels: Kernels) {
    this.#kernels = kernels
    this.#store = kernels.exports.rowStoreNew() >>> 0
    if (this.#store === 0) throw exhausted(kernels, 'the rows of a state')
  }

  /**
   * Keeps n encoded rows: their addresses (u32 a row) are in the arena.
   * @throws MEMORY_EXHAUSTED
   */
  put({ offsets, values }: ByteColumn, n: number): number {
    const out = this.#kernels.scratch(n * 4)
    if (!this.#kernels.exports.rowStorePut(this.#store, offsets, values, n, out)) {
      throw exhausted(this.#kernels, 'the rows of a state')
    }
    return out
  }

  /** Frees n rows; addresses of 0 are left out. */
  free(rows: number, n: number): void {
    this.#kernels.exports.rowStoreFree(this.#store, rows, n)
  }

  close(): void {
    if (this.#store !== 0) this.#kernels.exports.rowStoreClose(this.#store)
    this.#store = 0
  }
}

/** A bitmap of the places at which two lists of addresses have rows with the same bytes. */
export function sameRows(kernels: Kernels, a: number, b: number, n: number): number {
  const out = kernels.scratch(bitmapBytes(n))
  kernels.exports.rowStoreSame(a, b, n, out)
  return out
}
