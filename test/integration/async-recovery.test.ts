// Asynchronous calls in the harness: the test answers them, takes snapshots while some are under way, crashes,
// restores, and moves time; channels that take one batch.
import { describe, expect, it } from 'vitest'
import {
  type DataStream,
  int32,
  type StreamExecutionEnvironment,
  sum,
  timestamp,
  tumble,
} from '../../src/index.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'
import { JobHarness, testInput } from '../../src/testing.ts'

const SCHEMA = { time: timestamp('ms'), key: int32(), n: int32() }
const ROWS = Array.from({ length: 100 }, (_, i) => ({ time: i * 10, key: i % 7, n: i }))

const turns = async (n: number): Promise<void> => {
  for (let i = 0; i < n; i++) await new Promise(setImmediate)
}

describe('asyncMap in the harness', () => {
  const input = testInput(SCHEMA, { eventTime: 'time', name: 'rows' })

  interface OpenCall {
    readonly n: number
    answer(): void
  }

  const job = (calls: OpenCall[], ordered: boolean) => (env: StreamExecutionEnvironment) => {
    const answered: DataStream<typeof SCHEMA> = env.fromSource(input).asyncMap(
      (row) =>
        new Promise((resolve) => {
          calls.push({ n: row.n, answer: () => resolve(row) })
        }),
      { ordered },
    )
    return {
      rows: answered,
      windows: answered
        .keyBy('key')
        .window(tumble('100ms'))
        .aggregate({ total: sum('n') }),
    }
  }

  it('calls again after a crash for what had no answer, with its watermarks in place', async () => {
    const calls: OpenCall[] = []
    await using harness = await JobHarness.start(job(calls, false), { parallelism: 1 })
    await harness.push(input, ROWS.slice(0, 4))
    await harness.advanceWatermark(99)
    calls.splice(2, 1)[0]!.answer()
    await harness.settle()
    expect(harness.output('rows').map(({ n }) => n)).toEqual([2])
    const snapshot = await harness.snapshot()
    await harness.crash()
    calls.length = 0
    await harness.restore(snapshot)
    expect(calls.map(({ n }) => n)).toEqual([0, 1, 3])
    for (const call of calls.splice(0)) call.answer()
    await harness.settle()
    expect(harness.output('rows').map(({ n }) => n)).toEqual([2, 0, 1, 3])
    expect(harness.output('windows').map(({ total }) => total)).toHaveLength(4)
    await harness.finish()
  })

  it.each([true, false])('waits for who reads its results (ordered: %s)', async (ordered) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const random = seededRandom(seed)
      let [open, greatest] = [0, 0]
      await using harness = await JobHarness.start(
        (env) =>
          env
            .fromSource(input)
            .asyncMap(
              async (row) => {
                greatest = Math.max(greatest, ++open)
                await turns(Math.floor(random() * 4))
                open--
                // Many batches, for channels that take one.
                return Array.from({ length: 20 }, (_, i) => ({ ...row, key: i }))
              },
              { capacity: 4, ordered },
            )
            .disableChaining()
            .where((r) => r.n.ge(0))
            .disableChaining(),
        { seed, config: { batchRows: 2, channelCredits: 1 } },
      )
      for (let from = 0; from < 40; from += 10) {
        await harness.push(input, ROWS.slice(from, from + 10))
        await harness.advanceWatermark(ROWS[from]!.time - 1)
      }
      await harness.finish()
      const got = harness.output().map(({ n, key }) => n * 20 + key)
      const expected = Array.from({ length: 800 }, (_, i) => i)
      expect(ordered ? got : got.toSorted((a, b) => a - b)).toEqual(expected)
      expect(greatest).toBe(4)
    }
  })

  it('tries again in the time that the test gives it, also while the job ends', async () => {
    const tries: number[] = []
    await using harness = await JobHarness.start((env) =>
      env
        .fromSource(input)
        .keyBy('key')
        .window(tumble('1s'))
        .aggregate({ total: sum('n') })
        .asyncMap(
          async (row, { attempt }) => {
            tries.push(harness.processingTimeMs)
            if (attempt < 4) throw new Error('not yet')
            return row
          },
          { retry: { attempts: 4, delay: 100, backoff: 3, maxDelay: 500 } },
        ),
    )
    await harness.push(input, ROWS.slice(0, 1))
    const end = harness.finish()
    await harness.advanceProcessingTime(2_000)
    await end
    expect(tries).toEqual([0, 100, 400, 900])
    expect(harness.output()).toHaveLength(1)
  })

  it('takes rows that wait for room into a snapshot, and starts no more calls than before', async () => {
    const answers: (() => void)[] = []
    await using harness = await JobHarness.start(
      (env) =>
        env
          .fromSource(input)
          .rebalance()
          .asyncMap(
            (row) => new Promise<typeof row>((resolve) => answers.push(() => resolve(row))),
            { capacity: 1 },
          ),
      { config: { batchRows: 1, channelCredits: 1 } },
    )
    await harness.push(input, ROWS.slice(0, 10))
    const snapshot = await harness.snapshot()
    expect(answers).toHaveLength(1)
    await harness.push(input, ROWS.slice(10, 12))
    const answerAll = async () => {
      while (answers.length > 0) {
        answers.shift()!()
        await harness.settle()
      }
    }
    for (const parallelism of [1, 2]) {
      await answerAll()
      const got = harness.output().map(({ n }) => n)
      const expected = ROWS.slice(0, 12).map(({ n }) => n)
      expect(parallelism === 1 ? got : got.toSorted((a, b) => a - b)).toEqual(expected)
      await harness.restore(snapshot, { parallelism: 2 })
    }
  })

  it('gives the windows of a job without calls, over crashes at any parallelism', async () => {
    const totals = new Map<string, number>()
    const rows = ROWS.slice(0, 80)
    for (const { time, key, n } of rows) {
      const window = `${Math.floor(time / 100) * 100} ${key}`
      totals.set(window, (totals.get(window) ?? 0) + n)
    }
    const expected = [...totals].map(([window, total]) => `${window} ${total}`).toSorted()
    for (let seed = 1; seed <= 12; seed++) {
      const random = seededRandom(seed)
      const below = (n: number) => Math.floor(random() * n)
      const calls: OpenCall[] = []
      const answerSome = () => {
        for (let i = below(6); i > 0 && calls.length > 0; i--) {
          calls.splice(below(calls.length), 1)[0]!.answer()
        }
      }
      await using harness = await JobHarness.start(job(calls, seed % 2 === 0), {
        parallelism: 1 + below(3),
        seed,
        config: { batchRows: 4 },
      })
      let snapshot = await harness.snapshot()
      for (let from = 0; from < rows.length; from += 8) {
        await harness.push(input, rows.slice(from, from + 8))
        await harness.advanceWatermark(rows[from]!.time)
        answerSome()
        if (below(3) === 0) snapshot = await harness.snapshot()
        if (below(4) === 0) {
          await harness.crash()
          calls.length = 0
          await harness.restore(snapshot, { parallelism: 1 + below(3), seed: seed * 31 + from })
        }
      }
      for (let i = 0; i < 100; i++) {
        for (const call of calls.splice(0)) call.answer()
        await harness.settle()
      }
      await harness.finish()
      const got = harness.output('windows').map((w) => `${w.windowStart} ${w.key} ${w.total}`)
      expect([seed, got.toSorted()]).toEqual([seed, expected])
    }
  }, 60_000)
})
