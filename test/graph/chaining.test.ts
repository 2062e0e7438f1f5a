// Chaining, by example and by property: every operator is in one chain, every edge of the plan is a
// `next` or a job edge, and nothing else is.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chainOperators } from '../../src/graph/chaining.ts'
import { count, int32, timestamp, tumble, utf8 } from '../../src/index.ts'
import { testEnvironment, testSource } from '../sdk/test-environment.ts'
import { planOf, step } from './random-graph.ts'

const clicks = testSource({ time: timestamp('ms'), page: utf8(), n: int32() }, 'clicks')

describe('chaining', () => {
  it('chains what stays in a slot, and begins a vertex at an exchange', () => {
    const { env, graph } = testEnvironment({ parallelism: 4 })
    env
      .fromSource(clicks)
      .where((r) => r.n.gt(0))
      .assignWatermarks('time')
      .keyBy('page')
      .window(tumble('1m'))
      .aggregate({ clicks: count() })
      .print()
    const { vertices, edges } = graph()
    expect(vertices.map(({ name, parallelism }) => [name, parallelism])).toEqual([
      ['Source: clicks -> Where -> Watermarks -> Project', 4],
      ['Window', 4],
      ['Sink: print', 1],
    ])
    expect(edges.map(({ partitioning }) => partitioning)).toEqual([
      { kind: 'hash', keys: ['page'] },
      { kind: 'global' },
    ])
  })

  it('chains all of a job with one subtask, exchanges too', () => {
    const { env, graph } = testEnvironment({ parallelism: 1 })
    env
      .fromSource(clicks)
      .rebalance()
      .assignWatermarks('time')
      .keyBy('page')
      .window(tumble('1m'))
      .aggregate({ clicks: count() })
      .print()
    expect(graph().vertices.map(({ name }) => name)).toEqual([
      'Source: clicks -> Watermarks -> Window -> Sink: print',
    ])
  })

  it('lets a stream fork inside a chain', () => {
    const { env, graph } = testEnvironment({ parallelism: 1 })
    const stream = env.fromSource(clicks)
    stream.where((r) => r.n.gt(0)).print()
    stream.select((r) => ({ page: r.page })).print()
    const [vertex] = graph().vertices
    expect(vertex!.name).toBe('Source: clicks -> (Where -> Sink: print, Select -> Sink: print)')
    expect(vertex!.operators.map(({ next }) => next)).toEqual([[1, 3], [2], [], [4], []])
  })

  it('begins a vertex at a union, which has one input and several edges', () => {
    const { env, graph } = testEnvironment({ parallelism: 1 })
    env
      .fromSource(clicks)
      .union(env.fromSource(clicks))
      .where((r) => r.n.gt(0))
      .print()
    const { vertices, edges } = graph()
    expect(vertices).toHaveLength(3)
    expect(edges.map(({ to, partitioning }) => [to.vertex, to.input, partitioning.kind])).toEqual([
      [vertices[2]!.id, 0, 'forward'],
      [vertices[2]!.id, 0, 'forward'],
    ])
    expect(vertices[2]!.inputs).toHaveLength(1)
  })

  it('rebalances where the parallelism changes', () => {
    const { env, graph } = testEnvironment({ parallelism: 2 })
    env
      .fromSource(clicks)
      .where((r) => r.n.gt(0))
      .setParallelism(3)
      .print()
    expect(graph().edges.map(({ partitioning }) => partitioning.kind)).toEqual([
      'rebalance',
      'global',
    ])
  })

  it('keeps every operator and every edge', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
        const plan = planOf(steps)
        const { vertices, edges } = chainOperators(plan)
        const chained = vertices.flatMap(({ operators }) => operators)
        expect(chained.map(({ id }) => id).sort()).toEqual(plan.map(({ id }) => id).sort())
        const kept = [
          ...vertices.flatMap(({ operators }) =>
            operators.flatMap(({ id, next }) =>
              next.map((i) => `${id} ${operators[i]!.id} forward`),
            ),
          ),
          ...edges.map(({ from, to, partitioning }) => {
            const vertex = vertices.find(({ id }) => id === from.vertex)!
            return `${vertex.operators[from.operator]!.id} ${to.vertex} ${partitioning.kind}`
          }),
        ]
        const wanted = plan.flatMap(({ id, inputs }) =>
          inputs.map(({ from, partitioning }) => `${from} ${id} ${partitioning.kind}`),
        )
        expect(kept.sort()).toEqual(wanted.sort())
        for (const vertex of vertices) {
          const parallelisms = vertex.operators.map(
            ({ id }) => plan.find((operator) => operator.id === id)!.parallelism,
          )
          expect(new Set(parallelisms)).toEqual(new Set([vertex.parallelism]))
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
