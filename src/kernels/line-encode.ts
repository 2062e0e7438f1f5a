// The encoders of lines, CSV and NDJSON: columns to bytes, appended to a buffer in linear memory
// that grows.
import type { ColumnTable } from './column-table.ts'
import { memoryExhausted } from './column-table.ts'
import type { Kernels } from './module.ts'

const OUTPUT_BYTES = 12
const STYLE_BYTES = 12
const AT = { bytes: 0, used: 4, capacity: 8 } as const

/** A buffer that encoders append to. */
export class TextOutput {
  readonly ptr: number
  readonly #kernels: Kernels

  constructor(kernels: Kernels, bytes = 1 << 16) {
    this.#kernels = kernels
    const buffer = kernels.allocate(bytes)
    this.ptr = kernels.allocate(OUTPUT_BYTES)
    const { data } = kernels
    data.setUint32(this.ptr + AT.bytes, buffer, true)
    data.setUint32(this.ptr + AT.used, 0, true)
    data.setUint32(this.ptr + AT.capacity, kernels.exports.blockCapacity(buffer) >>> 0, true)
  }

  /** Bytes in it. */
  get length(): number {
    return this.#kernels.data.getUint32(this.ptr + AT.used, true)
  }

  /** A view of the bytes, valid until the next kernel call that may allocate. */
  get bytes(): Uint8Array {
    const start = this.#kernels.data.getUint32(this.ptr + AT.bytes, true)
    return this.#kernels.u8.subarray(start, start + this.length)
  }

  clear(): void {
    this.#kernels.data.setUint32(this.ptr + AT.used, 0, true)
  }

  close(): void {
    this.#kernels.release(this.#kernels.data.getUint32(this.ptr + AT.bytes, true))
    this.#kernels.release(this.ptr)
  }
}

/** What an encoder appends to: a TextOutput, or one that somebody else holds. */
export type OutputPointer = Pick<TextOutput, 'ptr'>

/** Rows to encode: those of a selection, or the first `length`. */
export interface EncodedRows {
  readonly selection: number
  readonly length: number
}

/**
 * Appends NDJSON.
 * @throws MEMORY_EXHAUSTED
 */
export function encodeJson(columns: ColumnTable, rows: EncodedRows, output: OutputPointer): void {
  const { kernels, ptr, specs } = columns
  if (!kernels.exports.jsonEncode(ptr, specs.length, rows.selection, rows.length, output.ptr)) {
    throw memoryExhausted(kernels, rows.length)
  }
}

export interface CsvStyle {
  readonly delimiter: number
  readonly quote: number
  readonly nullText: Uint8Array
}

/** Writes CSV in one style. */
export class CsvEncoder {
  readonly #kernels: Kernels
  readonly #style: number
  readonly #nullText: number

  constructor(kernels: Kernels, style: CsvStyle) {
    this.#kernels = kernels
    this.#nullText = kernels.allocate(style.nullText.length)
    this.#style = kernels.allocate(STYLE_BYTES)
    const { data, u8 } = kernels
    u8.set(style.nullText, this.#nullText)
    u8[this.#style] = style.delimiter
    u8[this.#style + 1] = style.quote
    data.setUint32(this.#style + 4, this.#nullText, true)
    data.setUint32(this.#style + 8, style.nullText.length, true)
  }

  /**
   * Appends rows.
   * @throws MEMORY_EXHAUSTED
   */
  encode(columns: ColumnTable, rows: EncodedRows, output: OutputPointer): void {
    const { ptr, specs } = columns
    const { selection, length } = rows
    const { exports } = this.#kernels
    if (!exports.csvEncode(ptr, specs.length, selection, length, this.#style, output.ptr)) {
      throw memoryExhausted(this.#kernels, length)
    }
  }

  /** One text as a field by itself, quoted where it must be: a name for the header. */
  field(text: string): Uint8Array {
    const bytes = new TextEncoder().encode(text)
    const ptr = this.#kernels.allocate(bytes.length)
    const output = new TextOutput(this.#kernels, 0)
    this.#kernels.u8.set(bytes, ptr)
    const done = this.#kernels.exports.csvEncodeText(ptr, bytes.length, this.#style, output.ptr)
    const field = new Uint8Array(output.bytes)
    output.close()
    this.#kernels.release(ptr)
    if (!done) throw memoryExhausted(this.#kernels, 1)
    return field
  }

  close(): void {
    this.#kernels.release(this.#style)
    this.#kernels.release(this.#nullText)
  }
}
