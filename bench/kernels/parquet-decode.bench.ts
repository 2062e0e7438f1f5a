// From the plain values of Parquet's pages to columns.
import * as twin from '../../test/kernels/reference/parquet-decode.ts'
import { kernelBench } from '../harness.ts'
import type { Random } from '../random.ts'

/** Texts of 3 to 20 bytes. */
function texts(random: Random, count: number): [Int32Array, Uint8Array] {
  const offsets = new Int32Array(count + 1)
  for (let i = 0; i < count; i++) offsets[i + 1] = offsets[i]! + random.int(3, 21)
  return [offsets, random.bytes(offsets[count]!)]
}

function plain([offsets, bytes]: [Int32Array, Uint8Array]): Uint8Array {
  const count = offsets.length - 1
  const page = new Uint8Array(bytes.length + count * 4)
  const view = new DataView(page.buffer)
  let at = 0
  for (let i = 0; i < count; i++) {
    const value = bytes.subarray(offsets[i], offsets[i + 1])
    view.setUint32(at, value.length, true)
    page.set(value, at + 4)
    at += 4 + value.length
  }
  return page
}

const indices = (random: Random, rows: number, size: number): Uint32Array =>
  Uint32Array.from({ length: rows }, () => random.int(0, size))

const setBits = (bits: Uint8Array): number =>
  bits.reduce((sum, byte) => sum + (byte.toString(2).match(/1/g)?.length ?? 0), 0)

export default [
  kernelBench({
    name: 'plain texts, measured and copied',
    input: (random, rows) => [plain(texts(random, rows))],
    output: (rows) => [new Int32Array(rows + 1), new Uint8Array(rows * 20)],
    outputUsed: (bytes, rows) => [rows + 1, bytes],
    kernel: (kernels) => {
      const { plainBytesMeasure, plainBytesDecode } = kernels.exports
      return {
        run: ({ rows, in: [page], inBytes: [length], out: [offsets, out] }) => {
          const bytes = plainBytesMeasure(page, page + length, rows)
          kernels.u32[offsets >> 2] = 0
          plainBytesDecode(page, rows, offsets, out)
          return bytes
        },
      }
    },
    twin: () => ({
      run: ({ rows, in: [page], out: [offsets, out] }) => twin.plainBytes(page, rows, offsets, out),
    }),
    c: 'plain_bytes',
    expect: { twin: 2 },
  }),
  kernelBench({
    name: 'texts of a dictionary of 300',
    input: (random, rows) => [...texts(random, 300), indices(random, rows, 300)],
    output: (rows) => [new Int32Array(rows + 1), new Uint8Array(rows * 20)],
    outputUsed: (bytes, rows) => [rows + 1, bytes],
    kernel: (kernels) => {
      const { dictionaryOffsets, dictionaryBytes } = kernels.exports
      return {
        run: ({ rows, in: [from, bytes, ids], out: [offsets, out] }) => {
          kernels.u32[offsets >> 2] = 0
          const total = dictionaryOffsets(from, ids, rows, offsets)
          dictionaryBytes(from, bytes, ids, rows, offsets, out)
          return total
        },
      }
    },
    twin: () => ({
      run: ({ rows, in: [from, bytes, ids], out: [offsets, out] }) =>
        twin.dictionaryBytes(from, bytes, ids, rows, offsets, out),
    }),
    c: 'dictionary_bytes',
    expect: { twin: 3 },
  }),
  kernelBench({
    name: 'split bytes of f64 joined',
    input: (random, rows) => [random.bytes(rows * 8)],
    output: (rows) => [new Uint8Array(rows * 8)],
    kernel: ({ exports: { byteStreamMerge } }) => ({
      run: ({ rows, in: [from], out: [out] }) => {
        byteStreamMerge(from, rows, 0, rows, 8, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ rows, in: [from], out: [out] }) => {
        twin.byteStreamMerge(from, rows, 0, rows, 8, out)
        return 0
      },
    }),
    c: 'merge_8',
    expect: { twin: 8 },
  }),
  kernelBench({
    name: 'spread f64 to the 80 % of rows that are not null',
    input: (random, rows) => {
      const bits = random.bitmap(rows, 0.8)
      return [random.float64(setBits(bits), 0, 100), bits]
    },
    output: (rows) => [new Float64Array(rows)],
    kernel: (kernels) => {
      const { spreadFixed } = kernels.exports
      return {
        run: ({ rows, in: [dense, bits], inBytes: [bytes], out: [out] }) => {
          kernels.u8.copyWithin(out, dense, dense + bytes)
          spreadFixed(out, 8, bits, rows, bytes >> 3)
          return bytes
        },
      }
    },
    // What lies under a null is the kernel's own affair.
    outputUsed: () => [0],
    twin: () => ({
      run: ({ rows, in: [dense, bits], out: [out] }) => {
        twin.spread(dense, bits, rows, out)
        return dense.length * 8
      },
    }),
    c: 'spread_f64',
    expect: { twin: 2 },
  }),
]
