// Arithmetic kernels: vectors and constants of each kind, division, functions of one number, and
// expressions of several operators.
import type { FloatCall, FloatFunction, FloatTree } from '../../src/kernels/float-code.ts'
import { FloatExpression } from '../../src/kernels/float-expression.ts'
import { constantOperand } from '../../src/kernels/operand.ts'
import * as twin from '../../test/kernels/reference/arithmetic.ts'
import * as expressionTwin from '../../test/kernels/reference/float-expression.ts'
import { inCacheAndFromMemory, type KernelBench, kernelBench, type TwinBatch } from '../harness.ts'
import type { Random } from '../random.ts'

const [ADD, SUB, MUL, DIV, MAX] = [0, 1, 2, 3, 5]
const [ROUND, ABS, SIGN] = [4, 1, 6]
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

const COLUMN = { kind: 'float64', isConstant: false } as const
const CONSTANT = { kind: 'float64', isConstant: true } as const
const call = (name: FloatFunction, ...operands: readonly FloatTree[]): FloatCall => ({
  function: name,
  kind: 'float64',
  operands,
})

/** The constants of (a * factor + b) * (one - a * share). */
const FIVE = [0.908, 1, 0.01] as const
const BATCH_BYTES = 16_384 * 8
/** Two columns of a batch. */
const BATCH_MEGABYTES = (2 * BATCH_BYTES) / 2 ** 20
const fiveTwin = () => ({
  run: ({ in: [a, b], out: [out] }: TwinBatch<[Float64Array, Float64Array], [Float64Array]>) => {
    expressionTwin.fiveOperators(a, b, out)
    return 0
  },
})

/** Also judged over one batch, which teaches only a twin that branches: that of `greatest`. */
const FLOATS = [
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
      const run = new FloatExpression({
        inputs: [COLUMN, CONSTANT, COLUMN],
        result: call('add', call('mul', 0, 1), 2),
      }).on(kernels)
      return {
        run: ({ in: [a, b], out: [out], rows }) => run(rows, out, a, 0.908, b),
      }
    },
    twin: () => ({
      run: ({ in: [a, b], out: [out] }) => {
        expressionTwin.multiplyAdd(a, 0.908, b, out)
        return 0
      },
    }),
    c: 'multiply_add_f64',
    params: [0.908],
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'five operators on f64',
    input: twoF64,
    output: f64,
    kernel: (kernels) => {
      const run = new FloatExpression({
        inputs: [COLUMN, CONSTANT, COLUMN, CONSTANT, CONSTANT],
        result: call('mul', call('add', call('mul', 0, 1), 2), call('sub', 3, call('mul', 0, 4))),
      }).on(kernels)
      const [factor, one, share] = FIVE
      return {
        run: ({ in: [a, b], out: [out], rows }) => run(rows, out, a, factor, b, one, share),
      }
    },
    twin: fiveTwin,
    c: 'five_operators_f64',
    params: FIVE,
    expect: { twin: 4 },
  }),
]
const overOneBatch = (bench: KernelBench): KernelBench => ({
  ...bench,
  name: `${bench.name}, one batch`,
  megabytes: BATCH_MEGABYTES,
})

export default [
  ...[
    ...FLOATS,
    // What the case before it spares: each operator writes a column.
    kernelBench({
      name: 'five operators on f64, a kernel each',
      input: twoF64,
      output: f64,
      kernel: (kernels) => {
        const [factor, one, share] = FIVE.map((x) => constantOperand(kernels, 'float64', x).ptr)
        const [first, second] = [kernels.allocate(BATCH_BYTES), kernels.allocate(BATCH_BYTES)]
        const { arithmeticF64 } = kernels.exports
        return {
          run: ({ in: [a, b], out: [out], rows }) => {
            arithmeticF64(MUL, a, 1, factor!, 0, rows, first)
            arithmeticF64(ADD, first, 1, b, 1, rows, out)
            arithmeticF64(MUL, a, 1, share!, 0, rows, first)
            arithmeticF64(SUB, one!, 0, first, 1, rows, second)
            arithmeticF64(MUL, out, 1, second, 1, rows, out)
            return 0
          },
        }
      },
      twin: fiveTwin,
      c: 'five_operators_apart_f64',
      params: FIVE,
      expect: {},
    }),
    kernelBench({
      name: 'round f64 to 2 digits',
      input: (random, rows) => [random.float64(rows, -100, 100)],
      output: f64,
      kernel: ({ exports: { roundDigitsF64 } }) => ({
        run: ({ in: [a], out: [out], rows }) => {
          roundDigitsF64(false, a, 100, rows, out)
          return 0
        },
      }),
      twin: () => ({
        run: ({ in: [a], out: [out] }) => {
          twin.roundDigits(a, 2, out)
          return 0
        },
      }),
      c: 'round_digits_f64',
      params: [100],
      expect: { twin: 4 },
    }),
    kernelBench({
      name: 'sign f64',
      input: (random, rows) => [random.float64(rows, -100, 100)],
      output: f64,
      kernel: ({ exports: { unaryF64 } }) => ({
        run: ({ in: [a], out: [out], rows }) => {
          unaryF64(SIGN, a, rows, out)
          return 0
        },
      }),
      twin: () => ({
        run: ({ in: [a], out: [out] }) => {
          twin.unaryFloat('sign', a, out)
          return 0
        },
      }),
      c: 'sign_f64',
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
  ].flatMap(inCacheAndFromMemory),
  ...FLOATS.map(overOneBatch),
]
