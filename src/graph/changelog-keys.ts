// Which columns are the key of a changelog: what aggregates, deduplicates or ranks says it, and selections
// that pass the columns on keep it. Rows that are materialised without keys are then known by that key
// instead of by all of their columns: one row a key in place of a count for each row there ever was.
// After Flink's upsert keys (FlinkRelMdUpsertKeys).
//
// CK1  The changes of a key come by one way, in order: from one subtask, over forward edges up to the last.
// CK2  Who forgets keys after a time, or gives equal rows of a key, has no key.
import { materializeKeys } from '../operators/changelog-schema.ts'
import type { NamedExpression } from './stream-graph.ts'
import type { Plan, PlannedOperator } from './plan.ts'

type ById = ReadonlyMap<string, PlannedOperator>

/** The plan with the keys of what is materialised, where they follow from what makes it. */
export function withChangelogKeys(plan: Plan): Plan {
  const byId: ById = new Map(plan.map((operator) => [operator.id, operator]))
  return plan.map((operator): PlannedOperator => {
    const { spec, inputs } = operator
    const [input] = inputs
    if (spec.kind !== 'materialize' || spec.keys !== undefined) return operator
    if (input === undefined || inputs.length > 1) return operator
    const keys = keysOf(byId.get(input.from)!, byId)
    if (keys === undefined || keys.length === 0) return operator
    // Whole rows may be a key (distinct()), and lists and structs are none that rows are kept by.
    const flat = materializeKeys(operator.output)
    if (!keys.every((key) => flat.includes(key))) return operator
    const { partitioning } = input
    const byKey = partitioning.kind === 'hash' ? { ...partitioning, keys } : partitioning
    return { ...operator, spec: { ...spec, keys }, inputs: [{ ...input, partitioning: byKey }] }
  })
}

/** The key of what an operator gives, if it has one. */
function keysOf(operator: PlannedOperator, byId: ById): readonly string[] | undefined {
  const { spec } = operator
  if ('stateTtlMs' in spec && spec.stateTtlMs !== undefined) return undefined
  switch (spec.kind) {
    case 'groupAggregate':
    case 'deduplicate':
      return spec.keys
    case 'topN':
      if (spec.ties === true) return undefined
      if (spec.rank !== undefined) return [...spec.keys, spec.rank]
      return spec.limit === 1 ? spec.keys : undefined
    case 'where':
      return keysBefore(operator, byId)
    case 'select':
      return renamed(keysBefore(operator, byId), spec.columns)
    default:
      return undefined
  }
}

function keysBefore({ inputs }: PlannedOperator, byId: ById): readonly string[] | undefined {
  const [input] = inputs
  if (input === undefined || inputs.length > 1) return undefined
  if (input.partitioning.kind !== 'forward') return undefined
  return keysOf(byId.get(input.from)!, byId)
}

/** The key's columns behind a selection, when all of them pass it as they are. */
function renamed(
  keys: readonly string[] | undefined,
  columns: readonly NamedExpression[],
): readonly string[] | undefined {
  const names = keys?.map(
    (key) =>
      columns.find(({ expression }) => expression.kind === 'column' && expression.name === key)
        ?.name,
  )
  return names?.every((name) => name !== undefined) === true ? names : undefined
}
