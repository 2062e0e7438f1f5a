// Column builders of the types with a fixed width: what a row's value becomes, and what is refused.
// The rules are those of column-builder.ts (N1-N3).
import type { Kernels } from '../kernels/module.ts'
import { clearTail, align, ColumnBuilder, type Cursor, put } from './column-builder.ts'
import { coarseUnits, decimalUnits, fineUnits, isCoarse, wholeDays } from './row-value.ts'
import {
  byteWidth,
  type CalendarDate,
  type DataType,
  type Decimal,
  type Float,
  type SmallInt,
  type TimeUnit,
} from './type.ts'
import type { VectorParts } from './vector.ts'

/** Staged bytes that the classes below see through typed arrays. */
abstract class FixedWidthBuilder extends ColumnBuilder {
  readonly #width: number
  protected staged: Uint8Array<ArrayBuffer>

  constructor(type: DataType, path: string) {
    super(type, path)
    this.#width = byteWidth(type)
    this.staged = new Uint8Array(this.capacity * this.#width)
  }

  protected override putZero(): void {
    this.staged.fill(0, this.length * this.#width, (this.length + 1) * this.#width)
  }

  protected override growValues(capacity: number): void {
    const staged = new Uint8Array(capacity * this.#width)
    staged.set(this.staged)
    this.staged = staged
  }

  protected override valueBytes(): number {
    return align(this.length * this.#width)
  }

  protected override placeValues(kernels: Kernels, cursor: Cursor): Partial<VectorParts> {
    return { values: put(kernels, cursor, this.staged, this.length * this.#width) }
  }
}

const INTEGERS = {
  int8: { array: Int8Array, min: -0x80, max: 0x7f },
  int16: { array: Int16Array, min: -0x8000, max: 0x7fff },
  int32: { array: Int32Array, min: -0x8000_0000, max: 0x7fff_ffff },
  uint8: { array: Uint8Array, min: 0, max: 0xff },
  uint16: { array: Uint16Array, min: 0, max: 0xffff },
  uint32: { array: Uint32Array, min: 0, max: 0xffff_ffff },
} as const

export class SmallIntBuilder extends FixedWidthBuilder {
  readonly #kind: (typeof INTEGERS)[keyof typeof INTEGERS]
  #values: InstanceType<(typeof INTEGERS)[keyof typeof INTEGERS]['array']>

  constructor(type: SmallInt | CalendarDate, path: string) {
    super(type, path)
    this.#kind = INTEGERS[type.kind === 'date' ? 'int32' : type.kind]
    this.#values = new this.#kind.array(this.staged.buffer)
  }

  protected override put(value: unknown): void {
    if (typeof value !== 'number' || !Number.isInteger(value)) this.refuse(value)
    const { min, max } = this.#kind
    if (value < min || value > max) this.refuse(value, `it must be from ${min} to ${max}`)
    this.#values[this.length] = value
  }

  protected override growValues(capacity: number): void {
    super.growValues(capacity)
    this.#values = new this.#kind.array(this.staged.buffer)
  }
}

export class DateBuilder extends SmallIntBuilder {
  protected override put(value: unknown): void {
    if (!(value instanceof Date)) this.refuse(value, 'it must be a Date at midnight UTC')
    const days = wholeDays(value)
    if (typeof days === 'string') this.refuse(value, days)
    super.put(days)
  }
}

export class FloatBuilder extends FixedWidthBuilder {
  readonly #array: typeof Float32Array | typeof Float64Array
  #values: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>

  constructor(type: Float, path: string) {
    super(type, path)
    this.#array = type.kind === 'float32' ? Float32Array : Float64Array
    this.#values = new this.#array(this.staged.buffer)
  }

  protected override put(value: unknown): void {
    if (typeof value !== 'number') this.refuse(value)
    this.#values[this.length] = value
  }

  protected override growValues(capacity: number): void {
    super.growValues(capacity)
    this.#values = new this.#array(this.staged.buffer)
  }
}

export class BoolBuilder extends ColumnBuilder {
  #bits = new Uint8Array(this.capacity >> 3)

  protected override put(value: unknown): void {
    if (typeof value !== 'boolean') this.refuse(value)
    const mask = 1 << (this.length & 7)
    if (value) this.#bits[this.length >> 3]! |= mask
    else this.#bits[this.length >> 3]! &= ~mask
  }

  protected override putZero(): void {
    this.#bits[this.length >> 3]! &= ~(1 << (this.length & 7))
  }

  protected override growValues(capacity: number): void {
    const bits = new Uint8Array(capacity >> 3)
    bits.set(this.#bits)
    this.#bits = bits
  }

  protected override valueBytes(): number {
    return align((this.length + 7) >> 3)
  }

  protected override placeValues(kernels: Kernels, cursor: Cursor): Partial<VectorParts> {
    const values = put(kernels, cursor, this.#bits, (this.length + 7) >> 3)
    clearTail(kernels, values, this.length)
    return { values }
  }
}

const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n
const UINT64_MAX = 2n ** 64n - 1n
const UNSAFE = 'as a number it is not exact beyond 2^53; use a bigint'

/** int64, uint64, timestamp, duration. */
export class WideIntBuilder extends FixedWidthBuilder {
  readonly #unit: TimeUnit | undefined
  readonly #min: bigint
  readonly #max: bigint
  #values: BigInt64Array
  // The same bytes, for numbers: making a bigint of each would cost more than all the rest.
  #halves: Int32Array

  constructor(type: DataType, path: string) {
    super(type, path)
    this.#unit = type.kind === 'timestamp' || type.kind === 'duration' ? type.unit : undefined
    this.#min = type.kind === 'uint64' ? 0n : INT64_MIN
    this.#max = type.kind === 'uint64' ? UINT64_MAX : INT64_MAX
    this.#values = new BigInt64Array(this.staged.buffer)
    this.#halves = new Int32Array(this.staged.buffer)
  }

  protected override put(value: unknown): void {
    if (this.#unit !== undefined) this.#putTime(value, this.#unit)
    else if (typeof value === 'bigint') this.#putBigInt(value)
    else if (typeof value === 'number' && Number.isInteger(value)) this.#putNumber(value, value)
    else this.refuse(value)
  }

  protected override growValues(capacity: number): void {
    super.growValues(capacity)
    this.#values = new BigInt64Array(this.staged.buffer)
    this.#halves = new Int32Array(this.staged.buffer)
  }

  #putTime(value: unknown, unit: TimeUnit): void {
    const time = value instanceof Date ? value.getTime() : value
    if (isCoarse(unit)) {
      if (typeof time !== 'number') this.refuse(value, 'it must be a number of milliseconds')
      const units = coarseUnits(time, unit)
      if (typeof units === 'string') this.refuse(value, units)
      this.#putNumber(units, value)
    } else if (typeof time === 'bigint') {
      this.#putBigInt(time)
    } else if (typeof time !== 'number' || !Number.isInteger(time)) {
      this.refuse(value, `it must be a bigint of ${unit}, or a Date`)
    } else if (value instanceof Date) {
      this.#putBigInt(fineUnits(time, unit))
    } else {
      this.#putNumber(time, value)
    }
  }

  #putBigInt(units: bigint): void {
    if (units < this.#min || units > this.#max) this.refuse(units, 'it does not fit 64 bits')
    this.#values[this.length] = units
  }

  #putNumber(units: number, value: unknown): void {
    if (!Number.isSafeInteger(units)) this.refuse(value, UNSAFE, 'UNSAFE_INTEGER')
    if (units < 0 && this.#min === 0n) this.refuse(value, 'it must not be negative')
    const high = Math.floor(units / 2 ** 32)
    this.#halves[this.length * 2] = units - high * 2 ** 32
    this.#halves[this.length * 2 + 1] = high
  }
}

export class DecimalBuilder extends FixedWidthBuilder {
  readonly #decimal: Decimal
  readonly #lanes: 1 | 2
  #values: BigInt64Array

  constructor(type: Decimal, path: string) {
    super(type, path)
    this.#decimal = type
    this.#lanes = byteWidth(type) === 8 ? 1 : 2
    this.#values = new BigInt64Array(this.staged.buffer)
  }

  protected override put(value: unknown): void {
    if (typeof value !== 'string') this.refuse(value, "it must be a string such as '12.50'")
    const units = decimalUnits(value, this.#decimal.precision, this.#decimal.scale)
    if (typeof units === 'string') this.refuse(value, units)
    const at = this.length * this.#lanes
    // Storing takes the low 64 bits.
    this.#values[at] = units
    if (this.#lanes === 2) this.#values[at + 1] = units >> 64n
  }

  protected override growValues(capacity: number): void {
    super.growValues(capacity)
    this.#values = new BigInt64Array(this.staged.buffer)
  }
}
