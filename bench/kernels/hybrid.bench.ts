// Parquet's hybrid of runs: dictionary indices and definition levels, a page in one go.
import { hybridDecode, hybridEncode } from '../../test/kernels/reference/hybrid.ts'
import { kernelBench } from '../harness.ts'
import type { Random } from '../random.ts'

const WIDTH = 9

/** Indices into a dictionary of 300: runs of equal ones, each as long as `runRows` on average. */
function indices(random: Random, rows: number, runRows: number): Uint32Array {
  const values = new Uint32Array(rows)
  for (let row = 0; row < rows;) {
    const end = Math.min(rows, row + 1 + random.int(0, 2 * runRows - 1))
    values.fill(random.int(0, 300), row, end)
    row = end
  }
  return values
}

function encoded(values: Uint32Array, width: number): Uint8Array {
  const out = new Uint8Array(values.length * 8 + 64)
  return out.slice(0, hybridEncode(values, values.length, width, out))
}

const decode = (name: string, runRows: number, twin: number) =>
  kernelBench({
    name,
    megabytes: 12,
    input: (random, rows) => [encoded(indices(random, rows, runRows), WIDTH)],
    output: (rows) => [new Uint32Array(rows)],
    kernel: (kernels) => {
      const state = kernels.allocate(32)
      const { hybridOpen, hybridDecode32 } = kernels.exports
      return {
        run: ({ rows, in: [bytes], inBytes: [length], out: [out] }) => {
          hybridOpen(state, bytes, length, WIDTH)
          return hybridDecode32(state, rows, out)
        },
      }
    },
    twin: () => ({
      run: ({ rows, in: [bytes], out: [out] }) => hybridDecode(bytes, WIDTH, rows, out)!,
    }),
    c: 'decode_u32',
    params: [WIDTH],
    expect: { twin },
  })

export default [
  decode('decode packed indices of 9 bits', 1, 8),
  decode('decode indices in runs of 20', 20, 4),
  kernelBench({
    name: 'decode levels of 1 bit to a bitmap, 90 % set',
    megabytes: 8,
    input: (random, rows) => [
      encoded(
        Uint32Array.from({ length: rows }, () => (random.unit() < 0.9 ? 1 : 0)),
        1,
      ),
    ],
    output: (rows) => [new Uint8Array(rows >> 3)],
    kernel: (kernels) => {
      const state = kernels.allocate(32)
      const { hybridOpen, hybridDecodeBits } = kernels.exports
      return {
        run: ({ rows, in: [bytes], inBytes: [length], out: [out] }) => {
          hybridOpen(state, bytes, length, 1)
          return hybridDecodeBits(state, rows, out, 0)
        },
      }
    },
    twin: () => {
      let levels = new Uint8Array()
      return {
        run: ({ rows, in: [bytes], out: [out] }) => {
          if (levels.length < rows) levels = new Uint8Array(rows)
          hybridDecode(bytes, 1, rows, levels)
          out.fill(0)
          let set = 0
          for (let row = 0; row < rows; row++) {
            if (levels[row] === 0) continue
            out[row >> 3]! |= 1 << (row & 7)
            set++
          }
          return set
        },
      }
    },
    c: 'decode_bits',
    // gcc shifts by a register without its count in cl; runs of a few bits are little else.
    expect: { twin: 20, c: 1.5 },
  }),
  kernelBench({
    name: 'encode indices of 9 bits',
    input: (random, rows) => [indices(random, rows, 3)],
    output: (rows) => [new Uint8Array(rows * 4)],
    outputUsed: (bytes) => [bytes],
    kernel: ({ exports: { hybridEncode32 } }) => ({
      run: ({ rows, in: [values], out: [out] }) => hybridEncode32(values, rows, WIDTH, out),
    }),
    twin: () => ({
      run: ({ rows, in: [values], out: [out] }) => hybridEncode(values, rows, WIDTH, out),
    }),
    c: 'encode_u32',
    params: [WIDTH],
    expect: { twin: 2 },
  }),
]
