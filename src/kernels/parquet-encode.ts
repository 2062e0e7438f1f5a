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

/** A smallest and a largest value, or the rows that have them. */
export interface Extremes<T> {
  readonly smallest: T
  readonly largest: T
}

/** Undefined when there is none (or only NaN). */
export function extremesFixed(
  kernels: Kernels,
  kind: ExtremesKind,
  values: number,
  n: number,
): Extremes<number | bigint> | undefined {
  if (n === 0) return undefined
  const mark = kernels.mark()
  const out = kernels.scratch(16)
  kernels.exports[EXTREMES[kind]](values, n, out)
  const view = kernels.data
  const [smallest, largest] = [readNumber(view, kind, out), readNumber(view, kind, out + 8)]
  kernels.reset(mark)
  return smallest > largest ? undefined : { smallest, largest }
}

function readNumber(view: DataView, kind: ExtremesKind, at: number): number | bigint {
  switch (kind) {
    case 'int32':
      return view.getInt32(at, true)
    case 'uint32':
      return view.getUint32(at, true)
    case 'int64':
      return view.getBigInt64(at, true)
    case 'uint64':
      return view.getBigUint64(at, true)
    case 'float32':
      return view.getFloat32(at, true)
    case 'float64':
      return view.getFloat64(at, true)
  }
}

/** Rows of byte arrays, as unsigned bytes compare; undefined when there is none. */
export function extremesBytes(
  kernels: Kernels,
  offsets: number,
  bytes: number,
  n: number,
): Extremes<number> | undefined {
  if (n === 0) return undefined
  const mark = kernels.mark()
  const out = kernels.scratch(8)
  kernels.exports.extremesBytes(offsets, bytes, n, out)
  const [smallest, largest] = [kernels.u32[out >>> 2]!, kernels.u32[(out >>> 2) + 1]!]
  kernels.reset(mark)
  return { smallest, largest }
}
