// The CSV format: the suite of every format, then headers, splits within quotes, and bad input.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { Json } from '../../../src/base/json.ts'
import { Schema } from '../../../src/columnar/schema.ts'
import {
  bool,
  type DataType,
  float64,
  int32,
  int64,
  list,
  nullable,
  utf8,
} from '../../../src/columnar/type.ts'
import { csvFormat } from '../../../src/connectors/file/csv.ts'
import { fileFormatConformance, readSplits, readerContext } from '../../conformance/file-format.ts'
import { gatherMalformed, plainFloats } from './lines.ts'

const nested = (type: DataType): boolean => type.kind === 'list' || type.kind === 'struct'
fileFormatConformance({
  format: csvFormat,
  nested: false,
  typed: false,
  splitsAnywhere: true,
  holds: (type) => !nested(type),
  readsAs: plainFloats,
})

const folder = mkdtempSync(join(tmpdir(), 'csv-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'file.csv')
const schema = Schema.of({ id: int32(), name: nullable(utf8()) })

function read(
  text: string | Uint8Array,
  options: Json = {},
  wanted = schema,
  splitBytes = 1 << 30,
) {
  writeFileSync(path, text)
  const tested = { format: csvFormat, options }
  return readSplits(tested, readerContext(wanted), csvFormat.plan(path, options, splitBytes))
}

describe('a header', () => {
  test('names the columns in any order, and fields that nobody wants are skipped', async () => {
    expect(await read('x,name,y,id\n1,a,"q,q",7\n2,,,8\n')).toEqual([
      { id: 7, name: 'a' },
      { id: 8, name: null },
    ])
  })

  test('may have a byte-order mark, quotes, CRLF and empty lines before it', async () => {
    const mark = Buffer.from('\ufeff')
    const text = Buffer.concat([mark, Buffer.from('\r\n"id","name"\r\n1,a\r\n')])
    expect(await read(text)).toEqual([{ id: 1, name: 'a' }])
    expect(csvFormat.schema(path, {}).names).toEqual(['id', 'name'])
  })

  test('without a wanted column is an error that names the nearest', async () => {
    await expect(read('id,nmae\n1,a\n')).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
      message: `${path} has no column 'name'. Did you mean 'nmae'?`,
    })
    await expect(read('id,name,name\n1,a,b\n')).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
      message: `${path} has two columns 'name'; rename one in its header`,
    })
  })

  test('that is missing, or does not end, is an error', async () => {
    await expect(read('')).rejects.toMatchObject({ code: 'FORMAT_INVALID' })
    await expect(read(`"id,name\n${'1,a\n'.repeat(300_000)}`)).rejects.toMatchObject({
      code: 'FORMAT_INVALID',
      message: expect.stringContaining('does not end within 1048576 bytes') as string,
    })
  })

  test('is not needed: fields are named by their place, or by the options', async () => {
    expect(await read('1,a\n2,b', { header: false })).toEqual([
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
    ])
    const columns = { header: false, columns: ['x', 'name', 'id'] }
    expect(await read('0,a,1\n', columns)).toEqual([{ id: 1, name: 'a' }])
    expect(csvFormat.schema(path, { header: false }).names).toEqual([
      'column1',
      'column2',
      'column3',
    ])
  })
})

test('other delimiters, quotes and null texts are read, and wrong ones refused', async () => {
  const options = { delimiter: ';', quote: "'", nullValue: 'NA' }
  expect(await read("id;name\n1;'a;''b'''\n2;NA\n3;'NA'\n", options)).toEqual([
    { id: 1, name: "a;'b'" },
    { id: 2, name: null },
    { id: 3, name: 'NA' },
  ])
  expect(await read('id,name\n1,5" pipe\n', { quote: '' })).toEqual([{ id: 1, name: '5" pipe' }])
  for (const wrong of [
    { delimiter: '::' },
    { delimiter: '1' },
    { quote: 'é' },
    { nullValue: 'a,' },
  ]) {
    await expect(async () => read('id,name\n', wrong)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  }
})

test('types are guessed from the first records', () => {
  const text =
    'i,f,b,t,d,s,zip,none,q\n1,1.5,true,2024-01-01T00:00:00Z,2024-01-01,x,01234,,"1"\n' +
    '-2,3,false,2024-01-01 10:00,2024-12-31,1,00001,,2\n'
  writeFileSync(path, text)
  expect(csvFormat.schema(path, {}).toString()).toBe(
    'i: int64?, f: float64?, b: bool?, t: timestamp[ms]?, d: date?, s: utf8?, zip: utf8?, ' +
      'none: utf8?, q: utf8?',
  )
})

test('a list has no place in CSV', () => {
  const context = readerContext(Schema.of({ tags: list(utf8()) }))
  expect(() => csvFormat.encoder(context, {})).toThrow("CSV has no list<utf8> (column 'tags')")
})

// Records with line feeds in quotes: however small the splits, each record comes once.
test('splits never cut a record, also where line feeds are in quotes', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\n', ',', '"', '\r\n', 'é'), maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 99 }), text), { maxLength: 60 }),
      fc.integer({ min: 1, max: 200 }),
      fc.boolean(),
      async (rows, splitBytes, multiline) => {
        const clean = (name: string): string => (multiline ? name : name.replaceAll(/[\r\n]/g, ''))
        const lines = rows.map(([id, name]) => `${id},"${clean(name).replaceAll('"', '""')}"\n`)
        const got = await read(`id,name\n${lines.join('')}`, { multiline }, schema, splitBytes)
        expect(got).toEqual(rows.map(([id, name]) => ({ id, name: clean(name) })))
      },
    ),
    { numRuns: 1_000 },
  )
})

describe('malformed records', () => {
  const bad: [string, string, string, number][] = [
    ['too few fields', '2\n', '1 field instead of 2', 3],
    ['too many fields', '2,b,c\n', '3 fields instead of 2', 3],
    ['an unterminated quote', '2,"b\n', 'the quote at character 3 of the record is not closed', 3],
    ['invalid UTF-8', '2,\xff\n', 'not UTF-8', 3],
    ['a number that overflows', '2147483648,b\n', "'2147483648' does not fit int32", 3],
    ['text in a number', '2x,b\n', "'2x' is no int32", 3],
    ['null where none may be', ',b\n', 'no value for int32; declare the column nullable', 3],
    ['a record larger than the bound', `2,${'x'.repeat(3000)}\n`, 'more than 2000 bytes', 3],
  ]
  const rows = [
    { id: 1, name: 'a' },
    { id: 3, name: 'c' },
  ]
  for (const [name, record, reason, line] of bad) {
    const bytes = Buffer.from(`id,name\n1,a\n${record}3,c\n`, 'latin1')
    for (const ending of ['.csv', '.csv.gz', '.csv.zst']) {
      test(`${name} (${ending}): fails, or is skipped and kept with its place`, async () => {
        const {
          failure,
          malformed,
          read: got,
        } = await gatherMalformed(csvFormat, folder + ending, bytes, schema)
        expect(failure).toMatchObject({ code: 'RECORD_MALFORMED', context: { offset: 12 } })
        expect(failure?.message).toContain(`${folder}${ending}:${line}`)
        expect(failure?.message).toContain(reason)
        expect(got).toEqual(rows)
        expect(malformed).toEqual([
          expect.objectContaining({
            line,
            offset: 12,
            reason: expect.stringContaining(reason) as string,
          }),
        ])
        const kept = Buffer.from(malformed[0]!.record)
        expect(Buffer.from(record, 'latin1').subarray(0, kept.length).equals(kept)).toBe(true)
      })
    }
  }

  test('are numbered by physical lines, in any split', async () => {
    const lines = Array.from({ length: 500 }, (_, i) => (i % 50 === 7 ? 'x,y' : `${i},"a\nb"`))
    const text = Buffer.from(`id,name\n${lines.join('\n')}\n`)
    // A record with a line feed in it takes two lines.
    const expected = lines.flatMap((line, i) =>
      line === 'x,y' ? [2 + i * 2 - lines.slice(0, i).filter((l) => l === 'x,y').length] : [],
    )
    for (const splitBytes of [1 << 30, 900, 100]) {
      const { malformed } = await gatherMalformed(csvFormat, path, text, schema, splitBytes)
      expect(malformed.map(({ line }) => line)).toEqual(expected)
    }
  })
})

test('a wide file is read by the columns that are wanted', async () => {
  const names = Array.from({ length: 200 }, (_, i) => `c${i}`)
  const wanted = Schema.of({ c150: int64(), c3: float64(), c7: bool() })
  const line = (r: number): string =>
    names.map((_, i) => (i === 7 ? 'true' : `${r * 200 + i}`)).join(',')
  const text = [names.join(','), ...Array.from({ length: 2000 }, (_, r) => line(r))].join('\r\n')
  const rows = await read(text, {}, wanted, 50_000)
  expect(rows).toEqual(
    Array.from({ length: 2000 }, (_, r) => ({
      c150: BigInt(r * 200 + 150),
      c3: r * 200 + 3,
      c7: true,
    })),
  )
})
