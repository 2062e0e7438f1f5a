// Which windows rows are in, where each window has accumulators of its own (assembly/trigger.ts).
import * as twin from '../../test/kernels/reference/trigger.ts'
import { inCacheAndFromMemory, kernelBench } from '../harness.ts'

export default [
  kernelBench({
    name: 'window of a pass, sliding 10 s / 2 s',
    input: (random, rows) => [random.int64(rows, 0, 2 ** 41)],
    output: (rows) => [new BigInt64Array(rows)],
    kernel: (kernels) => ({
      run: ({ in: [millis], out: [windows], rows }) => {
        kernels.exports.slidingIndex(millis, rows, 10_000, 2_000, 0, 3, windows)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [millis], out: [windows] }) => {
        twin.slidingIndex(millis, { size: 10_000n, slide: 2_000n, offset: 0n, pass: 3n }, windows)
        return 0
      },
    }),
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'window of a pass, cumulative 1 d by 1 h',
    input: (random, rows) => [random.int64(rows, 0, 2 ** 41)],
    output: (rows) => [new BigInt64Array(rows)],
    kernel: (kernels) => ({
      run: ({ in: [millis], out: [windows], rows }) => {
        kernels.exports.cumulativeIndex(millis, rows, 3_600_000, 0, 24, 12, windows)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [millis], out: [windows] }) => {
        const cumulative = { step: 3_600_000n, offset: 0n, steps: 24n, pass: 12n }
        twin.cumulativeIndex(millis, cumulative, windows)
        return 0
      },
    }),
    expect: { twin: 4 },
  }),
].flatMap(inCacheAndFromMemory)
