// From Arrow's buffers to ours.
import * as twin from '../../test/kernels/reference/arrow-decode.ts'
import { inCacheAndFromMemory, kernelBench } from '../harness.ts'

export default [
  kernelBench({
    name: 'dictionary indices of 4 bytes to rows, 10 % null',
    input: (random, rows) => [
      Uint32Array.from({ length: rows }, () => random.int(0, 1000)),
      random.bitmap(rows, 0.9),
    ],
    output: (rows) => [new Uint32Array(rows)],
    kernel: ({ exports: { dictionaryRows } }) => ({
      run: ({ rows, in: [indices, validity], out: [out] }) =>
        dictionaryRows(indices, 4, validity, rows, 1000, out) | 0,
    }),
    twin: () => ({
      run: ({ rows, in: [indices, validity], out: [out] }) =>
        twin.dictionaryRows(indices, validity, rows, 1000, out),
    }),
    c: 'dictionary_rows',
    params: [1000],
    expect: { twin: 1.2 },
  }),
  kernelBench({
    name: 'decimals of 128 bits to 64',
    input: (random, rows) => {
      const narrow = random.int64(rows, -1e12, 1e12)
      const wide = new BigInt64Array(rows * 2)
      narrow.forEach((value, i) => {
        wide[i * 2] = value
        wide[i * 2 + 1] = value >> 63n
      })
      return [new Int32Array(wide.buffer)]
    },
    output: (rows) => [new Int32Array(rows * 2)],
    kernel: ({ exports: { decimalNarrow } }) => ({
      run: ({ rows, in: [wide], out: [out] }) => decimalNarrow(wide, 0, rows, out) | 0,
    }),
    twin: () => ({
      run: ({ rows, in: [wide], out: [out] }) => twin.decimalNarrow(wide, undefined, rows, out),
    }),
    c: 'decimal_narrow',
    expect: { twin: 2 },
  }),
].flatMap(inCacheAndFromMemory)
