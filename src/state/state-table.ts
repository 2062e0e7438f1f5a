// What the tables of a state backend have in common: a state of one descriptor for all ids of one scope
// (keys, or keys and windows), its expiry, and the errors of who uses it wrongly.
//
// TA1  A state is that of its scope's current id; outside a keyed call there is none, and it is refused.
// TA2  What has expired is never given, whether it has been cleaned up or not.
// TA3  Clean-up is bounded: so many entries a call, going round.
import { DataflowError, isDataflowError } from '../base/errors.ts'
import { Refusal } from '../columnar/column-builder.ts'
import type { Field } from '../columnar/schema.ts'
import type { Vector } from '../columnar/vector.ts'
import type { StateDescriptor, StateTtl } from './state.ts'

/** Dense ids, and the columns that name them in a snapshot: keys, or keys and windows. */
export interface StateScope {
  readonly name: string
  /** Whose state is meant; below 0 when nobody's. */
  current: number
  /** Why there is no current id, as the end of a sentence. */
  absence: string
  /** The columns that name an id; the first `keyCount` of them are the key. */
  readonly fields: readonly Field[]
  readonly keyCount: number
  /** Ids are below. */
  readonly size: number
  /** The naming columns of n ids (u32 at `ids`), in the arena. */
  columns(ids: number, n: number): Vector[]
  /** The ids of n rows by their naming columns; new ones are made. */
  resolve(columns: readonly Vector[], n: number): Uint32Array
  /** Who holds something by id: asked which ids live, and told when ids change. */
  readonly holders: IdHolder[]
}

/** Holds something by the ids of a scope. */
export interface IdHolder {
  /** Sets the bytes of ids that it holds something for. */
  mark(live: Uint8Array): void
  /** @param map the new id of each old one; NO_GROUP for ids that nobody holds anything for */
  remap(map: Uint32Array): void
}

/** The times that expiry goes by, milliseconds. */
export interface StateTime {
  processingTimeMs(): number
  /** The time of the row or timer that is being processed, or the watermark if that is later. */
  eventTimeMs(): number
  watermarkMs(): number
}

/** Visits what a snapshot holds: an id, a map's key, a value, and when it was last touched. */
export type EntryVisitor = (id: number, key: unknown, value: unknown, stampMs: number) => void

export interface StateTable extends IdHolder {
  readonly descriptor: StateDescriptor
  /** What the user's code is given. */
  readonly state: unknown
  /** All that is there and has not expired, a list's elements in order. */
  forEach(visit: EntryVisitor): void
  /** Puts an entry back that forEach() gave. */
  restore: EntryVisitor
  /** Removes what has expired, looking at about `entries` entries. */
  cleanUp(entries: number): void
  close(): void
}

/** When what was last touched at a time is gone. */
export class Expiry {
  readonly #ttl: StateTtl
  readonly #time: StateTime
  readonly isRefreshedByReads: boolean

  constructor(ttl: StateTtl, time: StateTime) {
    this.#ttl = ttl
    this.#time = time
    this.isRefreshedByReads = ttl.refresh === 'readAndWrite'
  }

  /** The stamp of what is touched now. */
  stamp(): number {
    return this.#ttl.time === 'event' ? this.#time.eventTimeMs() : this.#time.processingTimeMs()
  }

  isExpired(stampMs: number): boolean {
    const { time, ttlMs } = this.#ttl
    const nowMs = time === 'event' ? this.#time.watermarkMs() : this.#time.processingTimeMs()
    return stampMs + ttlMs <= nowMs
  }
}

/** The stamps of ids. */
export class Stamps {
  #ms = new Float64Array(64)

  get(id: number): number {
    return this.#ms[id]!
  }

  set(id: number, stampMs: number): void {
    if (id >= this.#ms.length) {
      const grown = new Float64Array(Math.max(this.#ms.length * 2, id + 1))
      grown.set(this.#ms)
      this.#ms = grown
    }
    this.#ms[id] = stampMs
  }
}

export interface TableParts {
  readonly descriptor: StateDescriptor
  readonly scope: StateScope
  readonly time: StateTime
}

/** A base of the tables: whose state is meant, and what is said of a value that does not go in. */
export abstract class Table {
  readonly descriptor: StateDescriptor
  protected readonly expiry: Expiry | undefined
  readonly #scope: StateScope

  constructor({ descriptor, scope, time }: TableParts) {
    this.descriptor = descriptor
    this.expiry = descriptor.ttl === undefined ? undefined : new Expiry(descriptor.ttl, time)
    this.#scope = scope
  }

  /** @throws STATE_MISUSED outside a keyed call, and after close */
  protected id(): number {
    const { current, absence } = this.#scope
    if (current < 0) {
      throw new DataflowError(
        'STATE_MISUSED',
        `state '${this.descriptor.name}' is used ${absence}: there is no current key`,
      )
    }
    return current
  }

  /** The error of a value that does not go in. */
  protected refused(error: unknown): unknown {
    const where = `state '${this.descriptor.name}'`
    if (error instanceof Refusal) {
      return new DataflowError(error.code, `${where}: ${error.message}`)
    }
    if (isDataflowError(error)) {
      return new DataflowError(error.code, `${where}: ${error.message}`, { cause: error })
    }
    const message = error instanceof Error ? error.message : String(error)
    return new DataflowError('VALUE_NOT_SERIALIZABLE', `${where}: its serializer: ${message}`, {
      cause: error,
    })
  }

  /** Calls `visit` with ids in turn, from where the last call ended, until the budget is spent. */
  protected sweep(cursor: Cursor, capacity: number, visit: (id: number) => number): void {
    let left = Math.min(cursor.budget, capacity)
    while (left > 0) {
      if (cursor.at >= capacity) cursor.at = 0
      left -= visit(cursor.at++)
    }
  }
}

export interface Cursor {
  at: number
  budget: number
}
