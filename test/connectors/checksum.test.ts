// What rows add up to: the same in any order and in any batches, another for another row.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { checksum, checksumConnector } from '../../src/connectors/checksum.ts'
import { float64, nullable, StreamExecutionEnvironment, utf8 } from '../../src/index.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { newMetrics } from '../../src/operators/operator.ts'

const SCHEMA = { n: nullable(float64()), s: nullable(utf8()) }
type Row = { n: number | null; s: string | null }

const kernels = new Kernels()

/** What several writers make of their batches, each of the rows that a selection has. */
async function sumOf(writers: readonly (readonly (readonly Row[])[])[]) {
  const sink = checksum()
  const schema = Schema.of(SCHEMA)
  const { writer } = checksumConnector.sink!(
    {},
    {
      blob: () => new Uint8Array(),
      closure: undefined,
      clock: systemClock,
      toClient: async (bytes) => void (await sink.client!.take(bytes)),
    },
  )
  for (const [subtaskIndex, batches] of writers.entries()) {
    const mark = kernels.mark()
    const each = writer({
      kernels,
      schema,
      config: DEFAULT_CONFIG,
      metrics: newMetrics(),
      subtaskIndex,
      parallelism: writers.length,
    })
    const builder = new BatchBuilder(kernels, schema)
    for (const rows of batches) {
      for (const row of rows) builder.append(row)
      await each.write(builder.finish())
    }
    await each.finish()
    await each.close()
    builder.close()
    kernels.reset(mark)
  }
  return sink.result()
}

const value = fc.oneof(fc.constant(null), fc.string({ maxLength: 3 }))
const row = fc.record({ n: fc.oneof(fc.constant(null), fc.integer()), s: value })

it('does not depend on order or batches, and tells rows apart', async () => {
  const rowsOf = fc.array(row, { minLength: 1, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(rowsOf, fc.nat(40), fc.nat(40), async (rows, cut, turn) => {
      const sum = await sumOf([[rows]])
      expect(sum.rows).toBe(rows.length)
      const turned = [...rows.slice(turn), ...rows.slice(0, turn)].toReversed()
      const [head, tail] = [turned.slice(0, cut), turned.slice(cut)]
      expect(await sumOf([[head, tail]])).toEqual(sum)
      expect(await sumOf([[tail, []], [head]])).toEqual(sum)
      const other = rows.with(0, { n: 0.5, s: 'another' })
      expect((await sumOf([[other]])).checksum).not.toBe(sum.checksum)
    }),
  )
})

it('of a whole job is that of its rows, at any parallelism', async () => {
  const rows = fc.sample(row, { numRuns: 40, seed: 1 })
  for (const parallelism of [1, 2]) {
    const env = StreamExecutionEnvironment.getExecutionEnvironment({
      parallelism,
      config: { batchRows: 8 },
    })
    const sink = checksum()
    env.fromCollection(rows, { schema: SCHEMA }).rebalance().sinkTo(sink)
    await env.execute()
    expect(sink.result()).toEqual(await sumOf([[rows]]))
  }
})
