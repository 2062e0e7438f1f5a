// What OVER aggregations keep of values does not grow with the rows that have come: what frames have left is
// let go, whichever way rows come. What they give is compared with a model in over-aggregate.test.ts.
import { expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import { int64, timestamp, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { createOverAggregate } from '../../src/operators/over-aggregate.ts'
import {
  type OverAggregateSpec,
  type OverFrame,
  overSchema,
} from '../../src/operators/over-spec.ts'
import { OperatorHarness } from './operator-harness.ts'

const COLUMNS = Schema.of({ time: timestamp('ms'), key: utf8(), n: int64({ as: 'number' }) })

const ROUNDS = 60
const ROUND_ROWS = 2_000

const FRAMES: readonly (readonly [string, OverFrame, boolean])[] = [
  ['of rows, by arrival', { kind: 'rows', rows: 1_001 }, false],
  ['of rows, by event time', { kind: 'rows', rows: 1_001 }, true],
  ['of time', { kind: 'range', ms: 1_000 }, true],
]

it.each(FRAMES)('lets the rows go that have left frames %s', async (_, frame, byTime) => {
  const kernels = new Kernels()
  const config: OverAggregateSpec = {
    kind: 'overAggregate',
    keys: ['key'],
    ...(byTime ? { time: 'time' } : {}),
    frame,
    aggregates: [{ name: 'different', function: 'countDistinct', column: 'n' }],
    columns: ['key'],
  }
  const harness = new OperatorHarness({
    kernels,
    factory: createOverAggregate,
    config,
    input: COLUMNS,
    output: overSchema(COLUMNS, config),
  })
  await harness.open()
  let most = 0
  for (let round = 0; round < ROUNDS; round++) {
    const first = round * ROUND_ROWS
    const rows = Array.from({ length: ROUND_ROWS }, (__, i) => {
      return { time: new Date(first + i), key: `${i % 8}`, n: i % 5 }
    })
    const out = harness.batch(rows)
    if (byTime) out.push(...harness.watermark(first + ROUND_ROWS - 1))
    expect(out).toHaveLength(ROUND_ROWS)
    const allocated = kernels.exports.allocated()
    // Half of the rounds: what grows with them all is twice as much in the end.
    if (round < ROUNDS / 2) most = Math.max(most, allocated)
    else expect(allocated).toBeLessThanOrEqual(most)
  }
  harness.close()
})
