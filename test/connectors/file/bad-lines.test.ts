// Every way in which a line can be wrong, through the whole file source: it fails the job, is
// skipped and counted, or is kept in the dead letters, and is never lost.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { DEFAULT_CONFIG } from '../../../src/base/config.ts'
import { RowReader } from '../../../src/columnar/row-reader.ts'
import { Schema } from '../../../src/columnar/schema.ts'
import { int32, nullable, utf8 } from '../../../src/columnar/type.ts'
import type { OnError } from '../../../src/connectors/connector.ts'
import { FileSource } from '../../../src/connectors/file/file-source.ts'
import { FORMATS } from '../../../src/connectors/file/formats.ts'
import { Kernels } from '../../../src/kernels/module.ts'
import { newMetrics } from '../../../src/operators/operator.ts'
import type { Row } from '../../columnar/random-rows.ts'

const kernels = new Kernels()
const folder = mkdtempSync(join(tmpdir(), 'bad-lines-'))
afterAll(() => rmSync(folder, { recursive: true }))
const schema = Schema.of({ id: int32(), name: nullable(utf8()) })
const deadLetter = join(folder, 'dead.ndjson')

interface Outcome {
  readonly rows: Row[]
  /** Malformed records counted. */
  readonly counted: number
  readonly error: { readonly code: string; readonly message: string } | undefined
}

async function read(format: 'csv' | 'ndjson', bytes: Uint8Array, onError: OnError) {
  const path = join(folder, `file.${format}`)
  writeFileSync(path, bytes)
  const config = { format, paths: [path], schema: schema.fields, options: {}, onError }
  const source = new FileSource(config, FORMATS[format])
  const metrics = newMetrics()
  const context = { kernels, schema, metrics, subtaskIndex: 0, parallelism: 1 }
  const bounds = { ...DEFAULT_CONFIG, recordBytesMax: 1_000 }
  const reader = source.reader({ ...context, config: bounds })
  const rows: Row[] = []
  let error: unknown
  try {
    for (const split of await source.plan(1)) {
      await reader.open(split)
      for (;;) {
        const polled = reader.poll()
        if (polled === 'split-ended') break
        if (polled instanceof Promise) await polled
        else rows.push(...new RowReader(kernels, schema).rows(polled))
      }
    }
  } catch (thrown) {
    error = thrown
  }
  await reader.close()
  return { rows, counted: metrics.malformedRecords, error } as Outcome
}

interface Bad {
  readonly name: string
  readonly record: string
  readonly reason: string
}

const CSV: readonly Bad[] = [
  { name: 'too few fields', record: '2', reason: '1 field instead of 2' },
  { name: 'too many fields', record: '2,b,c', reason: '3 fields instead of 2' },
  { name: 'an unterminated quote', record: '2,"b', reason: 'the quote at character 3' },
  { name: 'a quote inside a field', record: '2,b"c', reason: 'a quote or text in the wrong place' },
  { name: 'invalid UTF-8', record: '2,\xff', reason: 'not UTF-8' },
  { name: 'a number that overflows', record: '3000000000,b', reason: 'does not fit int32' },
  { name: 'text in a number', record: 'two,b', reason: "'two' is no int32" },
  { name: 'null where none may be', record: ',b', reason: 'no value for int32' },
  {
    name: 'a record that is too large',
    record: `2,${'x'.repeat(2_000)}`,
    reason: 'recordBytesMax',
  },
]
const NDJSON: readonly Bad[] = [
  {
    name: 'a broken line',
    record: '{"id":2,"name":',
    reason: 'character 16 of the record: the end of',
  },
  { name: 'no object', record: '17', reason: "not JSON at character 1 of the record: '17'" },
  { name: 'invalid UTF-8', record: '{"id":2,"name":"\xff"}', reason: 'not UTF-8' },
  { name: 'a number that overflows', record: '{"id":3000000000}', reason: 'does not fit int32' },
  { name: 'a missing key', record: '{"name":"b"}', reason: 'no value for int32' },
  {
    name: 'a record that is too large',
    record: `{"id":2,"name":"${'x'.repeat(2_000)}"}`,
    reason: 'recordBytesMax',
  },
]
const FILES = {
  csv: { bad: CSV, first: 'id,name\n1,a\n', last: '3,c\n' },
  ndjson: { bad: NDJSON, first: '\n{"id":1,"name":"a"}\n', last: '{"id":3,"name":"c"}\n' },
} as const
const GOOD = [
  { id: 1, name: 'a' },
  { id: 3, name: 'c' },
]

describe.each(['csv', 'ndjson'] as const)('%s', (format) => {
  const { bad, first, last } = FILES[format]
  const path = join(folder, `file.${format}`)

  describe.each(bad)('$name', ({ record, reason }) => {
    const bytes = Buffer.from(`${first}${record}\n${last}`, 'latin1')

    test('fails the job and says file, line and reason', async () => {
      const { error, counted } = await read(format, bytes, 'fail')
      expect(error?.code).toBe('RECORD_MALFORMED')
      expect(error?.message).toContain(`${path}:3`)
      expect(error?.message).toContain(reason)
      expect(counted).toBe(0)
    })

    test('is skipped and counted', async () => {
      expect(await read(format, bytes, 'skip')).toEqual({
        rows: GOOD,
        counted: 1,
        error: undefined,
      })
    })

    test('is kept in the dead letters', async () => {
      const { rows, counted } = await read(format, bytes, { deadLetter })
      expect({ rows, counted }).toEqual({ rows: GOOD, counted: 1 })
      const letters = readFileSync(deadLetter, 'utf8').trimEnd().split('\n')
      expect(letters.length).toBe(1)
      const letter = JSON.parse(letters[0]!) as { record: string; encoding?: 'base64' }
      expect(letter).toMatchObject({ file: path, line: 3, offset: first.length })
      expect(letter).toHaveProperty('reason', expect.stringContaining(reason))
      const kept = Buffer.from(letter.record, letter.encoding ?? 'utf8').toString('latin1')
      expect(kept).toBe(record)
    })
  })
})

test('a CSV file without a wanted column fails before it is read', async () => {
  const { error } = await read('csv', Buffer.from('id,nane\n1,a\n'), 'skip').catch((thrown) => ({
    error: thrown as Outcome['error'],
  }))
  expect(error?.code).toBe('SCHEMA_MISMATCH')
  expect(error?.message).toContain("has no column 'name'. Did you mean 'nane'?")
})
