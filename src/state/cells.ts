// Values of fixed width in cells of linear memory, as a row sees them and back: one class a representation.
//
// CE1  set() writes a value exactly, or says why it does not.
// CE2  A typed array over linear memory dies when that grows: `length` is then 0, and bind() makes it anew.
import { viewOf } from '../columnar/column-reader.ts'
import { coarseUnits, DAY_MS, isCoarse, wholeDays } from '../columnar/row-value.ts'
import type { DataType } from '../columnar/type.ts'
import type { Kernels } from '../kernels/module.ts'

/** What a cell holds, as a row's value and back. */
export interface Cells {
  readonly width: number
  /** 0 when linear memory has grown. */
  readonly length: number
  bind(kernels: Kernels, ptr: number, count: number): void
  get(id: number): unknown
  /** Why a value does not go in, as the end of a sentence. */
  set(id: number, value: unknown): string | undefined
}

/** The cells of a type of fixed width; undefined for others. */
export function cellsOf(type: DataType): Cells | undefined {
  switch (type.kind) {
    case 'int8':
      return new NumberCells(Int8Array, -0x80, 0x7f)
    case 'int16':
      return new NumberCells(Int16Array, -0x8000, 0x7fff)
    case 'int32':
      return new NumberCells(Int32Array, -0x8000_0000, 0x7fff_ffff)
    case 'uint8':
      return new NumberCells(Uint8Array, 0, 0xff)
    case 'uint16':
      return new NumberCells(Uint16Array, 0, 0xffff)
    case 'uint32':
      return new NumberCells(Uint32Array, 0, 0xffff_ffff)
    case 'float32':
      return new NumberCells(Float32Array)
    case 'float64':
      return new NumberCells(Float64Array)
    case 'bool':
      return new BoolCells(Uint8Array, 0, 1)
    case 'date':
      return new DateCells(Int32Array, -0x8000_0000, 0x7fff_ffff)
    case 'int64':
    case 'uint64':
      return type.as === 'number'
        ? new SafeCells(undefined, type.kind === 'uint64' ? 0 : -Infinity)
        : new BigCells(type.kind)
    case 'timestamp':
    case 'duration':
      return isCoarse(type.unit) ? new SafeCells(type.unit, -Infinity) : new BigCells('int64')
    default:
      return undefined
  }
}

type NumberArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Float32Array
  | Float64Array

interface NumberArrayClass {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): NumberArray
  readonly BYTES_PER_ELEMENT: number
}

class NumberCells implements Cells {
  readonly width: number
  readonly #array: NumberArrayClass
  readonly #range: { readonly min: number; readonly max: number } | undefined
  protected view: NumberArray = new Float64Array()

  /** @param min absent for floats */
  constructor(array: NumberArrayClass, min?: number, max = 0) {
    this.#array = array
    this.width = array.BYTES_PER_ELEMENT
    this.#range = min === undefined ? undefined : { min, max }
  }

  get length(): number {
    return this.view.length
  }

  bind(kernels: Kernels, ptr: number, count: number): void {
    this.view = viewOf(kernels, this.#array, ptr, count)
  }

  get(id: number): unknown {
    return this.view[id]
  }

  set(id: number, value: unknown): string | undefined {
    if (typeof value !== 'number') return ''
    const range = this.#range
    if (range !== undefined) {
      if (!Number.isInteger(value)) return ''
      if (value < range.min || value > range.max) {
        return `: it must be from ${range.min} to ${range.max}`
      }
    }
    this.view[id] = value
    return undefined
  }
}

class BoolCells extends NumberCells {
  override get(id: number): boolean {
    return this.view[id] === 1
  }

  override set(id: number, value: unknown): string | undefined {
    return typeof value === 'boolean' ? super.set(id, value ? 1 : 0) : ''
  }
}

class DateCells extends NumberCells {
  override get(id: number): Date {
    return new Date(this.view[id]! * DAY_MS)
  }

  override set(id: number, value: unknown): string | undefined {
    if (!(value instanceof Date)) return ': it must be a Date at midnight UTC'
    const days = wholeDays(value)
    return typeof days === 'string' ? `: ${days}` : super.set(id, days)
  }
}

class BigCells implements Cells {
  readonly width = 8
  readonly #array: typeof BigInt64Array | typeof BigUint64Array
  #view: BigInt64Array | BigUint64Array = new BigInt64Array()

  constructor(kind: 'int64' | 'uint64') {
    this.#array = kind === 'int64' ? BigInt64Array : BigUint64Array
  }

  get length(): number {
    return this.#view.length
  }

  bind(kernels: Kernels, ptr: number, count: number): void {
    this.#view = viewOf<BigInt64Array | BigUint64Array>(kernels, this.#array, ptr, count)
  }

  get(id: number): unknown {
    return this.#view[id]
  }

  set(id: number, value: unknown): string | undefined {
    if (typeof value !== 'bigint') {
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) return ': it must be a bigint'
      return this.set(id, BigInt(value))
    }
    this.#view[id] = value
    return this.#view[id] === value ? undefined : ': it does not fit 64 bits'
  }
}

/** 64-bit integers as numbers, in halves: no bigint is made. Times are milliseconds. */
class SafeCells implements Cells {
  readonly width = 8
  readonly #unit: 's' | 'ms' | undefined
  readonly #min: number
  #halves = new Int32Array()

  constructor(unit: 's' | 'ms' | undefined, min: number) {
    this.#unit = unit
    this.#min = min
  }

  get length(): number {
    return this.#halves.length
  }

  bind(kernels: Kernels, ptr: number, count: number): void {
    this.#halves = viewOf(kernels, Int32Array, ptr, count * 2)
  }

  get(id: number): number {
    const units = this.#halves[id * 2 + 1]! * 2 ** 32 + (this.#halves[id * 2]! >>> 0)
    return this.#unit === 's' ? units * 1_000 : units
  }

  set(id: number, value: unknown): string | undefined {
    const given = this.#unit !== undefined && value instanceof Date ? value.getTime() : value
    if (typeof given !== 'number') return ': it must be a number'
    const units = this.#unit === undefined ? given : coarseUnits(given, this.#unit)
    if (typeof units === 'string') return `: ${units}`
    if (!Number.isSafeInteger(units)) return ': it must be a whole number below 2^53'
    if (units < this.#min) return ': it must not be negative'
    const high = Math.floor(units / 2 ** 32)
    this.#halves[id * 2] = units - high * 2 ** 32
    this.#halves[id * 2 + 1] = high
    return undefined
  }
}
