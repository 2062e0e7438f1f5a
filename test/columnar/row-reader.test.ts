// Rows into a batch and back, for random schemas and rows; what a batch holds is compared with the
// rows that went in. Then what a builder refuses, one by one.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { RecordBatch } from '../../src/columnar/record-batch.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import { Schema } from '../../src/columnar/schema.ts'
import {
  binary,
  type DataType,
  date,
  decimal,
  type Fields,
  float64,
  int16,
  int64,
  list,
  nullable,
  struct,
  timestamp,
  uint64,
  utf8,
} from '../../src/columnar/type.ts'
import { Vector } from '../../src/columnar/vector.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { ALL_LEAVES, rowOf, type Row, sample } from './random-rows.ts'

const kernels = new Kernels()

function build(fields: Fields, rows: readonly unknown[]): RecordBatch {
  const builder = new BatchBuilder(kernels, Schema.of(fields))
  for (const row of rows) builder.append(row)
  return builder.finish()
}

const read = (batch: RecordBatch): Row[] => new RowReader(kernels, batch.schema).rows(batch)

function select(batch: RecordBatch, rows: readonly number[]): RecordBatch {
  const ptr = kernels.scratch(rows.length * 4)
  kernels.u32.set(rows, ptr >> 2)
  return batch.withSelection({ rows: ptr, length: rows.length })
}

/** The same vector with its buffers at odd addresses. */
function misaligned(vector: Vector, bytes: number): Vector {
  const ptr = kernels.scratch(bytes + 1) + 1
  kernels.u8.copyWithin(ptr, vector.values, vector.values + bytes)
  return new Vector({ ...vector.parts(), values: ptr })
}

describe('rows to a batch and back', () => {
  it('gives the same rows, for any schema', () => {
    fc.assert(
      fc.property(sample(), ({ fields, rows }) => {
        const mark = kernels.mark()
        const batch = build(fields, rows)
        expect(batch.length).toBe(rows.length)
        expect(read(batch)).toEqual(rows)
        kernels.reset(mark)
      }),
      { numRuns: 1_000 },
    )
  })

  it('gives a plain object with own properties, whatever the names', () => {
    const fields = { ['__proto__']: int16(), constructor: int16() }
    const [row] = read(build(fields, [{ ['__proto__']: 1, constructor: 2 }]))
    expect(Object.entries(row!)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ])
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
  })

  it('gives the rows of a selection, in its order', () => {
    const rowsOfAll = fc.array(rowOf(ALL_LEAVES), { minLength: 1, maxLength: 30 })
    const picks = fc.array(fc.nat(1000), { maxLength: 20 })
    fc.assert(
      fc.property(rowsOfAll, picks, (rows, numbers) => {
        const mark = kernels.mark()
        const chosen = [...new Set(numbers.map((n) => n % rows.length))].sort((a, b) => a - b)
        const batch = select(build(ALL_LEAVES, rows), chosen)
        expect(read(batch)).toEqual(chosen.map((i) => rows[i]))
        kernels.reset(mark)
      }),
      { numRuns: 1_000 },
    )
  })

  it('counts nulls, has no bitmap without any, and zeroes the bits behind the last row', () => {
    const batch = build({ a: nullable(int16()), b: nullable(int16()) }, [
      { a: 1, b: 1 },
      { a: null, b: 2 },
      { b: 3 },
    ])
    expect(batch.column('a').nullCount).toBe(2)
    expect(kernels.u8[batch.column('a').validity]).toBe(0b001)
    expect(batch.column('b').validity).toBe(0)
  })

  it('reads values at unaligned addresses', () => {
    const batch = build({ a: float64(), b: int64() }, [
      { a: 1.5, b: 1n },
      { a: -2.5, b: -(2n ** 63n) },
    ])
    const columns = batch.columns.map((column) => misaligned(column, 16))
    expect(read(new RecordBatch(batch.schema, 2, columns))).toEqual(read(batch))
  })

  it('reads on when linear memory has grown in between', () => {
    const batch = build({ a: float64(), s: utf8() }, [
      { a: 1, s: 'one' },
      { a: 2, s: 'two' },
    ])
    const reader = new RowReader(kernels, batch.schema)
    reader.bind(batch)
    expect(reader.row(0)).toEqual({ a: 1, s: 'one' })
    kernels.release(kernels.allocate(kernels.memoryBytes))
    expect(reader.row(1)).toEqual({ a: 2, s: 'two' })
    expect(reader.value(1, 0)).toBe('one')
  })

  it('reads long and mixed text: ASCII, other, and bytes that are no UTF-8', () => {
    const rows = Array.from({ length: 300 }, (_, i) => ({
      s: i < 100 ? `ascii ${i}` : i < 200 ? `Zürich € 😀 ${i}` : 'x'.repeat(i * 20),
    }))
    expect(read(build({ s: utf8() }, rows))).toEqual(rows)
    const broken = build({ s: binary() }, [
      { s: Uint8Array.of(0x41, 0xe2) },
      { s: Uint8Array.of(0x82, 0xac) },
      { s: Uint8Array.of(0x42) },
    ])
    const text = new RecordBatch(Schema.of({ s: utf8() }), 3, [broken.columns[0]!.as(utf8())])
    expect(read(text)).toEqual([{ s: 'A\ufffd' }, { s: '\ufffd\ufffd' }, { s: 'B' }])
  })

  it('keeps a batch of its own memory until the next finish(), and gives the block back', () => {
    const before = kernels.exports.allocated()
    const builder = new BatchBuilder(kernels, Schema.of({ s: utf8() }), 'own')
    for (const length of [1, 5000, 3]) {
      for (let i = 0; i < length; i++) builder.append({ s: `value ${i}` })
      const mark = kernels.mark()
      const batch = builder.finish()
      kernels.reset(mark)
      kernels.scratch(100)
      expect(read(batch).at(-1)).toEqual({ s: `value ${length - 1}` })
    }
    builder.close()
    expect(kernels.exports.allocated()).toBe(before)
  })

  it("refuses 64-bit integers that a number cannot hold, in a column read as 'number'", () => {
    const column = build({ id: int64() }, [{ id: 2n ** 53n }]).columns[0]!
    const schema = Schema.of({ id: int64({ as: 'number' }) })
    expect(() => read(new RecordBatch(schema, 1, [column]))).toThrow(
      expect.objectContaining({ code: 'UNSAFE_INTEGER' }),
    )
  })
})

describe('a value that does not fit', () => {
  const refusals: readonly (readonly [DataType, unknown, RegExp])[] = [
    [int16(), 40000, /^row 1, column 'v': 40000 is no int16: it must be from -32768 to 32767/],
    [int16(), 1.5, /1.5 is no int16/],
    [int16(), '7', /'7' is no int16/],
    [int16(), null, /is null, but its type is int16; declare it nullable/],
    [int16(), undefined, /has no value/],
    [float64(), 1n, /1n is no float64/],
    [int64(), 1.5, /1.5 is no int64/],
    [int64(), 2n ** 63n, /9223372036854775808n is no int64: it does not fit 64 bits/],
    [int64(), 2 ** 53, /not exact beyond 2\^53/],
    [uint64(), -1, /-1 is no uint64: it must not be negative/],
    [uint64(), -1n, /does not fit 64 bits/],
    [decimal(5, 2), '1.234', /more than 2 digits after the point/],
    [decimal(5, 2), '1000', /more than 3 digits before the point/],
    [decimal(5, 2), '1e3', /must look like -12.50/],
    [decimal(5, 2), '.', /must look like -12.50/],
    [decimal(5, 2), 12.5, /must be a string such as '12.50'/],
    [date(), new Date('2001-02-03T04:05:06Z'), /it has a time of day/],
    [date(), new Date(Number.NaN), /Invalid Date is no date/],
    [date(), '2001-02-03', /must be a Date/],
    [timestamp('ms'), 0.5, /whole milliseconds/],
    [timestamp('s'), 1500, /whole seconds/],
    [timestamp('us'), '0', /must be a bigint of us, or a Date/],
    [utf8(), 5, /5 is no utf8/],
    [binary(), 'text', /must be a Uint8Array/],
    [list(int16()), { length: 1 }, /must be an array/],
    [list(int16()), [1, 'x'], /^row 1, column 'v\[\]': 'x' is no int16/],
    [
      struct({ a: list(struct({ b: int16() })) }),
      { a: [{ b: null }] },
      /column 'v\.a\[\]\.b': is nu/,
    ],
    [struct({ a: int16() }), 7, /7 is no struct<a: int16>: it must be an object/],
  ]
  it.each(refusals)('%j refuses %s', (type, value, message) => {
    const builder = new BatchBuilder(kernels, Schema.of({ v: type }))
    const good = fc.sample(rowOf({ v: type }), 1)[0]!
    builder.append(good)
    expect(() => builder.append({ v: value })).toThrow(message)
    builder.reset()
    builder.append(good)
    expect(read(builder.finish())).toEqual([good])
  })

  it('beyond 2^53 has its own code', () => {
    expect(() => build({ id: int64() }, [{ id: 2 ** 60 }])).toThrow(
      expect.objectContaining({ code: 'UNSAFE_INTEGER', context: { column: 'id', row: 0 } }),
    )
  })

  it('is a row that is no object', () => {
    expect(() => build({ id: int64() }, [7])).toThrow(/^row 0: 7 is no row; it must be an object/)
  })

  it('a misspelt property is suggested', () => {
    expect(() => build({ price: float64() }, [{ prise: 1 }])).toThrow(/Did you mean 'prise'\?$/)
  })

  it('rows are counted over the batches of one builder', () => {
    const builder = new BatchBuilder(kernels, Schema.of({ id: int16() }))
    builder.append({ id: 1 })
    builder.finish()
    expect(() => builder.append({ id: 'x' })).toThrow(/^row 1,/)
  })
})

describe('what else a builder takes', () => {
  it('a Date for any time, a safe number for a bigint, a short decimal', () => {
    const when = new Date(1500)
    const fields = { a: timestamp('ms'), b: timestamp('us'), c: int64(), d: decimal(9, 2) }
    const [row] = read(build(fields, [{ a: when, b: when, c: -5, d: '+7.5' }]))
    expect(row).toEqual({ a: 1500, b: 1_500_000n, c: -5n, d: '7.50' })
  })

  it('unpaired surrogates as U+FFFD', () => {
    expect(read(build({ s: utf8() }, [{ s: 'a\ud800b' }]))).toEqual([{ s: 'a\ufffdb' }])
  })
})
