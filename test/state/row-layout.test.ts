// Rows of bytes against the rows that they came from: any types, lists and structs too, and equal bytes for
// equal rows only.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { denseColumns } from '../../src/columnar/dense-columns.ts'
import { RecordBatch } from '../../src/columnar/record-batch.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { RowLayout } from '../../src/state/row-layout.ts'
import { sample } from '../columnar/random-rows.ts'

const kernels = new Kernels()

describe('a row layout', () => {
  it('gives back what it got, from any of its rows', () => {
    fc.assert(
      fc.property(sample(undefined, 12), fc.boolean(), ({ fields, rows }, isSome) => {
        const schema = Schema.of(fields)
        const mark = kernels.mark()
        const builder = new BatchBuilder(kernels, schema)
        // Each row twice: a selection takes the second ones.
        for (const row of rows) builder.append(row)
        for (const row of rows) builder.append(row)
        const whole = builder.finish()
        const n = rows.length
        const numbers = Uint32Array.from({ length: n }, (_, i) => n + i)
        const selection = { rows: kernels.put(new Uint8Array(numbers.buffer)), length: n }
        const batch = isSome ? whole.withSelection(selection) : whole
        const layout = new RowLayout(
          kernels,
          schema.fields.map(({ type }) => type),
        )
        const dense = denseColumns(kernels, batch)
        const columns = schema.fields.map((_, i) => dense(i))
        const { offsets, values } = layout.encode(columns, batch.rowCount)
        const addresses = kernels.scratch(n * 4)
        // They come back in the other order.
        for (let i = 0; i < n; i++) {
          kernels.u32[(addresses >>> 2) + i] = values + kernels.u32[(offsets >>> 2) + n - 1 - i]!
        }
        const back = layout.decode(addresses, 0, n)
        const found = new RowReader(kernels, schema).rows(new RecordBatch(schema, n, back))
        expect(found).toEqual(rows.toReversed())
        if (!isSome) {
          const bytesOf = (i: number): string => {
            const at = (offsets >>> 2) + i
            const length = kernels.u32[at + 1]! - kernels.u32[at]!
            return Buffer.from(kernels.take(values + kernels.u32[at]!, length)).toString('hex')
          }
          rows.forEach((_, i) => expect(bytesOf(i)).toBe(bytesOf(n + i)))
        }
        builder.close()
        kernels.reset(mark)
      }),
      { numRuns: 1_000 },
    )
  })
})
