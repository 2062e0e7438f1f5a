// Whole rows that an operator keeps, by address: columns in, columns out (row-layout.ts), so that a row is
// one piece of memory, whatever its columns are.
//
// RS1  Two rows are the same when their bytes are: a float's bits are kept as they are.
// RS2  An address is good until release(); 0 is no row.
import type { DataType } from '../columnar/type.ts'
import type { Vector } from '../columnar/vector.ts'
import type { Kernels } from '../kernels/module.ts'
import { ByteRowStore, ROW_HEADER_BYTES } from '../kernels/row-store.ts'
import { RowLayout } from './row-layout.ts'

export class RowStore {
  readonly #rows: ByteRowStore
  readonly #layout: RowLayout

  /** @throws MEMORY_EXHAUSTED */
  constructor(kernels: Kernels, types: readonly DataType[]) {
    this.#layout = new RowLayout(kernels, types)
    this.#rows = new ByteRowStore(kernels)
  }

  /**
   * Keeps n rows; their addresses (u32 a row) are in the arena.
   * @throws MEMORY_EXHAUSTED, RECORD_TOO_LARGE
   */
  put(columns: readonly Vector[], n: number): number {
    return this.#rows.put(this.#layout.encode(columns, n), n)
  }

  /** The columns of the rows at n addresses (none is 0), in the arena. */
  columns(addresses: number, n: number): Vector[] {
    return this.#layout.decode(addresses, ROW_HEADER_BYTES, n)
  }

  /** Frees the rows at n addresses; 0 is left out. */
  release(addresses: number, n: number): void {
    this.#rows.free(addresses, n)
  }

  close(): void {
    this.#rows.close()
  }
}
