// A column of rows that an operator keeps and gathers from: it grows without moving what it has, so that
// neither old rows are copied nor twice the memory is touched. Lists and structs, and columns that somebody
// reads in one piece, are a column buffer.
//
// HC1  Rows are appended and gathered; none goes. A bitmap is there for a chunk from its first null on.
// HC2  Texts and bytes are copied behind one another into blocks; a row has a view of its own.
import { bitmapAppend, bitmapCopy } from '../kernels/bitmap.ts'
import {
  CHUNK_ROWS,
  chunkedPutViews,
  chunkedTakeBits,
  chunkedTakeFixed,
  chunkedTakeViews,
  Chunks,
} from '../kernels/chunked.ts'
import type { Kernels } from '../kernels/module.ts'
import { ColumnBuffer } from './column-buffer.ts'
import { gatherVector } from './gather.ts'
import type { Selection } from './record-batch.ts'
import { byteWidth, type DataType, isVariable } from './type.ts'
import { Vector } from './vector.ts'

/** What rows are gathered from. */
export interface Gatherable {
  readonly type: DataType
  /** The values at these rows, in the arena. */
  gather(rows: Selection): Vector
}

export interface HeldColumn extends Gatherable {
  /** @throws MEMORY_EXHAUSTED, RECORD_TOO_LARGE */
  append(vector: Vector): void
  close(): void
}

export const heldColumn = (kernels: Kernels, type: DataType): HeldColumn =>
  type.kind === 'list' || type.kind === 'struct'
    ? new WholeColumn(kernels, type)
    : new ChunkedColumn(kernels, type)

/** Vectors, to gather from. */
export const gatherables = (kernels: Kernels, vectors: readonly Vector[]): readonly Gatherable[] =>
  vectors.map((vector) => ({
    type: vector.type,
    gather: (rows) => gatherVector(kernels, vector, rows),
  }))

/** In one piece. */
export class WholeColumn implements HeldColumn {
  readonly type: DataType
  readonly #kernels: Kernels
  readonly #buffer: ColumnBuffer

  constructor(kernels: Kernels, type: DataType) {
    this.type = type
    this.#kernels = kernels
    this.#buffer = new ColumnBuffer(kernels, type)
  }

  append(vector: Vector): void {
    this.#buffer.append(vector)
  }

  gather(rows: Selection): Vector {
    return gatherVector(this.#kernels, this.#buffer.vector(), rows)
  }

  /** All rows: good until the next append(). */
  vector(): Vector {
    return this.#buffer.vector()
  }

  close(): void {
    this.#buffer.close()
  }
}

const DATA_BYTES_MIN = 1 << 16
const DATA_BYTES_MAX = 1 << 20

class ChunkedColumn implements HeldColumn {
  readonly type: DataType
  readonly #kernels: Kernels
  /** Values of a fixed width, bits, or views. */
  readonly #values: Chunks
  readonly #validity: Chunks
  /** Where texts and bytes are; the last block has room behind `#dataUsed`. */
  readonly #data: number[] = []
  #dataUsed = 0
  #dataBytes = 0
  #length = 0
  #hasNulls = false

  constructor(kernels: Kernels, type: DataType) {
    this.type = type
    this.#kernels = kernels
    this.#values = new Chunks(kernels, isVariable(type) ? 64 : byteWidth(type) * 8 || 1)
    this.#validity = new Chunks(kernels, 1)
  }

  append(vector: Vector): void {
    for (let start = 0; start < vector.length;) {
      const at = this.#length % CHUNK_ROWS
      const rows = Math.min(CHUNK_ROWS - at, vector.length - start)
      this.#appendWithin(Math.floor(this.#length / CHUNK_ROWS), at, vector, start, rows)
      this.#length += rows
      start += rows
    }
  }

  gather(rows: Selection): Vector {
    const kernels = this.#kernels
    const { type } = this
    const { length } = rows
    const validity = this.#hasNulls ? chunkedTakeBits(kernels, this.#validity, rows) : undefined
    const base = {
      type,
      length,
      validity: validity === undefined || validity.zeros === 0 ? 0 : validity.bits,
      nullCount: validity?.zeros ?? 0,
    }
    if (isVariable(type)) {
      return new Vector({ ...base, ...chunkedTakeViews(kernels, this.#values, rows) })
    }
    const width = byteWidth(type)
    const values =
      width === 0
        ? chunkedTakeBits(kernels, this.#values, rows).bits
        : chunkedTakeFixed(kernels, width, this.#values, rows)
    return new Vector({ ...base, values })
  }

  close(): void {
    this.#values.close()
    this.#validity.close()
    for (const block of this.#data.splice(0)) this.#kernels.release(block)
    this.#dataUsed = this.#dataBytes = this.#length = 0
    this.#hasNulls = false
  }

  /** Appends rows [start, start + rows) to a chunk that has `at` rows and room for them. */
  #appendWithin(chunk: number, at: number, vector: Vector, start: number, rows: number): void {
    const kernels = this.#kernels
    this.#appendValidity(chunk, at, vector, start, rows)
    const values = this.#values.make(chunk)
    if (isVariable(this.type)) this.#appendBytes(vector, start, rows, values + at * 8)
    else {
      const width = byteWidth(this.type)
      if (width === 0) this.#appendBits(values, at, vector.values, start, rows)
      else {
        const from = vector.values + start * width
        kernels.u8.copyWithin(values + at * width, from, from + rows * width)
      }
    }
  }

  #appendValidity(chunk: number, at: number, vector: Vector, start: number, rows: number): void {
    const isKnown = this.#validity.cover(chunk)
    if (vector.validity === 0 && !isKnown) return
    const bits = this.#validity.make(chunk)
    this.#hasNulls = true
    // The rows before have no nulls.
    if (!isKnown) bitmapAppend(this.#kernels, bits, 0, 0, at)
    this.#appendBits(bits, at, vector.validity, start, rows)
  }

  /** Bits of a bitmap, or ones where it is 0. */
  #appendBits(out: number, at: number, bits: number, start: number, rows: number): void {
    const kernels = this.#kernels
    const mark = kernels.mark()
    const from = bits === 0 || start === 0 ? bits : bitmapCopy(kernels, bits, start, rows)
    bitmapAppend(kernels, out, at, from, rows)
    kernels.reset(mark)
  }

  /** Copies values into blocks, as many as fit into one at a time, and writes their views. */
  #appendBytes({ offsets, values }: Vector, start: number, rows: number, views: number): void {
    const kernels = this.#kernels
    for (let row = 0; row < rows;) {
      const from = offsets + (start + row) * 4
      const first = kernels.data.getInt32(from, true)
      const room = this.#dataBytes - this.#dataUsed
      const fit = this.#valuesWithin(from, rows - row, first + room)
      if (fit === 0) {
        const value = kernels.data.getInt32(from + 4, true) - first
        this.#addData(Math.max(value, 1))
        continue
      }
      const bytes = kernels.data.getInt32(from + fit * 4, true) - first
      const to = this.#data.at(-1)! + this.#dataUsed
      kernels.u8.copyWithin(to, values + first, values + first + bytes)
      chunkedPutViews(kernels, from, fit, to, views + row * 8)
      this.#dataUsed += bytes
      row += fit
    }
  }

  /** How many of n values end at an offset or before it. */
  #valuesWithin(offsets: number, n: number, end: number): number {
    if (this.#data.length === 0) return 0
    const { data } = this.#kernels
    let [low, high] = [0, n]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (data.getInt32(offsets + middle * 4, true) <= end) low = middle
      else high = middle - 1
    }
    return low
  }

  #addData(bytesMin: number): void {
    const next = Math.min(Math.max(DATA_BYTES_MIN, this.#dataBytes * 2), DATA_BYTES_MAX)
    this.#dataBytes = Math.max(bytesMin, next)
    this.#data.push(this.#kernels.allocate(this.#dataBytes))
    this.#dataUsed = 0
  }
}
