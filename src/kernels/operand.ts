// What a numeric kernel takes: the kind of number, and operands that are a vector or a constant.
import type { Kernels } from './module.ts'

/** Export suffix and bytes of each kind of number; the names are the column types'. */
export const NUMERIC_KINDS = {
  int8: { suffix: 'I8', bytes: 1 },
  int16: { suffix: 'I16', bytes: 2 },
  int32: { suffix: 'I32', bytes: 4 },
  int64: { suffix: 'I64', bytes: 8 },
  uint8: { suffix: 'U8', bytes: 1 },
  uint16: { suffix: 'U16', bytes: 2 },
  uint32: { suffix: 'U32', bytes: 4 },
  uint64: { suffix: 'U64', bytes: 8 },
  float32: { suffix: 'F32', bytes: 4 },
  float64: { suffix: 'F64', bytes: 8 },
} as const

export type NumericKind = keyof typeof NUMERIC_KINDS

/** A vector's values (step 1), or a constant: 64 bytes filled with the value (step 0). */
export interface Operand {
  readonly ptr: number
  readonly step: 0 | 1
}

/** What a checked kernel returns when no row is at fault. */
export const NO_ROW = 0xffffffff

const CONSTANT_BYTES = 64

export const vectorOperand = (ptr: number): Operand => ({ ptr, step: 1 })

/** A constant in the arena, for the kernels of this batch. 64-bit integers are bigint. */
export function constantOperand(
  kernels: Kernels,
  kind: NumericKind,
  value: number | bigint,
): Operand {
  const ptr = kernels.scratch(CONSTANT_BYTES)
  const view = kernels.data
  for (let at = ptr; at < ptr + CONSTANT_BYTES; at += NUMERIC_KINDS[kind].bytes) {
    writeNumber(view, at, kind, value)
  }
  return { ptr, step: 0 }
}

/** Writes one number in little endian. */
export function writeNumber(
  view: DataView,
  at: number,
  kind: NumericKind,
  value: number | bigint,
): void {
  switch (kind) {
    case 'int8':
      return view.setInt8(at, Number(value))
    case 'uint8':
      return view.setUint8(at, Number(value))
    case 'int16':
      return view.setInt16(at, Number(value), true)
    case 'uint16':
      return view.setUint16(at, Number(value), true)
    case 'int32':
      return view.setInt32(at, Number(value), true)
    case 'uint32':
      return view.setUint32(at, Number(value), true)
    case 'int64':
      return view.setBigInt64(at, BigInt(value), true)
    case 'uint64':
      return view.setBigUint64(at, BigInt(value), true)
    case 'float32':
      return view.setFloat32(at, Number(value), true)
    case 'float64':
      return view.setFloat64(at, Number(value), true)
  }
}
