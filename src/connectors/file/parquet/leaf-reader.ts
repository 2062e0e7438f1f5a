// The entries of one leaf column: its levels and its values, from page to page.
//
// LR1 A leaf without lists gives as many rows as asked for; its levels go straight to a bitmap when they
//     are of one bit. A leaf in lists gives whole rows: where a page ends within a row, the next page
//     is looked at first.
import { bitmapBytes } from '../../../kernels/bitmap.ts'
import {
  CORRUPT,
  HYBRID_STATE_BYTES,
  hybridDecode8,
  hybridDecodeBits,
  hybridOpen,
} from '../../../kernels/hybrid.ts'
import { type Levels, levelsCount, levelsRowEnd } from '../../../kernels/levels.ts'
import type { Vector } from '../../../columnar/vector.ts'
import { BoolValues } from './bool-values.ts'
import { BytesValues, ConvertedBytesValues } from './bytes-values.ts'
import { ChunkPages, type ChunkPagesOptions, type Span } from './chunk-pages.ts'
import { FixedValues } from './fixed-values.ts'
import { GrowingBuffer, type LeafContext, type LeafValues, type Presence } from './leaf-values.ts'
import type { ParquetLeaf } from './schema-tree.ts'

const bitWidth = (value: number): number => 32 - Math.clz32(value)

export type LeafReaderOptions = Omit<ChunkPagesOptions, 'hasReps' | 'hasDefs'> & {
  readonly leaf: ParquetLeaf
}

export class LeafReader {
  readonly #leaf: ParquetLeaf
  readonly #context: LeafContext
  readonly #values: LeafValues
  readonly #defState: number
  // Entries of the page that are left, and of the chunk that its pages have not yet shown.
  #left = 0
  #unseen: number
  // In lists: the levels of the page's entries, decoded when it is opened, and how many are taken.
  #pageDefs = 0
  #pageReps = 0
  #pageTaken = 0
  readonly #defs: GrowingBuffer
  readonly #reps: GrowingBuffer

  constructor(options: LeafReaderOptions) {
    const { kernels, leaf, chunk } = options
    this.#leaf = leaf
    const pages = new ChunkPages({ ...options, hasReps: leaf.rep > 0, hasDefs: leaf.def > 0 })
    this.#context = { kernels, leaf, pages }
    this.#unseen = chunk.values
    this.#defState = kernels.allocate(HYBRID_STATE_BYTES)
    this.#values = leafValues(this.#context)
    this.#defs = new GrowingBuffer(kernels)
    this.#reps = new GrowingBuffer(kernels)
  }

  /** The next rows of a column that is no list and no struct. */
  readFlat(rows: number): Vector {
    this.#values.begin(rows)
    return this.#values.finish(this.#leaf.def === 0 ? this.#required(rows) : this.#optional(rows))
  }

  /** The levels of the next rows; their values are decoded, and finish() gives them. */
  readLevels(rows: number): Levels {
    return this.#leaf.rep === 0 ? this.#definitions(rows) : this.#repetitions(rows)
  }

  /** The values of readLevels(), one a slot. */
  finish(presence: Presence): Vector {
    return this.#values.finish(presence)
  }

  /** An error at the page at hand. */
  damaged(what: string): Error {
    return this.#context.pages.damaged(what)
  }

  close(): void {
    const { kernels, pages } = this.#context
    this.#values.close()
    pages.close()
    kernels.release(this.#defState)
    kernels.release(this.#pageDefs)
    kernels.release(this.#pageReps)
    this.#pageDefs = this.#pageReps = 0
  }

  #required(rows: number): Presence {
    for (let done = 0; done < rows;) {
      const count = this.#take(rows - done)
      this.#values.decode(count)
      done += count
    }
    return { rows, present: rows, validity: 0 }
  }

  #optional(rows: number): Presence {
    const { kernels, pages } = this.#context
    const validity = kernels.scratch(bitmapBytes(rows) + 8)
    kernels.u8[validity] = 0
    let present = 0
    for (let done = 0; done < rows;) {
      const count = this.#take(rows - done)
      const set = hybridDecodeBits(kernels, this.#defState, count, validity, done)
      if (set === CORRUPT) throw pages.damaged('a page ends before its definition levels')
      this.#values.decode(set)
      present += set
      done += count
    }
    return { rows, present, validity }
  }

  /** Levels of a leaf below structs only: an entry a row. */
  #definitions(rows: number): Levels {
    const { kernels } = this.#context
    const { def } = this.#leaf
    this.#values.begin(rows)
    const defs = kernels.scratch(rows)
    if (def === 0) {
      kernels.u8.fill(0, defs, defs + rows)
      this.#required(rows)
      return { defs, reps: 0, length: rows }
    }
    for (let done = 0; done < rows;) {
      const count = this.#take(rows - done)
      this.#decode8(this.#defState, count, defs + done, def)
      this.#values.decode(levelsCount(kernels, defs + done, count, def))
      done += count
    }
    return { defs, reps: 0, length: rows }
  }

  /** Levels of a leaf in lists: entries up to the one that begins the row after. */
  #repetitions(rows: number): Levels {
    const { kernels, pages } = this.#context
    this.#values.begin(rows)
    this.#defs.begin(rows)
    this.#reps.begin(rows)
    let length = 0
    let missing = rows
    for (;;) {
      if (this.#left === 0 && (this.#unseen === 0 || !this.#openPage())) break
      const total = this.#pageTaken + this.#left
      const found = levelsRowEnd(kernels, this.#pageReps, this.#pageTaken, total, missing)
      const count = found.end - this.#pageTaken
      missing = found.missing
      this.#defs.reserve(length, length + count)
      this.#reps.reserve(length, length + count)
      const memory = kernels.u8
      const from = this.#pageTaken
      memory.copyWithin(this.#defs.ptr + length, this.#pageDefs + from, this.#pageDefs + found.end)
      memory.copyWithin(this.#reps.ptr + length, this.#pageReps + from, this.#pageReps + found.end)
      const { def } = this.#leaf
      this.#values.decode(levelsCount(kernels, this.#defs.ptr + length, count, def))
      length += count
      this.#pageTaken = found.end
      this.#left -= count
      if (this.#left > 0) break
    }
    if (missing > 0) throw pages.damaged(`the column chunk ends ${missing} rows too early`)
    if (length > 0 && kernels.u8[this.#reps.ptr] !== 0) {
      throw pages.damaged('a row begins within a list')
    }
    return { defs: this.#defs.ptr, reps: this.#reps.ptr, length }
  }

  /** Up to `rows` entries of the page at hand, or of the next. */
  #take(rows: number): number {
    while (this.#left === 0) {
      if (!this.#openPage()) {
        throw this.#context.pages.damaged(`the column chunk ends ${rows} rows too early`)
      }
    }
    const count = Math.min(rows, this.#left)
    this.#left -= count
    return count
  }

  /** Opens the next data page; false when there is none. */
  #openPage(): boolean {
    const { kernels, pages } = this.#context
    const { def } = this.#leaf
    for (let page = pages.next(); page !== undefined; page = pages.next()) {
      if (page.kind === 'dictionary') {
        this.#values.openDictionary(page)
        continue
      }
      if (page.values > this.#unseen) {
        throw pages.damaged('its pages hold more values than the footer says')
      }
      this.#unseen -= page.values
      this.#left = page.values
      if (page.defs !== undefined) open(this.#defState, page.defs, def)
      if (page.reps !== undefined) this.#openLists(page.reps, page.values)
      this.#values.openPage(page)
      return true
    }
    return false

    function open(state: number, { start, end }: Span, max: number): void {
      hybridOpen(kernels, state, start, end - start, bitWidth(max))
    }
  }

  /** Decodes all levels of a page whose entries are no rows. */
  #openLists({ start, end }: Span, values: number): void {
    const { kernels, pages } = this.#context
    const { def, rep } = this.#leaf
    kernels.release(this.#pageDefs)
    kernels.release(this.#pageReps)
    this.#pageDefs = this.#pageReps = 0
    this.#pageTaken = 0
    this.#pageDefs = kernels.allocate(values)
    this.#pageReps = kernels.allocate(values)
    const mark = kernels.mark()
    const state = kernels.scratch(HYBRID_STATE_BYTES)
    hybridOpen(kernels, state, start, end - start, bitWidth(rep))
    if (hybridDecode8(kernels, state, values, this.#pageReps) > rep) {
      throw pages.damaged('its repetition levels are broken')
    }
    kernels.reset(mark)
    this.#decode8(this.#defState, values, this.#pageDefs, def)
  }

  #decode8(state: number, count: number, out: number, max: number): void {
    const { kernels, pages } = this.#context
    if (hybridDecode8(kernels, state, count, out) > max) {
      throw pages.damaged('its definition levels are broken')
    }
  }
}

function leafValues(context: LeafContext): LeafValues {
  const { physical, conversion } = context.leaf
  if (physical === 'BOOLEAN') return new BoolValues(context)
  if (physical !== 'BYTE_ARRAY' && physical !== 'FIXED_LEN_BYTE_ARRAY') {
    return new FixedValues(context)
  }
  return conversion === 'none' ? new BytesValues(context) : new ConvertedBytesValues(context)
}
