// Column pruning: walks the plan from its sinks back to its sources and asks which columns each operator
// needs; then forward, and rewrites. Sources read only needed columns, selects, look-up joins and windows
// make only needed ones, and an exchange carries only needed ones (a projection goes before it).
//
// CP1  What a sink or a row function sees does not change: they need every visible column of theirs.
// CP2  An operator that passes rows on (where, filter, watermarks) gives what it gets; what is too much
//      ends at the next exchange, select, or union.
// CP3  No schema becomes empty: a row without columns could not be counted.
import { assert, unreachable } from '../base/assert.ts'
import { columnsOf } from '../columnar/expression.ts'
import { byteWidth } from '../columnar/type.ts'
import type { OperatorSpec } from '../operators/operator-spec.ts'
import { WINDOW_COLUMNS } from '../operators/aggregate-type.ts'
import { hash64 } from './operator-id.ts'
import type { Plan, PlannedInput, PlannedOperator } from './plan.ts'
import { isHidden, plainColumns } from './stream-graph.ts'

type Names = ReadonlySet<string>

/** The same job, with nothing read, made or sent that nobody needs. */
export function pruneColumns(plan: Plan): Plan {
  const needs = neededColumns(plan)
  const pruned: PlannedOperator[] = []
  const byId = new Map<string, PlannedOperator>()
  const logical = new Map(plan.map((operator) => [operator.id, operator]))
  for (const operator of plan) {
    const inputs = operator.inputs.map((input, i): PlannedInput => {
      const from = byId.get(input.from)!
      const wanted = needs.inputs.get(operator.id)!
      const projection = projectionFor(operator, i, { from, wanted, logical, byId })
      if (projection === undefined) return input
      pruned.push(projection)
      byId.set(projection.id, projection)
      return { from: projection.id, partitioning: input.partitioning }
    })
    const rewritten = rewrite({ ...operator, inputs }, needs.outputs.get(operator.id)!, byId)
    pruned.push(rewritten)
    byId.set(rewritten.id, rewritten)
  }
  return pruned
}

/** By operator id: which of its output columns others need, and which of its inputs' columns it needs. */
export function neededColumns(plan: Plan): {
  readonly outputs: ReadonlyMap<string, Names>
  readonly inputs: ReadonlyMap<string, Names>
} {
  const outputs = new Map(plan.map(({ id }) => [id, new Set<string>()]))
  const inputs = new Map<string, Names>()
  const byId = new Map(plan.map((operator) => [operator.id, operator]))
  for (const operator of plan.toReversed()) {
    const needed = keepSome(operator, outputs.get(operator.id)!)
    const wanted = new Set<string>()
    for (const { from, partitioning } of operator.inputs) {
      for (const name of inputColumns(operator, needed, byId.get(from)!)) wanted.add(name)
      if (partitioning.kind === 'hash') for (const key of partitioning.keys) wanted.add(key)
    }
    inputs.set(operator.id, wanted)
    for (const { from } of operator.inputs) {
      for (const name of wanted) outputs.get(from)!.add(name)
    }
  }
  return { outputs, inputs }
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

/** The columns that an operator needs of an input so that it can give the needed ones. */
function inputColumns(
  { spec }: PlannedOperator,
  needed: Names,
  from: PlannedOperator,
): Iterable<string> {
  const visible = (): readonly string[] => from.output.names.filter((name) => !isHidden(name))
  switch (spec.kind) {
    case 'source':
      return []
    case 'sink':
      return visible()
    case 'where':
      return columnsOf(spec.predicate, new Set(needed))
    case 'filter':
      return [...visible(), ...needed]
    case 'map':
    case 'flatMap':
      return [...visible(), ...[...needed].filter(isHidden)]
    case 'assignWatermarks':
      return [...needed, spec.column]
    case 'select': {
      const columns = new Set<string>()
      for (const { name, expression } of spec.columns) {
        if (needed.has(name)) columnsOf(expression, columns)
      }
      return columns
    }
    case 'windowAggregate': {
      const used = neededAggregates(spec, needed).flatMap(({ column, filter }) => [column, filter])
      return [...spec.keys, spec.time, ...used.filter((name) => name !== undefined)]
    }
    case 'lookupJoin': {
      const taken = new Set(spec.take.map(([name]) => name))
      return [...[...needed].filter((name) => !taken.has(name)), ...spec.on.map(([name]) => name)]
    }
    default:
      return unreachable(spec)
  }
}

function neededAggregates(
  { aggregates }: Extract<OperatorSpec, { kind: 'windowAggregate' }>,
  needed: Names,
) {
  const kept = aggregates.filter(({ name }) => needed.has(name))
  return kept.length > 0 ? kept : aggregates.slice(0, 1)
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
  inputNumber: number,
  { from, wanted, logical, byId }: InputFacts,
): PlannedOperator | undefined {
  const { inputs } = operator
  const isExchange = inputs[inputNumber]!.partitioning.kind !== 'forward'
  const isUnion = inputs.length > 1
  // The inputs of a union have one schema by contract: the first says in which order.
  const order = logical.get(inputs[0]!.from)!.output.names
  const names = order.filter((name) => wanted.has(name))
  const differs = (other: PlannedOperator) => other.output.names.join('\0') !== names.join('\0')
  const needsIt = isUnion
    ? inputs.some((input) => differs(byId.get(input.from)!))
    : isExchange && differs(from) && from.output.length > names.length
  if (!needsIt || !differs(from)) return undefined
  return {
    id: hash64(`project ${from.id} ${operator.id} ${inputNumber}`),
    name: 'Project',
    spec: { kind: 'select', columns: plainColumns(names) },
    inputs: [{ from: from.id, partitioning: { kind: 'forward' } }],
    output: from.output.project(names),
    parallelism: from.parallelism,
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
  const given = operator.inputs[0] && byId.get(operator.inputs[0].from)!.output
  const keep = (names: readonly string[], newSpec: OperatorSpec = spec): PlannedOperator => {
    const kept = new Set(names)
    const pruned = output.names.filter((name) => !kept.has(name) && !isHidden(name))
    return { ...operator, spec: newSpec, output: output.project(names), pruned }
  }
  switch (spec.kind) {
    case 'sink':
      return operator
    case 'source':
      return keep(output.names.filter((name) => needed.has(name)))
    case 'where':
    case 'filter':
    case 'assignWatermarks':
      assert(given !== undefined, `${spec.kind} without an input`)
      // What it does not get is left out further up.
      return { ...keep(given.names), pruned: [] }
    case 'map':
    case 'flatMap':
      return keep(output.names.filter((name) => !isHidden(name) || needed.has(name)))
    case 'select': {
      const columns = spec.columns.filter(({ name }) => needed.has(name))
      return keep(
        columns.map(({ name }) => name),
        { ...spec, columns },
      )
    }
    case 'windowAggregate': {
      const aggregates = neededAggregates(spec, needed)
      const fixed = [...WINDOW_COLUMNS.map(({ name }) => name), ...spec.keys]
      return keep([...fixed, ...aggregates.map(({ name }) => name)], { ...spec, aggregates })
    }
    case 'lookupJoin': {
      assert(given !== undefined, 'a look-up join without an input')
      const take = spec.take.filter(([name]) => needed.has(name))
      const read = new Set([...take.map(([, from]) => from), ...spec.on.map(([, from]) => from)])
      const tableColumns = spec.tableColumns.filter(({ name }) => read.has(name))
      const names = [...given.names, ...take.map(([name]) => name)]
      const dropped = spec.take.filter((pair) => !take.includes(pair)).map(([name]) => name)
      return { ...keep(names, { ...spec, take, tableColumns }), pruned: dropped }
    }
    default:
      return unreachable(spec)
  }
}
