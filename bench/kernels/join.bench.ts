// Linking rows into chains by key and probing them, by key and by time; the rival is what JavaScript has, a
// Map from key to an array of rows.
import {
  joinCount,
  joinLink,
  joinMark,
  joinProbe,
  joinProbeBetween,
  joinRowsWith,
  joinSlices,
  ProbeCursor,
} from '../../src/kernels/join.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import * as twin from '../../test/kernels/reference/join.ts'
import type { Random } from '../random.ts'
import { kernelBench } from '../harness.ts'

const KEYS = 100_000

/** Ids of a side whose rows are in chains already, and what finds them: the same on each side. */
function held(): { readonly ids: Uint32Array; readonly chains: twin.Chains } {
  const ids = Uint32Array.from({ length: KEYS }, (_, i) => (Math.imul(i, 2654435761) % KEYS) >>> 0)
  const chains = { heads: new Uint32Array(KEYS).fill(twin.NONE), next: new Uint32Array(KEYS) }
  chains.next.fill(twin.NONE)
  twin.link(ids, 0, chains)
  return { ids, chains }
}

/** Blocks that outlive a batch. */
function kept(kernels: Kernels, array: Uint32Array | BigInt64Array): number {
  const ptr = kernels.allocate(array.byteLength)
  kernels.u8.set(new Uint8Array(array.buffer), ptr)
  return ptr
}

const keyIds = (random: Random, rows: number): Uint32Array =>
  new Uint32Array(rows).map(() => random.int(0, KEYS))
const timesOf = (random: Random, rows: number, most: number): BigInt64Array =>
  new BigInt64Array(rows).map(() => BigInt(random.int(0, most)))
const pairsOf = (rows: number): [Uint32Array, Uint32Array] => [
  new Uint32Array(rows * 8),
  new Uint32Array(rows * 8),
]
const GRID = { size: 10_000n, offset: 0n, multiplier: 1n }
const BOUNDS = [-500n, 500n] as const

export default [
  kernelBench({
    name: 'probe 100,000 keys, about one row each',
    input: (random, rows) => [keyIds(random, rows)],
    kernel: (kernels) => {
      const { chains } = held()
      const pointers = { heads: kept(kernels, chains.heads), next: kept(kernels, chains.next) }
      const cursor = new ProbeCursor(kernels)
      return {
        run: ({ in: [ids], rows }) => {
          const mark = kernels.mark()
          cursor.reset()
          const probing = { ids, length: rows, first: 0 }
          const limits = { oldest: 0, room: rows * 8 }
          const { length } = joinProbe(kernels, cursor, probing, pointers, limits)
          kernels.reset(mark)
          return length
        },
      }
    },
    twin: () => {
      const { chains } = held()
      const out = pairsOf(16_384)
      return { run: ({ in: [ids] }) => twin.probe(ids, 0, chains, 0, out) }
    },
    rivals: {
      Map: () => {
        const rowsOf = Map.groupBy(HELD_IDS.keys(), (row) => HELD_IDS[row]!)
        const out = pairsOf(16_384)
        return {
          run: ({ in: [ids] }) => {
            let found = 0
            for (let i = 0; i < ids.length; i++) {
              for (const row of rowsOf.get(ids[i]!) ?? []) {
                out[0][found] = i
                out[1][found++] = row
              }
            }
            return found
          },
        }
      },
    },
    expect: { twin: 1, rivals: { Map: 5 } },
  }),
  kernelBench({
    name: 'link rows of 100,000 keys',
    input: (random, rows) => [keyIds(random, rows)],
    kernel: (kernels) => {
      const heads = kept(kernels, new Uint32Array(KEYS).fill(twin.NONE))
      const next = kept(kernels, new Uint32Array(16_384))
      return {
        run: ({ in: [ids], rows }) => {
          joinLink(kernels, { ids, length: rows, first: 0 }, { heads, next })
          return 0
        },
      }
    },
    twin: () => {
      const heads = new Uint32Array(KEYS).fill(twin.NONE)
      const next = new Uint32Array(16_384)
      return {
        run: ({ in: [ids] }) => {
          twin.link(ids, 0, { heads, next })
          return 0
        },
      }
    },
    expect: { twin: 1 },
  }),
  kernelBench({
    name: 'probe by time, a match in ten',
    input: (random, rows) => [keyIds(random, rows), timesOf(random, rows, 10_000)],
    kernel: (kernels) => {
      const { chains } = held()
      const pointers = { heads: kept(kernels, chains.heads), next: kept(kernels, chains.next) }
      const otherTimes = kept(kernels, heldTimes())
      const cursor = new ProbeCursor(kernels)
      return {
        run: ({ in: [ids, times], rows }) => {
          const mark = kernels.mark()
          cursor.reset(...BOUNDS)
          const probing = { ids, length: rows, first: 0 }
          const options = { times, otherTimes, room: rows * 8 }
          const { length } = joinProbeBetween(kernels, cursor, probing, pointers, options)
          kernels.reset(mark)
          return length
        },
      }
    },
    twin: () => {
      const { chains } = held()
      const otherTimes = heldTimes()
      const out = pairsOf(16_384)
      return {
        run: ({ in: [ids, times] }) =>
          twin.probeBetween(ids, times, chains, otherTimes, BOUNDS, out),
      }
    },
    expect: { twin: 1.5 },
  }),
  kernelBench({
    name: 'count matches, find and mark rows',
    input: (random, rows) => [keyIds(random, rows)],
    kernel: (kernels) => {
      const counts = kept(kernels, new Uint32Array(KEYS))
      const bits = kept(kernels, new Uint32Array(KEYS / 32))
      return {
        run: ({ in: [ids], rows }) => {
          const mark = kernels.mark()
          joinCount(kernels, { rows: ids, length: rows }, counts)
          joinMark(kernels, { rows: ids, length: rows }, bits)
          const range = { from: 0, to: rows, room: rows }
          const { length } = joinRowsWith(kernels, counts, 1, range)
          kernels.u8.fill(0, counts, counts + KEYS * 4)
          kernels.reset(mark)
          return length
        },
      }
    },
    twin: () => {
      const counts = new Uint32Array(KEYS)
      const bits = new Uint8Array(KEYS / 8)
      const out = new Uint32Array(16_384)
      return {
        run: ({ in: [ids], rows }) => {
          twin.count(ids, counts)
          twin.mark(ids, bits)
          const found = twin.rowsWith(counts.subarray(0, rows), 1, true, out)
          counts.fill(0)
          return found
        },
      }
    },
    expect: { twin: 1 },
  }),
  kernelBench({
    name: 'slices of times',
    input: (random, rows) => [timesOf(random, rows, 1_000_000)],
    kernel: (kernels) => ({
      run: ({ in: [times], rows }) => {
        const mark = kernels.mark()
        const found = joinSlices(kernels, times, rows, GRID)
        const last = 'slices' in found ? kernels.f64[(found.slices >>> 3) + rows - 1]! : -1
        kernels.reset(mark)
        return last
      },
    }),
    twin: () => {
      const out = new Float64Array(16_384)
      return {
        run: ({ in: [times], rows }) => {
          twin.slices(times, GRID, out)
          return out[rows - 1]!
        },
      }
    },
    expect: { twin: 5 },
  }),
]

/** The ids that held() has. */
const HELD_IDS = held().ids

function heldTimes(): BigInt64Array {
  return BigInt64Array.from({ length: KEYS }, (_, i) => BigInt((i * 7_919) % 10_000))
}
