// The plan: the operators that a job needs, with ids, parallelism and partitioning decided. Data, in
// topological order; pruning rewrites it, chaining makes job vertices of it.
//
// P1  An edge is 'forward' exactly when it may chain: nobody asked for a partitioning, and both ends
//     have the same parallelism; or there is one subtask on both ends, where every partitioning is that.
// P2  Rows for a single subtask go 'global': there is nothing to choose.
import type { JobConfig } from '../base/config.ts'
import { DataflowError } from '../base/errors.ts'
import type { Schema } from '../columnar/schema.ts'
import type { OperatorSpec } from '../operators/operator-spec.ts'
import type { Partitioning } from './job-graph.ts'
import { assignOperatorIds, checkOperatorIds } from './operator-id.ts'
import { reachable, type StreamGraph, type StreamInput, type StreamVertex } from './stream-graph.ts'

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
  const parallelisms = new Map<StreamVertex, number>()
  for (const vertex of vertices) {
    parallelisms.set(vertex, parallelismOf(vertex, parallelisms, config))
  }
  const plan = vertices.map((vertex): PlannedOperator => {
    const { spec, inputs, output, location } = vertex.options
    const parallelism = parallelisms.get(vertex)!
    return {
      id: ids.get(vertex)!,
      ...(vertex.uid === undefined ? {} : { uid: vertex.uid }),
      name: vertex.name,
      spec,
      inputs: inputs.map((input) => ({
        from: ids.get(input.from)!,
        input: input.input ?? 0,
        partitioning: partitioningOf(input, parallelisms.get(input.from)!, parallelism),
      })),
      output,
      parallelism,
      ...(location === undefined ? {} : { location }),
      pruned: [],
    }
  })
  return { plan, ids }
}

function parallelismOf(
  vertex: StreamVertex,
  known: ReadonlyMap<StreamVertex, number>,
  config: JobConfig,
): number {
  const { planned, inputs, spec, parallelismMax = Infinity, location } = vertex.options
  if (planned === true || spec.kind === 'sideOutput') return known.get(inputs[0]!.from)!
  const parallelism = vertex.parallelism ?? Math.min(parallelismMax, config.parallelism)
  if (parallelism > config.maxParallelism) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `'${vertex.name}' has parallelism ${parallelism}, more than maxParallelism ` +
        `(${config.maxParallelism} key groups); raise maxParallelism or lower the parallelism`,
      location === undefined ? {} : { context: { location } },
    )
  }
  return parallelism
}

function partitioningOf(input: StreamInput, from: number, to: number): Partitioning {
  if (from === 1 && to === 1) return { kind: 'forward' }
  const asked = input.partitioning
  if (to === 1) return { kind: 'global' }
  if (asked !== undefined && asked.kind !== 'forward') return asked
  return from === to ? { kind: 'forward' } : { kind: 'rebalance' }
}
