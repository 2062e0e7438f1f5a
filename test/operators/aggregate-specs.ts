// The aggregates that a type can have, for tests that want all of them.
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
