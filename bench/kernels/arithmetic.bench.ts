// Arithmetic kernels: vectors and constants of each kind, division, functions of one number.
import { constantOperand } from '../../src/kernels/operand.ts'
import * as twin from '../../test/kernels/reference/arithmetic.ts'
import { inCacheAndFromMemory, kernelBench } from '../harness.ts'
import type { Random } from '../random.ts'

const [ADD, MUL, DIV, MAX] = [0, 2, 3, 5]
const [ROUND, ABS] = [4, 1]
const f64 = (rows: number): readonly [Float64Array] => [new Float64Array(rows)]
const i32 = (rows: number): readonly [Int32Array] => [new Int32Array(rows)]
const i64 = (rows: number): readonly [BigInt64Array] => [new BigInt64Array(rows)]
const twoF64 = (random: Random, rows: number): [Float64Array, Float64Array] => [
  random.float64(rows, 1, 100),
  random.float64(rows, 1, 100),
]
const twoI32 = (random: Random, rows: number): [Int32Array, Int32Array] => [
  random.int32(rows, -40_000, 40_000),
  random.int32(rows, -40_000, 40_000),
]
const twoI64 = (random: Random, rows: number): [BigInt64Array, BigInt64Array] => [
  random.int64(rows, -1e9, 1e9),
  random.int64(rows, -1e9, 1e9),
]

export default [
  ...(
    [
      ['+', 'add', ADD, 'add_f64'],
      ['/', 'div', DIV, 'divide_f64'],
      ['greatest', 'max', MAX, 'max_f64'],
    ] as const
  ).map(([name, op, code, c]) =>
    kernelBench({
      name: `f64 ${name} f64`,
      input: twoF64,
      output: f64,
      kernel: ({ exports: { arithmeticF64 } }) => ({
        run: ({ in: [a, b], out: [out], rows }) => {
          arithmeticF64(code, a, 1, b, 1, rows, out)
          return 0
        },
      }),
      twin: () => ({
        run: ({ in: [a, b], out: [out] }) => {
          twin.float(op, a, b, out)
          return 0
        },
      }),
      c,
      expect: { twin: 4 },
    }),
  ),
  kernelBench({
    name: 'f64 * constant + f64',
    input: twoF64,
    output: f64,
    kernel: (kernels) => {
      const { ptr } = constantOperand(kernels, 'float64', 0.908)
      const { arithmeticMulAddF64 } = kernels.exports
      return {
        run: ({ in: [a, b], out: [out], rows }) => {
          arithmeticMulAddF64(a, 1, ptr, 0, b, 1, rows, out)
          return 0
        },
      }
    },
    twin: () => ({
      run: ({ in: [a, b], out: [out] }) => {
        twin.multiplyAddConstants(a, 0.908, b, out)
        return 0
      },
    }),
    c: 'multiply_add_f64',
    params: [0.908],
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'round f64',
    input: (random, rows) => [random.float64(rows, -100, 100)],
    output: f64,
    kernel: ({ exports: { unaryF64 } }) => ({
      run: ({ in: [a], out: [out], rows }) => {
        unaryF64(ROUND, a, rows, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [a], out: [out] }) => {
        twin.unaryFloat('round', a, out)
        return 0
      },
    }),
    c: 'round_f64',
    expect: { twin: 4 },
  }),
  ...(
    [
      ['+', 'add', ADD, 'add_i32'],
      ['*', 'mul', MUL, 'multiply_i32'],
    ] as const
  ).map(([name, op, code, c]) =>
    kernelBench({
      name: `i32 ${name} i32, checked`,
      input: twoI32,
      output: i32,
      kernel: ({ exports: { arithmeticI32 } }) => ({
        run: ({ in: [a, b], out: [out], rows }) =>
          arithmeticI32(code, a, 1, b, 1, rows, 0, out) >>> 0,
      }),
      twin: () => ({
        run: ({ in: [a, b], out: [out] }) => twin.int32(op, a, b, undefined, out),
      }),
      c,
      expect: { twin: 4 },
    }),
  ),
  ...(
    [
      ['+', 'add', ADD, 'add_i64'],
      ['*', 'mul', MUL, 'multiply_i64'],
    ] as const
  ).map(([name, op, code, c]) =>
    kernelBench({
      name: `i64 ${name} i64, checked`,
      input: twoI64,
      output: i64,
      kernel: ({ exports: { arithmeticI64 } }) => ({
        run: ({ in: [a, b], out: [out], rows }) =>
          arithmeticI64(code, a, 1, b, 1, rows, 0, out) >>> 0,
      }),
      twin: () => ({
        run: ({ in: [a, b], out: [out] }) => twin.int64(op, a, b, undefined, out),
      }),
      c,
      expect: { twin: 4 },
    }),
  ),
  kernelBench({
    name: 'i32 idiv i32',
    input: (random, rows) => [random.int32(rows, -1e9, 1e9), random.int32(rows, 0, 1000)],
    output: (rows) => [new Uint8Array(rows >> 3), new Int32Array(rows)],
    // The values of null rows are each side's own.
    outputUsed: (_, rows) => [rows >> 3, 0],
    kernel: ({ exports: { divideI32 } }) => ({
      run: ({ in: [a, b], out: [validity, out], rows }) =>
        divideI32(0, a, 1, b, 1, rows, 0, out, validity) >>> 0,
    }),
    twin: () => ({
      run: ({ in: [a, b], out: [validity, out] }) =>
        twin.divideInt32('idiv', a, b, undefined, out, validity),
    }),
    c: 'divide_i32',
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'i64 mod constant',
    input: (random, rows) => [random.int64(rows, -1e12, 1e12)],
    output: (rows) => [new BigInt64Array(rows), new Uint8Array(rows >> 3)],
    kernel: (kernels) => {
      const { ptr } = constantOperand(kernels, 'int64', 3600n)
      const { divideI64 } = kernels.exports
      return {
        run: ({ in: [a], out: [out, validity], rows }) =>
          divideI64(1, a, 1, ptr, 0, rows, 0, out, validity) >>> 0,
      }
    },
    twin: () => {
      const divisors = new BigInt64Array(16_384).fill(3600n)
      return {
        run: ({ in: [a], out: [out, validity] }) =>
          twin.divideInt64('mod', a, divisors, undefined, out, validity),
      }
    },
    c: 'modulo_i64',
    params: [3600],
    expect: { twin: 1.5 },
  }),
  kernelBench({
    name: 'abs i64, checked',
    input: (random, rows) => [random.int64(rows, -1e12, 1e12)],
    output: i64,
    kernel: ({ exports: { unaryI64 } }) => ({
      run: ({ in: [a], out: [out], rows }) => unaryI64(ABS, a, rows, 0, out) >>> 0,
    }),
    twin: () => ({
      run: ({ in: [a], out: [out] }) => twin.unaryInt64('abs', a, undefined, out),
    }),
    c: 'abs_i64',
    expect: { twin: 4 },
  }),
].flatMap(inCacheAndFromMemory)
