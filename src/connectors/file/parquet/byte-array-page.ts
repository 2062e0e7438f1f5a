// The byte arrays of one page in sequence, whatever their encoding: measured, then copied.
//
// BA1 The delta encodings need all lengths of a page before the first value: they are decoded into a
//     block when the page is opened, and DELTA_BYTE_ARRAY its values, too. The other encodings are taken
//     from the page as it is.
import {
  DELTA_STATE_BYTES,
  deltaDecode,
  deltaEnd,
  deltaOpen,
  lengthsToOffsets,
  prefixedBytes,
  prefixedLengths,
} from '../../../kernels/delta.ts'
import { CORRUPT } from '../../../kernels/hybrid.ts'
import {
  byteStreamMerge,
  evenOffsets,
  plainBytesDecode,
  plainBytesMeasure,
} from '../../../kernels/parquet-decode.ts'
import type { DataflowError } from '../../../base/errors.ts'
import { takeRebased } from '../../../kernels/take.ts'
import type { DataPage, DictionaryPage, Span } from './chunk-pages.ts'
import type { LeafContext } from './leaf-values.ts'

const BYTES_MAX = 0x7fffffff

type Mode = 'plain' | 'fixed' | 'split' | 'decoded'

export class ByteArrayPage {
  readonly #context: LeafContext
  #mode: Mode = 'plain'
  #at = 0
  #end = 0
  // Of mode 'split': values in the page, and how many are taken.
  #total = 0
  #taken = 0
  // Of mode 'decoded': offsets of the values that are left, and the bytes that they count from.
  #offsets = 0
  #bytes = 0
  #left = 0
  #valuesMax = 0
  #blocks: number[] = []

  constructor(context: LeafContext) {
    this.#context = context
  }

  open({ encoding, body, values }: DataPage | DictionaryPage): void {
    const { pages, leaf } = this.#context
    this.#release()
    this.#at = body.start
    this.#end = body.end
    this.#valuesMax = values
    const isFixed = leaf.physical === 'FIXED_LEN_BYTE_ARRAY'
    switch (encoding) {
      case 'PLAIN':
      case 'PLAIN_DICTIONARY':
        this.#mode = isFixed ? 'fixed' : 'plain'
        return
      case 'BYTE_STREAM_SPLIT':
        if (!isFixed || (body.end - body.start) % leaf.fixedBytes !== 0) break
        this.#mode = 'split'
        this.#total = (body.end - body.start) / leaf.fixedBytes
        this.#taken = 0
        return
      case 'DELTA_LENGTH_BYTE_ARRAY':
        if (isFixed) break
        this.#mode = 'decoded'
        return this.#openLengths(body)
      case 'DELTA_BYTE_ARRAY':
        this.#mode = 'decoded'
        return this.#openPrefixed(body)
      default:
    }
    throw pages.unsupported(`${encoding} of ${leaf.physical} is not supported`)
  }

  /** Bytes that the next `count` values take together. */
  measure(count: number): number {
    const { kernels, pages, leaf } = this.#context
    if (this.#mode === 'plain') {
      const bytes = plainBytesMeasure(kernels, this.#at, this.#end, count)
      if (bytes !== CORRUPT) return bytes
    } else if (this.#mode === 'decoded') {
      if (count <= this.#left) {
        const view = kernels.data
        const end = view.getUint32(this.#offsets + count * 4, true)
        return end - view.getUint32(this.#offsets, true)
      }
    } else {
      const bytes = count * leaf.fixedBytes
      const isThere =
        this.#mode === 'fixed' ? bytes <= this.#end - this.#at : this.#taken + count <= this.#total
      if (isThere) return bytes
    }
    throw pages.damaged('a page ends before its values')
  }

  /** Copies them to the column's bytes from its offset offsets[0] on, and writes the offsets behind. */
  copy(count: number, bytes: number, offsets: number, out: number): void {
    const { kernels, leaf } = this.#context
    const { fixedBytes } = leaf
    const base = kernels.data.getUint32(offsets, true)
    switch (this.#mode) {
      case 'plain':
        this.#at = plainBytesDecode(kernels, this.#at, count, offsets, out + base)
        return
      case 'fixed':
        evenOffsets(kernels, fixedBytes, count, offsets)
        kernels.u8.copyWithin(out + base, this.#at, this.#at + bytes)
        this.#at += bytes
        return
      case 'split':
        evenOffsets(kernels, fixedBytes, count, offsets)
        byteStreamMerge(kernels, this.#at, this.#total, this.#taken, count, fixedBytes, out + base)
        this.#taken += count
        return
      case 'decoded': {
        const from = this.#bytes + kernels.data.getUint32(this.#offsets, true)
        kernels.u8.copyWithin(out + base, from, from + bytes)
        takeRebased(kernels, this.#offsets, count, base, offsets)
        this.#offsets += count * 4
        this.#left -= count
      }
    }
  }

  close(): void {
    this.#release()
  }

  #openLengths(body: Span): void {
    const { kernels } = this.#context
    const lengths = this.#integers(body)
    this.#offsets = this.#block((lengths.count + 1) * 4)
    const max = body.end - lengths.end
    const bytes = lengthsToOffsets(kernels, lengths.ptr, lengths.count, max, this.#offsets)
    if (bytes === CORRUPT) throw this.#damagedLengths()
    this.#bytes = lengths.end
    this.#left = lengths.count
  }

  #openPrefixed(body: Span): void {
    const { kernels, pages } = this.#context
    const prefixes = this.#integers(body)
    const suffixes = this.#integers({ start: prefixes.end, end: body.end })
    const { count } = prefixes
    if (suffixes.count !== count) throw this.#damagedLengths()
    this.#offsets = this.#block((count + 1) * 4)
    const suffixMax = body.end - suffixes.end
    const suffixBytes = lengthsToOffsets(kernels, suffixes.ptr, count, suffixMax, this.#offsets)
    if (suffixBytes === CORRUPT) throw this.#damagedLengths()
    if (!prefixedLengths(kernels, prefixes.ptr, suffixes.ptr, count)) throw this.#damagedLengths()
    const bytes = lengthsToOffsets(kernels, suffixes.ptr, count, BYTES_MAX, this.#offsets)
    if (bytes === CORRUPT) throw pages.unsupported('a page of more than 2 GiB of values')
    this.#bytes = this.#block(bytes)
    prefixedBytes(kernels, prefixes.ptr, suffixes.end, this.#offsets, count, this.#bytes)
    this.#left = count
  }

  /** All integers of a delta-packed part of the page, and where it ends. */
  #integers({ start, end }: Span): { ptr: number; count: number; end: number } {
    const { kernels, pages } = this.#context
    const state = kernels.scratch(DELTA_STATE_BYTES)
    const count = deltaOpen(kernels, state, start, end)
    // The rows of a page bound what it may claim, or a few bytes could ask for gigabytes.
    if (count === CORRUPT || count > this.#valuesMax) throw this.#damagedLengths()
    const ptr = this.#block(count * 4)
    if (deltaDecode(kernels, state, count, 4, ptr) === CORRUPT) {
      throw pages.damaged('a page ends within its lengths')
    }
    return { ptr, count, end: deltaEnd(kernels, state) }
  }

  #damagedLengths(): DataflowError {
    return this.#context.pages.damaged('the lengths of a page do not fit its bytes')
  }

  #block(bytes: number): number {
    const ptr = this.#context.kernels.allocate(bytes)
    this.#blocks.push(ptr)
    return ptr
  }

  #release(): void {
    for (const ptr of this.#blocks) this.#context.kernels.release(ptr)
    this.#blocks = []
  }
}
