// Windows end to end: through the SDK, planned, pruned, exchanged, in 1, 2 and 4 subtasks of the embedded
// cluster, against sums over arrays.
import { describe, expect, it } from 'vitest'
import {
  continuousEventTimeTrigger,
  count,
  countTrigger,
  cumulate,
  int32,
  outputTag,
  purgingTrigger,
  session,
  slide,
  StreamExecutionEnvironment,
  sum,
  type TimeWindow,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'
import type { GridWindowSpec } from '../../src/operators/window-spec.ts'
import { gridWindowsOf, WindowModel } from '../operators/window-model.ts'

const SCHEMA = { at: timestamp('ms'), user: utf8(), n: int32() }

/** In order but for a bounded disorder, with keys of different weight. */
const ROWS = Array.from({ length: 3_000 }, (_, i) => ({
  at: i * 10 + ((i * 7_919) % 13) * 20,
  user: `user ${Math.floor(Math.sqrt((i * 31) % 400))}`,
  n: (i % 17) - 5,
}))

const environment = (parallelism: number) =>
  StreamExecutionEnvironment.getExecutionEnvironment({ parallelism, config: { batchRows: 64 } })

const stream = (parallelism: number, maxOutOfOrderness = 300) =>
  environment(parallelism)
    .fromCollection(ROWS, { schema: SCHEMA })
    .assignWatermarks('at', { maxOutOfOrderness })

interface Result {
  readonly windowStart: number
  readonly windowEnd: number
  readonly user: string
  readonly rows: number
  readonly total: number
}

const text = (row: object): string => JSON.stringify(row)

function naive(window: TimeWindow, keyOf: (row: (typeof ROWS)[number]) => string): string[] {
  const results = new Map<string, Result>()
  for (const row of ROWS) {
    for (const [windowStart, windowEnd] of gridWindowsOf(window as GridWindowSpec, row.at)) {
      const user = keyOf(row)
      const id = `${windowStart} ${windowEnd} ${user}`
      const { rows, total } = results.get(id) ?? { rows: 0, total: 0 }
      results.set(id, { windowStart, windowEnd, user, rows: rows + 1, total: total + row.n })
    }
  }
  return [...results.values()].map(text).toSorted()
}

const GRIDS = {
  tumbling: tumble('1s'),
  sliding: slide('3s', '700ms', { offset: '100ms' }),
  cumulative: cumulate('4s', '500ms'),
} as const

describe.each([1, 2, 4])('windows in %i subtasks', (parallelism) => {
  it.each(Object.entries(GRIDS))('%s equal sums over arrays', async (_, window) => {
    const results = stream(parallelism)
      .keyBy('user')
      .window(window)
      .aggregate({ rows: count(), total: sum('n') })
    const got = (await Array.fromAsync(results.collect())).map(text).toSorted()
    expect(got).toEqual(naive(window, ({ user }) => user))
  })

  it('sessions equal runs of sorted rows', async () => {
    const gap = 900
    const results = stream(parallelism)
      .keyBy('user')
      .window(session(gap))
      .aggregate({ rows: count(), total: sum('n') })
    const open = new Map<string, Result>()
    const want: Result[] = []
    for (const { at, user, n } of ROWS.toSorted((a, b) => a.at - b.at)) {
      const known = open.get(user)
      const goesOn = known !== undefined && at <= known.windowEnd
      if (known !== undefined && !goesOn) want.push(known)
      const { windowStart, rows, total } = goesOn ? known : { windowStart: at, rows: 0, total: 0 }
      open.set(user, { windowStart, windowEnd: at + gap, user, rows: rows + 1, total: total + n })
    }
    const got = (await Array.fromAsync(results.collect())).map(text).toSorted()
    expect(got).toEqual([...want, ...open.values()].map(text).toSorted())
    expect(got.length).toBeGreaterThan(open.size)
  })

  it('sessions fire by counts, in the midst of them, and before their end', async () => {
    const gap = 900
    // One subtask before the exchange: a key's rows come in their order.
    const sessions = () => stream(parallelism).setParallelism(1).keyBy('user').window(session(gap))
    const aggregates = { rows: count(), total: sum('n') }
    for (const trigger of [countTrigger(3), purgingTrigger(countTrigger(3))]) {
      const model = new WindowModel({
        window: session(gap),
        trigger,
        allowedLatenessMs: 0,
        keys: ['user'],
        timeMs: (row) => row['at'] as number,
        aggregate: (all) => ({
          rows: all.length,
          total: all.reduce((total, row) => total + (row['n'] as number), 0),
        }),
      })
      const want = model.batch(ROWS as unknown as Record<string, unknown>[], 0).fired
      const results = sessions().trigger(trigger).aggregate(aggregates)
      const got = (await Array.fromAsync(results.collect())).map(text).toSorted()
      expect(got).toEqual(want.map(text).toSorted())
      expect(want.length).toBeGreaterThan(500)
    }
    // How often the watermark passes an interval depends on the run; what the last firing says does not.
    const early = sessions().trigger(continuousEventTimeTrigger(200)).aggregate(aggregates)
    const last = new Map<string, object>()
    let firings = 0
    for await (const row of early.collect()) {
      last.set(`${row.windowStart} ${row.windowEnd} ${row.user}`, row)
      firings++
    }
    const atEnd = (await Array.fromAsync(sessions().aggregate(aggregates).collect())).map(text)
    expect([...last.values()].map(text)).toEqual(expect.arrayContaining(atEnd))
    expect(firings).toBeGreaterThan(atEnd.length)
  })

  it('of all rows are one group', async () => {
    const results = stream(parallelism)
      .windowAll(tumble('2s'))
      .aggregate({ rows: count(), total: sum('n') })
    const got = (await Array.fromAsync(results.collect())).map(({ rows, total, ...bounds }) =>
      text({ ...bounds, user: 'all', rows, total }),
    )
    expect(got.toSorted()).toEqual(naive(tumble('2s'), () => 'all'))
  })

  it('lose no row: each is in a window or put aside as late', async () => {
    const late = outputTag('late', SCHEMA)
    // One subtask makes the watermarks: which rows are late is the same in each run.
    const results = stream(parallelism, 0)
      .setParallelism(1)
      .keyBy('user')
      .window(tumble('100ms'))
      .allowedLateness('50ms')
      .sideOutputLateData(late)
      .aggregate({ rows: count() })
    const lateRows = await Array.fromAsync(results.getSideOutput(late).collect())
    expect(lateRows.length).toBeGreaterThan(100)
    expect(ROWS).toEqual(expect.arrayContaining([lateRows[0]]))
    const last = new Map<string, number>()
    const firings = await Array.fromAsync(results.collect())
    for (const { windowStart, user, rows } of firings) last.set(`${windowStart} ${user}`, rows)
    // A refinement is over all rows of its window.
    expect(firings.length).toBeGreaterThan(last.size)
    const inWindows = [...last.values()].reduce((all, rows) => all + rows, 0)
    expect(inWindows + lateRows.length).toBe(ROWS.length)
  })

  it('by the clock need no event time, and all fire at the end of input', async () => {
    const results = environment(parallelism)
      .fromCollection(ROWS, { schema: SCHEMA })
      .keyBy('user')
      .window(tumble('1d', { time: 'processing' }))
      .aggregate({ rows: count() })
    const got = await Array.fromAsync(results.collect())
    expect(got.reduce((all, { rows }) => all + rows, 0)).toBe(ROWS.length)
  })
})
