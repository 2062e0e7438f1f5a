// Joins of sides whose rows are taken back: chains that rows enter and leave, matches counted up and down, and
// what a side does when keys get new ids, or versions are let go. 10,000 keys, 20,000 different rows.
import { joinForget, joinTally } from '../../src/kernels/join.ts'
import { joinForgetVersions } from '../../src/kernels/join-time.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import * as join from '../../test/kernels/reference/join.ts'
import * as twin from '../../test/kernels/reference/join-changes.ts'
import * as byTime from '../../test/kernels/reference/join-time.ts'
import { kernelBench } from '../harness.ts'
import type { Random } from '../random.ts'

const KEYS = 10_000
const DIFFERENT = 20_000
const ROWS = 16_384

/** Half of the rows take back one that came before; ids by which rows are the same, two of each key. */
function changes(random: Random, rows: number): [Uint32Array, Uint32Array, Uint8Array] {
  const sameIds = random.uint32(rows, 0, DIFFERENT)
  const takesBack = new Uint8Array(rows)
  for (let row = 1; row < rows; row++) {
    if (random.unit() < 0.5) continue
    takesBack[row] = 1
    sameIds[row] = sameIds[random.int(0, row)]!
  }
  return [sameIds.map((same) => same >>> 1), sameIds, takesBack]
}

const noRows = (length: number): Uint32Array => new Uint32Array(length).fill(join.NONE)

/** Fields of the chains that joinChange() reads, in its order. */
function chainBlock(kernels: Kernels) {
  const lengths = { heads: KEYS, next: ROWS, previous: ROWS, sameHeads: DIFFERENT, sameNext: ROWS }
  const ptrs = Object.values(lengths).map((length) => kernels.allocate(length * 4))
  const block = kernels.allocate(28)
  kernels.u32.set(ptrs, block >>> 2)
  const [heads, , , sameHeads] = ptrs
  return {
    block,
    empty() {
      kernels.u8.fill(0xff, heads, heads! + KEYS * 4)
      kernels.u8.fill(0xff, sameHeads, sameHeads! + DIFFERENT * 4)
    },
  }
}

/** Versions of all keys, 16 or so each, chained by time. */
const VERSIONS = {
  ids: Uint32Array.from({ length: ROWS }, (_, i) => Math.imul(i, 2654435761) & 1_023),
  times: BigInt64Array.from({ length: ROWS }, (_, i) => BigInt(i)),
  keys: 1_024,
}

function chained() {
  const chains = { heads: noRows(VERSIONS.keys), next: noRows(ROWS) }
  byTime.linkByTime(VERSIONS.ids, VERSIONS.times, chains)
  return chains
}

/** Forgets the versions behind the first that is not later, of each key; how many. */
function forgetVersions(ids: Uint32Array, { heads, next }: join.Chains, bound: bigint): number {
  let gone = 0
  for (let key = 0; key < heads.length; key++) {
    let row = heads[key]!
    while (row !== join.NONE && VERSIONS.times[row]! > bound) row = next[row]!
    if (row === join.NONE) continue
    const current = row
    for (row = next[current]!; row !== join.NONE; row = next[row]!) {
      ids[row] = join.NONE
      gone++
    }
    next[current] = join.NONE
  }
  return gone
}

function kept(kernels: Kernels, array: Uint32Array | BigInt64Array): number {
  const ptr = kernels.allocate(array.byteLength)
  kernels.u8.set(new Uint8Array(array.buffer), ptr)
  return ptr
}

export default [
  kernelBench({
    name: 'rows in, and half of them back',
    input: changes,
    kernel: (kernels) => {
      const chains = chainBlock(kernels)
      const own = kernels.allocate(ROWS * 4)
      return {
        run({ in: [ids, sameIds, takesBack], rows }) {
          chains.empty()
          // What is taken back loses its key: the rows of the next pass have theirs.
          kernels.u8.copyWithin(own, ids, ids + rows * 4)
          kernels.u32.set([own, sameIds], (chains.block + 20) >>> 2)
          return kernels.exports.joinChange(chains.block, takesBack, rows, 0, 0)
        },
      }
    },
    twin: () => {
      const chains = {
        heads: noRows(KEYS),
        next: noRows(ROWS),
        previous: noRows(ROWS),
        sameHeads: noRows(DIFFERENT),
        sameNext: noRows(ROWS),
      }
      return {
        run({ in: [ids, sameIds, takesBack] }) {
          chains.heads.fill(join.NONE)
          chains.sameHeads.fill(join.NONE)
          return twin.change({ ...chains, ids: ids.slice(), sameIds }, takesBack)
        },
      }
    },
    expect: { twin: 1 },
  }),
  kernelBench({
    name: 'matches counted up and down',
    input: (random, rows) => [
      random.uint32(rows, 0, rows),
      random.uint32(rows, 0, KEYS),
      new Uint8Array(rows).map(() => random.int(0, 2)),
    ],
    kernel: (kernels) => {
      const counts = kernels.allocate(KEYS * 4)
      return {
        run({ in: [probes, matches, takesBack], rows }) {
          const mark = kernels.mark()
          kernels.u8.fill(0, counts, counts + KEYS * 4)
          const pairs = { probes, matches, length: rows }
          const found = joinTally(kernels, pairs, 0, takesBack, counts)
          kernels.reset(mark)
          return found.length
        },
      }
    },
    twin: () => {
      const counts = new Uint32Array(KEYS)
      const out = { rows: new Uint32Array(ROWS), ops: new Uint8Array(ROWS) }
      return {
        run({ in: [probes, matches, takesBack] }) {
          counts.fill(0)
          return twin.tally(probes, matches, takesBack, counts, out)
        },
      }
    },
    expect: { twin: 1 },
  }),
  kernelBench({
    name: 'new ids for keys, and chains emptied',
    input: (random, rows) => [random.uint32(rows, 0, KEYS)],
    output: (rows) => [new Uint32Array(rows)],
    kernel: (kernels) => {
      const map = kept(
        kernels,
        Uint32Array.from({ length: KEYS }, (_, id) => id >>> 1),
      )
      const heads = kernels.allocate(KEYS * 4)
      return {
        run({ in: [ids], out: [out], rows }) {
          kernels.u8.copyWithin(out, ids, ids + rows * 4)
          kernels.exports.joinRemap(out, rows, map)
          joinForget(kernels, { rows: out, length: rows }, heads)
          return 0
        },
      }
    },
    twin: () => {
      const map = Uint32Array.from({ length: KEYS }, (_, id) => id >>> 1)
      const heads = new Uint32Array(KEYS)
      return {
        run({ in: [ids], out: [out] }) {
          out.set(ids)
          join.remap(out, map)
          join.forget(out, heads)
          return 0
        },
      }
    },
    expect: { twin: 1 },
  }),
  kernelBench({
    name: 'versions that no time needs any more, half of 16,384',
    megabytes: 0.001,
    input: () => [BigInt64Array.of(BigInt(ROWS >> 1))],
    kernel: (kernels) => {
      const { heads, next } = chained()
      const versions = {
        heads: kept(kernels, heads),
        next: kept(kernels, next),
        times: kept(kernels, VERSIONS.times),
        ends: 0,
      }
      const ids = kept(kernels, VERSIONS.ids)
      const bound = BigInt(ROWS >> 1)
      return {
        run() {
          kernels.u32.set(next, versions.next >>> 2)
          return joinForgetVersions(kernels, ids, VERSIONS.keys, versions, bound)
        },
      }
    },
    twin: () => {
      const { heads, next } = chained()
      const ids = VERSIONS.ids.slice()
      const own = next.slice()
      return {
        run({ in: [bound] }) {
          own.set(next)
          return forgetVersions(ids, { heads, next: own }, bound[0]!)
        },
      }
    },
    expect: { twin: 1 },
  }),
]
