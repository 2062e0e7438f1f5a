// The code of one expression of floats: all of its operators in one pass over the rows, so that no column
// of intermediate values is written and read again. float-expression.ts runs it.
//
// FC1  The same answers as the kernels of arithmetic, unary and cast, one after another: the same
//      instructions in the same order, each rounded by itself.
// FC2  64 bytes of the result a turn, over the end (K4); inputs need not be aligned.
// FC3  A result of float64 has two lanes a vector, and what is narrower in it lies in a vector's lower
//      half. A result of float32 has four, and float32 only below.
// FC4  A comparison on top gives a bitmap, as assembly/compare.ts does: a byte a turn, zeros behind n.
// FC5  Constants are parameters: expressions that differ in nothing else share their code.
import {
  block,
  branch,
  branchIf,
  evenLanes,
  FunctionCode,
  get,
  i32Const,
  i64Const,
  type Local,
  line,
  loop,
  memory,
  OPS,
  set,
  tee,
  vector,
  vectorMemory,
  type VectorOp,
  when,
} from './wasm-code.ts'
import type { Comparison } from './compare.ts'

type Code = readonly number[]

/** How an input's values lie in memory, and how many bytes each takes. */
const INPUT_BYTES = { float64: 8, float32: 4, int64: 8, uint64: 8, int32: 4, uint32: 4 } as const

export type FloatKind = 'float32' | 'float64'
export type FloatInputKind = keyof typeof INPUT_BYTES

/** `cast` is to float64, of what its operand is; a comparison is only a whole expression's result. */
export type FloatFunction =
  | Comparison
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'min'
  | 'max'
  | 'neg'
  | 'abs'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'sqrt'
  | 'cast'

/** A column, or a constant (float32 or float64). */
export interface FloatInput {
  readonly kind: FloatInputKind
  readonly isConstant: boolean
}

/** An input by its number, or a function of others. */
export type FloatTree = number | FloatCall

export interface FloatCall {
  readonly function: FloatFunction
  /** What it gives; of a comparison, what it compares. */
  readonly kind: FloatKind
  readonly operands: readonly FloatTree[]
}

/** An expression but for its constants' values. */
export interface FloatShape {
  readonly inputs: readonly FloatInput[]
  readonly result: FloatCall
}

/** Functions that are one instruction. */
const INSTRUCTIONS: Readonly<Record<FloatKind, Partial<Record<FloatFunction, VectorOp>>>> = {
  float64: {
    add: 'f64x2Add',
    sub: 'f64x2Sub',
    mul: 'f64x2Mul',
    div: 'f64x2Div',
    neg: 'f64x2Neg',
    abs: 'f64x2Abs',
    floor: 'f64x2Floor',
    ceil: 'f64x2Ceil',
    sqrt: 'f64x2Sqrt',
    eq: 'f64x2Eq',
    ne: 'f64x2Ne',
    lt: 'f64x2Lt',
    le: 'f64x2Le',
    gt: 'f64x2Gt',
    ge: 'f64x2Ge',
  },
  float32: {
    add: 'f32x4Add',
    sub: 'f32x4Sub',
    mul: 'f32x4Mul',
    neg: 'f32x4Neg',
    abs: 'f32x4Abs',
    eq: 'f32x4Eq',
    ne: 'f32x4Ne',
    lt: 'f32x4Lt',
    le: 'f32x4Le',
    gt: 'f32x4Gt',
    ge: 'f32x4Ge',
  },
}

const COMPARISONS = new Set(['eq', 'ne', 'lt', 'le', 'gt', 'ge'])

/** Whether a function gives bits. */
export const isComparison = (name: string): name is Comparison => COMPARISONS.has(name)

/** Vectors of the result that a turn gives. */
const UNROLLED = 4
const VECTOR_BYTES = 16
/** Rows of a turn that gives bits. */
const BITS = 8

/** Whether there is code for a function of such a result. */
export const isFloatFunction = (name: string, kind: FloatKind): name is FloatFunction =>
  name in INSTRUCTIONS[kind] ||
  name === 'min' ||
  name === 'max' ||
  (kind === 'float64' && (name === 'round' || name === 'cast'))

export const isFloatInput = (kind: string): kind is FloatInputKind => kind in INPUT_BYTES

/** The module of an expression: run(n, out, ...inputs), where an input is a pointer or a constant. */
export function compileFloats(shape: FloatShape): Uint8Array<ArrayBuffer> {
  return new Compiler(shape).module()
}

class Compiler {
  readonly #shape: FloatShape
  readonly #code: FunctionCode
  readonly #n: Local
  readonly #out: Local
  readonly #end: Local
  /** An input's pointer, or its constant in all lanes. */
  readonly #inputs: readonly Local[]
  /** The current vector of an input that is used more than once. */
  readonly #held = new Map<number, Local>()
  /** Vectors of the same 64 bits twice. */
  readonly #patterns = new Map<bigint, Local>()
  readonly #x: Local
  readonly #y: Local
  readonly #first: Local
  readonly #second: Local

  constructor(shape: FloatShape) {
    this.#shape = shape
    const parameters = shape.inputs.map(({ kind, isConstant }) =>
      isConstant ? (kind === 'float32' ? 'f32' : 'f64') : 'i32',
    )
    this.#code = new FunctionCode(['i32', 'i32', ...parameters])
    this.#n = this.#code.parameter(0)
    this.#out = this.#code.parameter(1)
    this.#end = this.#code.local('i32')
    this.#inputs = shape.inputs.map(({ isConstant }, i) =>
      isConstant ? this.#code.local('v128') : this.#code.parameter(2 + i),
    )
    this.#x = this.#code.local('v128')
    this.#y = this.#code.local('v128')
    this.#first = this.#code.local('v128')
    this.#second = this.#code.local('v128')
    for (const [input, uses] of usesOf(shape.result)) {
      if (uses > 1 && !shape.inputs[input]!.isConstant) {
        this.#held.set(input, this.#code.local('v128'))
      }
    }
  }

  module(): Uint8Array<ArrayBuffer> {
    const { inputs, result } = this.#shape
    const constants = inputs.flatMap(({ kind, isConstant }, i) => {
      if (!isConstant) return []
      const splat = vector(kind === 'float32' ? 'f32x4Splat' : 'f64x2Splat')
      return [...get(this.#code.parameter(2 + i)), ...splat, ...set(this.#inputs[i]!)]
    })
    const columns = [...inputs.keys()].filter((i) => !inputs[i]!.isConstant)
    const isBits = isComparison(result.function)
    const turn = isBits ? this.#bits() : this.#vectors()
    const vectors = isBits ? BITS / this.#lanes : UNROLLED
    return this.#code.module([
      ...constants,
      ...[...this.#patterns].flatMap(([bits, local]) => [
        ...line(...i64Const(BigInt.asIntN(64, bits)), ...vector('i64x2Splat'), ...set(local)),
      ]),
      ...line(...get(this.#out), ...this.#outBytes(isBits), OPS.i32Add, ...set(this.#end)),
      ...block(
        loop(
          [...get(this.#out), ...get(this.#end), OPS.i32GeU, ...branchIf(1)],
          turn,
          ...columns.map((i) => advance(this.#inputs[i]!, vectors * this.#bytes(i))),
          advance(this.#out, isBits ? 1 : UNROLLED * VECTOR_BYTES),
          branch(0),
        ),
      ),
      ...(isBits ? this.#clearRest() : []),
      ...i32Const(0),
    ])
  }

  /** Rows of a vector. */
  get #lanes(): number {
    return this.#shape.result.kind === 'float32' ? 4 : 2
  }

  /** Bytes of n rows of the result. */
  #outBytes(isBits: boolean): Code {
    const n = get(this.#n)
    if (isBits) return [...n, ...i32Const(7), OPS.i32Add, ...i32Const(3), OPS.i32ShrU]
    return [...n, ...i32Const(this.#lanes === 4 ? 2 : 3), OPS.i32Shl]
  }

  #vectors(): Code {
    return Array.from({ length: UNROLLED }, (_, place) => [
      ...get(this.#out),
      ...this.#vector(place),
      ...vectorMemory('v128Store', place * VECTOR_BYTES),
    ]).flat()
  }

  /** Eight rows as eight bits. */
  #bits(): Code {
    const four =
      this.#lanes === 4
        ? [this.#vector(0), this.#vector(1)]
        : [
            [...this.#vector(0), ...this.#vector(1), ...evenLanes],
            [...this.#vector(2), ...this.#vector(3), ...evenLanes],
          ]
    const byte = [...vector('i16x8NarrowI32x4S'), ...vector('i16x8Bitmask')]
    return [...get(this.#out), ...four.flat(), ...byte, ...memory('i32Store8')]
  }

  /** The bits behind the last row. */
  #clearRest(): Code {
    const rest = [...get(this.#n), ...i32Const(7), OPS.i32And]
    const last = [...get(this.#out), ...i32Const(1), OPS.i32Sub]
    const mask = [...i32Const(1), ...rest, OPS.i32Shl, ...i32Const(1), OPS.i32Sub]
    return [
      ...rest,
      ...when(last, last, memory('i32Load8U'), mask, [OPS.i32And], memory('i32Store8')),
    ]
  }

  /** One vector of the result, by its place in the turn. */
  #vector(place: number): Code {
    return [
      ...[...this.#held].flatMap(([input, local]) => [...this.#load(input, place), ...set(local)]),
      ...this.#value(this.#shape.result, place),
    ]
  }

  /** Bytes of an input for one vector of the result. */
  #bytes(input: number): number {
    return this.#lanes * INPUT_BYTES[this.#shape.inputs[input]!.kind]
  }

  #load(input: number, place: number): Code {
    const bytes = this.#bytes(input)
    const load = bytes === VECTOR_BYTES ? 'v128Load' : 'v128Load64Zero'
    return [...get(this.#inputs[input]!), ...vectorMemory(load, place * bytes)]
  }

  #value(tree: FloatTree, place: number): Code {
    if (typeof tree !== 'number') return this.#call(tree, place)
    if (this.#shape.inputs[tree]!.isConstant) return get(this.#inputs[tree]!)
    const held = this.#held.get(tree)
    return held === undefined ? this.#load(tree, place) : get(held)
  }

  #call({ function: name, kind, operands }: FloatCall, place: number): Code {
    const values = operands.flatMap((operand) => this.#value(operand, place))
    switch (name) {
      case 'min':
      case 'max':
        return [...values, ...this.#extreme(name, kind)]
      case 'round':
        return [...values, ...this.#round()]
      case 'cast':
        return [...values, ...this.#cast(this.#kindOf(operands[0]!))]
      default:
        return [...values, ...vector(INSTRUCTIONS[kind][name]!)]
    }
  }

  #kindOf(tree: FloatTree): FloatInputKind {
    return typeof tree === 'number' ? this.#shape.inputs[tree]!.kind : tree.kind
  }

  /** Made before the loop: V8 would build a vector's constant anew in each turn. */
  #pattern(bits: bigint): Code {
    const local = this.#patterns.get(bits) ?? this.#code.local('v128')
    this.#patterns.set(bits, local)
    return get(local)
  }

  /** Of the two vectors on the stack, as assembly/arithmetic.ts has it. */
  #extreme(name: 'min' | 'max', kind: FloatKind): Code {
    const isWide = kind === 'float64'
    const isMin = name === 'min'
    const pick = vector(
      isMin ? (isWide ? 'f64x2Pmin' : 'f32x4Pmin') : isWide ? 'f64x2Pmax' : 'f32x4Pmax',
    )
    const [x, y] = [get(this.#x), get(this.#y)]
    return [
      ...line(...set(this.#y), ...set(this.#x)),
      ...line(...x, ...y, ...pick, ...tee(this.#first)),
      ...line(...y, ...x, ...pick, ...tee(this.#second)),
      ...vector(isMin ? 'v128Or' : 'v128And'),
      ...line(...get(this.#first), ...get(this.#second), ...vector(isWide ? 'f64x2Ne' : 'f32x4Ne')),
      ...vector('v128Or'),
    ]
  }

  /** Half away from zero, as assembly/unary.ts has it: by the number just below a half. */
  #round(): Code {
    const sign = [...get(this.#x), ...this.#pattern(1n << 63n), ...vector('v128And')]
    const half = [...this.#pattern(0x3fdf_ffff_ffff_ffffn), ...sign, ...vector('v128Or')]
    return [...tee(this.#x), ...half, ...vector('f64x2Add'), ...vector('f64x2Trunc')]
  }

  /** To float64, as assembly/cast-eight.ts has it. */
  #cast(from: FloatInputKind): Code {
    switch (from) {
      case 'float64':
        return []
      case 'float32':
        return vector('f64x2PromoteLowF32x4')
      case 'int32':
        return vector('f64x2ConvertLowI32x4S')
      case 'uint32':
        return vector('f64x2ConvertLowI32x4U')
      case 'int64':
        return this.#castWide(0x4530_0000_8000_0000n, 0x4530_0000_8010_0000n)
      case 'uint64':
        return this.#castWide(0x4530_0000_0000_0000n, 0x4530_0000_0010_0000n)
    }
  }

  #castWide(high: bigint, bias: bigint): Code {
    return [
      ...line(...tee(this.#x), ...i32Const(32), ...vector('i64x2ShrU')),
      ...line(...this.#pattern(high), ...vector('v128Xor')),
      ...line(...this.#pattern(bias), ...vector('f64x2Sub')),
      ...line(...get(this.#x), ...this.#pattern(0xffff_ffffn), ...vector('v128And')),
      ...line(...this.#pattern(0x4330_0000_0000_0000n), ...vector('v128Or')),
      ...vector('f64x2Add'),
    ]
  }
}

const advance = (pointer: Local, bytes: number): Code => [
  ...line(...get(pointer), ...i32Const(bytes), OPS.i32Add, ...set(pointer)),
]

/** How often each input is used. */
function usesOf(tree: FloatTree, into = new Map<number, number>()): Map<number, number> {
  if (typeof tree === 'number') into.set(tree, (into.get(tree) ?? 0) + 1)
  else for (const operand of tree.operands) usesOf(operand, into)
  return into
}
