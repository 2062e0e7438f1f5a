// The columns of a look-up join's table: batches appended into blocks of their own, whole in
// memory.
//
// LT1  What is appended is dense. utf8 and binary offsets go on from the rows before.
// LT2  A column's vector is good until the next append() or close().
import { DataflowError } from '../base/errors.ts'
import { byteWidth, type DataType, isVariable, typeName } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import { bitmapAppend, bitmapBytes } from '../kernels/bitmap.ts'
import type { Kernels } from '../kernels/module.ts'
import { takeRebased } from '../kernels/take.ts'

/** A block that grows. Its end has the allocator's padding. */
interface Block {
  ptr: number
  bytes: number
  capacity: number
}

const CAPACITY_MIN = 4096
const DATA_BYTES_MAX = 2 ** 31 - 1

export class TableColumn {
  readonly type: DataType
  readonly #kernels: Kernels
  readonly #values: Block = emptyBlock()
  readonly #offsets: Block = emptyBlock()
  readonly #validity: Block = emptyBlock()
  #length = 0

  /** @throws UNSUPPORTED for lists and structs */
  constructor(kernels: Kernels, type: DataType) {
    if (type.kind === 'list' || type.kind === 'struct') {
      throw new DataflowError(
        'UNSUPPORTED',
        `a ${typeName(type)} column cannot be looked up; take its fields as columns`,
      )
    }
    this.#kernels = kernels
    this.type = type
  }

  /** @throws MEMORY_EXHAUSTED, RECORD_TOO_LARGE */
  append(vector: Vector): void {
    const { length } = vector
    if (length === 0) return
    if (this.type.nullable) this.#appendBits(this.#validity, vector.validity, length)
    if (isVariable(this.type)) this.#appendBytes(vector)
    else if (this.type.kind === 'bool') this.#appendBits(this.#values, vector.values, length)
    else this.#copy(this.#values, vector.values, length * byteWidth(this.type))
    this.#length += length
  }

  /** The rows so far. Even without any there are buffers: a gather reads before the first value. */
  vector(): Vector {
    this.#reserve(this.#values, 0)
    if (this.type.nullable) this.#reserve(this.#validity, 0)
    if (isVariable(this.type) && this.#offsets.ptr === 0) {
      this.#reserve(this.#offsets, 8)
      this.#kernels.u8.fill(0, this.#offsets.ptr, this.#offsets.ptr + 8)
    }
    return new Vector({
      type: this.type,
      length: this.#length,
      validity: this.#validity.ptr,
      values: this.#values.ptr,
      offsets: this.#offsets.ptr,
    })
  }

  close(): void {
    for (const block of [this.#values, this.#offsets, this.#validity]) {
      this.#kernels.release(block.ptr)
      block.ptr = 0
    }
  }

  #appendBytes(vector: Vector): void {
    const kernels = this.#kernels
    const { length } = vector
    const bytes = vector.dataBytes(kernels)
    const start = kernels.data.getInt32(vector.offsets, true)
    const base = this.#values.bytes
    if (base + bytes > DATA_BYTES_MAX) {
      throw new DataflowError(
        'RECORD_TOO_LARGE',
        'one column of a look-up table takes more than 2 GiB; take fewer or shorter columns',
      )
    }
    this.#reserve(this.#offsets, (this.#length + length + 1) * 4)
    const at = this.#offsets.ptr + this.#length * 4
    takeRebased(kernels, vector.offsets, length, base, at)
    this.#offsets.bytes = (this.#length + length + 1) * 4
    this.#copy(this.#values, vector.values + start, bytes)
  }

  #appendBits(block: Block, bits: number, length: number): void {
    this.#reserve(block, bitmapBytes(this.#length + length))
    bitmapAppend(this.#kernels, block.ptr, this.#length, bits, length)
    block.bytes = bitmapBytes(this.#length + length)
  }

  #copy(block: Block, from: number, bytes: number): void {
    this.#reserve(block, block.bytes + bytes)
    this.#kernels.u8.copyWithin(block.ptr + block.bytes, from, from + bytes)
    block.bytes += bytes
  }

  #reserve(block: Block, bytes: number): void {
    if (block.ptr !== 0 && bytes <= block.capacity) return
    const capacity = Math.max(CAPACITY_MIN, bytes, block.capacity * 2)
    block.ptr = this.#kernels.reallocate(block.ptr, block.bytes, capacity)
    block.capacity = capacity
  }
}

const emptyBlock = (): Block => ({ ptr: 0, bytes: 0, capacity: 0 })
