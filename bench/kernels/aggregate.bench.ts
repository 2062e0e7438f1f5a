// Aggregation over accumulator rows: the flights job's four aggregates in one program, a nullable
// sum, and the merge of slices. 1,000 groups; ids are what the twins and C go by.
import { type AggregateEntry, AggregateProgram } from '../../src/kernels/aggregate.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import { SliceTable } from '../../src/kernels/slice-table.ts'
import * as twin from '../../test/kernels/reference/aggregate.ts'
import { kernelBench } from '../harness.ts'

const GROUPS = 1_000
const GRID = { size: 1n, offset: 0n, multiplier: 1n }
const NOTHING = { values: 0, validity: 0, filter: 0, offsets: 0 }

// Columns and rows as the engine's plans number them: entries over one column share its values, those
// over the same rows their masks.
const ALL = { nullsOf: -1, filter: -1 }
const VALID = { nullsOf: 0, filter: -1 }
const FLIGHTS: readonly AggregateEntry[] = [
  { op: 'sumI64', kind: 64, offset: 8, countOffset: 0, column: 0, rows: ALL },
  { op: 'maxI64', kind: 64, offset: 16, countOffset: 0, column: 0, rows: ALL },
  { op: 'countTrue', kind: 'bool', offset: 24, countOffset: 0, column: 1, rows: ALL },
  { op: 'count', kind: 64, offset: 0, countOffset: 0, rows: ALL },
]
const NULLABLE_SUM: readonly AggregateEntry[] = [
  { op: 'sumF64', kind: 64, offset: 8, countOffset: 0, column: 0, rows: VALID },
  { op: 'count', kind: 64, offset: 0, countOffset: 0, rows: VALID },
]

/** Accumulators of GROUPS groups in one slice, started anew for each pass. */
class World {
  readonly #kernels: Kernels
  readonly #entries: readonly AggregateEntry[]
  #slices: SliceTable | undefined
  #program: AggregateProgram | undefined
  #slice = 0
  readonly #ids: number
  readonly #rows: number

  constructor(kernels: Kernels, entries: readonly AggregateEntry[]) {
    this.#kernels = kernels
    this.#entries = entries
    this.#ids = kernels.allocate(GROUPS * 4)
    this.#rows = kernels.allocate(GROUPS * 4)
    kernels.u32.set(
      Array.from({ length: GROUPS }, (_, i) => i),
      this.#ids >>> 2,
    )
  }

  begin(): void {
    this.#program?.close()
    this.#slices?.close()
    this.#slices = new SliceTable(this.#kernels, new Uint8Array(32), GRID)
    this.#program = new AggregateProgram(this.#kernels, this.#entries, this.#slices.heap)
    this.#slice = this.#slices.detached()
    this.#slices.rowsOf(this.#slice, this.#ids, GROUPS, this.#rows)
  }

  get program(): AggregateProgram {
    return this.#program!
  }

  /** The accumulator rows of ids, at `rows`: what the slice table gives, and not measured here. */
  rowsOf(ids: number, n: number, rows: number): void {
    this.#slices!.rowsOf(this.#slice, ids, n, rows)
  }

  /** The sum over all groups of the accumulators at these offsets. */
  total(offsets: readonly number[], isFloat: boolean): number {
    const { data, u32 } = this.#kernels
    let sum = 0
    for (let group = 0; group < GROUPS; group++) {
      const row = u32[(this.#rows >>> 2) + group]!
      for (const at of offsets) {
        sum +=
          isFloat && at === 8
            ? data.getFloat64(row + at, true)
            : Number(data.getBigInt64(row + at, true))
      }
    }
    return sum
  }
}

const total = (...columns: readonly Float64Array[]): number =>
  columns.reduce((all, column) => column.reduce((sum, x) => sum + x, all), 0)

export default [
  kernelBench({
    name: 'count, sum, max of i64, count of a predicate',
    input: (random, rows) => [
      random.uint32(rows, 0, GROUPS),
      random.int64(rows, 0, 200),
      random.bitmap(rows, 0.2),
    ],
    output: (rows) => [new Uint32Array(rows)],
    outputUsed: () => [0],
    kernel: (kernels) => {
      const world = new World(kernels, FLIGHTS)
      return {
        begin: () => world.begin(),
        run({ in: [ids, values, bits], out: [rows], rows: n }) {
          world.rowsOf(ids, n, rows)
          world.program.bind(0, { ...NOTHING, values })
          world.program.bind(1, { ...NOTHING, values })
          world.program.bind(2, { ...NOTHING, values: bits })
          world.program.update(rows, 0, n)
          return 0
        },
        finish: () => world.total([0, 8, 16, 24], false),
      }
    },
    twin: () => {
      let state = twin.newFlights(GROUPS)
      return {
        begin() {
          state = twin.newFlights(GROUPS)
        },
        run({ in: [ids, values, bits], rows }) {
          // JavaScript reads 64-bit integers as two words or as bigint; these are small.
          twin.flights(state, ids, new Int32Array(values.buffer), bits, rows)
          return 0
        },
        finish: () => total(state.counts, state.sums, state.most, state.late),
      }
    },
    c: 'flights',
    expect: { twin: 1.2 },
  }),
  kernelBench({
    name: 'sum of f64, a tenth null',
    input: (random, rows) => [
      random.uint32(rows, 0, GROUPS),
      random.float64(rows, 0, 1000).map(Math.floor),
      random.bitmap(rows, 0.9),
    ],
    output: (rows) => [new Uint32Array(rows)],
    outputUsed: () => [0],
    kernel: (kernels) => {
      const world = new World(kernels, NULLABLE_SUM)
      return {
        begin: () => world.begin(),
        run({ in: [ids, values, validity], out: [rows], rows: n }) {
          world.rowsOf(ids, n, rows)
          world.program.bind(0, { ...NOTHING, values, validity })
          world.program.bind(1, { ...NOTHING, validity })
          world.program.update(rows, 0, n)
          return 0
        },
        finish: () => world.total([0, 8], true),
      }
    },
    twin: () => {
      let sums = new Float64Array(GROUPS)
      let counts = new Float64Array(GROUPS)
      return {
        begin() {
          sums = new Float64Array(GROUPS)
          counts = new Float64Array(GROUPS)
        },
        run({ in: [ids, values, validity], rows }) {
          twin.sumValid(ids, values, validity, rows, sums, counts)
          return 0
        },
        finish: () => total(sums, counts),
      }
    },
    c: 'sum_valid',
    expect: { twin: 1.2 },
  }),
]
