// CSV to columns and back: four columns. The twin scans bytes into typed arrays, too; the rival
// splits text.
import { CsvTwin } from '../../test/kernels/reference/csv.ts'
import { kernelBench } from '../harness.ts'
import { csvBytes, csvQuotedBytes, ENCODED_BYTES_MAX, encodeInput } from './line-data.ts'
import { CSV_LINES, encodeSide, scanSide, sumOf, TWIN_SPECS } from './line-sides.ts'
import { splitCsv } from './line-rivals.ts'
import { encodeCsvRows } from './line-rivals.ts'

const ROWS = 16_384

const twin = () => ({
  run: ({ rows, in: [bytes] }: { readonly rows: number; readonly in: readonly [Uint8Array] }) => {
    const { delimiter, quote, multiline, fieldCount } = CSV_LINES
    const fields = [0, 1, 2, 3]
    const dialect = { delimiter, quote, multiline, fieldCount, fields }
    const options = { ...dialect, columns: TWIN_SPECS, nullText: '', recordBytesMax: 1 << 20 }
    const scanner = new CsvTwin(options, rows)
    scanner.scan(bytes)
    return sumOf(scanner.columns, scanner.rows)
  },
})

export default [
  kernelBench({
    name: 'scan, 4 fields, 41 B a row',
    input: (random, rows) => [csvBytes(random, rows)],
    kernel: (kernels) => scanSide(kernels, CSV_LINES, ROWS),
    twin,
    rivals: {
      split: () => ({ run: ({ rows, in: [bytes] }) => sumOf(splitCsv(bytes, rows), rows) }),
    },
    c: 'scan_csv',
    tolerance: 1e-12,
    expect: { twin: 3, rivals: { split: 5 } },
  }),
  kernelBench({
    name: 'scan, one field quoted',
    input: (random, rows) => [csvQuotedBytes(random, rows)],
    kernel: (kernels) => scanSide(kernels, CSV_LINES, ROWS),
    twin,
    c: 'scan_csv',
    tolerance: 1e-12,
    expect: { twin: 3 },
  }),
  kernelBench({
    name: 'encode, 4 columns',
    input: (random, rows) => encodeInput(random, rows),
    output: (rows) => [new Uint8Array(rows * ENCODED_BYTES_MAX)],
    outputUsed: (bytes) => [bytes],
    kernel: (kernels) => encodeSide(kernels, 'csv'),
    twin: () => ({ run: ({ rows, in: input, out: [out] }) => encodeCsvRows(rows, input, out) }),
    c: 'encode_csv',
    expect: { twin: 3 },
  }),
]
