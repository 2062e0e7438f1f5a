// Rows into a record batch: what user closures return, and what collections and iterables give.
// Values are checked against the schema one by one, and a value that does not fit names its row and
// column.
//
// A1  The columns are staged outside linear memory (column-builder.ts); finish() copies them into
//     it, in one piece: into the arena, or into a block of the builder's own that lives until the
//     next finish().
// A2  After an error the rows so far are lost: only reset() and close() may follow.
// A3  Properties that are no columns are ignored; a row may be a class instance.
import { unreachable } from '../base/assert.ts'
import { DataflowError, didYouMean } from '../base/errors.ts'
import type { Kernels } from '../kernels/module.ts'
import { type ColumnBuilder, Refusal, show } from './column-builder.ts'
import {
  BoolBuilder,
  DateBuilder,
  DecimalBuilder,
  FloatBuilder,
  SmallIntBuilder,
  WideIntBuilder,
} from './fixed-width-builder.ts'
import { BytesBuilder, ListBuilder, StructBuilder } from './nested-builder.ts'
import { RecordBatch } from './record-batch.ts'
import { rowSpreader } from './row-shape.ts'
import type { Schema } from './schema.ts'
import type { DataType } from './type.ts'

/** Where finish() puts a batch: until the turn's end, or until the next finish(). */
export type BatchMemory = 'arena' | 'own'

export class BatchBuilder {
  readonly schema: Schema
  readonly #kernels: Kernels
  readonly #memory: BatchMemory
  readonly #columns: readonly ColumnBuilder[]
  readonly #spread: (row: object) => void
  #length = 0
  // Rows of earlier batches, so that an error counts from the source's start.
  #finished = 0
  #block = { ptr: 0, bytes: 0 }

  constructor(kernels: Kernels, schema: Schema, memory: BatchMemory = 'arena') {
    this.schema = schema
    this.#kernels = kernels
    this.#memory = memory
    this.#columns = schema.fields.map(({ name, type }) => columnBuilder(type, name))
    this.#spread = rowSpreader(schema.names, this.#columns)
  }

  /** Rows since the last finish(). */
  get length(): number {
    return this.#length
  }

  /**
   * @throws TYPE_MISMATCH, UNSAFE_INTEGER, RECORD_TOO_LARGE with row, column, value and type
   */
  append(row: unknown): void {
    if (typeof row !== 'object' || row === null) throw this.#noRow(row)
    try {
      this.#spread(row)
    } catch (error) {
      throw error instanceof Refusal ? this.#explain(error, row) : error
    }
    this.#length++
  }

  /** The rows so far as a batch; the builder is empty again. */
  finish(): RecordBatch {
    const bytes = this.#columns.reduce((sum, column) => sum + column.placedBytes(), 0)
    const cursor = {
      ptr: this.#memory === 'arena' ? this.#kernels.scratch(bytes) : this.#own(bytes),
    }
    const columns = this.#columns.map((column) => column.place(this.#kernels, cursor))
    const batch = new RecordBatch(this.schema, this.#length, columns)
    this.#finished += this.#length
    this.reset()
    return batch
  }

  /** Forgets the rows since the last finish(). */
  reset(): void {
    for (const column of this.#columns) column.reset()
    this.#length = 0
  }

  close(): void {
    this.#kernels.release(this.#block.ptr)
    this.#block = { ptr: 0, bytes: 0 }
  }

  #own(bytes: number): number {
    if (this.#block.ptr === 0 || bytes > this.#block.bytes) {
      this.close()
      this.#block = { ptr: this.#kernels.allocate(bytes), bytes }
    }
    return this.#block.ptr
  }

  #noRow(row: unknown): DataflowError {
    const message =
      `row ${this.#finished + this.#length}: ${show(row)} is no row; it must be an object ` +
      `with the columns ${this.schema}`
    return new DataflowError('TYPE_MISMATCH', message)
  }

  #explain(refusal: Refusal, row: object): DataflowError {
    const number = this.#finished + this.#length
    const missing = !refusal.path.includes('.') && !(refusal.path in row)
    const others = Object.keys(row).filter((name) => !this.schema.has(name))
    const hint = missing && others.length > 0 ? didYouMean(refusal.path, others) : ''
    const message = `row ${number}, column '${refusal.path}': ${refusal.message}.${hint}`
    return new DataflowError(refusal.code, message, {
      context: { column: refusal.path, row: number },
    })
  }
}

/** Makes the builder of a column. */
export function columnBuilder(type: DataType, path: string): ColumnBuilder {
  switch (type.kind) {
    case 'bool':
      return new BoolBuilder(type, path)
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return new SmallIntBuilder(type, path)
    case 'float32':
    case 'float64':
      return new FloatBuilder(type, path)
    case 'int64':
    case 'uint64':
    case 'timestamp':
    case 'duration':
      return new WideIntBuilder(type, path)
    case 'date':
      return new DateBuilder(type, path)
    case 'decimal':
      return new DecimalBuilder(type, path)
    case 'utf8':
    case 'binary':
      return new BytesBuilder(type, path)
    case 'list':
      return new ListBuilder(type, path, columnBuilder(type.item, `${path}[]`))
    case 'struct': {
      const fields = Object.entries(type.fields)
      const children = fields.map(([name, field]) => columnBuilder(field, `${path}.${name}`))
      return new StructBuilder(type, path, children)
    }
    default:
      return unreachable(type)
  }
}
