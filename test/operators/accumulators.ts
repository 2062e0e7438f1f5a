// Groups of accumulators under test: rows in, results and state out, without windows or keys. The
// state is written as a snapshot writes it, and read back.
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import { RecordBatch } from '../../src/columnar/record-batch.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import { Schema } from '../../src/columnar/schema.ts'
import type { OperatorSnapshot } from '../../src/checkpoint/operator-state.ts'
import { RestoredState, SnapshotWriter } from '../../src/checkpoint/state-tables.ts'
import { AggregateProgram } from '../../src/kernels/aggregate.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import { SliceTable } from '../../src/kernels/slice-table.ts'
import { aggregateFields } from '../../src/operators/aggregate-type.ts'
import { Aggregation, type AggregationOptions } from '../../src/operators/aggregation.ts'
import type { AggregateSpec } from '../../src/operators/operator-spec.ts'
import { bitsOf } from '../kernels/linear-memory.ts'
import type { Row } from './operator-harness.ts'

const PLACE = { subtaskIndex: 0, parallelism: 1, maxParallelism: 1 }
const GRID = { size: 1n, offset: 0n, multiplier: 1n }

export class Accumulators {
  readonly aggregation: Aggregation
  readonly #kernels: Kernels
  readonly #input: Schema
  readonly #specs: readonly AggregateSpec[]
  readonly #slices: SliceTable
  readonly #program: AggregateProgram
  readonly #slice: number

  constructor(
    kernels: Kernels,
    input: Schema,
    specs: readonly AggregateSpec[],
    options?: AggregationOptions,
  ) {
    this.#kernels = kernels
    this.#input = input
    this.#specs = specs
    this.aggregation = new Aggregation(input, specs, options)
    this.#slices = new SliceTable(kernels, this.aggregation.template, GRID)
    this.#program = new AggregateProgram(kernels, this.aggregation.entries, this.#slices.heap)
    this.#slice = this.#slices.detached()
  }

  add(rows: readonly Row[], groups: readonly number[]): void {
    this.#run(
      rows,
      groups,
      rows.map(() => true),
    )
  }

  /** Adds the rows of one batch where `isIn` says so, and takes the others back. */
  change(rows: readonly Row[], groups: readonly number[], isIn: readonly boolean[]): void {
    this.#run(
      rows,
      groups,
      isIn,
      isIn.map((one) => !one),
    )
  }

  mergeFrom(other: Accumulators, groups: readonly number[]): void {
    this.#inArena(() => {
      const from = other.#rowsOf(groups)
      const overflow = this.#program.merge(from, this.#rowsOf(groups), groups.length)
      if (overflow !== undefined) throw this.aggregation.overflow(overflow)
    })
  }

  results(groups: readonly number[]): Row[] {
    return this.#inArena(() => {
      const schema = new Schema(aggregateFields(this.#input, this.#specs))
      const types = schema.fields.map(({ type }) => type)
      const n = groups.length
      const columns = this.aggregation.results(this.#kernels, this.#rowsOf(groups), n, types)
      const typed = columns.map((column, i) => column.as(types[i]!))
      return new RowReader(this.#kernels, schema).rows(new RecordBatch(schema, n, typed)) as Row[]
    })
  }

  snapshot(groups: readonly number[]): OperatorSnapshot {
    return this.#inArena(() => {
      const schema = new Schema(this.aggregation.stateFields)
      const n = groups.length
      const columns = this.aggregation.exportState(this.#kernels, this.#rowsOf(groups), n)
      const writer = new SnapshotWriter(this.#kernels, PLACE)
      writer.list('groups', new RecordBatch(schema, n, columns))
      return writer.finish()
    })
  }

  restore(snapshot: OperatorSnapshot, groups: readonly number[]): void {
    this.#inArena(() => {
      const restored = new RestoredState(this.#kernels, [snapshot], PLACE)
      let at = 0
      for (const { columns, length } of restored.table('groups')) {
        const rows = this.#rowsOf(groups.slice(at, at + length))
        this.aggregation.importState(this.#program, columns, rows, length)
        at += length
      }
    })
  }

  /** Gives back what the groups hold, and everything else. */
  close(groups: readonly number[]): void {
    this.#inArena(() => this.#program.release(this.#rowsOf(groups), groups.length))
    this.#program.close()
    this.#slices.close()
  }

  #run(
    rows: readonly Row[],
    groups: readonly number[],
    added: readonly boolean[],
    removed?: readonly boolean[],
  ): void {
    this.#inArena(() => {
      const n = rows.length
      const builder = new BatchBuilder(this.#kernels, this.#input)
      for (const row of rows) builder.append(row)
      const { columns } = builder.finish()
      const inputs = this.aggregation.inputs(this.#kernels, (at) => columns[at]!, n)
      inputs.forEach((input, i) => this.#program.bind(i, input))
      const targets = this.#rowsOf(groups)
      const bits = (all: readonly boolean[]): number => this.#kernels.put(bitsOf(all))
      const overflow =
        this.#program.update(targets, bits(added), n) ??
        (removed && this.#program.retract(targets, bits(removed), n))
      if (overflow !== undefined) throw this.aggregation.overflow(overflow)
    })
  }

  #rowsOf(groups: readonly number[]): number {
    const rows = this.#kernels.scratch(groups.length * 4)
    const ids = this.#kernels.put(new Uint8Array(Uint32Array.from(groups).buffer))
    this.#slices.rowsOf(this.#slice, ids, groups.length, rows)
    return rows
  }

  #inArena<T>(run: () => T): T {
    const mark = this.#kernels.mark()
    try {
      return run()
    } finally {
      this.#kernels.reset(mark)
    }
  }
}
