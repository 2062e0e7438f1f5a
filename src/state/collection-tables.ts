// The states with many things a key: lists and maps. JavaScript arrays and Maps by id; in a snapshot each
// element or entry is a row. Where the state expires, each element or entry does, by itself.
import { DataflowError } from '../base/errors.ts'
import { wholeDays } from '../columnar/row-value.ts'
import { Slots } from './slots.ts'
import type { ListState, MapState, StateType } from './state.ts'
import {
  type Cursor,
  type EntryVisitor,
  type StateTable,
  Table,
  type TableParts,
} from './state-table.ts'
import { isSerializer, valueCheck } from './value-store.ts'

export class ListTable extends Table implements StateTable {
  readonly #lists = new Slots<unknown[]>()
  /** When each element was written or read last; of nobody where nothing expires. */
  readonly #stamps = new Slots<number[]>()
  readonly #check: (value: unknown) => void
  readonly #cursor: Cursor = { at: 0, budget: 0 }

  constructor(parts: TableParts) {
    super(parts)
    this.#check = valueCheck(parts.descriptor.type)
  }

  readonly state: ListState<unknown> = {
    get: () => this.#read(),
    add: (value) => this.#add(this.id(), value, this.#stamp()),
    addAll: (values) => {
      const id = this.id()
      const stampMs = this.#stamp()
      for (const value of values) this.#add(id, value, stampMs)
    },
    update: (values) => {
      const id = this.id()
      // The values may be made of the list that they replace.
      const given = [...values]
      this.#remove(id)
      const stampMs = this.#stamp()
      for (const value of given) this.#add(id, value, stampMs)
    },
    clear: () => this.#remove(this.id()),
  }

  readonly restore: EntryVisitor = (id, _key, value, stampMs) => {
    this.#push(id, value, stampMs)
  }

  forEach(visit: EntryVisitor): void {
    for (let id = 0; id < this.#lists.length; id++) {
      const list = this.#living(id)
      const stamps = this.#stamps.get(id)
      list?.forEach((value, i) => visit(id, undefined, value, stamps?.[i] ?? 0))
    }
  }

  cleanUp(entries: number): void {
    if (this.expiry === undefined) return
    this.#cursor.budget = entries
    this.sweep(this.#cursor, this.#lists.length, (id) => {
      const looked = this.#lists.get(id)?.length ?? 0
      if (looked > 0) this.#living(id)
      return looked + 1
    })
  }

  mark(live: Uint8Array): void {
    this.#lists.mark(live)
  }

  remap(map: Uint32Array): void {
    this.#lists.remap(map)
    this.#stamps.remap(map)
  }

  close(): void {
    this.#lists.clear()
    this.#stamps.clear()
  }

  #stamp(): number {
    return this.expiry?.stamp() ?? 0
  }

  #read(): unknown[] {
    const id = this.id()
    const list = this.#living(id)
    if (list === undefined) return []
    if (this.expiry?.isRefreshedByReads === true) this.#stamps.get(id)!.fill(this.expiry.stamp())
    return list.slice()
  }

  #add(id: number, value: unknown, stampMs: number): void {
    try {
      this.#check(value)
    } catch (error) {
      throw this.refused(error)
    }
    this.#push(id, value, stampMs)
  }

  #push(id: number, value: unknown, stampMs: number): void {
    const list = this.#lists.get(id)
    if (list === undefined) this.#lists.set(id, [value])
    else list.push(value)
    if (this.expiry === undefined) return
    const stamps = this.#stamps.get(id)
    if (stamps === undefined) this.#stamps.set(id, [stampMs])
    else stamps.push(stampMs)
  }

  #remove(id: number): void {
    this.#lists.set(id, undefined)
    if (this.expiry !== undefined) this.#stamps.set(id, undefined)
  }

  /** The list without what has expired; undefined when nothing is left. */
  #living(id: number): unknown[] | undefined {
    const list = this.#lists.get(id)
    const { expiry } = this
    if (list === undefined || expiry === undefined) return list
    const stamps = this.#stamps.get(id)!
    const isLiving = stamps.map((stampMs) => !expiry.isExpired(stampMs))
    if (isLiving.every(Boolean)) return list
    const left = list.filter((_, i) => isLiving[i])
    if (left.length === 0) {
      this.#remove(id)
      return undefined
    }
    this.#lists.set(id, left)
    this.#stamps.set(
      id,
      stamps.filter((_, i) => isLiving[i]),
    )
    return left
  }
}

interface Entry {
  readonly key: unknown
  value: unknown
  stampMs: number
}

type Entries = Map<unknown, Entry>

export class MapTable extends Table implements StateTable {
  readonly #maps = new Slots<Entries>()
  readonly #identity: (key: unknown) => unknown
  readonly #checkKey: (key: unknown) => void
  readonly #checkValue: (value: unknown) => void
  readonly #cursor: Cursor = { at: 0, budget: 0 }

  constructor(parts: TableParts) {
    super(parts)
    const { type, keyType } = parts.descriptor
    if (keyType === undefined) {
      throw new DataflowError(
        'CONFIG_INVALID',
        `map state '${parts.descriptor.name}' has no key type`,
      )
    }
    this.#identity = identityOf(keyType)
    this.#checkKey = valueCheck(keyType)
    this.#checkValue = valueCheck(type)
  }

  readonly state: MapState<unknown, unknown> = {
    get: (key) => this.#entry(key)?.value,
    has: (key) => this.#entry(key) !== undefined,
    put: (key, value) => this.#put(key, value),
    putAll: (entries) => {
      for (const [key, value] of entries) this.#put(key, value)
    },
    remove: (key) => {
      const id = this.id()
      const map = this.#maps.get(id)
      if (map?.delete(this.#identity(key)) === true && map.size === 0) this.#maps.set(id, undefined)
    },
    entries: () => this.#read().map(({ key, value }) => [key, value]),
    keys: () => this.#read().map(({ key }) => key),
    values: () => this.#read().map(({ value }) => value),
    isEmpty: () => this.#living(this.id()) === undefined,
    clear: () => this.#maps.set(this.id(), undefined),
  }

  readonly restore: EntryVisitor = (id, key, value, stampMs) => {
    this.#mapOf(id).set(this.#identity(key), { key, value, stampMs })
  }

  forEach(visit: EntryVisitor): void {
    for (let id = 0; id < this.#maps.length; id++) {
      for (const { key, value, stampMs } of this.#living(id)?.values() ?? []) {
        visit(id, key, value, stampMs)
      }
    }
  }

  cleanUp(entries: number): void {
    if (this.expiry === undefined) return
    this.#cursor.budget = entries
    this.sweep(this.#cursor, this.#maps.length, (id) => {
      const looked = this.#maps.get(id)?.size ?? 0
      if (looked > 0) this.#living(id)
      return looked + 1
    })
  }

  mark(live: Uint8Array): void {
    this.#maps.mark(live)
  }

  remap(map: Uint32Array): void {
    this.#maps.remap(map)
  }

  close(): void {
    this.#maps.clear()
  }

  #put(key: unknown, value: unknown): void {
    const id = this.id()
    try {
      this.#checkKey(key)
      this.#checkValue(value)
    } catch (error) {
      throw this.refused(error)
    }
    const stampMs = this.expiry?.stamp() ?? 0
    const map = this.#mapOf(id)
    const identity = this.#identity(key)
    const known = map.get(identity)
    if (known === undefined) map.set(identity, { key, value, stampMs })
    else {
      known.value = value
      known.stampMs = stampMs
    }
  }

  #mapOf(id: number): Entries {
    let map = this.#maps.get(id)
    if (map === undefined) this.#maps.set(id, (map = new Map()))
    return map
  }

  #entry(key: unknown): Entry | undefined {
    const id = this.id()
    const map = this.#maps.get(id)
    const entry = map?.get(this.#identity(key))
    const { expiry } = this
    if (map === undefined || entry === undefined || expiry === undefined) return entry
    if (expiry.isExpired(entry.stampMs)) {
      map.delete(this.#identity(key))
      if (map.size === 0) this.#maps.set(id, undefined)
      return undefined
    }
    if (expiry.isRefreshedByReads) entry.stampMs = expiry.stamp()
    return entry
  }

  #read(): Entry[] {
    const entries = [...(this.#living(this.id())?.values() ?? [])]
    const { expiry } = this
    if (expiry?.isRefreshedByReads === true) {
      const stampMs = expiry.stamp()
      for (const entry of entries) entry.stampMs = stampMs
    }
    return entries
  }

  /** The map without what has expired; undefined when nothing is left. */
  #living(id: number): Entries | undefined {
    const map = this.#maps.get(id)
    const { expiry } = this
    if (map === undefined) return undefined
    if (expiry !== undefined) {
      for (const [identity, { stampMs }] of map) {
        if (expiry.isExpired(stampMs)) map.delete(identity)
      }
    }
    if (map.size > 0) return map
    this.#maps.set(id, undefined)
    return undefined
  }
}

/** What a Map can compare in place of a key: the same for equal keys, and for no others. */
function identityOf(type: StateType): (key: unknown) => unknown {
  if (isSerializer(type)) {
    return (key) =>
      typeof key === 'object' && key !== null ? bytesText(type.serialize(key)) : plain(key)
  }
  switch (type.kind) {
    case 'date':
      return (key) => (key instanceof Date ? wholeDays(key) : key)
    case 'binary':
      return (key) => (key instanceof Uint8Array ? bytesText(key) : key)
    case 'int64':
    case 'uint64':
      return type.as === 'number'
        ? (key) => key
        : (key) => (typeof key === 'number' ? BigInt(key) : key)
    case 'list':
    case 'struct':
      return (key) => JSON.stringify(key, (_, part: unknown) => tagged(part))
    default:
      return (key) => key
  }
}

/** A text that is no bytes' text. */
const plain = (key: unknown): unknown =>
  typeof key === 'string' && key.startsWith('\0') ? `\0text ${key}` : key

const bytesText = (bytes: Uint8Array): string =>
  `\0bytes ${Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')}`

function tagged(part: unknown): unknown {
  if (typeof part === 'bigint') return { bigint: String(part) }
  if (part instanceof Uint8Array) return { bytes: [...part] }
  if (typeof part === 'number' && !Number.isFinite(part)) return { number: String(part) }
  return part
}
