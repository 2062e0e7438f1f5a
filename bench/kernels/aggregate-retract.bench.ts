// Rows taken back from accumulators: a sum and a count of 1,000 groups, each batch added and taken back.
import type { AggregateEntry } from '../../src/kernels/aggregate.ts'
import { sumAndCount } from '../../test/kernels/reference/aggregate.ts'
import { Accumulators } from '../accumulators.ts'
import { kernelBench } from '../harness.ts'

const GROUPS = 1_000
const ALL = { nullsOf: -1, filter: -1 }
const ENTRIES: readonly AggregateEntry[] = [
  { op: 'sumF64', kind: 64, offset: 8, countOffset: 0, column: 0, rows: ALL },
  { op: 'count', kind: 64, offset: 0, countOffset: 0, rows: ALL },
]

export default [
  kernelBench({
    name: 'a sum and a count, three batches added and one of them taken back',
    input: (random, rows) => [
      random.uint32(rows, 0, GROUPS),
      random.float64(rows, 0, 1_000).map(Math.floor),
    ],
    output: (rows) => [new Uint32Array(rows)],
    outputUsed: () => [0],
    kernel: (kernels) => {
      const template = new Uint8Array(16)
      const world = new Accumulators(kernels, { entries: ENTRIES, template, groups: GROUPS })
      return {
        begin: () => world.begin(),
        run({ in: [ids, values], out: [rows], rows: n }) {
          world.find(ids, n, rows)
          world.program.bind(0, { values, validity: 0, filter: 0, offsets: 0 })
          for (let i = 0; i < 3; i++) world.program.update(rows, 0, n)
          world.program.retract(rows, 0, n)
          return 0
        },
        finish: () =>
          world.total(
            (data, row) => data.getFloat64(row + 8, true) + Number(data.getBigInt64(row, true)),
          ),
      }
    },
    twin: () => {
      let [sums, counts] = [new Float64Array(GROUPS), new Float64Array(GROUPS)]
      return {
        begin() {
          sums = new Float64Array(GROUPS)
          counts = new Float64Array(GROUPS)
        },
        run({ in: [ids, values] }) {
          for (let i = 0; i < 3; i++) sumAndCount(ids, values, undefined, sums, counts)
          for (let i = 0; i < ids.length; i++) {
            sums[ids[i]!]! -= values[i]!
            counts[ids[i]!]! -= 1
          }
          return 0
        },
        finish: () => sums.reduce((sum, x) => sum + x, 0) + counts.reduce((sum, x) => sum + x, 0),
      }
    },
    expect: { twin: 1 },
  }),
]
