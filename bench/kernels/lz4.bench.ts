// LZ4 blocks to what they hold. Figures are a byte.
import { lz4Block, lz4Sequences } from '../../test/kernels/reference/lz4.ts'
import { kernelBench } from '../harness.ts'

const PLAIN_BYTES = 1 << 16

export default [
  kernelBench({
    name: 'decompress words',
    rows: PLAIN_BYTES,
    // A block gives at most this much; what it lacks is in its last literals.
    input: (random, rows) => {
      const sequences = []
      let bytes = 0
      while (bytes < rows - 600) {
        const literals = random.bytes(random.int(0, 12))
        const length = random.int(0, 40)
        if (bytes + literals.length === 0) continue
        sequences.push({ literals, offset: random.int(0, 4000), length })
        bytes += literals.length + length + 4
      }
      return [lz4Sequences(sequences, random.bytes(rows - bytes)).block]
    },
    output: (rows) => [new Uint8Array(rows)],
    kernel: ({ exports }) => ({
      run: ({ rows, in: [from], inBytes: [bytes], out: [out] }) =>
        exports.lz4Block(from, bytes, out, rows),
    }),
    twin: () => ({
      run: ({ rows, in: [from], out: [out] }) => (lz4Block(from, out) ? rows : -1),
    }),
    c: 'decompress_block',
    expect: { twin: 2 },
  }),
]
