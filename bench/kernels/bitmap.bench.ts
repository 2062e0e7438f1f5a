// Bitmap kernels. The data is small (a bit a row), so a batch here is 64 times the pipeline's.
import * as twin from '../../test/kernels/reference/bitmap.ts'
import { kernelBench } from '../harness.ts'
import type { Random } from '../random.ts'

const ROWS = 1 << 20
const MEGABYTES = 8
const bits = (rows: number): Uint8Array => new Uint8Array(rows >> 3)
const two = (random: Random, rows: number): [Uint8Array, Uint8Array] => [
  random.bytes(rows >> 3),
  random.bytes(rows >> 3),
]
const AND = 0

export default [
  kernelBench({
    name: 'and',
    rows: ROWS,
    megabytes: MEGABYTES,
    input: two,
    output: (rows) => [bits(rows)],
    kernel: ({ exports: { bitmapLogic } }) => ({
      run: ({ in: [a, b], out: [out], rows }) => {
        bitmapLogic(AND, a, b, rows, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [a, b], out: [out] }) => {
        twin.logic('and', a, b, out)
        return 0
      },
    }),
    c: 'and_bits',
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'three-valued and',
    rows: ROWS,
    megabytes: MEGABYTES,
    input: (random, rows) => [...two(random, rows), ...two(random, rows)],
    output: (rows) => [bits(rows), bits(rows)],
    kernel: ({ exports: { bitmapKleene } }) => ({
      run: ({ in: [a, aValidity, b, bValidity], out: [out, outValidity], rows }) => {
        bitmapKleene(AND, a, aValidity, b, bValidity, rows, out, outValidity)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [a, aValidity, b, bValidity], out: [out, outValidity] }) => {
        twin.kleeneAnd(a, aValidity, b, bValidity, out, outValidity)
        return 0
      },
    }),
    c: 'kleene_and',
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'count',
    rows: ROWS,
    megabytes: MEGABYTES,
    input: (random, rows) => [random.bytes(rows >> 3)],
    kernel: ({ exports: { bitmapCount } }) => ({
      run: ({ in: [a], rows }) => bitmapCount(a, rows),
    }),
    twin: () => ({ run: ({ in: [a] }) => twin.countSet(a) }),
    c: 'count',
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'copy from bit 3',
    rows: ROWS,
    megabytes: MEGABYTES,
    input: (random, rows) => [random.bytes((rows >> 3) + 1)],
    output: (rows) => [bits(rows)],
    kernel: ({ exports: { bitmapCopy } }) => ({
      run: ({ in: [a], out: [out], rows }) => {
        bitmapCopy(a, 3, rows, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [a], out: [out], rows }) => {
        twin.copy(a, 3, rows, out)
        return 0
      },
    }),
    c: 'copy_bits',
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'append at bit 5',
    rows: ROWS,
    megabytes: MEGABYTES,
    input: (random, rows) => [random.bytes(rows >> 3)],
    output: (rows) => [new Uint8Array((rows >> 3) + 1)],
    kernel: ({ exports: { bitmapAppend } }) => ({
      run: ({ in: [a], out: [out], rows }) => {
        bitmapAppend(out, 5, a, rows)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [a], out: [out], rows }) => {
        twin.append(out, 5, a, rows)
        return 0
      },
    }),
    c: 'append_bits',
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'from bytes',
    input: (random, rows) => [random.bytes(rows).map((byte) => byte & 1)],
    output: (rows) => [bits(rows)],
    kernel: ({ exports: { bitmapFromBytes } }) => ({
      run: ({ in: [a], out: [out], rows }) => {
        bitmapFromBytes(a, rows, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [a], out: [out] }) => {
        twin.fromBytes(a, out)
        return 0
      },
    }),
    c: 'from_bytes',
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'to bytes',
    megabytes: MEGABYTES,
    input: (random, rows) => [random.bytes(rows >> 3)],
    output: (rows) => [new Uint8Array(rows)],
    kernel: ({ exports: { bitmapToBytes } }) => ({
      run: ({ in: [a], out: [out], rows }) => {
        bitmapToBytes(a, rows, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [a], out: [out], rows }) => {
        twin.toBytes(a, rows, out)
        return 0
      },
    }),
    c: 'to_bytes',
    expect: { twin: 4 },
  }),
  ...[0.5, 0.02].map((density) =>
    kernelBench({
      name: `to a selection, ${density * 100} % set`,
      megabytes: MEGABYTES,
      input: (random, rows) => [random.bitmap(rows, density)],
      output: (rows) => [new Uint32Array(rows)],
      outputUsed: (count) => [count],
      kernel: ({ exports: { bitmapToSelection } }) => ({
        run: ({ in: [a], out: [out], rows }) => bitmapToSelection(a, rows, out),
      }),
      twin: () => ({ run: ({ in: [a], out: [out], rows }) => twin.toSelection(a, rows, out) }),
      c: density > 0.1 ? 'to_selection' : 'to_selection_sparse',
      expect: { twin: 4 },
    }),
  ),
  kernelBench({
    name: 'from a selection, half',
    input: (random, rows) => {
      const selection = new Uint32Array(rows)
      return [selection.subarray(0, twin.toSelection(random.bitmap(rows, 0.5), rows, selection))]
    },
    output: (rows) => [bits(rows)],
    kernel: (kernels) => {
      const scratch = kernels.allocate(1 << 14)
      const { bitmapFromSelection } = kernels.exports
      return {
        run: ({ in: [a], inBytes: [bytes], out: [out], rows }) => {
          bitmapFromSelection(a, bytes >> 2, rows, scratch, out)
          return 0
        },
      }
    },
    twin: () => ({
      run: ({ in: [a], out: [out] }) => {
        twin.fromSelection(a, a.length, out)
        return 0
      },
    }),
    c: 'from_selection',
    expect: { twin: 1.5 },
  }),
]
