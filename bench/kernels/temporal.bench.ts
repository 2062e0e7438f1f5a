// Calendar kernels on milliseconds of the last years.
import * as twin from '../../test/kernels/reference/temporal.ts'
import { inCacheAndFromMemory, kernelBench } from '../harness.ts'

const DAY = 86_400_000
const HOUR = 3_600_000

export default [
  kernelBench({
    name: 'year of a timestamp',
    input: (random, rows) => [random.int64(rows, 0, 1.7e12)],
    output: (rows) => [new Int32Array(rows)],
    kernel: ({ exports: { temporalDate } }) => ({
      run: ({ in: [a], out: [out], rows }) => {
        temporalDate(0, a, rows, DAY, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [a], out: [out] }) => {
        twin.years(a, out)
        return 0
      },
    }),
    c: 'year',
    params: [DAY],
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'hour of a timestamp',
    input: (random, rows) => [random.int64(rows, 0, 1.7e12)],
    output: (rows) => [new Int32Array(rows)],
    kernel: ({ exports: { temporalCycle } }) => ({
      run: ({ in: [a], out: [out], rows }) => {
        temporalCycle(a, rows, HOUR, 0, 24, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [a], out: [out] }) => {
        twin.hours(a, out)
        return 0
      },
    }),
    c: 'hour',
    params: [HOUR],
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'truncation to hours',
    input: (random, rows) => [random.int64(rows, 0, 1.7e12)],
    output: (rows) => [new BigInt64Array(rows)],
    kernel: ({ exports: { temporalTruncate } }) => ({
      run: ({ in: [a], out: [out], rows }) => {
        temporalTruncate(a, rows, HOUR, 0, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [a], out: [out] }) => {
        twin.truncateToHours(a, out)
        return 0
      },
    }),
    c: 'truncate',
    params: [HOUR],
    expect: { twin: 4 },
  }),
].flatMap(inCacheAndFromMemory)
