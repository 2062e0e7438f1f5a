// Asynchronous calls end to end, in the embedded cluster at several parallelisms: order, capacity, retries,
// what fails and how, and what is refused.
import { describe, expect, it } from 'vitest'
import { isDataflowError } from '../../src/base/errors.ts'
import {
  AsyncDataStream,
  type AsyncFunction,
  type AsyncOptions,
  count,
  int32,
  outputTag,
  type RuntimeContext,
  StreamExecutionEnvironment,
  sum,
  timestamp,
  tumble,
  utf8,
} from '../../src/index.ts'

const SCHEMA = { time: timestamp('ms'), key: int32(), n: int32() }
const ROWS = Array.from({ length: 3_000 }, (_, i) => ({ time: i * 10, key: i % 7, n: i }))

const environment = (parallelism: number): StreamExecutionEnvironment =>
  StreamExecutionEnvironment.getExecutionEnvironment({ parallelism, config: { batchRows: 64 } })

const rowsOf = (env: StreamExecutionEnvironment) =>
  env.fromCollection(ROWS, { schema: SCHEMA }).assignWatermarks('time')

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = []
  for await (const row of rows) got.push(row)
  return got
}

const turns = async (n: number): Promise<void> => {
  for (let i = 0; i < n; i++) await new Promise(setImmediate)
}

async function failure(work: () => unknown): Promise<string | undefined> {
  try {
    await work()
  } catch (error) {
    for (let cause = error; cause instanceof Error; cause = cause.cause) {
      if (isDataflowError(cause) && cause.code !== 'JOB_FAILED') {
        return `${cause.code}: ${cause.message}`
      }
    }
  }
  return undefined
}

const byTime = (a: { time: number }, b: { time: number }): number => a.time - b.time

/** Answers after some turns: later rows before earlier ones. */
const slow = async (row: (typeof ROWS)[number]) => {
  await turns((row.n * 7) % 5)
  return { ...row, n: row.n * 2 }
}

describe('asyncMap in the cluster', () => {
  const expected = ROWS.map((row) => ({ ...row, n: row.n * 2 }))

  it.each([1, 2, 4])('keeps the order of each subtask at %i', async (p) => {
    const rows = rowsOf(environment(p))
      .keyBy('key')
      .process({
        processElement(row, _context, out) {
          out.collect(row)
        },
      })
    const got = await all(AsyncDataStream.orderedWait(rows, slow, { capacity: 20 }).collect())
    for (let key = 0; key < 7; key++) {
      const own = ({ key: k }: { key: number }) => k === key
      expect(got.filter(own)).toEqual(expected.filter(own))
    }
  })

  it.each([1, 2, 4])('gives every row once, and no watermark passes one, at %i', async (p) => {
    const rows = AsyncDataStream.unorderedWait(rowsOf(environment(p)), slow, { capacity: 20 })
    expect((await all(rows.collect())).toSorted(byTime)).toEqual(expected)
    const env = environment(p)
    const windows = AsyncDataStream.unorderedWait(rowsOf(env).rebalance(), slow, { capacity: 20 })
      .keyBy('key')
      .window(tumble('1s'))
      .aggregate({ rows: count(), total: sum('n') })
    const collected = windows.collect()
    const client = await env.executeAsync()
    const got = await all(collected)
    expect((await client.result()).lateRows).toBe(0)
    expect(got.reduce((total, row) => total + Number(row.rows), 0)).toBe(3_000)
    expect(got.reduce((total, row) => total + Number(row.total), 0)).toBe(2_999 * 3_000)
  })

  it('has at most its capacity under way', async () => {
    let open = 0
    let greatest = 0
    const rows = rowsOf(environment(1)).asyncMap(
      async (row) => {
        greatest = Math.max(greatest, ++open)
        await turns(1)
        open--
        return row
      },
      { capacity: 7, ordered: false },
    )
    expect(await all(rows.collect())).toHaveLength(3_000)
    expect(greatest).toBe(7)
  })

  it('gives any rows for a row, now or later, of columns of its own', async () => {
    const rows = rowsOf(environment(2)).asyncMap(
      ({ n }) => (n % 3 === 0 ? [] : Promise.resolve([{ m: `${n}` }, { m: `-${n}` }])),
      { schema: { m: utf8() } },
    )
    expect(await all(rows.collect())).toHaveLength(4_000)
  })

  it('runs functions with a life of their own, one a subtask', async () => {
    const lives: string[] = []
    class Service implements AsyncFunction<(typeof ROWS)[number], (typeof ROWS)[number]> {
      calls = 0
      open(context: RuntimeContext): void {
        lives.push(`open ${context.subtaskIndex}`)
        context.metrics.gauge('calls', () => this.calls)
      }

      async asyncInvoke(row: (typeof ROWS)[number]) {
        this.calls++
        return row
      }

      close(): void {
        lives.push(`close ${this.calls > 0}`)
      }
    }
    const rows = rowsOf(environment(2)).rebalance().asyncMap(Service)
    expect(await all(rows.collect())).toHaveLength(3_000)
    expect(lives.toSorted()).toEqual(['close true', 'close true', 'open 0', 'open 1'])
  })

  it('tries again what failed, and sends what fails for good to a side output', async () => {
    const failed = outputTag('failed', { n: int32(), error: utf8() })
    const tries = new Map<number, number>()
    const env = environment(2)
    const rows = rowsOf(env).asyncMap(
      async (row, { attempt }) => {
        tries.set(row.n, attempt)
        if (row.n % 100 === 0) throw new Error('never')
        if (row.n % 10 === 0 && attempt < 3) throw new Error('not yet')
        return row
      },
      {
        retry: { attempts: 3, delay: 1, backoff: 2, retryOn: (e) => String(e).includes('yet') },
        onError: failed,
      },
    )
    const [good, bad] = [rows.collect(), rows.getSideOutput(failed).collect()]
    const client = await env.executeAsync()
    const [kept, lost] = await Promise.all([all(good), all(bad)])
    await client.result()
    expect(kept).toHaveLength(2_970)
    expect(lost).toHaveLength(30)
    expect(lost.every(({ n, error }) => n % 100 === 0 && error === 'never')).toBe(true)
    expect([tries.get(100), tries.get(110), tries.get(111)]).toEqual([1, 3, 1])
  })
})

describe('a call that fails', () => {
  const run = (
    fn: (row: (typeof ROWS)[number]) => Promise<(typeof ROWS)[number]>,
    options: AsyncOptions<typeof SCHEMA, typeof SCHEMA> = {},
  ) => failure(() => all(rowsOf(environment(1)).asyncMap(fn, options).collect()))

  it('fails the job with operator, record and tries', async () => {
    const fail = () => Promise.reject(new Error('no route to host'))
    expect(await run(fail, { retry: { attempts: 2 } })).toMatch(
      /^USER_CODE_FAILED: .*operator 'Async map' \(.*async-io.test.ts:\d+.*\), subtask 0: asyncInvoke failed for {"time":0,"key":0,"n":0} \(tries: 2\): no route to host$/,
    )
  })

  it('by never answering times out', async () => {
    expect(await run(() => new Promise(() => undefined), { timeout: 20 })).toMatch(
      /^CALL_TIMED_OUT: .*operator 'Async map' .*: asyncInvoke had no answer within 20 ms for {"time":0,"key":0,"n":0} \(tries: 1\); give it a longer timeout, or a result by onTimeout$/,
    )
    const signals: AbortSignal[] = []
    const rows = rowsOf(environment(1)).asyncMap(
      (row, { signal }) => {
        signals.push(signal)
        return row.n < 3 ? new Promise<never>(() => undefined) : row
      },
      { timeout: 20, onTimeout: ({ n, ...row }) => ({ ...row, n: -n - 1 }) },
    )
    const got = await all(rows.collect())
    expect(got.slice(0, 4).map(({ n }) => n)).toEqual([-1, -2, -3, 3])
    expect(signals.slice(0, 4).map(({ aborted }) => aborted)).toEqual([true, true, true, false])
  })

  it('by another answer than it said names the record and the column', async () => {
    expect(await run(async (row) => ({ ...row, key: 'one' }) as never)).toMatch(
      /^TYPE_MISMATCH: .*operator 'Async map' .* the answer for {"time":0,"key":0,"n":0}: row 0, column 'key'/,
    )
    expect(await run(async () => undefined as never)).toMatch(/undefined is no row/)
  })

  it('is refused at build time for what can never work', async () => {
    const rows = rowsOf(environment(1))
    const refused = (options: object) => failure(() => rows.asyncMap(async (row) => row, options))
    expect(await refused({ capacity: 0 })).toMatch(/CONFIG_INVALID: capacity is 0; .* 1 or greater/)
    expect(await refused({ timeout: 0 })).toMatch(/CONFIG_INVALID: timeout is 0 ms/)
    expect(await refused({ retry: { attempts: 1.5 } })).toMatch(/retry.attempts is 1.5/)
    expect(await refused({ retry: { attempts: 2, delay: -1 } })).toMatch(/retry.delay is -1 ms/)
    expect(await refused({ retry: { attempts: 2, backoff: 0.5 } })).toMatch(/retry.backoff is 0.5/)
    expect(await failure(() => rows.asyncMap({} as never))).toMatch(/has a method asyncInvoke\(\)/)
    const updating = rows.keyBy('key').aggregate({ rows: count() })
    expect(await failure(() => updating.asyncMap(async (row) => row))).toMatch(/GRAPH_INVALID/)
  })
})

describe('asyncMap in a plan', () => {
  it('says how calls are made, and that JavaScript makes them', () => {
    const env = environment(1)
    rowsOf(env)
      .asyncMap(async (row) => row, {
        capacity: 20,
        timeout: '10s',
        ordered: false,
        retry: { attempts: 3 },
        onError: 'skip',
      })
      .print()
    const text = String(env.explain())
    expect(text).toMatch(
      /Async map.*unordered, at most 20 calls, 10s each, 3 tries, rows that it throws at are/,
    )
    expect(text).toMatch(/JavaScript.*an asynchronous function of rows/)
  })
})
