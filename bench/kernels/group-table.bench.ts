// Grouped sums by the kernels of keyed state: keys to ids, ids to accumulator rows, rows to sums.
// The rivals are what JavaScript has, a Map from key to accumulator: with numbers as keys, which the keys
// of this data fit, and with bigints, which an int64 column has at row level.
import { AggregateProgram } from '../../src/kernels/aggregate.ts'
import { GroupTable } from '../../src/kernels/group-table.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import { SliceTable } from '../../src/kernels/slice-table.ts'
import * as aggregate from '../../test/kernels/reference/aggregate.ts'
import { GroupTable as TwinTable } from '../../test/kernels/reference/group-table.ts'
import type { Random } from '../random.ts'
import { type KernelBatch, kernelBench, type Side, type TwinBatch } from '../harness.ts'

type Inputs = [Uint32Array, Float64Array]
type Outputs = [Uint32Array, Uint32Array]
type MapSide = Side<TwinBatch<Inputs, Outputs>>

const GRID = { size: 1n, offset: 0n, multiplier: 1n }
const ENTRIES = [
  { op: 'sumF64', kind: 64, offset: 0, countOffset: 8 },
  { op: 'count', kind: 64, offset: 8, countOffset: 8 },
] as const
const NOTHING = { values: 0, validity: 0, filter: 0, offsets: 0 }

/** Keys in the lower words of 8 bytes: random ones of so many. */
function keysOf(random: Random, rows: number, groups: number): Uint32Array {
  const words = new Uint32Array(rows * 2)
  for (let i = 0; i < rows; i++) words[i * 2] = Math.imul(random.int(0, groups), 2654435761)
  return words
}

function groupedSum(kernels: Kernels): Side<KernelBatch<Inputs, Outputs>> {
  let keys: GroupTable | undefined
  let slices: SliceTable
  let program: AggregateProgram
  let slice = 0
  return {
    begin() {
      keys?.close()
      if (keys !== undefined) {
        program.close()
        slices.close()
      }
      keys = new GroupTable(kernels, 8)
      slices = new SliceTable(kernels, new Uint8Array(16), GRID)
      program = new AggregateProgram(kernels, ENTRIES, slices.heap)
      slice = slices.detached()
    },
    run({ in: [words, values], out: [ids, rows], rows: n }) {
      keys!.insert(words, 0, n, ids)
      slices.rowsOf(slice, ids, n, rows)
      program.bind(0, { ...NOTHING, values })
      program.update(rows, 0, n)
      return 0
    },
    finish: () => keys!.size,
  }
}

interface Group {
  readonly id: number
  sum: number
  count: number
}

function mapSide<K>(view: (words: Uint32Array) => ArrayLike<K>, step: number): MapSide {
  let map = new Map<K, Group>()
  return {
    begin() {
      map = new Map()
    },
    run({ in: [words, values], out: [ids], rows }) {
      const keys = view(words)
      for (let i = 0; i < rows; i++) {
        const key = keys[i * step]!
        let group = map.get(key)
        if (group === undefined) {
          group = { id: map.size, sum: 0, count: 0 }
          map.set(key, group)
        }
        group.sum += values[i]!
        group.count++
        ids[i] = group.id
      }
      return 0
    },
    finish: () => map.size,
  }
}

const sumCase = (groups: number, expected: number) =>
  kernelBench({
    name: `grouped sum, ${groups.toLocaleString('en')} keys`,
    megabytes: groups >= 1_000_000 ? 48 : 24,
    input: (random, rows) => {
      return [keysOf(random, rows, groups), random.float64(rows, 0, 100)]
    },
    output: (rows) => [new Uint32Array(rows), new Uint32Array(rows)],
    // Ids are the same on all sides; rows are the kernel's own.
    outputUsed: (_, rows) => [rows, 0],
    kernel: groupedSum,
    twin: () => {
      let table = new TwinTable()
      let sums = new Float64Array(0)
      let counts = new Float64Array(0)
      return {
        begin() {
          table = new TwinTable()
          sums = new Float64Array(groups)
          counts = new Float64Array(groups)
        },
        run({ in: [words, values], out: [ids], rows }) {
          table.insert(words, rows, ids)
          aggregate.sumAndCount(ids, values, undefined, sums, counts)
          return 0
        },
        finish: () => table.size,
      }
    },
    rivals: {
      Map: () => mapSide((words) => words, 2),
      'Map of bigint': () => mapSide((words) => new BigInt64Array(words.buffer), 1),
    },
    expect: { rivals: { Map: expected, 'Map of bigint': expected } },
  })

const idsCase = (groups: number) =>
  kernelBench({
    name: `ids of ${groups.toLocaleString('en')} keys`,
    input: (random, rows) => [keysOf(random, rows, groups)],
    output: (rows) => [new Uint32Array(rows)],
    kernel: (kernels) => {
      let table: GroupTable | undefined
      return {
        begin() {
          table?.close()
          table = new GroupTable(kernels, 8)
        },
        run({ in: [words], out: [ids], rows }) {
          table!.insert(words, 0, rows, ids)
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
        run({ in: [words], out: [ids], rows }) {
          table.insert(words, rows, ids)
          return 0
        },
        finish: () => table.size,
      }
    },
    c: 'group_ids',
    expect: { twin: 1.5 },
  })

/** 100,000 keys of 8 bytes; of those asked for, every other one is there. */
const FOUND = 100_000

function knownKeys(): Uint32Array {
  const words = new Uint32Array(FOUND * 2)
  for (let i = 0; i < FOUND; i++) words[i * 2] = Math.imul(i * 2, 2654435761)
  return words
}

const findCase = kernelBench({
  name: `find among ${FOUND.toLocaleString('en')} keys, half there`,
  input: (random, rows) => [keysOf(random, rows, FOUND * 2)],
  output: (rows) => [new Uint32Array(rows)],
  kernel: (kernels) => {
    const table = new GroupTable(kernels, 8)
    const words = kernels.put(new Uint8Array(knownKeys().buffer))
    table.insert(words, 0, FOUND, kernels.allocate(FOUND * 4))
    return {
      run({ in: [asked], out: [ids], rows }) {
        table.find(asked, 0, rows, ids)
        return 0
      },
    }
  },
  twin: () => {
    const table = new TwinTable()
    table.insert(knownKeys(), FOUND, new Uint32Array(FOUND))
    return {
      run({ in: [asked], out: [ids], rows }) {
        table.find(asked, rows, ids)
        return 0
      },
    }
  },
  c: 'find_ids',
  params: [FOUND],
  expect: { twin: 1.5 },
})

const compactCase = kernelBench({
  name: `compact ${FOUND.toLocaleString('en')} keys to half, a key`,
  rows: FOUND,
  // One batch, for a compaction needs its table anew.
  megabytes: 0.001,
  input: (random, rows) => [random.bitmap(rows, 0.5)],
  output: (rows) => [new Uint32Array(rows)],
  kernel: (kernels) => {
    const words = kernels.put(new Uint8Array(knownKeys().buffer))
    const ids = kernels.allocate(FOUND * 4)
    let table: GroupTable | undefined
    return {
      begin() {
        table?.close()
        table = new GroupTable(kernels, 8)
        table.insert(words, 0, FOUND, ids)
      },
      run({ in: [live], out: [map] }) {
        table!.compact(live, map)
        return table!.size
      },
    }
  },
  twin: () => {
    const words = knownKeys()
    const ids = new Uint32Array(FOUND)
    let table = new TwinTable()
    return {
      begin() {
        table = new TwinTable()
        table.insert(words, FOUND, ids)
      },
      run({ in: [live], out: [map] }) {
        table.compact(live, map)
        return table.size
      },
    }
  },
  expect: { twin: 1.5 },
})

export default [
  idsCase(1_000),
  idsCase(100_000),
  idsCase(1_000_000),
  findCase,
  compactCase,
  sumCase(1_000, 3),
  sumCase(100_000, 8),
  sumCase(1_000_000, 8),
]
