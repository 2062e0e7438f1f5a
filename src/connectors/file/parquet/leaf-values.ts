// The contract of a leaf's values: pages in, dense values out, spread to a vector once a batch is whole.
//
// LV1 begin(), then decode() any number of times, over any number of pages; finish() ends the batch.
// LV2 Results are in the arena: they live until the batch's turn ends.
import type { Vector } from '../../../columnar/vector.ts'
import type { Kernels } from '../../../kernels/module.ts'
import type { ChunkPages, DataPage, DictionaryPage } from './chunk-pages.ts'
import type { ParquetLeaf } from './schema-tree.ts'

/** The rows of a batch, as the definition levels tell them. */
export interface Presence {
  readonly rows: number
  /** How many of them are not null. */
  readonly present: number
  /** A bitmap; 0 when all are. */
  readonly validity: number
}

export interface LeafValues {
  /** A new batch; `capacity` is a guess at its values. */
  begin(capacity: number): void
  openDictionary(page: DictionaryPage): void
  openPage(page: DataPage): void
  /** Takes the next values of the page, as many as are not null. */
  decode(count: number): void
  finish(presence: Presence): Vector
  close(): void
}

export interface LeafContext {
  readonly kernels: Kernels
  readonly leaf: ParquetLeaf
  /** For errors: where the page at hand is. */
  readonly pages: ChunkPages
}

/** The nulls that a vector of this leaf shows. */
export function validityParts(
  leaf: ParquetLeaf,
  { rows, present, validity }: Presence,
): { readonly validity: number; readonly nullCount: number } {
  // Below a null struct a required field is missing, too; nobody looks there.
  const hasNulls = leaf.type.nullable && present < rows
  return { validity: hasNulls ? validity : 0, nullCount: hasNulls ? rows - present : 0 }
}

/** Values of one width that grow in the arena. */
export class GrowingBuffer {
  readonly #kernels: Kernels
  ptr = 0
  #bytes = 0

  constructor(kernels: Kernels) {
    this.#kernels = kernels
  }

  begin(bytes: number): void {
    this.ptr = this.#kernels.scratch(bytes)
    this.#bytes = bytes
  }

  /** Makes room for `bytes` bytes, of which `used` are kept. */
  reserve(used: number, bytes: number): void {
    if (bytes <= this.#bytes) return
    const larger = Math.max(bytes, this.#bytes * 2)
    const ptr = this.#kernels.scratch(larger)
    this.#kernels.u8.copyWithin(ptr, this.ptr, this.ptr + used)
    this.ptr = ptr
    this.#bytes = larger
  }
}

/** The bit width byte before a page's dictionary indices. */
export function indexWidth({ kernels, pages }: LeafContext, { body }: DataPage): number {
  const width = body.start < body.end ? kernels.u8[body.start]! : 0
  if (width > 32) throw pages.damaged(`dictionary indices of ${width} bits`)
  return width
}
