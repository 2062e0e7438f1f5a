// Accumulators that hold more than a number, of 1,000 groups: exact distinct counts beside a Set a group, and
// the moments of variances beside their twin.
import { type AggregateEntry, AggregateProgram } from '../../src/kernels/aggregate.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import { SliceTable } from '../../src/kernels/slice-table.ts'
import * as twin from '../../test/kernels/reference/distinct.ts'
import * as momentsTwin from '../../test/kernels/reference/moments.ts'
import { kernelBench } from '../harness.ts'

const GROUPS = 1_000
const GRID = { size: 1n, offset: 0n, multiplier: 1n }
const DISTINCT: AggregateEntry = { op: 'distinct64', kind: 64, offset: 0, countOffset: 0 }
const MOMENTS: AggregateEntry = { op: 'momentsF64', kind: 64, offset: 0, countOffset: 0 }
const COUNT = 16

/** Accumulators of GROUPS groups, started anew for each pass. */
class World {
  readonly #kernels: Kernels
  #slices: SliceTable | undefined
  #program: AggregateProgram | undefined
  readonly #entry: AggregateEntry
  #slice = 0

  constructor(kernels: Kernels, entry: AggregateEntry) {
    this.#kernels = kernels
    this.#entry = entry
  }

  begin(): void {
    this.#program?.close()
    this.#slices?.close()
    this.#slices = new SliceTable(this.#kernels, new Uint8Array(32), GRID)
    this.#program = new AggregateProgram(this.#kernels, [this.#entry], this.#slices.heap)
    this.#slice = this.#slices.detached()
  }

  add(ids: number, values: number, rows: number, n: number): void {
    this.#slices!.rowsOf(this.#slice, ids, n, rows)
    this.#program!.bind(0, { values, validity: 0, filter: 0, offsets: 0 })
    this.#program!.update(rows, 0, n)
  }

  /** Takes back what add() has just added. */
  remove(rows: number, n: number): void {
    this.#program!.retract(rows, 0, n)
  }

  /** The sum over all groups of the counts at that offset. */
  total(offset: number): number {
    const kernels = this.#kernels
    const mark = kernels.mark()
    const ids = kernels.scratch(GROUPS * 4)
    for (let i = 0; i < GROUPS; i++) kernels.u32[ids / 4 + i] = i
    const rows = kernels.scratch(GROUPS * 4)
    this.#slices!.rowsOf(this.#slice, ids, GROUPS, rows)
    let sum = 0
    for (let i = 0; i < GROUPS; i++)
      sum += kernels.u32[(kernels.u32[rows / 4 + i]! + offset) >>> 2]!
    kernels.reset(mark)
    return sum
  }
}

export default [
  kernelBench({
    name: 'distinct i64 values of 1,000 groups',
    input: (random, rows) => [random.uint32(rows, 0, GROUPS), random.int64(rows, 0, 1_000)],
    output: (rows) => [new Uint32Array(rows)],
    outputUsed: () => [0],
    kernel: (kernels) => {
      const world = new World(kernels, DISTINCT)
      return {
        begin: () => world.begin(),
        run({ in: [ids, values], out: [rows], rows: n }) {
          world.add(ids, values, rows, n)
          return 0
        },
        finish: () => world.total(COUNT),
      }
    },
    twin: () => {
      let sets: Set<bigint>[] = []
      return {
        begin() {
          sets = Array.from({ length: GROUPS }, () => new Set())
        },
        run({ in: [ids, values] }) {
          twin.addDistinct(ids, values, sets)
          return 0
        },
        finish: () => sets.reduce((sum, { size }) => sum + size, 0),
      }
    },
    expect: { twin: 3 },
  }),
  kernelBench({
    name: 'moments of f64 values of 1,000 groups',
    input: (random, rows) => [random.uint32(rows, 0, GROUPS), random.float64(rows, 0, 1_000)],
    output: (rows) => [new Uint32Array(rows)],
    outputUsed: () => [0],
    kernel: (kernels) => {
      const world = new World(kernels, MOMENTS)
      return {
        begin: () => world.begin(),
        run({ in: [ids, values], out: [rows], rows: n }) {
          world.add(ids, values, rows, n)
          return 0
        },
        finish: () => world.total(0),
      }
    },
    twin: () => {
      let moments = momentsTwin.newMoments(GROUPS)
      return {
        begin() {
          moments = momentsTwin.newMoments(GROUPS)
        },
        run({ in: [ids, values] }) {
          momentsTwin.addMoments(moments, ids, values)
          return 0
        },
        finish: () => moments.counts.reduce((sum, count) => sum + count, 0),
      }
    },
    // A division a row on both sides: what counts is that it runs over accumulators where they are.
    expect: { twin: 0.9 },
  }),
  kernelBench({
    name: 'moments of f64 values of 1,000 groups, added and taken back',
    input: (random, rows) => [random.uint32(rows, 0, GROUPS), random.float64(rows, 0, 1_000)],
    output: (rows) => [new Uint32Array(rows)],
    outputUsed: () => [0],
    kernel: (kernels) => {
      const world = new World(kernels, MOMENTS)
      return {
        begin: () => world.begin(),
        run({ in: [ids, values], out: [rows], rows: n }) {
          world.add(ids, values, rows, n)
          world.remove(rows, n)
          return 0
        },
        finish: () => world.total(0),
      }
    },
    twin: () => {
      let moments = momentsTwin.newMoments(GROUPS)
      return {
        begin() {
          moments = momentsTwin.newMoments(GROUPS)
        },
        run({ in: [ids, values] }) {
          momentsTwin.addMoments(moments, ids, values)
          momentsTwin.removeMoments(moments, ids, values)
          return 0
        },
        finish: () => moments.counts.reduce((sum, count) => sum + count, 0),
      }
    },
    // As above, and a second division.
    expect: { twin: 0.75 },
  }),
]
