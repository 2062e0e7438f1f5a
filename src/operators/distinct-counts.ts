// Counts of different values over a changelog: how often each value of a key is there, and for each key how
// many are. After Flink's distinct accumulators, which map values to counts.
//
// DC1  Aggregates over the same values share their counts. Nulls, and rows that a filter leaves out, do not
//      count. Values are equal as keys are: -0 is 0, and a NaN is a NaN.
// DC2  A value that is taken back was there: its changes come in their order.
// DC3  Values that are there no more are forgotten when they are the half.
import { assert } from '../base/assert.ts'
import { type StateReader, type StateWriter, writeByKey } from '../checkpoint/operator-state.ts'
import type { DenseColumns } from '../columnar/dense-columns.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { type Field, Schema } from '../columnar/schema.ts'
import { type DataType, int64, uint32 } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import { countDistinctValues, type TouchedKeys } from '../kernels/changes.ts'
import type { Kernels } from '../kernels/module.ts'
import { NO_ROW } from '../kernels/operand.ts'
import { KeyColumn } from '../state/key-column.ts'
import { KeyCompaction } from '../state/key-compaction.ts'
import { KeyIndex } from '../state/key-index.ts'
import type { KeyColumns } from '../state/row-index.ts'
import { acceptedValues, batchRow, type ChangingRows } from './accepted-values.ts'
import type { AggregateSpec } from './operator-spec.ts'

/** Rows that are looked at in one step when keys have new ids. */
const PIECE_ROWS = 65_536

const COUNT_TYPE = int64({ as: 'number' })

/** The values of one column. */
class ValueCounts {
  readonly name: string
  readonly column: number
  readonly filter: number | undefined
  readonly type: DataType
  /** How many different values a key has, i64. */
  readonly totals: KeyColumn
  readonly #kernels: Kernels
  /** Of a key's id and a value. */
  #values: KeyIndex
  /** How often a value is there, i32. */
  #counts: KeyColumn
  readonly #compaction: KeyCompaction

  constructor(kernels: Kernels, of: Pick<ValueCounts, 'name' | 'column' | 'filter' | 'type'>) {
    this.#kernels = kernels
    this.#compaction = new KeyCompaction(kernels)
    this.name = of.name
    this.column = of.column
    this.filter = of.filter
    this.type = of.type
    this.totals = new KeyColumn(kernels, 8)
    this.#counts = new KeyColumn(kernels, 4)
    this.#values = this.#newIndex()
  }

  /** Counts values of keys; the first row that takes back what is not there. */
  add({ ids: keys, ops, n }: ChangingRows, values: Vector): number | undefined {
    const ids = this.#insert(keys, values, n)
    const { ptr } = this.#counts
    return countDistinctValues(this.#kernels, { ids, keys, ops, n }, ptr, this.totals.ptr)
  }

  /** Values as they were counted before (i64 a row). */
  restore(keys: number, values: Vector, counts: number, n: number): void {
    const ids = this.#insert(keys, values, n)
    const { u32, i32, i64 } = this.#kernels
    for (let i = 0; i < n; i++) {
      i32[(this.#counts.ptr >>> 2) + u32[(ids >>> 2) + i]!] = i32[(counts >>> 2) + i * 2]!
      i64[this.totals.ptr / 8 + u32[(keys >>> 2) + i]!]!++
    }
  }

  /** The values that are there: their keys' ids, and counts (i64); at most `most` at a time, in the arena. */
  *present(most: number): Generator<{ keys: number; values: Vector; counts: number; n: number }> {
    const kernels = this.#kernels
    const { size } = this.#values
    for (let id = 0; id < size;) {
      const mark = kernels.mark()
      const ids = kernels.scratch(most * 4)
      const counts = kernels.scratch(most * 8)
      const { u32, i32, i64 } = kernels
      let n = 0
      for (; id < size && n < most; id++) {
        const count = i32[(this.#counts.ptr >>> 2) + id]!
        if (count === 0) continue
        u32[(ids >>> 2) + n] = id
        i64[counts / 8 + n++] = BigInt(count)
      }
      if (n > 0) {
        const [keys, values] = this.#values.columns(ids, n) as [Vector, Vector]
        yield { keys: keys.values, values, counts, n }
      }
      kernels.reset(mark)
    }
  }

  /** Forgets values that are there no more, when they may be the half. */
  forget(): void {
    this.#compaction.run(this.#values, {
      mark: (bits, size) => this.#counts.mark(bits, size),
      remap: (map, size) => this.#counts.compact(map, size),
    })
  }

  /** Keys have new ids: the values are counted anew under those. @param most rows at a time */
  compact(map: number, size: number, most: number): void {
    const kernels = this.#kernels
    const [values, counts] = [this.#values, this.#counts]
    this.totals.compact(map, size)
    const fresh = { values: this.#newIndex(), counts: new KeyColumn(kernels, 4) }
    for (const { keys, values: some, counts: held, n } of this.present(most)) {
      const { u32 } = kernels
      for (let i = 0; i < n; i++) {
        const to = u32[(map >>> 2) + u32[(keys >>> 2) + i]!]!
        assert(to !== NO_ROW, 'a key that goes has no values')
        u32[(keys >>> 2) + i] = to
      }
      const ids = fresh.values.insert([keysOf(keys, n), some], n)
      fresh.counts.reserve(fresh.values.size)
      // Memory may have grown since.
      const { u32: idsNow, i32 } = kernels
      for (let i = 0; i < n; i++) {
        i32[(fresh.counts.ptr >>> 2) + idsNow[(ids >>> 2) + i]!] = i32[(held >>> 2) + i * 2]!
      }
    }
    values.close()
    counts.close()
    this.#values = fresh.values
    this.#counts = fresh.counts
  }

  close(): void {
    this.#values.close()
    this.#counts.close()
    this.totals.close()
  }

  #newIndex(): KeyIndex {
    return new KeyIndex(this.#kernels, [uint32(), this.type])
  }

  #insert(keys: number, values: Vector, n: number): number {
    const ids = this.#values.insert([keysOf(keys, n), values], n)
    this.#counts.reserve(this.#values.size)
    return ids
  }
}

const keysOf = (ids: number, n: number): Vector =>
  new Vector({ type: uint32(), length: n, values: ids })

export class DistinctCounts {
  readonly #kernels: Kernels
  readonly #lists: readonly ValueCounts[]
  /** An aggregate's. */
  readonly #results: readonly ValueCounts[]

  /** @throws COLUMN_NOT_FOUND, MEMORY_EXHAUSTED */
  constructor(kernels: Kernels, input: Schema, specs: readonly AggregateSpec[]) {
    this.#kernels = kernels
    const lists = new Map<string, ValueCounts>()
    this.#results = specs.map(({ function: of, column, filter }) => {
      assert(column !== undefined, `${of}() takes a column`)
      const name = `distinct ${column}${filter === undefined ? '' : ` where ${filter}`}`
      const list =
        lists.get(name) ??
        new ValueCounts(kernels, {
          name,
          column: input.indexOf(column),
          filter: filter === undefined ? undefined : input.indexOf(filter),
          type: input.field(column).type,
        })
      lists.set(name, list)
      return list
    })
    this.#lists = [...lists.values()]
  }

  reserve(size: number): void {
    for (const { totals } of this.#lists) totals.reserve(size)
  }

  /** Gives the first row that takes a value back which is not there: its changes are incomplete then. */
  apply(changing: ChangingRows, dense: DenseColumns): number | undefined {
    for (const list of this.#lists) {
      const within = list.filter === undefined ? undefined : dense(list.filter)
      const accepted = acceptedValues(this.#kernels, changing, [dense(list.column)], within)
      const missing = list.add(accepted, accepted.values[0]!)
      if (missing !== undefined) return batchRow(this.#kernels, accepted, missing)
    }
    return undefined
  }

  /** How many different values keys have. */
  results({ ids, count }: TouchedKeys): Vector[] {
    return this.#results.map(
      ({ totals }) =>
        new Vector({ type: COUNT_TYPE, length: count, values: totals.take(ids, count) }),
    )
  }

  forget(): void {
    for (const list of this.#lists) list.forget()
  }

  compact(map: number, size: number): void {
    for (const list of this.#lists) list.compact(map, size, PIECE_ROWS)
  }

  /** Writes all values, a table a list: the keys' columns, the value, and how often it is there. */
  snapshot(into: StateWriter, keys: KeyColumns, keyFields: readonly Field[], most: number): void {
    const positions = keyFields.map((_, i) => i)
    for (const list of this.#lists) {
      const { name, type } = list
      const own = [
        { name: '$value', type },
        { name: '$count', type: COUNT_TYPE },
      ]
      const schema = new Schema([...keyFields, ...own])
      for (const { keys: ids, values, counts, n } of list.present(most)) {
        const batch = new RecordBatch(schema, n, [
          ...keys.columns(ids, n),
          values,
          new Vector({ type: COUNT_TYPE, length: n, values: counts }),
        ])
        writeByKey(into, name, batch, positions)
      }
    }
  }

  restore(from: StateReader, idsOf: (keys: readonly Vector[], n: number) => number): void {
    for (const list of this.#lists) {
      for (const { columns, length: n } of from.table(list.name)) {
        const [values, counts] = columns.slice(-2) as [Vector, Vector]
        const keys = idsOf(columns.slice(0, -2), n)
        list.restore(keys, values, counts.values, n)
      }
    }
  }

  close(): void {
    for (const list of this.#lists) list.close()
  }
}
