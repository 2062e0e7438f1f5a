// A column of one batch: pointers into a slot's linear memory, in Arrow's layout, plus what they mean.
//
//   fixed width   values -> length * byteWidth bytes
//   bool          values -> bits
//   utf8, binary  offsets -> length + 1 i32, values -> bytes (offsets[0] need not be 0)
//   list          offsets -> length + 1 i32, children[0] the items;   struct  children, one a field
//
// V1  Bitmaps start at bit 0 of their pointer. Value pointers need not be aligned.
// V2  validity 0 means no nulls; nullCount is exact, or -1 when nobody has counted.
// V3  A vector owns no memory: it lives as long as the batch it belongs to.
import type { Kernels } from '../kernels/module.ts'
import { byteWidth, type DataType, isVariable } from './type.ts'

export interface VectorParts {
  readonly type: DataType
  readonly length: number
  readonly nullCount?: number
  readonly validity?: number
  readonly values?: number
  readonly offsets?: number
  readonly children?: readonly Vector[]
}

export class Vector {
  readonly type: DataType
  /** Rows. */
  readonly length: number
  readonly nullCount: number
  readonly validity: number
  readonly values: number
  readonly offsets: number
  readonly children: readonly Vector[]

  constructor(parts: VectorParts) {
    this.type = parts.type
    this.length = parts.length
    this.validity = parts.validity ?? 0
    this.nullCount = this.validity === 0 ? 0 : (parts.nullCount ?? -1)
    this.values = parts.values ?? 0
    this.offsets = parts.offsets ?? 0
    this.children = parts.children ?? NO_CHILDREN
  }

  /** Bytes of utf8 or binary data that the offsets span. */
  dataBytes(kernels: Kernels): number {
    const view = kernels.data
    return view.getInt32(this.offsets + this.length * 4, true) - view.getInt32(this.offsets, true)
  }

  isNull(kernels: Kernels, row: number): boolean {
    return this.validity !== 0 && ((kernels.u8[this.validity + (row >> 3)]! >> (row & 7)) & 1) === 0
  }

  /**
   * Rows [start, start + length) without a copy. `start` is a multiple of 8 unless there is no bitmap
   * in the vector, so that V1 holds.
   */
  slice(start: number, length: number): Vector {
    const width = byteWidth(this.type)
    const { type } = this
    const values =
      type.kind === 'bool'
        ? this.values + (start >> 3)
        : width > 0
          ? this.values + start * width
          : this.values
    const hasOffsets = isVariable(type) || type.kind === 'list'
    return new Vector({
      type,
      length,
      validity: this.validity === 0 ? 0 : this.validity + (start >> 3),
      values,
      offsets: hasOffsets ? this.offsets + start * 4 : 0,
      children:
        type.kind === 'struct'
          ? this.children.map((child) => child.slice(start, length))
          : this.children,
    })
  }

  /** The same values under another type of the same layout (nullability, row representation). */
  as(type: DataType): Vector {
    return new Vector({ ...this.parts(), type })
  }

  parts(): Required<VectorParts> {
    const { type, length, nullCount, validity, values, offsets, children } = this
    return { type, length, nullCount, validity, values, offsets, children }
  }
}

const NO_CHILDREN: readonly Vector[] = []
