// Windows of rows in whole jobs, step by step: their state goes with them, and is there again after a crash in
// any number of subtasks; their time is the rows' or the clock's.
import { describe, expect, it } from 'vitest'
import {
  countEvictor,
  countTrigger,
  float64,
  globalWindow,
  int32,
  nullable,
  type ProcessWindowFunction,
  session,
  slide,
  timestamp,
  tumble,
  utf8,
  valueStateDescriptor,
} from '../../src/index.ts'
import { JobHarness, testInput } from '../../src/testing.ts'

const SCHEMA = { time: timestamp('ms'), key: utf8(), n: int32() }
type In = { readonly time: number; readonly key: string; readonly n: number }

const input = testInput(SCHEMA, { eventTime: 'time', name: 'rows' })
const row = (time: number, n: number, key = 'a'): In => ({ time, key, n })
const add = (a: In, b: In): In => ({ ...a, n: a.n + b.n })
const counter = valueStateDescriptor('counter', int32(), { default: 0 })

const sum = {
  createAccumulator: () => ({ sum: 0 }),
  add: ({ n }: In, { sum: before }: { sum: number }) => ({ sum: before + n }),
  getResult: (accumulator: { sum: number }) => accumulator,
  merge: (a: { sum: number }, b: { sum: number }) => ({ sum: a.sum + b.sum }),
}

describe('state of windows', () => {
  it('goes with its window, also when it was restored and nobody had asked for it', async () => {
    const asking: ProcessWindowFunction<string, In, { n: number }> = {
      process(_key, context, rows, out) {
        // Only windows of that row ask for their state.
        if (rows.some(({ n }) => n === 1)) {
          const state = context.windowState(counter)
          state.update(state.value() + 1)
          out.collect({ n: state.value() })
        } else out.collect({ n: 0 })
      },
    }
    await using job = await JobHarness.start((env) =>
      env
        .fromSource(input)
        .keyBy('key')
        .window(tumble(10))
        .trigger(countTrigger(1))
        .process(asking, { n: int32() }),
    )
    await job.push(input, [row(1, 1), row(2, 1)])
    const tablesOf = (snapshot: { operators: ReadonlyMap<string, unknown> }) =>
      JSON.stringify([...snapshot.operators.values()]).match(/state:window:counter/g)?.length ?? 0
    const before = await job.snapshot()
    expect(tablesOf(before)).toBe(1)
    await job.restore(before, { parallelism: 2, seed: 3 })
    // The window of the state goes before anybody asks for it again.
    await job.advanceWatermark(15)
    await job.push(input, [row(21, 1), row(22, 2)])
    expect(job.output().map(({ n }) => n)).toEqual([1, 2, 1, 2])
    await job.advanceWatermark(40)
    const after = await job.snapshot()
    await job.restore(after, { parallelism: 1 })
    await job.push(input, [row(41, 1)])
    expect(job.output().at(-1)).toEqual({ n: 1 })
    await job.advanceWatermark(60)
    expect(tablesOf(await job.snapshot())).toBe(0)
  })

  it('windows of a number of rows leave nothing of keys whose rows are out', async () => {
    await using job = await JobHarness.start(
      (env) => env.fromSource(input).keyBy('key').countWindow(2).reduce(add),
      { config: { stateCompactionKeysMin: 4 } },
    )
    for (let i = 0; i < 100; i++)
      await job.push(input, [row(i, i, `key ${i}`), row(i, i, `key ${i}`)])
    await job.push(input, [row(1, 7, 'key 3')])
    expect(job.output().map(({ n }) => n)).toEqual(Array.from({ length: 100 }, (_, i) => i * 2))
    const snapshot = await job.snapshot()
    const tables = [...snapshot.operators.values()].flat().flatMap((each) => each.tables)
    const windows = tables.find(({ name }) => name === 'windows')
    expect(windows?.parts.length).toBeLessThan(10)
    await job.restore(snapshot, { parallelism: 2 })
    await job.push(input, [row(1, 5, 'key 3')])
    expect(job.output().at(-1)).toMatchObject({ key: 'key 3', n: 12 })
  })

  it('is there again after a crash, in another number of subtasks, at any moment', async () => {
    const rows = Array.from({ length: 120 }, (_, i) =>
      row(i * 3 + ((i * 7) % 5) * 4, i % 11, `key ${(i * 5) % 9}`),
    )
    const build = (parallelism: number, seed: number) =>
      JobHarness.start(
        (env) => {
          const keyed = env.fromSource(input).keyBy('key')
          return {
            sums: keyed.window(slide(40, 15)).reduce(add),
            visits: keyed.window(session({ gap: ({ n }) => 5 + n * 3 })).aggregate(
              sum,
              {
                process(key, { window }, [result], out) {
                  out.collect({ key, start: window.start, end: window.end, n: result!.sum })
                },
              },
              { key: utf8(), start: float64(), end: float64(), n: int32() },
            ),
            lasts: keyed
              .window(globalWindow())
              .trigger(countTrigger(3))
              .evictor(countEvictor(2))
              .reduce(add),
          }
        },
        { parallelism, seed, config: { batchRows: 4 } },
      )
    const feed = async (job: Awaited<ReturnType<typeof build>>, from: number, to: number) => {
      for (let i = from; i < to; i += 12) {
        await job.push(input, rows.slice(i, i + 12))
        await job.advanceWatermark(i * 3 - 20)
      }
    }
    const outputs = (job: Awaited<ReturnType<typeof build>>) =>
      (['sums', 'visits', 'lasts'] as const).map((name) =>
        job
          .output(name)
          .map((each) => JSON.stringify(each))
          .toSorted(),
      )
    await using whole = await build(1, 1)
    await feed(whole, 0, rows.length)
    await whole.finish()
    const want = outputs(whole)
    expect(want.map((each) => each.length > 10)).toEqual([true, true, true])
    await using job = await build(2, 5)
    await feed(job, 0, 60)
    const snapshot = await job.snapshot()
    await feed(job, 60, 84)
    await job.restore(snapshot, { parallelism: 3, seed: 9 })
    await feed(job, 84, rows.length)
    await job.finish()
    expect(outputs(job)).toEqual(want)
  })
})

describe('time of windows', () => {
  it('is the clock where the job says so: a window fires when its end has come', async () => {
    await using job = await JobHarness.start((env) =>
      env
        .fromSource(input)
        .keyBy('key')
        .window(tumble(10, { time: 'processing' }))
        .apply(
          (key, { start, end }, rows, out) => out.collect({ key, start, end, n: rows.length }),
          { key: utf8(), start: float64(), end: float64(), n: int32() },
        ),
    )
    await job.advanceProcessingTime(3)
    await job.push(input, [row(500, 1), row(7, 1)])
    await job.advanceProcessingTime(9)
    expect(job.output()).toEqual([])
    const snapshot = await job.snapshot()
    await job.restore(snapshot, { parallelism: 3 })
    await job.advanceProcessingTime(10)
    expect(job.output()).toEqual([{ key: 'a', start: 0, end: 10, n: 2 }])
    await job.push(input, [row(1, 1)])
    await job.finish()
    expect(job.output().at(-1)).toEqual({ key: 'a', start: 10, end: 20, n: 1 })
  })

  it('is to be there: a row without one, or with one out of range, fails the job and is named', async () => {
    const timed = testInput(
      { time: nullable(timestamp('s')), n: int32() },
      { eventTime: 'time', name: 'timed' },
    )
    const start = () =>
      JobHarness.start((env) =>
        env
          .fromSource(timed)
          .windowAll(tumble(10))
          .reduce((a) => a),
      )
    await using one = await start()
    await expect(one.push(timed, [{ time: null, n: 1 }])).rejects.toThrow(
      /window at row 0 \{"time":null,"n":1\}: the event time is null: such a row is in no window/,
    )
    await using other = await start()
    await expect(other.push(timed, [{ time: 8.7e15, n: 1 }])).rejects.toThrow(
      /the event time is out of range: such a row is in no window; leave it out with where\(\)/,
    )
  })

  it('rows of a number, each so many: the last ones of a key', async () => {
    await using job = await JobHarness.start((env) =>
      env.fromSource(input).keyBy('key').countWindow(3, 2).reduce(add),
    )
    await job.push(
      input,
      [1, 2, 4, 8, 16, 32, 64].map((n) => row(n, n)),
    )
    expect(job.output().map(({ n }) => n)).toEqual([1 + 2, 2 + 4 + 8, 8 + 16 + 32])
  })
})
