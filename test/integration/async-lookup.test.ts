// Look-up joins with a table that a function asks, end to end: in the embedded cluster at several
// parallelisms, with a cache, in plans, and what is refused.
import { describe, expect, it } from 'vitest'
import {
  asyncLookup,
  type AsyncLookupFunction,
  int32,
  nullable,
  StreamExecutionEnvironment,
  timestamp,
  utf8,
} from '../../src/index.ts'
import { JobHarness, testInput } from '../../src/testing.ts'

const ORDERS = { time: timestamp('ms'), user: nullable(int32()), item: utf8(), price: int32() }
const USERS = { id: int32(), name: utf8(), city: nullable(utf8()) }

const ROWS = Array.from({ length: 2_000 }, (_, i) => ({
  time: i,
  user: i % 17 === 0 ? null : (i * 7) % 50,
  item: `item ${i % 9}`,
  price: i,
}))

/** Half of the users are known. */
const userOf = (id: number) =>
  id % 2 === 0 ? { id, name: `user ${id}`, city: id % 4 === 0 ? 'Ulm' : null } : undefined

const turns = async (n: number): Promise<void> => {
  for (let i = 0; i < n; i++) await new Promise(setImmediate)
}

const users = asyncLookup(
  async ({ id }) => {
    await turns(id % 3)
    return userOf(id)
  },
  { key: ['id'], schema: USERS, name: 'users' },
)

const environment = (parallelism: number): StreamExecutionEnvironment =>
  StreamExecutionEnvironment.getExecutionEnvironment({ parallelism, config: { batchRows: 64 } })

const ordersOf = (env: StreamExecutionEnvironment) =>
  env.fromCollection(ROWS, { schema: ORDERS }).assignWatermarks('time').rebalance()

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = []
  for await (const row of rows) got.push(row)
  return got
}

describe('a look-up join with a function', () => {
  const found = ({ user }: { user: number | null }) => (user === null ? undefined : userOf(user))
  const expected = ROWS.map((row) => {
    const match = found(row)
    return { ...row, name: match?.name ?? null, town: match?.city ?? null }
  })

  it.each([1, 2, 4])('is a loop with a look-up, at %i', async (p) => {
    const take = { name: 'name', town: 'city' } as const
    for (const cache of [undefined, { maxRows: 20, ttl: '1s' as const }]) {
      const options = { on: { user: 'id' }, take, ordered: false, ...(cache && { cache }) } as const
      const left = await all(ordersOf(environment(p)).lookupJoin(users, options).collect())
      expect(left.toSorted((a, b) => a.time - b.time)).toEqual(expected)
      const inner = await all(
        ordersOf(environment(p))
          .lookupJoin(users, { ...options, join: 'inner' })
          .collect(),
      )
      const matched = expected.filter(({ name }) => name !== null)
      expect(inner.toSorted((a, b) => a.time - b.time)).toEqual(matched)
    }
  })

  it('asks a service with a life of its own, once a key when all fit its cache', async () => {
    const asked: number[] = []
    class Service implements AsyncLookupFunction<
      { id: number },
      NonNullable<ReturnType<typeof userOf>>
    > {
      #isOpen = false
      open(): void {
        this.#isOpen = true
      }

      asyncLookup({ id }: { id: number }) {
        expect(this.#isOpen).toBe(true)
        asked.push(id)
        return Promise.resolve(userOf(id))
      }
    }
    const table = asyncLookup(Service, { key: ['id'], schema: USERS })
    const rows = ordersOf(environment(1)).lookupJoin(table, {
      on: { user: 'id' },
      take: ['name'],
      cache: { maxRows: 1_000 },
    })
    expect((await all(rows.collect())).map(({ name }) => name)).toEqual(
      expected.map(({ name }) => name),
    )
    expect(asked).toHaveLength(50)
  })

  it('reads only what is needed behind it, and says how it asks', () => {
    const env = environment(1)
    ordersOf(env)
      .lookupJoin(users, {
        on: { user: 'id' },
        take: ['name', 'city'],
        cache: { maxRows: 500, ttl: '1m' },
        retry: { attempts: 2 },
      })
      .select((r) => ({ price: r.price, name: r.name }))
      .print()
    const text = String(env.explain())
    expect(text).toMatch(
      /Look up users.*left join on user = id, takes name, cache of 500 rows for 1m, ordered, 2 tries/,
    )
    expect(text).toMatch(/JavaScript.*an asynchronous function of keys/)
    const { operators } = env.compile().graph.vertices.at(-1)!
    const [join] = operators.filter(({ spec }) => spec.kind === 'asyncLookupJoin')
    expect(join!.output.map(({ name }) => name)).toEqual(['user', 'price', 'name'])
  })

  it('asks again after a crash for what had no answer', async () => {
    const input = testInput(ORDERS, { eventTime: 'time', name: 'orders' })
    const open: { readonly id: number; answer(): void }[] = []
    const table = asyncLookup(
      ({ id }) =>
        new Promise<ReturnType<typeof userOf>>((resolve) => {
          open.push({ id, answer: () => resolve(userOf(id)) })
        }),
      { key: ['id'], schema: USERS },
    )
    await using harness = await JobHarness.start((env) =>
      env.fromSource(input).lookupJoin(table, {
        on: { user: 'id' },
        take: ['name'],
        cache: { maxRows: 10 },
      }),
    )
    await harness.push(input, ROWS.slice(0, 4))
    expect(open.map(({ id }) => id)).toEqual([7, 14, 21])
    open[1]!.answer()
    const snapshot = await harness.snapshot()
    await harness.crash()
    open.length = 0
    await harness.restore(snapshot, { parallelism: 2 })
    expect(open.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual([7, 14, 21])
    for (const { answer } of open) answer()
    await harness.settle()
    await harness.finish()
    const names = harness.output().map(({ price, name }) => [price, name])
    expect(names.toSorted()).toEqual([
      [0, null],
      [1, null],
      [2, 'user 14'],
      [3, null],
    ])
  })

  it('is refused where it cannot work', () => {
    const orders = ordersOf(environment(1))
    const on = { user: 'id' } as const
    const refused = (work: () => unknown) => expect(work)
    refused(() => orders.lookupJoin(users, { on: {}, take: ['name'] })).toThrow(/needs on:/)
    refused(() => orders.lookupJoin(users, { on: { item: 'name' }, take: ['name'] })).toThrow(
      /'users' is asked by \(id\), and on: has nothing for 'id'/,
    )
    refused(() =>
      orders.lookupJoin(users, { on: { ...on, item: 'name' }, take: ['name'] }),
    ).toThrow(/asked by \(id\), once each, and not by 'name'/)
    refused(() => orders.lookupJoin(users, { on, take: ['nam' as never] })).toThrow(
      /Did you mean 'name'/,
    )
    refused(() => orders.lookupJoin(users, { on, take: { item: 'name' } as never })).toThrow(
      /has a column 'item' already/,
    )
    refused(() => orders.lookupJoin(users, { on, take: ['name'], cache: { maxRows: 0 } })).toThrow(
      /cache.maxRows is 0/,
    )
    refused(() => asyncLookup(async () => undefined, { key: [], schema: USERS })).toThrow(
      /by a key/,
    )
    refused(() => asyncLookup({} as never, { key: ['id'], schema: USERS })).toThrow(
      /has a method asyncLookup\(\)/,
    )
  })
})
