// Chaining: operators that hand rows on within a slot become one vertex, called one after the other
// without a queue between them. After Flink's StreamingJobGraphGenerator.
//
// CH1  An operator joins the chain of its input when that is its only one, the edge is 'forward', both
//      share slots and key groups, and neither has been told not to. A side output always does.
// CH2  A chain is a tree: a stream may fork within it. All else begins a new vertex.
// CH3  No operator and no edge is lost: each edge of the plan is a `next` or a job edge.
import { assert } from '../base/assert.ts'
import type { Schema } from '../columnar/schema.ts'
import type {
  ChainedOperator,
  ColumnDescription,
  JobEdge,
  JobVertex,
  Partitioning,
} from './job-graph.ts'
import { inputSchemas, type Plan, type PlannedOperator } from './plan.ts'
import { DEFAULT_GROUP } from './slot-sharing.ts'

interface Chain {
  readonly id: string
  readonly operators: { readonly planned: PlannedOperator; readonly next: number[] }[]
}

interface Place {
  readonly chain: Chain
  readonly index: number
}

/** The vertices and edges of a plan. */
export function chainOperators(plan: Plan): {
  readonly vertices: readonly JobVertex[]
  readonly edges: readonly JobEdge[]
} {
  const places = new Map<string, Place>()
  const chains: Chain[] = []
  const edges: { from: Place; to: string; input: number; partitioning: Partitioning }[] = []
  const byId = new Map(plan.map((operator) => [operator.id, operator]))
  for (const planned of plan) {
    const [input] = planned.inputs
    if (input !== undefined && mayChain(planned, byId.get(input.from)!)) {
      const { chain, index } = places.get(input.from)!
      chain.operators[index]!.next.push(chain.operators.length)
      places.set(planned.id, { chain, index: chain.operators.length })
      chain.operators.push({ planned, next: [] })
      continue
    }
    const chain: Chain = { id: planned.id, operators: [{ planned, next: [] }] }
    chains.push(chain)
    places.set(planned.id, { chain, index: 0 })
    for (const { from, input: number, partitioning } of planned.inputs) {
      edges.push({ from: places.get(from)!, to: planned.id, input: number, partitioning })
    }
  }
  return {
    vertices: chains.map((chain) => toVertex(chain, byId)),
    edges: edges.map(({ from, to, input, partitioning }) => ({
      from: { vertex: from.chain.id, operator: from.index },
      to: { vertex: to, input },
      partitioning,
    })),
  }
}

function mayChain(operator: PlannedOperator, from: PlannedOperator): boolean {
  const { spec, inputs, chaining } = operator
  if (spec.kind === 'sideOutput') return true
  return (
    inputs.length === 1 &&
    inputs[0]!.partitioning.kind === 'forward' &&
    chaining === 'always' &&
    from.chaining !== 'never' &&
    operator.slotSharingGroup === from.slotSharingGroup &&
    operator.maxParallelism === from.maxParallelism
  )
}

const describe = (schema: Schema): readonly ColumnDescription[] =>
  schema.fields.map(({ name, type }) => ({ name, type }))

function toVertex({ id, operators }: Chain, byId: ReadonlyMap<string, PlannedOperator>): JobVertex {
  const head = operators[0]!.planned
  const { slotSharingGroup } = head
  for (const { planned } of operators) {
    assert(planned.parallelism === head.parallelism, `chain ${id} has two parallelisms`)
  }
  return {
    id,
    name: chainName(operators, 0),
    parallelism: head.parallelism,
    maxParallelism: head.maxParallelism,
    ...(slotSharingGroup === DEFAULT_GROUP ? {} : { slotSharingGroup }),
    // Several edges into one input are a union.
    inputs: inputSchemas(head, byId).map(describe),
    operators: operators.map(({ planned, next }): ChainedOperator => ({
      id: planned.id,
      ...(planned.uid === undefined ? {} : { uid: planned.uid }),
      name: planned.name,
      spec: planned.spec,
      output: describe(planned.output),
      ...(planned.location === undefined ? {} : { location: planned.location }),
      ...(planned.pruned.length === 0 ? {} : { pruned: planned.pruned }),
      next,
    })),
  }
}

/** `Source: flights -> Where -> (Sink: a, Select -> Sink: b)`. */
function chainName(operators: Chain['operators'], index: number): string {
  const { planned, next } = operators[index]!
  if (next.length === 0) return planned.name
  const rest = next.map((i) => chainName(operators, i))
  return `${planned.name} -> ${rest.length === 1 ? rest[0] : `(${rest.join(', ')})`}`
}
