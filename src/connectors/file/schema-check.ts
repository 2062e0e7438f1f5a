// The declared schema of a file source against what its files hold: before a row is read, where a
// file says what it holds, and batch by batch for nulls in columns that were declared without.
//
// K1  A file may have more columns than are declared, in any order, and its columns may be
//     optional.
// K2  A type must be the declared one; nothing is converted behind the user's back.
// K3  What leaves the guard has no null in a column that may not have one: its validity is gone.
import { assert } from '../../base/assert.ts'
import { DataflowError, didYouMean } from '../../base/errors.ts'
import { RecordBatch } from '../../columnar/record-batch.ts'
import { RowReader } from '../../columnar/row-reader.ts'
import type { Schema } from '../../columnar/schema.ts'
import { sameType, typeName, withNullable } from '../../columnar/type.ts'
import { Vector } from '../../columnar/vector.ts'
import { bitmapAll } from '../../kernels/bitmap.ts'
import type { Kernels } from '../../kernels/module.ts'
import type { MalformedRecords } from './malformed-records.ts'

/**
 * @param typed false where the file's types are only guessed (CSV): then names are compared
 * @throws SCHEMA_MISMATCH with file, column, both types, or the nearest name
 */
export function checkSchema(path: string, declared: Schema, file: Schema, typed: boolean): void {
  for (const { name, type } of declared.fields) {
    const context = { location: path, column: name }
    if (!file.has(name)) {
      const message = `${path} has no column '${name}'.${didYouMean(name, file.names)}`
      throw new DataflowError('SCHEMA_MISMATCH', message, { context })
    }
    const found = file.field(name).type
    if (!typed || sameType(type, found)) continue
    throw new DataflowError(
      'SCHEMA_MISMATCH',
      `${path}, column '${name}': the file has ${typeName(withNullable(found, false))}, ` +
        `the schema ${typeName(withNullable(type, false))}; declare what the file has ` +
        '(and convert with withColumn)',
      { context },
    )
  }
}

/** Finds nulls where the schema has none: one a reader. */
export class NullGuard {
  readonly #kernels: Kernels
  readonly #schema: Schema
  readonly #malformed: MalformedRecords
  readonly #strict: readonly number[]

  constructor(kernels: Kernels, schema: Schema, malformed: MalformedRecords) {
    this.#kernels = kernels
    this.#schema = schema
    this.#malformed = malformed
    this.#strict = schema.fields.flatMap(({ type }, i) => (type.nullable ? [] : [i]))
  }

  /**
   * The batch without the rows that are malformed, under the declared schema.
   * @param firstRow the batch's first row, from 0 in the file's split
   * @throws RECORD_MALFORMED when onError is 'fail'
   */
  check(batch: RecordBatch, path: string, firstRow: number): RecordBatch {
    const suspects = this.#strict.filter((i) => this.#hasNull(batch.columns[i]!))
    const bad = suspects.length === 0 ? NO_ROWS : this.#report(batch, suspects, path, firstRow)
    assert(batch.selection === undefined, 'a file reader gives all rows that it has read')
    const columns = batch.columns.map((column, i) => {
      const { type } = this.#schema.fields[i]!
      if (column.type === type && (type.nullable || column.validity === 0)) return column
      const parts = { ...column.parts(), type }
      return new Vector(type.nullable ? parts : { ...parts, validity: 0, nullCount: 0 })
    })
    const checked = new RecordBatch(this.#schema, batch.length, columns)
    return bad.size === 0 ? checked : this.#without(checked, bad)
  }

  #hasNull({ validity, nullCount, length }: Vector): boolean {
    if (validity === 0 || nullCount === 0) return false
    return nullCount > 0 || !bitmapAll(this.#kernels, validity, length)
  }

  #report(
    batch: RecordBatch,
    suspects: readonly number[],
    path: string,
    firstRow: number,
  ): ReadonlySet<number> {
    const bad = new Set<number>()
    const reader = new RowReader(this.#kernels, batch.schema)
    reader.bind(batch)
    for (let row = 0; row < batch.length; row++) {
      const culprit = suspects.find((i) => batch.columns[i]!.isNull(this.#kernels, row))
      if (culprit === undefined) continue
      bad.add(row)
      const { name, type } = this.#schema.fields[culprit]!
      this.#malformed.report({
        path,
        row: firstRow + row,
        column: name,
        reason: `null, but the schema says ${typeName(type)}: declare it nullable(...)`,
        record: new TextEncoder().encode(JSON.stringify(reader.row(row), jsonValue)),
      })
    }
    return bad
  }

  #without(batch: RecordBatch, bad: ReadonlySet<number>): RecordBatch {
    const ptr = this.#kernels.scratch(batch.length * 4)
    const rows = this.#kernels.u32
    let length = 0
    for (let row = 0; row < batch.length; row++) {
      if (!bad.has(row)) rows[(ptr >>> 2) + length++] = row
    }
    return batch.withSelection({ rows: ptr, length })
  }
}

const NO_ROWS: ReadonlySet<number> = new Set()

function jsonValue(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}
