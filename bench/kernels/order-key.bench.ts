// Order keys of rows: a descending text of 3 to 8 bytes and an int32.
import { orderKeys } from '../../src/kernels/order-key.ts'
import { orderedPairs } from '../../test/kernels/reference/order-key.ts'
import { kernelBench } from '../harness.ts'

const FIELDS = [
  { kind: 'bytes', nullable: false, descending: true },
  { kind: 'int32', nullable: false, descending: false },
] as const

export default [
  kernelBench({
    name: 'a text, descending, and an int32',
    input: (random, rows) => {
      const offsets = new Int32Array(rows + 1)
      for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row]! + random.int(3, 9)
      return [offsets, random.bytes(offsets[rows]!), random.int32(rows, -1000, 1000)]
    },
    output: (rows) => [new Uint8Array(rows * 24), new Int32Array(rows + 1)],
    outputUsed: (bytes, rows) => [bytes, rows + 1],
    kernel: (kernels) => ({
      run: ({ in: [offsets, texts, numbers], out: [data, starts], rows }) => {
        const mark = kernels.mark()
        const columns = [
          { values: texts, offsets, validity: 0 },
          { values: numbers, offsets: 0, validity: 0 },
        ]
        const keys = orderKeys(kernels, FIELDS, columns, rows)
        const bytes = kernels.u32[(keys.offsets >>> 2) + rows]!
        // The comparison reads outputs; a copy of 14 bytes a row is part of what is measured.
        kernels.u8.copyWithin(data, keys.values, keys.values + bytes)
        kernels.u8.copyWithin(starts, keys.offsets, keys.offsets + (rows + 1) * 4)
        kernels.reset(mark)
        return bytes
      },
    }),
    twin: () => ({
      run: ({ in: [offsets, texts, numbers], out: [data, starts] }) =>
        orderedPairs(offsets, texts, numbers, data, starts),
    }),
    expect: { twin: 1 },
  }),
]
