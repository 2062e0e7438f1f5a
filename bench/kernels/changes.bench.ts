// The keys that a batch touches, over 1 K and 100 K keys; which of its rows count, and what its changelog is.
import * as twin from '../../test/kernels/reference/changes.ts'
import { kernelBench } from '../harness.ts'
import type { Random } from '../random.ts'
import { textColumn } from '../texts.ts'

const touch = (keys: number) => {
  let stamps = 0
  const twinStamps = new Uint32Array(keys)
  return kernelBench({
    name: `the keys of a batch, of ${keys}`,
    input: (random, rows) => [random.uint32(rows, 0, keys)],
    output: (rows) => [new Uint32Array(rows), new Uint32Array(rows)],
    outputUsed: (count, rows) => [rows, count],
    kernel: (kernels) => ({
      begin() {
        if (stamps !== 0) return
        stamps = kernels.allocate(keys * 4)
        kernels.u8.fill(0, stamps, stamps + keys * 4)
      },
      run: ({ in: [ids], out: [locals, touched], rows }) => {
        const { exports } = kernels
        const count = exports.changesTouch(ids, rows, stamps, locals, touched)
        exports.changesUntouch(touched, count, stamps)
        return count
      },
    }),
    twin: () => ({
      run: ({ in: [ids], out: [locals, touched] }) =>
        twin.touchedByStamps(ids, twinStamps, locals, touched),
    }),
    rivals: {
      Map: () => ({
        run: ({ in: [ids], out: [locals, touched] }) => {
          const numbers = new Map<number, number>()
          for (let i = 0; i < ids.length; i++) {
            const id = ids[i]!
            let local = numbers.get(id)
            if (local === undefined) {
              local = numbers.size
              touched[local] = id
              numbers.set(id, local)
            }
            locals[i] = local
          }
          return numbers.size
        },
      }),
    },
    expect: { twin: 1, rivals: { Map: 4 } },
  })
}

const plus = (a: number, b: number): number => a + b

const VALUES = 10_000
const KEYS = 1_000

/** Values that come and go, of 1 K keys: counts of each, and how many different ones a key has. */
const differentValues = () => {
  let counts = 0
  const twinCounts = new Int32Array(VALUES)
  const twinTotals = new BigInt64Array(KEYS)
  return kernelBench({
    name: 'different values of 1,000 keys',
    input: (random, rows) => {
      const ids = random.uint32(rows, 0, VALUES)
      const ops = new Uint8Array(rows).map(() => random.int(0, 4))
      return [ids, ids.map((id) => id % KEYS), ops]
    },
    output: () => [],
    kernel: (kernels) => ({
      begin() {
        if (counts === 0) counts = kernels.allocate(VALUES * 4 + KEYS * 8)
        kernels.u8.fill(0, counts, counts + VALUES * 4 + KEYS * 8)
        kernels.i32.fill(1 << 20, counts >>> 2, (counts >>> 2) + VALUES)
      },
      run: ({ in: [ids, keys, ops], rows }) => {
        const totals = counts + VALUES * 4
        kernels.exports.changesDistinct(ids, keys, ops, rows, counts, totals)
        return 0
      },
      finish: () => kernels.i32.subarray(counts >>> 2, (counts >>> 2) + VALUES).reduce(plus, 0),
    }),
    twin: () => ({
      begin() {
        twinCounts.fill(1 << 20)
        twinTotals.fill(0n)
      },
      run: ({ in: [ids, keys, ops] }) => {
        twin.countDistinctValues(ids, keys, ops, twinCounts, twinTotals)
        return 0
      },
      finish: () => twinCounts.reduce(plus, 0),
    }),
    expect: { twin: 1 },
  })
}

const LOCALS = 1_000

/** Where rows are, 0 for a third that are not. */
const addresses = (random: Random, rows: number): Uint32Array =>
  new Uint32Array(rows).map(() => (random.int(0, 3) === 0 ? 0 : random.int(1, 2 ** 30)))

/** Keys of which two neighbours are equal, but for one pair in ten. */
function keyPairs(random: Random, rows: number): [Int32Array, Uint8Array] {
  let key = ''
  return textColumn(rows, (row) => {
    if (row % 2 === 0 || random.int(0, 10) === 0) key = `k${random.int(10, 10_000)}`
    return key
  })
}

export default [
  differentValues(),
  touch(1_000),
  touch(100_000),
  kernelBench({
    name: 'which ops take a row back',
    input: (random, rows) => [new Uint8Array(rows).map(() => random.int(0, 4))],
    output: (rows) => [new Uint8Array(rows >> 3)],
    kernel: (kernels) => ({
      run: ({ in: [ops], out: [bits], rows }) => kernels.exports.changesRetracted(ops, rows, bits),
    }),
    twin: () => ({
      run: ({ in: [ops], out: [bits] }) => {
        let count = 0
        bits.fill(0)
        for (let i = 0; i < ops.length; i++) {
          const bit = ops[i]! & 1
          bits[i >> 3]! |= bit << (i & 7)
          count += bit
        }
        return count
      },
    }),
    expect: { twin: 8 },
  }),
  kernelBench({
    name: 'the latest row of each of 1,000 keys, of which half have one',
    input: (random, rows) => [
      random.uint32(rows, 0, LOCALS),
      random.int64(rows, 0, 1_000_000),
      random.int64(LOCALS, 0, 1_000_000),
      random.bitmap(LOCALS, 0.5),
    ],
    output: () => [new Uint32Array(LOCALS)],
    kernel: ({ exports: { changesRowsByTime } }) => ({
      run({ in: [locals, times, held, isHeld], out: [rows], rows: n }) {
        changesRowsByTime(locals, times, n, true, held, isHeld, LOCALS, rows)
        return 0
      },
    }),
    twin: () => ({
      run({ in: [locals, times, held, isHeld], out: [rows] }) {
        twin.latestRows(locals, times, held, isHeld, rows)
        return 0
      },
    }),
    expect: { twin: 1 },
  }),
  kernelBench({
    name: 'the changelog of 16,384 keys, a third of each kind',
    input: (random, rows) => [addresses(random, rows), addresses(random, rows)],
    output: (rows) => [
      new Uint32Array(rows * 2),
      new Uint8Array(rows * 2),
      new Uint32Array(rows * 2),
    ],
    outputUsed: (count) => [count, count, count],
    kernel: ({ exports: { changesList } }) => ({
      run: ({ in: [before, after], out: [rows, ops, places], rows: n }) =>
        changesList(before, after, 0, n, rows, ops, places),
    }),
    twin: () => ({
      run: ({ in: [before, after], out: [rows, ops, places] }) =>
        twin.listed(before, after, { rows, ops, places }),
    }),
    expect: { twin: 1 },
  }),
  kernelBench({
    name: 'the upsert form of updates, keys of 3 to 5 bytes',
    input: (random, rows) => [
      new Uint8Array(rows).map((_, row) => (row % 2 === 0 ? 1 : 2)),
      ...keyPairs(random, rows),
    ],
    output: (rows) => [new Uint32Array(rows), new Uint8Array(rows)],
    outputUsed: (count) => [count, count],
    kernel: ({ exports: { changesUpsert } }) => ({
      run: ({ in: [ops, offsets, values], out: [rows, out], rows: n }) =>
        changesUpsert(ops, offsets, values, n, rows, out),
    }),
    twin: () => ({
      run: ({ in: [ops, offsets, values], out: [rows, out] }) =>
        twin.upserted(ops, offsets, values, { rows, ops: out }),
    }),
    expect: { twin: 1 },
  }),
]
