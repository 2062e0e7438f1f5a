// A job graph is JSON, and comes back from it as it was; one that cannot run is refused with its place.
import { describe, expect, it } from 'vitest'
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import type { DataflowError } from '../../src/base/errors.ts'
import type { ChainedOperator, JobGraph, JobVertex } from '../../src/graph/job-graph.ts'
import { validateJobGraph } from '../../src/graph/job-graph-validation.ts'
import { count, int32, mean, timestamp, tumble, utf8 } from '../../src/index.ts'
import { testEnvironment, testSource } from '../sdk/test-environment.ts'

const clicks = testSource({ time: timestamp('ms'), page: utf8(), n: int32() }, 'clicks')

function clicksGraph(): JobGraph {
  const { env, graph } = testEnvironment({ parallelism: 2 })
  env
    .fromSource(clicks)
    .where((r) => r.n.gt(0))
    .assignWatermarks('time')
    .keyBy('page')
    .window(tumble('1m'))
    .aggregate({ clicks: count(), share: mean((r) => r.n.gt(5)) })
    .print()
  return graph()
}

/** The graph with one vertex, or one of its operators, changed. */
function changed(
  vertexIndex: number,
  change: Partial<JobVertex>,
  operator?: { readonly index: number; readonly change: Partial<ChainedOperator> },
): JobGraph {
  const graph = clicksGraph()
  const vertices = graph.vertices.map((vertex, i) => {
    if (i !== vertexIndex) return vertex
    const operators = vertex.operators.map((one, at) =>
      at === operator?.index ? { ...one, ...operator.change } : one,
    )
    return { ...vertex, operators, ...change }
  })
  return { ...graph, vertices }
}

function refusal(graph: JobGraph): DataflowError {
  try {
    validateJobGraph(graph)
  } catch (error) {
    return error as DataflowError
  }
  throw new Error('it was taken')
}

describe('a job graph', () => {
  it('is JSON, and the same after a round trip', () => {
    const graph = clicksGraph()
    const back = JSON.parse(JSON.stringify(graph)) as JobGraph
    expect(back).toEqual(graph)
    validateJobGraph(back)
  })

  it.each<[string, () => JobGraph, RegExp]>([
    ['without vertices', () => ({ ...clicksGraph(), vertices: [] }), /no vertices/],
    [
      'with an id that is none',
      () => changed(1, { id: 'x' }, { index: 0, change: { id: 'x' } }),
      /16 hex/,
    ],
    [
      'with an id twice',
      () => {
        const graph = clicksGraph()
        return { ...graph, vertices: [...graph.vertices, graph.vertices[0]!] }
      },
      /is twice/,
    ],
    ['with parallelism 0', () => changed(0, { parallelism: 0 }), /parallelism 0/],
    [
      'with more subtasks than key groups',
      () => changed(0, { parallelism: DEFAULT_CONFIG.maxParallelism + 1 }),
      /from 1 to 128/,
    ],
    [
      'with an operator that nothing feeds',
      () => changed(0, {}, { index: 0, change: { next: [] } }),
      /feeds it/,
    ],
    [
      'with a cycle in a chain',
      () => changed(0, {}, { index: 1, change: { next: [0] } }),
      /cannot be/,
    ],
    ['with a vertex without input', () => ({ ...clicksGraph(), edges: [] }), /it has no input/],
    [
      'with an edge to nowhere',
      () => {
        const graph = clicksGraph()
        const [edge] = graph.edges
        return { ...graph, edges: [{ ...edge!, to: { vertex: 'x', input: 0 } }] }
      },
      /has an end that is not there/,
    ],
    [
      'with a forward edge between two parallelisms',
      () => {
        const graph = clicksGraph()
        const edges = graph.edges.map((edge) => ({
          ...edge,
          partitioning: { kind: 'forward' } as const,
        }))
        return { ...graph, edges }
      },
      /joins parallelism 2 and 1/,
    ],
    [
      'with other columns than it says',
      () => changed(0, {}, { index: 1, change: { output: [{ name: 'n', type: int32() }] } }),
      /it says that it gives \(n: int32\)/,
    ],
    [
      'with a cycle of vertices',
      () => {
        const graph = clicksGraph()
        const { id } = graph.vertices[1]!
        const output = graph.vertices[1]!.operators[0]!.output
        const vertices = graph.vertices.map((vertex) =>
          vertex.id === id ? { ...vertex, inputs: [vertex.inputs[0]!, output] } : vertex,
        )
        const loop = {
          from: { vertex: id, operator: 0 },
          to: { vertex: id, input: 1 },
          partitioning: { kind: 'rebalance' } as const,
        }
        return { ...graph, vertices, edges: [...graph.edges, loop] }
      },
      /part of a cycle/,
    ],
  ])('%s is refused', (_, graph, message) => {
    const error = refusal(graph())
    expect(error.code).toBe('GRAPH_INVALID')
    expect(error.message).toMatch(message)
  })

  it('with an expression over a column that is not there is refused, with operator and place', () => {
    const predicate = {
      kind: 'call',
      function: 'isNull',
      arguments: [{ kind: 'column', name: 'm' }],
    } as const
    const error = refusal(
      changed(
        0,
        {},
        { index: 1, change: { spec: { kind: 'where', predicate }, location: 'job.ts:7' } },
      ),
    )
    expect(error.code).toBe('COLUMN_NOT_FOUND')
    expect(error.message).toBe(
      "operator 'Where' (job.ts:7): there is no column 'm'. Did you mean 'n'?",
    )
    expect(error.context).toMatchObject({ operator: 'Where', location: 'job.ts:7', column: 'm' })
  })
})
