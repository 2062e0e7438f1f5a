// The hash of texts in checksums.
import type { Random } from '../random.ts'
import * as twin from '../../test/kernels/reference/checksum.ts'
import { kernelBench } from '../harness.ts'

/** Texts of `low` to `high - 1` bytes. */
function texts(random: Random, rows: number, low: number, high: number): [Int32Array, Uint8Array] {
  const offsets = new Int32Array(rows + 1)
  for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row]! + random.int(low, high)
  return [offsets, random.bytes(offsets[rows]!)]
}

export default [
  kernelBench({
    name: 'texts of 60 to 100 bytes',
    megabytes: 6,
    input: (random, rows) => texts(random, rows, 60, 101),
    output: (rows) => [new Uint32Array(rows)],
    kernel: ({ exports: { checksumBytes } }) => ({
      run: ({ in: [offsets, data], out: [out], rows }) => {
        checksumBytes(offsets, data, 0, rows, 0, out)
        return 0
      },
    }),
    twin: () => ({
      run: ({ in: [offsets, data], out: [out], rows }) => {
        twin.checksumBytes(offsets, data, undefined, rows, undefined, out)
        return 0
      },
    }),
    expect: { twin: 10 },
  }),
]
