// The range of an event-time column, which each watermark is made from.
import { timestampRange } from '../../src/kernels/timestamp.ts'
import * as twin from '../../test/kernels/reference/timestamp.ts'
import { inCacheAndFromMemory, kernelBench } from '../harness.ts'

export default [
  kernelBench({
    name: 'least and greatest',
    input: (random, rows) => [random.int64(rows, 0, 2 ** 50)],
    kernel: (kernels) => ({
      run: ({ in: [values], rows }) => {
        const mark = kernels.mark()
        const range = timestampRange(kernels, values, 0, rows)!
        kernels.reset(mark)
        return Number(range.greatest - range.least)
      },
    }),
    twin: () => ({
      run: ({ in: [values], rows }) => {
        const range = twin.timestampRange(values, undefined, rows)!
        return Number(range.greatest - range.least)
      },
    }),
    c: 'timestamp_range',
    expect: { twin: 4 },
  }),
].flatMap(inCacheAndFromMemory)
