// 128-bit decimals, against bigint.
import { decimalConstant } from '../../src/kernels/decimal.ts'
import * as twin from '../../test/kernels/reference/decimal.ts'
import { inCacheAndFromMemory, kernelBench } from '../harness.ts'
import type { Random } from '../random.ts'

const LIMIT = 10n ** 38n
/** Values of up to 25 digits: they fill both words. */
function decimals(random: Random, rows: number, digits: number): BigInt64Array {
  const out = new BigInt64Array(rows * 2)
  for (let row = 0; row < rows; row++) {
    const magnitude = BigInt(Math.floor(random.unit() * 10 ** Math.min(digits, 15)))
    const shifted = magnitude * 10n ** BigInt(Math.max(0, digits - 15))
    twin.put(out, row, random.unit() < 0.3 ? -shifted : shifted)
  }
  return out
}

const cases = (['add', 'mul'] as const).map((op) =>
  kernelBench({
    name: `decimal ${op}, checked`,
    input: (random, rows) => [decimals(random, rows, 25), decimals(random, rows, 12)],
    output: (rows) => [new BigInt64Array(rows * 2)],
    kernel: (kernels) => {
      const limit = decimalConstant(kernels, LIMIT).ptr
      const { decimalAdd, decimalMultiply } = kernels.exports
      return {
        run: ({ in: [a, b], out: [out], rows }) =>
          (op === 'add'
            ? decimalAdd(0, a, 1, b, 1, rows, limit, 0, out)
            : decimalMultiply(a, 1, b, 1, rows, limit, 0, out, 0)) >>> 0,
      }
    },
    twin: () => ({
      run: ({ in: [a, b], out: [out] }) => twin.arithmetic(op, a, b, LIMIT, out),
    }),
    c: op === 'add' ? 'add' : 'multiply',
    expect: { twin: 4 },
  }),
)

export default cases.flatMap(inCacheAndFromMemory)
