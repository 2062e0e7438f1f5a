// State by window of sessions, which become one another: what functions and triggers merge, and what is refused.
import { describe, expect, it } from 'vitest'
import {
  aggregatingStateDescriptor,
  countTrigger,
  int32,
  listStateDescriptor,
  type ProcessWindowFunction,
  session,
  timestamp,
  type Trigger,
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

describe('a function over sessions', () => {
  it('has the state of sessions that it merges, and that of triggers', async () => {
    const noted = listStateDescriptor('noted', int32())
    const sums = aggregatingStateDescriptor('sums', int32(), {
      createAccumulator: () => 0,
      add: (by: number, before) => before + by,
      getResult: (all) => `${all} so far`,
      merge: (a, b) => a + b,
    })
    await using job = await JobHarness.start((env) =>
      env
        .fromSource(input)
        .keyBy('key')
        .window(session(10))
        .trigger({
          onElement({ n }, _at, _window, context) {
            context.getPartitionedState(sums).add(n)
            return 'FIRE'
          },
          onMerge: (_window, context) => context.mergePartitionedState(sums),
        })
        .process(
          {
            process(_key, context, rows, out) {
              context.windowState(noted).add(rows.at(-1)!.n)
              const all = context.windowState(noted).get().join()
              out.collect({ all, sum: context.windowState(sums).get()! })
            },
            onMerge: (context) => context.mergeWindowState(noted),
          },
          { all: utf8(), sum: utf8() },
        ),
    )
    await job.push(input, [row(1, 1), row(30, 2), row(2, 3)])
    await job.restore(await job.snapshot())
    await job.push(input, [row(12, 4), row(21, 5)])
    expect(job.output().slice(-2)).toEqual([
      { all: '1,3,4', sum: '8 so far' },
      { all: '1,3,4,2,5', sum: '15 so far' },
    ])
  })

  it('of sessions has no state that cannot be merged', async () => {
    const still = aggregatingStateDescriptor('still', int32(), {
      createAccumulator: () => 0,
      add: (by: number, before) => before + by,
      getResult: (all) => all,
    })
    const of = (fn: ProcessWindowFunction<string, In, In>) =>
      JobHarness.start((env) =>
        env.fromSource(input).keyBy('key').window(session(10)).trigger(countTrigger(1)).process(fn),
      )
    await using job = await of({
      process: (_key, context) => context.windowState(still).add(1),
      onMerge: (context) => context.mergeWindowState(still),
    })
    await job.push(input, [row(1, 1), row(15, 1)])
    await expect(job.push(input, [row(8, 1)])).rejects.toThrow(
      /onMerge .*state 'still' is of windows that have become one, and its AggregateFunction has no merge/,
    )
    await using other = await of({
      process: (_key, context) => void context.windowState(counter).value(),
      onMerge: () => undefined,
    })
    await expect(other.push(input, [row(1, 1)])).rejects.toThrow(
      /state 'counter' is of a session.*only list, reducing and aggregating.*of kind value; use global/,
    )
  })

  it('has no state by window in sessions without onMerge, and merges only what can be', async () => {
    const merging: Trigger<In> = {
      onElement: () => 'CONTINUE',
      onMerge: (_window, context) => context.mergePartitionedState(counter as never),
    }
    await using merges = await JobHarness.start((env) =>
      env.fromSource(input).keyBy('key').window(session(10)).trigger(merging).reduce(add),
    )
    await expect(merges.push(input, [row(1, 1), row(5, 1)])).rejects.toThrow(
      /state 'counter' is of kind value: only list, reducing and aggregating states can be merged/,
    )
    await using job = await JobHarness.start((env) =>
      env
        .fromSource(input)
        .keyBy('key')
        .window(session(10))
        .process({ process: (_key, context) => void context.windowState(counter).value() }),
    )
    await job.push(input, [row(1, 1)])
    await expect(job.advanceWatermark(50)).rejects.toThrow(
      /state 'counter' is of a session, and sessions become one another: give the function onMerge/,
    )
  })
})
