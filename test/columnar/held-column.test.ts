// Columns that an operator keeps give back what was appended, over the borders of their chunks and blocks.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { gatherVector } from '../../src/columnar/gather.ts'
import { heldColumn } from '../../src/columnar/held-column.ts'
import { RecordBatch } from '../../src/columnar/record-batch.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { type Fields, utf8 } from '../../src/columnar/type.ts'
import { CHUNK_ROWS } from '../../src/kernels/chunked.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { ALL_LEAVES, rowOf, type Row, sample } from './random-rows.ts'

const kernels = new Kernels()

function selectionOf(rows: readonly number[]): { rows: number; length: number } {
  const ptr = kernels.scratch(rows.length * 4)
  kernels.u32.set(rows, ptr >> 2)
  return { rows: ptr, length: rows.length }
}

/** Keeps rows, part by part as many copies of each, and gives back those that are picked. */
function keptRows(
  fields: Fields,
  parts: readonly { readonly rows: readonly Row[]; readonly copies: number }[],
  picks: readonly number[],
): Row[] {
  const schema = Schema.of(fields)
  const columns = schema.fields.map(({ type }) => heldColumn(kernels, type))
  const mark = kernels.mark()
  for (const { rows, copies } of parts) {
    const builder = new BatchBuilder(kernels, schema)
    for (const row of rows) builder.append(row)
    const batch = builder.finish()
    const repeated = selectionOf(
      Array.from({ length: rows.length * copies }, (_, i) => i % rows.length),
    )
    columns.forEach((column, i) => {
      column.append(gatherVector(kernels, batch.columns[i]!, repeated))
    })
  }
  const picked = selectionOf(picks)
  const gathered = columns.map((column) => column.gather(picked))
  const batch = new RecordBatch(schema, picks.length, gathered)
  const rows = new RowReader(kernels, schema).rows(batch) as Row[]
  kernels.reset(mark)
  for (const column of columns) column.close()
  return rows
}

const allRows = (
  parts: readonly { readonly rows: readonly Row[]; readonly copies: number }[],
): Row[] => parts.flatMap(({ rows, copies }) => Array.from({ length: copies }, () => rows).flat())

describe('a held column', () => {
  it('gives the rows that were appended, for any schema', () => {
    const inputs = fc.tuple(sample(), fc.nat({ max: 4 }), fc.array(fc.nat(), { maxLength: 30 }))
    fc.assert(
      fc.property(inputs, ([{ fields, rows }, cut, numbers]) => {
        const parts = [rows.slice(0, cut), rows.slice(cut)]
          .filter((part) => part.length > 0)
          .map((part) => ({ rows: part, copies: 2 }))
        const whole = allRows(parts)
        const picks = whole.length === 0 ? [] : numbers.map((number) => number % whole.length)
        expect(keptRows(fields, parts, picks)).toEqual(picks.map((pick) => whole[pick]))
      }),
    )
  })

  it('goes on in another chunk, nulls beginning in the middle of one', () => {
    const rows = fc.sample(rowOf(ALL_LEAVES), { numRuns: 40, seed: 7 })
    const withoutNulls = rows.map((row) => ({ ...rows[0], ...withoutNull(row) }))
    const parts = [
      { rows: withoutNulls, copies: 90 },
      { rows, copies: 250 },
      { rows: withoutNulls, copies: 210 },
    ]
    const whole = allRows(parts)
    expect(whole.length).toBeGreaterThan(2 * CHUNK_ROWS)
    const picks = [
      0,
      1,
      CHUNK_ROWS - 1,
      CHUNK_ROWS,
      CHUNK_ROWS + 1,
      2 * CHUNK_ROWS,
      whole.length - 1,
    ]
    for (let i = 0; i < 500; i++) picks.push((i * 7_919) % whole.length)
    expect(keptRows(ALL_LEAVES, parts, picks)).toEqual(picks.map((pick) => whole[pick]))
  })

  it('takes texts that are longer than a block, and such as do not fit into what is left of one', () => {
    const lengths = [0, 70_000, 10, 3_000_000, 60_000, 0, 5, 900_000, 200_000]
    const rows = lengths.map((length, i) => ({ text: String.fromCharCode(97 + i).repeat(length) }))
    const picks = [8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 1]
    const kept = keptRows({ text: utf8() }, [{ rows, copies: 1 }], picks)
    expect(kept).toEqual(picks.map((pick) => rows[pick]))
  })
})

const withoutNull = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
