// Joins and coGroups in windows of a zone's days and hours, over changes of the clocks: against nested loops over
// dates as Intl writes them, in 1 and 2 subtasks, with restarts.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DataStream, int32, tumble, utf8 } from '../../src/index.ts'
import { JobHarness, testInput } from '../../src/testing.ts'
import { localTime, ZONES } from '../time/naive-zone.ts'
import {
  HOUR,
  isBounds,
  KINDS,
  type LocalWindow,
  rowsOf,
  SCHEMA,
  type TestRow,
} from './zone-windows.ts'

const cases = fc.constantFrom(...ZONES).chain((zone) =>
  fc.record({
    zone: fc.constant(zone),
    kind: fc.constantFrom(...Object.keys(KINDS)),
    parallelism: fc.constantFrom(1, 2),
    left: fc.tuple(rowsOf(zone, { maxLength: 8 }), rowsOf(zone, { maxLength: 8 })),
    right: fc.tuple(rowsOf(zone, { maxLength: 8 }), rowsOf(zone, { maxLength: 8 })),
  }),
)
type Case = typeof cases extends fc.Arbitrary<infer C> ? C : never

interface Group {
  readonly window: LocalWindow
  readonly key: string
  readonly sides: readonly [TestRow[], TestRow[]]
}

/** The rows of each window on the wall clock and key. */
function groups({ zone, kind, left, right }: Case): Group[] {
  const all = new Map<string, Group>()
  ;[left.flat(), right.flat()].forEach((rows, side) => {
    for (const row of rows) {
      for (const window of KINDS[kind]!.of(localTime(zone, row.at))) {
        const id = `${window.join(' ')} ${row.key}`
        const group = all.get(id) ?? { window, key: row.key, sides: [[], []] as const }
        group.sides[side as 0 | 1].push(row)
        all.set(id, group as Group)
      }
    }
  })
  return [...all.values()]
}

type Streams = readonly [DataStream<typeof SCHEMA>, DataStream<typeof SCHEMA>]

async function output(
  { parallelism, left, right }: Case,
  build: (streams: Streams) => DataStream<never>,
): Promise<readonly Record<string, unknown>[]> {
  const inputs = ['left', 'right'].map((name) => testInput(SCHEMA, { eventTime: 'at', name }))
  await using job = await JobHarness.start(
    (env) => build(inputs.map((input) => env.fromSource(input)) as never),
    { parallelism },
  )
  await job.push(inputs[0]!, left[0])
  await job.push(inputs[1]!, right[0])
  await job.restore(await job.snapshot(), { parallelism: 3 - parallelism })
  await job.push(inputs[1]!, right[1])
  await job.push(inputs[0]!, left[1])
  await job.finish()
  return job.output()
}

const texts = (rows: readonly unknown[]): string[] =>
  rows.map((row) => JSON.stringify(row)).toSorted()

const numbers = (rows: readonly { readonly n: number }[]): string =>
  rows
    .map(({ n }) => n)
    .toSorted((a, b) => a - b)
    .join()

describe('in windows of a time zone', () => {
  it('windowJoin() meets the rows of dates as Intl writes them', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (each) => {
        const window = KINDS[each.kind]!.window(each.zone)
        const got = await output(
          each,
          ([left, right]) =>
            left.windowJoin(right, {
              on: { key: 'key' },
              window,
              type: 'left',
              select: (l, r, w) => ({ ...w, key: l.key, at: l.at, l: l.n, r: r.n }),
            }) as never,
        )
        const wanted = groups(each)
        for (const { windowStart, windowEnd, at } of got) {
          const local = localTime(each.zone, at as number)
          const own = KINDS[each.kind]!.of(local)
          const bounds = [windowStart as number, windowEnd as number] as const
          expect(own.some((one) => isBounds(each.zone, one, ...bounds))).toBe(true)
        }
        const want = wanted.flatMap(({ key, sides: [left, right] }) =>
          left.flatMap(({ at, n }) =>
            (right.length === 0 ? [{ n: null }] : right).map((r) => ({ key, at, l: n, r: r.n })),
          ),
        )
        expect(texts(got.map(({ key, at, l, r }) => ({ key, at, l, r })))).toEqual(texts(want))
      }),
      { numRuns: 100 },
    )
  })

  it('coGroup() and join() see the rows of dates as Intl writes them', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (each) => {
        const window = KINDS[each.kind]!.window(each.zone)
        const grouped = await output(
          each,
          ([left, right]) =>
            left
              .coGroup(right)
              .where('key')
              .equalTo('key')
              .window(window)
              .apply((l, r, out) => out.collect({ l: numbers(l), r: numbers(r) }), {
                l: utf8(),
                r: utf8(),
              }) as never,
        )
        const joined = await output(
          each,
          ([left, right]) =>
            left
              .join(right)
              .where('key')
              .equalTo('key')
              .window(window)
              .apply((l, r) => ({ l: l.n, r: r.n }), { l: int32(), r: int32() }) as never,
        )
        const want = groups(each)
        expect(texts(grouped)).toEqual(
          texts(want.map(({ sides: [l, r] }) => ({ l: numbers(l), r: numbers(r) }))),
        )
        expect(texts(joined)).toEqual(
          texts(
            want.flatMap(({ sides: [left, right] }) =>
              left.flatMap((l) => right.map((r) => ({ l: l.n, r: r.n }))),
            ),
          ),
        )
      }),
      { numRuns: 50 },
    )
  })

  it('a day is over after 23 hours and after 25, and rows that come after are late', async () => {
    const inputs = ['left', 'right'].map((name) => testInput(SCHEMA, { eventTime: 'at', name }))
    await using job = await JobHarness.start((env) => {
      const [left, right] = inputs.map((input) => env.fromSource(input)) as unknown as Streams
      return left.windowJoin(right, {
        on: { key: 'key' },
        window: tumble('1d', { timeZone: 'Europe/Berlin' }),
        select: (l, r, w) => ({ ...w, l: l.n, r: r.n }),
      })
    })
    for (const [start, hours] of [
      [Date.UTC(2024, 2, 30, 23), 23],
      [Date.UTC(2024, 9, 26, 22), 25],
    ] as const) {
      const end = start + hours * HOUR
      const day = () => job.output().filter(({ windowStart }) => windowStart === start)
      await job.push(inputs[0]!, [{ at: start, key: 'a', n: 1 }])
      await job.push(inputs[1]!, [
        { at: end - 1, key: 'a', n: 2 },
        { at: end, key: 'a', n: 3 },
      ])
      await job.advanceWatermark(end - 2)
      expect(day()).toEqual([])
      await job.advanceWatermark(end - 1)
      expect(day()).toEqual([{ windowStart: start, windowEnd: end, l: 1, r: 2 }])
      await job.push(inputs[1]!, [{ at: start, key: 'a', n: 4 }])
      await job.advanceWatermark(end + HOUR)
      expect(day()).toHaveLength(1)
    }
  })
})
