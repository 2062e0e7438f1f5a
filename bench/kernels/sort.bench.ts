// Rows by time: a batch of times that are out of order by up to a minute, and one that is in order.
import { sortByTime } from '../../src/kernels/sort.ts'
import { sortedByTime } from '../../test/kernels/reference/sort.ts'
import { kernelBench } from '../harness.ts'

const sort = (name: string, jitterMs: number, twinRatio: number) =>
  kernelBench({
    name,
    input: (random, rows) => {
      const jitter = random.uint32(rows, 0, jitterMs + 1)
      const times = BigInt64Array.from(
        jitter,
        (late, i) => 1_700_000_000_000n + BigInt(i * 4 - late),
      )
      return [times, Uint32Array.from({ length: rows }, (_, row) => row)]
    },
    output: (rows) => [new Uint32Array(rows)],
    kernel: (kernels) => ({
      run: ({ in: [times, numbers], out: [sorted], rows }) => {
        kernels.u8.copyWithin(sorted, numbers, numbers + rows * 4)
        sortByTime(kernels, times, sorted, rows)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [times, numbers], out: [sorted] }) => {
        sorted.set(sortedByTime(times, numbers))
        return 0
      },
    }),
    expect: { twin: twinRatio },
  })

export default [sort('times out of order', 60_000, 10), sort('times in order', 0, 10)]
