// The aggregates over a changelog whose accumulators cannot take a row back: extremes, first and last. Each
// key keeps all of its values, sorted, and the result is at one end.
//
//   min, max, any, all   values in their order
//   first, last          values in order of arrival
//
// OA1  Aggregates over the same values share a list. Nulls, and rows that a filter leaves out, are not in it.
// OA2  Key ids are those of the group table; compact() follows it.
// OA3  A value that is taken back was there: its changes come in their order. In order of arrival the
//      first that is equal goes, and it is looked for from the front: that costs what lies before it.
import { assert } from '../base/assert.ts'
import type { StateReader, StateWriter } from '../checkpoint/operator-state.ts'
import type { DenseColumns } from '../columnar/dense-columns.ts'
import { gatherOptional, gatherVector } from '../columnar/gather.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { type Field, Schema } from '../columnar/schema.ts'
import type { DataType } from '../columnar/type.ts'
import type { Vector } from '../columnar/vector.ts'
import { bitmapToSelection, validityAnd } from '../kernels/bitmap.ts'
import type { TouchedKeys } from '../kernels/changes.ts'
import type { Kernels } from '../kernels/module.ts'
import { NO_ROW } from '../kernels/operand.ts'
import { takeFixed } from '../kernels/take.ts'
import { ALL_ROWS } from '../kernels/top-n.ts'
import type { KeyIndex } from '../state/key-index.ts'
import { SortedRows } from '../state/sorted-rows.ts'
import { canRetract } from './aggregate-type.ts'
import { notThere } from './change-output.ts'
import type { AggregateFunctionName, AggregateSpec } from './operator-spec.ts'

const ORDERED: readonly AggregateFunctionName[] = ['min', 'max', 'any', 'all', 'first', 'last']

/** True for what keeps sorted values instead of an accumulator, when rows are taken back. */
export const isOrdered = ({ function: of }: AggregateSpec): boolean =>
  !canRetract(of) && ORDERED.includes(of)

/** Rows of a batch: key ids (u32 a row) and what each does (u8). */
export interface ChangingRows {
  readonly ids: number
  readonly ops: number
  readonly n: number
}

/** Values of keys: which, and how. */
interface ValueList {
  readonly name: string
  readonly column: number
  readonly filter: number | undefined
  readonly type: DataType
  readonly rows: SortedRows
  /** What left it by the batch that is under way, 0 for none. */
  gone: number
}

export class OrderedAggregates {
  readonly #kernels: Kernels
  readonly #lists: readonly ValueList[]
  /** Which list an aggregate looks at, and whether at its end. */
  readonly #results: readonly { readonly list: ValueList; readonly isLast: boolean }[]

  /** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH */
  constructor(kernels: Kernels, input: Schema, specs: readonly AggregateSpec[]) {
    this.#kernels = kernels
    const lists = new Map<string, ValueList>()
    this.#results = specs.map(({ function: of, column, filter }) => {
      assert(column !== undefined, `${of}() takes a column`)
      const isArrival = of === 'first' || of === 'last'
      const where = filter === undefined ? '' : ` where ${filter}`
      const name = `${isArrival ? 'arrived' : 'sorted'} ${column}${where}`
      const list = lists.get(name) ?? {
        name,
        column: input.indexOf(column),
        filter: filter === undefined ? undefined : input.indexOf(filter),
        type: input.field(column).type,
        rows: new SortedRows(kernels, {
          types: [input.field(column).type],
          by: isArrival ? [] : [0],
          descending: isArrival ? [] : [false],
        }),
        gone: 0,
      }
      lists.set(name, list)
      return { list, isLast: of === 'max' || of === 'any' || of === 'last' }
    })
    this.#lists = [...lists.values()]
  }

  /** Makes room for key ids below `size`. */
  reserve(size: number): void {
    for (const { rows } of this.#lists) rows.reserve(size)
  }

  /**
   * Puts a batch's values into their lists, or takes them out; forget() must follow.
   * @throws RECORD_MALFORMED for a value that is taken back and is not there
   */
  apply(changing: ChangingRows, dense: DenseColumns): void {
    for (const list of this.#lists) {
      const { ids, ops, n, values } = this.#accepted(list, changing, dense)
      list.gone = list.rows.newGone(n, 0)
      const coming = { ids, ops, columns: [values], n }
      const keep = { limit: ALL_ROWS, ties: false }
      const missing = list.rows.apply(coming, keep, { gone: list.gone, strict: true })
      if (missing !== undefined) throw notThere(missing)
    }
  }

  /** The results of keys, one vector an aggregate, null where a key has no value; in the arena. */
  results({ ids, count }: TouchedKeys): Vector[] {
    return this.#results.map(({ list, isLast }) => {
      const kernels = this.#kernels
      const ends = list.rows.ends({ ids, count }, isLast)
      const places = kernels.scratch(count * 4)
      const addresses = kernels.scratch(count * 4)
      const { u32 } = kernels
      let found = 0
      for (let i = 0; i < count; i++) {
        const address = u32[(ends >>> 2) + i]!
        u32[(places >>> 2) + i] = address === 0 ? NO_ROW : found
        if (address !== 0) u32[(addresses >>> 2) + found++] = address
      }
      const [values] = list.rows.columns(addresses, found) as [Vector]
      return found === count
        ? values
        : gatherOptional(kernels, values, { rows: places, length: count })
    })
  }

  /** Frees what has left, when nobody reads it any more. */
  forget(keys: TouchedKeys): void {
    for (const list of this.#lists) list.rows.forget(keys, list.gone)
  }

  /** Follows a compaction of the keys. */
  compact(map: number, size: number): void {
    for (const { rows } of this.#lists) rows.compact(map, size)
  }

  /** Writes all values, a table a list: the keys' columns and the value. */
  snapshot(into: StateWriter, keys: KeyIndex, keyFields: readonly Field[], most: number): void {
    const kernels = this.#kernels
    const positions = keyFields.map((_, i) => i)
    for (const { name, type, rows } of this.#lists) {
      const schema = new Schema([...keyFields, { name: '$value', type }])
      for (let id = 0; id < keys.size; id += most) {
        const mark = kernels.mark()
        const { entries, ids } = this.#entriesOf(rows, id, Math.min(most, keys.size - id))
        for (let from = 0; from < entries.length; from += most) {
          const length = Math.min(most, entries.length - from)
          const columns = [
            ...keys.columns(ids + from * 4, length),
            ...rows.columnsOf(entries, from, length),
          ]
          const batch = new RecordBatch(schema, length, columns)
          if (positions.length > 0) into.keyed(name, batch, positions)
          else into.list(name, batch)
        }
        kernels.reset(mark)
      }
    }
  }

  /** Reads what snapshot() wrote. @param idsOf gives the ids (u32 a row) of keys */
  restore(from: StateReader, idsOf: (keys: readonly Vector[], n: number) => number): void {
    for (const { name, rows } of this.#lists) {
      for (const { columns, length: n } of from.table(name)) {
        const ids = idsOf(columns.slice(0, -1), n)
        const gone = rows.newGone(n, 0)
        const keep = { limit: ALL_ROWS, ties: false }
        const coming = { ids, ops: 0, columns: columns.slice(-1), n }
        rows.apply(coming, keep, { gone, strict: true })
      }
    }
  }

  close(): void {
    for (const { rows } of this.#lists) rows.close()
  }

  /** The rows whose values go into a list: those that are not null, and in the filter. */
  #accepted(
    { column, filter }: ValueList,
    { ids, ops, n }: ChangingRows,
    dense: DenseColumns,
  ): ChangingRows & { readonly values: Vector } {
    const kernels = this.#kernels
    const values = dense(column)
    const within = filter === undefined ? undefined : dense(filter)
    let bits = values.validity
    if (within !== undefined) {
      const kept = validityAnd(kernels, within.values, within.validity, n)
      bits = validityAnd(kernels, kept, bits, n)
    }
    if (bits === 0) return { ids, ops, n, values }
    const rows = bitmapToSelection(kernels, bits, n)
    return {
      ids: takeFixed(kernels, 4, ids, rows),
      ops: ops === 0 ? 0 : takeFixed(kernels, 1, ops, rows),
      n: rows.length,
      values: gatherVector(kernels, values, rows),
    }
  }

  /** All entries of some keys, and whose (u32) each is. */
  #entriesOf(rows: SortedRows, first: number, count: number) {
    const kernels = this.#kernels
    const some = kernels.scratch(count * 4)
    for (let i = 0; i < count; i++) kernels.u32[(some >>> 2) + i] = first + i
    const entries = rows.first({ ids: some, count }, { limit: ALL_ROWS, ties: false })
    return { entries, ids: rows.ownersOf(entries, { ids: some, count }) }
  }
}
