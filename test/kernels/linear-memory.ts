// How kernel tests put data into linear memory and read it back: at any misalignment, with dirt behind
// it, so that a kernel that trusts what lies past an input's end is found out.
import * as fc from 'fast-check'
import type { Kernels } from '../../src/kernels/module.ts'

type TypedArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

/** Lengths at which a SIMD body and its tail meet, and some more. */
export const lengths = (lanes: number, max = 300): fc.Arbitrary<number> =>
  fc.oneof(
    fc.constantFrom(0, 1, lanes - 1, lanes, lanes + 1, 2 * lanes - 1, 2 * lanes + 1),
    fc.nat({ max }),
  )

/** Copies an array into the arena, `misalignment` bytes off a border of 64, dirt all around. */
export function place(kernels: Kernels, array: TypedArray, misalignment = 0): number {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  const block = kernels.scratch(bytes.length + misalignment + 64)
  kernels.u8.fill(0xa5, block, block + bytes.length + misalignment + 128)
  kernels.u8.set(bytes, block + misalignment)
  return block + misalignment
}

/** Bits as a bitmap, the unused bits of the last byte zero. */
export function bitsOf(bools: readonly boolean[]): Uint8Array {
  const bits = new Uint8Array((bools.length + 7) >> 3)
  bools.forEach((isSet, row) => {
    if (isSet) bits[row >> 3]! |= 1 << (row & 7)
  })
  return bits
}

/** A bitmap out of linear memory, its last byte whole: it must be zero beyond n. */
export const readBits = (kernels: Kernels, ptr: number, n: number): Uint8Array =>
  kernels.take(ptr, (n + 7) >> 3)

/** Runs with a clean arena, and leaves it clean. */
export function inArena<T>(kernels: Kernels, run: () => T): T {
  const mark = kernels.mark()
  try {
    return run()
  } finally {
    kernels.reset(mark)
  }
}

/** An array of n bools, often sparse, dense, all or none. */
export const bools = (n: number): fc.Arbitrary<boolean[]> =>
  fc.oneof(
    fc.array(fc.boolean(), { minLength: n, maxLength: n }),
    fc.array(
      fc.nat({ max: 30 }).map((x) => x === 0),
      { minLength: n, maxLength: n },
    ),
    fc.constant(Array.from({ length: n }, () => true)),
    fc.constant(Array.from({ length: n }, () => false)),
  )
