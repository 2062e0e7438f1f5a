// Updating results end to end: whole jobs through the embedded cluster, against the same by a loop, at
// several parallelisms.
import { describe, expect, it } from 'vitest'
import {
  approxCountDistinct,
  argMax,
  count,
  countDistinct,
  int32,
  list,
  max,
  mean,
  nullable,
  quantile,
  StreamExecutionEnvironment,
  stddevPop,
  struct,
  sum,
  timestamp,
  topN,
  utf8,
} from '../../src/index.ts'

const SCHEMA = { at: timestamp('ms'), auction: int32(), category: utf8(), price: int32() }

const ROWS = Array.from({ length: 20_000 }, (_, i) => ({
  at: (i * 7919) % 20_000,
  auction: (i * 31) % 997,
  category: `category ${((i * 31) % 997) % 5}`,
  price: (i * 7919) % 1_003,
}))

const bids = (parallelism: number) =>
  StreamExecutionEnvironment.getExecutionEnvironment({ parallelism, config: { batchRows: 4_000 } })
    .fromCollection(ROWS, { schema: SCHEMA })
    .rebalance()

const texts = (rows: readonly object[]): string[] =>
  rows.map((row) => JSON.stringify(row)).toSorted()

const highest = (): Map<number, number> => {
  const byAuction = new Map<number, number>()
  for (const { auction, price } of ROWS) {
    byAuction.set(auction, Math.max(byAuction.get(auction) ?? -1, price))
  }
  return byAuction
}

describe.each([1, 2, 4])('in %d subtasks', (parallelism) => {
  it('an average of maxima equals a loop, through retractions', async () => {
    const rows = await Array.fromAsync(
      bids(parallelism)
        .keyBy('auction', 'category')
        .aggregate({ highest: max('price') })
        .where((r) => r.highest.gt(900))
        .keyBy('category')
        .aggregate({ average: mean('highest'), auctions: count() })
        .materialize()
        .collect(),
    )
    const groups = Map.groupBy(
      [...highest()].filter(([, price]) => price > 900),
      ([auction]) => `category ${auction % 5}`,
    )
    const expected = [...groups].map(([category, all]) => ({
      category,
      average: all.reduce((total, [, price]) => total + price, 0) / all.length,
      auctions: all.length,
    }))
    expect(texts(rows)).toEqual(texts(expected))
  })

  it('what a category has of its maxima equals a loop, through retractions', async () => {
    const rows = await Array.fromAsync(
      bids(parallelism)
        .keyBy('auction', 'category')
        .aggregate({ highest: max('price') })
        .keyBy('category')
        .aggregate({
          different: countDistinct('highest'),
          of: argMax('auction', 'highest'),
          best: topN('highest', 3),
          spread: stddevPop('highest'),
          middle: quantile('highest', 0.5),
        })
        .materialize()
        .collect(),
    )
    const groups = Map.groupBy([...highest()], ([auction]) => `category ${auction % 5}`)
    expect(rows).toHaveLength(groups.size)
    for (const { category, different, of, best, spread, middle } of rows) {
      const all = groups.get(category)!.map(([, price]) => price)
      const sorted = all.toSorted((a, b) => b - a)
      const average = all.reduce((a, b) => a + b, 0) / all.length
      const squares = all.reduce((a, b) => a + (b - average) ** 2, 0)
      expect(different).toBe(new Set(all).size)
      // Which of those with the same maximum came first, threads decide.
      expect(highest().get(of)).toBe(sorted[0])
      expect(best).toEqual(sorted.slice(0, 3))
      const half = (sorted.length - 1) / 2
      expect(middle).toBe((sorted[Math.floor(half)]! + sorted[Math.ceil(half)]!) / 2)
      expect(spread).toBeCloseTo(Math.sqrt(squares / all.length), 6)
    }
  })

  it('an aggregate of all rows is one row', async () => {
    const rows = await Array.fromAsync(
      bids(parallelism)
        .aggregate({ bids: count(), total: sum('price') })
        .materialize()
        .collect(),
    )
    const total = ROWS.reduce((all, { price }) => all + price, 0)
    expect(rows).toEqual([{ bids: ROWS.length, total }])
  })

  it('the last row of a key by time is the same by every way out', async () => {
    const latest = bids(parallelism)
      .assignWatermarks('at')
      .keyBy('auction')
      .deduplicate({ keep: 'last', by: 'time' })
    const expected = [...Map.groupBy(ROWS, ({ auction }) => auction).values()].map((all) =>
      all.reduce((a, b) => (b.at >= a.at ? b : a)),
    )
    // Four ends of one job.
    const [final, byKey, upserts, changes] = await Promise.all([
      Array.fromAsync(latest.materialize().collect()),
      Array.fromAsync(latest.materialize({ key: ['auction'] }).collect()),
      Array.fromAsync(latest.toUpsert({ key: ['auction'] }).collect()),
      Array.fromAsync(latest.toChangelog().collect()),
    ])
    expect(texts(final)).toEqual(texts(expected))
    expect(texts(byKey)).toEqual(texts(expected))
    const held = new Map<number, object>()
    for (const { op, ...row } of upserts) {
      expect(op).not.toBe('-U')
      held.set(row.auction, row)
    }
    expect(texts([...held.values()])).toEqual(texts(expected))
    const left = new Map<string, number>()
    for (const { op, ...row } of changes) {
      const text = JSON.stringify(row)
      left.set(text, (left.get(text) ?? 0) + (op.startsWith('-') ? -1 : 1))
    }
    const kept = [...left].filter(([, times]) => times !== 0)
    expect(kept.every(([, times]) => times === 1)).toBe(true)
    expect(kept.map(([text]) => text).toSorted()).toEqual(texts(expected))
  })

  it('distinct rows are each there once, of rows that stay and of rows that change', async () => {
    const stream = bids(parallelism)
    const prices = stream.select((r) => ({ price: r.price })).distinct()
    const tops = stream
      .keyBy('auction')
      .aggregate({ highest: max('price') })
      .select((r) => ({ highest: r.highest }))
      .distinct()
    const [priceRows, topRows] = await Promise.all([
      Array.fromAsync(prices.collect()),
      Array.fromAsync(tops.materialize().collect()),
    ])
    const expected = [...new Set(ROWS.map(({ price }) => price))].map((price) => ({ price }))
    expect(texts(priceRows)).toEqual(texts(expected))
    const values = [...new Set(highest().values())].map((price) => ({ highest: price }))
    expect(texts(topRows)).toEqual(texts(values))
  })

  it('distinct rows may have lists and structs, and nothing else', async () => {
    const all = Array.from({ length: 3_000 }, (_, i) => ({
      id: i % 20,
      tags: i % 11 === 0 ? null : [`tag ${i % 7}`, i % 3 === 0 ? null : 'x'],
      place: { x: i % 5, name: i % 2 === 0 ? null : `${i % 5}` },
    }))
    const schema = {
      id: int32(),
      tags: nullable(list(nullable(utf8()))),
      place: struct({ x: int32(), name: nullable(utf8()) }),
    }
    const rows = () =>
      StreamExecutionEnvironment.getExecutionEnvironment({
        parallelism,
        config: { batchRows: 700 },
      })
        .fromCollection(all, { schema })
        .rebalance()
    const different = (of: readonly object[]) =>
      [...new Set(of.map((row) => JSON.stringify(row)))].toSorted()
    const nested = all.map(({ tags, place }) => ({ tags, place }))
    expect(texts(await Array.fromAsync(rows().distinct().collect()))).toEqual(different(all))
    expect(texts(await Array.fromAsync(rows().drop('id').distinct().collect()))).toEqual(
      different(nested),
    )
    const best = bids(parallelism)
      .keyBy('auction')
      .aggregate({ best: topN('price', 2) })
      .select((r) => ({ best: r.best }))
      .distinct()
    const prices = Map.groupBy(ROWS, ({ auction }) => auction)
    const expected = [...prices.values()].map((some) => ({
      best: some
        .map(({ price }) => price)
        .toSorted((a, b) => b - a)
        .slice(0, 2),
    }))
    expect(texts(await Array.fromAsync(best.materialize().collect()))).toEqual(different(expected))
  })
})

it('what sketches its values is refused over rows that change, with what to do', () => {
  const maxima = bids(1)
    .keyBy('auction')
    .aggregate({ highest: max('price') })
  expect(() => maxima.aggregate({ n: approxCountDistinct('highest') })).toThrow(
    /'n' is approxCountDistinct\(\) of a stream whose rows change.*countDistinct\(\) does/,
  )
})
