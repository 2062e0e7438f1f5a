// The scope of keyed state: a dense id for each key of one operator in one subtask, and its key again.
//
// KS1  Ids stay between two calls of compact(), which only happens between two batches.
// KS2  A key is let go only when nobody holds anything for it (state, timers, windows).
import type { Field } from '../columnar/schema.ts'
import { Schema } from '../columnar/schema.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { RowReader } from '../columnar/row-reader.ts'
import type { Vector } from '../columnar/vector.ts'
import { bitmapBytes } from '../kernels/bitmap.ts'
import type { Kernels } from '../kernels/module.ts'
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
  readonly #compactionKeysMin: number
  #compactAt: number
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
    this.#compactionKeysMin = compactionKeysMin
    this.#compactAt = compactionKeysMin
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

  /** Looks for dead keys each time the index has doubled; drops them when they are the half. */
  compact(): void {
    const { size } = this
    if (size < this.#compactAt) return
    const live = new Uint8Array(size)
    for (const holder of this.holders) holder.mark(live)
    let count = 0
    for (const byte of live) count += byte
    if (count <= size / 2) this.#drop(live)
    this.#compactAt = Math.max(this.#compactionKeysMin, this.size * 2)
  }

  close(): void {
    this.#known = []
    this.#keys.close()
  }

  #drop(live: Uint8Array): void {
    this.#known = []
    const kernels = this.#kernels
    const bytes = bitmapBytes(live.length)
    const bitmap = kernels.allocate(bytes)
    const bits = new Uint8Array(bytes)
    live.forEach((byte, id) => {
      bits[id >> 3]! |= byte << (id & 7)
    })
    kernels.u8.set(bits, bitmap)
    const map = kernels.allocate(live.length * 4)
    this.#keys.compact(bitmap, map)
    const ids = kernels.u32.slice(map >>> 2, (map >>> 2) + live.length)
    for (const holder of this.holders) holder.remap(ids)
    kernels.release(map)
    kernels.release(bitmap)
  }
}
