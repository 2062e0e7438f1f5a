// Bools: bits in the page, and bits in the column.
import { Vector } from '../../../columnar/vector.ts'
import { bitmapBytes } from '../../../kernels/bitmap.ts'
import {
  CORRUPT,
  HYBRID_STATE_BYTES,
  hybridAppendBits,
  hybridDecodeBits,
  hybridOpen,
} from '../../../kernels/hybrid.ts'
import { spreadBits } from '../../../kernels/parquet-decode.ts'
import type { DataPage } from './chunk-pages.ts'
import {
  GrowingBuffer,
  type LeafContext,
  type LeafValues,
  type Presence,
  validityParts,
} from './leaf-values.ts'

export class BoolValues implements LeafValues {
  readonly #context: LeafContext
  readonly #out: GrowingBuffer
  #count = 0
  #state: number
  #page: DataPage | undefined
  #taken = 0

  constructor(context: LeafContext) {
    this.#context = context
    this.#out = new GrowingBuffer(context.kernels)
    this.#state = context.kernels.allocate(HYBRID_STATE_BYTES)
  }

  begin(capacity: number): void {
    this.#out.begin(bitmapBytes(capacity))
    this.#context.kernels.u8[this.#out.ptr] = 0
    this.#count = 0
  }

  openDictionary(): void {
    throw this.#context.pages.damaged('bools with a dictionary')
  }

  openPage(page: DataPage): void {
    const { kernels, pages } = this.#context
    this.#page = page
    this.#taken = 0
    if (page.encoding === 'PLAIN') return
    if (page.encoding !== 'RLE') {
      throw pages.unsupported(`${page.encoding} of BOOLEAN is not supported`)
    }
    const { start, end } = page.body
    const bytes = end - start < 4 ? -1 : kernels.data.getUint32(start, true)
    if (bytes < 0 || bytes > end - start - 4) throw pages.damaged('a page ends before its bools')
    hybridOpen(kernels, this.#state, start + 4, bytes, 1)
  }

  decode(count: number): void {
    if (count === 0) return
    const { kernels, pages } = this.#context
    this.#out.reserve(bitmapBytes(this.#count), bitmapBytes(this.#count + count))
    const out = this.#out.ptr
    const { encoding, body } = this.#page!
    if (encoding === 'RLE') {
      if (hybridDecodeBits(kernels, this.#state, count, out, this.#count) === CORRUPT) {
        throw pages.damaged('a page ends before its bools')
      }
    } else {
      if (bitmapBytes(this.#taken + count) > body.end - body.start) {
        throw pages.damaged('a page ends before its bools')
      }
      const from = body.start + (this.#taken >> 3)
      hybridAppendBits(kernels, from, this.#taken & 7, count, out, this.#count)
    }
    this.#taken += count
    this.#count += count
  }

  finish(presence: Presence): Vector {
    const { kernels, leaf } = this.#context
    const { rows, present, validity } = presence
    let values = this.#out.ptr
    if (present < rows) {
      values = kernels.scratch(bitmapBytes(rows))
      spreadBits(kernels, this.#out.ptr, validity, rows, values)
    }
    return new Vector({ type: leaf.type, length: rows, values, ...validityParts(leaf, presence) })
  }

  close(): void {
    this.#context.kernels.release(this.#state)
    this.#state = 0
  }
}
