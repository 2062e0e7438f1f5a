// The plan: the operators that a job needs, with ids, parallelism and partitioning decided. Data, in
// topological order; pruning rewrites it, chaining makes job vertices of it.
//
// P1  An edge is 'forward' exactly when it may chain: nobody asked for a partitioning, and both ends
//     have the same parallelism; or there is one subtask on both ends, where every partitioning is that.
//     forward() asks for it, and is refused where the parallelism differs.
// P2  Rows for a single subtask go 'global': there is nothing to choose.
import type { JobConfig } from '../base/config.ts'
import { DataflowError } from '../base/errors.ts'
import type { Schema } from '../columnar/schema.ts'
import type { OperatorSpec } from '../operators/operator-spec.ts'
import type { Partitioning } from './job-graph.ts'
import { assignOperatorIds, checkOperatorIds } from './operator-id.ts'
import { DEFAULT_GROUP } from './slot-sharing.ts'
import {
  type ChainingStrategy,
  reachable,
  type StreamGraph,
  type StreamInput,
  type StreamVertex,
} from './stream-graph.ts'

export interface PlannedInput {
  /** The operator's id. */
  readonly from: string
  /** Which input of the operator it feeds; several feed one (a union). */
  readonly input: number
  readonly partitioning: Partitioning
}

export interface PlannedOperator {
  readonly id: string
  readonly uid?: string
  readonly name: string
  readonly spec: OperatorSpec
  readonly inputs: readonly PlannedInput[]
  readonly output: Schema
  readonly parallelism: number
  /** Key groups of its state. */
  readonly maxParallelism: number
  readonly slotSharingGroup: string
  readonly chaining: ChainingStrategy
  readonly location?: string
  /** Columns that it could give and nobody needs. */
  readonly pruned: readonly string[]
}

/** Operators, each behind its inputs. */
export type Plan = readonly PlannedOperator[]

/** The columns of each input of an operator: those of its first edge. */
export function inputSchemas(
  { inputs }: PlannedOperator,
  byId: ReadonlyMap<string, PlannedOperator>,
): readonly Schema[] {
  const schemas: Schema[] = []
  for (const { from, input } of inputs) schemas[input] ??= byId.get(from)!.output
  return schemas
}

/**
 * Decides ids, parallelism and partitioning of what these sinks need.
 * @throws GRAPH_INVALID, CONFIG_INVALID with the operator's location
 */
export function planOperators(
  graph: StreamGraph,
  sinks: readonly StreamVertex[],
  config: JobConfig,
): { readonly plan: Plan; readonly ids: ReadonlyMap<StreamVertex, string> } {
  const vertices = reachable(sinks)
  const ids = assignOperatorIds(graph)
  checkOperatorIds(vertices, ids)
  const layouts = new Map<StreamVertex, Layout>()
  for (const vertex of vertices) layouts.set(vertex, layoutOf(vertex, layouts, config))
  const plan = vertices.map((vertex): PlannedOperator => {
    const { spec, inputs, output, location } = vertex.options
    const layout = layouts.get(vertex)!
    return {
      id: ids.get(vertex)!,
      ...(vertex.uid === undefined ? {} : { uid: vertex.uid }),
      name: vertex.name,
      spec,
      inputs: inputs.map((input) => ({
        from: ids.get(input.from)!,
        input: input.input ?? 0,
        partitioning: partitioningOf(vertex, input, layouts, ids),
      })),
      output,
      ...layout,
      ...(location === undefined ? {} : { location }),
      pruned: [],
    }
  })
  return { plan, ids }
}

/** Where a vertex runs. */
type Layout = Pick<
  PlannedOperator,
  'parallelism' | 'maxParallelism' | 'slotSharingGroup' | 'chaining'
>

function layoutOf(
  vertex: StreamVertex,
  known: ReadonlyMap<StreamVertex, Layout>,
  config: JobConfig,
): Layout {
  const { planned, inputs, spec, parallelismMax = Infinity, location } = vertex.options
  if (planned === true || spec.kind === 'sideOutput') {
    return { ...known.get(inputs[0]!.from)!, chaining: 'always' }
  }
  const parallelism = vertex.parallelism ?? Math.min(parallelismMax, config.parallelism)
  const maxParallelism = vertex.maxParallelism ?? config.maxParallelism
  if (parallelism > maxParallelism) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `'${vertex.name}' has parallelism ${parallelism}, more than maxParallelism ` +
        `(${maxParallelism} key groups); raise maxParallelism or lower the parallelism`,
      location === undefined ? {} : { context: { location } },
    )
  }
  const groups = new Set(inputs.map(({ from }) => known.get(from)!.slotSharingGroup))
  // As in Flink: inherited where all inputs agree.
  const inherited = groups.size === 1 ? [...groups][0]! : DEFAULT_GROUP
  return {
    parallelism,
    maxParallelism,
    slotSharingGroup: vertex.slotSharingGroup ?? inherited,
    chaining: vertex.chaining,
  }
}

function partitioningOf(
  vertex: StreamVertex,
  input: StreamInput,
  layouts: ReadonlyMap<StreamVertex, Layout>,
  ids: ReadonlyMap<StreamVertex, string>,
): Partitioning {
  const from = layouts.get(input.from)!.parallelism
  const to = layouts.get(vertex)!.parallelism
  const asked = input.partitioning
  if (asked?.kind === 'forward' && from !== to) {
    const { location } = vertex.options
    throw new DataflowError(
      'GRAPH_INVALID',
      `forward() joins subtasks one to one, and '${input.from.name}' runs as ${from}, ` +
        `'${vertex.name}' as ${to}; give them one parallelism, or use rescale() or rebalance()`,
      location === undefined ? {} : { context: { location } },
    )
  }
  if (from === 1 && to === 1) return { kind: 'forward' }
  if (to === 1) return { kind: 'global' }
  if (asked?.kind === 'custom') return { ...asked, by: ids.get(partitionerOf(input))! }
  if (asked !== undefined) return asked
  return from === to ? { kind: 'forward' } : { kind: 'rebalance' }
}

/** The vertex with the function of a custom partitioning; the planner may have put selects behind it. */
function partitionerOf({ from }: StreamInput): StreamVertex {
  let vertex = from
  while (vertex.options.spec.kind !== 'partitionCustom') vertex = vertex.options.inputs[0]!.from
  return vertex
}
