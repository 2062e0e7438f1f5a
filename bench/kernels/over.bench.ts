// Sum and greatest of the last n rows of each of 1,000 keys. The twin looks through a ring of n rows of one
// float64 column: for few rows that is about the work of four merges of accumulators of any kind; the
// kernel's cost does not grow with the frame.
import { OverTable } from '../../src/kernels/over.ts'
import { OverTwin } from '../../test/kernels/reference/over.ts'
import { kernelBench } from '../harness.ts'

const KEYS = 1_000

const last = (size: number, twinRatio: number) =>
  kernelBench({
    name: `the last ${size} rows of 1,000 keys`,
    megabytes: 6,
    input: (random, rows) => [
      random.uint32(rows, 0, KEYS),
      new Float64Array(rows).map(() => random.int(0, 1_000)),
    ],
    kernel: (kernels) => {
      const template = new Uint8Array(new Float64Array([0, -Infinity]).buffer)
      const entries = [
        { op: 'sumF64', kind: 64, offset: 0, countOffset: 0 },
        { op: 'maxF64', kind: 64, offset: 8, countOffset: 0 },
      ] as const
      const make = () => new OverTable(kernels, { template, entries }, { kind: 'rows', rows: size })
      let table = make()
      const windows = kernels.allocate(KEYS * 4)
      return {
        begin() {
          table.close()
          table = make()
          kernels.u8.fill(0, windows, windows + KEYS * 4)
        },
        run: ({ in: [ids, values], rows: n }) => {
          const mark = kernels.mark()
          const own = table.start(kernels.scratch(n * table.stride), n)
          entries.forEach((_, entry) =>
            table.program.bind(entry, { values, validity: 0, filter: 0, offsets: 0 }),
          )
          table.program.update(own.pointers, 0, n)
          const out = kernels.scratch(n * table.stride)
          table.apply(windows, { ids, times: 0, n }, own.rows, out)
          const { f64 } = kernels
          let sum = 0
          for (let at = out >>> 3; at < (out >>> 3) + n * 2; at += 2) sum += f64[at]! + f64[at + 1]!
          kernels.reset(mark)
          return sum
        },
      }
    },
    twin: () => {
      let twin = new OverTwin(KEYS, size)
      return {
        begin() {
          twin = new OverTwin(KEYS, size)
        },
        run: ({ in: [ids, values] }) => {
          let total = 0
          for (let row = 0; row < ids.length; row++) {
            const { sum, most } = twin.push(ids[row]!, values[row]!)
            total += sum + most
          }
          return total
        },
      }
    },
    expect: { twin: twinRatio },
  })

export default [last(10, 1), last(100, 1.3), last(1_000, 3)]
