// Tables as people read them: exact text of small ones, and the best n of random rows against a
// sort.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { Schema } from '../../src/columnar/schema.ts'
import {
  binary,
  bool,
  type DataType,
  date,
  decimal,
  duration,
  type Fields,
  float64,
  int32,
  int64,
  list,
  nullable,
  struct,
  timestamp,
  uint8,
  utf8,
} from '../../src/columnar/type.ts'
import { type PrintOptions, printSink, printTable } from '../../src/connectors/print.ts'
import { valueText } from '../../src/connectors/value-text.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { newMetrics } from '../../src/operators/operator.ts'
import type { Row } from '../columnar/random-rows.ts'

const kernels = new Kernels()

async function printed(
  options: PrintOptions,
  fields: Fields,
  batches: readonly (readonly Row[])[],
): Promise<string> {
  const schema = Schema.of(fields)
  let text = ''
  const sink = printSink(printTable(options).config, (more) => {
    text += more
  })
  const metrics = newMetrics()
  const world = { kernels, schema, config: DEFAULT_CONFIG, metrics }
  const writer = sink.writer({ ...world, subtaskIndex: 0, parallelism: 1 })
  for (const rows of batches) {
    const builder = new BatchBuilder(kernels, schema)
    for (const row of rows) builder.append(row)
    await writer.write(builder.finish())
  }
  await writer.finish()
  await writer.close()
  expect(metrics.rowObjects).toBe(0)
  return text
}

const FIELDS = {
  origin: utf8(),
  at: timestamp('ms'),
  flights: int32(),
  late: nullable(float64()),
}
const row = (origin: string, hour: number, flights: number, late: number | null): Row => ({
  origin,
  at: Date.UTC(2001, 0, 1, hour),
  flights,
  late,
})

describe('print', () => {
  it('shows an aligned table, header once, and how many rows there were', async () => {
    const batches = [
      [row('ATL', 0, 120, 0.5), row('SEA', 1, 12_345, 0.125)],
      [row('Honolulu', 2, 1, null)],
    ]
    expect(await printed({ title: 'Flights' }, FIELDS, batches)).toBe(
      [
        'Flights',
        'origin  at                    flights   late',
        '------  --------------------  -------  -----',
        'ATL     2001-01-01T00:00:00Z      120  0.500',
        'SEA     2001-01-01T01:00:00Z   12,345  0.125',
        'Honolulu  2001-01-01T02:00:00Z        1   null',
        '(3 rows)',
        '',
      ].join('\n'),
    )
  })

  it('shows first what each row of a changelog does', async () => {
    const changes = [0, 1, 2, 3].map(($op) => ({ word: 'mill', $op }))
    expect(await printed({}, { word: utf8(), $op: uint8() }, [changes])).toBe(
      'op  word\n--  ----\n+I  mill\n-U  mill\n+U  mill\n-D  mill\n(4 rows)\n',
    )
  })

  it('stops at its limit, and says what it left out', async () => {
    const rows = Array.from({ length: 1500 }, (_, id) => ({ id }))
    const text = await printed({ limit: 2 }, { id: int32() }, [rows, rows])
    expect(text).toBe('id\n--\n 0\n 1\n(2 of 3,000 rows)\n')
  })

  it('shows the header of no rows', async () => {
    expect(await printed({}, { id: int32() }, [])).toBe('id\n--\n(0 rows)\n')
    expect(await printed({ by: 'id' }, { id: int32() }, [])).toBe('id\n--\n(0 rows)\n')
  })

  it('refuses a limit that is none, and a column that is not there', async () => {
    expect(() => printTable({ limit: 0 })).toThrow(/limit must be at least 1/)
    await expect(printed({ by: 'idd' }, { id: int32() }, [])).rejects.toThrow(/Did you mean 'id'/)
  })
})

describe('print by a column', () => {
  it('shows the largest first, in order of the other columns where they are equal', async () => {
    const batches = [
      [row('B', 0, 1, 0.5), row('A', 0, 1, null)],
      [row('C', 0, 1, Number.NaN), row('A', 0, 1, 0.5), row('D', 0, 1, 0.75)],
    ]
    const text = await printed({ by: 'late', limit: 4 }, FIELDS, batches)
    const lines = text.split('\n').slice(2, -2)
    expect(lines.map((line) => line[0])).toEqual(['D', 'A', 'B', 'A'])
    expect(text).toMatch(/\(4 of 5 rows\)\n$/)
  })

  it('is the head of a sorted list, for random rows in any batches', async () => {
    const rows = fc.array(fc.record({ key: fc.integer({ max: 30 }), id: fc.nat(1000) }), {
      maxLength: 60,
    })
    const limit = fc.integer({ min: 1, max: 12 })
    await fc.assert(
      fc.asyncProperty(fc.array(rows, { maxLength: 4 }), limit, fc.boolean(), async (b, n, up) => {
        const sign = up ? 1 : -1
        const sorted = b.flat().sort((x, y) => sign * (x.key - y.key) || x.id - y.id)
        const fields = { key: int32(), id: int32() }
        const text = await printed({ by: 'key', limit: n, ascending: up }, fields, b)
        const shown = text
          .split('\n')
          .slice(2, -2)
          .map((line) => line.trim().replaceAll(',', '').split(/ +/).map(Number))
        expect(shown).toEqual(sorted.slice(0, n).map(({ key, id }) => [key, id]))
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('a value', () => {
  const day = new Date('2001-02-03')
  const cases: readonly (readonly [DataType, unknown, string])[] = [
    [int32(), null, 'null'],
    [bool(), true, 'true'],
    [int32(), 9999, '9999'],
    [int32(), -1_234_567, '-1,234,567'],
    [int64(), 2n ** 63n - 1n, '9,223,372,036,854,775,807'],
    [float64(), 1 / 3, '0.333'],
    [float64(), 12_345.678_9, '12,345.679'],
    [float64(), 0.000_012_345_6, '0.00001235'],
    [float64(), 1e21, '1e+21'],
    [float64(), Number.NaN, 'NaN'],
    [float64(), -Infinity, '-Infinity'],
    [decimal(9, 2), '-12.50', '-12.50'],
    [utf8(), 'x'.repeat(60), `${'x'.repeat(47)}…`],
    [utf8(), 'a\nb\u001b[31m', 'a\\nb\\u001b[31m'],
    [binary(), Uint8Array.of(0, 255), '00ff'],
    [binary(), new Uint8Array(20), `${'00'.repeat(16)}… (20 bytes)`],
    [date(), day, '2001-02-03'],
    [timestamp('ms'), day.getTime(), '2001-02-03T00:00:00Z'],
    [timestamp('ms'), day.getTime() + 5, '2001-02-03T00:00:00.005Z'],
    [timestamp('us'), -1n, '1969-12-31T23:59:59.999999Z'],
    [timestamp('ns'), 1_000_000_120n, '1970-01-01T00:00:01.00000012Z'],
    [timestamp('ms'), 9e15, '9000000000000000 ms'],
    [duration('ms'), 90_000, '90,000 ms'],
    [duration('us'), 7n, '7 us'],
    [list(nullable(int32())), [1, null], '[1, null]'],
    [struct({ a: int32(), b: utf8() }), { a: 1, b: 'x' }, '{a: 1, b: x}'],
  ]
  it.each(cases)('of %j: %s is shown as %s', (type, value, text) => {
    expect(valueText(type, value)).toBe(text)
  })
})
