// From columns to the plain values of Parquet's pages, and to statistics.
import * as twin from '../../test/kernels/reference/parquet-encode.ts'
import { inCacheAndFromMemory, kernelBench } from '../harness.ts'
import type { Random } from '../random.ts'

/** Texts of 3 to 20 letters. */
function texts(random: Random, rows: number): [Int32Array, Uint8Array] {
  const offsets = new Int32Array(rows + 1)
  for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row]! + random.int(3, 21)
  return [offsets, Uint8Array.from({ length: offsets[rows]! }, () => random.int(97, 123))]
}

type Found = readonly [number | bigint, number | bigint] | undefined

const sumOf = (found: Found): number => Number(found![0]) + Number(found![1])

const branchless = [
  kernelBench({
    name: 'extremes of i64',
    input: (random, rows) => [random.int64(rows, -1e9, 1e9)],
    kernel: (kernels) => {
      const out = kernels.allocate(16)
      const { extremesI64 } = kernels.exports
      return {
        run: ({ rows, in: [values] }) => {
          extremesI64(values, rows, out)
          return Number(kernels.i64[out >> 3]!) + Number(kernels.i64[(out >> 3) + 1]!)
        },
      }
    },
    twin: () => ({ run: ({ rows, in: [values] }) => sumOf(twin.extremes(values, rows)) }),
    c: 'extremes_i64',
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'extremes of f64',
    input: (random, rows) => [random.float64(rows, -1e9, 1e9)],
    kernel: (kernels) => {
      const out = kernels.allocate(16)
      const { extremesF64 } = kernels.exports
      return {
        run: ({ rows, in: [values] }) => {
          extremesF64(values, rows, out)
          return kernels.f64[out >> 3]! + kernels.f64[(out >> 3) + 1]!
        },
      }
    },
    twin: () => ({ run: ({ rows, in: [values] }) => sumOf(twin.extremes(values, rows)) }),
    c: 'extremes_f64',
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'decimals of 128 bits, highest byte first',
    input: (random, rows) => [random.bytes(rows * 16)],
    output: (rows) => [new Uint8Array(rows * 16)],
    kernel: ({ exports: { decimalEncode } }) => ({
      run: ({ rows, in: [from], out: [out] }) => {
        decimalEncode(from, rows, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ rows, in: [from], out: [out] }) => {
        twin.decimals(from, rows, out)
        return 0
      },
    }),
    c: 'decimals',
    expect: { twin: 4 },
  }),
]

export default [
  ...branchless.flatMap(inCacheAndFromMemory),
  kernelBench({
    name: 'plain texts',
    input: (random, rows) => texts(random, rows),
    output: (rows) => [new Uint8Array(rows * 24)],
    outputUsed: (bytes) => [bytes],
    kernel: ({ exports: { plainBytesEncode } }) => ({
      run: ({ rows, in: [offsets, bytes], out: [out] }) =>
        plainBytesEncode(offsets, bytes, rows, out),
    }),
    twin: () => ({
      run: ({ rows, in: [offsets, bytes], out: [out] }) =>
        twin.plainBytes(offsets, bytes, rows, out),
    }),
    c: 'plain_bytes',
    expect: { twin: 3 },
  }),
  kernelBench({
    name: 'extremes of texts',
    input: (random, rows) => texts(random, rows),
    kernel: (kernels) => {
      const out = kernels.allocate(8)
      const { extremesBytes } = kernels.exports
      return {
        run: ({ rows, in: [offsets, bytes] }) => {
          extremesBytes(offsets, bytes, rows, out)
          return kernels.u32[out >> 2]! + kernels.u32[(out >> 2) + 1]!
        },
      }
    },
    twin: () => ({
      run: ({ rows, in: [offsets, bytes] }) => sumOf(twin.extremesBytes(offsets, bytes, rows)),
    }),
    c: 'extremes_bytes',
    expect: { twin: 1.5 },
  }),
]
