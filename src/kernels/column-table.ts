// Columns as the scanners and encoders of lines see them: a table of structs in linear memory, one
// a column, laid out as `Column` in assembly/column-table.ts. To scan, the table owns the columns'
// memory and uses it again for each batch; to encode, it is pointed at finished columns.
import { DataflowError } from '../base/errors.ts'
import type { Kernels } from './module.ts'

/** Kinds of columns, as in assembly/column-table.ts. */
export const COLUMN_KINDS = {
  bool: 1,
  int8: 2,
  int16: 3,
  int32: 4,
  int64: 5,
  uint8: 6,
  uint16: 7,
  uint32: 8,
  uint64: 9,
  float32: 10,
  float64: 11,
  decimal64: 12,
  decimal128: 13,
  timestamp: 14,
  date: 15,
  duration: 16,
  utf8: 17,
  binary: 18,
  list: 19,
  struct: 20,
} as const

export type ColumnKind = keyof typeof COLUMN_KINDS

export interface ColumnSpec {
  readonly name: string
  readonly kind: ColumnKind
  readonly nullable: boolean
  /** Digits after the point: of a decimal its scale, of a timestamp its unit's. */
  readonly scale?: number
  /** Digits of a decimal. */
  readonly precision?: number
  /** The position in a CSV record. */
  readonly field?: number
  readonly children?: readonly ColumnSpec[]
}

/** Where a finished column is. */
export interface ColumnPointers {
  readonly values: number
  readonly validity: number
  readonly offsets: number
  readonly children: readonly ColumnPointers[]
}

export interface BuiltColumn extends ColumnPointers {
  readonly rows: number
  readonly nullCount: number
  readonly children: readonly BuiltColumn[]
}

const COLUMN_BYTES = 72
const AT = {
  values: 4,
  validity: 8,
  offsets: 12,
  rows: 24,
  children: 32,
  childCount: 36,
  field: 40,
  key: 44,
  keyBytes: 48,
  name: 52,
  nameBytes: 56,
  nullCount: 64,
  shape: 68,
} as const

// An object's shape (assembly/json-keys.ts): its columns, and slots for the keys it was seen with.
const SHAPE_BYTES = 24
const SLOT_BYTES = 48
const SLOTS_MAX = 256

const encoder = new TextEncoder()

export class ColumnTable {
  readonly kernels: Kernels
  readonly specs: readonly ColumnSpec[]
  /** The first struct. */
  readonly ptr: number
  /** The shape of a record. */
  readonly shape: number
  readonly #blocks: number[] = []
  readonly #pathByPtr = new Map<number, string>()
  #owned = false

  constructor(kernels: Kernels, specs: readonly ColumnSpec[]) {
    this.kernels = kernels
    this.specs = specs
    this.ptr = this.#write(specs, '')
    this.shape = this.#writeShape(this.ptr, specs.length)
  }

  /**
   * Gives the columns memory of their own for `rows` rows.
   * @throws MEMORY_EXHAUSTED
   */
  allocate(rows: number): void {
    this.#owned = true
    if (!this.kernels.exports.columnsAllocate(this.ptr, this.specs.length, rows)) {
      throw memoryExhausted(this.kernels, rows)
    }
    this.reset()
  }

  /** Empties the columns for the next batch. */
  reset(): void {
    this.kernels.exports.columnsReset(this.ptr, this.specs.length)
  }

  /** Ends a batch of `rows` rows. What it gives is valid until reset(). */
  finish(rows: number): BuiltColumn[] {
    this.kernels.exports.columnsFinish(this.ptr, this.specs.length, rows)
    return this.#read(this.ptr, this.specs.length)
  }

  /** Points a table that owns nothing at finished columns. */
  point(columns: readonly ColumnPointers[]): void {
    this.#point(this.ptr, columns)
  }

  /** The name of the column whose struct that is: `a.b` for a field of a struct. */
  pathOf(ptr: number): string | undefined {
    return this.#pathByPtr.get(ptr)
  }

  close(): void {
    if (this.#owned) this.kernels.exports.columnsRelease(this.ptr, this.specs.length)
    for (const block of this.#blocks.splice(0)) this.kernels.release(block)
  }

  #write(specs: readonly ColumnSpec[], parent: string): number {
    const table = this.#zeroed(specs.length * COLUMN_BYTES)
    specs.forEach((spec, index) => {
      const at = table + index * COLUMN_BYTES
      const path = parent + spec.name
      this.#pathByPtr.set(at, path)
      const children = spec.children ?? []
      const childTable = children.length === 0 ? 0 : this.#write(children, `${path}.`)
      const shape = spec.kind === 'struct' ? this.#writeShape(childTable, children.length) : 0
      const name = this.#text(spec.name)
      const key = this.#text(`,${JSON.stringify(spec.name)}:`)
      const { data, u8 } = this.kernels
      u8[at] = COLUMN_KINDS[spec.kind]
      u8[at + 1] = Number(spec.nullable)
      u8[at + 2] = spec.scale ?? 0
      u8[at + 3] = spec.precision ?? 0
      data.setUint32(at + AT.children, childTable, true)
      data.setUint32(at + AT.childCount, children.length, true)
      data.setUint32(at + AT.field, spec.field ?? index, true)
      data.setUint32(at + AT.key, key.ptr, true)
      data.setUint32(at + AT.keyBytes, key.bytes, true)
      data.setUint32(at + AT.name, name.ptr, true)
      data.setUint32(at + AT.nameBytes, name.bytes, true)
      data.setUint32(at + AT.shape, shape, true)
    })
    return table
  }

  #writeShape(columns: number, count: number): number {
    const shape = this.#zeroed(SHAPE_BYTES)
    const slots = this.#zeroed((SLOTS_MAX + 1) * SLOT_BYTES)
    const { data } = this.kernels
    data.setUint32(shape, columns, true)
    data.setUint32(shape + 4, count, true)
    data.setUint32(shape + 8, slots, true)
    data.setUint32(shape + 16, SLOTS_MAX, true)
    // More misses than any: the slots are learnt from the first object.
    data.setUint32(shape + 20, 0xffff_ffff, true)
    return shape
  }

  #point(table: number, columns: readonly ColumnPointers[]): void {
    columns.forEach((column, index) => {
      const at = table + index * COLUMN_BYTES
      const { data } = this.kernels
      data.setUint32(at + AT.values, column.values, true)
      data.setUint32(at + AT.validity, column.validity, true)
      data.setUint32(at + AT.offsets, column.offsets, true)
      this.#point(data.getUint32(at + AT.children, true), column.children)
    })
  }

  #read(table: number, count: number): BuiltColumn[] {
    const { data } = this.kernels
    return Array.from({ length: count }, (_, index) => {
      const at = table + index * COLUMN_BYTES
      return {
        values: data.getUint32(at + AT.values, true),
        validity: data.getUint32(at + AT.validity, true),
        offsets: data.getUint32(at + AT.offsets, true),
        rows: data.getUint32(at + AT.rows, true),
        nullCount: data.getUint32(at + AT.nullCount, true),
        children: this.#read(
          data.getUint32(at + AT.children, true),
          data.getUint32(at + AT.childCount, true),
        ),
      }
    })
  }

  #zeroed(bytes: number): number {
    const ptr = this.kernels.allocate(bytes)
    this.#blocks.push(ptr)
    this.kernels.u8.fill(0, ptr, ptr + bytes)
    return ptr
  }

  #text(text: string): { ptr: number; bytes: number } {
    const bytes = encoder.encode(text)
    const ptr = this.#zeroed(bytes.length)
    this.kernels.u8.set(bytes, ptr)
    return { ptr, bytes: bytes.length }
  }
}

export function memoryExhausted(kernels: Kernels, rows: number): DataflowError {
  return new DataflowError(
    'MEMORY_EXHAUSTED',
    `a slot's linear memory is full: columns of ${rows} rows do not fit beside the ` +
      `${kernels.memoryBytes} bytes in use; raise slotMemoryBytes, or lower batchRows`,
  )
}
