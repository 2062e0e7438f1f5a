// The CSV scanner against its twin: any bytes, cut into any blocks, give the same rows and faults;
// and each fault by example.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ColumnSpec } from '../../src/kernels/column-table.ts'
import { csvLines, encoder, scanAll } from './lines.ts'
import { CsvTwin } from './reference/csv.ts'
import type { TwinKind } from './reference/twin-column.ts'

const field = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -(2 ** 33), max: 2 ** 33 }).map(String) },
  { weight: 2, arbitrary: fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String) },
  { weight: 4, arbitrary: fc.double().map(String) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '',
      '""',
      '"',
      'NA',
      '"NA"',
      'true',
      'F',
      '+1',
      '1.',
      '.5',
      '-',
      'inf',
    ),
  },
  {
    weight: 4,
    arbitrary: fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', 'b'), maxLength: 40 }),
  },
  {
    weight: 2,
    arbitrary: fc
      .string({ unit: fc.constantFrom('a', '""', ',', '\n', ';', '\r'), maxLength: 24 })
      .map((s) => `"${s}"`),
  },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.constantFrom('a', '"', '\r', '\u0000'), maxLength: 8 }),
  },
  { weight: 1, arbitrary: fc.constant('x'.repeat(130)) },
)

const kind = fc.constantFrom<TwinKind>('int32', 'int64', 'float64', 'utf8', 'bool')

const csvInput = fc.record({
  columns: fc.array(fc.record({ kind, nullable: fc.boolean() }), { minLength: 1, maxLength: 4 }),
  skipped: fc.integer({ min: 0, max: 2 }),
  records: fc.array(fc.array(field, { minLength: 1, maxLength: 6 }), { maxLength: 40 }),
  regular: fc.boolean(),
  newline: fc.constantFrom('\n', '\r\n'),
  ending: fc.boolean(),
  delimiter: fc.constantFrom(',', ';', '\t'),
  multiline: fc.boolean(),
  nullText: fc.constantFrom('', 'NA'),
  recordBytesMax: fc.constantFrom(1 << 20, 120, 20),
  blocks: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 }),
  rowsMax: fc.constantFrom(1, 3, 64),
  misalign: fc.integer({ min: 0, max: 15 }),
  badByte: fc.option(fc.nat(), { freq: 4 }),
})

test('any bytes in any blocks give the rows and faults of the twin', () => {
  fc.assert(
    fc.property(csvInput, (i) => {
      const fieldCount = i.columns.length + i.skipped
      const text = i.records
        .map((record) =>
          i.regular
            ? Array.from({ length: fieldCount }, (_, f) => record[f % record.length]!)
            : record,
        )
        .map((record) => record.join(i.delimiter))
        .join(i.newline)
      const bytes = encoder.encode(i.ending ? text + i.newline : text)
      if (i.badByte !== null && bytes.length > 0) bytes[i.badByte % bytes.length] = 0xe2
      // Columns in another order than fields.
      const fields = i.columns.map((_, c) => fieldCount - 1 - c)
      const { delimiter, multiline, nullText, recordBytesMax } = i
      const twin = new CsvTwin(
        {
          columns: i.columns,
          fieldCount,
          fields,
          delimiter: delimiter.charCodeAt(0),
          quote: 34,
          multiline,
          nullText,
          recordBytesMax,
        },
        bytes.length + 1,
      )
      twin.scan(bytes.length > 0 && bytes.at(-1) !== 10 ? Uint8Array.from([...bytes, 10]) : bytes)
      const specs: ColumnSpec[] = i.columns.map((spec, c) => ({
        ...spec,
        name: `c${c}`,
        field: fields[c]!,
      }))
      const lines = csvLines({
        fieldCount,
        delimiter: delimiter.charCodeAt(0),
        multiline,
        nullText: encoder.encode(nullText),
      })
      const { blocks, rowsMax, misalign } = i
      const got = scanAll(bytes, { lines, specs, recordBytesMax, blocks, rowsMax, misalign })
      expect(
        got.faults.map(({ kind: fault, start, end }) => ({ kind: fault, start, end })),
      ).toEqual(twin.faults)
      expect(got.rows.length).toBe(twin.rows)
      got.rows.forEach((row, r) => {
        expect(row).toEqual(twin.columns.map((column) => column.value(r)))
      })
      expect(got.batches.every((rows) => rows <= rowsMax)).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})

const specs: ColumnSpec[] = [
  { name: 'id', kind: 'int32', nullable: false },
  { name: 'name', kind: 'utf8', nullable: true },
]
const two = csvLines({ fieldCount: 2 })

/** Each fault as `kind column [start,end)`, and the rows that remain. */
function scanTwo(bytes: string | Uint8Array, options: Partial<Parameters<typeof scanAll>[1]> = {}) {
  const input = typeof bytes === 'string' ? encoder.encode(bytes) : bytes
  const { rows, faults } = scanAll(input, { lines: two, specs, ...options })
  return {
    rows,
    faults: faults.map((f) => `${f.kind} ${f.column ?? '-'} [${f.start},${f.end})`),
  }
}

test.each<[string, string, string]>([
  ['too few fields', '1,a\n2\n3,c\n', 'too-few-fields - [4,6)'],
  ['too many fields', '1,a\n2,b,c\n3,c\n', 'too-many-fields - [4,10)'],
  ['an unterminated quote', '1,a\n2,"b\n3,c\n', 'quote-open - [4,9)'],
  ['a quote in a plain field', '1,a\n2,b"b"\n3,c\n', 'quote-stray - [4,11)'],
  ['text behind a quote', '1,a\n2,"b"b\n3,c\n', 'quote-stray - [4,11)'],
  ['text in a number', '1,a\n2x,b\n3,c\n', 'syntax id [4,9)'],
  ['a number that overflows', '1,a\n2147483648,b\n3,c\n', 'range id [4,17)'],
  ['null where none may be', '1,a\n,b\n3,c\n', 'null id [4,7)'],
])('%s is one malformed record; the others are read', (_, text, fault) => {
  expect(scanTwo(text)).toEqual({
    rows: [
      [1, 'a'],
      [3, 'c'],
    ],
    faults: [fault],
  })
})

test('invalid UTF-8 is malformed in a column that is read', () => {
  const bytes = Uint8Array.from([...encoder.encode('1,a\n2,'), 0xc3, ...encoder.encode('\n3,c\n')])
  expect(scanTwo(bytes)).toEqual({
    rows: [
      [1, 'a'],
      [3, 'c'],
    ],
    faults: ['utf8 name [4,8)'],
  })
  const ids = scanAll(bytes, { lines: two, specs: [specs[0]!] })
  expect(ids.rows).toEqual([[1], [2], [3]])
})

test('a record larger than the bound is malformed, however large', () => {
  const long = 'x'.repeat(5_000)
  const options = { recordBytesMax: 100, blocks: [64] }
  const fault = 'too-large - [4,5007)'
  expect(scanTwo(`1,a\n2,${long}\n3,c\n`, options)).toEqual({
    rows: [
      [1, 'a'],
      [3, 'c'],
    ],
    faults: [fault],
  })
  const most = `2,${'x'.repeat(98)}`
  expect(scanTwo(`${most}\n`, options).faults).toEqual([])
  expect(scanTwo(`${most}x\n`, options).faults).toEqual(['too-large - [0,102)'])
})

test('an unterminated quote costs its line, not the rest of the file', () => {
  const rest = Array.from({ length: 50 }, (_, i) => `${i},n${i}\n`).join('')
  const { rows, faults } = scanTwo(`7,"open\n${rest}`)
  expect(faults).toEqual(['quote-open - [0,8)'])
  expect(rows.length).toBe(50)
})

test('a line feed in quotes belongs to the field, or ends it where lines are records', () => {
  const text = '1,"a\nb"\n2,c\n'
  expect(scanTwo(text).rows).toEqual([
    [1, 'a\nb'],
    [2, 'c'],
  ])
  const lines = csvLines({ fieldCount: 2, multiline: false })
  expect(scanTwo(text, { lines })).toEqual({
    rows: [[2, 'c']],
    faults: ['quote-open - [0,5)', 'quote-stray - [5,8)'],
  })
})

test('empty lines are no records, but in a file of one column they are null', () => {
  expect(scanTwo('\n1,a\n\n\r\n2,b\r\n\n').rows).toEqual([
    [1, 'a'],
    [2, 'b'],
  ])
  const one = scanAll(encoder.encode('a\n\nb\n'), {
    lines: csvLines({ fieldCount: 1 }),
    specs: [{ name: 'a', kind: 'utf8', nullable: true }],
  })
  expect(one.rows).toEqual([['a'], [null], ['b']])
})

test('null’s text is null, but not in quotes', () => {
  const lines = csvLines({ fieldCount: 2, nullText: encoder.encode('NA') })
  expect(scanTwo('1,NA\n2,"NA"\n3,\nNA,x\n', { lines })).toEqual({
    rows: [
      [1, null],
      [2, 'NA'],
      [3, ''],
    ],
    faults: ['null id [15,20)'],
  })
})

test('timestamps are ISO 8601 or a count, dates too, binary is base64', () => {
  const lines = csvLines({ fieldCount: 3 })
  const times: ColumnSpec[] = [
    { name: 't', kind: 'timestamp', scale: 3, nullable: true },
    { name: 'd', kind: 'date', nullable: true },
    { name: 'b', kind: 'binary', nullable: true },
  ]
  const text =
    '2024-02-29T12:00:00+01:00,2024-02-29,AQID\n1700000000000,19782,AQI\n,,\n' +
    '2024-02-30,2024-02-29,\nyesterday,,\n,2024-13-01,\n,,A\n,,"_-8="\n'
  const got = scanAll(encoder.encode(text), { lines, specs: times })
  expect(got.rows).toEqual([
    [1_709_204_400_000n, 19_782, [1, 2, 3]],
    [1_700_000_000_000n, 19_782, [1, 2]],
    [null, null, null],
    [null, null, [255, 239]],
  ])
  expect(got.faults.map((f) => `${f.kind} ${f.column}`)).toEqual([
    'range t',
    'syntax t',
    'range d',
    'syntax b',
  ])
})

test('decimals are exact, and rounded to their scale', () => {
  const lines = csvLines({ fieldCount: 2 })
  const decimals: ColumnSpec[] = [
    { name: 'd', kind: 'decimal64', precision: 5, scale: 2, nullable: false },
    { name: 'e', kind: 'decimal128', precision: 38, scale: 10, nullable: false },
  ]
  const text =
    '12.5,-1e-10\n-0.010,1234567890123456789012345678.0123456789\n1e2,0\n' +
    '1.005,0\n1000,0\n1,1e28\n.,0\n1e,0\n'
  const got = scanAll(encoder.encode(text), { lines, specs: decimals })
  expect(got.rows).toEqual([
    [1250n, -1n],
    [-1n, 12_345_678_901_234_567_890_123_456_780_123_456_789n],
    [10_000n, 0n],
    [101n, 0n],
  ])
  expect(got.faults.map((f) => `${f.kind} ${f.column}`)).toEqual([
    'range d',
    'range e',
    'syntax d',
    'syntax d',
  ])
})
