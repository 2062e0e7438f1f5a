// Comparison kernels: predicates into bitmaps, a whole filter into a selection, membership in a list.
import { FloatExpression } from '../../src/kernels/float-expression.ts'
import { constantOperand, type NumericKind } from '../../src/kernels/operand.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import * as twin from '../../test/kernels/reference/compare.ts'
import * as expressionTwin from '../../test/kernels/reference/float-expression.ts'
import { inCacheAndFromMemory, kernelBench, type TwinBatch } from '../harness.ts'
import type { Random } from '../random.ts'

const EQ = 0
const LT = 2
const GT = 4
const MUL = 2
const bitmap = (rows: number): readonly [Uint8Array] => [new Uint8Array((rows + 7) >> 3)]
const constant = (kernels: Kernels, kind: NumericKind, value: number | bigint): number =>
  constantOperand(kernels, kind, value).ptr

const twoF64 = (random: Random, rows: number): [Float64Array, Float64Array] => [
  random.float64(rows, 0, 100),
  random.float64(rows, 0, 100),
]
const productTwin = () => ({
  run: ({ in: [a, b], out: [out] }: TwinBatch<[Float64Array, Float64Array], [Uint8Array]>) => {
    expressionTwin.productGreater(a, 0.908, b, out)
    return 0
  },
})

/** 12 values of which 6 are hit: an in-list as a predicate has it. */
const LIST = Array.from({ length: 12 }, (_, i) => i * 17)

export default [
  kernelBench({
    name: 'filter f64 > constant, half pass, to a selection',
    input: (random, rows) => [random.float64(rows, 0, 100)],
    output: (rows) => [new Uint32Array(rows)],
    outputUsed: (count) => [count],
    kernel: (kernels) => {
      const bound = constant(kernels, 'float64', 50)
      const bits = kernels.allocate(4096)
      const { compareF64, bitmapToSelection } = kernels.exports
      return {
        run: ({ in: [a], out: [out], rows }) => {
          compareF64(GT, a, 1, bound, 0, rows, bits)
          return bitmapToSelection(bits, rows, out)
        },
      }
    },
    twin: () => ({ run: ({ in: [a], out: [out] }) => twin.selectGreater(a, 50, out) }),
    c: 'filter_f64',
    params: [50],
    judged: true,
    expect: { twin: 8 },
  }),
  kernelBench({
    name: 'filter f64 > constant, one in fifty passes',
    input: (random, rows) => [random.float64(rows, 0, 100)],
    output: (rows) => [new Uint32Array(rows)],
    outputUsed: (count) => [count],
    kernel: (kernels) => {
      const bound = constant(kernels, 'float64', 98)
      const bits = kernels.allocate(4096)
      const { compareF64, bitmapToSelection } = kernels.exports
      return {
        run: ({ in: [a], out: [out], rows }) => {
          compareF64(GT, a, 1, bound, 0, rows, bits)
          return bitmapToSelection(bits, rows, out)
        },
      }
    },
    twin: () => ({ run: ({ in: [a], out: [out] }) => twin.selectGreater(a, 98, out) }),
    c: 'filter_f64',
    params: [98],
    judged: true,
    expect: { twin: 2 },
  }),
  kernelBench({
    name: 'f64 > constant, to a bitmap',
    input: (random, rows) => [random.float64(rows, 0, 100)],
    output: bitmap,
    kernel: (kernels) => {
      const bound = constant(kernels, 'float64', 50)
      const { compareF64 } = kernels.exports
      return {
        run: ({ in: [a], out: [out], rows }) => {
          compareF64(GT, a, 1, bound, 0, rows, out)
          return 0
        },
      }
    },
    twin: () => ({
      run: ({ in: [a], out: [out] }) => {
        twin.compareConstant('gt', a, 50, out)
        return 0
      },
    }),
    c: 'greater_f64',
    params: [50],
    expect: { twin: 8 },
  }),
  kernelBench({
    name: 'f64 * constant > f64, to a bitmap',
    input: twoF64,
    output: bitmap,
    kernel: (kernels) => {
      const column = { kind: 'float64', isConstant: false } as const
      const factor = { kind: 'float64', isConstant: true } as const
      const product = { function: 'mul', kind: 'float64', operands: [0, 1] } as const
      const run = new FloatExpression({
        inputs: [column, factor, column],
        result: { function: 'gt', kind: 'float64', operands: [product, 2] },
      }).on(kernels)
      return { run: ({ in: [a, b], out: [out], rows }) => run(rows, out, a, 0.908, b) }
    },
    twin: productTwin,
    c: 'product_greater_f64',
    params: [0.908],
    expect: { twin: 8 },
  }),
  // What the case before it spares: a column of products.
  kernelBench({
    name: 'f64 * constant > f64, a kernel each',
    input: twoF64,
    output: bitmap,
    kernel: (kernels) => {
      const factor = constant(kernels, 'float64', 0.908)
      const products = kernels.allocate(16_384 * 8)
      const { arithmeticF64, compareF64 } = kernels.exports
      return {
        run: ({ in: [a, b], out: [out], rows }) => {
          arithmeticF64(MUL, a, 1, factor, 0, rows, products)
          compareF64(GT, products, 1, b, 1, rows, out)
          return 0
        },
      }
    },
    twin: productTwin,
    c: 'product_greater_f64',
    params: [0.908],
    judged: false,
    expect: {},
  }),
  kernelBench({
    name: 'i32 < i32, to a bitmap',
    input: (random, rows) => [random.int32(rows, 0, 1000), random.int32(rows, 0, 1000)],
    output: bitmap,
    kernel: ({ exports: { compareI32 } }) => ({
      run: ({ in: [a, b], out: [out], rows }) => {
        compareI32(LT, a, 1, b, 1, rows, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [a, b], out: [out] }) => {
        twin.compareVectors('lt', a, b, out)
        return 0
      },
    }),
    c: 'less_i32',
    expect: { twin: 8 },
  }),
  kernelBench({
    name: 'i64 < constant, to a bitmap',
    input: (random, rows) => [random.int64(rows, 0, 1000)],
    output: bitmap,
    kernel: (kernels) => {
      const bound = constant(kernels, 'int64', 500n)
      const { compareI64 } = kernels.exports
      return {
        run: ({ in: [a], out: [out], rows }) => {
          compareI64(LT, a, 1, bound, 0, rows, out)
          return 0
        },
      }
    },
    twin: () => ({
      run: ({ in: [a], out: [out] }) => {
        twin.compareConstant('lt', a, 500n, out)
        return 0
      },
    }),
    c: 'less_i64',
    params: [500],
    expect: { twin: 8 },
  }),
  kernelBench({
    name: 'i8 = constant, to a bitmap',
    input: (random, rows) => [new Int8Array(random.bytes(rows).map((byte) => byte & 3))],
    output: bitmap,
    kernel: (kernels) => {
      const wanted = constant(kernels, 'int8', 2)
      const { compareI8 } = kernels.exports
      return {
        run: ({ in: [a], out: [out], rows }) => {
          compareI8(EQ, a, 1, wanted, 0, rows, out)
          return 0
        },
      }
    },
    twin: () => ({
      run: ({ in: [a], out: [out] }) => {
        twin.compareConstant('eq', a, 2, out)
        return 0
      },
    }),
    c: 'equal_i8',
    params: [2],
    expect: { twin: 8 },
  }),
  kernelBench({
    name: 'i32 in a list of 12',
    input: (random, rows) => [random.int32(rows, 0, 200)],
    output: bitmap,
    kernel: (kernels) => {
      const list = kernels.put(new Uint8Array(Uint32Array.from(LIST).buffer))
      const { compareIn32 } = kernels.exports
      return {
        run: ({ in: [a], out: [out], rows }) => {
          compareIn32(a, rows, list, LIST.length, out)
          return 0
        },
      }
    },
    twin: () => {
      const list = new Set(LIST)
      return {
        run: ({ in: [a], out: [out] }) => {
          twin.isIn(a, list, out)
          return 0
        },
      }
    },
    c: 'in_i32',
    expect: { twin: 4 },
  }),
  kernelBench({
    name: 'i64 in a list of 100, searched',
    input: (random, rows) => [random.int64(rows, 0, 200)],
    output: bitmap,
    kernel: (kernels) => {
      const values = BigUint64Array.from({ length: 100 }, (_, i) => BigInt(i * 2))
      const list = kernels.put(new Uint8Array(values.buffer))
      const { compareIn64 } = kernels.exports
      return {
        run: ({ in: [a], out: [out], rows }) => {
          compareIn64(a, rows, list, values.length, out)
          return 0
        },
      }
    },
    twin: () => {
      const list = new Set(Array.from({ length: 100 }, (_, i) => BigInt(i * 2)))
      return {
        run: ({ in: [a], out: [out] }) => {
          twin.isIn(a, list, out)
          return 0
        },
      }
    },
    c: 'in_i64',
    params: [100],
    expect: { twin: 2 },
  }),
].flatMap(inCacheAndFromMemory)
