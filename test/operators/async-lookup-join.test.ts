// The look-up join of a function and its cache, against a Map: random keys, answers in any order, time that
// goes on, failures; and the cache by itself against a list.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import { int32, nullable, timestamp, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { createAsyncLookupJoin } from '../../src/operators/async-lookup-join.ts'
import type { AsyncLookupJoinSpec } from '../../src/operators/async-spec.ts'
import { LookupCache } from '../../src/operators/lookup-cache.ts'
import { reportOf } from '../../src/operators/user-metrics.ts'
import { OperatorHarness, type Row } from './operator-harness.ts'

const kernels = new Kernels()

describe('the cache', () => {
  it('is a list of the keys that were used last', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('get' as const), key: fc.nat(5) }),
      fc.record({ kind: fc.constant('put' as const), key: fc.nat(5), rows: fc.nat(3) }),
      fc.record({ kind: fc.constant('time' as const), by: fc.nat(4) }),
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
        fc.array(step, { maxLength: 40 }),
        (maxRows, ttlMs, steps) => {
          const cache = new LookupCache({ maxRows, ...(ttlMs === undefined ? {} : { ttlMs }) })
          // Least used first.
          let list: { key: number; rows: number; atMs: number }[] = []
          const size = () => list.reduce((sum, { rows }) => sum + Math.max(1, rows), 0)
          let nowMs = 0
          for (const each of steps) {
            if (each.kind === 'time') nowMs += each.by
            else if (each.kind === 'put') {
              const { key, rows } = each
              cache.put(
                `${key}`,
                Array.from({ length: rows }, () => ({ key })),
                nowMs,
              )
              list = [...list.filter((entry) => entry.key !== key), { key, rows, atMs: nowMs }]
              while (size() > maxRows) list.shift()
            } else {
              const found = list.find(({ key }) => key === each.key)
              list = list.filter(({ key }) => key !== each.key)
              const isGood = found !== undefined && nowMs < found.atMs + (ttlMs ?? Infinity)
              if (isGood) list.push(found)
              expect(cache.get(`${each.key}`, nowMs)?.length).toBe(isGood ? found.rows : undefined)
            }
            expect(cache.size).toBe(size())
          }
        },
      ),
      { numRuns: 1_000 },
    )
  })
})

const INPUT = Schema.of({ n: int32(), user: nullable(int32()), $eventTime: timestamp('ms') })

const outputOf = (join: 'left' | 'inner') =>
  Schema.of({
    n: int32(),
    user: nullable(int32()),
    $eventTime: timestamp('ms'),
    who: join === 'left' ? nullable(utf8()) : utf8(),
  })

/** Users 0 and 1 are there once, 2 twice, 3 is not. */
const TABLE = new Map([
  [0, [{ id: 0, name: 'Ann' }]],
  [1, [{ id: 1, name: 'Bob' }]],
  [2, ['Cid', 'Dan'].map((name) => ({ id: 2, name }))],
])

interface OpenCall {
  readonly id: number
  settle(isGood: boolean): void
}

const specOf = (
  over: Partial<AsyncLookupJoinSpec> & Pick<AsyncLookupJoinSpec, 'join'>,
): AsyncLookupJoinSpec => ({
  kind: 'asyncLookupJoin',
  closure: true,
  ordered: true,
  on: [['user', 'id']],
  take: [['who', 'name']],
  required: ['id', 'name'],
  timeoutMs: 10,
  onError: { kind: 'fail' },
  ...over,
})

const turn = async (): Promise<void> => {
  for (let i = 0; i < 12; i++) await Promise.resolve()
}

/** An operator whose calls the test settles. */
async function opened(spec: AsyncLookupJoinSpec, ask?: (key: Row) => unknown) {
  const calls: OpenCall[] = []
  const harness = new OperatorHarness<AsyncLookupJoinSpec>({
    kernels,
    factory: createAsyncLookupJoin,
    config: spec,
    input: INPUT,
    output: outputOf(spec.join),
    closure: () => ({
      asyncInvoke:
        ask ??
        ((key: Row) =>
          new Promise((resolve, reject) => {
            const id = key['id'] as number
            expect(Object.keys(key)).toEqual(['id'])
            const answer = TABLE.get(id)
            calls.push({
              id,
              settle: (isGood) => {
                if (!isGood) reject(new Error('busy'))
                else resolve(answer?.length === 1 ? answer[0] : answer)
              },
            })
          })),
    }),
  })
  await harness.open()
  return { calls, harness }
}

type Rows = readonly { readonly n: number; readonly user: number | null }[]

const sent = (rows: Rows) => rows.map((row) => ({ ...row, $eventTime: row.n * 10 }))

const joined = (rows: Rows, join: 'left' | 'inner') =>
  rows.flatMap(({ n, user }) => {
    const found = user === null ? [] : (TABLE.get(user) ?? [])
    const names = found.length === 0 && join === 'left' ? [null] : found.map(({ name }) => name)
    return names.map((who) => [n, user, n * 10, who])
  })

const text = (rows: readonly Row[]) =>
  rows.map(({ n, user, $eventTime, who }) => [n, user, Number($eventTime), who])

describe('a look-up join of a function', () => {
  it('is a join with what the function knows, asked no more than it must be', async () => {
    const step = fc.oneof(
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('rows' as const),
          users: fc.array(fc.option(fc.nat(3), { freq: 5 }), { minLength: 1, maxLength: 6 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('settle' as const),
          which: fc.nat(5),
          isGood: fc.nat(4).map((chance) => chance > 0),
        }),
      },
      fc.record({ kind: fc.constant('time' as const), by: fc.integer({ min: 1, max: 3 }) }),
    )
    const options = fc.record({
      join: fc.constantFrom('left' as const, 'inner' as const),
      ordered: fc.boolean(),
      capacity: fc.integer({ min: 1, max: 5 }),
      cache: fc.option(
        fc.record({ maxRows: fc.integer({ min: 1, max: 5 }), ttlMs: fc.constantFrom(2, 1_000) }),
        { nil: undefined },
      ),
    })
    await fc.assert(
      fc.asyncProperty(options, fc.array(step, { maxLength: 25 }), async (given, steps) => {
        const { cache, ...rest } = given
        const retry = { attempts: 1_000, delayMs: 0, backoff: 1 }
        const spec = { ...rest, retry, timeoutMs: 1_000_000, ...(cache && { cache }) }
        const { calls, harness } = await opened(specOf(spec))
        const rows: { n: number; user: number | null }[] = []
        const out: Row[] = []
        let nowMs = 0
        const settle = async (which: number, isGood: boolean) => {
          const [call] = calls.splice(which % Math.max(1, calls.length), 1)
          call?.settle(isGood)
          await turn()
          out.push(...harness.mail())
        }
        for (const each of steps) {
          if (each.kind === 'time') out.push(...harness.processingTime((nowMs += each.by)))
          else if (each.kind === 'settle') await settle(each.which, each.isGood)
          else if (!harness.isFull) {
            const added = each.users.map((user, i) => ({ n: rows.length + i, user }))
            rows.push(...added)
            out.push(...harness.batch(sent(added)))
          }
          const keys = calls.map(({ id }) => id)
          if (cache !== undefined) expect(new Set(keys).size).toBe(keys.length)
        }
        for (let i = 0; i < 300 && (calls.length > 0 || i < 3); i++) {
          await settle(0, true)
          out.push(...harness.processingTime(++nowMs))
        }
        const order = (a: readonly unknown[], b: readonly unknown[]) =>
          Number(a[0]) - Number(b[0]) || String(a[3]).localeCompare(String(b[3]))
        const got = text(out)
        expect(given.ordered ? got : got.toSorted(order)).toEqual(joined(rows, given.join))
        harness.close()
      }),
      { numRuns: 1_000 },
    )
  }, 60_000)

  it('asks a key once while its answer is kept, and again when its time is over', async () => {
    const asked: unknown[] = []
    const spec = specOf({ join: 'left', cache: { maxRows: 10, ttlMs: 100 } })
    const { harness } = await opened(spec, ({ id }) => {
      asked.push(id)
      return TABLE.get(id as number)
    })
    const rows = [0, 3, 0, 3, 2].map((user, n) => ({ n, user }))
    expect(text(harness.batch(sent(rows)))).toEqual(joined(rows, 'left'))
    expect(asked).toEqual([0, 3, 2])
    harness.processingTime(99)
    harness.batch(sent(rows))
    expect(asked).toHaveLength(3)
    harness.processingTime(100)
    harness.batch(sent(rows))
    expect(asked).toEqual([0, 3, 2, 0, 3, 2])
    expect(reportOf(harness.metrics.user)).toEqual({
      cacheHits: { kind: 'counter', value: 9 },
      cacheMisses: { kind: 'counter', value: 6 },
    })
    harness.close()
  })

  it('asks anew where a call was given up, and keeps an answer that comes too late', async () => {
    const spec = specOf({ join: 'left', cache: { maxRows: 10 }, onError: { kind: 'skip' } })
    const { calls, harness } = await opened(spec)
    harness.batch(sent([{ n: 0, user: 0 }]))
    expect(harness.processingTime(10)).toEqual([])
    harness.batch(sent([{ n: 1, user: 0 }]))
    expect(calls).toHaveLength(2)
    calls[0]!.settle(true)
    await turn()
    // The second still waits for its own, a third need not.
    expect(text(harness.batch(sent([{ n: 2, user: 0 }])))).toEqual([])
    calls[1]!.settle(true)
    await turn()
    expect(text(harness.mail())).toEqual([
      [1, 0, 10, 'Ann'],
      [2, 0, 20, 'Ann'],
    ])
    expect(calls).toHaveLength(2)
    harness.close()
  })

  it('fails with the record for an answer that is no row of the table', async () => {
    for (const [answer, message] of [
      [
        { id: 0 },
        /asyncLookup failed for {"n":0,"user":0}: .*{"id":0} has nothing in column 'name'/,
      ],
      [7, /the row that was found for {"id":0} is 7/],
    ] as const) {
      const { harness } = await opened(specOf({ join: 'left' }), () => answer)
      expect(() => harness.batch(sent([{ n: 0, user: 0 }]))).toThrow(message)
      harness.close()
    }
  })
})
