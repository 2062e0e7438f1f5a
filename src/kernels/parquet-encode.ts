// Dense values to Parquet's plain encoding, and their extremes for its statistics.
import type { Kernels } from './module.ts'

/** Byte arrays with their lengths; `out` has room for 4 bytes a value and the bytes. Returns the bytes. */
export function plainBytesEncode(
  kernels: Kernels,
  offsets: number,
  bytes: number,
  n: number,
  out: number,
): number {
  return kernels.exports.plainBytesEncode(offsets, bytes, n, out) >>> 0
}

/** 128-bit integers as 16 big-endian bytes each. */
export function decimalEncode(kernels: Kernels, from: number, n: number, out: number): void {
  kernels.exports.decimalEncode(from, n, out)
}

const EXTREMES = {
  int32: 'extremesI32',
  uint32: 'extremesU32',
  int64: 'extremesI64',
  uint64: 'extremesU64',
  float32: 'extremesF32',
  float64: 'extremesF64',
} as const

export type ExtremesKind = keyof typeof EXTREMES

/** Rows of a smallest and a largest value. */
export interface Extremes {
  readonly smallest: number
  readonly largest: number
}

/** Undefined when there is none (or only NaN). */
export function extremesFixed(
  kernels: Kernels,
  kind: ExtremesKind,
  values: number,
  n: number,
): Extremes | undefined {
  return atRows(kernels, (out) => kernels.exports[EXTREMES[kind]](values, n, out))
}

/** Of byte arrays, as unsigned bytes compare; undefined when there is none. */
export function extremesBytes(
  kernels: Kernels,
  offsets: number,
  bytes: number,
  n: number,
): Extremes | undefined {
  return atRows(kernels, (out) => kernels.exports.extremesBytes(offsets, bytes, n, out))
}

function atRows(kernels: Kernels, run: (out: number) => void): Extremes | undefined {
  const mark = kernels.mark()
  const out = kernels.scratch(8)
  run(out)
  const [smallest, largest] = [kernels.u32[out >> 2]!, kernels.u32[(out >> 2) + 1]!]
  kernels.reset(mark)
  return smallest === 0xffffffff ? undefined : { smallest, largest }
}
