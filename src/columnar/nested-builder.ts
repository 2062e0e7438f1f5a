// Column builders of the types without a fixed width: utf8 and binary (offsets and bytes), list and
// struct (builders of their own). The rules are those of column-builder.ts (N1-N3).
//
// L1  A column holds less than 2 GiB of bytes, since offsets are i32: RECORD_TOO_LARGE before that.
import type { Kernels } from '../kernels/module.ts'
import { align, ColumnBuilder, type Cursor, put, Refusal } from './column-builder.ts'
import { rowSpreader } from './row-shape.ts'
import type { DataType, List, Struct } from './type.ts'
import type { VectorParts } from './vector.ts'

const BYTES_MAX = 2 ** 31 - 1
// A short string is written faster by a loop than by a call out of JavaScript.
const LOOP_CHARS = 48
const encoder = new TextEncoder()

/** The offsets of a column, the last one being where the next value starts. */
abstract class OffsetsBuilder extends ColumnBuilder {
  protected offsets = new Int32Array(this.capacity + 1)

  protected override putZero(): void {
    this.offsets[this.length + 1] = this.offsets[this.length]!
  }

  protected override growValues(capacity: number): void {
    const offsets = new Int32Array(capacity + 1)
    offsets.set(this.offsets)
    this.offsets = offsets
  }

  protected override valueBytes(): number {
    return align((this.length + 1) * 4)
  }

  protected override placeValues(kernels: Kernels, cursor: Cursor): Partial<VectorParts> {
    const bytes = new Uint8Array(this.offsets.buffer)
    return { offsets: put(kernels, cursor, bytes, (this.length + 1) * 4) }
  }
}

/** utf8 and binary. Unpaired surrogates of a string become U+FFFD, as everywhere in JavaScript. */
export class BytesBuilder extends OffsetsBuilder {
  readonly #text: boolean
  #bytes = new Uint8Array(this.capacity * 16)

  constructor(type: DataType, path: string) {
    super(type, path)
    this.#text = type.kind === 'utf8'
  }

  protected override put(value: unknown): void {
    const start = this.offsets[this.length]!
    if (this.#text) {
      if (typeof value !== 'string') this.refuse(value)
      this.offsets[this.length + 1] = this.#putText(value, start)
    } else {
      if (!(value instanceof Uint8Array)) this.refuse(value, 'it must be a Uint8Array')
      this.#reserve(start + value.length)
      this.#bytes.set(value, start)
      this.offsets[this.length + 1] = start + value.length
    }
  }

  #putText(text: string, start: number): number {
    this.#reserve(start + text.length * 3)
    const bytes = this.#bytes
    const end = text.length <= LOOP_CHARS ? text.length : 0
    let at = start
    for (let i = 0; i < end; i++) {
      const code = text.charCodeAt(i)
      if (code >= 0x80) break
      bytes[at++] = code
    }
    const done = at - start
    if (done === text.length) return at
    const rest = done === 0 ? text : text.slice(done)
    return at + encoder.encodeInto(rest, bytes.subarray(at)).written
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#bytes.length) return
    if (bytes > BYTES_MAX) {
      const reason = `has over ${BYTES_MAX} bytes in one batch; use smaller values or batchRows`
      throw new Refusal('RECORD_TOO_LARGE', this.path, reason)
    }
    const grown = new Uint8Array(Math.min(BYTES_MAX, Math.max(bytes, this.#bytes.length * 2)))
    grown.set(this.#bytes.subarray(0, this.offsets[this.length]))
    this.#bytes = grown
  }

  protected override valueBytes(): number {
    return super.valueBytes() + align(this.offsets[this.length]!)
  }

  protected override placeValues(kernels: Kernels, cursor: Cursor): Partial<VectorParts> {
    const offsets = super.placeValues(kernels, cursor)
    return { ...offsets, values: put(kernels, cursor, this.#bytes, this.offsets[this.length]!) }
  }
}

export class ListBuilder extends OffsetsBuilder {
  readonly #items: ColumnBuilder

  constructor(type: List, path: string, items: ColumnBuilder) {
    super(type, path)
    this.#items = items
  }

  protected override put(value: unknown): void {
    if (!Array.isArray(value)) this.refuse(value, 'it must be an array')
    for (const item of value) this.#items.append(item)
    this.offsets[this.length + 1] = this.#items.length
  }

  override reset(): void {
    super.reset()
    this.#items.reset()
  }

  protected override valueBytes(): number {
    return super.valueBytes() + this.#items.placedBytes()
  }

  protected override placeValues(kernels: Kernels, cursor: Cursor): Partial<VectorParts> {
    const offsets = super.placeValues(kernels, cursor)
    return { ...offsets, children: [this.#items.place(kernels, cursor)] }
  }
}

export class StructBuilder extends ColumnBuilder {
  readonly #fields: readonly ColumnBuilder[]
  readonly #spread: (row: object) => void

  constructor(type: Struct, path: string, fields: readonly ColumnBuilder[]) {
    super(type, path)
    this.#fields = fields
    this.#spread = rowSpreader(Object.keys(type.fields), fields)
  }

  protected override put(value: unknown): void {
    if (typeof value !== 'object' || value === null) this.refuse(value, 'it must be an object')
    this.#spread(value)
  }

  protected override putZero(): void {
    for (const field of this.#fields) field.appendHidden()
  }

  override reset(): void {
    super.reset()
    for (const field of this.#fields) field.reset()
  }

  protected override growValues(): void {}

  protected override valueBytes(): number {
    return this.#fields.reduce((bytes, field) => bytes + field.placedBytes(), 0)
  }

  protected override placeValues(kernels: Kernels, cursor: Cursor): Partial<VectorParts> {
    return { children: this.#fields.map((field) => field.place(kernels, cursor)) }
  }
}
