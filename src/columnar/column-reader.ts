// Readers of one column: the values of its rows as a user sees them (type.ts: `in a row`).
//
// R1  bind() takes views on linear memory; they die when it grows, so nobody may allocate between
//     bind() and the last get() (RowReader binds again by itself).
// R2  Strings come from the text of 64 rows decoded at once: 9 ns a row against 100 for one call
//     each; a string that a user keeps holds at most that much memory.
import { unreachable } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import type { Kernels } from '../kernels/module.ts'
import { DAY_MS, decimalText, isCoarse } from './row-value.ts'
import { rowMaker } from './row-shape.ts'
import {
  byteWidth,
  type BigInt64,
  type DataType,
  type Decimal,
  type Duration,
  type List,
  type Struct,
  type Timestamp,
} from './type.ts'
import type { Vector } from './vector.ts'

interface ViewOf<V> {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): V
  readonly BYTES_PER_ELEMENT: number
}

/** A typed array over linear memory, or over a copy where the pointer is not aligned (V1). */
export function viewOf<V>(kernels: Kernels, array: ViewOf<V>, ptr: number, count: number): V {
  const width = array.BYTES_PER_ELEMENT
  if (ptr % width === 0) return new array(kernels.u8.buffer, ptr, count)
  return new array(kernels.u8.slice(ptr, ptr + count * width).buffer, 0, count)
}

const NO_BYTES = new Uint8Array()

export abstract class ColumnReader {
  #validity = NO_BYTES
  #hasNulls = false

  bind(kernels: Kernels, vector: Vector): void {
    this.#hasNulls = vector.validity !== 0 && vector.nullCount !== 0
    if (this.#hasNulls) {
      this.#validity = viewOf(kernels, Uint8Array, vector.validity, (vector.length + 7) >> 3)
    }
    this.bindValues(kernels, vector)
  }

  /** The value of a row of the vector (not of a selection). */
  get(row: number): unknown {
    if (this.#hasNulls && ((this.#validity[row >> 3]! >> (row & 7)) & 1) === 0) return null
    return this.value(row)
  }

  protected abstract bindValues(kernels: Kernels, vector: Vector): void
  protected abstract value(row: number): unknown
}

/** Makes the reader of a column. */
export function columnReader(type: DataType, path: string): ColumnReader {
  switch (type.kind) {
    case 'bool':
      return new BoolReader()
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'float32':
    case 'float64':
      return new NumberReader(NUMBER_VIEWS[type.kind])
    case 'int64':
    case 'uint64':
      return type.as === 'bigint' ? new BigIntReader(type.kind) : new SafeIntReader(type, path)
    case 'timestamp':
    case 'duration':
      return isCoarse(type.unit) ? new CoarseTimeReader(type, path) : new BigIntReader('int64')
    case 'date':
      return new DateReader()
    case 'decimal':
      return new DecimalReader(type)
    case 'utf8':
      return new TextReader()
    case 'binary':
      return new BinaryReader()
    case 'list':
      return new ListReader(type, path)
    case 'struct':
      return new StructReader(type, path)
    default:
      return unreachable(type)
  }
}

const NUMBER_VIEWS = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const

class NumberReader extends ColumnReader {
  readonly #view: ViewOf<Float64Array>
  #values: Float64Array = new Float64Array()

  constructor(view: (typeof NUMBER_VIEWS)[keyof typeof NUMBER_VIEWS]) {
    super()
    // All of them give numbers by index, which is all that is used.
    this.#view = view as unknown as ViewOf<Float64Array>
  }

  protected override bindValues(kernels: Kernels, vector: Vector): void {
    this.#values = viewOf(kernels, this.#view, vector.values, vector.length)
  }

  protected override value(row: number): number {
    return this.#values[row]!
  }
}

class BoolReader extends ColumnReader {
  #bits = NO_BYTES

  protected override bindValues(kernels: Kernels, vector: Vector): void {
    this.#bits = viewOf(kernels, Uint8Array, vector.values, (vector.length + 7) >> 3)
  }

  protected override value(row: number): boolean {
    return ((this.#bits[row >> 3]! >> (row & 7)) & 1) === 1
  }
}

class BigIntReader extends ColumnReader {
  readonly #view: typeof BigInt64Array | typeof BigUint64Array
  #values: BigInt64Array | BigUint64Array = new BigInt64Array()

  constructor(kind: 'int64' | 'uint64') {
    super()
    this.#view = kind === 'int64' ? BigInt64Array : BigUint64Array
  }

  protected override bindValues(kernels: Kernels, vector: Vector): void {
    const view = this.#view as ViewOf<BigInt64Array | BigUint64Array>
    this.#values = viewOf(kernels, view, vector.values, vector.length)
  }

  protected override value(row: number): bigint {
    return this.#values[row]!
  }
}

/** 64-bit integers as numbers, from their halves: no bigint is made. */
class SafeIntReader extends ColumnReader {
  readonly #path: string
  readonly #signed: boolean
  #halves = new Int32Array()

  constructor(type: BigInt64 | Timestamp | Duration, path: string) {
    super()
    this.#path = path
    this.#signed = type.kind !== 'uint64'
  }

  protected override bindValues(kernels: Kernels, vector: Vector): void {
    this.#halves = viewOf(kernels, Int32Array, vector.values, vector.length * 2)
  }

  /** @throws UNSAFE_INTEGER */
  protected override value(row: number): number {
    const low = this.#halves[row * 2]! >>> 0
    const high = this.#halves[row * 2 + 1]!
    const units = (this.#signed ? high : high >>> 0) * 2 ** 32 + low
    if (!Number.isSafeInteger(units)) {
      throw new DataflowError(
        'UNSAFE_INTEGER',
        `column '${this.#path}': about ${units} is not exact as a number (beyond 2^53); ` +
          `read it as a bigint (leave out \`as: 'number'\`)`,
        { context: { column: this.#path } },
      )
    }
    return units
  }
}

class CoarseTimeReader extends SafeIntReader {
  readonly #msPerUnit: number

  constructor(type: Timestamp | Duration, path: string) {
    super(type, path)
    this.#msPerUnit = type.unit === 's' ? 1000 : 1
  }

  protected override value(row: number): number {
    return super.value(row) * this.#msPerUnit
  }
}

class DateReader extends ColumnReader {
  #days = new Int32Array()

  protected override bindValues(kernels: Kernels, vector: Vector): void {
    this.#days = viewOf(kernels, Int32Array, vector.values, vector.length)
  }

  protected override value(row: number): Date {
    return new Date(this.#days[row]! * DAY_MS)
  }
}

class DecimalReader extends ColumnReader {
  readonly #scale: number
  readonly #lanes: 1 | 2
  #values = new BigInt64Array()

  constructor(type: Decimal) {
    super()
    this.#scale = type.scale
    this.#lanes = byteWidth(type) === 8 ? 1 : 2
  }

  protected override bindValues(kernels: Kernels, vector: Vector): void {
    const count = vector.length * this.#lanes
    this.#values = viewOf(kernels, BigInt64Array, vector.values, count)
  }

  protected override value(row: number): string {
    const low = this.#values[row * this.#lanes]!
    const units =
      this.#lanes === 1 ? low : (this.#values[row * 2 + 1]! << 64n) | BigInt.asUintN(64, low)
    return decimalText(units, this.#scale)
  }
}

class BinaryReader extends ColumnReader {
  protected offsets = new Int32Array()
  protected bytes = NO_BYTES

  protected override bindValues(kernels: Kernels, vector: Vector): void {
    this.offsets = viewOf(kernels, Int32Array, vector.offsets, vector.length + 1)
    const bytes = vector.length === 0 ? 0 : this.offsets[vector.length]!
    this.bytes = viewOf(kernels, Uint8Array, vector.values, bytes)
  }

  protected override value(row: number): unknown {
    return this.bytes.slice(this.offsets[row], this.offsets[row + 1])
  }
}

const BLOCK_ROWS = 64
const BLOCK_BYTES_MAX = 1 << 16
// A byte order mark inside a column is data.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

class TextReader extends BinaryReader {
  #rows = 0
  #block = -1
  // The block's text, and where each row starts in it. Undefined where rows are decoded one by one.
  #text: string | undefined
  #starts = new Uint32Array(BLOCK_ROWS + 1)

  protected override bindValues(kernels: Kernels, vector: Vector): void {
    super.bindValues(kernels, vector)
    this.#rows = vector.length
    this.#block = -1
  }

  protected override value(row: number): string {
    const block = Math.floor(row / BLOCK_ROWS)
    if (block !== this.#block) this.#decode(block)
    if (this.#text === undefined) {
      return decoder.decode(this.bytes.subarray(this.offsets[row], this.offsets[row + 1]))
    }
    const at = row - block * BLOCK_ROWS
    return this.#text.slice(this.#starts[at], this.#starts[at + 1])
  }

  #decode(block: number): void {
    const first = block * BLOCK_ROWS
    const last = Math.min(first + BLOCK_ROWS, this.#rows)
    const start = this.offsets[first]!
    const bytes = this.bytes.subarray(start, this.offsets[last])
    this.#block = block
    this.#text = bytes.length > BLOCK_BYTES_MAX ? undefined : decoder.decode(bytes)
    if (this.#text === undefined) return
    if (this.#text.length === bytes.length) {
      // One character a byte: ASCII.
      for (let row = first; row <= last; row++) {
        this.#starts[row - first] = this.offsets[row]! - start
      }
    } else if (!this.#findStarts(first, last)) {
      this.#text = undefined
    }
  }

  /**
   * Counts characters by their first bytes; false when the bytes are not UTF-8, where that fails.
   */
  #findStarts(first: number, last: number): boolean {
    let characters = 0
    let at = this.offsets[first]!
    for (let row = first; row < last; row++) {
      this.#starts[row - first] = characters
      if (at < this.offsets[row + 1]! && (this.bytes[at]! & 0xc0) === 0x80) return false
      for (const end = this.offsets[row + 1]!; at < end; at++) {
        const byte = this.bytes[at]!
        if ((byte & 0xc0) !== 0x80) characters += byte >= 0xf0 ? 2 : 1
      }
    }
    this.#starts[last - first] = characters
    return characters === this.#text!.length && !this.#text!.includes('\ufffd')
  }
}

class ListReader extends ColumnReader {
  readonly #items: ColumnReader
  #offsets = new Int32Array()

  constructor(type: List, path: string) {
    super()
    this.#items = columnReader(type.item, `${path}[]`)
  }

  protected override bindValues(kernels: Kernels, vector: Vector): void {
    this.#offsets = viewOf(kernels, Int32Array, vector.offsets, vector.length + 1)
    this.#items.bind(kernels, vector.children[0]!)
  }

  protected override value(row: number): unknown[] {
    const start = this.#offsets[row]!
    const items: unknown[] = []
    for (let i = start, end = this.#offsets[row + 1]!; i < end; i++) items.push(this.#items.get(i))
    return items
  }
}

class StructReader extends ColumnReader {
  readonly #fields: readonly ColumnReader[]
  readonly #make: (row: number) => unknown

  constructor(type: Struct, path: string) {
    super()
    const fields = Object.entries(type.fields)
    this.#fields = fields.map(([name, field]) => columnReader(field, `${path}.${name}`))
    this.#make = rowMaker(Object.keys(type.fields), this.#fields)
  }

  protected override bindValues(kernels: Kernels, vector: Vector): void {
    this.#fields.forEach((field, i) => field.bind(kernels, vector.children[i]!))
  }

  protected override value(row: number): unknown {
    return this.#make(row)
  }
}
