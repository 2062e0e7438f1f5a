// The harness that users test their jobs with: rows, watermarks and time by hand, seeds, crash and restore.
import { describe, expect, it } from 'vitest'
import { count, int32, outputTag, sum, timestamp, tumble, utf8 } from '../../src/index.ts'
import { JobHarness, testInput } from '../../src/testing.ts'

const SCHEMA = { time: timestamp('ms'), page: utf8(), n: int32() }

const clicks = testInput(SCHEMA, { eventTime: 'time', name: 'clicks' })

describe('JobHarness', () => {
  it('shows what came out after each push and watermark', async () => {
    await using job = await JobHarness.start((env) =>
      env
        .fromSource(clicks)
        .keyBy('page')
        .window(tumble('1s'))
        .aggregate({ clicks: count(), n: sum('n') }),
    )
    await job.push(clicks, [
      { time: 100, page: 'a', n: 1 },
      { time: 200, page: 'a', n: 2 },
      { time: 1_100, page: 'a', n: 4 },
    ])
    expect(job.output()).toEqual([])
    await job.advanceWatermark(998)
    expect(job.output()).toEqual([])
    await job.advanceWatermark(999)
    expect(job.output().map(({ page, clicks: c, n }) => [page, c, n])).toEqual([['a', 2, 3]])
    const { windowsFired } = await job.finish()
    expect(windowsFired).toBe(2)
    expect(job.output()).toHaveLength(2)
  })

  it('gives several outputs by name, with their types', async () => {
    await using job = await JobHarness.start((env) => {
      const rows = env.fromSource(clicks)
      return { small: rows.where((r) => r.n.lt(5)), big: rows.where((r) => r.n.ge(5)).drop('time') }
    })
    await job.push(clicks, [
      { time: 1, page: 'a', n: 1 },
      { time: 2, page: 'b', n: 9 },
    ])
    expect(job.output('small').map(({ time }) => time)).toEqual([1])
    expect(job.output('big')).toEqual([{ page: 'b', n: 9 }])
    // @ts-expect-error there is no such output
    expect(() => job.output('huge')).toThrow(/no output 'huge' \(outputs: small, big\)/)
  })

  it('runs every order of threads and messages that a seed says, with one answer', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => ({
      time: i * 37,
      page: `p${i % 11}`,
      n: i,
    }))
    const run = async (parallelism: number, seed: number) => {
      await using job = await JobHarness.start(
        (env) =>
          env
            .fromSource(clicks)
            .shuffle()
            .where((r) => r.n.ge(0))
            .keyBy('page')
            .window(tumble('1s'))
            .aggregate({ n: sum('n') }),
        { parallelism, seed, config: { batchRows: 4 } },
      )
      for (let i = 0; i < rows.length; i += 20) {
        await job.push(clicks, rows.slice(i, i + 20))
        await job.advanceWatermark(i * 37)
      }
      await job.finish()
      return job.output()
    }
    const text = (all: readonly object[]) => all.map((row) => JSON.stringify(row))
    const [first, ...others] = await Promise.all([run(3, 1), run(3, 2), run(1, 3), run(3, 1)])
    expect(first!.length).toBeGreaterThan(70)
    for (const other of others) expect(text(other!).sort()).toEqual(text(first!).sort())
    // The same seed gives the same order, too.
    expect(text(others[2]!)).toEqual(text(first!))
  })

  it('fails the call under way with the error of the job', async () => {
    await using job = await JobHarness.start((env) =>
      env.fromSource(clicks).map((row) => {
        if (row.n === 3) throw new Error('three')
        return row
      }),
    )
    await job.push(clicks, [{ time: 1, page: 'a', n: 2 }])
    await expect(job.push(clicks, [{ time: 1, page: 'a', n: 3 }])).rejects.toThrow(/'Map'.*three/)
  })

  it('goes back to a snapshot: its output is cut, and what came after is read again', async () => {
    await using job = await JobHarness.start((env) =>
      env.fromSource(clicks).where((r) => r.n.gt(1)),
    )
    await job.push(clicks, [{ time: 1, page: 'a', n: 2 }])
    const snapshot = await job.snapshot()
    await job.push(clicks, [{ time: 2, page: 'b', n: 3 }])
    await job.crash()
    await expect(job.push(clicks, [])).resolves.toBeUndefined()
    await expect(job.settle()).rejects.toThrow(/has crashed; restore\(\) it/)
    await job.restore(snapshot, { parallelism: 3, seed: 5 })
    await job.push(clicks, [{ time: 3, page: 'c', n: 4 }])
    await job.finish()
    expect(job.output().map(({ n }) => n)).toEqual([2, 3, 4])
  })

  it('brings state back by key, in any number of subtasks, as if nothing had happened', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => ({ time: i * 31, page: `p${i % 13}`, n: i }))
    const started = (parallelism: number, seed: number) =>
      JobHarness.start(
        (env) =>
          env
            .fromSource(clicks)
            .keyBy('page')
            .window(tumble('2s'))
            .aggregate({ n: sum('n') }),
        { parallelism, seed, config: { batchRows: 8 } },
      )
    type Job = Awaited<ReturnType<typeof started>>
    const feed = async (job: Job, from: number, to: number) => {
      for (let i = from; i < to; i += 20) {
        await job.push(clicks, rows.slice(i, i + 20))
        await job.advanceWatermark(i * 31)
      }
    }
    const text = (job: Job) =>
      job
        .output()
        .map((row) => JSON.stringify(row))
        .sort()
    let expected: string[]
    {
      await using whole = await started(2, 1)
      await feed(whole, 0, 300)
      await whole.finish()
      expected = text(whole)
    }
    await using job = await started(2, 1)
    await feed(job, 0, 120)
    const early = await job.snapshot()
    await feed(job, 120, 200)
    const snapshot = await job.snapshot()
    await feed(job, 200, 260)
    await job.restore(snapshot, { parallelism: 3, seed: 9 })
    await job.restore(early, { parallelism: 1 })
    await feed(job, 260, 300)
    await job.finish()
    expect(text(job)).toEqual(expected)
  })

  it('replays in the order of the test: what was late is late again', async () => {
    const late = outputTag('late', SCHEMA)
    await using job = await JobHarness.start(
      (env) => {
        const windows = env.fromSource(clicks).keyBy('page').window(tumble('1s'))
        const counts = windows.sideOutputLateData(late).aggregate({ clicks: count() })
        return { counts, late: counts.getSideOutput(late) }
      },
      { parallelism: 2 },
    )
    const snapshot = await job.snapshot()
    await job.advanceWatermark(3_500)
    await job.push(clicks, [{ time: 4, page: 'a', n: 1 }])
    for (const seed of [1, 2, 3, 4]) {
      await job.restore(snapshot, { parallelism: 3, seed })
      expect(job.output('late')).toEqual([{ time: 4, page: 'a', n: 1 }])
    }
    await job.finish()
    expect(job.output('counts')).toEqual([])
  })

  it('refuses a snapshot with state that the job would lose', async () => {
    let isChanged = false
    await using job = await JobHarness.start((env) => {
      const rows = env.fromSource(clicks)
      const first = isChanged ? rows.where((r) => r.n.gt(0)) : rows
      return first
        .keyBy('page')
        .window(tumble('2s'))
        .aggregate({ n: sum('n') })
    })
    await job.push(clicks, [{ time: 1, page: 'a', n: 2 }])
    const snapshot = await job.snapshot()
    isChanged = true
    await expect(job.restore(snapshot)).rejects.toThrow(/state of operators that the job has not/)
  })

  it('moves processing time through each moment that somebody waits for', async () => {
    await using job = await JobHarness.start((env) => env.fromSource(clicks), {
      processingTimeMs: 1_000,
    })
    await job.advanceProcessingTime(5_000)
    expect(job.processingTimeMs).toBe(5_000)
    await expect(job.advanceProcessingTime(4_999)).rejects.toThrow(/cannot go back/)
  })

  it('comes to rest when a part of the job has ended, and others wait', async () => {
    await using job = await JobHarness.start((env) =>
      env
        .fromCollection([{ page: 'z' }])
        .rebalance()
        .union(
          env
            .fromSource(clicks)
            .select((r) => ({ page: r.page }))
            .rebalance(),
        ),
    )
    expect(job.output()).toEqual([{ page: 'z' }])
    await job.push(clicks, [{ time: 1, page: 'a', n: 1 }])
    expect(job.output()).toHaveLength(2)
  })

  it('says what input a job does not read', async () => {
    const other = testInput(SCHEMA, { name: 'other' })
    await using job = await JobHarness.start((env) => env.fromSource(clicks))
    await expect(job.push(other, [{ time: 1, page: 'a', n: 2 }])).rejects.toThrow(
      /does not read other: use it with env.fromSource/,
    )
  })
})
