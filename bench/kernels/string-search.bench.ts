// Search in texts: contains, split, replace.
import * as twin from '../../test/kernels/reference/string-search.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import { intConstant, type Utf8Argument, utf8Constant } from '../../src/kernels/string.ts'
import { kernelBench } from '../harness.ts'
import { path, textColumn, textOutput } from '../texts.ts'

const NEEDLE = 'mill'
const needle = new TextEncoder().encode(NEEDLE)

/** A constant beyond the arena's reset. */
function constant(kernels: Kernels, text: string): Utf8Argument {
  return utf8Constant(kernels, text)
}

export default [
  kernelBench({
    name: 'contains a constant, one row in ten',
    input: (random, rows) =>
      textColumn(rows, () => path(random) + (random.int(0, 10) === 0 ? NEEDLE : '')),
    output: (rows) => [new Uint8Array((rows + 7) >> 3)],
    kernel: (kernels) => {
      const text = kernels.put(needle)
      return {
        run: ({ in: [offsets, values], out: [out], rows }) => {
          const { stringContainsConstant } = kernels.exports
          stringContainsConstant(offsets, values, rows, text, needle.length, out)
          return 0
        },
      }
    },
    twin: () => ({
      run: ({ in: [offsets, values], out: [out] }) => {
        twin.containsText({ offsets, values }, needle, out)
        return 0
      },
    }),
    c: 'contains',
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'index of a constant, half of the rows',
    input: (random, rows) =>
      textColumn(rows, () => path(random) + (random.int(0, 2) === 0 ? NEEDLE : '')),
    output: (rows) => [new Int32Array(rows)],
    kernel: (kernels) => {
      const text = constant(kernels, NEEDLE)
      return {
        run: ({ in: [offsets, values], out: [out], rows }) => {
          const { stringIndexOf } = kernels.exports
          stringIndexOf(offsets, values, rows, text.offsets, text.values, 0, out)
          return 0
        },
      }
    },
    twin: () => ({
      run: ({ in: [offsets, values], out: [out] }) => {
        twin.stringIndexOf({ offsets, values }, needle, out)
        return 0
      },
    }),
    c: 'index_of',
    expect: { twin: 3 },
  }),
  kernelBench({
    name: 'split at a constant, part 2',
    input: (random, rows) => textColumn(rows, () => path(random)),
    output: (rows) => textOutput(rows, 64),
    outputUsed: (bytes, rows) => [rows + 1, bytes],
    kernel: (kernels) => {
      const d = constant(kernels, '/')
      const index = intConstant(kernels, 2)
      const { stringSplitPart } = kernels.exports
      return {
        run: ({ in: [o, v], out: [out, bytes], rows }) =>
          stringSplitPart(o, v, rows, d.offsets, d.values, 0, index.values, 0, out, bytes),
      }
    },
    twin: () => ({
      run: ({ in: [offsets, values], out: [out, bytes] }) =>
        twin.stringSplitPart({ offsets, values }, '/', 2, { offsets: out, values: bytes }),
    }),
    c: 'split_part',
    expect: { twin: 3 },
  }),
  kernelBench({
    name: 'replace a constant',
    input: (random, rows) => textColumn(rows, () => path(random)),
    output: (rows) => textOutput(rows, 80),
    outputUsed: (bytes, rows) => [rows + 1, bytes],
    kernel: (kernels) => {
      const [t, w] = [constant(kernels, '/'), constant(kernels, ' > ')]
      const { stringReplace } = kernels.exports
      return {
        run: ({ in: [o, v], out: [out, bytes], rows }) =>
          stringReplace(o, v, rows, t.offsets, t.values, 0, w.offsets, w.values, 0, out, bytes),
      }
    },
    twin: () => ({
      run: ({ in: [offsets, values], out: [out, bytes] }) =>
        twin.stringReplace({ offsets, values }, '/', ' > ', { offsets: out, values: bytes }),
    }),
    c: 'replace',
    expect: { twin: 3 },
  }),
]
