// Gather from chunks, as a join does: row numbers in any order. Figures are per row.
import type { Random } from '../random.ts'
import { CHUNK_ROWS } from '../../src/kernels/chunked.ts'
import * as twin from '../../test/kernels/reference/chunked.ts'
import { kernelBench } from '../harness.ts'

const ROWS = 2 * CHUNK_ROWS

const anyRows = (random: Random, rows: number): Uint32Array =>
  Uint32Array.from({ length: rows }, () => random.int(0, rows))

/** Values of 4 to 60 bytes. */
function strings(random: Random, rows: number): [Int32Array, Uint8Array] {
  const offsets = new Int32Array(rows + 1)
  for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row]! + random.int(4, 61)
  return [offsets, random.bytes(offsets[rows]!)]
}

export default [
  kernelBench({
    name: '8-byte values',
    rows: ROWS,
    input: (random, rows) => [random.float64(rows, 0, 1), anyRows(random, rows)],
    output: (rows) => [new Float64Array(rows)],
    kernel: (kernels) => {
      const table = kernels.allocate(8)
      return {
        run: ({ rows, in: [values, numbers], out: [out] }) => {
          const { u32 } = kernels
          u32[table >>> 2] = values
          u32[(table >>> 2) + 1] = values + CHUNK_ROWS * 8
          kernels.exports.chunkedTake64(table, numbers, rows, out)
          return rows
        },
      }
    },
    twin: () => ({
      run: ({ rows, in: [values, numbers], out: [out] }) => {
        const chunks = [values.subarray(0, CHUNK_ROWS), values.subarray(CHUNK_ROWS)]
        twin.take(chunks, numbers, rows, out)
        return rows
      },
    }),
    expect: { twin: 1.2 },
  }),
  kernelBench({
    name: 'bits',
    rows: ROWS,
    megabytes: 12,
    input: (random, rows) => [random.bitmap(rows, 0.9), anyRows(random, rows)],
    output: (rows) => [new Uint8Array(rows >> 3)],
    kernel: (kernels) => {
      const table = kernels.allocate(8)
      return {
        run: ({ rows, in: [bits, numbers], out: [out] }) => {
          const { u32 } = kernels
          u32[table >>> 2] = bits
          u32[(table >>> 2) + 1] = bits + CHUNK_ROWS / 8
          return kernels.exports.chunkedTakeBits(table, numbers, rows, out)
        },
      }
    },
    twin: () => ({
      run: ({ rows, in: [bits, numbers], out: [out] }) => {
        const chunks = [bits.subarray(0, CHUNK_ROWS / 8), bits.subarray(CHUNK_ROWS / 8)]
        return twin.takeBits(chunks, numbers, rows, out)
      },
    }),
    expect: { twin: 1.5 },
  }),
  kernelBench({
    name: 'texts of 4 to 60 bytes: views written, and what they show gathered',
    rows: ROWS,
    input: (random, rows) => [...strings(random, rows), anyRows(random, rows)],
    output: (rows) => [new Uint8Array(rows * 60), new Int32Array(rows + 1)],
    outputUsed: (bytes) => [bytes, ROWS + 1],
    kernel: (kernels) => {
      const table = kernels.allocate(8)
      const held = kernels.allocate(ROWS * 8)
      const views = kernels.allocate(ROWS * 8)
      return {
        run: ({ rows, in: [offsets, bytes, numbers], out: [out, outOffsets] }) => {
          const { u32, exports } = kernels
          u32[table >>> 2] = held
          u32[(table >>> 2) + 1] = held + CHUNK_ROWS * 8
          exports.chunkedPutViews(offsets, rows, bytes, held)
          const size = exports.chunkedTakeViews(table, numbers, rows, views, outOffsets)
          exports.chunkedCopyViews(views, rows, out)
          return size
        },
      }
    },
    twin: () => {
      const [addresses, lengths] = [new Uint32Array(ROWS), new Uint32Array(ROWS)]
      const views = [new Uint32Array(CHUNK_ROWS * 2), new Uint32Array(CHUNK_ROWS * 2)]
      return {
        run: ({ rows, in: [offsets, bytes, numbers], out: [out, outOffsets] }) => {
          twin.putViews(offsets, rows, 0, addresses, lengths)
          for (let row = 0; row < rows; row++) {
            const chunk = views[row >>> twin.SHIFT]!
            const at = (row % CHUNK_ROWS) * 2
            chunk[at] = addresses[row]!
            chunk[at + 1] = lengths[row]!
          }
          return twin.takeViews(views, bytes, numbers, rows, outOffsets, out)
        },
      }
    },
    expect: { twin: 1.5 },
  }),
]
