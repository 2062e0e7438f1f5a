// Whole rows that an operator keeps, by address: columns in, columns out. The row codec writes them, so
// that a row is one piece of memory, whatever its columns are.
//
// RS1  Two rows are the same when their bytes are: a float's bits are kept as they are.
// RS2  An address is good until release(); 0 is no row.
import { DataflowError } from '../base/errors.ts'
import { hashKind } from '../columnar/key-partition.ts'
import type { Schema } from '../columnar/schema.ts'
import { byteWidth, type DataType, typeName } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import type { ByteColumn } from '../kernels/byte-table.ts'
import type { Kernels } from '../kernels/module.ts'
import { decodeRows, encodeRows, type RowCodecField } from '../kernels/row-codec.ts'
import { ByteRowStore, ROW_HEADER_BYTES } from '../kernels/row-store.ts'

/** From columns to rows of bytes and back, without keeping them. */
export class RowLayout {
  readonly #kernels: Kernels
  readonly #types: readonly DataType[]
  readonly #fields: readonly RowCodecField[]

  /** @throws UNSUPPORTED for lists and structs */
  constructor(kernels: Kernels, types: readonly DataType[]) {
    this.#kernels = kernels
    this.#types = types
    this.#fields = types.map((type) => ({ kind: payloadKind(type), nullable: type.nullable }))
  }

  /** n rows of bytes in the arena. @throws RECORD_TOO_LARGE */
  encode(columns: readonly Vector[], n: number): ByteColumn {
    const parts = columns.map(({ values, offsets, validity }, i) => ({
      kind: this.#fields[i]!.kind,
      values,
      offsets,
      validity,
    }))
    return encodeRows(this.#kernels, this.#fields, parts, n)
  }

  /**
   * The columns of n rows, in the arena.
   * @param addresses u32 a row   @param header bytes between an address and its row
   */
  decode(addresses: number, header: number, n: number): Vector[] {
    const rows = { offsets: addresses, values: header }
    return decodeRows(this.#kernels, this.#fields, rows, n).map(
      ({ values, validity, offsets }, i) =>
        new Vector({ type: this.#types[i]!, length: n, values, validity, offsets }),
    )
  }
}

export class RowStore {
  readonly #rows: ByteRowStore
  readonly #layout: RowLayout

  /** @throws UNSUPPORTED for lists and structs, MEMORY_EXHAUSTED */
  constructor(kernels: Kernels, types: readonly DataType[]) {
    this.#layout = new RowLayout(kernels, types)
    this.#rows = new ByteRowStore(kernels)
  }

  /**
   * Keeps n rows; their addresses (u32 a row) are in the arena.
   * @throws MEMORY_EXHAUSTED, RECORD_TOO_LARGE
   */
  put(columns: readonly Vector[], n: number): number {
    return this.#rows.put(this.#layout.encode(columns, n), n)
  }

  /** The columns of the rows at n addresses (none is 0), in the arena. */
  columns(addresses: number, n: number): Vector[] {
    return this.#layout.decode(addresses, ROW_HEADER_BYTES, n)
  }

  /** Frees the rows at n addresses; 0 is left out. */
  release(addresses: number, n: number): void {
    this.#rows.free(addresses, n)
  }

  close(): void {
    this.#rows.close()
  }
}

/** @throws UNSUPPORTED, naming a column that cannot be kept in rows */
export function checkKeepable(schema: Schema, what: string): void {
  for (const { name, type } of schema.fields) {
    if (type.kind !== 'list' && type.kind !== 'struct') continue
    throw new DataflowError(
      'UNSUPPORTED',
      `${what} keeps rows, and column '${name}' is ${typeName(type)}, which it cannot keep; ` +
        'leave it out with drop(), or select what you need of it',
      { context: { column: name } },
    )
  }
}

/** Like a key's, but floats by their bits: -0 stays -0. */
function payloadKind(type: DataType): RowCodecField['kind'] {
  const kind = hashKind(type)
  return kind === 'float32' || kind === 'float64' ? (byteWidth(type) as 4 | 8) : kind
}
