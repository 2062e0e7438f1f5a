// The aggregates over a changelog that look at values in an order. Each key keeps all of its values, sorted,
// and the result is at one end.
//
//   min, max, any, all     values in their order; quantile, too, at ranks between
//   first, last, collect   values in order of arrival
//   topN                   values, the greatest first
//   argMin, argMax         values with what they are compared by, in the order of that
//
// OA1  Aggregates over the same values share a list. Nulls, and rows that a filter leaves out, are not in it.
// OA2  Key ids are those of the group table; compact() follows it.
// OA3  A value that is taken back was there: its changes come in their order. In order of arrival the
//      first that is equal goes, and it is looked for from the front: that costs what lies before it.
import { assert } from '../base/assert.ts'
import { type StateReader, type StateWriter, writeByKey } from '../checkpoint/operator-state.ts'
import type { DenseColumns } from '../columnar/dense-columns.ts'
import { gatherOptional } from '../columnar/gather.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { type Field, Schema } from '../columnar/schema.ts'
import { RowReader } from '../columnar/row-reader.ts'
import { type DataType, float64, list as listOf, nullable, withNullable } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import { bitmapToSelection } from '../kernels/bitmap.ts'
import type { TouchedKeys } from '../kernels/changes.ts'
import { compareNumbers } from '../kernels/compare.ts'
import type { Kernels } from '../kernels/module.ts'
import { constantOperand, NO_ROW, vectorOperand } from '../kernels/operand.ts'
import { rowsFrom, takeFixed } from '../kernels/take.ts'
import { ALL_ROWS, type KeyIds } from '../kernels/top-n.ts'
import type { KeyColumns } from '../state/row-index.ts'
import { SortedRows } from '../state/sorted-rows.ts'
import { acceptedValues, batchRow, type ChangingRows } from './accepted-values.ts'
import { tooManyCollected } from './aggregation.ts'
import type { AggregateFunctionName, AggregateSpec } from './operator-spec.ts'

/** In which order an aggregate wants its values, and where it looks. */
const ORDERS: Partial<
  Record<AggregateFunctionName, { readonly order: ListOrder; readonly isLast?: boolean }>
> = {
  min: { order: 'sorted' },
  all: { order: 'sorted' },
  quantile: { order: 'sorted' },
  max: { order: 'sorted', isLast: true },
  any: { order: 'sorted', isLast: true },
  first: { order: 'arrived' },
  last: { order: 'arrived', isLast: true },
  collect: { order: 'arrived' },
  topN: { order: 'greatest' },
  // Of equals the first to come counts.
  argMin: { order: 'sorted' },
  argMax: { order: 'greatest' },
}

type ListOrder = 'arrived' | 'sorted' | 'greatest'

/** True for functions that look at values in an order. */
export const isOrdered = (name: AggregateFunctionName): boolean => ORDERS[name] !== undefined

/** Values of keys: which, and how. */
interface ValueList {
  readonly name: string
  /** The value's, and that of what it is compared by. */
  readonly columns: readonly number[]
  readonly filter: number | undefined
  readonly types: readonly DataType[]
  readonly rows: SortedRows
  /** What left it by the batch that is under way, 0 for none. */
  gone: number
}

interface OrderedResult {
  readonly list: ValueList
  readonly isLast: boolean
  /** How many values a result has, when it is a list; and whether more are an error. */
  readonly most?: number
  readonly isAll?: boolean
  /** Of a quantile. */
  readonly fraction?: number
}

export class OrderedAggregates {
  readonly #kernels: Kernels
  readonly #input: Schema
  readonly #lists: readonly ValueList[]
  /** Where an aggregate looks. */
  readonly #results: readonly OrderedResult[]

  /** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH */
  constructor(kernels: Kernels, input: Schema, specs: readonly AggregateSpec[]) {
    this.#kernels = kernels
    this.#input = input
    const lists = new Map<string, ValueList>()
    this.#results = specs.map((spec) => {
      const { order, isLast = false } = ORDERS[spec.function]!
      const made = newList(kernels, input, spec, order)
      const list = lists.get(made.name) ?? made
      if (list !== made) made.rows.close()
      lists.set(list.name, list)
      if (spec.function === 'quantile') return { list, isLast, fraction: spec.parameter! }
      const isAll = spec.function === 'collect'
      if (!isAll && spec.function !== 'topN') return { list, isLast }
      return { list, isLast, most: spec.parameter!, isAll }
    })
    this.#lists = [...lists.values()]
  }

  /** Makes room for key ids below `size`. */
  reserve(size: number): void {
    for (const { rows } of this.#lists) rows.reserve(size)
  }

  /**
   * Puts a batch's values into their lists, or takes them out; forget() must follow. Gives the first row
   * that takes a value back which is not there: its changes are incomplete then.
   */
  apply(changing: ChangingRows, dense: DenseColumns): number | undefined {
    for (const list of this.#lists) {
      const within = list.filter === undefined ? undefined : dense(list.filter)
      const accepted = acceptedValues(this.#kernels, changing, list.columns.map(dense), within)
      const { ids, ops, n, values: columns } = accepted
      list.gone = list.rows.newGone(n, 0)
      const coming = { ids, ops, columns, n }
      const keep = { limit: ALL_ROWS, ties: false }
      const missing = list.rows.apply(coming, keep, { gone: list.gone, strict: true })
      if (missing !== undefined) return batchRow(this.#kernels, accepted, missing)
    }
    return undefined
  }

  /**
   * The results of keys, one vector an aggregate, null where a key has no value; in the arena.
   * @throws RECORD_TOO_LARGE for more values than collect() takes
   */
  results({ ids, count }: TouchedKeys): Vector[] {
    return this.#results.map((result) => {
      const { list, isLast } = result
      if (result.fraction !== undefined) {
        return this.#quantiles(list, result.fraction, { ids, count })
      }
      if (result.most !== undefined) return this.#listed(result, result.most, { ids, count })
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
      const [values] = list.rows.columns(addresses, found) as [Vector, ...Vector[]]
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
  snapshot(into: StateWriter, keys: KeyColumns, keyFields: readonly Field[], most: number): void {
    const kernels = this.#kernels
    const positions = keyFields.map((_, i) => i)
    for (const { name, types, rows } of this.#lists) {
      const own = types.map((type, i) => ({ name: i === 0 ? '$value' : '$by', type }))
      const schema = new Schema([...keyFields, ...own])
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
          writeByKey(into, name, batch, positions)
        }
        kernels.reset(mark)
      }
    }
  }

  /** Reads what snapshot() wrote. @param idsOf gives the ids (u32 a row) of keys */
  restore(from: StateReader, idsOf: (keys: readonly Vector[], n: number) => number): void {
    for (const { name, types, rows } of this.#lists) {
      for (const { columns, length: n } of from.table(name)) {
        const ids = idsOf(columns.slice(0, -types.length), n)
        const gone = rows.newGone(n, 0)
        const keep = { limit: ALL_ROWS, ties: false }
        const coming = { ids, ops: 0, columns: columns.slice(-types.length), n }
        rows.apply(coming, keep, { gone, strict: true })
      }
    }
  }

  close(): void {
    for (const { rows } of this.#lists) rows.close()
  }

  /** Quantiles of keys as float64, between the values at two neighbouring ranks. */
  #quantiles({ rows, types }: ValueList, fraction: number, keys: KeyIds): Vector {
    const kernels = this.#kernels
    const { count } = keys
    const { below, above, between } = rows.quantiles(keys, fraction)
    const validity = compareNumbers(
      kernels,
      'uint32',
      'ne',
      vectorOperand(below),
      constantOperand(kernels, 'uint32', 0),
      count,
    )
    const found = bitmapToSelection(kernels, validity, count)
    const [low, high] = [below, above].map((addresses) => {
      const some = takeFixed(kernels, 4, addresses, found)
      return numbersOf(kernels, types[0]!, rows.columns(some, found.length)[0]!)
    }) as [Float64Array, Float64Array]
    const values = kernels.scratch(count * 8)
    const { f64, u32 } = kernels
    f64.fill(0, values / 8, values / 8 + count)
    for (let i = 0; i < found.length; i++) {
      const row = u32[(found.rows >>> 2) + i]!
      const share = f64[between / 8 + row]!
      // At a rank itself what is above may be infinite, and between equal values they both may.
      const isLow = share === 0 || low[i] === high[i]
      f64[values / 8 + row] = isLow ? low[i]! : low[i]! + (high[i]! - low[i]!) * share
    }
    return new Vector({
      type: nullable(float64()),
      length: count,
      validity,
      nullCount: count - found.length,
      values,
    })
  }

  /** The first values of keys, a list each. */
  #listed({ list, isAll }: OrderedResult, most: number, keys: KeyIds): Vector {
    const { rows, columns, types } = list
    const first = rows.first(keys, { limit: isAll === true ? most + 1 : most, ties: false })
    if (isAll === true) {
      const { u32 } = this.#kernels
      for (let i = 0, at = first.starts >>> 2; i < keys.count; i++, at++) {
        if (u32[at + 1]! - u32[at]! <= most) continue
        throw tooManyCollected(this.#input.fields[columns[0]!]!.name, most)
      }
    }
    const item = withNullable(types[0]!, false)
    const { values, offsets } = rows.columnsOf(first, 0, first.length)[0]!
    const child = new Vector({ type: item, length: first.length, values, offsets })
    const { starts } = first
    return new Vector({
      type: listOf(item),
      length: keys.count,
      offsets: starts,
      children: [child],
    })
  }

  /** All entries of some keys, and whose (u32) each is. */
  #entriesOf(rows: SortedRows, first: number, count: number) {
    const keys = { ids: rowsFrom(this.#kernels, first, count).rows, count }
    const entries = rows.first(keys, { limit: ALL_ROWS, ties: false })
    return { entries, ids: rows.ownersOf(entries, keys) }
  }
}

/** The values of a numeric column as numbers. */
function numbersOf(kernels: Kernels, type: DataType, values: Vector): Float64Array {
  const schema = new Schema([{ name: 'value', type }])
  const reader = new RowReader(kernels, schema)
  reader.bind(new RecordBatch(schema, values.length, [values]))
  return Float64Array.from({ length: values.length }, (_, i) => Number(reader.value(0, i)))
}

function newList(
  kernels: Kernels,
  input: Schema,
  { function: of, column, by, filter }: AggregateSpec,
  order: ListOrder,
): ValueList {
  assert(column !== undefined, `${of}() takes a column`)
  const names = by === undefined ? [column] : [column, by]
  const types = names.map((name) => input.field(name).type)
  const where = filter === undefined ? '' : ` where ${filter}`
  const isArrival = order === 'arrived'
  return {
    name: `${order} ${names.join(' by ')}${where}`,
    columns: names.map((name) => input.indexOf(name)),
    filter: filter === undefined ? undefined : input.indexOf(filter),
    types,
    rows: new SortedRows(kernels, {
      types,
      by: isArrival ? [] : [names.length - 1],
      descending: isArrival ? [] : [order === 'greatest'],
    }),
    gone: 0,
  }
}
