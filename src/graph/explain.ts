// The plan of a job, for a reader: chains, how rows go between them, how many subtasks and slots, which
// columns are left out, and for each operator whether kernels or the user's JavaScript run it, and why.
import { unreachable } from '../base/assert.ts'
import { type Expression, expressionText, operands } from '../columnar/expression.ts'
import { Schema } from '../columnar/schema.ts'
import { typeName } from '../columnar/type.ts'
import { COLLECT, ITERABLE, PRINT } from '../connectors/built-in.ts'
import type { AggregateSpec, OperatorSpec, WindowSpec } from '../operators/operator-spec.ts'
import type { ChainedOperator, JobGraph, Partitioning } from './job-graph.ts'
import { isHidden } from './stream-graph.ts'

export interface ExplainedOperator {
  readonly id: string
  readonly uid?: string
  readonly name: string
  /** What it does: `delay > 15`, `tumbling 1h by origin: count() as flights`. */
  readonly detail: string
  readonly engine: 'kernel' | 'JavaScript'
  readonly why: string
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
    slots: isInline ? 1 : Math.max(...graph.vertices.map((vertex) => vertex.parallelism)),
    ...(isInline ? { inline: inlineReason(closures) } : {}),
    maxParallelism: graph.config.maxParallelism,
    vertices: graph.vertices.map(({ id, name, parallelism, operators: chain }) => ({
      id,
      name,
      parallelism,
      operators: chain.map(explainOperator),
    })),
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
  const lines = [`Job '${plan.name}': ${slots}; ${plan.maxParallelism} key groups`]
  for (const vertex of plan.vertices) {
    lines.push(
      '',
      `[${numbers.get(vertex.id)}] ${vertex.name}  (parallelism ${vertex.parallelism})`,
    )
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

function explainOperator(operator: ChainedOperator): ExplainedOperator {
  const { id, uid, name, spec, output, pruned, location, next } = operator
  return {
    id,
    ...(uid === undefined ? {} : { uid }),
    name,
    detail: detailOf(spec),
    ...engineOf(spec),
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

type Engine = Pick<ExplainedOperator, 'engine' | 'why'>
const kernel = (why: string): Engine => ({ engine: 'kernel', why })
const javascript = (why: string): Engine => ({ engine: 'JavaScript', why })

function engineOf(spec: OperatorSpec): Engine {
  switch (spec.kind) {
    case 'source':
      if (spec.connector === ITERABLE) return javascript('each row of the iterable is an object')
      return spec.closure
        ? javascript('the source calls a function of the job')
        : kernel('records become columns as they are read')
    case 'where':
      return calls(spec.predicate)
        ? kernel('a column expression, with a user function in AssemblyScript')
        : kernel('a column expression')
    case 'select':
      if (spec.columns.every(({ expression }) => expression.kind === 'column')) {
        return kernel('columns as they are, without a copy')
      }
      return spec.columns.some(({ expression }) => calls(expression))
        ? kernel('column expressions, with a user function in AssemblyScript')
        : kernel('column expressions')
    case 'filter':
    case 'map':
    case 'flatMap':
      return javascript('a function of rows; an object is made for each')
    case 'assignWatermarks':
      return kernel('the greatest time of each batch')
    case 'windowAggregate':
      return kernel('keyed aggregation over columns')
    case 'lookupJoin':
      return kernel('a hash table of the whole table in each subtask')
    case 'sink':
      if (spec.connector === PRINT) return javascript('rows are made only for what is printed')
      if (spec.connector === COLLECT) return kernel('columns go to the client as Arrow')
      return spec.closure
        ? javascript('the sink calls a function of the job')
        : kernel('columns are encoded as they are')
    default:
      return unreachable(spec)
  }
}

const calls = (expression: Expression): boolean =>
  expression.kind === 'user' || operands(expression).some(calls)

function detailOf(spec: OperatorSpec): string {
  switch (spec.kind) {
    case 'where':
      return expressionText(spec.predicate)
    case 'select':
      return spec.columns
        .map(({ name, expression }) =>
          expression.kind === 'column' && expression.name === name
            ? name
            : `${expressionText(expression)} as ${name}`,
        )
        .join(', ')
    case 'assignWatermarks':
      return `${spec.column}, up to ${durationText(spec.maxOutOfOrdernessMs)} out of order`
    case 'windowAggregate':
      return (
        `${windowText(spec.window)} over ${spec.time} by ${spec.keys.join(', ')}: ` +
        spec.aggregates.map(aggregateText).join(', ')
      )
    case 'lookupJoin': {
      const on = spec.on.map(([column, key]) => `${column} = ${key}`).join(' and ')
      const take = spec.take.map(([name, from]) => (name === from ? name : `${from} as ${name}`))
      return `${spec.join} join on ${on}, takes ${take.join(', ')}`
    }
    default:
      return ''
  }
}

function aggregateText({ name, function: fn, column, filter }: AggregateSpec): string {
  const where = filter === undefined ? '' : ` where ${filter}`
  return `${fn}(${column ?? ''})${where} as ${name}`
}

function windowText(window: WindowSpec): string {
  const offset = window.offsetMs === 0 ? '' : ` from ${durationText(window.offsetMs)}`
  return window.kind === 'tumbling'
    ? `tumbling ${durationText(window.sizeMs)}${offset}`
    : `sliding ${durationText(window.sizeMs)} every ${durationText(window.slideMs)}${offset}`
}

function durationText(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
    [1_000, 's'],
  ] as const
  const unit = units.find(([size]) => ms !== 0 && ms % size === 0)
  return unit === undefined ? `${ms}ms` : `${ms / unit[0]}${unit[1]}`
}

function partitioningText(partitioning: Partitioning): string {
  switch (partitioning.kind) {
    case 'forward':
      return 'forward: each subtask to its own'
    case 'hash':
      return `hash by ${partitioning.keys.join(', ')}`
    case 'rebalance':
      return 'rebalance: batches in turn'
    case 'broadcast':
      return 'broadcast: all rows to all'
    case 'global':
      return 'global: all rows to the one subtask'
    default:
      return unreachable(partitioning)
  }
}
