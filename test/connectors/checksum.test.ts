// What rows add up to: the same in any order and in any batches, another for another row.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { checksum } from '../../src/connectors/checksum.ts'
import { float64, nullable, StreamExecutionEnvironment, utf8 } from '../../src/index.ts'

const SCHEMA = { n: nullable(float64()), s: nullable(utf8()) }
type Row = { n: number | null; s: string | null }

async function sumOf(rows: readonly Row[], parallelism: number) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism,
    config: { batchRows: 8 },
  })
  const sink = checksum()
  env.fromCollection(rows, { schema: SCHEMA }).rebalance().sinkTo(sink)
  await env.execute()
  return sink.result()
}

it('does not depend on order or batches, and tells rows apart', async () => {
  const value = fc.oneof(fc.constant(null), fc.string({ maxLength: 3 }))
  const row = fc.record({ n: fc.oneof(fc.constant(null), fc.integer()), s: value })
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), async (rows) => {
      const sum = await sumOf(rows, 1)
      expect(sum.rows).toBe(rows.length)
      expect(await sumOf(rows.toReversed(), 2)).toEqual(sum)
      const other = rows.with(0, { n: 0.5, s: 'another' })
      expect((await sumOf(other, 1)).checksum).not.toBe(sum.checksum)
    }),
    { numRuns: 10 },
  )
})
