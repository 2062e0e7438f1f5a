// Joins of two streams through the embedded cluster, at several parallelisms, against nested loops.
import { describe, expect, it } from 'vitest'
import {
  count,
  int32,
  int64,
  nullable,
  StreamExecutionEnvironment,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'

const PEOPLE = Array.from({ length: 300 }, (_, i) => ({
  id: BigInt(i),
  name: `person ${i}`,
  city: i % 7 === 0 ? null : `city ${i % 11}`,
}))
const SALES = Array.from({ length: 5_000 }, (_, i) => ({
  seller: (i * 31) % 350,
  price: (i * 17) % 400,
}))
const PERSON = { id: int64(), name: utf8(), city: nullable(utf8()) }
const SALE = { seller: int32(), price: int32() }

function streams(parallelism: number) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism,
    config: { batchRows: 256 },
  })
  return {
    people: env.fromCollection(PEOPLE, { schema: PERSON }),
    sales: env.fromCollection(SALES, { schema: SALE }),
  }
}

const texts = (rows: readonly unknown[]): string[] =>
  rows.map((row) => Object.values(row as object).join(' ')).toSorted()

describe('an unbounded join', () => {
  it.each([1, 2, 4])('of keys of two widths gives the same in %d subtasks', async (parallelism) => {
    const { people, sales } = streams(parallelism)
    const results = sales.join(people, {
      on: { seller: 'id' },
      where: (sale, person) => sale.price.gt(100).and(person.city.isNotNull()),
      select: (sale, person) => ({ name: person.name, city: person.city, price: sale.price }),
    })
    const expected = SALES.flatMap(({ seller, price }) =>
      PEOPLE.filter(({ id, city }) => Number(id) === seller && price > 100 && city !== null).map(
        ({ name, city }) => ({ name, city, price }),
      ),
    )
    expect(texts(await Array.fromAsync(results.collect()))).toEqual(texts(expected))
  })

  it('of a stream with itself meets each row with all of its key', async () => {
    const { people } = streams(2)
    const results = people.join(people, {
      on: { city: 'city' },
      where: (l, r) => l.id.lt(r.id),
      select: (l, r) => ({ city: l.city, first: l.name, second: r.name }),
    })
    const expected = PEOPLE.flatMap((l) =>
      PEOPLE.filter((r) => l.city !== null && l.city === r.city && l.id < r.id).map((r) => ({
        city: l.city,
        first: l.name,
        second: r.name,
      })),
    )
    expect(texts(await Array.fromAsync(results.collect()))).toEqual(texts(expected))
  })
})

const SECOND_MS = 1_000
const CLICKS = Array.from({ length: 4_000 }, (_, i) => ({
  time: i * 25 + ((i * 7) % 90),
  user: (i * 13) % 90,
}))
const VIEWS = Array.from({ length: 900 }, (_, i) => ({ at: i * 110, viewer: (i * 17) % 120 }))

describe('a join in windows', () => {
  it.each([1, 2, 4])(
    'gives the same in %d subtasks, at the end of windows',
    async (parallelism) => {
      const env = StreamExecutionEnvironment.getExecutionEnvironment({
        parallelism,
        config: { batchRows: 128 },
      })
      const clicks = env
        .fromCollection(CLICKS, { schema: { time: timestamp('ms'), user: int32() } })
        .assignWatermarks('time', { maxOutOfOrderness: 100 })
      const views = env
        .fromCollection(VIEWS, { schema: { at: timestamp('ms'), viewer: int32() } })
        .assignWatermarks('at')
      const pairs = clicks
        .windowJoin(views, {
          on: { user: 'viewer' },
          window: tumble('10s'),
          type: 'left',
          select: (click, view, w) => ({ user: click.user, at: view.at, from: w.windowStart }),
        })
        .keyBy('user')
        .window(tumble('10s'))
        .aggregate((r) => ({ pairs: count(r.at), rows: count() }))
        .select((r) => ({ from: r.windowStart, user: r.user, pairs: r.pairs, rows: r.rows }))
      const groups = new Map<string, { from: number; user: number; pairs: number; rows: number }>()
      for (const { time, user } of CLICKS) {
        const from = Math.floor(time / (10 * SECOND_MS)) * 10 * SECOND_MS
        const matches = VIEWS.filter(
          ({ at, viewer }) => viewer === user && at >= from && at < from + 10 * SECOND_MS,
        ).length
        const key = `${from} ${user}`
        const group = groups.get(key) ?? { from, user, pairs: 0, rows: 0 }
        group.pairs += matches
        group.rows += Math.max(1, matches)
        groups.set(key, group)
      }
      const rows = await Array.fromAsync(pairs.collect())
      expect(texts(rows)).toEqual(texts([...groups.values()]))
    },
  )
})

const LEFT = Array.from({ length: 800 }, (_, i) => ({ k: (i * 7) % 40, t: i * 10 }))
const RIGHT = Array.from({ length: 800 }, (_, i) => ({ kr: (i * 11) % 50, tr: BigInt(i * 9_500) }))

/** Two streams whose times have two units. */
function timed(parallelism: number) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism,
    config: { batchRows: 64 },
  })
  return {
    left: env
      .fromCollection(LEFT, { schema: { k: int32(), t: timestamp('ms') } })
      .assignWatermarks('t'),
    right: env
      .fromCollection(RIGHT, { schema: { kr: int32(), tr: timestamp('us') } })
      .assignWatermarks('tr'),
  }
}

describe('joins by the times of rows', () => {
  it.each([1, 2, 4])('an interval join gives the same in %d subtasks', async (parallelism) => {
    const { left, right } = timed(parallelism)
    const results = left.intervalJoin(right, { on: { k: 'kr' }, between: ['-2s', '1s'] })
    const expected = LEFT.flatMap((l) =>
      RIGHT.filter(({ kr, tr }) => {
        const apart = Number(tr) - l.t * 1_000
        return kr === l.k && apart >= -2_000_000 && apart <= 1_000_000
      }).map((r) => ({ ...l, ...r })),
    )
    expect(texts(await Array.fromAsync(results.collect()))).toEqual(texts(expected))
  })

  it.each([1, 2, 4])('a temporal join gives the same in %d subtasks', async (parallelism) => {
    const { left, right } = timed(parallelism)
    const results = left.temporalJoin(right, { on: { k: 'kr' }, type: 'left' })
    const expected = LEFT.map((l) => {
      const version = RIGHT.findLast(({ kr, tr }) => kr === l.k && Number(tr) <= l.t * 1_000)
      return { ...l, kr: version?.kr ?? null, tr: version?.tr ?? null }
    })
    expect(texts(await Array.fromAsync(results.collect()))).toEqual(texts(expected))
  })
})
