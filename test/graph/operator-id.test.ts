// Operator ids: the same for the same place, whatever else changes in the job.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assignOperatorIds, hash64 } from '../../src/graph/operator-id.ts'
import { count, float64, mean, timestamp, tumble, utf8 } from '../../src/index.ts'
import { testEnvironment, testSource } from '../sdk/test-environment.ts'
import { RandomGraph, step } from './random-graph.ts'

const source = testSource({ time: timestamp('ms'), key: utf8(), value: float64() })

const builtIds = (): readonly string[] => {
  const { env, graph } = testEnvironment()
  env
    .fromSource(source)
    .where((r) => r.value.gt(1))
    .filter(() => true)
    .print()
  return graph().vertices.flatMap((vertex) => vertex.operators.map(({ id }) => id))
}

const filterId = (more: boolean): string => {
  const { env, graph } = testEnvironment()
  const stream = env.fromSource(source)
  const before = more ? stream.where((r) => r.value.gt(1)) : stream
  before
    .filter(() => true)
    .uid('my filter')
    .print()
  return graph().vertices[0]!.operators.find(({ uid }) => uid === 'my filter')!.id
}

const windowId = (computed: boolean): string => {
  const { env, graph } = testEnvironment()
  const hours = env.fromSource(source).assignWatermarks('time').keyBy('key').window(tumble('1h'))
  const results = computed
    ? hours.aggregate({ x: mean((r) => r.value.mul(2)) })
    : hours.aggregate({ x: count() })
  results.print()
  const operators = graph().vertices.flatMap((vertex) => vertex.operators)
  return operators.find(({ spec }) => spec.kind === 'windowAggregate')!.id
}

describe('operator ids', () => {
  it('are 16 hex digits, spread over all of them', () => {
    const ids = Array.from({ length: 1_000 }, (_, i) => hash64(`where(${i})`))
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/)
    expect(new Set(ids.map((id) => id.slice(0, 4))).size).toBeGreaterThan(900)
  })

  it('are the same when the job is built again', () => {
    expect(builtIds()).toEqual(builtIds())
  })

  it('come from the uid where there is one, wherever the operator stands', () => {
    expect(filterId(false)).toBe(filterId(true))
  })

  it('of two operators with one uid are refused, with both places', () => {
    const { env, graph } = testEnvironment()
    const stream = env.fromSource(source)
    stream
      .filter(() => true)
      .uid('twice')
      .print()
    stream
      .filter(() => false)
      .uid('twice')
      .print()
    expect(graph).toThrowError(
      /'Filter' \(test\/graph\/operator-id.test.ts:\d+\) and 'Filter' \(test\/.*:\d+\) have the same uid 'twice'/,
    )
  })

  it('of a window do not change when its aggregates come to need computing', () => {
    expect(windowId(false)).toBe(windowId(true))
  })

  it('do not change when the job grows after them, or elsewhere', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 10 }),
        fc.array(step, { maxLength: 6 }),
        (steps, more) => {
          const random = new RandomGraph(steps)
          const before = assignOperatorIds(random.graph)
          for (const one of more) random.add(one)
          const after = assignOperatorIds(random.graph)
          for (const [vertex, id] of before) expect(after.get(vertex)).toBe(id)
          expect(new Set(after.values()).size).toBe(after.size)
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
