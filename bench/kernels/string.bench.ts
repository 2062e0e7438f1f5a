// Lengths, concatenation, parts, trimming, validation.
import * as twin from '../../test/kernels/reference/string.ts'
import { intConstant } from '../../src/kernels/string.ts'
import { kernelBench } from '../harness.ts'
import { foreignName, name, textColumn, textOutput, word } from '../texts.ts'

export default [
  kernelBench({
    name: 'length in code points, beyond ASCII',
    input: (random, rows) => textColumn(rows, () => foreignName(random)),
    output: (rows) => [new Int32Array(rows)],
    kernel: (kernels) => ({
      run: ({ in: [offsets, values], out: [out], rows }) => {
        kernels.exports.stringLength(offsets, values, rows, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [offsets, values], out: [out] }) => {
        twin.stringLength({ offsets, values }, out)
        return 0
      },
    }),
    c: 'length',
    expect: { twin: 3 },
  }),
  kernelBench({
    name: 'concat of two columns',
    input: (random, rows) => [
      ...textColumn(rows, () => word(random)),
      ...textColumn(rows, () => word(random)),
    ],
    output: (rows) => textOutput(rows, 40),
    outputUsed: (bytes, rows) => [rows + 1, bytes],
    kernel: (kernels) => {
      const table = kernels.allocate(24)
      return {
        run: ({ in: [a, x, b, y], out: [out, bytes], rows }) => {
          kernels.u32.set([a, x, 4, b, y, 4], table >> 2)
          return kernels.exports.stringConcat(table, 2, rows, out, bytes)
        },
      }
    },
    twin: () => ({
      run: ({ in: [a, x, b, y], out: [out, bytes], rows }) => {
        const parts = [
          { offsets: a, values: x },
          { offsets: b, values: y },
        ]
        return twin.stringConcat(parts, rows, { offsets: out, values: bytes })
      },
    }),
    c: 'concat',
    expect: { twin: 2 },
  }),
  ...([name, foreignName] as const).map((text) =>
    kernelBench({
      name: `substring, ${text === name ? 'ASCII' : 'an eighth beyond ASCII'}`,
      input: (random, rows) => textColumn(rows, () => text(random)),
      output: (rows) => textOutput(rows, 40),
      outputUsed: (bytes, rows) => [rows + 1, bytes],
      kernel: (kernels) => {
        const [from, count] = [intConstant(kernels, 2).values, intConstant(kernels, 6).values]
        return {
          run: ({ in: [offsets, values], out: [out, bytes], rows }) =>
            kernels.exports.stringSubstring(offsets, values, rows, from, 0, count, 0, out, bytes),
        }
      },
      twin: () => ({
        run: ({ in: [offsets, values], out: [out, bytes] }) =>
          twin.stringSubstring({ offsets, values }, 2, 6, { offsets: out, values: bytes }),
      }),
      c: 'substring',
      params: [2, 6],
      expect: { twin: 4 },
    }),
  ),
  ...([name, foreignName] as const).map((text) =>
    kernelBench({
      name: `left of a constant, ${text === name ? 'ASCII' : 'an eighth beyond ASCII'}`,
      input: (random, rows) => textColumn(rows, () => text(random)),
      output: (rows) => textOutput(rows, 40),
      outputUsed: (bytes, rows) => [rows + 1, bytes],
      kernel: (kernels) => {
        const count = intConstant(kernels, 6).values
        return {
          run: ({ in: [offsets, values], out: [out, bytes], rows }) =>
            kernels.exports.stringSide(false, offsets, values, rows, count, 0, out, bytes),
        }
      },
      twin: () => ({
        run: ({ in: [offsets, values], out: [out, bytes] }) =>
          twin.stringLeft({ offsets, values }, 6, { offsets: out, values: bytes }),
      }),
      c: 'left',
      params: [6],
      expect: { twin: 4 },
    }),
  ),
  ...([name, foreignName] as const).map((text) =>
    kernelBench({
      name: `reverse, ${text === name ? 'ASCII' : 'an eighth beyond ASCII'}`,
      input: (random, rows) => textColumn(rows, () => text(random)),
      output: (rows) => textOutput(rows, 80),
      outputUsed: (bytes, rows) => [rows + 1, bytes],
      kernel: (kernels) => ({
        run: ({ in: [offsets, values], out: [out, bytes], rows }) =>
          kernels.exports.stringReverse(offsets, values, rows, out, bytes),
      }),
      twin: () => ({
        run: ({ in: [offsets, values], out: [out, bytes] }) =>
          twin.stringReverse({ offsets, values }, { offsets: out, values: bytes }),
      }),
      c: 'reverse',
      expect: { twin: 4 },
    }),
  ),
  kernelBench({
    name: 'trim',
    input: (random, rows) =>
      textColumn(rows, () => ' '.repeat(random.int(0, 3)) + name(random) + ' '.repeat(2)),
    output: (rows) => textOutput(rows, 48),
    outputUsed: (bytes, rows) => [rows + 1, bytes],
    kernel: (kernels) => ({
      run: ({ in: [offsets, values], out: [out, bytes], rows }) =>
        kernels.exports.stringTrim(3, offsets, values, rows, out, bytes),
    }),
    twin: () => ({
      run: ({ in: [offsets, values], out: [out, bytes] }) =>
        twin.stringTrim({ offsets, values }, { offsets: out, values: bytes }),
    }),
    c: 'trim',
    expect: { twin: 4 },
  }),
  ...([name, foreignName] as const).map((text) =>
    kernelBench({
      name: `UTF-8 validation, ${text === name ? 'ASCII' : 'an eighth beyond ASCII'}`,
      input: (random, rows) => textColumn(rows, () => text(random)),
      kernel: (kernels) => ({
        run: ({ in: [, values], inBytes: [, bytes] }) =>
          kernels.exports.utf8Validate(values, bytes) | 0,
      }),
      twin: () => ({ run: ({ in: [, values] }) => twin.firstInvalidUtf8(values) }),
      c: 'validate',
      expect: { twin: text === name ? 8 : 2 },
    }),
  ),
]
