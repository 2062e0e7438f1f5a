// The conformance suite over both containers, then Arrow itself: what apache-arrow reads and writes, and
// what is damaged.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Dictionary,
  Int32,
  makeVector,
  RecordBatchFileWriter,
  Table,
  tableFromArrays,
  tableFromIPC,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../../src/columnar/batch-builder.ts'
import { Schema } from '../../../src/columnar/schema.ts'
import {
  bool,
  decimal,
  float64,
  int32,
  int64,
  nullable,
  timestamp,
  utf8,
} from '../../../src/columnar/type.ts'
import { arrowFormat } from '../../../src/connectors/file/arrow.ts'
import {
  encodeFile,
  fileFormatConformance,
  readerContext,
  readSplits,
} from '../../conformance/file-format.ts'

fileFormatConformance({ format: arrowFormat, options: { container: 'file' } })
fileFormatConformance({ format: arrowFormat, options: { container: 'stream' } })

const folder = mkdtempSync(join(tmpdir(), 'millrace-arrow-'))
afterAll(() => rmSync(folder, { recursive: true }))

const FIELDS = {
  id: int32(),
  big: nullable(int64()),
  price: float64(),
  cents: decimal(9, 2),
  at: timestamp('us'),
  name: nullable(utf8()),
  ok: bool(),
}
const ROWS = Array.from({ length: 100 }, (_, i) => ({
  id: i,
  big: i % 7 === 0 ? null : BigInt(i) * 10n ** 15n,
  price: i / 8,
  cents: `${i - 50 < 0 ? '-' : ''}${Math.abs(i - 50)}.25`,
  at: BigInt(i) * 1_000_001n,
  name: i % 5 === 0 ? null : `n${i}`,
  ok: i % 3 === 0,
}))

function ours(container: 'file' | 'stream'): Uint8Array {
  const schema = Schema.of(FIELDS)
  const builder = new BatchBuilder(readerContext(schema).kernels, schema)
  for (const row of ROWS) builder.append(row)
  return encodeFile({ format: arrowFormat, options: { container } }, schema, [builder.finish()])
}

async function readBack(bytes: Uint8Array, schema: Schema, name: string): Promise<unknown[]> {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  const splits = arrowFormat.plan(path, {}, 1 << 20)
  return readSplits({ format: arrowFormat }, readerContext(schema, 16), splits)
}

describe('Arrow IPC', () => {
  it.each(['file', 'stream'] as const)('writes a %s that apache-arrow reads', (container) => {
    const table = tableFromIPC(ours(container))
    expect(table.numRows).toBe(ROWS.length)
    expect(table.schema.fields.map((field) => `${field.name}: ${String(field.type)}`)).toEqual([
      'id: Int32',
      'big: Int64',
      'price: Float64',
      'cents: Decimal[9e+2]',
      'at: Timestamp<MICROSECOND>',
      'name: Utf8',
      'ok: Bool',
    ])
    ROWS.forEach((row, i) => {
      const got = table.get(i)!.toJSON()
      expect([got['id'], got['big'], got['price'], got['name'], got['ok']]).toEqual([
        row.id,
        row.big,
        row.price,
        row.name,
        row.ok,
      ])
    })
  })

  it('reads what apache-arrow writes, dictionaries decoded', async () => {
    const words = ROWS.map((row) => row.name)
    const table = new Table({
      id: makeVector(Int32Array.from(ROWS, (row) => row.id)),
      name: vectorFromArray(words, new Dictionary(new Utf8(), new Int32())),
    })
    const schema = Schema.of({ name: nullable(utf8()), id: int32() })
    const expected = ROWS.map(({ id, name }) => ({ name, id }))
    for (const container of ['file', 'stream'] as const) {
      const rows = await readBack(tableToIPC(table, container), schema, `dict-${container}.arrow`)
      expect(rows).toEqual(expected)
    }
    const several = RecordBatchFileWriter.writeAll(table.batches).toUint8Array(true)
    expect(await readBack(several, schema, 'several.arrow')).toEqual(expected)
  })

  it.each(['lz4', 'zstd'])('reads what pyarrow writes, compressed by %s', async (codec) => {
    const path = new URL(`fixtures/pyarrow-${codec}.arrow`, import.meta.url).pathname
    const schema = arrowFormat.schema(path, {})
    expect(schema.names).toHaveLength(13)
    const splits = arrowFormat.plan(path, {}, 1)
    expect(splits).toHaveLength(2)
    // 64 rows begin within a byte of the second batch's bitmaps, 33 within one of the first's.
    for (const batchRows of [1000, 64, 33]) {
      const rows = await readSplits(
        { format: arrowFormat },
        readerContext(schema, batchRows),
        splits,
      )
      expect(rows).toEqual(Array.from({ length: 200 }, (_, i) => pyarrowRow(i)))
    }
  })

  it.each(['plain', 'lz4'])(
    'reads views of texts, as Polars and pyarrow write them, %s',
    async (codec) => {
      const path = new URL(`fixtures/pyarrow-views-${codec}.arrow`, import.meta.url).pathname
      const schema = arrowFormat.schema(path, {})
      const splits = arrowFormat.plan(path, {}, 1)
      for (const batchRows of [1000, 64, 33]) {
        const context = readerContext(schema, batchRows)
        expect(await readSplits({ format: arrowFormat }, context, splits)).toEqual(
          Array.from({ length: 200 }, (_, i) => viewRow(i)),
        )
      }
      // A column behind views that are not wanted.
      const last = readerContext(Schema.of({ last: nullable(int64()) }), 64)
      const rows = await readSplits({ format: arrowFormat }, last, splits)
      expect(rows).toEqual(Array.from({ length: 200 }, (_, i) => ({ last: BigInt(i) })))
    },
  )

  it('adds deltas to dictionaries, and replaces them', async () => {
    const path = new URL('fixtures/pyarrow-deltas.arrows', import.meta.url).pathname
    const rows = await readBack(
      readFileSync(path),
      Schema.of({ word: nullable(utf8()) }),
      'd.arrows',
    )
    const words = ['a', 'b', null, 'b', 'c', 'a', 'd', 'y', 'x']
    expect(rows).toEqual(words.map((word) => ({ word })))
  })

  it('reads batches of any size in slices, without holding them', async () => {
    const count = 3_000_000
    const table = new Table({
      id: makeVector(Int32Array.from({ length: count }, (_, i) => i)),
      square: makeVector(Float64Array.from({ length: count }, (_, i) => i * i)),
    })
    const path = join(folder, 'large.arrow')
    writeFileSync(path, tableToIPC(table, 'file'))
    const schema = Schema.of({ square: float64(), id: int32() })
    const context = readerContext(schema, 16_384)
    const { kernels } = context
    const before = kernels.memoryBytes
    const reader = arrowFormat.reader(context, {})
    await reader.open(arrowFormat.plan(path, {}, 1)[0]!)
    let rows = 0
    for (;;) {
      const mark = kernels.mark()
      const batch = await reader.poll()
      if (batch === 'split-ended' || batch === undefined) break
      const [square, id] = batch.columns
      const last = batch.length - 1
      expect(kernels.i32[(id!.values >>> 2) + last]).toBe(rows + last)
      expect(kernels.f64[(square!.values >>> 3) + last]).toBe((rows + last) ** 2)
      rows += batch.length
      kernels.reset(mark)
    }
    await reader.close()
    expect(rows).toBe(count)
    expect(kernels.memoryBytes - before).toBeLessThan(4 << 20)
  })

  it('refuses text that is no UTF-8', async () => {
    const bytes = ours('file')
    const at = Buffer.from(bytes).indexOf('n1n2n3')
    bytes[at + 1] = 0xff
    const schema = Schema.of({ name: nullable(utf8()) })
    await expect(readBack(bytes, schema, 'utf8.arrow')).rejects.toThrow(/'name' .* no UTF-8/)
  })

  it('says which file is damaged and how', () => {
    const whole = ours('file')
    const path = join(folder, 'cut.arrow')
    writeFileSync(path, whole.subarray(0, whole.length - 20))
    expect(() => arrowFormat.schema(path, {})).toThrow(/cut\.arrow: .*cut off/)
    writeFileSync(path, 'a,b\n1,2\n3,4\n5,6\n')
    expect(() => arrowFormat.schema(path, {})).toThrow(/cut\.arrow: damaged Arrow data/)
    writeFileSync(path, '')
    expect(() => arrowFormat.schema(path, {})).toThrow(/0 bytes/)
  })

  it('names a column whose type it cannot hold, and reads the others', async () => {
    const path = join(folder, 'half.arrow')
    const table = tableFromArrays({ id: Int32Array.of(1, 2), half: Uint16Array.of(1, 2) })
    writeFileSync(path, tableToIPC(table, 'file'))
    const rows = await readBack(readFileSync(path), Schema.of({ id: int32() }), 'half.arrow')
    expect(rows).toEqual([{ id: 1 }, { id: 2 }])
  })

  const views = readFileSync(
    new URL('fixtures/pyarrow-views-plain.arrow', import.meta.url).pathname,
  )
  it.each([
    ['', ours('file'), Schema.of({ id: int32(), name: nullable(utf8()), ok: bool() })],
    [' of views', views, Schema.of({ last: nullable(int64()), name: nullable(utf8()) })],
  ])(
    'answers damaged bytes%s with an error or other values, never with a trap or a crash',
    async (_, bytes, schema) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
          async (edits) => {
            const damaged = Uint8Array.from(bytes)
            for (const [at, value] of edits) damaged[at] = value
            try {
              await readBack(damaged, schema, 'damaged.arrow')
            } catch (error) {
              expect(error).toMatchObject({
                code: expect.stringMatching(
                  /FORMAT_INVALID|UNSUPPORTED|MEMORY_EXHAUSTED|COLUMN_NOT_FOUND|SCHEMA_MISMATCH/,
                ) as string,
              })
            }
          },
        ),
        { numRuns: 1_000 },
      )
    },
  )
})

/** Row i of fixtures/pyarrow-views-*.arrow, as pyarrow 26 was given it. */
function viewRow(i: number): object {
  const name = i % 7 === 0 ? null : 'é'.repeat(i % 20)
  const tags = i % 5 === 0 ? null : Array.from({ length: i % 3 }, (_, k) => `tag ${i} number ${k}`)
  return { name, bytes: new Uint8Array(i % 30).fill(i), tags, last: BigInt(i) }
}

/** Row i of fixtures/pyarrow-*.arrow, as pyarrow 26 was given it. */
function pyarrowRow(i: number): object {
  return {
    id: i,
    large: i % 5 === 0 ? null : `text ${i} é`,
    fixed: i % 7 === 0 ? null : Uint8Array.of(0, 0, 0, i),
    half: i % 3 === 0 ? null : i / 4,
    small: i % 4 === 0 ? null : ((i - 100) / 100).toFixed(2),
    wide: `${(BigInt(i) - 100n) * 10n ** 16n}.00`,
    time: BigInt(i) * 1000n,
    day64: i * 86_400_000,
    pair: i % 6 === 0 ? null : [i, null],
    map:
      i % 9 === 0
        ? null
        : Array.from({ length: i % 3 }, (_, j) => ({ key: `k${j}`, value: BigInt(j) })),
    longs: Array.from({ length: i % 3 }, () => BigInt(i)),
    word: i % 8 === 0 ? null : `w${i % 5}`,
    flag: i % 11 === 0 ? null : i % 2 === 0,
  }
}
