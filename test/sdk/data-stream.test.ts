// What the methods of streams make of a job, and what they refuse: with the place of the call.
import { describe, expect, it } from 'vitest'
import type { DataflowError, ErrorCode } from '../../src/base/errors.ts'
import type { ChainedOperator, JobGraph } from '../../src/graph/job-graph.ts'
import {
  count,
  float64,
  int32,
  list,
  lit,
  max,
  mean,
  nullable,
  type SinkSpec,
  slide,
  struct,
  sum,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'
import { testEnvironment, testSource } from './test-environment.ts'

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

function refusal(build: () => unknown): DataflowError {
  try {
    build()
  } catch (error) {
    return error as DataflowError
  }
  throw new Error('it was taken')
}

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
})

describe('a mistake', () => {
  const { env } = testEnvironment()
  const stream = env.fromSource(flights)
  // The compiler refuses these, too: here they are what JavaScript, or an untyped stream, would ask for.
  const loose = stream as never as {
    where(predicate: unknown): unknown
    keyBy(...keys: string[]): { window(window: unknown): { aggregate(of: unknown): unknown } }
    assignWatermarks(column: string, options?: unknown): unknown
    lookupJoin(table: unknown, options: unknown): unknown
    select(columns: unknown): unknown
    print(settings: unknown): unknown
  }
  const airports = testSource({ iata: utf8(), n: int32(), origin: utf8() }, 'airports')
  const timed = stream.assignWatermarks('date')

  it.each<[string, ErrorCode, () => unknown, string]>([
    [
      'a column that is not there',
      'COLUMN_NOT_FOUND',
      () => loose.where((r: { dely: { gt(n: number): unknown } }) => r.dely.gt(15)),
      "there is no column 'dely'. Did you mean 'delay'?",
    ],
    [
      'a key that is not there',
      'COLUMN_NOT_FOUND',
      () => loose.keyBy('orgin'),
      "Did you mean 'origin'?",
    ],
    [
      'a key of a type that is none',
      'TYPE_MISMATCH',
      () => stream.keyBy('tags'),
      "'tags' is a list",
    ],
    ['no key', 'GRAPH_INVALID', () => stream.keyBy(), 'keyBy() needs a column'],
    [
      'a predicate that is none',
      'TYPE_MISMATCH',
      () => loose.where(() => lit(1)),
      'a predicate is bool, not int32',
    ],
    [
      'a predicate that is JavaScript',
      'TYPE_MISMATCH',
      () => loose.where(() => true),
      'true is no column expression; use the callback',
    ],
    [
      'a window without event time',
      'GRAPH_INVALID',
      () => stream.keyBy('origin').window(tumble('1h')).aggregate({ n: count() }),
      "call assignWatermarks('date', ...) before keyBy (timestamps: date)",
    ],
    [
      'event time that is no timestamp',
      'TYPE_MISMATCH',
      () => loose.assignWatermarks('delay'),
      "event time is a timestamp, and column 'delay' is int32",
    ],
    [
      'a time span that is none',
      'CONFIG_INVALID',
      () => loose.assignWatermarks('date', { maxOutOfOrderness: '5 sec' }),
      "maxOutOfOrderness is '5 sec'; write it as '10s'",
    ],
    [
      'an aggregate that does not take the type',
      'TYPE_MISMATCH',
      () =>
        timed
          .keyBy('origin')
          .window(tumble('1h'))
          .aggregate({ x: mean('origin' as never) }),
      'mean takes numbers or bool, not utf8',
    ],
    [
      'an aggregate by the name of a key',
      'SCHEMA_MISMATCH',
      () => timed.keyBy('origin').window(tumble('1h')).aggregate({ origin: count() }),
      "an aggregate is named 'origin', which is a key",
    ],
    [
      'no aggregate',
      'GRAPH_INVALID',
      () => timed.keyBy('origin').window(tumble('1h')).aggregate({}),
      'computes nothing',
    ],
    [
      'a look-up by another type',
      'TYPE_MISMATCH',
      () => loose.lookupJoin(airports, { on: { origin: 'n' }, take: ['iata'] }),
      "'origin' is utf8, and 'n' of the table is int32; cast one",
    ],
    [
      'a look-up of a name that is taken',
      'SCHEMA_MISMATCH',
      () => loose.lookupJoin(airports, { on: { origin: 'iata' }, take: ['origin'] }),
      "take it as { otherName: 'origin' }",
    ],
    [
      'a look-up by nothing',
      'GRAPH_INVALID',
      () => loose.lookupJoin(airports, { on: {}, take: ['n'] }),
      "needs on: { column: 'tableColumn' }",
    ],
    [
      'a union of other columns',
      'SCHEMA_MISMATCH',
      () => stream.union(stream.drop('delay') as never),
      'a union wants the same columns',
    ],
    [
      'a union of other types',
      'TYPE_MISMATCH',
      () => stream.union(stream.withColumn('delay', (r) => r.delay.cast(float64())) as never),
      "column 'delay' is int32 in one stream and float64 in another",
    ],
    [
      'a name that is the engine’s',
      'SCHEMA_MISMATCH',
      () => stream.withColumn('$x', (r) => r.delay),
      'names that begin with $',
    ],
    [
      'a print of a column that is not there',
      'COLUMN_NOT_FOUND',
      () => loose.print({ by: 'dely' }),
      "Did you mean 'delay'?",
    ],
    [
      'a name after a union',
      'GRAPH_INVALID',
      () => stream.union(stream).setName('x'),
      'setName() follows an operator',
    ],
    [
      'a parallelism that is none',
      'CONFIG_INVALID',
      () => stream.where((r) => r.delay.gt(1)).setParallelism(0),
      "the parallelism of 'Where' is 0",
    ],
    [
      'more subtasks than a source can have',
      'CONFIG_INVALID',
      () => env.fromCollection([{ n: 1 }]).setParallelism(2),
      "'Source: collection of 1 rows' runs in at most 1",
    ],
    [
      'streams of two environments',
      'GRAPH_INVALID',
      () => stream.union(testEnvironment().env.fromSource(flights)),
      'different environments',
    ],
    [
      'a struct with an order',
      'TYPE_MISMATCH',
      () => {
        const nested = env.fromSource(
          testSource({ t: timestamp(), s: struct({ a: int32() }), k: utf8() }),
        )
        const windows = nested.assignWatermarks('t').keyBy('k').window(tumble('1h'))
        return windows.aggregate({ x: max('s' as never) })
      },
      'max takes a type with an order, not struct<a: int32>',
    ],
  ])('%s is refused, and says where', (_, code, build, message) => {
    const error = refusal(build)
    expect(error.message).toContain(message)
    expect(error.code).toBe(code)
    expect(error.context.location).toMatch(/^test\/sdk\/data-stream\.test\.ts:\d+$/)
  })

  it('is said at the line of the call', () => {
    const line = Number(/:(\d+):\d+\)?$/m.exec(new Error('here').stack!.split('\n')[1]!)![1])
    const error = refusal(() => loose.keyBy('orgin'))
    expect(error.context.location).toBe(`test/sdk/data-stream.test.ts:${line + 1}`)
    expect(error.message).toContain(`(keyBy() at test/sdk/data-stream.test.ts:${line + 1})`)
  })
})
