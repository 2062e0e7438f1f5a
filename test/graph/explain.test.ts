// The plan as a reader gets it.
import { describe, expect, it } from 'vitest'
import {
  count,
  defineJob,
  float64,
  mean,
  slide,
  timestamp,
  tumble,
  udf,
  utf8,
} from '../../src/index.ts'
import { testEnvironment, testSource } from '../sdk/test-environment.ts'

const flights = testSource(
  { date: timestamp('ms'), delay: float64(), distance: float64(), origin: utf8() },
  'flights',
)

/** Without the places, which move when this file is edited. */
const withoutPlaces = (text: string): string =>
  text.replaceAll(/ {2}\(test\/graph\/explain\.test\.ts:\d+\)/g, '')

describe('explain()', () => {
  it('says chains, exchanges, columns, and kernel or JavaScript and why', () => {
    const { env } = testEnvironment({ parallelism: 2, name: 'delays' })
    env
      .fromSource(flights)
      .where((r) => r.delay.gt(0))
      .assignWatermarks('date', { maxOutOfOrderness: '90s' })
      .keyBy('origin')
      .window(tumble('1h'))
      .aggregate({ flights: count(), late: mean((r) => r.delay.gt(15)) })
      .lookupJoin(testSource({ iata: utf8(), name: utf8() }, 'airports'), {
        on: { origin: 'iata' },
        take: { airport: 'name' },
      })
      .print()
    expect(withoutPlaces(env.explain())).toBe(`Job 'delays': 2 slots; 128 key groups

[1] Source: flights -> Where -> Watermarks -> Select  (parallelism 2)
    Source: flights
        kernel: records become columns as they are read
        gives date timestamp[ms], delay float64, origin utf8
        leaves out distance
    Where: delay > 0
        kernel: a column expression
        gives date timestamp[ms], delay float64, origin utf8
    Watermarks: date, up to 90s out of order
        kernel: the greatest time of each batch
        gives date timestamp[ms], delay float64, origin utf8
    Select: origin, date, delay > 15 as $late
        kernel: column expressions
        gives origin utf8, date timestamp[ms]
    => [2] hash by origin, carrying origin, date, $late

[2] Window -> Look up airports  (parallelism 2)
    Window: tumbling 1h over date by origin: count() as flights, mean($late) as late
        kernel: keyed aggregation over columns
        gives windowStart timestamp[ms], windowEnd timestamp[ms], origin utf8, flights int64, late float64
    Look up airports: left join on origin = iata, takes name as airport
        kernel: a hash table of the whole table in each subtask
        gives windowStart timestamp[ms], windowEnd timestamp[ms], origin utf8, flights int64, late float64, airport utf8?
    => [3] global: all rows to the one subtask, carrying windowStart, windowEnd, origin, flights, late, airport

[3] Sink: print  (parallelism 1)
    Sink: print
        JavaScript: rows are made only for what is printed
`)
  })

  it('says that functions of a script run in one slot on the calling thread', () => {
    const { env } = testEnvironment({ parallelism: 4 })
    env
      .fromSource(flights)
      .filter((row) => row.delay > 0)
      .print()
    expect(env.explain()).toMatch(
      /1 slot on the calling thread: 'Filter' \(test.*:\d+\) has a function that no worker could find/,
    )
    expect(env.explanation()).toMatchObject({ slots: 1 })
  })

  it('says that functions of a module run in all slots', async () => {
    const job = defineJob((env) => {
      env
        .fromSource(flights)
        .filter((row) => row.delay > 0)
        .print()
    })
    const { env } = testEnvironment({ parallelism: 4, module: 'file:///job.ts' })
    await job(env)
    expect(env.explanation()).toMatchObject({ slots: 4 })
    expect(env.explanation().inline).toBeUndefined()
  })

  it('gives the same as data, which is JSON', () => {
    const { env } = testEnvironment()
    const half = udf('file:///half.as.ts', 'half', [float64()], float64())
    env
      .fromSource(flights)
      .withColumn('half', (r) => half(r.delay))
      .assignWatermarks('date')
      .keyBy('origin')
      .window(slide('10s', '2s', { offset: '1s' }))
      .aggregate({ half: mean('half') })
      .print()
    const plan = env.explanation()
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
    const operators = plan.vertices.flatMap((vertex) => vertex.operators)
    expect(operators.map(({ engine, why }) => [engine, why])).toContainEqual([
      'kernel',
      'column expressions, with a user function in AssemblyScript',
    ])
    expect(operators.map(({ detail }) => detail)).toContainEqual(
      'sliding 10s every 2s from 1s over date by origin: mean(half) as half',
    )
    expect(env.compile().graph.userFunctionModules).toEqual(['file:///half.as.ts'])
  })
})
