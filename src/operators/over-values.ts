// The aggregates of an OVER aggregation that keep values: distinct counts, quantiles, lists. Each key has the
// values of the frame that ends at its last row (kept-values.ts): a row's come, those that its frame has
// left behind go, and the results are what is there then.
//
//   rows -> rounds: in each, a key moves on by one row, or by all of one time
//   round -> values out, values in -> results of its keys, kept as whole rows
//
// OV1  A key's frame moves with its own rows only; forget() makes all of them move on. Rows that have left
//      are let go before others come, when they may be the half.
// OV2  Results are kept by row, from apply() until release(): they may live over steps.
// OV3  Frames that end somewhere are snapshot as their rows, of which the values follow. Without an end
//      the values themselves are, and nobody keeps the rows.
import { assert } from '../base/assert.ts'
import type { StateReader, StateWriter } from '../checkpoint/operator-state.ts'
import { ROW_OPS } from '../columnar/changelog.ts'
import { gatherVector } from '../columnar/gather.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { type Field, Schema } from '../columnar/schema.ts'
import { type DataType, int64 } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import { touchedKeys } from '../kernels/changes.ts'
import type { Kernels } from '../kernels/module.ts'
import type { OverExtent, OverRows } from '../kernels/over.ts'
import { takeFixed } from '../kernels/take.ts'
import { FrameRows } from '../state/frame-rows.ts'
import { KeyColumn } from '../state/key-column.ts'
import type { KeyIndex } from '../state/key-index.ts'
import { RowStore } from '../state/row-store.ts'
import { KeptValues } from './kept-values.ts'
import type { AggregateSpec } from './operator-spec.ts'

export interface OverValuesOptions {
  readonly input: Schema
  readonly aggregates: readonly AggregateSpec[]
  /** Of the results. */
  readonly types: readonly DataType[]
  readonly extent: OverExtent
  /** What the state's tables are called by: it tells one frame from another. */
  readonly name: string
  /** Rows have times. */
  readonly isTimed: boolean
  readonly batchRows: number
}

/** What one step of a frame takes out and puts in: numbers of kept rows, and of the rows that come. */
interface Round {
  readonly left: number[]
  readonly came: number[]
}

/** Results of rows, one after the other: where each row's are (u32), and each address once. */
export interface OverResults {
  readonly addresses: number
  readonly made: readonly number[]
}

const LEAST_TIME = -(2n ** 63n)

export class OverValues {
  readonly #kernels: Kernels
  readonly #options: OverValuesOptions
  /** Positions in the input of the columns that values are of. */
  readonly #columns: readonly number[]
  readonly #kept: KeptValues
  /** Undefined without an end: no row leaves. */
  readonly #frame: FrameRows | undefined
  readonly #stamps: KeyColumn
  readonly #results: RowStore

  /** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, MEMORY_EXHAUSTED */
  constructor(kernels: Kernels, options: OverValuesOptions) {
    const { input, aggregates, extent, types, isTimed } = options
    this.#kernels = kernels
    this.#options = options
    this.#columns = valueColumns(input, aggregates)
    this.#kept = new KeptValues(kernels, input, aggregates)
    const held = this.#columns.map((position) => input.fields[position]!.type)
    this.#frame = extent.kind === 'unbounded' ? undefined : new FrameRows(kernels, held, isTimed)
    this.#stamps = new KeyColumn(kernels, 4)
    this.#results = new RowStore(kernels, types)
  }

  /**
   * Moves the frames of rows' keys on, row by row in order of time, and keeps what each row gets.
   * @param columns dense, by their positions in the input
   * @throws RECORD_TOO_LARGE for more values than collect() takes
   */
  apply(rows: OverRows, columns: (position: number) => Vector, keyCount: number): OverResults {
    const kernels = this.#kernels
    const { n } = rows
    this.#reserve(keyCount)
    this.#frame?.tidy(keyCount)
    const vectors = this.#columns.map(columns)
    const first = this.#frame?.append({ columns: vectors, ...rows, keyCount }) ?? 0
    const addresses = kernels.allocate(n * 4)
    const made: number[] = []
    for (const { left, came } of this.#rounds(rows, first)) {
      const mark = kernels.mark()
      const numbers = put(kernels, [...left, ...came.map((row) => first + row)])
      const places = { rows: put(kernels, came), length: came.length }
      const all = { rows: numbers, length: left.length + came.length }
      const cameIds = takeFixed(kernels, 4, rows.ids, places)
      const isAll = came.length === n
      this.#change(all, left.length, {
        ids: this.#frame === undefined ? cameIds : takeFixed(kernels, 4, this.#frame.side.ids, all),
        columns: (i) => {
          if (isAll && left.length === 0) return vectors[i]!
          return (
            this.#frame?.side.columns[i]!.gather(all) ?? gatherVector(kernels, vectors[i]!, places)
          )
        },
      })
      const touched = touchedKeys(kernels, cameIds, came.length, this.#stamps.ptr)
      const results = this.#results.put(this.#kept.results(touched), touched.count)
      const { u32 } = kernels
      came.forEach((row, i) => {
        const local = u32[(touched.locals >>> 2) + i]!
        u32[(addresses >>> 2) + row] = u32[(results >>> 2) + local]!
      })
      for (let i = 0; i < touched.count; i++) made.push(u32[(results >>> 2) + i]!)
      this.#kept.forget(touched)
      this.#frame?.drop({ rows: numbers, length: left.length })
      kernels.reset(mark)
    }
    return { addresses, made }
  }

  /** The aggregates of `length` rows from row `from` on, in the arena. */
  columns({ addresses }: OverResults, from: number, length: number): Vector[] {
    return this.#results.columns(addresses + from * 4, length)
  }

  /** Nobody reads these results any more. */
  release({ addresses, made }: OverResults): void {
    const kernels = this.#kernels
    const mark = kernels.mark()
    this.#results.release(put(kernels, made), made.length)
    kernels.reset(mark)
    kernels.release(addresses)
  }

  /** Frames leave rows before a time behind: of keys that nothing came for, too. */
  forget(bound: bigint, keyCount: number): void {
    const frame = this.#frame
    if (frame === undefined) return
    const kernels = this.#kernels
    const left: number[] = []
    this.#reserve(keyCount)
    for (let key = 0; key < keyCount; key++) {
      frame.leaveBefore(key, bound, left)
      if (left.length === 0 || (left.length < this.#options.batchRows && key < keyCount - 1)) {
        continue
      }
      const mark = kernels.mark()
      const rows = { rows: put(kernels, left), length: left.length }
      const ids = takeFixed(kernels, 4, frame.side.ids, rows)
      this.#change(rows, left.length, { ids, columns: (i) => frame.side.columns[i]!.gather(rows) })
      this.#kept.forget(touchedKeys(kernels, ids, left.length, this.#stamps.ptr))
      frame.drop(rows)
      kernels.reset(mark)
      left.length = 0
    }
    frame.tidy(keyCount)
  }

  /** Follows a compaction of the keys: those that go have no rows. */
  compact(map: number, size: number, keyCount: number): void {
    this.#kept.compact(map, size)
    this.#frame?.compact(map, size, keyCount)
  }

  snapshot(into: StateWriter, keys: KeyIndex, keyFields: readonly Field[]): void {
    const { name, batchRows, isTimed } = this.#options
    const frame = this.#frame
    if (frame === undefined) {
      this.#kept.snapshot(under(name, into), keys, keyFields, batchRows)
      return
    }
    const kernels = this.#kernels
    const { side } = frame
    const schema = this.#rowSchema(keyFields)
    const owners = keyFields.map((_, i) => i)
    for (let from = 0; from < side.rows;) {
      const mark = kernels.mark()
      const rows = side.living(from, batchRows)
      const { length } = rows
      from = length < batchRows ? side.rows : kernels.u32[(rows.rows >>> 2) + length - 1]! + 1
      if (length > 0) {
        const columns = keys.columns(takeFixed(kernels, 4, side.ids, rows), length)
        columns.push(...side.columns.map((column) => column.gather(rows)))
        if (isTimed) columns.push(timesVector(takeFixed(kernels, 8, side.times, rows), length))
        into.keyed(name, new RecordBatch(schema, length, columns), owners)
      }
      kernels.reset(mark)
    }
  }

  /** Reads what snapshot() wrote. */
  restore(from: StateReader, keys: KeyIndex, keyFields: readonly Field[]): void {
    const { name } = this.#options
    const frame = this.#frame
    const idsOf = (columns: readonly Vector[], n: number): number => {
      const ids = keys.insert(columns, n)
      this.#reserve(keys.size)
      return ids
    }
    if (frame === undefined) {
      this.#kept.restore({ table: (table) => from.table(`${name} ${table}`) }, idsOf)
      return
    }
    for (const { columns, length: n } of from.table(name)) {
      const ids = idsOf(columns.slice(0, keyFields.length), n)
      const vectors = columns.slice(keyFields.length, keyFields.length + this.#columns.length)
      const times = columns.at(-1)!.values
      const first = frame.append({ columns: vectors, ids, times, n, keyCount: keys.size })
      const { u32 } = this.#kernels
      for (let i = 0; i < n; i++) frame.enter(u32[(ids >>> 2) + i]!, first + i)
      this.#change({ length: n }, 0, { ids, columns: (i) => vectors[i]! })
      this.#kept.forget(touchedKeys(this.#kernels, ids, n, this.#stamps.ptr))
    }
  }

  close(): void {
    this.#kept.close()
    this.#frame?.close()
    this.#stamps.close()
    this.#results.close()
  }

  #reserve(keyCount: number): void {
    this.#kept.reserve(keyCount)
    this.#stamps.reserve(keyCount)
  }

  /** Takes the first `left` of some rows' values out, and puts the others in. */
  #change(
    { length: n }: { readonly length: number },
    left: number,
    of: { readonly ids: number; readonly columns: (i: number) => Vector },
  ): void {
    const kernels = this.#kernels
    const ops = kernels.scratch(n)
    kernels.u8.fill(ROW_OPS.delete, ops, ops + left)
    kernels.u8.fill(ROW_OPS.insert, ops + left, ops + n)
    const made = new Map<number, Vector>()
    const missing = this.#kept.apply({ ids: of.ids, ops, n }, (position) => {
      const vector = made.get(position) ?? of.columns(this.#columns.indexOf(position))
      made.set(position, vector)
      return vector
    })
    assert(missing === undefined, 'what leaves a frame was in it')
  }

  /** Who moves on in which round, and what leaves by that. */
  #rounds({ ids, times, n }: OverRows, first: number): readonly Round[] {
    const kernels = this.#kernels
    const { extent } = this.#options
    const frame = this.#frame
    const mark = kernels.mark()
    const { locals, count } = touchedKeys(kernels, ids, n, this.#stamps.ptr)
    const { u32, i64 } = kernels
    const rounds: Round[] = []
    const lastRounds = new Int32Array(count).fill(-1)
    const lastTimes = new BigInt64Array(count)
    const hasPeers = extent.kind === 'range' || (extent.kind === 'unbounded' && extent.peers)
    for (let row = 0; row < n; row++) {
      const local = u32[(locals >>> 2) + row]!
      const key = u32[(ids >>> 2) + row]!
      const time = hasPeers ? i64[times / 8 + row]! : 0n
      const isPeer = hasPeers && lastRounds[local]! >= 0 && lastTimes[local] === time
      if (!isPeer) lastRounds[local]!++
      lastTimes[local] = time
      const round = (rounds[lastRounds[local]!] ??= { left: [], came: [] })
      round.came.push(row)
      if (frame === undefined) continue
      if (extent.kind === 'rows') frame.leaveBeyond(key, extent.rows - 1, round.left)
      else if (extent.kind === 'range' && !isPeer) {
        frame.leaveBefore(key, beginOf(time, extent.span), round.left)
      }
      frame.enter(key, first + row)
    }
    kernels.reset(mark)
    return rounds
  }

  #rowSchema(keyFields: readonly Field[]): Schema {
    const { input, isTimed } = this.#options
    const held = this.#columns.map((position) => input.fields[position]!)
    return new Schema([...keyFields, ...held, ...(isTimed ? [TIME_FIELD] : [])])
  }
}

const TIME_FIELD: Field = { name: '$time', type: int64() }

const timesVector = (values: number, length: number): Vector =>
  new Vector({ type: TIME_FIELD.type, length, values })

/** Where time begins, so does the frame. */
export const beginOf = (time: bigint, span: bigint): bigint =>
  time - span < LEAST_TIME ? LEAST_TIME : time - span

/** Positions of the columns that aggregates look at, each once. */
export function valueColumns(input: Schema, aggregates: readonly AggregateSpec[]): number[] {
  const names = aggregates.flatMap(({ column, by, filter }) => [column, by, filter])
  const used = names.filter((name) => name !== undefined)
  return [...new Set(used)].map((name) => input.indexOf(name))
}

/** Numbers (u32) in the arena. */
const put = (kernels: Kernels, numbers: readonly number[]): number =>
  kernels.put(new Uint8Array(Uint32Array.from(numbers).buffer))

/** A writer whose tables' names begin so. */
const under = (name: string, into: StateWriter): StateWriter => ({
  keyed: (table, batch, keys) => into.keyed(`${name} ${table}`, batch, keys),
  list: (table, batch) => into.list(`${name} ${table}`, batch),
  union: (table, batch) => into.union(`${name} ${table}`, batch),
})
