// Values of any length: utf8 and binary columns, and what is made of byte arrays (decimals, half floats).
//
// BV1 What enters a utf8 column is UTF-8: each page's bytes are validated, a dictionary's once.
import { DataflowError } from '../../../base/errors.ts'
import { byteWidth } from '../../../columnar/type.ts'
import { Vector } from '../../../columnar/vector.ts'
import { CORRUPT, HYBRID_STATE_BYTES, hybridDecode32, hybridOpen } from '../../../kernels/hybrid.ts'
import { NO_ROW } from '../../../kernels/operand.ts'
import {
  decimalDecode,
  dictionaryBytes,
  dictionaryOffsets,
  float16ToFloat32,
  spreadFixed,
  spreadOffsets,
} from '../../../kernels/parquet-decode.ts'
import { areUtf8 } from '../../../kernels/string.ts'
import { ByteArrayPage } from './byte-array-page.ts'
import type { DataPage, DictionaryPage } from './chunk-pages.ts'
import {
  GrowingBuffer,
  indexWidth,
  type LeafContext,
  type LeafValues,
  type Presence,
  validityParts,
} from './leaf-values.ts'

/** Dense values: offsets (count + 1) and the bytes that they count from. */
interface Dense {
  readonly offsets: number
  readonly values: number
  readonly count: number
}

const BYTES_MAX = 0x7fffffff
const START_BYTES = 1 << 14

export class BytesValues implements LeafValues {
  readonly #context: LeafContext
  readonly #page: ByteArrayPage
  readonly #offsets: GrowingBuffer
  readonly #bytes: GrowingBuffer
  #count = 0
  // What the batch before took: the guess at the next one.
  #used = START_BYTES
  #state: number
  #isDictionary = false
  #dictionary = { offsets: 0, values: 0, count: 0 }

  constructor(context: LeafContext) {
    const { kernels } = context
    this.#context = context
    this.#page = new ByteArrayPage(context)
    this.#offsets = new GrowingBuffer(kernels)
    this.#bytes = new GrowingBuffer(kernels)
    this.#state = kernels.allocate(HYBRID_STATE_BYTES)
  }

  begin(capacity: number): void {
    this.#offsets.begin((capacity + 1) * 4)
    this.#context.kernels.u32[this.#offsets.ptr >>> 2] = 0
    this.#bytes.begin(this.#used)
    this.#count = 0
  }

  openDictionary(page: DictionaryPage): void {
    const { kernels } = this.#context
    this.#releaseDictionary()
    this.#page.open(page)
    const count = page.values
    const bytes = this.#page.measure(count)
    const offsets = kernels.allocate((count + 1) * 4)
    this.#dictionary = { offsets, values: 0, count }
    const values = kernels.allocate(bytes)
    this.#dictionary = { offsets, values, count }
    kernels.u32[offsets >>> 2] = 0
    this.#page.copy(count, bytes, offsets, values)
    this.#validate(offsets, values, count)
  }

  openPage(page: DataPage): void {
    this.#isDictionary = page.encoding.endsWith('_DICTIONARY')
    if (!this.#isDictionary) return this.#page.open(page)
    const { start, end } = page.body
    const width = indexWidth(this.#context, page)
    const from = Math.min(start + 1, end)
    hybridOpen(this.#context.kernels, this.#state, from, end - from, width)
  }

  decode(count: number): void {
    if (count === 0) return
    const { kernels } = this.#context
    this.#offsets.reserve((this.#count + 1) * 4, (this.#count + count + 1) * 4)
    const offsets = this.#offsets.ptr + this.#count * 4
    if (this.#isDictionary) {
      this.#lookUp(count, offsets)
    } else {
      const bytes = this.#page.measure(count)
      const used = kernels.u32[offsets >>> 2]!
      this.#reserve(used, bytes)
      this.#page.copy(count, bytes, offsets, this.#bytes.ptr)
      this.#validate(offsets, this.#bytes.ptr, count)
    }
    this.#count += count
  }

  finish(presence: Presence): Vector {
    const { leaf } = this.#context
    const { rows } = presence
    const { offsets, values } = this.spread(presence)
    return new Vector({
      type: leaf.type,
      length: rows,
      offsets,
      values,
      ...validityParts(leaf, presence),
    })
  }

  /** The batch's values without its nulls. */
  dense(): Dense {
    const offsets = this.#offsets.ptr
    this.#used = Math.max(START_BYTES, this.#context.kernels.u32[(offsets >>> 2) + this.#count]!)
    return { offsets, values: this.#bytes.ptr, count: this.#count }
  }

  spread({ rows, present, validity }: Presence): Dense {
    const { kernels } = this.#context
    const { values, count } = this.dense()
    this.#offsets.reserve((count + 1) * 4, (rows + 1) * 4)
    const offsets = this.#offsets.ptr
    if (present < rows) spreadOffsets(kernels, offsets, validity, rows, present)
    return { offsets, values, count: rows }
  }

  close(): void {
    const { kernels } = this.#context
    this.#releaseDictionary()
    this.#page.close()
    kernels.release(this.#state)
    this.#state = 0
  }

  #lookUp(count: number, outOffsets: number): void {
    const { kernels, pages } = this.#context
    const { offsets, values, count: entries } = this.#dictionary
    const used = kernels.u32[outOffsets >>> 2]!
    // The bytes come after the indices in the arena, and stay.
    const indices = kernels.scratch(count * 4)
    const largest = hybridDecode32(kernels, this.#state, count, indices)
    if (largest === CORRUPT) throw pages.damaged('a page ends before its dictionary indices')
    if (largest >= entries) {
      throw pages.damaged(`index ${largest} is outside its dictionary of ${entries} values`)
    }
    const bytes = dictionaryOffsets(kernels, offsets, indices, count, outOffsets)
    this.#reserve(used, bytes)
    dictionaryBytes(kernels, { offsets, values }, indices, count, outOffsets, this.#bytes.ptr)
  }

  #reserve(used: number, bytes: number): void {
    if (bytes > BYTES_MAX - used) {
      const { leaf } = this.#context
      throw new DataflowError(
        'RECORD_TOO_LARGE',
        `column '${leaf.path}': the values of one batch take more than 2 GiB; lower batchRows`,
        { context: { column: leaf.path } },
      )
    }
    this.#bytes.reserve(used, used + bytes)
  }

  #validate(offsets: number, values: number, count: number): void {
    const { kernels, leaf, pages } = this.#context
    if (leaf.type.kind !== 'utf8') return
    if (!areUtf8(kernels, offsets, values, count)) throw pages.damaged('text that is no UTF-8')
  }

  #releaseDictionary(): void {
    const { kernels } = this.#context
    kernels.release(this.#dictionary.offsets)
    kernels.release(this.#dictionary.values)
    this.#dictionary = { offsets: 0, values: 0, count: 0 }
  }
}

/** Decimals and half floats: byte arrays in the page, numbers in the column. */
export class ConvertedBytesValues implements LeafValues {
  readonly #context: LeafContext
  readonly #bytes: BytesValues

  constructor(context: LeafContext) {
    this.#context = context
    this.#bytes = new BytesValues(context)
  }

  begin(capacity: number): void {
    this.#bytes.begin(capacity)
  }

  openDictionary(page: DictionaryPage): void {
    this.#bytes.openDictionary(page)
  }

  openPage(page: DataPage): void {
    this.#bytes.openPage(page)
  }

  decode(count: number): void {
    this.#bytes.decode(count)
  }

  finish(presence: Presence): Vector {
    const { kernels, leaf } = this.#context
    const { rows, present, validity } = presence
    const width = byteWidth(leaf.type) as 4 | 8 | 16
    const dense = this.#bytes.dense()
    const values = kernels.scratch(rows * width)
    this.#convert(dense, width, values)
    if (present < rows) spreadFixed(kernels, values, width, validity, rows, present)
    return new Vector({ type: leaf.type, length: rows, values, ...validityParts(leaf, presence) })
  }

  close(): void {
    this.#bytes.close()
  }

  #convert({ offsets, values, count }: Dense, width: 4 | 8 | 16, out: number): void {
    const { kernels, pages } = this.#context
    // Half floats have two bytes each, which the schema has checked: they lie end to end.
    if (width === 4) return float16ToFloat32(kernels, values, count, out)
    const at = decimalDecode(kernels, { bytes: values, offsets }, count, width, out)
    if (at !== NO_ROW) throw pages.damaged('a decimal has more digits than its column')
  }
}
