// Batch mode: what a stream would update later goes out once, at the end of input, and stays. The same jobs
// give the same rows in both modes, at any parallelism and across a crash.
import { describe, expect, it } from 'vitest'
import {
  asc,
  count,
  desc,
  int32,
  max,
  mean,
  nullable,
  StreamExecutionEnvironment,
  sum,
  timestamp,
  utf8,
} from '../../src/index.ts'
import { JobHarness, testInput } from '../../src/testing.ts'
import { refusal, testEnvironment, testSource } from './test-environment.ts'

const BIDS = { at: timestamp('ms'), auction: int32(), bidder: utf8(), price: int32() }
const AUCTIONS = { id: int32(), seller: nullable(utf8()), expires: timestamp('ms') }
const bids = testInput(BIDS, { eventTime: 'at', name: 'bids' })
const auctions = testInput(AUCTIONS, { name: 'auctions' })

const BID_ROWS = Array.from({ length: 300 }, (_, i) => ({
  at: i * 10,
  auction: (i * 5) % 13,
  bidder: `bidder ${(i * 7) % 11}`,
  price: (i * 37) % 211,
}))
const AUCTION_ROWS = Array.from({ length: 15 }, (_, id) => ({
  id: id + 3,
  seller: id % 4 === 0 ? null : `seller ${id % 3}`,
  expires: 1_000 + id * 90,
}))

type Env = StreamExecutionEnvironment

const JOBS = {
  aggregate: (env: Env) =>
    env
      .fromSource(bids)
      .keyBy('auction')
      .aggregate({ n: count(), top: max('price') }),
  'aggregate of aggregates': (env: Env) =>
    env
      .fromSource(bids)
      .keyBy('bidder')
      .aggregate({ n: count(), top: max('price') })
      .keyBy('n')
      .aggregate({ bidders: count(), least: max('top'), all: sum('n') }),
  deduplicate: (env: Env) =>
    env.fromSource(bids).keyBy('bidder').deduplicate({ keep: 'last', by: 'time' }),
  topN: (env: Env) =>
    env
      .fromSource(bids)
      .keyBy('auction')
      .topN(2, { by: [desc('price'), asc('at')], rank: 'place' }),
  'top of sums': (env: Env) =>
    env
      .fromSource(bids)
      .keyBy('bidder')
      .aggregate({ total: sum('price') })
      .topN(3, { by: [desc('total')] }),
  'full join': (env: Env) =>
    env.fromSource(bids).join(env.fromSource(auctions), {
      on: { auction: 'id' },
      type: 'full',
      where: (b, a) => b.at.lt(a.expires),
      select: (b, a) => ({ at: b.at, auction: a.id, seller: a.seller }),
    }),
  'aggregate of a left join': (env: Env) =>
    env
      .fromSource(auctions)
      .join(env.fromSource(bids), {
        on: { id: 'auction' },
        type: 'left',
        select: (a, b) => ({ seller: a.seller, price: b.price }),
      })
      .keyBy('seller')
      .aggregate({ rows: count(), bids: count('price') }),
  distinct: (env: Env) =>
    env
      .fromSource(bids)
      .select((r) => ({ bidder: r.bidder }))
      .distinct(),
} as const

type JobName = keyof typeof JOBS

const textsOf = (rows: readonly object[]): string[] =>
  rows.map((row) => JSON.stringify(row)).toSorted()

async function resultsOf(name: JobName, mode: 'streaming' | 'batch', parallelism: number) {
  const options = { parallelism, seed: parallelism, config: { batchRows: 16 } }
  await using job = await JobHarness.start((env) => {
    env.setRuntimeMode(mode)
    const stream = JOBS[name](env)
    return mode === 'batch' ? stream : stream.materialize()
  }, options)
  const hasAuctions = name.includes('join')
  await job.push(bids, BID_ROWS.slice(0, 100))
  if (hasAuctions) await job.push(auctions, AUCTION_ROWS.slice(0, 8))
  const snapshot = await job.snapshot()
  await job.push(bids, BID_ROWS.slice(100, 200))
  await job.crash()
  await job.restore(snapshot, { parallelism: 5 - parallelism, seed: parallelism })
  await job.push(bids, BID_ROWS.slice(200))
  if (hasAuctions) await job.push(auctions, AUCTION_ROWS.slice(8))
  await job.finish()
  return textsOf(job.output())
}

describe('a job in batch mode', () => {
  it.each(Object.keys(JOBS) as JobName[])('gives what it gives as a stream: %s', async (name) => {
    const expected = await resultsOf(name, 'streaming', 2)
    expect(expected.length).toBeGreaterThan(1)
    for (const parallelism of [1, 2, 4]) {
      expect(await resultsOf(name, 'batch', parallelism)).toEqual(expected)
    }
  })

  it('says nothing before the end', async () => {
    await using job = await JobHarness.start((env) => JOBS.aggregate(env.setRuntimeMode('batch')))
    await job.push(bids, BID_ROWS)
    expect(job.output()).toEqual([])
    await job.finish()
    expect(job.output()).toHaveLength(13)
  })

  it('averages the last ten winning prices of each seller (Nexmark, query 6)', async () => {
    await using job = await JobHarness.start((env) => {
      env.setRuntimeMode('batch')
      return env
        .fromSource(bids)
        .join(env.fromSource(auctions), {
          on: { auction: 'id' },
          where: (b, a) => b.at.lt(a.expires),
          select: (b, a) => ({ auction: a.id, seller: a.seller, at: b.at, price: b.price }),
        })
        .keyBy('auction')
        .topN(1, { by: [desc('price'), asc('at')] })
        .assignWatermarks('at')
        .keyBy('seller')
        .over({ orderBy: 'time', rows: 10 })
        .aggregate({ average: mean('price') })
        .select((r) => ({ seller: r.seller, average: r.average }))
    })
    await job.push(bids, BID_ROWS)
    await job.push(auctions, AUCTION_ROWS)
    await job.finish()
    const winners = AUCTION_ROWS.flatMap(({ id, seller, expires }) => {
      const open = BID_ROWS.filter(({ auction, at }) => auction === id && at < expires)
      const [best] = open.toSorted((a, b) => b.price - a.price || a.at - b.at)
      return best === undefined ? [] : [{ seller, at: best.at, price: best.price }]
    }).toSorted((a, b) => a.at - b.at)
    const expected = winners.map(({ seller }, i) => {
      const own = winners.slice(0, i + 1).filter((one) => one.seller === seller)
      const last = own.slice(-10).map(({ price }) => price)
      return { seller, average: last.reduce((a, b) => a + b, 0) / last.length }
    })
    expect(expected.length).toBeGreaterThan(5)
    expect(job.output()).toEqual(expected)
  })

  it('keeps the form of a changelog when the mode is said later', async () => {
    const env = StreamExecutionEnvironment.getExecutionEnvironment()
    const rows = [{ k: 1 }, { k: 2 }, { k: 1 }]
    const counts = env.fromCollection(rows).keyBy('k').aggregate({ n: count() }).toChangelog()
    env.setRuntimeMode('automatic')
    const found: object[] = []
    for await (const row of counts.collect()) found.push(row)
    expect(textsOf(found)).toEqual(
      textsOf([
        { op: '+I', k: 1, n: 2 },
        { op: '+I', k: 2, n: 1 },
      ]),
    )
  })
})

describe('the plan in batch mode', () => {
  it('has no changes, and says when results come', () => {
    const { env, graph } = testEnvironment()
    env.setRuntimeMode('batch')
    const source = env.fromSource(testSource(BIDS))
    const counts = source.keyBy('auction').aggregate({ n: count() })
    counts.filter(({ n }) => n > 1).print()
    source
      .keyBy('auction')
      .topN(1, { by: [desc('price')] })
      .print()
    source.keyBy('auction').deduplicate({ keep: 'last' }).print()
    const all = graph().vertices.flatMap(({ operators }) => operators)
    expect(all.flatMap(({ output }) => output.map(({ name }) => name))).not.toContain('$op')
    const text = env.explain()
    expect(text).toContain('Aggregate: by auction: count() as n; at the end of input')
    expect(text).toContain('by price desc; at the end of input')
    expect(text).toContain('in order of arrival of each auction; at the end of input')
  })

  it('is refused when the mode changes after results were built as final ones', () => {
    const { env } = testEnvironment()
    env.setRuntimeMode('batch')
    const counts = env.fromSource(testSource(BIDS)).keyBy('auction').aggregate({ n: count() })
    counts.print()
    env.setRuntimeMode('streaming')
    const { code, message } = refusal(() => env.explain())
    expect(code).toBe('GRAPH_INVALID')
    expect(message).toContain("'Aggregate' was built in batch mode")
  })
})
