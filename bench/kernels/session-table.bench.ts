// Rows to sessions by key: a row finds its session or begins one, a watermark after each batch lists what
// fires. Each key has a row each 100 ms on average, so that with a gap of 300 ms one row in twenty begins a
// session. In order of time, and 200 ms out of it with rows that join two sessions; and these up to each
// such row, with the bounds of each row's session, as triggers that count want them.
import type { Kernels } from '../../src/kernels/module.ts'
import { type SessionRows, SessionTable } from '../../src/kernels/session-table.ts'
import { type Session, Sessions } from '../../test/kernels/reference/session-table.ts'
import { kernelBench } from '../harness.ts'

const GAP_MS = 300
const EACH_MS = 100

function mergesOf(table: SessionTable, rows: SessionRows): number {
  const assigned = table.assign(rows)
  if (assigned.kind !== 'assigned') throw new Error(`row ${assigned.row}`)
  return assigned.merges.length
}

function mergesOneByOne(kernels: Kernels, table: SessionTable, all: SessionRows): number {
  const [starts, ends] = [kernels.scratch(all.n * 8), kernels.scratch(all.n * 8)]
  let merges = 0
  for (let from = 0; from < all.n;) {
    const rest = {
      ...all,
      times: all.times + from * 8,
      ids: all.ids + from * 4,
      n: all.n - from,
      rows: all.rows + from * 4,
    }
    const assigned = table.assignUpToMerge(rest, {
      starts: starts + from * 8,
      ends: ends + from * 8,
    })
    if (assigned.kind !== 'assigned') throw new Error(`row ${assigned.row}`)
    if (assigned.merge !== undefined) merges++
    from += assigned.done
  }
  return merges
}

/** The watermark of each batch is its last row's time less the disorder. */
const sessions = (name: string, keys: number, disorderMs: number, isByMerge = false) => {
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
          const all = { times, ids, n, idCount: keys, rows, kept }
          const merges = isByMerge ? mergesOneByOne(kernels, table, all) : mergesOf(table, all)
          batches++
          let fired = 0
          for (let found = n; found === n;) {
            found = table.due(watermarkAfter(batches, n), n, rows)
            fired += found
          }
          table.free(n, () => {})
          kernels.reset(mark)
          return fired + merges * 1e6
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
          const merged = () => merges++
          const row = (i: number, session: Session | undefined) => void (rows[i] = session)
          if (!isByMerge) table.assign(times, ids, rows, merged)
          else {
            for (let at = 0; at < n;) at = table.assignUpToMerge(times, ids, at, row, merged)
          }
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
  sessions('10,000 keys, 200 ms out of order, by merge', 10_000, 200, true),
]
