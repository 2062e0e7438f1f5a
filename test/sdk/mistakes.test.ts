// What streams refuse when a job is built: what is wrong, what to do, and the place of the call.
import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/base/errors.ts'
import {
  count,
  float64,
  int32,
  list,
  lit,
  max,
  mean,
  struct,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'
import { refusal, testEnvironment, testSource } from './test-environment.ts'

const flights = testSource(
  { date: timestamp('ms'), delay: int32(), origin: utf8(), tags: list(utf8()) },
  'flights',
)

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
      "an aggregate is named 'origin', which is a key,",
    ],
    [
      "a key by the name of the window's end",
      'SCHEMA_MISMATCH',
      () =>
        timed
          .keyBy('origin')
          .window(tumble('1m'))
          .aggregate({ n: count() })
          .keyBy('windowEnd')
          .window(tumble('1h'))
          .aggregate({ n: count() }),
      "a key is named 'windowEnd', which the window's own end is in the results; rename it: " +
        'keyBy((r) => ({ end: r.windowEnd }))',
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
    expect(error.context.location).toMatch(/^test\/sdk\/mistakes\.test\.ts:\d+$/)
  })

  it('is said at the line of the call', () => {
    const line = Number(/:(\d+):\d+\)?$/m.exec(new Error('here').stack!.split('\n')[1]!)![1])
    const error = refusal(() => loose.keyBy('orgin'))
    expect(error.context.location).toBe(`test/sdk/mistakes.test.ts:${line + 1}`)
    expect(error.message).toContain(`(keyBy() at test/sdk/mistakes.test.ts:${line + 1})`)
  })
})
