// A column that grows: parts of vectors appended into blocks of its own, one behind the other. What
// gathers rows until there are enough of them (a page of a file, a table to look up in) keeps these.
//
// CB1 Offsets go on from the rows before. A bitmap is there from the first null on, or never.
// CB2 vector() is good until the next append(), clear() or close(); it always has its buffers, for a
//     gather reads before the first value.
import { DataflowError } from '../base/errors.ts'
import { bitmapAppend, bitmapBytes, bitmapCopy } from '../kernels/bitmap.ts'
import { GrowingBlock } from '../kernels/growing-block.ts'
import type { Kernels } from '../kernels/module.ts'
import { takeRebased } from '../kernels/take.ts'
import { byteWidth, type DataType, isVariable } from './type.ts'
import { Vector } from './vector.ts'

const DATA_BYTES_MAX = 2 ** 31 - 1

export class ColumnBuffer {
  readonly type: DataType
  readonly #kernels: Kernels
  readonly #values: GrowingBlock
  readonly #offsets: GrowingBlock
  readonly #validity: GrowingBlock
  readonly #children: readonly ColumnBuffer[]
  #length = 0
  #hasNulls = false

  constructor(kernels: Kernels, type: DataType) {
    this.type = type
    this.#kernels = kernels
    this.#values = new GrowingBlock(kernels)
    this.#offsets = new GrowingBlock(kernels)
    this.#validity = new GrowingBlock(kernels)
    const inner =
      type.kind === 'list' ? [type.item] : type.kind === 'struct' ? Object.values(type.fields) : []
    this.#children = inner.map((child) => new ColumnBuffer(kernels, child))
  }

  /** Rows so far. */
  get length(): number {
    return this.#length
  }

  /** Bytes so far. */
  get bytes(): number {
    const own = this.#values.bytes + this.#offsets.bytes + this.#validity.bytes
    return this.#children.reduce((sum, child) => sum + child.bytes, own)
  }

  /**
   * Appends rows [start, start + length) of a vector.
   * @throws MEMORY_EXHAUSTED, RECORD_TOO_LARGE
   */
  append(vector: Vector, start = 0, length = vector.length): void {
    if (length === 0) return
    const { type } = this
    this.#appendValidity(vector, start, length)
    const width = byteWidth(type)
    if (width > 0) this.#values.append(vector.values + start * width, length * width)
    else if (type.kind === 'bool') this.#appendBits(this.#values, vector.values, start, length)
    else if (type.kind === 'struct') {
      this.#children.forEach((child, i) => child.append(vector.children[i]!, start, length))
    } else this.#appendOffsets(vector, start, length)
    this.#length += length
  }

  vector(): Vector {
    const { type } = this
    this.#values.reserve(0)
    if ((isVariable(type) || type.kind === 'list') && this.#offsets.ptr === 0) {
      this.#offsets.reserve(8)
      this.#kernels.u8.fill(0, this.#offsets.ptr, this.#offsets.ptr + 8)
    }
    return new Vector({
      type,
      length: this.#length,
      validity: this.#hasNulls ? this.#validity.ptr : 0,
      values: this.#values.ptr,
      offsets: this.#offsets.ptr,
      children: this.#children.map((child) => child.vector()),
    })
  }

  /** Forgets the rows, and keeps the memory. */
  clear(): void {
    this.#length = 0
    this.#hasNulls = false
    for (const block of [this.#values, this.#offsets, this.#validity]) block.bytes = 0
    for (const child of this.#children) child.clear()
  }

  close(): void {
    this.#length = 0
    for (const block of [this.#values, this.#offsets, this.#validity]) block.close()
    for (const child of this.#children) child.close()
  }

  #appendValidity({ validity }: Vector, start: number, length: number): void {
    if (validity === 0 && !this.#hasNulls) return
    if (!this.#hasNulls) {
      this.#hasNulls = true
      // The rows before have no nulls.
      this.#validity.reserve(bitmapBytes(this.#length))
      bitmapAppend(this.#kernels, this.#validity.ptr, 0, 0, this.#length)
      this.#validity.bytes = bitmapBytes(this.#length)
    }
    this.#appendBits(this.#validity, validity, start, length)
  }

  /** Bits of a bitmap, or ones where it is 0. */
  #appendBits(block: GrowingBlock, bits: number, start: number, length: number): void {
    block.reserve(bitmapBytes(this.#length + length))
    const mark = this.#kernels.mark()
    const from = bits === 0 || start === 0 ? bits : bitmapCopy(this.#kernels, bits, start, length)
    bitmapAppend(this.#kernels, block.ptr, this.#length, from, length)
    this.#kernels.reset(mark)
    block.bytes = bitmapBytes(this.#length + length)
  }

  #appendOffsets(vector: Vector, start: number, length: number): void {
    const kernels = this.#kernels
    const from = vector.offsets + start * 4
    const first = kernels.data.getInt32(from, true)
    const count = kernels.data.getInt32(from + length * 4, true) - first
    const isList = this.type.kind === 'list'
    const base = isList ? this.#children[0]!.length : this.#values.bytes
    if (base + count > DATA_BYTES_MAX) {
      throw new DataflowError(
        'RECORD_TOO_LARGE',
        'one column of gathered rows takes more than 2 GiB; gather fewer or shorter values',
      )
    }
    this.#offsets.reserve((this.#length + length + 1) * 4)
    takeRebased(kernels, from, length, base, this.#offsets.ptr + this.#length * 4)
    this.#offsets.bytes = (this.#length + length + 1) * 4
    if (isList) this.#children[0]!.append(vector.children[0]!, first, count)
    else this.#values.append(vector.values + first, count)
  }
}
