// One of two values a row, by a bitmap, into the arena (assembly/choose.ts).
import { DataflowError } from '../base/errors.ts'
import type { Kernels } from './module.ts'
import type { Operand } from './operand.ts'
import type { Utf8Argument, Utf8Column } from './string.ts'

/** Values of 1 to 16 bytes: from `a` where the bit is set, else from `b`. */
export function chooseFixed(
  kernels: Kernels,
  bytes: 1 | 2 | 4 | 8 | 16,
  bits: number,
  a: Operand,
  b: Operand,
  n: number,
): number {
  const out = kernels.scratch(n * bytes)
  const { exports } = kernels
  const run = {
    1: exports.choose8,
    2: exports.choose16,
    4: exports.choose32,
    8: exports.choose64,
    16: exports.choose128,
  }[bytes]
  run(bits, a.ptr, a.step, b.ptr, b.step, n, out)
  return out
}

/** @throws RECORD_TOO_LARGE when the result's bytes do not fit 32-bit offsets */
export function chooseText(
  kernels: Kernels,
  bits: number,
  a: Utf8Argument,
  b: Utf8Argument,
  n: number,
): Utf8Column {
  const offsets = kernels.scratch((n + 1) * 4)
  const [aStep, bStep] = [a.stride >> 2, b.stride >> 2]
  const bytes =
    kernels.exports.chooseOffsets(bits, a.offsets, aStep, b.offsets, bStep, n, offsets) >>> 0
  if (bytes === 0xffffffff) {
    throw new DataflowError(
      'RECORD_TOO_LARGE',
      `${n} values of one column take more than 2 GiB; lower batchRows`,
    )
  }
  const values = kernels.scratch(bytes)
  kernels.exports.chooseBytes(
    bits,
    a.offsets,
    a.values,
    aStep,
    b.offsets,
    b.values,
    bStep,
    n,
    values,
  )
  return { offsets, values }
}
