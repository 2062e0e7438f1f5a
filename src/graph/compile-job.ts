// From the stream graph to what a cluster takes: plan, prune, chain, validate, and gather what travels
// beside the graph. A worker that rebuilds the job's closures takes the same way to the same ids.
import type { JobConfig } from '../base/config.ts'
import { DataflowError } from '../base/errors.ts'
import { type Expression, operands } from '../columnar/expression.ts'
import type { SinkClient } from '../connectors/connector.ts'
import type { OperatorSpec } from '../operators/operator-spec.ts'
import { withChangelogKeys } from './changelog-keys.ts'
import { chainOperators } from './chaining.ts'
import { pruneColumns } from './column-pruning.ts'
import type { JobGraph } from './job-graph.ts'
import { validateJobGraph } from './job-graph-validation.ts'
import { planOperators } from './plan.ts'
import { inBatchMode, inStreamingMode, type RuntimeMode, runsAsBatch } from './runtime-mode.ts'
import { reachable, type StreamGraph, type StreamVertex } from './stream-graph.ts'

/** A job that can be submitted once its bytes are made. */
export interface CompiledJob {
  readonly graph: JobGraph
  readonly blobs: ReadonlyMap<string, () => Promise<Uint8Array>>
  /** By operator id. */
  readonly closures: ReadonlyMap<string, unknown>
  readonly collectors: ReadonlyMap<string, SinkClient>
}

export interface CompileOptions {
  readonly name: string
  readonly config: JobConfig
  /** 'streaming' unless said. */
  readonly runtimeMode?: RuntimeMode
  /** The URL of the job's module, when workers can import it. */
  readonly module?: string
}

/**
 * The job that ends in these sinks.
 * @throws GRAPH_INVALID, CONFIG_INVALID, COLUMN_NOT_FOUND, TYPE_MISMATCH with the location in the job
 */
export function compileJob(
  streams: StreamGraph,
  sinks: readonly StreamVertex[],
  { name, config, runtimeMode, module }: CompileOptions,
): CompiledJob {
  if (sinks.length === 0) {
    throw new DataflowError(
      'GRAPH_INVALID',
      'the job has no sink, so there is nothing to run; ' +
        'end a stream with sinkTo(), print() or collect()',
    )
  }
  const { plan, ids } = planOperators(streams, sinks, config)
  const isBatch = runsAsBatch(plan, runtimeMode ?? 'streaming')
  const inMode = isBatch ? inBatchMode(plan) : inStreamingMode(plan)
  const chained = chainOperators(pruneColumns(withChangelogKeys(inMode)))
  const graph: JobGraph = {
    name,
    config,
    ...chained,
    ...(isBatch ? { runtimeMode: 'batch' as const } : {}),
    userFunctionModules: userFunctionModules(chained.vertices.flatMap((v) => v.operators)),
    ...(module === undefined ? {} : { module }),
  }
  validateJobGraph(graph)
  const blobs = new Map<string, () => Promise<Uint8Array>>()
  const closures = new Map<string, unknown>()
  const collectors = new Map<string, SinkClient>()
  for (const vertex of reachable(sinks)) {
    const { blob, closure, collector } = vertex.options
    const id = ids.get(vertex)!
    if (blob !== undefined) blobs.set(blob.name, blob.bytes)
    if (closure !== undefined) closures.set(id, closure)
    if (collector !== undefined) collectors.set(id, collector)
  }
  return { graph, blobs, closures, collectors }
}

/** The `.as.ts` files whose functions the job calls. */
function userFunctionModules(operators: readonly { readonly spec: OperatorSpec }[]): string[] {
  const modules = new Set<string>()
  const visit = (expression: Expression): void => {
    if (expression.kind === 'user') modules.add(expression.module)
    operands(expression).forEach(visit)
  }
  for (const { spec } of operators) {
    if (spec.kind === 'where') visit(spec.predicate)
    if ('where' in spec && spec.where !== undefined) visit(spec.where)
    if (spec.kind === 'select') spec.columns.forEach(({ expression }) => visit(expression))
    const watermarks = spec.kind === 'source' ? spec.watermarks : undefined
    const times = spec.kind === 'assignWatermarks' ? spec : watermarks
    if (times === undefined) continue
    visit(times.time)
    if (times.generator.kind === 'punctuated') visit(times.generator.when)
  }
  return [...modules]
}
