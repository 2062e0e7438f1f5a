// What the methods of streams make of a job.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ChainedOperator, JobGraph } from '../../src/graph/job-graph.ts'
import {
  count,
  DataStream,
  int32,
  list,
  mean,
  nullable,
  type SinkSpec,
  slide,
  sum,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'
import { refusal, testEnvironment, testSource } from './test-environment.ts'

const flights = testSource(
  { date: timestamp('ms'), delay: int32(), origin: utf8(), tags: list(utf8()) },
  'flights',
)

const operatorsOf = (graph: JobGraph): readonly ChainedOperator[] =>
  graph.vertices.flatMap((vertex) => vertex.operators)

const outputs = (graph: JobGraph): readonly string[] =>
  operatorsOf(graph)
    .filter(({ spec }) => spec.kind !== 'sink')
    .map(({ name, output }) => `${name}: ${output.map((field) => field.name).join(', ')}`)

const throughRowFunctions = (windowed: boolean): readonly string[] => {
  const { env, graph } = testEnvironment()
  const stream = env
    .fromSource(flights)
    .assignWatermarks('date')
    .map(({ origin }) => ({ origin }), { origin: utf8() })
    .filter(({ origin }) => origin !== '')
  if (windowed) {
    stream.keyBy('origin').window(tumble('1h')).aggregate({ flights: count() }).print()
  } else stream.print()
  return outputs(graph())
}

describe('event time', () => {
  it('stays, hidden, when a select drops its column', () => {
    const { env, graph } = testEnvironment()
    env
      .fromSource(flights)
      .assignWatermarks('date')
      .select((r) => ({ origin: r.origin }))
      .keyBy('origin')
      .window(tumble('1h'))
      .aggregate({ flights: count() })
      .print()
    expect(outputs(graph())).toEqual([
      'Source: flights: date, origin',
      'Watermarks: date, origin',
      'Select: origin, $eventTime',
      'Window: windowStart, windowEnd, origin, flights',
    ])
    expect(operatorsOf(graph()).at(-2)!.spec).toMatchObject({ time: '$eventTime' })
  })

  it('follows its column to a new name', () => {
    const { env, graph } = testEnvironment()
    env
      .fromSource(flights)
      .assignWatermarks('date')
      .select((r) => ({ at: r.date, origin: r.origin }))
      .keyBy('origin')
      .window(tumble('1h'))
      .aggregate({ flights: count() })
      .print()
    expect(operatorsOf(graph()).at(-2)!.spec).toMatchObject({ time: 'at' })
  })

  it('keeps its value when its column is replaced', () => {
    const { env, graph } = testEnvironment()
    env
      .fromSource(flights)
      .assignWatermarks('date')
      .withColumn('date', (r) => r.date.add('1h'))
      .keyBy('origin')
      .window(tumble('1h'))
      .aggregate({ flights: count() })
      .print()
    expect(operatorsOf(graph()).at(-2)!.spec).toMatchObject({ time: '$eventTime' })
  })

  it('goes along row functions, and costs nothing when no window needs it', () => {
    expect(throughRowFunctions(true)).toEqual([
      'Source: flights: date, delay, origin, tags',
      'Watermarks: date, delay, origin, tags',
      'Select: date, delay, origin, tags, $eventTime',
      'Map: origin, $eventTime',
      'Filter: origin, $eventTime',
      'Window: windowStart, windowEnd, origin, flights',
    ])
    expect(throughRowFunctions(false).slice(2)).toEqual([
      'Select: date, delay, origin, tags',
      'Map: origin',
      'Filter: origin',
    ])
  })

  it('of a windowed aggregation is its last moment, so that windows go into longer ones', () => {
    const { env, graph } = testEnvironment()
    env
      .fromSource(flights)
      .assignWatermarks('date')
      .keyBy('origin')
      .window(tumble('1h'))
      .aggregate({ flights: count() })
      .keyBy('origin')
      .window(tumble('1d'))
      .aggregate({ flights: sum('flights') })
      .print()
    const texts = env.explain()
    expect(texts).toContain('windowEnd - 1 as $eventTime')
    expect(graph().vertices).toHaveLength(1)
  })

  it('of a union is there when all streams have one, by whatever name', () => {
    const { env, graph } = testEnvironment()
    const source = env.fromSource(flights).drop('tags')
    const one = source.assignWatermarks('date')
    const other = source
      .withColumn('later', (r) => r.date.add('1s'))
      .assignWatermarks('later')
      .drop('later')
    one.union(other).keyBy('origin').window(tumble('1h')).aggregate({ flights: count() }).print()
    expect(operatorsOf(graph()).at(-2)!.spec).toMatchObject({ time: '$eventTime' })
    expect(
      refusal(() =>
        one.union(source).keyBy('origin').window(tumble('1h')).aggregate({ n: count() }),
      ).code,
    ).toBe('GRAPH_INVALID')
  })
})

describe('streams', () => {
  it('plan what aggregates and keys compute before the exchange, each expression once', () => {
    const { env, graph } = testEnvironment({ parallelism: 2 })
    env
      .fromSource(flights)
      .assignWatermarks('date')
      .keyBy((r) => ({ airport: r.origin.upper() }))
      .window(slide('10s', '2s'))
      .aggregate({
        late: mean((r) => r.delay.gt(15)),
        lateOnes: count().where((r) => r.delay.gt(15)),
        total: sum('delay'),
      })
      .print()
    const [first, second] = graph().vertices
    expect(first!.operators.at(-1)!.output.map(({ name }) => name)).toEqual([
      'airport',
      'date',
      '$late',
      'delay',
    ])
    expect(second!.operators[0]!.spec).toMatchObject({
      keys: ['airport'],
      window: { kind: 'sliding', sizeMs: 10_000, slideMs: 2_000, offsetMs: 0 },
      aggregates: [
        { name: 'late', function: 'mean', column: '$late' },
        { name: 'lateOnes', function: 'count', filter: '$late' },
        { name: 'total', function: 'sum', column: 'delay' },
      ],
    })
  })

  it('of a union get the same columns in the same order, nullable where one is', () => {
    const { env, graph } = testEnvironment()
    const a = env.fromSource(testSource({ n: int32(), s: utf8() }))
    const b = env.fromSource(testSource({ s: nullable(utf8()), n: int32() }))
    const union = a.union(b as never)
    union.print()
    expect(union.schema.toString()).toBe('n: int32, s: utf8?')
    const { vertices } = graph()
    expect(vertices[2]!.inputs[0]!.map(({ name }) => name)).toEqual(['n', 's'])
  })

  it('keep names, uids and parallelism that they are given', () => {
    const { env, graph } = testEnvironment({ parallelism: 4 })
    env
      .fromSource(flights)
      .where((r) => r.delay.gt(0))
      .setName('late ones')
      .uid('late')
      .setParallelism(2)
      .print()
      .setName('out')
      .uid('printer')
    const operators = operatorsOf(graph())
    expect(operators.map(({ name, uid }) => [name, uid])).toContainEqual(['late ones', 'late'])
    expect(operators.map(({ name, uid }) => [name, uid])).toContainEqual(['out', 'printer'])
    expect(graph().vertices.map(({ parallelism }) => parallelism)).toEqual([4, 2, 1])
  })

  it('give a sink the columns that it takes', () => {
    const { env, graph } = testEnvironment()
    const sink: SinkSpec<{ origin: ReturnType<typeof utf8> }> = {
      connector: 'test',
      name: 'origins',
      config: {},
      parallelism: undefined,
      schema: { origin: utf8() },
    }
    env.fromSource(flights).sinkTo(sink)
    expect(outputs(graph())).toEqual(['Source: flights: origin', 'Select: origin'])
  })

  it('plan look-up joins as data, with the columns of the table that are read', () => {
    const { env, graph } = testEnvironment()
    const airports = testSource({ iata: utf8(), name: utf8(), city: utf8() }, 'airports')
    const joined = env
      .fromSource(flights)
      .lookupJoin(airports, { on: { origin: 'iata' }, take: { airport: 'name' } })
    joined.print()
    expect(joined.schema.field('airport').type).toEqual(nullable(utf8()))
    expect(operatorsOf(graph())[1]!.spec).toMatchObject({
      kind: 'lookupJoin',
      connector: 'test',
      on: [['origin', 'iata']],
      take: [['airport', 'name']],
      tableColumns: [{ name: 'iata' }, { name: 'name' }],
      join: 'left',
    })
  })

  it('have their methods in the order that their file begins with', () => {
    const file = new URL('../../src/sdk/data-stream.ts', import.meta.url)
    const [head] = readFileSync(file, 'utf8').split('\nimport ')
    const listed = [...head!.matchAll(/^\/\/ {3}\w+ {2,}(.+)$/gm)].flatMap(([, names]) =>
      names!.split(' '),
    )
    const methods = Object.getOwnPropertyNames(DataStream.prototype)
    expect(listed).toEqual(methods.filter((name) => !['constructor', 'schema'].includes(name)))
  })
})
