// Is a job graph one that can run? Asked of what the compiler made, and of what came over a wire: then
// nothing about it may be taken for granted but that it is JSON.
//
// GV1  What is refused is GRAPH_INVALID, with the operator and its location in the job.
import { DataflowError, isDataflowError } from '../base/errors.ts'
import { Schema } from '../columnar/schema.ts'
import { sameType } from '../columnar/type.ts'
import type {
  ChainedOperator,
  ColumnDescription,
  JobEdge,
  JobGraph,
  JobVertex,
} from './job-graph.ts'
import { traitsOf } from './operator-traits/index.ts'

/** @throws GRAPH_INVALID, COLUMN_NOT_FOUND, TYPE_MISMATCH with the operator's location */
export function validateJobGraph(graph: JobGraph): void {
  if (!Array.isArray(graph.vertices) || graph.vertices.length === 0) {
    throw new DataflowError('GRAPH_INVALID', 'the job graph has no vertices')
  }
  const vertices = new Map<string, JobVertex>()
  const ids = new Set<string>()
  for (const vertex of graph.vertices) {
    if (vertices.has(vertex.id)) throw invalid(vertex.operators[0], `vertex ${vertex.id} is twice`)
    vertices.set(vertex.id, vertex)
    checkVertex(vertex)
    for (const operator of vertex.operators) {
      if (!/^[0-9a-f]{16}$/.test(operator.id)) {
        throw invalid(operator, `its id '${operator.id}' is not 16 hex digits`)
      }
      if (ids.has(operator.id)) throw invalid(operator, `its id ${operator.id} is there twice`)
      ids.add(operator.id)
    }
  }
  for (const edge of graph.edges) checkEdge(edge, vertices)
  for (const vertex of graph.vertices) checkInputs(vertex, graph.edges)
  checkAcyclic(graph)
}

function invalid(operator: ChainedOperator | undefined, why: string): DataflowError {
  const location = operator?.location
  const at = location === undefined ? '' : ` (${location})`
  const what = operator === undefined ? '' : `operator '${operator.name}'${at}: `
  return new DataflowError('GRAPH_INVALID', what + why, {
    context: {
      ...(operator === undefined ? {} : { operator: operator.name }),
      ...(location === undefined ? {} : { location }),
    },
  })
}

function checkVertex(vertex: JobVertex): void {
  const { operators, parallelism, maxParallelism } = vertex
  const head = operators[0]
  if (head === undefined) {
    throw new DataflowError('GRAPH_INVALID', `vertex ${vertex.id} has no operators`)
  }
  if (vertex.id !== head.id) throw invalid(head, `vertex ${vertex.id} begins with ${head.id}`)
  if (!Number.isSafeInteger(parallelism) || parallelism < 1 || parallelism > maxParallelism) {
    throw invalid(head, `parallelism ${parallelism} is not from 1 to ${maxParallelism}`)
  }
  const fed = new Set<number>([0])
  operators.forEach((operator, i) => {
    if (i > 0 && !fed.has(i)) throw invalid(operator, 'nothing in its chain feeds it')
    if (i > 0 && operator.spec.kind === 'source') throw invalid(operator, 'a source has an input')
    if (operator.spec.kind === 'sink' && operator.next.length > 0) {
      throw invalid(operator, 'a sink feeds an operator')
    }
    for (const next of operator.next) {
      if (!Number.isInteger(next) || next <= i || next >= operators.length || fed.has(next)) {
        throw invalid(operator, `it feeds operator ${next} of its chain, which cannot be`)
      }
      fed.add(next)
    }
  })
  operators.forEach((operator, i) => {
    const feeder = operators.find(({ next }) => next.includes(i))
    const inputs = feeder === undefined ? vertex.inputs : [feeder.output]
    if (operator.spec.kind === 'source') return
    if (inputs.length === 0) throw invalid(operator, 'its vertex names no input columns')
    if (operator.spec.kind === 'sideOutput' && feeder === undefined) {
      throw invalid(operator, 'a side output follows the operator in whose chain it is')
    }
    checkColumns(operator, inputs)
  })
}

function checkInputs({ id, operators, inputs }: JobVertex, edges: readonly JobEdge[]): void {
  const [head] = operators
  const fed = new Set(edges.filter((edge) => edge.to.vertex === id).map((edge) => edge.to.input))
  if (head!.spec.kind === 'source') {
    if (fed.size > 0 || inputs.length > 0) throw invalid(head, 'a source has an input')
    return
  }
  if (inputs.length === 0 || fed.size === 0) throw invalid(head, 'it has no input')
  inputs.forEach((_, input) => {
    if (!fed.has(input)) throw invalid(head, `nothing feeds its input ${input}`)
  })
}

function checkEdge(edge: JobEdge, vertices: ReadonlyMap<string, JobVertex>): void {
  const from = vertices.get(edge.from.vertex)
  const to = vertices.get(edge.to.vertex)
  const operator = from?.operators[edge.from.operator]
  if (from === undefined || to === undefined || operator === undefined) {
    const ends = `${edge.from.vertex}[${edge.from.operator}] to ${edge.to.vertex}`
    throw new DataflowError('GRAPH_INVALID', `the edge from ${ends} has an end that is not there`)
  }
  if (operator.spec.kind === 'sink') throw invalid(operator, 'a sink feeds another vertex')
  const { partitioning } = edge
  if (partitioning.kind === 'forward' && from.parallelism !== to.parallelism) {
    const counts = `${from.parallelism} and ${to.parallelism}`
    throw invalid(operator, `a forward edge joins parallelism ${counts}; rebalance between them`)
  }
  const output = new Schema(operator.output)
  if (partitioning.kind === 'hash') {
    if (partitioning.keys.length === 0) throw invalid(operator, 'it is partitioned by no key')
    for (const key of partitioning.keys) output.indexOf(key)
  }
  if (partitioning.kind === 'custom') output.indexOf(partitioning.column)
  const input = to.inputs[edge.to.input]
  if (input === undefined) throw invalid(to.operators[0], `it has no input ${edge.to.input}`)
  const wanted = new Schema(input)
  if (!output.equals(wanted)) {
    throw invalid(to.operators[0], `it takes (${wanted}), and '${operator.name}' gives (${output})`)
  }
}

/** Do the columns that an operator names exist, and does it give what it says? */
function checkColumns(
  operator: ChainedOperator,
  inputs: readonly (readonly ColumnDescription[])[],
): void {
  try {
    const said = new Schema(operator.output)
    const { spec } = operator
    const schemas = inputs.map((fields) => new Schema(fields))
    const given = traitsOf(spec).output?.(spec, schemas, said)
    if (given === undefined) return
    const fits =
      given.length === said.length &&
      given.fields.every(({ name, type }, i) => {
        const field = said.fields[i]!
        return (
          field.name === name &&
          sameType(field.type, type) &&
          (field.type.nullable || !type.nullable)
        )
      })
    if (!fits) throw invalid(operator, `it says that it gives (${said}), but gives (${given})`)
  } catch (error) {
    if (!isDataflowError(error) || error.context.operator !== undefined) throw error
    const wrapped = invalid(operator, error.message)
    const context = { ...error.context, ...wrapped.context }
    throw new DataflowError(error.code, wrapped.message, { cause: error, context })
  }
}

function checkAcyclic(graph: JobGraph): void {
  const done = new Set<string>()
  const waiting = new Set(graph.vertices)
  while (waiting.size > 0) {
    const ready = [...waiting].filter((vertex) =>
      graph.edges.every((edge) => edge.to.vertex !== vertex.id || done.has(edge.from.vertex)),
    )
    if (ready.length === 0) {
      const [first] = waiting
      throw invalid(first!.operators[0], 'it is part of a cycle; a job graph has none')
    }
    for (const vertex of ready) {
      waiting.delete(vertex)
      done.add(vertex.id)
    }
  }
}
