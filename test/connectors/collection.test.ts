// Rows that travel with a job, and rows that travel back: both as Arrow IPC that apache-arrow
// reads.
import { RecordBatchStreamReader, tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { float64, nullable, utf8 } from '../../src/columnar/type.ts'
import type { ConnectorEnvironment } from '../../src/connectors/connector.ts'
import { loadConnector } from '../../src/connectors/index.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { newMetrics } from '../../src/operators/operator.ts'
import { type Row, sample } from '../columnar/random-rows.ts'

const kernels = new Kernels()
const nobody: ConnectorEnvironment = {
  blob: () => new Uint8Array(),
  closure: undefined,
  clock: systemClock,
  toClient: () => Promise.resolve(),
}
const world = { kernels, subtaskIndex: 0, parallelism: 1 }

/** What the client gets: one message for each write. */
async function collect(
  schema: Schema,
  batches: readonly (readonly Row[])[],
): Promise<Uint8Array[]> {
  const messages: Uint8Array[] = []
  const environment: ConnectorEnvironment = {
    ...nobody,
    async toClient(bytes) {
      messages.push(bytes)
    },
  }
  const { sink } = await loadConnector('collect')
  const context = { ...world, schema, config: DEFAULT_CONFIG, metrics: newMetrics() }
  const writer = sink!({}, environment).writer(context)
  for (const rows of batches) {
    const mark = kernels.mark()
    const builder = new BatchBuilder(kernels, schema)
    for (const row of rows) builder.append(row)
    await writer.write(builder.finish())
    kernels.reset(mark)
  }
  await writer.finish()
  await writer.close()
  return messages
}

async function readCollection(
  schema: Schema,
  bytes: Uint8Array,
  batchRows = 10,
): Promise<{ rows: Row[]; sizes: number[] }> {
  const { source } = await loadConnector('collection')
  const from = source!({ blob: 'rows-0' }, { ...nobody, blob: () => bytes })
  const config = { ...DEFAULT_CONFIG, batchRows }
  const reader = from.reader({ ...world, schema, config, metrics: newMetrics() })
  const rows: Row[] = []
  const sizes: number[] = []
  for (const split of await from.plan(4)) {
    await reader.open(split)
    for (;;) {
      const mark = kernels.mark()
      const polled = reader.poll()
      if (polled === 'split-ended') break
      if (polled instanceof Promise) throw new Error('bytes in memory need no waiting')
      sizes.push(polled.rowCount)
      rows.push(...new RowReader(kernels, schema).rows(polled))
      kernels.reset(mark)
    }
  }
  await reader.close()
  return { rows, sizes }
}

describe('collect and collection', () => {
  it('give back any rows, in batches of at most batchRows', async () => {
    await fc.assert(
      fc.asyncProperty(sample(undefined, 40), async ({ fields, rows }) => {
        const schema = Schema.of(fields)
        const [message] = await collect(schema, [rows])
        const back = await readCollection(schema, message!)
        expect(back.rows).toEqual(rows)
        expect(Math.max(0, ...back.sizes)).toBeLessThanOrEqual(10)
      }),
      { numRuns: 1_000 },
    )
  })

  it('leave no memory behind, also when a reader stops in the middle', async () => {
    const schema = Schema.of({ s: utf8() })
    const [bytes] = await collect(schema, [Array.from({ length: 100 }, (_, i) => ({ s: `${i}` }))])
    const { source } = await loadConnector('collection')
    const from = source!({ blob: 'rows-0' }, { ...nobody, blob: () => bytes! })
    const before = kernels.exports.allocated()
    const config = { ...DEFAULT_CONFIG, batchRows: 10 }
    const reader = from.reader({ ...world, schema, config, metrics: newMetrics() })
    await reader.open((await from.plan(1))[0]!)
    reader.poll()
    await reader.close()
    expect(kernels.exports.allocated()).toBe(before)
  })
})

describe('collect', () => {
  it('sends each batch as a stream of its own, which apache-arrow reads', async () => {
    const schema = Schema.of({ origin: utf8(), delay: nullable(float64()) })
    const messages = await collect(schema, [
      [{ origin: 'ATL', delay: 1.5 }],
      [
        { origin: 'SEA', delay: null },
        { origin: 'Zürich', delay: 2 },
      ],
    ])
    expect(messages.map((bytes) => tableFromIPC(bytes).toArray().map(String))).toEqual([
      ['{"origin": "ATL", "delay": 1.5}'],
      ['{"origin": "SEA", "delay": null}', '{"origin": "Zürich", "delay": 2}'],
    ])
    expect([...RecordBatchStreamReader.from(messages[1])]).toHaveLength(1)
  })
})

describe('collection', () => {
  it('reads what apache-arrow writes, stream or file, and only the wanted columns', async () => {
    const table = tableFromArrays({
      id: Float64Array.of(1, 2, 3),
      name: ['a', 'b', 'a'],
      other: Int32Array.of(7, 8, 9),
    })
    const schema = Schema.of({ name: nullable(utf8()), id: nullable(float64()) })
    for (const container of ['stream', 'file'] as const) {
      const { rows } = await readCollection(schema, tableToIPC(table, container))
      expect(rows).toEqual([
        { name: 'a', id: 1 },
        { name: 'b', id: 2 },
        { name: 'a', id: 3 },
      ])
    }
  })

  it('refuses bytes that are no Arrow', async () => {
    const schema = Schema.of({ id: float64() })
    const bytes = new TextEncoder().encode('id\n1\n2\n3\n')
    await expect(readCollection(schema, bytes)).rejects.toMatchObject({ code: 'FORMAT_INVALID' })
  })
})
