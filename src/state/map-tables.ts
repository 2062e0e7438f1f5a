// Maps: JavaScript's, by id; in a snapshot each entry is a row. Where the state expires, each entry does, by
// itself.
import { DataflowError } from '../base/errors.ts'
import { wholeDays } from '../columnar/row-value.ts'
import { Slots } from './slots.ts'
import type { MapState, StateType } from './state.ts'
import {
  type Cursor,
  type EntryVisitor,
  type StateTable,
  Table,
  type TableParts,
} from './state-table.ts'
import { isSerializer, valueCheck } from './value-store.ts'

/** What stands for keys, and what is kept of their entries: a Map by id. An empty Map is none. */
abstract class MapsById<Kept> extends Table {
  protected readonly maps = new Slots<Map<unknown, Kept>>()
  protected readonly keyType: StateType
  readonly #checkKey: (key: unknown) => void
  readonly #checkValue: (value: unknown) => void

  /** @throws CONFIG_INVALID */
  constructor(parts: TableParts) {
    super(parts)
    const { name, type, keyType } = parts.descriptor
    if (keyType === undefined) {
      throw new DataflowError('CONFIG_INVALID', `map state '${name}' has no key type`)
    }
    this.keyType = keyType
    this.#checkKey = valueCheck(keyType)
    this.#checkValue = valueCheck(type)
  }

  mark(live: Uint8Array): void {
    this.maps.mark(live)
  }

  remap(map: Uint32Array): void {
    this.maps.remap(map)
  }

  close(): void {
    this.maps.clear()
  }

  /** @throws for a key or a value that does not go in */
  protected check(key: unknown, value: unknown): void {
    try {
      this.#checkKey(key)
      this.#checkValue(value)
    } catch (error) {
      throw this.refused(error)
    }
  }

  protected mapOf(id: number): Map<unknown, Kept> {
    let map = this.maps.get(id)
    if (map === undefined) this.maps.set(id, (map = new Map()))
    return map
  }

  /** Takes the entry out of what stands for a key. */
  protected delete(id: number, identity: unknown): void {
    const map = this.maps.get(id)
    if (map?.delete(identity) === true && map.size === 0) this.maps.set(id, undefined)
  }
}

interface Entry {
  readonly key: unknown
  value: unknown
  stampMs: number
}

/** Entries of any keys, which may expire. */
export class MapTable extends MapsById<Entry> implements StateTable {
  readonly #identity: (key: unknown) => unknown
  readonly #cursor: Cursor = { at: 0, budget: 0 }

  constructor(parts: TableParts) {
    super(parts)
    this.#identity = identityOf(this.keyType)
  }

  readonly state: MapState<unknown, unknown> = {
    get: (key) => this.#entry(key)?.value,
    has: (key) => this.#entry(key) !== undefined,
    put: (key, value) => this.#put(key, value),
    putAll: (entries) => {
      for (const [key, value] of entries) this.#put(key, value)
    },
    remove: (key) => this.delete(this.id(), this.#identity(key)),
    entries: () => this.#read().map(({ key, value }) => [key, value]),
    keys: () => this.#read().map(({ key }) => key),
    values: () => this.#read().map(({ value }) => value),
    isEmpty: () => this.#living(this.id()) === undefined,
    clear: () => this.maps.set(this.id(), undefined),
  }

  readonly restore: EntryVisitor = (id, key, value, stampMs) => {
    this.mapOf(id).set(this.#identity(key), { key, value, stampMs })
  }

  forEach(visit: EntryVisitor): void {
    for (let id = 0; id < this.maps.length; id++) {
      for (const { key, value, stampMs } of this.#living(id)?.values() ?? []) {
        visit(id, key, value, stampMs)
      }
    }
  }

  cleanUp(entries: number): void {
    if (this.expiry === undefined) return
    this.#cursor.budget = entries
    this.sweep(this.#cursor, this.maps.length, (id) => {
      const looked = this.maps.get(id)?.size ?? 0
      if (looked > 0) this.#living(id)
      return looked + 1
    })
  }

  #put(key: unknown, value: unknown): void {
    const id = this.id()
    this.check(key, value)
    const stampMs = this.expiry?.stamp() ?? 0
    const map = this.mapOf(id)
    const identity = this.#identity(key)
    const known = map.get(identity)
    if (known === undefined) map.set(identity, { key, value, stampMs })
    else {
      known.value = value
      known.stampMs = stampMs
    }
  }

  #entry(key: unknown): Entry | undefined {
    const id = this.id()
    const entry = this.maps.get(id)?.get(this.#identity(key))
    const { expiry } = this
    if (entry === undefined || expiry === undefined) return entry
    if (expiry.isExpired(entry.stampMs)) {
      this.delete(id, this.#identity(key))
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
  #living(id: number): Map<unknown, Entry> | undefined {
    const map = this.maps.get(id)
    const { expiry } = this
    if (map === undefined) return undefined
    if (expiry !== undefined) {
      for (const [identity, { stampMs }] of map) {
        if (expiry.isExpired(stampMs)) map.delete(identity)
      }
    }
    if (map.size > 0) return map
    this.maps.set(id, undefined)
    return undefined
  }
}

/** Whether equal keys are the same for a Map, and the state has no time to live. */
export function isPlainMap({ keyType, ttl }: TableParts['descriptor']): boolean {
  return keyType !== undefined && ttl === undefined && comparesAsIs(keyType)
}

function comparesAsIs(type: StateType): boolean {
  if (isSerializer(type)) return false
  switch (type.kind) {
    case 'utf8':
    case 'bool':
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'float32':
    case 'float64':
      return true
    case 'int64':
    case 'uint64':
      return type.as === 'number'
    default:
      return false
  }
}

/**
 * Entries that never expire, of keys that a Map can compare as they are (numbers, texts): they need no object
 * of their own.
 */
export class PlainMapTable extends MapsById<unknown> implements StateTable {
  readonly state: MapState<unknown, unknown> = {
    get: (key) => this.maps.get(this.id())?.get(key),
    has: (key) => this.maps.get(this.id())?.has(key) === true,
    put: (key, value) => this.#put(key, value),
    putAll: (entries) => {
      for (const [key, value] of entries) this.#put(key, value)
    },
    remove: (key) => this.delete(this.id(), key),
    // Copies: what changes while they are looked at is not in them.
    entries: () => [...(this.maps.get(this.id()) ?? [])],
    keys: () => [...(this.maps.get(this.id())?.keys() ?? [])],
    values: () => [...(this.maps.get(this.id())?.values() ?? [])],
    isEmpty: () => this.maps.get(this.id()) === undefined,
    clear: () => this.maps.set(this.id(), undefined),
  }

  readonly restore: EntryVisitor = (id, key, value) => {
    this.mapOf(id).set(key, value)
  }

  forEach(visit: EntryVisitor): void {
    for (let id = 0; id < this.maps.length; id++) {
      for (const [key, value] of this.maps.get(id) ?? []) visit(id, key, value, 0)
    }
  }

  cleanUp(): void {
    // Nothing expires.
  }

  #put(key: unknown, value: unknown): void {
    const id = this.id()
    this.check(key, value)
    this.mapOf(id).set(key, value)
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
