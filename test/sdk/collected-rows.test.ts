// collect(): who starts the job, back pressure, failure, breaking off. Method: an executor that does what
// the test says stands in for the cluster.
import { describe, expect, it } from 'vitest'
import { DataflowError } from '../../src/base/errors.ts'
import { Schema } from '../../src/columnar/schema.ts'
import type { JobClient, JobResult, JobSubmission } from '../../src/graph/submission.ts'
import { int32, StreamExecutionEnvironment } from '../../src/index.ts'
import { stageRows } from '../../src/sdk/collection.ts'

const SCHEMA = Schema.of({ n: int32() })
const bytesOf = (...numbers: readonly number[]): Promise<Uint8Array> =>
  stageRows(
    numbers.map((n) => ({ n })),
    SCHEMA,
  )()

/** An environment whose jobs do what `work` does with the collector of their only collect(). */
function environment(work: (collect: (bytes: Uint8Array) => Promise<void>) => Promise<void>) {
  const submissions: JobSubmission[] = []
  let cancelled = 0
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    executor: {
      submit(submission): Promise<JobClient> {
        submissions.push(submission)
        const [collect] = submission.collectors.values()
        const result = work(collect!).then(() => ({ name: submission.graph.name }) as JobResult)
        result.catch(() => undefined)
        return Promise.resolve({
          jobId: 'test',
          operators: () => [],
          progress: () => {
            throw new Error('not asked')
          },
          cancel: () => {
            cancelled++
            return Promise.resolve()
          },
          result: () => result,
        })
      },
    },
  })
  return { env, submissions, cancelled: () => cancelled }
}

const numbers = (env: StreamExecutionEnvironment) =>
  env.fromCollection([{ n: 1 }], { schema: { n: int32() } })

describe('collect()', () => {
  it('starts the job when it is iterated, and gives its rows', async () => {
    const { env, submissions } = environment(async (collect) => {
      await collect(await bytesOf(1, 2))
      await collect(await bytesOf(3))
    })
    const rows = numbers(env).collect()
    expect(submissions).toHaveLength(0)
    expect(await Array.fromAsync(rows)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
    expect(submissions).toHaveLength(1)
    expect([...submissions[0]!.blobs.keys()]).toEqual(['collection-0'])
  })

  it('gives the rows of a job that execute() ran', async () => {
    const { env, submissions } = environment(async (collect) => collect(await bytesOf(1)))
    const rows = numbers(env).collect()
    await env.execute('explicit')
    expect(await Array.fromAsync(rows)).toEqual([{ n: 1 }])
    expect(submissions.map(({ graph }) => graph.name)).toEqual(['explicit'])
  })

  it('fails as the job does, after the rows that came before', async () => {
    const failure = new DataflowError('JOB_FAILED', 'it broke')
    const { env } = environment(async (collect) => {
      await collect(await bytesOf(1))
      throw failure
    })
    const seen: unknown[] = []
    const reading = (async () => {
      for await (const row of numbers(env).collect()) seen.push(row)
    })()
    await expect(reading).rejects.toBe(failure)
    expect(seen).toEqual([{ n: 1 }])
  })

  it('cancels the job that it started when the loop is left', async () => {
    const { env, cancelled } = environment(async (collect) => {
      await collect(await bytesOf(1, 2))
      await new Promise(() => {})
    })
    for await (const row of numbers(env).collect()) {
      expect(row).toEqual({ n: 1 })
      break
    }
    expect(cancelled()).toBe(1)
  })

  it('holds the job back while rows wait', async () => {
    const bytes = await bytesOf(...Array.from({ length: 100_000 }, (_, n) => n))
    const many = Math.ceil((8 << 20) / bytes.length) + 2
    let taken = 0
    const { env } = environment(async (collect) => {
      for (let i = 0; i < many; i++) {
        await collect(bytes)
        taken++
      }
    })
    const rows = numbers(env).collect()[Symbol.asyncIterator]()
    await rows.next()
    // The job has had every chance to go on.
    for (let i = 0; i < 50; i++) await Promise.resolve()
    expect(taken).toBeLessThan(many)
    let count = 1
    while ((await rows.next()).done !== true) count++
    expect(count).toBe(many * 100_000)
  })

  it('can be read once', async () => {
    const { env } = environment(async (collect) => collect(await bytesOf(1)))
    const rows = numbers(env).collect()
    await Array.fromAsync(rows)
    await expect(Array.fromAsync(rows)).rejects.toThrowError(/can be read once/)
  })
})
