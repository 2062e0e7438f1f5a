// Functions over windows of rows through the SDK: what is refused when a job is built, what a function may not
// do, what it throws; and plans.
import { describe, expect, it } from 'vitest'
import {
  count,
  countEvictor,
  countTrigger,
  type DataStream,
  deltaTrigger,
  type Fields,
  float64,
  globalWindow,
  int32,
  outputTag,
  type ProcessWindowFunction,
  type RuntimeContext,
  session,
  slide,
  timestamp,
  type Trigger,
  type TriggerResult,
  tumble,
  utf8,
  type ValueState,
  valueStateDescriptor,
  type WindowContext,
  type WindowedStream,
} from '../../src/index.ts'
import { JobHarness, testInput } from '../../src/testing.ts'
import { refusal, testEnvironment, testSource } from './test-environment.ts'

const SCHEMA = { time: timestamp('ms'), key: utf8(), n: int32() }
type In = { readonly time: number; readonly key: string; readonly n: number }

const input = testInput(SCHEMA, { eventTime: 'time', name: 'rows' })
const row = (time: number, n: number, key = 'a'): In => ({ time, key, n })
const add = (a: In, b: In): In => ({ ...a, n: a.n + b.n })
const counter = valueStateDescriptor('counter', int32(), { default: 0 })

type Windows = WindowedStream<typeof SCHEMA, 'key'>

/** A job of windows of 10 ms. */
const started = <F extends Fields>(build: (windows: Windows) => DataStream<F>) =>
  JobHarness.start((env) => build(env.fromSource(input).keyBy('key').window(tumble(10))))

const sum = {
  createAccumulator: () => ({ sum: 0 }),
  add: ({ n }: In, { sum: before }: { sum: number }) => ({ sum: before + n }),
  getResult: (accumulator: { sum: number }) => accumulator,
}

describe('when a job is built', () => {
  const { env } = testEnvironment()
  const stream = env.fromSource(testSource(SCHEMA, 'rows')).assignWatermarks('time')
  const keyed = stream.keyBy('key')
  const sessions = keyed.window(session(10))
  const all = keyed.window(globalWindow())

  it.each<[string, () => unknown, string, RegExp]>([
    [
      'sessions and a trigger that cannot merge',
      () => sessions.trigger(deltaTrigger((a, b) => a.n - b.n, 1)).reduce(add),
      'CONFIG_INVALID',
      /a trigger of sessions has a method onMerge\(\), and this has none/,
    ],
    [
      'sessions and an aggregation that cannot merge',
      () => sessions.aggregate(sum, { sum: float64() }),
      'CONFIG_INVALID',
      /a AggregateFunction has a method merge\(\)/,
    ],
    [
      'an aggregation without columns',
      () => (keyed.window(tumble(10)).aggregate as (fn: unknown) => unknown).call(all, sum),
      'CONFIG_INVALID',
      /needs the columns of its results: aggregate\(fn, \{ total: float64\(\) \}\)/,
    ],
    [
      'a trigger that is a function, over columns',
      () => all.trigger({ onElement: () => 'FIRE' }).aggregate({ rows: count() }),
      'UNSUPPORTED',
      /a trigger that is a function looks at rows, .* use reduce\(\), process\(\)/,
    ],
    [
      'an evictor, over columns',
      () => all.evictor(countEvictor(1)).aggregate({ rows: count() }),
      'UNSUPPORTED',
      /an evictor looks at rows/,
    ],
    [
      'a gap by row, over columns',
      () => keyed.window(session({ gap: ({ n }) => n })).aggregate({ rows: count() }),
      'UNSUPPORTED',
      /a session whose gap is a function looks at rows/,
    ],
    [
      'a gap that is none',
      () => session({ gap: 5 } as never),
      'CONFIG_INVALID',
      /the gap of a session is a function of a row/,
    ],
    [
      'what is no function over windows',
      () => all.process({ processElement: () => undefined } as never),
      'CONFIG_INVALID',
      /a ProcessWindowFunction has a method process\(\), and this has none; give an object/,
    ],
    [
      'what is no trigger',
      () => all.trigger({ onElements: () => 'FIRE' } as never),
      'CONFIG_INVALID',
      /a trigger has a method onElement\(\)/,
    ],
    [
      'windows without event time',
      () => env.fromSource(testSource(SCHEMA)).keyBy('key').window(tumble(10)).reduce(add),
      'GRAPH_INVALID',
      /a window needs event time: call assignWatermarks\('time'/,
    ],
    [
      'an updating stream',
      () =>
        keyed
          .aggregate({ n: count() })
          .windowAll(globalWindow())
          .reduce((a) => a),
      'GRAPH_INVALID',
      /a window takes rows that stay/,
    ],
    [
      'late rows of other columns',
      () =>
        keyed
          .window(tumble(10))
          .sideOutputLateData(outputTag('late', { n: int32() }) as never)
          .reduce(add),
      'SCHEMA_MISMATCH',
      /output tag 'late' has \(n: int32\)/,
    ],
    ['an evictor of no rows', () => countEvictor(0), 'CONFIG_INVALID', /count of an evictor is 0/],
    [
      'a threshold that is none',
      () => deltaTrigger(() => 1, Number.NaN),
      'CONFIG_INVALID',
      /the threshold of a trigger is NaN/,
    ],
  ])('%s: refused', (_, build, code, message) => {
    const error = refusal(build)
    expect(error.message).toMatch(message)
    expect(error.code).toBe(code)
  })

  it('the plan tells of windows, triggers, evictors, and why rows are made', () => {
    const late = outputTag('late', SCHEMA)
    const { env: other } = testEnvironment()
    const rows = other.fromSource(testSource(SCHEMA, 'rows')).assignWatermarks('time')
    rows
      .keyBy('key')
      .window(slide('10s', '2s'))
      .trigger(countTrigger(3))
      .evictor(countEvictor(2))
      .allowedLateness('1m')
      .sideOutputLateData(late)
      .reduce(add, { onError: 'skip' })
      .print()
    const text = other.explain()
    expect(text).toContain(
      'ReduceFunction over sliding 10s every 2s by key, fires each 3 rows, keeps the last 2 rows, ' +
        "1m late allowed, late rows to 'late', rows that it throws at are dropped",
    )
    expect(text).toMatch(/a function of the rows of a window; an object is made for each/)
  })
})

describe('a function over windows', () => {
  it.each<[string, (windows: Windows) => DataStream<Fields>, RegExp]>([
    [
      'reduce() that throws',
      (windows) =>
        windows.reduce(() => {
          throw new Error('no sum')
        }) as never,
      /operator 'Window'.*reduce threw at row 1 \{"time":2,"key":"a","n":2\}: no sum/,
    ],
    [
      'process() that throws',
      (windows) =>
        windows.process({
          process() {
            throw new Error('no rows')
          },
        }) as never,
      /'Window'.*process threw for the window \{"windowStart":0,"windowEnd":10,"key":"a"\}: no rows/,
    ],
    [
      'a trigger that says what nobody knows',
      (windows) =>
        windows.trigger({ onElement: () => 'STOP' as TriggerResult }).reduce(add) as never,
      /onElement threw at row 0 .*: a trigger's onElement\(\) gives one of CONTINUE, FIRE, .* not 'STOP'/,
    ],
    [
      'an evictor that throws',
      (windows) =>
        windows
          .evictor({
            evictBefore() {
              throw new Error('none goes')
            },
          })
          .reduce(add) as never,
      /evictor threw for the window .*: none goes/,
    ],
    [
      'a timer at no time',
      (windows) =>
        windows
          .trigger({
            onElement(_row, _at, _window, context) {
              context.registerEventTimeTimer(Number.NaN)
              return 'CONTINUE'
            },
          })
          .reduce(add) as never,
      /onElement at row 0 .*: a timer's time is NaN/,
    ],
    [
      'a result of other columns',
      (windows) =>
        windows.apply((_key, _window, _rows, out) => out.collect({ n: 'x' } as never)) as never,
      /column 'time'/,
    ],
    [
      'an accumulator that cannot be kept',
      (windows) =>
        windows.aggregate(
          { ...sum, add: () => ({ sum: (() => 1) as unknown as number }) },
          { sum: float64() },
        ) as never,
      /add at row 0 .*state '\$contents': .*function/,
    ],
  ])('%s fails the job, and names operator and record', async (_, build, message) => {
    await using job = await started(build)
    const run = async () => {
      await job.push(input, [row(1, 1), row(2, 2)])
      await job.advanceWatermark(20)
    }
    await expect(run()).rejects.toThrow(message)
  })

  it('drops rows that it throws at, or puts them aside, if the job says so', async () => {
    const failed = outputTag('failed', { n: int32(), error: utf8() })
    const picky = (a: In, b: In): In => {
      if (b.n === 2) throw new Error('not that')
      return add(a, b)
    }
    await using job = await JobHarness.start((env) => {
      const windows = env.fromSource(input).keyBy('key').window(tumble(10))
      const aside = windows.reduce(picky, { onError: failed })
      return {
        skipped: windows.reduce(picky, { onError: 'skip' }),
        aside,
        failed: aside.getSideOutput(failed),
      }
    })
    await job.push(input, [row(1, 1), row(2, 2), row(3, 3)])
    await job.advanceWatermark(20)
    expect(job.output('skipped').map(({ n }) => n)).toEqual([4])
    expect(job.output('aside').map(({ n }) => n)).toEqual([4])
    expect(job.output('failed')).toEqual([{ n: 2, error: 'not that' }])
  })

  it('of a class or a factory is looked at when it is made: sessions want what merges', async () => {
    class Still implements Trigger<In> {
      onElement(): TriggerResult {
        return 'CONTINUE'
      }
    }
    const sessions = (build: (windows: Windows) => DataStream<Fields>) =>
      JobHarness.start((env) => build(env.fromSource(input).keyBy('key').window(session(10))))
    await expect(
      sessions((windows) => windows.trigger(Still).reduce(add) as never),
    ).rejects.toThrow(/the trigger has no method onMerge\(\)/)
    await expect(
      sessions((windows) => windows.aggregate(() => sum, { sum: float64() }) as never),
    ).rejects.toThrow(/the AggregateFunction has no method merge\(\)/)
  })

  it('gives a gap of no time for a row: the job fails and names it', async () => {
    await using job = await JobHarness.start((env) =>
      env
        .fromSource(input)
        .keyBy('key')
        .window(session({ gap: ({ n }) => n }))
        .reduce(add),
    )
    await job.push(input, [row(1, 5)])
    await expect(job.push(input, [row(2, 0)])).rejects.toThrow(
      /gap threw at row 0 \{"time":2.*: a session's gap is a whole number of milliseconds from 1 on/,
    )
  })

  it('is opened before the first row and closed after the last, and may use its state only then', async () => {
    const seen: string[] = []
    let kept: { context: WindowContext; state: ValueState<number, never> } | undefined
    class Told implements ProcessWindowFunction<string, In, In> {
      open({ taskName }: RuntimeContext): void {
        seen.push(`open ${taskName}`)
      }
      process(_key: string, context: WindowContext): void {
        const state = context.windowState(counter)
        state.update(state.value() + 1)
        kept = { context, state }
        seen.push(`process ${state.value()}`)
      }
      clear(context: WindowContext): void {
        seen.push(`clear ${context.windowState(counter).value()}`)
      }
      close(): void {
        seen.push('close')
      }
    }
    await using job = await started((windows) => windows.allowedLateness(10).process(Told))
    await job.push(input, [row(1, 1)])
    await job.advanceWatermark(12)
    await job.push(input, [row(2, 1)])
    expect(() => kept?.context.windowState(counter).value()).toThrow(
      /state 'counter' is used outside of a call for a window/,
    )
    expect(() => kept?.context.window).toThrow(/used outside of the call that it was given to/)
    await job.advanceWatermark(30)
    await job.finish()
    expect(seen).toEqual(['open Window', 'process 1', 'process 2', 'clear 2', 'close'])
    expect(() => kept?.state.value()).toThrow(/state 'counter' is used after close/)
  })
})
