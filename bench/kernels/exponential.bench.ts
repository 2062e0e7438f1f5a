// Powers and logarithms against JavaScript's, which are C++ in V8. Bytes may differ in the last place: what is
// compared is a sum over some of the rows.
import * as twin from '../../test/kernels/reference/exponential.ts'
import { kernelBench } from '../harness.ts'

const OPS = ['exp', 'ln', 'log10', 'log2'] as const
const SAMPLE_ROWS = 64
const ROWS = 16_384

function sampleSum(rows: number, at: (row: number) => number): number {
  let sum = 0
  for (let row = 0; row < rows; row += SAMPLE_ROWS) sum += at(row)
  return sum
}

export default [
  ...OPS.map((op, code) =>
    kernelBench({
      name: op,
      input: (random, rows) => [random.float64(rows, op === 'exp' ? -20 : 0, 20)],
      output: (rows) => [new Float64Array(rows)],
      outputUsed: () => [0],
      kernel: (kernels) => ({
        run: ({ in: [a], out: [out], rows }) => {
          kernels.exports.exponentialF64(code, a, rows, out)
          const { data } = kernels
          return sampleSum(rows, (row) => data.getFloat64(out + row * 8, true))
        },
      }),
      twin: () => ({
        run: ({ in: [a], out: [out], rows }) => {
          twin.exponential(op, a, out)
          return sampleSum(rows, (row) => out[row]!)
        },
      }),
      tolerance: 1e-12,
      expect: { twin: 1.2 },
    }),
  ),
  kernelBench({
    name: 'pow 2',
    input: (random, rows) => [random.float64(rows, -20, 20)],
    output: (rows) => [new Float64Array(rows)],
    outputUsed: () => [0],
    kernel: (kernels) => {
      const two = kernels.put(new Uint8Array(Float64Array.of(2, 2, 2, 2, 2, 2, 2, 2).buffer))
      return {
        run: ({ in: [a], out: [out], rows }) => {
          kernels.exports.powerF64(a, 1, two, 0, rows, out)
          const { data } = kernels
          return sampleSum(rows, (row) => data.getFloat64(out + row * 8, true))
        },
      }
    },
    twin: () => {
      const two = new Float64Array(ROWS).fill(2)
      return {
        run: ({ in: [a], out: [out], rows }) => {
          twin.power(a, two, out)
          return sampleSum(rows, (row) => out[row]!)
        },
      }
    },
    tolerance: 1e-12,
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'pow of two columns',
    input: (random, rows) => [random.float64(rows, 0, 20), random.float64(rows, -3, 3)],
    output: (rows) => [new Float64Array(rows)],
    outputUsed: () => [0],
    kernel: (kernels) => ({
      run: ({ in: [a, b], out: [out], rows }) => {
        kernels.exports.powerF64(a, 1, b, 1, rows, out)
        const { data } = kernels
        return sampleSum(rows, (row) => data.getFloat64(out + row * 8, true))
      },
    }),
    twin: () => ({
      run: ({ in: [a, b], out: [out], rows }) => {
        twin.power(a, b, out)
        return sampleSum(rows, (row) => out[row]!)
      },
    }),
    tolerance: 1e-12,
    // The same algorithm, but V8's is native and has fused multiply-add, which WebAssembly has not.
    expect: { twin: 0.8 },
  }),
]
