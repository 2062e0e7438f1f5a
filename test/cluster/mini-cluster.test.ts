// The embedded cluster from end to end: jobs that finish, fail and are cancelled, on worker threads and
// inline; nothing is left behind.
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { MiniCluster } from '../../src/cluster/mini-cluster.ts'
import { DataflowError, firstCause } from '../../src/base/errors.ts'
import { int32, StreamExecutionEnvironment } from '../../src/index.ts'
import compileCacheJob from './compile-cache-job.ts'
import job from './failing-job.ts'

const MODULE = new URL('./failing-job.ts', import.meta.url).href
const CACHING = new URL('./compile-cache-job.ts', import.meta.url).href

const rows = (count: number): { n: number }[] => Array.from({ length: count }, (_, n) => ({ n }))

function environment(options: object = {}): StreamExecutionEnvironment {
  return StreamExecutionEnvironment.getExecutionEnvironment({ name: 'test', ...options })
}

async function failure(work: Promise<unknown>): Promise<DataflowError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(DataflowError)
  return error as DataflowError
}

/** Handles that keep a process alive: threads and their ports. */
const busyResources = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker')
    .length

describe('embedded cluster', () => {
  it.each([1, 2, 3])(
    'gives every row once through a keyed exchange at parallelism %i',
    async (p) => {
      const env = environment({ parallelism: p, config: { batchRows: 64 } })
      const stream = env
        .fromCollection(rows(10_000), { schema: { n: int32() } })
        .rebalance()
        .where((row) => row.n.mod(2).eq(0))
      const got = await Array.fromAsync(stream.collect())
      expect(got.map((row) => row.n).sort((a, b) => a - b)).toEqual(
        rows(10_000).flatMap(({ n }) => (n % 2 === 0 ? [n] : [])),
      )
    },
  )

  it('fails a job whose kernel refuses a value, with operator, subtask and what to do', async () => {
    const env = environment({ parallelism: 2 })
    const stream = env
      .fromCollection([{ n: '1' }, { n: 'x' }])
      .select((row) => ({ x: row.n.cast(int32()) }))
    const error = await failure(Array.fromAsync(stream.collect()))
    expect(error).toMatchObject({ code: 'CAST_FAILED', context: { subtask: 0 } })
    expect(error.message).toMatch(
      /operator 'Select' .*mini-cluster\.test\.ts:\d+.*'x' is no int32.*tryCast/,
    )
  })

  it('runs closures of a module on worker threads', async () => {
    const env = environment({ parallelism: 2, module: MODULE })
    job(env)
    expect(await env.execute()).toMatchObject({ rows: 100_000, rowObjects: 100_000, rowsOut: 10 })
  })

  it('keeps what Node compiled for its threads, so that they strip no types again', async () => {
    const env = environment({ parallelism: 2, module: CACHING })
    compileCacheJob(env)
    expect((await env.execute()).rowsOut).toBe(2)
  })

  it('says so when a module builds another graph in its slots', async () => {
    const env = environment({ parallelism: 2, module: CACHING })
    job(env)
    const error = await failure(env.execute())
    expect(error.code).toBe('JOB_MODULE_INVALID')
    expect(error.message).toMatch(
      /operator '.*' has no function in the slots: '.*compile-cache-job/,
    )
  })

  it('names operator, subtask, file and first cause of an error in user code, and ends its threads', async () => {
    process.env['FAIL_AT'] = '5000'
    try {
      const before = busyResources()
      const env = environment({ parallelism: 2, module: MODULE })
      job(env)
      const error = await failure(env.execute())
      expect(error.code).toBe('USER_CODE_FAILED')
      expect(error.message).toMatch(/operator 'Map' \(.*failing-job\.ts:\d+\), subtask [01]/)
      const cause = firstCause(error) as Error
      expect(cause.message).toBe('row 5000 is not welcome')
      expect(cause.stack).toContain('failing-job.ts')
      expect(busyResources()).toBeLessThanOrEqual(before)
    } finally {
      delete process.env['FAIL_AT']
    }
  })

  it('cancels by signal, and takes no slot with it', async () => {
    const interrupt = new AbortController()
    const env = environment({ parallelism: 2 })
    const forever = async function* (): AsyncGenerator<{ n: number }> {
      for (let n = 0; ; n++) {
        if (n === 1_000) interrupt.abort(new Error('enough'))
        yield { n }
        if (n % 100 === 0) await Promise.resolve()
      }
    }
    env
      .fromAsyncIterable(forever, { schema: { n: int32() } })
      .where((row) => row.n.lt(0))
      .print()
    const error = await failure(env.execute('endless', { signal: interrupt.signal }))
    expect(error.code).toBe('JOB_CANCELLED')
    expect((firstCause(error) as Error).message).toBe('enough')
  })

  it('ends a thread that does not stop by itself, once the time for it is over', async () => {
    process.env['SPIN_AT'] = '3'
    try {
      const before = busyResources()
      const interrupt = new AbortController()
      const env = environment({
        parallelism: 2,
        module: MODULE,
        config: { cancelTimeoutMs: 200, metricsIntervalMs: 1 },
      })
      job(env)
      const running = await env.executeAsync('spinning', { signal: interrupt.signal })
      const ended = failure(running.result())
      while (running.progress().rows === 0) await turn()
      interrupt.abort()
      expect((await ended).code).toBe('JOB_CANCELLED')
      expect(busyResources()).toBeLessThanOrEqual(before)
    } finally {
      delete process.env['SPIN_AT']
    }
  })

  it('keeps its slots from job to job, and refuses a job that needs more', async () => {
    await using cluster = new MiniCluster({ slots: 2 })
    for (let round = 0; round < 3; round++) {
      const env = environment({ parallelism: 2, executor: cluster })
      const stream = env
        .fromCollection(rows(10))
        .rebalance()
        .where((row) => row.n.gt(4))
      expect(await Array.fromAsync(stream.collect())).toHaveLength(5)
    }
    const env = environment({ parallelism: 3, executor: cluster })
    env
      .fromCollection(rows(10))
      .rebalance()
      .where((row) => row.n.gt(4))
      .setParallelism(3)
      .print()
    const error = await failure(env.execute())
    expect(error.message).toMatch(/needs 3 slots and 2 are free/)
  })
})
