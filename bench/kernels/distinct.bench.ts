// Accumulators that hold more than a number, of 1,000 groups: exact distinct counts beside a Set a group, and
// the moments of variances beside their twin.
import type { AggregateEntry } from '../../src/kernels/aggregate.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import * as twin from '../../test/kernels/reference/distinct.ts'
import * as momentsTwin from '../../test/kernels/reference/moments.ts'
import { Accumulators } from '../accumulators.ts'
import { kernelBench } from '../harness.ts'

const GROUPS = 1_000
const DISTINCT: AggregateEntry = { op: 'distinct64', kind: 64, offset: 0, countOffset: 0 }
const MOMENTS: AggregateEntry = { op: 'momentsF64', kind: 64, offset: 0, countOffset: 0 }
const COUNT = 16

/** Accumulators of one entry. */
class World {
  readonly #accumulators: Accumulators

  constructor(kernels: Kernels, entry: AggregateEntry) {
    const template = new Uint8Array(32)
    this.#accumulators = new Accumulators(kernels, { entries: [entry], template, groups: GROUPS })
  }

  begin(): void {
    this.#accumulators.begin()
  }

  add(ids: number, values: number, rows: number, n: number): void {
    const { program } = this.#accumulators
    this.#accumulators.find(ids, n, rows)
    program.bind(0, { values, validity: 0, filter: 0, offsets: 0 })
    program.update(rows, 0, n)
  }

  /** Takes back what add() has just added. */
  remove(rows: number, n: number): void {
    this.#accumulators.program.retract(rows, 0, n)
  }

  /** The sum over all groups of the counts at that offset. */
  total(offset: number): number {
    return this.#accumulators.total((data, row) => data.getUint32(row + offset, true))
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
