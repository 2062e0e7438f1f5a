// The columns that operators with updating results give.
import { OP_COLUMN, OP_FIELD } from '../columnar/changelog.ts'
import { orderField, type SortColumn } from '../columnar/order-key.ts'
import { type Field, Schema } from '../columnar/schema.ts'
import { float64, int64 } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import type { KeyTtl } from '../state/key-ttl.ts'

/** A place from 1 on; a number in a row. */
export const RANK_TYPE = int64({ as: 'number' })

/**
 * A top-N's columns: the input's, the rank if there is one, what a row does.
 * @throws COLUMN_NOT_FOUND, TYPE_MISMATCH for what has no order, SCHEMA_MISMATCH for a rank that is taken
 */
export function topNSchema(
  input: Schema,
  {
    keys,
    by,
    rank,
  }: {
    readonly keys: readonly string[]
    readonly by: readonly SortColumn[]
    readonly rank?: string
  },
): Schema {
  for (const key of keys) input.indexOf(key)
  for (const { column, descending } of by) orderField(input.field(column).type, descending)
  const fields = input.fields.filter(({ name }) => name !== OP_COLUMN)
  const ranks = rank === undefined ? [] : [{ name: rank, type: RANK_TYPE }]
  return new Schema([...fields, ...ranks, OP_FIELD])
}

/** When a key was last touched, in the state of an operator with a time to live. */
export const TOUCHED_FIELD = { name: '$touched', type: float64() }

/** The column of TOUCHED_FIELD for some key ids (u32); none without a time to live. */
export const touchedTimes = (
  ttl: KeyTtl | undefined,
  ids: number,
  length: number,
): readonly Vector[] =>
  ttl === undefined
    ? []
    : [new Vector({ type: TOUCHED_FIELD.type, length, values: ttl.take(ids, length) })]

/** What rows without a key are partitioned by: their visible columns that are no lists and structs. */
export const materializeKeys = ({ fields }: Schema): readonly string[] =>
  flatPositions(fields)
    .map((i) => fields[i]!.name)
    .filter((name) => !name.startsWith('$'))

/** The positions of the fields that have a hash: not lists and structs. */
export const flatPositions = (fields: readonly Field[]): number[] =>
  fields.flatMap(({ type }, i) => (type.kind === 'list' || type.kind === 'struct' ? [] : [i]))
