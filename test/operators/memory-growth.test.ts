// Linear memory that grows leaves views behind that read nothing (V1 in kernels/module.ts). Here it does
// whenever memory is taken, and rows are where they belong all the same.
import { expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import { int32, timestamp } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import type { WindowJoinSpec } from '../../src/operators/join-spec.ts'
import { createWindowJoin } from '../../src/operators/window-join.ts'
import { OperatorHarness } from './operator-harness.ts'

/** Views are of no more use after each call that may take memory. */
class GrowingKernels extends Kernels {
  override allocate(bytes: number): number {
    const ptr = super.allocate(bytes)
    this.exports.memory.grow(0)
    return ptr
  }

  override scratch(bytes: number): number {
    const ptr = super.scratch(bytes)
    this.exports.memory.grow(0)
    return ptr
  }
}

it('deals the rows of a window join out to their windows while memory grows', async () => {
  const kernels = new GrowingKernels()
  const config: WindowJoinSpec = {
    kind: 'windowJoin',
    type: 'inner',
    on: [['k', 'kr']],
    columns: [
      { name: 't', side: 0, column: 't' },
      { name: 'tr', side: 1, column: 'tr' },
    ],
    window: { kind: 'tumbling', sizeMs: 10, offsetMs: 0, time: 'event' },
    time: ['t', 'tr'],
    bounds: ['from', 'to'],
  }
  const options = {
    kernels,
    factory: createWindowJoin,
    config,
    input: [
      Schema.of({ k: int32(), t: timestamp('ms') }),
      Schema.of({ kr: int32(), tr: timestamp('ms') }),
    ],
    output: Schema.of({
      from: timestamp('ms'),
      to: timestamp('ms'),
      t: timestamp('ms'),
      tr: timestamp('ms'),
    }),
  }
  const before = new OperatorHarness(options)
  await before.open()
  const times = [1, 12, 3, 25, 14]
  before.batch(times.map((t) => ({ k: 1, t: new Date(t) })))
  before.batch(
    [2, 13, 37, 24].map((tr) => ({ kr: 1, tr: new Date(tr) })),
    undefined,
    1,
  )
  const restore = [before.snapshot()]
  before.close()
  const harness = new OperatorHarness({ ...options, restore })
  await harness.open()
  const out = harness.watermark(100)
  harness.close()
  const pairs = out.map(({ from, t, tr }) => [from, t, tr].map(Number))
  expect(pairs.toSorted(([, a], [, b]) => a! - b!)).toEqual([
    [0, 1, 2],
    [0, 3, 2],
    [10, 12, 13],
    [10, 14, 13],
    [20, 25, 24],
  ])
})
