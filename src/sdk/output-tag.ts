// The names of side outputs, with the columns that go there. After Flink's OutputTag.
import { DataflowError } from '../base/errors.ts'
import { Schema } from '../columnar/schema.ts'
import type { Fields } from '../columnar/type.ts'
import { isRecord, shown } from './given.ts'
import { checkedNames } from './settings.ts'

/** A side output's name and the columns of its rows. Made by outputTag(). */
export interface OutputTag<in out F extends Fields> {
  readonly id: string
  readonly fields: F
  readonly schema: Schema
}

/**
 * Names a side output, for rows that an operator puts out beside its stream: late rows, rows that failed.
 * @param id the name, unique behind an operator
 * @param fields the columns of its rows
 * @throws CONFIG_INVALID for an empty name, SCHEMA_MISMATCH for columns that nobody may name so
 * @example
 * import { int32, outputTag } from 'millrace'
 * const rejected = outputTag('rejected', { amount: int32() })
 * console.log(rejected.id, String(rejected.schema))
 */
export function outputTag<F extends Fields>(id: string, fields: F): OutputTag<F> {
  if (typeof id !== 'string' || id === '') {
    throw new DataflowError(
      'CONFIG_INVALID',
      "an output tag needs a name: outputTag('late', {...})",
    )
  }
  if (!isRecord(fields)) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `outputTag('${id}') needs the columns of its rows: outputTag('${id}', { amount: int32() })`,
    )
  }
  return { id, fields, schema: Schema.of(checkedNames(fields)) }
}

/** @throws CONFIG_INVALID for what is no output tag */
export function checkTag(tag: unknown, call: string): void {
  if (isRecord(tag) && tag['schema'] instanceof Schema) return
  throw new DataflowError(
    'CONFIG_INVALID',
    `${call} takes what outputTag('late', { ... }) makes, and this is ${shown(tag)}`,
  )
}
