// A cluster under a clock of its own: time moves when the test says so, for sources and slots alike.
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { DataflowError } from '../../src/base/errors.ts'
import { MiniCluster } from '../../src/cluster/mini-cluster.ts'
import { int32, StreamExecutionEnvironment } from '../../src/index.ts'
import { setClock } from '../set-clock.ts'

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn()
}

it('runs a job inline, at any parallelism, in the time of its clock', async () => {
  const { clock, set, timers } = setClock()
  await using cluster = new MiniCluster({ clock })
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    executor: cluster,
    parallelism: 2,
  })
  const gate = Promise.withResolvers<void>()
  async function* rows() {
    yield { n: 1 }
    await gate.promise
    yield { n: 2 }
  }
  // A batch waits 10 ms for a second row: in the time of the clock, which stands still.
  const stream = env
    .fromAsyncIterable(rows, { schema: { n: int32() }, flushMs: 10 })
    .rebalance()
    .where((r) => r.n.gt(0))
  const got: number[] = []
  const done = (async () => {
    for await (const { n } of stream.collect()) got.push(n)
  })()
  while (![...timers.values()].includes(10)) await turn()
  set(9)
  await turns(50)
  expect(got).toEqual([])
  set(10)
  while (got.length === 0) await turn()
  expect(got).toEqual([1])
  gate.resolve()
  await done
  expect(got).toEqual([1, 2])
})

it('refuses slots of its own beside a clock', () => {
  const { clock } = setClock()
  expect(() => new MiniCluster({ clock, slots: 2 })).toThrow(DataflowError)
})
