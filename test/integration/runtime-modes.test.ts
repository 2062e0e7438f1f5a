// Streaming and batch mode give the same: joins of each kind, windows of joins and asynchronous calls, over
// files whose order is not that of their times, and against loops. At parallelism 1, 2 and 4.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  asyncLookup,
  count,
  csv,
  type DataStream,
  type Fields,
  int32,
  type RuntimeMode,
  StreamExecutionEnvironment,
  timestamp,
  tumble,
  utf8,
  WatermarkStrategy,
} from '../../src/index.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'

const ORDER = { id: int32(), at: timestamp('ms'), user: int32() }
const VISIT = { seen: timestamp('ms'), who: int32(), page: int32() }

const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Order {
  readonly id: number
  readonly at: number
  readonly user: number
}

interface Visit {
  readonly seen: number
  readonly who: number
  readonly page: number
}

const random = seededRandom(5)
const below = (n: number): number => Math.floor(random() * n)

/** Parts that lie anywhere in time; within one, rows are at most 200 ms out of order. */
function write<R extends object>(name: string, parts: number, row: (timeMs: number) => R): R[] {
  const all: R[] = []
  for (let part = 0; part < parts; part++) {
    const startMs = below(parts) * 4_000
    const own = Array.from({ length: 80 }, (_, i) => row(startMs + i * 40 + below(200)))
    const lines = own.map((one) => Object.values(one).join())
    const head = Object.keys(own[0]!).join()
    writeFileSync(join(folder, `${name}-${part}.csv`), `${head}\n${lines.join('\n')}\n`)
    all.push(...own)
  }
  return all
}

let ids = 0
const ORDERS = write('orders', 5, (at): Order => ({ id: ids++, at, user: below(25) }))
// A user's visits have different times, so that there is one version at each.
const taken = new Set<string>()
const VISITS = write('visits', 4, (from): Visit => {
  const who = below(30)
  let seen = from
  while (taken.has(`${who} ${seen}`)) seen++
  taken.add(`${who} ${seen}`)
  return { seen, who, page: below(4) }
})

function streams(env: StreamExecutionEnvironment) {
  const orders = WatermarkStrategy.forBoundedOutOfOrderness<typeof ORDER>('at', '300ms')
  const visits = WatermarkStrategy.forBoundedOutOfOrderness<typeof VISIT>('seen', '300ms')
  return {
    orders: env.fromSource(csv(join(folder, 'orders-*.csv'), { schema: ORDER }), orders),
    visits: env.fromSource(csv(join(folder, 'visits-*.csv'), { schema: VISIT }), visits),
  }
}

type Streams = ReturnType<typeof streams>

const on = { user: 'who' } as const
const select = <O, V>(order: { id: O }, visit: { page: V }) => ({ id: order.id, page: visit.page })
const pages = asyncLookup(async ({ number }) => ({ number, name: `page ${number}` }), {
  key: ['number'],
  schema: { number: int32(), name: utf8() },
})

const second = (ms: number): number => Math.floor(ms / 1_000)

/** Each program, and what it gives by loops: pairs of an order and a page. */
const PROGRAMS: Readonly<
  Record<
    string,
    readonly [(s: Streams) => DataStream<Fields>, (order: Order) => readonly (number | null)[]]
  >
> = {
  'a window join': [
    ({ orders, visits }) =>
      orders.windowJoin(visits, { on, window: tumble('1s'), select }) as never,
    ({ user, at }) =>
      VISITS.filter(({ who, seen }) => who === user && second(seen) === second(at)).map(
        ({ page }) => page,
      ),
  ],
  'an outer window join': [
    ({ orders, visits }) =>
      orders.windowJoin(visits, { on, window: tumble('1s'), type: 'left', select }) as never,
    ({ user, at }) => {
      const found = VISITS.filter(({ who, seen }) => who === user && second(seen) === second(at))
      return found.length === 0 ? [null] : found.map(({ page }) => page)
    },
  ],
  'an interval join': [
    ({ orders, visits }) =>
      orders.intervalJoin(visits, { on, between: ['-2s', '500ms'], select }) as never,
    ({ user, at }) =>
      VISITS.filter(({ who, seen }) => who === user && seen >= at - 2_000 && seen <= at + 500).map(
        ({ page }) => page,
      ),
  ],
  'a temporal join': [
    ({ orders, visits }) => orders.temporalJoin(visits, { on, type: 'left', select }) as never,
    ({ user, at }) => {
      const known = VISITS.filter(({ who, seen }) => who === user && seen <= at)
      const [last] = known.toSorted((a, b) => b.seen - a.seen)
      return [last?.page ?? null]
    },
  ],
  'an unbounded join': [
    ({ orders, visits }) => orders.join(visits, { on, select }) as never,
    ({ user }) => VISITS.filter(({ who }) => who === user).map(({ page }) => page),
  ],
  'an outer join, as it is in the end': [
    ({ orders, visits }) =>
      orders.join(visits, { on, type: 'left', select }).materialize() as never,
    ({ user }) => {
      const found = VISITS.filter(({ who }) => who === user)
      return found.length === 0 ? [null] : found.map(({ page }) => page)
    },
  ],
  'a window join of answers': [
    ({ orders, visits }) =>
      orders
        .asyncMap(async (order) => order, { ordered: false })
        .windowJoin(visits.lookupJoin(pages, { on: { page: 'number' }, take: ['name'] }), {
          on,
          window: tumble('1s'),
          select,
        }) as never,
    ({ user, at }) =>
      VISITS.filter(({ who, seen }) => who === user && second(seen) === second(at)).map(
        ({ page }) => page,
      ),
  ],
}

/** A closure that no worker could find again: the job runs on this thread, and starts no others. */
const here = (): boolean => true

async function run(
  program: (s: Streams) => DataStream<Fields>,
  parallelism: number,
  mode: RuntimeMode,
): Promise<string[]> {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism,
    config: { batchRows: 32 },
  }).setRuntimeMode(mode)
  const collected = program(streams(env)).filter(here).collect()
  const client = await env.executeAsync()
  const rows = await Array.fromAsync(collected)
  expect((await client.result()).lateRows).toBe(0)
  return rows.map((row) => `${String(row['id'])} ${String(row['page'])}`).toSorted()
}

describe.each(Object.entries(PROGRAMS))('%s', (_name, [program, matches]) => {
  const expected = ORDERS.flatMap((order) =>
    matches(order).map((page) => `${order.id} ${String(page)}`),
  ).toSorted()

  it.each([1, 2, 4])('gives the same in each mode at %i', async (parallelism) => {
    expect(expected.length).toBeGreaterThan(50)
    for (const mode of ['streaming', 'batch'] as const) {
      expect([mode, await run(program, parallelism, mode)]).toEqual([mode, expected])
    }
  })
})

describe('windows behind a join', () => {
  it.each([1, 2, 4])('are the same in each mode at %i', async (parallelism) => {
    const counted = async (mode: RuntimeMode) => {
      const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism })
      const { orders, visits } = streams(env.setRuntimeMode(mode))
      const windows = orders
        .intervalJoin(visits, { on, between: [0, '1s'] })
        .keyBy('user')
        .window(tumble('5s'))
        .aggregate({ pairs: count() })
        .filter(here)
      const rows = await Array.fromAsync(windows.collect())
      return rows.map((r) => `${String(r.windowStart)} ${r.user} ${r.pairs}`).toSorted()
    }
    const streaming = await counted('streaming')
    expect(streaming.length).toBeGreaterThan(20)
    expect(await counted('batch')).toEqual(streaming)
    expect(await counted('automatic')).toEqual(streaming)
  })
})
