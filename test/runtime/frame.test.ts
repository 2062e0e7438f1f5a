// Frames round trip for random schemas, rows and selections; a damaged frame is an error, not other rows.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import type { RecordBatch, Selection } from '../../src/columnar/record-batch.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { int64, nullable, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { decodeFrame, encodeFrame } from '../../src/runtime/frame.ts'
import { sample } from '../columnar/random-rows.ts'

const kernels = new Kernels()

function selectionOf(rows: readonly number[]): Selection {
  const ptr = kernels.scratch(rows.length * 4)
  kernels.u32.set(rows, ptr >>> 2)
  return { rows: ptr, length: rows.length }
}

const read = (batch: RecordBatch): unknown[] => new RowReader(kernels, batch.schema).rows(batch)

describe('frame', () => {
  it('holds the rows of a batch, of a selection and of a slice', () => {
    fc.assert(
      fc.property(sample(), fc.infiniteStream(fc.boolean()), ({ fields, rows }, picks) => {
        const mark = kernels.mark()
        const schema = Schema.of(fields)
        const builder = new BatchBuilder(kernels, schema)
        for (const row of rows) builder.append(row)
        const batch = builder.finish()
        const picked = rows.flatMap((_, i) => (picks.next().value === true ? [i] : []))
        const start = Math.min(8, rows.length & ~7)
        const cases: [RecordBatch, readonly unknown[]][] = [
          [batch, rows],
          [batch.withSelection(selectionOf(picked)), picked.map((i) => rows[i])],
          [batch.slice(start, rows.length - start), rows.slice(start)],
        ]
        for (const [input, expected] of cases) {
          const frame = encodeFrame(kernels, input)
          expect(frame.rows).toBe(expected.length)
          // Elsewhere in memory, as after a trip through another slot.
          const copy = kernels.allocate(frame.bytes)
          kernels.u8.copyWithin(copy, frame.ptr, frame.ptr + frame.bytes)
          kernels.u8.fill(0xaa, frame.ptr, frame.ptr + frame.bytes)
          kernels.release(frame.ptr)
          expect(read(decodeFrame(kernels, schema, copy))).toEqual(expected)
          kernels.release(copy)
        }
        kernels.reset(mark)
      }),
      { numRuns: 1_000 },
    )
  })

  it('refuses bytes that are no frame of the schema', () => {
    const schema = Schema.of({ key: utf8(), value: nullable(int64()) })
    const builder = new BatchBuilder(kernels, schema)
    builder.append({ key: 'a', value: 1n })
    const frame = encodeFrame(kernels, builder.finish())
    const wider = Schema.of({ key: utf8(), value: nullable(int64()), more: int64() })
    expect(() => decodeFrame(kernels, wider, frame.ptr)).toThrow(/fewer columns than the schema/)
    kernels.data.setUint32(frame.ptr + 8, 64, true)
    expect(() => decodeFrame(kernels, schema, frame.ptr)).toThrow(/lies outside/)
    kernels.data.setUint32(frame.ptr, 0, true)
    expect(() => decodeFrame(kernels, schema, frame.ptr)).toThrow(/does not start with/)
    kernels.release(frame.ptr)
  })
})
