// One value for each dense id: how states hold theirs. Values of fixed width lie in a block of linear
// memory, cell by cell, behind a typed array; others (text, bytes, lists, structs, serialised objects) are
// JavaScript values in an array.
//
//   id ──► presence (a byte: none, a value, null) ──► cell (1 to 8 bytes) | JavaScript value
//
// VS1  What goes in fits the state's type, by the rules of columns; what does not is a Refusal.
// VS2  A typed array over linear memory dies when that grows: a length of 0 says so, and it is made anew.
// VS3  remap() follows KeyIndex.compact(): new ids keep the order of the old ones.
import { columnBuilder } from '../columnar/batch-builder.ts'
import { type ColumnBuilder, Refusal, show } from '../columnar/column-builder.ts'
import { type DataType, typeName } from '../columnar/type.ts'
import { NO_GROUP } from '../kernels/group-table.ts'
import type { Kernels } from '../kernels/module.ts'
import { type Cells, cellsOf } from './cells.ts'
import type { Serializer } from './serializer.ts'
import type { StateType } from './state.ts'

const START_IDS = 64
const NONE = 0
const VALUE = 1
const NULL = 2

export const isSerializer = (type: StateType): type is Serializer<unknown> => 'serialize' in type

/** Makes the store of a type. */
export function valueStore(kernels: Kernels, type: StateType): ValueStore {
  const cells = isSerializer(type) ? undefined : cellsOf(type)
  return cells === undefined
    ? new ObjectStore(type)
    : new FixedStore(kernels, type as DataType, cells)
}

export abstract class ValueStore {
  protected presence = new Uint8Array(START_IDS)

  has(id: number): boolean {
    return id < this.presence.length && this.presence[id] !== NONE
  }

  /** Ids that may have a value are below. */
  get capacity(): number {
    return this.presence.length
  }

  /** The value; undefined where there is none. */
  abstract get(id: number): unknown
  /** @throws Refusal */
  abstract set(id: number, value: unknown): void

  delete(id: number): void {
    if (id < this.presence.length) this.presence[id] = NONE
  }

  /** Sets the bytes of ids that have a value. */
  mark(live: Uint8Array): void {
    const end = Math.min(live.length, this.presence.length)
    for (let id = 0; id < end; id++) if (this.presence[id] !== NONE) live[id] = 1
  }

  /** @param map the new id of each old one, NO_GROUP for those without a value */
  remap(map: Uint32Array): void {
    const { presence } = this
    const end = Math.min(map.length, presence.length)
    for (let id = 0; id < end; id++) {
      const to = map[id]!
      if (to === id || presence[id] === NONE) continue
      if (to !== NO_GROUP) {
        this.move(id, to)
        presence[to] = presence[id]!
      }
      this.delete(id)
    }
  }

  close(): void {
    this.presence = new Uint8Array()
  }

  protected abstract move(from: number, to: number): void

  protected reserve(id: number): void {
    if (id < this.presence.length) return
    const grown = new Uint8Array(Math.max(START_IDS, this.presence.length * 2, id + 1))
    grown.set(this.presence)
    this.presence = grown
  }
}

/** JavaScript values by id. */
class ObjectStore extends ValueStore {
  readonly #check: (value: unknown) => void
  readonly #values: unknown[] = []

  constructor(type: StateType) {
    super()
    this.#check = valueCheck(type)
  }

  override get(id: number): unknown {
    return this.has(id) ? this.#values[id] : undefined
  }

  override set(id: number, value: unknown): void {
    this.#check(value)
    this.reserve(id)
    while (this.#values.length < id) this.#values.push(undefined)
    this.presence[id] = VALUE
    this.#values[id] = value
  }

  override delete(id: number): void {
    super.delete(id)
    if (id < this.#values.length) this.#values[id] = undefined
  }

  override close(): void {
    super.close()
    this.#values.length = 0
  }

  protected override move(from: number, to: number): void {
    this.#values[to] = this.#values[from]
  }
}

/** Cells of a fixed width in a block of linear memory. */
class FixedStore extends ValueStore {
  readonly #kernels: Kernels
  readonly #type: DataType
  readonly #cells: Cells
  #block = 0

  constructor(kernels: Kernels, type: DataType, cells: Cells) {
    super()
    this.#kernels = kernels
    this.#type = type
    this.#cells = cells
    this.#grow(0)
  }

  override get(id: number): unknown {
    const presence = this.presence[id]
    if (presence !== VALUE) return presence === NULL ? null : undefined
    this.#bound()
    return this.#cells.get(id)
  }

  override set(id: number, value: unknown): void {
    if (id >= this.presence.length) this.#grow(id)
    if (value === null && this.#type.nullable) {
      this.presence[id] = NULL
      return
    }
    this.#bound()
    const why = this.#cells.set(id, value)
    if (why !== undefined) {
      throw new Refusal(
        'TYPE_MISMATCH',
        'value',
        `${show(value)} is no ${typeName(this.#type)}${why}`,
      )
    }
    this.presence[id] = VALUE
  }

  override close(): void {
    super.close()
    this.#kernels.release(this.#block)
    this.#block = 0
  }

  protected override move(from: number, to: number): void {
    const { width } = this.#cells
    const at = this.#block + from * width
    this.#kernels.u8.copyWithin(this.#block + to * width, at, at + width)
  }

  #grow(id: number): void {
    const used = this.#block === 0 ? 0 : this.capacity * this.#cells.width
    this.reserve(id)
    const bytes = this.capacity * this.#cells.width
    this.#block = this.#kernels.reallocate(this.#block, used, bytes)
    this.#cells.bind(this.#kernels, this.#block, this.capacity)
  }

  #bound(): void {
    if (this.#cells.length === 0) this.#cells.bind(this.#kernels, this.#block, this.capacity)
  }
}

/** Throws a Refusal, or what the serializer throws, for a value that is not of the type. */
export function valueCheck(type: StateType): (value: unknown) => void {
  if (isSerializer(type)) return (value) => type.check?.(value)
  const builder: ColumnBuilder = columnBuilder(type, 'value')
  const isPlain = plainCheck(type)
  return (value) => {
    if (isPlain?.(value) === true) return
    try {
      builder.append(value)
    } catch (error) {
      builder.reset()
      throw error
    }
    if (builder.length === CHECKED_ROWS) builder.reset()
  }
}

/** What the values of a type nearly always are; what it does not know is for the builder to judge. */
function plainCheck({ kind }: DataType): ((value: unknown) => boolean) | undefined {
  switch (kind) {
    case 'utf8':
      return (value) => typeof value === 'string'
    case 'float64':
      return (value) => typeof value === 'number'
    case 'int32':
      return (value) => typeof value === 'number' && (value | 0) === value
    case 'bool':
      return (value) => typeof value === 'boolean'
    default:
      return undefined
  }
}

/** A builder that only checks is emptied after so many values. */
const CHECKED_ROWS = 64
