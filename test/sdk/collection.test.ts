// Collections: rows to Arrow bytes and back, every type, and what is refused. Method: random rows of
// random schemas go through the bytes; apache-arrow reads them too.
import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import {
  bool,
  type Fields,
  date,
  decimal,
  duration,
  float32,
  float64,
  int16,
  int32,
  int64,
  int8,
  list,
  nullable,
  struct,
  timestamp,
  uint16,
  uint32,
  uint64,
  uint8,
  utf8,
  binary,
} from '../../src/columnar/type.ts'
import { inferSchema, ipcOfTable, rowsOfIpc, stageRows } from '../../src/sdk/collection.ts'
import { testEnvironment } from './test-environment.ts'

async function roundTrip(rows: readonly unknown[], schema: Schema): Promise<unknown[]> {
  const bytes = await stageRows(rows, schema)()
  const batches = await Array.fromAsync(rowsOfIpc<Fields>(bytes, schema))
  return batches.flat()
}

const FIELDS = {
  bool: nullable(bool()),
  i8: int8(),
  i16: int16(),
  i32: nullable(int32()),
  i64: int64(),
  i64n: int64({ as: 'number' }),
  u8: uint8(),
  u16: uint16(),
  u32: uint32(),
  u64: nullable(uint64()),
  f32: float32(),
  f64: nullable(float64()),
  small: decimal(18, 2),
  large: nullable(decimal(38, 4)),
  text: nullable(utf8()),
  bytes: binary(),
  day: nullable(date()),
  s: timestamp('s'),
  ms: nullable(timestamp('ms')),
  us: timestamp('us'),
  ns: nullable(timestamp('ns')),
  span: duration('ms'),
  tags: nullable(list(nullable(utf8()))),
  place: struct({ name: utf8(), at: list(float64()) }),
}

const ms = fc.integer({ min: -(10 ** 12), max: 10 ** 12 })
const or = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(values, { nil: null })
const decimalText = (digits: number, scale: number): fc.Arbitrary<string> =>
  fc
    .bigInt({ min: -(10n ** BigInt(digits)) + 1n, max: 10n ** BigInt(digits) - 1n })
    .map((units) => {
      const text = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
      return `${units < 0n ? '-' : ''}${text.slice(0, -scale)}.${text.slice(-scale)}`
    })

const row = fc.record({
  bool: or(fc.boolean()),
  i8: fc.integer({ min: -128, max: 127 }),
  i16: fc.integer({ min: -32_768, max: 32_767 }),
  i32: or(fc.integer()),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  i64n: fc.maxSafeInteger(),
  u8: fc.nat(255),
  u16: fc.nat(65_535),
  u32: fc.nat(2 ** 32 - 1),
  u64: or(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  f32: fc.float({ noNaN: true }).map(Math.fround),
  f64: or(fc.double({ noNaN: true })),
  small: decimalText(18, 2),
  large: or(decimalText(38, 4)),
  text: or(fc.string({ unit: 'grapheme' })),
  bytes: fc.uint8Array().map((bytes) => Uint8Array.from(bytes)),
  day: or(fc.integer({ min: -100_000, max: 100_000 }).map((days) => new Date(days * 86_400_000))),
  s: fc.integer({ min: -(10 ** 9), max: 10 ** 9 }).map((seconds) => seconds * 1_000),
  ms: or(ms),
  us: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
  ns: or(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n })),
  span: ms,
  tags: or(fc.array(or(fc.string()))),
  place: fc.record(
    { name: fc.string(), at: fc.array(fc.double({ noNaN: true })) },
    { noNullPrototype: true },
  ),
})

describe('a collection', () => {
  it('of any type comes back as it was', async () => {
    const schema = Schema.of(FIELDS)
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), async (rows) => {
        expect(await roundTrip(rows, schema)).toEqual(rows)
      }),
      { numRuns: 200 },
    )
  })

  it('of more rows than a batch holds comes back as it was', async () => {
    const rows = Array.from({ length: 40_000 }, (_, i) => ({
      n: i,
      s: i % 3 === 0 ? null : `${i}`,
    }))
    const schema = Schema.of({ n: int32(), s: nullable(utf8()) })
    const bytes = await stageRows(rows, schema)()
    expect(tableFromIPC(bytes).batches.map((batch) => batch.numRows)).toEqual([
      16_384, 16_384, 7_232,
    ])
    expect(await roundTrip(rows, schema)).toEqual(rows)
  })

  it('is what apache-arrow reads', async () => {
    const rows = [{ n: 1n, price: '12.50', at: 1_000, day: new Date(86_400_000) }]
    const schema = Schema.of({
      n: int64(),
      price: decimal(10, 2),
      at: timestamp('ms'),
      day: date(),
    })
    const table = tableFromIPC(await stageRows(rows, schema)())
    expect(table.schema.fields.map((field) => String(field.type))).toEqual([
      'Int64',
      'Decimal[10e+2]',
      'Timestamp<MILLISECOND>',
      'Date32<DAY>',
    ])
    expect(table.get(0)!['n']).toBe(1n)
    expect(table.get(0)!['at']).toBe(1_000)
  })

  it.each<[string, Fields, object, RegExp]>([
    ['text for a number', { n: int32() }, { n: 'a' }, /row 1, column 'n': 'a' is no int32/],
    ['a fraction for an integer', { n: int32() }, { n: 1.5 }, /row 1, column 'n': 1.5/],
    ['an integer too large', { n: int8() }, { n: 128 }, /from -128 to 127/],
    ['null where it may not be', { n: int32() }, { n: null }, /row 1, column 'n'/],
    ['a misspelt column', { name: utf8() }, { nmae: 'a' }, /Did you mean 'nmae'\?/],
    ['an unsafe number', { n: int64() }, { n: 2 ** 60 }, /beyond 2\^53; use a bigint/],
    ['a time of day for a date', { d: date() }, { d: new Date(1) }, /a date is midnight UTC/],
    ['a decimal with too many digits', { d: decimal(4, 2) }, { d: '1.234' }, /more than 2 digits/],
    ['a row that is none', { n: int32() }, 'x' as never, /is no row/],
  ])('with %s is refused, with row and column', (_, fields, bad, message) => {
    const good = Object.fromEntries(
      Object.entries(fields).map(([name, { kind }]) => [
        name,
        { utf8: 'a', date: new Date(0), decimal: '1.20' }[kind as string] ?? 1,
      ]),
    )
    expect(() => stageRows([good, bad], Schema.of(fields))).toThrowError(message)
  })
})

describe('the schema of plain rows', () => {
  it('is inferred by their values', () => {
    const rows = [
      { n: 1, b: 2n, s: 'x', t: true, d: new Date(0), maybe: null },
      { n: 1.5, b: 3n, s: 'y', t: false, d: new Date(1), maybe: 'z', late: 1 },
    ]
    expect(inferSchema(rows).toString()).toBe(
      'n: float64, b: int64, s: utf8, t: bool, d: timestamp[ms], maybe: utf8?, late: float64?',
    )
  })

  it.each<[string, readonly object[], RegExp]>([
    ['no rows', [], /there are no rows to tell the columns from/],
    ['only nulls', [{ a: null }], /column 'a' is null in every row/],
    [
      'two types',
      [{ a: 1 }, { a: 'x' }],
      /row 1, column 'a': no column type for string after float64/,
    ],
    ['an array', [{ a: [1] }], /no column type for an array; declare it/],
  ])('cannot be told of %s', (_, rows, message) => {
    expect(() => inferSchema(rows)).toThrowError(message)
  })
})

describe('an Arrow table', () => {
  it('gives its columns and its rows, dictionaries decoded', async () => {
    const table = tableFromArrays({ x: Float64Array.of(1, 2), s: ['a', 'b'] })
    const { env } = testEnvironment()
    const stream = env.fromArrow(table)
    expect(stream.schema.toString()).toBe('x: float64, s: utf8?')
    const bytes = await ipcOfTable(table)
    expect(await Array.fromAsync(rowsOfIpc(bytes, stream.schema))).toEqual([
      [
        { x: 1, s: 'a' },
        { x: 2, s: 'b' },
      ],
    ])
  })

  it('of another schema than declared is refused', () => {
    const table = tableFromArrays({ x: Float64Array.of(1) })
    const { env } = testEnvironment()
    expect(() => env.fromArrow(table, { schema: { x: utf8() } })).toThrowError(
      "column 'x' is float64 in the table, not utf8",
    )
    expect(() => env.fromArrow(table, { schema: { y: utf8() } })).toThrowError("no column 'y'")
  })

  it('as bytes needs a schema', () => {
    const { env } = testEnvironment()
    const bytes = tableToIPC(tableFromArrays({ x: Float64Array.of(1) }))
    expect(() => env.fromArrow(bytes as never)).toThrowError('bytes need their columns')
  })
})
