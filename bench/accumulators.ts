// Accumulators of many groups for benchmarks: rows of one width in a slice, started anew for each pass.
import { type AggregateEntry, AggregateProgram } from '../src/kernels/aggregate.ts'
import type { Kernels } from '../src/kernels/module.ts'
import { SliceTable } from '../src/kernels/slice-table.ts'

const GRID = { size: 1n, offset: 0n, multiplier: 1n }

export interface AccumulatorsOptions {
  readonly entries: readonly AggregateEntry[]
  readonly template: Uint8Array
  readonly groups: number
}

export class Accumulators {
  readonly #kernels: Kernels
  readonly #options: AccumulatorsOptions
  readonly #ids: number
  readonly #addresses: number
  #slices: SliceTable | undefined
  #program: AggregateProgram | undefined

  constructor(kernels: Kernels, options: AccumulatorsOptions) {
    this.#kernels = kernels
    this.#options = options
    this.#ids = kernels.allocate(options.groups * 4)
    this.#addresses = kernels.allocate(options.groups * 4)
    for (let id = 0; id < options.groups; id++) kernels.u32[(this.#ids >>> 2) + id] = id
  }

  begin(): void {
    this.#program?.close()
    this.#slices?.close()
    const { template, entries, groups } = this.#options
    const slices = new SliceTable(this.#kernels, template, GRID)
    this.#program = new AggregateProgram(this.#kernels, entries, slices.heap)
    slices.rowsOf(slices.detached(), this.#ids, groups, this.#addresses)
    this.#slices = slices
  }

  get program(): AggregateProgram {
    return this.#program!
  }

  /** Pointers to all groups' accumulators, u32 a group. */
  get rows(): number {
    return this.#addresses
  }

  /** The accumulators of rows by their groups: what a table of keys gives, and not measured for itself. */
  find(ids: number, n: number, rows: number): void {
    this.#kernels.exports.joinRemap(this.#copy(ids, n, rows), n, this.#addresses)
  }

  #copy(ids: number, n: number, rows: number): number {
    this.#kernels.u8.copyWithin(rows, ids, ids + n * 4)
    return rows
  }

  /** The sum over all groups of what is told of their accumulators. */
  total(tell: (data: DataView, row: number) => number): number {
    const { data, u32 } = this.#kernels
    let sum = 0
    for (let id = 0; id < this.#options.groups; id++) {
      sum += tell(data, u32[(this.#addresses >>> 2) + id]!)
    }
    return sum
  }
}
