// Days of Berlin around both changes of its clocks, end to end in 1 and 2 subtasks of the embedded cluster:
// functions over rows and joins, against sums over arrays by the date that Intl writes.
import { describe, expect, it } from 'vitest'
import {
  int32,
  StreamExecutionEnvironment,
  timestamp,
  tumble,
  utf8,
  type DataStream,
} from '../../src/index.ts'
import { localTime } from '../time/naive-zone.ts'

const ZONE = 'Europe/Berlin'
const [HOUR, DAY] = [3_600_000, 86_400_000]
const SCHEMA = { at: timestamp('ms'), key: utf8(), n: int32() }
const DAYS = tumble('1d', { timeZone: ZONE })

const rows = (first: number, everyMs: number) =>
  Array.from({ length: 300 }, (_, i) => ({
    at: first + i * everyMs + ((i * 7_919) % 13) * 60_000,
    key: `key ${i % 5}`,
    n: (i * 31) % 17,
  }))
const LEFT = [
  ...rows(Date.UTC(2024, 2, 29), 17 * 60_000),
  ...rows(Date.UTC(2024, 9, 25, 11), 19 * 60_000),
]
const RIGHT = [
  ...rows(Date.UTC(2024, 2, 29, 7), 41 * 60_000),
  ...rows(Date.UTC(2024, 9, 24), 37 * 60_000),
]

const dayOf = ({ at }: { readonly at: number }): number =>
  Math.floor(localTime(ZONE, at) / DAY) * DAY
const groupOf = (row: (typeof LEFT)[number]): string => `${dayOf(row)} ${row.key}`
const total = (all: readonly { readonly n: number }[]): number =>
  all.reduce((sum, { n }) => sum + n, 0)
const texts = (all: readonly unknown[]): string[] =>
  all.map((row) => JSON.stringify(row)).toSorted()

const read = async (stream: DataStream<never>): Promise<string[]> =>
  texts(await Array.fromAsync(stream.collect()))

describe.each([1, 2])('days of a time zone in %i subtasks', (parallelism) => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism,
    config: { batchRows: 64 },
  })
  const side = (all: typeof LEFT) =>
    env.fromCollection(all, { schema: SCHEMA }).assignWatermarks('at', { maxOutOfOrderness: '1h' })

  it('have 23, 24 and 25 hours for functions over rows', async () => {
    const got = side(LEFT)
      .keyBy('key')
      .window(DAYS)
      .apply(
        (key, { start, end }, all, out) =>
          out.collect({ key, hours: (end - start) / HOUR, local: start, total: total(all) }),
        { key: utf8(), hours: int32(), local: timestamp('ms'), total: int32() },
      )
    const found = await Array.fromAsync(got.collect())
    expect(new Set(found.map(({ hours }) => hours))).toEqual(new Set([23, 24, 25]))
    const want = [...Map.groupBy(LEFT, groupOf).values()].map((all) => ({
      key: all[0]!.key,
      total: total(all),
      day: dayOf(all[0]!),
    }))
    const days = found.map(({ key, local, total: sum }) => ({
      key,
      total: sum,
      day: dayOf({ at: local }),
    }))
    expect(texts(days)).toEqual(texts(want))
  })

  it('are those in which rows of two streams meet', async () => {
    const on = { key: 'key' } as const
    const columns = side(LEFT).windowJoin(side(RIGHT), {
      on,
      window: DAYS,
      select: (l, r) => ({ l: l.n, r: r.n }),
    })
    const ofRows = side(LEFT)
      .join(side(RIGHT))
      .where('key')
      .equalTo('key')
      .window(DAYS)
      .apply((l, r) => ({ l: l.n, r: r.n }), { l: int32(), r: int32() })
    const rights = Map.groupBy(RIGHT, groupOf)
    const want = texts(
      LEFT.flatMap((l) => (rights.get(groupOf(l)) ?? []).map((r) => ({ l: l.n, r: r.n }))),
    )
    expect(want.length).toBeGreaterThan(1_000)
    expect(await read(columns as never)).toEqual(want)
    expect(await read(ofRows as never)).toEqual(want)
  })
})
