// Event time of an operator of several inputs: the column of each, its place, its unit, that it has no
// nulls; and how far event time has come, in a snapshot.
import { DataflowError } from '../base/errors.ts'
import type { StateReader, StateWriter } from '../checkpoint/operator-state.ts'
import { BatchBuilder } from '../columnar/batch-builder.ts'
import { Schema } from '../columnar/schema.ts'
import { float64, type TimeUnit, typeName, UNITS_PER_SECOND } from '../columnar/type.ts'
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

/**
 * Up to when the windows of a row's key have fired, where subtasks may not be as far as one another when a
 * snapshot is taken: by the clock.
 */
export const FIRED_FIELD = { name: '$fired', type: float64() } as const

const PROGRESS = 'progress'
const PROGRESS_SCHEMA = Schema.of({ watermark: float64() })

/**
 * Writes how far event time has come: what was late then is late when the job goes on, though its watermark
 * begins anew and may be behind this at first.
 */
export function writeProgress(kernels: Kernels, into: StateWriter, watermarkMs: number): void {
  const builder = new BatchBuilder(kernels, PROGRESS_SCHEMA)
  builder.append({ watermark: watermarkMs })
  into.union(PROGRESS, builder.finish())
  builder.close()
}

/**
 * What writeProgress() wrote; -Infinity where it did not. By event time subtasks have come as far as one
 * another; by the clock it is the latest of them, which rows that come are not to be before.
 */
export function readProgress(kernels: Kernels, from: StateReader): number {
  let watermarkMs = -Infinity
  for (const { columns, length } of from.table(PROGRESS)) {
    const at = columns[0]!.values >>> 3
    for (const each of kernels.f64.subarray(at, at + length)) {
      watermarkMs = Math.max(watermarkMs, each)
    }
  }
  return watermarkMs
}

const LEAST = -(2n ** 63n)
const GREATEST = 2n ** 63n - 1n

/** The first time, in a unit, that is later than a watermark. */
export function firstAfter(watermarkMs: number, unit: TimeUnit): bigint {
  if (watermarkMs === -Infinity) return LEAST
  if (watermarkMs === Infinity) return GREATEST
  const perSecond = BigInt(UNITS_PER_SECOND[unit])
  const next = BigInt(Math.floor(watermarkMs)) + 1n
  return unit === 's' ? ceilDivide(next, 1_000n) : next * (perSecond / 1_000n)
}

/** The least whole number that is not less than a / b, for b above 0. */
export function ceilDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return quotient * b < a ? quotient + 1n : quotient
}
