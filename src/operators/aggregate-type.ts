// The types of aggregates: what count, sum, min, max, mean, first and last give over a column of a type.
// The SDK asks when a job is built, and the window operator's output schema says it again.
//
// AT1  Nulls are ignored; a group without a value gives null, counts give 0 and lists are empty. So a
//      result is nullable when its column is, or when a filter may keep no row.
// AT2  A sum is wide: integers to 64 bits, float32 to float64, decimals to 38 digits. Beyond is
//      ARITHMETIC_OVERFLOW.
import { unreachable } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import { OP_FIELD } from '../columnar/changelog.ts'
import { isFloat, isInteger, isNumeric } from '../columnar/expression-type.ts'
import {
  type DataType,
  float64,
  int64,
  list,
  timestamp,
  typeName,
  withNullable,
} from '../columnar/type.ts'
import type { Field, Schema } from '../columnar/schema.ts'
import type { AggregateFunctionName, AggregateSpec } from './operator-spec.ts'

const VARIANCES: readonly AggregateFunctionName[] = ['varPop', 'varSamp', 'stddevPop', 'stddevSamp']

/** The functions whose accumulators can take a row back, as an aggregation over a changelog must. */
const RETRACTABLE: readonly AggregateFunctionName[] = ['count', 'sum', 'mean', ...VARIANCES]

/** True when accumulators of that function can take a row back. */
export const canRetract = (name: AggregateFunctionName): boolean => RETRACTABLE.includes(name)

/** True when accumulators of that function grow with the values that they get. */
export const keepsValues = (name: AggregateFunctionName): boolean =>
  ['countDistinct', 'approxCountDistinct', 'collect', 'topN', 'quantile'].includes(name)

/** The columns that a windowed aggregation puts before its keys. */
export const WINDOW_COLUMNS: readonly Field[] = [
  { name: 'windowStart', type: timestamp('ms') },
  { name: 'windowEnd', type: timestamp('ms') },
]

/**
 * The columns that a windowed aggregation gives: windowStart, windowEnd, the keys, the aggregates.
 * @param bounds the first two, unless the windows have none
 * @throws TYPE_MISMATCH, COLUMN_NOT_FOUND
 */
export function windowAggregateFields(
  input: Schema,
  keys: readonly string[],
  aggregates: readonly AggregateSpec[],
  bounds: readonly Field[] = WINDOW_COLUMNS,
): readonly Field[] {
  return [...bounds, ...keys.map((key) => input.field(key)), ...aggregateFields(input, aggregates)]
}

/**
 * The columns that aggregates give.
 * @throws TYPE_MISMATCH, COLUMN_NOT_FOUND
 */
export function aggregateFields(input: Schema, aggregates: readonly AggregateSpec[]): Field[] {
  return aggregates.map(({ name, function: of, column, by, filter }) => {
    const typeOf = (one: string | undefined) =>
      one === undefined ? undefined : input.field(one).type
    return { name, type: aggregateType(of, typeOf(column), filter !== undefined, typeOf(by)) }
  })
}

/**
 * The columns that an aggregation without windows gives: the keys, the aggregates, what a row does.
 * @throws TYPE_MISMATCH, COLUMN_NOT_FOUND
 */
export const groupAggregateFields = (
  input: Schema,
  keys: readonly string[],
  aggregates: readonly AggregateSpec[],
): readonly Field[] => [...windowAggregateFields(input, keys, aggregates, []), OP_FIELD]

/**
 * The type of an aggregate over a column of type `input` (undefined: of all rows, count only).
 * @param by the type of the second column, for argMin and argMax
 * @throws TYPE_MISMATCH when the function does not take the type
 */
export function aggregateType(
  name: AggregateFunctionName,
  input: DataType | undefined,
  isFiltered: boolean,
  by?: DataType,
): DataType {
  // A row's count is a number: nobody counts beyond 2^53.
  if (name === 'count') return int64({ as: 'number' })
  if (input === undefined) throw new DataflowError('TYPE_MISMATCH', `${name} takes a column`)
  if (name === 'countDistinct' || name === 'approxCountDistinct') {
    if (isNested(input)) throw refusal(name, 'a flat type', input)
    return int64({ as: 'number' })
  }
  if (name === 'collect' || name === 'topN') {
    if (isNested(input)) throw refusal(name, 'a flat type', input)
    if (name === 'topN' && !hasOrder(input)) throw refusal(name, 'a type with an order', input)
    return list(withNullable(input, false))
  }
  const isNullable = input.nullable || isFiltered || by?.nullable === true
  switch (name) {
    case 'sum':
      return withNullable(sumType(input), isNullable)
    case 'mean':
      if (!isNumeric(input) && input.kind !== 'bool')
        throw refusal('mean', 'numbers or bool', input)
      return withNullable(float64(), isNullable)
    case 'quantile':
    case 'varPop':
    case 'stddevPop':
    case 'varSamp':
    case 'stddevSamp':
      if (!isNumeric(input)) throw refusal(name, 'numbers', input)
      // One row says nothing of a population that it is a sample of.
      return withNullable(float64(), isNullable || name.endsWith('Samp'))
    case 'argMin':
    case 'argMax':
      if (by === undefined) {
        throw new DataflowError('TYPE_MISMATCH', `${name} takes a column and one to compare by`)
      }
      if (!hasOrder(by)) throw refusal(name, 'a type with an order to compare by', by)
      if (isNested(input)) throw refusal(name, 'a flat type', input)
      return withNullable(input, isNullable)
    case 'min':
    case 'max':
      if (!hasOrder(input)) throw refusal(name, 'a type with an order', input)
      return withNullable(input, isNullable)
    case 'any':
    case 'all':
      if (input.kind !== 'bool') throw refusal(name, 'bool', input)
      return withNullable(input, isNullable)
    case 'first':
    case 'last':
      if (isNested(input)) throw refusal(name, 'a flat type', input)
      return withNullable(input, isNullable)
    default:
      return unreachable(name)
  }
}

const hasOrder = ({ kind }: DataType): boolean => !['list', 'struct', 'binary'].includes(kind)

const isNested = ({ kind }: DataType): boolean => kind === 'list' || kind === 'struct'

function sumType(input: DataType): DataType {
  if (isFloat(input)) return float64()
  if (input.kind === 'decimal') return { ...input, precision: 38 }
  if (input.kind === 'duration') return input
  if (!isInteger(input)) throw refusal('sum', 'numbers or durations', input)
  if (input.kind === 'uint64') return input
  // 8 to 32 bits are numbers in rows, and so is their sum.
  return int64({ as: 'as' in input ? input.as : 'number' })
}

function refusal(name: AggregateFunctionName, want: string, input: DataType): DataflowError {
  return new DataflowError('TYPE_MISMATCH', `${name} takes ${want}, not ${typeName(input)}`)
}
