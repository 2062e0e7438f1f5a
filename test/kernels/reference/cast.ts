// Scalar twins of the casts: oracle of the tests, opponent of the benchmarks.
import type { NumericKind } from '../../../src/kernels/operand.ts'

export const NO_ROW = 0xffffffff

const RANGES: Partial<Record<NumericKind, readonly [bigint, bigint]>> = {
  int8: [-128n, 127n],
  int16: [-32_768n, 32_767n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint8: [0n, 255n],
  uint16: [0n, 65_535n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
}

/** One value in another kind; undefined when it does not fit. */
export function castValue(value: number | bigint, to: NumericKind): number | bigint | undefined {
  const range = RANGES[to]
  if (range === undefined) {
    return to === 'float32' ? Math.fround(exactFloat(value, to)) : Number(value)
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return undefined
  const whole = typeof value === 'bigint' ? value : BigInt(Math.trunc(value))
  if (whole < range[0] || whole > range[1]) return undefined
  return to === 'int64' || to === 'uint64' ? whole : Number(whole)
}

/** A bigint to float32 through float64 would round twice; a sticky bit keeps the first one harmless. */
function exactFloat(value: number | bigint, to: NumericKind): number {
  if (typeof value === 'number' || to !== 'float32') return Number(value)
  const magnitude = value < 0n ? -value : value
  const shift = BigInt(Math.max(0, magnitude.toString(2).length - 40))
  const kept = magnitude >> shift
  const sticky = magnitude === kept << shift ? 0n : 1n
  const rounded = Number((kept << 1n) | sticky) * 2 ** (Number(shift) - 1)
  return value < 0n ? -rounded : rounded
}

/** int64 to int32; the first row that does not fit, or NO_ROW. */
export function int64ToInt32(a: BigInt64Array, out: Int32Array): number {
  for (let i = 0; i < a.length; i++) {
    const value = Number(a[i]!)
    if (value !== (value | 0)) return i
    out[i] = value
  }
  return NO_ROW
}

export function int64ToFloat64(a: BigInt64Array, out: Float64Array): void {
  for (let i = 0; i < a.length; i++) out[i] = Number(a[i]!)
}

export function int32ToFloat64(a: Int32Array, out: Float64Array): void {
  for (let i = 0; i < a.length; i++) out[i] = a[i]!
}

export function int32ToInt64(a: Int32Array, out: BigInt64Array): void {
  for (let i = 0; i < a.length; i++) out[i] = BigInt(a[i]!)
}

export function float64ToInt32(a: Float64Array, out: Int32Array): number {
  for (let i = 0; i < a.length; i++) {
    const value = Math.trunc(a[i]!)
    if (!(value >= -(2 ** 31) && value < 2 ** 31)) return i
    out[i] = value
  }
  return NO_ROW
}

export function float64ToInt64(a: Float64Array, out: BigInt64Array): number {
  for (let i = 0; i < a.length; i++) {
    const value = Math.trunc(a[i]!)
    if (!(value >= -(2 ** 63) && value < 2 ** 63)) return i
    out[i] = BigInt(value)
  }
  return NO_ROW
}

export function floorDivide(x: bigint, divisor: bigint): bigint {
  const quotient = x / divisor
  return x % divisor < 0n ? quotient - 1n : quotient
}

/** Time in a coarser unit. */
export function rescaleFloor(a: BigInt64Array, divisor: bigint, out: BigInt64Array): void {
  for (let i = 0; i < a.length; i++) out[i] = floorDivide(a[i]!, divisor)
}

/** A decimal at a smaller scale, half away from zero, or truncated. */
export function divideRounded(x: bigint, divisor: bigint, isNearest: boolean): bigint {
  const magnitude = x < 0n ? -x : x
  const quotient = (magnitude + (isNearest ? divisor / 2n : 0n)) / divisor
  return x < 0n ? -quotient : quotient
}

/** Time in a finer unit; the first row beyond int64, or NO_ROW. */
export function rescaleUp(a: BigInt64Array, factor: bigint, out: BigInt64Array): number {
  for (let i = 0; i < a.length; i++) {
    const product = a[i]! * factor
    if (BigInt.asIntN(64, product) !== product) return i
    out[i] = product
  }
  return NO_ROW
}
