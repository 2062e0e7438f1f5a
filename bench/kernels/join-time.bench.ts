// Rows that go by their times, and versions of rows by time.
import {
  blockTimesBytes,
  joinBefore,
  joinLinkByTime,
  joinVersions,
  NOT_NOTED,
  Sweep,
} from '../../src/kernels/join-time.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import { NONE } from '../../test/kernels/reference/join.ts'
import * as twin from '../../test/kernels/reference/join-time.ts'
import type { Random } from '../random.ts'
import { kernelBench } from '../harness.ts'

const KEYS = 1_000
const ROWS = 16_384
const BOUND = 5_000n

const keyIds = (random: Random, rows: number): Uint32Array =>
  new Uint32Array(rows).map(() => random.int(0, KEYS))
const timesOf = (random: Random, rows: number): BigInt64Array =>
  new BigInt64Array(rows).map(() => BigInt(random.int(0, 10_000)))

/** Rows in order of time: what arrives nearly always does. */
const HELD = {
  ids: Uint32Array.from({ length: ROWS }, (_, i) => (i * 31) % KEYS),
  times: BigInt64Array.from({ length: ROWS }, (_, i) => BigInt(i >> 1)),
  ends: new Uint8Array(ROWS),
}

function chained() {
  const heads = new Uint32Array(KEYS).fill(NONE)
  const next = new Uint32Array(ROWS).fill(NONE)
  twin.linkByTime(HELD.ids, HELD.times, { heads, next })
  return { heads, next }
}

function kept(kernels: Kernels, array: Uint32Array | BigInt64Array | Uint8Array): number {
  const ptr = kernels.allocate(array.byteLength)
  kernels.u8.set(new Uint8Array(array.buffer), ptr)
  return ptr
}

export default [
  kernelBench({
    name: 'sweep, half of the rows go',
    input: (random, rows) => [keyIds(random, rows), timesOf(random, rows)],
    kernel: (kernels) => {
      const sweep = new Sweep(kernels)
      const counts = kept(kernels, new Uint32Array(ROWS))
      return {
        run: ({ in: [ids, times], rows }) => {
          const mark = kernels.mark()
          // The rows stay: each pass finds them as they were.
          const own = kernels.scratch(rows * 4)
          kernels.u8.copyWithin(own, ids, ids + rows * 4)
          const leasts = kernels.put(new Uint8Array(blockTimesBytes(rows)).fill(NOT_NOTED))
          sweep.reset()
          sweep.step(
            { ids: own, times, counts, leasts },
            { to: rows, bound: BOUND, room: rows + 1 },
          )
          kernels.reset(mark)
          return sweep.gone
        },
      }
    },
    twin: () => {
      const counts = new Uint32Array(ROWS)
      return { run: ({ in: [ids, times] }) => twin.sweep(ids.slice(), times, counts, BOUND).gone }
    },
    expect: { twin: 2 },
  }),
  kernelBench({
    name: 'rows before a time, half of them',
    input: (random, rows) => [keyIds(random, rows), timesOf(random, rows)],
    kernel: (kernels) => ({
      run: ({ in: [ids, times], rows }) => {
        const mark = kernels.mark()
        const range = { from: 0, to: rows, room: rows + 1 }
        const { length } = joinBefore(kernels, { ids, times }, range, BOUND)
        kernels.reset(mark)
        return length
      },
    }),
    twin: () => {
      const out = new Uint32Array(ROWS)
      return { run: ({ in: [ids, times] }) => twin.before(ids, times, BOUND, out) }
    },
    expect: { twin: 2 },
  }),
  kernelBench({
    name: 'link by time, as it comes',
    input: (random, rows) => [
      keyIds(random, rows),
      new BigInt64Array(rows).map((_, i) => BigInt(i >> 2)),
    ],
    kernel: (kernels) => {
      const heads = kernels.allocate(KEYS * 4)
      const next = kernels.allocate(ROWS * 4)
      return {
        run: ({ in: [ids, times], rows }) => {
          kernels.u8.fill(0xff, heads, heads + KEYS * 4)
          joinLinkByTime(kernels, { ids, length: rows, first: 0 }, times, { heads, next })
          return kernels.u32[heads >>> 2]!
        },
      }
    },
    twin: () => {
      const chains = { heads: new Uint32Array(KEYS), next: new Uint32Array(ROWS) }
      return {
        run: ({ in: [ids, times] }) => {
          chains.heads.fill(NONE)
          twin.linkByTime(ids, times, chains)
          return chains.heads[0]!
        },
      }
    },
    expect: { twin: 2 },
  }),
  kernelBench({
    name: 'versions at a time, a few behind the latest',
    input: (random, rows) => [keyIds(random, rows), timesOf(random, rows)],
    output: (rows) => [new Uint32Array(rows)],
    kernel: (kernels) => {
      const { heads, next } = chained()
      const versions = {
        heads: kept(kernels, heads),
        next: kept(kernels, next),
        times: kept(kernels, HELD.times),
        ends: kept(kernels, HELD.ends),
      }
      return {
        run: ({ in: [ids, times], out: [out], rows }) => {
          const mark = kernels.mark()
          const found = joinVersions(kernels, { ids, times, length: rows }, versions)
          kernels.u8.copyWithin(out, found, found + rows * 4)
          kernels.reset(mark)
          return 0
        },
      }
    },
    twin: () => {
      const chains = chained()
      return {
        run: ({ in: [ids, times], out: [out] }) => {
          twin.versions(ids, times, chains, HELD.times, HELD.ends, out)
          return 0
        },
      }
    },
    expect: { twin: 1 },
  }),
]
