// Windows of a zone's days and hours as a job writes them, over changes of the clocks: against dates as Intl
// writes them, in 1 and 2 subtasks, with restarts.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  count,
  countTrigger,
  type DataStream,
  float64,
  int32,
  type KeyedStream,
  purgingTrigger,
  slide,
  StreamExecutionEnvironment,
  sum,
  type TimeWindow,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'
import { JobHarness, testInput } from '../../src/testing.ts'
import { localTime } from '../time/naive-zone.ts'
import { cases, HOUR, isBounds, KINDS, SCHEMA, type TestRow } from './zone-windows.ts'

/** Results by window on the wall clock and key. */
function naive(
  zone: string,
  { of }: (typeof KINDS)[string],
  rows: readonly TestRow[],
): Map<string, number[]> {
  const results = new Map<string, number[]>()
  for (const { at, key, n } of rows) {
    for (const [start, end] of of(localTime(zone, at))) {
      const id = `${start} ${end} ${key}`
      const [count_ = 0, total = 0] = results.get(id) ?? []
      results.set(id, [count_ + 1, total + n])
    }
  }
  return results
}

const DAYS = { start: timestamp('ms'), end: timestamp('ms'), key: utf8(), rows: int32() }

const RESULT = {
  windowStart: timestamp('ms'),
  windowEnd: timestamp('ms'),
  key: utf8(),
  rows: int32(),
  total: float64(),
}
type Result = typeof RESULT

const total = (rows: readonly TestRow[]): number => rows.reduce((all, { n }) => all + n, 0)

/** The same results in each way to ask for them. */
const FORMS: Readonly<
  Record<
    string,
    (keyed: KeyedStream<typeof SCHEMA, 'key'>, window: TimeWindow) => DataStream<Result>
  >
> = {
  'aggregates over columns': (keyed, window) =>
    keyed
      .window(window)
      .aggregate({ rows: count(), total: sum('n') })
      .select((r) => ({
        windowStart: r.windowStart,
        windowEnd: r.windowEnd,
        key: r.key,
        rows: r.rows.cast(int32()),
        total: r.total.cast(float64()),
      })),
  process: (keyed, window) =>
    keyed.window(window).process(
      {
        process(key, context, rows, out) {
          const { start, end } = context.window
          const bounds = { windowStart: start, windowEnd: end }
          out.collect({ ...bounds, key, rows: rows.length, total: total(rows) })
        },
      },
      RESULT,
    ),
  apply: (keyed, window) =>
    keyed.window(window).apply((key, { start, end }, rows, out) => {
      const bounds = { windowStart: start, windowEnd: end }
      out.collect({ ...bounds, key, rows: rows.length, total: total(rows) })
    }, RESULT),
  reduce: (keyed, window) =>
    // What a reduce sees has no count: each row is worth a thousand.
    keyed
      .map(({ at, key, n }) => ({ at, key, n: n + 1_000 }), SCHEMA)
      .assignWatermarks('at', { maxOutOfOrderness: '500d' })
      .keyBy('key')
      .window(window)
      .reduce(
        (a, b) => ({ ...a, n: a.n + b.n }),
        {
          process(key, context, [row], out) {
            const { start, end } = context.window
            const rows = Math.round(row!.n / 1_000)
            const bounds = { windowStart: start, windowEnd: end }
            out.collect({ ...bounds, key, rows, total: row!.n - rows * 1_000 })
          },
        },
        RESULT,
      ),
  'an AggregateFunction': (keyed, window) =>
    keyed.window(window).aggregate(
      {
        createAccumulator: () => ({ rows: 0, total: 0 }),
        add: ({ n }: TestRow, { rows, total: before }) => ({ rows: rows + 1, total: before + n }),
        getResult: (accumulator: { rows: number; total: number }) => accumulator,
      },
      {
        process(key, context, [result], out) {
          const { start, end } = context.window
          out.collect({ windowStart: start, windowEnd: end, key, ...result! })
        },
      },
      RESULT,
    ),
}

async function check(
  form: string,
  { zone, kind, parallelism, batches }: typeof cases extends fc.Arbitrary<infer C> ? C : never,
): Promise<void> {
  const input = testInput(SCHEMA, { eventTime: 'at' })
  const build = FORMS[form]!
  await using job = await JobHarness.start(
    (env) => build(env.fromSource(input).keyBy('key'), KINDS[kind]!.window(zone)),
    { parallelism },
  )
  await job.push(input, batches[0]!)
  const snapshot = await job.snapshot()
  await job.restore(snapshot, { parallelism: 3 - parallelism })
  for (const rows of batches.slice(1)) await job.push(input, rows)
  await job.finish()
  const want = naive(zone, KINDS[kind]!, batches.flat())
  const got = job.output()
  expect(got).toHaveLength(want.size)
  for (const { windowStart, windowEnd, key, rows, total: sum_ } of got) {
    const id = [...want.keys()].find((each) => {
      const [start, end, own] = each.split(' ')
      return own === key && isBounds(zone, [Number(start), Number(end)], windowStart, windowEnd)
    })
    expect(want.get(id ?? '')).toEqual([rows, sum_])
    want.delete(id!)
  }
}

describe('windows of a time zone', () => {
  it.each(Object.keys(FORMS))('are those of dates as Intl writes them: %s', async (form) => {
    await fc.assert(
      fc.asyncProperty(cases, (each) => check(form, each)),
      { numRuns: 50 },
    )
  })

  it('fire when the watermark reaches local midnight: after 23 hours and after 25', async () => {
    const input = testInput(SCHEMA, { eventTime: 'at' })
    await using job = await JobHarness.start((env) =>
      env
        .fromSource(input)
        .keyBy('key')
        .window(tumble('1d', { timeZone: 'Europe/Berlin' }))
        .aggregate({ rows: count() }),
    )
    for (const [start, hours] of [
      [Date.UTC(2024, 2, 30, 23), 23],
      [Date.UTC(2024, 9, 26, 22), 25],
    ] as const) {
      const before = job.output().length
      const end = start + hours * HOUR
      await job.push(input, [
        { at: start, key: 'a', n: 0 },
        { at: end - 1, key: 'a', n: 0 },
        { at: end, key: 'a', n: 0 },
      ])
      await job.advanceWatermark(end - 2)
      expect(
        job
          .output()
          .slice(before)
          .filter(({ windowStart }) => windowStart === start),
      ).toEqual([])
      await job.advanceWatermark(end - 1)
      expect(job.output().at(-1)).toEqual({ windowStart: start, windowEnd: end, key: 'a', rows: 2 })
    }
  })

  it('fire by triggers of their own, by the same clock', async () => {
    const rows = [0, 22, 23, 24, 25, 46].map((hours) => ({
      at: Date.UTC(2024, 9, 26, 22) + hours * HOUR,
      key: 'a',
      n: hours,
    }))
    const env = StreamExecutionEnvironment.getExecutionEnvironment()
    const days = env
      .fromCollection(rows, { schema: SCHEMA })
      .assignWatermarks('at')
      .keyBy('key')
      .window(tumble('1d', { timeZone: 'Europe/Berlin' }))
      .trigger(purgingTrigger(countTrigger(2)))
      .aggregate({ hours: sum('n') })
    const got = (await Array.fromAsync(days.collect())).map(({ hours }) => Number(hours))
    // The 24th hour after the first midnight is of the same day yet.
    expect(got.toSorted((a, b) => a - b)).toEqual([22, 47, 71])
  })

  it('of rows fire when the watermark reaches local midnight, and again for late rows', async () => {
    const input = testInput(SCHEMA, { eventTime: 'at' })
    await using job = await JobHarness.start((env) =>
      env
        .fromSource(input)
        .keyBy('key')
        .window(tumble('1d', { timeZone: 'Europe/Berlin' }))
        .allowedLateness('2h')
        .apply((key, { start, end }, rows, out) => {
          out.collect({ start, end, key, rows: rows.length })
        }, DAYS),
    )
    for (const [start, hours] of [
      [Date.UTC(2024, 2, 30, 23), 23],
      [Date.UTC(2024, 9, 26, 22), 25],
    ] as const) {
      const end = start + hours * HOUR
      const day = () => job.output().filter((row) => row.start === start)
      await job.push(input, [
        { at: start, key: 'a', n: 0 },
        { at: end - 1, key: 'a', n: 0 },
        { at: end, key: 'a', n: 0 },
      ])
      await job.advanceWatermark(end - 2)
      expect(day()).toEqual([])
      await job.advanceWatermark(end - 1)
      expect(day()).toEqual([{ start, end, key: 'a', rows: 2 }])
      await job.advanceWatermark(end - 2 + 2 * HOUR)
      await job.push(input, [{ at: start + HOUR, key: 'a', n: 0 }])
      expect(day().map(({ rows }) => rows)).toEqual([2, 3])
      await job.advanceWatermark(end - 1 + 2 * HOUR)
      await job.push(input, [{ at: start + HOUR, key: 'a', n: 0 }])
      expect(day().map(({ rows }) => rows)).toEqual([2, 3])
    }
  })

  it('of rows by the clock of the machine are that zone’s days', async () => {
    const input = testInput(SCHEMA)
    await using job = await JobHarness.start((env) =>
      env
        .fromSource(input)
        .keyBy('key')
        .window(tumble('1d', { timeZone: 'Europe/Berlin', time: 'processing' }))
        .apply((key, { start, end }, rows, out) => {
          out.collect({ start, end, key, rows: rows.length })
        }, DAYS),
    )
    const start = Date.UTC(2024, 2, 30, 23)
    await job.advanceProcessingTime(start + HOUR)
    await job.push(input, [{ at: 0, key: 'a', n: 0 }])
    await job.advanceProcessingTime(start + 23 * HOUR - 1)
    expect(job.output()).toEqual([])
    await job.advanceProcessingTime(start + 23 * HOUR)
    expect(job.output()).toEqual([{ start, end: start + 23 * HOUR, key: 'a', rows: 1 }])
  })

  it('of a name that is none are refused', () => {
    expect(() => tumble('1d', { timeZone: 'Europe/Berln' })).toThrow(
      /Did you mean 'Europe\/Berlin'/,
    )
    expect(() => slide('2d', '1d', { timeZone: '' })).toThrow(/is no time zone/)
  })
})
