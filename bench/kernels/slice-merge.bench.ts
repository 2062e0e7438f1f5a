// A slice into another that has its key ids: a count, a sum and a maximum of 16,384 of them, side by side; and
// with every third missing.
import { type AggregateEntry, AggregateProgram } from '../../src/kernels/aggregate.ts'
import { SliceTable } from '../../src/kernels/slice-table.ts'
import { type DenseSlice, mergeDense } from '../../test/kernels/reference/slice-merge.ts'
import { kernelBench } from '../harness.ts'

const KEYS = 16_384
const GRID = { size: 1n, offset: 0n, multiplier: 1n }
const ENTRIES: readonly AggregateEntry[] = [
  { op: 'sumI64', kind: 64, offset: 8, countOffset: 0 },
  { op: 'maxI64', kind: 64, offset: 16, countOffset: 0 },
  { op: 'count', kind: 64, offset: 0, countOffset: 0 },
]

/** Key ids with values from 1 on, of which the sides make both slices. */
const mergeCase = (name: string, hasRow: (id: number) => boolean) =>
  kernelBench({
    name,
    rows: KEYS,
    megabytes: 0.001,
    input: (random) => {
      const ids = Uint32Array.from({ length: KEYS }, (_, id) => id).filter(hasRow)
      return [ids, random.uint32(KEYS, 1, 1_000)]
    },
    kernel: (kernels) => {
      const table = new SliceTable(kernels, new Uint8Array(24), GRID)
      const program = new AggregateProgram(kernels, ENTRIES, table.heap)
      const [from, into] = [table.detached(), table.detached()]
      let last = 0
      return {
        run({ in: [ids, values], inBytes: [bytes] }) {
          const n = bytes >> 2
          if (last === 0) {
            const rows = kernels.scratch(n * 4)
            for (const slice of [from, into]) {
              table.rowsOf(slice, ids, n, rows)
              for (let i = 0; i < n; i++) {
                const [row, value] = [kernels.u32[rows / 4 + i]!, kernels.u32[values / 4 + i]!]
                for (let at = 0; at < 3; at++) kernels.u32[row / 4 + at * 2] = value
              }
            }
            last = kernels.u32[rows / 4 + n - 1]!
          }
          table.merge([from], into, program)
          return n
        },
        // The same after any number of merges: the mean, and the maximum.
        finish: () => {
          const [count, sum, most] = [0, 2, 4].map((at) => kernels.u32[last / 4 + at]!)
          return sum! / count! + most!
        },
      }
    },
    twin: () => {
      let slices: DenseSlice[] = []
      let last = 0
      return {
        run({ in: [ids, values] }) {
          if (slices.length === 0) {
            slices = [0, 1].map(() => {
              const rowOf = new Int32Array(KEYS)
              const held = new Float64Array((ids.length + 1) * 3)
              ids.forEach((id, i) => {
                rowOf[id] = i + 1
                held.fill(values[i]!, (i + 1) * 3, (i + 2) * 3)
              })
              return { rowOf, held }
            })
            last = ids.length * 3
          }
          mergeDense(slices[0]!, slices[1]!)
          return ids.length
        },
        finish: () => {
          const [count, sum, most] = slices[1]!.held.subarray(last)
          return sum! / count! + most!
        },
      }
    },
    c: 'merge',
    // Bytes of a row, then operation and offset of each entry, as in ENTRIES.
    params: [24, 0, 8, 1, 16, 2, 0],
    expect: { twin: 1.2 },
  })

export default [
  mergeCase('all key ids in both slices', () => true),
  mergeCase('every third key id in neither', (id) => id % 3 !== 0),
]
