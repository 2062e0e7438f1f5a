// topN() as a job writes it: what whole jobs give at any parallelism and across a crash, over rows and over
// a changelog, what is planned, and what is refused.
import { describe, expect, it } from 'vitest'
import type { ChainedOperator, JobGraph } from '../../src/graph/job-graph.ts'
import { asc, count, desc, int32, list, sum, utf8 } from '../../src/index.ts'
import { JobHarness, testInput } from '../../src/testing.ts'
import { refusal, testEnvironment, testSource } from './test-environment.ts'

const BIDS = { auction: int32(), bidder: utf8(), price: int32() }
const bids = testInput(BIDS, { name: 'bids' })

const ROWS = Array.from({ length: 400 }, (_, i) => ({
  auction: i % 9,
  bidder: `bidder ${(i * 7) % 23}`,
  price: (i * 37) % 211,
}))

/** Pushes all rows, with a crash in the middle after which other subtasks go on. */
async function push(job: JobHarness<unknown>, parallelism: number): Promise<void> {
  await job.push(bids, ROWS.slice(0, 150))
  const snapshot = await job.snapshot()
  await job.push(bids, ROWS.slice(150, 250))
  await job.crash()
  await job.restore(snapshot, { parallelism: 5 - parallelism, seed: parallelism })
  await job.push(bids, ROWS.slice(250))
  await job.finish()
}

const optionsOf = (parallelism: number) => ({
  parallelism,
  seed: parallelism,
  config: { batchRows: 16 },
})

describe('topN() in a job', () => {
  it.each([1, 2, 4])('of each key, with places, at parallelism %i', async (parallelism) => {
    await using job = await JobHarness.start(
      (env) =>
        env
          .fromSource(bids)
          .keyBy('auction')
          .topN(3, { by: [desc('price'), asc('bidder')], rank: 'place' })
          .materialize(),
      optionsOf(parallelism),
    )
    await push(job, parallelism)
    const expected = [...Map.groupBy(ROWS, ({ auction }) => auction)].flatMap(([auction, rows]) =>
      rows
        .toSorted((a, b) => b.price - a.price || (a.bidder < b.bidder ? -1 : 1))
        .slice(0, 3)
        .map(({ price, bidder }, i) => `${auction} ${i + 1} ${price} ${bidder}`),
    )
    const found = job.output().map((row) => {
      const { auction, place, price, bidder } = row
      return `${auction} ${place} ${price} ${bidder}`
    })
    expect(found.toSorted()).toEqual(expected.toSorted())
  })

  it.each([1, 2, 4])('of sums that change, at parallelism %i', async (parallelism) => {
    await using job = await JobHarness.start(
      (env) =>
        env
          .fromSource(bids)
          .keyBy('bidder')
          .aggregate({ total: sum('price'), bids: count() })
          .topN(4, { by: [desc('total'), asc('bidder')] })
          .materialize(),
      optionsOf(parallelism),
    )
    await push(job, parallelism)
    const totals = [...Map.groupBy(ROWS, ({ bidder }) => bidder)].map(([bidder, rows]) => ({
      bidder,
      total: rows.reduce((all, { price }) => all + price, 0),
      bids: rows.length,
    }))
    totals.sort((a, b) => b.total - a.total || (a.bidder < b.bidder ? -1 : 1))
    const byTotal = (a: { total: number }, b: { total: number }): number => b.total - a.total
    expect(job.output().toSorted(byTotal)).toEqual(totals.slice(0, 4))
  })
})

describe('the plan of topN()', () => {
  const operatorsOf = (graph: JobGraph): readonly ChainedOperator[] =>
    graph.vertices.flatMap((vertex) => vertex.operators)

  const source = (parallelism = 1) => {
    const { env, graph } = testEnvironment({ parallelism })
    return { env, graph, stream: env.fromSource(testSource({ ...BIDS, extra: utf8() })) }
  }

  it('keeps the columns that somebody needs, its keys and its order', () => {
    const { env, graph, stream } = source()
    const ranked = stream.keyBy('auction').topN(3, { by: [desc('price')], rank: 'place' })
    ranked
      .select((r) => ({ bidder: r.bidder }))
      .toChangelog()
      .print()
    const top = operatorsOf(graph()).find(({ name }) => name === 'Top 3')!
    expect(top.output.map(({ name }) => name)).toEqual(['auction', 'bidder', 'price', '$op'])
    expect(top.spec).not.toHaveProperty('rank')
    expect(operatorsOf(graph())[0]!.output.map(({ name }) => name)).toEqual([
      'auction',
      'bidder',
      'price',
    ])
    const text = env.explain()
    expect(text).toContain('Top 3: the first 3 of each auction by price desc')
    expect(text).not.toContain('the place as')
  })

  it('tells of places and ties', () => {
    const { env, stream } = source()
    const order = { by: [asc('price'), desc('bidder')], rank: 'place', ties: true } as const
    stream.keyBy('auction', 'extra').topN(2, order).toChangelog().print()
    expect(env.explain()).toContain(
      'Top 2: the first 2 of each auction, extra by price, bidder desc, and their equals, the place as place',
    )
  })

  it('runs in one subtask when it is of all rows', () => {
    const { graph, stream } = source(4)
    stream
      .topN(1, { by: [desc('price')] })
      .materialize()
      .print()
    const vertex = graph().vertices.find(({ operators }) => operators[0]!.name === 'Top 1')
    expect(vertex!.parallelism).toBe(1)
  })

  it('refuses what makes no sense, where it is written', () => {
    const { stream } = source()
    const wrong = (n: number, options: object) =>
      refusal(() => stream.keyBy('auction').topN(n, { by: [desc('price')], ...options }))
    expect(wrong(0, {}).message).toContain('a whole number from 1')
    expect(wrong(1, { by: [] }).message).toContain('needs an order')
    expect(wrong(1, { by: [desc('prize')] }).message).toContain("Did you mean 'price'?")
    expect(wrong(1, { rank: 'bidder' }).code).toBe('SCHEMA_MISMATCH')
    const { env } = testEnvironment()
    const lists = env.fromSource(testSource({ k: int32(), tags: list(utf8()) }))
    const order = refusal(() => lists.keyBy('k').topN(1, { by: [desc('tags')] }))
    expect(order.code).toBe('TYPE_MISMATCH')
  })
})
