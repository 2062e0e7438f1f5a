// Comparison of texts: with a constant, column by column, prefixes.
import * as twin from '../../test/kernels/reference/string-compare.ts'
import { kernelBench } from '../harness.ts'
import { path, textColumn, word } from '../texts.ts'

const encoder = new TextEncoder()
const bitmap = (rows: number): readonly [Uint8Array] => [new Uint8Array((rows + 7) >> 3)]
const LESS = 1
const EQUAL = 2
// One row in ten is the text that is looked for.
const WANTED = 'millwheels'
const wanted = encoder.encode(WANTED)
const PREFIX = '/mill'
const prefix = encoder.encode(PREFIX)

export default [
  kernelBench({
    name: 'text = constant',
    input: (random, rows) =>
      textColumn(rows, () => (random.int(0, 10) === 0 ? WANTED : word(random))),
    output: bitmap,
    kernel: (kernels) => {
      const text = kernels.put(wanted)
      return {
        run: ({ in: [offsets, values], out: [out], rows }) => {
          const { stringCompareConstant } = kernels.exports
          stringCompareConstant(EQUAL, offsets, values, rows, text, wanted.length, out)
          return 0
        },
      }
    },
    twin: () => ({
      run: ({ in: [offsets, values], out: [out] }) => {
        twin.equalToText({ offsets, values }, wanted, out)
        return 0
      },
    }),
    c: 'equal_constant',
    params: [wanted.length],
    expect: { twin: 2 },
  }),
  kernelBench({
    name: 'text < constant',
    input: (random, rows) => textColumn(rows, () => word(random)),
    output: bitmap,
    kernel: (kernels) => {
      const text = kernels.put(wanted)
      return {
        run: ({ in: [offsets, values], out: [out], rows }) => {
          const { stringCompareConstant } = kernels.exports
          stringCompareConstant(LESS, offsets, values, rows, text, wanted.length, out)
          return 0
        },
      }
    },
    twin: () => {
      const constant = { offsets: Int32Array.of(0, wanted.length), values: wanted }
      return {
        run: ({ in: [offsets, values], out: [out] }) => {
          twin.stringCompare({ offsets, values }, constant, true, (order) => order < 0, out)
          return 0
        },
      }
    },
    c: 'less_constant',
    params: [wanted.length],
    expect: { twin: 2 },
  }),
  kernelBench({
    name: 'text = text, half equal',
    input: (random, rows) => {
      const a = Array.from({ length: rows }, () => word(random))
      const b = a.map((text) => (random.int(0, 2) === 0 ? text : word(random)))
      return [...textColumn(rows, (row) => a[row]!), ...textColumn(rows, (row) => b[row]!)]
    },
    output: bitmap,
    kernel: (kernels) => ({
      run: ({ in: [a, x, b, y], out: [out], rows }) => {
        kernels.exports.stringCompareColumns(EQUAL, a, x, b, y, rows, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [a, x, b, y], out: [out] }) => {
        const [left, right] = [
          { offsets: a, values: x },
          { offsets: b, values: y },
        ]
        twin.stringCompare(left, right, false, (order) => order === 0, out)
        return 0
      },
    }),
    c: 'equal_columns',
    expect: { twin: 2 },
  }),
  kernelBench({
    name: 'starts with a constant',
    input: (random, rows) =>
      textColumn(rows, () => (random.int(0, 10) === 0 ? PREFIX : '') + path(random)),
    output: bitmap,
    kernel: (kernels) => {
      const text = kernels.put(prefix)
      return {
        run: ({ in: [offsets, values], out: [out], rows }) => {
          const { stringAffixConstant } = kernels.exports
          stringAffixConstant(false, offsets, values, rows, text, prefix.length, out)
          return 0
        },
      }
    },
    twin: () => ({
      run: ({ in: [offsets, values], out: [out] }) => {
        twin.startsWithText({ offsets, values }, prefix, out)
        return 0
      },
    }),
    c: 'starts_with',
    params: [prefix.length],
    expect: { twin: 1.5 },
  }),
]
