// Ids of keys of bytes. What JavaScript has for this is a Map from strings, which is the twin.
import { ByteTable } from '../../src/kernels/byte-table.ts'
import { ByteTable as TwinTable } from '../../test/kernels/reference/group-table.ts'
import type { Random } from '../random.ts'
import { kernelBench } from '../harness.ts'

/** Random keys of so many, of `bytes` bytes each. */
function keysOf(
  random: Random,
  rows: number,
  groups: number,
  bytes: number,
): [Int32Array, Uint8Array] {
  const offsets = new Int32Array(rows + 1).map((_, i) => i * bytes)
  const data = new Uint8Array(rows * bytes)
  for (let i = 0; i < rows; i++) {
    let number = random.int(0, groups)
    for (let at = i * bytes; at < (i + 1) * bytes; at++) {
      data[at] = 97 + (number % 26)
      number = Math.floor(number / 26)
    }
  }
  return [offsets, data]
}

const idsCase = (groups: number, bytes: number, twin: number) =>
  kernelBench({
    name: `ids of ${groups.toLocaleString('en')} keys of ${bytes} bytes`,
    input: (random, rows) => keysOf(random, rows, groups, bytes),
    output: (rows) => [new Uint32Array(rows)],
    kernel: (kernels) => {
      let table: ByteTable | undefined
      return {
        begin() {
          table?.close()
          table = new ByteTable(kernels)
        },
        run({ in: [offsets, values], out: [ids], rows }) {
          table!.insert({ offsets, values }, 0, rows, ids)
          return 0
        },
        finish: () => table!.size,
      }
    },
    twin: () => {
      let table = new TwinTable()
      return {
        begin() {
          table = new TwinTable()
        },
        run({ in: [offsets, data], out: [ids], rows }) {
          table.insert(offsets, data, rows, ids)
          return 0
        },
        finish: () => table.size,
      }
    },
    c: 'byte_ids',
    expect: { twin },
  })

export default [idsCase(229, 3, 3), idsCase(100_000, 10, 8), idsCase(10_000, 24, 3)]
