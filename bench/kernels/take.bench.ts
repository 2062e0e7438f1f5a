// Gather kernels, under a selection of half of the rows. Figures are per row of the batch.
import type { Random } from '../random.ts'
import { toSelection } from '../../test/kernels/reference/bitmap.ts'
import * as twin from '../../test/kernels/reference/take.ts'
import { kernelBench } from '../harness.ts'

/** Half of the rows, ascending; the rest of the buffer is not used, its length is what says so. */
function half(random: Random, rows: number): Uint32Array {
  const selection = new Uint32Array(rows)
  return selection.slice(0, toSelection(random.bitmap(rows, 0.5), rows, selection))
}

/** Values of 4 to 12 bytes. */
function strings(random: Random, rows: number): [Int32Array, Uint8Array] {
  const offsets = new Int32Array(rows + 1)
  for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row]! + random.int(4, 13)
  return [offsets, random.bytes(offsets[rows]!)]
}

export default [
  kernelBench({
    name: '4-byte values',
    input: (random, rows) => [random.int32(rows, 0, 1e9), half(random, rows)],
    output: (rows) => [new Int32Array(rows)],
    outputUsed: (count) => [count],
    kernel: ({ exports: { take32 } }) => ({
      run: ({ in: [a, rows], inBytes: [, bytes], out: [out] }) => {
        take32(a, rows, bytes >> 2, out)
        return bytes >> 2
      },
    }),
    twin: () => ({
      run: ({ in: [a, rows], out: [out] }) => {
        twin.take(a, rows, rows.length, out)
        return rows.length
      },
    }),
    c: 'take_i32',
    expect: { twin: 1.2 },
  }),
  kernelBench({
    name: '8-byte values, f64',
    input: (random, rows) => [random.float64(rows, 0, 1), half(random, rows)],
    output: (rows) => [new Float64Array(rows)],
    outputUsed: (count) => [count],
    kernel: ({ exports: { take64 } }) => ({
      run: ({ in: [a, rows], inBytes: [, bytes], out: [out] }) => {
        take64(a, rows, bytes >> 2, out)
        return bytes >> 2
      },
    }),
    twin: () => ({
      run: ({ in: [a, rows], out: [out] }) => {
        twin.take(a, rows, rows.length, out)
        return rows.length
      },
    }),
    c: 'take_u64',
    expect: { twin: 1.2 },
  }),
  kernelBench({
    name: '8-byte values, i64',
    input: (random, rows) => [random.int64(rows, 0, 1e9), half(random, rows)],
    output: (rows) => [new BigInt64Array(rows)],
    outputUsed: (count) => [count],
    kernel: ({ exports: { take64 } }) => ({
      run: ({ in: [a, rows], inBytes: [, bytes], out: [out] }) => {
        take64(a, rows, bytes >> 2, out)
        return bytes >> 2
      },
    }),
    twin: () => ({
      run: ({ in: [a, rows], out: [out] }) => {
        twin.take(a, rows, rows.length, out)
        return rows.length
      },
    }),
    c: 'take_u64',
    expect: { twin: 1.2 },
  }),
  kernelBench({
    name: 'bits',
    megabytes: 12,
    input: (random, rows) => [random.bitmap(rows, 0.9), half(random, rows)],
    output: (rows) => [new Uint8Array(rows >> 3)],
    outputUsed: (count) => [count >> 4],
    kernel: ({ exports: { takeBits } }) => ({
      run: ({ in: [a, rows], inBytes: [, bytes], out: [out] }) =>
        takeBits(a, rows, bytes >> 2, out),
    }),
    twin: () => ({
      run: ({ in: [a, rows], out: [out] }) => twin.takeBits(a, rows, rows.length, out),
    }),
    c: 'take_bits',
    expect: { twin: 1.5 },
  }),
  kernelBench({
    name: 'strings of 4 to 12 bytes',
    input: (random, rows) => [...strings(random, rows), half(random, rows)],
    output: (rows) => [new Uint8Array(rows * 12), new Int32Array(rows + 1)],
    outputUsed: (bytes) => [bytes, 4096],
    kernel: ({ exports: { takeOffsets, takeBytes } }) => ({
      run: ({ in: [offsets, values, rows], inBytes: [, , bytes], out: [out, outOffsets] }) => {
        const size = takeOffsets(offsets, rows, bytes >> 2, outOffsets)
        takeBytes(offsets, values, rows, bytes >> 2, outOffsets, out)
        return size
      },
    }),
    twin: () => ({
      run: ({ in: [offsets, values, rows], out: [out, outOffsets] }) =>
        twin.takeVariable(offsets, values, rows, rows.length, outOffsets, out),
    }),
    c: 'take_strings',
    expect: { twin: 1.5 },
  }),
]
