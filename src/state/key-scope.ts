// The scope of keyed state: a dense id for each key of one operator in one subtask, and its key again.
//
// KS1  Ids stay between two calls of compact(), which only happens between two batches.
// KS2  A key is let go only when nobody holds anything for it (state, timers, windows).
import type { Field } from '../columnar/schema.ts'
import { Schema } from '../columnar/schema.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { RowReader } from '../columnar/row-reader.ts'
import type { Vector } from '../columnar/vector.ts'
import type { Kernels } from '../kernels/module.ts'
import { KeyCompaction } from './key-compaction.ts'
import { KeyIndex } from './key-index.ts'
import type { IdHolder, StateScope } from './state-table.ts'

/** Ids below this many keep their keys as JavaScript values once those were asked for. */
const KNOWN_KEYS_MAX = 65_536

export class KeyScope implements StateScope {
  readonly name = 'key'
  readonly fields: readonly Field[]
  readonly keyCount: number
  readonly holders: IdHolder[] = []
  current = -1
  absence = 'outside of a keyed call'
  readonly #kernels: Kernels
  readonly #keys: KeyIndex
  readonly #reader: RowReader
  readonly #compaction: KeyCompaction
  /** Keys that were asked for, by id: timers ask for those of rows that are long gone. */
  #known: unknown[] = []

  /**
   * @param fields the key columns
   * @param compactionKeysMin below this many keys nobody looks for dead ones
   */
  constructor(kernels: Kernels, fields: readonly Field[], compactionKeysMin: number) {
    this.#kernels = kernels
    this.fields = fields
    this.keyCount = fields.length
    this.#keys = new KeyIndex(
      kernels,
      fields.map(({ type }) => type),
    )
    this.#reader = new RowReader(kernels, new Schema(fields))
    this.#compaction = new KeyCompaction(kernels, compactionKeysMin)
  }

  get size(): number {
    return this.#keys.size
  }

  columns(ids: number, n: number): Vector[] {
    return this.#keys.columns(ids, n)
  }

  resolve(columns: readonly Vector[], n: number): Uint32Array {
    const mark = this.#kernels.mark()
    const ids = this.#keys.insert(columns, n) >>> 2
    const copy = this.#kernels.u32.slice(ids, ids + n)
    this.#kernels.reset(mark)
    return copy
  }

  /** The key of an id, as a row sees it: the value of one column, or an object of several. */
  keyOf(id: number): unknown {
    const known = this.#known[id]
    if (known !== undefined) return known
    const key = this.#read(id)
    // An object is its reader's own: it may change it.
    if (id < KNOWN_KEYS_MAX && typeof key !== 'object') {
      while (this.#known.length < id) this.#known.push(undefined)
      this.#known[id] = key
    }
    return key
  }

  #read(id: number): unknown {
    const kernels = this.#kernels
    const mark = kernels.mark()
    const ids = kernels.scratch(4)
    kernels.u32[ids >>> 2] = id
    this.#reader.bind(new RecordBatch(this.#reader.schema, 1, this.columns(ids, 1)))
    const key = this.keyCount === 1 ? this.#reader.value(0, 0) : this.#reader.row(0)
    kernels.reset(mark)
    return key
  }

  /** Lets keys go that nobody holds anything for, when they may be the half. */
  compact(): void {
    this.#compaction.run(this.#keys, {
      mark: (bits, size) => this.#mark(bits, size),
      remap: (map, size) => {
        this.#known = []
        const ids = this.#kernels.u32.slice(map >>> 2, (map >>> 2) + size)
        for (const holder of this.holders) holder.remap(ids)
      },
    })
  }

  close(): void {
    this.#known = []
    this.#keys.close()
  }

  #mark(bits: number, size: number): void {
    const live = new Uint8Array(size)
    for (const holder of this.holders) holder.mark(live)
    const { u8 } = this.#kernels
    live.forEach((byte, id) => {
      u8[bits + (id >> 3)]! |= byte << (id & 7)
    })
  }
}
