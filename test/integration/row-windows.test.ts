// Functions of rows over windows end to end: through the SDK, planned, exchanged, in 1, 2 and 4 subtasks of the
// embedded cluster, against loops over arrays.
import { describe, expect, it } from 'vitest'
import {
  countEvictor,
  countTrigger,
  cumulate,
  deltaTrigger,
  globalWindow,
  int32,
  outputTag,
  purgingTrigger,
  session,
  slide,
  StreamExecutionEnvironment,
  type TimeWindow,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'
import type { GridWindowSpec } from '../../src/operators/window-spec.ts'
import { gridWindowsOf } from '../operators/window-model.ts'

const SCHEMA = { at: timestamp('ms'), user: utf8(), n: int32() }
type In = { readonly at: number; readonly user: string; readonly n: number }

/** In order but for a bounded disorder, with keys of different weight. */
const ROWS: readonly In[] = Array.from({ length: 1_200 }, (_, i) => ({
  at: i * 10 + ((i * 7_919) % 13) * 20,
  user: `user ${Math.floor(Math.sqrt((i * 31) % 400))}`,
  n: (i % 17) - 5,
}))

const stream = (parallelism: number, maxOutOfOrderness = 300) =>
  StreamExecutionEnvironment.getExecutionEnvironment({ parallelism, config: { batchRows: 64 } })
    .fromCollection(ROWS, { schema: SCHEMA })
    .assignWatermarks('at', { maxOutOfOrderness })

const text = (row: object): string => JSON.stringify(row)
const sorted = (rows: readonly object[]): string[] => rows.map(text).toSorted()

interface Group {
  readonly start: number
  readonly user: string
  readonly rows: In[]
}

function groups(window: TimeWindow, keyOf: (row: In) => string): Group[] {
  const all = new Map<string, Group>()
  for (const row of ROWS) {
    for (const [start, end] of gridWindowsOf(window as GridWindowSpec, row.at)) {
      const user = keyOf(row)
      const id = `${start} ${end} ${user}`
      const group = all.get(id) ?? { start, user, rows: [] }
      group.rows.push(row)
      all.set(id, group)
    }
  }
  return [...all.values()]
}

const GRIDS = {
  tumbling: tumble('1s'),
  sliding: slide('3s', '700ms', { offset: '100ms' }),
  cumulative: cumulate('4s', '500ms'),
} as const

const SUMS = { user: utf8(), start: timestamp('ms'), total: int32() }
const total = (rows: readonly In[]): number => rows.reduce((sum, { n }) => sum + n, 0)

class Sum {
  readonly createAccumulator = () => ({ sum: 0 })
  add({ n }: In, { sum }: { sum: number }) {
    return { sum: sum + n }
  }
  getResult({ sum }: { sum: number }) {
    return { sum }
  }
  merge(a: { sum: number }, b: { sum: number }) {
    return { sum: a.sum + b.sum }
  }
}

describe.each([1, 2, 4])('functions over windows in %i subtasks', (parallelism) => {
  it.each(Object.entries(GRIDS))(
    '%s: process() gets the rows of each window',
    async (_, window) => {
      const got = stream(parallelism)
        .keyBy('user')
        .window(window)
        .process(
          {
            process(user, context, rows, out) {
              out.collect({ user, start: context.window.start, total: total(rows) })
            },
          },
          SUMS,
        )
      const want = groups(window, ({ user }) => user)
      expect(sorted(await Array.fromAsync(got.collect()))).toEqual(
        sorted(want.map(({ user, start, rows }) => ({ user, start, total: total(rows) }))),
      )
    },
  )

  it('reduce() and aggregate() give one row a firing', async () => {
    const windows = () => stream(parallelism).keyBy('user').window(tumble('1s'))
    const reduced = windows().reduce((a, b) => ({ ...a, n: a.n + b.n }))
    const aggregated = windows().aggregate(Sum, { sum: int32() })
    const want = groups(tumble('1s'), ({ user }) => user)
    const sums = want.map(({ user, rows }) => ({ user, n: total(rows) }))
    const rows = await Array.fromAsync(reduced.collect())
    expect(sorted(rows.map(({ user, n }) => ({ user, n })))).toEqual(sorted(sums))
    const results = await Array.fromAsync(aggregated.collect())
    expect(sorted(results)).toEqual(sorted(sums.map(({ n }) => ({ sum: n }))))
  })

  it('an aggregate with a window function gives bounds and key; results have the time of their window', async () => {
    const got = stream(parallelism)
      .keyBy('user')
      .window(tumble('500ms'))
      .aggregate(
        new Sum(),
        {
          process(user, context, [result], out) {
            out.collect({ user, start: context.window.start, total: result!.sum })
          },
        },
        SUMS,
      )
      .windowAll(tumble('1s'))
      .apply((_key, window, rows, out) => out.collect({ start: window.start, rows: rows.length }), {
        start: timestamp('ms'),
        rows: int32(),
      })
    const halves = groups(tumble('500ms'), ({ user }) => user)
    const want = Map.groupBy(halves, ({ start }) => Math.floor(start / 1_000) * 1_000)
    expect(sorted(await Array.fromAsync(got.collect()))).toEqual(
      sorted([...want].map(([start, rows]) => ({ start, rows: rows.length }))),
    )
  })

  it('sessions have a gap of each row', async () => {
    const gapOf = ({ n }: { readonly n: number }): number => (n > 5 ? 2_000 : 300)
    const got = stream(parallelism)
      .keyBy('user')
      .window(session({ gap: gapOf }))
      .aggregate(
        Sum,
        {
          process(user, context, [result], out) {
            out.collect({ user, start: context.window.start, total: result!.sum })
          },
        },
        SUMS,
      )
    const want = [...Map.groupBy(ROWS, ({ user }) => user)].flatMap(([user, rows]) => {
      const found: { user: string; start: number; total: number; end: number }[] = []
      for (const row of rows.toSorted((a, b) => a.at - b.at)) {
        const last = found.at(-1)
        if (last === undefined || last.end < row.at) {
          found.push({ user, start: row.at, total: row.n, end: row.at + gapOf(row) })
        } else {
          last.total += row.n
          last.end = Math.max(last.end, row.at + gapOf(row))
        }
      }
      return found.map(({ user: of, start, total: sum }) => ({ user: of, start, total: sum }))
    })
    expect(sorted(await Array.fromAsync(got.collect()))).toEqual(sorted(want))
  })

  it('a trigger and an evictor of its own work on windows of everything', async () => {
    const byKey = stream(parallelism).keyBy('user').window(globalWindow())
    const last = byKey
      .trigger(countTrigger(5))
      .evictor(countEvictor(2))
      .apply((user, _window, rows, out) => out.collect({ user, total: total(rows) }), {
        user: utf8(),
        total: int32(),
      })
    const jumps = byKey
      .trigger(purgingTrigger(deltaTrigger((a, b) => Math.abs(a.n - b.n), 8)))
      .reduce((a, b) => ({ ...a, n: a.n + b.n }))
    const users = [...Map.groupBy(ROWS, ({ user }) => user)]
    const wantLast = users.flatMap(([user, rows]) =>
      rows.flatMap((_, i) =>
        i % 5 === 4 ? [{ user, total: total(rows.slice(i - 1, i + 1)) }] : [],
      ),
    )
    const results = await Array.fromAsync(last.collect())
    expect(results.length).toBe(wantLast.length)
    // Rows of one key come in order of arrival in one subtask only.
    if (parallelism === 1) expect(sorted(results)).toEqual(sorted(wantLast))
    const jumped = await Array.fromAsync(jumps.collect())
    if (parallelism === 1) expect(jumped.length).toBe(jumpsOf(users.map(([, rows]) => rows)))
    else expect(jumped.length).toBeGreaterThan(0)
  })

  it('late rows go aside, and are counted', async () => {
    const late = outputTag('late', SCHEMA)
    const windows = stream(parallelism, 0)
      .keyBy('user')
      .window(tumble('50ms'))
      .sideOutputLateData(late)
      .reduce((a, b) => ({ ...a, n: a.n + b.n }))
    const taken = total(await Array.fromAsync(windows.collect()))
    const aside = stream(parallelism, 0)
      .keyBy('user')
      .window(tumble('50ms'))
      .sideOutputLateData(late)
      .reduce((a, b) => ({ ...a, n: a.n + b.n }))
      .getSideOutput(late)
    const put = await Array.fromAsync(aside.collect())
    // What is late depends on who reads first, where several do.
    if (parallelism > 1) return
    expect(taken + total(put)).toBe(total(ROWS))
    expect(put.length).toBeGreaterThan(0)
  })
})

function jumpsOf(keys: readonly (readonly In[])[]): number {
  let count = 0
  for (const rows of keys) {
    let last = rows[0]!
    for (const row of rows) {
      if (Math.abs(last.n - row.n) <= 8) continue
      last = row
      count++
    }
  }
  return count
}
