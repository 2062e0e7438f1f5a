// Values of a fixed width: integers, floats, dates, timestamps, and decimals that are integers.
//
// FV1 Pages' values of rawBytes become the column's of `width` bytes on their way out of the page; a
//     dictionary is converted once, and then only gathered from.
import { byteWidth } from '../../../columnar/type.ts'
import { Vector } from '../../../columnar/vector.ts'
import { DELTA_STATE_BYTES, deltaDecode, deltaOpen } from '../../../kernels/delta.ts'
import { CORRUPT, HYBRID_STATE_BYTES, hybridDecode32, hybridOpen } from '../../../kernels/hybrid.ts'
import { NO_ROW, type NumericKind } from '../../../kernels/operand.ts'
import { castNumbers } from '../../../kernels/cast.ts'
import {
  byteStreamMerge,
  dictionaryFixed,
  int96ToNanos,
  spreadFixed,
} from '../../../kernels/parquet-decode.ts'
import type { DataPage, DictionaryPage } from './chunk-pages.ts'
import {
  GrowingBuffer,
  indexWidth,
  type LeafContext,
  type LeafValues,
  type Presence,
  validityParts,
} from './leaf-values.ts'

type Width = 1 | 2 | 4 | 8 | 16

const RAW_BYTES: Readonly<Record<string, 4 | 8 | 12>> = {
  INT32: 4,
  FLOAT: 4,
  INT64: 8,
  DOUBLE: 8,
  INT96: 12,
}

export class FixedValues implements LeafValues {
  readonly #context: LeafContext
  readonly #rawBytes: 4 | 8 | 12
  readonly #width: Width
  readonly #out: GrowingBuffer
  #count = 0
  // One state: a page's values are hybrid indices or deltas.
  #state: number
  #dictionary = { ptr: 0, values: 0 }
  #page: DataPage | undefined
  #at = 0
  #taken = 0

  constructor(context: LeafContext) {
    const { kernels, leaf } = context
    this.#context = context
    this.#rawBytes = RAW_BYTES[leaf.physical]!
    this.#width = byteWidth(leaf.type) as Width
    this.#out = new GrowingBuffer(kernels)
    this.#state = kernels.allocate(Math.max(DELTA_STATE_BYTES, HYBRID_STATE_BYTES))
  }

  begin(capacity: number): void {
    this.#out.begin(capacity * this.#width)
    this.#count = 0
  }

  openDictionary({ values, encoding, body }: DictionaryPage): void {
    const { kernels, pages } = this.#context
    if (encoding !== 'PLAIN' && encoding !== 'PLAIN_DICTIONARY') {
      throw pages.unsupported(`a dictionary in ${encoding} is not supported`)
    }
    if (body.end - body.start < values * this.#rawBytes) {
      throw pages.damaged(`a dictionary of ${values} values ends before them`)
    }
    this.#releaseDictionary()
    this.#dictionary = { ptr: kernels.allocate(values * this.#width), values }
    this.#convert(body.start, values, this.#dictionary.ptr)
  }

  openPage(page: DataPage): void {
    const { kernels, pages } = this.#context
    this.#page = page
    this.#at = page.body.start
    this.#taken = 0
    const { start, end } = page.body
    switch (page.encoding) {
      case 'PLAIN':
        return
      case 'PLAIN_DICTIONARY':
      case 'RLE_DICTIONARY': {
        const width = indexWidth(this.#context, page)
        const from = Math.min(start + 1, end)
        return hybridOpen(kernels, this.#state, from, end - from, width)
      }
      case 'DELTA_BINARY_PACKED':
        if (this.#rawBytes === 12) break
        if (deltaOpen(kernels, this.#state, start, end) === CORRUPT) {
          throw pages.damaged('a page of deltas cannot be read')
        }
        return
      case 'BYTE_STREAM_SPLIT':
        if (this.#rawBytes !== 12 && (end - start) % this.#rawBytes === 0) return
        break
      default:
    }
    throw pages.unsupported(`${page.encoding} of ${this.#context.leaf.physical} is not supported`)
  }

  decode(count: number): void {
    if (count === 0) return
    const { kernels, pages } = this.#context
    this.#out.reserve(this.#count * this.#width, (this.#count + count) * this.#width)
    const out = this.#out.ptr + this.#count * this.#width
    const { encoding, body } = this.#page!
    const mark = kernels.mark()
    switch (encoding) {
      case 'PLAIN': {
        const bytes = count * this.#rawBytes
        if (body.end - this.#at < bytes) throw pages.damaged('a page ends before its values')
        this.#convert(this.#at, count, out)
        this.#at += bytes
        break
      }
      case 'DELTA_BINARY_PACKED': {
        const raw = this.#raw(count, out)
        const bytes = this.#rawBytes as 4 | 8
        if (deltaDecode(kernels, this.#state, count, bytes, raw) === CORRUPT) {
          throw pages.damaged('a page of deltas ends before its values')
        }
        this.#convertFrom(raw, count, out)
        break
      }
      case 'BYTE_STREAM_SPLIT': {
        const total = (body.end - body.start) / this.#rawBytes
        if (this.#taken + count > total) throw pages.damaged('a page ends before its values')
        const raw = this.#raw(count, out)
        byteStreamMerge(kernels, body.start, total, this.#taken, count, this.#rawBytes, raw)
        this.#convertFrom(raw, count, out)
        break
      }
      default:
        this.#lookUp(count, out)
    }
    kernels.reset(mark)
    this.#taken += count
    this.#count += count
  }

  finish(presence: Presence): Vector {
    const { kernels, leaf } = this.#context
    const { rows, present, validity } = presence
    this.#out.reserve(present * this.#width, rows * this.#width)
    const values = this.#out.ptr
    if (present < rows) spreadFixed(kernels, values, this.#width, validity, rows, present)
    return new Vector({
      type: leaf.type,
      length: rows,
      values,
      ...validityParts(leaf, presence),
    })
  }

  close(): void {
    this.#releaseDictionary()
    this.#context.kernels.release(this.#state)
    this.#state = 0
  }

  #lookUp(count: number, out: number): void {
    const { kernels, pages } = this.#context
    const indices = kernels.scratch(count * 4)
    const largest = hybridDecode32(kernels, this.#state, count, indices)
    if (largest === CORRUPT) throw pages.damaged('a page ends before its dictionary indices')
    if (largest >= this.#dictionary.values) {
      const { values } = this.#dictionary
      throw pages.damaged(`index ${largest} is outside its dictionary of ${values} values`)
    }
    dictionaryFixed(kernels, this.#width, this.#dictionary.ptr, indices, count, out)
  }

  /** Where values go before their conversion. */
  #raw(count: number, out: number): number {
    const { kernels, leaf } = this.#context
    return leaf.conversion === 'none' ? out : kernels.scratch(count * this.#rawBytes)
  }

  #convertFrom(raw: number, count: number, out: number): void {
    if (raw !== out) this.#convert(raw, count, out)
  }

  #convert(from: number, count: number, out: number): void {
    const { kernels, leaf, pages } = this.#context
    switch (leaf.conversion) {
      case 'cast': {
        const kind = leaf.type.kind === 'decimal' ? 'int64' : (leaf.type.kind as NumericKind)
        const cast = castNumbers(
          kernels,
          'int32',
          kind,
          { values: from, validity: 0 },
          count,
          false,
        )
        if (cast.badRow !== NO_ROW) throw pages.damaged('an integer is outside of its type')
        kernels.u8.copyWithin(out, cast.values, cast.values + count * this.#width)
        return
      }
      case 'int96':
        if (int96ToNanos(kernels, from, count, out) === NO_ROW) return
        throw pages.damaged('a 96-bit timestamp is outside of the years 1677 to 2262')
      default:
        kernels.u8.copyWithin(out, from, from + count * this.#width)
    }
  }

  #releaseDictionary(): void {
    this.#context.kernels.release(this.#dictionary.ptr)
    this.#dictionary = { ptr: 0, values: 0 }
  }
}
