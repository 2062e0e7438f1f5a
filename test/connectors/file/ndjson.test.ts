// The NDJSON format: the suite of every format, then schemas, splits and bad input.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { Schema } from '../../../src/columnar/schema.ts'
import { type DataType, int32, list, nullable, struct, utf8 } from '../../../src/columnar/type.ts'
import { ndjsonFormat } from '../../../src/connectors/file/ndjson.ts'
import { fileFormatConformance, readerContext, readSplits } from '../../conformance/file-format.ts'
import { gatherMalformed, plainFloats } from './lines.ts'

const isFloat = (type: DataType): boolean => type.kind === 'float32' || type.kind === 'float64'

/** JSON has no NaN and no infinity: they become null. */
function finite(type: DataType, value: unknown): unknown {
  if (isFloat(type)) return Number.isFinite(value) ? plainFloats(type, value) : null
  if (type.kind === 'list' && value !== null) {
    return (value as unknown[]).map((item) => finite(type.item, item))
  }
  if (type.kind !== 'struct' || value === null) return value
  const row = value as Readonly<Record<string, unknown>>
  const fields = Object.entries(type.fields).map(([name, t]) => [name, finite(t, row[name])])
  return Object.fromEntries(fields)
}

/** A float that may not be null could not be read back. */
function holds(type: DataType): boolean {
  if (isFloat(type)) return type.nullable
  if (type.kind === 'list') return holds(type.item)
  return type.kind !== 'struct' || Object.values(type.fields).every(holds)
}

fileFormatConformance({
  format: ndjsonFormat,
  typed: false,
  splitsAnywhere: true,
  holds,
  readsAs: finite,
})

const folder = mkdtempSync(join(tmpdir(), 'ndjson-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'file.ndjson')
const schema = Schema.of({ id: int32(), name: nullable(utf8()) })

function read(text: string, wanted = schema, splitBytes = 1 << 30) {
  writeFileSync(path, text)
  const splits = ndjsonFormat.plan(path, {}, splitBytes)
  return readSplits({ format: ndjsonFormat }, readerContext(wanted), splits)
}

test('a byte-order mark, blank lines, CRLF and a missing last line feed are read', async () => {
  expect(await read('\ufeff{"id":1}\r\n\n  \n{"name":"b","id":2}')).toEqual([
    { id: 1, name: null },
    { id: 2, name: 'b' },
  ])
})

test('a schema is guessed from the first objects', async () => {
  writeFileSync(
    path,
    '{"i":1,"f":1.0,"s":"x","t":"2024-01-01T00:00:00Z","l":[1,2.5],"o":{"a":true}}\n' +
      'broken\n{"i":2,"m":1,"o":{"b":null},"l":[],"e":{}}\n{"m":"x","f":2}\n',
  )
  expect(ndjsonFormat.schema(path, {}).toString()).toBe(
    'i: int64?, f: float64?, s: utf8?, t: timestamp[ms]?, l: list<float64?>?, ' +
      'o: struct<a: bool?, b: utf8?>?, m: utf8?, e: utf8?',
  )
  writeFileSync(path, '\n')
  expect(() => ndjsonFormat.schema(path, {})).toThrow('declare a schema')
})

test('splits never cut a line, whatever their size', async () => {
  const row = fc.record({ id: fc.integer({ min: 0, max: 9999 }), name: fc.option(fc.string()) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 60 }),
      fc.integer({ min: 1, max: 300 }),
      async (rows, splitBytes) => {
        const text = rows.map((r) => `${JSON.stringify(r)}\n`).join('')
        expect(await read(text, schema, splitBytes)).toEqual(rows)
      },
    ),
    { numRuns: 1_000 },
  )
})

describe('malformed records', () => {
  const bad: [string, string, string][] = [
    ['a broken line', '{"id":2,"name":"b"', 'not JSON at character 19'],
    ['text that is no JSON', 'oops', "not JSON at character 1 of the record: 'oops'"],
    ['invalid UTF-8', '{"id":2,"name":"\xff"}', 'not UTF-8'],
    ['a number that overflows', '{"id":2147483648}', "'2147483648' does not fit int32"],
    ['a value of another type', '{"id":[1]}', "'[1' is no int32"],
    ['text in a number', '{"id":"two"}', '"two" is no int32'],
    ['a missing key', '{"name":"b"}', 'no value for int32'],
    [
      'a record larger than the bound',
      `{"id":2,"name":"${'x'.repeat(3000)}"}`,
      'more than 2000 bytes',
    ],
  ]
  for (const [name, record, reason] of bad) {
    for (const ending of ['.ndjson', '.ndjson.gz', '.ndjson.zst']) {
      test(`${name} (${ending}): fails, or is skipped and kept with its place`, async () => {
        const bytes = Buffer.from(`{"id":1}\n\n${record}\n{"id":3}\n`, 'latin1')
        const file = folder + ending
        const got = await gatherMalformed(ndjsonFormat, file, bytes, schema)
        expect(got.failure).toMatchObject({ code: 'RECORD_MALFORMED', context: { offset: 10 } })
        expect(got.failure?.message).toContain(`${file}:3`)
        expect(got.failure?.message).toContain(reason)
        expect(got.read).toEqual([
          { id: 1, name: null },
          { id: 3, name: null },
        ])
        expect(got.malformed.map(({ line, offset }) => [line, offset])).toEqual([[3, 10]])
        const kept = Buffer.from(got.malformed[0]!.record)
        expect(Buffer.from(record, 'latin1').subarray(0, kept.length).equals(kept)).toBe(true)
      })
    }
  }

  test('name the column, also one in a struct or a list', async () => {
    const wanted = Schema.of({
      o: nullable(struct({ a: int32() })),
      l: nullable(list(int32())),
    })
    const bytes = Buffer.from('{"o":{"a":"x"}}\n{"o":{}}\n{"l":[1,2.5]}\n{"l":[1,2]}\n')
    const { malformed, read: rows } = await gatherMalformed(ndjsonFormat, path, bytes, wanted)
    expect(malformed.map(({ column, reason }) => `${column}: ${reason}`)).toEqual([
      'o.a: "x" is no int32',
      'o.a: no value for int32; declare the column nullable(...) if it may be missing',
      "l.item: '2.5' is no int32",
    ])
    expect(rows).toEqual([{ o: null, l: [1, 2] }])
  })
})
