// Columns whose rows lie in chunks: the chunks, and what gathers from them into the arena
// (assembly/chunked.ts).
import { DataflowError } from '../base/errors.ts'
import { bitmapBytes } from './bitmap.ts'
import { GrowingBlock } from './growing-block.ts'
import type { Kernels } from './module.ts'
import { BITS_TAKEN, type Rows, type TakenBytes } from './take.ts'

/** Rows of a chunk; as assembly/chunked.ts says. */
export const CHUNK_ROWS = 8_192

/** Chunks of a column's rows: they never move. */
export class Chunks {
  readonly #kernels: Kernels
  readonly #bitsPerRow: number
  readonly #table: GrowingBlock

  constructor(kernels: Kernels, bitsPerRow: number) {
    this.#kernels = kernels
    this.#bitsPerRow = bitsPerRow
    this.#table = new GrowingBlock(kernels)
  }

  /** The pointers of the chunks (u32; 0: it is not there), good until the next make(). */
  get table(): number {
    return this.#table.ptr
  }

  /** The table goes up to this chunk, which need not be there; whether it is. */
  cover(chunk: number): boolean {
    this.#table.extend((chunk + 1) * 4, 0)
    return this.#at(chunk) !== 0
  }

  /**
   * The pointer of a chunk, which is made when it is not there.
   * @throws MEMORY_EXHAUSTED
   */
  make(chunk: number): number {
    if (!this.cover(chunk)) {
      const fresh = this.#kernels.allocate((CHUNK_ROWS * this.#bitsPerRow) / 8)
      this.#kernels.u32[(this.#table.ptr >>> 2) + chunk] = fresh
    }
    return this.#at(chunk)
  }

  close(): void {
    for (let i = 0; i < this.#table.bytes / 4; i++) this.#kernels.release(this.#at(i))
    this.#table.close()
  }

  #at(chunk: number): number {
    return this.#kernels.u32[(this.#table.ptr >>> 2) + chunk]!
  }
}

/** Values of 1, 2, 4, 8 or 16 bytes. */
export function chunkedTakeFixed(
  kernels: Kernels,
  bytes: keyof typeof BITS_TAKEN,
  { table }: Chunks,
  { rows, length }: Rows,
): number {
  const out = kernels.scratch(length * bytes)
  kernels.exports[`chunkedTake${BITS_TAKEN[bytes]}`](table, rows, length, out)
  return out
}

/** Bits, of chunks that are not there ones; and how many of the result are not set. */
export function chunkedTakeBits(
  kernels: Kernels,
  { table }: Chunks,
  { rows, length }: Rows,
): { bits: number; zeros: number } {
  const out = kernels.scratch(bitmapBytes(length))
  return { bits: out, zeros: length - kernels.exports.chunkedTakeBits(table, rows, length, out) }
}

/** Writes the views (u64) of n values that lie end to end, as their offsets say, from `address` on. */
export function chunkedPutViews(
  kernels: Kernels,
  offsets: number,
  n: number,
  address: number,
  out: number,
): void {
  kernels.exports.chunkedPutViews(offsets, n, address, out)
}

/**
 * The values that views in chunks show.
 * @throws RECORD_TOO_LARGE when the result's bytes do not fit 32-bit offsets
 */
export function chunkedTakeViews(
  kernels: Kernels,
  { table }: Chunks,
  { rows, length }: Rows,
): TakenBytes {
  const { exports } = kernels
  const offsets = kernels.scratch((length + 1) * 4)
  const views = kernels.scratch(length * 8)
  const bytes = exports.chunkedTakeViews(table, rows, length, views, offsets) >>> 0
  if (bytes === 0xffffffff) {
    throw new DataflowError(
      'RECORD_TOO_LARGE',
      `${length} values of one column take more than 2 GiB; lower batchRows`,
    )
  }
  const values = kernels.scratch(bytes)
  exports.chunkedCopyViews(views, length, values)
  return { offsets, values }
}
