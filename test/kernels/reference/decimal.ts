// Scalar twins of the 128-bit decimal kernels, with bigint: oracle of the tests, opponent of the
// benchmarks.

const WORD = 2n ** 64n

/** The number at a row: two 64-bit words, the low one first. */
export const at = (a: BigInt64Array, row: number): bigint =>
  BigInt.asUintN(64, a[row * 2]!) + a[row * 2 + 1]! * WORD

export function put(a: BigInt64Array, row: number, value: bigint): void {
  a[row * 2] = BigInt.asIntN(64, value)
  a[row * 2 + 1] = value >> 64n
}

export function arithmetic(
  op: 'add' | 'sub' | 'mul',
  a: BigInt64Array,
  b: BigInt64Array,
  limit: bigint,
  out: BigInt64Array,
): number {
  const n = out.length / 2
  for (let row = 0; row < n; row++) {
    const [x, y] = [at(a, row), at(b, row)]
    const result = op === 'add' ? x + y : op === 'sub' ? x - y : x * y
    if (result >= limit || result <= -limit) return row
    put(out, row, result)
  }
  return 0xffffffff
}
