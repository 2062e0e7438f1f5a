// From Arrow's buffers to ours.
import { viewExtents } from '../../src/kernels/arrow-decode.ts'
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
  kernelBench({
    name: 'views of texts of 4 to 27 bytes to offsets and bytes',
    input: (random, rows) => {
      const views = new Uint32Array(rows * 4)
      const texts = new Uint8Array(rows * 28)
      texts.forEach((_, i) => (texts[i] = 97 + (i % 26)))
      for (let row = 0, at = 0; row < rows; row++) {
        const length = random.int(4, 28)
        // In the view, or in the buffer; the words of the former are letters, too.
        views.set([length, 0x61626364, 0, at], row * 4)
        if (length > 12) at += length
        else views.fill(0x61626364, row * 4 + 1, row * 4 + 4)
      }
      return [views, texts]
    },
    output: (rows) => [new Int32Array(rows + 1), new Uint8Array(rows * 28 + 64)],
    outputUsed: (bytes, rows) => [rows + 1, bytes],
    kernel: (kernels) => {
      const start = kernels.allocate(8)
      return {
        run({ rows, in: [views, texts], out: [offsets, values] }) {
          const view = { values: views, validity: 0, length: rows }
          const { extents, bytes } = viewExtents(kernels, view, 1)
          kernels.u32[start >> 2] = texts
          if (extents[0]!.to === 0) return 0
          kernels.exports.viewsCopy(views, 0, rows, start, offsets, values)
          return bytes
        },
      }
    },
    twin: () => ({
      run: ({ rows, in: [views, texts], out: [offsets, values] }) =>
        twin.viewsCopy(views, new Uint8Array(views.buffer), rows, texts, offsets, values),
    }),
    c: 'views_copy',
    expect: { twin: 2 },
  }),
].flatMap(inCacheAndFromMemory)
