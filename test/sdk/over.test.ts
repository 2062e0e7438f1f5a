// OVER aggregations as a job writes them: what runs at any parallelism, what is planned, what is refused.
import { describe, expect, it } from 'vitest'
import type { ChainedOperator, JobGraph } from '../../src/graph/job-graph.ts'
import {
  approxCountDistinct,
  collect,
  count,
  countDistinct,
  int32,
  max,
  mean,
  median,
  sum,
  type StreamExecutionEnvironment,
  timestamp,
  topN,
  utf8,
} from '../../src/index.ts'
import { JobHarness, testInput } from '../../src/testing.ts'
import { refusal, testEnvironment, testSource } from './test-environment.ts'

const SALES = { at: timestamp('ms'), seller: int32(), price: int32(), note: utf8() }
const sales = testInput(SALES, { eventTime: 'at', name: 'sales' })

const ROWS = Array.from({ length: 300 }, (_, i) => ({
  at: i * 10 - (i % 4) * 15,
  seller: i % 7,
  price: (i * 37) % 101,
  note: `note ${i}`,
}))

/** The mean of the last `n` prices of each sale's seller, in order of time. */
function means(n: number): string[] {
  const ordered = ROWS.toSorted((a, b) => a.at - b.at)
  return ordered
    .map((one, i) => {
      const last = ordered.slice(0, i + 1).filter(({ seller }) => seller === one.seller)
      const prices = last.slice(-n).map(({ price }) => price)
      return `${one.note} ${prices.reduce((a, b) => a + b, 0) / prices.length}`
    })
    .toSorted()
}

const build = (env: StreamExecutionEnvironment) =>
  env
    .fromSource(sales)
    .keyBy('seller')
    .over({ orderBy: 'time', rows: 10 })
    .aggregate({ average: mean('price') })

describe('over()', () => {
  it.each([1, 2, 4])('gives a row for each row at parallelism %i', async (parallelism) => {
    const options = { parallelism, seed: parallelism, config: { batchRows: 16 } }
    await using job = await JobHarness.start(build, options)
    for (let from = 0; from < ROWS.length; from += 50) {
      await job.push(sales, ROWS.slice(from, from + 50))
      await job.advanceWatermark((from + 49) * 10 - 46)
    }
    await job.finish()
    const text = job.output().map(({ note, average }) => `${note} ${average}`)
    expect(text.toSorted()).toEqual(means(10))
  })

  it('goes on after a crash at another parallelism', async () => {
    const options = { parallelism: 2, seed: 3, config: { batchRows: 16 } }
    await using job = await JobHarness.start(build, options)
    await job.push(sales, ROWS.slice(0, 150))
    await job.advanceWatermark(900)
    const snapshot = await job.snapshot()
    await job.push(sales, ROWS.slice(150))
    await job.advanceWatermark(2_000)
    await job.crash()
    await job.restore(snapshot, { parallelism: 3, seed: 5 })
    await job.finish()
    const text = job.output().map(({ note, average }) => `${note} ${average}`)
    expect(text.toSorted()).toEqual(means(10))
  })

  it('takes rows as they come without event time', async () => {
    const plain = testInput({ k: utf8(), n: int32() }, { name: 'plain' })
    await using job = await JobHarness.start((env) =>
      env
        .fromSource(plain)
        .keyBy('k')
        .over({ rows: 2 })
        .aggregate((r) => ({ two: sum('n'), big: count().where(r.n.gt(1)) })),
    )
    await job.push(plain, [
      { k: 'a', n: 1 },
      { k: 'b', n: 5 },
      { k: 'a', n: 2 },
      { k: 'a', n: 3 },
    ])
    expect(job.output()).toEqual([
      { k: 'a', n: 1, two: 1, big: 0 },
      { k: 'b', n: 5, two: 5, big: 1 },
      { k: 'a', n: 2, two: 3, big: 1 },
      { k: 'a', n: 3, two: 5, big: 2 },
    ])
    await job.finish()
  })
})

describe('over() with aggregates that keep values', () => {
  const RANGE_MS = 400

  /** What each sale's seller sold for in the time before it, and with it. */
  const expected = ROWS.map((one) => {
    const prices = ROWS.toSorted((a, b) => a.at - b.at)
      .filter(({ seller, at }) => seller === one.seller && at <= one.at && at >= one.at - RANGE_MS)
      .map(({ price }) => price)
    const sorted = prices.toSorted((a, b) => a - b)
    const middle = (sorted.length - 1) / 2
    const of = {
      different: new Set(prices).size,
      middle: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2,
      all: sorted,
      top: sorted.toReversed().slice(0, 2),
    }
    return `${one.note} ${JSON.stringify(of)}`
  }).toSorted()

  const textOf = ({ note, different, middle, all, top }: Awaited<ReturnType<typeof run>>[number]) =>
    `${note} ${JSON.stringify({ different, middle, all: all.toSorted((a, b) => a - b), top })}`

  async function run(parallelism: number) {
    const options = { parallelism, seed: parallelism, config: { batchRows: 16 } }
    await using job = await JobHarness.start(
      (env) =>
        env
          .fromSource(sales)
          .keyBy('seller')
          .over({ orderBy: 'time', range: RANGE_MS })
          .aggregate({
            different: countDistinct('price'),
            middle: median('price'),
            all: collect('price', { limit: 100 }),
            top: topN('price', 2),
          }),
      options,
    )
    await job.push(sales, ROWS.slice(0, 150))
    await job.advanceWatermark(900)
    const snapshot = await job.snapshot()
    await job.push(sales, ROWS.slice(150))
    await job.advanceWatermark(1_500)
    await job.crash()
    await job.restore(snapshot, { parallelism: 3, seed: 5 })
    await job.finish()
    return job.output()
  }

  it.each([1, 2, 4])('gives a row for each row at parallelism %i, over a crash', async (n) => {
    expect((await run(n)).map(textOf).toSorted()).toEqual(expected)
  })
})

describe('the plan of over()', () => {
  const operatorsOf = (graph: JobGraph): readonly ChainedOperator[] =>
    graph.vertices.flatMap((vertex) => vertex.operators)

  const bids = () => {
    const { env, graph } = testEnvironment()
    return { env, graph, stream: env.fromSource(testSource(SALES)).assignWatermarks('at') }
  }

  it('leaves out what nobody needs, and tells of it', () => {
    const { env, graph, stream } = bids()
    stream
      .keyBy('seller')
      .over({ orderBy: 'time', range: '1h' })
      .aggregate((r) => ({ top: max('price'), double: sum(r.price.mul(2)) }))
      .select((r) => ({ at: r.at, top: r.top }))
      .print()
    const over = operatorsOf(graph()).find(({ name }) => name === 'Over')!
    expect(over.output.map(({ name }) => name)).toEqual(['at', 'top'])
    expect(operatorsOf(graph())[0]!.output.map(({ name }) => name)).toEqual([
      'at',
      'seller',
      'price',
    ])
    expect(env.explain()).toContain('Over: the last 1h by seller in order of at: max(price) as top')
  })

  it('refuses what makes no sense, where it is written', () => {
    const { stream } = bids()
    const keyed = stream.keyBy('seller')
    const wrong = (options: object) => refusal(() => keyed.over(options))
    expect(wrong({ rows: 0 }).message).toContain('a whole number from 1')
    expect(wrong({ rows: 3, range: '1h' }).message).toContain('give one of both')
    expect(wrong({ range: '1h' }).message).toContain("orderBy: 'time'")
    expect(wrong({ orderBy: 'at' }).message).toContain("orderBy is 'at'")
    expect(wrong({ orderBy: 'time', range: -1 }).message).toContain('less than 0')
    const { env } = testEnvironment()
    const timeless = env.fromSource(testSource(SALES)).keyBy('seller')
    expect(refusal(() => timeless.over({ orderBy: 'time' })).code).toBe('GRAPH_INVALID')
    const updating = keyed.aggregate({ n: count() }).keyBy('n')
    expect(refusal(() => updating.over({ rows: 2 })).message).toContain('takes rows that stay')
    const wide = keyed.over({ rows: 1_001 })
    const sketch = refusal(() => wide.aggregate({ notes: approxCountDistinct('note') }))
    expect(sketch.code).toBe('UNSUPPORTED')
    expect(sketch.message).toContain('countDistinct() does')
    expect(sketch.message).toContain('at most the last 1000 rows')
    const taken = refusal(() => keyed.over({ rows: 2 }).aggregate({ price: max('price') }))
    expect(taken.code).toBe('SCHEMA_MISMATCH')
    expect(taken.message).toContain('a column that stays')
  })
})
