// Builders of one column: values of rows into buffers outside linear memory, then all at once into
// linear memory as a vector. Staging costs a copy (1 ns a value) and buys that a user's closure may
// do anything between two values: linear memory may grow or be reset under its feet.
//
// N1  append() takes what ValueOf says of the type (and a Date for a time, a safe number for a
//     bigint) and refuses all else by a Refusal: a reason, not yet a message, for the caller knows
//     the row.
// N2  An integer is never rounded: a number beyond 2^53 is no int64, a fraction no integer.
// N3  Under a null struct the children hold a null or a zero, whatever their nullability.
import type { Kernels } from '../kernels/module.ts'
import type { ErrorCode } from '../base/errors.ts'
import { type DataType, typeName } from './type.ts'
import { Vector, type VectorParts } from './vector.ts'

/**
 * Why a value does not go into a column; `path` names a nested column: `address.city`, `tags[]`.
 */
export class Refusal extends Error {
  readonly code: ErrorCode
  readonly path: string

  constructor(code: ErrorCode, path: string, reason: string) {
    super(reason)
    this.code = code
    this.path = path
  }
}

/** Where the next buffer of a batch goes. */
export interface Cursor {
  ptr: number
}

/** Room for a buffer, so that the next one is aligned. */
export const align = (bytes: number): number => (bytes + 63) & ~63
const START_ROWS = 64

export abstract class ColumnBuilder {
  readonly type: DataType
  readonly path: string
  /** Rows so far. */
  length = 0
  protected capacity = START_ROWS
  #nullCount = 0
  // All ones, but for the nulls.
  #validity = new Uint8Array(START_ROWS >> 3).fill(0xff)

  constructor(type: DataType, path: string) {
    this.type = type
    this.path = path
  }

  append(value: unknown): void {
    if (this.length === this.capacity) this.#grow()
    if (value === null || value === undefined) this.#appendNull(value)
    else this.put(value)
    this.length++
  }

  /** A row that nobody looks at, below a null. */
  appendHidden(): void {
    if (this.length === this.capacity) this.#grow()
    if (this.type.nullable) this.#markNull()
    this.putZero()
    this.length++
  }

  reset(): void {
    if (this.#nullCount > 0) this.#validity.fill(0xff)
    this.length = 0
    this.#nullCount = 0
  }

  /** Bytes of linear memory that place() takes. */
  placedBytes(): number {
    return (this.#nullCount === 0 ? 0 : align((this.length + 7) >> 3)) + this.valueBytes()
  }

  place(kernels: Kernels, cursor: Cursor): Vector {
    let validity = 0
    if (this.#nullCount > 0) {
      validity = put(kernels, cursor, this.#validity, (this.length + 7) >> 3)
      clearTail(kernels, validity, this.length)
    }
    const { type, length } = this
    const parts = this.placeValues(kernels, cursor)
    return new Vector({ type, length, validity, nullCount: this.#nullCount, ...parts })
  }

  protected abstract put(value: unknown): void
  protected abstract putZero(): void
  protected abstract growValues(capacity: number): void
  protected abstract valueBytes(): number
  protected abstract placeValues(kernels: Kernels, cursor: Cursor): Partial<VectorParts>

  protected refuse(value: unknown, why?: string, code: ErrorCode = 'TYPE_MISMATCH'): never {
    const because = why === undefined ? '' : `: ${why}`
    throw new Refusal(code, this.path, `${show(value)} is no ${typeName(this.type)}${because}`)
  }

  #appendNull(value: unknown): void {
    if (!this.type.nullable) {
      const what = value === undefined ? 'has no value' : 'is null'
      const advice = `its type is ${typeName(this.type)}; declare it nullable(...)`
      throw new Refusal('TYPE_MISMATCH', this.path, `${what}, but ${advice}, or give it a value`)
    }
    this.#markNull()
    this.putZero()
  }

  #markNull(): void {
    this.#validity[this.length >> 3]! &= ~(1 << (this.length & 7))
    this.#nullCount++
  }

  #grow(): void {
    this.capacity *= 2
    const validity = new Uint8Array(this.capacity >> 3).fill(0xff)
    validity.set(this.#validity)
    this.#validity = validity
    this.growValues(this.capacity)
  }
}

/** Copies a buffer to the cursor, and moves it on. */
export function put(kernels: Kernels, cursor: Cursor, buffer: Uint8Array, bytes: number): number {
  const { ptr } = cursor
  kernels.u8.set(buffer.subarray(0, bytes), ptr)
  cursor.ptr += align(bytes)
  return ptr
}

/** Zeroes the unused bits of a bitmap's last byte. */
export function clearTail(kernels: Kernels, bitmap: number, bits: number): void {
  if ((bits & 7) !== 0) kernels.u8[bitmap + (bits >> 3)]! &= (1 << (bits & 7)) - 1
}

/** A value as an error shows it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${short(value)}'`
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : iso(value)
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  const text = JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v))
  return short(text ?? 'an object')
}

const iso = (date: Date): string => `Date ${date.toISOString()}`
const short = (text: string): string => (text.length <= 60 ? text : `${text.slice(0, 57)}...`)
