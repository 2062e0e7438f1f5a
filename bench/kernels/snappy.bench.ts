// Snappy, both ways, of what pages hold: words, and numbers that compress little. Figures are a byte.
import * as twin from '../../test/kernels/reference/snappy.ts'
import { kernelBench } from '../harness.ts'
import type { Random } from '../random.ts'

const PAGE_BYTES = 1 << 18
const bound = (bytes: number): number => 32 + bytes + Math.floor(bytes / 6)

/** Words of a vocabulary, as a dictionary-less column of texts has them. */
function words(random: Random, bytes: number): Uint8Array {
  const page = new Uint8Array(bytes)
  const vocabulary = Array.from({ length: 200 }, () => random.bytes(random.int(4, 14)))
  for (let at = 0; at < bytes;) {
    const word = vocabulary[random.int(0, vocabulary.length)]!
    page.set(word.subarray(0, bytes - at), at)
    at += word.length
  }
  return page
}

/** Timestamps a little apart: 8 bytes of which two change. */
function times(random: Random, bytes: number): Uint8Array {
  let time = 1_700_000_000_000n
  const values = BigInt64Array.from(
    { length: bytes / 8 },
    () => (time += BigInt(random.int(0, 5000))),
  )
  return new Uint8Array(values.buffer)
}

const INPUTS = { words, times }

const compress = (name: keyof typeof INPUTS) =>
  kernelBench({
    name: `compress ${name}`,
    rows: PAGE_BYTES,
    input: (random, rows) => [INPUTS[name](random, rows)],
    output: (rows) => [new Uint8Array(bound(rows))],
    outputUsed: (bytes) => [bytes],
    kernel: ({ exports: { snappyCompress } }) => ({
      run: ({ in: [from], inBytes: [bytes], out: [out] }) => snappyCompress(from, bytes, out),
    }),
    twin: () => ({ run: ({ in: [from], out: [out] }) => twin.snappyCompress(from, out) }),
    c: 'compress_block',
    expect: { twin: 1.5 },
  })

const decompress = (name: keyof typeof INPUTS) =>
  kernelBench({
    name: `decompress ${name}`,
    rows: PAGE_BYTES,
    input: (random, rows) => {
      const out = new Uint8Array(bound(rows))
      return [out.slice(0, twin.snappyCompress(INPUTS[name](random, rows), out))]
    },
    output: (rows) => [new Uint8Array(rows)],
    kernel: ({ exports: { snappyDecompress } }) => ({
      run: ({ rows, in: [from], inBytes: [bytes], out: [out] }) =>
        snappyDecompress(from, bytes, out, rows),
    }),
    twin: () => ({
      run: ({ rows, in: [from], out: [out] }) => (twin.snappyDecompress(from, out) ? rows : -1),
    }),
    c: 'decompress_block',
    expect: { twin: 2 },
  })

export default [compress('words'), compress('times'), decompress('words'), decompress('times')]
