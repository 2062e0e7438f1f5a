// Property tests of the kernels that are made for expressions of floats: random trees give what the
// kernels of each operator give one after another, and what the scalar twin gives.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { arithmetic, type Unary, unary } from '../../src/kernels/arithmetic.ts'
import { castNumbers } from '../../src/kernels/cast.ts'
import { compareNumbers } from '../../src/kernels/compare.ts'
import { FloatExpression } from '../../src/kernels/float-expression.ts'
import type {
  FloatCall,
  FloatFunction,
  FloatInput,
  FloatKind,
  FloatShape,
  FloatTree,
} from '../../src/kernels/float-code.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { constantOperand, type Operand, vectorOperand } from '../../src/kernels/operand.ts'
import { inArena, lengths, place, readBits } from './linear-memory.ts'
import { floatComparison, floatExpression, type TwinInput } from './reference/float-expression.ts'

const kernels = new Kernels()
const LANES = 8
const BINARY = {
  float64: ['add', 'sub', 'mul', 'div', 'min', 'max'],
  float32: ['add', 'sub', 'mul', 'min', 'max'],
} as const
const UNARY = {
  float64: ['neg', 'abs', 'floor', 'ceil', 'round', 'sqrt'],
  float32: ['neg', 'abs'],
} as const

const COMPARISONS = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const

type Values = Exclude<TwinInput, number>

/** An input with its values; how far off alignment a column lies. */
interface Leaf extends FloatInput {
  readonly values: TwinInput
  readonly off: number
}

interface Branch {
  readonly function: FloatFunction
  readonly kind: FloatKind
  readonly operands: readonly (Leaf | Branch)[]
}

const float = fc.oneof(
  fc.integer({ min: -40, max: 40 }).map((x) => x / 4),
  fc.double(),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 0.49999999999999994, -2.5, 2 ** 52 + 1),
)
const whole = (min: bigint, max: bigint): fc.Arbitrary<bigint> =>
  fc.oneof(fc.bigInt({ min: min < -9n ? -9n : min, max: 9n }), fc.bigInt({ min, max }))

const columnOf = <T>(
  kind: FloatInput['kind'],
  n: number,
  value: fc.Arbitrary<T>,
  from: (values: readonly T[]) => Values,
): fc.Arbitrary<Leaf> =>
  fc
    .tuple(fc.array(value, { minLength: n, maxLength: n }), fc.nat({ max: 9 }))
    .map(([values, off]) => ({ kind, isConstant: false, values: from(values), off }))

const constant = (kind: FloatKind): fc.Arbitrary<Leaf> =>
  float.map((values) => ({ kind, isConstant: true, values, off: 0 }))

/** Columns of n rows to choose from, so that trees use some of them more than once. */
const columnsOf = (n: number): fc.Arbitrary<Record<string, Leaf>> =>
  fc.record({
    price: columnOf('float64', n, float, (x) => Float64Array.from(x)),
    ratio: columnOf('float64', n, float, (x) => Float64Array.from(x)),
    single: columnOf('float32', n, float, (x) => Float32Array.from(x)),
    small: columnOf('float32', n, float, (x) => Float32Array.from(x)),
    int32: columnOf('int32', n, fc.integer(), (x) => Int32Array.from(x)),
    uint32: columnOf('uint32', n, fc.nat({ max: 2 ** 32 - 1 }), (x) => Uint32Array.from(x)),
    int64: columnOf('int64', n, whole(-(2n ** 63n), 2n ** 63n - 1n), (x) => BigInt64Array.from(x)),
    uint64: columnOf('uint64', n, whole(0n, 2n ** 64n - 1n), (x) => BigUint64Array.from(x)),
  })

/** A tree of at most `depth` functions from its root down. */
function treeOf(
  kind: FloatKind,
  columns: Readonly<Record<string, Leaf>>,
  depth: number,
): fc.Arbitrary<Leaf | Branch> {
  const fitting = Object.values(columns).filter((leaf) => leaf.kind === kind)
  const leaf = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...fitting) }, constant(kind))
  if (depth === 0) return leaf
  const branches = branchOf(kind, columns, depth)
  return fc.oneof(leaf, { weight: 4, arbitrary: branches })
}

function branchOf(
  kind: FloatKind,
  columns: Readonly<Record<string, Leaf>>,
  depth: number,
): fc.Arbitrary<Branch> {
  const of = treeOf(kind, columns, depth - 1)
  const call = (names: readonly FloatFunction[], ...parts: fc.Arbitrary<Leaf | Branch>[]) =>
    fc.tuple(fc.constantFrom(...names), fc.tuple(...parts)).map(([name, operands]) => ({
      function: name,
      kind,
      operands,
    }))
  const calls = [call(BINARY[kind], of, of), call(BINARY[kind], of, of), call(UNARY[kind], of)]
  if (kind === 'float32') return fc.oneof(...calls)
  const others = Object.values(columns).filter((leaf) => leaf.kind !== 'float64')
  const casts = fc.oneof(fc.constantFrom(...others), treeOf('float32', columns, depth - 1))
  return fc.oneof(...calls, call(['cast'], casts))
}

const cases = fc
  .tuple(lengths(LANES, 70), fc.constantFrom<FloatKind>('float64', 'float64', 'float32'))
  .chain(([n, kind]) =>
    columnsOf(n)
      .chain((columns) => branchOf(kind, columns, 4))
      .map((tree) => ({ n, tree })),
  )

function shapeOf(tree: Branch): { readonly shape: FloatShape; readonly leaves: readonly Leaf[] } {
  const leaves: Leaf[] = []
  const numbered = (part: Leaf | Branch): FloatTree => {
    if ('operands' in part) return callOf(part)
    const known = leaves.indexOf(part)
    return known >= 0 ? known : leaves.push(part) - 1
  }
  const callOf = (part: Branch): FloatCall => ({ ...part, operands: part.operands.map(numbered) })
  const result = callOf(tree)
  return {
    shape: { inputs: leaves.map(({ kind, isConstant }) => ({ kind, isConstant })), result },
    leaves,
  }
}

const arrayOf = (kind: FloatKind, n: number): Float64Array | Float32Array =>
  kind === 'float32' ? new Float32Array(n) : new Float64Array(n)

function taken(kind: FloatKind, ptr: number, n: number): Float64Array | Float32Array {
  const bytes = kernels.take(ptr, n * (kind === 'float32' ? 4 : 8)).buffer
  return kind === 'float32' ? new Float32Array(bytes) : new Float64Array(bytes)
}

/** The same by one kernel an operator; leaves lie where `placed` says. */
function apart(tree: Leaf | Branch, placed: ReadonlyMap<Leaf, number>, n: number): Operand {
  if (!('operands' in tree)) {
    const { kind, values, isConstant } = tree
    if (!isConstant) return vectorOperand(placed.get(tree)!)
    return constantOperand(kernels, kind, values as number)
  }
  const { function: name, kind } = tree
  const [a, b] = tree.operands.map((operand) => apart(operand, placed, n))
  const isBinary = b !== undefined
  if (isBinary) {
    const op = name as (typeof BINARY)['float64'][number]
    return vectorOperand(arithmetic(kernels, kind, op, a!, b, n, 0).values)
  }
  const first = tree.operands[0]!
  const input = a!.step === 1 ? a!.ptr : filled(first as Leaf, n)
  if (name !== 'cast') {
    return vectorOperand(unary(kernels, kind, name as Unary, input, n, 0).values)
  }
  const column = { values: input, validity: 0 }
  return vectorOperand(castNumbers(kernels, first.kind, 'float64', column, n, false).values)
}

const filled = ({ kind, values }: Leaf, n: number): number =>
  place(kernels, arrayOf(kind as FloatKind, n).fill(values as number))

const placeAll = (leaves: readonly Leaf[]): ReadonlyMap<Leaf, number> =>
  new Map(
    leaves
      .filter(({ isConstant }) => !isConstant)
      .map((leaf) => [leaf, place(kernels, leaf.values as Values, leaf.off)]),
  )

const inputsOf = (leaves: readonly Leaf[], placed: ReadonlyMap<Leaf, number>): number[] =>
  leaves.map((leaf) => placed.get(leaf) ?? (leaf.values as number))

it('an expression is what its operators give one after another, bit for bit but for NaN', () => {
  fc.assert(
    fc.property(cases, ({ n, tree }) =>
      inArena(kernels, () => {
        const { shape, leaves } = shapeOf(tree)
        const expected = arrayOf(tree.kind, n)
        floatExpression(
          shape,
          leaves.map(({ values }) => values),
          expected,
        )
        const placed = placeAll(leaves)
        const inputs = inputsOf(leaves, placed)
        const values = new FloatExpression(shape).evaluate(kernels, inputs, n)
        const got = taken(tree.kind, values, n)
        expect(got).toEqual(expected)
        expect(got).toEqual(taken(tree.kind, apart(tree, placed, n).ptr, n))
      }),
    ),
  )
})

const comparisons = fc
  .tuple(lengths(LANES, 70), fc.constantFrom<FloatKind>('float64', 'float32'))
  .chain(([n, kind]) =>
    columnsOf(n).chain((columns) => {
      const side = treeOf(kind, columns, 3)
      const operands = fc.oneof(
        fc.tuple(side, side),
        // Equal values, which two random trees seldom are.
        side.map((one) => [one, one] as const),
      )
      return fc.tuple(fc.constantFrom(...COMPARISONS), operands).map(([op, of]) => ({
        n,
        op,
        tree: { function: op, kind, operands: of },
      }))
    }),
  )

it('a comparison of expressions is what the kernels give one after another', () => {
  fc.assert(
    fc.property(comparisons, ({ n, op, tree }) =>
      inArena(kernels, () => {
        const { shape, leaves } = shapeOf(tree)
        const expected = new Uint8Array((n + 7) >> 3)
        const placed = placeAll(leaves)
        floatComparison(
          shape,
          leaves.map(({ values }) => values),
          n,
          expected,
        )
        const bits = new FloatExpression(shape).evaluate(kernels, inputsOf(leaves, placed), n)
        expect(readBits(kernels, bits, n)).toEqual(expected)
        const [a, b] = tree.operands.map((operand) => apart(operand, placed, n))
        const each = compareNumbers(kernels, tree.kind, op, a!, b!, n)
        expect(readBits(kernels, each, n)).toEqual(expected)
      }),
    ),
  )
})

it('writes at most 64 bytes past its end, and nothing before its beginning', () => {
  inArena(kernels, () => {
    const run = new FloatExpression({
      inputs: [{ kind: 'float64', isConstant: false }],
      result: { function: 'mul', kind: 'float64', operands: [0, 0] },
    }).on(kernels)
    const input = place(kernels, new Float64Array(16).fill(3))
    for (let n = 0; n < 16; n++) {
      const block = kernels.scratch(512)
      kernels.u8.fill(0x77, block, block + 512)
      run(n, block + 128, input)
      const bytes = kernels.take(block, 512)
      expect(bytes.subarray(0, 128).every((byte) => byte === 0x77)).toBe(true)
      expect(bytes.subarray(128 + n * 8 + 64).every((byte) => byte === 0x77)).toBe(true)
    }
  })
})
