// Rows to sessions by key: a row finds its session or begins one, a watermark after each batch lists what
// fires. Each key has a row each 100 ms on average, so that with a gap of 300 ms one row in twenty begins a
// session. In order of time, and 200 ms out of it with rows that join two sessions.
import { SessionTable } from '../../src/kernels/session-table.ts'
import { type Session, Sessions } from '../../test/kernels/reference/session-table.ts'
import { kernelBench } from '../harness.ts'

const GAP_MS = 300
const EACH_MS = 100

/** The watermark of each batch is its last row's time less the disorder. */
const sessions = (name: string, keys: number, disorderMs: number) => {
  const perMs = keys / EACH_MS
  const watermarkAfter = (batch: number, rows: number): number =>
    Math.floor((batch * rows) / perMs) - disorderMs
  return kernelBench({
    name,
    input: (random, rows, batch) => {
      const times = new Float64Array(rows).map(
        (_, i) => Math.floor((batch * rows + i) / perMs) - random.int(0, disorderMs + 1),
      )
      return [BigInt64Array.from(times, BigInt), random.uint32(rows, 0, keys), times]
    },
    kernel: (kernels) => {
      const options = { gapMs: GAP_MS, latenessMs: 0, multiplier: 1, divisor: 1 }
      const make = () => new SessionTable(kernels, { ...options, template: new Uint8Array(16) })
      let table = make()
      let batches = 0
      return {
        begin() {
          table.close()
          table = make()
          batches = 0
        },
        run({ in: [times, ids], rows: n }) {
          const mark = kernels.mark()
          const [rows, kept] = [kernels.scratch(n * 4), kernels.scratch(n >> 3)]
          const assigned = table.assign({ times, ids, n, idCount: keys, rows, kept })
          if (assigned.kind !== 'assigned') throw new Error(`row ${assigned.row}`)
          batches++
          let fired = 0
          for (let found = n; found === n;) {
            found = table.due(watermarkAfter(batches, n), n, rows)
            fired += found
          }
          table.free(n, () => {})
          kernels.reset(mark)
          return fired + assigned.merges.length * 1e6
        },
        finish: () => table.size,
      }
    },
    twin: () => {
      const make = () => new Sessions({ gap: GAP_MS, lateness: 0 })
      let table = make()
      let batches = 0
      return {
        begin() {
          table = make()
          batches = 0
        },
        run({ in: [, ids, times], rows: n }) {
          const rows = Array.from<Session | undefined>({ length: n })
          let merges = 0
          table.assign(times, ids, rows, () => merges++)
          batches++
          return table.due(watermarkAfter(batches, n)).length + merges * 1e6
        },
        finish: () => table.size,
      }
    },
    expect: { twin: 2 },
  })
}

export default [
  sessions('10,000 keys, in order of time', 10_000, 0),
  sessions('10,000 keys, 200 ms out of order', 10_000, 200),
  sessions('100,000 keys, 200 ms out of order', 100_000, 200),
]
