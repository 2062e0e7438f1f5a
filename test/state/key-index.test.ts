// Key columns of any types to ids and back, against a Map of rows.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { RecordBatch } from '../../src/columnar/record-batch.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { list, utf8 } from '../../src/columnar/type.ts'
import { NO_GROUP } from '../../src/kernels/group-table.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { KeyIndex } from '../../src/state/key-index.ts'
import { leafType, type Row, sample, type Sample } from '../columnar/random-rows.ts'
import { inArena } from '../kernels/linear-memory.ts'

const kernels = new Kernels()

/** A row as a key: what is equal has equal text. -0 is 0. */
const keyOf = (row: Row): string =>
  JSON.stringify(row, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value === 'number') return Object.is(value, -0) ? '0' : String(value)
    return value instanceof Uint8Array ? `hex ${Buffer.from(value).toString('hex')}` : value
  })

const read = (ptr: number, n: number): number[] => [
  ...new Uint32Array(kernels.take(ptr, n * 4).buffer),
]

function withIndex(of: Sample, run: (index: KeyIndex, batch: RecordBatch) => void): void {
  inArena(kernels, () => {
    const schema = Schema.of(of.fields)
    const index = new KeyIndex(
      kernels,
      schema.fields.map((field) => field.type),
    )
    const builder = new BatchBuilder(kernels, schema)
    for (const row of of.rows) builder.append(row)
    run(index, builder.finish())
    index.close()
  })
}

const rowsBack = (batch: RecordBatch): Row[] =>
  new RowReader(kernels, batch.schema).rows(batch) as Row[]

describe('a key index', () => {
  it('numbers rows by their key, and gives the keys back', () => {
    fc.assert(
      fc.property(sample(leafType, 120), (of) =>
        withIndex(of, (index, batch) => {
          const known = new Map<string, number>()
          const expected = of.rows.map((row) => {
            const key = keyOf(row)
            if (!known.has(key)) known.set(key, known.size)
            return known.get(key)
          })
          const n = batch.length
          expect(read(index.find(batch.columns, n), n)).toEqual(of.rows.map(() => NO_GROUP))
          const ids = index.insert(batch.columns, n)
          expect(read(ids, n)).toEqual(expected)
          expect(index.size).toBe(known.size)
          expect(read(index.find(batch.columns, n), n)).toEqual(expected)
          const columns = index.columns(ids, n)
          const back = rowsBack(new RecordBatch(batch.schema, n, columns)).map(keyOf)
          expect(back).toEqual(of.rows.map(keyOf))
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('without key columns has one key', () => {
    withIndex({ fields: {}, rows: [] }, (index) => {
      expect(read(index.insert([], 3), 3)).toEqual([0, 0, 0])
      expect(index.columns(index.insert([], 3), 3)).toEqual([])
      expect(index.size).toBe(1)
    })
  })

  it('refuses lists', () => {
    expect(() => new KeyIndex(kernels, [list(utf8())])).toThrow(/list<utf8> column cannot be a key/)
  })
})
