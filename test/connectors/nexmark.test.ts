// The source of Nexmark's events, through whole jobs: the same rows at every parallelism, the scalar twin's.
import { describe, expect, it } from 'vitest'
import { nexmark, type NexmarkOptions, StreamExecutionEnvironment } from '../../src/index.ts'
import { JobHarness } from '../../src/testing.ts'
import { eventAt, eventRow, kindOf } from '../kernels/reference/generator.ts'

const OPTIONS: NexmarkOptions = { events: 34_000, tps: 5_000, seed: 42 }
const START_MS = Date.UTC(2026, 0, 1)

type Kind = 'person' | 'auction' | 'bid'

const environment = (parallelism: number) =>
  StreamExecutionEnvironment.getExecutionEnvironment({ parallelism })

async function rowsOf(kind: Kind, parallelism: number, options = OPTIONS): Promise<string[]> {
  const sources = nexmark(options)
  const env = environment(parallelism)
  const texts: string[] = []
  const stream =
    kind === 'person'
      ? env.fromSource(sources.person).collect()
      : kind === 'auction'
        ? env.fromSource(sources.auction).collect()
        : env.fromSource(sources.bid).collect()
  for await (const row of stream) texts.push(JSON.stringify(row))
  return texts
}

/** What the twin says, in the order in which events come. */
function twinRows(kind: Kind, { events, tps = 1, seed = 1, outOfOrder = 1 }: NexmarkOptions) {
  const rules = { seed, tps, baseMs: START_MS }
  return Array.from({ length: events }, (_, i) => eventAt(BigInt(i), BigInt(outOfOrder)))
    .filter((e) => kindOf(e) === kind)
    .map((e) => {
      const row = Object.entries(eventRow(rules, e)).map(([name, value]) => {
        return [name, typeof value === 'string' ? value : Number(value)]
      })
      return JSON.stringify(Object.fromEntries(row))
    })
}

describe('nexmark()', () => {
  it.each(['person', 'auction', 'bid'] as const)('gives the rules its %s rows', async (kind) => {
    const options = { ...OPTIONS, events: 5_000, outOfOrder: 300 }
    expect(await rowsOf(kind, 1, options)).toEqual(twinRows(kind, options))
  })

  it.each(['person', 'auction', 'bid'] as const)(
    'gives the same %s rows at every parallelism',
    async (kind) => {
      const alone = (await rowsOf(kind, 1)).sort()
      expect(alone).toHaveLength(34_000 * { person: 0.02, auction: 0.06, bid: 0.92 }[kind])
      expect((await rowsOf(kind, 2)).sort()).toEqual(alone)
      expect((await rowsOf(kind, 4)).sort()).toEqual(alone)
      // Groups that the events are whole numbers of only change the order.
      const shuffled = await rowsOf(kind, 2, { ...OPTIONS, outOfOrder: 1_000 })
      expect(shuffled).not.toEqual(alone)
      expect(shuffled.sort()).toEqual(alone)
    },
  )

  it.each([1, 3])('paced, gives events when they are due (%d subtasks)', async (parallelism) => {
    const startMs = Date.UTC(2026, 0, 1)
    const { bid } = nexmark({ events: 40_000, tps: 5_000, startMs, outOfOrder: 300, paced: true })
    const job = (env: StreamExecutionEnvironment) =>
      env.fromSource(bid).select((b) => ({ dateTime: b.dateTime }))
    const options = { parallelism, processingTimeMs: startMs - 1_000 }
    await using harness = await JobHarness.start(job, options)
    expect(harness.output()).toEqual([])
    const bidsUntil = (place: number) => place * 0.92
    for (const atMs of [0, 99, 100, 3_250, 7_999]) {
      await harness.advanceProcessingTime(startMs + atMs)
      const places = (Math.floor(atMs / 100) + 1) * 500
      expect(harness.output()).toHaveLength(bidsUntil(places))
    }
    expect(await harness.finish()).toMatchObject({ state: 'finished', rows: bidsUntil(40_000) })
  })

  it('gives other events for another seed', async () => {
    const [first] = await rowsOf('bid', 1)
    const [other] = await rowsOf('bid', 1, { ...OPTIONS, seed: 43 })
    expect(other).not.toBe(first)
  })

  it('makes only the columns that are needed', () => {
    const env = environment(1)
    env
      .fromSource(nexmark(OPTIONS).bid)
      .select((r) => ({ auction: r.auction }))
      .print()
    expect(env.explain()).toMatch(/leaves out bidder, price, channel, url, dateTime, extra/)
  })

  it('has a side input of 10,000 rows', async () => {
    const rows = environment(2).fromSource(nexmark(OPTIONS).sideInput).collect()
    const found = await Array.fromAsync(rows)
    expect(found.map(({ key }) => key)).toEqual(Array.from({ length: 10_000 }, (_, i) => i))
    expect(found.every(({ key, value }) => key === value)).toBe(true)
  })

  it.each([
    [{ events: 0 }, /events is 0; it is a whole number from 1 to/],
    [{ events: 1.5 }, /events is 1.5/],
    [{ events: 10, tps: 0 }, /tps is 0/],
    [{ events: 10, seed: -1 }, /seed is -1/],
    [{ events: 10, outOfOrder: 1906 }, /multiples of 953 give events twice/],
    [{ events: 10, sed: 1 }, /no option 'sed'. Did you mean 'seed'\?/],
  ])('refuses %j', (options, message) => {
    expect(() => nexmark(options as NexmarkOptions)).toThrowError(message)
  })
})
