// The hash that decides key groups, by the columns that keys are made of.
import type { Random } from '../random.ts'
import * as twin from '../../test/kernels/reference/hash.ts'
import { inCacheAndFromMemory, kernelBench } from '../harness.ts'

/** Texts of `low` to `high - 1` bytes. */
function texts(random: Random, rows: number, low: number, high: number): [Int32Array, Uint8Array] {
  const offsets = new Int32Array(rows + 1)
  for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row]! + random.int(low, high)
  return [offsets, random.bytes(offsets[rows]!)]
}

const words = (rows: number): [Uint32Array] => [new Uint32Array(rows)]

const bytesCase = (name: string, low: number, high: number) =>
  kernelBench({
    name,
    input: (random, rows) => texts(random, rows, low, high),
    output: words,
    kernel: ({ exports: { hashBytes } }) => ({
      run: ({ in: [offsets, data], out: [out], rows }) => {
        hashBytes(offsets, data, 0, rows, 0, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [offsets, data], out: [out], rows }) => {
        twin.hashBytes(offsets, data, rows, undefined, out)
        return 0
      },
    }),
    c: 'hash_bytes',
    expect: { twin: 1.5 },
  })

const fixed = [
  kernelBench({
    name: '4-byte values',
    input: (random, rows) => [random.uint32(rows, 0, 2 ** 32)],
    output: words,
    kernel: ({ exports: { hashFixed4 } }) => ({
      run: ({ in: [values], out: [out], rows }) => {
        hashFixed4(values, 0, rows, 0, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [values], out: [out], rows }) => {
        twin.hashWords(values, 1, rows, undefined, out)
        return 0
      },
    }),
    c: 'hash_4',
    expect: { twin: 1.5 },
  }),
  kernelBench({
    name: '8-byte values, a tenth null',
    input: (random, rows) => [random.uint32(rows * 2, 0, 2 ** 32), random.bitmap(rows, 0.9)],
    output: words,
    kernel: ({ exports: { hashFixed8 } }) => ({
      run: ({ in: [values, validity], out: [out], rows }) => {
        hashFixed8(values, validity, rows, 0, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [values, validity], out: [out], rows }) => {
        twin.hashWords(values, 2, rows, undefined, out)
        twin.hashNulls(validity, rows, undefined, out)
        return 0
      },
    }),
    c: 'hash_8_nulls',
    expect: { twin: 1.5 },
  }),
  kernelBench({
    name: '16-byte values',
    input: (random, rows) => [random.uint32(rows * 4, 0, 2 ** 32)],
    output: words,
    kernel: ({ exports: { hashFixed16 } }) => ({
      run: ({ in: [values], out: [out], rows }) => {
        hashFixed16(values, 0, rows, 0, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [values], out: [out], rows }) => {
        twin.hashWords(values, 4, rows, undefined, out)
        return 0
      },
    }),
    c: 'hash_16',
    expect: { twin: 1.5 },
  }),
  kernelBench({
    name: 'float64, -0 and NaN canonical',
    input: (random, rows) => [random.float64(rows, -1, 1)],
    output: words,
    kernel: ({ exports: { hashFloat64 } }) => ({
      run: ({ in: [values], out: [out], rows }) => {
        hashFloat64(values, 0, rows, 0, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [values], out: [out], rows }) => {
        twin.hashWords(twin.floatWords(values), 2, rows, undefined, out)
        return 0
      },
    }),
    c: 'hash_f64',
    expect: { twin: 1.5 },
  }),
]

export default [
  ...fixed.flatMap(inCacheAndFromMemory),
  bytesCase('utf8 of 3 bytes', 3, 4),
  bytesCase('utf8 of 4 to 12 bytes', 4, 13),
]
