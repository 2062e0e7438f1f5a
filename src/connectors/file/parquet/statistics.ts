// The statistics of a column chunk: smallest and largest value, and how many nulls. Readers leave out row
// groups by them, so they must never claim too little.
//
// ST1 NaN is left out; a zero is written as -0 when smallest, as +0 when largest.
// ST2 Texts longer than TEXT_BYTES_MAX, and numbers of 128 bits, have none.
import type { DataType } from '../../../columnar/type.ts'
import type { Vector } from '../../../columnar/vector.ts'
import { bitmapCount } from '../../../kernels/bitmap.ts'
import type { Kernels } from '../../../kernels/module.ts'
import { extremesBytes, extremesFixed, type ExtremesKind } from '../../../kernels/parquet-encode.ts'
import type { ThriftStruct } from './thrift-writer.ts'

const TEXT_BYTES_MAX = 64

type Extreme = number | bigint | Uint8Array

export class Statistics {
  readonly #kernels: Kernels
  readonly #type: DataType
  #smallest: Extreme | undefined
  #largest: Extreme | undefined
  // Once a value has no place in them, there are none.
  #isOpen = true
  nulls = 0

  constructor(kernels: Kernels, type: DataType) {
    this.#kernels = kernels
    this.#type = type
    this.#isOpen = !(type.kind === 'decimal' && type.precision > 18)
  }

  /** Values without nulls. */
  add(dense: Vector): void {
    if (!this.#isOpen || dense.length === 0) return
    const { type, length, values, offsets } = dense
    if (type.kind === 'bool') {
      const set = bitmapCount(this.#kernels, values, length)
      this.#extend(set === length ? 1 : 0, set > 0 ? 1 : 0)
      return
    }
    if (type.kind === 'utf8' || type.kind === 'binary') {
      const rows = extremesBytes(this.#kernels, offsets, values, length)
      if (rows !== undefined) {
        this.#extend(this.#bytesAt(dense, rows.smallest), this.#bytesAt(dense, rows.largest))
      }
      return
    }
    const found = extremesFixed(this.#kernels, extremesKind(type), values, length)
    if (found !== undefined) this.#extend(found.smallest, found.largest)
  }

  /** As the footer has them. */
  toThrift(): ThriftStruct {
    const hasBoth = this.#smallest !== undefined && this.#largest !== undefined && this.#isOpen
    return {
      3: BigInt(this.nulls),
      ...(hasBoth
        ? { 5: this.#bytes(this.#largest!, 0), 6: this.#bytes(this.#smallest!, -0) }
        : {}),
    }
  }

  #extend(smallest: Extreme | undefined, largest: Extreme | undefined): void {
    if (smallest === undefined || largest === undefined) {
      this.#isOpen = false
      return
    }
    if (this.#smallest === undefined || isLess(smallest, this.#smallest)) this.#smallest = smallest
    if (this.#largest === undefined || isLess(this.#largest, largest)) this.#largest = largest
  }

  /** A text's bytes; undefined when they are too many. */
  #bytesAt({ offsets, values }: Vector, row: number): Uint8Array | undefined {
    const view = this.#kernels.data
    const start = view.getInt32(offsets + row * 4, true)
    const length = view.getInt32(offsets + row * 4 + 4, true) - start
    return length > TEXT_BYTES_MAX ? undefined : this.#kernels.take(values + start, length)
  }

  #bytes(value: Extreme, zero: number): Uint8Array {
    if (value instanceof Uint8Array) return value
    if (this.#type.kind === 'bool') return Uint8Array.of(Number(value))
    const kind = extremesKind(this.#type)
    const bytes = new Uint8Array(kind.endsWith('64') ? 8 : 4)
    const isZero = value === 0 && kind.startsWith('float')
    writeNumber(new DataView(bytes.buffer), kind, isZero ? zero : value)
    return bytes
  }
}

function isLess(a: Extreme, b: Extreme): boolean {
  if (a instanceof Uint8Array) return Buffer.compare(a, b as Uint8Array) < 0
  return a < (b as number | bigint)
}

/** What the column's values are to a comparison. Small integers have been extended to 32 bits. */
function extremesKind({ kind }: DataType): ExtremesKind {
  switch (kind) {
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return 'uint32'
    case 'uint64':
    case 'float32':
    case 'float64':
      return kind
    case 'int8':
    case 'int16':
    case 'int32':
    case 'date':
      return 'int32'
    default:
      return 'int64'
  }
}

function writeNumber(view: DataView, kind: ExtremesKind, value: number | bigint): void {
  switch (kind) {
    case 'int32':
      return view.setInt32(0, Number(value), true)
    case 'uint32':
      return view.setUint32(0, Number(value), true)
    case 'int64':
      return view.setBigInt64(0, BigInt(value), true)
    case 'uint64':
      return view.setBigUint64(0, BigInt(value), true)
    case 'float32':
      return view.setFloat32(0, Number(value), true)
    case 'float64':
      return view.setFloat64(0, Number(value), true)
  }
}
