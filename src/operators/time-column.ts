// The event-time column of an input whose operator goes by it: its place, its unit, and that it has no nulls.
import { DataflowError } from '../base/errors.ts'
import type { Schema } from '../columnar/schema.ts'
import { type TimeUnit, typeName } from '../columnar/type.ts'
import type { Vector } from '../columnar/vector.ts'
import { bitmapAll } from '../kernels/bitmap.ts'
import type { Kernels } from '../kernels/module.ts'

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH */
export function timeColumnOf(
  input: Schema,
  name: string,
): { readonly position: number; readonly unit: TimeUnit } {
  const position = input.indexOf(name)
  const { type } = input.fields[position]!
  if (type.kind === 'timestamp') return { position, unit: type.unit }
  throw new DataflowError(
    'TYPE_MISMATCH',
    `event time is a timestamp, and '${name}' is ${typeName(type)}; cast it`,
    { context: { column: name } },
  )
}

/**
 * The times (i64) of a dense column.
 * @throws RECORD_MALFORMED for a null
 */
export function timesOf(kernels: Kernels, input: Schema, position: number, time: Vector): number {
  const { validity, values, length } = time
  if (validity === 0 || bitmapAll(kernels, validity, length)) return values
  let row = 0
  while (!time.isNull(kernels, row)) row++
  const column = input.fields[position]!.name
  throw new DataflowError(
    'RECORD_MALFORMED',
    `the event time '${column}' is null: such a row meets nobody; leave it out with where()`,
    { context: { column, row } },
  )
}
