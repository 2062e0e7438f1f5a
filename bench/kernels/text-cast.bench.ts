// Casts between text and numbers or timestamps. The twins are JavaScript's own conversions a row.
import { powerOfTenWords } from '../../scripts/kernel-tables.ts'
import { decodeRows } from '../../test/kernels/reference/utf8.ts'
import { kernelBench } from '../harness.ts'
import { textColumn, textOutput } from '../texts.ts'

const I64 = 3
const F64 = 9
const TIMESTAMP = 11
const MILLISECONDS = 3
// What C needs of the kernels' table; the kernels have their own.
const POWERS = BigUint64Array.from(powerOfTenWords())
const TEXT_BYTES = 48
const encoder = new TextEncoder()

function writeRows(
  n: number,
  text: (row: number) => string,
  offsets: Int32Array,
  values: Uint8Array,
): number {
  let at = 0
  for (let row = 0; row < n; row++) {
    at += encoder.encodeInto(text(row), values.subarray(at)).written
    offsets[row + 1] = at
  }
  return at
}

const instant = (low: number): string => new Date(low).toISOString()

export default [
  kernelBench({
    name: 'text to int64',
    input: (random, rows) =>
      textColumn(rows, () => String(random.int(-(10 ** random.int(1, 13)), 10 ** 12))),
    output: (rows) => [new BigInt64Array(rows)],
    kernel: (kernels) => ({
      run: ({ in: [offsets, values], out: [out], rows }) =>
        kernels.exports.textToColumn(I64, 0, 0, offsets, values, 0, rows, out, 0) | 0,
    }),
    twin: () => ({
      run: ({ in: [offsets, values], out: [out] }) => {
        const texts = decodeRows({ offsets, values })
        for (const [row, text] of texts.entries()) out[row] = BigInt(text)
        return -1
      },
    }),
    c: 'to_i64',
    expect: { twin: 4 },
  }),
  ...(['prices', 'all digits'] as const).flatMap((kind) => [
    kernelBench({
      name: `text to float64, ${kind}`,
      input: (random, rows) => [
        ...textColumn(rows, () =>
          String(kind === 'prices' ? random.int(0, 10_000_000) / 100 : random.unit() * 1e6),
        ),
        POWERS,
      ],
      output: (rows) => [new Float64Array(rows)],
      kernel: (kernels) => ({
        run: ({ in: [offsets, values], out: [out], rows }) =>
          kernels.exports.textToColumn(F64, 0, 0, offsets, values, 0, rows, out, 0) | 0,
      }),
      twin: () => ({
        run: ({ in: [offsets, values], out: [out] }) => {
          const texts = decodeRows({ offsets, values })
          for (const [row, text] of texts.entries()) out[row] = Number(text)
          return -1
        },
      }),
      c: 'to_f64',
      expect: { twin: 4 },
    }),
    kernelBench({
      name: `float64 to text, ${kind}`,
      input: (random, rows) => [
        new Float64Array(rows).map(() =>
          kind === 'prices' ? random.int(0, 10_000_000) / 100 : random.unit() * 1e6,
        ),
        POWERS,
      ],
      output: (rows) => textOutput(rows, TEXT_BYTES),
      outputUsed: (bytes, rows) => [rows + 1, bytes],
      kernel: (kernels) => ({
        run: ({ in: [values], out: [offsets, bytes], rows }) =>
          kernels.exports.textFromColumn(F64, 0, values, 0, rows, offsets, bytes),
      }),
      twin: () => ({
        run: ({ in: [values], out: [offsets, bytes], rows }) =>
          writeRows(rows, (row) => String(values[row]!), offsets, bytes),
      }),
      c: 'from_f64',
      expect: { twin: 3 },
    }),
  ]),
  kernelBench({
    name: 'int64 to text',
    input: (random, rows) => [
      new BigInt64Array(rows).map(() => BigInt(random.int(-(10 ** random.int(1, 13)), 10 ** 12))),
    ],
    output: (rows) => textOutput(rows, TEXT_BYTES),
    outputUsed: (bytes, rows) => [rows + 1, bytes],
    kernel: (kernels) => ({
      run: ({ in: [values], out: [offsets, bytes], rows }) =>
        kernels.exports.textFromColumn(I64, 0, values, 0, rows, offsets, bytes),
    }),
    twin: () => ({
      run: ({ in: [values], out: [offsets, bytes], rows }) =>
        writeRows(rows, (row) => String(values[row]!), offsets, bytes),
    }),
    c: 'from_i64',
    expect: { twin: 3 },
  }),
  kernelBench({
    name: 'text to timestamp',
    input: (random, rows) => textColumn(rows, () => instant(random.int(0, 2e12))),
    output: (rows) => [new BigInt64Array(rows)],
    kernel: (kernels) => ({
      run: ({ in: [offsets, values], out: [out], rows }) => {
        const { textToColumn } = kernels.exports
        return textToColumn(TIMESTAMP, 0, MILLISECONDS, offsets, values, 0, rows, out, 0) | 0
      },
    }),
    twin: () => ({
      run: ({ in: [offsets, values], out: [out] }) => {
        const texts = decodeRows({ offsets, values })
        for (const [row, text] of texts.entries()) out[row] = BigInt(Date.parse(text))
        return -1
      },
    }),
    c: 'to_timestamp',
    expect: { twin: 8 },
  }),
  kernelBench({
    name: 'timestamp to text',
    input: (random, rows) => [new BigInt64Array(rows).map(() => BigInt(random.int(0, 2e12)))],
    output: (rows) => textOutput(rows, TEXT_BYTES),
    outputUsed: (bytes, rows) => [rows + 1, bytes],
    kernel: (kernels) => ({
      run: ({ in: [values], out: [offsets, bytes], rows }) => {
        const { textFromColumn } = kernels.exports
        return textFromColumn(TIMESTAMP, MILLISECONDS, values, 0, rows, offsets, bytes)
      },
    }),
    twin: () => ({
      run: ({ in: [values], out: [offsets, bytes], rows }) =>
        writeRows(rows, (row) => instant(Number(values[row]!)), offsets, bytes),
    }),
    c: 'from_timestamp',
    expect: { twin: 8 },
  }),
]
