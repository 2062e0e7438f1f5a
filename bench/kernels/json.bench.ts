// NDJSON to columns and back: four columns. The twin scans bytes into typed arrays, too; the rival
// calls JSON.parse a line.
import { JsonTwin } from '../../test/kernels/reference/json.ts'
import { kernelBench } from '../harness.ts'
import { COLUMNS, ENCODED_BYTES_MAX, encodeInput, jsonBytes } from './line-data.ts'
import { encodeJsonRows, parseJson } from './line-rivals.ts'
import { encodeSide, scanSide, sumOf, TWIN_SPECS } from './line-sides.ts'

const ROWS = 16_384
const SPECS = Object.fromEntries(COLUMNS.map(({ name }, i) => [name, TWIN_SPECS[i]!]))

export default [
  kernelBench({
    name: 'scan, 4 keys, 70 B a row',
    input: (random, rows) => [jsonBytes(random, rows)],
    kernel: (kernels) => scanSide(kernels, { kind: 'json' }, ROWS),
    twin: () => ({
      run: ({ rows, in: [bytes] }) => {
        const scanner = new JsonTwin(SPECS, rows)
        scanner.scan(bytes)
        return sumOf(scanner.columns, scanner.rows)
      },
    }),
    rivals: {
      'JSON.parse': () => ({ run: ({ rows, in: [bytes] }) => sumOf(parseJson(bytes, rows), rows) }),
    },
    c: 'scan_json',
    tolerance: 1e-12,
    expect: { twin: 3, rivals: { 'JSON.parse': 5 } },
  }),
  kernelBench({
    name: 'encode, 4 columns',
    input: (random, rows) => encodeInput(random, rows),
    output: (rows) => [new Uint8Array(rows * ENCODED_BYTES_MAX)],
    outputUsed: (bytes) => [bytes],
    kernel: (kernels) => encodeSide(kernels, 'json'),
    twin: () => ({ run: ({ rows, in: input, out: [out] }) => encodeJsonRows(rows, input, out) }),
    c: 'encode_json',
    expect: { twin: 3 },
  }),
]
