// Two key columns, a number and a text, as bytes a row. The twin does it row by row into one
// buffer.
import { decodeRows, encodeRows } from '../../src/kernels/row-codec.ts'
import { decodePairs, encodePairs } from '../../test/kernels/reference/row-codec.ts'
import { kernelBench } from '../harness.ts'
import type { Random } from '../random.ts'

const FIELDS = [
  { kind: 4, nullable: false },
  { kind: 'bytes', nullable: false },
] as const

/** Numbers, and texts of 3 to 8 bytes. */
function pairs(random: Random, rows: number): [Int32Array, Int32Array, Uint8Array] {
  const offsets = new Int32Array(rows + 1)
  for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row]! + random.int(3, 9)
  return [random.int32(rows, 0, 1000), offsets, random.bytes(offsets[rows]!)]
}

export default [
  kernelBench({
    name: 'int32 and utf8 of 3 to 8 bytes',
    input: (random, rows) => pairs(random, rows),
    output: (rows) => [new Uint8Array(rows * 16), new Int32Array(rows + 1)],
    outputUsed: (bytes, rows) => [bytes, rows + 1],
    kernel: (kernels) => ({
      run: ({ in: [numbers, offsets, values], out: [data, ends], rows }) => {
        const mark = kernels.mark()
        const columns = [
          { kind: 4, values: numbers, offsets: 0, validity: 0 },
          { kind: 'bytes', values, offsets, validity: 0 },
        ] as const
        const encoded = encodeRows(kernels, FIELDS, columns, rows)
        const bytes = kernels.u32[(encoded.offsets >>> 2) + rows]!
        // The comparison reads outputs; a copy of 12 bytes a row is part of what is measured.
        kernels.u8.copyWithin(data, encoded.values, encoded.values + bytes)
        kernels.u8.copyWithin(ends, encoded.offsets, encoded.offsets + (rows + 1) * 4)
        kernels.reset(mark)
        return bytes
      },
    }),
    twin: () => ({
      run: ({ in: [numbers, offsets, values], out: [data, ends], rows }) =>
        encodePairs(numbers, offsets, values, rows, data, ends),
    }),
    c: 'encode_pairs',
    expect: { twin: 1.5 },
  }),
  kernelBench({
    name: 'int32 and utf8 of 3 to 8 bytes, decoded',
    input: (random, rows) => {
      const data = new Uint8Array(rows * 16)
      const ends = new Int32Array(rows + 1)
      return [data.slice(0, encodePairs(...pairs(random, rows), rows, data, ends)), ends]
    },
    output: (rows) => [new Int32Array(rows), new Int32Array(rows + 1), new Uint8Array(rows * 8)],
    outputUsed: (bytes, rows) => [rows, rows + 1, bytes],
    kernel: (kernels) => ({
      run: ({ in: [data, ends], out: [numbers, offsets, values], rows }) => {
        const mark = kernels.mark()
        const [number, text] = decodeRows(kernels, FIELDS, { offsets: ends, values: data }, rows)
        const bytes = kernels.u32[(text!.offsets >>> 2) + rows]!
        // As above, a copy to the outputs.
        kernels.u8.copyWithin(numbers, number!.values, number!.values + rows * 4)
        kernels.u8.copyWithin(offsets, text!.offsets, text!.offsets + (rows + 1) * 4)
        kernels.u8.copyWithin(values, text!.values, text!.values + bytes)
        kernels.reset(mark)
        return bytes
      },
    }),
    twin: () => ({
      run: ({ in: [data, ends], out: [numbers, offsets, values], rows }) =>
        decodePairs(data, ends, rows, numbers, offsets, values),
    }),
    c: 'decode_pairs',
    expect: { twin: 1.5 },
  }),
]
