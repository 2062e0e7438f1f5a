// A small assembler: the bytes of a WebAssembly module with one function, for kernels that are made for
// one job (aggregate-code.ts, float-code.ts). V8 optimises the code; what is written here is plain.
//
// WC1  The function returns an i32, and works on the memory that it imports.
// WC2  The specification's names; https://webassembly.github.io/spec/core/appendix/index-instructions.html

type Code = readonly number[]

/** Instructions without operands, and those whose operands follow. */
export const OPS = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  return: 0x0f,
  select: 0x1b,
  i32Eqz: 0x45,
  i32LtU: 0x49,
  i32GeU: 0x4f,
  i64Eqz: 0x50,
  i64Eq: 0x51,
  i64LtS: 0x53,
  i64LtU: 0x54,
  i64GtS: 0x55,
  i64GtU: 0x56,
  i64GeU: 0x5a,
  f64Ne: 0x62,
  f64Lt: 0x63,
  f64Gt: 0x64,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32And: 0x71,
  i32Or: 0x72,
  i32Shl: 0x74,
  i32ShrU: 0x76,
  i64Ctz: 0x7a,
  i64Popcnt: 0x7b,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64And: 0x83,
  i64Or: 0x84,
  i64Xor: 0x85,
  i64ShrU: 0x88,
  f64Add: 0xa0,
  i32WrapI64: 0xa7,
  i64ExtendI32U: 0xad,
  f64PromoteF32: 0xbb,
  i64ReinterpretF64: 0xbd,
  f64ReinterpretI64: 0xbf,
} as const

const MEMORY_OPS = {
  i32Load: 0x28,
  i32Load8U: 0x2d,
  i64Load: 0x29,
  f32Load: 0x2a,
  f64Load: 0x2b,
  i64Load8S: 0x30,
  i64Load8U: 0x31,
  i64Load16S: 0x32,
  i64Load16U: 0x33,
  i64Load32S: 0x34,
  i64Load32U: 0x35,
  i32Store: 0x36,
  i64Store: 0x37,
  f64Store: 0x39,
  i32Store8: 0x3a,
} as const

export type MemoryOp = keyof typeof MEMORY_OPS

/** Instructions on vectors, behind a prefix. */
const VECTOR_OPS = {
  v128Load: 0x00,
  v128Store: 0x0b,
  i8x16Shuffle: 0x0d,
  i64x2Splat: 0x12,
  f32x4Splat: 0x13,
  f64x2Splat: 0x14,
  f32x4Eq: 0x41,
  f32x4Ne: 0x42,
  f32x4Lt: 0x43,
  f32x4Gt: 0x44,
  f32x4Le: 0x45,
  f32x4Ge: 0x46,
  f64x2Eq: 0x47,
  f64x2Ne: 0x48,
  f64x2Lt: 0x49,
  f64x2Gt: 0x4a,
  f64x2Le: 0x4b,
  f64x2Ge: 0x4c,
  v128And: 0x4e,
  v128Or: 0x50,
  v128Xor: 0x51,
  v128Load64Zero: 0x5d,
  f64x2PromoteLowF32x4: 0x5f,
  f64x2Ceil: 0x74,
  f64x2Floor: 0x75,
  f64x2Trunc: 0x7a,
  i16x8Bitmask: 0x84,
  i16x8NarrowI32x4S: 0x85,
  i64x2ShrU: 0xcd,
  f32x4Abs: 0xe0,
  f32x4Neg: 0xe1,
  f32x4Add: 0xe4,
  f32x4Sub: 0xe5,
  f32x4Mul: 0xe6,
  f32x4Pmin: 0xea,
  f32x4Pmax: 0xeb,
  f64x2Abs: 0xec,
  f64x2Neg: 0xed,
  f64x2Sqrt: 0xef,
  f64x2Add: 0xf0,
  f64x2Sub: 0xf1,
  f64x2Mul: 0xf2,
  f64x2Div: 0xf3,
  f64x2Pmin: 0xf6,
  f64x2Pmax: 0xf7,
  f64x2ConvertLowI32x4S: 0xfe,
  f64x2ConvertLowI32x4U: 0xff,
} as const

export type VectorOp = keyof typeof VECTOR_OPS

const TYPES = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const
const NO_RESULT = 0x40
const VECTOR_PREFIX = 0xfd

export type LocalType = keyof typeof TYPES

/** A local's number. */
export type Local = number & { readonly kind: 'local' }

export const get = (local: Local): Code => [0x20, ...unsigned(local)]
export const set = (local: Local): Code => [0x21, ...unsigned(local)]
export const tee = (local: Local): Code => [0x22, ...unsigned(local)]
export const i32Const = (value: number): Code => [0x41, ...signed(BigInt(value))]
export const i64Const = (value: bigint): Code => [0x42, ...signed(value)]

/** An instruction on vectors. */
export const vector = (op: VectorOp): Code => [VECTOR_PREFIX, ...unsigned(VECTOR_OPS[op])]

/** A vector's load or store at a constant offset. */
export const vectorMemory = (op: VectorOp, offset = 0): Code => [
  ...vector(op),
  0,
  ...unsigned(offset),
]

/** The even 32-bit lanes of two vectors. */
export const evenLanes: Code = [
  ...vector('i8x16Shuffle'),
  ...[0, 8, 16, 24].flatMap((at) => [at, at + 1, at + 2, at + 3]),
]

/** What belongs together, on a line of its own. */
export const line = (...code: number[]): Code => code

/** A load or store at a constant offset; alignment is not promised. */
export const memory = (op: MemoryOp, offset = 0): Code => [MEMORY_OPS[op], 0, ...unsigned(offset)]

export const block = (...body: Code[]): Code => [OPS.block, NO_RESULT, ...body.flat(), OPS.end]
export const loop = (...body: Code[]): Code => [OPS.loop, NO_RESULT, ...body.flat(), OPS.end]
/** Takes its condition from the stack. */
export const when = (...body: Code[]): Code => [OPS.if, NO_RESULT, ...body.flat(), OPS.end]
/** Leaves, or starts anew, the depth-th block or loop around it; from 0. */
export const branch = (depth: number): Code => [OPS.br, depth]
export const branchIf = (depth: number): Code => [OPS.brIf, depth]

/** One function under construction. */
export class FunctionCode {
  readonly #parameters: readonly LocalType[]
  readonly #locals: LocalType[] = []

  constructor(parameters: readonly LocalType[]) {
    this.#parameters = parameters
  }

  parameter(index: number): Local {
    return index as Local
  }

  local(type: LocalType): Local {
    this.#locals.push(type)
    return (this.#parameters.length + this.#locals.length - 1) as Local
  }

  /** The module, which imports `env.memory` and exports `run`. */
  module(body: Code): Uint8Array<ArrayBuffer> {
    const locals = this.#locals.flatMap((type) => [1, TYPES[type]])
    const code = [...unsigned(this.#locals.length), ...locals, ...body, OPS.end]
    const parameters = this.#parameters.map((type) => TYPES[type])
    return Uint8Array.from([
      ...line(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
      ...section(1, [1, 0x60, ...unsigned(parameters.length), ...parameters, 1, TYPES.i32]),
      ...section(2, [1, ...text('env'), ...text('memory'), 2, 0, 0]),
      ...section(3, [1, 0]),
      ...section(7, [1, ...text('run'), 0, 0]),
      ...section(10, [1, ...unsigned(code.length), ...code]),
    ])
  }
}

const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content]

const text = (value: string): Code => [value.length, ...new TextEncoder().encode(value)]

/** LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return [...bytes, rest]
}

function signed(value: bigint): Code {
  const bytes: number[] = []
  for (let rest = value; ; rest >>= 7n) {
    const byte = Number(rest & 0x7fn)
    if (rest >= -64n && rest < 64n) return [...bytes, byte]
    bytes.push(byte | 0x80)
  }
}
