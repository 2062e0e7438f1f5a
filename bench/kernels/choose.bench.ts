// Choice by a random bitmap: what ifElse and coalesce cost.
import * as twin from '../../test/kernels/reference/choose.ts'
import { inCacheAndFromMemory, kernelBench } from '../harness.ts'

export default [
  kernelBench({
    name: 'f64 or f64',
    input: (random, rows) => [
      random.bitmap(rows, 0.5),
      random.float64(rows, 0, 1),
      random.float64(rows, 0, 1),
    ],
    output: (rows) => [new Float64Array(rows)],
    kernel: ({ exports: { choose64 } }) => ({
      run: ({ in: [bits, a, b], out: [out], rows }) => {
        choose64(bits, a, 1, b, 1, rows, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [bits, a, b], out: [out] }) => {
        twin.choose(bits, a, b, out)
        return 0
      },
    }),
    c: 'choose_f64',
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'i32 or i32',
    input: (random, rows) => [
      random.bitmap(rows, 0.5),
      random.int32(rows, 0, 1e9),
      random.int32(rows, 0, 1e9),
    ],
    output: (rows) => [new Int32Array(rows)],
    kernel: ({ exports: { choose32 } }) => ({
      run: ({ in: [bits, a, b], out: [out], rows }) => {
        choose32(bits, a, 1, b, 1, rows, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [bits, a, b], out: [out] }) => {
        twin.choose(bits, a, b, out)
        return 0
      },
    }),
    c: 'choose_i32',
    expect: { twin: 4 },
  }),
].flatMap(inCacheAndFromMemory)
