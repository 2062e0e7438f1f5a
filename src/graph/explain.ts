// The plan of a job, for a reader: chains, how rows go between them, how many subtasks and slots, which
// columns are left out, and for each operator whether kernels or the user's JavaScript run it, and why.
import { unreachable } from '../base/assert.ts'
import { Schema } from '../columnar/schema.ts'
import { typeName } from '../columnar/type.ts'
import type { ChainedOperator, JobGraph, JobVertex, Partitioning } from './job-graph.ts'
import { traitsOf } from './operator-traits/index.ts'
import type { Engine } from './operator-traits/operator-traits.ts'
import { slotSharing } from './slot-sharing.ts'
import { isHidden } from './stream-graph.ts'

export interface ExplainedOperator extends Engine {
  readonly id: string
  readonly uid?: string
  readonly name: string
  /** What it does: `delay > 15`, `tumbling 1h by origin: count() as flights`. */
  readonly detail: string
  readonly output: readonly { readonly name: string; readonly type: string }[]
  /** Columns that nobody needs, and that are not read or made. */
  readonly pruned: readonly string[]
  readonly location?: string
  /** Operators of the chain that it feeds, as indices. */
  readonly next: readonly number[]
}

export interface ExplainedVertex {
  readonly id: string
  readonly name: string
  readonly parallelism: number
  /** Absent: the group 'default'. */
  readonly slotSharingGroup?: string
  readonly operators: readonly ExplainedOperator[]
}

export interface ExplainedEdge {
  readonly from: { readonly vertex: string; readonly operator: number }
  readonly to: string
  readonly partitioning: Partitioning
  readonly columns: readonly string[]
}

export interface JobExplanation {
  readonly name: string
  readonly slots: number
  /** Why all subtasks run in one slot on the calling thread, if they do. */
  readonly inline?: string
  readonly maxParallelism: number
  readonly vertices: readonly ExplainedVertex[]
  readonly edges: readonly ExplainedEdge[]
}

/** The plan as data: what `explain --json` prints. */
export function explainJob(graph: JobGraph): JobExplanation {
  const operators = graph.vertices.flatMap((vertex) => vertex.operators)
  const closures = operators.filter(({ spec }) => 'closure' in spec && spec.closure)
  const isInline = closures.length > 0 && graph.module === undefined
  return {
    name: graph.name,
    slots: isInline ? 1 : slotSharing(graph.vertices).slots,
    ...(isInline ? { inline: inlineReason(closures) } : {}),
    maxParallelism: graph.config.maxParallelism,
    vertices: graph.vertices.map(explainVertex),
    edges: graph.edges.map((edge) => {
      const { operators: chain } = graph.vertices.find(({ id }) => id === edge.from.vertex)!
      const { output } = chain[edge.from.operator]!
      return {
        from: edge.from,
        to: edge.to.vertex,
        partitioning: edge.partitioning,
        columns: output.map(({ name }) => name),
      }
    }),
  }
}

/** The plan as text. */
export function explainText(graph: JobGraph): string {
  const plan = explainJob(graph)
  const numbers = new Map(plan.vertices.map(({ id }, i) => [id, i + 1]))
  const inline = plan.inline === undefined ? '' : ` on the calling thread: ${plan.inline}`
  const slots = `${plan.slots} ${plan.slots === 1 ? 'slot' : 'slots'}${inline}`
  const mode = graph.runtimeMode === 'batch' ? '; batch: results at the end of input' : ''
  const lines = [`Job '${plan.name}': ${slots}; ${plan.maxParallelism} key groups${mode}`]
  for (const vertex of plan.vertices) {
    const { id, name, parallelism, slotSharingGroup } = vertex
    const group = slotSharingGroup === undefined ? '' : `, slots of '${slotSharingGroup}'`
    lines.push('', `[${numbers.get(id)}] ${name}  (parallelism ${parallelism}${group})`)
    for (const operator of vertex.operators) lines.push(...operatorLines(operator))
    for (const edge of plan.edges) {
      if (edge.from.vertex !== vertex.id) continue
      const columns = edge.columns.join(', ')
      lines.push(
        `    => [${numbers.get(edge.to)}] ${partitioningText(edge.partitioning)}, carrying ${columns}`,
      )
    }
  }
  return `${lines.join('\n')}\n`
}

function operatorLines(operator: ExplainedOperator): string[] {
  const { name, detail, engine, why, location, pruned, output } = operator
  const lines = [`    ${name}${detail === '' ? '' : `: ${detail}`}`]
  lines.push(`        ${engine}: ${why}${location === undefined ? '' : `  (${location})`}`)
  const columns = output.filter((column) => !isHidden(column.name))
  if (columns.length > 0) {
    lines.push(
      `        gives ${columns.map((column) => `${column.name} ${column.type}`).join(', ')}`,
    )
  }
  if (pruned.length > 0) lines.push(`        leaves out ${pruned.join(', ')}`)
  return lines
}

function explainVertex(vertex: JobVertex): ExplainedVertex {
  const { id, name, parallelism, slotSharingGroup, operators } = vertex
  return {
    id,
    name,
    parallelism,
    ...(slotSharingGroup === undefined ? {} : { slotSharingGroup }),
    operators: operators.map(explainOperator),
  }
}

function explainOperator(operator: ChainedOperator): ExplainedOperator {
  const { id, uid, name, spec, output, pruned, location, next } = operator
  const traits = traitsOf(spec)
  return {
    id,
    ...(uid === undefined ? {} : { uid }),
    name,
    detail: traits.detail?.(spec) ?? '',
    ...traits.engine(spec),
    output: new Schema(output).fields.map((field) => ({
      name: field.name,
      type: typeName(field.type),
    })),
    pruned: pruned ?? [],
    ...(location === undefined ? {} : { location }),
    next,
  }
}

function inlineReason(closures: readonly ChainedOperator[]): string {
  const [first] = closures
  const at = first!.location === undefined ? '' : ` (${first!.location})`
  return (
    `'${first!.name}'${at} has a function that no worker could find again; ` +
    "export the job from a module and start it with 'millrace run'"
  )
}

function partitioningText(partitioning: Partitioning): string {
  switch (partitioning.kind) {
    case 'forward':
      return 'forward: each subtask to its own'
    case 'hash':
      return `hash by ${partitioning.keys.join(', ')}`
    case 'rebalance':
      return 'rebalance: batches in turn'
    case 'rescale':
      return 'rescale: batches in turn, each to its own part of the subtasks'
    case 'shuffle':
      return 'shuffle: each row to any subtask'
    case 'custom':
      return `custom: a function of the job says where, by ${partitioning.column}`
    case 'broadcast':
      return 'broadcast: all rows to all'
    case 'global':
      return 'global: all rows to the one subtask'
    default:
      return unreachable(partitioning)
  }
}
