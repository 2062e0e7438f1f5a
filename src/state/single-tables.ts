// The states with one thing a key: value, reducing and aggregating. All keep it in a value store.
import { DataflowError } from '../base/errors.ts'
import type { Kernels } from '../kernels/module.ts'
import type { AggregateFunction, AggregatingState, ReducingState, ValueState } from './state.ts'
import {
  type Cursor,
  type EntryVisitor,
  Stamps,
  type StateTable,
  Table,
  type TableParts,
} from './state-table.ts'
import { type ValueStore, valueStore } from './value-store.ts'

/** One value an id, with its stamp where the state expires. */
abstract class SingleTable extends Table implements StateTable {
  abstract readonly state: unknown
  readonly #store: ValueStore
  readonly #stamps = new Stamps()
  readonly #cursor: Cursor = { at: 0, budget: 0 }

  constructor(parts: TableParts, kernels: Kernels) {
    super(parts)
    this.#store = valueStore(kernels, parts.descriptor.type)
  }

  readonly restore: EntryVisitor = (id, _key, value, stampMs) => {
    this.#store.set(id, value)
    if (this.expiry !== undefined) this.#stamps.set(id, stampMs)
  }

  protected read(): unknown {
    const id = this.id()
    const { expiry } = this
    if (expiry === undefined) return this.#store.get(id)
    if (!this.#isAlive(id)) {
      this.#store.delete(id)
      return undefined
    }
    if (expiry.isRefreshedByReads) this.#stamps.set(id, expiry.stamp())
    return this.#store.get(id)
  }

  protected write(value: unknown): void {
    const id = this.id()
    try {
      this.#store.set(id, value)
    } catch (error) {
      throw this.refused(error)
    }
    if (this.expiry !== undefined) this.#stamps.set(id, this.expiry.stamp())
  }

  protected remove(): void {
    this.#store.delete(this.id())
  }

  forEach(visit: EntryVisitor): void {
    for (let id = 0; id < this.#store.capacity; id++) {
      if (!this.#store.has(id) || !this.#isAlive(id)) continue
      visit(id, undefined, this.#store.get(id), this.#stamps.get(id))
    }
  }

  cleanUp(entries: number): void {
    if (this.expiry === undefined) return
    this.#cursor.budget = entries
    this.sweep(this.#cursor, this.#store.capacity, (id) => {
      if (this.#store.has(id) && !this.#isAlive(id)) this.#store.delete(id)
      return 1
    })
  }

  mark(live: Uint8Array): void {
    this.#store.mark(live)
  }

  remap(map: Uint32Array): void {
    if (this.expiry !== undefined) {
      // New ids are not above old ones: each stamp is read before it is written over.
      map.forEach((to, from) => {
        if (to < from && this.#store.has(from)) this.#stamps.set(to, this.#stamps.get(from))
      })
    }
    this.#store.remap(map)
  }

  close(): void {
    this.#store.close()
  }

  #isAlive(id: number): boolean {
    const { expiry } = this
    return expiry === undefined || (this.#store.has(id) && !expiry.isExpired(this.#stamps.get(id)))
  }
}

export class ValueTable extends SingleTable {
  readonly state: ValueState<unknown, unknown> = {
    value: () => {
      const value = this.read()
      return value === undefined ? this.descriptor.default : value
    },
    update: (value) => this.write(value),
    clear: () => this.remove(),
  }
}

export class ReducingTable extends SingleTable {
  readonly state: ReducingState<unknown> = {
    get: () => this.read(),
    add: (value) => {
      const before = this.read()
      const reduce = this.descriptor.reduce as (a: unknown, b: unknown) => unknown
      this.write(before === undefined ? value : reduce(before, value))
    },
    clear: () => this.remove(),
  }
}

/** What merging windows ask of an aggregating state beside what a job may. */
export interface Accumulated {
  accumulator(): unknown
  /** @throws STATE_MISUSED when its function does not merge */
  merge(accumulator: unknown): void
}

export class AggregatingTable extends SingleTable {
  readonly state: AggregatingState<unknown, unknown> & Accumulated = {
    get: () => {
      const accumulator = this.read()
      return accumulator === undefined ? undefined : this.#function.getResult(accumulator)
    },
    add: (value) => {
      const known = this.read()
      const accumulator = known === undefined ? this.#function.createAccumulator() : known
      this.write(this.#function.add(value, accumulator))
    },
    clear: () => this.remove(),
    accumulator: () => this.read(),
    merge: (accumulator) => {
      const own = this.read()
      this.write(own === undefined ? accumulator : this.#merged(own, accumulator))
    },
  }

  #merged(a: unknown, b: unknown): unknown {
    const { merge } = this.#function
    if (merge !== undefined) return merge.call(this.#function, a, b)
    throw new DataflowError(
      'STATE_MISUSED',
      `state '${this.descriptor.name}' is of windows that have become one, and its AggregateFunction ` +
        'has no merge(a, b); give it one',
    )
  }

  get #function(): AggregateFunction<unknown, unknown, unknown> {
    return this.descriptor.aggregate as AggregateFunction<unknown, unknown, unknown>
  }
}
