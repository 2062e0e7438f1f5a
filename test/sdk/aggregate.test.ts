// Aggregates beyond sums and extremes as a job writes them: in windows and without, filtered, over
// computed columns; with a crash and a restore at another parallelism. Against plain TypeScript.
import { describe, expect, it } from 'vitest'
import {
  approxCountDistinct,
  argMax,
  argMin,
  collect,
  count,
  countDistinct,
  float64,
  int32,
  median,
  nullable,
  quantile,
  type RowOf,
  slide,
  stddevSamp,
  StreamExecutionEnvironment,
  timestamp,
  topN,
  utf8,
  varPop,
} from '../../src/index.ts'
import { JobHarness, testInput } from '../../src/testing.ts'

const SALES = {
  at: timestamp('ms'),
  shop: int32(),
  buyer: nullable(utf8()),
  price: float64(),
}
type Sale = RowOf<typeof SALES>
const sales = testInput(SALES, { eventTime: 'at', name: 'sales' })

const ROWS: readonly Sale[] = Array.from({ length: 400 }, (_, i) => ({
  at: i * 10,
  shop: i % 3,
  buyer: i % 11 === 0 ? null : `a buyer with number ${(i * 7) % 23}`,
  price: ((i * 37) % 19) / 2,
}))

/** What a group of rows amounts to. */
function resultOf(rows: readonly Sale[]) {
  const present = rows.filter(({ buyer }) => buyer !== null)
  return {
    buyers: new Set(present.map(({ buyer }) => buyer)).size,
    dear: new Set(present.filter(({ price }) => price > 5).map(({ buyer }) => buyer)).size,
    prices: new Set(rows.map(({ price }) => Math.floor(price))).size,
    about: new Set(present.map(({ buyer }) => buyer)).size,
    middle: medianOf(rows.map(({ price }) => price)),
    buyersOfDear: present.filter(({ price }) => price > 8).map(({ buyer }) => buyer),
    highest: rows
      .map(({ price }) => price)
      .toSorted((a, b) => b - a)
      .slice(0, 3),
    cheapest: extreme(present, (a, b) => a.price < b.price)?.buyer ?? null,
    lastDear:
      extreme(
        rows.filter(({ price }) => price > 8),
        (a, b) => a.price > b.price,
      )?.at ?? null,
    spread: variance(rows.map(({ price }) => price)) ?? null,
    deviation: sampleDeviation(rows.map(({ price }) => price)),
  }
}

/** The first of the rows that none beats. */
function extreme(rows: readonly Sale[], isBetter: (a: Sale, b: Sale) => boolean): Sale | undefined {
  return rows.find((one) => !rows.some((other) => isBetter(other, one)))
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = (sorted.length - 1) / 2
  return (sorted[Math.floor(half)]! + sorted[Math.ceil(half)]!) / 2
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length
}

const sampleDeviation = (values: readonly number[]): number | null =>
  values.length < 2 ? null : Math.sqrt((variance(values) * values.length) / (values.length - 1))

const unbounded = (env: StreamExecutionEnvironment) =>
  env
    .fromSource(sales)
    .keyBy('shop')
    .aggregate((r) => ({
      buyers: countDistinct('buyer'),
      dear: countDistinct('buyer').where(r.price.gt(5)),
      prices: countDistinct(r.price.floor()),
      about: approxCountDistinct('buyer'),
      middle: median('price'),
      buyersOfDear: collect('buyer').where(r.price.gt(8)),
      highest: topN('price', 3),
      cheapest: argMin('buyer', 'price'),
      lastDear: argMax('at', 'price').where(r.price.gt(8)),
      spread: varPop('price'),
      deviation: stddevSamp('price'),
    }))

const windowed = (env: StreamExecutionEnvironment) =>
  env
    .fromSource(sales)
    .keyBy('shop')
    .window(slide('1s', '200ms'))
    .aggregate({
      buyers: countDistinct('buyer'),
      dear: countDistinct('buyer').where((r) => r.price.gt(5)),
      prices: countDistinct((r) => r.price.floor()),
      about: approxCountDistinct('buyer'),
      middle: median('price'),
      buyersOfDear: collect('buyer').where((r) => r.price.gt(8)),
      highest: topN('price', 3),
      cheapest: argMin('buyer', 'price'),
      lastDear: argMax('at', 'price').where((r) => r.price.gt(8)),
      spread: varPop('price'),
      deviation: stddevSamp('price'),
    })

const texts = (rows: readonly object[]): string[] =>
  rows
    .map((row) =>
      // Slices add up in another order.
      JSON.stringify(row, (_, value) =>
        typeof value === 'number' ? Number(value.toPrecision(10)) : value,
      ),
    )
    .toSorted()

describe('collect()', () => {
  it('refuses a value beyond its limit, and says where', async () => {
    await using job = await JobHarness.start((env) =>
      env
        .fromSource(sales)
        .keyBy('shop')
        .aggregate({ prices: collect('price', { limit: 5 }) })
        .toChangelog(),
    )
    await job.push(sales, ROWS.slice(0, 15))
    await expect(job.push(sales, ROWS.slice(15, 16))).rejects.toThrow(
      /collect\(\) has more than 5 values of 'price' in a group/,
    )
  })

  it.each(['stay', 'change'])('of infinite values are infinite where rows %s', async (rowsDo) => {
    const rows = [Infinity, Infinity, -Infinity, -Infinity].map((price, id) => {
      return { id, shop: id >> 1, price }
    })
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 1 })
    const stream = env.fromCollection(rows, {
      schema: { id: int32(), shop: int32(), price: float64() },
    })
    const counted = stream.keyBy('id', 'shop', 'price').aggregate({ n: count() })
    const prices =
      rowsDo === 'stay'
        ? stream.select(({ shop, price }) => ({ shop, price }))
        : counted.select(({ shop, price }) => ({ shop, price }))
    const medians = prices
      .keyBy('shop')
      .aggregate({ middle: median('price') })
      .materialize()
    const found = await Array.fromAsync(medians.collect())
    expect(new Map(found.map(({ shop, middle }) => [shop, middle]))).toEqual(
      new Map([
        [0, Infinity],
        [1, -Infinity],
      ]),
    )
  })

  it('and quantile() differ: that takes fractions from 0 to 1', () => {
    expect(() => quantile('price', 1.5)).toThrow(/quantile\(\) is asked for 1.5; from 0 to 1/)
    expect(() => quantile('price', Number.NaN)).toThrow(/from 0 to 1/)
  })

  it('and topN() take whole numbers of values', () => {
    expect(() => collect('price', { limit: 0 })).toThrow(/the limit of collect\(\) is 0/)
    expect(() => topN('price', 1.5)).toThrow(/the count of topN\(\) is 1.5; a whole number/)
  })
})

describe('over()', () => {
  const over = (env: StreamExecutionEnvironment, rows: number | 'unbounded') =>
    env
      .fromSource(sales)
      .keyBy('shop')
      .over({ rows })
      .aggregate({ buyers: countDistinct('buyer') })

  it.each([5, 'unbounded'] as const)('takes aggregates that keep values: %s', async (rows) => {
    await using job = await JobHarness.start((env) => over(env, rows), { config: { batchRows: 8 } })
    await job.push(sales, ROWS.slice(0, 90))
    await job.finish()
    const shop = ROWS.slice(0, 90).filter((row) => row.shop === 1)
    const size = rows === 'unbounded' ? Infinity : rows
    const wanted = shop.map((_, i) => resultOf(shop.slice(Math.max(0, i + 1 - size), i + 1)).buyers)
    const got = job.output().filter((row) => row.shop === 1)
    expect(got.map(({ buyers }) => buyers)).toEqual(wanted)
  })
})

describe('distinct counts, lists, extreme rows, variances', () => {
  it.each([1, 2, 4])('without windows are those of all rows, at parallelism %i', async (p) => {
    const options = { parallelism: p, seed: p, config: { batchRows: 32 } }
    await using job = await JobHarness.start((env) => unbounded(env).materialize(), options)
    for (let from = 0; from < ROWS.length; from += 100) {
      await job.push(sales, ROWS.slice(from, from + 100))
      const cut = await job.snapshot()
      await job.crash()
      await job.restore(cut, { parallelism: (p % 4) + 1 })
    }
    await job.finish()
    const wanted = [...Map.groupBy(ROWS, ({ shop }) => shop)].map(([shop, rows]) => ({
      shop,
      ...resultOf(rows),
    }))
    expect(texts(job.output())).toEqual(texts(wanted))
  })

  it.each([1, 2, 4])('in sliding windows are those of their rows, at parallelism %i', async (p) => {
    const options = { parallelism: p, seed: p, config: { batchRows: 32 } }
    await using job = await JobHarness.start(windowed, options)
    for (let from = 0; from < ROWS.length; from += 100) {
      await job.push(sales, ROWS.slice(from, from + 100))
      await job.advanceWatermark((from + 90) * 10)
      const cut = await job.snapshot()
      await job.crash()
      await job.restore(cut, { parallelism: (p % 4) + 1 })
    }
    await job.finish()
    const wanted: object[] = []
    for (let windowStart = -800; windowStart < 4_000; windowStart += 200) {
      const windowEnd = windowStart + 1_000
      const inside = ROWS.filter(({ at }) => at >= windowStart && at < windowEnd)
      for (const [shop, rows] of Map.groupBy(inside, (row) => row.shop)) {
        wanted.push({ windowStart, windowEnd, shop, ...resultOf(rows) })
      }
    }
    expect(texts(job.output())).toEqual(texts(wanted))
  })
})
