// What happens to a join in its property tests: batches of one side or the other, watermarks, restarts; and the
// condition of those that have one.
import * as fc from 'fast-check'
import type { Expression } from '../../src/columnar/expression.ts'

const column = (name: string): Expression => ({ kind: 'column', name })

/** v <> w */
export const CONDITION: Expression = {
  kind: 'call',
  function: 'ne',
  arguments: [column('v'), column('w')],
}

export const batchStep = <T>(row: fc.Arbitrary<T>) =>
  fc.record({
    kind: fc.constant('batch' as const),
    side: fc.constantFrom<0 | 1>(0, 1),
    rows: fc.array(row, { maxLength: 8 }),
  })

/** @param most milliseconds that the watermark goes on by */
export const watermarkStep = (most: number) =>
  fc.record({ kind: fc.constant('watermark' as const), by: fc.nat(most) })

export const restoreStep = fc.record({
  kind: fc.constant('restore' as const),
  parallelism: fc.integer({ min: 1, max: 3 }),
  /** How far behind the watermark is that comes first: those who go on have none. */
  back: fc.nat(20),
})
