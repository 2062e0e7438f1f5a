// The first rows of each key in an order, as they change: over rows that stay, and over a changelog.
//
//   batch -> key ids -> first rows before -> rows into lists, or out -> first rows after -> difference
//
// TN1  A batch gives the net change of a key's first rows. With ranks a row that moves is an update of its
//      place; of a single row a key, another one is an update; else rows come and go.
// TN2  Rows that are equal in the order stand as they came.
// TN3  When the input only inserts, a key keeps its first rows and no more; a changelog needs them all.
// TN4  In batch mode rows only go into the lists, and the first rows are inserted at the end of input.
// TN5  With a time to live the list of a key that nothing comes for is forgotten.
// TN6  A batch is worked off in parts that give at most CHANGES_MAX changes, and changes of more than a
//      batch go out step by step.
import { assert } from '../base/assert.ts'
import { type StateWriter, writeByKey } from '../checkpoint/operator-state.ts'
import { OP_COLUMN } from '../columnar/changelog.ts'
import { denseColumns } from '../columnar/dense-columns.ts'
import { batchPart } from '../columnar/gather.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { Schema } from '../columnar/schema.ts'
import { Vector } from '../columnar/vector.ts'
import { type TouchedKeys, touchedKeys } from '../kernels/changes.ts'
import { ALL_ROWS, type FirstRows, type TopNChanges, type TopNLimit } from '../kernels/top-n.ts'
import { rowsFrom } from '../kernels/take.ts'
import { KeyColumn } from '../state/key-column.ts'
import { KeyCompaction } from '../state/key-compaction.ts'
import { KeyIndex } from '../state/key-index.ts'
import { KeyTtl } from '../state/key-ttl.ts'
import { type ComingRows, orderIn, SortedRows } from '../state/sorted-rows.ts'
import { ChangeOutput, notThere } from './change-output.ts'
import { RANK_TYPE, TOUCHED_FIELD, touchedTimes } from './changelog-schema.ts'
import type { OperatorSpec } from './operator-spec.ts'
import type { Operator, OperatorContext, OperatorFactory, Output } from './operator.ts'

type TopNSpec = Extract<OperatorSpec, { readonly kind: 'topN' }>

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, UNSUPPORTED */
export const createTopN: OperatorFactory<TopNSpec> = (spec, context, output) =>
  new TopN(spec, context, output)

const ROWS = 'rows'
/** Changes that one part of a batch may give: 17 bytes each. */
const CHANGES_MAX = 1 << 20

interface State {
  readonly keys: KeyIndex
  readonly stamps: KeyColumn
  readonly rows: SortedRows
}

/** Keys whose lists have changed, and what has left these. */
interface Put {
  readonly touched: TouchedKeys
  readonly gone: number
}

class TopN implements Operator {
  readonly #context: OperatorContext
  readonly #changes: ChangeOutput
  readonly #spec: TopNSpec
  readonly #top: TopNLimit
  readonly #keep: TopNLimit
  /** The rows' columns: the input's without '$op'. */
  readonly #positions: readonly number[]
  readonly #schema: Schema
  readonly #stateSchema: Schema
  readonly #ttl: KeyTtl | undefined
  readonly #keyColumns: readonly number[]
  readonly #op: number | undefined
  readonly #rank: number | undefined
  readonly #compaction: KeyCompaction
  #state: State | undefined

  constructor(spec: TopNSpec, context: OperatorContext, output: Output) {
    const input = context.inputs[0]!
    this.#spec = spec
    this.#context = context
    this.#changes = new ChangeOutput(context, output)
    this.#compaction = new KeyCompaction(context.kernels)
    this.#top = { limit: spec.limit, ties: spec.ties === true }
    this.#op = input.has(OP_COLUMN) ? input.indexOf(OP_COLUMN) : undefined
    this.#keep = this.#op === undefined ? this.#top : { limit: ALL_ROWS, ties: false }
    this.#positions = input.names.flatMap((_, i) => (i === this.#op ? [] : [i]))
    this.#schema = new Schema(this.#positions.map((position) => input.fields[position]!))
    this.#keyColumns = spec.keys.map((key) => this.#schema.indexOf(key))
    const { stateTtlMs } = spec
    this.#ttl = stateTtlMs === undefined ? undefined : new KeyTtl(context, stateTtlMs)
    const touched = this.#ttl === undefined ? [] : [TOUCHED_FIELD]
    this.#stateSchema = new Schema([...this.#schema.fields, ...touched])
    this.#rank = spec.rank === undefined ? undefined : context.output.indexOf(spec.rank)
  }

  open(): void {
    const { kernels, restored } = this.#context
    const types = this.#schema.fields.map(({ type }) => type)
    const state: State = {
      keys: new KeyIndex(
        kernels,
        this.#keyColumns.map((column) => types[column]!),
      ),
      stamps: new KeyColumn(kernels, 4),
      rows: new SortedRows(kernels, { types, ...orderIn(this.#schema, this.#spec.by) }),
    }
    this.#state = state
    const ttl = this.#ttl
    ttl?.start()
    for (const { columns: stored, length: n } of restored?.table(ROWS) ?? []) {
      const columns = stored.slice(0, types.length)
      const ids = this.#idsOf(columns, n)
      ttl?.restore(ids, n, stored.at(-1)!.values)
      const all = { limit: ALL_ROWS, ties: false }
      state.rows.apply({ ids, ops: 0, columns, n }, all, {
        gone: state.rows.newGone(n, 0),
        strict: true,
      })
    }
  }

  *processBatch(batch: RecordBatch): Generator<void> {
    const { config } = this.#context
    const most = Math.max(1, Math.floor(CHANGES_MAX / (2 * this.#top.limit)))
    for (let from = 0; from < batch.rowCount; from += most) {
      if (from > 0) yield
      const length = Math.min(most, batch.rowCount - from)
      const part = batchPart(this.#context.kernels, batch, from, length)
      if (this.#spec.final === true) {
        const { touched, gone } = this.#put(part, 0)
        this.#opened().rows.forget(touched, gone)
        continue
      }
      const { changes, touched, gone } = this.#apply(part)
      const { rows } = this.#opened()
      if (changes.length <= config.batchRows) {
        this.#changes.emit(changes.ops, changes.length, this.#columnsOf(changes))
        rows.forget(touched, gone)
      } else yield* this.#emitting(changes, { touched, gone })
      this.#compact()
    }
  }

  *onProcessingTime(nowMs: number): Generator<void> {
    if (this.#ttl === undefined) return
    const { keys, rows } = this.#opened()
    yield* this.#ttl.forgetOver(keys.size, nowMs, (ids, count) => rows.clear({ ids, count }))
    this.#compact()
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    if (this.#spec.final !== true || watermarkMs !== Infinity) return
    const { kernels, config } = this.#context
    const { keys } = this.#opened()
    const most = Math.max(1, Math.floor(config.batchRows / this.#top.limit))
    for (let id = 0; id < keys.size; id += most) {
      const count = Math.min(most, keys.size - id)
      const { rows: ids } = rowsFrom(kernels, id, count)
      const starts = kernels.scratch((count + 1) * 4)
      kernels.u32.fill(0, starts >>> 2, (starts >>> 2) + count + 1)
      const nothing = { starts, entries: 0, length: 0 }
      const changes = this.#changesOf(nothing, { ids, count, locals: 0 })
      yield* this.#emitting(changes, undefined)
    }
  }

  snapshot(into: StateWriter): void {
    const { kernels, config } = this.#context
    const { keys, rows } = this.#opened()
    const { size } = keys
    for (let id = 0; id < size; id += config.batchRows) {
      const mark = kernels.mark()
      const count = Math.min(config.batchRows, size - id)
      const { rows: ids } = rowsFrom(kernels, id, count)
      const all = rows.first({ ids, count }, { limit: ALL_ROWS, ties: false })
      const owners = rows.ownersOf(all, { ids, count })
      for (let from = 0; from < all.length; from += config.batchRows) {
        const length = Math.min(config.batchRows, all.length - from)
        const columns = rows.columnsOf(all, from, length)
        const times = touchedTimes(this.#ttl, owners + from * 4, length)
        const batch = new RecordBatch(this.#stateSchema, length, [...columns, ...times])
        writeByKey(into, ROWS, batch, this.#keyColumns)
      }
      kernels.reset(mark)
    }
  }

  close(): void {
    this.#state?.keys.close()
    this.#state?.stamps.close()
    this.#state?.rows.close()
    this.#state = undefined
    this.#ttl?.close()
  }

  #opened(): State {
    assert(this.#state !== undefined, 'a top-N is used while it is open')
    return this.#state
  }

  /** The key ids of n rows. */
  #idsOf(columns: readonly Vector[], n: number): number {
    const { keys, rows, stamps } = this.#opened()
    const ids = keys.insert(
      this.#keyColumns.map((column) => columns[column]!),
      n,
    )
    rows.reserve(keys.size)
    stamps.reserve(keys.size)
    this.#ttl?.reserve(keys.size)
    return ids
  }

  /** Puts a batch's rows into their lists; what leaves is to be forgotten. */
  #put(batch: RecordBatch, held: number, coming = this.#coming(batch)): Put {
    const { rows } = this.#opened()
    const gone = rows.newGone(coming.n, held)
    const missing = rows.apply(coming, this.#keep, { gone, strict: true })
    if (missing !== undefined) throw notThere(this.#context.kernels, batch, missing)
    return { touched: coming.touched, gone }
  }

  #coming(batch: RecordBatch): ComingRows & { readonly touched: TouchedKeys } {
    const { kernels } = this.#context
    const n = batch.rowCount
    const dense = denseColumns(kernels, batch)
    const columns = this.#positions.map(dense)
    const ids = this.#idsOf(columns, n)
    const { keys, rows, stamps } = this.#opened()
    const touched = touchedKeys(kernels, ids, n, stamps.ptr)
    this.#ttl?.touchOrForget(touched, keys.size, (over, count) => rows.clear({ ids: over, count }))
    return { ids, ops: this.#op === undefined ? 0 : dense(this.#op).values, columns, n, touched }
  }

  #apply(batch: RecordBatch): Put & { readonly changes: TopNChanges } {
    const { rows } = this.#opened()
    const coming = this.#coming(batch)
    const before = rows.first(coming.touched, this.#top)
    const { touched, gone } = this.#put(batch, before.length, coming)
    return { changes: this.#changesOf(before, touched), touched, gone }
  }

  /** What leads from the first rows of keys before to those that they have now. */
  #changesOf(before: FirstRows, touched: TouchedKeys): TopNChanges {
    const { rows } = this.#opened()
    const { limit, ties } = this.#top
    return rows.changes(before, rows.first(touched, this.#top), touched.count, {
      isOne: limit === 1 && !ties,
      ties,
      ranks: this.#rank !== undefined,
    })
  }

  /** Emits changes step by step, and forgets what has left. */
  *#emitting(changes: TopNChanges, put: Put | undefined): Generator<void> {
    const { kernels } = this.#context
    const { rows } = this.#opened()
    const held = new HeldChanges(this.#context, changes, put)
    try {
      const { ops } = held.changes
      yield* this.#changes.emitting(ops, changes.length, this.#columnsOf(held.changes))
      if (held.put !== undefined) rows.forget(held.put.touched, held.put.gone)
    } finally {
      kernels.release(held.block)
    }
  }

  /** The columns of changes, with the rank in its place. */
  #columnsOf({ rows, ranks }: TopNChanges) {
    return (from: number, length: number): Vector[] => {
      const columns = this.#opened().rows.columns(rows + from * 4, length)
      if (this.#rank === undefined) return columns
      const rank = new Vector({ type: RANK_TYPE, length, values: ranks + from * 8 })
      return columns.toSpliced(this.#rank, 0, rank)
    }
  }

  /** Forgets keys without rows, when they may be the half. */
  #compact(): void {
    const { keys, rows } = this.#opened()
    this.#compaction.run(keys, {
      mark: (bits, size) => rows.mark(bits, size),
      remap: (map, size) => {
        rows.compact(map, size)
        this.#ttl?.compact(map, size)
      },
    })
  }
}

/** Changes that go out in several steps: out of the arena, in a block. */
class HeldChanges {
  readonly block: number
  readonly changes: TopNChanges
  readonly put: Put | undefined

  constructor({ kernels }: OperatorContext, changes: TopNChanges, put: Put | undefined) {
    const n = changes.length
    const parts = [
      [changes.ranks, changes.ranks === 0 ? 0 : n * 8],
      [changes.rows, n * 4],
      [put?.touched.ids ?? 0, (put?.touched.count ?? 0) * 4],
      [put?.gone ?? 0, put === undefined ? 0 : (kernels.u32[put.gone >>> 2]! + 1) * 4],
      [changes.ops, n],
    ] as const
    this.block = kernels.allocate(parts.reduce((all, [, bytes]) => all + bytes, 0))
    let at = this.block
    const [ranks, rows, ids, gone, ops] = parts.map(([from, bytes]) => {
      kernels.u8.copyWithin(at, from, from + bytes)
      at += bytes
      return at - bytes
    }) as [number, number, number, number, number]
    this.changes = { length: n, rows, ops, ranks: changes.ranks === 0 ? 0 : ranks }
    this.put = put && { touched: { ...put.touched, ids }, gone }
  }
}
