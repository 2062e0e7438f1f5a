// The aggregates that a type can have, for tests that want all of them.
import * as fc from 'fast-check'
import type { DataType } from '../../src/columnar/type.ts'
import { aggregateType } from '../../src/operators/aggregate-type.ts'
import {
  AGGREGATE_FUNCTIONS,
  type AggregateFunctionName,
  type AggregateSpec,
} from '../../src/operators/operator-spec.ts'

export const AGGREGATE_NAMES: readonly AggregateFunctionName[] = AGGREGATE_FUNCTIONS

/** How many values lists have at most; and a quantile. */
const PARAMETERS: Partial<Record<AggregateFunctionName, number>> = {
  collect: 1_000,
  topN: 3,
  quantile: 0.75,
}

/** Each function that takes the type, over `value`, of all rows and of those that are `kept`. */
export function specsOf(
  type: DataType,
  names: readonly AggregateFunctionName[] = AGGREGATE_NAMES,
): AggregateSpec[] {
  return names.flatMap((name): AggregateSpec[] => {
    try {
      aggregateType(name, type, false)
    } catch {
      // The function does not take the type.
      return []
    }
    const one = { function: name, column: 'value' } as const
    const of = PARAMETERS[name] === undefined ? one : { ...one, parameter: PARAMETERS[name] }
    return [
      { ...of, name },
      { ...of, name: `${name}Filtered`, filter: 'kept' },
    ]
  })
}

/** Values whose sums fit and are exact, whatever the order, of a type that has sums. */
export function smallValueOf(type: DataType): fc.Arbitrary<unknown> {
  const small = fc.integer({ min: type.kind.startsWith('uint') ? 0 : -99, max: 99 })
  const value = small.map((x): unknown => {
    if (type.kind === 'bool') return x > 0
    if (type.kind === 'decimal') return x.toFixed(type.scale)
    const isBig = 'as' in type ? type.as === 'bigint' : 'unit' in type && type.unit === 'ns'
    return isBig ? BigInt(x) : x
  })
  return type.nullable ? fc.option(value) : value
}
