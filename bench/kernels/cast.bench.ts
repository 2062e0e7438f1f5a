// Casts and rescalings: what promotions, averages and time units need.
import * as twin from '../../test/kernels/reference/cast.ts'
import { inCacheAndFromMemory, kernelBench } from '../harness.ts'

const [INT32, INT64, FLOAT64] = [2, 3, 9]

export default [
  kernelBench({
    name: 'i64 to f64',
    input: (random, rows) => [random.int64(rows, -1e12, 1e12)],
    output: (rows) => [new Float64Array(rows)],
    kernel: ({ exports: { castI64 } }) => ({
      run: ({ in: [a], out: [out], rows }) => castI64(FLOAT64, a, rows, 0, out, 0) >>> 0,
    }),
    twin: () => ({
      run: ({ in: [a], out: [out] }) => {
        twin.int64ToFloat64(a, out)
        return twin.NO_ROW
      },
    }),
    c: 'i64_to_f64',
    expect: { twin: 2 },
  }),
  kernelBench({
    name: 'i32 to f64',
    input: (random, rows) => [random.int32(rows, -1e9, 1e9)],
    output: (rows) => [new Float64Array(rows)],
    kernel: ({ exports: { castI32 } }) => ({
      run: ({ in: [a], out: [out], rows }) => castI32(FLOAT64, a, rows, 0, out, 0) >>> 0,
    }),
    twin: () => ({
      run: ({ in: [a], out: [out] }) => {
        twin.int32ToFloat64(a, out)
        return twin.NO_ROW
      },
    }),
    c: 'i32_to_f64',
    expect: { twin: 1.5 },
  }),
  kernelBench({
    name: 'i32 to i64',
    input: (random, rows) => [random.int32(rows, -1e9, 1e9)],
    output: (rows) => [new BigInt64Array(rows)],
    kernel: ({ exports: { castI32 } }) => ({
      run: ({ in: [a], out: [out], rows }) => castI32(INT64, a, rows, 0, out, 0) >>> 0,
    }),
    twin: () => ({
      run: ({ in: [a], out: [out] }) => {
        twin.int32ToInt64(a, out)
        return twin.NO_ROW
      },
    }),
    c: 'i32_to_i64',
    expect: { twin: 2 },
  }),
  kernelBench({
    name: 'i64 to i32, checked',
    input: (random, rows) => [random.int64(rows, -1e9, 1e9)],
    output: (rows) => [new Int32Array(rows)],
    kernel: ({ exports: { castI64 } }) => ({
      run: ({ in: [a], out: [out], rows }) => castI64(INT32, a, rows, 0, out, 0) >>> 0,
    }),
    twin: () => ({ run: ({ in: [a], out: [out] }) => twin.int64ToInt32(a, out) }),
    c: 'i64_to_i32',
    expect: { twin: 2 },
  }),
  kernelBench({
    name: 'f64 to i32, checked',
    input: (random, rows) => [random.float64(rows, -1e9, 1e9)],
    output: (rows) => [new Int32Array(rows)],
    kernel: ({ exports: { castF64 } }) => ({
      run: ({ in: [a], out: [out], rows }) => castF64(INT32, a, rows, 0, out, 0) >>> 0,
    }),
    twin: () => ({ run: ({ in: [a], out: [out] }) => twin.float64ToInt32(a, out) }),
    c: 'f64_to_i32',
    expect: { twin: 2 },
  }),
  kernelBench({
    name: 'f64 to i64, checked',
    input: (random, rows) => [random.float64(rows, -1e12, 1e12)],
    output: (rows) => [new BigInt64Array(rows)],
    kernel: ({ exports: { castF64 } }) => ({
      run: ({ in: [a], out: [out], rows }) => castF64(INT64, a, rows, 0, out, 0) >>> 0,
    }),
    twin: () => ({ run: ({ in: [a], out: [out] }) => twin.float64ToInt64(a, out) }),
    c: 'f64_to_i64',
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'ms to us, checked',
    input: (random, rows) => [random.int64(rows, 1.6e12, 1.7e12)],
    output: (rows) => [new BigInt64Array(rows)],
    kernel: ({ exports: { rescaleUp } }) => ({
      run: ({ in: [a], out: [out], rows }) => rescaleUp(a, rows, 1000, 0, 0, out, 0) >>> 0,
    }),
    twin: () => ({ run: ({ in: [a], out: [out] }) => twin.rescaleUp(a, 1000n, out) }),
    c: 'multiply',
    params: [1000],
    expect: { twin: 1 },
  }),
  kernelBench({
    name: 'us to ms, down',
    input: (random, rows) => [random.int64(rows, -1.6e15, 1.7e15)],
    output: (rows) => [new BigInt64Array(rows)],
    kernel: ({ exports: { rescaleFloor } }) => ({
      run: ({ in: [a], out: [out], rows }) => {
        rescaleFloor(a, rows, 1000, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [a], out: [out] }) => {
        twin.rescaleFloor(a, 1000n, out)
        return 0
      },
    }),
    c: 'floor_divide',
    params: [1000],
    expect: { twin: 4 },
  }),
].flatMap(inCacheAndFromMemory)
