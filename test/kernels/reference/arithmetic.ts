// Scalar twins of the arithmetic kernels: oracle of the tests, opponent of the benchmarks. Whole numbers
// give the first row that overflows and is not null, or NO_ROW.
import type { Arithmetic } from '../../../src/kernels/arithmetic.ts'

export const NO_ROW = 0xffffffff
const INT32_MIN = -(2 ** 31)
const INT32_MAX = 2 ** 31 - 1
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

type IntegerOp = Exclude<Arithmetic, 'div'>

const isValid = (validity: Uint8Array | undefined, row: number): boolean =>
  validity === undefined || ((validity[row >> 3]! >> (row & 7)) & 1) !== 0

export function int32(
  op: IntegerOp,
  a: Int32Array,
  b: Int32Array,
  validity: Uint8Array | undefined,
  out: Int32Array,
): number {
  switch (op) {
    case 'add':
      for (let i = 0; i < out.length; i++) {
        const sum = a[i]! + b[i]!
        if (sum !== (sum | 0) && isValid(validity, i)) return i
        out[i] = sum
      }
      return NO_ROW
    case 'sub':
      for (let i = 0; i < out.length; i++) {
        const difference = a[i]! - b[i]!
        if (difference !== (difference | 0) && isValid(validity, i)) return i
        out[i] = difference
      }
      return NO_ROW
    case 'mul':
      for (let i = 0; i < out.length; i++) {
        const product = a[i]! * b[i]!
        if ((product < INT32_MIN || product > INT32_MAX) && isValid(validity, i)) return i
        out[i] = Math.imul(a[i]!, b[i]!)
      }
      return NO_ROW
    case 'min':
      for (let i = 0; i < out.length; i++) out[i] = Math.min(a[i]!, b[i]!)
      return NO_ROW
    case 'max':
      for (let i = 0; i < out.length; i++) out[i] = Math.max(a[i]!, b[i]!)
      return NO_ROW
  }
}

export function int64(
  op: IntegerOp,
  a: BigInt64Array,
  b: BigInt64Array,
  validity: Uint8Array | undefined,
  out: BigInt64Array,
): number {
  for (let i = 0; i < out.length; i++) {
    const result = int64Op(op, a[i]!, b[i]!)
    if ((result < INT64_MIN || result > INT64_MAX) && isValid(validity, i)) return i
    out[i] = result
  }
  return NO_ROW
}

function int64Op(op: IntegerOp, a: bigint, b: bigint): bigint {
  switch (op) {
    case 'add':
      return a + b
    case 'sub':
      return a - b
    case 'mul':
      return a * b
    case 'min':
      return a < b ? a : b
    case 'max':
      return a > b ? a : b
  }
}

/** float32 rounds when it is stored. */
export function float<T extends Float32Array | Float64Array>(
  op: Arithmetic,
  a: T,
  b: T,
  out: T,
): void {
  switch (op) {
    case 'add':
      for (let i = 0; i < out.length; i++) out[i] = a[i]! + b[i]!
      break
    case 'sub':
      for (let i = 0; i < out.length; i++) out[i] = a[i]! - b[i]!
      break
    case 'mul':
      for (let i = 0; i < out.length; i++) out[i] = a[i]! * b[i]!
      break
    case 'div':
      for (let i = 0; i < out.length; i++) out[i] = a[i]! / b[i]!
      break
    case 'min':
      for (let i = 0; i < out.length; i++) out[i] = Math.min(a[i]!, b[i]!)
      break
    case 'max':
      for (let i = 0; i < out.length; i++) out[i] = Math.max(a[i]!, b[i]!)
      break
  }
}

/** Whole division; `out` and `outValidity` of rows without a divisor are 0. */
export function divideInt32(
  op: 'idiv' | 'mod',
  a: Int32Array,
  b: Int32Array,
  validity: Uint8Array | undefined,
  out: Int32Array,
  outValidity: Uint8Array,
): number {
  outValidity.fill(0)
  for (let i = 0; i < out.length; i++) {
    if (!isValid(validity, i) || b[i] === 0) continue
    if (op === 'idiv') {
      if (a[i] === INT32_MIN && b[i] === -1) return i
      out[i] = Math.trunc(a[i]! / b[i]!)
    } else {
      out[i] = a[i]! % b[i]!
    }
    outValidity[i >> 3]! |= 1 << (i & 7)
  }
  return NO_ROW
}

export function divideInt64(
  op: 'idiv' | 'mod',
  a: BigInt64Array,
  b: BigInt64Array,
  validity: Uint8Array | undefined,
  out: BigInt64Array,
  outValidity: Uint8Array,
): number {
  outValidity.fill(0)
  for (let i = 0; i < out.length; i++) {
    if (!isValid(validity, i) || b[i] === 0n) continue
    if (op === 'idiv' && a[i] === INT64_MIN && b[i] === -1n) return i
    out[i] = op === 'idiv' ? a[i]! / b[i]! : a[i]! % b[i]!
    outValidity[i >> 3]! |= 1 << (i & 7)
  }
  return NO_ROW
}

/** Sign functions of whole numbers. */
export function unaryInt64(
  op: 'neg' | 'abs',
  a: BigInt64Array,
  validity: Uint8Array | undefined,
  out: BigInt64Array,
): number {
  for (let i = 0; i < out.length; i++) {
    if (a[i] === INT64_MIN && isValid(validity, i)) return i
    out[i] = op === 'neg' || a[i]! < 0n ? -a[i]! : a[i]!
  }
  return NO_ROW
}

export function unaryInt32(
  op: 'neg' | 'abs',
  a: Int32Array,
  validity: Uint8Array | undefined,
  out: Int32Array,
): number {
  for (let i = 0; i < out.length; i++) {
    if (a[i] === INT32_MIN && isValid(validity, i)) return i
    out[i] = op === 'neg' ? -a[i]! : Math.abs(a[i]!)
  }
  return NO_ROW
}

export const FLOAT_UNARY = {
  neg: (x: number): number => -x,
  abs: Math.abs,
  floor: Math.floor,
  ceil: Math.ceil,
  // Half away from zero; exact, because a float's fraction is.
  round: (x: number): number => {
    const whole = Math.trunc(x)
    return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole
  },
  sqrt: Math.sqrt,
  sign: Math.sign,
} as const

export function unaryFloat(op: keyof typeof FLOAT_UNARY, a: Float64Array, out: Float64Array): void {
  const apply = FLOAT_UNARY[op]
  for (let i = 0; i < out.length; i++) out[i] = apply(a[i]!)
}

/** To so many digits behind the point; what has none of them stays as it is. */
export function roundTo(x: number, digits: number): number {
  const factor = Number(`1e${Math.abs(digits)}`)
  const scaled = digits < 0 ? x / factor : x * factor
  if (!(Math.abs(scaled) < 2 ** 52)) return x
  const whole = FLOAT_UNARY.round(scaled)
  const y = digits < 0 ? whole * factor : whole / factor
  return Number.isFinite(y) ? y : x
}

export function roundDigits(a: Float64Array, digits: number, out: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = roundTo(a[i]!, digits)
}
