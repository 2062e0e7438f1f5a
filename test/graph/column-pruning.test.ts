// Column pruning, by example and by property: a pruned plan is a valid job, and what its sinks and row
// functions see is what they saw before.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnsOf } from '../../src/columnar/expression.ts'
import { chainOperators } from '../../src/graph/chaining.ts'
import { neededColumns, pruneColumns } from '../../src/graph/column-pruning.ts'
import { validateJobGraph } from '../../src/graph/job-graph-validation.ts'
import type { Plan } from '../../src/graph/plan.ts'
import { count, float64, int32, lit, mean, timestamp, tumble, utf8 } from '../../src/index.ts'
import { testEnvironment, testSource } from '../sdk/test-environment.ts'
import { planOf, RANDOM_CONFIG, step } from './random-graph.ts'

const schemaIn = (plan: Plan, id: string): readonly string[] => {
  const operator = plan.find((one) => one.id === id)!
  return plan.find((one) => one.id === operator.inputs[0]!.from)!.output.names
}

const outputs = (plan: Plan): unknown => plan.map(({ id, output }) => [id, output.names])

const flights = testSource({
  date: timestamp('ms'),
  delay: int32(),
  distance: float64(),
  origin: utf8(),
  destination: utf8(),
})

describe('column pruning', () => {
  it('reads from a source only what the job needs', () => {
    const { env, graph } = testEnvironment()
    env
      .fromSource(flights)
      .where((r) => r.delay.gt(15))
      .select((r) => ({ origin: r.origin }))
      .print()
    const [source] = graph().vertices[0]!.operators
    expect(source!.output.map(({ name }) => name)).toEqual(['delay', 'origin'])
    expect(source!.pruned).toEqual(['date', 'distance', 'destination'])
  })

  it('drops columns of a select, aggregates and look-ups that nobody needs', () => {
    const { env, graph } = testEnvironment()
    const airports = testSource({ iata: utf8(), name: utf8(), state: utf8() })
    env
      .fromSource(flights)
      .assignWatermarks('date')
      .withColumn('far', (r) => r.distance.gt(500))
      .keyBy('origin')
      .window(tumble('1h'))
      .aggregate({ flights: count(), far: mean('far'), averageDelay: mean('delay') })
      .lookupJoin(airports, { on: { origin: 'iata' }, take: ['name', 'state'] })
      .select((r) => ({ origin: r.origin, flights: r.flights, state: r.state }))
      .print()
    const operators = graph().vertices.flatMap((vertex) => vertex.operators)
    const byKind = (kind: string) => operators.find(({ spec }) => spec.kind === kind)!
    expect(byKind('source').output.map(({ name }) => name)).toEqual(['date', 'origin'])
    expect(byKind('select').output.map(({ name }) => name)).toEqual(['date', 'origin'])
    expect(byKind('windowAggregate').spec).toMatchObject({ aggregates: [{ name: 'flights' }] })
    expect(byKind('windowAggregate').pruned).toEqual(['far', 'averageDelay'])
    expect(byKind('lookupJoin').spec).toMatchObject({
      take: [['state', 'state']],
      tableColumns: [{ name: 'iata' }, { name: 'state' }],
    })
  })

  it('puts a projection before an exchange that would carry too much, and only then', () => {
    const { env, graph } = testEnvironment({ parallelism: 2 })
    env
      .fromSource(flights)
      .where((r) => r.destination.eq('ORD'))
      .assignWatermarks('date')
      .keyBy('origin')
      .window(tumble('1h'))
      .aggregate({ averageDelay: mean('delay') })
      .print()
    const [first, second] = graph().vertices
    const last = first!.operators.at(-1)!
    expect(last.name).toBe('Project')
    expect(last.output.map(({ name }) => name)).toEqual(['date', 'delay', 'origin'])
    expect(second!.inputs[0]!.map(({ name }) => name)).toEqual(['date', 'delay', 'origin'])
    const narrow = testEnvironment({ parallelism: 2 })
    narrow.env
      .fromSource(flights)
      .assignWatermarks('date')
      .keyBy('origin')
      .window(tumble('1h'))
      .aggregate({ averageDelay: mean('delay') })
      .print()
    const names = narrow.graph().vertices.flatMap((vertex) => vertex.operators.map((o) => o.name))
    expect(names).not.toContain('Project')
  })

  it('keeps the narrowest column of a stream of which only the rows count', () => {
    const { env, graph } = testEnvironment()
    env
      .fromSource(flights)
      .select(() => ({ one: lit(1) }))
      .print()
    const [source] = graph().vertices[0]!.operators
    expect(source!.output.map(({ name }) => name)).toEqual(['delay'])
  })

  it('makes valid jobs whose sinks and row functions see what they saw', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
        const plan = planOf(steps)
        const pruned = pruneColumns(plan)
        const { vertices, edges } = chainOperators(pruned)
        const graph = {
          name: 'random',
          config: RANDOM_CONFIG,
          vertices,
          edges,
          userFunctionModules: [],
        }
        validateJobGraph(graph)
        for (const { id, spec } of plan) {
          if (spec.kind !== 'sink' && spec.kind !== 'map') continue
          expect(schemaIn(pruned, id)).toEqual(schemaIn(plan, id))
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('leaves every operator what it needs, and needs no more when it has been done', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
        const plan = planOf(steps)
        const pruned = pruneColumns(plan)
        const before = neededColumns(plan)
        const after = neededColumns(pruned)
        for (const { id, spec } of plan) {
          expect(after.inputs.get(id)).toEqual(before.inputs.get(id))
          if (spec.kind !== 'where') continue
          for (const name of columnsOf(spec.predicate)) expect(schemaIn(pruned, id)).toContain(name)
        }
        const again = pruneColumns(pruned)
        expect(outputs(again)).toEqual(outputs(pruned))
      }),
      { numRuns: 1_000 },
    )
  })
})
