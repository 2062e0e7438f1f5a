// The conformance suite, then Parquet itself: what DuckDB and hyparquet read of our files, what we read of
// DuckDB's and pyarrow's, and what is damaged.
//
// fixtures/pyarrow-*.parquet were written by pyarrow 26: what DuckDB does not write (pages of version 2 with
// checksums, prefixed byte arrays, half floats, 96-bit timestamps), values as the tests compute them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import * as fc from 'fast-check'
import { parquetReadObjects } from 'hyparquet'
import { parquetMetadata } from 'hyparquet/src/metadata.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Json } from '../../../src/base/json.ts'
import { BatchBuilder } from '../../../src/columnar/batch-builder.ts'
import { Schema } from '../../../src/columnar/schema.ts'
import {
  type DataType,
  decimal,
  type Fields,
  float64,
  int64,
  nullable,
  timestamp,
  utf8,
} from '../../../src/columnar/type.ts'
import { parquetFormat } from '../../../src/connectors/file/parquet.ts'
import { Kernels } from '../../../src/kernels/module.ts'
import type { Row } from '../../columnar/random-rows.ts'
import { fileFormatConformance, readerContext, readSplits } from '../../conformance/file-format.ts'

/** Parquet has no seconds, and no structs without fields. */
function holds(type: DataType): boolean {
  switch (type.kind) {
    case 'timestamp':
      return type.unit !== 's'
    case 'list':
      return holds(type.item)
    case 'struct':
      return Object.keys(type.fields).length > 0 && Object.values(type.fields).every(holds)
    default:
      return true
  }
}

const VARIANTS: readonly Json[] = [
  { compression: 'zstd' },
  { compression: 'snappy', rowGroupRows: 100 },
  { compression: 'none', rowGroupRows: 777 },
]

for (const options of VARIANTS) fileFormatConformance({ format: parquetFormat, options, holds })

const tested = { format: parquetFormat }
const folder = mkdtempSync(join(tmpdir(), 'parquet-'))
const fixture = (name: string): string => new URL(`fixtures/${name}`, import.meta.url).pathname
let duck: DuckDBConnection
beforeAll(async () => {
  duck = await (await DuckDBInstance.create(':memory:')).connect()
})
afterAll(() => {
  duck.closeSync()
  rmSync(folder, { recursive: true })
})

async function read(path: string, columns?: readonly string[], batchRows = 1000): Promise<Row[]> {
  const file = parquetFormat.schema(path, {})
  const schema = columns === undefined ? file : file.project(columns)
  const splits = parquetFormat.plan(path, {}, 1)
  return readSplits(tested, readerContext(schema, batchRows), splits)
}

/** A file with these rows, by our encoder; `batchRows` at a time. */
function write(name: string, fields: Fields, rows: readonly Row[], options: Json = {}): string {
  const kernels = new Kernels()
  const schema = Schema.of(fields)
  const context = { ...readerContext(schema), kernels }
  const encoder = parquetFormat.encoder(context, options)
  const parts = [encoder.begin().slice()]
  const builder = new BatchBuilder(kernels, schema)
  for (let at = 0; at < rows.length; at += 999) {
    const mark = kernels.mark()
    for (const row of rows.slice(at, at + 999)) builder.append(row)
    parts.push(encoder.encode(builder.finish()).slice())
    kernels.reset(mark)
  }
  parts.push(encoder.end().slice())
  encoder.close()
  const path = join(folder, name)
  writeFileSync(path, Buffer.concat(parts))
  return path
}

const COLUMNS = `
  i AS id, i % 7 = 3 AS flag, (i % 200 - 100)::TINYINT AS i8, (i * 3 % 60000)::USMALLINT AS u16,
  (i * 7919)::INTEGER AS i32, (i % 100)::UINTEGER AS u32, (i * 1000003)::BIGINT AS i64,
  (i * 1000003)::UBIGINT AS u64, i / 3::FLOAT AS f32, i / 7::DOUBLE AS f64,
  (i / 100)::DECIMAL(9, 2) AS dec9, (i / 100)::DECIMAL(18, 4) AS dec18,
  (i * 1000000007)::DECIMAL(38, 6) AS dec38, DATE '1960-01-01' + (i % 20000)::INTEGER AS day,
  TIMESTAMP '1999-01-01' + INTERVAL (i) MINUTE AS us,
  (TIMESTAMP '1999-01-01' + INTERVAL (i) MINUTE)::TIMESTAMP_MS AS ms,
  (TIMESTAMP '1999-01-01' + INTERVAL (i) MINUTE)::TIMESTAMP_NS AS ns,
  'word ' || (i % 50) AS word, 'unique ' || i || repeat('é', i % 20) AS text,
  encode('bytes' || i) AS bytes, uuid() AS id128,
  CASE WHEN i % 11 = 0 THEN NULL ELSE list_transform(range(i % 4), x -> CASE WHEN x = 2 THEN NULL ELSE x + i END) END AS list,
  CASE WHEN i % 13 = 0 THEN NULL ELSE {'a': i, 'b': CASE WHEN i % 3 = 0 THEN NULL ELSE 'x' || i END} END AS struct,
  list_transform(range(i % 3), x -> {'k': x, 'v': [x, NULL]}) AS nested`
const NULLABLE = `SELECT * REPLACE (${[
  'flag i8 u16 i32 u32 i64 u64 f32 f64 dec9 dec18 dec38 day us ms ns word text bytes id128',
]
  .join(' ')
  .split(' ')
  .map((name, i) => `CASE WHEN id % ${i + 3} = 0 THEN NULL ELSE ${name} END AS ${name}`)
  .join(', ')}) FROM (SELECT ${COLUMNS} FROM range(6000) r(i))`

describe('parquet files of DuckDB', () => {
  it.each([
    'COMPRESSION snappy, ROW_GROUP_SIZE 2048',
    'COMPRESSION zstd, PARQUET_VERSION V2',
    'COMPRESSION gzip, PARQUET_VERSION V2, ROW_GROUP_SIZE 2048, DICTIONARY_SIZE_LIMIT 1',
    'COMPRESSION brotli, DICTIONARY_SIZE_LIMIT 1',
    'COMPRESSION uncompressed',
    'COMPRESSION lz4_raw, DICTIONARY_SIZE_LIMIT 1',
  ])('(%s) are read, and written again as DuckDB reads them', async (options) => {
    const path = join(folder, 'duck.parquet')
    await duck.run(`COPY (${NULLABLE}) TO '${path}' (FORMAT parquet, ${options})`)
    const rows = await read(path)
    expect(rows).toHaveLength(6000)
    const fields = parquetFormat.schema(path, {}).toFields()
    for (const compression of ['snappy', 'zstd', 'none']) {
      const again = write('again.parquet', fields, rows, { compression, rowGroupRows: 2500 })
      // A UUID is bytes to us.
      const [a, b] = [
        `SELECT * EXCLUDE (id128) FROM '${path}'`,
        `SELECT * EXCLUDE (id128) FROM '${again}'`,
      ]
      const query = `SELECT (SELECT count(*) FROM (${a} EXCEPT ALL ${b})) + (SELECT count(*) FROM (${b} EXCEPT ALL ${a})), (SELECT count(*) FROM (${b}))`
      const [result] = (await duck.runAndReadAll(query)).getRows()
      expect(result!.map(Number)).toEqual([0, 6000])
    }
  })

  it('are read in parts: columns, and batches of any size', async () => {
    const path = join(folder, 'parts.parquet')
    await duck.run(`COPY (${NULLABLE}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`)
    const names = ['nested', 'word', 'flag', 'struct', 'list', 'dec38']
    const whole = await read(path, names, 100_000)
    expect(await read(path, names, 333)).toEqual(whole)
    expect(whole[1]!['nested']).toEqual([{ k: 0n, v: [0n, null] }])
  })

  it('that are written in row groups of statistics are filtered by DuckDB as by the rows', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      n: BigInt(i),
      x: i % 50 === 0 ? null : i === 77 ? NaN : i / 2 - 100,
      word: i % 9 === 0 ? null : `w${String(i).padStart(5, '0')}`,
      price: `${i}.25`,
    }))
    const fields = {
      n: int64(),
      x: nullable(float64()),
      word: nullable(utf8()),
      price: decimal(12, 2),
    }
    const path = write('statistics.parquet', fields, rows, { rowGroupRows: 500 })
    const query = `SELECT stats_min_value, stats_max_value, stats_null_count
      FROM parquet_metadata('${path}') WHERE row_group_id = 1 ORDER BY column_id`
    const statistics = (await duck.runAndReadAll(query)).getRows()
    expect(statistics).toEqual([
      ['500', '999', 0n],
      ['150.5', '399.5', 10n],
      ['w00500', 'w00998', 56n],
      ['500.25', '999.25', 0n],
    ])
    const count = async (condition: string): Promise<number> => {
      const sql = `SELECT count(*) FROM '${path}' WHERE ${condition}`
      return Number((await duck.runAndReadAll(sql)).getRows()[0]![0])
    }
    expect(await count('n BETWEEN 700 AND 1200')).toBe(501)
    expect(await count("word >= 'w04998'")).toBe(2)
    expect(await count('x < -99')).toBe(1)
    expect(await count('price = 1000.25')).toBe(1)
  })
})

describe('parquet files of pyarrow', () => {
  it('with pages of version 2 and the delta encodings are read', async () => {
    const rows = await read(fixture('pyarrow-v2.parquet'), undefined, 64)
    expect(rows).toEqual(
      Array.from({ length: 200 }, (_, i) => ({
        id: i,
        name:
          i % 5 === 0 ? null : `station-${String(Math.floor(i / 10)).padStart(4, '0')}-${i % 10}`,
        code: Uint8Array.of(0, 0, 0, i),
        half: i % 3 === 0 ? null : i / 4,
        amount: `${(BigInt(i) - 100n) * 10n ** 16n}.00`,
        flag: i % 7 < 3,
        note: 'é'.repeat(i % 4),
        tags:
          i % 11 === 0
            ? null
            : Array.from({ length: i % 4 }, (_tag, j) => (j === 2 ? null : `t${j}`)),
      })),
    )
  })

  it('with 96-bit timestamps are read as nanoseconds', async () => {
    const rows = await read(fixture('pyarrow-int96.parquet'))
    expect(rows).toEqual(
      Array.from({ length: 200 }, (_, i) => ({
        time: i % 4 === 0 ? null : BigInt(i) * 86_400_000_000_001n,
      })),
    )
  })
})

describe('parquet files of ours', () => {
  it('are read by hyparquet', async () => {
    const rows = Array.from({ length: 2000 }, (_, i) => ({
      n: BigInt(i * 3),
      x: i % 3 === 0 ? null : i / 8,
      word: i % 5 === 0 ? null : `word ${i % 40}`,
    }))
    const fields = { n: int64(), x: nullable(float64()), word: nullable(utf8()) }
    for (const compression of ['snappy', 'none']) {
      const path = write('hyparquet.parquet', fields, rows, { compression, rowGroupRows: 700 })
      const bytes = readFileSync(path)
      const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
      expect(await parquetReadObjects({ file })).toEqual(rows)
    }
  })

  it('have row groups of the rows that are asked for, and dictionaries where values repeat', () => {
    const rows = Array.from({ length: 3000 }, (_, i) => ({ few: `v${i % 9}`, many: `value ${i}` }))
    const fields = { few: utf8(), many: utf8() }
    const path = write('groups.parquet', fields, rows, { rowGroupRows: 1300, compression: 'none' })
    const metadata = parquetMetadata(readFileSync(path))
    expect(metadata.row_groups.map(({ num_rows: n }) => Number(n))).toEqual([1300, 1300, 400])
    const [few, many] = metadata.row_groups[0]!.columns.map(({ meta_data: meta }) => meta!)
    expect(few!.encodings).toContain('RLE_DICTIONARY')
    expect(many!.encodings).not.toContain('RLE_DICTIONARY')
    expect(Number(few!.total_compressed_size)).toBeLessThan(1300)
  })

  it('store seconds as milliseconds', async () => {
    const rows = [{ at: 5000 }, { at: null }, { at: -3000 }]
    const path = write('seconds.parquet', { at: nullable(timestamp('s')) }, rows)
    expect(String(parquetFormat.schema(path, {}))).toBe('at: timestamp[ms]?')
    expect(await read(path)).toEqual(rows)
  })

  it('refuse options that they do not know', () => {
    expect(encoderOf({ compression: 'snapy' })).toThrow(/compression 'snapy'.*'snappy'/)
    expect(encoderOf({ rowGroupRows: 0 })).toThrow(/rowGroupRows is 0/)
  })
})

describe('a damaged parquet file', () => {
  it('that is cut short says so', () => {
    const bytes = good()
    const path = damaged('cut.parquet', bytes.subarray(0, bytes.length - 100))
    expect(() => parquetFormat.schema(path, {})).toThrow(
      expect.objectContaining({
        code: 'FORMAT_INVALID',
        message: expect.stringMatching(/cut\.parquet, offset \d+: .*cut short/),
      }),
    )
  })

  it('that is none says so', () => {
    const path = damaged('none.parquet', new TextEncoder().encode('a,b\n1,2\n1,2\n'))
    expect(() => parquetFormat.schema(path, {})).toThrow(/no Parquet file/)
    expect(() => parquetFormat.schema(damaged('empty.parquet', new Uint8Array()), {})).toThrow(
      expect.objectContaining({ code: 'FORMAT_INVALID' }),
    )
  })

  it('that is not there says so', () => {
    expect(() => parquetFormat.schema(join(folder, 'absent.parquet'), {})).toThrow(
      expect.objectContaining({ code: 'FILE_NOT_FOUND' }),
    )
  })

  it('with a broken page says which: file, row group, column, offset', async () => {
    const bytes = Uint8Array.from(good())
    const { columns } = parquetMetadata(bytes).row_groups[1]!
    const offset = Number(columns[1]!.meta_data!.data_page_offset)
    bytes.fill(0xee, offset + 30, offset + 60)
    const path = damaged('page.parquet', bytes)
    await expect(read(path)).rejects.toThrow(
      expect.objectContaining({
        code: 'FORMAT_INVALID',
        message: expect.stringMatching(
          /page\.parquet, row group 1, column 'word', offset \d+: .*write or copy it anew/,
        ),
        context: expect.objectContaining({ location: path, column: 'word', offset }),
      }),
    )
    expect(await read(path, ['n'])).toHaveLength(2000)
  })

  it('with a page that does not match its checksum says so', async () => {
    const bytes = Uint8Array.from(readFileSync(fixture('pyarrow-v2.parquet')))
    const { columns } = parquetMetadata(bytes).row_groups[0]!
    const at = Number(columns[5]!.meta_data!.data_page_offset)
    // The last byte of the last page of the column: its values, if the checksum were not looked at.
    bytes[at + Number(columns[5]!.meta_data!.total_compressed_size) - 1]! ^= 1
    await expect(read(damaged('crc.parquet', bytes), ['flag'])).rejects.toThrow(/checksum/)
  })

  it('with text that is no UTF-8 says so', async () => {
    const bytes = Uint8Array.from(
      readFileSync(
        write('text.parquet', { t: utf8() }, [{ t: 'abcdef' }], { compression: 'none' }),
      ),
    )
    bytes[Buffer.from(bytes).indexOf('cdef')] = 0xff
    await expect(read(damaged('text.parquet', bytes))).rejects.toThrow(
      /column 't', offset \d+: text that is no UTF-8/,
    )
  })

  it('with values in an encoding that does not exist says so', async () => {
    // Found by the property below, with seed 306662292.
    const bytes = Uint8Array.from(readFileSync(fixture('pyarrow-v2.parquet')))
    bytes[468_017_517 % bytes.length] = 19
    await expect(read(damaged('encoding.parquet', bytes))).rejects.toThrow(/no known encoding/)
  })

  it('with a checksum of another type says so', async () => {
    // Found by the property below, with seed 882037495: a varint of 64 bits instead of 32.
    const bytes = Uint8Array.from(readFileSync(fixture('pyarrow-v2.parquet')))
    bytes[10] = 22
    await expect(read(damaged('crc-type.parquet', bytes))).rejects.toThrow(
      /offset \d+: a checksum that is no number of 32 bits/,
    )
  })

  it('gives rows or an error of its format, whatever bytes are wrong, and all memory back', async () => {
    const whole = good()
    const nested = readFileSync(fixture('pyarrow-v2.parquet'))
    const context = readerContext(Schema.of({ n: int64() }))
    const before = context.kernels.exports.allocated()
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 5,
    })
    await fc.assert(
      fc.asyncProperty(fc.boolean(), changes, async (isNested, changed) => {
        const bytes = Uint8Array.from(isNested ? nested : whole)
        for (const [at, byte] of changed) bytes[at % bytes.length] = byte
        const path = damaged('random.parquet', bytes)
        try {
          await read(path)
        } catch (error) {
          const { code } = error as { code?: string }
          expect([
            'FORMAT_INVALID',
            'UNSUPPORTED',
            'MEMORY_EXHAUSTED',
            'SCHEMA_MISMATCH',
          ]).toContain(code)
        }
      }),
      { numRuns: 1_000 },
    )
    context.kernels.reset(0)
    expect(context.kernels.exports.allocated()).toBeLessThanOrEqual(before + (1 << 20))
  }, 120_000)
})

/** The bytes of a file in order, of two row groups. */
function good(): Uint8Array {
  const rows = Array.from({ length: 2000 }, (_, i) => ({
    n: i % 4 === 0 ? null : BigInt(i * i),
    word: `word ${i % 30}`,
  }))
  const options = { compression: 'snappy', rowGroupRows: 1000 }
  return readFileSync(write('good.parquet', { n: nullable(int64()), word: utf8() }, rows, options))
}

function damaged(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

const encoderOf = (options: Json) => () =>
  parquetFormat.encoder(readerContext(Schema.of({ n: int64() })), options)
