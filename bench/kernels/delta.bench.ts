// Parquet's delta encodings, a page in one go.
import { deltaDecode32, deltaEncode } from '../../test/kernels/reference/delta.ts'
import { kernelBench } from '../harness.ts'

export default [
  kernelBench({
    name: 'decode integers that rise by up to 1000',
    megabytes: 8,
    input: (random, rows) => {
      let last = 0n
      return [
        deltaEncode(Array.from({ length: rows }, () => (last += BigInt(random.int(0, 1000))))),
      ]
    },
    output: (rows) => [new Int32Array(rows)],
    kernel: (kernels) => {
      const state = kernels.allocate(64)
      const { deltaOpen, deltaDecode } = kernels.exports
      return {
        run: ({ rows, in: [bytes], inBytes: [length], out: [out] }) => {
          deltaOpen(state, bytes, bytes + length)
          return deltaDecode(state, rows, 4, out)
        },
      }
    },
    twin: () => ({ run: ({ in: [bytes], out: [out] }) => deltaDecode32(bytes, out) }),
    c: 'decode_i32',
    expect: { twin: 4 },
  }),
]
