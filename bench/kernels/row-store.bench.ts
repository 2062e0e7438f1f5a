// Keeping rows of 24 to 40 bytes and giving them back. The twin has an array of copies.
import { ByteRowStore } from '../../src/kernels/row-store.ts'
import { putRows } from '../../test/kernels/reference/row-store.ts'
import { kernelBench } from '../harness.ts'

export default [
  kernelBench({
    name: 'put and free rows of 24 to 40 bytes',
    input: (random, rows) => {
      const offsets = new Int32Array(rows + 1)
      for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row]! + random.int(24, 41)
      return [offsets, random.bytes(offsets[rows]!)]
    },
    kernel: (kernels) => {
      const store = new ByteRowStore(kernels)
      return {
        run: ({ in: [offsets, values], rows }) => {
          const mark = kernels.mark()
          const addresses = store.put({ offsets, values }, rows)
          store.free(addresses, rows)
          kernels.reset(mark)
          return kernels.u32[(offsets >>> 2) + rows]!
        },
      }
    },
    twin: () => {
      const kept: Uint8Array[] = []
      return { run: ({ in: [offsets, values] }) => putRows(offsets, values, kept) }
    },
    expect: { twin: 3 },
  }),
]
