// Column pruning: walks the plan from its sinks back to its sources and asks which columns each operator
// needs; then forward, and rewrites. Sources read only needed columns, selects, look-up joins and windows
// make only needed ones, and an exchange carries only needed ones (a projection goes before it).
//
// CP1  What a sink or a row function sees does not change: they need every visible column of theirs.
// CP2  An operator that passes rows on (where, filter, watermarks) gives what it gets; what is too much
//      ends at the next exchange, select, or union.
// CP3  No schema becomes empty: a row without columns could not be counted.
import { byteWidth } from '../columnar/type.ts'
import type { Partitioning } from './job-graph.ts'
import { hash64 } from './operator-id.ts'
import { traitsOf } from './operator-traits/index.ts'
import type { Names } from './operator-traits/operator-traits.ts'
import { inputSchemas, type Plan, type PlannedInput, type PlannedOperator } from './plan.ts'
import { isHidden, plainColumns } from './stream-graph.ts'

/** By operator id: which of its output columns others need, and which columns it needs of each input. */
export interface NeededColumns {
  readonly outputs: ReadonlyMap<string, Names>
  readonly inputs: ReadonlyMap<string, readonly Names[]>
}

/** The same job, with nothing read, made or sent that nobody needs. */
export function pruneColumns(plan: Plan): Plan {
  const needs = neededColumns(plan)
  const pruned: PlannedOperator[] = []
  const byId = new Map<string, PlannedOperator>()
  const logical = new Map(plan.map((operator) => [operator.id, operator]))
  for (const operator of plan) {
    const inputs = operator.inputs.map((input, i): PlannedInput => {
      const from = byId.get(input.from)!
      const wanted = needs.inputs.get(operator.id)![input.input]!
      const projection = projectionFor(operator, i, { from, wanted, logical, byId })
      if (projection === undefined) return input
      pruned.push(projection)
      byId.set(projection.id, projection)
      return { ...input, from: projection.id }
    })
    const rewritten = rewrite({ ...operator, inputs }, needs.outputs.get(operator.id)!, byId)
    pruned.push(rewritten)
    byId.set(rewritten.id, rewritten)
  }
  return pruned
}

export function neededColumns(plan: Plan): NeededColumns {
  const outputs = new Map(plan.map(({ id }) => [id, new Set<string>()]))
  const inputs = new Map<string, readonly Names[]>()
  const byId = new Map(plan.map((operator) => [operator.id, operator]))
  for (const operator of plan.toReversed()) {
    const needed = keepSome(operator, outputs.get(operator.id)!)
    const { spec } = operator
    const wanted = inputSchemas(operator, byId).map(
      (schema, i) => new Set(traitsOf(spec).inputColumns(spec, needed, schema, i)),
    )
    for (const { partitioning, input } of operator.inputs) {
      for (const name of partitioningColumns(partitioning)) wanted[input]!.add(name)
    }
    inputs.set(operator.id, wanted)
    for (const { from, input } of operator.inputs) {
      // What a side output gives are no columns of the rows that it is taken from.
      for (const name of wanted[input]!) outputs.get(from)!.add(name)
    }
  }
  return { outputs, inputs }
}

/** The columns that decide where a row goes. */
function partitioningColumns(partitioning: Partitioning): readonly string[] {
  if (partitioning.kind === 'hash') return partitioning.keys
  return partitioning.kind === 'custom' ? [partitioning.column] : []
}

/** CP3: of an operator that nobody needs a column of, the narrowest. */
function keepSome({ output, spec }: PlannedOperator, needed: Set<string>): Set<string> {
  if (needed.size > 0 || spec.kind === 'sink') return needed
  const width = (i: number) => {
    const { type } = output.fields[i]!
    return type.kind === 'bool' ? 1 / 8 : byteWidth(type) || Infinity
  }
  const order = output.fields.map((_, i) => i).sort((a, b) => (width(a) < width(b) ? -1 : 1))
  const narrowest = order[0]
  return narrowest === undefined ? needed : needed.add(output.names[narrowest]!)
}

interface InputFacts {
  /** The rewritten operator that the input comes from. */
  readonly from: PlannedOperator
  readonly wanted: Names
  readonly logical: ReadonlyMap<string, PlannedOperator>
  readonly byId: ReadonlyMap<string, PlannedOperator>
}

/** A projection before an exchange that would carry too much, or a union whose inputs differ. */
function projectionFor(
  operator: PlannedOperator,
  edgeNumber: number,
  { from, wanted, logical, byId }: InputFacts,
): PlannedOperator | undefined {
  if (operator.spec.kind === 'sideOutput') return undefined
  const { partitioning, input } = operator.inputs[edgeNumber]!
  const edges = operator.inputs.filter((edge) => edge.input === input)
  const isExchange = partitioning.kind !== 'forward'
  const isUnion = edges.length > 1
  // The edges of a union have one schema by contract: the first says in which order.
  const order = logical.get(edges[0]!.from)!.output.names
  const names = order.filter((name) => wanted.has(name))
  const differs = (other: PlannedOperator) => other.output.names.join('\0') !== names.join('\0')
  const needsIt = isUnion
    ? edges.some((edge) => differs(byId.get(edge.from)!))
    : isExchange && differs(from) && from.output.length > names.length
  if (names.length === 0 || !needsIt || !differs(from)) return undefined
  return {
    id: hash64(`project ${from.id} ${operator.id} ${edgeNumber}`),
    name: 'Project',
    spec: { kind: 'select', columns: plainColumns(names) },
    inputs: [{ from: from.id, input: 0, partitioning: { kind: 'forward' } }],
    output: from.output.project(names),
    parallelism: from.parallelism,
    maxParallelism: from.maxParallelism,
    slotSharingGroup: from.slotSharingGroup,
    chaining: 'always',
    ...(operator.location === undefined ? {} : { location: operator.location }),
    pruned: from.output.names.filter((name) => !wanted.has(name)),
  }
}

/** The operator with what is not needed left out, over the inputs as they are now. */
function rewrite(
  operator: PlannedOperator,
  needed: Names,
  byId: ReadonlyMap<string, PlannedOperator>,
): PlannedOperator {
  const { spec, output } = operator
  if (spec.kind === 'sink') return operator
  const { prune } = traitsOf(spec)
  const {
    spec: newSpec,
    names,
    dropped,
  } = prune(spec, needed, inputSchemas(operator, byId), output)
  const kept = new Set(names)
  const pruned = dropped ?? output.names.filter((name) => !kept.has(name) && !isHidden(name))
  return { ...operator, spec: newSpec, output: output.project(names), pruned }
}
