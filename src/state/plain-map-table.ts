// A map state whose entries never expire and whose keys a Map can compare as they are (numbers, texts): a
// Map of values by id. An entry needs no object of its own, as in collection-tables.ts, where it has a stamp
// and the key that an identity stands for.
import { Slots } from './slots.ts'
import type { MapState, StateType } from './state.ts'
import { type EntryVisitor, type StateTable, Table, type TableParts } from './state-table.ts'
import { isSerializer, valueCheck } from './value-store.ts'

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

export class PlainMapTable extends Table implements StateTable {
  readonly #maps = new Slots<Map<unknown, unknown>>()
  readonly #checkKey: (key: unknown) => void
  readonly #checkValue: (value: unknown) => void

  constructor(parts: TableParts) {
    super(parts)
    this.#checkKey = valueCheck(parts.descriptor.keyType!)
    this.#checkValue = valueCheck(parts.descriptor.type)
  }

  readonly state: MapState<unknown, unknown> = {
    get: (key) => this.#maps.get(this.id())?.get(key),
    has: (key) => this.#maps.get(this.id())?.has(key) === true,
    put: (key, value) => this.#put(key, value),
    putAll: (entries) => {
      for (const [key, value] of entries) this.#put(key, value)
    },
    remove: (key) => {
      const id = this.id()
      const map = this.#maps.get(id)
      if (map?.delete(key) === true && map.size === 0) this.#maps.set(id, undefined)
    },
    // Copies: what changes while they are looked at is not in them.
    entries: () => [...(this.#maps.get(this.id()) ?? [])],
    keys: () => [...(this.#maps.get(this.id())?.keys() ?? [])],
    values: () => [...(this.#maps.get(this.id())?.values() ?? [])],
    isEmpty: () => this.#maps.get(this.id()) === undefined,
    clear: () => this.#maps.set(this.id(), undefined),
  }

  readonly restore: EntryVisitor = (id, key, value) => {
    this.#mapOf(id).set(key, value)
  }

  forEach(visit: EntryVisitor): void {
    for (let id = 0; id < this.#maps.length; id++) {
      for (const [key, value] of this.#maps.get(id) ?? []) visit(id, key, value, 0)
    }
  }

  cleanUp(): void {
    // Nothing expires.
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
    this.#mapOf(id).set(key, value)
  }

  #mapOf(id: number): Map<unknown, unknown> {
    let map = this.#maps.get(id)
    if (map === undefined) this.#maps.set(id, (map = new Map()))
    return map
  }
}
