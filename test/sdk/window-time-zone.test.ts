// Windows of a zone's days and hours as a job writes them, over changes of the clocks: against dates as Intl
// writes them, in 1 and 2 subtasks, with restarts.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  count,
  countTrigger,
  cumulate,
  int32,
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
import { localTime, ZONES } from '../time/naive-zone.ts'

const [HOUR, DAY] = [3_600_000, 86_400_000]
const SCHEMA = { at: timestamp('ms'), key: utf8(), n: int32() }
const CHANGES = {
  'Europe/Berlin': [Date.UTC(2024, 2, 31, 1), Date.UTC(2024, 9, 27, 1)],
  'America/New_York': [Date.UTC(2024, 2, 10, 7), Date.UTC(2023, 10, 5, 6)],
  'America/Sao_Paulo': [Date.UTC(2018, 10, 4, 3), Date.UTC(2018, 1, 18, 2)],
  'Australia/Lord_Howe': [Date.UTC(2024, 3, 6, 15), Date.UTC(2024, 9, 5, 15, 30)],
  'Asia/Kathmandu': [Date.UTC(2024, 0, 1)],
  'Pacific/Apia': [Date.UTC(2011, 11, 30, 10)],
  'Africa/Casablanca': [Date.UTC(2024, 2, 10, 2), Date.UTC(2024, 3, 14, 2)],
  UTC: [Date.UTC(2024, 1, 29)],
} as const satisfies Record<(typeof ZONES)[number], readonly number[]>

interface TestRow {
  readonly at: number
  readonly key: string
  readonly n: number
}

interface Kind {
  readonly window: (timeZone: string) => TimeWindow
  /** Starts on the wall clock of the windows that a time on it is in, with their ends. */
  readonly of: (local: number) => readonly (readonly [number, number])[]
}

const every = (size: number, step: number, local: number) => {
  const last = Math.floor(local / step) * step
  return Array.from(
    { length: size / step },
    (_, i) => [last - i * step, last - i * step + size] as const,
  )
}

const KINDS: Readonly<Record<string, Kind>> = {
  days: { window: (timeZone) => tumble('1d', { timeZone }), of: (local) => every(DAY, DAY, local) },
  hours: {
    window: (timeZone) => tumble('1h', { timeZone }),
    of: (local) => every(HOUR, HOUR, local),
  },
  'three days each day': {
    window: (timeZone) => slide('3d', '1d', { timeZone }),
    of: (local) => every(3 * DAY, DAY, local),
  },
  'a day by six hours': {
    window: (timeZone) => cumulate('1d', '6h', { timeZone }),
    of: (local) => {
      const start = Math.floor(local / DAY) * DAY
      const ends = [6, 12, 18, 24].map((hours) => start + hours * HOUR)
      return ends.filter((end) => local < end).map((end) => [start, end] as const)
    },
  },
}

/** Results by window on the wall clock and key. */
function naive(zone: string, { of }: Kind, rows: readonly TestRow[]): Map<string, number[]> {
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

const cases = fc.constantFrom(...ZONES).chain((zone) =>
  fc.record({
    zone: fc.constant(zone),
    kind: fc.constantFrom(...Object.keys(KINDS)),
    parallelism: fc.constantFrom(1, 2),
    batches: fc.array(
      fc.array(
        fc.record({
          at: fc
            .tuple(
              fc.constantFrom(...CHANGES[zone]),
              fc.integer({ min: -40, max: 40 }),
              fc.nat(HOUR),
            )
            .map(([change, hours, rest]) => change + hours * HOUR + rest),
          key: fc.constantFrom('a', 'b'),
          n: fc.integer({ min: -9, max: 9 }),
        }),
        { minLength: 1, maxLength: 20 },
      ),
      { minLength: 1, maxLength: 3 },
    ),
  }),
)

describe('windows of a time zone', () => {
  it('are those of dates as Intl writes them', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ zone, kind, parallelism, batches }) => {
        const input = testInput(SCHEMA, { eventTime: 'at' })
        await using job = await JobHarness.start(
          (env) =>
            env
              .fromSource(input)
              .keyBy('key')
              .window(KINDS[kind]!.window(zone))
              .aggregate({ rows: count(), total: sum('n') }),
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
        for (const { windowStart, windowEnd, key, rows, total } of got) {
          // Starts and ends of the wall clock may be in an hour that never came.
          const id = [...want.keys()].find((each) => {
            const [start, end, own] = each.split(' ')
            const isIn = (ms: number) =>
              localTime(zone, ms) >= Number(start) && localTime(zone, ms) < Number(end)
            const isStart = isIn(windowStart) && localTime(zone, windowStart - 1) < Number(start)
            return (
              own === key &&
              isStart &&
              isIn(windowEnd - 1) &&
              localTime(zone, windowEnd) >= Number(end)
            )
          })
          expect(want.get(id ?? '')).toEqual([rows, total])
          want.delete(id!)
        }
      }),
      { numRuns: 150 },
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

  it('of a name that is none are refused, and over rows', () => {
    expect(() => tumble('1d', { timeZone: 'Europe/Berln' })).toThrow(
      /Did you mean 'Europe\/Berlin'/,
    )
    expect(() => slide('2d', '1d', { timeZone: '' })).toThrow(/is no time zone/)
    const rows = StreamExecutionEnvironment.getExecutionEnvironment()
      .fromCollection([{ at: 0, key: 'a', n: 1 }], { schema: SCHEMA })
      .assignWatermarks('at')
      .windowAll(tumble('1d', { timeZone: 'Europe/Berlin' }))
    expect(() => rows.reduce((a) => a)).toThrow(/windows over rows go by UTC.*use aggregate\(\)/)
  })
})
